import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrewClient } from '../../fixtures/crew-client/index.js';
import { writeOsmPbf } from '../../fixtures/world/osm-pbf-writer.js';
import '../src/test-hook.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BOUND_MS = 120_000;
/** A first start makes a database and builds the console, beside whatever else the machine does. */
const START_MS = 150_000;
/** Software WebGL, and nothing that asks the outside. */
const CHROMIUM_FLAGS = [
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];
const UNITS = 3;
const PLACE = { lon: 24.1052, lat: 56.9496 }; // Rīga

interface Tracker {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
}

/** Starts a tracker and waits until it says that it is ready. */
function startTracker(dataDir: string, port: number): Promise<Tracker> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'tracker/src/main.ts'], {
    cwd: ROOT,
    // only what it needs: the test runner sets MODE and NODE_ENV for itself
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DEMO_WORLD: '0', DATA_DIR: dataDir, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const ready = /ready: (http:\/\/[^\s]+:(\d+))\//.exec(output);
      if (ready) resolve({ url: ready[1]!, port: Number(ready[2]), process: child });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`the tracker ended with ${code}: ${output.slice(-1500)}`)));
  });
}

/** Imports a map of one street through the place, 4 km from south to north, as a person would. */
async function importStreet(roadsDir: string, folder: string): Promise<void> {
  const map = join(folder, 'street.osm.pbf');
  const tags = { highway: 'residential', name: 'Brīvības iela', maxspeed: '50', source: 'generated' };
  writeFileSync(
    map,
    writeOsmPbf({
      lon: Float64Array.of(PLACE.lon, PLACE.lon, PLACE.lon),
      lat: Float64Array.of(PLACE.lat - 0.018, PLACE.lat, PLACE.lat + 0.018),
      ways: [{ id: 1, nodeIds: [1, 2, 3], tags }],
      restrictions: [],
    }),
  );
  const program = ['--import', 'tsx', 'geo-engine/src/roads-main.ts'];
  await promisify(execFile)(
    process.execPath,
    [...program, map, '--dir', roadsDir, '--profiles', 'heavy,heavy-emergency'],
    { cwd: ROOT },
  );
}

/** A port that is free now and that the system does not give to outgoing connections while the tracker is away. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 18_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function call<T>(url: string, path: string, token: string | undefined, body: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const tokenFor = async (url: string, who: object) =>
  (await call<{ token: string }>(url, '/api/v1/demo/token', undefined, who)).token;

/** One agency with a few tankers, each with a device. Returns the devices' tokens. */
async function importWorld(url: string): Promise<string[]> {
  const admin = await tokenFor(url, { agency: 'IEMIC', roles: ['admin'] });
  const rows = (kind: string, all: readonly object[]) =>
    call(url, `/api/v1/import/${kind}`, admin, all.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const units = Array.from({ length: UNITS }, (_, i) => ({
    id: uuidv7(),
    vehicleId: uuidv7(),
    deviceId: uuidv7(),
    token: randomUUID(),
    callsign: `Ķekava AC-${i + 1}`,
  }));
  const station = { id: uuidv7(), agencyCode: 'VUGD', code: '1', name: 'Ķekavas daļa', kind: 'dala', ...PLACE };
  await rows('agencies', [
    { id: uuidv7(), code: 'VUGD', kind: 'fire_rescue', nameLv: 'Ugunsdzēsēji', nameEn: 'Fire service' },
  ]);
  await rows('stations', [station]);
  await rows(
    'vehicles',
    units.map(({ vehicleId }, i) => ({
      id: vehicleId,
      agencyCode: 'VUGD',
      registration: `KK-${i}`,
      kind: 'tanker',
      profile: 'heavy',
    })),
  );
  await rows(
    'units',
    units.map(({ id, vehicleId, callsign }) => ({
      id,
      agencyCode: 'VUGD',
      callsign,
      kind: 'tanker',
      stationCode: '1',
      vehicleId,
      statusAtRest: 'available_at_station',
      capabilities: [{ code: 'extinguish', quantity: 1 }],
    })),
  );
  await rows(
    'devices',
    units.map(({ deviceId, token, callsign }) => ({
      id: deviceId,
      agencyCode: 'VUGD',
      kind: 'vehicle',
      name: callsign,
      tokenSha256: createHash('sha256').update(token).digest('hex'),
      reportIntervalS: 10,
    })),
  );
  await rows(
    'device-bindings',
    units.map(({ id, deviceId }) => ({ id: uuidv7(), agencyCode: 'VUGD', deviceId, unitId: id, priority: 100 })),
  );
  return units.map(({ token }) => token);
}

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
      chromium
        .executablePath()
        .then((executablePath) => playwright.launch({ executablePath, args: CHROMIUM_FLAGS, headless: true })),
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
      const outside: string[] = [];
      const errors: string[] = [];
      const tokens = await importWorld(tracker.url);
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
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (protocol !== 'blob:' && protocol !== 'data:' && origin !== tracker.url) outside.push(request.url());
      });
      page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));

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
