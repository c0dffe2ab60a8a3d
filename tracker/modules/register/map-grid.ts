/** The grid that a map's entries are counted in: cells of 2^-level degrees, counted from 0, 0. Levels as the table year_cell has them. */
const FINEST = 9;
/** Cells along the longer side of a map, at most, before its box is widened to whole ones. */
const MOST_CELLS = 64;

/** What a map counts: whole cells, x and y up to, not including, the ends. */
export interface MapGrid {
  readonly level: number;
  readonly cellDeg: number;
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
  /** West, south, east, north of all of them. */
  readonly box: readonly [number, number, number, number];
}

/** The cells that a box touches, at the finest level that leaves few enough of them. Powers of two: no cell is off by a rounding. */
export function mapGrid(west: number, south: number, east: number, north: number): MapGrid {
  const level = Math.max(0, Math.min(FINEST, Math.floor(Math.log2(MOST_CELLS / Math.max(east - west, north - south)))));
  const perDeg = 2 ** level;
  const x = [Math.floor(west * perDeg), Math.ceil(east * perDeg)] as const;
  const y = [Math.floor(south * perDeg), Math.ceil(north * perDeg)] as const;
  const box = [x[0] / perDeg, y[0] / perDeg, x[1] / perDeg, y[1] / perDeg] as const;
  return { level, cellDeg: 1 / perDeg, x, y, box };
}

/** Whole years (UTC) of a period, up to, not including, the second; the two are the same where there is none. */
export function wholeYears(fromMs: number, toMs: number): readonly [from: number, to: number] {
  const from = new Date(fromMs - 1).getUTCFullYear() + 1; // begins no earlier than the period
  const to = new Date(toMs).getUTCFullYear();
  return [from, Math.max(from, to)];
}

/** The instant at which a year (UTC) begins, epoch ms. */
export function yearBegins(year: number): number {
  return new Date(0).setUTCFullYear(year); // Date.UTC takes years below 100 for those of the last century
}
