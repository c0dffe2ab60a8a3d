import type { TrackPoint } from './track-point.js';

/** Instants cross from the database in its own binary form, µs since 2000-01-01 UTC; this is that day in epoch ms. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

function timeMsAt(packed: Buffer, at: number): number {
  // two halves, because a BigInt a row costs more than all the rest; exact, as fix times are whole milliseconds below 2⁴⁸
  const micros = packed.readInt32BE(at) * 0x1_0000_0000 + packed.readUInt32BE(at + 4);
  return Math.round(micros / 1000) + POSTGRES_EPOCH_MS;
}

function int8At(packed: Buffer, at: number): number {
  return packed.readInt32BE(at) * 0x1_0000_0000 + packed.readUInt32BE(at + 4);
}

/** One row of fixes_page. */
export interface PagedFix extends TrackPoint {
  readonly streamId: number;
  readonly seq: number;
  readonly deviceHandle: number;
  readonly agencyNo: number;
  readonly lonE7: number;
  readonly latE7: number;
  readonly verdict: number;
}

const PAGE_STRIDE = 42;

/** The rows of a page of fixes_page, in their order; none for null. */
export function unpackPage(packed: Buffer | null): PagedFix[] {
  if (packed === null) return [];
  return Array.from({ length: packed.length / PAGE_STRIDE }, (_, i) => {
    const at = i * PAGE_STRIDE;
    const [lonE7, latE7] = [packed.readInt32BE(at + 32), packed.readInt32BE(at + 36)];
    return {
      timeMs: timeMsAt(packed, at),
      streamId: int8At(packed, at + 8),
      seq: int8At(packed, at + 16),
      deviceHandle: packed.readInt32BE(at + 24),
      agencyNo: packed.readInt32BE(at + 28),
      lonE7,
      latE7,
      lon: lonE7 / 1e7,
      lat: latE7 / 1e7,
      verdict: packed.readInt16BE(at + 40),
    };
  });
}

const POINT_STRIDE = 16;

/** The points of a row of fixes_in, in their order. */
export function unpackPoints(packed: Buffer): TrackPoint[] {
  return Array.from({ length: packed.length / POINT_STRIDE }, (_, i) => {
    const at = i * POINT_STRIDE;
    return {
      timeMs: timeMsAt(packed, at),
      lon: packed.readInt32BE(at + 8) / 1e7,
      lat: packed.readInt32BE(at + 12) / 1e7,
    };
  });
}
