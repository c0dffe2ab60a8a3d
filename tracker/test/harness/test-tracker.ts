import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { inject } from 'vitest';
import { CrewClient, type CrewClientOptions } from '../../../fixtures/crew-client/index.js';
import type { Log } from '../../src/log.js';
import { readSettings } from '../../src/settings.js';
import { type Database, embeddedAddress, serverAddress } from '../../src/store/database.js';
import { startTracker, type Tracker } from '../../src/tracker.js';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';
import './provided.js';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const START_LIMIT_MS = 120_000;

/** False where the project's database could not be had; the setup has said so loudly. */
export const databaseIsThere = inject('database').kind !== 'missing';
export const databaseKind = inject('database').kind;

/** A place for one test's data: a copy of the template, gone after the test. */
export interface TestHome {
  readonly env: Readonly<Record<string, string>>;
  /** For looking at the tables from outside, while a tracker runs on them. */
  connect(): Promise<pg.Client>;
  remove(): Promise<void>;
}

export async function createHome(): Promise<TestHome> {
  const provided = inject('database');
  if (provided.kind === 'missing') throw new Error(provided.why);
  const dataDir = await mkdtemp(join(tmpdir(), 'vanags-test-'));
  const remove = () => rm(dataDir, { recursive: true, force: true, maxRetries: 40, retryDelay: 250 });
  if (provided.kind === 'embedded') {
    await cp(provided.template, dataDir, { recursive: true });
    const { config } = embeddedAddress(join(dataDir, 'socket'));
    return { env: { DATA_DIR: dataDir }, connect: () => connected({ ...config }), remove };
  }
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = await connected({ connectionString: provided.url });
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${provided.template}`);
  await admin.end();
  const url = new URL(provided.url);
  url.pathname = `/${name}`;
  return {
    env: { DATA_DIR: dataDir, DATABASE_URL: url.toString() },
    connect: () => connected(serverAddress(url.toString()).config),
    async remove() {
      const cleaner = await connected({ connectionString: provided.url });
      await cleaner.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await cleaner.end();
      await remove();
    },
  };
}

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The HTTP API of a tracker, as a client uses it. */
export class ApiClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Body is what the caller says it is: tests look closely at what they use of it. */
  async call<Body = { readonly code?: string }>(
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<{ status: number; body: Body }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Body };
  }

  /** The answer's body. @throws Error unless the status is one of the 200s */
  async ok<Body>(method: string, path: string, body?: unknown, token?: string): Promise<Body> {
    const answer = await this.call<Body>(method, path, body, token);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async token(agency: string, ...roles: string[]): Promise<string> {
    return (
      await this.ok<{ token: string }>('POST', '/api/v1/demo/token', {
        agency,
        roles,
        subject: `${agency}-${roles.join('-')}`,
      })
    ).token;
  }

  admin(): Promise<string> {
    return this.token('IEMIC', 'admin');
  }
}

/** A tracker in this process. */
export interface TestTracker {
  readonly api: ApiClient;
  readonly crewUrl: string;
  readonly tracker: Tracker;
  readonly database: Database;
  readonly errors: string[];
  stop(): Promise<void>;
}

export async function startTestTracker(
  home: TestHome,
  env: Readonly<Record<string, string>> = {},
): Promise<TestTracker> {
  const errors: string[] = [];
  const log: Log = {
    info: () => {},
    warn: () => {},
    error: (text, error) => errors.push(`${text}: ${(error as Error).stack ?? error}`),
  };
  const tracker = await startTracker(readSettings({ PORT: '0', ...home.env, ...env }), log);
  return {
    api: new ApiClient(`http://127.0.0.1:${tracker.port}`),
    crewUrl: `ws://127.0.0.1:${tracker.port}/crew`,
    tracker,
    database: tracker.core.database,
    errors,
    stop: () => tracker.stop(),
  };
}

