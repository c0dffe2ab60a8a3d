import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lowPort } from '../harness/low-port.js';
import {
  ApiClient,
  createAgency,
  createHome,
  databaseKind,
  eventually,
  type SpawnedTracker,
  spawnTracker,
  type TestHome,
} from '../harness/test-tracker.js';

/** Three processes start on a machine ten times slower. */
const LIMIT_MS = 150_000;

// processes take seconds to start, and what they share does not depend on the kind of database
describe.skipIf(databaseKind !== 'postgres')('modules that are started beside the tracker', () => {
  let home: TestHome;
  let tracker: SpawnedTracker;
  let api: ApiClient;
  const modules: Record<'calls' | 'register', ApiClient> = { calls: new ApiClient(''), register: new ApiClient('') };

  beforeAll(async () => {
    home = await createHome();
    const [calls, register] = [await lowPort(), await lowPort()];
    const ports = { PORT: '0', CALLS_PORT: String(calls), REGISTER_PORT: String(register) };
    tracker = await spawnTracker({ ...home.env, ...ports, HOST: '127.0.0.1', MODULES: 'calls,register' });
    api = new ApiClient(`http://127.0.0.1:${tracker.port}`);
    modules.calls = new ApiClient(`http://127.0.0.1:${calls}`);
    modules.register = new ApiClient(`http://127.0.0.1:${register}`);
  }, LIMIT_MS);
  afterAll(async () => {
    await tracker.kill();
    await home.remove();
  });

  it(
    'M27 they plug in by themselves: a call is a card, and handed to the police it is an entry of the register; they end with the tracker',
    async () => {
      const admin = await api.admin();
      await createAgency(api, admin, 'VKCP', 'contact_centre');
      await createAgency(api, admin, 'VP', 'state_police');
      await createAgency(api, admin, 'PP-0001000', 'municipal_police');
      const [centre, police] = [
        await api.token('VKCP', 'call_taker', 'dispatcher'),
        await api.token('VP', 'dispatcher'),
      ];
      const isUp = (module: ApiClient) =>
        module.call('GET', '/healthz').then(
          () => true,
          () => false,
        );
      const call = { source: 'pbx', callId: uuidv7(), channel: 'voice', phone: '+37129000001' };
      await eventually('calls is up', () => isUp(modules.calls), LIMIT_MS);
      const { vekId } = await eventually(
        'the call is taken',
        async () => {
          const { status, body } = await modules.calls.call<{ vekId: string }>('POST', '/api/v1/calls', call, centre);
          return status < 300 && body;
        },
        LIMIT_MS,
      );
      await eventually(
        'its card',
        async () => (await api.call('GET', `/api/v1/veks/${vekId}`, undefined, centre)).status === 200,
        LIMIT_MS,
      );
      await api.ok('POST', `/api/v1/veks/${vekId}/services`, { agencyCode: 'VP' }, centre);
      await api.ok('POST', `/api/v1/veks/${vekId}/answer`, { answer: 'accepted' }, police);
      await eventually('the register is up', () => isUp(modules.register), LIMIT_MS);
      const entry = await eventually(
        'its entry',
        async () => {
          const { body } = await modules.register.call<{ entries?: { vekId: string; number: string }[] }>(
            'GET',
            '/api/v1/entries',
            undefined,
            police,
          );
          return body.entries?.find((each) => each.vekId === vekId);
        },
        LIMIT_MS,
      );
      expect(entry.number).toMatch(/^VP-20\d\d-000001$/);

      await tracker.kill();
      for (const [name, module] of Object.entries(modules))
        await eventually(`${name} has ended`, async () => !(await isUp(module)), LIMIT_MS);
    },
    2 * LIMIT_MS,
  );
});
