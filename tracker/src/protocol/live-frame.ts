/**
 * Frames of the live picture (PROTOCOL.md, "Live picture"), little-endian: the layout that the hub writes and the console reads.
 * A bundle is a head and blocks laid one after another; a block holds what changed in one cell (delta) or all of it (snapshot).
 */

export const LIVE_LEVELS = ['nation', 'region', 'city'] as const; // H3 resolutions 3, 5, 7
export type LiveLevel = (typeof LIVE_LEVELS)[number];
/** Milliseconds between bundles; multiples of the city's, which is the hub's tick. */
export const TICK_MS: readonly number[] = [1000, 500, 250];
/** A digest of all cells of the view comes this often. */
export const DIGEST_MS = 1000;

export const BUNDLE = {
  headBytes: 24,
  type: 0, //     u8, 0x10
  level: 1, //    u8, index of LIVE_LEVELS
  flags: 2, //    u8, HAS_DIGEST
  view: 4, //     u32, number of the view it answers: bundles of an earlier view are to be ignored
  time: 8, //     f64, the hub's clock, epoch ms
  blocks: 16, //  u32
  digest: 20, //  u32, see digestOf
} as const;
export const BUNDLE_TYPE = 0x10;
export const HAS_DIGEST = 1;

export const BLOCK = {
  headBytes: 32,
  kind: 0, //     u8, DELTA or SNAPSHOT
  units: 4, //    u32 unit records that follow the head
  leaves: 8, //   u32 handles (u32 each) that follow the records: units that left the cell
  prevTick: 12, // u32 the cell's tick before this delta
  tick: 16, //    u32 the cell's tick with it
  cell: 24, //    u64 H3 index
} as const;
export const DELTA = 1;
export const SNAPSHOT = 2;

export const UNIT = {
  bytes: 32,
  handle: 0, //     u32
  lon: 4, //        i32 degrees × 10⁷
  lat: 8, //        i32
  speed: 12, //     u16 cm/s, 0xffff unknown
  heading: 14, //   u16 hundredths of a degree, 0xffff unknown
  fixTime: 16, //   f64 the device's clock, epoch ms
  lag: 24, //       i32 ms from fix time to receipt (negative: the device's clock runs ahead)
  status: 28, //    u8 index of UNIT_STATUSES
  flags: 29, //     u8 UNIT_FLAG
  interval: 30, //  u16 seconds between reports; older than three of them is stale
} as const;
export const UNIT_FLAG = { moving: 1, enteredByHand: 2, setAside: 4, sourcesApart: 8 } as const;

/** A position is stale once it is older than so many report intervals, by fix time and by receive time. */
export const STALE_AFTER_INTERVALS = 3;

/**
 * What a view's cells look like, in one number: each cell's index and tick mixed, all added up modulo 2³², so that the order of
 * cells does not matter and a single cell that missed its last tick changes it.
 * Mixing: the finalizer of MurmurHash3 (Appleby, public domain).
 */
export function digestOf(cellLow: number, cellHigh: number, tick: number): number {
  let h = cellLow ^ Math.imul(cellHigh, 0x9e37_79b1) ^ Math.imul(tick, 0x85eb_ca77);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  h ^= h >>> 16;
  return h >>> 0;
}

/** What a console asks for: the box it shows, [west, south, east, north] in degrees. */
export interface ViewRequest {
  readonly view: number;
  readonly level: LiveLevel;
  readonly box: readonly [west: number, south: number, east: number, north: number];
}

export type ViewAnswer =
  | {
      readonly ok: true;
      readonly view: number;
      readonly cells: number;
      /** H3 indexes of the view's cells, hexadecimal: what the console holds besides has left the view. */
      readonly h3: readonly string[];
      readonly tickMs: number;
    }
  | { readonly ok: false; readonly code: 'view_malformed' | 'too_many_cells'; readonly detail: string };
