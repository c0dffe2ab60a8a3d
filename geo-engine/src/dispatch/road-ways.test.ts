import { describe, expect, it } from 'vitest';
import { createDispatchUnit } from '../../test/dispatch-world.js';
import { createRoads } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { distanceM } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { VEC_STRIDE, writeUnitVector } from '../geo/unit-vector.js';
import { CLOSED } from '../graph/road-graph.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import type { Roads } from '../routing/roads.js';
import { type TravelTable, travelCell } from '../routing/router.js';
import { paceOffRoad } from '../routing/way-pace.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { RoadWays } from './road-ways.js';
import { StraightWays } from './straight-ways.js';

const PROFILES = standardProfiles.filter(({ code }) => code === 'car' || code === 'heavy-emergency');

/** Near a network's roads, at times far off them. */
function createUnits(random: () => number, network: RoadNetwork, count: number): DispatchUnit[] {
  return Array.from({ length: count }, (_, i) =>
    createDispatchUnit({
      unitId: `u${i}`,
      handle: i + 1,
      profile: pick(random, PROFILES).code,
      place: placeAt(random, network),
      headingDeg: random() < 0.5 ? random() * 360 : null,
      speedMps: pick(random, [0, 15]),
    }),
  );
}

function placeAt(random: () => number, { pointLonLat }: RoadNetwork): LonLat {
  const p = Math.floor(random() * (pointLonLat.length / 2));
  const point = lonLat(pointLonLat[2 * p]! / 1e7, pointLonLat[2 * p + 1]! / 1e7);
  return createPlaceNear(random, point, pick(random, [0, 0.003, 0.1]));
}

/** Closes or slows some roads for one of the profiles after its times were made. */
function closeSome(random: () => number, network: RoadNetwork, roads: Roads): void {
  const directed = Uint32Array.from({ length: 2 * network.segmentCount }, (_, d) => d).filter(() => random() < 0.2);
  roads.setInForce(PROFILES[0]!.code, {
    directed,
    speedShare: Float64Array.from(directed, () => pick(random, [0, 0.5])),
  });
}

/** A longitude a little farther east, on the other side of the antimeridian if need be. */
function shifted(lon: number, byDeg: number): number {
  return lon + byDeg > 180 ? lon + byDeg - 360 : lon + byDeg;
}

