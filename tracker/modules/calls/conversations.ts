import { v7 as uuidv7 } from 'uuid';
import type { Database, Queryable } from '../../src/store/database.js';
import { ModuleProblem } from '../module-api.js';
import { type Asker, accessed } from '../module-callers.js';
import type { CallIntake, Place } from './call-intake.js';
import { callsSql as sql } from './calls-sql.js';
import { e164 } from './phone-number.js';

/** Who writes again later than this after the last word writes of something else. */
const OPEN_H = 12;
const MOST_OUTGOING = 100;
/** A message that another process of the module was given to hand over is found so soon. */
const LOOK_MS = 1000;

/** What becomes of a message to the caller, and the states that may come before. */
export const RECEIPTS = {
  handed_over: ['waiting'],
  delivered: ['waiting', 'handed_over'],
  read: ['waiting', 'handed_over', 'delivered'],
  failed: ['waiting', 'handed_over'],
} as const;
export type Receipt = keyof typeof RECEIPTS;

/** A caller's message, as the gateway of its channel hands it on. */
export interface CallerMessage {
  readonly source: string;
  /** The source's own name of it: told again, nothing changes. */
  readonly messageId: string;
  /** The source's own name of the conversation; null: that of the phone. */
  readonly callId: string | null;
  readonly phone: string | null;
  readonly channel: 'sms' | 'app';
  readonly words: string;
  readonly needs: readonly string[];
  readonly place: Place | null;
  /** Epoch ms, by the sender's clock. */
  readonly sentAt: number;
}

/** Where a message went. */
export interface PlacedMessage {
  readonly callId: string;
  readonly vekId: string | null;
  /** In its conversation, from 1 on. */
  readonly position: number;
  readonly repeated: boolean;
}

/**
 * Conversations in writing: messages of callers by SMS or an application, and the desk's answers. The first message is a call with its VEK,
 * those that follow go on with it until its card has ended; none is without a card. Positions are given in the order of arrival, under the
 * lock of the call.
 */
export class Conversations {
  readonly #database: Database;
  readonly #intake: CallIntake;
  readonly #onQueued: () => void;
  /** Those who wait for something to hand over. */
  readonly #waiting = new Set<() => void>();
  #isStopped = false;

  /** @param onQueued called after a commit that left something for the tracker */
  constructor(database: Database, intake: CallIntake, onQueued: () => void) {
    this.#database = database;
    this.#intake = intake;
    this.#onQueued = onQueued;
  }

  async receive(message: CallerMessage, by: Asker): Promise<PlacedMessage> {
    const placed = await this.#database.transaction((tx) => this.#receive(tx, message, by));
    if (!placed.repeated) this.#onQueued();
    return placed;
  }

  async #receive(tx: Queryable, message: CallerMessage, by: Asker): Promise<PlacedMessage> {
    const { source, messageId, words, place, sentAt } = message;
    const phone = e164(message.phone);
    const conversation = message.callId ?? phone ?? message.phone!;
    // a call of the same phone takes the first of these alone, so that the two never wait for each other
    if (phone !== null) await tx.query(sql.lock_phone, [phone]);
    await tx.query(sql.lock_phone, [`${source}\n${conversation}`]);
    const known = (
      await tx.query<{ call_id: string; position: number; vek_id: string | null }>(sql.message_by_source, [
        source,
        messageId,
      ])
    ).rows[0];
    if (known !== undefined)
      return { callId: known.call_id, vekId: known.vek_id, position: known.position, repeated: true };

    const open = (
      await tx.query<{ id: string; vek_id: string | null }>(sql.open_conversation, [source, conversation, OPEN_H])
    ).rows[0];
    if (open === undefined) {
      const written = { conversation, messageId, sentAt };
      const rest = { callerName: null, detail: null, placeFrom: 'source', isTest: false } as const;
      const call = { ...message, ...rest, sourceCallId: `message:${messageId}`, receivedAt: Date.now(), written };
      const { id, vekId } = await this.#intake.takeIn(tx, call, by);
      return { callId: id, vekId, position: 1, repeated: false };
    }
    const values = [uuidv7(), open.id, 'from_caller', source, messageId, words, sentAt, null];
    const { position } = (await tx.query<{ position: number }>(sql.insert_message, values)).rows[0]!;
    await tx.query(sql.log_access, accessed(by, 'take_message', open.id));
    if ((await tx.query(sql.add_needs, [open.id, message.needs])).rowCount > 0)
      await tx.query(sql.queue, [open.id, 'needs']);
    if (place !== null) await this.#intake.placeWritten(tx, open.id, `${source}\n${messageId}`, place, sentAt);
    await tx.query(sql.queue_written, [open.id, position, uuidv7()]);
    return { callId: open.id, vekId: open.vek_id, position, repeated: false };
  }

  /**
   * Writes to the caller. The same id again is the same message.
   * @throws ModuleProblem 404 `not_found`, 409 `not_in_writing`, `id_taken`
   */
  async answer(
    callId: string,
    { id, words }: { readonly id: string; readonly words: string },
    by: Asker,
  ): Promise<{ readonly position: number; readonly repeated: boolean }> {
    const written = await this.#database.transaction(async (tx) => {
      const call = (await tx.query<{ conversation: string | null }>(sql.lock_call, [callId])).rows[0];
      if (call === undefined) throw new ModuleProblem(404, 'not_found', 'no call here');
      if (call.conversation === null)
        throw new ModuleProblem(409, 'not_in_writing', 'whoever called by voice is not written to');
      const known = (await tx.query<{ call_id: string; position: number; words: string }>(sql.message, [id])).rows[0];
      if (known !== undefined) {
        if (known.call_id !== callId || known.words !== words)
          throw new ModuleProblem(409, 'id_taken', `${id} is another message`);
        return { position: known.position, repeated: true };
      }
      const values = [id, callId, 'to_caller', null, null, words, Date.now(), by.subject];
      const { position } = (await tx.query<{ position: number }>(sql.insert_message, values)).rows[0]!;
      await tx.query(sql.log_access, accessed(by, 'write_message', callId));
      return { position, repeated: false };
    });
    for (const wake of this.#waiting) wake();
    return written;
  }

  /** What a source has to hand over, oldest first; waits up to waitMs for the first. It comes again until a receipt says that it went. */
  async outgoing<Row>(source: string, waitMs: number): Promise<readonly Row[]> {
    const until = Date.now() + waitMs;
    for (;;) {
      let wake = () => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      this.#waiting.add(wake); // before the look, so that nothing falls between
      const timer = setTimeout(wake, Math.max(0, Math.min(LOOK_MS, until - Date.now())));
      try {
        if (this.#isStopped) return [];
        const { rows } = await this.#database.query<Row & object>(sql.outgoing, [source, MOST_OUTGOING]);
        if (rows.length > 0 || Date.now() >= until) return rows;
        await woken;
      } finally {
        clearTimeout(timer);
        this.#waiting.delete(wake);
      }
    }
  }

  /** Whoever waits is answered. */
  stop(): void {
    this.#isStopped = true;
    for (const wake of this.#waiting) wake();
  }

  /** What became of a message; what was known already stays. @throws ModuleProblem 404 `not_found` */
  async receipt(id: string, source: string, state: Receipt): Promise<void> {
    const { rowCount } = await this.#database.query(sql.receipt, [id, source, state, [...RECEIPTS[state]]]);
    if (rowCount === 0) throw new ModuleProblem(404, 'not_found', `${source} has no such message to hand over`);
  }
}
