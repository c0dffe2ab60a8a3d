import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FAKE_MPS, FakeRouter, type Manner } from '../../test/fake-router.js';
import { createPlaceNear, createRandom } from '../../test/random.js';
import { RouterError, type RouterFailureCode } from '../errors.js';
import { distanceM } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { OsrmRouter } from './osrm-router.js';
import type { Route, Router, TableAnswer, TravelTable } from './router.js';
import { ValhallaRouter } from './valhalla-router.js';

const RIGA = lonLat(24.1179, 56.9423);
const OGRE = lonLat(24.6, 56.8167);
const QUITO = lonLat(-78.5, -0.2); // west of Greenwich, south of the equator
const CUMBAYA = lonLat(-78.43, -0.2);
/** Without a road to the rest, as the fake has it. */
const TALLINN_NORTH = lonLat(24.7, 60.1);

/** As long as a busy machine needs; tests of being late wait less. */
const WAIT_MS = 20_000;
const SHORT_WAIT_MS = 200;
const MAX_BYTES = 1_000_000;

let fake: FakeRouter;
beforeAll(async () => {
  fake = await FakeRouter.start();
});
afterAll(() => fake.stop());
beforeEach(() => {
  fake.manner = 'right';
  fake.asked.length = 0;
});

const ROUTERS: Record<string, { make: (waitMs?: number) => Router; offRoadM: number; route: string; table: string }> = {
  osrm: {
    make: (waitMs = WAIT_MS) =>
      new OsrmRouter({ url: fake.url, profiles: { car: 'driving' }, waitMs, maxBytes: MAX_BYTES }),
    offRoadM: 4.2, // the fake says so
    route: '/route/v1/driving/24.117900,56.942300;24.600000,56.816700',
    table: '/table/v1/driving/24.117900,56.942300;24.600000,56.816700',
  },
  valhalla: {
    make: (waitMs = WAIT_MS) =>
      new ValhallaRouter({ url: `${fake.url}/`, costings: { car: 'auto' }, waitMs, maxBytes: MAX_BYTES }),
    offRoadM: 0,
    route: '/route',
    table: '/sources_to_targets',
  },
};

const fromTo = (from: LonLat, to: LonLat) => ({ from: { at: from }, to: { at: to }, profile: 'car' });
const tableOf = (sources: LonLat[], targets: LonLat[]) => ({
  sources: sources.map((at) => ({ at })),
  targets: targets.map((at) => ({ at })),
  profile: 'car',
});

