import type { Database } from '../store/database.js';
import { unpackPoints } from './packed-fixes.js';
import { lineVertices, pointsOf } from './track-line.js';
import type { TrackPoint } from './track-point.js';
import { tracksSql as sql } from './tracks-sql.js';

/** A unit and a time that is asked for, both ends included. Epoch ms. */
export interface UnitSpan {
  readonly unitHandle: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** One device's good fixes in a span, ascending in time, each instant once. */
export interface DevicePoints {
  readonly deviceHandle: number;
  readonly points: readonly TrackPoint[];
}

/** A row of lines_in and last_lines. */
export interface LineRow {
  readonly device_handle: number;
  readonly from_time: number;
  readonly ewkb: string;
  readonly fix_ms: readonly number[];
}

/** A good fix is not received more than a minute before its own time (filter `future`); another for good measure. */
const MAX_AHEAD_MS = 120_000;

export function linePoints({ from_time, ewkb, fix_ms }: LineRow): TrackPoint[] {
  return pointsOf({
    vertices: lineVertices(Buffer.from(ewkb, 'hex')),
    times: fix_ms.map((ms) => from_time + ms),
  });
}

/**
 * The good fixes of each span, by device: as they came where they are still kept, else from their lines, which hold the same instants at places
 * within the tolerance. Whoever reads on sees no seam.
 */
export async function readPoints(database: Database, spans: readonly UnitSpan[]): Promise<DevicePoints[][]> {
  if (spans.length === 0) return [];
  const columns = [spans.map((s) => s.unitHandle), spans.map((s) => s.fromMs), spans.map((s) => s.toMs)];
  const since = Math.min(...spans.map((s) => s.fromMs)) - MAX_AHEAD_MS;
  // fixes first: a day whose fixes go in between is then found as lines too, and each instant counts once
  const fixes = await database.query<{ no: number; device_handle: number; packed: Buffer }>(sql.fixes_in, [
    ...columns,
    since,
  ]);
  const lines = await database.query<LineRow & { no: number }>(sql.lines_in, columns);
  const bySpan = spans.map(() => new Map<number, TrackPoint[]>());
  const add = (no: number, deviceHandle: number, points: TrackPoint[]) => {
    const devices = bySpan[no - 1]!;
    devices.set(deviceHandle, [...(devices.get(deviceHandle) ?? []), ...points]);
  };
  for (const { no, device_handle, packed } of fixes.rows) add(no, device_handle, unpackPoints(packed));
  for (const row of lines.rows) {
    const { fromMs, toMs } = spans[row.no - 1]!;
    add(
      row.no,
      row.device_handle,
      linePoints(row).filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs),
    );
  }
  return bySpan.map((devices) =>
    [...devices].map(([deviceHandle, points]) => ({ deviceHandle, points: inOrder(points) })),
  );
}

/** Ascending in time, the first of those at one instant. */
function inOrder(points: readonly TrackPoint[]): TrackPoint[] {
  const sorted = points.toSorted((a, b) => a.timeMs - b.timeMs);
  return sorted.filter((point, i) => i === 0 || sorted[i - 1]!.timeMs !== point.timeMs);
}
