import { KickedTask } from '../kicked-task.js';
import type { Database } from '../store/database.js';
import { StoreError } from '../store/errors.js';
import type { FeedEvent } from './event.js';
import { feedSql as sql } from './feed-sql.js';

const POLL_MS = 500;
const BATCH = 500;

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

/** The cursor is older than what retention has left: start over from a snapshot. */
export class CursorGone extends Error {
  readonly code = 'cursor_gone';
}

/** For whom the feed is read: the agency whose events these are, and those whose units it may see as well. */
export interface FeedReader {
  readonly own: string;
  readonly seen: readonly string[];
}

/** Kinds whose events are for those with a part in them alone. */
const FOR_PARTIES = new Set<string>(['vek', 'assignment']);
/** Kinds whose events are for every agency: a closed road is closed to all of them. */
const FOR_EVERYBODY = new Set<string>(['closure']);

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
    const { rows } = await this.#database.query<EventRow>(sql.read, [
      after,
      limit,
      reader?.own ?? null,
      reader?.seen ?? null,
    ]);
    return rows.map(feedEvent);
  }

  /**
   * Events after a position that the reader may read (null: all), at most limit, and the position up to which the feed
   * was looked through, so that a consumer with few events need not search the same stretch again.
   * @throws CursorGone when retention has removed events after it
   */
  async read(
    after: number,
    limit: number,
    reader: FeedReader | null,
  ): Promise<{ events: FeedEvent[]; seenUpTo: number }> {
    const first = this.#recent[0]?.position;
    if (first !== undefined && after >= first - 1) return this.#readRecent(after, limit, reader);
    const head = await this.head();
    if (after < head.floor) throw new CursorGone(`events up to ${head.floor} are no longer kept`);
    const events = await this.#rows(after, limit, reader);
    const seenUpTo = events.length === limit ? events[events.length - 1]!.position : Math.max(after, head.position);
    return { events, seenUpTo };
  }

  #readRecent(after: number, limit: number, reader: FeedReader | null): { events: FeedEvent[]; seenUpTo: number } {
    const recent = this.#recent;
    const events: FeedEvent[] = [];
    let seenUpTo = after;
    for (let i = Math.max(0, after - recent[0]!.position + 1); i < recent.length && events.length < limit; i++) {
      const event = recent[i]!;
      seenUpTo = event.position;
      if (reader === null || mayRead(reader, event)) events.push(event);
    }
    return { events, seenUpTo };
  }

  async saveCursor(consumer: string, agencyId: string, position: number): Promise<void> {
    await this.#database.query(sql.save_cursor, [consumer, agencyId, position]);
  }

  async cursorOf(consumer: string, agencyId: string): Promise<number | undefined> {
    return (await this.#database.query<{ position: number }>(sql.cursor_of, [consumer, agencyId])).rows[0]?.position;
  }

  async prune(days: number): Promise<void> {
    await this.#database.query(sql.prune, [days]);
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    for (const wake of [...this.#waiting]) wake();
  }
}
