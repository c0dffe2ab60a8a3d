/**
 * Where a VEK, an assignment and a unit meet: sending a unit, moving it through its statuses, ending its work. Status belongs to the
 * assignment; the unit's shown status, each agency's part and the VEK's own status are derived here, in the same transaction.
 */
import type { Records } from '../feed/record.js';
import { ALLOWED_MOVES, DISPATCHABLE_STATUSES, isAssignmentStatus, type UnitStatus } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { CommandError } from './errors.js';
import { veksSql as sql } from './veks-sql.js';

/** Who caused a change, for milestones and events. */
export type StatusSource = 'crew' | 'dispatcher' | 'system';

interface UnitRow {
  readonly id: string;
  readonly agency_id: string;
  readonly status: UnitStatus;
  readonly status_since: number;
  readonly version: number;
  readonly retired: boolean;
}

interface AssignmentRow {
  readonly id: string;
  readonly agency_id: string;
  readonly vek_id: string;
  readonly unit_id: string;
  readonly status: string;
  readonly version: number;
}

/** Locks and reads the unit. @throws CommandError `unit_unknown` */
export async function unitForChange(tx: Queryable, unitId: string): Promise<UnitRow> {
  const unit = (await tx.query<UnitRow>(sql.unit_for_change, [unitId])).rows[0];
  if (unit === undefined) throw new CommandError('unit_unknown', `no unit ${unitId}`);
  return unit;
}

/** The agencies a VEK's events concern: its owner and all with a part. @throws CommandError `vek_unknown` */
export async function vekParties(
  tx: Queryable,
  vekId: string,
): Promise<{ ownerId: string; parties: string[]; version: number; status: string }> {
  const row = (
    await tx.query<{ agency_id: string; parts: string[]; version: number; status: string }>(sql.vek_parties, [vekId])
  ).rows[0];
  if (row === undefined) throw new CommandError('vek_unknown', `no VEK ${vekId}`);
  return { ownerId: row.agency_id, parties: [row.agency_id, ...row.parts], version: row.version, status: row.status };
}

export interface NewAssignment {
  readonly id: string;
  readonly vekId: string;
  readonly unitId: string;
  readonly by: string;
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
  { id, vekId, unitId, by, at }: NewAssignment,
): Promise<{ repeated: boolean }> {
  const known = (await tx.query<AssignmentRow>(sql.assignment, [id])).rows[0];
  if (known !== undefined) {
    if (known.vek_id === vekId && known.unit_id === unitId) return { repeated: true };
    throw new CommandError('id_taken', `${id} is another assignment`);
  }
  const { status: vekStatus } = await vekParties(tx, vekId);
  if (['closed', 'cancelled', 'transferred', 'merged'].includes(vekStatus))
    throw new CommandError('vek_ended', `VEK ${vekId} is ${vekStatus}`, { status: vekStatus });
  const unit = await unitForChange(tx, unitId);
  if (unit.retired) throw new CommandError('unit_retired', `unit ${unitId} was retired`);
  const active = (await tx.query<AssignmentRow>(sql.active_assignment, [unitId])).rows[0];
  if (active !== undefined)
    throw new CommandError('unit_busy', `unit ${unitId} is on another VEK`, {
      vekId: active.vek_id,
      assignmentId: active.id,
    });
  const hold = (await tx.query<{ vek_id: string; held_by: string; expires_at: number }>(sql.hold_of, [unitId])).rows[0];
  if (hold !== undefined && (hold.vek_id !== vekId || hold.held_by !== by)) {
    throw new CommandError('unit_held', `unit ${unitId} is held by another desk`, {
      vekId: hold.vek_id,
      heldBy: hold.held_by,
      expiresAt: hold.expires_at,
    });
  }
  if (!DISPATCHABLE_STATUSES.includes(unit.status)) {
    throw new CommandError('unit_not_dispatchable', `unit ${unitId} is ${unit.status}`, {
      status: unit.status,
      allowed: DISPATCHABLE_STATUSES,
    });
  }
  await tx.query(sql.offer_service, [vekId, unit.agency_id]);
  await tx.query(sql.insert_assignment, [id, unit.agency_id, vekId, unitId, by]);
  await tx.query(sql.milestone, [id, unit.agency_id, 'dispatched', at, at, 'dispatcher']);
  await tx.query(sql.release_hold, [unitId, vekId]);
  await showStatus(tx, records, unit, 'dispatched', { at, source: 'dispatcher', assignmentId: id, vekId });
  const { parties } = await vekParties(tx, vekId);
  records.event({
    type: 'lv.vanags.assignment.created.v1',
    agencyId: unit.agency_id,
    concerned: parties,
    aggregate: { kind: 'assignment', id, version: 1 },
    data: { assignmentId: id, vekId, unitId },
    at,
  });
  await deriveVek(tx, records, vekId, at);
  return { repeated: false };
}

