import { parentPort, workerData } from 'node:worker_threads';
import type { HeavyAnswer, HeavyOrder } from './heavy-roads.js';
import { Roads, type RoadsData } from './roads.js';

// The thread behind HeavyRoads: answers one question after the other over the memory that it shares with its parent.

const port = parentPort!;
let roads = new Roads(workerData as RoadsData);

port.on('message', (order: HeavyOrder) => {
  switch (order.kind) {
    case 'use':
      roads = new Roads(order.data);
      return;
    case 'profile':
      roads.setProfile(order.prepared);
      return;
    case 'in_force':
      roads.setInForce(order.profile, order.inForce);
      return;
    case 'ask': {
      const { id, question } = order;
      try {
        const answer = answerTo(question);
        port.postMessage({ id, answer } satisfies HeavyAnswer, transferable(answer));
      } catch (error) {
        port.postMessage({ id, error: error as Error } satisfies HeavyAnswer);
      }
    }
  }
});

function answerTo(question: Extract<HeavyOrder, { kind: 'ask' }>['question']) {
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
