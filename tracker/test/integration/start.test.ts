import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildConsole } from '../../src/console-build.js';
import { Database, serverAddress } from '../../src/store/database.js';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';
import {
  ApiClient,
  createHome,
  databaseIsThere,
  databaseKind,
  eventually,
  type SpawnedTracker,
  spawnTracker,
  type TestHome,
} from '../harness/test-tracker.js';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Less than the 30 s that a request may wait for an event. */
const STOPPED_WITHIN_MS = 20_000;
const ORPHAN_GONE_WITHIN_MS = 40_000;
/** The budget is 8 s on a machine of its own; here others run beside it, so this only catches what hangs. */
const SECOND_START_WITHIN_MS = 60_000;

interface Ended {
  readonly code: number | null;
  /** Lines that begin with the program's name: what it says when it gives up. */
  readonly said: readonly string[];
  readonly output: string;
}

/** Starts the program and waits until it ends by itself. */
async function runToEnd(env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn(process.execPath, [...TYPESCRIPT_ARGS, MAIN], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, DEMO_WORLD: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const limit = setTimeout(() => child.kill('SIGKILL'), 50_000);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearTimeout(limit);
  return { code, said: output.split('\n').filter((line) => line.startsWith('vanags: ')), output };
}

/** A start that failed as it should: not 0, one line to act on, no stack. */
function expectOneLine({ code, said, output }: Ended, fragment: string | RegExp): void {
  expect(code, output).toBe(1);
  expect(said, output).toHaveLength(1);
  if (typeof fragment === 'string') expect(said[0]).toContain(fragment);
  else expect(said[0]).toMatch(fragment);
  // and nothing after it: no stack
  expect(output.trimEnd().endsWith(said[0]!), output).toBe(true);
}

function isAlive(pid: number): boolean {
  try {
    // a zombie has ended: only its parent has not looked yet
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    if (existsSync('/proc')) return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes below this one: the embedded database, if the tracker has one. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

const threadsOf = (pid: number): number[] => readdirSync(`/proc/${pid}/task`).map(Number);

/** Whether its scheduling policy is SCHED_RR: proc_pid_stat(5), field 41. */
function isScheduledFirst(pid: number, thread: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const fromField3 = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fromField3[41 - 3]) === 2;
  } catch {
    return false; // threads come and go
  }
}

const health = async ({ port }: SpawnedTracker, path = '/healthz') =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).status;

