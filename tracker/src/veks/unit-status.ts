/**
 * What a unit shows, and how it moves. Status belongs to the assignment; the unit's shown status, each agency's part and the VEK's own status
 * are derived from it, in the same transaction.
 */
import type { Records } from '../feed/record.js';
import { ALLOWED_MOVES, type AssignmentState, isAssignmentStatus, type UnitStatus } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { CommandError } from './errors.js';
import { type Actor, deriveVek, type Happening, vekCard } from './vek-card.js';
import { noteOnCard } from './vek-journal.js';
import { veksSql as sql } from './veks-sql.js';

/** Who caused a change, for milestones and events. */
export type StatusSource = 'crew' | 'dispatcher' | 'system';

export interface UnitRow {
  readonly id: string;
  readonly agency_id: string;
  readonly status: UnitStatus;
  readonly status_since: number;
  readonly version: number;
  readonly retired: boolean;
}

/** An assignment as commands read it. */
export interface AssignmentRow {
  readonly id: string;
  readonly agency_id: string;
  readonly vek_id: string;
  readonly unit_id: string;
  readonly status: AssignmentState;
  readonly version: number;
  readonly relieves_id: string | null;
}

/** Locks and reads the unit. @throws CommandError `unit_unknown` */
export async function unitForChange(tx: Queryable, unitId: string): Promise<UnitRow> {
  const unit = (await tx.query<UnitRow>(sql.unit_for_change, [unitId])).rows[0];
  if (unit === undefined) throw new CommandError('unit_unknown', `no unit ${unitId}`);
  return unit;
}

interface StatusChange {
  readonly at: number;
  readonly source: StatusSource;
  /** The assignment that it is about, and whom its VEK concerns. */
  readonly work: { readonly assignmentId: string; readonly vekId: string; readonly parties: readonly string[] } | null;
}

/** Writes what the unit shows from now on, with its event. */
export async function showStatus(
  tx: Queryable,
  records: Records,
  unit: UnitRow,
  status: UnitStatus,
  { at, source, work }: StatusChange,
): Promise<void> {
  const atRest = !isAssignmentStatus(status);
  const { rows } = await tx.query<{ version: number }>(sql.set_unit_status, [unit.id, status, at, source, atRest]);
  records.event({
    type: 'lv.vanags.unit.status_changed.v1',
    agencyId: unit.agency_id,
    concerned: work?.parties ?? [],
    aggregate: { kind: 'unit', id: unit.id, version: rows[0]!.version },
    data: {
      unitId: unit.id,
      from: unit.status,
      to: status,
      since: at,
      source,
      assignmentId: work?.assignmentId ?? null,
      vekId: work?.vekId ?? null,
    },
    at,
  });
}

