import type { DecisionRecord } from '../../../geo-engine/src/index.js';
import { KickedTask } from '../kicked-task.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { sqlStatements } from '../store/sql-file.js';
import type { WrittenDecision } from './engine/orders.js';
import { DispatchRefusal } from './errors.js';

const sql = sqlStatements('./decisions.sql', import.meta.url, ['insert_decision', 'decision']);

/** Decisions that wait for the database at a time, some 200 KB each: an hour of busy desks. */
const MAX_WAITING = 1000;
const RETRY_MS = 1000;

/** A decision that was given, and how it is written down. */
export interface GivenDecision {
  readonly id: string;
  /** Whose desk asked, and who. */
  readonly agencyId: string;
  readonly askedBy: string;
  /** null: an ad-hoc place, or several VEKs together. */
  readonly vekId: string | null;
  readonly cardId: string | null;
  /** Epoch ms. */
  readonly at: number;
  /** Comes after the answer, which does not wait for it. */
  readonly written: Promise<WrittenDecision>;
}

export interface StoredDecision extends DecisionRecord {
  readonly id: string;
  readonly agencyId: string;
  readonly askedBy: string;
  readonly vekId: string | null;
  readonly cardId: string | null;
  readonly at: number;
  /** `queued`: not in the database yet. */
  readonly state: 'stored' | 'queued';
}

interface DecisionRow extends Omit<DecisionRecord, 'inputSha256' | 'outputSha256'> {
  id: string;
  agency_id: string;
  asked_by: string;
  vek_id: string | null;
  card_id: string | null;
  at: number;
  input_sha256: string;
  output_sha256: string;
}

/**
 * Writes decisions down after they were given: an answer never waits for the database. While it is away they wait here, up to a bound;
 * what finds no room is not kept, and the answer says so.
 */
export class DecisionLog {
  readonly #database: Database;
  readonly #onError: (text: string, error: unknown) => void;
  readonly #waiting = new Map<string, GivenDecision>(); // oldest first
  readonly #task = new KickedTask(() => this.#write(), RETRY_MS);
  #notKept = 0;

  constructor(database: Database, onError: (text: string, error: unknown) => void) {
    this.#database = database;
    this.#onError = onError;
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
    await this.#write();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Decisions since the start that were given and could not be kept. */
  get notKept(): number {
    return this.#notKept;
  }

  /** What is to become of a decision that is given now; `not_kept`: too many wait already. */
  get nextIs(): 'queued' | 'not_kept' {
    return this.#waiting.size < MAX_WAITING ? 'queued' : 'not_kept';
  }

  /** Takes a decision that was said to be `queued`. */
  keep(decision: GivenDecision): void {
    this.#waiting.set(decision.id, decision);
    this.#task.kick();
  }

  /** Counts one that was said to be `not_kept`. */
  miss(): void {
    this.#notKept++;
  }

  /** @throws DispatchRefusal `decision_unknown` */
  async get(id: string): Promise<StoredDecision> {
    const given = this.#waiting.get(id);
    if (given !== undefined) {
      const { agencyId, askedBy, vekId, cardId, at } = given;
      return { id, agencyId, askedBy, vekId, cardId, at, ...(await given.written).record, state: 'queued' };
    }
    const row = (await this.#database.query<DecisionRow>(sql.decision, [id])).rows[0];
    if (row === undefined) throw new DispatchRefusal('decision_unknown', `no decision ${id}`);
    const { agency_id, asked_by, vek_id, card_id, input_sha256, output_sha256, ...same } = row;
    return {
      ...same,
      agencyId: agency_id,
      askedBy: asked_by,
      vekId: vek_id,
      cardId: card_id,
      inputSha256: input_sha256,
      outputSha256: output_sha256,
      state: 'stored',
    };
  }

  async #write(): Promise<void> {
    for (const given of this.#waiting.values()) {
      try {
        await this.#database.query(sql.insert_decision, valuesOf(given, await given.written));
      } catch (error) {
        if (isAway(error)) return;
        this.#notKept++;
        this.#onError(`decision ${given.id} could not be stored`, error);
      }
      this.#waiting.delete(given.id);
    }
  }
}

function valuesOf(given: GivenDecision, { record, expected }: WrittenDecision): unknown[] {
  const { id, agencyId, askedBy, vekId, cardId, at } = given;
  const { format, input, output, inputSha256, outputSha256 } = record;
  const units = expected.map((one) => ({
    vek_id: one.vekId,
    unit_id: one.unitId,
    zone: one.zone,
    travel_ms: one.travelMs,
  }));
  const texts = [input, output, inputSha256, outputSha256];
  return [id, agencyId, askedBy, vekId, cardId, at, format, ...texts, JSON.stringify(units)];
}
