/** What browser tests stand on: a tracker with one street, and a browser that asks nobody outside. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import chromium from '@sparticuz/chromium';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { v7 as uuidv7 } from 'uuid';
import { it } from 'vitest';
import { writeOsmPbf } from '../../fixtures/world/osm-pbf-writer.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** A first start makes a database and builds the console, beside whatever else the machine does. */
export const START_MS = 150_000;
/** How long a page may take for one step, on a machine ten times slower, milliseconds. */
export const PATIENCE_MS = 60_000;
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
export const PLACE = { lon: 24.1052, lat: 56.9496 }; // Rīga

export interface Tracker {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
}

/** Starts a tracker and waits until it says that it is ready. */
export function startTracker(
  dataDir: string,
  port: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<Tracker> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'tracker/src/main.ts'], {
    cwd: ROOT,
    // only what it needs: the test runner sets MODE and NODE_ENV for itself
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DEMO_WORLD: '0',
      DATA_DIR: dataDir,
      PORT: String(port),
      ...settings,
    },
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
export async function importStreet(roadsDir: string, folder: string): Promise<void> {
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
export async function freePort(): Promise<number> {
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

/** Asks as a client should: where the tracker says that its database does not answer, again, with the same ids. */
export async function call<T>(url: string, path: string, token: string | undefined, body: unknown): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    if (response.ok) return (await response.json()) as T;
    if (response.status !== 503 || Date.now() > until)
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

export const tokenFor = async (url: string, who: object) =>
  (await call<{ token: string }>(url, '/api/v1/demo/token', undefined, who)).token;

function importRows(url: string, admin: string, kind: string, rows: readonly object[]): Promise<unknown> {
  return call(url, `/api/v1/import/${kind}`, admin, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** The ambulance service, without a unit: somebody to share incidents with. */
export async function importAmbulances(url: string): Promise<void> {
  const admin = await tokenFor(url, { agency: 'IEMIC', roles: ['admin'] });
  const agency = { id: uuidv7(), code: 'NMPD', kind: 'ambulance', nameLv: 'Mediķi', nameEn: 'Ambulance' };
  await importRows(url, admin, 'agencies', [agency]);
}

export interface StageUnit {
  readonly callsign: string;
  readonly kind: string;
  readonly capabilities: Readonly<Record<string, number>>;
}

/** A fire service with these units, each with a device. Returns the devices' tokens, in the order of the units. */
export async function importUnits(url: string, wanted: readonly StageUnit[]): Promise<string[]> {
  const admin = await tokenFor(url, { agency: 'IEMIC', roles: ['admin'] });
  const rows = (kind: string, all: readonly object[]) => importRows(url, admin, kind, all);
  const units = wanted.map((unit) => ({
    ...unit,
    id: uuidv7(),
    vehicleId: uuidv7(),
    deviceId: uuidv7(),
    token: randomUUID(),
  }));
  const station = { id: uuidv7(), agencyCode: 'VUGD', code: '1', name: 'Ķekavas daļa', kind: 'dala', ...PLACE };
  await rows('agencies', [
    { id: uuidv7(), code: 'VUGD', kind: 'fire_rescue', nameLv: 'Ugunsdzēsēji', nameEn: 'Fire service' },
  ]);
  await rows('stations', [station]);
  await rows(
    'vehicles',
    units.map(({ vehicleId, kind }, i) => ({
      id: vehicleId,
      agencyCode: 'VUGD',
      registration: `KK-${i}`,
      kind,
      profile: 'heavy',
    })),
  );
  await rows(
    'units',
    units.map(({ id, vehicleId, callsign, kind, capabilities }) => ({
      id,
      agencyCode: 'VUGD',
      callsign,
      kind,
      stationCode: '1',
      vehicleId,
      statusAtRest: 'available_at_station',
      capabilities: Object.entries(capabilities).map(([code, quantity]) => ({ code, quantity })),
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

export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({ executablePath: await chromium.executablePath(), args: CHROMIUM_FLAGS, headless: true });
}

/** What goes wrong on a page, whom it asks besides the tracker, and what the tracker refuses it. */
export function watchPage(
  page: Page,
  tracker: Tracker,
): { readonly errors: string[]; readonly outside: string[]; readonly refused: string[] } {
  const errors: string[] = [];
  const outside: string[] = [];
  const refused: string[] = [];
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:' && origin !== tracker.url) outside.push(request.url());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${new URL(response.url()).pathname}`);
  });
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  return { errors, outside, refused };
}

/** Publishes run cards as the agency that keeps them. */
export async function publishRunCards(url: string, runCards: readonly object[]): Promise<void> {
  const response = await fetch(`${url}/api/v1/run-cards`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${await tokenFor(url, { agency: 'IEMIC', roles: ['admin'] })}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ runCards }),
  });
  if (!response.ok) throw new Error(`run cards: ${response.status} ${await response.text()}`);
}

/**
 * The tests of one story: each is a part of it, and begins where the one before ended. Where a part fails, its second try tells all before it
 * again, on a new stage.
 * @param limitMs of one part
 */
export function tellStory(
  setStage: () => Promise<void>,
  parts: readonly (readonly [what: string, part: () => Promise<void>])[],
  limitMs: number,
): void {
  let told: number | undefined; // parts that were told on this stage; none while one is being told, as it may fail
  for (const [no, [what, part]] of parts.entries())
    it(
      what,
      async () => {
        if (told !== no) {
          await setStage();
          for (const [, before] of parts.slice(0, no)) await before();
        }
        told = undefined;
        await part();
        told = no + 1;
      },
      START_MS + (no + 1) * limitMs,
    );
}
