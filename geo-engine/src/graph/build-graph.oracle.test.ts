import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { searchGraph } from '../../test/plain-search.js';
import { createRandom, pick } from '../../test/random.js';
import { type DriveStart, NEVER, RoadOracle } from '../../test/road-oracle.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { importOsm } from '../roads/osm/import-osm.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { buildGraph } from './build-graph.js';
import { tailOf } from './road-ends.js';
import type { SpeedOverlay } from './speed-overlay.js';

const TEST_DATA = process.env.TEST_DATA ?? join(import.meta.dirname, '../../../../shared/data');
const EXTRACTS = ['osm/monaco.osm.pbf', 'osm/liechtenstein-latest.osm.pbf', 'riga/riga_transit_twoway.osm.pbf'];

const [CAR, , HEAVY, CAR_EMERGENCY] = standardProfiles;
/** With lights and siren, but turn restrictions hold, those that except emergency vehicles excepted. */
const HEEDS_TURNS: VehicleProfile = {
  ...CAR_EMERGENCY,
  code: 'heeds-turns',
  emergency: { contraflowShare: 0.3, restrictedAccess: true, forbiddenTurns: false, speedFactor: 1 },
};
/** Emergency in name only: every right refused. */
const NO_RIGHTS: VehicleProfile = {
  ...CAR_EMERGENCY,
  code: 'no-rights',
  emergency: { contraflowShare: null, restrictedAccess: false, forbiddenTurns: false, speedFactor: 1 },
};
const PROFILES = [CAR, HEAVY, CAR_EMERGENCY, HEEDS_TURNS, NO_RIGHTS];

describe('buildGraph against the oracle', () => {
  const SEEDS = [1, 2, 3, 4];
  let pairs = 0;

  it.each(ROAD_SHAPES)('G36 fastest times and drives equal an edge-based search over the network: %s', (shape) => {
    for (const seed of SEEDS) {
      const network = createRoadWorld(seed, shape);
      const random = createRandom(seed);
      for (const profile of PROFILES) {
        const starts = createStarts(random, network, profile, 6);
        expect(differences(network, profile, starts), `${shape}, seed ${seed}, ${profile.code}`).toEqual([]);
        pairs += starts.length * 2 * network.segmentCount;
      }
    }
  });

  it('G36 has compared at least 20 000 pairs', () => {
    expect(pairs).toBeGreaterThanOrEqual(20_000);
  });

  it.each(ROAD_SHAPES)('G42 the same with closures, on the same nodes: %s', (shape) => {
    for (const seed of SEEDS) {
      const network = createRoadWorld(seed, shape);
      const random = createRandom(seed);
      for (const profile of [CAR, HEEDS_TURNS]) {
        const note = `${shape}, seed ${seed}, ${profile.code}`;
        const overlay = createOverlay(random, network);
        const starts = createStarts(random, network, profile, 4, overlay);
        expect(differences(network, profile, starts, overlay), note).toEqual([]);
        const [free, closed] = [buildGraph(network, profile), buildGraph(network, profile, overlay)];
        expect(closed.nodeOf, note).toEqual(free.nodeOf);
        expect(closed.directedHead, note).toEqual(free.directedHead);
      }
    }
  });
});

describe('buildGraph on real maps', () => {
  it.each(EXTRACTS)('G36 equals an edge-based search over %s', (extract) => {
    const file = join(TEST_DATA, extract);
    if (!existsSync(file)) return console.warn(`SKIPPED: no ${file}, so the graph is not held against it`);
    const network = importOsm(file);
    const random = createRandom(1);
    for (const profile of [CAR, HEEDS_TURNS]) {
      const starts = createStarts(random, network, profile, 3);
      expect(differences(network, profile, starts, undefined, 211), `${extract}, ${profile.code}`).toEqual([]);
    }
  });
});

