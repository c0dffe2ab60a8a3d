import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TYPESCRIPT_ARGS } from './typescript-args.js';

const CONSUMER = fileURLToPath(new URL('mortal-consumer-worker.ts', import.meta.url));
/** What a consumer is told when the tracker is out of order, or another of its lives still has the socket: it comes again. */
const PASSING = /^(not_acknowledged|database_unavailable)$/;

export interface MortalConsumerOptions {
  readonly url: string;
  readonly token: string;
  readonly way: 'poll' | 'socket';
  /** Cursor from which it reads when it has none of its own. */
  readonly after: string;
  readonly types: readonly string[];
  /** Path of what it has handled, which outlives the process. */
  readonly output: string;
}

/** A consumer of the feed that is killed and started again, and goes on from the cursor that lies with what it handled. */
export class MortalConsumer {
  readonly #options: MortalConsumerOptions;
  readonly #faults = new Set<string>();
  #lives = 0;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: MortalConsumerOptions) {
    this.#options = options;
  }

  get way(): string {
    return this.#options.way;
  }

  get kills(): number {
    return Math.max(0, this.#lives - 1);
  }

  /** Codes with which the hub has sent it away for good. */
  get faults(): readonly string[] {
    return [...this.#faults];
  }

  start(): void {
    const { url, token, way, after, types, output } = this.#options;
    this.#lives++;
    const child = spawn(process.execPath, [...TYPESCRIPT_ARGS, CONSUMER], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        FEED_URL: url,
        FEED_TOKEN: token,
        FEED_WAY: way,
        FEED_AFTER: after,
        FEED_TYPES: types.join(','),
        OUTPUT: output,
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    createInterface({ input: child.stdout! }).on('line', (code) => {
      if (!PASSING.test(code)) this.#faults.add(code);
    });
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    this.#child = child;
  }

  /** SIGKILL, and waits for the end. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Ids of the events it has handled, in its order; of a line that is being written, nothing. */
  handled(): readonly string[] {
    const { output } = this.#options;
    if (!existsSync(output)) return [];
    const text = readFileSync(output, 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .flatMap((line) => (line === '' ? [] : (JSON.parse(line) as string[]).slice(1)));
  }
}
