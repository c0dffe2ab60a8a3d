/** A process full of consoles: started by name, told what to do by fanout.bench.ts. */
import { performance } from 'node:perf_hooks';
import type { ConsoleAnswer, ConsoleOrder, ConsoleResults, ConsoleView, ExpectedPicture } from './console-messages.js';
import { LatencyRecorder } from './latency.js';
import { cellKey, LivePicture, unitNumbers } from './live-picture.js';
import { SocketIoClient } from './socket-io-client.js';

const clock = () => performance.timeOrigin + performance.now();

type ViewAnswer = { readonly ok: true; readonly h3: readonly string[] } | { readonly ok: false; readonly code: string };

interface Console {
  readonly view: ConsoleView;
  readonly picture: LivePicture;
  socket: SocketIoClient | undefined;
  cells: ReadonlySet<number>;
  dropped: string | undefined;
}

let consoles: Console[] = [];
let measured = { fromAt: 0, toAt: 0 };
let recorders = new Map<string, LatencyRecorder>();
let plainMessages = 0;
let plainRecords = 0;
let utilization = performance.eventLoopUtilization();
let closing = false;

/** Fix times that the message in hand brought, until it has been applied: then it is on the console, and all of them are timed. */
let brought = new Float64Array(1024);
let broughtCount = 0;

function onMoved(fixTime: number): void {
  if (fixTime < measured.fromAt || fixTime >= measured.toAt) return;
  if (broughtCount === brought.length) {
    const wider = new Float64Array(brought.length * 2);
    wider.set(brought);
    brought = wider;
  }
  brought[broughtCount++] = fixTime;
}

function applied(level: string): void {
  if (broughtCount === 0) return;
  const now = clock();
  let recorder = recorders.get(level);
  if (recorder === undefined) {
    recorder = new LatencyRecorder();
    recorders.set(level, recorder);
  }
  for (let i = 0; i < broughtCount; i++) recorder.record(now - brought[i]!);
  broughtCount = 0;
}

async function open(order: Extract<ConsoleOrder, { type: 'open' }>): Promise<{ failed: string[]; cells: number }> {
  const numbers = unitNumbers(order.handles);
  const failed: string[] = [];
  let cells = 0;
  for (const view of order.views) {
    const console: Console = {
      view,
      picture: new LivePicture(numbers, order.handles.length),
      socket: undefined,
      cells: new Set(),
      dropped: undefined,
    };
    consoles.push(console);
    const plain = (units: readonly { readonly fixTime: number }[]) => {
      plainMessages++;
      plainRecords += units.length;
      for (const { fixTime } of units) onMoved(fixTime);
      applied('all');
    };
    try {
      console.socket = await SocketIoClient.connect(
        order.url,
        '/console',
        { token: order.token },
        {
          bytes: (name, payload) => {
            if (name !== 'bundle') return;
            if (console.picture.take(payload, onMoved)) console.socket?.emit('resync');
            applied(view.level);
          },
          event: (name, args) => {
            if (name === 'problem') console.dropped = JSON.stringify(args[0]);
            else if (name === 'unit') plain([args[0] as { fixTime: number }]);
            else if (name === 'units') plain(args[0] as { fixTime: number }[]);
          },
          closed: (reason) => {
            if (!closing) console.dropped ??= reason;
          },
        },
      );
      if (order.naive) continue;
      const answer = await console.socket.ask<ViewAnswer>('view', { view: 1, level: view.level, box: view.box });
      if (!answer.ok) throw new Error(answer.code);
      console.cells = new Set(answer.h3.map(keyOf));
      cells += answer.h3.length;
    } catch (error) {
      failed.push((error as Error).message);
    }
  }
  return { failed, cells };
}

function keyOf(h3: string): number {
  const index = BigInt(`0x${h3}`);
  return cellKey(Number(index & 0xffff_ffffn), Number(index >> 32n));
}

function results(): ConsoleResults {
  const sum = (of: (picture: LivePicture) => number) => consoles.reduce((total, { picture }) => total + of(picture), 0);
  return {
    latency: Object.fromEntries([...recorders].map(([level, recorder]) => [level, recorder.encoded()])),
    messages: sum(({ bundles }) => bundles) + plainMessages,
    bytes: sum(({ bytes }) => bytes),
    records: sum(({ records }) => records) + plainRecords,
    resyncs: sum(({ resyncs }) => resyncs),
    dropped: consoles.filter(({ dropped }) => dropped !== undefined).length,
    busy: performance.eventLoopUtilization(utilization).utilization,
  };
}

/** What the consoles show against what was sent, both ways. */
function compare(expected: ExpectedPicture): { faults: string[]; units: number } {
  const faults: string[] = [];
  let units = 0;
  for (const [no, { view, picture, cells }] of consoles.entries()) {
    const of = expected.cells[view.level];
    let missing = 0;
    let extra = 0;
    let wrong = 0;
    for (let unit = 0; unit < expected.lonE7.length; unit++) {
      const inView = cells.has(cellKey(of[unit * 2]!, of[unit * 2 + 1]!));
      const shown = picture.fixTime[unit]! > 0;
      if (inView) units++;
      if (inView && !shown) missing++;
      else if (!inView && shown) extra++;
      else if (
        shown &&
        (picture.fixTime[unit] !== expected.fixTime[unit] ||
          picture.lonE7[unit] !== expected.lonE7[unit] ||
          picture.latE7[unit] !== expected.latE7[unit])
      )
        wrong++;
    }
    if (missing + extra + wrong > 0)
      faults.push(`console ${no} (${view.level}): ${missing} missing, ${extra} too many, ${wrong} elsewhere than sent`);
  }
  return { faults, units };
}

const answer = (message: ConsoleAnswer) => process.send?.(message);

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the bench ends us
process.on('message', async (order: ConsoleOrder) => {
  switch (order.type) {
    case 'open':
      closing = false;
      return answer({ type: 'opened', ...(await open(order)) });
    case 'measure':
      measured = order;
      recorders = new Map();
      plainMessages = plainRecords = 0;
      for (const { picture } of consoles) picture.bundles = picture.bytes = picture.records = picture.resyncs = 0;
      utilization = performance.eventLoopUtilization();
      return answer({ type: 'measuring' });
    case 'results':
      return answer({ type: 'results', results: results() });
    case 'compare':
      return answer({ type: 'compared', consoles: consoles.length, ...compare(order.expected) });
    case 'close':
      closing = true;
      for (const { socket } of consoles) socket?.close();
      consoles = [];
      return answer({ type: 'closed' });
  }
});
