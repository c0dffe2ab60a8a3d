import { type LonLat, lonLat } from '../src/geo/lon-lat.js';

/** Seeded random numbers 0 up to 1. Source: mulberry32, Tommy Ettinger, public domain. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)];
}

/** Evenly over the sphere, in whole 1e-7 degrees as devices report. */
export function createPlace(random: () => number): LonLat {
  return e7(random() * 360 - 180, (Math.asin(random() * 2 - 1) * 180) / Math.PI);
}

/** Within about radiusDeg degrees of arc of a centre, carried on over the antimeridian and the poles. */
export function createPlaceNear(random: () => number, [lon, lat]: LonLat, radiusDeg: number): LonLat {
  const arc = random() * radiusDeg;
  const turn = random() * 2 * Math.PI;
  const unfolded = lat + arc * Math.cos(turn);
  const pastPole = Math.abs(unfolded) > 90;
  const toLat = pastPole ? Math.sign(unfolded) * 180 - unfolded : unfolded;
  const stretch = Math.max(0.01, Math.cos((toLat * Math.PI) / 180));
  const toLon = lon + (arc * Math.sin(turn)) / stretch + (pastPole ? 180 : 0);
  return e7(toLon - 360 * Math.round(toLon / 360), toLat);
}

function e7(lon: number, lat: number): LonLat {
  return lonLat(Math.round(lon * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7);
}

/** Where geography is awkward, and where it is not. */
export const CENTRES: Readonly<Record<string, LonLat>> = {
  riga: lonLat(24.1179, 56.9423),
  'west of Greenwich': lonLat(-21.9, 64.15),
  'south of the equator': lonLat(-78.5, -0.2),
  'the antimeridian': lonLat(179.995, -16.8),
  'the north pole': lonLat(13, 89.97),
  'the south pole': lonLat(-120, -89.99),
  'a pentagon': lonLat(10.536199, 64.7),
};
