import { parentPort } from 'node:worker_threads';
import type { HeavyAnswer, HeavyOrder } from './heavy-roads.js';
import type { Roads } from './roads.js';
import { roadsAfter } from './roads-orders.js';

// The thread behind HeavyRoads: answers one question after the other over the memory that it shares with its parent.

const port = parentPort!;
let roads: Roads | undefined; // told first of all

port.on('message', (order: HeavyOrder) => {
  switch (order.kind) {
    case 'roads':
      roads = roadsAfter(order.order, roads);
      return;
    case 'ask': {
      const { id, question } = order;
      try {
        const answer = answerTo(roads!, question);
        port.postMessage({ id, answer } satisfies HeavyAnswer, transferable(answer));
      } catch (error) {
        port.postMessage({ id, error: error as Error } satisfies HeavyAnswer);
      }
    }
  }
});

function answerTo(roads: Roads, question: Extract<HeavyOrder, { kind: 'ask' }>['question']) {
  switch (question.kind) {
    case 'route':
      return roads.route(question.route);
    case 'table':
      return roads.table(question.table);
    case 'isochrone':
      return roads.isochrone(question.isochrone);
    case 'nearest_sources':
      return roads.nearestSources(question.nearestSources);
    case 'tile':
      return roads.tile(question.z, question.x, question.y);
  }
}

/** The large arrays of an answer, to be handed over and not copied. */
function transferable(answer: ReturnType<typeof answerTo>): ArrayBuffer[] {
  if (answer instanceof Uint8Array) return [answer.buffer as ArrayBuffer];
  if (answer.kind === 'table') return [answer.travelMs.buffer as ArrayBuffer];
  if (answer.kind === 'nearest_sources') return [answer.nearest.buffer as ArrayBuffer, answer.ms.buffer as ArrayBuffer];
  return [];
}