interface StatusChange {
  readonly at: number;
  readonly source: StatusSource;
  readonly assignmentId: string | null;
  readonly vekId: string | null;
}

/** Writes what the unit shows from now on, with its event. */
async function showStatus(
  tx: Queryable,
  records: Records,
  unit: UnitRow,
  status: UnitStatus,
  { at, source, assignmentId, vekId }: StatusChange,
): Promise<void> {
  const atRest = !isAssignmentStatus(status);
  const { rows } = await tx.query<{ version: number }>(sql.set_unit_status, [unit.id, status, at, source, atRest]);
  const concerned = vekId === null ? [] : (await vekParties(tx, vekId)).parties;
  records.event({
    type: 'lv.vanags.unit.status_changed.v1',
    agencyId: unit.agency_id,
    concerned,
    aggregate: { kind: 'unit', id: unit.id, version: rows[0]!.version },
    data: { unitId: unit.id, from: unit.status, to: status, since: at, source, assignmentId, vekId },
    at,
  });
}

/** Derives the parts and the card from the assignments, with one event. */
async function deriveVek(tx: Queryable, records: Records, vekId: string, at: number): Promise<void> {
  await tx.query(sql.derive_services, [vekId]);
  const { rows } = await tx.query<{
    status: string;
    version: number;
    agency_id: string;
    type_code: string | null;
    priority: string | null;
  }>(sql.derive_vek, [vekId]);
  const vek = rows[0]!;
  records.event({
    type: 'lv.vanags.vek.changed.v1',
    agencyId: vek.agency_id,
    concerned: (await vekParties(tx, vekId)).parties,
    aggregate: { kind: 'vek', id: vekId, version: vek.version },
    data: { vekId, status: vek.status, typeCode: vek.type_code, priority: vek.priority },
    at,
  });
}

export interface StatusPing {
  readonly unitId: string;
  readonly status: UnitStatus;
  /** The assignment the crew means; null: the active one. */
  readonly assignmentId: string | null;
  /** When it happened by the crew's or dispatcher's clock, and when we learnt of it; epoch ms. */
  readonly at: number;
  readonly receivedAt: number;
  readonly source: StatusSource;
  /** A dispatcher's reason for a move that the table does not allow. */
  readonly overrideReason?: string;
}

/**
 * How a ping was taken: `applied`; `recorded_late`: milestone written at its own time, what is shown is newer; `unchanged`;
 * `dispatched_meanwhile`: the crew was sent somewhere that it does not know of yet, so its being free ends nothing.
 */
export type StatusOutcome = 'applied' | 'recorded_late' | 'unchanged' | 'dispatched_meanwhile';

/**
 * Takes a status ping of a unit, from its crew or by hand.
 * @throws CommandError `unit_unknown`, `assignment_unknown`, `assignment_ended`, `status_not_allowed` (with the allowed ones)
 */
export async function moveUnit(tx: Queryable, records: Records, ping: StatusPing): Promise<StatusOutcome> {
  const { status, at, receivedAt, source } = ping;
  const unit = await unitForChange(tx, ping.unitId);
  const active = (await tx.query<AssignmentRow & { begun: boolean }>(sql.active_assignment, [unit.id])).rows[0];
  const meant =
    ping.assignmentId === null ? active : (await tx.query<AssignmentRow>(sql.assignment, [ping.assignmentId])).rows[0];
  if (ping.assignmentId !== null && (meant === undefined || meant.unit_id !== unit.id)) {
    throw new CommandError('assignment_unknown', `unit ${unit.id} has no assignment ${ping.assignmentId}`);
  }
  const ended = meant !== undefined && (meant.status === 'done' || meant.status === 'cancelled');

  if (isAssignmentStatus(status)) {
    if (meant === undefined) {
      throw new CommandError('status_not_allowed', `${status} needs an assignment`, {
        from: unit.status,
        allowed: ALLOWED_MOVES[unit.status].filter((to) => !isAssignmentStatus(to)),
      });
    }
    const written =
      (await tx.query(sql.milestone, [meant.id, meant.agency_id, status, at, receivedAt, source])).rows.length > 0;
    if (status === unit.status && meant.id === active?.id) return written ? 'recorded_late' : 'unchanged';
    // a milestone that comes late lands at its own time and does not turn back what is shown
    if (ended || at < unit.status_since || meant.id !== active?.id) return written ? 'recorded_late' : 'unchanged';
    requireAllowed(unit, ping);
    await tx.query(sql.move_assignment, [meant.id, status]);
    await showStatus(tx, records, unit, status, { at, source, assignmentId: meant.id, vekId: meant.vek_id });
    await deriveVek(tx, records, meant.vek_id, at);
    return 'applied';
  }

  if (status === unit.status) return 'unchanged';
  if (at < unit.status_since) return 'recorded_late';
  if (
    active !== undefined &&
    source === 'crew' &&
    ping.assignmentId !== active.id &&
    (ping.assignmentId !== null || !active.begun)
  ) {
    return 'dispatched_meanwhile';
  }
  requireAllowed(unit, ping);
  if (active !== undefined) await endAssignment(tx, active, 'done', ping);
  await showStatus(tx, records, unit, status, {
    at,
    source,
    assignmentId: active?.id ?? null,
    vekId: active?.vek_id ?? null,
  });
  if (active !== undefined) await deriveVek(tx, records, active.vek_id, at);
  return 'applied';
}

