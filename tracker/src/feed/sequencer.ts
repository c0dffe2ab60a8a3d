import { KickedTask } from '../kicked-task.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { Lease } from '../store/leases.js';
import { type AuditRow, auditHash } from './audit-chain.js';
import { feedSql as sql } from './feed-sql.js';

/** Every change of this process kicks: a look is for what other nodes have written, and to the embedded database none does. */
const POLL_MS = { server: 200, embedded: 1000 };
/** After a failure, and where the lease is another's: of a node that is gone, or of this one before it was killed. */
const SOON_MS = 200;
const LEASE_MS = 5000;
const BATCH = 1000;
/** Between two stampings: at hundreds of commands a second each covers some ten, and an event is seen this much later at most. */
const REST_MS = 20;
const LAG_EVERY_MS = 1000;

/**
 * Gives committed events their dense positions and chains the audit log. One node holds the lease; whoever stamps also locks the
 * head row, so that even a holder that was thought dead cannot break the order.
 */
export class Sequencer {
  readonly #database: Database;
  readonly #lease: Lease;
  readonly #onStamped: () => void;
  readonly #onError: (text: string, error: unknown) => void;
  readonly #task: KickedTask;
  #soon: NodeJS.Timeout | undefined;
  #leaseUntil = 0;
  #lag = { event_ms: 0, audit_ms: 0 };
  #lagAt = 0;

  constructor(
    database: Database,
    holder: string,
    onStamped: () => void,
    onError: (text: string, error: unknown) => void,
  ) {
    this.#database = database;
    this.#onError = onError;
    this.#lease = new Lease('sequencer', holder, LEASE_MS);
    this.#onStamped = onStamped;
    this.#task = new KickedTask(() => this.#run(), POLL_MS[database.address.kind], REST_MS);
  }

  start(): void {
    this.#task.start();
  }

  /** Stamps what is there, now. */
  kick(): void {
    this.#task.kick();
  }

  async #run(): Promise<void> {
    try {
      await this.#measureLag();
      if (!(await this.#holdsLease())) return this.#lookSoon();
      for (;;) {
        const stamped = await this.#stampBatch();
        if (stamped > 0) this.#onStamped();
        if (stamped < BATCH) break;
      }
    } catch (error) {
      this.#leaseUntil = 0; // lag is measured apart
      this.#lookSoon();
      if (!isAway(error)) this.#onError('events could not be stamped', error);
    }
  }

  #lookSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.kick(), SOON_MS);
  }

  /** Every node looks, so that a stuck holder is seen from outside. */
  async #measureLag(): Promise<void> {
    if (Date.now() - this.#lagAt < LAG_EVERY_MS) return;
    this.#lagAt = Date.now();
    this.#lag = (await this.#database.query<{ event_ms: number; audit_ms: number }>(sql.lag)).rows[0]!;
  }

  async #holdsLease(): Promise<boolean> {
    if (Date.now() < this.#leaseUntil) return true;
    const asked = Date.now();
    const token = await this.#lease.take(this.#database);
    // renewed at half its life, counted from before the question
    this.#leaseUntil = token === undefined ? 0 : asked + LEASE_MS / 2;
    return token !== undefined;
  }

  /** Returns how many events were stamped. Most polls find nothing: one cheap look, no transaction. */
  async #stampBatch(): Promise<number> {
    const { rows } = await this.#database.query<{ events: boolean; audit: boolean }>(sql.anything_waiting);
    const waiting = rows[0]!;
    if (!waiting.events && !waiting.audit) return 0;
    return this.#database.transaction(async (tx) => {
      // sent together: each sees what was committed when it begins
      const [stamped, unchained, head] = await Promise.all([
        tx.query<{ events: number }>(sql.stamp, [BATCH]),
        tx.query<AuditRow>(sql.unchained_audit, [BATCH]),
        tx.query<{ audit_position: number; audit_hash: Buffer }>(sql.audit_head),
      ]);
      const entries = unchained.rows;
      if (entries.length > 0) {
        const { audit_position, audit_hash } = head.rows[0]!;
        let hash = audit_hash;
        const hashes = entries.map((entry, i) => {
          hash = auditHash(hash, audit_position + i + 1, entry);
          return hash;
        });
        tx.last(sql.chain_audit, [entries.map((e) => e.seq), audit_position, hashes]);
      }
      return Math.max(stamped.rows[0]!.events, entries.length);
    }, sql.lock_head);
  }

  /** Age of the oldest event without a position at the last look, milliseconds. */
  get lastLagMs(): number {
    return this.#lag.event_ms;
  }

  /** Age of the oldest audit entry that is not chained yet at the last look, milliseconds. */
  get lastAuditLagMs(): number {
    return this.#lag.audit_ms;
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    clearTimeout(this.#soon);
    await this.#lease.leave(this.#database).catch(() => {});
  }
}
