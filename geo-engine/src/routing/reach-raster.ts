import { RAD_PER_DEG } from '../geo/distance.js';
import { type HalfStepPolygon, type HalfStepRing, type Lattice, latticeContours } from './lattice-contour.js';
import { E7, M_PER_E7, type Position, shortWayE7 } from './segment-line.js';

/** GeoJSON MultiPolygon: polygons, each an outer ring, anticlockwise, and its holes, clockwise; longitude, latitude, degrees. */
export interface MultiPolygon {
  readonly type: 'MultiPolygon';
  readonly coordinates: readonly (readonly (readonly Position[])[])[];
}

/** Nothing in a polygon lies farther from what was marked than this many widths of a cell; see ReachRaster. */
export const SPREAD_CELLS = 2.15;
/** Cells of a raster at most: it is cleared and walked through for every polygon. */
const MAX_CELLS = 1_000_000;
/** Of a lattice point that nothing has marked. */
const UNMARKED = 255;

/** West, south, east, north in 1e-7 degrees, longitudes relative to the raster's origin, so that the antimeridian is nowhere special. */
export interface RasterBounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/**
 * Lines drawn into square cells, and the outline of the cells they touch. Reusable, one per thread.
 *
 * A cell that a line touches marks its four corners. The outline runs half-way between marked corners and their neighbours. So a touched
 * cell is inside as a whole, and what is inside lies within √½ of a cell of a marked corner, which lies within √2 of a line: 2.13 widths,
 * 2.15 with what the plane is off. Corners are marked with a level; the outline of a level holds all lower ones.
 */
export class ReachRaster {
  #corner = new Uint8Array(0); // [height × width] least level that marked the corner
  #width = 0; //  corners, with one on each side that is never marked
  #height = 0;
  #originE7 = 0; // longitude to which others are relative
  #westE7 = 0; //   of the first cell, relative
  #southE7 = 0;
  #lonStepE7 = 0;
  #latStepE7 = 0;
  /** Column of corners on the antimeridian, or -1. */
  #seam = -1;
  /** Width of a cell in metres: as asked for, or more where that would have been too many cells. */
  cellM = 0;

