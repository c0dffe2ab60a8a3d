import { haversineM, RAD_PER_DEG } from './distance.js';
import { type Lat, type Lon, type LonLat, lonLat } from './lon-lat.js';

/** West, south, east, north in degrees. West greater than east means the box crosses the antimeridian (RFC 7946, 5.2). */
export type Box = readonly [west: Lon, south: Lat, east: Lon, north: Lat];

/** A box from four numbers in degrees. Throws RangeError outside WGS84, or when south lies north of north. */
export function box(west: number, south: number, east: number, north: number): Box {
  const [w, s] = lonLat(west, south);
  const [e, n] = lonLat(east, north);
  if (s > n) throw new RangeError(`south ${south} is north of north ${north}`);
  return [w, s, e, n];
}

/** Width in degrees, 0..360, eastwards from west to east. */
export function boxWidthDeg([west, , east]: Box): number {
  return east >= west ? east - west : east - west + 360;
}

/** Whether a place lies in the box, its edges included. Longitudes 180 and -180 are the same meridian. */
export function boxContains(within: Box, lon: number, lat: number): boolean {
  return lat >= within[1] && lat <= within[3] && spansLon(within, lon);
}

/** The middle in degrees (not the centre of area: high boxes have that nearer the equator). */
export function boxCentre(of: Box): LonLat {
  const lon = of[0] + boxWidthDeg(of) / 2;
  return lonLat(lon > 180 ? lon - 360 : lon, (of[1] + of[3]) / 2);
}

/**
 * Great-circle distance in metres from a place to the nearest point of the box; 0 inside it.
 * Its south and north edges are parallels, its west and east edges meridians.
 */
export function distanceToBoxM(to: Box, lon: number, lat: number): number {
  if (spansLon(to, lon)) return haversineM(lon, lat, lon, clamp(lat, to[1], to[3]));
  return Math.min(distanceToMeridianM(to, to[0], lon, lat), distanceToMeridianM(to, to[2], lon, lat));
}

function distanceToMeridianM([, south, , north]: Box, meridian: number, lon: number, lat: number): number {
  const nearest = Math.min(haversineM(lon, lat, meridian, south), haversineM(lon, lat, meridian, north));
  // the foot of the perpendicular, if it falls on this half of the great circle and between the two ends
  const cosDLon = Math.cos((meridian - lon) * RAD_PER_DEG);
  if (cosDLon <= 0) return nearest;
  const foot = Math.atan(Math.tan(lat * RAD_PER_DEG) / cosDLon) / RAD_PER_DEG;
  if (!(foot > south && foot < north)) return nearest;
  return Math.min(nearest, haversineM(lon, lat, meridian, foot));
}

function spansLon(of: Box, lon: number): boolean {
  const east = lon - of[0];
  // no general modulo: it would round an edge out of its own box
  const turned = east < 0 ? east + 360 : east === 360 ? 0 : east;
  return turned <= boxWidthDeg(of);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
