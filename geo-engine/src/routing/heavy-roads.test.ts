import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRoadsData } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom } from '../../test/random.js';
import { NEVER, RoadOracle } from '../../test/road-oracle.js';
import { createRoadWorld } from '../../test/road-worlds.js';
import { lonLat } from '../geo/lon-lat.js';
import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { writeHierarchy } from '../hierarchy/hierarchy-file.js';
import { NO_SOURCE } from '../hierarchy/nearest-sweep.js';
import { RoadsImport } from '../roads/generations.js';
import { writeNetwork } from '../roads/network-file.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { HeavyRoads } from './heavy-roads.js';
import { preparationInThreads } from './prepare-roads.js';
import { Roads } from './roads.js';
import { RoadsKeeper } from './roads-keeper.js';
import { RoadsOrders } from './roads-orders.js';
import type { Isochrone, NearestSources, RoutePlace, TravelTable } from './router.js';
import { Snapper } from './snapper.js';

const NETWORK = createRoadWorld(4, 'mapped restrictions', 120);
const PROFILES = [standardProfiles[0], standardProfiles[5]];
const DATA = createRoadsData(NETWORK, PROFILES);
const HERE = new Roads(DATA);
const random = createRandom(4);
const PLACES: RoutePlace[] = Array.from({ length: 12 }, () => {
  const node = Math.floor(random() * NETWORK.nodeCount);
  const at = lonLat(NETWORK.nodeLonLat[2 * node] / 1e7, NETWORK.nodeLonLat[2 * node + 1] / 1e7);
  return { at: createPlaceNear(random, at, 0.001) };
});
const TABLE = { sources: PLACES, targets: PLACES, profile: 'car' };
const AREA = { place: PLACES[0], profile: 'car', limitsS: [60, 120], direction: 'to' } as const;

describe('HeavyRoads', () => {
  const orders = new RoadsOrders(DATA);
  let heavy: HeavyRoads;
  beforeAll(() => {
    heavy = new HeavyRoads(orders);
  });
  afterAll(() => heavy.close());

  it('G74 answers in its thread what this one would answer', async () => {
    expect(await heavy.table(TABLE)).toEqual(HERE.table(TABLE));
    expect(await heavy.isochrone(AREA)).toEqual(HERE.isochrone(AREA));
    const nearest = { sources: PLACES, profile: 'car', k: 3 };
    expect(await heavy.nearestSources(nearest)).toEqual(HERE.nearestSources(nearest));
    const route = { from: PLACES[0], to: PLACES[1], profile: 'car' };
    expect(await heavy.route(route)).toEqual(HERE.route(route));
    expect(await heavy.tile(12, 0, 0)).toEqual(HERE.tile(12, 0, 0));
    expect(await heavy.table({ ...TABLE, profile: 'boat' })).toMatchObject({
      kind: 'refused',
      code: 'profile_unknown',
    });
  });

  it('G74 takes the closures in force along, also when its thread is started anew', async () => {
    const inForce = {
      directed: Uint32Array.from({ length: 2 * NETWORK.segmentCount }, (_, d) => d),
      speedShare: new Float64Array(2 * NETWORK.segmentCount),
    };
    orders.give({ kind: 'in_force', profile: 'car', inForce });
    expect(await heavy.isochrone(AREA)).toMatchObject({ kind: 'refused', code: 'no_road_near', place: 'to' });
    await heavy.close();
    expect(await heavy.isochrone(AREA)).toMatchObject({ kind: 'refused', code: 'no_road_near', place: 'to' });
    orders.give({ kind: 'use', data: DATA });
    expect(await heavy.isochrone(AREA)).toEqual(HERE.isochrone(AREA));
  });

  it('G74 refuses with a code when too many wait, and answers all that it took', async () => {
    const bounded = new HeavyRoads(new RoadsOrders(DATA), 3);
    const answers = await Promise.all(Array.from({ length: 5 }, () => bounded.isochrone(AREA)));
    expect(answers.map((answer) => (answer.kind === 'refused' ? answer.code : answer.kind))).toEqual([
      'isochrone',
      'isochrone',
      'isochrone',
      'roads_busy',
      'roads_busy',
    ]);
    expect(bounded.waiting).toBe(0);
    await bounded.close();
  });

  it('G74 who waits when the thread ends is told, and the next question starts another', async () => {
    await heavy.close();
    const asked = heavy.table(TABLE); // of a thread that is only beginning, and cannot have answered
    await heavy.close();
    expect(await asked).toMatchObject({ kind: 'refused', code: 'roads_worker_failed' });
    expect(await heavy.table(TABLE)).toEqual(HERE.table(TABLE));
  });

  it('G64 the nearest sources of every node are those of the oracle', () => {
    const { starts, nearest, ms } = HERE.nearestSources({ sources: PLACES, profile: 'car', k: 3 }) as NearestSources;
    const oracle = new RoadOracle(NETWORK, PROFILES[0]);
    const snapper = new Snapper(NETWORK, DATA.index);
    const times = PLACES.map((place, i) => {
      const snapped = snapper.snap(DATA.profiles[0].graph, place, 'start')!;
      const each = snapped.stands.map(({ directed, fraction }) => {
        const done = Math.round(oracle.ms(directed) * (directed % 2 === 0 ? fraction : 1 - fraction));
        return oracle.timesFrom({ directed, restMs: oracle.ms(directed) - done });
      });
      return (node: number) => starts[i]!.offRoadMs + Math.min(...each.map((one) => one.nodeMs[node]));
    });
    for (let node = 0; node < NETWORK.nodeCount; node++) {
      const expected = times
        .map((to, source) => ({ source, ms: to(node) }))
        .filter((label) => label.ms !== NEVER)
        .sort((a, b) => a.ms - b.ms || a.source - b.source);
      for (let i = 0; i < 3; i++) {
        const note = `node ${node}, label ${i}`;
        expect(ms[node * 3 + i], note).toBe(expected[i]?.ms ?? UNREACHABLE_MS);
        expect(nearest[node * 3 + i], note).toBe(expected[i]?.source ?? NO_SOURCE);
      }
    }
  });
});

