import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import type { CrewUnit } from './directory.js';
import { registrySql as sql } from './registry.js';

/** What a unit carries from now on, quantity by code. */
export async function setEquipment(
  tx: Queryable,
  records: Records,
  { id, agencyId, version }: CrewUnit,
  equipment: Readonly<Record<string, number>>,
  at: number,
): Promise<void> {
  await tx.query(sql.set_equipment, [id, agencyId, JSON.stringify(equipment)]);
  records.event({
    type: 'lv.vanags.unit.equipment_changed.v1',
    agencyId,
    aggregate: { kind: 'unit', id, version },
    data: { unitId: id, equipment },
    at,
  });
}
