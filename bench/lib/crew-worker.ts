/** A process full of crews: started by name, told what to do by `CrewWorkers`. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { BenchCrew, CrewAnswer, CrewOrder, CrewReport, LoadStep, StepResult } from './crew-messages.js';
import { CrewSocket } from './crew-socket.js';
import { clientFrame, FIX_BYTES, HEAD_BYTES, type WireFix, writeFix, writeHead } from './fix-encoder.js';
import { LatencyRecorder } from './latency.js';
import { addToSums, type ContentSums, fixInto } from './movement.js';
import { ArrivalSchedule } from './open-loop.js';
import { slope } from './statistics.js';

const BINARY = 2;
const LIVE = 0;
const ACK = 0x81;
const ACK_BYTES = 8;
/** The hub closes what sends more without an ack; a margin is left. */
const WINDOW = 19_000;
/** Fixes of one frame when a crew catches up. */
const CATCH_UP_ITEMS = 1000;
const FULL_SOCKET_BYTES = 1_000_000;
/** Frames sent in one go before acks are looked at. */
const BURST = 400;
const LATE_MS = 2;
/** For all to get through, however slow the hub is with a storm of them. */
const CONNECT_MS = 120_000;
const PROGRESS_MS = 20;

const clock = () => performance.timeOrigin + performance.now();

/** The step under way: what any seq of it holds follows from here. */
interface Running extends LoadStep {
  readonly schedule: ArrivalSchedule;
  readonly measureFrom: number;
  readonly endAt: number;
}

const recorders = { ack: new LatencyRecorder(), lag: new LatencyRecorder() };
const sums: ContentSums = { rows: 0, seq: 0, mix: 0 };
const errors: Record<string, number> = {};
const fix: WireFix = {
  timeMs: 0,
  lonE7: 0,
  latE7: 0,
  speedCmps: 0,
  headingCdeg: 0,
  accuracyDm: 0,
  altitudeM: 0,
  flags: 0,
};
let crews: Crew[] = [];
/** All so far, the one under way last: an old item may have to be sent again. */
const steps: Running[] = [];
let running: Running | undefined;
let url: URL;
let stopping = false;
let outstanding = 0;
let reconnects = 0;
let resumes = 0;
let durableSoFar = 0;
/** [ms since the measuring began, fixes durable by then]: acks come in lumps, one a group commit, so a rate is a slope and no count. */
let progress: [number, number][] = [];
let sentFrames = 0;
let sentFixes = 0;
let acks = 0; // binary messages: each is a system call of the hub
let onResumed: (() => void) | undefined;

class Crew {
  readonly #given: BenchCrew;
  readonly #no: number;
  readonly #epoch = randomBytes(8).toString('hex');
  #socket: CrewSocket | undefined;
  #attempts = 0;
  resumed = false;
  /** Last seq before each step. */
  readonly bases: number[] = [];
  /** Last seq before the step under way; last due, last sent on this connection, highest ever sent, last acknowledged. */
  base = 0;
  due = 0;
  cursor = 0;
  sent = 0;
  durable = 0;
  lastTime = 0;

  constructor(given: BenchCrew, no: number) {
    this.#given = given;
    this.#no = no;
  }

