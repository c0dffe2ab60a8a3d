import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrewClient } from '../../fixtures/crew-client/index.js';
import '../src/test-hook.js';
import {
  call,
  freePort,
  importStreet,
  importUnits,
  launchBrowser,
  PATIENCE_MS,
  PLACE,
  publishRunCards,
  START_MS,
  type StageUnit,
  startTracker,
  type Tracker,
  tokenFor,
  watchPage,
} from './stage.js';

const BOUND_MS = 150_000;
/** Of what a page does in its own time: a poll is content with one second otherwise. */
const PATIENT = { timeout: PATIENCE_MS };
/** How far north of the place each stands, degrees: AC-1 nearest, then KP-1, AC-2, AC-3. */
const UNITS: readonly (StageUnit & { readonly northDeg: number })[] = [
  { callsign: 'Rīga AC-1', kind: 'tanker', capabilities: { extinguish: 1, water: 3000 }, northDeg: 0.004 },
  { callsign: 'Rīga AC-2', kind: 'tanker', capabilities: { extinguish: 1, water: 3000 }, northDeg: -0.011 },
  { callsign: 'Rīga AC-3', kind: 'tanker', capabilities: { extinguish: 1, water: 3000 }, northDeg: 0.016 },
  { callsign: 'Rīga KP-1', kind: 'ladder', capabilities: { height_rescue: 1 }, northDeg: -0.007 },
];
const line = (capability: string, quantity: number, need: string, level = 1) => ({
  capability,
  quantity,
  service: 'VUGD',
  need,
  level,
});

