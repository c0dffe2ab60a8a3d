import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TYPESCRIPT_ARGS } from '../../src/typescript-child.js';
import { lowPort } from '../harness/low-port.js';
import { createKey, type IssuerKey, OidcIssuer } from '../harness/oidc-issuer.js';
import {
  ApiClient,
  createAgency,
  createHome,
  databaseKind,
  eventually as eventuallyWithin,
  type SpawnedTracker,
  spawnTracker,
  type TestHome,
} from '../harness/test-tracker.js';

const REGISTER = fileURLToPath(new URL('../../modules/register/main.ts', import.meta.url));
/** Three processes start on a machine ten times slower. */
const LIMIT_MS = 150_000;
const eventually: typeof eventuallyWithin = (what, ask, limitMs = LIMIT_MS) => eventuallyWithin(what, ask, limitMs);

/** A tracker that takes seconds to answer counts as away, and its last word stands for two more. */
const AT_ONCE_MS = 30_000;

/** The process of a module that a tracker has started. Undefined: it has ended. */
async function processOf(name: string, { child: { pid } }: SpawnedTracker): Promise<number | undefined> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  for (const each of children)
    if ((await readFile(`/proc/${each}/cmdline`, 'utf8')).includes(`/modules/${name}/main.ts`)) return each;
  return undefined;
}