/** A tracker as its user starts it: a process, to be killed. */
export interface SpawnedTracker {
  readonly child: ChildProcess;
  readonly port: number;
  readonly output: () => string;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Asks as Ctrl-C does. Returns the exit code. */
  interrupt(): Promise<number | null>;
}

/** Starts `npm start`'s program. Resolves once it says that it is ready. @throws Error with its output when it ends before */
export async function spawnTracker(env: Readonly<Record<string, string>>): Promise<SpawnedTracker> {
  const child = spawn(process.execPath, [...TYPESCRIPT_ARGS, MAIN], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DEMO_WORLD: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`not ready after ${START_LIMIT_MS} ms: ${output}`)),
      START_LIMIT_MS,
    );
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const ready = /ready: \w+:\/\/\S*:(\d+)\//.exec(output);
      if (ready === null) return;
      clearTimeout(limit);
      resolve(Number(ready[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then((code) => {
      clearTimeout(limit);
      reject(new Error(`ended with ${code}: ${output}`));
    });
  });
  return {
    child,
    port,
    output: () => output,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    interrupt() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

export interface TestCrew {
  readonly unitId: string;
  readonly deviceId: string;
  readonly token: string;
}

/** Registers an agency, if its code is new. */
export async function createAgency(api: ApiClient, admin: string, code: string, kind = 'fire_rescue'): Promise<string> {
  const { agencies } = await api.ok<{ agencies: { id: string; code: string }[] }>(
    'GET',
    '/api/v1/agencies',
    undefined,
    admin,
  );
  const known = agencies.find((agency) => agency.code === code);
  if (known !== undefined) return known.id;
  const id = uuidv7();
  await api.ok('POST', '/api/v1/agencies', { id, code, kind, nameLv: code, nameEn: code }, admin);
  return id;
}

/** Registers a unit of an agency with one device. */
export async function createCrew(
  api: ApiClient,
  admin: string,
  agencyCode: string,
  unit: Partial<{
    callsign: string;
    kind: string;
    statusAtRest: string;
    capabilities: { code: string; quantity: number }[];
    reportIntervalS: number;
  }> = {},
): Promise<TestCrew> {
  const { reportIntervalS = 1, ...fields } = unit;
  const unitId = uuidv7();
  const deviceId = uuidv7();
  await api.ok(
    'POST',
    '/api/v1/units',
    {
      id: unitId,
      agencyCode,
      callsign: `U-${unitId.slice(-8)}`,
      kind: 'tanker',
      statusAtRest: 'available',
      capabilities: [],
      ...fields,
    },
    admin,
  );
  const { token } = await api.ok<{ token: string }>(
    'POST',
    '/api/v1/devices',
    { id: deviceId, agencyCode, kind: 'vehicle', name: 'test', reportIntervalS },
    admin,
  );
  await api.ok('POST', '/api/v1/device-bindings', { id: uuidv7(), agencyCode, deviceId, unitId }, admin);
  return { unitId, deviceId, token };
}

export function crewClient(crewUrl: string, token: string, options: Partial<CrewClientOptions> = {}): CrewClient {
  return new CrewClient({ url: crewUrl, token, encoding: 'binary', ...options });
}

/** Asks again until the answer is there. @throws Error with what, after limitMs */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 40_000,
): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > until) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/**
 * Waits until every event so far has its position and this node has read it: `GET /feed` answers from what it has read, which
 * comes some milliseconds after the command's own answer.
 */
export async function feedIsRead({ database, tracker }: TestTracker): Promise<void> {
  await eventually('the feed is read to its end', async () => {
    const { rows } = await database.query<{ unstamped: number; head: number }>(
      `SELECT count(*) FILTER (WHERE position IS NULL)::int AS unstamped, coalesce(max(position), 0)::int AS head
       FROM feed_event`,
    );
    return rows[0]!.unstamped === 0 && tracker.core.feed.position >= rows[0]!.head;
  });
}
