import { z } from 'zod';
import type { Log } from '../../src/log.js';
import type { Database } from '../../src/store/database.js';
import { type TrackerClient, TrackerRefusal } from '../tracker-client.js';
import { callsSql as sql } from './calls-sql.js';
import type { MsdFields } from './msd.js';

const POLL_MS = 1000;
const BATCH = 20;
const MOST_PAUSE_S = 10;
/** A refusal is a fault of somebody's: a right that is missing, an agency that is not set up. It is tried on until it is mended. */
const REFUSED_PAUSE_S = 30;

/** A call's row as the outbox hands it on. */
interface CallRow {
  readonly id: string;
  readonly source: string;
  readonly source_call_id: string;
  readonly channel: string;
  readonly phone: string | null;
  readonly caller_name: string | null;
  readonly words: string | null;
  readonly detail: { readonly msd?: MsdFields } | null;
  /** ISO 8601. */
  readonly received_at: string;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly accuracy_m: number | null;
  readonly vek_id: string;
  readonly needs: readonly string[];
}

/** What the tracker is still to be told. */
interface DueRow {
  readonly seq: number;
  readonly kind: 'create' | 'place' | 'written' | 'needs';
  readonly tries: number;
  /** Of `written`. */
  readonly note_id: string;
  readonly call: CallRow;
}

const Created = z.object({ number: z.number() });
const Card = z.object({
  number: z.number(),
  version: z.number(),
  status: z.string(),
  lon: z.number().nullable(),
  lat: z.number().nullable(),
  accuracyM: z.number().nullable(),
});
const Caller = z.object({ note: z.string().nullable(), version: z.number() });
const Taken = z.object({ vekId: z.uuid() });
/** As the desk reads it. */
const WRITTEN = 'Zvanītājs raksta: neatbildēta ziņa sarakstē (zvanu modulī)';
const NEEDS: Readonly<Record<string, string>> = {
  cannot_hear: 'nedzird, sazināties rakstiski',
  cannot_speak: 'nevar runāt, sazināties rakstiski',
};
const ENDED = new Set(['closed', 'cancelled', 'transferred', 'merged']);
/** The tracker keeps accuracies in single precision. */
const isNear = (a: number | null, b: number | null) => a === b || (a !== null && b !== null && Math.abs(a - b) < 1e-3);

/** What stands on the card besides the place: the caller's words, or what the car says. Latvian, as the desk reads it. */
function summaryOf({ words, detail }: CallRow): string | null {
  const msd = detail?.msd;
  if (msd === undefined) return words;
  return [
    `eCall, ${msd.automaticActivation ? 'automātisks' : 'manuāls'}`,
    ...(msd.vehicleType === null ? [] : [`transportlīdzeklis ${msd.vehicleType}`]),
    ...(msd.vehiclePropulsionStorage.length === 0 ? [] : [`degviela: ${msd.vehiclePropulsionStorage.join(', ')}`]),
    ...(msd.numberOfPassengers == null ? [] : [`cilvēku skaits: ${msd.numberOfPassengers}`]),
    ...(msd.positionCanBeTrusted ? [] : ['vieta nav droša']),
  ].join('; ');
}

const needsOf = ({ needs }: CallRow) => needs.map((need) => NEEDS[need] ?? need);

/** What only who handles the call reads of the caller. */
function callerNoteOf(call: CallRow): string | null {
  const { detail } = call;
  const said = needsOf(call);
  if (detail?.msd !== undefined) said.push(`VIN ${detail.msd.vehicleIdentificationNumber}`);
  return said.length === 0 ? null : said.join('; ');
}

/**
 * Tells the tracker of calls, in order and until it has them: the VEK's id was stored with the call, so that telling it twice makes no
 * second card. A place that becomes known later is added to the card, unless a person has put it elsewhere.
 */
export class VekSender {
  readonly #database: Database;
  readonly #tracker: TrackerClient;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #isTold = false;