  connect(): void {
    this.#socket = new CrewSocket(url, this.#given.token, this.#no, {
      opened: () => {
        const firstHeld = { live: this.durable + 1 };
        this.#socket!.sendText(
          JSON.stringify({ type: 'hello', version: 1, epoch: this.#epoch, encoding: 'binary', firstHeld }),
        );
      },
      text: (message) => this.#told(message),
      binary: (payload) => this.#acked(payload),
      closed: (reason) => this.#lost(reason),
    });
  }

  disconnect(): void {
    this.#socket?.destroy();
    this.resumed = false;
  }

  #lost(reason: string): void {
    this.resumed = false;
    if (stopping) return;
    if (reason.startsWith('close ') || reason.startsWith('HTTP')) errors[reason] = (errors[reason] ?? 0) + 1;
    reconnects++;
    const wait = Math.min(500, 50 * 2 ** this.#attempts++);
    setTimeout(() => stopping || this.connect(), wait * (0.5 + Math.random() / 2));
  }

  #told(text: string): void {
    const message = JSON.parse(text) as { type: string; durable?: { live: number }; code?: string };
    if (message.type === 'resume') {
      this.resumed = true;
      this.#attempts = 0;
      resumes++;
      this.#advance(message.durable!.live);
      this.cursor = this.durable;
      onResumed?.();
      this.pump();
    } else if (message.type === 'error') {
      errors[message.code!] = (errors[message.code!] ?? 0) + 1;
    }
  }

  #acked(payload: Buffer): void {
    acks++;
    for (let at = 0; at + ACK_BYTES <= payload.length; at += ACK_BYTES) {
      if (payload[at] === ACK && payload[at + 1] === LIVE) this.#advance(payload.readUInt32LE(at + 4));
    }
    if (this.cursor < this.due) this.pump();
  }

  /** Everything up to seq is durable: each frame that this completes is timed from when it was due. */
  #advance(seq: number): void {
    if (seq <= this.durable) return;
    const now = clock();
    outstanding -= seq - this.durable;
    if (running !== undefined && seq > this.base) {
      const { fixesPerFrame, schedule, measureFrom, endAt } = running;
      const from = Math.floor(Math.max(0, this.durable - this.base) / fixesPerFrame);
      const to = Math.floor((seq - this.base) / fixesPerFrame);
      for (let turn = from; turn < to; turn++) {
        const dueAt = schedule.dueAt(this.#no, turn);
        if (dueAt >= measureFrom && dueAt < endAt) recorders.ack.record(now - dueAt);
      }
      durableSoFar += seq - this.durable;
    }
    this.durable = seq;
  }

  /** Sends what is due and not sent, at most one frame: the next ack or turn sends the rest. */
  pump(): void {
    if (!this.resumed || running === undefined || this.cursor >= this.due) return;
    if (this.#socket!.waiting > FULL_SOCKET_BYTES) return;
    const count = Math.min(this.due - this.cursor, CATCH_UP_ITEMS, WINDOW - (this.cursor - this.durable));
    if (count <= 0) return;
    const { frame, payloadAt } = clientFrame(BINARY, HEAD_BYTES + count * FIX_BYTES);
    writeHead(frame, payloadAt, LIVE, count, this.cursor + 1);
    for (let i = 0, at = payloadAt + HEAD_BYTES; i < count; i++, at += FIX_BYTES) {
      const seq = this.cursor + 1 + i;
      fixInto(fix, this.#given.route, this.#timeOf(seq));
      writeFix(frame, at, fix);
      if (seq > this.sent) addToSums(sums, seq, fix);
    }
    this.#socket!.send(frame);
    this.cursor += count;
    this.lastTime = fix.timeMs;
    sentFrames++;
    if (this.cursor > this.sent) {
      sentFixes += this.cursor - this.sent;
      this.sent = this.cursor;
    }
  }

  /** Time of a fix of the step: those of a frame lie evenly in the interval that ends when the frame is due. */
  #timeOf(seq: number): number {
    let no = steps.length - 1;
    while (this.bases[no]! >= seq) no--;
    const { fixesPerFrame, schedule } = steps[no]!;
    const inStep = seq - this.bases[no]! - 1;
    const turn = Math.floor(inStep / fixesPerFrame);
    const before = fixesPerFrame - 1 - (inStep % fixesPerFrame);
    return Math.floor(schedule.dueAt(this.#no, turn) - (before * schedule.intervalMs) / fixesPerFrame);
  }
}

async function connectAll(
  order: Extract<CrewOrder, { type: 'connect' }>,
): Promise<{ resumed: number; seconds: number }> {
  url = new URL(order.url);
  crews = order.crews.map((crew, no) => new Crew(crew, no));
  const startedAt = clock();
  let resumed = 0;
  const all = new Promise<void>((resolve) => {
    onResumed = () => ++resumed === crews.length && resolve();
  });
  // a stream of connections, not a wall: the hub's listen queue is finite
  for (let opened = 0; opened < crews.length; ) {
    const due = Math.min(crews.length, Math.ceil(((clock() - startedAt + 20) * order.perSecond) / 1000));
    for (; opened < due; opened++) crews[opened]!.connect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, CONNECT_MS))]);
  onResumed = undefined;
  return { resumed, seconds: (clock() - startedAt) / 1000 };
}