/** Writes its end; what the unit shows is written apart. */
export async function endAssignment(
  tx: Queryable,
  assignment: AssignmentRow,
  as: 'done' | 'cancelled',
  { at, receivedAt, source }: { at: number; receivedAt: number; source: StatusSource },
): Promise<void> {
  await tx.query(sql.move_assignment, [assignment.id, as]);
  await tx.query(sql.milestone, [assignment.id, assignment.agency_id, as, at, receivedAt, source]);
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
  /** The dispatcher who entered it, or the crew. */
  readonly by: Actor;
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
 * @throws CommandError `unit_unknown`, `assignment_unknown`, `status_not_allowed` (with the allowed ones)
 */
export async function moveUnit(tx: Queryable, records: Records, ping: StatusPing): Promise<StatusOutcome> {
  const { status, at, source } = ping;
  const [unit, activeRows, namedRows] = await Promise.all([
    unitForChange(tx, ping.unitId),
    tx.query<AssignmentRow & { begun: boolean }>(sql.active_assignment, [ping.unitId]),
    ping.assignmentId === null ? undefined : tx.query<AssignmentRow>(sql.assignment, [ping.assignmentId]),
  ]);
  const active = activeRows.rows[0];
  const meant = namedRows === undefined ? active : namedRows.rows[0];
  if (ping.assignmentId !== null && (meant === undefined || meant.unit_id !== unit.id)) {
    throw new CommandError('assignment_unknown', `unit ${unit.id} has no assignment ${ping.assignmentId}`);
  }

  if (isAssignmentStatus(status)) {
    if (meant === undefined) {
      throw new CommandError('status_not_allowed', `${status} needs an assignment`, {
        from: unit.status,
        allowed: ALLOWED_MOVES[unit.status].filter((to) => !isAssignmentStatus(to)),
      });
    }
    const written = await writeMilestone(tx, meant, status, ping);
    const late = at < unit.status_since || meant.id !== active?.id; // it lands at its own time and does not turn back what is shown
    if (late || status === unit.status) {
      if (!written) return 'unchanged';
      await tellLate(tx, records, meant, status, ping);
      return 'recorded_late';
    }
    requireAllowed(unit, ping);
    await tx.query(sql.move_assignment, [meant.id, status]);
    await showStatus(tx, records, unit, status, { at, source, work: await workOf(tx, meant) });
    await deriveVek(tx, records, meant.vek_id, statusHappening(meant, status, ping));
    return 'applied';
  }

  if (at < unit.status_since) {
    // the end of its work may have been told before by what came after
    const ended = ping.assignmentId !== null && meant?.status === 'done';
    if (ended && (await writeMilestone(tx, meant, 'done', ping))) await tellLate(tx, records, meant, 'done', ping);
    else if (status === unit.status) return 'unchanged';
    return 'recorded_late';
  }
  if (status === unit.status) return 'unchanged';
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
  const work = active === undefined ? null : await workOf(tx, active);
  await showStatus(tx, records, unit, status, { at, source, work });
  if (active !== undefined) await deriveVek(tx, records, active.vek_id, statusHappening(active, status, ping));
  return 'applied';
}

async function workOf(tx: Queryable, { id, vek_id }: AssignmentRow) {
  return { assignmentId: id, vekId: vek_id, parties: (await vekCard(tx, vek_id)).parties };
}

function statusHappening({ id, unit_id }: AssignmentRow, status: string, { by, at }: StatusPing): Happening {
  return { what: 'status', by, detail: { assignmentId: id, unitId: unit_id, status }, at };
}

/** Returns whether that is new. A relief that arrives relieves. */
async function writeMilestone(
  tx: Queryable,
  { id, agency_id, relieves_id }: AssignmentRow,
  code: string,
  { at, receivedAt, source }: StatusPing,
): Promise<boolean> {
  const { rows } = await tx.query(sql.milestone, [id, agency_id, code, at, receivedAt, source]);
  if (rows.length > 0 && code === 'on_scene' && relieves_id !== null) {
    const relieved = (await tx.query<AssignmentRow>(sql.assignment, [relieves_id])).rows[0]!;
    await tx.query(sql.milestone, [relieves_id, relieved.agency_id, 'relieved', at, receivedAt, source]);
  }
  return rows.length > 0;
}

/** What came late changes nothing that is shown, and is told all the same. */
async function tellLate(
  tx: Queryable,
  records: Records,
  { id, agency_id, vek_id, unit_id, status }: AssignmentRow,
  code: string,
  { by, at, receivedAt, source }: StatusPing,
): Promise<void> {
  const { rows } = await tx.query<{ version: number }>(sql.move_assignment, [id, status]);
  await noteOnCard(tx, vek_id, 'status', by, { assignmentId: id, unitId: unit_id, status: code, late: true }, at);
  records.event({
    type: 'lv.vanags.assignment.milestone_late.v1',
    agencyId: agency_id,
    concerned: (await vekCard(tx, vek_id)).parties,
    aggregate: { kind: 'assignment', id, version: rows[0]!.version },
    data: { assignmentId: id, vekId: vek_id, unitId: unit_id, code, at, receivedAt, source },
    at,
  });
}

function requireAllowed(unit: UnitRow, { status, overrideReason }: StatusPing): void {
  if (overrideReason !== undefined || ALLOWED_MOVES[unit.status].includes(status)) return;
  throw new CommandError('status_not_allowed', `from ${unit.status} to ${status}`, {
    from: unit.status,
    allowed: ALLOWED_MOVES[unit.status],
  });
}
