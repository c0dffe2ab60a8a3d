import type { HubKind } from './hub-worker.js';
import type { Part } from './processes.js';
import { Worker } from './worker.js';

/** A null or naive hub, started in a process of its own. */
export class BenchHub {
  readonly #worker: Worker;
  readonly url: string;

  private constructor(worker: Worker, port: number) {
    this.#worker = worker;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(kind: HubKind): Promise<BenchHub> {
    const worker = Worker.start('hub-worker.ts');
    const { port } = await worker.ask<{ port: number }>({ kind });
    return new BenchHub(worker, port);
  }

  get part(): Part {
    return { name: 'hub', pids: () => [this.#worker.pid] };
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}
