import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TYPESCRIPT_ARGS } from './typescript-args.js';

/** A process of the bench, started by name. It answers one order at a time and ends with the bench, however that ends. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #ended: Promise<void>;
  #ending = false;

  private constructor(name: string) {
    this.#name = name;
    this.#child = fork(fileURLToPath(new URL(name, import.meta.url)), [], {
      execArgv: [...TYPESCRIPT_ARGS],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#ended = new Promise((resolve) => this.#child.once('exit', () => resolve()));
  }

  static start(name: string): Worker {
    return new Worker(name);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /**
   * Sends an order and resolves with its answer. The answer's type is what the worker's own file says.
   * @throws Error when the worker has ended, or ends before it has answered
   */
  ask<Answer>(order: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#child.off('message', answered);
        this.#child.off('exit', gone);
      };
      const answered = (message: unknown) => {
        settle();
        resolve(message as Answer);
      };
      const gone = (code: number | null, signal: string | null) => {
        settle();
        reject(new Error(`${this.#name} ended (${signal ?? `code ${code}`})${this.#ending ? '' : ' by itself'}`));
      };
      this.#child.once('message', answered);
      this.#child.once('exit', gone);
      // a channel that is closed tells the callback, and without one ends this process
      this.#child.send(order, (error) => {
        if (error === null) return;
        settle();
        reject(error);
      });
    });
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#child.kill('SIGKILL'); // it holds nothing that is worth a goodbye
    await this.#ended;
  }
}
