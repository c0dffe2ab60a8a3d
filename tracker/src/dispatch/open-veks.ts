import { LRUCache } from 'lru-cache';
import { type LonLat, lonLat, type Priority } from '../../../geo-engine/src/index.js';
import type { Feed } from '../feed/feed.js';
import { type AssignmentStatus, ENDED_VEK_STATUSES, type VekStatus } from '../protocol/status.js';
import type { Database } from '../store/database.js';
import { veksSql } from '../veks/veks-sql.js';

/** Open cards at a time: a night of storm over the whole country, many times over. */
const MAX_OPEN = 100_000;
/** An id and a number each: some two megabytes. */
const MAX_VERSIONS = 10_000;

/** A unit at work on a VEK. */
export interface VekWork {
  readonly assignmentId: string;
  readonly unitId: string;
  readonly status: AssignmentStatus;
}

/** What the choice of units needs to know of an open VEK. */
export interface VekState {
  readonly id: string;
  readonly number: number;
  readonly agencyId: string;
  /** Its owners, and every agency with a part. */
  readonly parties: readonly string[];
  readonly typeCode: string | null;
  readonly priority: Priority | null;
  readonly place: LonLat | null;
  /** Radius of the circle that the caller is in; null: not said. */
  readonly accuracyM: number | null;
  /** Codes of the objects concerned. */
  readonly objects: readonly string[];
  /** How far it was raised; levels add up. */
  readonly alarmLevel: number;
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly version: number;
  readonly work: readonly VekWork[];
}

interface VekRow {
  id: string;
  number: number;
  agency_id: string;
  co_owners: string[];
  type_code: string | null;
  priority: Priority | null;
  lon: number | null;
  lat: number | null;
  accuracy_m: number | null;
  objects: string[];
  alarm_level: number;
  status: VekStatus;
  received_at: number;
  version: number;
  parts: string[];
  work: VekWork[];
}

function stateOf(row: VekRow): VekState {
  const { id, number, lon, lat, priority, objects, version, work } = row;
  return {
    id,
    number,
    agencyId: row.agency_id,
    parties: [...new Set([row.agency_id, ...row.co_owners, ...row.parts])],
    typeCode: row.type_code,
    priority,
    place: lon === null || lat === null ? null : lonLat(lon, lat),
    accuracyM: row.accuracy_m,
    objects,
    alarmLevel: row.alarm_level,
    receivedAt: row.received_at,
    version,
    work,
  };
}

/** A read that has not begun: what it will ask for, and its end. */
interface NextRead {
  readonly asked: { readonly ids: Set<string>; all: boolean };
  readonly read: Promise<void>;
}

/**
 * The open VEKs, in memory: read at the start and again, by id, as the feed says, so that a recommendation waits for no database and
 * goes on without one.
 */
export class OpenVeks {
  readonly #database: Database;
  readonly #byId = new Map<string, VekState>();
  /** Of cards read lately, ended ones too: an event that is no newer tells nothing. */
  readonly #versions = new LRUCache<string, number>({ max: MAX_VERSIONS });
  readonly #listeners = new Set<(ids: readonly string[]) => void>();
  #lastRead: Promise<void> = Promise.resolve();
  #next: NextRead | undefined;

  constructor(database: Database, feed: Feed) {
    this.#database = database;
    feed.listen(async (events) => {
      const ids = events.flatMap(({ aggregate, data }) => {
        if (aggregate.kind === 'vek')
          return (this.#versions.get(aggregate.id) ?? 0) < aggregate.version ? [aggregate.id] : [];
        return aggregate.kind === 'assignment' && typeof data.vekId === 'string' ? [data.vekId] : [];
      });
      if (ids.length > 0) await this.reload([...new Set(ids)]);
    });
  }

  get(id: string): VekState | undefined {
    return this.#byId.get(id);
  }

  values(): Iterable<VekState> {
    return this.#byId.values();
  }

  /** Told the ids of the VEKs that came, changed or ended. */
  onChange(listener: (ids: readonly string[]) => void): void {
    this.#listeners.add(listener);
  }

  /** @param ids null: all */
  reload(ids: readonly string[] | null): Promise<void> {
    // one after the other: an answer that was overtaken would bring an older state back. All who ask meanwhile share the next.
    const next = this.#next ?? this.#follow();
    if (ids === null) next.asked.all = true;
    else for (const id of ids) next.asked.ids.add(id);
    return next.read;
  }

  #follow(): NextRead {
    const asked = { ids: new Set<string>(), all: false };
    const read: Promise<void> = this.#lastRead.then(() => {
      this.#next = undefined;
      return this.#read(asked.all ? null : [...asked.ids]);
    });
    this.#lastRead = read.catch(() => {});
    this.#next = { asked, read };
    return this.#next;
  }

  async #read(ids: readonly string[] | null): Promise<void> {
    const { rows } = await (ids === null
      ? this.#database.query<VekRow>(veksSql.open_states, [MAX_OPEN])
      : this.#database.query<VekRow>(veksSql.states, [ids]));
    if (ids === null) this.#byId.clear();
    for (const row of rows) {
      this.#versions.set(row.id, row.version);
      if (ENDED_VEK_STATUSES.includes(row.status)) this.#byId.delete(row.id);
      else this.#byId.set(row.id, stateOf(row));
    }
    const changed = ids ?? rows.map(({ id }) => id);
    for (const listener of this.#listeners) listener(changed);
  }
}
