/** What is kept apart from a card: the caller's data, for those who handle the call, and texts that only some services may read. */
import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { CommandError } from './errors.js';
import { type Actor, vekCard } from './vek-card.js';
import { noteOnCard } from './vek-journal.js';

const sql = sqlStatements('./vek-restricted.sql', import.meta.url, [
  'insert_caller',
  'put_caller',
  'caller_written',
  'callers',
  'put_restricted',
  'restricted',
]);

/** The kinds of agency that may read each set of restricted fields. Any party of the card may write it: who hears it is not who needs it. */
export const RESTRICTED_SETS = {
  medical: ['ambulance', 'contact_centre'],
  investigation: ['state_police', 'municipal_police', 'port_police', 'state_security', 'contact_centre'],
} as const satisfies Record<string, readonly string[]>;
export type RestrictedSet = keyof typeof RESTRICTED_SETS;

/** @throws CommandError `restricted_not_entitled` */
export function requireEntitled(set: RestrictedSet, agencyKind: string): void {
  if (!entitledSets(agencyKind).includes(set))
    throw new CommandError('restricted_not_entitled', `${set} is not for agencies of the kind ${agencyKind}`);
}

export function entitledSets(agencyKind: string): RestrictedSet[] {
  const sets = Object.keys(RESTRICTED_SETS) as RestrictedSet[];
  return sets.filter((set) => (RESTRICTED_SETS[set] as readonly string[]).includes(agencyKind));
}

export interface CallerData {
  readonly phone?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly note?: string | null | undefined;
}

/** With the card itself, by createVek. */
export async function insertCaller(tx: Queryable, vekId: string, agencyId: string, caller: CallerData): Promise<void> {
  const { phone = null, name = null, note = null } = caller;
  await tx.query(sql.insert_caller, [vekId, agencyId, phone, name, note]);
}

/**
 * Writes down what is known of the caller by now.
 * @param known the version of what the writer has read; undefined: whatever is there
 * @throws CommandError `version_conflict`, with the version that is current, by whom and when; not with what: a read is audited
 */
export async function putCaller(
  tx: Queryable,
  records: Records,
  { vekId, known, ...caller }: CallerData & { readonly vekId: string; readonly known: number | undefined },
  by: Actor & { readonly agencyId: string },
  at: number,
): Promise<void> {
  if (known !== undefined) {
    const { rows } = await tx.query<{ version: number; by: string; at: number }>(sql.caller_written, [vekId]);
    const { version = 0, ...written } = rows[0] ?? {};
    if (version !== known)
      throw new CommandError('version_conflict', `the caller of VEK ${vekId} was written by somebody else`, {
        vekId,
        version,
        ...written,
      });
  }
  const { phone = null, name = null, note = null } = caller;
  await tx.query(sql.put_caller, [vekId, by.agencyId, phone, name, note]);
  await told(tx, records, vekId, 'caller', by, at);
}

export interface KnownCaller {
  readonly vekId: string;
  readonly phone: string | null;
  readonly name: string | null;
  readonly note: string | null;
  /** Of these data, not of the card; 0: as they came with the report. */
  readonly version: number;
}

/** The callers of a card and of those that were merged into it, its own first. */
export async function callersOf(database: Queryable, vekId: string): Promise<KnownCaller[]> {
  return (await database.query<KnownCaller>(sql.callers, [vekId])).rows;
}

/** Writes a set of restricted fields. */
export async function putRestricted(
  tx: Queryable,
  records: Records,
  vekId: string,
  set: RestrictedSet,
  text: string,
  by: Actor & { readonly agencyId: string },
  at: number,
): Promise<void> {
  await tx.query(sql.put_restricted, [vekId, set, by.agencyId, by.subject, text, at]);
  await told(tx, records, vekId, set, by, at);
}

/** That it was written, never what. */
async function told(
  tx: Queryable,
  records: Records,
  vekId: string,
  set: RestrictedSet | 'caller',
  by: Actor,
  at: number,
): Promise<void> {
  const { ownerId, parties, status } = await vekCard(tx, vekId);
  const version = await noteOnCard(tx, vekId, 'restricted', by, { set }, at);
  records.event({
    type: 'lv.vanags.vek.changed.v1',
    agencyId: ownerId,
    concerned: parties,
    aggregate: { kind: 'vek', id: vekId, version },
    data: { vekId, status, changed: [set] },
    at,
  });
}

export interface RestrictedText {
  readonly vekId: string;
  readonly agencyId: string;
  readonly by: string;
  readonly text: string;
  /** Epoch ms. */
  readonly at: number;
}

/** A set of a card and of those that were merged into it, its own first. */
export async function readRestricted(
  database: Queryable,
  vekId: string,
  set: RestrictedSet,
): Promise<RestrictedText[]> {
  return (await database.query<RestrictedText>(sql.restricted, [vekId, set])).rows;
}
