import type { Database } from '../store/database.js';
import type { CrewUnit } from '../units/directory.js';
import { tracksSql as sql } from './tracks-sql.js';
import { type LineRow, linePoints } from './unit-points.js';

/** A unit as it was at an instant that is past. */
export interface PastUnit {
  readonly unit: CrewUnit;
  /** What it showed; null: not known, or it was not there yet. */
  readonly status: { readonly status: string; readonly since: number } | null;
  /** Its last good fix by then; null: none in the time that was looked into. */
  readonly position: {
    readonly deviceHandle: number;
    readonly fixTime: number;
    readonly lon: number;
    readonly lat: number;
  } | null;
}

const UNITS_AT_ONCE = 100;

interface FixRow {
  readonly unit_handle: number;
  readonly device_handle: number;
  readonly fix_time: number;
  readonly lon_e7: number;
  readonly lat_e7: number;
}

/** Every unit that was there, with its last good fix of at most maxAgeMs before, by the clock of the fixes: what came late is in it. */
export async function pictureAt(
  database: Database,
  units: readonly CrewUnit[],
  atMs: number,
  maxAgeMs: number,
): Promise<PastUnit[]> {
  const picture: PastUnit[] = [];
  for (let first = 0; first < units.length; first += UNITS_AT_ONCE) {
    const some = units.slice(first, first + UNITS_AT_ONCE);
    const handles = some.map((unit) => unit.handle);
    const statuses = await database.query<{ unit_id: string; status: string; since: number }>(sql.statuses_at, [
      some.map((unit) => unit.id),
      atMs,
    ]);
    // fixes first, as in unit-points.ts
    const fixes = await database.query<FixRow>(sql.last_fixes, [handles, atMs, atMs - maxAgeMs]);
    const lines = await database.query<LineRow & { unit_handle: number }>(sql.last_lines, [
      handles,
      atMs,
      atMs - maxAgeMs,
    ]);
    const positions = new Map<number, NonNullable<PastUnit['position']>>();
    const offer = (unitHandle: number, position: NonNullable<PastUnit['position']>) => {
      const known = positions.get(unitHandle);
      if (known === undefined || position.fixTime > known.fixTime) positions.set(unitHandle, position);
    };
    for (const { unit_handle, device_handle: deviceHandle, fix_time: fixTime, lon_e7, lat_e7 } of fixes.rows)
      offer(unit_handle, { deviceHandle, fixTime, lon: lon_e7 / 1e7, lat: lat_e7 / 1e7 });
    for (const row of lines.rows) {
      const last = linePoints(row).findLast(({ timeMs }) => timeMs <= atMs);
      if (last === undefined || last.timeMs < atMs - maxAgeMs) continue;
      offer(row.unit_handle, { deviceHandle: row.device_handle, fixTime: last.timeMs, lon: last.lon, lat: last.lat });
    }
    const statusOf = new Map(statuses.rows.map((row) => [row.unit_id, { status: row.status, since: row.since }]));
    for (const unit of some) {
      const status = statusOf.get(unit.id) ?? null;
      const position = positions.get(unit.handle) ?? null;
      if (status !== null || position !== null) picture.push({ unit, status, position });
    }
  }
  return picture;
}