// processes take seconds to start, and what they share does not depend on the kind of database
describe.skipIf(databaseKind !== 'postgres')('modules that are started beside the tracker', () => {
  let home: TestHome;
  let tracker: SpawnedTracker;
  let api: ApiClient;
  let centre: string;
  let police: string;
  const issuer = new OidcIssuer();
  let lasting: IssuerKey;
  /** The register, started again by itself. */
  let again: ChildProcess | undefined;
  const modules: Record<'calls' | 'register', ApiClient> = { calls: new ApiClient(''), register: new ApiClient('') };

  beforeAll(async () => {
    home = await createHome();
    const [calls, register] = [await lowPort(), await lowPort()];
    await issuer.start();
    lasting = await createKey('lasting');
    issuer.keys = [lasting.jwk];
    const ports = { PORT: '0', CALLS_PORT: String(calls), REGISTER_PORT: String(register) };
    const plugged = { HOST: '127.0.0.1', MODULES: 'calls,register', OIDC_ISSUER: issuer.url };
    tracker = await spawnTracker({ ...home.env, ...ports, ...plugged });
    api = new ApiClient(`http://127.0.0.1:${tracker.port}`);
    modules.calls = new ApiClient(`http://127.0.0.1:${calls}`);
    modules.register = new ApiClient(`http://127.0.0.1:${register}`);
    const admin = await api.admin();
    await createAgency(api, admin, 'VKCP', 'contact_centre');
    await createAgency(api, admin, 'VP', 'state_police');
    await createAgency(api, admin, 'PP-0001000', 'municipal_police');
    [centre, police] = [await api.token('VKCP', 'call_taker', 'dispatcher'), await api.token('VP', 'dispatcher')];
    await eventually('calls is up', () => isUp(modules.calls));
    await eventually('the register is up', () => isUp(modules.register));
  }, LIMIT_MS);
  afterAll(async () => {
    again?.kill('SIGKILL');
    await tracker.kill();
    await home.remove();
    await issuer.stop();
  });

  const isUp = (module: ApiClient) =>
    module.call('GET', '/healthz').then(
      () => true,
      () => false,
    );
  /** A call that has become a card, which the police has accepted. Returns the VEK. */
  async function handOver(): Promise<string> {
    const call = { source: 'pbx', callId: uuidv7(), channel: 'voice', phone: '+37129000001' };
    const { vekId } = await eventually('the call is taken', async () => {
      const { status, body } = await modules.calls.call<{ vekId: string }>('POST', '/api/v1/calls', call, centre);
      return status < 300 && body;
    });
    await eventually(
      'its card',
      async () => (await api.call('GET', `/api/v1/veks/${vekId}`, undefined, centre)).status === 200,
    );
    await api.ok('POST', `/api/v1/veks/${vekId}/services`, { agencyCode: 'VP' }, centre);
    await api.ok('POST', `/api/v1/veks/${vekId}/answer`, { answer: 'accepted' }, police);
    return vekId;
  }
  const entryOf = (vekId: string) =>
    eventually('its entry', async () => {
      const { body } = await modules.register
        .call<{ entries?: { vekId: string; number: string }[] }>('GET', '/api/v1/entries', undefined, police)
        .catch(() => ({ body: { entries: [] } }));
      return body.entries?.find((each) => each.vekId === vekId);
    });

  it(
    'M27 they plug in by themselves: a call is a card, and handed to the police it is an entry of the register',
    async () => {
      expect((await entryOf(await handOver())).number).toMatch(/^VP-20\d\d-\d{6}$/);
    },
    2 * LIMIT_MS,
  );

  it('C31 who may use their pages is told where they are', async () => {
    const told = async (agency: string, ...roles: string[]) =>
      (
        await api.ok<{ modules: { url: string }[] }>('GET', '/api/v1/me', undefined, await api.token(agency, ...roles))
      ).modules.map(({ url }) => url);
    expect(await told('VKCP', 'dispatcher')).toEqual([`${modules.calls.url}/`]);
    expect(await told('VP', 'dispatcher', 'registrar')).toEqual([`${modules.register.url}/`]);
    for (const [agency, role] of [
      ['VKCP', 'registrar'],
      ['VP', 'dispatcher'],
    ] as const)
      expect(await told(agency, role)).toEqual([]);
  });

  it(
    'M43 once the tracker refuses a token, so does a module, also one that waits for an answer under it',
    async () => {
      const source = uuidv7(); // a gateway
      const withdrawn = await createKey(`withdrawn-${source}`);
      issuer.keys = [lasting.jwk, withdrawn.jwk];
      const gateway = { sub: 'gateway', agency: 'VKCP', roles: ['integrator', 'call_taker'] };
      const [token, good] = [await issuer.sign(withdrawn, gateway), await issuer.sign(lasting, gateway)];
      const knows = async (given: string) => (await api.call('GET', '/api/v1/me', undefined, given)).status === 200;
      await eventually('the tracker knows the key', () => knows(token));
      const outgoing = (by: string, waitS = 0) =>
        modules.calls.call<{ code?: string; messages?: { words: string }[] }>(
          'GET',
          `/api/v1/messages/outgoing?source=${source}&wait=${waitS}`,
          undefined,
          by,
        );
      await eventually('calls takes it', async () => (await outgoing(token)).status === 200);
      const waiting = outgoing(token, 25);

      issuer.keys = [lasting.jwk];
      await eventually('the tracker refuses it', async () => {
        await knows(await issuer.sign(await createKey('made-up'), gateway)); // so that the keys are read anew
        return !(await knows(token));
      });
      await eventually('so does calls', async () => (await outgoing(token)).body.code === 'token_invalid', AT_ONCE_MS);
      expect((await outgoing(good)).status).toBe(200);

      const written = { source, messageId: uuidv7(), callId: 'a', channel: 'app', words: 'Palīgā' };
      const { callId } = await modules.calls.ok<{ callId: string }>('POST', '/api/v1/messages', written, good);
      const answer = { id: uuidv7(), words: 'Palīdzība brauc' };
      await modules.calls.ok('POST', `/api/v1/calls/${callId}/messages`, answer, centre);
      expect((await waiting).body.messages ?? []).toEqual([]);
      expect((await outgoing(good)).body.messages).toMatchObject([{ words: answer.words }]);
    },
    2 * LIMIT_MS,
  );

  it(
    'M27 the tracker goes on without one that is killed, and so does the other; started again, it finds what it missed',
    async () => {
      const running = again?.pid ?? (await processOf('register', tracker));
      process.kill(running!, 'SIGKILL');
      await eventually('that is told', () => tracker.output().includes('the module register ended (SIGKILL)'));
      expect((await api.call('GET', '/readyz')).status).toBe(200);
      const vekId = await handOver();
      const port = new URL(modules.register.url).port;
      const { PATH } = process.env;
      const { DATABASE_URL } = home.env;
      again = spawn(process.execPath, [...TYPESCRIPT_ARGS, REGISTER], {
        env: { PATH, DATABASE_URL, PORT: port, TRACKER_URL: api.url, DEMO_AGENCIES: 'VP' },
        stdio: 'ignore',
      });
      expect((await entryOf(vekId)).number).toMatch(/^VP-20\d\d-\d{6}$/);
    },
    2 * LIMIT_MS,
  );

  it(
    'M27 those that it started end with the tracker',
    async () => {
      await tracker.kill();
      await eventually('calls has ended', async () => !(await isUp(modules.calls)));
    },
    2 * LIMIT_MS,
  );
});
