import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inTime } from '../harness/in-time.js';
import { BOG, COLUMNS, crossing, ISLAND, importSmallMap, MAIN_ROAD_WAY, ROWS } from '../harness/small-map.js';
import {
  createAgency,
  createHome,
  databaseIsThere,
  eventually,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

/** A closure is in every answer within this. */
const CLOSED_WITHIN_MS = 60_000;
/** A generation is read in a thread that starts first; the machine may be busy. */
const IN_USE_WITHIN_MS = 60_000;
/** Of the world that the map is drawn in: length of a street between two columns, metres. */
const COLUMN_M = 200.5;
const MPS_50 = 50 / 3.6;

interface Answer {
  readonly source: string;
  readonly fallback: string | null;
  readonly closures: string;
  readonly networkId: string;
  readonly networkAgeS: number;
  readonly generated: boolean;
  readonly profile: string;
  readonly refusal: { readonly code: string; readonly place: string | null } | null;
}
interface RouteAnswer extends Answer {
  readonly route: {
    readonly wholeMs: number;
    readonly travelMs: number;
    readonly distanceM: number;
    readonly start: { readonly offRoadM: number };
    readonly geometry: { readonly coordinates: readonly (readonly [number, number])[] };
    readonly steps: readonly { readonly manoeuvre: string; readonly name: string; readonly travelMs: number }[];
  } | null;
}
interface NetworkAnswer {
  readonly state: string;
  readonly network: { readonly id: string; readonly source: string; readonly generated: boolean } | null;
  readonly profiles: readonly { readonly code: string; readonly emergency: unknown }[];
  readonly refused: { readonly code: string } | null;
  readonly router: { readonly kind: string; readonly state: string; readonly failures: number } | null;
  readonly closures: { readonly open: number; readonly inForce: number; readonly isPending: boolean };
}
type Place = { readonly lon: number; readonly lat: number };

const text = ({ lon, lat }: Place) => `${lon},${lat}`;
const WEST = crossing(0, 0);
const EAST = crossing(COLUMNS - 1, 0);
const NORTHEAST = crossing(COLUMNS - 1, ROWS - 1);

describe.skipIf(!databaseIsThere)('roads', () => {
  let maps: string; // folders of imported networks, copied for each test
  let home: TestHome;
  let hub: TestTracker;
  let desk: string;
  let roadsDir: string;

  beforeAll(async () => {
    maps = await mkdtemp(join(tmpdir(), 'vanags-roads-test-'));
    await importSmallMap(join(maps, 'fast'), { mainKmh: 90 });
    await importSmallMap(join(maps, 'slow'), { mainKmh: 30, name: 'slow.osm.pbf' });
  });
  afterAll(() => rm(maps, { recursive: true, force: true }));

  async function stop(): Promise<void> {
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  }

  /** A tracker on a copy of one of the networks, or on none. */
  async function start(map: 'fast' | 'slow' | undefined, env: Record<string, string> = {}): Promise<void> {
    home = await createHome();
    roadsDir = join(home.env.DATA_DIR!, 'roads');
    if (map !== undefined) await cp(join(maps, map), roadsDir, { recursive: true });
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20', ...env });
    await createAgency(hub.api, await hub.api.admin(), 'VUGD');
    desk = await hub.api.token('VUGD', 'dispatcher');
    if (map !== undefined) await untilReady();
  }

  const untilReady = () =>
    eventually('the network is in use', async () => (await network()).state === 'ready', IN_USE_WITHIN_MS);

  /** Puts another generation into use as the import does: the folder first, then the file that names it. */
  async function replaceBy(map: 'fast' | 'slow'): Promise<void> {
    const current = JSON.parse(await readFile(join(maps, map, 'current.json'), 'utf8'));
    await cp(join(maps, map, current.generation), join(roadsDir, current.generation), { recursive: true });
    await writeFile(join(roadsDir, 'current.json.new'), JSON.stringify({ ...current, importedAt: Date.now() }));
    await rename(join(roadsDir, 'current.json.new'), join(roadsDir, 'current.json'));
  }

  const ask = <Body = { code?: string }>(path: string) => hub.api.call<Body>('GET', `/api/v1/${path}`, undefined, desk);
  const network = async () => (await ask<NetworkAnswer>('network')).body;
  const routeBetween = async (from: Place, to: Place, rest = '') =>
    (await ask<RouteAnswer>(`route?from=${text(from)}&to=${text(to)}&profile=car${rest}`)).body;
  const close = async (fields: object) => {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/closures', { id, reason: 'test', ...fields }, desk);
    return id;
  };
  const readiness = async () =>
    (await fetch(`${hub.api.url}/readyz`).then(async (answer) => ({
      status: answer.status,
      ...(await answer.json()),
    }))) as {
      status: number;
      state: string;
      reasons: string[];
    };
  const metric = async (name: string) => {
    const lines = (await (await fetch(`${hub.api.url}/metrics`)).text()).split('\n');
    return Number(lines.find((line) => line.startsWith(`vanags_${name} `))?.split(' ')[1]);
  };

  describe('a tracker without roads', () => {
    beforeEach(() => start(undefined)); // a second try too begins without
    afterEach(stop);

    it('T88 answers by a code, stands ready, and takes a first network into use without a restart', async () => {
      expect(await ask('route?from=24.1,56.94&to=24.11,56.94')).toMatchObject({
        status: 503,
        body: { code: 'no_network' },
      });
      expect(await ask('tiles/roads/12/2322/1257')).toMatchObject({ status: 503, body: { code: 'no_network' } });
      const body = { sources: [WEST], targets: [EAST] };
      expect(await hub.api.call('POST', '/api/v1/matrix', body, desk)).toMatchObject({ body: { code: 'no_network' } });
      expect(await network()).toMatchObject({
        state: 'none',
        network: null,
        profiles: [],
        refused: null,
        router: null,
      });
      expect(await readiness()).toMatchObject({ status: 200, state: 'Normal', reasons: ['no_network'] });
      await importSmallMap(roadsDir);
      await untilReady();
      expect((await routeBetween(WEST, EAST)).route).not.toBeNull();
      expect(await readiness()).toMatchObject({ status: 200, reasons: [] });
    });
  });

  describe('a network', () => {
    beforeAll(() => start('fast'));
    afterAll(stop);
    // of a first try
    beforeEach(async () => {
      const { closures } = await hub.api.ok<{ closures: { id: string }[] }>('GET', '/api/v1/closures', undefined, desk);
      for (const { id } of closures) await hub.api.ok('DELETE', `/api/v1/closures/${id}`, undefined, desk);
    });

    it('T91 is the fastest way, in whole milliseconds, with its origin', async () => {
      const answer = await routeBetween(WEST, EAST);
      // along row 0: six columns of residential street; by the main road it is two rows farther and not faster
      expect(answer.route!.distanceM).toBeCloseTo(6 * COLUMN_M, -1);
      expect(answer.route!.travelMs).toBeGreaterThan(0.95 * ((6 * COLUMN_M) / MPS_50) * 1000);
      expect(Number.isInteger(answer.route!.travelMs)).toBe(true);
      expect(answer.route!.wholeMs).toBe(answer.route!.travelMs);
      expect(answer.route!.geometry.coordinates[0]).toEqual([WEST.lon, WEST.lat]);
      expect(answer.route!.geometry.coordinates.at(-1)).toEqual([EAST.lon, EAST.lat]);
      expect(answer.route!.steps.map(({ manoeuvre, name }) => `${manoeuvre} ${name}`)).toEqual([
        'depart Šķērsiela 0',
        expect.stringMatching(/^arrive/),
      ]);
      const { network: used } = await network();
      expect(answer).toMatchObject({
        source: 'built-in',
        fallback: null,
        closures: 'in_force',
        networkId: used!.id,
        generated: true,
        profile: 'car',
        refusal: null,
      });
      expect(used).toMatchObject({ source: 'small.osm.pbf', generated: true });
      expect(answer.networkAgeS).toBeGreaterThanOrEqual(0);
    });

    it('T91 depends on the vehicle, and on the direction in which it drives', async () => {
      const heavy = await ask<RouteAnswer>(`route?from=${text(WEST)}&to=${text(EAST)}&profile=heavy-emergency`);
      expect(heavy.body.profile).toBe('heavy-emergency');
      const first = await ask<RouteAnswer>(`route?from=${text(WEST)}&to=${text(EAST)}`);
      expect(first.body.profile).toBe((await network()).profiles[0]!.code);
      // in the middle of a street: who drives east goes on to the next crossing before turning back
      const middle = { lon: (crossing(2, 0).lon + crossing(3, 0).lon) / 2, lat: WEST.lat };
      const plain = await routeBetween(middle, crossing(2, 0));
      const east = await routeBetween(middle, crossing(2, 0), '&heading=90');
      expect(plain.route!.distanceM).toBeCloseTo(COLUMN_M / 2, -1);
      expect(east.route!.distanceM).toBeGreaterThan(COLUMN_M);
      const slow = await routeBetween(middle, crossing(2, 0), '&heading=90&speedMps=1');
      expect(slow.route!.travelMs).toBe(plain.route!.travelMs);
    });

    it('T92 is null with a reason where there is none', async () => {
      const island = await routeBetween(WEST, ISLAND);
      expect([island.route, island.refusal]).toEqual([null, { code: 'unreachable', place: null }]);
      const bog = await routeBetween(BOG, EAST);
      expect([bog.route, bog.refusal]).toEqual([null, { code: 'no_road_near', place: 'from' }]);
      const same = await routeBetween(WEST, WEST);
      expect(same.route).toMatchObject({ travelMs: 0, distanceM: 0 });
    });

    it('T92 of a table says of every null why, and agrees with the routes one by one', async () => {
      const places = [WEST, crossing(3, 2), NORTHEAST, ISLAND, BOG];
      const table = await hub.api.ok<{
        wholeMs: (number | null)[][];
        refusals: { source: number; target: number; code: string }[];
        source: string;
      }>('POST', '/api/v1/matrix', { sources: places, targets: places, profile: 'car' }, desk);
      expect(table.source).toBe('built-in');
      for (const [i, from] of places.entries()) {
        for (const [j, to] of places.entries()) {
          const { route, refusal } = await routeBetween(from, to);
          expect(table.wholeMs[i]![j], `${i} to ${j}`).toBe(route?.wholeMs ?? null);
          const refused = table.refusals.filter(({ source, target }) => source === i && target === j);
          expect(refused.map(({ code }) => code)).toEqual(refusal === null ? [] : [refusal.code]);
        }
      }
    });

    it('T91 of a reach holds the shorter time in the longer, and the way there and back', async () => {
      interface Reach extends Answer {
        readonly type: string;
        readonly withinM: number;
        readonly features: {
          readonly properties: { readonly minutes: number };
          readonly geometry: { readonly type: string; readonly coordinates: readonly unknown[] };
        }[];
      }
      for (const direction of ['from', 'to']) {
        const path = `isochrone?place=${text(crossing(3, 2))}&minutes=1,0.2&profile=car&direction=${direction}`;
        const { status, body } = await ask<Reach>(path);
        expect(status).toBe(200);
        expect(body.type).toBe('FeatureCollection');
        expect(body.features.map(({ properties }) => properties.minutes)).toEqual([1, 0.2]);
        for (const { geometry } of body.features) expect(geometry.type).toBe('MultiPolygon');
        expect(body.withinM).toBeGreaterThan(0);
        const size = body.features.map(({ geometry }) => JSON.stringify(geometry.coordinates).length);
        expect(size[0]).toBeGreaterThan(size[1]!);
      }
      const bog = await ask<Reach>(`isochrone?place=${text(BOG)}&minutes=5`);
      expect(bog.body).toMatchObject({ features: [], refusal: { code: 'no_road_near' } });
    });

    it('T95 what is too much or rubbish is refused by a code', async () => {
      const refused: [string, number, string][] = [
        ['route?from=24.1,56.94', 400, 'request_malformed'],
        ['route?from=56.94,24.1&to=nowhere', 400, 'request_malformed'],
        ['route?from=24.1,91&to=24.1,56.9', 400, 'request_malformed'],
        ['route?from=24.1,56.94&to=24.11,56.94&profile=tank', 422, 'profile_unknown'],
        ['route?from=24.1,56.94&to=24.11,56.94&profile=../x', 400, 'request_malformed'],
        ['route?from=24.1,56.94&to=24.11,56.94&heading=north', 400, 'request_malformed'],
        ['route?from=24.1,56.94&to=24.11,56.94&heading=361', 400, 'request_malformed'],
        ['isochrone?place=24.1,56.94&minutes=0', 400, 'request_malformed'],
        ['isochrone?place=24.1,56.94&minutes=121', 400, 'request_malformed'],
        ['isochrone?place=24.1,56.94&minutes=1,2,3,4,5,6,7', 400, 'request_malformed'],
        ['isochrone?place=24.1,56.94&minutes=5&direction=up', 400, 'request_malformed'],
        ['tiles/roads/3/9/0', 404, 'not_found'],
        ['tiles/roads/17/0/0', 400, 'request_malformed'],
      ];
      for (const [path, status, code] of refused)
        expect(await ask(path), path).toMatchObject({ status, body: { code } });
      const place = { lon: 24.1, lat: 56.94 };
      const matrix = (sources: unknown, targets: unknown) =>
        hub.api.call('POST', '/api/v1/matrix', { sources, targets, profile: 'car' }, desk);
      expect(await matrix(Array(400).fill(place), Array(400).fill(place))).toMatchObject({
        status: 422,
        body: { code: 'table_too_large' },
      });
      expect(await matrix(Array(1001).fill(place), [place])).toMatchObject({ body: { code: 'table_too_large' } });
      expect(await matrix([], [place])).toMatchObject({ status: 400, body: { code: 'request_malformed' } });
      expect(await matrix([{ lon: 200, lat: 0 }], [place])).toMatchObject({ status: 400 });
      const most = await matrix(Array(316).fill(place), Array(316).fill(EAST));
      expect(most.status).toBe(200);
    });

    it('T93 on the way found is driven around at once, in every answer within a minute, and over when it is removed', async () => {
      const [from, to] = [crossing(0, 2), crossing(COLUMNS - 1, 2)];
      const before = (await routeBetween(from, to)).route!;
      const enteredAt = Date.now();
      const id = await close({ shape: null, wayIds: [MAIN_ROAD_WAY] });
      const at = await routeBetween(from, to);
      expect(at.route!.travelMs).toBeGreaterThan(before.travelMs);
      expect(['checked', 'in_force']).toContain(at.closures);
      expect(JSON.stringify(at.route!.steps)).not.toContain('Galvenā');
      const table = async () =>
        hub.api.ok<Answer & { wholeMs: number[][] }>(
          'POST',
          '/api/v1/matrix',
          { sources: [from], targets: [to], profile: 'car' },
          desk,
        );
      const settled = await eventually(
        'every answer knows it',
        async () => {
          const now = await table();
          return now.closures === 'in_force' && now;
        },
        CLOSED_WITHIN_MS,
      );
      expect(Date.now() - enteredAt).toBeLessThan(CLOSED_WITHIN_MS);
      expect(settled.wholeMs[0]![0]).toBe((await routeBetween(from, to)).route!.wholeMs);
      const { closures } = await eventually('for every vehicle', async () => {
        const now = await network();
        return !now.closures.isPending && now;
      });
      expect(closures).toEqual({ open: 1, inForce: 1, isPending: false });
      await hub.api.call('DELETE', `/api/v1/closures/${id}`, undefined, desk);
      await eventually(
        'the road is open',
        async () => (await routeBetween(from, to)).route!.travelMs === before.travelMs,
        CLOSED_WITHIN_MS,
      );
    });

    it('T93 begins and ends by its own time', async () => {
      const [from, to] = [crossing(0, 2), crossing(COLUMNS - 1, 2)];
      const before = (await routeBetween(from, to)).route!.travelMs;
      const time = () => routeBetween(from, to).then(({ route }) => route!.travelMs);
      await inTime(1500, async (ms) => {
        const [from, until] = [Date.now() + ms, Date.now() + 3 * ms];
        const [validFrom, validUntil] = [from, until].map((at) => new Date(at).toISOString());
        await close({ shape: null, wayIds: [MAIN_ROAD_WAY], validFrom, validUntil });
        const isTooSoon = (await time()) > before;
        let isInForce = false;
        for (; Date.now() < until; await sleep(25)) isInForce ||= (await time()) > before;
        await eventually('it is over', async () => (await time()) === before, CLOSED_WITHIN_MS);
        return isInForce && !isTooSoon;
      });
    });

    it('T93 stands on the map where it takes roads, and is known after a restart', async () => {
      const id = await close({
        shape: {
          type: 'LineString',
          coordinates: [crossing(0, 2), crossing(2, 2)].map(({ lon, lat }) => [lon, lat]),
        },
        speedShare: 0.5,
      });
      const [shown] = (
        await hub.api.ok<{ closures: { id: string; roads: { coordinates: number[][][] } }[] }>(
          'GET',
          '/api/v1/closures',
          undefined,
          desk,
        )
      ).closures;
      expect(shown!.id).toBe(id);
      const taken = shown!.roads.coordinates;
      expect(taken.length).toBeGreaterThan(0);
      for (const line of taken) for (const [, lat] of line) expect(lat).toBe(crossing(0, 2).lat);
      await hub.stop();
      hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20' });
      desk = await hub.api.token('VUGD', 'dispatcher');
      await untilReady();
      expect((await network()).closures.inForce).toBe(1);
      const [from, to] = [crossing(0, 2), crossing(2, 2)];
      const slow = (await routeBetween(from, to)).route!.travelMs;
      await hub.api.call('DELETE', `/api/v1/closures/${id}`, undefined, desk);
      await eventually(
        'the road is fast again',
        async () => (await routeBetween(from, to)).route!.travelMs < slow,
        CLOSED_WITHIN_MS,
      );
    });
  });

  describe('a new generation', () => {
    beforeAll(() => start('fast'));
    afterAll(stop);
    // each begins with the first network in use
    beforeEach(async () => {
      await replaceBy('fast');
      await eventually('the first network', async () => {
        const now = await network();
        return now.refused === null && now.network?.source === 'small.osm.pbf';
      });
    });

    it('T96 tiles are of the network in use and named by it', async () => {
      const z = 13;
      const n = 2 ** z;
      const x = Math.floor(((WEST.lon + 180) / 360) * n);
      const y = Math.floor(((1 - Math.asinh(Math.tan((WEST.lat * Math.PI) / 180)) / Math.PI) / 2) * n);
      const tile = (headers: Record<string, string> = {}) =>
        fetch(`${hub.api.url}/api/v1/tiles/roads/${z}/${x}/${y}.mvt`, { headers });
      const first = await tile();
      expect(first.status).toBe(200);
      expect(first.headers.get('content-type')).toBe('application/vnd.mapbox-vector-tile');
      const bytes = Buffer.from(await first.arrayBuffer());
      for (const word of ['road', 'class', 'residential', 'primary', 'A1', 'generated'])
        expect(bytes.includes(word), word).toBe(true);
      const etag = first.headers.get('etag')!;
      expect(etag).toBe(`"${(await network()).network!.id}"`);
      const again = await tile({ 'if-none-match': etag });
      expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0]);
      expect((await fetch(`${hub.api.url}/api/v1/tiles/roads/${z}/0/0`)).status).toBe(204);
      await replaceBy('slow');
      await eventually('the other network', async () => (await tile({ 'if-none-match': etag })).status === 200);
      expect((await tile()).headers.get('etag')).not.toBe(etag);
    });

    it('T89 is taken into use while questions are asked: none fails, and each is answered by one network', async () => {
      const idOf = async () => (await network()).network!.id;
      const before = await idOf();
      const [from, to] = [crossing(0, 2), crossing(COLUMNS - 1, 2)];
      const timeBefore = (await routeBetween(from, to)).route!.travelMs;
      const seen = new Map<string, Set<number>>();
      let asking = true;
      const askers = Array.from({ length: 4 }, async () => {
        while (asking) {
          const { status, body } = await ask<RouteAnswer>(`route?from=${text(from)}&to=${text(to)}&profile=car`);
          expect(status).toBe(200);
          seen.set(body.networkId, (seen.get(body.networkId) ?? new Set()).add(body.route!.travelMs));
        }
      });
      await eventually('an answer by the one', () => seen.has(before));
      await replaceBy('slow');
      const after = await eventually('the other network', async () => {
        const id = await idOf();
        return id !== before && id;
      });
      await eventually('an answer by the other', () => seen.has(after));
      asking = false;
      await Promise.all(askers);
      const timeAfter = (await routeBetween(from, to)).route!.travelMs;
      expect(timeAfter).toBeGreaterThan(timeBefore);
      expect([...seen].map(([id, times]) => [id, [...times]]).sort()).toEqual(
        [
          [before, [timeBefore]],
          [after, [timeAfter]],
        ].sort(),
      );
    });

    it.each([
      ['whose file is rubbish', async () => writeFile(join(roadsDir, 'current.json'), '{"version":')],
      [
        'that is not there',
        async () => {
          const current = JSON.parse(await readFile(join(maps, 'slow', 'current.json'), 'utf8'));
          const generation = 'f'.repeat(64);
          await writeFile(join(roadsDir, 'current.json'), JSON.stringify({ ...current, generation }));
        },
      ],
      [
        'that is cut off',
        async () => {
          const { generation } = JSON.parse(await readFile(join(maps, 'slow', 'current.json'), 'utf8'));
          await cp(join(maps, 'slow', generation), join(roadsDir, generation), { recursive: true });
          const file = join(roadsDir, generation, 'network.bin');
          await writeFile(file, (await readFile(file)).subarray(0, 2000));
          await cp(join(maps, 'slow', 'current.json'), join(roadsDir, 'current.json'));
        },
      ],
      [
        'whose hierarchy is another network’s',
        async () => {
          const { generation } = JSON.parse(await readFile(join(maps, 'slow', 'current.json'), 'utf8'));
          const { generation: old } = JSON.parse(await readFile(join(maps, 'fast', 'current.json'), 'utf8'));
          await cp(join(maps, 'slow', generation), join(roadsDir, generation), { recursive: true });
          const name = 'car.hierarchy.bin';
          await cp(join(maps, 'fast', old, name), join(roadsDir, generation, name));
          await cp(join(maps, 'slow', 'current.json'), join(roadsDir, 'current.json'));
        },
      ],
    ])('T90 %s leaves the one before in use, and that is said', async (_what, spoil) => {
      const { network: before } = await network();
      const { travelMs } = (await routeBetween(WEST, EAST)).route!;
      expect(await metric('road_network_refused')).toBe(0);
      await spoil();
      const { refused } = await eventually('it is refused', async () => {
        const now = await network();
        return now.refused !== null && now;
      });
      expect(refused!.code).toMatch(/^[a-z_]+$/);
      expect((await network()).network).toEqual(before);
      expect((await routeBetween(WEST, EAST)).route!.travelMs).toBe(travelMs);
      expect(await readiness()).toMatchObject({ status: 200, state: 'Normal', reasons: ['network_stale'] });
      expect(await metric('road_network_refused')).toBe(1);
      // a good one mends it
      await replaceBy('slow');
      await eventually('it is mended', async () => (await network()).refused === null);
      expect((await network()).network!.source).toBe('slow.osm.pbf');
      expect((await readiness()).reasons).toEqual([]);
    });

    it('T90 that was broken at the start is told of, and the tracker starts', async () => {
      await hub.stop();
      const current = await readFile(join(roadsDir, 'current.json'), 'utf8');
      await writeFile(join(roadsDir, 'current.json'), 'rubbish');
      hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20' });
      desk = await hub.api.token('VUGD', 'dispatcher');
      await eventually('it is refused', async () => (await network()).refused !== null);
      expect(await network()).toMatchObject({ state: 'none', network: null });
      expect((await readiness()).reasons).toEqual(['network_stale']);
      expect(await ask('route?from=24.1,56.94&to=24.11,56.94')).toMatchObject({
        status: 503,
        body: { code: 'no_network' },
      });
      await writeFile(join(roadsDir, 'current.json'), current);
      await untilReady();
    });
  });

  describe('an external router', () => {
    let fake: Server;
    /** How the fake answers: a route of one minute, nonsense, an error, or not at all. */
    let mood: 'good' | 'nonsense' | 'error' | 'silent';

    async function startFake(): Promise<string> {
      mood = 'good';
      fake = createServer((request, response) => {
        if (mood === 'silent') return; // and the connection stays open
        if (mood === 'error') return response.writeHead(500).end('{"code":"InternalError"}');
        if (mood === 'nonsense') return response.writeHead(200).end('{"code":"Ok","routes":[{"duration":-1}]}');
        const places = [...request.url!.matchAll(/(-?[\d.]+),(-?[\d.]+)(?=[;?])/g)].map(([, lon, lat]) => [
          Number(lon),
          Number(lat),
        ]);
        const waypoints = places.map((location) => ({ location, distance: 0, name: '' }));
        const geometry = { type: 'LineString', coordinates: places };
        const step = (type: string, coordinates: number[][], duration: number) => ({
          duration,
          distance: duration * 10,
          name: 'Fake',
          geometry: { coordinates },
          maneuver: { type, bearing_before: 0, bearing_after: 90 },
        });
        const legs = [{ steps: [step('depart', places, 60), step('arrive', [places[1]!], 0)] }];
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({ code: 'Ok', waypoints, routes: [{ duration: 60, distance: 600, geometry, legs }] }),
        );
      });
      await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
      return `osrm+http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
    }

    beforeEach(async () => start('fast', { ROUTER_URL: await startFake() })); // it counts failures in a row
    afterEach(async () => {
      fake.closeAllConnections();
      fake.close();
      await stop();
    });

    it('T94 is not asked while closures are in force that it does not know', async () => {
      const id = await close({ shape: null, wayIds: [MAIN_ROAD_WAY] });
      expect(await routeBetween(WEST, EAST)).toMatchObject({ source: 'built-in', fallback: 'router_not_asked' });
      await hub.api.call('DELETE', `/api/v1/closures/${id}`, undefined, desk);
    });

    it('T94 is asked first, and when it is slow, wrong or gone the built-in network answers and says why', async () => {
      expect(await routeBetween(WEST, EAST)).toMatchObject({
        source: 'osrm',
        fallback: null,
        closures: 'unknown',
        route: { travelMs: 60_000 },
      });
      expect((await network()).router).toMatchObject({ kind: 'osrm', state: 'closed' });
      mood = 'nonsense';
      expect(await routeBetween(WEST, EAST)).toMatchObject({ source: 'built-in', fallback: 'router_malformed' });
      mood = 'error';
      expect(await routeBetween(WEST, EAST)).toMatchObject({ source: 'built-in', fallback: 'router_status' });
      mood = 'silent';
      const slow = await routeBetween(WEST, EAST);
      expect(slow).toMatchObject({ source: 'built-in', fallback: 'router_timeout' });
      expect(slow.route).not.toBeNull();
      // three in a row: it is left alone for a while
      expect(await routeBetween(WEST, EAST)).toMatchObject({ source: 'built-in', fallback: 'router_paused' });
      expect((await network()).router).toMatchObject({ state: 'open', failures: 3 });
      expect(await readiness()).toMatchObject({ status: 200, reasons: ['router_unavailable'] });
      expect(await metric('router_failures_total')).toBe(3);
    });
  });
});