describe('roads from their files', () => {
  let dir: string;
  let keeper: RoadsKeeper;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'vanags-roads-'));
    const made = RoadsImport.begin(dir);
    writeNetwork(made.networkPath, NETWORK);
    for (const prepared of DATA.profiles)
      writeHierarchy(made.hierarchyPath(prepared.profile.code), prepared, prepared.profile);
    made.commit({ networkId: NETWORK.info.id, source: 'drawn', importedAt: 1, profiles: PROFILES });
    keeper = await RoadsKeeper.open({ dir });
  });
  afterAll(async () => {
    await keeper.close();
    rmSync(dir, { recursive: true });
  });

  it('G70 are read by a thread and answer as those in memory', async () => {
    expect(keeper.describe()).toMatchObject({
      id: NETWORK.info.id,
      profiles: [{ code: 'car' }, { code: PROFILES[1].code }],
    });
    for (const [i, from] of PLACES.entries()) {
      const question = { from, to: PLACES[(i + 1) % PLACES.length], profile: PROFILES[1].code };
      expect(await keeper.route(question)).toEqual(HERE.route(question));
    }
    // a small table is answered here, a large one by the thread
    expect(await keeper.table(TABLE)).toEqual(HERE.table(TABLE));
    const many = Array.from({ length: 15 }, () => PLACES).flat();
    const large = (await keeper.table({ ...TABLE, sources: many })) as TravelTable;
    expect([...large.travelMs.subarray(0, 144)]).toEqual([...(HERE.table(TABLE) as TravelTable).travelMs]);
    expect(((await keeper.isochrone(AREA)) as Isochrone).areas).toEqual((HERE.isochrone(AREA) as Isochrone).areas);
  });

  it('G70 are made anew by a thread when a closure comes into force', async () => {
    const closure = {
      id: 'x',
      shape: null,
      wayIds: Array.from({ length: 40 }, (_, id) => id),
      speedShare: 0.1,
      validFrom: 0,
      validUntil: null,
    };
    keeper.setClosures([closure]);
    await rebuilt(keeper);
    expect(keeper.closureState).toMatchObject({ inForce: 1, pending: [], rebuild: { kind: 'idle' } });
    const table = (await keeper.table(TABLE)) as TravelTable;
    expect(table.closures).toBe('in_force');
    expect(table.travelMs).not.toEqual((HERE.table(TABLE) as TravelTable).travelMs);
    keeper.setClosures([]);
    await rebuilt(keeper);
    expect(await keeper.table(TABLE)).toEqual(HERE.table(TABLE));
  });

  it('G70 that are not there, or not what is said of them, are refused with a code', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'vanags-roads-'));
    await expect(preparationInThreads.load(empty)).rejects.toMatchObject({
      name: 'RoadsError',
      code: 'network_missing',
    });
    const made = RoadsImport.begin(empty);
    writeNetwork(made.networkPath, NETWORK);
    made.commit({ networkId: '0'.repeat(64), source: 'drawn', importedAt: 1, profiles: PROFILES });
    await expect(preparationInThreads.load(empty)).rejects.toMatchObject({ code: 'generation_invalid' });
    rmSync(empty, { recursive: true });
  });
});

async function rebuilt(keeper: RoadsKeeper): Promise<void> {
  while (keeper.closureState.rebuild.kind === 'running') await new Promise((resolve) => setTimeout(resolve, 10));
}
