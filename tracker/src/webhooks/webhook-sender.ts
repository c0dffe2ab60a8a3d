import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudEvent, FeedEvent } from '../feed/event.js';
import { EventPump } from '../feed/event-pump.js';
import type { Feed } from '../feed/feed.js';
import { KickedTask } from '../kicked-task.js';
import type { Access } from '../rights/access.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { Lease } from '../store/leases.js';
import type { Directory } from '../units/directory.js';
import { backoffMs } from './backoff.js';
import { POST_TIMEOUT_MS, type PostAnswer, type Poster } from './post.js';
import { signatures } from './signature.js';
import { type ParkedCode, readWebhooks, webhooksSql as sql, type Webhook, type WebhookCommands } from './webhook.js';

const LEASE_MS = 30_000;
const TICK_MS = 1000;
/** Some 50 KB: what a receiver stores in one transaction. */
const BATCH = 100;

/** What a person is told of a webhook that this node sends to. */
export interface SendingState {
  readonly position: number;
  /** Tries in a row that failed. */
  readonly failures: number;
  /** The last of them, in words; null: the last try was accepted, or there was none. */
  readonly lastFailure: string | null;
}

/** One webhook's events on their way: its own loop, which waits for nobody else's receiver. */
class Line {
  webhook: Webhook;
  readonly pump: EventPump;
  readonly stop = new AbortController();
  saved: number;
  failures = 0;
  lastFailure: string | null = null;

  constructor(webhook: Webhook, pump: (line: Line) => EventPump) {
    this.webhook = webhook;
    this.saved = webhook.position;
    this.pump = pump(this);
  }
}

/**
 * Pushes the feed to webhooks: per webhook in order and at least once, the next batch only after the one before was accepted; tried again
 * with growing pauses, and parked after so many failures. One node does this, by lease; each receiver has a loop of its own, so that a
 * slow or dead one holds up nobody.
 */
export class WebhookSender {
  readonly #database: Database;
  readonly #feed: Feed;
  readonly #access: Access;
  readonly #directory: Directory;
  readonly #commands: WebhookCommands;
  readonly #poster: Poster;
  readonly #tries: number;
  readonly #lease: Lease;
  readonly #onParked: (webhook: Webhook, code: ParkedCode, detail: string) => void;
  readonly #onError: (text: string, error: unknown) => void;
  readonly #task = new KickedTask(() => this.#run(), TICK_MS);
  readonly #lines = new Map<string, Line>();
  #leaseUntil = 0;
  #stopListening: () => void = () => {};
  readonly counters = { accepted: 0, failed: 0, parked: 0 };

  constructor(
    parts: {
      readonly database: Database;
      readonly feed: Feed;
      readonly access: Access;
      readonly directory: Directory;
      readonly commands: WebhookCommands;
      readonly poster: Poster;
    },
    holder: string,
    tries: number,
    onParked: (webhook: Webhook, code: ParkedCode, detail: string) => void,
    onError: (text: string, error: unknown) => void,
  ) {
    this.#database = parts.database;
    this.#feed = parts.feed;
    this.#access = parts.access;
    this.#directory = parts.directory;
    this.#commands = parts.commands;
    this.#poster = parts.poster;
    this.#tries = tries;
    this.#lease = new Lease('webhooks', holder, LEASE_MS);
    this.#onParked = onParked;
    this.#onError = onError;
  }

  start(): void {
    this.#stopListening = this.#feed.listen((events) => this.#follow(events));
    this.#task.start();
  }

  /** Webhooks that this node sends to now. */
  get active(): number {
    return this.#lines.size;
  }

  /** Undefined: this node does not send to it. */
  stateOf(id: string): SendingState | undefined {
    const line = this.#lines.get(id);
    return line === undefined
      ? undefined
      : { position: line.pump.position, failures: line.failures, lastFailure: line.lastFailure };
  }

