import { describe, expect, it } from 'vitest';
import { createRandom } from '../../test/random.js';
import { createRoadWorld } from '../../test/road-worlds.js';
import { haversineM } from '../geo/distance.js';
import { fractionAt, type Position, placeAt, segmentLine } from './segment-line.js';

/** Pieces are straight on a plane, lengths are of the sphere. */
const MAX_REL_ERROR = 1e-4;

function lengthM(line: readonly Position[]): number {
  return line.slice(1).reduce((sum, [lon, lat], i) => sum + haversineM(line[i][0], line[i][1], lon, lat), 0);
}

describe('segmentLine', () => {
  it.each([0, 1, 2, 3])(
    'G61 a part of a segment is as long as its share, begins and ends where it says, seed %i',
    (seed) => {
      const network = createRoadWorld(seed, 'everything', 60);
      const random = createRandom(seed);
      for (let segment = 0; segment < network.segmentCount; segment++) {
        const wholeM = lengthM(segmentLine(network, segment, 0, 1));
        for (const [from, to] of [
          [0, 1],
          [1, 0],
          [0, random()],
          [random(), 1],
          [random(), random()],
          [0.3, 0.3],
        ]) {
          const line = segmentLine(network, segment, from, to);
          const note = `seed ${seed}, segment ${segment}, ${from} to ${to}`;
          const expectedM = Math.abs(to - from) * wholeM;
          expect(Math.abs(lengthM(line) - expectedM) <= MAX_REL_ERROR * wholeM + 0.02, note).toBe(true);
          expect(haversineM(...line[0], ...placeAt(network, segment, from)), note).toBeLessThan(0.02);
          expect(haversineM(...line[line.length - 1], ...placeAt(network, segment, to)), note).toBeLessThan(0.02);
          expect([...segmentLine(network, segment, to, from)].reverse(), note).toEqual(line);
          for (let i = 1; i < line.length; i++) expect(line[i], note).not.toEqual(line[i - 1]);
        }
      }
    },
  );

  it('G57 the share before a place leads back to the place', () => {
    const network = createRoadWorld(3, 'random planar', 40); // on both sides of the antimeridian
    for (let segment = 0; segment < network.segmentCount; segment++) {
      for (let p = network.firstPoint[segment]; p + 1 < network.firstPoint[segment + 1]; p++) {
        const fraction = fractionAt(network, segment, p, 0);
        const [lon, lat] = placeAt(network, segment, fraction);
        const there = haversineM(lon, lat, network.pointLonLat[2 * p] / 1e7, network.pointLonLat[2 * p + 1] / 1e7);
        expect(there, `segment ${segment}, point ${p}`).toBeLessThan(0.02);
      }
    }
  });
});
