import { createHash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Database, Queryable } from '../../src/store/database.js';
import { type Asker, accessed } from '../module-callers.js';
import { type AmlReport, bestPlace } from './aml.js';
import { callsSql as sql } from './calls-sql.js';
import { carReport, type MsdFields } from './msd.js';
import { e164 } from './phone-number.js';

/** A phone tells its place from before the call is answered until some time after it has begun, and again when it knows better. */
const AML_BEFORE_MS = 5 * 60_000;
const AML_AFTER_MS = 30 * 60_000;
/** EN 15722: a position that can be trusted is within this of the car, in 95 of 100 cases. */
const TRUSTED_M = 150;
/** One that cannot is shown so wide that nobody takes it for exact. */
const UNTRUSTED_M = 5000;

/** Somewhere in a circle; without one it was told as exact. */
export interface Place {
  readonly lon: number;
  readonly lat: number;
  readonly accuracyM: number | null;
}

/** A call as its source tells of it. */
export interface NewCall {
  readonly source: string;
  readonly sourceCallId: string;
  readonly channel: 'voice' | 'sms' | 'app' | 'transfer' | 'ecall_auto' | 'ecall_manual';
  readonly phone: string | null;
  readonly callerName: string | null;
  readonly words: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly place: Place | null;
  readonly placeFrom: 'source' | 'ecall';
  /** Of a call in writing: the source's name of it, or the phone, and that of the message that its words are. */
  readonly written: { readonly conversation: string; readonly messageId: string; readonly sentAt: number } | null;
  /** Of the caller: `cannot_hear`, `cannot_speak`. */
  readonly needs: readonly string[];
  /** Of a test there is no VEK. */
  readonly isTest: boolean;
}

/** Where a call's record and its VEK are. */
export interface TakenCall {
  readonly id: string;
  readonly vekId: string | null;
  /** It was told before, and nothing has changed. */
  readonly repeated: boolean;
}

/** The call that an eCall is: where the car says it is, who is in it, and where it came from. */
export function callOfMsd(
  msd: MsdFields,
  told: Pick<NewCall, 'source' | 'sourceCallId' | 'phone' | 'receivedAt'>,
): NewCall {
  const { place, headingDeg, before, at } = carReport(msd);
  return {
    ...told,
    channel: msd.automaticActivation ? 'ecall_auto' : 'ecall_manual',
    callerName: null,
    words: null,
    detail: { msd, headingDeg, before, at },
    place: place === null ? null : { ...place, accuracyM: msd.positionCanBeTrusted ? TRUSTED_M : UNTRUSTED_M },
    placeFrom: 'ecall',
    written: null,
    needs: [],
    isTest: msd.testCall,
  };
}

/**
 * Takes calls and callers' places. A call, the id of its VEK, and that the tracker must be told are one transaction: what was answered is
 * on its way, whatever dies next.
 */
export class CallIntake {
  readonly #database: Database;
  readonly #onQueued: () => void;

  /** @param onQueued called after a commit that left something for the tracker */
  constructor(database: Database, onQueued: () => void) {
    this.#database = database;
    this.#onQueued = onQueued;
  }

  async take(call: NewCall, by: Asker): Promise<TakenCall> {
    const taken = await this.#database.transaction((tx) => this.takeIn(tx, call, by));
    if (!taken.repeated) this.#onQueued();
    return taken;
  }

  /** The same in a transaction of the caller's, who tells of what was queued. */
  async takeIn(tx: Queryable, call: NewCall, by: Asker): Promise<TakenCall> {
    const phone = e164(call.phone);
    const row = {
      id: uuidv7(),
      source: call.source,
      source_call_id: call.sourceCallId,
      channel: call.channel,
      phone,
      caller_name: call.callerName,
      words: call.words,
      detail: call.detail,
      received_at: call.receivedAt,
      lon: call.place?.lon ?? null,
      lat: call.place?.lat ?? null,
      accuracy_m: call.place?.accuracyM ?? null,
      place_from: call.place === null ? null : call.placeFrom,
      vek_id: call.isTest ? null : uuidv7(),
      conversation: call.written?.conversation ?? null,
      needs: call.needs,
    };
    if (phone !== null) await tx.query(sql.lock_phone, [phone]);
    if ((await tx.query(sql.insert_call, [JSON.stringify(row)])).rowCount === 0) {
      const known = (
        await tx.query<{ id: string; vek_id: string | null }>(sql.call_by_source, [call.source, call.sourceCallId])
      ).rows[0]!;
      return { id: known.id, vekId: known.vek_id, repeated: true };
    }
    await tx.query(sql.log_access, accessed(by, 'take_call', row.id));
    if (call.written !== null && call.words !== null) {
      const { messageId, sentAt } = call.written;
      const first = [uuidv7(), row.id, 'from_caller', call.source, messageId, call.words, sentAt, null];
      await tx.query(sql.insert_message, first);
    }
    if (row.vek_id !== null) {
      await tx.query(sql.queue, [row.id, 'create']);
      if (phone !== null) {
        const window = [row.id, phone, call.receivedAt, AML_BEFORE_MS, AML_AFTER_MS];
        if ((await tx.query(sql.join_reports, window)).rowCount > 0) await placeFromReports(tx, row.id);
      }
    }
    return { id: row.id, vekId: row.vek_id, repeated: false };
  }

