import { KickedTask } from '../kicked-task.js';
import type { Database, Queryable } from '../store/database.js';
import { StoreError } from '../store/errors.js';
import type { FeedEvent } from './event.js';
import { type EventFilter, isWanted } from './event-filter.js';
import { feedSql as sql } from './feed-sql.js';

const POLL_MS = 500;
const BATCH = 500;
/** Some ten milliseconds of the database. */
const PRUNE_ROWS = 2000;

interface EventRow {
  position: number;
  id: string;
  agency_id: string;
  concerned: string[];
  type: FeedEvent['type'];
  aggregate_kind: FeedEvent['aggregate']['kind'];
  aggregate_id: string;
  aggregate_version: number;
  data: Record<string, unknown>;
  at: number;
  recorded_at: number;
}

function feedEvent(row: EventRow): FeedEvent {
  return {
    position: row.position,
    id: row.id,
    agencyId: row.agency_id,
    concerned: row.concerned,
    type: row.type,
    aggregate: { kind: row.aggregate_kind, id: row.aggregate_id, version: row.aggregate_version },
    data: row.data,
    at: row.at,
    recordedAt: row.recorded_at,
  };
}

/** The cursor is older than what retention has left, or beyond the end of a database put back: start over from a snapshot. */
export class CursorGone extends Error {
  readonly code = 'cursor_gone';
}

/** For whom the feed is read: the agency whose events these are, those whose units it may see as well, and what of it is wanted. */
export interface FeedReader {
  readonly own: string;
  readonly seen: readonly string[];
  readonly filter: EventFilter;
}

/** A consumer's place in the feed, kept for it. */
export interface ConsumerCursor {
  readonly consumer: string;
  readonly position: number;
  /** Epoch ms. */
  readonly updatedAt: number;
}

/** Kinds whose events are for those with a part in them alone. */
const FOR_PARTIES = new Set<string>(['vek', 'assignment', 'proposal', 'attention']);
/** Kinds whose events are for every agency: a closed road is closed to all of them. */
const FOR_EVERYBODY = new Set<string>(['closure']);

/** The same as the statement `read` of feed.sql says, for events in memory. */
function mayRead({ own, seen }: FeedReader, { concerned, aggregate }: FeedEvent): boolean {
  if (FOR_EVERYBODY.has(aggregate.kind)) return true;
  return (
    concerned.includes(own) || (!FOR_PARTIES.has(aggregate.kind) && concerned.some((agency) => seen.includes(agency)))
  );
}

export type FeedListener = (events: readonly FeedEvent[]) => void | Promise<void>;

/** So many of the latest events are kept in memory, so that consumers who keep up cost the database nothing. */
const KEPT_EVENTS = 10_000;

/**
 * The node's one reader of the feed: reads each event once and hands it to all that listen here, in order of position.
 * Reading for a consumer, from its own cursor, is `read`.
 */
export class Feed {
  readonly #database: Database;
  readonly #listeners = new Set<FeedListener>();
  readonly #waiting = new Set<() => void>();
  readonly #onError: (text: string, error: unknown) => void;
  #position = 0;
  /** Latest events, positions dense and ascending up to #position. */
  #recent: FeedEvent[] = [];
  readonly #task = new KickedTask(() => this.#advance(), POLL_MS);

  constructor(database: Database, onError: (text: string, error: unknown) => void) {
    this.#database = database;
    this.#onError = onError;
  }

  /** Starts at the end of the feed: what listens has read the state itself, after this returned. */
  async start(): Promise<void> {
    this.#position = (await this.head()).position;
    this.#task.start();
  }

  /** Last position this node has handed on. */
  get position(): number {
    return this.#position;
  }

  /** Returns the function that ends the subscription. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async head(): Promise<{ position: number; floor: number }> {
    return (await this.#database.query<{ position: number; floor: number }>(sql.head)).rows[0]!;
  }

  /** Looks for new events now. */
  poll(): void {
    this.#task.kick();
  }

