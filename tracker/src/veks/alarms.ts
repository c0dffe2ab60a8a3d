import { v7 as uuidv7 } from 'uuid';
import type { Changes, Records } from '../feed/record.js';
import { KickedTask } from '../kicked-task.js';
import type { Database, Queryable } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { sqlStatements } from '../store/sql-file.js';
import { CommandError } from './errors.js';
import { unitForChange } from './unit-status.js';

const sql = sqlStatements('./alarms.sql', import.meta.url, [
  'insert_alarm',
  'device_version',
  'alarms',
  'alarm',
  'due_alarms',
  'repeat_alarms',
  'acknowledge_alarm',
]);

/** A call for help that took longer than this on its way is marked as late: what it says was then. */
const LATE_MS = 60_000;
const MAX_POLL_MS = 1000;
/** Alarms of one transaction. */
const BATCH = 500;

/** Where a crew was when it called, as far as anybody knows. */
export interface AlarmPlace {
  readonly lonE7: number;
  readonly latE7: number;
  /** Epoch ms. */
  readonly at: number;
  /** Of the call itself, or the unit's last good fix. */
  readonly source: 'device' | 'last_fix';
}

export interface SosCall {
  readonly agencyId: string;
  /** Null: the device belongs to no unit. */
  readonly unitId: string | null;
  readonly deviceId: string;
  readonly streamId: number;
  readonly seq: number;
  /** By the device's clock, and by ours; epoch ms. */
  readonly at: number;
  readonly receivedAt: number;
  readonly place: AlarmPlace | undefined;
}

/** Raises the alarm: open, on the feed, and repeated from now on until a person acknowledges it. */
export async function raiseAlarm(tx: Queryable, records: Records, call: SosCall): Promise<void> {
  const { agencyId, unitId, deviceId, at, receivedAt, place } = call;
  const id = uuidv7();
  await tx.query(sql.insert_alarm, [
    id,
    agencyId,
    unitId,
    deviceId,
    call.streamId,
    call.seq,
    at,
    receivedAt,
    place?.lonE7 ?? null,
    place?.latE7 ?? null,
    place?.at ?? null,
    place?.source ?? null,
  ]);
  const aggregate =
    unitId !== null
      ? ({ kind: 'unit', id: unitId, version: (await unitForChange(tx, unitId)).version } as const)
      : ({
          kind: 'device',
          id: deviceId,
          version: (await tx.query<{ version: number }>(sql.device_version, [deviceId])).rows[0]!.version,
        } as const);
  records.event({
    type: 'lv.vanags.unit.sos.v1',
    agencyId,
    aggregate,
    data: {
      alarmId: id,
      unitId,
      deviceId,
      at,
      receivedAt,
      late: isLate(at, receivedAt),
      place: place === undefined ? null : degrees(place),
      ref: { stream: call.streamId, seq: call.seq },
    },
    at,
  });
}

function isLate(at: number, receivedAt: number): boolean {
  return receivedAt - at > LATE_MS;
}

function degrees({ lonE7, latE7, at, source }: AlarmPlace) {
  return { lon: lonE7 / 1e7, lat: latE7 / 1e7, at, source };
}

/**
 * A person has seen it: it is repeated no longer. Done again, by whomever, it changes nothing: the first one stays written.
 * @throws CommandError `alarm_unknown`
 */
export async function acknowledgeAlarm(
  tx: Queryable,
  records: Records,
  { id, by, at }: { readonly id: string; readonly by: string; readonly at: number },
): Promise<void> {
  const done = (
    await tx.query<{ agency_id: string; unit_id: string | null; version: number }>(sql.acknowledge_alarm, [id, at, by])
  ).rows[0];
  if (done === undefined) return void (await alarmOwner(tx, id));
  records.event({
    type: 'lv.vanags.alarm.acknowledged.v1',
    agencyId: done.agency_id,
    aggregate: { kind: 'alarm', id, version: done.version },
    data: { alarmId: id, unitId: done.unit_id, by, at },
    at,
  });
}

