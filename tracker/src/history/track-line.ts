import { keptPoints } from './simplify.js';
import { isOneMovement, placeBetween, type TrackPoint } from './track-point.js';

/** The largest tolerance that may be set, metres: lines of any age are within it. */
export const MAX_TOLERANCE_M = 100;
/** A line ends after so long, so that its box in place and time stays small. */
const MAX_LINE_MS = 3_600_000;
const MAX_LINE_FIXES = 1000;
/** A line is not drawn over a silence longer than this, nor over a jump: it would make its box large for nothing. */
const MAX_LINE_GAP_MS = 600_000;

/** A row of unit_track: the vertices, and when each fix was made that the line stands for. */
export interface TrackLine {
  readonly vertices: readonly TrackPoint[];
  readonly times: readonly number[];
}

/** Draws one device's points, ascending in time, as lines that are never more than toleranceM off at the instant of a fix. */
export function drawLines(points: readonly TrackPoint[], toleranceM: number): TrackLine[] {
  const lines: TrackLine[] = [];
  let first = 0;
  for (let end = 1; end <= points.length; end++) {
    if (end < points.length && belongsTo(points[first]!, points[end - 1]!, points[end]!, end - first)) continue;
    const part = points.slice(first, end);
    const kept = keptPoints(part, toleranceM).map((i) => part[i]!);
    // a line string has two vertices at least
    lines.push({ vertices: kept.length === 1 ? [kept[0]!, kept[0]!] : kept, times: part.map((point) => point.timeMs) });
    first = end;
  }
  return lines;
}

function belongsTo(first: TrackPoint, last: TrackPoint, next: TrackPoint, fixes: number): boolean {
  return (
    fixes < MAX_LINE_FIXES &&
    next.timeMs - first.timeMs <= MAX_LINE_MS &&
    isOneMovement(last, next, MAX_LINE_GAP_MS) &&
    Math.abs(next.lon - last.lon) <= 180 // over the antimeridian a line would cross the whole map
  );
}

/** The fixes that a line stands for: their own times, each at its place on the line. */
export function pointsOf({ vertices, times }: TrackLine): TrackPoint[] {
  let leg = 0;
  return times.map((timeMs) => {
    while (leg < vertices.length - 2 && vertices[leg + 1]!.timeMs <= timeMs) leg++;
    return placeBetween(vertices[leg]!, vertices[leg + 1]!, timeMs);
  });
}

const LITTLE_ENDIAN = 1;
const LINE_STRING_M_SRID = 0x6000_0002;
const WGS84 = 4326;
const HEAD_BYTES = 13;
const VERTEX_BYTES = 24;

/**
 * A LineStringM as PostGIS takes it, M in seconds.
 * Source: PostGIS manual, "Geometry: EWKB": byte order, u32 type with flags, u32 SRID, u32 points, then doubles x, y, m.
 */
export function lineEwkb(vertices: readonly TrackPoint[]): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + vertices.length * VERTEX_BYTES);
  bytes.writeUInt8(LITTLE_ENDIAN, 0);
  bytes.writeUInt32LE(LINE_STRING_M_SRID, 1);
  bytes.writeUInt32LE(WGS84, 5);
  bytes.writeUInt32LE(vertices.length, 9);
  vertices.forEach(({ lon, lat, timeMs }, i) => {
    const at = HEAD_BYTES + i * VERTEX_BYTES;
    bytes.writeDoubleLE(lon, at);
    bytes.writeDoubleLE(lat, at + 8);
    bytes.writeDoubleLE(timeMs / 1000, at + 16);
  });
  return bytes;
}

/** The vertices of such a line as PostGIS gives it back. Throws if it is anything else: that would be our mistake. */
export function lineVertices(ewkb: Buffer): TrackPoint[] {
  if (ewkb.readUInt8(0) !== LITTLE_ENDIAN || ewkb.readUInt32LE(1) !== LINE_STRING_M_SRID)
    throw new Error(`not a little-endian LineStringM with its SRID: ${ewkb.subarray(0, 9).toString('hex')}`);
  return Array.from({ length: ewkb.readUInt32LE(9) }, (_, i) => {
    const at = HEAD_BYTES + i * VERTEX_BYTES;
    return {
      lon: ewkb.readDoubleLE(at),
      lat: ewkb.readDoubleLE(at + 8),
      timeMs: Math.round(ewkb.readDoubleLE(at + 16) * 1000),
    };
  });
}
