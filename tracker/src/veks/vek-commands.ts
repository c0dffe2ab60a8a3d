/** Commands on the card itself: take a report, change it, offer it to another agency, answer, hold a unit, end it. */
import type { Records } from '../feed/record.js';
import type { VekServiceStatus } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { unitForChange, vekParties } from './dispatch.js';
import { CommandError } from './errors.js';
import { veksSql as sql } from './veks-sql.js';

export interface NewVek {
  readonly id: string;
  readonly agencyId: string;
  readonly channel: string;
  readonly typeCode: string | null;
  readonly priority: string | null;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly accuracyM: number | null;
  readonly address: string | null;
  readonly summary: string | null;
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly caller: {
    readonly phone?: string | null;
    readonly name?: string | null;
    readonly note?: string | null;
  } | null;
  /** Agencies it is offered to from the start. */
  readonly offerTo: readonly string[];
}

/** Stores a report. Repeating it with the same id changes nothing. @throws CommandError `id_taken` when the id is another agency's card */
export async function createVek(
  tx: Queryable,
  records: Records,
  vek: NewVek,
): Promise<{ repeated: boolean; number: number; version: number }> {
  const { id, agencyId, channel, typeCode, priority, lon, lat, accuracyM, address, summary, receivedAt } = vek;
  const { rows } = await tx.query<{ number: number; version: number }>(sql.insert_vek, [
    id,
    agencyId,
    channel,
    typeCode,
    priority,
    lon,
    lat,
    accuracyM,
    address,
    summary,
    receivedAt,
  ]);
  if (rows.length === 0) {
    const known = (await tx.query<{ number: number; version: number; agency_id: string }>(sql.vek, [[id], null, 1]))
      .rows[0]!;
    if (known.agency_id !== agencyId) throw new CommandError('id_taken', `${id} is another VEK`);
    return { repeated: true, number: known.number, version: known.version };
  }
  if (vek.caller !== null)
    await tx.query(sql.insert_caller, [
      id,
      agencyId,
      vek.caller.phone ?? null,
      vek.caller.name ?? null,
      vek.caller.note ?? null,
    ]);
  for (const agency of vek.offerTo) await tx.query(sql.offer_service, [id, agency]);
  const { number, version } = rows[0]!;
  records.event({
    type: 'lv.vanags.vek.created.v1',
    agencyId,
    concerned: vek.offerTo,
    aggregate: { kind: 'vek', id, version },
    data: { vekId: id, number, channel, typeCode, priority, status: 'new', offeredTo: vek.offerTo },
    at: receivedAt,
  });
  return { repeated: false, number, version };
}

export interface VekPatch {
  readonly typeCode?: string | null | undefined;
  readonly priority?: string | null | undefined;
  readonly lon?: number | null | undefined;
  readonly lat?: number | null | undefined;
  readonly accuracyM?: number | null | undefined;
  readonly address?: string | null | undefined;
  readonly summary?: string | null | undefined;
  readonly alarmLevel?: number | null | undefined;
}

/** Changes a card that is still as the caller saw it. @throws CommandError `vek_unknown`, `version_conflict` with the current version */
export async function updateVek(
  tx: Queryable,
  records: Records,
  vekId: string,
  version: number,
  patch: VekPatch,
  at: number,
): Promise<number> {
  const {
    typeCode = null,
    priority = null,
    lon = null,
    lat = null,
    accuracyM = null,
    address = null,
    summary = null,
    alarmLevel = null,
  } = patch;
  const { rows } = await tx.query<{ version: number }>(sql.update_vek, [
    vekId,
    version,
    typeCode,
    priority,
    lon,
    lat,
    accuracyM,
    address,
    summary,
    alarmLevel,
  ]);
  const now = await vekParties(tx, vekId);
  if (rows.length === 0)
    throw new CommandError('version_conflict', `VEK ${vekId} was changed by somebody else`, { version: now.version });
  records.event({
    type: 'lv.vanags.vek.changed.v1',
    agencyId: now.ownerId,
    concerned: now.parties,
    aggregate: { kind: 'vek', id: vekId, version: now.version },
    data: { vekId, status: now.status, changed: Object.keys(patch) },
    at,
  });
  return now.version;
}

/** Ends a card. @throws CommandError `vek_unknown`, `vek_ended`, `version_conflict`, `unit_busy` while a unit is still assigned */
export async function closeVek(
  tx: Queryable,
  records: Records,
  vekId: string,
  version: number,
  as: 'closed' | 'cancelled',
  at: number,
): Promise<number> {
  const before = await vekParties(tx, vekId);
  if (['closed', 'cancelled', 'transferred', 'merged'].includes(before.status))
    throw new CommandError('vek_ended', `VEK ${vekId} is ${before.status}`, { status: before.status });
  const { assignments } = (
    await tx.query<{ assignments: { id: string; unitId: string; status: string }[] }>(sql.vek, [[vekId], null, 1])
  ).rows[0]!;
  const open = assignments.filter((assignment) => assignment.status !== 'done' && assignment.status !== 'cancelled');
  if (open.length > 0)
    throw new CommandError('unit_busy', `${open.length} units are still assigned`, {
      unitIds: open.map((assignment) => assignment.unitId),
    });
  const { rows } = await tx.query<{ version: number }>(sql.close_vek, [vekId, version, as]);
  if (rows.length === 0)
    throw new CommandError('version_conflict', `VEK ${vekId} was changed by somebody else`, {
      version: before.version,
    });
  records.event({
    type: 'lv.vanags.vek.closed.v1',
    agencyId: before.ownerId,
    concerned: before.parties,
    aggregate: { kind: 'vek', id: vekId, version: rows[0]!.version },
    data: { vekId, status: as },
    at,
  });
  return rows[0]!.version;
}