  async #advance(): Promise<void> {
    try {
      for (;;) {
        const events = await this.#rows(this.#position, BATCH, null);
        if (events.length === 0) return;
        for (const listener of [...this.#listeners]) await this.#hand(listener, events);
        this.#recent.push(...events);
        if (this.#recent.length > KEPT_EVENTS * 1.5) this.#recent = this.#recent.slice(-KEPT_EVENTS);
        this.#position = events[events.length - 1]!.position;
        for (const wake of [...this.#waiting]) wake();
        if (events.length < BATCH) return; // what was stamped meanwhile has kicked again
      }
    } catch {
      // the database is away: the position stands, the next poll goes on from it
    }
  }

  /** A listener that fails for a reason of its own is told of and passed; one that met an absent database makes us try again. */
  async #hand(listener: FeedListener, events: readonly FeedEvent[]): Promise<void> {
    try {
      await listener(events);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      this.#onError('a listener of the feed failed', error);
    }
  }

  /** Resolves when this node has read new events, after timeoutMs, or when the signal says so. */
  nextEvents(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  async #rows(after: number, limit: number, reader: FeedReader | null): Promise<FeedEvent[]> {
    const { rows } = await (reader === null
      ? this.#database.query<EventRow>(sql.follow, [after, limit])
      : this.#database.query<EventRow>(sql.read, [
          after,
          limit,
          reader.own,
          reader.seen,
          reader.filter.types,
          reader.filter.subjects,
        ]));
    return rows.map(feedEvent);
  }

  /**
   * Events after a position that the reader may read (null: all), at most limit, and the position up to which the feed
   * was looked through, so that a consumer with few events need not search the same stretch again.
   * @throws CursorGone when retention has removed events after it, or it lies beyond the end
   */
  async read(
    after: number,
    limit: number,
    reader: FeedReader | null,
  ): Promise<{ events: FeedEvent[]; seenUpTo: number }> {
    const first = this.#recent[0]?.position;
    if (first !== undefined && after >= first - 1 && after <= this.#position)
      return this.#readRecent(after, limit, reader);
    const head = await this.head();
    if (after < head.floor) throw new CursorGone('events after this cursor are no longer kept');
    if (after > head.position)
      throw new CursorGone('this cursor lies beyond the end: the database was put back to an earlier state');
    const events = await this.#rows(after, limit, reader);
    const last = events.at(-1)?.position ?? after;
    // events may have come between the two questions
    return { events, seenUpTo: events.length === limit ? last : Math.max(last, head.position) };
  }

  #readRecent(after: number, limit: number, reader: FeedReader | null): { events: FeedEvent[]; seenUpTo: number } {
    const recent = this.#recent;
    const events: FeedEvent[] = [];
    let seenUpTo = after;
    for (let i = Math.max(0, after - recent[0]!.position + 1); i < recent.length && events.length < limit; i++) {
      const event = recent[i]!;
      seenUpTo = event.position;
      if (reader === null || (mayRead(reader, event) && isWanted(reader.filter, event))) events.push(event);
    }
    return { events, seenUpTo };
  }

  /** Keeps a consumer's place. It never goes back: the answer is the place that is kept. */
  async saveCursor(consumer: string, agencyId: string, position: number): Promise<number> {
    return (await this.#database.query<{ position: number }>(sql.save_cursor, [consumer, agencyId, position])).rows[0]!
      .position;
  }

  async cursorOf(consumer: string, agencyId: string): Promise<number | undefined> {
    return (await this.#database.query<{ position: number }>(sql.cursor_of, [consumer, agencyId])).rows[0]?.position;
  }

  /** The cursors kept for an agency's consumers. */
  async cursorsOf(agencyId: string): Promise<ConsumerCursor[]> {
    const { rows } = await this.#database.query<{ consumer: string; position: number; updated_at: number }>(
      sql.cursors,
      [agencyId],
    );
    return rows.map(({ updated_at, ...rest }) => ({ ...rest, updatedAt: updated_at }));
  }

  /** Forgets a consumer's place. Returns false if none was kept. */
  async removeCursor(tx: Queryable, consumer: string, agencyId: string): Promise<boolean> {
    return (await tx.query(sql.remove_cursor, [consumer, agencyId])).rowCount > 0;
  }

  /** Removes events that are older, in bounded bites, so that nobody waits for long. Returns how many. */
  async prune(days: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const bite = (await this.#database.query<{ removed: number }>(sql.prune, [days, PRUNE_ROWS])).rows[0]!.removed;
      removed += bite;
      if (bite < PRUNE_ROWS) return removed;
    }
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    for (const wake of [...this.#waiting]) wake();
  }
}
