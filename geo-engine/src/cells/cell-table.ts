import { RAD_PER_DEG } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { chord, VEC_STRIDE, writeUnitVector, X, Y, Z } from '../geo/unit-vector.js';
import { CellLevel, NO_CELL } from './cell-level.js';
import { cellCorners, cellOf, cellOfIndex, cellParent, type H3Cell } from './h3.js';

/** H3 resolutions of the three levels of detail: nation, region, city. */
export const LEVEL_RES = [3, 5, 7] as const;
/** Index into LEVEL_RES. */
export type Level = 0 | 1 | 2;
export const NATION: Level = 0;
export const REGION: Level = 1;
/** The finest level: what a unit's cell id belongs to. */
export const CITY: Level = 2;

/** Share of the inscribed radius that the fast path trusts; the rest covers rounding in H3 and in ours. */
const INNER_SHARE = 0.999;
/** A cell's corners are exact to about a micrometre; this pads its reach by a millimetre or so. */
const REACH_PAD = 1 + 1e-6;
/** Edges shorter than this many earth radii (6 mm) have no usable direction; their neighbours bound them. */
const SHORTEST_EDGE = 1e-9;

/**
 * Interns H3 cells of three resolutions as dense small integers, so that the rest of the engine indexes flat arrays
 * by cell. Ids are of this table and this process; the 64-bit H3 index is what leaves it.
 * Memory: a cell costs about 280 bytes and is never forgotten. Latvia has 15 345 city cells (4 MB); what bounds the
 * table is the ground that units and viewports have covered, so keep fixes that jump across the world out of it.
 */
export class CellTable {
  readonly #levels = [new CellLevel(), new CellLevel(), new CellLevel()] as const;
  // of the city level only: the circle in which cellAt answers without H3
  #inner2 = new Float64Array(64); // [cells] squared radius, degrees²
  #maxCos = new Float64Array(64); // [cells] largest cosine of latitude within that radius

  /**
   * Dense id of the city (res 7) cell that holds a place given in degrees.
   * With `hint`, the cell the same unit was in before, a place well inside it is answered in a few nanoseconds
   * without H3 and without allocation; the answer is the same as without. A cell seen for the first time costs
   * about 20 µs.
   */
  cellAt(lon: number, lat: number, hint = NO_CELL): number {
    if (hint >= 0) {
      const { lon: lons, lat: lats } = this.#levels[CITY];
      // the straight path in degrees, with the widest degree on its way, is no shorter than the great circle
      const dLat = lat - lats[hint];
      const dLon = (lon - lons[hint]) * this.#maxCos[hint];
      if (dLat * dLat + dLon * dLon < this.#inner2[hint]) return hint;
    }
    return this.intern(cellOf(lon, lat, LEVEL_RES[CITY]), CITY);
  }

  /** Id, in the given level, of the logical ancestor of a city cell; the cell itself for the city level. */
  parent(cellId: number, level: Level): number {
    if (level === CITY) return cellId;
    const region = this.#levels[CITY].parent[cellId];
    return level === REGION ? region : this.#levels[REGION].parent[region];
  }

  /** The 64-bit H3 index of a cell, for frames. */
  h3Index(level: Level, id: number): bigint {
    return this.#levels[level].h3[id];
  }

  /** The id of a cell given by its H3 index, or undefined if no unit and no box has touched it yet. */
  idOf(level: Level, h3Index: bigint): number | undefined {
    return this.#levels[level].idOf(cellOfIndex(h3Index));
  }

  /** How many cells the level knows; its ids are 0 up to that. */
  count(level: Level): number {
    return this.#levels[level].count;
  }

  centre(level: Level, id: number): LonLat {
    const { lon, lat } = this.#levels[level];
    return lonLat(lon[id], lat[id]);
  }

  /** The flat arrays of a level, for searches inside the engine. */
  columns(level: Level): CellLevel {
    return this.#levels[level];
  }

  /** The id of a cell of the level, new if it has none yet: about 6 µs for a coarse cell, 20 µs for a city cell. */
  intern(cell: H3Cell, level: Level): number {
    const known = this.#levels[level].idOf(cell);
    if (known !== undefined) return known;
    if (level === NATION) return this.#levels[NATION].add(cell, NO_CELL);
    const coarser: Level = level === CITY ? REGION : NATION;
    const id = this.#levels[level].add(cell, this.intern(cellParent(cell, LEVEL_RES[coarser]), coarser));
    if (level === CITY) this.#measure(id, cellCorners(cell));
    return id;
  }

  /** Sets the inner circle of a new city cell and lets its ancestors reach round it. */
  #measure(id: number, corners: readonly LonLat[]): void {
    const city = this.#levels[CITY];
    const radii = cellRadii(city.centre, id, corners);
    if (id >= this.#inner2.length) this.#growCircles();
    const innerDeg = (INNER_SHARE * radii.inner) / RAD_PER_DEG;
    this.#inner2[id] = innerDeg ** 2;
    this.#maxCos[id] = Math.cos(Math.max(0, Math.abs(city.lat[id]) - innerDeg) * RAD_PER_DEG);
    city.reach[id] = radii.outerChord * REACH_PAD;
    this.#liftReach(REGION, city.parent[id], city, id);
    this.#liftReach(NATION, this.parent(id, NATION), this.#levels[REGION], city.parent[id]);
  }

  /** Triangle inequality: from a cell's centre nothing of a child lies beyond the child's centre plus its reach. */
  #liftReach(level: Level, id: number, children: CellLevel, child: number): void {
    const { centre, reach } = this.#levels[level];
    reach[id] = Math.max(reach[id], chord(centre, id, children.centre, child) + children.reach[child]);
  }

  #growCircles(): void {
    const inner2 = new Float64Array(this.#inner2.length * 2);
    const maxCos = new Float64Array(this.#maxCos.length * 2);
    inner2.set(this.#inner2);
    maxCos.set(this.#maxCos);
    this.#inner2 = inner2;
    this.#maxCos = maxCos;
  }
}

/**
 * Radius in radians of the largest circle round centre record `id` that stays inside the corners, and the chord to
 * the farthest corner. The edges of an H3 cell are great circles: the grid is laid in gnomonic projection.
 */
function cellRadii(
  centre: Float64Array,
  id: number,
  corners: readonly LonLat[],
): { inner: number; outerChord: number } {
  const corner = new Float64Array(corners.length * VEC_STRIDE);
  corners.forEach(([lon, lat], i) => {
    writeUnitVector(corner, i, lon, lat);
  });
  const cx = centre[id * VEC_STRIDE + X];
  const cy = centre[id * VEC_STRIDE + Y];
  const cz = centre[id * VEC_STRIDE + Z];
  let inner = Math.PI;
  let outerChord = 0;
  for (let i = 0; i < corners.length; i++) {
    outerChord = Math.max(outerChord, chord(centre, id, corner, i));
    const a = i * VEC_STRIDE;
    const b = ((i + 1) % corners.length) * VEC_STRIDE;
    // the normal of the plane through both corners; the centre's height over that plane is its distance to the edge
    const nx = corner[a + Y] * corner[b + Z] - corner[a + Z] * corner[b + Y];
    const ny = corner[a + Z] * corner[b + X] - corner[a + X] * corner[b + Z];
    const nz = corner[a + X] * corner[b + Y] - corner[a + Y] * corner[b + X];
    const length = Math.hypot(nx, ny, nz);
    if (length < SHORTEST_EDGE) continue;
    inner = Math.min(inner, Math.asin(Math.abs(cx * nx + cy * ny + cz * nz) / length));
  }
  return { inner, outerChord };
}
