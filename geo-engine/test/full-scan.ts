import type { LonLat } from '../src/geo/lon-lat.js';

/** The slow twin of the live index: an array, a haversine written out, and a sort. It shares no code with the index. */
export interface ScannedUnit {
  readonly handle: number;
  readonly lon: number;
  readonly lat: number;
}

export interface Scanned<U extends ScannedUnit> {
  readonly unit: U;
  readonly distanceM: number;
}

/** Every unit, nearest first, equal distances by handle ascending. */
export function fullScan<U extends ScannedUnit>(units: Iterable<U>, at: LonLat): Scanned<U>[] {
  const all = [...units].map((unit) => ({ unit, distanceM: greatCircleM(at[0], at[1], unit.lon, unit.lat) }));
  return all.sort((a, b) => a.distanceM - b.distanceM || a.unit.handle - b.unit.handle);
}

function greatCircleM(lonA: number, latA: number, lonB: number, latB: number): number {
  const rad = Math.PI / 180;
  const dLat = (latB - latA) * rad;
  const dLon = (lonB - lonA) * rad;
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(latA * rad) * Math.cos(latB * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(Math.min(1, h)));
}
