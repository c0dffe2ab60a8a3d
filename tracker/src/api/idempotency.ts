import { createHash } from 'node:crypto';
import type { ChangeRunner, Records } from '../feed/record.js';
import type { Operation } from '../rights/matrix.js';
import type { Database, Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { ApiError } from './problem.js';

const sql = sqlStatements('./idempotency.sql', import.meta.url, [
  'claim_key',
  'keep_refusal',
  'keep_outcome',
  'kept',
  'keep_answer',
  'prune',
]);

export const IDEMPOTENCY_HEADER = 'idempotency-key';
/** Says that an answer is the first one again. */
export const REPLAYED_HEADER = 'idempotency-replayed';
const KEY = /^[\x21-\x7e]{1,200}$/;
/** A longer answer is made again from the kept outcome. */
const MAX_ANSWER_CHARS = 65_536;

/** Their answers hold a secret that is shown once and kept nowhere. */
const SHOWN_ONCE: ReadonlySet<Operation> = new Set<Operation>([
  'createDevice',
  'rotateDeviceToken',
  'createJoinCode',
  'createWebhook',
  'rotateWebhookSecret',
]);

/** Whose key it is: the same key of another person is another key. */
export interface KeyOwner {
  readonly agencyId: string;
  readonly subject: string;
}

/** An answer as it was given. */
export interface FirstAnswer {
  readonly status: number;
  readonly body: string;
}

/** Thrown out of a change whose key was used meanwhile for the same command, which was refused. */
export class AnsweredBefore extends Error {
  readonly first: FirstAnswer;

  constructor(first: FirstAnswer) {
    super(`answered before with ${first.status}`);
    this.first = first;
  }
}

interface KeptRow {
  readonly request_sha256: Buffer;
  readonly outcome: { readonly value?: unknown } | null;
  readonly status: number | null;
  readonly answer: string | null;
}

/**
 * A command that its caller may send again under one key: it is carried out once. What each of its changes came to is stored in the
 * transaction of that change, so that neither is there without the other; sent again, the handler runs on what is kept, and changes
 * nothing. What the state of things refused (409) is its answer too, and is kept; what was malformed, not allowed or not there, and what the
 * tracker could not do now, is judged anew.
 * Source: draft-ietf-httpapi-idempotency-key-header-07.
 */
export class KeyedCommand implements ChangeRunner {
  readonly #changes: ChangeRunner;
  readonly #id: readonly [agencyId: string, subject: string, key: string];
  readonly #sha256: Buffer;
  readonly #isShownOnce: boolean;
  #steps = 0;
  #carriedOut = 0;

  /**
   * @param request method, path with query, and body
   * @throws ApiError 400 `idempotency_key_malformed`
   */
  constructor(
    changes: ChangeRunner,
    { agencyId, subject }: KeyOwner,
    key: string,
    operation: Operation,
    request: readonly string[],
  ) {
    if (!KEY.test(key))
      throw new ApiError(400, 'idempotency_key_malformed', '1 to 200 printable characters of ASCII without blanks');
    this.#changes = changes;
    this.#id = [agencyId, subject, key];
    this.#sha256 = createHash('sha256').update(JSON.stringify(request)).digest();
    this.#isShownOnce = SHOWN_ONCE.has(operation);
  }

  /**
   * The first answer, if the key is known and its answer was kept.
   * @throws ApiError 422 `idempotency_key_reused`, 409 `answer_shown_once`
   */
  async firstAnswer(database: Queryable): Promise<FirstAnswer | undefined> {
    const kept = await this.#kept(database, 0);
    return kept === undefined ? undefined : answerOf(kept);
  }

  async #kept(database: Queryable, step: number): Promise<KeptRow | undefined> {
    const row = (await database.query<KeptRow>(sql.kept, [...this.#id, step])).rows[0];
    if (row === undefined) return undefined;
    if (!this.#sha256.equals(row.request_sha256))
      throw new ApiError(422, 'idempotency_key_reused', 'this key was used for another command');
    if (this.#isShownOnce && row.status === null)
      throw new ApiError(409, 'answer_shown_once', 'it was done before; what it answered is shown once');
    return row;
  }

  /** @throws AnsweredBefore; whatever the work throws */
  async change<T>(aggregates: readonly string[], work: (tx: Queryable, records: Records) => Promise<T>): Promise<T> {
    const step = this.#steps++;
    const result = await this.#changes.change(aggregates, async (tx, records) => {
      const { rowCount } = await tx.query(sql.claim_key, [...this.#id, step, this.#sha256]);
      if (rowCount === 0) return this.#outcome((await this.#kept(tx, step))!) as T;
      const value = await work(tx, records);
      if (!this.#isShownOnce) await tx.query(sql.keep_outcome, [...this.#id, step, JSON.stringify({ value })]);
      return value;
    });
    this.#carriedOut++;
    return result;
  }

  #outcome(kept: KeptRow): unknown {
    if (kept.outcome === null) throw new AnsweredBefore(answerOf(kept)!);
    return kept.outcome.value;
  }

  /**
   * Keeps a refusal as the answer to the command, where nothing of it was carried out.
   * @throws ApiError 409 `key_in_use` when the same command, sent twice at once, went through meanwhile
   */
  async keepRefusal(database: Database, status: number, body: string): Promise<void> {
    if (this.#carriedOut > 0 || body.length > MAX_ANSWER_CHARS) return;
    const { rowCount } = await database.query(sql.keep_refusal, [...this.#id, this.#sha256, status, body]);
    if (rowCount > 0 || (await this.firstAnswer(database))?.status === status) return;
    throw new ApiError(409, 'key_in_use', 'the same command was carried out meanwhile; sent again it gets that answer');
  }

  /** Keeps the answer as it was given. Nothing depends on it: without it the answer is made again from the outcome. */
  async keepAnswer(database: Database, status: number, body: string): Promise<void> {
    if (this.#steps === 0 || this.#isShownOnce || body.length > MAX_ANSWER_CHARS) return;
    await database.query(sql.keep_answer, [...this.#id, status, body]);
  }
}

function answerOf({ status, answer }: KeptRow): FirstAnswer | undefined {
  return status === null ? undefined : { status, body: answer! };
}

/** Keys are good for a day. */
export async function pruneKeys(database: Database): Promise<void> {
  await database.query(sql.prune);
}
