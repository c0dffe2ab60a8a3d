import type { ClosureShape, RoadClosure } from '../../../geo-engine/src/index.js';
import type { Feed } from '../feed/feed.js';
import type { Records } from '../feed/record.js';
import type { Database, Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { RoadRefusal } from './errors.js';

const sql = sqlStatements('./closures.sql', import.meta.url, [
  'insert_closure',
  'closures',
  'count_open',
  'remove_closure',
]);

/** Open closures at a time: far above a storm night, and a bound on what a rebuild and every map have to carry. */
const MAX_OPEN = 1000;

export interface NewClosure extends RoadClosure {
  readonly agencyId: string;
  readonly direction: NonNullable<RoadClosure['direction']>;
  readonly emergencyPasses: boolean;
  readonly reason: string;
  readonly createdBy: string;
}

export interface Closure extends NewClosure {
  readonly createdAt: number;
  readonly version: number;
}

interface ClosureRow {
  id: string;
  agency_id: string;
  shape: ClosureShape | null;
  way_ids: number[] | null;
  direction: NewClosure['direction'];
  speed_share: number;
  emergency_passes: boolean;
  reason: string;
  valid_from: number;
  valid_until: number | null;
  created_by: string;
  created_at: number;
  removed_at: number | null;
  version: number;
}

function closureOf(row: ClosureRow): Closure {
  return {
    id: row.id,
    agencyId: row.agency_id,
    shape: row.shape,
    wayIds: row.way_ids,
    direction: row.direction,
    speedShare: row.speed_share,
    emergencyPasses: row.emergency_passes,
    reason: row.reason,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    createdBy: row.created_by,
    createdAt: row.created_at,
    version: row.version,
  };
}

export function isOver({ validUntil }: Pick<Closure, 'validUntil'>, now: number): boolean {
  return validUntil !== null && validUntil <= now;
}

/**
 * Stores a closure. Repeating it with the same id changes nothing. The event holds no text: what somebody wrote may name a person.
 * @throws RoadRefusal `id_taken` when the id is another agency's closure, `closure_over`, `too_many_closures`
 */
export async function addClosure(
  tx: Queryable,
  records: Records,
  closure: NewClosure,
  now: number,
): Promise<{ repeated: boolean; version: number }> {
  const { id, agencyId, shape, wayIds, direction, speedShare, emergencyPasses } = closure;
  const { reason, validFrom, validUntil, createdBy } = closure;
  const known = (await tx.query<ClosureRow>(sql.closures, [[id]])).rows[0];
  if (known !== undefined) {
    if (known.agency_id !== agencyId) throw new RoadRefusal('id_taken', `${id} is another closure`);
    return { repeated: true, version: known.version };
  }
  if (isOver(closure, now)) throw new RoadRefusal('closure_over', 'the closure would have ended before now');
  const { open } = (await tx.query<{ open: number }>(sql.count_open)).rows[0]!;
  if (open >= MAX_OPEN)
    throw new RoadRefusal('too_many_closures', `${open} closures are open; remove some that are over`, {
      most: MAX_OPEN,
    });
  const { rows } = await tx.query<{ version: number }>(sql.insert_closure, [
    id,
    agencyId,
    shape === null ? null : JSON.stringify(shape),
    wayIds,
    direction,
    speedShare,
    emergencyPasses,
    reason,
    validFrom,
    validUntil,
    createdBy,
  ]);
  const { version } = rows[0]!;
  records.event({
    type: 'lv.vanags.closure.added.v1',
    agencyId,
    aggregate: { kind: 'closure', id, version },
    data: { closureId: id, speedShare, validFrom, validUntil },
    at: now,
  });
  return { repeated: false, version };
}

/** The agency that entered a closure, also of one that is over or removed. @throws RoadRefusal `closure_unknown` */
export async function closureOwner(database: Queryable, id: string): Promise<string> {
  const row = (await database.query<ClosureRow>(sql.closures, [[id]])).rows[0];
  if (row === undefined) throw new RoadRefusal('closure_unknown', `no closure ${id}`);
  return row.agency_id;
}

/** Ends a closure before its time. Returns false when it was removed before: repeating it changes nothing. */
export async function removeClosure(
  tx: Queryable,
  records: Records,
  { id, agencyId, by }: { readonly id: string; readonly agencyId: string; readonly by: string },
  now: number,
): Promise<boolean> {
  const row = (await tx.query<{ version: number }>(sql.remove_closure, [id, by])).rows[0];
  if (row === undefined) return false;
  records.event({
    type: 'lv.vanags.closure.removed.v1',
    agencyId,
    aggregate: { kind: 'closure', id, version: row.version },
    data: { closureId: id },
    at: now,
  });
  return true;
}

/**
 * The closures that are in force or will be, in memory: read at start and again, by id, as the feed says, on whichever node they were
 * entered. One that runs out needs no word from anybody.
 */
export class Closures {
  readonly #database: Database;
  readonly #byId = new Map<string, Closure>();
  readonly #listeners = new Set<() => void>();
  #lastRead: Promise<void> = Promise.resolve();

  constructor(database: Database, feed: Feed) {
    this.#database = database;
    feed.listen(async (events) => {
      const ids = events.filter(({ aggregate }) => aggregate.kind === 'closure').map(({ aggregate }) => aggregate.id);
      if (ids.length > 0) await this.reload([...new Set(ids)]);
    });
  }

  /** @param ids null: all */
  reload(ids: readonly string[] | null): Promise<void> {
    // one after the other: an answer that was overtaken would close a road again that has been opened since
    const read = this.#lastRead.then(() => this.#read(ids));
    this.#lastRead = read.catch(() => {});
    return read;
  }

  async #read(ids: readonly string[] | null): Promise<void> {
    const { rows } = await this.#database.query<ClosureRow>(sql.closures, [ids]);
    if (ids === null) this.#byId.clear();
    for (const row of rows) {
      if (row.removed_at === null) this.#byId.set(row.id, closureOf(row));
      else this.#byId.delete(row.id);
    }
    this.#forgetOver(Date.now());
    for (const listener of this.#listeners) listener();
  }

  #forgetOver(now: number): void {
    for (const closure of this.#byId.values()) if (isOver(closure, now)) this.#byId.delete(closure.id);
  }

  /** Told after every change but the running out of one. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** In force at an instant or later, oldest first. */
  open(now: number): Closure[] {
    return [...this.#byId.values()]
      .filter((closure) => !isOver(closure, now))
      .sort((a, b) => a.createdAt - b.createdAt);
  }
}
