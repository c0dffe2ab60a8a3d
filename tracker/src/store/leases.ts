import { randomBytes } from 'node:crypto';
import type { Queryable } from './database.js';
import { sqlFile } from './sql-file.js';

const take = sqlFile('./sql/take-lease.sql', import.meta.url);
const leave = sqlFile('./sql/leave-lease.sql', import.meta.url);

/** Who holds a lease: this process in this run, so that a restarted node is a new holder. */
export function leaseHolder(nodeId: string): string {
  return `${nodeId}/${randomBytes(6).toString('hex')}`;
}

/**
 * A singleton's right to work, as a row: taken for ttlMs, renewed by taking it again, free once it runs out.
 * The token grows with every change of holder; work that must not overlap locks and compares it in its own transaction.
 */
export class Lease {
  readonly #name: string;
  readonly #holder: string;
  readonly #ttlMs: number;

  constructor(name: string, holder: string, ttlMs: number) {
    this.#name = name;
    this.#holder = holder;
    this.#ttlMs = ttlMs;
  }

  /** Takes or renews the lease. Returns its fencing token, or undefined while somebody else holds it. */
  async take(database: Queryable): Promise<number | undefined> {
    const { rows } = await database.query<{ token: number }>(take, [this.#name, this.#holder, this.#ttlMs]);
    return rows[0]?.token;
  }

  /** Gives the lease back, so that the next holder need not wait for it to run out. */
  async leave(database: Queryable): Promise<void> {
    await database.query(leave, [this.#name, this.#holder]);
  }
}