describe('the oracle itself', () => {
  const LENGTH = 5;

  it.each(ROAD_SHAPES)('equals trying out every short drive: %s', (shape) => {
    for (const seed of [1, 2, 3]) {
      const network = createRoadWorld(seed, shape, 9);
      const random = createRandom(seed);
      for (const profile of [CAR, HEEDS_TURNS]) {
        const oracle = new RoadOracle(network, profile);
        for (const start of createStarts(random, network, profile, 4)) {
          const { drivenMs, drive } = oracle.timesFrom(start);
          const tried = new Float64Array(drivenMs.length).fill(NEVER);
          for (const steps of oracle.everyDrive(start, LENGTH)) {
            const last = steps[steps.length - 1];
            tried[last] = Math.min(tried[last], drivenInMs(oracle, start, steps));
          }
          // what was not found by trying must be late because it is long
          const found = drivenMs.map((ms, d) => (ms < tried[d] && drive(d).length > LENGTH ? tried[d] : ms));
          expect(found, `${shape}, seed ${seed}, ${profile.code}, start ${JSON.stringify(start)}`).toEqual(tried);
        }
      }
    }
  });
});

/**
 * Where times over the graph differ from the oracle's, and which of its drives may not be driven or take another time. Times are
 * compared for all nodes and directed segments, drives for every `step`-th.
 */
function differences(
  network: RoadNetwork,
  profile: VehicleProfile,
  starts: DriveStart[],
  overlay?: SpeedOverlay,
  step = 1,
): string[] {
  const graph = buildGraph(network, profile, overlay);
  const oracle = new RoadOracle(network, profile, overlay);
  return starts.flatMap((start) => {
    const wrong: string[] = [];
    const found = searchGraph(graph, start);
    const expected = oracle.timesFrom(start);
    for (const [node, ms] of found.nodeMs.entries()) {
      if (ms !== expected.nodeMs[node]) wrong.push(`node ${node}: ${ms}, not ${expected.nodeMs[node]}`);
    }
    for (const [directed, ms] of found.drivenMs.entries()) {
      const expectedMs = expected.drivenMs[directed];
      if (ms !== expectedMs) wrong.push(`directed ${directed}: ${ms}, not ${expectedMs}`);
      if (ms === NEVER || directed % step !== 0) continue;
      const drive = found.drive(directed);
      const offence = oracle.offence('node' in start ? drive : [start.directed, ...drive]);
      if (offence !== undefined) wrong.push(`drive ${drive}: ${offence}`);
      if (drivenInMs(oracle, start, drive) !== ms) wrong.push(`drive ${drive} takes another time than ${ms}`);
      if ('node' in start && tailOf(network, drive[0]) !== start.node) wrong.push(`drive ${drive} begins elsewhere`);
    }
    return wrong.map((what) => `from ${JSON.stringify(start)}: ${what}`);
  });
}

function drivenInMs(oracle: RoadOracle, start: DriveStart, drive: readonly number[]): number {
  return drive.reduce((sum, step) => sum + oracle.ms(step), 'node' in start ? 0 : start.restMs);
}

/** One start at a node, the others within directed segments that are open. */
function createStarts(
  random: () => number,
  network: RoadNetwork,
  profile: VehicleProfile,
  count: number,
  overlay?: SpeedOverlay,
): DriveStart[] {
  const oracle = new RoadOracle(network, profile, overlay);
  const open = Array.from({ length: 2 * network.segmentCount }, (_, d) => d).filter((d) => oracle.ms(d) !== NEVER);
  const starts: DriveStart[] = [{ node: Math.floor(random() * network.nodeCount) }];
  while (starts.length < count && open.length > 0) {
    starts.push({ directed: pick(random, open), restMs: Math.floor(random() * 5000) });
  }
  return starts;
}

function createOverlay(random: () => number, network: RoadNetwork): SpeedOverlay {
  const changes = Math.ceil(random() * 0.4 * network.segmentCount);
  return {
    directed: Uint32Array.from({ length: changes }, () => Math.floor(random() * 2 * network.segmentCount)),
    speedShare: Float64Array.from({ length: changes }, () => pick(random, [0, 0, 0.2, 0.5, 1])),
  };
}
