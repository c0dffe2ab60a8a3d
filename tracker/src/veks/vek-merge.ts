import type { Records } from '../feed/record.js';
import { VEK_MOVES } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { CommandError } from './errors.js';
import { type Actor, deriveVek, type FieldChange, openCard, vekCard, vekEnded } from './vek-card.js';
import { versionConflict } from './vek-journal.js';
import { veksSql } from './veks-sql.js';

const sql = sqlStatements('./vek-merge.sql', import.meta.url, [
  'survivor',
  'absorb',
  'move_parts',
  'move_assignments',
  'move_holds',
  'move_reservations',
]);

export interface Merge {
  readonly vekId: string;
  readonly version: number;
  readonly intoVekId: string;
  readonly intoVersion: number;
  readonly reason: string | null;
  readonly by: Actor;
  /** Epoch ms. */
  readonly at: number;
}

export interface Merged {
  readonly version: number;
  readonly intoVersion: number;
  /** Units at work that are on the other card now. */
  readonly unitIds: readonly string[];
}

interface MovedAssignment {
  readonly id: string;
  readonly agency_id: string;
  readonly unit_id: string;
  readonly status: string;
  readonly version: number;
}

/**
 * Merges a card into another of the same emergency: its parts and assignments go there, what it was stays to be read, and the other takes
 * over what it does not know itself. Units under way are not disturbed: their assignments keep ids, statuses and milestones. Repeated, it
 * changes nothing.
 * @throws CommandError `vek_unknown`, `vek_same`, `vek_ended` with the card and its status, `version_conflict` with the card
 */
export async function mergeVek(tx: Queryable, records: Records, merge: Merge): Promise<Merged> {
  const { vekId, version, intoVekId, intoVersion, reason, by, at } = merge;
  if (vekId === intoVekId) throw new CommandError('vek_same', `VEK ${vekId} cannot be merged into itself`);
  const from = await vekCard(tx, vekId);
  if (from.mergedInto !== null && (from.mergedInto === intoVekId || (await survivorOf(tx, vekId)) === intoVekId))
    return { version: from.version, intoVersion: (await vekCard(tx, intoVekId)).version, unitIds: [] };
  if (!VEK_MOVES[from.status].includes('merged')) throw vekEnded(vekId, from.status);
  const into = await openCard(tx, intoVekId);
  if (from.version !== version) throw await versionConflict(tx, vekId, version);
  if (into.version !== intoVersion) throw await versionConflict(tx, intoVekId, intoVersion);

  const between = [vekId, intoVekId];
  const absorbed = (await tx.query<{ changes: FieldChange[] }>(sql.absorb, between)).rows[0]!;
  const parts = (await tx.query<FieldChange>(sql.move_parts, between)).rows;
  const assignments = (await tx.query<MovedAssignment>(sql.move_assignments, between)).rows;
  await tx.query(sql.move_holds, between);
  await tx.query(sql.move_reservations, between);
  const detail = { vekId, intoVekId, ...(reason === null ? {} : { reason }) };
  const ended = await tx.query<{ version: number }>(veksSql.end_vek, [
    vekId,
    version,
    'merged',
    null,
    null,
    intoVekId,
    'merged',
    by.subject,
    by.agencyId,
    JSON.stringify(detail),
    at,
  ]);
  const after = ended.rows[0]!;
  const concerned = [...from.parties, ...into.parties];
  records.event({
    type: 'lv.vanags.vek.merged.v1',
    agencyId: from.ownerId,
    concerned,
    aggregate: { kind: 'vek', id: vekId, version: after.version },
    data: { vekId, intoVekId },
    at,
  });
  const underWay = assignments.filter(({ status }) => status !== 'done' && status !== 'cancelled');
  for (const { id, agency_id, unit_id, version } of underWay)
    records.event({
      type: 'lv.vanags.assignment.moved.v1',
      agencyId: agency_id,
      concerned,
      aggregate: { kind: 'assignment', id, version },
      data: { assignmentId: id, unitId: unit_id, fromVekId: vekId, vekId: intoVekId },
      at,
    });
  const changes = [...absorbed.changes, ...parts];
  const moved = { ...detail, assignmentIds: assignments.map(({ id }) => id) };
  const survivor = await deriveVek(tx, records, intoVekId, { what: 'absorbed', by, detail: moved, changes, at });
  return { version: after.version, intoVersion: survivor.version, unitIds: underWay.map(({ unit_id }) => unit_id) };
}

/** The card that a merged one ended in, itself if it was not merged. */
async function survivorOf(tx: Queryable, vekId: string): Promise<string> {
  return (await tx.query<{ id: string }>(sql.survivor, [vekId])).rows[0]!.id;
}
