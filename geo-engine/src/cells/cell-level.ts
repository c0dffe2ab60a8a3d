import { VEC_STRIDE, writeUnitVector } from '../geo/unit-vector.js';
import { cellCentre, type H3Cell, h3IndexOf } from './h3.js';

/** No cell: the parent of a cell of the coarsest level. */
export const NO_CELL = -1;

const FIRST_CAPACITY = 64;

/**
 * The cells of one resolution as dense ids 0 … count - 1, with what a search needs of them in flat arrays.
 * The arrays are replaced when they grow: take them anew for every search.
 */
export class CellLevel {
  /** [count] 64-bit H3 index */
  h3 = new BigUint64Array(FIRST_CAPACITY);
  /** [count] centre, degrees */
  lon = new Float64Array(FIRST_CAPACITY);
  lat = new Float64Array(FIRST_CAPACITY);
  /** [count × VEC_STRIDE] centre on the unit sphere */
  centre = new Float64Array(FIRST_CAPACITY * VEC_STRIDE);
  /** [count] chord from the centre that no place of the cell's known res-7 cells lies beyond, earth radii */
  reach = new Float64Array(FIRST_CAPACITY);
  /** [count] id of the logical parent in the next coarser level, or NO_CELL */
  parent = new Int32Array(FIRST_CAPACITY);
  readonly #ids = new Map<H3Cell, number>();

  get count(): number {
    return this.#ids.size;
  }

  idOf(cell: H3Cell): number | undefined {
    return this.#ids.get(cell);
  }

  /** Gives a cell that has none the next id. */
  add(cell: H3Cell, parent: number): number {
    const id = this.#ids.size;
    if (id === this.parent.length) this.#grow();
    const [lon, lat] = cellCentre(cell);
    this.#ids.set(cell, id);
    this.h3[id] = h3IndexOf(cell);
    this.lon[id] = lon;
    this.lat[id] = lat;
    writeUnitVector(this.centre, id, lon, lat);
    this.parent[id] = parent;
    return id;
  }

  #grow(): void {
    const capacity = this.parent.length * 2;
    this.h3 = grown(this.h3, new BigUint64Array(capacity));
    this.lon = grown(this.lon, new Float64Array(capacity));
    this.lat = grown(this.lat, new Float64Array(capacity));
    this.centre = grown(this.centre, new Float64Array(capacity * VEC_STRIDE));
    this.reach = grown(this.reach, new Float64Array(capacity));
    this.parent = grown(this.parent, new Int32Array(capacity));
  }
}

function grown<A extends { set(from: A): void }>(from: A, to: A): A {
  to.set(from);
  return to;
}