async function runStep(step: LoadStep): Promise<StepResult> {
  const schedule = new ArrivalSchedule(step.startAt, step.framesPerS, crews.length);
  const now: Running = {
    ...step,
    schedule,
    measureFrom: step.startAt + step.warmUpS * 1000,
    endAt: step.startAt + step.seconds * 1000,
  };
  steps.push(now);
  for (const crew of crews) {
    crew.base = crew.due;
    crew.bases.push(crew.due);
  }
  recorders.ack.reset();
  recorders.lag.reset();
  outstanding = durableSoFar = sentFrames = sentFixes = acks = 0;
  progress = [];
  running = now;
  const utilization = performance.eventLoopUtilization();
  const { fixesPerFrame, maxOutstanding } = step;
  const total = schedule.dueBy(now.endAt);
  let next = 0; // arrival, over all crews
  let dueInWindow = 0;
  await new Promise<void>((resolve) => {
    const turn = () => {
      const at = clock();
      if (at >= now.measureFrom && at < now.endAt && at - now.measureFrom >= progress.length * PROGRESS_MS)
        progress.push([at - now.measureFrom, durableSoFar]);
      if (at >= now.endAt && (next >= total || maxOutstanding !== undefined)) return resolve();
      const due = Math.min(total, schedule.dueBy(at));
      let left = BURST;
      while (next < due && left-- > 0) {
        if (maxOutstanding !== undefined && outstanding + fixesPerFrame > maxOutstanding) break;
        const no = next % crews.length;
        const crew = crews[no]!;
        const dueAt = schedule.dueAt(no, Math.floor(next / crews.length));
        crew.due += fixesPerFrame;
        outstanding += fixesPerFrame;
        crew.pump();
        if (dueAt >= now.measureFrom) {
          dueInWindow += fixesPerFrame;
          if (maxOutstanding === undefined) recorders.lag.record(clock() - dueAt);
        }
        next++;
      }
      if (next < due && (maxOutstanding === undefined || left < 0)) setImmediate(turn);
      else setTimeout(turn, LATE_MS / 2);
    };
    setTimeout(turn, Math.max(0, step.startAt - clock()));
  });
  const outstandingAtEnd = outstanding;
  const { utilization: busy } = performance.eventLoopUtilization(utilization);
  const giveUpAt = clock() + step.drainS * 1000;
  while (crews.some((crew) => crew.durable < crew.due) && clock() < giveUpAt) {
    for (const crew of crews) if (crew.cursor < crew.due) crew.pump();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const drained = crews.every((crew) => crew.durable === crew.due);
  return {
    sentFrames,
    sentFixes,
    acks,
    durablePerS: slope(progress) * 1000,
    dueInWindow,
    outstandingAtEnd,
    ackLatency: recorders.ack.encoded(),
    sendLag: recorders.lag.encoded(),
    drained,
    busy,
  };
}

function report(): CrewReport {
  const column = (value: (crew: Crew) => number) => Float64Array.from(crews, value);
  return {
    sums: { ...sums },
    durable: column((crew) => crew.durable),
    sent: column((crew) => crew.sent),
    lastTime: column((crew) => crew.lastTime),
    reconnects,
    resumes,
    errors,
  };
}

const answer = (message: CrewAnswer) => process.send?.(message);

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the bench ends us
process.on('message', async (order: CrewOrder) => {
  switch (order.type) {
    case 'connect':
      return answer({ type: 'connected', ...(await connectAll(order)) });
    case 'step':
      return answer({ type: 'stepped', result: await runStep(order.step) });
    case 'report':
      return answer({ type: 'report', report: report() });
    case 'disconnect':
      stopping = true;
      for (const crew of crews) crew.disconnect();
      return answer({ type: 'disconnected' });
  }
});
