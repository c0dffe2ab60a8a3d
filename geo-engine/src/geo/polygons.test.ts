import { describe, expect, it } from 'vitest';
import { isInside } from '../../test/polygon-checks.js';
import { createRandom } from '../../test/random.js';
import { type PolygonCoordinates, polygonsContain } from './polygons.js';

const SQUARE = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 4],
  [0, 0],
] as const;
const HOLE = [
  [1, 1],
  [1, 2],
  [2, 2],
  [2, 1],
  [1, 1],
] as const;

describe('polygonsContain', () => {
  it.each([
    ['inside', 3, 3, true],
    ['outside', 5, 3, false],
    ['in the hole', 1.5, 1.5, false],
    ['on an edge', 4, 1, true],
    ['on a corner', 0, 0, true],
    ['on an edge of the hole', 1, 1.5, true],
    ['on the line of an edge, beyond it', 4, 5, false],
    ['level with a corner', -1, 4, false],
  ])('G106 edges belong to an area, holes do not: %s', (_what, lon, lat, expected) => {
    expect(polygonsContain([[SQUARE, HOLE]], lon, lat)).toBe(expected);
  });

  it('G106 an area over the antimeridian is cut there, south of the equator as well', () => {
    const west = [
      [179, -17],
      [180, -17],
      [180, -16],
      [179, -16],
      [179, -17],
    ];
    const east = [
      [-180, -17],
      [-179, -17],
      [-179, -16],
      [-180, -16],
      [-180, -17],
    ];
    for (const lon of [179.5, 180, -180, -179.5]) expect(polygonsContain([[west], [east]], lon, -16.5)).toBe(true);
    expect(polygonsContain([[west], [east]], 0, -16.5)).toBe(false);
  });

  it('G106 equals the count of crossings for places off the edges', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      const corners = Array.from({ length: 3 + Math.floor(random() * 8) }, () => [
        random() * 10 - 5,
        random() * 10 - 5,
      ]) as [number, number][];
      const ring = [...corners, corners[0]!];
      const polygons: PolygonCoordinates = [[ring]];
      for (let i = 0; i < 20; i++) {
        const at: [number, number] = [random() * 10 - 5, random() * 10 - 5];
        expect(polygonsContain(polygons, ...at), `seed ${seed}`).toBe(isInside([ring], at));
      }
    }
  });
});