  async #run(): Promise<void> {
    try {
      const asked = Date.now();
      if ((await this.#lease.take(this.#database)) === undefined) return this.#endAll();
      const isNew = this.#leaseUntil === 0;
      this.#leaseUntil = asked + LEASE_MS;
      if (isNew) for (const webhook of await readWebhooks(this.#database, null)) this.#begin(webhook);
      await this.#savePositions();
    } catch (error) {
      // without the database the lease cannot be kept: the lines stop by themselves before it ends
      if (!isAway(error)) this.#onError('webhooks could not be tended', error);
    }
  }

  #endAll(): void {
    this.#leaseUntil = 0;
    for (const id of [...this.#lines.keys()]) this.#end(id);
  }

  /** What people did to webhooks, on whichever node. */
  async #follow(events: readonly FeedEvent[]): Promise<void> {
    if (this.#leaseUntil === 0) return;
    const changed = new Map<string, string[]>();
    for (const { aggregate, type } of events)
      if (aggregate.kind === 'webhook') changed.set(aggregate.id, [...(changed.get(aggregate.id) ?? []), type]);
    if (changed.size === 0) return;
    const now = new Map(
      (await readWebhooks(this.#database, [...changed.keys()])).map((webhook) => [webhook.id, webhook]),
    );
    for (const [id, types] of changed) {
      const webhook = now.get(id);
      const line = this.#lines.get(id);
      const goesOn = types.every((type) => type === 'lv.vanags.webhook.secret_rotated.v1');
      if (webhook !== undefined && line !== undefined && goesOn) line.webhook = webhook;
      else {
        this.#end(id);
        if (webhook !== undefined) this.#begin(webhook);
      }
    }
  }

  #begin(webhook: Webhook): void {
    if (webhook.parked !== null || this.#lines.has(webhook.id)) return;
    const line: Line = new Line(
      webhook,
      (of) =>
        new EventPump(
          this.#feed,
          webhook.position,
          {
            reader: () => this.#reader(of.webhook),
            deliver: (events, cursor) => this.#deliver(of, events, cursor),
            gone: (detail) => void this.#park(of, 'cursor_gone', detail),
          },
          BATCH,
        ),
    );
    this.#lines.set(webhook.id, line);
    line.pump.run().catch((error) => {
      if (!line.stop.signal.aborted) this.#onError(`webhook ${webhook.id} stopped`, error);
    });
  }

  #reader({ agencyId, filter }: Webhook) {
    const agency = this.#directory.agenciesById.get(agencyId)!;
    return { own: agencyId, seen: [...this.#access.agencies({ agency }, 'see', Date.now())], filter };
  }

  #end(id: string): void {
    const line = this.#lines.get(id);
    if (line === undefined) return;
    line.stop.abort();
    line.pump.stop();
    this.#lines.delete(id);
  }

  /** Resolves once the receiver has accepted. @throws Error when the line was stopped meanwhile, or parked */
  async #deliver(line: Line, events: readonly CloudEvent[], cursor: string): Promise<void> {
    const body = JSON.stringify(events);
    const { signal } = line.stop;
    for (;;) {
      const answer = await this.#attempt(line, body, cursor);
      signal.throwIfAborted();
      if (answer.ok) {
        line.failures = 0;
        line.lastFailure = null;
        this.counters.accepted++;
        return;
      }
      line.failures++;
      line.lastFailure = `${answer.code}: ${answer.detail}`;
      this.counters.failed++;
      if (answer.code === 'receiver_gone' || line.failures >= this.#tries) {
        await this.#park(line, answer.code, answer.detail);
        signal.throwIfAborted();
      }
      const pauseMs = Math.max(backoffMs(line.failures, Math.random()), answer.retryAfterMs);
      await sleep(pauseMs, undefined, { signal });
    }
  }

  async #attempt({ webhook, stop }: Line, body: string, cursor: string): Promise<PostAnswer> {
    // an answer that comes after the lease ended would be to two nodes' requests
    while (Date.now() + POST_TIMEOUT_MS > this.#leaseUntil) await sleep(TICK_MS, undefined, { signal: stop.signal });
    const now = Date.now();
    const timestampS = Math.floor(now / 1000);
    // the same batch has the same id however often it is sent
    const id = `${webhook.id}.${cursor}`;
    const secrets = [webhook.secret];
    if (webhook.previous !== null && now < webhook.previous.until) secrets.push(webhook.previous.secret);
    const headers = {
      'content-type': 'application/cloudevents-batch+json; charset=utf-8',
      'user-agent': 'Vanags',
      'webhook-id': id,
      'webhook-timestamp': String(timestampS),
      'webhook-signature': signatures(secrets, id, timestampS, body),
    };
    return this.#poster.post(new URL(webhook.url), headers, body);
  }

  /** Resolves once it is parked, however long the database is away. */
  async #park(line: Line, code: ParkedCode, detail: string): Promise<void> {
    const { webhook, stop } = line;
    while (!stop.signal.aborted) {
      try {
        await this.#savePositions(); // after it the version is another
        await this.#commands.park(webhook.id, code);
        this.#end(webhook.id);
        this.counters.parked++;
        this.#onParked(webhook, code, detail);
      } catch (error) {
        if (!isAway(error)) this.#onError(`webhook ${webhook.id} could not be parked`, error);
        await sleep(TICK_MS, undefined, { signal: stop.signal }).catch(() => {});
      }
    }
  }

  /** One statement for all that moved: what is lost of it by a kill is sent again. */
  async #savePositions(): Promise<void> {
    const moved = [...this.#lines.values()]
      .map((line) => ({ line, position: line.pump.position }))
      .filter(({ line, position }) => position > line.saved);
    if (moved.length === 0) return;
    await this.#database.query(sql.save_positions, [
      moved.map(({ line }) => line.webhook.id),
      moved.map(({ position }) => position),
      moved.map(({ line }) => line.webhook.version),
    ]);
    for (const { line, position } of moved) line.saved = position;
  }

  async stop(): Promise<void> {
    this.#stopListening();
    await this.#task.stop();
    await this.#savePositions().catch(() => {});
    this.#endAll();
    this.#poster.close();
    await this.#lease.leave(this.#database).catch(() => {});
  }
}
