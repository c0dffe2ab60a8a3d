import type { Queryable } from '../../src/store/database.js';
import { ModuleProblem } from '../module-api.js';
import { type Asker, accessed } from '../module-callers.js';
import { camel, columns, type Entry, EntrySchema, type EntryState } from './entry.js';
import { registerSql as sql } from './register-sql.js';
import { type Vek, vekEntry } from './vek-entry.js';

const NUMBER_DIGITS = 6;

/** An agency whose events are registered. */
export interface PoliceAgency {
  readonly id: string;
  readonly code: string;
}

/** What a person says of an event. Instants in epoch ms. */
export type HandFields = Pick<
  EntryState,
  | 'typeCode'
  | 'priority'
  | 'lon'
  | 'lat'
  | 'accuracyM'
  | 'address'
  | 'summary'
  | 'receivedAt'
  | 'dispatchedAt'
  | 'onSceneAt'
  | 'closedAt'
  | 'outcomeCode'
>;
type Row = Readonly<Record<string, unknown>>;
const entryOf = (row: Row): Entry => EntrySchema.parse(camel(row));

/** Keeps an agency's entry of a VEK as the card stands; makes it when the VEK is handed to the agency. */
export async function keepVekEntry(tx: Queryable, agency: PoliceAgency, vek: Vek): Promise<void> {
  const { isHanded, state } = vekEntry(vek, agency.id);
  const known = (await tx.query<{ id: number; vek_version: number }>(sql.entry_of_vek, [agency.id, vek.id])).rows[0];
  if (known === undefined) {
    if (isHanded) await insertEntry(tx, agency, state, null);
  } else if (known.vek_version <= vek.version) await tx.query(sql.write_entry, [known.id, columns(state)]);
}

/**
 * Makes an entry of what a person typed. The same id again is the same entry, as it stands.
 * @throws ModuleProblem 422 `code_unknown`, `code_retired`, `times_inverted`
 */
export async function enterByHand(
  tx: Queryable,
  agency: PoliceAgency,
  id: string,
  fields: HandFields,
  by: Asker,
): Promise<{ readonly entry: Entry; readonly repeated: boolean }> {
  await tx.query(sql.lock_hand_id, [id]);
  const known = (await tx.query<Row>(sql.entry_of_hand, [agency.id, id])).rows[0];
  if (known !== undefined) return { entry: entryOf(known), repeated: true };
  await mustBeSound(tx, fields, fields);
  const none = { vekId: null, vekNumber: null, vekVersion: null, vekStatus: null, mergedInto: null };
  const state = { ...none, ...fields, takenBy: agency.id, channel: 'manual', partStatus: 'own' };
  const entry = entryOf(await insertEntry(tx, agency, state, { id, by: by.subject }));
  await tx.query(sql.insert_change, [entry.id, entry.version, by.subject, JSON.stringify(fields)]);
  await tx.query(sql.log_change, accessed(by, 'create_entry', entry.id));
  return { entry, repeated: false };
}

/**
 * Changes an entry that was made by hand.
 * @throws ModuleProblem 404 `not_found`, 409 `follows_vek`, `version_conflict`, 422 as above
 */
export async function changeByHand(
  tx: Queryable,
  agency: PoliceAgency,
  id: number,
  version: number,
  fields: Partial<HandFields>,
  by: Asker,
): Promise<Entry> {
  const row = (await tx.query<Row>(sql.lock_entry, [id, agency.id])).rows[0];
  if (row === undefined) throw new ModuleProblem(404, 'not_found', 'no entry here');
  const before = entryOf(row);
  if (before.vekId !== null)
    throw new ModuleProblem(409, 'follows_vek', 'this entry follows its VEK: what is wrong is changed there');
  if (before.version !== version)
    throw new ModuleProblem(409, 'version_conflict', `the entry is at version ${before.version}`);
  await mustBeSound(tx, { ...before, ...fields }, fields);
  const written = (await tx.query<Row>(sql.write_entry, [id, columns(fields)])).rows[0];
  if (written === undefined) return before;
  const entry = entryOf(written);
  await tx.query(sql.insert_change, [id, entry.version, by.subject, JSON.stringify(fields)]);
  await tx.query(sql.log_change, accessed(by, 'change_entry', id));
  return entry;
}

async function insertEntry(
  tx: Queryable,
  agency: PoliceAgency,
  state: EntryState,
  hand: { readonly id: string; readonly by: string } | null,
): Promise<Row> {
  const { year, last } = (
    await tx.query<{ year: number; last: number }>(sql.next_number, [agency.id, state.receivedAt])
  ).rows[0]!;
  const number = `${agency.code}-${year}-${String(last).padStart(NUMBER_DIGITS, '0')}`;
  const made = [agency.id, number, columns(state), hand?.id ?? null, hand?.by ?? null];
  return (await tx.query<Row>(sql.insert_entry, made)).rows[0]!;
}

/** Whether the codes that were given may be used on the day of the report, and the times follow each other. */
async function mustBeSound(tx: Queryable, whole: HandFields, given: Partial<HandFields>): Promise<void> {
  const codes = [
    ['type', given.typeCode],
    ['outcome', given.outcomeCode],
  ] as const;
  for (const [kind, code] of codes) {
    if (code == null) continue;
    const { state } = (await tx.query<{ state: string }>(sql.code_state, [kind, code, whole.receivedAt])).rows[0]!;
    if (state !== 'valid')
      throw new ModuleProblem(422, `code_${state}`, `${kind} ${code} could not be used on the day of the report`);
  }
  const times = [whole.receivedAt, whole.dispatchedAt, whole.onSceneAt, whole.closedAt].filter((at) => at !== null);
  if (times.some((at, i) => i > 0 && at < times[i - 1]!))
    throw new ModuleProblem(
      422,
      'times_inverted',
      'received, dispatched, on scene, closed: each is after the one before',
    );
}
