import { describe, expect, it } from 'vitest';
import { createPlace, createPlaceNear, createRandom } from '../../test/random.js';
import { destination, distanceM, EARTH_RADIUS_M } from './distance.js';
import { type LonLat, lonLat } from './lon-lat.js';
import { CHORD_SLACK_M, chord, chordOf, lowerBoundM, writeUnitVector } from './unit-vector.js';

const SEED = 4;

describe('lowerBoundM', () => {
  it('G3 is never above the distance, and short of it by at most d² / 24R²', () => {
    const random = createRandom(SEED);
    for (let i = 0; i < 20_000; i++) {
      const a = createPlace(random);
      // all scales: from 10 m to half the world
      const b = i % 4 === 0 ? createPlace(random) : destination(a, random() * 360, 10 ** (1 + random() * 5.2));
      const d = distanceM(a, b);
      const bound = lowerBoundM(chordBetween(a, b));
      const note = `seed ${SEED}, case ${i}: ${bound} m for ${d} m`;
      expect(bound <= d + CHORD_SLACK_M, note).toBe(true);
      expect(bound >= d * (1 - d ** 2 / (24 * EARTH_RADIUS_M ** 2)) - CHORD_SLACK_M, note).toBe(true);
    }
  });

  it('G3 holds at the poles and the antimeridian', () => {
    const random = createRandom(SEED);
    for (const lat of [90, -90, 0]) {
      for (let i = 0; i < 500; i++) {
        const a = createPlaceNear(random, lonLat(180, lat), 0.5);
        const b = createPlaceNear(random, lonLat(180, lat), 0.5);
        const d = distanceM(a, b);
        expect(lowerBoundM(chordBetween(a, b)) <= d + CHORD_SLACK_M, `seed ${SEED}, ${a} ${b}`).toBe(true);
      }
    }
  });
});

describe('chordOf', () => {
  it('spans the distance it is given, and no more than the diameter', () => {
    expect(chordOf(0)).toBe(0);
    expect(chordOf((EARTH_RADIUS_M * Math.PI) / 3)).toBeCloseTo(1, 12);
    expect(chordOf(EARTH_RADIUS_M * Math.PI)).toBe(2);
    expect(chordOf(Number.POSITIVE_INFINITY)).toBe(2);
  });
});

function chordBetween(a: LonLat, b: LonLat): number {
  const vec = new Float64Array(6);
  writeUnitVector(vec, 0, a[0], a[1]);
  writeUnitVector(vec, 1, b[0], b[1]);
  return chord(vec, 0, vec, 1);
}