describe.each(Object.entries(ROUTERS))('%s', (name, { make, offRoadM, route, table }) => {
  it.each([
    ['in Latvia', RIGA, OGRE],
    ['west of Greenwich, south of the equator', QUITO, CUMBAYA],
  ])('G71 reads a route %s', async (_where, from, to) => {
    const answer = (await make().route(fromTo(from, to))) as Route;
    const straightM = distanceM(from, to);
    expect(answer).toMatchObject({ kind: 'route', source: name, closures: 'unknown' });
    expect(answer.distanceM).toBeCloseTo(straightM, 3);
    expect(Math.abs(answer.travelMs - (straightM / FAKE_MPS) * 1000)).toBeLessThanOrEqual(0.5);
    expect(answer.start.offRoadM).toBeCloseTo(offRoadM, 2);
    expect(answer.line[0]).toEqual([...from]);
    expect(answer.line.at(-1)).toEqual([...to]);
    expect(answer.steps[0]).toMatchObject({ manoeuvre: { kind: 'depart' }, name: 'Brīvības iela', fromPosition: 0 });
    expect(answer.steps.at(-1)).toMatchObject({ manoeuvre: { kind: 'arrive' }, fromPosition: answer.line.length - 1 });
    const stepsMs = answer.steps.reduce((sum, step) => sum + step.travelMs, 0);
    expect(Math.abs(stepsMs - answer.travelMs)).toBeLessThanOrEqual(answer.steps.length);
  });

  it('G71 asks what is documented', async () => {
    await make().route(fromTo(RIGA, OGRE));
    await make().table(tableOf([RIGA], [OGRE]));
    expect(fake.asked).toEqual([route, table]);
  });

  it('G71 says that there is no way, and that a profile is not served', async () => {
    expect(await make().route(fromTo(RIGA, TALLINN_NORTH))).toMatchObject({
      kind: 'refused',
      code: 'unreachable',
      source: name,
    });
    const unknown = { ...fromTo(RIGA, OGRE), profile: 'heavy' };
    expect(await make().route(unknown)).toMatchObject({ kind: 'refused', code: 'profile_unknown' });
    expect(await make().table({ ...tableOf([RIGA], [OGRE]), profile: 'heavy' })).toMatchObject({
      code: 'profile_unknown',
    });
  });

  it('G71 reads a table; null is unreachable', async () => {
    const answer = (await make().table(tableOf([RIGA, TALLINN_NORTH], [OGRE, RIGA, TALLINN_NORTH]))) as TravelTable;
    const ms = Math.round((distanceM(RIGA, OGRE) / FAKE_MPS) * 1000);
    expect([...answer.travelMs]).toEqual([ms, 0, UNREACHABLE_MS, UNREACHABLE_MS, UNREACHABLE_MS, 0]);
    expect([answer.starts.length, answer.ends.length]).toEqual([2, 3]);
  });

  it('G71 splits a table that is larger than the server takes, and puts it together again', async () => {
    const random = createRandom(11);
    const places = (count: number) => Array.from({ length: count }, () => createPlaceNear(random, RIGA, 0.5));
    const sources = places(130);
    const targets = places(61);
    const answer = (await make().table(tableOf(sources, targets))) as TravelTable;
    expect(fake.asked).toHaveLength(6); // 3 × 2 parts of at most 50 × 50
    sources.forEach((from, i) => {
      targets.forEach((to, j) => {
        const off = answer.travelMs[i * targets.length + j] - (distanceM(from, to) / FAKE_MPS) * 1000;
        // places are sent with six decimals: 0.06 m each, 10 ms together
        expect(Math.abs(off), `seed 11, ${i} → ${j}`).toBeLessThan(15);
      });
    });
  });

  it.each<[string, Manner, RouterFailureCode]>([
    ['never', 'never', 'router_timeout'],
    ['too late', 'slow', 'router_timeout'],
    ['by cutting the connection', 'reset', 'router_connection'],
    ['half', 'half', 'router_connection'],
    ['with a page', 'html', 'router_not_json'],
    ['with an error page', 'error', 'router_status'],
    ['without end', 'huge', 'router_answer_too_large'],
    ['with other JSON', { json: { hello: 'world' } }, 'router_malformed'],
    ['with null', { json: null }, 'router_malformed'],
    ['with a list', { json: [] }, 'router_malformed'],
  ])('G71 fails with a code when the server answers %s', async (_how, manner, code) => {
    fake.manner = manner;
    fake.slowMs = 4 * SHORT_WAIT_MS;
    const router = make(code === 'router_timeout' ? SHORT_WAIT_MS : WAIT_MS);
    expect(await failure(router.route(fromTo(RIGA, OGRE)))).toBe(code);
    expect(await failure(router.table(tableOf([RIGA], [OGRE])))).toBe(code);
  });

  it('G71 fails with a code when nobody listens', async () => {
    const gone = await FakeRouter.start();
    const { url } = gone;
    await gone.stop();
    const router =
      name === 'osrm'
        ? new OsrmRouter({ url, profiles: { car: 'car' } })
        : new ValhallaRouter({ url, costings: { car: 'auto' } });
    expect(await failure(router.route(fromTo(RIGA, OGRE)))).toBe('router_connection');
  });
});

// biome-ignore lint/suspicious/noExplicitAny: breaks any part of an answer
type Change = (answer: any) => unknown;
const put = (change: Change): Manner => ({
  changed: (answer) => {
    change(answer);
    return answer;
  },
});

