import type { LiveTable } from '../live/live-table.js';
import {
  CLOSE_CODES,
  CREW_PROTOCOL_VERSION,
  type CrewEvent,
  type CrewHello,
  type FixItem,
  type FrameError,
  type FrameErrorCode,
  type FrameHead,
  type HubMessage,
  type ItemSink,
  LANES,
  type Lane,
  LIMITS,
  type RejectedItem,
} from '../protocol/crew.js';
import { readHead, readItems, writeAck } from '../protocol/crew-binary.js';
import { readJson, readJsonItems } from '../protocol/crew-json.js';
import type { Database } from '../store/database.js';
import type { CrewDevice } from '../units/directory.js';
import { AckDebtor, AckPacer } from './ack-pacer.js';
import { DeviceClocks } from './device-clocks.js';
import { FixJudge, type Handling, VERDICTS, type Verdict } from './filters.js';
import { type FrameBudget, FrameBudgets } from './frame-budget.js';
import { type ClaimedLane, StreamClaims } from './stream-claims.js';
import { OwnedStream, type StreamOwner, type WriteBatch } from './write-batch.js';
import { Writer, type WriterSettings } from './writer.js';

/** A device's connection, as a session needs it. */
export interface CrewTransport {
  send(message: string | ArrayBuffer): void;
  close(code: number, reason: string): void;
}

export interface IntakeCounters {
  frames: number;
  fixes: number;
  events: number;
  rejected: number;
  duplicates: number;
  frameErrors: number;
}

/** Takes the items of a frame that is to be stored; one for all sessions, pointed at each frame in turn. */
class StoringSink implements ItemSink {
  readonly #counters: IntakeCounters;
  readonly #clocks: DeviceClocks;
  #session!: CrewSession;
  #batch!: WriteBatch;
  #lane = 0;
  #entry = 0;
  #now = 0;

  constructor(counters: IntakeCounters, clocks: DeviceClocks) {
    this.#counters = counters;
    this.#clocks = clocks;
  }

  for(session: CrewSession, batch: WriteBatch, lane: number, entry: number, now: number): this {
    this.#session = session;
    this.#lane = lane;
    this.#batch = batch;
    this.#entry = entry;
    this.#now = now;
    return this;
  }

  fix(seq: number, fix: FixItem): void {
    this.#counters.fixes++;
    this.#batch.fix(this.#entry, seq, fix, this.#now, VERDICTS[this.#session.takeLive(fix, this.#now, 'stored')]);
  }

  event(seq: number, event: CrewEvent): void {
    this.#counters.events++;
    const { device } = this.#session;
    const timed = this.#clocks.corrected(device.handle, event, this.#now);
    this.#batch.event(this.#entry, seq, device.sender, timed, this.#now);
  }

  rejected(seq: number, { code, raw }: RejectedItem): void {
    this.#counters.rejected++;
    this.#session.tellRejected(this.#lane, seq, code);
    this.#batch.rejected(this.#entry, seq, this.#session.device.sender, code, raw, this.#now);
  }
}

/** Takes the items of a session without streams: only the picture moves; events count once they are stored, after resume. */
class LiveOnlySink implements ItemSink {
  #session!: CrewSession;
  #now = 0;

  for(session: CrewSession, now: number): this {
    this.#session = session;
    this.#now = now;
    return this;
  }

  fix(_seq: number, fix: FixItem): void {
    this.#session.takeLive(fix, this.#now, 'shown');
  }

  event(): void {}

  rejected(): void {}
}

/** What all sessions of a node share. */
export class Intake {
  readonly live: LiveTable;
  readonly budgets = new FrameBudgets();
  readonly clocks = new DeviceClocks();
  readonly judge: FixJudge;
  readonly writer: Writer;
  readonly acks = new AckPacer();
  readonly claims: StreamClaims;
  readonly counters: IntakeCounters = { frames: 0, fixes: 0, events: 0, rejected: 0, duplicates: 0, frameErrors: 0 };
  /** How many streams the sessions of this node own. */
  ownedStreams = 0;
  readonly storing = new StoringSink(this.counters, this.clocks);
  readonly liveOnly = new LiveOnlySink();

  constructor(
    database: Database,
    live: LiveTable,
    settings: WriterSettings,
    onEventsStored: () => void,
    onError: (text: string, error: Error) => void,
  ) {
    this.live = live;
    this.judge = new FixJudge(live);
    this.claims = new StreamClaims(database, (error) => onError('streams could not be claimed', error));
    this.writer = new Writer(database, settings, {
      durable: (stream, seq, now) => stream.owner?.durable(stream, seq, now),
      fenced: (stream) => stream.owner?.fence(),
      eventsStored: onEventsStored,
      refused: (streams, error) => {
        onError('the database refused a batch; its devices will send it again', error);
        for (const stream of streams) stream.owner?.suspend();
      },
    });
  }
}

interface LaneState {
  readonly stream: OwnedStream;
  /** Seq of the next item to be stored. */
  expected: number;
  /** Last seq known to be in the database. */
  durable: number;
  /** Last seq that the device was told is. */
  acked: number;
  /** Last seq that will never come: the device gave up what lies up to it. */
  readonly givenUp: number;
  /** The device was told to go back; until it has, what it sends ahead of that is shown live and not stored. Epoch ms, 0: it has. */
  rewindUntil: number;
}

