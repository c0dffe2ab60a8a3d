import { describe, expect, it } from 'vitest';
import { lonLat } from './lon-lat.js';

describe('lonLat', () => {
  it('G1 keeps longitude first, in all four quarters of the world', () => {
    expect(lonLat(24.1, 56.9)).toEqual([24.1, 56.9]);
    expect(lonLat(-21.9, 64.1)).toEqual([-21.9, 64.1]);
    expect(lonLat(-70.6, -33.4)).toEqual([-70.6, -33.4]);
    expect(lonLat(180, -90)).toEqual([180, -90]);
  });

  it.each([
    [180.0001, 0],
    [-181, 0],
    [0, 90.0001],
    [56.9, 124.1],
    [Number.NaN, 0],
    [0, Number.NaN],
    [Number.POSITIVE_INFINITY, 0],
  ])('G1 refuses (%d, %d)', (lon, lat) => {
    expect(() => lonLat(lon, lat)).toThrow(RangeError);
  });
});
