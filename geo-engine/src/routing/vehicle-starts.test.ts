import { describe, expect, it } from 'vitest';
import { createRoadsData } from '../../test/prepared-roads.js';
import { createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { destination } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { Snapper } from './snapper.js';
import { VehicleStarts } from './vehicle-starts.js';

const PROFILE = standardProfiles.find(({ code }) => code === 'car')!;

describe('VehicleStarts', () => {
  it('G112 a vehicle that drives, turns and stops is on the road on which a snap of its own finds it', () => {
    let byWhatWasAround = 0;
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
        for (let step = 0; step < 40; step++) {
          const headingDeg = pick(random, [null, random() * 360]);
          at = destination(at, random() * 360, pick(random, [0, 3, 15, 40, 400]) * random());
          const vehicle = { key, at, headingDeg, speedMps: pick(random, [0, 14]) };
          const around = snapper.around(graph, vehicle);
          const label = `${shape}, seed ${seed}, vehicle ${key}, step ${step}`;
          const expected = snapper.snap(graph, vehicle, 'start');
          expect(starts.start(starts.row(graph, vehicle)), label).toEqual(expected);
          const among = snapper.snapAmong(graph, vehicle, around);
          if (among === undefined) continue;
          byWhatWasAround++;
          expect(among, label).toEqual(expected);
        }
      }
    }
    expect(byWhatWasAround).toBeGreaterThan(100);
  });
});
