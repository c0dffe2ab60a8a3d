import type { CrewEvent, FixItem } from '../protocol/crew.js';
import { Int4Column, Int8Column } from '../store/binary-columns.js';
import type { Sender } from '../units/directory.js';

const UNKNOWN = -0x8000_0000;

/** Who is told what became of a stream's items. */
export interface StreamOwner {
  /** Everything up to seq is committed, now (epoch ms). */
  durable(stream: OwnedStream, seq: number, now: number): void;
  /** A newer connection of the same device has the stream. */
  fence(): void;
  /** The items were not stored: their device is to send them again. */
  suspend(): void;
}

/** A stream as one session owns it. */
export class OwnedStream {
  readonly streamId: number;
  readonly session: number;
  readonly lane: number;
  /** Undefined once the session has ended or claimed anew: its items are stored, and nobody is told. */
  owner: StreamOwner | undefined;
  /** The batch's own note, because looking it up costs more than all the rest: the last batch with an entry of this stream. */
  batch: WriteBatch | undefined;
  entry = 0;

  constructor(streamId: number, session: number, lane: number, owner: StreamOwner) {
    this.streamId = streamId;
    this.session = session;
    this.lane = lane;
    this.owner = owner;
  }
}

/**
 * What waits for one group commit, already in the form the database takes: encoded item by item as it arrives, so that no flush
 * stalls the loop. An entry stands for (stream, session, sender); rows name their entry by its number, from 1.
 */
export class WriteBatch {
  // entries, one element per (stream, session, sender); the columns are written once, when all are there
  readonly #streams: OwnedStream[] = [];
  readonly #senders: Sender[] = [];
  readonly #upto: number[] = [];
  readonly #streamId: Int8Column;
  readonly #session: Int8Column;
  readonly #lastSeq: Int8Column;
  readonly #unitHandle: Int4Column;
  readonly #agencyNo: Int4Column;
  readonly #deviceHandle: Int4Column;
  // fixes, one element per fix
  readonly #fixEntry: Int4Column;
  readonly #seq: Int8Column;
  readonly #fixTime: Int8Column;
  readonly #receivedAt: Int8Column;
  readonly #lon: Int4Column;
  readonly #lat: Int4Column;
  readonly #speed: Int4Column;
  readonly #heading: Int4Column;
  readonly #accuracy: Int4Column;
  readonly #altitude: Int4Column;
  readonly #marks: Int4Column;
  #events: object[] = [];
  #rejected: object[] = [];

  constructor(capacity: number) {
    this.#streamId = new Int8Column(capacity);
    this.#session = new Int8Column(capacity);
    this.#lastSeq = new Int8Column(capacity);
    this.#unitHandle = new Int4Column(capacity);
    this.#agencyNo = new Int4Column(capacity);
    this.#deviceHandle = new Int4Column(capacity);
    this.#fixEntry = new Int4Column(capacity);
    this.#seq = new Int8Column(capacity);
    this.#fixTime = new Int8Column(capacity);
    this.#receivedAt = new Int8Column(capacity);
    this.#lon = new Int4Column(capacity);
    this.#lat = new Int4Column(capacity);
    this.#speed = new Int4Column(capacity);
    this.#heading = new Int4Column(capacity);
    this.#accuracy = new Int4Column(capacity);
    this.#altitude = new Int4Column(capacity);
    this.#marks = new Int4Column(capacity);
  }

  /** Items of all kinds. */
  get items(): number {
    return this.#fixEntry.length + this.#events.length + this.#rejected.length;
  }

  get hasEvents(): boolean {
    return this.#events.length > 0;
  }

  /** The entry for a stream and who sends on it now; upto is the last seq it will hold. */
  entry(stream: OwnedStream, sender: Sender, upto: number): number {
    if (stream.batch === this && this.#senders[stream.entry - 1] === sender) {
      this.#upto[stream.entry - 1] = upto;
      return stream.entry;
    }
    stream.batch = this;
    stream.entry = this.#streams.push(stream);
    this.#senders.push(sender);
    this.#upto.push(upto);
    return stream.entry;
  }

