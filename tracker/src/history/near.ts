import { EARTH_RADIUS_M } from '../../../geo-engine/src/index.js';
import type { Database } from '../store/database.js';
import { type Approach, approachOf, joined, type Target } from './closest-approach.js';
import { HistoryRefusal } from './errors.js';
import { MAX_TOLERANCE_M } from './track-line.js';
import { farthestStepM, movementsOf } from './track-point.js';
import { tracksSql as sql } from './tracks-sql.js';
import { readPoints, type UnitSpan } from './unit-points.js';

export interface NearQuestion {
  readonly target: Target;
  readonly radiusM: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Longest silence between two fixes over which a unit is taken to have moved evenly. */
  readonly maxGapMs: number;
  /** Whose history may be looked at. */
  readonly unitHandles: readonly number[];
}

export interface NearUnit extends Approach {
  readonly unitHandle: number;
  /** Which of its devices came closest. */
  readonly deviceHandle: number;
}

const HOUR_MS = 3_600_000;
const MAX_WINDOW_MS = 31 * 24 * HOUR_MS;
const MAX_RADIUS_M = 50_000;
/** Hours of units that are read at most: a busy place over a month has more. */
const MAX_PIECES = 20_000;
const MAX_LINES = 100_000;
/** Units asked about at once, and pieces read at once: tenths of a second of the database at most. */
const UNITS_AT_ONCE = 50;
const PIECES_AT_ONCE = 20;
const HOURS_AT_ONCE = 6;
/** What clocks may differ by, twice (as in unit-points.ts). */
const MAX_AHEAD_MS = 120_000;

/**
 * Which units came within radiusM of a place or an area between two instants, closest first: interpolated between fixes, the same for fixes and
 * for the lines that they became, but for the tolerance of the lines.
 *
 * First the candidates: units with a fix or a line in a box so large that none can have been near without one; then their points in those hours.
 * @throws HistoryRefusal
 */
export async function unitsNear(database: Database, question: NearQuestion): Promise<NearUnit[]> {
  const { target, radiusM, fromMs, toMs, maxGapMs } = question;
  if (toMs - fromMs > MAX_WINDOW_MS)
    throw new HistoryRefusal('window_too_long', MAX_WINDOW_MS / 86_400_000, 'at most 31 days at once');
  if (radiusM + target.extentM > MAX_RADIUS_M)
    throw new HistoryRefusal('radius_too_large', MAX_RADIUS_M, `at most ${MAX_RADIUS_M / 1000} km around the middle`);
  const found = new Map<number, NearUnit>();
  const pieces = await candidates(database, question);
  for (let first = 0; first < pieces.length; first += PIECES_AT_ONCE) {
    const batch = pieces.slice(first, first + PIECES_AT_ONCE);
    const spans = batch.map((piece) => ({ ...piece, fromMs: piece.fromMs - maxGapMs, toMs: piece.toMs + maxGapMs }));
    const read = await readPoints(database, spans);
    batch.forEach((piece, i) => {
      for (const { deviceHandle, points } of read[i]!)
        for (const movement of movementsOf(points, maxGapMs)) {
          const approach = approachOf(movement, target, radiusM, piece.fromMs, piece.toMs);
          if (approach === undefined) continue;
          const known = found.get(piece.unitHandle);
          const closer = known === undefined || approach.closestM < known.closestM;
          found.set(piece.unitHandle, {
            unitHandle: piece.unitHandle,
            deviceHandle: closer ? deviceHandle : known.deviceHandle,
            ...joined(known, approach)!,
          });
        }
    });
  }
  return [...found.values()].sort((a, b) => a.closestM - b.closestM || a.unitHandle - b.unitHandle);
}

