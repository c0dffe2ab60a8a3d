import { v7 as uuidv7 } from 'uuid';
import type { Changes } from '../feed/record.js';
import { KickedTask } from '../kicked-task.js';
import type { AttentionKind } from '../protocol/attention.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { Lease } from '../store/leases.js';
import { type AttentionRow, attentionEvent } from './attention.js';
import { USUAL_ATTENTION_POLICY } from './attention-policy.js';
import { attentionSql as sql } from './attention-sql.js';
import { timeOutPart } from './vek-parts.js';

const POLL_MS = 1000;
const LEASE_MS = 5000;
/** Of one kind in one transaction. */
const BATCH = 200;

/** How many of a kind wait for somebody, and since when the oldest does (epoch ms). */
export interface OpenAttention {
  readonly kind: AttentionKind;
  readonly open: number;
  readonly oldest_at: number;
}

/**
 * Finds what waits for a person for too long, and tells of it until a person has seen to it. All of its state is in the database: whichever
 * node holds the lease goes on where another was killed, and two at once raise nothing twice.
 */
export class AttentionWatch {
  readonly #database: Database;
  readonly #changes: Changes;
  readonly #lease: Lease;
  readonly #onError: (text: string, error: unknown) => void;
  readonly #task = new KickedTask(() => this.#run(), POLL_MS);
  readonly #usual = JSON.stringify(USUAL_ATTENTION_POLICY);
  /** As last seen by this node, whoever raises. */
  open: readonly OpenAttention[] = [];

  constructor(database: Database, changes: Changes, holder: string, onError: (text: string, error: unknown) => void) {
    this.#database = database;
    this.#changes = changes;
    this.#lease = new Lease('attention', holder, LEASE_MS);
    this.#onError = onError;
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    await this.#lease.leave(this.#database).catch(() => {}); // else it runs out
  }

  async #run(): Promise<void> {
    try {
      if ((await this.#lease.take(this.#database)) !== undefined) {
        await this.#timeOutParts();
        await this.#tell();
      }
      this.open = (await this.#database.query<OpenAttention>(sql.summary)).rows;
    } catch (error) {
      if (!isAway(error)) this.#onError('what waits for a person could not be told; the next poll tries again', error);
    }
  }

  /** Offers that nobody answered in time: responsibility is the owner's again. */
  async #timeOutParts(): Promise<void> {
    const { rows } = await this.#database.query<{ vek_id: string; agency_id: string }>(sql.overdue_parts, [BATCH]);
    for (const { vek_id: vekId, agency_id: agencyId } of rows)
      await this.#changes.change([vekId], (tx, records) =>
        timeOutPart(tx, records, { vekId, agencyId, at: Date.now() }),
      );
  }

  async #tell(): Promise<void> {
    const { gone, due, causes } = (
      await this.#database.query<{ gone: string[]; due: string[]; causes: string[] }>(sql.waiting, [this.#usual, BATCH])
    ).rows[0]!;
    if (gone.length + due.length + causes.length === 0) return;
    await this.#changes.change([...gone, ...due], async (tx, records) => {
      const cleared = gone.length === 0 ? [] : (await tx.query<AttentionRow>(sql.clear, [gone])).rows;
      for (const row of cleared) attentionEvent(records, 'cleared', row);
      const told =
        due.length === 0
          ? []
          : (await tx.query<AttentionRow & { escalated: boolean }>(sql.tell_again, [this.#usual, due])).rows;
      for (const row of told) attentionEvent(records, row.escalated ? 'escalated' : 'repeated', row);
      const ids = causes.map(() => uuidv7());
      const raised =
        causes.length === 0 ? [] : (await tx.query<AttentionRow>(sql.raise, [this.#usual, causes, ids])).rows;
      for (const row of raised) attentionEvent(records, 'raised', row);
    });
  }

  /** Removes what was over so many days ago. */
  async prune(days: number): Promise<void> {
    await this.#database.query(sql.forget, [days]);
  }
}
