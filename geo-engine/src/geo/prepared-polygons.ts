import { CROSSES_SIDE, meetsSide, ON_SIDE, type PolygonCoordinates } from './polygons.js';

/** Sides a band holds on average: a place is then asked of some tens of sides, whatever the boundary's length. */
const SIDES_PER_BAND = 8;
const MOST_BANDS = 4096;
const STRIDE = 4;
const AX = 0;
const AY = 1;
const BX = 2;
const BY = 3;

/** The sides of one polygon's rings, by bands of latitude that each touches. */
interface Banded {
  readonly south: number;
  readonly north: number;
  readonly bandDeg: number;
  /** [bands + 1] where each band's sides begin in `sides`. */
  readonly firstSide: Uint32Array;
  /** [sides × STRIDE] degrees; a side stands in every band that it touches. */
  readonly sides: Float64Array;
}

/**
 * Polygons made ready for being asked often: gives what polygonsContain gives, for every place, from the sides at the place's latitude
 * alone. The others neither hold the place nor count.
 */
export class PreparedPolygons {
  readonly #polygons: readonly Banded[];

  constructor(polygons: PolygonCoordinates) {
    this.#polygons = polygons.map(banded);
  }

  contain(lon: number, lat: number): boolean {
    return this.#polygons.some((polygon) => contains(polygon, lon, lat));
  }
}

function banded(rings: PolygonCoordinates[number]): Banded {
  const all: number[] = [];
  let south = Number.POSITIVE_INFINITY;
  let north = Number.NEGATIVE_INFINITY;
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i++) {
      const [a, b] = [ring[i]!, ring[i + 1]!];
      all.push(a[0]!, a[1]!, b[0]!, b[1]!);
      south = Math.min(south, a[1]!, b[1]!);
      north = Math.max(north, a[1]!, b[1]!);
    }
  }
  const count = all.length / STRIDE;
  const bands = Math.max(1, Math.min(MOST_BANDS, Math.floor(count / SIDES_PER_BAND)));
  const bandDeg = (north - south) / bands;
  const bandOf = (lat: number) => bandAt(lat, south, bandDeg, bands);
  const firstSide = new Uint32Array(bands + 1);
  const each = (visit: (side: number, band: number) => void) => {
    for (let side = 0; side < count; side++) {
      const [ay, by] = [all[side * STRIDE + AY]!, all[side * STRIDE + BY]!];
      const last = bandOf(Math.max(ay, by));
      for (let band = bandOf(Math.min(ay, by)); band <= last; band++) visit(side, band);
    }
  };
  each((_, band) => firstSide[band + 1]!++);
  for (let band = 0; band < bands; band++) firstSide[band + 1]! += firstSide[band]!;
  const sides = new Float64Array(firstSide[bands]! * STRIDE);
  const next = firstSide.slice();
  each((side, band) => {
    sides.set(all.slice(side * STRIDE, (side + 1) * STRIDE), next[band]!++ * STRIDE);
  });
  return { south, north, bandDeg, firstSide, sides };
}

/** Never falls as lat rises, so that a side's bands hold every latitude between its ends. */
function bandAt(lat: number, south: number, bandDeg: number, bands: number): number {
  return bandDeg > 0 ? Math.min(bands - 1, Math.floor((lat - south) / bandDeg)) : 0;
}

function contains({ south, north, bandDeg, firstSide, sides }: Banded, lon: number, lat: number): boolean {
  if (!(lat >= south && lat <= north)) return false;
  const band = bandAt(lat, south, bandDeg, firstSide.length - 1);
  const end = firstSide[band + 1]! * STRIDE;
  let isInside = false;
  for (let at = firstSide[band]! * STRIDE; at < end; at += STRIDE) {
    const met = meetsSide(sides[at + AX]!, sides[at + AY]!, sides[at + BX]!, sides[at + BY]!, lon, lat);
    if (met === ON_SIDE) return true;
    if (met === CROSSES_SIDE) isInside = !isInside;
  }
  return isInside;
}