const ALARM = LANES.indexOf('alarm');
const FENCED = 'a newer connection of this device has taken over';

/** A device has this long to answer `resume` by sending from there. */
const REWIND_MS = 10_000;

/**
 * One device's conversation with the hub, from hello to close.
 *
 * Without its streams (the database is away, or too much waits) a session is live only: fixes move the picture, nothing is
 * stored or acked, and the device's outbox is the buffer. Once the streams are claimed, `resume` tells the device from where to
 * send again. The same way leads out of every outage, so memory stays bounded however long it lasts.
 */
export class CrewSession extends AckDebtor implements StreamOwner {
  readonly device: CrewDevice;
  readonly transport: CrewTransport;
  readonly #intake: Intake;
  readonly #onGreeted: () => void;
  readonly #budget: FrameBudget;
  #hello: CrewHello | undefined;
  /** The interval that the device was last told, seconds. */
  #toldIntervalS = 0;
  #lanes: LaneState[] | undefined;
  #closed = false;
  #helloTimer: NodeJS.Timeout;

  constructor(device: CrewDevice, transport: CrewTransport, intake: Intake, onGreeted: () => void) {
    super();
    this.device = device;
    this.transport = transport;
    this.#intake = intake;
    this.#onGreeted = onGreeted;
    this.#budget = intake.budgets.of(device);
    this.#helloTimer = setTimeout(
      () => this.fail('hello_timeout', `no hello within ${LIMITS.helloMs} ms`),
      LIMITS.helloMs,
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  get greeted(): boolean {
    return this.#hello !== undefined;
  }

  send(message: HubMessage): void {
    if (!this.#closed) this.transport.send(JSON.stringify(message));
  }

  /** What is known of the device may have changed: it is told of what concerns it. Before its hello there is nothing to tell. */
  configure(): void {
    const { reportIntervalS } = this.device;
    if (!this.greeted || this.#toldIntervalS === reportIntervalS) return;
    this.#toldIntervalS = reportIntervalS;
    this.send({ type: 'config', reportIntervalS });
  }

  /** Tells the device what is wrong and closes. */
  fail(code: FrameErrorCode, detail: string): void {
    if (this.#closed) return;
    this.#intake.counters.frameErrors++;
    this.send({ type: 'error', code, detail });
    this.ended();
    this.transport.close(CLOSE_CODES[code], code);
  }

  /** A newer connection of the same device has it now. */
  fence(): void {
    this.fail('fenced', FENCED);
  }

  /** The socket is gone. What was handed to the writer stays there. */
  ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#helloTimer);
    this.#forgetLanes();
  }

  #forgetLanes(): void {
    for (const { stream } of this.#lanes ?? []) stream.owner = undefined;
    this.#intake.ownedStreams -= this.#lanes?.length ?? 0;
    this.#lanes = undefined;
  }

  /** A frame from the device; bytes are valid only during the call. */
  receive(data: ArrayBuffer, isBinary: boolean, now: number): void {
    if (this.#closed) return;
    this.#intake.counters.frames++;
    if (data.byteLength > LIMITS.frameBytes)
      return this.fail('frame_too_large', `${data.byteLength} bytes; at most ${LIMITS.frameBytes}`);
    const allowed = this.#budget.maySend(now);
    if (allowed === 'none') return this.#flooded();
    if (isBinary) {
      const view = new DataView(data);
      const head = readHead(view);
      if ('kind' in head) return this.#refuse(head);
      if (this.#hello === undefined) return this.fail('hello_expected', 'the first message is hello');
      if (allowed === 'alarm' && head.lane !== ALARM) return this.#flooded();
      this.#items(head, now, (fromSeq, sink) => readItems(view, head, fromSeq, sink));
      return;
    }
    const frame = readJson(Buffer.from(data).toString('utf8'));
    switch (frame.kind) {
      case 'error':
        return this.#refuse(frame);
      case 'hello':
        return this.#greet(frame.hello, now);
      case 'items':
        if (this.#hello === undefined) return this.fail('hello_expected', 'the first message is hello');
        if (allowed === 'alarm' && frame.head.lane !== ALARM) return this.#flooded();
        this.#items(frame.head, now, (fromSeq, sink) => readJsonItems(frame, fromSeq, sink));
    }
  }

  #flooded(): void {
    this.fail('too_many_frames', `more than ${LIMITS.framesPerS} frames a second`);
  }

  #refuse({ code, detail }: FrameError): void {
    this.fail(code, detail);
  }

  #greet(hello: CrewHello, now: number): void {
    if (this.#hello !== undefined) return this.fail('frame_malformed', 'a second hello');
    if (hello.version !== CREW_PROTOCOL_VERSION)
      return this.fail('version_unsupported', `version ${hello.version}; this is ${CREW_PROTOCOL_VERSION}`);
    clearTimeout(this.#helloTimer);
    this.#hello = hello;
    const { unit, reportIntervalS } = this.device;
    this.#toldIntervalS = reportIntervalS;
    this.send({
      type: 'hello',
      version: CREW_PROTOCOL_VERSION,
      serverTime: now,
      unit: unit === undefined ? null : { id: unit.id, callsign: unit.callsign, status: unit.status },
      config: { reportIntervalS },
      limits: LIMITS,
    });
    this.#claim(hello);
    this.#onGreeted();
  }

  #claim(hello: CrewHello): void {
    this.#intake.claims.request({
      deviceId: this.device.id,
      agencyId: this.device.agencyId,
      epoch: Buffer.from(hello.epoch, 'hex'),
      wanted: () => !this.#closed,
      fenced: () => this.fence(),
      claimed: (lanes) => this.#resume(hello, lanes),
    });
  }

  #resume(hello: CrewHello, claimed: readonly ClaimedLane[]): void {
    this.#forgetLanes();
    this.#lanes = claimed.map(({ streamId, session, durableSeq }, lane) => {
      const stream = new OwnedStream(streamId, session, lane, this);
      // what the device gave up before its first held item will never come
      const givenUp = hello.firstHeld[lane]! - 1;
      const expected = Math.max(durableSeq, givenUp) + 1;
      return { stream, expected, durable: durableSeq, acked: durableSeq, givenUp, rewindUntil: Date.now() + REWIND_MS };
    });
    this.#intake.ownedStreams += claimed.length;
    const durable = Object.fromEntries(LANES.map((lane, i) => [lane, this.#lanes![i]!.durable])) as Record<
      Lane,
      number
    >;
    this.send({ type: 'resume', durable });
  }

  /** Gives up storing for now: what waits and what follows will be sent again. */
  suspend(): void {
    if (this.#closed || this.#lanes === undefined || this.#hello === undefined) return;
    this.#forgetLanes();
    this.#claim(this.#hello);
  }

  #items(head: FrameHead, now: number, read: (fromSeq: number, sink: ItemSink) => void): void {
    const { writer, counters } = this.#intake;
    if (this.#lanes !== undefined && !writer.hasRoom) this.suspend();
    const lane = this.#lanes?.[head.lane];
    const last = head.firstSeq + head.count - 1;
    if (lane === undefined || (head.firstSeq > lane.expected && now < lane.rewindUntil)) {
      read(head.firstSeq, this.#intake.liveOnly.for(this, now));
      return;
    }
    lane.rewindUntil = 0;
    if (head.firstSeq > lane.expected)
      return this.fail('seq_gap', `lane ${LANES[head.lane]}: seq ${lane.expected} expected, got ${head.firstSeq}`);
    if (last < lane.expected) {
      counters.duplicates += head.count;
      lane.acked = 0; // it may have missed the ack
      this.sendAcks(now);
      return;
    }
    const unacked = last - Math.max(lane.durable, lane.givenUp);
    if (unacked > LIMITS.window)
      return this.fail('window_exceeded', `lane ${LANES[head.lane]}: ${unacked} items without an ack`);
    counters.duplicates += lane.expected - head.firstSeq;
    const entry = writer.batch.entry(lane.stream, this.device.sender, last);
    read(lane.expected, this.#intake.storing.for(this, writer.batch, head.lane, entry, now));
    lane.expected = last + 1;
    writer.written();
  }

  /** What cannot be read on the alarm lane may have been an alarm: its sender is told at once. */
  tellRejected(lane: number, seq: number, code: string): void {
    if (LANES[lane] === 'alarm') this.send({ type: 'outcome', lane: 'alarm', seq, outcome: code });
  }

  /** Moves the live picture if the fix is good, after its time was put right. Returns the verdict for history. */
  takeLive(fix: FixItem, now: number, handling: Handling): Verdict {
    const { unit, fixSource, handle } = this.device;
    this.#intake.clocks.correct(handle, fix, now);
    if (unit === undefined) return 'good';
    return this.#intake.judge.take(unit.slot, fixSource, fix, now, handling);
  }

  /** The writer has committed up to seq; asked only of a stream that is still held. */
  durable(stream: OwnedStream, seq: number, now: number): void {
    const state = this.#lanes![stream.lane]!;
    const items = seq - state.durable;
    state.durable = seq;
    // an alarm's sender waits for nothing
    if (stream.lane === ALARM) this.sendAcks(now);
    else this.#intake.acks.owe(this, items, now);
  }

  /** Tells the device of every lane what is durable and it does not know yet, in one message. */
  override sendAcks(now: number): void {
    this.acked(now);
    if (this.#closed || this.#lanes === undefined) return;
    const news: { lane: number; durable: number }[] = [];
    for (let lane = 0; lane < this.#lanes.length; lane++) {
      const state = this.#lanes[lane]!;
      if (state.durable === state.acked) continue;
      news.push({ lane, durable: state.durable });
      state.acked = state.durable;
    }
    if (news.length === 0) return;
    if (this.#hello?.encoding === 'binary') this.transport.send(writeAck(news));
    else
      this.send({
        type: 'ack',
        durable: Object.fromEntries(news.map(({ lane, durable }) => [LANES[lane]!, durable])),
      });
  }
}
