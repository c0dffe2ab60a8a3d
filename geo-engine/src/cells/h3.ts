import { cellToBoundary, cellToLatLng, cellToParent, gridDisk, latLngToCell } from 'h3-js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';

/** An H3 index as h3-js writes it: 15 lowercase hexadecimal digits. */
export type H3Cell = string & { readonly __id: 'H3Cell' };

// Everything of ours is longitude first; h3-js wants latitude first. The order is turned round here and nowhere else.

/** The cell of resolution `res` (0..15) that holds a place. About 1.1 µs. */
export function cellOf(lon: number, lat: number, res: number): H3Cell {
  return latLngToCell(lat, lon, res) as H3Cell;
}

export function cellCentre(cell: H3Cell): LonLat {
  const [lat, lon] = cellToLatLng(cell);
  return lonLat(lon, lat);
}

/** Corners in order, not closed: 6 of a hexagon, 5 of a pentagon, and more where an edge of the icosahedron cuts it. */
export function cellCorners(cell: H3Cell): LonLat[] {
  return cellToBoundary(cell).map(([lat, lon]) => lonLat(lon, lat));
}

/** The logical parent: of a place near a parent's edge it is not always the coarser cell that holds the place. */
export function cellParent(cell: H3Cell, res: number): H3Cell {
  return cellToParent(cell, res) as H3Cell;
}

/** Cells up to k steps away, the cell itself included. */
export function cellDisk(cell: H3Cell, k: number): H3Cell[] {
  return gridDisk(cell, k) as H3Cell[];
}

/** The 64-bit index for wire frames and SQL. */
export function h3IndexOf(cell: H3Cell): bigint {
  return BigInt(`0x${cell}`);
}

/** Inverse of h3IndexOf. */
export function cellOfIndex(h3Index: bigint): H3Cell {
  return h3Index.toString(16) as H3Cell;
}
