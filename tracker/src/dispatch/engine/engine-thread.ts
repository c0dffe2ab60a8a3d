import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { type RoadsOrder, startThread } from '../../../../geo-engine/src/index.js';
import { DispatchRefusal } from '../errors.js';
import type { FleetOrder } from './fleet-order.js';
import type {
  EngineAnswers,
  EngineOrder,
  EngineQuestion,
  EngineSaid,
  EngineStart,
  RecommendationAsked,
  WrittenDecision,
} from './orders.js';

/** Whoever knows the roads: what a thread that begins now must be told of them. Changes are told as they come. */
export interface RoadsSource {
  roadsSoFar(): Iterable<RoadsOrder>;
  onRoads(listener: (order: RoadsOrder) => void): void;
}

/** Whoever knows the fleet. */
export interface FleetSource {
  /** All of it, in handfuls, for a thread that begins; changes from then on are among the news. */
  everybody(): Iterable<FleetOrder>;
  /** What has changed since this was asked last; undefined: nothing. */
  news(): FleetOrder | undefined;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** What has changed of the fleet is told this often, for a question to wait for little of it, ms. */
const NEWS_MS = 50;

/**
 * The engine in a thread of its own, so that no question holds up a fix, an alarm or another desk's command. It is told what changes of
 * fleet and roads; every question is answered from all that was known when it was asked. Started by the first question, or by `start`;
 * when it ends, who waits is refused with `engine_failed`, and the next question starts another.
 */
export class EngineThread {
  readonly #roads: RoadsSource;
  readonly #fleet: FleetSource;
  readonly #realTime: boolean;
  readonly #onError: (text: string, error: unknown) => void;
  #worker: Worker | undefined;
  #begun: Promise<void> = Promise.resolve();
  #news: NodeJS.Timeout | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, Waiting>(); // for an answer, by question
  readonly #unwritten = new Map<number, Waiting>(); // for what is written down of it
  #ends = 0;

  /** `realTime`: as Settings.realTime. */
  constructor(
    roads: RoadsSource,
    fleet: FleetSource,
    realTime: boolean,
    onError: (text: string, error: unknown) => void,
  ) {
    this.#roads = roads;
    this.#fleet = fleet;
    this.#realTime = realTime;
    this.#onError = onError;
    roads.onRoads((order) => this.#tell({ kind: 'roads', order }));
  }

  /** Questions that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How often a thread ended. */
  get ends(): number {
    return this.#ends;
  }

  /** Begins without a question: the first one then waits for nothing. */
  start(): void {
    if (this.#worker === undefined) this.#begin();
  }

  /** Ends the thread. */
  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** @throws DispatchRefusal `engine_failed` */
  recommend(asked: RecommendationAsked): {
    answer: Promise<Uint8Array<ArrayBuffer>>;
    written: Promise<WrittenDecision>;
  } {
    const id = ++this.#lastId;
    const written = new Promise<WrittenDecision>((resolve, reject) => this.#unwritten.set(id, { resolve, reject }));
    written.catch(() => {}); // where there is no answer, nobody asks what is written of it
    return { answer: this.#ask(id, { kind: 'recommend', asked }), written };
  }

  /** @throws DispatchRefusal `engine_failed` */
  ask<Kind extends 'available' | 're_evaluate' | 'replay'>(
    question: Extract<EngineQuestion, { kind: Kind }>,
  ): Promise<EngineAnswers[Kind]> {
    return this.#ask(++this.#lastId, question);
  }

  async #ask<Answer>(id: number, question: EngineQuestion): Promise<Answer> {
    this.start();
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const worker = this.#worker!;
      void this.#begun.then(() => {
        if (worker !== this.#worker) return; // it has ended, and who waited was told
        this.#tellNews();
        this.#tell({ kind: 'ask', id, question });
      });
    });
  }

  #begin(): void {
    const start: EngineStart = { realTime: this.#realTime };
    const worker = startThread(new URL('./engine-worker.ts', import.meta.url), start);
    this.#worker = worker;
    worker.on('message', (said: EngineSaid) => this.#hear(said));
    worker.on('error', (error) => this.#onError('the thread that chooses units failed', error));
    worker.on('exit', () => this.#ended(worker));
    worker.unref(); // a process that has nothing else to do does not wait for it
    for (const order of this.#roads.roadsSoFar()) this.#tell({ kind: 'roads', order });
    this.#begun = this.#tellEverybody(worker).catch((error) => {
      this.#onError('the fleet could not be told to the thread that chooses units', error);
      void worker.terminate();
    });
    this.#news = setInterval(() => this.#tellNews(), NEWS_MS);
    this.#news.unref();
  }

  async #tellEverybody(worker: Worker): Promise<void> {
    for (const order of this.#fleet.everybody()) {
      if (worker !== this.#worker) return;
      this.#tell({ kind: 'fleet', order });
      await nextTurn(); // a large fleet is told in a second, and fixes come in meanwhile
    }
  }

  #tellNews(): void {
    const order = this.#fleet.news();
    if (order !== undefined) this.#tell({ kind: 'fleet', order });
  }

  #tell(order: EngineOrder): void {
    this.#worker?.postMessage(order, order.kind === 'fleet' ? [order.order.fixes.buffer as ArrayBuffer] : []);
  }

  #hear(said: EngineSaid): void {
    switch (said.kind) {
      case 'answer':
        this.#take(this.#waiting, said.id)?.resolve(said.answer as never);
        return;
      case 'written':
        this.#take(this.#unwritten, said.id)?.resolve(said.written as never);
        return;
      case 'error':
        this.#take(this.#waiting, said.id)?.reject(said.error);
        this.#take(this.#unwritten, said.id)?.reject(said.error);
    }
  }

  #take(waiting: Map<number, Waiting>, id: number): Waiting | undefined {
    const one = waiting.get(id);
    waiting.delete(id);
    return one;
  }

  #ended(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#ends++;
    clearInterval(this.#news);
    for (const waiting of [this.#waiting, this.#unwritten]) {
      for (const { reject } of waiting.values())
        reject(new DispatchRefusal('engine_failed', 'the choice of units was interrupted; ask again'));
      waiting.clear();
    }
  }
}
