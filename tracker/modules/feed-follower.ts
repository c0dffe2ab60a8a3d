import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../src/log.js';
import type { Database, Queryable } from '../src/store/database.js';
import { isAway } from '../src/store/errors.js';
import { TrackerAway, type TrackerClient, TrackerRefusal } from './tracker-client.js';

const WAIT_S = 25;
const LONG_POLL_MS = (WAIT_S + 10) * 1000;
const BATCH = 100;
const RETRY_MS = 1000;

const EventSchema = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.string(),
  data: z.record(z.string(), z.unknown()),
  aggregateversion: z.number(),
});
/** What a module reads of an event (CloudEvents 1.0). */
export type FeedEvent = Readonly<z.output<typeof EventSchema>>;
const Page = z.object({ events: z.array(EventSchema), cursor: z.string() });
const Snapshot = z.object({ cursor: z.string(), items: z.array(z.object({ subject: z.string() })) });

/** What is to be stored of a batch, in the transaction that also keeps the cursor. It waits for nothing but its own queries. */
export type Effect = (tx: Queryable) => Promise<void>;

/** What a module makes of the feed. */
export interface FeedConsumer {
  /** Types that are wanted, as the feed's filter takes them. */
  readonly types: readonly string[];
  /** Looks up what the events need, and returns what is to be stored. May be asked again for the same events. */
  handle(events: readonly FeedEvent[]): Promise<Effect>;
  /** Events were missed for good (410): makes the same of all that is open now, `kind/id` each. */
  startOver(subjects: readonly string[]): Promise<Effect>;
}

/** Another process of the module has taken these events already. */
class Overtaken extends Error {}

/**
 * Follows the feed by long poll. Cursor and effect are one transaction of the module's own database: every event has its effect once and
 * in order, whoever is killed between, and however many processes follow.
 */
export class FeedFollower {
  readonly #tracker: TrackerClient;
  readonly #database: Database;
  /** The table of cursors: name text PRIMARY KEY, cursor text. */
  readonly #table: string;
  readonly #name: string;
  readonly #consumer: FeedConsumer;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Epoch ms of the last answer of the feed that is stored. */
  readAt = 0;

  constructor(
    parts: { readonly tracker: TrackerClient; readonly database: Database; readonly log: Log },
    kept: { readonly table: string; readonly name: string },
    consumer: FeedConsumer,
  ) {
    this.#tracker = parts.tracker;
    this.#database = parts.database;
    this.#log = parts.log;
    this.#table = kept.table;
    this.#name = kept.name;
    this.#consumer = consumer;
  }

  start(): void {
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let isTold = false;
    while (!signal.aborted) {
      try {
        await this.#step(signal);
        this.readAt = Date.now();
        if (isTold) this.#log.info(`${this.#name}: the feed goes on`);
        isTold = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!isTold && !(error instanceof Overtaken)) this.#tell(error);
        isTold = true;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  #tell(error: unknown): void {
    const text = `${this.#name}: the feed cannot be followed now, and is asked again`;
    const isOutside = error instanceof TrackerAway || error instanceof TrackerRefusal || isAway(error);
    if (isOutside) this.#log.warn(`${text}: ${(error as Error).message}`);
    else this.#log.error(text, error);
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { rows } = await this.#database.query<{ cursor: string }>(
      `SELECT cursor FROM ${this.#table} WHERE name = $1`,
      [this.#name],
    );
    const before = rows[0]?.cursor;
    const query = new URLSearchParams({ limit: String(BATCH), wait: String(WAIT_S) });
    if (before !== undefined) query.set('after', before);
    if (this.#consumer.types.length > 0) query.set('types', this.#consumer.types.join(','));
    try {
      const { events, cursor } = await this.#tracker.get(`/api/v1/feed?${query}`, Page, LONG_POLL_MS, signal);
      if (events.length > 0 || before === undefined)
        await this.#store(before, cursor, await this.#consumer.handle(events));
      else if (cursor !== before) await this.#store(before, cursor, async () => {});
    } catch (error) {
      if (!(error instanceof TrackerRefusal) || error.code !== 'cursor_gone') throw error;
      this.#log.warn(`${this.#name}: events went before they were read; starting over from what is open`);
      const { cursor, items } = await this.#tracker.get('/api/v1/feed/snapshot', Snapshot);
      await this.#store(before, cursor, await this.#consumer.startOver(items.map(({ subject }) => subject)));
    }
  }

  /** @throws Overtaken when the cursor is not the one the events were read from */
  async #store(before: string | undefined, cursor: string, effect: Effect): Promise<void> {
    await this.#database.transaction(async (tx) => {
      const { rowCount } =
        before === undefined
          ? await tx.query(`INSERT INTO ${this.#table} (name, cursor) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
              this.#name,
              cursor,
            ])
          : await tx.query(`UPDATE ${this.#table} SET cursor = $2 WHERE name = $1 AND cursor = $3`, [
              this.#name,
              cursor,
              before,
            ]);
      if (rowCount === 0) throw new Overtaken();
      await effect(tx);
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
