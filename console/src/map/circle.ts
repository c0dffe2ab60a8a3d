const EARTH_RADIUS_M = 6_371_008.8;
const POINTS = 24;

/** A closed ring around a place, counterclockwise as GeoJSON wants it, in degrees. For circles of a few kilometres, away from the poles. */
export function circle(lon: number, lat: number, radiusM: number): (readonly [number, number])[] {
  const latDeg = (radiusM / EARTH_RADIUS_M) * (180 / Math.PI);
  const lonDeg = latDeg / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / POINTS;
    return [rounded(lon + lonDeg * Math.cos(angle)), rounded(lat + latDeg * Math.sin(angle))] as const;
  });
  return [...ring, ring[0]!];
}

/** Seven decimals, as the tracker keeps them. */
const rounded = (degrees: number) => Number(degrees.toFixed(7));
