import { type CloudEvent, cloudEvent, cursorAt } from './event.js';
import { CursorGone, type Feed, type FeedReader } from './feed.js';

const IDLE_MS = 60_000;
const RETRY_MS = 500;

/** Where a pump's events go. */
export interface EventSink {
  /** For whom, asked before every batch: a revoked grant counts at once. Null: everything. */
  reader(): FeedReader | null;
  /** Sends a batch and resolves when the other side has acknowledged it. */
  deliver(events: readonly CloudEvent[], cursor: string): Promise<void>;
  /** The cursor is older than what is kept. */
  gone(detail: string): void;
}

/**
 * Pushes the feed to one consumer from its cursor on: in order, at least once, the next batch only after the one before was
 * acknowledged. A slow consumer waits on its own; nothing is queued for it.
 */
export class EventPump {
  readonly #feed: Feed;
  readonly #sink: EventSink;
  readonly #batch: number;
  readonly #stop = new AbortController();
  #position: number;

  /** @param batch so many events at most are delivered together */
  constructor(feed: Feed, position: number, sink: EventSink, batch = 200) {
    this.#feed = feed;
    this.#position = position;
    this.#sink = sink;
    this.#batch = batch;
  }

  get position(): number {
    return this.#position;
  }

  /** Runs until stop, or until the sink throws or its cursor is gone. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const arrival = this.#feed.nextEvents(IDLE_MS, signal);
      let read: Awaited<ReturnType<Feed['read']>>;
      try {
        read = await this.#feed.read(this.#position, this.#batch, this.#sink.reader());
      } catch (error) {
        if (error instanceof CursorGone) return this.#sink.gone(error.message);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS)); // the database is away
        continue;
      }
      if (signal.aborted) return;
      if (read.events.length > 0) await this.#sink.deliver(read.events.map(cloudEvent), cursorAt(read.seenUpTo));
      this.#position = read.seenUpTo;
      if (read.events.length < this.#batch) await arrival;
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}