describe.skipIf(!databaseIsThere)('the start', () => {
  const homes: TestHome[] = [];
  const trackers: SpawnedTracker[] = [];

  async function start(env: Readonly<Record<string, string>>): Promise<SpawnedTracker> {
    const tracker = await spawnTracker({ PORT: '0', ...env });
    trackers.push(tracker);
    return tracker;
  }
  async function createStartHome(): Promise<TestHome> {
    const home = await createHome();
    homes.push(home);
    return home;
  }

  // once, so that no start in here builds it beside what is tested; without a console the API starts all the same
  beforeAll(() => buildConsole(() => {}).catch((error: Error) => console.warn(error.message)));
  afterAll(async () => {
    for (const tracker of trackers) if (tracker.child.exitCode === null) await tracker.kill();
    for (const home of homes) await home.remove();
  });

  // starts are dear: one home, whose tracker is started, ended and started again from test to test
  describe('on one home', () => {
    let home: TestHome;
    let tracker: SpawnedTracker;
    let demoToken: string;

    const api = () => new ApiClient(`http://127.0.0.1:${tracker.port}`);
    const isRunning = () => tracker.child.exitCode === null && tracker.child.signalCode === null;
    /** As the test before leaves it, also where a first try ended in the middle. */
    const untilRuns = async () => {
      if (!isRunning()) tracker = await start(home.env);
    };
    const untilEnded = async () => {
      if (isRunning()) await tracker.kill();
    };

    beforeAll(async () => {
      home = await createStartHome();
      tracker = await start(home.env);
    });

    it('S1 on a port that somebody has ends in one line, and the first keeps it', async () => {
      const second = await runToEnd({ ...(await createStartHome()).env, PORT: String(tracker.port) });
      expectOneLine(second, `PORT=${tracker.port}: 127.0.0.1:${tracker.port} is taken`);
      for (let i = 0; i < 5; i++) expect(await health(tracker)).toBe(200);
    });

    it.skipIf(databaseKind !== 'embedded')(
      'S5 in a DATA_DIR that is in use ends in one line, and the first keeps working',
      async () => {
        const second = await runToEnd({ ...home.env, PORT: '0' });
        expectOneLine(second, /DATA_DIR=.*another process/);
        // a write and a read: the files are still its own
        const id = uuidv7();
        const code = `S5-${id.slice(-8).toUpperCase()}`;
        const agency = { id, code, kind: 'fire_rescue', nameLv: 'x', nameEn: 'x' };
        expect((await api().call('POST', '/api/v1/agencies', agency, await api().admin())).status).toBe(201);
        expect(await health(tracker, '/readyz')).toBe(200);
      },
    );

    it('S2 Ctrl-C ends it with 0, and leaves no process behind', async () => {
      await untilRuns();
      const pids = [tracker.child.pid!, ...childrenOf(tracker.child.pid!)];
      expect(pids.length).toBe(databaseKind === 'embedded' ? 2 : 1);
      const askedAt = Date.now();
      expect(await tracker.interrupt()).toBe(0);
      await eventually('all have ended', () => !pids.some(isAlive), STOPPED_WITHIN_MS);
      expect(Date.now() - askedAt).toBeLessThan(STOPPED_WITHIN_MS);
      expect(tracker.output()).toContain('SIGINT: stopping');
      expect(tracker.output()).not.toContain('ERROR');
    });

    it('S3 the second start answers soon', async () => {
      await untilEnded();
      const startedAt = Date.now();
      tracker = await start(home.env);
      expect(await health(tracker, '/readyz')).toBe(200);
      const tookMs = Date.now() - startedAt;
      console.log(`second start, ${databaseKind}: ${tookMs} ms to the first answer of /readyz`);
      expect(tookMs).toBeLessThan(SECOND_START_WITHIN_MS);
    });

    it('S10 REAL_TIME puts hub and engine before others, and nothing else; where it may not it says so and goes on', async () => {
      await untilEnded();
      const mayRunFirst = spawnSync('chrt', ['--rr', '1', 'true']).status === 0;
      tracker = await start({ ...home.env, REAL_TIME: '1' });
      expect(await health(tracker, '/readyz')).toBe(200);
      const hub = tracker.child.pid!;
      const firstThreads = () => threadsOf(hub).filter((thread) => isScheduledFirst(hub, thread));
      if (mayRunFirst) {
        await eventually('the engine has begun', () => firstThreads().length > 1, SECOND_START_WITHIN_MS);
        expect(firstThreads()).toHaveLength(2);
        expect(firstThreads()).toContain(hub);
        expect(tracker.output()).toContain('REAL_TIME: hub and engine run before other threads of this machine');
        expect(childrenOf(hub).filter((child) => isScheduledFirst(child, child))).toEqual([]);
      } else {
        expect(tracker.output()).toMatch(/WARNING REAL_TIME: hub and engine share the cores with everybody.*chrt/);
        expect(firstThreads()).toEqual([]);
      }
      expect(await tracker.interrupt()).toBe(0);
    });

    it.skipIf(databaseKind !== 'embedded')('S6 a kill -9 of the database alone brings it back', async () => {
      await untilRuns();
      const [database] = childrenOf(tracker.child.pid!);
      process.kill(database!, 'SIGKILL');
      const answers = (status: number) => () =>
        health(tracker, '/readyz').then(
          (found) => found === status,
          (error) => {
            throw new Error(`the tracker is gone (${tracker.child.exitCode}): ${tracker.output()}`, { cause: error });
          },
        );
      await eventually('it is noticed', answers(503));
      expect(await health(tracker)).toBe(200);
      await eventually('it is back', answers(200), SECOND_START_WITHIN_MS);
      expect(childrenOf(tracker.child.pid!)).not.toContain(database);
    });

    it.skipIf(databaseKind !== 'embedded')(
      'S6 kill -9 takes the database along, and the same DATA_DIR starts again at once',
      async () => {
        await untilRuns();
        const [database] = childrenOf(tracker.child.pid!);
        expect(isAlive(database!)).toBe(true);
        await tracker.kill();
        await eventually('the database has ended', () => !isAlive(database!), ORPHAN_GONE_WITHIN_MS);
        tracker = await start(home.env);
        expect(await health(tracker, '/readyz')).toBe(200);
      },
    );

    it('S2 SIGTERM ends it as Ctrl-C does, also with a request that waits', async () => {
      await untilRuns();
      demoToken = await api().token('IEMIC', 'admin');
      const token = await api().token('IEMIC', 'integrator');
      const { cursor } = await api().ok<{ cursor: string }>('GET', '/api/v1/feed?after=now', undefined, token);
      const waiting = api()
        .call('GET', `/api/v1/feed?after=${cursor}&wait=30`, undefined, token)
        .catch(() => 'cut off');
      await sleep(200);
      const ended = new Promise<number | null>((resolve) => tracker.child.once('exit', resolve));
      tracker.child.kill('SIGTERM');
      const code = await Promise.race([ended, sleep(STOPPED_WITHIN_MS).then(() => 'still there')]);
      expect(code).toBe(0);
      await waiting;
    });

    it('S4 production starts with an issuer and a loopback HOST, has no demo, and takes no token of one that was here', async () => {
      await untilEnded();
      const { env } = home;
      const url = env.DATABASE_URL === undefined ? undefined : new URL(env.DATABASE_URL);
      tracker = await start({
        ...env,
        // the tests' own server asks for no password: say one that is nobody's default
        ...(url === undefined ? {} : { DATABASE_URL: Object.assign(url, { password: 'not-a-default' }).toString() }),
        MODE: 'production',
        OIDC_ISSUER: 'http://127.0.0.1:9/',
      });
      expect(await health(tracker, '/readyz')).toBe(200);
      for (const [method, path, body] of [
        ['GET', '/api/v1/demo/users', undefined],
        ['GET', '/api/v1/demo/jwks.json', undefined],
        ['POST', '/api/v1/demo/token', { user: 'admin' }],
        ['POST', '/api/v1/demo/token', { agency: 'IEMIC', roles: ['admin'] }],
      ] as const) {
        const answer = await api().call(method, path, body);
        expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'not_found']);
      }
      // its issuer cannot be asked here; whether that is said or not, nobody is let in
      const { status, body } = await api().call('GET', '/api/v1/me', undefined, demoToken);
      expect(status === 401 ? body.code : [status, body.code]).toEqual(
        status === 401 ? 'token_invalid' : [503, 'issuer_unavailable'],
      );
      expect(await tracker.interrupt()).toBe(0);
    });
  });

  it.skipIf(databaseKind !== 'embedded')('S5 in a DATA_DIR that is a file ends in one line', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vanags-start-'));
    const file = join(folder, 'data');
    await writeFile(file, 'not a folder');
    for (const DATA_DIR of [file, join(file, 'below')])
      expectOneLine(await runToEnd({ DATA_DIR, PORT: '0' }), `DATA_DIR=${DATA_DIR}`);
    expect(readFileSync(file, 'utf8')).toBe('not a folder');
    await rm(folder, { recursive: true });
  });

  it.skipIf(databaseKind !== 'postgres')(
    'S9 a connection that dies in the middle of a transaction ends the transaction, not the process',
    async () => {
      const home = await createStartHome();
      const database = new Database(serverAddress(home.env.DATABASE_URL!));
      const killer = await home.connect();
      const cut = database.transaction(async (tx) => {
        const { rows } = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await killer.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
        await sleep(200); // nothing is asked while the connection goes
        await tx.query('SELECT 1');
      });
      await expect(cut).rejects.toMatchObject({ code: 'database_unavailable' });
      // and the pool gives out another one
      expect(await database.transaction(async (tx) => (await tx.query('SELECT 1 AS one')).rows)).toEqual([{ one: 1 }]);
      await killer.end();
      await database.close();
    },
  );

  // what is wrong before the database is looked at needs to be tried once only
  describe.skipIf(databaseKind !== 'embedded')('with a wrong setting', () => {
    let dataDir: string;
    beforeAll(async () => {
      dataDir = join(await mkdtemp(join(tmpdir(), 'vanags-start-')), 'data');
    });
    afterAll(() => rm(join(dataDir, '..'), { recursive: true, force: true }));

    const issuer = { MODE: 'production', OIDC_ISSUER: 'http://127.0.0.1:9/' };
    it.each<[Record<string, string>, string]>([
      [{ PORT: 'http' }, 'PORT="http"'],
      [{ MODE: 'prod' }, 'MODE="prod"'],
      [{ HOST: 'example.lv' }, 'HOST="example.lv"'],
      [{ HOST: '0.0.0.0' }, 'DEMO=1 says that a demo may be seen by others'],
      [{ DATABASE_URL: 'mysql://user:hunter2@db/x' }, 'DATABASE_URL=(not shown)'],
      [{ TRUST_PROXY: 'proxy' }, 'TRUST_PROXY'],
      [{ TLS_CERT_FILE: 'cert.pem' }, 'TLS_CERT_FILE and TLS_KEY_FILE go together'],
      [{ MODE: 'production' }, 'OIDC_ISSUER'],
      [{ ...issuer, DEMO: '1' }, 'DEMO=1'],
      [{ ...issuer, HOST: '0.0.0.0' }, 'plain-text'],
      [{ ...issuer, DATABASE_URL: 'postgres://vanags:vanags@127.0.0.1/vanags' }, 'well-known password'],
    ])('S7 %j ends in one line', async (env, fragment) => {
      const ended = await runToEnd({ DATA_DIR: dataDir, ...env });
      expectOneLine(ended, fragment);
      expect(ended.output).not.toContain('hunter2');
      expect(existsSync(dataDir)).toBe(false); // nothing was begun
    });

    it('S7 an address that is not this machine’s ends in one line', async () => {
      const { env } = await createStartHome();
      expectOneLine(
        await runToEnd({ ...env, HOST: '192.0.2.1', DEMO: '1', PORT: '0' }),
        'not an address of this machine',
      );
    });

    it('S7 TLS files that are not there end in one line', async () => {
      const { env } = await createStartHome();
      const tls = { TLS_CERT_FILE: '/nowhere/cert.pem', TLS_KEY_FILE: '/nowhere/key.pem' };
      expectOneLine(await runToEnd({ ...env, ...tls, PORT: '0' }), 'TLS_CERT_FILE');
    });

    it('S7 a database server that is not there ends in one line', async () => {
      const ended = await runToEnd({ DATA_DIR: dataDir, DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x' });
      expectOneLine(ended, 'database');
      expect(ended.output).not.toContain('hunter2');
    });

    it('S8 a binary that does not fit the machine ends in one line that says which would', async () => {
      const preload = join(dataDir, '..', 'break-binary.cjs');
      await writeFile(
        preload,
        `const Module = require('node:module');
         const load = Module._load;
         Module._load = function (request, ...rest) {
           if (/uWebSockets\\.js|uwebsockets/.test(request)) {
             const error = new Error("/lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.38' not found (required by uws_linux_x64_127.node)\\nRequire stack:\\n- x");
             error.code = 'ERR_DLOPEN_FAILED';
             throw error;
           }
           return load.call(this, request, ...rest);
         };
         const loadAddon = Module._extensions['.node'];
         Module._extensions['.node'] = function (module, file) {
           if (!/uws/.test(file)) return loadAddon(module, file);
           const error = new Error("version \`GLIBC_2.38' not found\\n");
           error.code = 'ERR_DLOPEN_FAILED';
           throw error;
         };`,
      );
      const untouched = join(dataDir, '..', 'untouched');
      const ended = await runToEnd({ DATA_DIR: untouched, NODE_OPTIONS: `--require ${preload}` });
      expectOneLine(ended, /uWebSockets\.js binary does not load here .*glibc.*GLIBC_2\.38/);
      expect(existsSync(untouched)).toBe(false);
    });
  });
});
