/** A unit held for a VEK while a desk decides. */
import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { CommandError } from './errors.js';
import { unitForChange } from './unit-status.js';
import { openCard, vekCard } from './vek-card.js';
import { veksSql as sql } from './veks-sql.js';

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
 * holds on from now. @throws CommandError `unit_unknown`, `unit_held`, `unit_busy`, `vek_unknown`, `vek_ended`
 */
export async function holdUnit(tx: Queryable, records: Records, hold: NewHold): Promise<{ expiresAt: number }> {
  const unit = await unitForChange(tx, hold.unitId);
  const { parties } = await openCard(tx, hold.vekId);
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
  const { parties } = await vekCard(tx, vekId);
  records.event({
    type: 'lv.vanags.unit.released.v1',
    agencyId,
    concerned: parties,
    aggregate: { kind: 'unit', id: unitId, version },
    data: { unitId, vekId },
    at,
  });
}