  constructor(database: Database, tracker: TrackerClient, log: Log) {
    this.#database = database;
    this.#tracker = tracker;
    this.#log = log;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Something was queued just now. */
  kick(): void {
    this.#wake();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const kicked = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      let sent = 0;
      try {
        const { rows } = await this.#database.query<DueRow>(sql.due, [BATCH]);
        sent = (await Promise.all(rows.map((row) => this.#send(row)))).filter(Boolean).length;
      } catch (error) {
        this.#tell('calls wait: the database does not answer', error);
      }
      // more may be due; and what failed has a time of its own
      if (sent === 0 && !signal.aborted) await kicked;
    }
  }

  /** Returns true once it is done with. */
  async #send({ seq, kind, tries, note_id: noteId, call }: DueRow): Promise<boolean> {
    try {
      if (kind === 'create') await this.#create(call);
      else if (kind === 'place') await this.#place(seq, call);
      else if (kind === 'needs') await this.#needs(seq, call);
      else await this.#note(seq, noteId, call);
      this.#isTold = false;
      return true;
    } catch (error) {
      // somebody changed the card between our look and our change: looked at again, it is another question
      const isRefused = error instanceof TrackerRefusal && error.code !== 'version_conflict';
      const pauseS = isRefused ? REFUSED_PAUSE_S : Math.min(MOST_PAUSE_S, 0.25 * 2 ** tries);
      await this.#database.query(sql.failed, [seq, pauseS, isRefused ? error.code : null]);
      this.#tell(isRefused ? 'the tracker refuses a call' : 'calls wait: the tracker does not answer', error);
      return false;
    }
  }

  async #create(call: CallRow): Promise<void> {
    const card = {
      id: call.vek_id,
      channel: call.channel,
      // a car that calls by itself has crashed; nobody in it may be able to say more
      ...(call.channel === 'ecall_auto' ? { priority: 'P1' } : {}),
      lon: call.lon,
      lat: call.lat,
      accuracyM: call.accuracy_m,
      summary: summaryOf(call),
      receivedAt: new Date(call.received_at).toISOString(),
      caller: { phone: call.phone, name: call.caller_name, note: callerNoteOf(call) },
      external: { system: call.source, id: call.source_call_id },
    };
    let vekId = call.vek_id;
    let number: number;
    try {
      ({ number } = await this.#tracker.post('/api/v1/veks', card, Created));
    } catch (error) {
      // the tracker has a card of this call under another id: of before our own data were put back
      const other =
        error instanceof TrackerRefusal && error.code === 'external_taken' ? Taken.safeParse(error.facts) : undefined;
      if (other?.success !== true) throw error;
      vekId = other.data.vekId;
      ({ number } = await this.#tracker.get(`/api/v1/veks/${vekId}`, Card));
    }
    await this.#database.query(sql.created, [call.id, vekId, number, call.lon, call.lat, call.accuracy_m]);
  }

  /** Tells the card that its caller has written; what, is read here by who handles the call. */
  async #note(seq: number, id: string, { vek_id: vekId }: CallRow): Promise<void> {
    await this.#tracker.post(`/api/v1/veks/${vekId}/comments`, { id, text: WRITTEN }, z.unknown());
    await this.#database.query(sql.told, [seq, id]);
  }

  /** Puts what the caller needs before what is noted of them, where it does not stand there yet; what is noted meanwhile stays. */
  async #needs(seq: number, call: CallRow): Promise<void> {
    const path = `/api/v1/veks/${call.vek_id}/caller`;
    const { note, version } = await this.#tracker.get(path, Caller);
    const unsaid = needsOf(call).filter((need) => note?.includes(need) !== true);
    if (unsaid.length > 0)
      await this.#tracker.put(path, { version, note: [...unsaid, ...(note ? [note] : [])].join('; ') });
    await this.#database.query(sql.needs_told, [seq, call.needs]);
  }

  /** Adds a place to a card that has none, or one that is a wider circle; what a person entered as exact stays. */
  async #place(seq: number, call: CallRow): Promise<void> {
    const { lon, lat, accuracy_m: accuracyM } = call;
    const card = await this.#tracker.get(`/api/v1/veks/${call.vek_id}`, Card);
    const isThere = isNear(card.lon, lon) && isNear(card.lat, lat) && isNear(card.accuracyM, accuracyM);
    const isWider =
      card.lon === null || (card.accuracyM !== null && card.accuracyM > (accuracyM ?? Number.POSITIVE_INFINITY));
    if (!isThere && isWider && !ENDED.has(card.status))
      await this.#tracker.patch(
        `/api/v1/veks/${call.vek_id}`,
        { version: card.version, lon, lat, accuracyM },
        z.unknown(),
      );
    await this.#database.query(sql.sent, [seq, lon, lat, accuracyM]);
  }

  #tell(text: string, error: unknown): void {
    if (!this.#isTold) this.#log.warn(`calls: ${text}: ${(error as Error).message}`);
    this.#isTold = true;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }
}
