import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { CrewClient } from '../../fixtures/crew-client/index.js';
import '../src/test-hook.js';
import { faintTexts } from './contrast.js';
import {
  call,
  freePort,
  importAmbulances,
  importStreet,
  importUnits,
  launchBrowser,
  PATIENCE_MS,
  PLACE,
  publishRunCards,
  START_MS,
  startTracker,
  type Tracker,
  tellStory,
  tokenFor,
  watchPage,
} from './stage.js';

/** Of one part. */
const BOUND_MS = 300_000;
/** Of what a page does in its own time: a poll is content with one second otherwise. */
const PATIENT = { timeout: PATIENCE_MS };
/** WCAG 2.2, level AA, for text of any size. */
const LEAST_CONTRAST = 4.5;
const MODULE_PAGES = [
  { nameLv: 'Ziņojumi', nameEn: 'Reports', url: 'https://reports.example.org/', roles: ['dispatcher'] },
  { nameLv: 'Zvani', nameEn: 'Calls', url: 'https://calls.example.org/', agencies: ['VKCP'] },
];

describe('the console in a browser', () => {
  const shots = mkdtempSync(join(tmpdir(), 'vanags-console-shots-'));
  const crews: CrewClient[] = [];
  const timers: NodeJS.Timeout[] = [];
  let dataDir: string;
  let tracker: Tracker;
  let browser: Browser;
  let page: Page;
  let clearStage = async () => {};

  beforeAll(async () => {
    browser = await launchBrowser();
  }, START_MS);

  afterAll(async () => {
    await clearStage();
    await browser?.close();
  });

  /** A tracker that knows nothing, and a page: all new, so that the story can be told a second time. */
  async function setStage(): Promise<void> {
    await clearStage();
    dataDir = mkdtempSync(join(tmpdir(), 'vanags-console-'));
    [tracker] = await Promise.all([
      freePort().then((port) => startTracker(dataDir, port, { MODULE_PAGES: JSON.stringify(MODULE_PAGES) })),
      importStreet(join(dataDir, 'roads'), shots),
    ]);
    page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
    page.setDefaultTimeout(PATIENCE_MS);
    clearStage = async () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
      await Promise.all(crews.splice(0).map((crew) => crew.stop()));
      await page.close();
      tracker.process.kill('SIGKILL');
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    };
  }

  const shot = (name: string) => page.screenshot({ path: join(shots, `${name}.png`) });
  /** Waits until the page's hook says so. */
  const until = (what: string) => page.waitForFunction(`(() => { const v = window.__vanags; return ${what}; })()`);

  const STORY: readonly (readonly [what: string, part: () => Promise<void>])[] = [
    [
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

        // it leads to the pages of modules that are for this person
        await page.keyboard.press('b');
        expect(await page.locator('.module-links a').allTextContents()).toEqual(['Ziņojumi ↗ (atveras jaunā cilnē)']);
        expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe(MODULE_PAGES[0]!.url);

        // a VEK made elsewhere appears, and is announced
        const dispatcher = await tokenFor(tracker.url, { user: 'dispatcher' });
        const commander = await tokenFor(tracker.url, { agency: 'VUGD', roles: ['commander'] });
        const put = async (path: string, token: string, body: object) => {
          const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
          const { status } = await fetch(`${tracker.url}${path}`, {
            method: 'PUT',
            headers,
            body: JSON.stringify(body),
          });
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
        await expect.poll(() => page.textContent('[aria-live=polite]'), PATIENT).toContain('ēkas ugunsgrēks');
        // life in danger and no unit: that is above the map until one is sent
        await page.waitForSelector('.attention-bar [data-attention=vek_without_unit]');

        // it is found without diacritics and without a mouse, and the nearest unit is sent
        await page.keyboard.press('/');
        await page.keyboard.type('brivibas');
        await page.keyboard.press('Enter');
        await page.keyboard.press('Enter');
        await page.waitForSelector('[data-assign="Ķekava AC-1"]');
        await page.waitForSelector('[data-route="Ķekava AC-1"]');
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
          .poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-assign')), PATIENT)
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
    ],
    [
      'C18 a card is changed, shared, kept apart, relieved, merged and ended by two desks, and nothing typed is lost',
      async () => {
        await importAmbulances(tracker.url);
        await publishRunCards(tracker.url, [
          {
            eventType: 'fire.vehicle',
            validFrom: '2026-01-01',
            requirements: [{ capability: 'extinguish', quantity: 1, service: 'VUGD', need: 'must' }],
          },
          {
            eventType: 'fire.vehicle',
            object: 'fuel_terminal',
            validFrom: '2026-01-01',
            requirements: [{ capability: 'extinguish', quantity: 2, service: 'VUGD', need: 'must' }],
          },
        ]);
        await page.reload();
        await until("v.connection() === 'live' && v.unitCount() === 3");
        const context = await browser.newContext({ viewport: { width: 1024, height: 700 } });
        const other = await context.newPage();
        other.setDefaultTimeout(PATIENCE_MS);
        const watched = [watchPage(page, tracker), watchPage(other, tracker)];
        await other.goto(`${tracker.url}/?lang=lv&theme=light`);
        await other.click('[data-user=ambulance]');
        await other.waitForFunction("window.__vanags?.connection() === 'live'");
        page.on('dialog', (dialog) => void dialog.accept());
        const press = (key: string) => page.keyboard.press(key);
        const type = (text: string) => page.keyboard.type(text);
        const leaveField = () => page.evaluate(() => (document.activeElement as HTMLElement).blur());
        const isThere = (on: Page, selector: string) => on.waitForSelector(selector, { state: 'attached' });

        // a new card without a mouse; what stands there chooses the run card
        await press('n');
        await page.focus('[name=address]');
        await type('Tvaika iela 7');
        await press('Tab');
        await press('Enter');
        await page.selectOption('[name=type]', 'fire.vehicle');
        await page.focus('.objects summary');
        await press('Enter');
        await page.focus('.objects [value=fuel_terminal]');
        await press('Space');
        await page.focus('.new-vek [type=submit]');
        await press('Enter');
        await isThere(page, '[data-object=fuel_terminal]');
        await page.waitForFunction(() => document.querySelectorAll('[data-chosen]').length === 2);

        // somebody else changes the address meanwhile: that is told, and what was typed stays
        const number = await page.evaluate(() => Math.max(...window.__vanags!.veks().map((vek) => vek.number)));
        const vekId = await page.evaluate((of) => window.__vanags!.veks().find((vek) => vek.number === of)!.id, number);
        const colleague = await tokenFor(tracker.url, { agency: 'VUGD', roles: ['dispatcher'] });
        const ask = async (method: string, path: string, body?: object) => {
          const headers = { authorization: `Bearer ${colleague}`, 'content-type': 'application/json' };
          return fetch(`${tracker.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
        };
        /** Waits until the page shows the newest version of a card. */
        const isNewest = async (id: string) => {
          let version: number | undefined;
          await expect
            .poll(async () => {
              ({ version } = (await (await ask('GET', `/api/v1/veks/${id}`)).json()) as { version: number });
              return page.getAttribute('[data-version]', 'data-version');
            }, PATIENT)
            .toSatisfy((shown) => shown === String(version));
          return version;
        };
        const seen = await isNewest(vekId);
        await leaveField();
        await press('d');
        await page.fill('[name=address]', 'Tvaika iela 7a');
        const changed = await ask('PATCH', `/api/v1/veks/${vekId}`, { version: seen, address: 'Tvaika iela 9' });
        expect(changed.status).toBe(200);
        await page.focus('[data-save]');
        await press('Enter');
        await page.waitForSelector('.vek-edit .problem');
        expect(await page.textContent('.vek-edit .problem')).toMatch(/adrese: Tvaika iela 7 → Tvaika iela 9/);
        expect(await page.inputValue('[name=address]')).toBe('Tvaika iela 7a');
        // the button was switched off while it was saved, and has the focus again
        await page.waitForFunction(() => document.activeElement?.matches('[data-save]'));
        await press('Enter');
        await page.waitForSelector('.vek-edit', { state: 'detached' });
        expect(await page.textContent('.address')).toContain('Tvaika iela 7a');

        // offered, accepted, returned; offered again, refused; the whole card accepted
        const part = (status: string) => `[data-part=NMPD][data-status=${status}]`;
        const decline = async (why: string) => {
          await other.click('[data-part=NMPD] button:not(.primary)');
          await other.keyboard.type(why);
          await other.keyboard.press('Enter');
        };
        await page.selectOption('.offer-part select >> nth=0', 'NMPD');
        await page.click('.offer-part [type=submit]');
        await other.click(`[data-vek="${number}"]`);
        await other.click('[data-answer=accepted]');
        await isThere(page, part('accepted'));
        await decline('nav brīvas brigādes');
        await isThere(page, part('returned'));
        await page.click('[data-part=NMPD] .quiet');
        await other.waitForSelector(part('offered'));
        await decline('joprojām nav');
        await isThere(page, part('refused'));
        await page.check('.offer-part [type=checkbox]');
        await page.selectOption('.offer-part select >> nth=0', 'NMPD');
        await page.click('.offer-part [type=submit]');
        await other.click('[data-answer=accepted]');
        await isThere(page, '[data-part=NMPD][data-status=responsible]');
        await isThere(other, '[data-part=NMPD][data-status=responsible]');

        // a unit held for a card is told to all its parties, also to who may not read the unit and asks for nothing therefore
        const [unitId] = Object.values(await page.evaluate(() => window.__vanags!.unitIds()));
        expect((await ask('POST', '/api/v1/holds', { id: uuidv7(), unitId, vekId, seconds: 1 })).status).toBe(201);

        // who may not read sees that there is something, and not what
        await page.click('[data-restricted=medical] [data-write]');
        await type('cukura diabēts');
        await page.click('[data-restricted=medical] [type=submit]');
        await isThere(page, '[data-restricted=medical][data-there=true][data-readable=false]');
        expect(await page.$('[data-restricted=medical] [data-read]')).toBeNull();
        await other.click('[data-restricted=medical][data-there=true] [data-read]');
        await other.waitForSelector('[data-restricted=medical] .restricted-text');
        expect(await other.textContent('[data-restricted=medical] .restricted-text')).toContain('cukura diabēts');
        expect(await page.content()).not.toContain('cukura diabēts');

        // C34 what a colleague notes of the caller meanwhile is told and then shown beside what was typed, and neither is lost
        const caller = '[data-restricted=caller]';
        const note = async (known: object) =>
          expect((await ask('PUT', `/api/v1/veks/${vekId}/caller`, known)).status).toBe(204);
        await note({ phone: '+37120000001', note: 'nedzird' });
        await page.click(`${caller} [data-write]`);
        await page.waitForSelector(`${caller} form`);
        expect(await page.inputValue('[name=caller-note]')).toBe('nedzird');
        await page.fill('[name=caller-note]', 'nedzird; gaida pie vārtiem');
        await note({ phone: '+37120000002', note: 'nedzird; raksta krieviski' });
        await page.click(`${caller} [type=submit]`);
        await page.waitForSelector(`${caller} [role=alert]`);
        expect(await page.textContent(`${caller} [role=alert]`)).toMatch(/^demo tikmēr /);
        expect(await page.inputValue('[name=caller-note]')).toBe('nedzird; gaida pie vārtiem');
        expect(await page.content()).not.toContain('raksta krieviski');
        await page.click(`${caller} [type=submit]`);
        await page.waitForSelector('[data-theirs=note]');
        expect(await page.textContent('[data-theirs=note]')).toContain('nedzird; raksta krieviski');
        expect(await page.inputValue('[name=caller-note]')).toBe('nedzird; gaida pie vārtiem');
        expect(await page.inputValue('[name=caller-phone]')).toBe('+37120000002');
        await page.fill('[name=caller-note]', 'nedzird; raksta krieviski; gaida pie vārtiem');
        await page.click(`${caller} [type=submit]`);
        await page.waitForSelector(`${caller} form`, { state: 'detached' });
        expect(await (await ask('GET', `/api/v1/veks/${vekId}/caller`)).json()).toMatchObject({
          phone: '+37120000002',
          note: 'nedzird; raksta krieviski; gaida pie vārtiem',
        });

        // the answer to a comment is lost: it stays in its field, and sent again it is written once
        await page.route('**/comments', async (route) => {
          if (route.request().method() !== 'POST') return route.continue();
          await route.fetch();
          await route.abort();
        });
        await leaveField();
        await press('o');
        await type('Durvju kods 42');
        await press('Enter');
        await page.waitForSelector('section:has(#comment) .problem');
        expect(await page.inputValue('#comment')).toBe('Durvju kods 42');
        await page.unroute('**/comments');
        await press('Enter');
        await page.waitForFunction(() => (document.querySelector('#comment') as HTMLInputElement).value === '');
        await other.waitForSelector('[data-comment="Durvju kods 42"]');
        expect(await page.$$('[data-comment="Durvju kods 42"]')).toHaveLength(1);

        // a second report of the same goes into the first one
        const twin = uuidv7();
        const report = { id: twin, channel: 'voice', typeCode: 'fire.vehicle', priority: 'P2', address: 'Tvaika iela' };
        const place = await page.evaluate(() => window.__vanags!.vekPlace());
        expect((await ask('POST', '/api/v1/veks', { ...report, ...place })).status).toBe(201);
        await page.click(`[data-vek="${number + 1}"]`);
        await isNewest(twin);
        await page.click(`[data-merge="${number}"]`);
        await isThere(page, '[data-comment="Durvju kods 42"]');
        await page.waitForSelector(`[data-vek="${number + 1}"]`, { state: 'detached' });
        await isNewest(vekId);

        // ended with what became of it, and opened again
        await page.selectOption('.actions select', 'false_alarm');
        await page.click('.actions button >> nth=0');
        await page.waitForSelector('.actions input');
        expect(await page.textContent('.facts')).toContain('maldu izsaukums');
        await page.focus('.actions input');
        await type('zvans atkārtojās');
        await press('Enter');
        await page.waitForSelector(`[data-vek="${number}"]`);

        // who has worked long enough is relieved by the nearest of the same kind
        await page.click('[data-vek="1"]');
        await page.click('[data-relieve="Ķekava AC-1"]');
        await page.waitForSelector('.relief [type=submit]:enabled');
        await press('Tab');
        await press('Enter');
        await page.waitForFunction(() => document.querySelectorAll('[data-sent]').length === 2);
        expect(await page.textContent('[data-sent="Ķekava AC-1"]')).toMatch(/nomainīs Ķekava AC-[23]/);
        await shot('6-relieved');

        // every text can be read, by day and by night
        for (const on of [page, other]) expect(await on.evaluate(faintTexts, LEAST_CONTRAST)).toEqual([]);
        for (const { errors, outside, refused } of watched) {
          expect(errors).toEqual([]);
          expect(outside).toEqual([]);
          const overtaken = [`409 /api/v1/veks/${vekId}`, `409 /api/v1/veks/${vekId}/caller`];
          expect(refused).toEqual(watched[0]!.refused === refused ? overtaken : []);
        }
        await context.close();
      },
    ],
    [
      'C25 a hub that stands still is told of while it does, and the page recovers when it goes on',
      async () => {
        tracker.process.kill('SIGSTOP');
        try {
          await page.waitForSelector('.notice.stopped');
          await page.waitForSelector('.map.stopped');
        } finally {
          tracker.process.kill('SIGCONT');
        }
        await page.waitForSelector('.notice.stopped', { state: 'detached' });
        await until("v.connection() === 'live' && v.unitCount() === 3");
      },
    ],
  ];

  tellStory(setStage, STORY, BOUND_MS);
});
