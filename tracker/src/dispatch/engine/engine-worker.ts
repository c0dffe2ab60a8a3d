import { parentPort, workerData } from 'node:worker_threads';
import { replayDecision } from '../../../../geo-engine/src/index.js';
import { runInRealTime } from '../../real-time-thread.js';
import { Engine } from './engine.js';
import type { EngineOrder, EngineSaid, EngineStart } from './orders.js';

// The thread behind EngineThread: keeps fleet and roads as it is told, and answers one question after the other.

const port = parentPort!;
const engine = new Engine();
const utf8 = new TextEncoder();

// where it may not, neither may the hub's thread, which has said so
if ((workerData as EngineStart).realTime) runInRealTime().catch(() => {});

/** Questions to itself: the first of a process takes thirty times as long as the hundredth, and a desk should not be the one that waits. */
const REHEARSALS = 100;
const REHEARSAL_MS = 20; // from one to the next; whoever asks meanwhile waits for one at most
let rehearsed = 0;
let rehearsesSoon = false;

/** An eighth of a core at the most goes to finding where those who moved start; a question waits for one turn at most. */
const FINDING_MS = 0.5;
const FINDING_EVERY_MS = 4;
let findsSoon = false;

port.on('message', (order: EngineOrder) => {
  switch (order.kind) {
    case 'roads':
      engine.follow(order.order);
      if (order.order.kind === 'use') rehearsed = 0;
      break;
    case 'fleet':
      engine.take(order.order);
      break;
    case 'ask':
      answer(order).catch((error: Error) => say({ kind: 'error', id: order.id, error }));
      return;
  }
  rehearseSoon();
  findStartsSoon();
});

function findStartsSoon(): void {
  if (findsSoon) return;
  findsSoon = true;
  setTimeout(() => {
    findsSoon = false;
    try {
      if (engine.findStarts(FINDING_MS)) findStartsSoon();
    } catch {
      findStartsSoon(); // with the next unit: a desk that asks about this one is told what is wrong
    }
  }, FINDING_EVERY_MS);
}

function rehearseSoon(): void {
  if (rehearsesSoon || rehearsed >= REHEARSALS) return;
  rehearsesSoon = true;
  setTimeout(rehearse, REHEARSAL_MS);
}

function rehearse(): void {
  rehearsesSoon = false;
  try {
    if (engine.rehearse(rehearsed, Date.now())) rehearsed++;
    else return; // with the next news of the fleet
  } catch {
    rehearsed = REHEARSALS; // a desk that asks such a thing is told what is wrong
  }
  rehearseSoon();
}

async function answer({ id, question }: Extract<EngineOrder, { kind: 'ask' }>): Promise<void> {
  switch (question.kind) {
    case 'recommend': {
      const { answer, written } = engine.recommend(question.asked);
      sayJson(id, answer);
      // whoever asks next is answered first
      setImmediate(() => {
        try {
          say({ kind: 'written', id, written: written() });
        } catch (error) {
          say({ kind: 'error', id, error: error as Error });
        }
      });
      return;
    }
    case 'available':
      return sayJson(id, engine.available(question.asked));
    case 'replay':
      return say({ kind: 'answer', id, answer: replayDecision(question.record) });
    case 're_evaluate':
      return say({ kind: 'answer', id, answer: await engine.reEvaluate(question.asked) });
  }
}

function sayJson(id: number, value: object): void {
  const answer = utf8.encode(JSON.stringify(value));
  port.postMessage({ kind: 'answer', id, answer } satisfies EngineSaid, [answer.buffer as ArrayBuffer]);
}

function say(said: EngineSaid): void {
  port.postMessage(said);
}
