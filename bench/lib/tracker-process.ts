import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import {
  endProcess,
  type GuardedProcess,
  killProcess,
  logTail,
  serverFolder,
  startGuarded,
} from '../../fixtures/servers/guarded-process.js';
import { type PostgresServer, startPostgres } from '../../fixtures/servers/index.js';
import { HttpApi } from './http-api.js';
import { childrenOf, commandLine, type Part, residentBytes } from './processes.js';
import { TYPESCRIPT_ARGS } from './typescript-args.js';

const MAIN = fileURLToPath(new URL('../../tracker/src/main.ts', import.meta.url));
const READY_MS = 90_000;
const POLL_MS = 10;
const STOP_MS = 20_000;

export type DatabaseKind = 'embedded' | 'postgres';

/** A tracker under test: one that the bench started, or one that was there. */
export interface Target {
  readonly url: string;
  /** For the report: `embedded`, `postgres` or `remote`. */
  readonly database: DatabaseKind | 'remote';
  readonly parts: readonly Part[];
  /** How its tables are read; undefined: they cannot be. */
  readonly sql: pg.ClientConfig | undefined;
  admin(): Promise<HttpApi>;
  /** A token that may open a console of the agency. */
  deskToken(agency: string): Promise<string>;
  /** Whether the issuer of the demo is there, which gives a token of any agency and role. */
  issuesTokens(): Promise<boolean>;
  /** Its garbage is collected, so that what is resident is what it holds; undefined: that can not be asked of it. */
  collectGarbage?(): Promise<void>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly database: DatabaseKind;
  /** Writes a CPU profile into this folder when the tracker stops. */
  readonly profileDir?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

const COLLECT_ON_SIGNAL = ['--expose-gc', '--import', new URL('./collect-on-signal.mjs', import.meta.url).href];
/** A collection, and until the pages it has freed are given back. */
const COLLECTION_MS = 1500;
const MOST_COLLECTIONS = 12;
/** After so many in a row that gave back less than so much there is nothing more to collect. */
const SETTLED_IN_A_ROW = 4;
const SETTLED_BYTES = 2 ** 20;

/** Below the ephemeral ports, so that no client of ours is given the port while the tracker is down. */
const somePort = () => 20_000 + Math.floor(Math.random() * 10_000);

/** A tracker on a fresh data directory. It ends with the bench, even when that is killed, and its folder goes with it. */
export class TrackerProcess implements Target {
  readonly #options: StartOptions;
  readonly #folder = serverFolder('vanags-bench-', undefined);
  readonly #port = somePort();
  readonly #postgres: PostgresServer | undefined;
  #process: GuardedProcess | undefined;
  #isOver = false;

  private constructor(options: StartOptions, postgres: PostgresServer | undefined) {
    this.#options = options;
    this.#postgres = postgres;
  }

  /** Starts a tracker and, if asked for, a PostgreSQL of its own first. `missing` says why it could not be had. */
  static async start(options: StartOptions): Promise<TrackerProcess | { readonly missing: string }> {
    let postgres: PostgresServer | undefined;
    if (options.database === 'postgres') {
      // fsync stays on: durable means durable
      const server = await startPostgres({ settings: { shared_buffers: '512MB', max_wal_size: '4GB' } });
      if ('missing' in server) return server;
      await server.createDatabase('bench');
      postgres = server;
    }
    const tracker = new TrackerProcess(options, postgres);
    try {
      await tracker.launch();
      await tracker.settled();
    } catch (error) {
      await tracker.stop();
      throw error;
    }
    return tracker;
  }

  /** A tracker that has not been started yet, for those who time the start. */
  static prepare(options: StartOptions & { readonly database: 'embedded' }): TrackerProcess {
    return new TrackerProcess(options, undefined);
  }

  get database(): DatabaseKind {
    return this.#options.database;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#process!.pid;
  }

  async collectGarbage(): Promise<void> {
    // pages are given back by and by, some of them long after
    let before = Number.POSITIVE_INFINITY;
    for (let n = 0, settled = 0; n < MOST_COLLECTIONS && settled < SETTLED_IN_A_ROW; n++) {
      process.kill(this.pid, 'SIGUSR2');
      await sleep(COLLECTION_MS);
      const now = residentBytes(this.pid);
      settled = before - now < SETTLED_BYTES ? settled + 1 : 0;
      before = now;
    }
  }

