import { VERDICTS } from '../ingest/filters.js';
import type { Database } from '../store/database.js';
import { HistoryRefusal } from './errors.js';
import { movementsOf, type TrackPoint } from './track-point.js';
import { tracksSql as sql } from './tracks-sql.js';
import { type DevicePoints, readPoints } from './unit-points.js';

export interface TrackQuestion {
  readonly unitHandle: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** A longer silence ends one piece of the track and begins another. */
  readonly maxGapMs: number;
  /** Whether fixes that were set aside are in the answer, marked. */
  readonly withSuspects: boolean;
}

/** A device's points without a longer silence among them. */
export interface TrackPiece {
  readonly deviceHandle: number;
  readonly points: readonly TrackPoint[];
}

export interface SuspectPoint extends TrackPoint {
  readonly deviceHandle: number;
  /** Why it was set aside. */
  readonly reason: string;
}

export interface UnitTrack {
  readonly pieces: readonly TrackPiece[];
  readonly suspects: readonly SuspectPoint[];
}

const HOUR_MS = 3_600_000;
const MAX_WINDOW_MS = 31 * 24 * HOUR_MS;
/** About 10 MB of GeoJSON. */
const MAX_POINTS = 100_000;
/** One read: an hour of a device at 1 Hz is 3600 points. */
const READ_MS = HOUR_MS;
const READS_AT_ONCE = 6;

const REASONS = new Map<number, string>(Object.entries(VERDICTS).map(([code, number]) => [number, code]));

/** Where a unit was between two instants, by device, cut at silences and jumps. @throws HistoryRefusal */
export async function unitTrack(database: Database, question: TrackQuestion): Promise<UnitTrack> {
  const { unitHandle, fromMs, toMs, maxGapMs, withSuspects } = question;
  if (toMs - fromMs > MAX_WINDOW_MS)
    throw new HistoryRefusal('window_too_long', MAX_WINDOW_MS / 86_400_000, 'at most 31 days at once');
  const byDevice = new Map<number, TrackPoint[]>();
  let count = 0;
  for (let startMs = fromMs; startMs <= toMs; startMs += READS_AT_ONCE * READ_MS) {
    const spans = Array.from({ length: READS_AT_ONCE }, (_, i) => startMs + i * READ_MS)
      .filter((spanMs) => spanMs <= toMs)
      // a millisecond before the next one begins: each point is in one of them
      .map((spanMs) => ({ unitHandle, fromMs: spanMs, toMs: Math.min(toMs, spanMs + READ_MS - 1) }));
    for (const { deviceHandle, points } of (await readPoints(database, spans)).flat() as DevicePoints[]) {
      count += points.length;
      const known = byDevice.get(deviceHandle);
      if (known === undefined) byDevice.set(deviceHandle, [...points]);
      else for (const point of points) known.push(point);
    }
    if (count > MAX_POINTS) throw tooMuch();
  }
  const pieces = [...byDevice].flatMap(([deviceHandle, points]) =>
    movementsOf(points, maxGapMs).map((movement) => ({ deviceHandle, points: movement })),
  );
  return {
    pieces: pieces.sort((a, b) => a.points[0]!.timeMs - b.points[0]!.timeMs),
    suspects: withSuspects ? await readSuspects(database, question, MAX_POINTS - count) : [],
  };
}

const tooMuch = () => new HistoryRefusal('too_much_history', MAX_POINTS, `at most ${MAX_POINTS} fixes at once`);

/** @throws HistoryRefusal where there are more than most */
async function readSuspects(
  database: Database,
  { unitHandle, fromMs, toMs }: TrackQuestion,
  most: number,
): Promise<SuspectPoint[]> {
  const { rows } = await database.query<{
    device_handle: number;
    fix_time: number;
    lon_e7: number;
    lat_e7: number;
    verdict: number;
  }>(sql.suspects_in, [unitHandle, fromMs, toMs, most + 1]);
  if (rows.length > most) throw tooMuch();
  return rows.map((row) => ({
    deviceHandle: row.device_handle,
    timeMs: row.fix_time,
    lon: row.lon_e7 / 1e7,
    lat: row.lat_e7 / 1e7,
    reason: REASONS.get(row.verdict) ?? `verdict_${row.verdict}`,
  }));
}