/** Whose alarm it is. @throws CommandError `alarm_unknown` */
export async function alarmOwner(
  database: Queryable,
  id: string,
): Promise<{ agencyId: string; unitId: string | null }> {
  const row = (await database.query<{ agency_id: string; unit_id: string | null }>(sql.alarm, [id])).rows[0];
  if (row === undefined) throw new CommandError('alarm_unknown', `no alarm ${id}`);
  return { agencyId: row.agency_id, unitId: row.unit_id };
}

export interface Alarm {
  readonly id: string;
  readonly agencyId: string;
  readonly unitId: string | null;
  readonly deviceId: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly late: boolean;
  readonly place: { readonly lon: number; readonly lat: number; readonly at: number; readonly source: string } | null;
  readonly text: string;
  readonly repeats: number;
  readonly acknowledged: { readonly at: number; readonly by: string } | null;
  readonly version: number;
}

interface AlarmRow {
  readonly id: string;
  readonly agency_id: string;
  readonly unit_id: string | null;
  readonly device_id: string;
  readonly called_at: number;
  readonly received_at: number;
  readonly lon_e7: number | null;
  readonly lat_e7: number;
  readonly place_at: number;
  readonly place_source: AlarmPlace['source'];
  readonly repeats: number;
  readonly acknowledged_at: number | null;
  readonly acknowledged_by: string;
  readonly version: number;
  readonly text: string | null;
}

/** Alarms of these agencies, newest first: those that are open, or all. */
export async function readAlarms(
  database: Queryable,
  agencyIds: readonly string[],
  which: 'open' | 'all',
  limit: number,
): Promise<Alarm[]> {
  const { rows } = await database.query<AlarmRow>(sql.alarms, [agencyIds, which === 'open', limit]);
  return rows.map((row) => ({
    id: row.id,
    agencyId: row.agency_id,
    unitId: row.unit_id,
    deviceId: row.device_id,
    at: row.called_at,
    receivedAt: row.received_at,
    late: isLate(row.called_at, row.received_at),
    place:
      row.lon_e7 === null
        ? null
        : degrees({ lonE7: row.lon_e7, latE7: row.lat_e7, at: row.place_at, source: row.place_source }),
    text: row.text ?? '',
    repeats: row.repeats,
    acknowledged: row.acknowledged_at === null ? null : { at: row.acknowledged_at, by: row.acknowledged_by },
    version: row.version,
  }));
}

interface RepeatedRow {
  readonly id: string;
  readonly agency_id: string;
  readonly unit_id: string | null;
  readonly called_at: number;
  readonly repeats: number;
  readonly version: number;
}

/** Tells of every open alarm again and again, whichever node does it, until a person has acknowledged it. */
export class AlarmRepeater {
  readonly #database: Database;
  readonly #changes: Changes;
  readonly #everyMs: number;
  readonly #onError: (text: string, error: Error) => void;
  readonly #task: KickedTask;

  constructor(database: Database, changes: Changes, everyMs: number, onError: (text: string, error: Error) => void) {
    this.#database = database;
    this.#changes = changes;
    this.#everyMs = everyMs;
    this.#onError = onError;
    this.#task = new KickedTask(() => this.#run(), Math.min(MAX_POLL_MS, everyMs));
  }

  start(): void {
    this.#task.start();
  }

  async #run(): Promise<void> {
    try {
      const { rows } = await this.#database.query<{ id: string }>(sql.due_alarms, [this.#everyMs, BATCH]);
      const ids = rows.map(({ id }) => id);
      if (ids.length > 0) await this.#changes.change(ids, (tx, records) => this.#repeat(tx, records, ids));
    } catch (error) {
      if (!isAway(error)) this.#onError('open alarms could not be repeated', error as Error); // the next poll tries again
    }
  }

  async #repeat(tx: Queryable, records: Records, ids: readonly string[]): Promise<void> {
    const { rows } = await tx.query<RepeatedRow>(sql.repeat_alarms, [ids, this.#everyMs]);
    for (const { id, agency_id, unit_id, called_at, repeats, version } of rows)
      records.event({
        type: 'lv.vanags.alarm.repeated.v1',
        agencyId: agency_id,
        aggregate: { kind: 'alarm', id, version },
        data: { alarmId: id, unitId: unit_id, at: called_at, repeats },
        at: Date.now(),
      });
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }
}