/** Units and hours in which they may have been near. */
async function candidates(database: Database, question: NearQuestion): Promise<UnitSpan[]> {
  const { fromMs, toMs, maxGapMs, unitHandles } = question;
  const boxes = boxesOf(question);
  const spans: UnitSpan[] = [];
  const firstFixDay = (await database.query<{ since: number | null }>(sql.first_fix_day)).rows[0]!.since;

  const lines = await database.query<{ unit_handle: number; from_time: number; to_time: number }>(sql.lines_near, [
    unitHandles,
    boxes.map(([west]) => west),
    boxes.map(([, south]) => south),
    boxes.map(([, , east]) => east),
    boxes.map(([, , , north]) => north),
    (fromMs - maxGapMs) / 1000,
    (toMs + maxGapMs) / 1000,
    MAX_LINES,
  ]);
  if (lines.rows.length === MAX_LINES) throw tooMuch();
  for (const { unit_handle, from_time, to_time } of lines.rows)
    spans.push({
      unitHandle: unit_handle,
      fromMs: Math.max(fromMs, from_time - maxGapMs),
      toMs: Math.min(toMs, to_time + maxGapMs),
    });

  // what is not a line yet was received since then, and so made before the end of what is asked for
  if (firstFixDay !== null) {
    const hours = hoursOf({ unitHandle: 0, fromMs, toMs });
    const since = Math.max(firstFixDay, fromMs - maxGapMs - MAX_AHEAD_MS);
    for (let u = 0; u < unitHandles.length; u += UNITS_AT_ONCE)
      for (let h = 0; h < hours.length; h += HOURS_AT_ONCE) {
        const some = hours.slice(h, h + HOURS_AT_ONCE);
        const near = await fixesNear(database, unitHandles.slice(u, u + UNITS_AT_ONCE), some, boxes, maxGapMs, since);
        for (const { unit_handle, piece } of near) spans.push({ ...some[piece - 1]!, unitHandle: unit_handle });
        if (spans.length > MAX_LINES) throw tooMuch();
      }
  }
  const pieces = merged(spans).flatMap(hoursOf);
  if (pieces.length > MAX_PIECES) throw tooMuch();
  return pieces;
}

const tooMuch = () =>
  new HistoryRefusal(
    'too_much_history',
    MAX_PIECES,
    'too many units were around for so long: ask for less time or fewer of them',
  );

type DegreeBox = readonly [west: number, south: number, east: number, north: number];

/**
 * Boxes (two over the antimeridian) that hold, of everything that came within reach, at least one fix on either side: a step between two fixes is no
 * longer than farthestStepM, so each of its places is within half of that of one of them.
 */
function boxesOf({ target, radiusM, maxGapMs }: NearQuestion): DegreeBox[] {
  const reachM = (radiusM + target.extentM + farthestStepM(maxGapMs / 1000) / 2) * REACH_SLACK + MAX_TOLERANCE_M;
  const reachRad = reachM / EARTH_RADIUS_M;
  const south = target.lat - reachRad / RAD_PER_DEG;
  const north = target.lat + reachRad / RAD_PER_DEG;
  // over a pole every longitude is near
  if (south <= -90 || north >= 90) return [[-180, Math.max(-90, south), 180, Math.min(90, north)]];
  // the widest part of a circle on the sphere lies polewards of its middle
  const halfDeg = Math.asin(Math.min(1, Math.sin(reachRad) / Math.cos(target.lat * RAD_PER_DEG))) / RAD_PER_DEG;
  const [west, east] = [target.lon - halfDeg, target.lon + halfDeg];
  if (west < -180)
    return [
      [west + 360, south, 180, north],
      [-180, south, east, north],
    ];
  if (east > 180)
    return [
      [west, south, 180, north],
      [-180, south, east - 360, north],
    ];
  return [[west, south, east, north]];
}
/** For steps that are straight in degrees instead of on the sphere. */
const REACH_SLACK = 1.02;
const RAD_PER_DEG = Math.PI / 180;

async function fixesNear(
  database: Database,
  unitHandles: readonly number[],
  hours: readonly UnitSpan[],
  boxes: readonly DegreeBox[],
  maxGapMs: number,
  since: number,
): Promise<{ unit_handle: number; piece: number }[]> {
  // two boxes are one that goes over the antimeridian
  const [west, , ,] = boxes[0]!;
  const [, south, east, north] = boxes.at(-1)!;
  const { rows } = await database.query<{ unit_handle: number; piece: number }>(sql.fixes_near, [
    unitHandles,
    hours.map((hour) => hour.fromMs - maxGapMs),
    hours.map((hour) => hour.toMs + maxGapMs),
    Math.floor(west * 1e7),
    Math.floor(south * 1e7),
    Math.ceil(east * 1e7),
    Math.ceil(north * 1e7),
    since,
  ]);
  return rows;
}

/** Cuts a span into hours. */
function hoursOf({ unitHandle, fromMs, toMs }: UnitSpan): UnitSpan[] {
  const count = Math.max(1, Math.ceil((toMs - fromMs) / HOUR_MS));
  return Array.from({ length: count }, (_, i) => ({
    unitHandle,
    fromMs: fromMs + i * HOUR_MS,
    toMs: Math.min(toMs, fromMs + (i + 1) * HOUR_MS),
  }));
}

/** Overlapping spans of a unit as one. */
function merged(spans: readonly UnitSpan[]): UnitSpan[] {
  const sorted = spans.toSorted((a, b) => a.unitHandle - b.unitHandle || a.fromMs - b.fromMs);
  const result: UnitSpan[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last !== undefined && last.unitHandle === span.unitHandle && span.fromMs <= last.toMs)
      result[result.length - 1] = { ...last, toMs: Math.max(last.toMs, span.toMs) };
    else result.push(span);
  }
  return result;
}
