import type { Worker } from 'node:worker_threads';
import type { RouteRefusalCode } from '../errors.js';
import type { RoadsOrder, RoadsOrders } from './roads-orders.js';
import type {
  AnswerOrigin,
  IsochroneAnswer,
  IsochroneQuestion,
  NearestSourcesAnswer,
  NearestSourcesQuestion,
  RouteAnswer,
  RouteQuestion,
  RouteRefusal,
  TableAnswer,
  TableQuestion,
} from './router.js';
import { startThread } from './typescript-thread.js';

type HeavyQuestion =
  | { readonly kind: 'route'; readonly route: RouteQuestion }
  | { readonly kind: 'table'; readonly table: TableQuestion }
  | { readonly kind: 'isochrone'; readonly isochrone: IsochroneQuestion }
  | { readonly kind: 'nearest_sources'; readonly nearestSources: NearestSourcesQuestion }
  | { readonly kind: 'tile'; readonly z: number; readonly x: number; readonly y: number };

/** What the thread is told. */
export type HeavyOrder =
  | { readonly kind: 'roads'; readonly order: RoadsOrder }
  | { readonly kind: 'ask'; readonly id: number; readonly question: HeavyQuestion };

/** What it says. */
export type HeavyAnswer =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: Error };

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly refuse: (code: RouteRefusalCode) => unknown;
}

/** Questions that may wait at a time: each takes up to a second or two, and who is behind so many has given up. */
export const MAX_WAITING = 16;

/**
 * Questions that take longer than an event loop may stand still, answered in a thread of their own over the same memory. One at a time;
 * when too many wait the answer is `roads_busy`, when the thread ends it is `roads_worker_failed` and the next question starts another.
 */
export class HeavyRoads {
  readonly #orders: RoadsOrders;
  readonly #maxWaiting: number;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(orders: RoadsOrders, maxWaiting = MAX_WAITING) {
    this.#orders = orders;
    this.#maxWaiting = maxWaiting;
    orders.follow((order) => this.#worker?.postMessage({ kind: 'roads', order } satisfies HeavyOrder));
  }

  /** Questions that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  route(route: RouteQuestion): Promise<RouteAnswer> {
    return this.#ask({ kind: 'route', route }, refusal);
  }

  table(table: TableQuestion): Promise<TableAnswer> {
    return this.#ask({ kind: 'table', table }, refusal);
  }

  isochrone(isochrone: IsochroneQuestion): Promise<IsochroneAnswer> {
    return this.#ask({ kind: 'isochrone', isochrone }, refusal);
  }

  nearestSources(nearestSources: NearestSourcesQuestion): Promise<NearestSourcesAnswer> {
    return this.#ask({ kind: 'nearest_sources', nearestSources }, refusal);
  }

  /** The roads of a map tile, encoded, or why they cannot be drawn now. */
  tile(z: number, x: number, y: number): Promise<Uint8Array | (RouteRefusal & AnswerOrigin)> {
    return this.#ask({ kind: 'tile', z, x, y }, refusal);
  }

  /** Ends the thread. Who still waits gets `roads_worker_failed`. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask<Answer>(question: HeavyQuestion, refuse: (code: RouteRefusalCode) => Answer): Promise<Answer> {
    if (this.#waiting.size >= this.#maxWaiting) return Promise.resolve(refuse('roads_busy'));
    const id = ++this.#lastId;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    worker.ref(); // whoever waits keeps the process
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject, refuse });
      worker.postMessage({ kind: 'ask', id, question } satisfies HeavyOrder);
    });
  }

  #start(): Worker {
    const worker = startThread(new URL('./heavy-roads-worker.ts', import.meta.url));
    worker.on('message', (said: HeavyAnswer) => {
      const waiting = this.#waiting.get(said.id);
      this.#waiting.delete(said.id);
      if (this.#waiting.size === 0) worker.unref();
      if ('error' in said) waiting?.reject(said.error);
      else waiting?.resolve(said.answer);
    });
    // an error is followed by the exit, which says all there is to do
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      const left = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const { resolve, refuse } of left) resolve(refuse('roads_worker_failed'));
    });
    for (const order of this.#orders.soFar()) worker.postMessage({ kind: 'roads', order } satisfies HeavyOrder);
    return worker;
  }
}

function refusal(code: RouteRefusalCode): RouteRefusal & AnswerOrigin {
  return { kind: 'refused', code, source: 'built-in', closures: 'unknown' };
}
