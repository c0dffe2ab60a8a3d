import type { Database } from '../store/database.js';
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

export type FeedListener = (events: readonly FeedEvent[]) => void | Promise<void>;

/**
 * The node's one reader of the feed: reads each event once and hands it to all that listen here, in order of position.
 * Reading for a consumer, from its own cursor, is `read`.
 */
export class Feed {
  readonly #database: Database;
  readonly #listeners = new Set<FeedListener>();
  #position = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Starts at the end of the feed: what listens has read the state itself, after this returned. */
  async start(): Promise<void> {
    this.#position = (await this.head()).position;
    this.#timer = setInterval(() => this.poll(), POLL_MS);
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
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#advance().finally(() => {
      this.#running = undefined;
      if (this.#again) {
        this.#again = false;
        this.poll();
      }
    });
  }

  async #advance(): Promise<void> {
    try {
      for (;;) {
        const events = await this.#rows(this.#position, BATCH, null);
        if (events.length === 0) return;
        for (const listener of this.#listeners) await listener(events);
        this.#position = events[events.length - 1]!.position;
      }
    } catch {
      // the database is away: the position stands, the next poll goes on from it
    }
  }

  async #rows(after: number, limit: number, agencies: readonly string[] | null): Promise<FeedEvent[]> {
    const { rows } = await this.#database.query<EventRow>(sql.read, [after, limit, agencies]);
    return rows.map(feedEvent);
  }

  /**
   * Events after a position that concern one of the agencies (null: all), at most limit, and the position up to which the feed
   * was looked through, so that a consumer with few events need not search the same stretch again.
   * @throws CursorGone when retention has removed events after it
   */
  async read(
    after: number,
    limit: number,
    agencies: readonly string[] | null,
  ): Promise<{ events: FeedEvent[]; seenUpTo: number }> {
    const head = await this.head();
    if (after < head.floor) throw new CursorGone(`events up to ${head.floor} are no longer kept`);
    const events = await this.#rows(after, limit, agencies);
    const seenUpTo = events.length === limit ? events[events.length - 1]!.position : Math.max(after, head.position);
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
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }
}