describe('RoadWays', () => {
  it('G103 ways are the routes of each unit by its own profile and heading; what has no route has no way', () => {
    let reached = 0;
    let none = 0;
    for (const [i, shape] of [...ROAD_SHAPES, ...ROAD_SHAPES, ...ROAD_SHAPES].entries()) {
      const random = createRandom(i + 1);
      const network = createRoadWorld(i + 1, shape, 40);
      const roads = createRoads(network, ...PROFILES);
      for (let question = 0; question < 3; question++) {
        const asked = createUnits(random, network, 15);
        const place = placeAt(random, network);
        const ways = new RoadWays(roads, place);
        const turned = asked.map((unit) => ({ ...unit, headingDeg: random() * 360 }));
        const stopped = turned.map((unit) => ({ ...unit, speedMps: 0 }));
        const east = stopped.map((unit) => ({
          ...unit,
          place: lonLat(shifted(unit.place![0], 0.002), unit.place![1]),
        }));
        const north = east.map((unit) => ({ ...unit, place: lonLat(unit.place![0], unit.place![1] + 0.001) }));
        // the second time from where they are known to stand
        for (const units of [asked, asked, turned, stopped, east, north]) {
          const table = ways.table(units);
          for (const [at, unit] of units.entries()) {
            const note = `${shape}, seed ${i + 1}, ${unit.unitId}`;
            const { headingDeg, speedMps, profile } = unit;
            const route = roads.route({ from: { at: unit.place!, headingDeg, speedMps }, to: { at: place }, profile });
            const travel = table[at]!;
            if (roads.profile(profile)!.target({ at: place }) === undefined) {
              expect(travel, note).toEqual(new StraightWays(place).travel(unit));
            } else if (route.kind === 'refused') {
              expect(travel, note).toBeNull();
              none++;
            } else {
              const { offRoadMs } = route.start;
              expect(travel, note).toMatchObject({
                basis: 'roads',
                ms: route.travelMs,
                offRoadMs: offRoadMs + route.end.offRoadMs,
              });
              reached++;
            }
          }
        }
      }
    }
    expect(reached).toBeGreaterThan(300);
    expect(none).toBeGreaterThan(10);
  });

  it('G83 no way is faster than its bound, whatever the correction', () => {
    for (const [i, shape] of [...ROAD_SHAPES, ...ROAD_SHAPES, ...ROAD_SHAPES].entries()) {
      const random = createRandom(100 + i);
      const network = createRoadWorld(100 + i, shape, 40);
      const roads = createRoads(network, ...PROFILES);
      const ways = new RoadWays(roads, placeAt(random, network));
      for (const { code } of PROFILES) {
        const { prepared, topPace } = roads.profile(code)!;
        for (const [directed, ms] of prepared.graph.directedMs.entries()) {
          if (ms === CLOSED) continue;
          expect((network.segmentCm[directed >> 1]! / ms) * 10, shape).toBeLessThanOrEqual(topPace.topMps);
        }
      }
      const units = createUnits(random, network, 60);
      for (const [at, travel] of ways.table(units).entries()) {
        if (travel === null) continue;
        const { freeM, topMps } = ways.topPace(units[at]!.profile);
        const leastMs = ((distanceM(units[at]!.place!, ways.place) - freeM) / topMps) * 1000;
        for (const factor of [0.3, 1, 5]) {
          expect(
            travel.ms * factor + travel.offRoadMs,
            `${shape}, seed ${100 + i}, times ${factor}`,
          ).toBeGreaterThanOrEqual(leastMs * factor);
        }
      }
    }
  });

  it('G121, G122 no way from beyond a ring or from off the road is faster than its bound, whatever the correction, also where roads were closed since', () => {
    let rings = 0;
    let closer = 0;
    let closerOffRoad = 0;
    for (let seed = 1; seed <= 2 * ROAD_SHAPES.length; seed++) {
      const random = createRandom(seed);
      const shape = ROAD_SHAPES[seed % ROAD_SHAPES.length]!;
      const network = createRoadWorld(seed, shape, 80);
      const roads = createRoads(network, ...PROFILES);
      for (let question = 0; question < 6; question++) {
        if (question === 3) closeSome(random, network, roads);
        const ways = new RoadWays(roads, placeAt(random, network));
        const units = createUnits(random, network, 40);
        const vec = new Float64Array(units.length * VEC_STRIDE);
        for (const [at, { place }] of units.entries()) writeUnitVector(vec, at, place![0], place![1]);
        ways.table(units.map((unit) => ({ ...unit, place: createPlaceNear(random, unit.place!, 0.0005) })));
        const beforeAsked = units.map(({ profile, handle }, at) => ways.leastOffRoadM(profile, handle, vec, at));
        const table = ways.table(units);
        for (const { code } of PROFILES) {
          const radiusM = distanceM(pick(random, units).place!, ways.place) * pick(random, [0.3, 0.8, 1]);
          const ring = ways.ringBound(code, radiusM);
          if (ring === undefined) continue;
          rings++;
          const { freeM, topMps } = ways.topPace(code);
          for (const [at, travel] of table.entries()) {
            if (travel === null || units[at]!.profile !== code) continue;
            const straightM = distanceM(units[at]!.place!, ways.place);
            for (const factor of [0.3, 1, 5]) {
              const pace = { startMs: 0, freeM, msPerM: (factor * 1000) / topMps, factor };
              const wayMs = Math.round(travel.ms * factor) + travel.offRoadMs;
              const leastMs = ring.leastMs(vec, at, straightM - 0.01, pace);
              const label = `${shape}, seed ${seed}, question ${question}, ${units[at]!.unitId}, times ${factor}`;
              expect(leastMs, label).toBeLessThanOrEqual(wayMs);
              if (leastMs > (straightM - freeM) * pace.msPerM) closer++;
              // where it was when it was last asked about tells how far off the road it is
              const known = paceOffRoad(pace, beforeAsked[at]!);
              const byLineMs = known.startMs + Math.max(0, straightM - 0.01 - known.freeM) * known.msPerM;
              const byRingMs = ring.leastMs(vec, at, straightM - 0.01, known);
              expect(Math.max(byLineMs, byRingMs), label).toBeLessThanOrEqual(wayMs);
              if (byRingMs > leastMs) closerOffRoad++;
            }
          }
        }
      }
    }
    expect(rings).toBeGreaterThan(50);
    expect(closer).toBeGreaterThan(1000);
    expect(closerOffRoad).toBeGreaterThan(1000);
  });

  it('G126 nobody who starts farther than is said has a way to a place that is cut off, also where roads were closed since', () => {
    let cutOff = 0;
    let beyond = 0;
    for (let seed = 1; seed <= 3 * ROAD_SHAPES.length; seed++) {
      const random = createRandom(seed);
      const shape = seed % 3 === 0 ? 'islands' : ROAD_SHAPES[seed % ROAD_SHAPES.length]!;
      const network = createRoadWorld(seed, shape, 80);
      const roads = createRoads(network, ...PROFILES);
      for (let question = 0; question < 6; question++) {
        if (question === 3) closeSome(random, network, roads);
        const ways = new RoadWays(roads, placeAt(random, network));
        const units = createUnits(random, network, 40);
        const table = ways.table(units);
        for (const { code } of PROFILES) {
          const farthestM = ways.farthestStartM(code);
          if (farthestM === Number.POSITIVE_INFINITY) continue;
          cutOff++;
          for (const [at, { profile, place, unitId }] of units.entries()) {
            if (profile !== code || distanceM(place!, ways.place) <= farthestM) continue;
            expect(table[at], `${shape}, seed ${seed}, question ${question}, ${unitId}`).toBeNull();
            beyond++;
          }
        }
      }
    }
    expect(cutOff).toBeGreaterThan(50);
    expect(beyond).toBeGreaterThan(500);
  });

  it('G103 a place off the roads, and a profile that no roads are made for, go by the straight line and say so', () => {
    const network = createRoadWorld(1, ROAD_SHAPES[0]!, 40);
    const roads = createRoads(network, PROFILES[0]!);
    const random = createRandom(1);
    const on = lonLat(network.pointLonLat[0]! / 1e7, network.pointLonLat[1]! / 1e7);
    const [unit] = createUnits(random, network, 1);
    const boat = { ...unit!, profile: 'boat' };
    const near = new RoadWays(roads, on);
    expect(near.table([boat, { ...unit!, profile: PROFILES[0]!.code, place: on }]).map((way) => way?.basis)).toEqual([
      'straight_line',
      'roads',
    ]);
    expect([near.basis, near.closures]).toEqual(['roads', 'in_force']);
    const far = new RoadWays(roads, lonLat(on[0], on[1] > 0 ? on[1] - 1 : on[1] + 1));
    expect(far.table([unit!])).toEqual(new StraightWays(far.place).table([unit!]));
    expect([far.basis, far.closures]).toEqual(['straight_line', 'unknown']);
  });

  it('G103 ways heed roads that were closed a moment ago as tables do, and say so', () => {
    let moved = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const random = createRandom(seed);
      const network = createRoadWorld(seed, ROAD_SHAPES[seed % ROAD_SHAPES.length]!, 40);
      const [{ code }] = PROFILES as [(typeof PROFILES)[0]];
      const roads = createRoads(network, PROFILES[0]!);
      const units = createUnits(random, network, 30).map((unit) => ({ ...unit, profile: code }));
      const place = placeAt(random, network);
      const before = new RoadWays(roads, place).table(units);
      const directed = Uint32Array.from({ length: 2 * network.segmentCount }, (_, d) => d).filter(() => random() < 0.3);
      roads.setInForce(code, { directed, speedShare: new Float64Array(directed.length) });
      const ways = new RoadWays(roads, place);
      const sources = units.map(({ place: at, headingDeg, speedMps }) => ({ at: at!, headingDeg, speedMps }));
      const table = roads.table({ sources, targets: [{ at: place }], profile: code }) as TravelTable;
      for (const [i, travel] of ways.table(units).entries()) {
        if (travel?.basis === 'straight_line') continue;
        const cell = travelCell(table, i, 0);
        const label = `seed ${seed}, unit ${i}`;
        if (cell.kind === 'refused') expect(travel, label).toBeNull();
        else
          expect([travel?.ms, travel?.offRoadMs], label).toEqual([
            cell.travelMs,
            cell.start.offRoadMs + cell.end.offRoadMs,
          ]);
        if (travel?.ms !== before[i]?.ms) moved++;
      }
      if (ways.basis === 'roads') expect(ways.closures, `seed ${seed}`).toBe('pending');
    }
    expect(moved).toBeGreaterThan(20);
  });

  it('G103 where every road is closed, ways go by the straight line until one is open again', () => {
    const network = createRoadWorld(2, ROAD_SHAPES[0]!, 40);
    const [profile] = PROFILES;
    const roads = createRoads(network, profile!);
    const random = createRandom(2);
    const units = createUnits(random, network, 20).map((unit) => ({ ...unit, profile: profile!.code }));
    const place = placeAt(random, network);
    const before = new RoadWays(roads, place).table(units);
    const all = Uint32Array.from({ length: 2 * network.segmentCount }, (_, directed) => directed);
    roads.setInForce(profile!.code, { directed: all, speedShare: new Float64Array(all.length) });
    // every road is closed: nobody stands on one any more
    const closed = new RoadWays(roads, place);
    expect(closed.table(units)).toEqual(new StraightWays(place).table(units));
    roads.setInForce(profile!.code, { directed: new Uint32Array(), speedShare: new Float64Array() });
    expect(new RoadWays(roads, place).table(units)).toEqual(before);
  });
});
