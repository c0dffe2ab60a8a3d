import type { Database } from '../store/database.js';
import { type AuditRow, auditHash } from './audit-chain.js';
import { feedSql as sql } from './feed-sql.js';

const BATCH = 2000;
/** The chain's value before its first entry. */
const NOTHING = Buffer.alloc(32);

/** A row with its place in the chain. */
export interface AuditLink extends AuditRow {
  readonly position: number;
  readonly hash: Uint8Array;
}

/** Where the chain is not what it was, from its beginning on. */
export type AuditFault =
  /** The entry is not what was chained, or not in its place. */
  | { readonly kind: 'changed'; readonly position: number; readonly id: string }
  /** Entries from a position to another, both included, are not there. */
  | { readonly kind: 'missing'; readonly position: number; readonly to: number }
  /** The log ends otherwise than its head, or a head written down earlier, says. */
  | { readonly kind: 'end'; readonly position: number; readonly expected: string; readonly found: string };

/** A place of the chain with its value: kept somewhere else, it tells later whether the log was written anew up to there. */
export interface AuditHead {
  readonly position: number;
  /** Hexadecimal, 64 characters. */
  readonly hash: string;
}

/** Works a chain out again, link by link; after a broken one it goes on with what is stored, so that each break is told of once. */
export class AuditCheck {
  #position = 0;
  #hash: Uint8Array = NOTHING;
  readonly #witness: AuditHead | undefined;
  readonly faults: AuditFault[] = [];

  /** @param witness a head that was written down before */
  constructor(witness?: AuditHead) {
    this.#witness = witness;
  }

  /** Takes the next row, in the order of positions. */
  next(link: AuditLink): void {
    const expected = this.#position + 1;
    if (link.position > expected) this.faults.push({ kind: 'missing', position: expected, to: link.position - 1 });
    else if (!auditHash(this.#hash, link.position, link).equals(link.hash))
      this.faults.push({ kind: 'changed', position: link.position, id: link.id });
    this.#position = link.position;
    this.#hash = link.hash;
    if (link.position === this.#witness?.position) this.#compare(this.#witness);
  }

  /** Compares where the rows ended with where they should. Returns all that was found. */
  end(head: AuditHead): readonly AuditFault[] {
    if (this.#position < head.position)
      this.faults.push({ kind: 'missing', position: this.#position + 1, to: head.position });
    else this.#compare(head);
    if (this.#witness !== undefined && this.#witness.position > this.#position)
      this.faults.push({ kind: 'missing', position: this.#position + 1, to: this.#witness.position });
    return this.faults;
  }

  #compare({ position, hash }: AuditHead): void {
    const found = this.head;
    if (found.position !== position || found.hash !== hash)
      this.faults.push({ kind: 'end', position, expected: hash, found: found.hash });
  }

  /** The last row taken. */
  get head(): AuditHead {
    return { position: this.#position, hash: Buffer.from(this.#hash).toString('hex') };
  }
}

export interface AuditReport {
  readonly faults: readonly AuditFault[];
  readonly head: AuditHead;
  /** Epoch ms of the oldest entry that no sequencer has chained yet; null: all are. */
  readonly unchainedSince: number | null;
}

/** Reads the whole log and checks it, a bounded bite at a time: it may run beside a tracker. */
export async function verifyAudit(database: Database, witness?: AuditHead): Promise<AuditReport> {
  const check = new AuditCheck(witness);
  // the end is asked for first: what is chained meanwhile is looked at up to there and no further
  const end = (
    await database.query<{ audit_position: number; audit_hash: Buffer; unchained_since: number | null }>(sql.audit_end)
  ).rows[0]!;
  const head = { position: end.audit_position, hash: end.audit_hash.toString('hex') };
  let after = 0;
  for (;;) {
    const { rows } = await database.query<AuditLink>(sql.audit_links, [after, end.audit_position, BATCH]);
    for (const row of rows) check.next(row);
    if (rows.length < BATCH) break;
    after = rows.at(-1)!.position;
  }
  return { faults: check.end(head), head: check.head, unchainedSince: end.unchained_since };
}
