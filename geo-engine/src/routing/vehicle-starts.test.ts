import { describe, expect, it } from 'vitest';
import { createRoadsData } from '../../test/prepared-roads.js';
import { createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { destination } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { VEC_STRIDE, writeUnitVector } from '../geo/unit-vector.js';
import type { RoadGraph } from '../graph/road-graph.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { SegmentsAround } from './nearest-segments.js';
import { AT_ROAD_M, MAX_OFF_ROAD_M, offRoadMs } from './off-road.js';
import type { RoadPlace } from './road-place.js';
import { Snapper } from './snapper.js';
import { KEPT_STANDS, MORE_STANDS, VehicleStarts } from './vehicle-starts.js';
import { restMs } from './waypoint.js';

const PROFILE = standardProfiles.find(({ code }) => code === 'car')!;

/** Where a vehicle is, as it is kept in columns; MORE_STANDS: it is not. */
function columnsOf(starts: VehicleStarts, row: number): number[] | typeof MORE_STANDS {
  const { standCount, standDirected, standHead, standMs } = starts;
  if (standCount[row] === MORE_STANDS) return MORE_STANDS;
  return Array.from({ length: standCount[row]! }, (_, i) => row * KEPT_STANDS + i).flatMap((at) => [
    standDirected[at]!,
    standHead[at]!,
    standMs[at]!,
  ]);
}

function standsOf(graph: RoadGraph, { stands }: RoadPlace): number[] | typeof MORE_STANDS {
  if (stands.length > KEPT_STANDS) return MORE_STANDS;
  return stands.flatMap((stand) => [stand.directed, graph.directedHead[stand.directed]!, restMs(graph, stand)]);
}

function told({ lon, lat, count, segments, distanceM, withinM }: SegmentsAround) {
  return { lon, lat, segments: segments.slice(0, count), distanceM: distanceM.slice(0, count), withinM };
}

describe('VehicleStarts', () => {
  it('G112, G122 a vehicle that drives, turns and stops is on the road on which a snap of its own finds it, and as far off it as is said', () => {
    const vec = new Float64Array(VEC_STRIDE);
    let byWhatWasAround = 0;
    let knownOff = 0;
    for (const [i, shape] of ROAD_SHAPES.entries()) {
      const seed = i + 1;
      const random = createRandom(seed);
      const network = createRoadWorld(seed, shape, 60);
      const { index, profiles } = createRoadsData(network, [PROFILE]);
      const { graph } = profiles[0]!;
      const snapper = new Snapper(network, index);
      const starts = new VehicleStarts(snapper);
      for (let key = 1; key <= 6; key++) {
        const point = Math.floor(random() * (network.pointLonLat.length / 2));
        let at: LonLat = lonLat(network.pointLonLat[2 * point]! / 1e7, network.pointLonLat[2 * point + 1]! / 1e7);
        const moving = new SegmentsAround();
        for (let step = 0; step < 40; step++) {
          const headingDeg = pick(random, [null, random() * 360]);
          at = destination(at, random() * 360, pick(random, [0, 3, 15, 40, 400]) * random());
          const vehicle = { key, at, headingDeg, speedMps: pick(random, [0, 14]) };
          const label = `${shape}, seed ${seed}, vehicle ${key}, step ${step}`;
          const around = new SegmentsAround();
          snapper.aroundInto(around, graph, vehicle);
          snapper.aroundInto(moving, graph, vehicle);
          expect(told(moving), label).toEqual(told(around));
          const expected = snapper.snap(graph, vehicle, 'start');
          writeUnitVector(vec, 0, at[0], at[1]);
          const leastM = starts.leastOffRoadM(key, vec, 0);
          expect(leastM, label).toBeLessThanOrEqual(expected?.nearestM ?? MAX_OFF_ROAD_M);
          if (leastM > AT_ROAD_M) knownOff++;
          const row = starts.row(graph, vehicle);
          expect(columnsOf(starts, row), label).toEqual(expected === undefined ? [] : standsOf(graph, expected));
          if (expected === undefined) continue;
          expect(starts.offRoadMs[row], label).toBe(offRoadMs('start', expected.snap.distanceM));
          expect(starts.start(graph, vehicle, row), label).toEqual(expected);
          const among = snapper.snapAmong(graph, vehicle, around);
          if (among === undefined) continue;
          byWhatWasAround++;
          expect(among, label).toEqual(expected);
        }
      }
    }
    expect(byWhatWasAround).toBeGreaterThan(100);
    expect(knownOff).toBeGreaterThan(100);
  });
});
