import type { UnitLabel } from './map-state.js';

/** A unit that wants its name on the map: where the middle of the text would be and how wide it is, in pixels. */
export interface LabelWish {
  readonly slot: number;
  readonly handle: number;
  /** The greater, the sooner it is placed. */
  readonly rank: number;
  readonly x: number;
  readonly y: number;
  readonly widthPx: number;
}

/** Width of the columns in which placed texts are looked up, px: about that of a text. */
const COLUMN_PX = 128;

/**
 * Places texts of one height so that none lies on another: those that matter most first, of equals the lesser handle, so that it
 * does not change from one drawing to the next. A text that finds no room is counted with the first one placed that it would lie on.
 */
export function placeLabels(wishes: readonly LabelWish[], heightPx: number, most: number): UnitLabel[] {
  const labels: { slot: number; others: number; x: number; y: number; widthPx: number }[] = [];
  /** By cell of one column and one line of text: indexes of the labels that reach into it. */
  const byCell = new Map<number, number[]>();
  const sorted = [...wishes].sort((a, b) => b.rank - a.rank || a.handle - b.handle);
  for (const { slot, x, y, widthPx } of sorted) {
    const cells = cellsOf(x, y, widthPx, heightPx);
    let first = Number.POSITIVE_INFINITY;
    for (const cell of cells) {
      for (const i of byCell.get(cell) ?? []) {
        const other = labels[i]!;
        const isApart = Math.abs(other.x - x) >= (other.widthPx + widthPx) / 2 || Math.abs(other.y - y) >= heightPx;
        if (!isApart && i < first) first = i;
      }
    }
    const other = labels[first];
    if (other !== undefined) {
      other.others++;
      continue;
    }
    if (labels.length === most) continue;
    for (const cell of cells) {
      const inCell = byCell.get(cell);
      if (inCell === undefined) byCell.set(cell, [labels.length]);
      else inCell.push(labels.length);
    }
    labels.push({ slot, others: 0, x, y, widthPx });
  }
  return labels.map(({ slot, others }) => ({ slot, others }));
}

function cellsOf(x: number, y: number, widthPx: number, heightPx: number): number[] {
  const cells: number[] = [];
  const [west, east] = [x - widthPx / 2, x + widthPx / 2].map((px) => Math.floor(px / COLUMN_PX));
  const [north, south] = [y - heightPx / 2, y + heightPx / 2].map((px) => Math.floor(px / heightPx));
  for (let column = west!; column <= east!; column++)
    for (let row = north!; row <= south!; row++) cells.push(row * 65_536 + column);
  return cells;
}