  fix(entry: number, seq: number, fix: FixItem, receivedAt: number, verdict: number): void {
    this.#fixEntry.push(entry);
    this.#seq.push(seq);
    this.#fixTime.push(fix.fixTime);
    this.#receivedAt.push(receivedAt);
    this.#lon.push(fix.lonE7);
    this.#lat.push(fix.latE7);
    this.#speed.push(fix.speedCmps ?? UNKNOWN);
    this.#heading.push(fix.headingCdeg ?? UNKNOWN);
    this.#accuracy.push(fix.accuracyDm ?? UNKNOWN);
    this.#altitude.push(fix.altitudeM ?? UNKNOWN);
    this.#marks.push((fix.flags & 255) | (verdict << 8));
  }

  event(entry: number, seq: number, sender: Sender, event: CrewEvent, receivedAt: number): void {
    const { kind, time, ...body } = event;
    this.#events.push({
      entry_no: entry,
      seq,
      agency_id: sender.agencyId,
      device_id: sender.deviceId,
      unit_id: sender.unitId,
      kind,
      time_ms: time,
      received_ms: receivedAt,
      body,
    });
  }

  rejected(entry: number, seq: number, sender: Sender, code: string, raw: Uint8Array, receivedAt: number): void {
    this.#rejected.push({
      entry_no: entry,
      seq,
      agency_id: sender.agencyId,
      code,
      raw_hex: Buffer.from(raw).toString('hex'),
      received_ms: receivedAt,
    });
  }

  /** The parameters of flush.sql: views, valid until the batch is cleared. Called once, when nothing more is added. */
  params(): unknown[] {
    for (let i = 0; i < this.#streams.length; i++) {
      const { streamId, session } = this.#streams[i]!;
      const { unitHandle, agencyNo, deviceHandle } = this.#senders[i]!;
      this.#streamId.push(streamId);
      this.#session.push(session);
      this.#lastSeq.push(this.#upto[i]!);
      this.#unitHandle.push(unitHandle);
      this.#agencyNo.push(agencyNo);
      this.#deviceHandle.push(deviceHandle);
    }
    return [
      this.#streamId.param(),
      this.#session.param(),
      this.#lastSeq.param(),
      this.#unitHandle.param(),
      this.#agencyNo.param(),
      this.#deviceHandle.param(),
      this.#fixEntry.param(),
      this.#seq.param(),
      this.#fixTime.param(),
      this.#receivedAt.param(),
      this.#lon.param(),
      this.#lat.param(),
      this.#speed.param(),
      this.#heading.param(),
      this.#accuracy.param(),
      this.#altitude.param(),
      this.#marks.param(),
      JSON.stringify(this.#events),
      JSON.stringify(this.#rejected),
    ];
  }

  /** By entry, for the answer to find their sessions: a stream stands here once for each sender it had. */
  get streams(): readonly OwnedStream[] {
    return this.#streams;
  }

  /** By entry: the last seq that it holds. */
  get upto(): readonly number[] {
    return this.#upto;
  }

  clear(): void {
    for (const stream of this.#streams) if (stream.batch === this) stream.batch = undefined;
    this.#streams.length = this.#senders.length = this.#upto.length = 0;
    for (const column of [
      this.#streamId,
      this.#session,
      this.#lastSeq,
      this.#unitHandle,
      this.#agencyNo,
      this.#deviceHandle,
      this.#fixEntry,
      this.#seq,
      this.#fixTime,
      this.#receivedAt,
      this.#lon,
      this.#lat,
      this.#speed,
      this.#heading,
      this.#accuracy,
      this.#altitude,
      this.#marks,
    ]) {
      column.clear();
    }
    this.#events = [];
    this.#rejected = [];
  }
}
