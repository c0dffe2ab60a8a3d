/** Degrees east, WGS84, -180..180. */
export type Lon = number & { readonly __unit: 'lon' };
/** Degrees north, WGS84, -90..90. */
export type Lat = number & { readonly __unit: 'lat' };
/** Longitude first, as in GeoJSON (RFC 7946, section 3.1.1). */
export type LonLat = readonly [lon: Lon, lat: Lat];

/** A place from two numbers in degrees. Throws RangeError on anything outside WGS84, NaN and swapped order included. */
export function lonLat(lon: number, lat: number): LonLat {
  // written as !(a <= b) so that NaN fails too
  if (!(Math.abs(lon) <= 180)) throw new RangeError(`longitude ${lon} is outside -180..180`);
  if (!(Math.abs(lat) <= 90)) throw new RangeError(`latitude ${lat} is outside -90..90 (order is lon, lat)`);
  return [lon as Lon, lat as Lat];
}
