/** GeoJSON coordinates of a MultiPolygon (RFC 7946): polygons of rings, each closed; longitude, latitude, degrees. */
export type PolygonCoordinates = readonly (readonly (readonly (readonly number[])[])[])[];

/**
 * Whether a place lies in one of the polygons, by whether it is inside an odd number of the rings of one. Edges belong to it, those of
 * holes too. Sides are straight in longitude and latitude; polygons over the antimeridian are cut there, as RFC 7946 asks.
 */
export function polygonsContain(polygons: PolygonCoordinates, lon: number, lat: number): boolean {
  return polygons.some((rings) => {
    let isInside = false;
    for (const ring of rings) {
      for (let i = 0; i + 1 < ring.length; i++) {
        const [ax, ay] = ring[i]!;
        const [bx, by] = ring[i + 1]!;
        const met = meetsSide(ax!, ay!, bx!, by!, lon, lat);
        if (met === ON_SIDE) return true;
        if (met === CROSSES_SIDE) isInside = !isInside;
      }
    }
    return isInside;
  });
}

/** Of a place and a side: the place is on it, or the way west from the place crosses it. */
export const ON_SIDE = 2;
export const CROSSES_SIDE = 1;

/** How a place stands to the side from a to b of a ring, degrees: ON_SIDE, CROSSES_SIDE or 0. */
export function meetsSide(ax: number, ay: number, bx: number, by: number, lon: number, lat: number): 0 | 1 | 2 {
  // which side of a's way to b the place is on: 0 on the line
  const side = (bx - ax) * (lat - ay) - (by - ay) * (lon - ax);
  if (side === 0 && isBetween(lon, ax, bx) && isBetween(lat, ay, by)) return ON_SIDE;
  // a side counts from its lower end up to, not including, its upper one
  return ay > lat !== by > lat && side > 0 === by > ay ? CROSSES_SIDE : 0;
}

function isBetween(value: number, a: number, b: number): boolean {
  return Math.min(a, b) <= value && value <= Math.max(a, b);
}
