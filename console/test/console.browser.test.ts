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
  PLACE,
  publishRunCards,
  START_MS,
  startTracker,
  type Tracker,
  tokenFor,
  watchPage,
} from './stage.js';

const BOUND_MS = 120_000;

describe('the console in a browser', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'vanags-console-'));
  const shots = mkdtempSync(join(tmpdir(), 'vanags-console-shots-'));
  const crews: CrewClient[] = [];
  const timers: NodeJS.Timeout[] = [];
  let tracker: Tracker;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [tracker, browser] = await Promise.all([
      freePort().then((port) => startTracker(dataDir, port)),
      launchBrowser(),
      importStreet(join(dataDir, 'roads'), shots),
    ]);
  }, START_MS);

  afterAll(async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(crews.map((crew) => crew.stop()));
    await browser?.close();
    tracker?.process.kill('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  const shot = (name: string) => page.screenshot({ path: join(shots, `${name}.png`) });
  /** Waits until the page's hook says so. */
  const until = (what: string, timeout = 20_000) =>
    page.waitForFunction(`(() => { const v = window.__vanags; return ${what}; })()`, undefined, { timeout });

  it(
    'shows, assigns, follows, and recovers from a killed tracker by itself',
    async () => {
      const tokens = await importUnits(
        tracker.url,
        [1, 2, 3].map((i) => ({ callsign: `Ķekava AC-${i}`, kind: 'tanker', capabilities: { extinguish: 1 } })),
      );
      await publishRunCards(tracker.url, [
        {
          eventType: 'fire.building',
          validFrom: '2026-01-01',
          requirements: [{ capability: 'extinguish', quantity: 1, service: 'VUGD', need: 'must' }],
        },
      ]);
      const ws = tracker.url.replace('http', 'ws');
      for (const [i, token] of tokens.entries()) {
        const crew = new CrewClient({ url: `${ws}/crew`, token, reconnect: { minMs: 200, maxMs: 1000 } });
        crew.start();
        let step = 0;
        const report = () =>
          crew.reportFix({ lon: PLACE.lon + 0.002 * i + 0.0001 * step++, lat: PLACE.lat + 0.004 * i, accuracyM: 5 });
        report();
        timers.push(setInterval(report, 500));
        crews.push(crew);
      }
      page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
      const { errors, outside } = watchPage(page, tracker);

      // signs in, and the units are drawn where their crews say
      await page.goto(`${tracker.url}/?lang=lv`);
      await page.click('[data-user=dispatcher]');
      await until("v.connection() === 'live' && v.unit('Ķekava AC-1')?.drawn && v.unitCount() === 3");
      const before = await page.evaluate(() => window.__vanags!.unit('Ķekava AC-1'));
      expect(before!.lon).toBeGreaterThan(PLACE.lon - 0.0001);
      expect(before!.lat).toBeCloseTo(PLACE.lat, 4);
      await until(`v.unit('Ķekava AC-1').lon > ${before!.lon + 0.00015}`);
      await until('v.drawTimes().length > 0');
      await shot('1-units');

      // a VEK made elsewhere appears, and is announced
      const dispatcher = await tokenFor(tracker.url, { user: 'dispatcher' });
      const commander = await tokenFor(tracker.url, { agency: 'VUGD', roles: ['commander'] });
      const put = async (path: string, token: string, body: object) => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const { status } = await fetch(`${tracker.url}${path}`, { method: 'PUT', headers, body: JSON.stringify(body) });
        expect(status, path).toBe(200);
      };
      await put('/api/v1/agencies/VUGD/attention-policy', commander, { limitS: { vek_without_unit: { P1: 0 } } });
      const vekId = uuidv7();
      await call(tracker.url, '/api/v1/veks', dispatcher, {
        id: vekId,
        channel: 'voice',
        typeCode: 'fire.building',
        priority: 'P1',
        ...PLACE,
        address: 'Brīvības iela 1, Rīga',
      });
      await page.waitForSelector('[data-vek="1"]');
      await expect.poll(() => page.textContent('[aria-live=polite]')).toContain('ēkas ugunsgrēks');
      // life in danger and no unit: that is above the map until one is sent
      await page.waitForSelector('.attention-bar [data-attention=vek_without_unit]');

      // it is found without diacritics and without a mouse, and the nearest unit is sent
      await page.keyboard.press('/');
      await page.keyboard.type('brivibas');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-assign="Ķekava AC-1"]');
      await page.waitForSelector('[data-route="Ķekava AC-1"]', { timeout: 30_000 });
      await shot('2-who-goes');

      // its way there is drawn and told by one key, and so is from where it is reached in time
      await page.keyboard.press('r');
      await page.waitForSelector('.route-card[data-route-ms]');
      expect(await page.textContent('.route-card')).toMatch(/Ķekava AC-1 → VEK \d+.*\d+ min.*Ģenerēts tīkls/);
      await page.keyboard.press('i');
      await page.waitForFunction(() => document.querySelector('.who-goes [role=status]')?.textContent !== '');
      await page.waitForSelector('.who-goes .problem', { state: 'detached' });
      await shot('2-route');

      // a road is closed without a mouse, seen on the map and in the list, and opened again
      await page.keyboard.press('c');
      await page.focus('#closure-reason');
      await page.keyboard.type('Gāzes noplūde');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-closure="Gāzes noplūde"][data-effect=closed]');
      await page.waitForFunction(() => document.querySelector('.closures-count')?.textContent === '1');
      await shot('2-closed');
      await page.click('[data-closure="Gāzes noplūde"] .quiet');
      await page.waitForSelector('[data-closure]', { state: 'detached' });
      await page.click('.route-card .link');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-assign="Ķekava AC-1"]');
      const sent = new Promise<string>((resolve) =>
        crews[0]!.on('assignment', ({ assignmentId }) => resolve(assignmentId)),
      );
      await page.keyboard.press('w');
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-assign')))
        .toBe('Ķekava AC-1');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-sent="Ķekava AC-1"][data-status=dispatched]');
      const assignmentId = await sent;
      crews[0]!.acknowledge(assignmentId);
      crews[0]!.reportStatus('en_route', assignmentId);
      crews[0]!.reportStatus('on_scene', assignmentId);
      await page.waitForSelector('[data-sent="Ķekava AC-1"][data-status=on_scene]');
      await until("v.unit('Ķekava AC-1').status === 'on_scene'");
      await page.waitForSelector('[data-attention=vek_without_unit]', { state: 'detached' });

      // a colleague opens the card, and what is written on it is there for everybody
      await put(`/api/v1/veks/${vekId}/presence`, commander, { mode: 'editing' });
      await page.waitForSelector('.present [data-present=editing]');
      await page.keyboard.press('o');
      await page.keyboard.type('Zvanītājs gaida pie vārtiem');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-comment="Zvanītājs gaida pie vārtiem"]');
      await shot('3-on-scene');

      // a crew's call for help stays until it is seen
      crews[1]!.sos();
      await page.waitForSelector('.alarm');
      await page.click('.alarm .seen');
      await page.waitForSelector('.alarm', { state: 'detached' });

      // the tracker dies: the page says so, and comes back by itself when the tracker does
      const exited = new Promise((resolve) => tracker.process.once('exit', resolve));
      tracker.process.kill('SIGKILL');
      await exited;
      await page.waitForSelector('.notice.stopped');
      await shot('4-stopped');
      const { port } = tracker;
      tracker = await startTracker(dataDir, port);
      const startedAt = Date.now();
      await until("v.connection() === 'live' && v.unitCount() === 3 && v.unit('Ķekava AC-1').status === 'on_scene'");
      const recoveredMs = Date.now() - startedAt;
      await page.waitForSelector('.notice.stopped', { state: 'detached' });
      const after = await page.evaluate(() => window.__vanags!.unit('Ķekava AC-1'));
      await until(`v.unit('Ķekava AC-1').lon > ${after!.lon + 0.00015}`);
      await shot('5-recovered');
      console.log(`recovered ${recoveredMs} ms after the tracker was ready again; screenshots in ${shots}`);
      expect(outside).toEqual([]);
      expect(errors).toEqual([]);
    },
    BOUND_MS,
  );
});