  /** A place that came with a message of a call in writing. */
  async placeWritten(tx: Queryable, callId: string, messageId: string, place: Place, at: number): Promise<void> {
    const row = {
      id: uuidv7(),
      sha256: createHash('sha256').update(`message\n${messageId}`).digest('hex'),
      form: 'message',
      is_trusted: true,
      lon: place.lon,
      lat: place.lat,
      accuracy_m: place.accuracyM,
      fix_at: at,
      received_at: Date.now(),
    };
    await tx.query(sql.insert_report, [JSON.stringify(row)]);
    await tx.query(sql.join_report, [row.id, callId]);
    if (await placeFromReports(tx, callId)) await tx.query(sql.queue, [callId, 'place']);
  }

  /**
   * Takes what a phone says of its place, and gives it to the phone's call: at once, or when the call comes.
   * @param message as it came: the same again changes nothing
   * @param phone who sent it, where the message itself does not say
   */
  async takeAml(
    report: AmlReport,
    told: {
      readonly form: 'https' | 'sms';
      readonly message: string;
      readonly phone: string | null;
      readonly isTrusted: boolean;
    },
    receivedAt: number,
  ): Promise<{ readonly callId: string | null }> {
    const phone = e164(report.phone ?? told.phone);
    const { place } = report;
    const row = {
      id: uuidv7(),
      sha256: createHash('sha256').update(`${told.form}\n${phone}\n${told.message}`).digest('hex'),
      form: told.form,
      is_trusted: told.isTrusted,
      phone,
      imei: report.imei,
      lon: place?.lon ?? null,
      lat: place?.lat ?? null,
      accuracy_m: place?.accuracyM ?? null,
      confidence_pct: place?.confidencePct ?? null,
      method: place?.method ?? null,
      fix_at: place?.fixTime ?? null,
      received_at: receivedAt,
    };
    const callId = await this.#database.transaction(async (tx) => {
      if (phone !== null) await tx.query(sql.lock_phone, [phone]);
      if ((await tx.query(sql.insert_report, [JSON.stringify(row)])).rowCount === 0) return null;
      if (phone === null || !told.isTrusted) return null;
      const call = (await tx.query<{ id: string }>(sql.call_of_phone, [phone, receivedAt, AML_AFTER_MS, AML_BEFORE_MS]))
        .rows[0];
      if (call === undefined) return null;
      await tx.query(sql.join_report, [row.id, call.id]);
      if (await placeFromReports(tx, call.id)) await tx.query(sql.queue, [call.id, 'place']);
      return call.id;
    });
    if (callId !== null) this.#onQueued();
    return { callId };
  }
}

/** Puts a call where the best of its phone's reports says. Returns true if that is another place than before. */
async function placeFromReports(tx: Queryable, callId: string): Promise<boolean> {
  const { rows } = await tx.query<{
    lon: number | null;
    lat: number | null;
    accuracy_m: number | null;
    fix_at: number | null;
  }>(sql.reports, [callId]);
  const places = rows
    .filter(({ lon }) => lon !== null)
    .map(({ accuracy_m, fix_at, ...rest }) => ({ ...rest, accuracyM: accuracy_m, fixTime: fix_at }));
  const best = bestPlace(places);
  if (best === undefined) return false;
  return (await tx.query(sql.place_call, [callId, best.lon, best.lat, best.accuracyM])).rowCount > 0;
}
