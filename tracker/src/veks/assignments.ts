/** Assignments: sending a unit, having it relieved, taking it back, and what its crew and its desk say of the work besides its status. */
import type { Records } from '../feed/record.js';
import { ASSIGNMENT_MOVES, DISPATCHABLE_STATUSES } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import type { ExpectedFree } from '../units/directory.js';
import { CommandError } from './errors.js';
import { type AssignmentRow, endAssignment, showStatus, unitForChange } from './unit-status.js';
import { type Actor, deriveVek, openCard, vekCard } from './vek-card.js';
import { noteOnCard } from './vek-journal.js';
import { takePart } from './vek-parts.js';
import { veksSql as sql } from './veks-sql.js';

export interface NewAssignment {
  readonly id: string;
  readonly vekId: string;
  readonly unitId: string;
  readonly by: Actor;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * Sends a unit to a VEK. Repeating it with the same id changes nothing.
 * @throws CommandError `vek_unknown`, `vek_ended`, `unit_unknown`, `unit_retired`, `unit_busy`, `unit_held`, `unit_not_dispatchable`, `id_taken`
 */
export async function assignUnit(
  tx: Queryable,
  records: Records,
  assignment: NewAssignment,
): Promise<{ repeated: boolean }> {
  if (await wasSent(tx, assignment)) return { repeated: true };
  await send(tx, records, assignment, null);
  return { repeated: false };
}

export interface NewRelief {
  readonly id: string;
  /** Of whom it takes over from. */
  readonly assignmentId: string;
  readonly unitId: string;
  readonly by: Actor;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * Sends a unit to take over from another one, which works on until it leaves: each has an assignment with milestones of its own, and the
 * one relieved is written down as such when the other arrives. Repeating it with the same id changes nothing.
 * @throws CommandError `assignment_unknown`, `assignment_ended`, `already_relieved` with the assignment that does, and those of `assignUnit`
 */
export async function relieveUnit(
  tx: Queryable,
  records: Records,
  { id, assignmentId, unitId, by, at }: NewRelief,
): Promise<{ repeated: boolean; vekId: string }> {
  const relieved = (await tx.query<AssignmentRow>(sql.assignment, [assignmentId])).rows[0];
  if (relieved === undefined) throw new CommandError('assignment_unknown', `no assignment ${assignmentId}`);
  const assignment = { id, vekId: relieved.vek_id, unitId, by, at };
  if (await wasSent(tx, assignment)) return { repeated: true, vekId: relieved.vek_id };
  requireRunning(relieved);
  const other = (await tx.query<{ id: string; unit_id: string }>(sql.relief_of, [assignmentId])).rows[0];
  if (other !== undefined)
    throw new CommandError('already_relieved', `unit ${other.unit_id} takes over`, {
      assignmentId: other.id,
      unitId: other.unit_id,
    });
  await send(tx, records, assignment, relieved);
  return { repeated: false, vekId: relieved.vek_id };
}

/** @throws CommandError `id_taken` */
async function wasSent(tx: Queryable, { id, vekId, unitId }: NewAssignment): Promise<boolean> {
  const known = (await tx.query<AssignmentRow>(sql.assignment, [id])).rows[0];
  if (known === undefined) return false;
  if (known.vek_id === vekId && known.unit_id === unitId) return true;
  throw new CommandError('id_taken', `${id} is another assignment`);
}

async function send(
  tx: Queryable,
  records: Records,
  { id, vekId, unitId, by, at }: NewAssignment,
  relieved: AssignmentRow | null,
): Promise<void> {
  const [, unit, busy, held] = await Promise.all([
    openCard(tx, vekId),
    unitForChange(tx, unitId),
    tx.query<AssignmentRow>(sql.active_assignment, [unitId]),
    tx.query<{ vek_id: string; held_by: string; expires_at: number }>(sql.hold_of, [unitId]),
  ]);
  if (unit.retired) throw new CommandError('unit_retired', `unit ${unitId} was retired`);
  const [active, hold] = [busy.rows[0], held.rows[0]];
  if (active !== undefined)
    throw new CommandError('unit_busy', `unit ${unitId} is on another VEK`, {
      vekId: active.vek_id,
      assignmentId: active.id,
    });
  if (hold !== undefined && (hold.vek_id !== vekId || hold.held_by !== by.subject)) {
    throw new CommandError('unit_held', `unit ${unitId} is held by another desk`, {
      vekId: hold.vek_id,
      heldBy: hold.held_by,
      expiresAt: hold.expires_at,
    });
  }
  if (!DISPATCHABLE_STATUSES.includes(unit.status)) {
    throw new CommandError('unit_not_dispatchable', `unit ${unitId} is ${unit.status}`, {
      unitStatus: unit.status,
      allowed: DISPATCHABLE_STATUSES,
    });
  }
  const written = [
    takePart(tx, vekId, unit.agency_id),
    tx.query(sql.insert_assignment, [id, unit.agency_id, vekId, unitId, by.subject, relieved?.id ?? null]),
    tx.query(sql.milestone, [id, unit.agency_id, 'dispatched', at, at, 'dispatcher']),
    tx.query(sql.release_hold, [unitId, vekId]),
  ];
  const [{ parties }] = await Promise.all([vekCard(tx, vekId), ...written]); // with the one that is new
  const work = { assignmentId: id, vekId, parties };
  await showStatus(tx, records, unit, 'dispatched', { at, source: 'dispatcher', work });
  records.event({
    type: 'lv.vanags.assignment.created.v1',
    agencyId: unit.agency_id,
    concerned: parties,
    aggregate: { kind: 'assignment', id, version: 1 },
    data: { assignmentId: id, vekId, unitId, relieves: relieved?.id ?? null },
    at,
  });
  const detail = { assignmentId: id, unitId, ...(relieved === null ? {} : { relieves: relieved.id }) };
  await deriveVek(tx, records, vekId, { what: 'assigned', by, detail, at });
}

/** @throws CommandError `assignment_ended` */
function requireRunning({ id, status }: AssignmentRow): void {
  if (!ASSIGNMENT_MOVES[status].includes('done'))
    throw new CommandError('assignment_ended', `assignment ${id} is ${status}`, { assignmentStatus: status });
}

export interface Cancellation {
  readonly assignmentId: string;
  readonly by: Actor;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * Takes an assignment back. The unit becomes available where it is.
 * @throws CommandError `assignment_unknown`, `assignment_ended`
 */
export async function cancelAssignment(
  tx: Queryable,
  records: Records,
  { assignmentId, by, at }: Cancellation,
): Promise<void> {
  const assignment = (await tx.query<AssignmentRow>(sql.assignment, [assignmentId])).rows[0];
  if (assignment === undefined) throw new CommandError('assignment_unknown', `no assignment ${assignmentId}`);
  requireRunning(assignment);
  const { vek_id: vekId, unit_id: unitId, agency_id: agencyId } = assignment;
  const unit = await unitForChange(tx, unitId);
  await endAssignment(tx, assignment, 'cancelled', { at, receivedAt: at, source: 'dispatcher' });
  const { parties } = await vekCard(tx, vekId);
  await showStatus(tx, records, unit, 'available', {
    at,
    source: 'dispatcher',
    work: { assignmentId, vekId, parties },
  });
  records.event({
    type: 'lv.vanags.assignment.cancelled.v1',
    agencyId,
    concerned: parties,
    aggregate: { kind: 'assignment', id: assignmentId, version: assignment.version + 1 },
    data: { assignmentId, vekId, unitId },
    at,
  });
  await deriveVek(tx, records, vekId, { what: 'cancelled', by, detail: { assignmentId, unitId }, at });
}

/**
 * Notes when a unit is expected to be free again, and where; null: nobody knows any more.
 * @throws CommandError `assignment_unknown`, `assignment_ended`
 */
export async function expectFree(
  tx: Queryable,
  records: Records,
  assignmentId: string,
  expected: ExpectedFree | null,
  { by, at }: { readonly by: Actor; readonly at: number },
): Promise<void> {
  const assignment = (await tx.query<AssignmentRow>(sql.assignment, [assignmentId])).rows[0];
  if (assignment === undefined) throw new CommandError('assignment_unknown', `no assignment ${assignmentId}`);
  const expectedFreeAt = expected?.at ?? null;
  const place = expected?.place ?? null;
  const fields = [assignmentId, expectedFreeAt, place?.lon ?? null, place?.lat ?? null, place?.name ?? null];
  const row = (await tx.query<{ version: number }>(sql.expect_free, fields)).rows[0];
  if (row === undefined)
    throw new CommandError('assignment_ended', `assignment ${assignmentId} is ${assignment.status}`);
  const { agency_id: agencyId, vek_id: vekId, unit_id: unitId } = assignment;
  await noteOnCard(tx, vekId, 'free_expected', by, { assignmentId, unitId, expectedFreeAt }, at);
  records.event({
    type: 'lv.vanags.assignment.free_expected.v1',
    agencyId,
    concerned: (await vekCard(tx, vekId)).parties,
    aggregate: { kind: 'assignment', id: assignmentId, version: row.version },
    data: { assignmentId, vekId, unitId, expectedFreeAt, freePlace: place && { lon: place.lon, lat: place.lat } },
    at,
  });
}

/** The crew has the assignment: the milestone, and the hub stops repeating it. Returns false when it had been written before. */
export async function acknowledgeAssignment(
  tx: Queryable,
  records: Records,
  unitId: string,
  assignmentId: string,
  at: number,
  receivedAt: number,
): Promise<boolean> {
  const assignment = (await tx.query<AssignmentRow>(sql.assignment, [assignmentId])).rows[0];
  if (assignment === undefined || assignment.unit_id !== unitId)
    throw new CommandError('assignment_unknown', `unit ${unitId} has no assignment ${assignmentId}`);
  const written =
    (await tx.query(sql.milestone, [assignmentId, assignment.agency_id, 'acknowledged', at, receivedAt, 'crew'])).rows
      .length > 0;
  if (!written) return false;
  const { rows } = await tx.query<{ version: number }>(sql.move_assignment, [assignmentId, assignment.status]);
  records.event({
    type: 'lv.vanags.assignment.acknowledged.v1',
    agencyId: assignment.agency_id,
    concerned: (await vekCard(tx, assignment.vek_id)).parties,
    aggregate: { kind: 'assignment', id: assignmentId, version: rows[0]!.version },
    data: { assignmentId, vekId: assignment.vek_id, unitId },
    at,
  });
  return true;
}