  get log(): string {
    const file = path.join(this.#folder, 'server.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  get sql(): pg.ClientConfig {
    return this.#postgres === undefined
      ? { host: path.join(this.#folder, 'data', 'socket'), port: 5432, user: 'postgres', database: 'postgres' }
      : { connectionString: this.#postgres.url('bench') };
  }

  get parts(): readonly Part[] {
    return [
      { name: 'hub', pids: () => [this.pid] },
      { name: 'database', pids: () => this.#databasePids() },
    ];
  }

  #databasePids(): readonly number[] {
    if (this.#postgres !== undefined) return [this.#postgres.pid, ...childrenOf(this.#postgres.pid)];
    return childrenOf(this.pid).filter((pid) => commandLine(pid).includes('/embedded/child'));
  }

  /** Starts the process. Returns the milliseconds until it was first ready. @throws Error with the end of its log */
  async launch(): Promise<number> {
    const profile = this.#options.profileDir;
    const env = {
      PORT: String(this.#port),
      DATA_DIR: path.join(this.#folder, 'data'),
      DEMO_WORLD: '0',
      ...(this.#postgres === undefined ? {} : { DATABASE_URL: this.#postgres.url('bench') }),
      ...this.#options.env,
    };
    const startedAt = performance.now();
    const child = await startGuarded(
      [
        '/usr/bin/env',
        ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
        process.execPath,
        ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`]),
        ...TYPESCRIPT_ARGS,
        ...COLLECT_ON_SIGNAL,
        MAIN,
      ],
      this.#folder,
      undefined,
      'TERM',
    );
    this.#process = child;
    if (this.#isOver) await this.abandon(); // given up while it was starting
    for (;;) {
      const ready = await fetch(`${this.url}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return performance.now() - startedAt;
      if (!child.isRunning()) throw new Error(`the tracker ended: ${logTail(this.#folder)}`);
      if (performance.now() - startedAt > READY_MS)
        throw new Error(`the tracker is not ready: ${logTail(this.#folder)}`);
      await sleep(POLL_MS);
    }
  }

  /** Resolves once it has also built its console, if it had to: until then a core is not ours. */
  async settled(): Promise<void> {
    while (!this.log.includes('ready: ')) {
      if (!this.#process!.isRunning()) throw new Error(`the tracker ended: ${logTail(this.#folder)}`);
      await sleep(50);
    }
  }

  async admin(): Promise<HttpApi> {
    return new HttpApi(this.url, await HttpApi.demoToken(this.url, 'IEMIC', ['admin']));
  }

  deskToken(agency: string): Promise<string> {
    return HttpApi.demoToken(this.url, agency, ['dispatcher']);
  }

  async issuesTokens(): Promise<boolean> {
    return true;
  }

  /** SIGKILL to the tracker alone; an embedded database ends by itself then. */
  async kill(): Promise<void> {
    this.#process!.signal('SIGKILL');
    await this.#process!.ended();
  }

  /** SIGKILL to the database where it stands. An embedded one is started again by its tracker, a PostgreSQL here. */
  async killDatabase(): Promise<void> {
    if (this.#postgres === undefined) {
      for (const pid of this.#databasePids()) process.kill(pid, 'SIGKILL');
    } else {
      await this.#postgres.kill();
      await this.#postgres.restart();
    }
  }

  /** Ends the tracker as Ctrl-C does; what it stored stays, for another launch. */
  async end(): Promise<void> {
    if (this.#process?.isRunning()) await endProcess(this.#process, 'SIGINT', STOP_MS);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.end();
    await this.#postgres?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** At once, whatever becomes of its data. */
  async abandon(): Promise<void> {
    this.#isOver = true;
    if (this.#process?.isRunning()) await killProcess(this.#process);
    await this.#postgres?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A tracker that somebody else runs. Its processes are not ours to count. */
export function deployed(
  url: string,
  token: string,
  deskToken: string | undefined,
  databaseUrl: string | undefined,
): Target {
  const base = url.replace(/\/$/, '');
  return {
    url: base,
    database: 'remote',
    parts: [],
    sql: databaseUrl === undefined ? undefined : { connectionString: databaseUrl },
    admin: async () => new HttpApi(base, token),
    deskToken: async (agency) => deskToken ?? HttpApi.demoToken(base, agency, ['dispatcher']),
    issuesTokens: async () => (await fetch(`${base}/api/v1/demo/users`)).ok,
    stop: async () => {},
  };
}

/** `ws(s)://…/crew` of an `http(s)://…`. */
export const crewUrl = (url: string): string => `${url.replace(/^http/, 'ws')}/crew`;
