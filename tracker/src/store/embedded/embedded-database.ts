import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TYPESCRIPT_ARGS } from '../../typescript-child.js';
import { StoreError } from '../errors.js';
import type { ChildMessage } from './messages.js';

/** A unix socket's path holds 107 bytes on Linux and 103 on macOS. */
const MAX_SOCKET_PATH = 103;
const RESTART_DELAY_MS = 500;

export interface EmbeddedEvents {
  /** One line on what takes long. */
  progress(text: string): void;
  /** The process ended without being asked; it is being started again. */
  restarted(detail: string): void;
}

/** The folder of the socket that the embedded database of a data directory listens on while it runs. */
export function embeddedSocketDir(dataDir: string): string {
  const inside = join(dataDir, 'socket');
  const short = join(tmpdir(), `vanags-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
  return Buffer.byteLength(join(inside, '.s.PGSQL.5432')) <= MAX_SOCKET_PATH ? inside : short;
}

/**
 * Keeps the embedded database running in a child process: starts it, starts it again when it dies, ends it with us.
 * The directory's lock is the child's, so that it is held exactly as long as the files may be written.
 */
export class EmbeddedDatabase {
  readonly #dataDir: string;
  readonly #events: EmbeddedEvents;
  /** Where `pg` connects: the folder of the socket. */
  readonly socketDir: string;
  #child: ChildProcess | undefined;
  #stopping = false;

  private constructor(dataDir: string, events: EmbeddedEvents) {
    this.#dataDir = dataDir;
    this.#events = events;
    this.socketDir = embeddedSocketDir(dataDir);
  }

  /**
   * Starts the database in dataDir and resolves once it accepts connections.
   * @throws StoreError `data_dir_in_use`, `data_dir_unwritable` or `embedded_failed`
   */
  static async start(dataDir: string, events: EmbeddedEvents): Promise<EmbeddedDatabase> {
    const database = new EmbeddedDatabase(dataDir, events);
    await database.#launch();
    return database;
  }

  /** The process id of the child, for those who measure or kill it. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #launch(): Promise<void> {
    const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), [this.#dataDir, this.socketDir], {
      execArgv: [...TYPESCRIPT_ARGS],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    return new Promise((resolve, reject) => {
      let ready = false;
      child.on('message', (message: ChildMessage) => {
        switch (message.type) {
          case 'progress':
            this.#events.progress(message.text);
            break;
          case 'ready':
            ready = true;
            resolve();
            break;
          case 'failed':
            reject(new StoreError(message.code, `DATA_DIR=${this.#dataDir}: ${message.detail}`));
        }
      });
      child.once('exit', (code, signal) => {
        reject(
          new StoreError(
            'embedded_failed',
            `the database process ended (${signal ?? `code ${code}`}) before it was ready`,
          ),
        );
        if (ready && !this.#stopping) void this.#relaunch(`the database process ended (${signal ?? `code ${code}`})`);
      });
    });
  }

  async #relaunch(detail: string): Promise<void> {
    this.#events.restarted(detail);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
      if (this.#stopping) return;
      try {
        await this.#launch();
        return;
      } catch (error) {
        this.#events.restarted((error as Error).message);
      }
    }
  }

  /** Ends a child that no longer answers; it is started again. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.connected) child.send('stop');
    const impatient = setTimeout(() => child.kill('SIGKILL'), 8000);
    await ended;
    clearTimeout(impatient);
  }
}