describe('who goes, in a browser', () => {
  const shots = mkdtempSync(join(tmpdir(), 'vanags-who-goes-shots-'));
  let browser: Browser;
  let tracker: Tracker;
  let page: Page;
  let clearStage = async () => {};

  beforeAll(async () => {
    browser = await launchBrowser();
  }, START_MS);

  afterAll(async () => {
    await clearStage();
    await browser?.close();
  });

  /** A tracker that knows the units, with their crews reporting, and a page: all new, so that the story can be told a second time. */
  async function setStage(): Promise<void> {
    await clearStage();
    const dataDir = mkdtempSync(join(tmpdir(), 'vanags-who-goes-'));
    [tracker] = await Promise.all([
      freePort().then((port) => startTracker(dataDir, port)),
      importStreet(join(dataDir, 'roads'), shots),
    ]);
    const crews = (await importUnits(tracker.url, UNITS)).map(
      (token) => new CrewClient({ url: `${tracker.url.replace('http', 'ws')}/crew`, token }),
    );
    for (const crew of crews) crew.start();
    const report = () => {
      for (const [i, crew] of crews.entries())
        crew.reportFix({ lon: PLACE.lon, lat: PLACE.lat + UNITS[i]!.northDeg, accuracyM: 5 });
    };
    report();
    const timer = setInterval(report, 2000);
    page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
    page.setDefaultTimeout(PATIENCE_MS);
    clearStage = async () => {
      clearInterval(timer);
      await Promise.all(crews.map((crew) => crew.stop()));
      await page.close();
      tracker.process.kill('SIGKILL');
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    };
  }

  const shot = (name: string) => page.screenshot({ path: join(shots, `${name}.png`) });
  const press = (key: string) => page.keyboard.press(key);
  const chosen = () =>
    page.$$eval('[data-chosen]', (rows) => rows.map((row) => row.getAttribute('data-chosen')).sort());

  it(
    'C1, C32, C33 shows the whole card with reasons, skips a unit, holds all, and sends all by one key each; says when and where one will be free',
    async () => {
      await setStage();
      await publishRunCards(tracker.url, [
        {
          eventType: 'fire.building',
          validFrom: '2026-01-01',
          requirements: [
            line('extinguish', 2, 'must'),
            line('height_rescue', 1, 'must'),
            line('command', 1, 'should'),
            line('hazmat', 1, 'must', 2),
          ],
        },
      ]);
      const { errors, outside } = watchPage(page, tracker);
      await page.goto(`${tracker.url}/?lang=lv`);
      await page.click('[data-user=dispatcher]');
      await page.waitForFunction(() => window.__vanags?.unitCount() === 4);
      const dispatcher = await tokenFor(tracker.url, { user: 'dispatcher' });
      const vekId = uuidv7();
      await call(tracker.url, '/api/v1/veks', dispatcher, {
        id: vekId,
        channel: 'voice',
        typeCode: 'fire.building',
        priority: 'P1',
        ...PLACE,
        address: 'Brīvības iela 1, Rīga',
      });

      // the card, who goes, what is short
      await page.click('[data-vek="1"]');
      await page.waitForSelector('[data-chosen]');
      expect(await chosen()).toEqual(['Rīga AC-1', 'Rīga AC-2', 'Rīga KP-1']);
      expect(await page.textContent('.card-text')).toMatch(/Jābūt: VUGD – divas autocisternas, vienas autokāpnes/);
      expect(await page.textContent('[data-chosen="Rīga AC-1"]')).toMatch(
        /\d min.*dzēšana: 1 \(1\. tuvākā\).*pozīcija pirms/,
      );
      expect(await page.textContent('.card-lines')).toMatch(/vadība: 1 · VUGDvēlams.*trūkst: 1/);
      expect(await page.textContent('.footing')).toMatch(/VUGD: 3 vienības.*pierādīti labākā/);
      await page.waitForFunction(() => (window.__vanags?.ways().length ?? 0) >= 3);
      await shot('1-answer');

      // a line that is looked at names who does not go, and the map draws it
      await press('w');
      for (let i = 0; i < 3; i++) await press('j');
      await press('Enter');
      await page.waitForSelector('[data-bypassed="Rīga AC-3"]');
      expect(await page.textContent('[data-bypassed="Rīga AC-3"]')).toMatch(/min.*tālāk \(\+/);
      await page.waitForFunction(() => window.__vanags?.ways().some(({ isChosen }) => !isChosen));
      await shot('2-line');

      // the next level asks for more, which nobody has; back again
      await press('l');
      await page.waitForFunction(() => document.querySelector('.card-lines')?.textContent?.includes('bīstamas vielas'));
      await shot('3-level');
      await press('l');
      await page.waitForFunction(
        () => !document.querySelector('.card-lines')?.textContent?.includes('bīstamas vielas'),
      );

      // a unit is skipped with a reason; the next one goes instead
      await page.focus('[data-assign="Rīga AC-1"]');
      await press('x');
      await page.keyboard.type('riepa');
      await press('Enter');
      await page.waitForSelector('[data-chosen="Rīga AC-3"]');
      expect(await chosen()).toEqual(['Rīga AC-2', 'Rīga AC-3', 'Rīga KP-1']);
      expect(await page.textContent('.skipped')).toMatch(/Rīga AC-1 – riepa/);

      // another desk has held one of them: the others are held, and the one is told
      const unitIds = await page.evaluate(() => window.__vanags!.unitIds());
      const other = uuidv7();
      await call(tracker.url, '/api/v1/veks', dispatcher, { id: other, channel: 'voice', priority: 'P2', ...PLACE });
      const taken = unitIds['Rīga AC-3'];
      await call(tracker.url, '/api/v1/holds', dispatcher, { id: uuidv7(), unitId: taken, vekId: other, seconds: 300 });
      await press('w');
      await press('h');
      await page.waitForFunction(() => document.querySelectorAll('[data-step=held]').length === 2);
      await page.waitForSelector('[data-chosen="Rīga AC-3"] .problem');
      await shot('4-held');

      // sent: two go, the one that is not got stays told, and what is then missing is asked again
      await press('s');
      await page.waitForSelector('[data-sent="Rīga AC-2"][data-status=dispatched]');
      await page.waitForSelector('[data-sent="Rīga KP-1"][data-status=dispatched]');
      await page.waitForSelector(`[data-refused="${taken}"]`);
      expect(await page.$('[data-sent="Rīga AC-3"]')).toBeNull();
      await shot('5-sent');

      // when one of them will be free, and where: by keyboard
      await page.focus('[data-sent="Rīga AC-2"] .link');
      await press('f');
      await page.waitForSelector('.expected-free-form input[name=minutes]:focus');
      await page.keyboard.type('15');
      await press('Tab');
      await page.keyboard.type('vieta');
      await press('Tab');
      await press('Enter'); // the middle of the map
      await press('Tab');
      await page.keyboard.type('Gaiļezers');
      await shot('6-expected-free');
      await press('Enter');
      await page.waitForSelector('[data-sent="Rīga AC-2"] [data-expected-free]');
      const expectedFree = '[data-sent="Rīga AC-2"] [data-expected-free]';
      expect(await page.textContent(expectedFree)).toMatch(/brīva ap \d\d:\d\d:\d\d \(pēc 1[0-5] min\): Gaiļezers/);
      await shot('7-sent-and-free');

      // what is left within ten minutes
      await press('v');
      await page.waitForSelector('[data-find]');
      await page.click('[data-find]');
      await page.waitForSelector('[data-available]');
      expect(await page.textContent('[data-available]')).toContain('Rīga AC-1');
      expect(decodeURIComponent((await page.getAttribute('[data-save]', 'href'))!)).toContain('"Rīga AC-1";"VUGD"');
      await shot('8-available');

      // and in an hour, counted from where it will be free by then
      await page.selectOption('[aria-label="kad"]', '1');
      await page.click('[data-find]');
      await page.waitForFunction(() =>
        document.querySelector('[data-available]')?.textContent?.includes('no vietas, kur atbrīvosies: Gaiļezers'),
      );
      await shot('9-available-later');
      expect(outside).toEqual([]);
      expect(errors).toEqual([]);
      console.log(`screenshots in ${shots}`);
    },
    START_MS + BOUND_MS,
  );

  it(
    'C7 carries out no proposal by itself, and takes a unit from an incident only when that is confirmed twice',
    async () => {
      // the tracker is stood in for, so that the three kinds are there at once
      const [first, second] = await page.evaluate(() => window.__vanags!.veks().map(({ id }) => id));
      const unitIds = Object.values(await page.evaluate(() => window.__vanags!.unitIds()));
      const proposal = {
        vekId: first,
        fromVekId: null,
        sendUnitIds: unitIds.slice(0, 1),
        releaseUnitIds: [],
        replacementUnitIds: [],
        gainMs: 180_000,
        addedMs: null,
        shortBefore: null,
        shortAfter: null,
        madeAt: Date.now(),
        version: 1,
      };
      const preemption = { fromVekId: second, replacementUnitIds: unitIds.slice(1, 2), addedMs: 60_000 };
      const proposals = [
        { ...proposal, id: 'swap', kind: 'swap', releaseUnitIds: unitIds.slice(2, 3) },
        { ...proposal, id: 'send', kind: 'send', gainMs: null, shortBefore: 1, shortAfter: 0.5 },
        { ...proposal, ...preemption, id: 'preempt', kind: 'preempt' },
      ];
      const asked: string[] = [];
      await page.route('**/api/v1/proposals', (route) => route.fulfill({ json: { proposals } }));
      await page.route('**/api/v1/proposals/*/*', (route) => {
        asked.push(`${new URL(route.request().url()).pathname.slice(18)} ${route.request().postData()}`);
        return route.fulfill({ json: { assignments: [] } });
      });
      await page.reload();
      await page.waitForSelector('.proposal-bar');
      expect(await page.textContent('.proposal-bar')).toMatch(/3 priekšlikumi.*1 ar vienības atņemšanu/);
      await press('p');
      await page.click('[data-proposal=preempt] [data-confirm=once]');
      await page.waitForSelector('[data-proposal=preempt] [data-confirm=again]');
      await shot('10-proposals');
      expect(asked).toEqual([]);
      await page.click('[data-proposal=preempt] [data-confirm=again]');
      await expect.poll(() => asked, PATIENT).toEqual(['preempt/confirm {}']);
      await page.click('[data-proposal=swap] [data-confirm=once]');
      await expect.poll(() => asked.at(-1), PATIENT).toBe('swap/confirm {}');
      await page.click('[data-proposal=send] [data-dismiss]');
      await page.keyboard.type('nav vajadzīgs');
      await press('Enter');
      await expect.poll(() => asked.at(-1), PATIENT).toBe('send/dismiss {"reason":"nav vajadzīgs"}');
      expect(asked).toHaveLength(3);
    },
    BOUND_MS,
  );
});
