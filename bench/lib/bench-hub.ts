import type { HubKind, HubOrder } from './hub-worker.js';
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
    const { port } = await worker.ask<{ port: number }>({ type: 'start', kind } satisfies HubOrder);
    return new BenchHub(worker, port);
  }

  /** Whether a null hub acknowledges from now on. */
  async acknowledge(isOn: boolean): Promise<void> {
    await this.#worker.ask({ type: 'acknowledge', isOn } satisfies HubOrder);
  }

  get part(): Part {
    return { name: 'hub', pids: () => [this.#worker.pid] };
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}