/** Offers a card to an agency. Offering it again changes nothing. @throws CommandError `vek_unknown`, `vek_ended` */
export async function offerVek(
  tx: Queryable,
  records: Records,
  vekId: string,
  agencyId: string,
  at: number,
): Promise<void> {
  const before = await vekParties(tx, vekId);
  if (['closed', 'cancelled', 'transferred', 'merged'].includes(before.status))
    throw new CommandError('vek_ended', `VEK ${vekId} is ${before.status}`, { status: before.status });
  if ((await tx.query(sql.offer_service, [vekId, agencyId])).rows.length > 0)
    await serviceEvent(tx, records, vekId, agencyId, 'offered', at);
}

/**
 * An agency takes or refuses its part. Responsibility moves only with this.
 * @throws CommandError `service_unknown` when it was not offered, `service_answered` when units are under way already
 */
export async function answerVek(
  tx: Queryable,
  records: Records,
  vekId: string,
  agencyId: string,
  answer: 'accepted' | 'refused',
  reason: string | null,
  at: number,
): Promise<void> {
  const status = (await tx.query<{ status: VekServiceStatus }>(sql.service_status, [vekId, agencyId])).rows[0]?.status;
  if (status === undefined) throw new CommandError('service_unknown', `VEK ${vekId} was not offered to this agency`);
  if (status === answer) return;
  if ((await tx.query(sql.answer_service, [vekId, agencyId, answer, reason])).rows.length === 0) {
    throw new CommandError('service_answered', `the part is ${status}`, { status });
  }
  await serviceEvent(tx, records, vekId, agencyId, answer, at);
}

async function serviceEvent(
  tx: Queryable,
  records: Records,
  vekId: string,
  agencyId: string,
  status: VekServiceStatus,
  at: number,
): Promise<void> {
  // a part's change is a change of the card: its version moves, so that versions order the events
  const vek = (await tx.query<{ version: number; agency_id: string; status: string }>(sql.derive_vek, [vekId]))
    .rows[0]!;
  records.event({
    type: `lv.vanags.vek.service_${status}.v1`,
    agencyId: vek.agency_id,
    concerned: (await vekParties(tx, vekId)).parties,
    aggregate: { kind: 'vek', id: vekId, version: vek.version },
    data: { vekId, agencyId, status },
    at,
  });
}

export interface NewHold {
  readonly id: string;
  readonly unitId: string;
  readonly vekId: string;
  readonly by: string;
  readonly seconds: number;
  readonly at: number;
}

/**
 * Holds a unit for a VEK. Atomic in the database: two desks never get the same one, not for one VEK either. Repeated by the same desk it
 * holds on from now. @throws CommandError `unit_unknown`, `unit_held`, `unit_busy`, `vek_unknown`
 */
export async function holdUnit(tx: Queryable, records: Records, hold: NewHold): Promise<{ expiresAt: number }> {
  const unit = await unitForChange(tx, hold.unitId);
  const { parties } = await vekParties(tx, hold.vekId);
  const active = (await tx.query<{ vek_id: string }>(sql.active_assignment, [unit.id])).rows[0];
  if (active !== undefined)
    throw new CommandError('unit_busy', `unit ${unit.id} is on another VEK`, { vekId: active.vek_id });
  const { rows } = await tx.query<{ expires_at: number }>(sql.hold_unit, [
    unit.id,
    hold.id,
    unit.agency_id,
    hold.vekId,
    hold.by,
    hold.seconds,
  ]);
  if (rows.length === 0) {
    const other = (await tx.query<{ vek_id: string; held_by: string; expires_at: number }>(sql.hold_of, [unit.id]))
      .rows[0];
    throw new CommandError('unit_held', `unit ${unit.id} is held by another desk`, {
      vekId: other?.vek_id,
      heldBy: other?.held_by,
      expiresAt: other?.expires_at,
    });
  }
  const expiresAt = rows[0]!.expires_at;
  records.event({
    type: 'lv.vanags.unit.held.v1',
    agencyId: unit.agency_id,
    concerned: parties,
    aggregate: { kind: 'unit', id: unit.id, version: unit.version },
    data: { unitId: unit.id, vekId: hold.vekId, expiresAt },
    at: hold.at,
  });
  return { expiresAt };
}

export interface HoldRow {
  readonly unit_id: string;
  readonly vek_id: string;
  readonly agency_id: string;
  readonly held_by: string;
  /** Of the unit. */
  readonly version: number;
}

/** A hold that is there, whether or not it has run out; undefined: it is over. */
export async function holdById(database: Queryable, id: string): Promise<HoldRow | undefined> {
  return (await database.query<HoldRow>(sql.hold, [id])).rows[0];
}

/** Gives a held unit back before its time. Repeated, that changes nothing. */
export async function releaseHold(
  tx: Queryable,
  records: Records,
  id: string,
  { unit_id: unitId, vek_id: vekId, agency_id: agencyId, version }: HoldRow,
  at: number,
): Promise<void> {
  if ((await tx.query(sql.end_hold, [id])).rows.length === 0) return;
  const { parties } = await vekParties(tx, vekId);
  records.event({
    type: 'lv.vanags.unit.released.v1',
    agencyId,
    concerned: parties,
    aggregate: { kind: 'unit', id: unitId, version },
    data: { unitId, vekId },
    at,
  });
}
