import { describe, expect, it, vi } from 'vitest';
import { createDispatchUnit, enter } from '../../test/dispatch-world.js';
import { createRoads } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { lonLat } from '../geo/lon-lat.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { Snapper } from '../routing/snapper.js';
import { DispatchRoster } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { findStarts } from './find-starts.js';
import { type DrivenProfile, RoadWays } from './road-ways.js';

const PROFILES = standardProfiles.filter(({ code }) => code === 'car' || code === 'car-emergency');
const urgent: DrivenProfile = (profile) => `${profile}-emergency`;

describe('findStarts', () => {
  it('G128 whose start was found ahead has the same way, by the same bounds, as who was first asked about; also after moves and closures', () => {
    let reached = 0;
    let sought = 0;
    for (const [i, shape] of [...ROAD_SHAPES, ...ROAD_SHAPES].entries()) {
      const random = createRandom(i + 1);
      const network = createRoadWorld(i + 1, shape, 60);
      const ahead = createRoads(network, ...PROFILES);
      const later = createRoads(network, ...PROFILES);
      const roster = new DispatchRoster();
      const point = () => {
        const p = Math.floor(random() * (network.pointLonLat.length / 2));
        return lonLat(network.pointLonLat[2 * p]! / 1e7, network.pointLonLat[2 * p + 1]! / 1e7);
      };
      let units = Array.from({ length: 40 }, (_, unit): DispatchUnit => {
        const place = createPlaceNear(random, point(), pick(random, [0, 0.003, 0.1]));
        return createDispatchUnit({ unitId: `u${unit}`, handle: unit + 1, profile: 'car', place });
      });
      for (let turn = 0; turn < 4; turn++) {
        if (turn === 2) {
          const directed = Uint32Array.from({ length: 2 * network.segmentCount }, (_, d) => d).filter(
            () => random() < 0.2,
          );
          const inForce = { directed, speedShare: new Float64Array(directed.length) };
          for (const roads of [ahead, later]) roads.setInForce('car-emergency', inForce);
          roster.allMoved();
        }
        units = units.map((unit) => ({
          ...unit,
          place: createPlaceNear(random, unit.place!, 0.001),
          headingDeg: random() * 360,
          speedMps: pick(random, [0, 15]),
        }));
        for (const unit of units) enter(roster, unit);
        expect(findStarts(roster, ahead, urgent, Number.POSITIVE_INFINITY)).toBe(false);
        const place = point();
        const look = vi.spyOn(Snapper.prototype, 'snapAmong');
        const ways = new RoadWays(ahead, place, urgent);
        const found = ways.table(units);
        expect(look, 'who was found ahead is not looked for again').not.toHaveBeenCalled();
        const others = new RoadWays(later, place, urgent);
        expect(found, `${shape} ${i}, turn ${turn}`).toEqual(others.table(units));
        sought += look.mock.calls.length;
        look.mockRestore();
        reached += found.filter((way) => way !== null).length;
        // all bounds are those of the profile that is driven
        const driven = new RoadWays(later, place);
        expect(ways.farthestStartM('car')).toBe(driven.farthestStartM('car-emergency'));
        expect(ways.topPace('car')).toEqual(driven.topPace('car-emergency'));
      }
    }
    expect(reached).toBeGreaterThan(500);
    expect(sought).toBeGreaterThan(500);
  });

  it('stops when the time is over, and goes on where it stopped; who is gone or has no place by then is passed over', () => {
    const network = createRoadWorld(1, ROAD_SHAPES[0]!, 40);
    const roads = createRoads(network, ...PROFILES);
    const roster = new DispatchRoster();
    const pointAt = (p: number) => lonLat(network.pointLonLat[2 * p]! / 1e7, network.pointLonLat[2 * p + 1]! / 1e7);
    const place = pointAt(0);
    const elsewhere = pointAt(network.pointLonLat.length / 2 - 1); // not on the same segment
    for (let handle = 1; handle <= 100; handle++)
      enter(roster, createDispatchUnit({ unitId: `u${handle}`, handle, profile: 'car', place }));
    roster.remove(99);
    roster.unplace(100);
    let steps = 1;
    while (findStarts(roster, roads, urgent, 0)) steps++;
    expect(steps).toBeGreaterThan(5);
    expect(roster.moved.length).toBe(0);
    const look = vi.spyOn(Snapper.prototype, 'snap');
    new RoadWays(roads, elsewhere, urgent).table([roster.unit(1)!, roster.unit(98)!]);
    expect(look).toHaveBeenCalledTimes(1); // the place itself
    look.mockRestore();
  });
});
