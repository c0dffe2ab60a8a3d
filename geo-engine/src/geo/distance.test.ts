import { describe, expect, it } from 'vitest';
import { createPlace, createRandom } from '../../test/random.js';
import { bearingDeg, destination, distanceM, EARTH_RADIUS_M } from './distance.js';
import { lonLat } from './lon-lat.js';

const DEGREE_M = (EARTH_RADIUS_M * Math.PI) / 180;

describe('distanceM', () => {
  it.each([
    ['one degree north', lonLat(24, 56), lonLat(24, 57), DEGREE_M],
    ['one degree along the equator, west of Greenwich', lonLat(-30, 0), lonLat(-31, 0), DEGREE_M],
    ['south of the equator', lonLat(20, -33), lonLat(20, -34), DEGREE_M],
    ['across the antimeridian', lonLat(179.5, 0), lonLat(-179.5, 0), DEGREE_M],
    ['over the north pole', lonLat(0, 89.5), lonLat(180, 89.5), DEGREE_M],
    ['two longitudes of the south pole', lonLat(10, -90), lonLat(-99, -90), 0],
    ['to the antipode', lonLat(0, 0), lonLat(180, 0), 180 * DEGREE_M],
  ])('G2 measures %s', (_name, a, b, expectedM) => {
    expect(Math.abs(distanceM(a, b) - expectedM)).toBeLessThan(1e-6 + expectedM * 1e-12);
  });

  it('G2 is within 0.6 % of the ellipsoid', () => {
    const MAX_REL_ERROR = 0.006;
    // a quarter of a WGS84 meridian is 10 001 965.73 m (NIMA TR8350.2, table 3.4), of its equator 10 018 754.17 m
    for (const [to, ellipsoidM] of [
      [lonLat(0, 90), 10_001_965.73],
      [lonLat(90, 0), 10_018_754.17],
    ] as const) {
      const relError = Math.abs(distanceM(lonLat(0, 0), to) / ellipsoidM - 1);
      expect(relError, `relative error, allowed ${MAX_REL_ERROR}`).toBeLessThan(MAX_REL_ERROR);
    }
  });

  it('G2 is the same both ways, and never NaN, anywhere', () => {
    const random = createRandom(1);
    for (let i = 0; i < 2000; i++) {
      const a = createPlace(random);
      const b = i % 2 === 0 ? createPlace(random) : lonLat(a[0] > 0 ? a[0] - 180 : a[0] + 180, -a[1]);
      expect(distanceM(a, b), `seed 1, case ${i}`).toBe(distanceM(b, a));
    }
  });
});

describe('bearingDeg', () => {
  it.each([
    ['north', lonLat(24, 56), lonLat(24, 57), 0],
    ['east', lonLat(0, 0), lonLat(1, 0), 90],
    ['south', lonLat(-70, -33), lonLat(-70, -34), 180],
    ['west, over the antimeridian', lonLat(-179.5, 0), lonLat(179.5, 0), 270],
    ['nowhere', lonLat(24, 56), lonLat(24, 56), 0],
  ])('points %s', (_name, from, to, expectedDeg) => {
    expect(bearingDeg(from, to)).toBeCloseTo(expectedDeg, 9);
  });

  it('is never negative and never 360', () => {
    const random = createRandom(2);
    for (let i = 0; i < 2000; i++) {
      const from = createPlace(random);
      const deg = bearingDeg(from, lonLat(from[0] - 1e-15, Math.min(90, from[1] + 1)));
      expect(deg >= 0 && deg < 360, `seed 2, case ${i}: ${deg}`).toBe(true);
    }
  });
});

describe('destination', () => {
  it('lies as far away, and in the direction, as asked', () => {
    const random = createRandom(3);
    for (let i = 0; i < 2000; i++) {
      const from = createPlace(random);
      if (Math.abs(from[1]) > 89) continue; // a bearing means little at a pole
      const bearing = random() * 360;
      const wantedM = 1 + random() * 3_000_000;
      const to = destination(from, bearing, wantedM);
      expect(distanceM(from, to), `seed 3, case ${i}`).toBeCloseTo(wantedM, 3);
      const offDeg = Math.abs(bearingDeg(from, to) - bearing);
      expect(Math.min(offDeg, 360 - offDeg), `seed 3, case ${i}`).toBeLessThan(1e-4);
    }
  });

  it('wraps at the antimeridian', () => {
    const [lon] = destination(lonLat(179.5, 0), 90, DEGREE_M);
    expect(lon).toBeCloseTo(-179.5, 9);
  });
});
