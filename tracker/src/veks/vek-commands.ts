/** Commands on the card itself: take a report, change it, end it, reopen it. */
import type { Records } from '../feed/record.js';
import { VEK_MOVES, type VekEnding } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { CommandError } from './errors.js';
import { type CallerData, insertCaller } from './restricted.js';
import { type Actor, type CardRow, cardOf, openCard, vekCard, vekEnded } from './vek-card.js';
import { versionConflict } from './vek-journal.js';
import { offerAtStart } from './vek-parts.js';
import { veksSql as sql } from './veks-sql.js';

/** A record of another system. */
export interface ExternalRecord {
  readonly system: string;
  readonly id: string;
}

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
  /** Codes of objects concerned. */
  readonly objects: readonly string[];
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly caller: CallerData | null;
  /** Agencies it is offered to from the start. */
  readonly offerTo: readonly string[];
  /** What it was made from, elsewhere: one card for each record of an agency. */
  readonly external: ExternalRecord | null;
  /** Subject of who took it. */
  readonly by: string;
}

/**
 * Stores a report. Repeating it with the same id changes nothing.
 * @throws CommandError `id_taken` when the id is another agency's card, `external_taken` with the card that its record has already
 */
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
    vek.by,
    vek.objects,
    vek.external?.system ?? null,
    vek.external?.id ?? null,
  ]);
  if (rows.length === 0) return knownVek(tx, vek);
  if (vek.caller !== null) await insertCaller(tx, id, agencyId, vek.caller);
  for (const agency of vek.offerTo) await offerAtStart(tx, id, agency, agencyId);
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

/** The card that was there before. */
async function knownVek(
  tx: Queryable,
  { id, agencyId, external }: NewVek,
): Promise<{ repeated: true; number: number; version: number }> {
  const { rows } = await tx.query<{ number: number; version: number; agency_id: string }>(sql.vek, [id, null]);
  const known = rows[0];
  if (known === undefined) {
    const other = await tx.query<{ id: string }>(sql.vek_by_external, [agencyId, external!.system, external!.id]);
    const vekId = other.rows[0]!.id;
    throw new CommandError('external_taken', `${external!.id} of ${external!.system} is VEK ${vekId}`, { vekId });
  }
  if (known.agency_id !== agencyId) throw new CommandError('id_taken', `${id} is another VEK`);
  return { repeated: true, number: known.number, version: known.version };
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
  readonly objects?: readonly string[] | null | undefined;
}

/** A change of a card by one who knows a version of it. */
interface VersionedCommand {
  readonly vekId: string;
  readonly version: number;
  readonly by: Actor;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * Changes a card that is still as the caller saw it. Returns its version.
 * @throws CommandError `vek_unknown`, `vek_ended`, `version_conflict` with the current version and what was changed since
 */
export async function updateVek(
  tx: Queryable,
  records: Records,
  { vekId, version, patch, by, at }: VersionedCommand & { readonly patch: VekPatch },
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
    objects = null,
  } = patch;
  const { rows } = await tx.query<CardRow>(sql.update_vek, [
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
    objects,
    by.subject,
    by.agencyId,
    at,
  ]);
  if (rows.length === 0) {
    await openCard(tx, vekId);
    throw await versionConflict(tx, vekId, version);
  }
  const now = cardOf(rows[0]!);
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

/** What became of a card. */
export interface Outcome {
  readonly code: string;
  readonly note: string | null;
}

/**
 * Ends a card. Returns its version.
 * @throws CommandError `vek_unknown`, `vek_ended`, `version_conflict`, `unit_busy` while a unit is still assigned
 */
export async function closeVek(
  tx: Queryable,
  records: Records,
  {
    vekId,
    version,
    as,
    outcome,
    by,
    at,
  }: VersionedCommand & { readonly as: VekEnding; readonly outcome: Outcome | null },
): Promise<number> {
  const [before, busy] = await Promise.all([
    vekCard(tx, vekId),
    tx.query<{ unit_id: string }>(sql.busy_units, [vekId]),
  ]);
  if (before.status !== 'assigned' && !VEK_MOVES[before.status].includes(as)) throw vekEnded(vekId, before.status);
  if (busy.rows.length > 0)
    throw new CommandError('unit_busy', `${busy.rows.length} units are still assigned`, {
      unitIds: busy.rows.map(({ unit_id }) => unit_id),
    });
  const { rows } = await tx.query<{ version: number }>(sql.end_vek, [
    vekId,
    version,
    as,
    outcome?.code ?? null,
    outcome?.note ?? null,
    null,
    'closed',
    by.subject,
    by.agencyId,
    '{}',
    at,
  ]);
  if (rows.length === 0) throw await versionConflict(tx, vekId, version);
  records.event({
    type: 'lv.vanags.vek.closed.v1',
    agencyId: before.ownerId,
    concerned: before.parties,
    aggregate: { kind: 'vek', id: vekId, version: rows[0]!.version },
    data: { vekId, status: as, outcome: outcome?.code ?? null },
    at,
  });
  return rows[0]!.version;
}

/**
 * Opens a card again that a person had ended: as new, whatever was done before. Returns its version.
 * @throws CommandError `vek_unknown`, `vek_not_ended`, `version_conflict`
 */
export async function reopenVek(
  tx: Queryable,
  records: Records,
  { vekId, version, reason, by, at }: VersionedCommand & { readonly reason: string },
): Promise<number> {
  const { status, ownerId, parties, mergedInto } = await vekCard(tx, vekId);
  if (mergedInto !== null) throw vekEnded(vekId, status);
  if (status !== 'closed' && status !== 'cancelled' && status !== 'transferred')
    throw new CommandError('vek_not_ended', `VEK ${vekId} is ${status}`, { vekStatus: status });
  const values = [vekId, version, by.subject, by.agencyId, JSON.stringify({ reason }), at];
  const row = (await tx.query<{ version: number }>(sql.reopen_vek, values)).rows[0];
  if (row === undefined) throw await versionConflict(tx, vekId, version);
  records.event({
    type: 'lv.vanags.vek.reopened.v1',
    agencyId: ownerId,
    concerned: parties,
    aggregate: { kind: 'vek', id: vekId, version: row.version },
    data: { vekId, status: 'new' },
    at,
  });
  return row.version;
}
