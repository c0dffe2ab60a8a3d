import { type LonLat, lonLat } from './lon-lat.js';

/** Mean radius of WGS84, (2a + b) / 3, in metres; PostGIS takes 6 371 008.7714 on its sphere (4.5e-9 less). */
export const EARTH_RADIUS_M = 6_371_008.8;

export const RAD_PER_DEG = Math.PI / 180;

/**
 * Great-circle distance in metres.
 * Sphere of the mean Earth radius: off by at most 0.6 % from the WGS84 ellipsoid, so it may
 * rank units but not feed a survey. Safe across the antimeridian and at the poles; within a
 * few kilometres of the antipode the last decimetre is noise.
 * Source: Sinnott, "Virtues of the Haversine", Sky & Telescope 68(2), 1984, p. 159.
 */
export function distanceM(a: LonLat, b: LonLat): number {
  return haversineM(a[0], a[1], b[0], b[1]);
}

/** distanceM for callers that keep degrees in flat arrays and must not allocate. */
export function haversineM(lonA: number, latA: number, lonB: number, latB: number): number {
  const sinHalfLat = Math.sin(((latB - latA) * RAD_PER_DEG) / 2);
  const sinHalfLon = Math.sin(((lonB - lonA) * RAD_PER_DEG) / 2);
  const h = sinHalfLat ** 2 + Math.cos(latA * RAD_PER_DEG) * Math.cos(latB * RAD_PER_DEG) * sinHalfLon ** 2;
  // rounding may lift h above 1 at the antipode, where asin would answer NaN
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(Math.min(1, h)));
}

/**
 * Initial great-circle bearing from one place to another, degrees clockwise from true north, 0 up to 360.
 * Equal places answer 0. At a pole the answer is relative to the meridian of `from`'s longitude.
 * Source: Snyder, "Map Projections: A Working Manual", USGS Professional Paper 1395, 1987, eq. 5-4b.
 */
export function bearingDeg(from: LonLat, to: LonLat): number {
  const latA = from[1] * RAD_PER_DEG;
  const latB = to[1] * RAD_PER_DEG;
  const dLon = (to[0] - from[0]) * RAD_PER_DEG;
  const east = Math.sin(dLon) * Math.cos(latB);
  const north = Math.cos(latA) * Math.sin(latB) - Math.sin(latA) * Math.cos(latB) * Math.cos(dLon);
  const deg = Math.atan2(east, north) / RAD_PER_DEG;
  // a negative of the last bit plus 360 rounds to 360 itself
  return (deg + 360) % 360;
}

/**
 * The place reached from `from` along a great circle, after distanceM metres with the given initial bearing.
 * Same sphere as distanceM; longitude comes back within -180..180.
 * Source: Snyder (1987), eq. 5-5 and 5-6.
 */
export function destination(from: LonLat, bearingDeg: number, distanceM: number): LonLat {
  const lat = from[1] * RAD_PER_DEG;
  const bearing = bearingDeg * RAD_PER_DEG;
  const angle = distanceM / EARTH_RADIUS_M;
  const north = Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(bearing);
  const latTo = Math.asin(Math.max(-1, Math.min(1, north)));
  const dLon = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(lat),
    Math.cos(angle) - Math.sin(lat) * Math.sin(latTo),
  );
  const lon = from[0] + dLon / RAD_PER_DEG;
  return lonLat(lon - 360 * Math.round(lon / 360), latTo / RAD_PER_DEG);
}
