import { describe, expect, it } from 'vitest';
import { createPlaceNear, createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { distanceM } from '../geo/distance.js';
import { lonLat } from '../geo/lon-lat.js';
import { indexNetwork } from './load-roads.js';
import { RING_SLACK, RingSearch } from './ring-entries.js';

describe('RingSearch', () => {
  it('G121 finds every piece of road that enters a circle, and no other, also across the antimeridian', () => {
    let found = 0;
    for (let seed = 1; seed <= 2 * ROAD_SHAPES.length; seed++) {
      const random = createRandom(seed);
      const shape = ROAD_SHAPES[seed % ROAD_SHAPES.length]!;
      const network = createRoadWorld(seed, shape, 60);
      const { firstPoint, pointLonLat, segmentCount } = network;
      const placeOf = (p: number) => lonLat(pointLonLat[2 * p]! / 1e7, pointLonLat[2 * p + 1]! / 1e7);
      const search = new RingSearch(network, indexNetwork(network));
      for (let circle = 0; circle < 8; circle++) {
        const place = createPlaceNear(random, placeOf(Math.floor(random() * (pointLonLat.length / 2))), 0.01);
        const radiusM = pick(random, [100, 700, 3000, 15_000]);
        const { directed, point } = search.entries(place, radiusM);
        const entries = new Set(directed.map((d, i) => `${d} ${point[i]}`));
        const label = `${shape}, seed ${seed}, circle ${circle}`;
        expect(entries.size, label).toBe(directed.length);
        found += entries.size;
        for (let segment = 0; segment < segmentCount; segment++) {
          for (let p = firstPoint[segment]!; p < firstPoint[segment + 1]! - 1; p++) {
            const [begins, ends] = [distanceM(placeOf(p), place), distanceM(placeOf(p + 1), place)];
            const forward = entries.delete(`${2 * segment} ${p + 1}`);
            const backward = entries.delete(`${2 * segment + 1} ${p}`);
            // on the ground, by as much as the plane may be wrong
            const isInside = (m: number) => m < radiusM / RING_SLACK;
            const isOutside = (m: number) => m > radiusM * RING_SLACK;
            if (isOutside(begins) && isInside(ends)) expect(forward, label).toBe(true);
            if (isInside(begins) && isOutside(ends)) expect(backward, label).toBe(true);
            if (forward) expect(isInside(begins) || isOutside(ends), label).toBe(false);
            if (backward) expect(isOutside(begins) || isInside(ends), label).toBe(false);
          }
        }
        expect([...entries], label).toEqual([]);
      }
    }
    expect(found).toBeGreaterThan(300);
  });
});