describe('nonsense', () => {
  const osrm = () => ROUTERS.osrm.make();
  const valhalla = () => ROUTERS.valhalla.make();

  it.each<[string, Change]>([
    ['a negative time', (a) => (a.routes[0].duration = -1)],
    ['a time that is text', (a) => (a.routes[0].duration = '10')],
    ['no time', (a) => delete a.routes[0].duration],
    ['a route of a year', (a) => (a.routes[0].duration = 3e7)],
    ['34 km in 5 s', (a) => (a.routes[0].duration = 5)],
    ['no routes', (a) => (a.routes = [])],
    ['a line of one position', (a) => (a.routes[0].geometry.coordinates.length = 1)],
    ['latitude first, out of range', (a) => (a.routes[0].geometry.coordinates[0] = [10, 156])],
    ['one waypoint', (a) => (a.waypoints.length = 1)],
    ['a step with a negative length', (a) => (a.routes[0].legs[0].steps[0].distance = -3)],
  ])('G71 osrm: %s is a failure', async (_what, change) => {
    fake.manner = put(change);
    expect(await failure(osrm().route(fromTo(RIGA, OGRE)))).toBe('router_malformed');
  });

  it.each<[string, Change]>([
    ['a row too many', (a) => a.durations.push(a.durations[0])],
    ['a cell too few', (a) => a.durations[0].pop()],
    ['a negative cell', (a) => (a.durations[0][0] = -5)],
    ['a cell that is text', (a) => (a.durations[0][0] = 'fast')],
    ['no waypoints', (a) => delete a.sources],
    ['a waypoint too few', (a) => a.destinations.pop()],
  ])('G71 osrm: a table with %s is a failure', async (_what, change) => {
    fake.manner = put(change);
    expect(await failure(osrm().table(tableOf([RIGA, OGRE], [OGRE, RIGA])))).toBe('router_malformed');
  });

  it('G71 osrm: another code than Ok is an answer only where it says so', async () => {
    fake.manner = { json: { code: 'InvalidQuery', message: 'x' }, status: 400 };
    expect(await failure(osrm().route(fromTo(RIGA, OGRE)))).toBe('router_status');
    fake.manner = { json: { code: 'NoSegment', message: 'x' }, status: 400 };
    expect(await osrm().route(fromTo(RIGA, OGRE))).toMatchObject({ kind: 'refused', code: 'no_road_near' });
    expect(await osrm().table(tableOf([RIGA], [OGRE]))).toMatchObject({ kind: 'refused', code: 'no_road_near' });
  });

  it.each<[string, Change]>([
    ['a negative time', (a) => (a.trip.summary.time = -1)],
    ['no legs', (a) => (a.trip.legs = [])],
    ['miles', (a) => (a.trip.units = 'miles')],
    ['a status that is not 0', (a) => (a.trip.status = 442)],
    ['a shape that is no polyline', (a) => (a.trip.legs[0].shape = 'not \u0001 one')],
    ['a shape cut in the middle', (a) => (a.trip.legs[0].shape = a.trip.legs[0].shape.slice(0, -1))],
    ['a shape outside of the world', (a) => (a.trip.legs[0].shape = '~~~~~~C~~~~~~C')],
    ['34 km in 5 s', (a) => (a.trip.summary.time = 5)],
  ])('G71 valhalla: %s is a failure', async (_what, change) => {
    fake.manner = put(change);
    expect(await failure(valhalla().route(fromTo(RIGA, OGRE)))).toBe('router_malformed');
  });

  it.each<[string, Change]>([
    ['a row too few', (a) => a.sources_to_targets.pop()],
    ['a cell too many', (a) => a.sources_to_targets[0].push(a.sources_to_targets[0][0])],
    ['a negative cell', (a) => (a.sources_to_targets[0][0].time = -5)],
    ['cells in another order', (a) => a.sources_to_targets[0].reverse()],
  ])('G71 valhalla: a table with %s is a failure', async (_what, change) => {
    fake.manner = put(change);
    expect(await failure(valhalla().table(tableOf([RIGA, OGRE], [OGRE, RIGA])))).toBe('router_malformed');
  });

  it('G71 valhalla: an error code is an answer only where it says so', async () => {
    fake.manner = { json: { error_code: 171, error: 'No suitable edges near location' }, status: 400 };
    expect(await valhalla().route(fromTo(RIGA, OGRE))).toMatchObject({ kind: 'refused', code: 'no_road_near' });
    fake.manner = { json: { error_code: 154, error: 'Path distance exceeds the max distance limit' }, status: 400 };
    expect(await failure(valhalla().route(fromTo(RIGA, OGRE)))).toBe('router_status');
  });
});

async function failure(asked: Promise<Route | TableAnswer | unknown>): Promise<RouterFailureCode | 'answered'> {
  try {
    await asked;
    return 'answered';
  } catch (error) {
    if (error instanceof RouterError) return error.code;
    throw error;
  }
}
