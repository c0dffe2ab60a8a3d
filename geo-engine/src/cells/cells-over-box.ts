import { TOO_MANY_CELLS } from '../errors.js';
import { type Box, boxCentre, distanceToBoxM } from '../geo/box.js';
import { haversineM } from '../geo/distance.js';
import { type CellTable, CITY, LEVEL_RES, type Level } from './cell-table.js';
import { cellCentre, cellCorners, cellDisk, cellOf, cellParent, type H3Cell } from './h3.js';

export type CellsOverBox =
  | { readonly ok: true; readonly cells: number[] }
  | { readonly ok: false; readonly code: typeof TOO_MANY_CELLS };

/**
 * How far a logical descendant may stick out of its ancestor, in circumradii of the ancestor. In the plane the sum
 * over aperture-7 generations tends to 1.053; the largest found on the sphere is 1.057. City cells have no descendants.
 */
const LOGICAL_REACH = [1.1, 1.1, 1.001] as const;
/** Upper bound of the circumradius of any cell of the level, metres (largest found: 75 860, 10 840, 1 550). */
const MAX_CIRCUMRADIUS_M = [80_000, 11_500, 1_650] as const;

/**
 * Ids of every cell of the level in which a unit inside the box can be, by logical parenthood: cells that overlap the
 * box, and those whose descendants stick out into it. A few more come along (a circle stands for the hexagon); none
 * that belongs is missing. Nothing is interned when there would be more than maxCells.
 * Cost: about 10 µs a cell on the rim, 3 µs inside, once 20 µs for a city cell never seen before.
 */
export function cellsOverBox(table: CellTable, over: Box, level: Level, maxCells = 4096): CellsOverBox {
  const [lon, lat] = boxCentre(over);
  const first = cellParent(cellOf(lon, lat, LEVEL_RES[CITY]), LEVEL_RES[level]);
  const seen = new Set<H3Cell>([first]);
  const found: H3Cell[] = [first];
  // the wanted cells hang together, so a flood from one of them reaches all
  for (let next = 0; next < found.length; next++) {
    for (const cell of cellDisk(found[next], 1)) {
      if (seen.has(cell)) continue;
      seen.add(cell);
      if (!reachesBox(cell, level, over)) continue;
      found.push(cell);
      if (found.length > maxCells) return { ok: false, code: TOO_MANY_CELLS };
    }
  }
  return { ok: true, cells: found.map((cell) => table.intern(cell, level)) };
}

/** Whether the box comes within a cell's logical reach: no for certain, yes perhaps. */
function reachesBox(cell: H3Cell, level: Level, over: Box): boolean {
  const [lon, lat] = cellCentre(cell);
  const awayM = distanceToBoxM(over, lon, lat);
  if (awayM === 0) return true;
  if (awayM > LOGICAL_REACH[level] * MAX_CIRCUMRADIUS_M[level]) return false;
  let circumradiusM = 0;
  for (const [cornerLon, cornerLat] of cellCorners(cell)) {
    circumradiusM = Math.max(circumradiusM, haversineM(lon, lat, cornerLon, cornerLat));
  }
  return awayM <= LOGICAL_REACH[level] * circumradiusM;
}