function requireAllowed(unit: UnitRow, { status, overrideReason }: StatusPing): void {
  if (overrideReason !== undefined || ALLOWED_MOVES[unit.status].includes(status)) return;
  throw new CommandError('status_not_allowed', `from ${unit.status} to ${status}`, {
    from: unit.status,
    allowed: ALLOWED_MOVES[unit.status],
  });
}

async function endAssignment(
  tx: Queryable,
  assignment: AssignmentRow,
  as: 'done' | 'cancelled',
  { at, receivedAt, source }: { at: number; receivedAt: number; source: StatusSource },
): Promise<void> {
  await tx.query(sql.move_assignment, [assignment.id, as]);
  await tx.query(sql.milestone, [assignment.id, assignment.agency_id, as, at, receivedAt, source]);
}

/**
 * Takes an assignment back. The unit becomes available where it is.
 * @throws CommandError `assignment_unknown`, `assignment_ended`
 */
export async function cancelAssignment(
  tx: Queryable,
  records: Records,
  assignmentId: string,
  at: number,
): Promise<void> {
  const assignment = (await tx.query<AssignmentRow>(sql.assignment, [assignmentId])).rows[0];
  if (assignment === undefined) throw new CommandError('assignment_unknown', `no assignment ${assignmentId}`);
  if (assignment.status === 'done' || assignment.status === 'cancelled')
    throw new CommandError('assignment_ended', `assignment ${assignmentId} is ${assignment.status}`);
  const unit = await unitForChange(tx, assignment.unit_id);
  await endAssignment(tx, assignment, 'cancelled', { at, receivedAt: at, source: 'dispatcher' });
  await showStatus(tx, records, unit, 'available', {
    at,
    source: 'dispatcher',
    assignmentId,
    vekId: assignment.vek_id,
  });
  records.event({
    type: 'lv.vanags.assignment.cancelled.v1',
    agencyId: assignment.agency_id,
    concerned: (await vekParties(tx, assignment.vek_id)).parties,
    aggregate: { kind: 'assignment', id: assignmentId, version: assignment.version + 1 },
    data: { assignmentId, vekId: assignment.vek_id, unitId: assignment.unit_id },
    at,
  });
  await deriveVek(tx, records, assignment.vek_id, at);
}

/**
 * Notes when a unit is expected to be free again; null: nobody knows any more.
 * @throws CommandError `assignment_unknown`, `assignment_ended`
 */
export async function expectFree(
  tx: Queryable,
  records: Records,
  assignmentId: string,
  expectedFreeAt: number | null,
  at: number,
): Promise<void> {
  const assignment = (await tx.query<AssignmentRow>(sql.assignment, [assignmentId])).rows[0];
  if (assignment === undefined) throw new CommandError('assignment_unknown', `no assignment ${assignmentId}`);
  const row = (await tx.query<{ version: number }>(sql.expect_free, [assignmentId, expectedFreeAt])).rows[0];
  if (row === undefined)
    throw new CommandError('assignment_ended', `assignment ${assignmentId} is ${assignment.status}`);
  const { agency_id: agencyId, vek_id: vekId, unit_id: unitId } = assignment;
  records.event({
    type: 'lv.vanags.assignment.free_expected.v1',
    agencyId,
    concerned: (await vekParties(tx, vekId)).parties,
    aggregate: { kind: 'assignment', id: assignmentId, version: row.version },
    data: { assignmentId, vekId, unitId, expectedFreeAt },
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
    concerned: (await vekParties(tx, assignment.vek_id)).parties,
    aggregate: { kind: 'assignment', id: assignmentId, version: rows[0]!.version },
    data: { assignmentId, vekId: assignment.vek_id, unitId },
    at,
  });
  return true;
}
