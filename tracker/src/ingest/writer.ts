import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { sqlFile } from '../store/sql-file.js';
import { type OwnedStream, WriteBatch } from './write-batch.js';

const flushSql = sqlFile('./sql/flush.sql', import.meta.url);
const RETRY_MS = 250;
const MAX_RETRY_MS = 2000;
/** A flush takes some ten milliseconds: after this the database counts as away, also if it hangs without a word. */
const SLOW_FLUSH_MS = 3000;

export interface WriterSettings {
  readonly intervalMs: number;
  readonly rows: number;
  readonly maxWaiting: number;
}

/** What the database said of a flush: a stream's durable seq, or that the session no longer owns it. */
export interface WriterListener {
  durable(stream: OwnedStream, seq: number, now: number): void;
  fenced(stream: OwnedStream): void;
  /** After the durable calls of a flush that stored crew events: they are there to be carried out. */
  eventsStored(): void;
  /** A batch that the database refuses for another reason than being away: our mistake or bad data; its items are not acked. */
  refused(streams: readonly OwnedStream[], error: Error): void;
}

/** A session of a stream for which a flush did not simply store everything up to the last seq. */
interface Unexpected {
  readonly stream_id: number;
  readonly session: number;
  /** Null: it no longer owns the stream. */
  readonly durable_seq: number | null;
}

const streamKey = (streamId: number, session: number) => `${streamId}/${session}`;

export interface WriterCounters {
  flushes: number;
  items: number;
  retries: number;
  flushMs: number;
}

/**
 * The group commit: one batch fills while the one before is on its way. A flush whose outcome is unknown is repeated as it is, with
 * the same statement, until the database answers; flush.sql stores nothing twice. Nothing is acknowledged before.
 */
export class Writer {
  readonly #database: Database;
  readonly #settings: WriterSettings;
  readonly #listener: WriterListener;
  readonly counters: WriterCounters = { flushes: 0, items: 0, retries: 0, flushMs: 0 };
  #filling: WriteBatch;
  #spare: WriteBatch;
  #client: Connection | undefined;
  #statement = '';
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #awaySince: number | undefined;
  #flushingSince: number | undefined;
  #stopped = false;

  constructor(database: Database, settings: WriterSettings, listener: WriterListener) {
    this.#database = database;
    this.#settings = settings;
    this.#listener = listener;
    this.#filling = new WriteBatch(settings.rows);
    this.#spare = new WriteBatch(settings.rows);
  }

  /** Epoch ms since when the database has not answered, or undefined while it does: it fails, or a flush takes far too long. */
  get awaySince(): number | undefined {
    if (this.#awaySince !== undefined) return this.#awaySince;
    const since = this.#flushingSince;
    return since !== undefined && Date.now() - since > SLOW_FLUSH_MS ? since : undefined;
  }

  get waiting(): number {
    return this.#filling.items;
  }

  /** False once as much waits as may: the caller stops handing over, and its device keeps what is not acked. */
  get hasRoom(): boolean {
    return this.#filling.items < this.#settings.maxWaiting;
  }

  /** The batch to write items into, now; it changes hands at a flush. Call `written` after. */
  get batch(): WriteBatch {
    return this.#filling;
  }

  /** Sees to it that what was written is flushed: at once with events or a full batch, else within the interval. */
  written(): void {
    if (this.#flushing !== undefined) return; // looked at again when that flush ends
    if (this.#filling.hasEvents || this.#filling.items >= this.#settings.rows) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#settings.intervalMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flushing !== undefined || this.#filling.items === 0) return;
    const batch = this.#filling;
    this.#filling = this.#spare;
    this.#spare = batch;
    this.#flushingSince = Date.now();
    this.#flushing = this.#commit(batch).finally(() => {
      this.#flushingSince = undefined;
      batch.clear();
      this.#flushing = undefined;
      if (this.#filling.items > 0) this.written();
    });
  }

  async #commit(batch: WriteBatch): Promise<void> {
    const params = batch.params();
    const started = performance.now();
    for (let delay = RETRY_MS; ; delay = Math.min(delay * 2, MAX_RETRY_MS)) {
      try {
        this.#client ??= await this.#connect();
        const client = this.#client;
        const { rows } = await client.query<Unexpected>({
          name: this.#statement,
          text: flushSql,
          values: params,
        });
        this.#awaySince = undefined;
        this.counters.flushes++;
        this.counters.items += batch.items;
        this.counters.flushMs += performance.now() - started;
        this.#answer(batch, rows);
        return;
      } catch (error) {
        const client = this.#client;
        this.#client = undefined;
        client?.end().catch(() => {});
        if (!isAway(error)) {
          this.#awaySince = undefined;
          this.#listener.refused(batch.streams, error as Error);
          return;
        }
        this.counters.retries++;
        this.#awaySince ??= Date.now();
        if (this.#stopped) return;
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }

  async #connect(): Promise<Connection> {
    // a name of its own for every connection: the embedded backend keeps names from one connection to the next
    this.#statement = `flush-${randomUUID()}`;
    return this.#database.connect();
  }

  #answer({ streams, upto, hasEvents }: WriteBatch, unexpected: readonly Unexpected[]): void {
    const answers = new Map(unexpected.map((row) => [streamKey(row.stream_id, row.session), row.durable_seq]));
    const now = Date.now();
    for (let i = 0; i < streams.length; i++) {
      const stream = streams[i]!;
      const answer = answers.size === 0 ? undefined : answers.get(streamKey(stream.streamId, stream.session));
      if (answer === null) this.#listener.fenced(stream);
      else this.#listener.durable(stream, answer ?? upto[i]!, now);
    }
    if (hasEvents) this.#listener.eventsStored();
  }

  /** Flushes what waits, once, and ends the connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#flushing;
    this.#flush();
    await this.#flushing;
    await this.#client?.end().catch(() => {});
  }
}
