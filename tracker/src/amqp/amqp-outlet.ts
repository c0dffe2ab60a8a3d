import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudEvent } from '../feed/event.js';
import { EventPump } from '../feed/event-pump.js';
import type { Feed } from '../feed/feed.js';
import { KickedTask } from '../kicked-task.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { Lease } from '../store/leases.js';
import { backoffMs } from '../webhooks/index.js';
import { Broker, CONFIRM_MS } from './broker.js';

const LEASE_MS = 30_000;
const TICK_MS = 1000;
const BATCH = 200;
/** A broker that comes back is found within this time. */
const MOST_PAUSE_MS = 5000;
/** Its cursor is kept beside those of the operator's consumers, under a name that none of them can have. */
const CONSUMER = '$amqp';

/**
 * Publishes the whole feed to a RabbitMQ: in order, at least once, the next batch only after the broker has confirmed the one before. One
 * node does this, by lease, from a cursor that is kept in the database after the confirms. While the broker is away it waits, and the feed
 * is the buffer.
 */
export class AmqpOutlet {
  readonly #database: Database;
  readonly #feed: Feed;
  readonly #url: string;
  readonly #exchange: string;
  readonly #operatorId: () => string;
  readonly #lease: Lease;
  readonly #onState: (text: string) => void;
  readonly #onError: (text: string, error: unknown) => void;
  readonly #task = new KickedTask(() => this.#run(), TICK_MS);
  #leaseUntil = 0;
  /** The stretch of the feed that this node publishes, while it holds the lease. */
  #pump: EventPump | undefined;
  #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #broker: Broker | undefined;
  #saved = 0;
  readonly counters = { published: 0, failures: 0, gaps: 0 };

  /** @param onState is told when the broker is lost and when it is there again */
  constructor(
    parts: { readonly database: Database; readonly feed: Feed; readonly operatorId: () => string },
    broker: { readonly url: string; readonly exchange: string },
    holder: string,
    onState: (text: string) => void,
    onError: (text: string, error: unknown) => void,
  ) {
    this.#database = parts.database;
    this.#feed = parts.feed;
    this.#operatorId = parts.operatorId;
    this.#url = broker.url;
    this.#exchange = broker.exchange;
    this.#lease = new Lease('amqp', holder, LEASE_MS);
    this.#onState = onState;
    this.#onError = onError;
  }

  start(): void {
    this.#task.start();
  }

  get isConnected(): boolean {
    return this.#broker !== undefined && !this.#broker.isLost;
  }

  /** Events that the broker has not confirmed; undefined: another node publishes. */
  get lag(): number | undefined {
    return this.#pump === undefined ? undefined : Math.max(0, this.#feed.position - this.#pump.position);
  }

  async #run(): Promise<void> {
    try {
      const asked = Date.now();
      if ((await this.#lease.take(this.#database)) === undefined) return await this.#end();
      this.#leaseUntil = asked + LEASE_MS;
      if (this.#pump === undefined) await this.#begin();
      await this.#savePosition();
    } catch (error) {
      // without the database the lease cannot be kept: publishing stops by itself before it ends
      if (!isAway(error)) this.#onError('the feed could not be published to the broker', error);
    }
  }

  async #begin(): Promise<void> {
    const { floor } = await this.#feed.head();
    const kept = (await this.#feed.cursorOf(CONSUMER, this.#operatorId())) ?? floor;
    if (kept < floor) {
      this.counters.gaps++;
      this.#onError(
        'events went before the broker had them; it gets those that are left',
        new Error(`${kept} < ${floor}`),
      );
    }
    this.#saved = Math.max(kept, floor);
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const pump = new EventPump(
      this.#feed,
      this.#saved,
      {
        reader: () => null,
        deliver: (events) => this.#deliver(events, signal),
        gone: () => {
          this.#pump = undefined; // begun again from the oldest that is left
        },
      },
      BATCH,
    );
    this.#pump = pump;
    this.#ended = pump.run().catch((error) => {
      if (!signal.aborted) this.#onError('publishing to the broker stopped', error);
      if (this.#pump === pump) this.#pump = undefined;
    });
  }

  /** Resolves once the broker has confirmed. @throws Error when stopped meanwhile */
  async #deliver(events: readonly CloudEvent[], signal: AbortSignal): Promise<void> {
    for (let failures = 0; ; ) {
      try {
        if (!this.isConnected) {
          this.#broker = await Broker.open(this.#url, this.#exchange);
          this.#onState('the broker is there');
        }
        // what is confirmed after the lease has ended would stand between another node's events
        while (Date.now() + CONFIRM_MS > this.#leaseUntil) await sleep(TICK_MS, undefined, { signal });
        signal.throwIfAborted();
        await this.#broker!.publish(events);
        this.counters.published += events.length;
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (failures++ === 0) this.#onState(`the broker is away, events wait for it: ${(error as Error).message}`);
        this.counters.failures++;
        void this.#broker?.close(); // confirms of this batch that are still to come mean nothing any more
        this.#broker = undefined;
        await sleep(Math.min(MOST_PAUSE_MS, backoffMs(failures, Math.random())), undefined, { signal });
      }
    }
  }

  /** What is lost of it by a kill is published again. */
  async #savePosition(): Promise<void> {
    const position = this.#pump?.position ?? this.#saved;
    if (position === this.#saved) return;
    await this.#feed.saveCursor(CONSUMER, this.#operatorId(), position);
    this.#saved = position;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    this.#pump?.stop();
    await this.#ended;
    this.#pump = undefined;
    await this.#broker?.close();
    this.#broker = undefined;
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    this.#pump?.stop();
    this.#stop.abort();
    await this.#ended;
    await this.#savePosition().catch(() => {});
    await this.#end();
    await this.#lease.leave(this.#database).catch(() => {});
  }
}
