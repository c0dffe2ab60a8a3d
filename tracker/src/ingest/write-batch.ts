import type { CrewEvent, FixItem } from '../protocol/crew.js';
import { Int4Column, Int8Column } from '../store/binary-columns.js';
import type { Sender } from '../units/directory.js';

const UNKNOWN = -0x8000_0000;

/** A stream as one session owns it, with whom its items belong to. */
export interface OwnedStream {
  readonly streamId: number;
  readonly session: number;
}

/**
 * What waits for one group commit, already in the form the database takes: encoded item by item as it arrives, so that no flush
 * stalls the loop. An entry stands for (stream, session, sender); rows name their entry by its number, from 1.
 */
export class WriteBatch {
  // entries, one element per (stream, session, sender)
  readonly #streamId: number[] = [];
  readonly #session: number[] = [];
  readonly #upto: number[] = [];
  readonly #unitHandle: number[] = [];
  readonly #agencyNo: number[] = [];
  readonly #deviceHandle: number[] = [];
  readonly #entryOf = new Map<OwnedStream, { no: number; sender: Sender }>();
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
    const known = this.#entryOf.get(stream);
    if (known !== undefined && known.sender === sender) {
      this.#upto[known.no - 1] = upto;
      return known.no;
    }
    const no = this.#streamId.push(stream.streamId);
    this.#session.push(stream.session);
    this.#upto.push(upto);
    this.#unitHandle.push(sender.unitHandle);
    this.#agencyNo.push(sender.agencyNo);
    this.#deviceHandle.push(sender.deviceHandle);
    this.#entryOf.set(stream, { no, sender });
    return no;
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

  /** The parameters of flush.sql. */
  params(): unknown[] {
    return [
      this.#streamId,
      this.#session,
      this.#upto,
      this.#unitHandle,
      this.#agencyNo,
      this.#deviceHandle,
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

  /** The streams in it, for the answer to find their sessions. */
  streams(): Iterable<OwnedStream> {
    return this.#entryOf.keys();
  }

  clear(): void {
    for (const list of [
      this.#streamId,
      this.#session,
      this.#upto,
      this.#unitHandle,
      this.#agencyNo,
      this.#deviceHandle,
    ])
      list.length = 0;
    this.#entryOf.clear();
    for (const column of [
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
