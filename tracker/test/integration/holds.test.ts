import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTime } from '../harness/in-time.js';
import {
  ApiClient,
  createAgency,
  createCrew,
  createHome,
  databaseIsThere,
  databaseKind,
  eventually,
  spawnTracker,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const RACES = 60;

describe.skipIf(!databaseIsThere)('holds', () => {
  let home: TestHome;
  /** Over a PostgreSQL two trackers; the embedded database has one. */
  const hubs: TestTracker[] = [];
  let admin: string;

  beforeAll(async () => {
    home = await createHome();
    hubs.push(await startTestTracker(home, { NODE_ID: 'one' }));
    if (databaseKind === 'postgres') hubs.push(await startTestTracker(home, { NODE_ID: 'two' }));
    admin = await hubs[0]!.api.admin();
    await createAgency(hubs[0]!.api, admin, 'VUGD');
  });
  afterAll(async () => {
    for (const hub of hubs) await hub.stop();
    await home.remove();
    for (const hub of hubs) expect(hub.errors).toEqual([]);
  });

  async function newVek(api: ApiClient, token: string): Promise<string> {
    const id = uuidv7();
    await api.ok('POST', '/api/v1/veks', { id, channel: 'voice', priority: 'P1' }, token);
    return id;
  }

  /** A token of a person of their own: subjects are made of agency and roles. */
  const desks = async (api: ApiClient) => [
    await api.token('VUGD', 'dispatcher'),
    await api.token('VUGD', 'dispatcher', 'call_taker'),
  ];

  it('D10 two desks that want one unit at one instant never both get it, on whichever tracker, for whichever VEK', async () => {
    const [one, other] = [hubs[0]!, hubs.at(-1)!];
    const [first, second] = [(await desks(one.api))[0]!, (await desks(other.api))[1]!];
    const { unitId } = await createCrew(one.api, admin, 'VUGD');
    const [mine, theirs] = [await newVek(one.api, second), await newVek(one.api, second)];
    await eventually('both trackers know the unit', () =>
      hubs.every((hub) => hub.tracker.core.directory.units.has(unitId)),
    );
    for (let race = 0; race < RACES; race++) {
      // every third race is between desks that work on the same VEK
      const hold = (api: ApiClient, token: string, vekId: string) =>
        api.call<{ code?: string; expiresAt?: number }>(
          'POST',
          '/api/v1/holds',
          { id: holds.shift(), unitId, vekId, seconds: 60 },
          token,
        );
      const holds = [uuidv7(), uuidv7()];
      const [a, b] = holds;
      const answers = await Promise.all([
        hold(one.api, first, mine),
        hold(other.api, second, race % 3 === 0 ? mine : theirs),
      ]);
      const got = answers.filter(({ status }) => status === 201);
      expect(got, `race ${race}`).toHaveLength(1);
      expect(answers.find(({ status }) => status !== 201)!.body.code).toBe('unit_held');
      const winner = answers[0]!.status === 201 ? ([one.api, a, first] as const) : ([other.api, b, second] as const);
      await winner[0].ok('DELETE', `/api/v1/holds/${winner[1]}`, undefined, winner[2]);
    }
  });

  it('D11 a hold is renewed by the desk that has it, given back by it, and repeating that changes nothing', async () => {
    const { api } = hubs[0]!;
    const [, desk] = await desks(api);
    const { unitId } = await createCrew(api, admin, 'VUGD');
    const vekId = await newVek(api, desk!);
    const id = uuidv7();
    const hold = (seconds: number) =>
      api.ok<{ expiresAt: number }>('POST', '/api/v1/holds', { id, unitId, vekId, seconds }, desk);
    const first = await hold(30);
    const again = await hold(60);
    expect(again.expiresAt).toBeGreaterThan(first.expiresAt);
    const held = () => api.ok<{ heldUntil: number | null }>('GET', `/api/v1/units/${unitId}`, undefined, desk);
    expect(Math.floor((await held()).heldUntil!)).toBe(again.expiresAt);
    for (let i = 0; i < 2; i++) {
      expect((await api.call('DELETE', `/api/v1/holds/${id}`, undefined, desk)).status).toBe(204);
      expect((await held()).heldUntil).toBeNull();
    }
    const other = await api.call(
      'POST',
      `/api/v1/veks/${await newVek(api, desk!)}/assignments`,
      { id: uuidv7(), unitId },
      desk,
    );
    expect(other.status).toBe(201);
  });

  it('D12 a unit held by one desk is not sent by another, not for the same VEK either', async () => {
    const { api } = hubs[0]!;
    const [colleague, desk] = await desks(api);
    const { unitId } = await createCrew(api, admin, 'VUGD');
    const vekId = await newVek(api, desk!);
    await api.ok('POST', '/api/v1/holds', { id: uuidv7(), unitId, vekId }, desk);
    const refused = await api.call('POST', `/api/v1/veks/${vekId}/assignments`, { id: uuidv7(), unitId }, colleague);
    expect([refused.status, refused.body.code]).toEqual([409, 'unit_held']);
    expect((await api.call('POST', `/api/v1/veks/${vekId}/assignments`, { id: uuidv7(), unitId }, desk)).status).toBe(
      201,
    );
  });

  it.skipIf(databaseKind !== 'postgres')('D13 a hold outlived by its process runs out all the same', async () => {
    const { api } = hubs[0]!;
    const [, other] = await desks(api);
    const vekId = await newVek(api, other!);
    const take = (unitId: string) => api.call('POST', '/api/v1/holds', { id: uuidv7(), unitId, vekId }, other);
    const held = await inTime(3000, async (ms) => {
      const { unitId } = await createCrew(api, admin, 'VUGD');
      const doomed = await spawnTracker({ ...home.env, PORT: '0', NODE_ID: 'doomed' });
      const itsApi = new ApiClient(`http://127.0.0.1:${doomed.port}`);
      const itsDesk = (await desks(itsApi))[0]!;
      await itsApi.ok('POST', '/api/v1/holds', { id: uuidv7(), unitId, vekId, seconds: ms / 1000 }, itsDesk);
      await doomed.kill();
      const { status, body } = await take(unitId);
      if (status === 201) return; // the hold had ended
      expect(body.code).toBe('unit_held');
      return unitId;
    });
    await eventually('the hold runs out', async () => (await take(held)).status === 201);
  });
});
