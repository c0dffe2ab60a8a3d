import type { AuditedAs, ChangeRunner } from '../feed/record.js';
import type { Directory } from './directory.js';
import { REGISTRY, type RegistryKind, registrySql as sql } from './registry.js';

/** A row that names an agency, station, vehicle, unit or device that does not exist, or is not of its agency. */
export class ReferenceUnknown extends Error {
  readonly code = 'reference_unknown';
  /** Index of each such row in what was given. */
  readonly rows: readonly number[];

  constructor(rows: readonly number[]) {
    super('a row names something that does not exist, or that is of another agency');
    this.rows = rows;
  }
}

/**
 * Adds rows of one kind, all or none, each with its event. Rows whose id is known already are left as they are, so that a repeated
 * import changes nothing. Returns how many are new; the directory knows them when it returns.
 * @throws ReferenceUnknown; a unique violation of the driver (SQLSTATE 23505)
 */
export async function registerRows(
  changes: ChangeRunner,
  directory: Directory,
  kind: RegistryKind,
  rows: readonly { readonly id: string }[],
  audited: AuditedAs,
): Promise<number> {
  const { aggregate } = REGISTRY[kind];
  const statement = sql[kind.replace('-', '_') as keyof typeof sql];
  const added = await changes.change(
    rows.map((row) => row.id),
    async (tx, records) => {
      const known = new Set(
        (await tx.query<{ id: string }>(sql.known, [rows.map((row) => row.id)])).rows.map((row) => row.id),
      );
      const fresh = rows.filter((row) => !known.has(row.id));
      const { rows: inserted } = await tx.query<{ id: string; agency_id: string }>(statement, [JSON.stringify(fresh)]);
      if (inserted.length < fresh.length) {
        // a binding answers with its device's id, all others with their own
        const there = new Set(inserted.map((row) => row.id));
        const missing = rows.flatMap((row, i) =>
          known.has(row.id) || there.has((row as { deviceId?: string }).deviceId ?? row.id) ? [] : [i],
        );
        throw new ReferenceUnknown(missing);
      }
      const unitOf = new Map(fresh.flatMap((row) => ('unitId' in row ? [[row.id, row.unitId]] : [])));
      for (const row of inserted) {
        if (aggregate === null) break;
        records.event({
          type: `lv.vanags.${aggregate}.${kind === 'device-bindings' ? 'bound' : 'created'}.v1`,
          agencyId: row.agency_id,
          aggregate: { kind: aggregate, id: row.id, version: 1 },
          data: { [`${aggregate}Id`]: row.id, ...(unitOf.has(row.id) ? { unitId: unitOf.get(row.id) } : {}) },
          at: Date.now(),
        });
      }
      if (inserted.length > 0) {
        const { id, agency_id } = inserted[0]!;
        const detail = { rows: inserted.length };
        records.audit(audited(`register_${kind}`, { kind: aggregate ?? kind, id }, detail, agency_id));
      }
      return inserted.map((row) => row.id);
    },
  );
  if (added.length > 0) await refresh(directory, kind, rows);
  return added.length;
}

/** Lets this node know at once; the others learn it from the feed. */
async function refresh(
  directory: Directory,
  kind: RegistryKind,
  rows: readonly { readonly id: string }[],
): Promise<void> {
  switch (kind) {
    case 'agencies':
    case 'grants':
      return directory.reloadAgencies();
    case 'units':
      return directory.reloadUnits(rows.map((row) => row.id));
    case 'crew-shifts':
    case 'crew-rests':
    case 'unit-equipment':
    case 'reservations':
      return directory.reloadUnits(rows.map((row) => (row as unknown as { unitId: string }).unitId));
    case 'devices':
      return directory.reloadDevices(rows.map((row) => row.id));
    case 'device-bindings':
      return directory.reloadDevices(rows.map((row) => (row as unknown as { deviceId: string }).deviceId));
    default:
  }
}
