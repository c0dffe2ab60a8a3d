import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../src/log.js';
import type { Database, Queryable } from '../src/store/database.js';
import { isAway, isRefusedValue } from '../src/store/errors.js';
import { TrackerAway, type TrackerClient, TrackerRefusal } from './tracker-client.js';

const WAIT_S = 25;
const LONG_POLL_MS = (WAIT_S + 10) * 1000;
const BATCH = 100;
const RETRY_MS = 1000;
/** Events set aside that are tried again at a start. */
const TRIED_AGAIN = 1000;

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
 * in order, whoever is killed between, and however many processes follow. An event of which the database refuses a value is set aside,
 * in the place of its effect, and holds up none of those after it.
 */
export class FeedFollower {
  readonly #tracker: TrackerClient;
  readonly #database: Database;
  /** With the tables follower (name, cursor) and refused_event. */
  readonly #schema: string;
  readonly #name: string;
  readonly #consumer: FeedConsumer;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Epoch ms of the last answer of the feed that is stored. */
  readAt = 0;
  /** Events that are set aside. */
  refused = 0;
  #oneByOne = 0; // of the events to come, for one of them was refused

  constructor(
    parts: { readonly tracker: TrackerClient; readonly database: Database; readonly log: Log },
    kept: { readonly schema: string; readonly name: string },
    consumer: FeedConsumer,
  ) {
    this.#tracker = parts.tracker;
    this.#database = parts.database;
    this.#log = parts.log;
    this.#schema = kept.schema;
    this.#name = kept.name;
    this.#consumer = consumer;
  }

  start(): void {
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let isTold = false;
    let isBegun = false;
    while (!signal.aborted) {
      try {
        if (!isBegun) await this.#tryRefusedAgain();
        isBegun = true;
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
      `SELECT cursor FROM ${this.#schema}.follower WHERE name = $1`,
      [this.#name],
    );
    const before = rows[0]?.cursor;
    const limit = this.#oneByOne > 0 ? 1 : BATCH;
    const query = new URLSearchParams({ limit: String(limit), wait: String(WAIT_S) });
    if (before !== undefined) query.set('after', before);
    if (this.#consumer.types.length > 0) query.set('types', this.#consumer.types.join(','));
    try {
      const { events, cursor } = await this.#tracker.get(`/api/v1/feed?${query}`, Page, LONG_POLL_MS, signal);
      if (events.length > 0 || before === undefined) await this.#take(before, cursor, events);
      else if (cursor !== before) await this.#store(before, cursor, async () => {});
    } catch (error) {
      if (!(error instanceof TrackerRefusal) || error.code !== 'cursor_gone') throw error;
      this.#log.warn(`${this.#name}: events went before they were read; starting over from what is open`);
      const { cursor, items } = await this.#tracker.get('/api/v1/feed/snapshot', Snapshot);
      await this.#store(before, cursor, await this.#consumer.startOver(items.map(({ subject }) => subject)));
    }
  }

  async #take(before: string | undefined, cursor: string, events: readonly FeedEvent[]): Promise<void> {
    const effect = await this.#consumer.handle(events);
    try {
      await this.#store(before, cursor, effect);
      this.#oneByOne = Math.max(0, this.#oneByOne - events.length);
    } catch (error) {
      const [event, ...more] = events;
      if (event === undefined || !isRefusedValue(error)) throw error;
      // which of them it is shows when each comes alone
      if (more.length > 0) {
        this.#oneByOne = events.length;
        return;
      }
      const { message } = error as Error;
      this.#log.error(`${this.#name}: event ${event.id} (${event.type}) is set aside, for its value is refused`, error);
      await this.#store(before, cursor, async (tx) => {
        await tx.query(
          `INSERT INTO ${this.#schema}.refused_event (follower, event_id, event, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
          [this.#name, event.id, JSON.stringify(event), message],
        );
      });
      this.#oneByOne--;
      this.refused++;
    }
  }

  /** What was refused once may be taken by now: the module, or the card, is another. */
  async #tryRefusedAgain(): Promise<void> {
    const { rows } = await this.#database.query<{ event_id: string; event: string }>(
      `SELECT event_id, event FROM ${this.#schema}.refused_event WHERE follower = $1 ORDER BY refused_at, event_id LIMIT $2`,
      [this.#name, TRIED_AGAIN],
    );
    this.refused = rows.length;
    for (const { event_id, event } of rows) {
      const effect = await this.#consumer.handle([EventSchema.parse(JSON.parse(event))]);
      try {
        await this.#database.transaction(async (tx) => {
          await effect(tx);
          await tx.query(`DELETE FROM ${this.#schema}.refused_event WHERE follower = $1 AND event_id = $2`, [
            this.#name,
            event_id,
          ]);
        });
        this.refused--;
      } catch (error) {
        if (!isRefusedValue(error)) throw error;
      }
    }
  }

  /** @throws Overtaken when the cursor is not the one the events were read from */
  async #store(before: string | undefined, cursor: string, effect: Effect): Promise<void> {
    await this.#database.transaction(async (tx) => {
      const { rowCount } =
        before === undefined
          ? await tx.query(
              `INSERT INTO ${this.#schema}.follower (name, cursor) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
              [this.#name, cursor],
            )
          : await tx.query(`UPDATE ${this.#schema}.follower SET cursor = $2 WHERE name = $1 AND cursor = $3`, [
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