  /** Clears it for lines within bounds (relative to the longitude `originE7`), give or take a unit of rounding. */
  start(originE7: number, within: RasterBounds, cellM: number): void {
    const bounds = { west: within.west - 1, south: within.south - 1, east: within.east + 1, north: within.north + 1 };
    // where a degree of longitude is longest, so that no cell is wider than said
    const nearest = bounds.south > 0 ? bounds.south : bounds.north < 0 ? bounds.north : 0;
    const cosLat = Math.max(1e-3, Math.cos((nearest / E7) * RAD_PER_DEG));
    const widthM = (bounds.east - bounds.west) * M_PER_E7 * cosLat;
    const heightM = (bounds.north - bounds.south) * M_PER_E7;
    this.cellM = Math.max(cellM, Math.sqrt((widthM * heightM) / MAX_CELLS), Math.max(widthM, heightM) / MAX_CELLS);
    // even, so that half a step is whole
    this.#latStepE7 = 2 * Math.max(1, Math.floor(this.cellM / M_PER_E7 / 2));
    this.#lonStepE7 = 2 * Math.max(1, Math.floor(this.cellM / M_PER_E7 / cosLat / 2));
    this.#originE7 = originE7;
    this.#southE7 = bounds.south;
    this.#westE7 = bounds.west;
    this.#seam = -1;
    const seam = originE7 > 0 ? 180 * E7 - originE7 : -180 * E7 - originE7;
    if (seam > bounds.west && seam < bounds.east) {
      const columns = Math.ceil((seam - bounds.west) / this.#lonStepE7);
      this.#westE7 = seam - columns * this.#lonStepE7;
      this.#seam = columns + 1;
    }
    this.#width = Math.floor((bounds.east - this.#westE7) / this.#lonStepE7) + 4;
    this.#height = Math.floor((bounds.north - this.#southE7) / this.#latStepE7) + 4;
    const corners = this.#width * this.#height;
    if (this.#corner.length < corners) this.#corner = new Uint8Array(corners);
    this.#corner.fill(UNMARKED, 0, corners);
  }

  /** Marks the cells that a straight piece touches; longitudes relative to the origin, within the bounds. */
  mark(fromLon: number, fromLat: number, toLon: number, toLat: number, level: number): void {
    // in cells, from west to east
    const turned = fromLon > toLon;
    const x0 = ((turned ? toLon : fromLon) - this.#westE7) / this.#lonStepE7;
    const y0 = ((turned ? toLat : fromLat) - this.#southE7) / this.#latStepE7;
    const x1 = ((turned ? fromLon : toLon) - this.#westE7) / this.#lonStepE7;
    const y1 = ((turned ? fromLat : toLat) - this.#southE7) / this.#latStepE7;
    const lastColumn = Math.floor(x1);
    const slope = x1 > x0 ? (y1 - y0) / (x1 - x0) : 0;
    let y = y0;
    for (let column = Math.floor(x0); column <= lastColumn; column++) {
      // the part of the piece in this column, and the rows that it passes
      const leaves = column === lastColumn ? y1 : between(y0, y1, y0 + (column + 1 - x0) * slope);
      const lastRow = Math.floor(Math.max(y, leaves));
      for (let row = Math.floor(Math.min(y, leaves)); row <= lastRow; row++) this.#touch(column, row, level);
      y = leaves;
    }
  }

  #touch(column: number, row: number, level: number): void {
    const corner = this.#corner;
    const width = this.#width;
    const at = (row + 1) * width + column + 1;
    if (corner[at] > level) corner[at] = level;
    if (corner[at + 1] > level) corner[at + 1] = level;
    if (corner[at + width] > level) corner[at + width] = level;
    if (corner[at + width + 1] > level) corner[at + width + 1] = level;
  }

  /** What was marked with this level or a lower one, cut at the antimeridian (RFC 7946, 3.1.9). */
  outline(level: number): MultiPolygon {
    const seam = this.#seam;
    const last = this.#width - 1;
    if (seam < 0) return { type: 'MultiPolygon', coordinates: this.#polygons(level, 0, last, 0, 2 * last) };
    // each side with the corners on the meridian, beyond which nothing is inside; the outline is held back to the meridian
    const west = this.#polygons(level, 0, seam, 0, 2 * seam);
    const east = this.#polygons(level, seam, last, 2 * seam, 2 * last);
    return { type: 'MultiPolygon', coordinates: [...west, ...east] };
  }

  /** Polygons of the columns first to last, their half steps held between two. */
  #polygons(level: number, first: number, last: number, least: number, most: number): Position[][][] {
    const lattice = this.#inside(level, first, last);
    const ring = (steps: HalfStepRing) => this.#ring(steps, first - 1, least, most);
    return latticeContours(lattice).map(({ outer, holes }: HalfStepPolygon) => [ring(outer), ...holes.map(ring)]);
  }

  /** The columns first to last, with a column on each side that is outside. */
  #inside(level: number, first: number, last: number): Lattice {
    const width = last - first + 3;
    const inside = new Uint8Array(width * this.#height);
    for (let row = 0; row < this.#height; row++) {
      const from = row * this.#width + first;
      const to = row * width + 1;
      for (let i = 0; i <= last - first; i++) if (this.#corner[from + i] <= level) inside[to + i] = 1;
    }
    return { width, height: this.#height, inside };
  }

  /** Half steps of a lattice, whose column 0 is `firstColumn` here, as a ring of positions without repeats. */
  #ring(steps: HalfStepRing, firstColumn: number, least: number, most: number): Position[] {
    const ring: Position[] = [];
    let lastX = Number.NaN;
    let lastY = Number.NaN;
    for (let i = 0; i < steps.length; i += 2) {
      const x = Math.min(most, Math.max(least, steps[i] + 2 * firstColumn));
      const y = steps[i + 1];
      if (x === lastX && y === lastY) continue;
      lastX = x;
      lastY = y;
      const lonE7 = this.#originE7 + this.#westE7 + (x - 2) * (this.#lonStepE7 / 2);
      const latE7 = this.#southE7 + (y - 2) * (this.#latStepE7 / 2);
      // on the meridian itself the side decides which of its two names it has
      const lon = this.#seam >= 0 && x === 2 * this.#seam ? (most === x ? 180 * E7 : -180 * E7) : shortWayE7(lonE7);
      ring.push([lon / E7, Math.max(-90, Math.min(90, latE7 / E7))]);
    }
    return ring;
  }
}

/** The value, or the nearer of two ends in any order: rounding must not carry a line out of its bounds. */
function between(a: number, b: number, value: number): number {
  return a < b ? Math.min(b, Math.max(a, value)) : Math.min(a, Math.max(b, value));
}
