import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrewClient } from '../../../fixtures/crew-client/index.js';
import { inTime } from '../harness/in-time.js';
import {
  createAgency,
  createCrew,
  createHome,
  crewClient,
  databaseIsThere,
  eventually,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const PLACE = { lon: 24.1059, lat: 56.946 };

interface Vek {
  readonly id: string;
  readonly number: number;
  readonly status: string;
  readonly version: number;
  readonly services: { agencyId: string; status: string }[];
  readonly assignments: {
    id: string;
    unitId: string;
    status: string;
    milestones: Record<string, { at: number; receivedAt: number; source: string }>;
  }[];
}

describe.skipIf(!databaseIsThere)('from a report to the last unit home', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;
  let vugdId: string;
  const clients: CrewClient[] = [];

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20' });
    admin = await hub.api.admin();
    vugdId = await createAgency(hub.api, admin, 'VUGD');
    await createAgency(hub.api, admin, 'VP', 'state_police');
    dispatcher = await hub.api.token('VUGD', 'dispatcher', 'call_taker');
  });
  afterAll(async () => {
    for (const client of clients) client.stop();
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  async function connectedCrew(fields = {}) {
    const crew = await createCrew(hub.api, admin, 'VUGD', fields);
    const client = crewClient(hub.crewUrl, crew.token);
    clients.push(client);
    const ready = new Promise<void>((resolve) => client.on('resumed', () => resolve()));
    client.start();
    await ready;
    return { ...crew, client };
  }

  async function newVek(fields = {}): Promise<string> {
    const id = uuidv7();
    await hub.api.ok(
      'POST',
      '/api/v1/veks',
      {
        id,
        channel: 'voice',
        typeCode: 'fire.building',
        priority: 'P1',
        ...PLACE,
        accuracyM: 30,
        summary: 'dūmi no loga',
        ...fields,
      },
      dispatcher,
    );
    return id;
  }

  const vek = (id: string, token = dispatcher) => hub.api.ok<Vek>('GET', `/api/v1/veks/${id}`, undefined, token);
  const unit = (id: string) =>
    hub.api.ok<{ status: string; version: number }>('GET', `/api/v1/units/${id}`, undefined, dispatcher);
  const outcomeOf = (client: CrewClient, seq: () => number) =>
    new Promise<{ outcome: string; allowed?: readonly string[] }>((resolve) => {
      client.on('outcome', (message) => {
        if (message.seq === seq()) resolve(message);
      });
    });

  it('T20 a unit is sent, acknowledges, goes through its statuses, and the VEK follows to its end', async () => {
    const { unitId, client } = await connectedCrew();
    const vekId = await newVek();
    const offered = new Promise<{ assignmentId: string; summary: string | null }>((resolve) =>
      client.on('assignment', resolve),
    );
    const assignmentId = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId }, dispatcher);
    expect(await offered).toMatchObject({
      assignmentId,
      vekId,
      priority: 'P1',
      summary: 'dūmi no loga',
      lon: PLACE.lon,
      lat: PLACE.lat,
    });
    expect((await unit(unitId)).status).toBe('dispatched');
    expect(await vek(vekId)).toMatchObject({
      status: 'assigned',
      services: [{ agencyId: vugdId, status: 'assigned' }],
    });

    client.acknowledge(assignmentId);
    for (const [status, vekStatus] of [
      ['en_route', 'in_progress'],
      ['on_scene', 'in_progress'],
      ['returning', 'resolved'],
    ] as const) {
      client.reportStatus(status, status === 'returning' ? undefined : assignmentId);
      await eventually(`unit ${status}`, async () => (await unit(unitId)).status === status);
      expect((await vek(vekId)).status).toBe(vekStatus);
    }
    const done = await vek(vekId);
    expect(Object.keys(done.assignments[0]!.milestones).sort()).toEqual([
      'acknowledged',
      'dispatched',
      'done',
      'en_route',
      'on_scene',
    ]);
    expect(done.assignments[0]!.milestones.on_scene!.source).toBe('crew');
    expect(done.services[0]!.status).toBe('done');
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/close`, { version: done.version }, dispatcher);
    expect((await vek(vekId)).status).toBe('closed');

    const story = await eventually('the end of the story in the feed', async () => {
      const { events } = await hub.api.ok<{
        events: { type: string; data: { vekId?: string; status?: string; to?: string } }[];
      }>('GET', '/api/v1/feed?limit=1000', undefined, dispatcher);
      // without what the hub tells of its own: what waits for a person, and what it proposes
      const told = events.filter(({ type, data }) => data.vekId === vekId && !/\.(attention|proposal)\./.test(type));
      return (
        told.at(-1)?.type === 'lv.vanags.vek.closed.v1' &&
        told.map((event) => event.data.to ?? event.data.status ?? event.type.split('.')[3])
      );
    });
    expect(story).toEqual([
      'new',
      'dispatched',
      'created',
      'assigned',
      'acknowledged',
      'en_route',
      'in_progress',
      'on_scene',
      'in_progress',
      'returning',
      'resolved',
      'closed',
    ]);
  });

  it('T21 repeating a command changes nothing', async () => {
    const { unitId } = await connectedCrew();
    const id = uuidv7();
    const body = { id, channel: 'sms', ...PLACE };
    expect((await hub.api.call('POST', '/api/v1/veks', body, dispatcher)).status).toBe(201);
    expect((await hub.api.call('POST', '/api/v1/veks', body, dispatcher)).status).toBe(200);
    const assignment = { id: uuidv7(), unitId };
    expect((await hub.api.call('POST', `/api/v1/veks/${id}/assignments`, assignment, dispatcher)).status).toBe(201);
    expect((await hub.api.call('POST', `/api/v1/veks/${id}/assignments`, assignment, dispatcher)).status).toBe(200);
    expect((await vek(id)).assignments).toHaveLength(1);
  });

  it('T22 of many desks that send the same unit at once, one succeeds and the others are told where it is', async () => {
    const { unitId } = await connectedCrew();
    const veks = await Promise.all(Array.from({ length: 8 }, () => newVek()));
    const answers = await Promise.all(
      veks.map((id) =>
        hub.api.call<{ code: string; vekId: string }>(
          'POST',
          `/api/v1/veks/${id}/assignments`,
          { id: uuidv7(), unitId },
          dispatcher,
        ),
      ),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    const winner = veks[answers.findIndex((answer) => answer.status === 201)];
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      expect([status, body.code, body.vekId]).toEqual([409, 'unit_busy', winner]);
    }
  });

  it('T23 a held unit is given to nobody else until the hold ends', async () => {
    const assign = (unitId: string, vekId: string) =>
      hub.api.call<{ code: string; vekId: string }>(
        'POST',
        `/api/v1/veks/${vekId}/assignments`,
        { id: uuidv7(), unitId },
        dispatcher,
      );
    const [unitId, other] = await inTime(2000, async (ms) => {
      const { unitId } = await connectedCrew();
      const veks = await Promise.all(Array.from({ length: 6 }, () => newVek()));
      const holds = await Promise.all(
        veks.map((vekId) =>
          hub.api.call('POST', '/api/v1/holds', { id: uuidv7(), unitId, vekId, seconds: ms / 1000 }, dispatcher),
        ),
      );
      const won = holds.filter((hold) => hold.status === 201).length;
      const holder = veks[holds.findIndex((hold) => hold.status === 201)]!;
      const other = veks.find((id) => id !== holder)!;
      const refused = await assign(unitId, other);
      if (refused.status === 201) return; // the hold had ended
      expect([won, refused.status, refused.body.code, refused.body.vekId]).toEqual([1, 409, 'unit_held', holder]);
      return [unitId, other] as const;
    });
    await eventually('the hold runs out', async () => (await assign(unitId, other)).status === 201);
  });

  it('T24 a status that comes late lands at its own time and does not turn the unit back', async () => {
    const { unitId, client } = await connectedCrew();
    const vekId = await newVek();
    const assignmentId = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId }, dispatcher);
    client.reportStatus('on_scene', assignmentId);
    await eventually('on scene', async () => (await unit(unitId)).status === 'on_scene');
    // entered by hand, for an instant before the crew's
    const at = Date.now() - 60_000;
    const late = await hub.api.ok<{ outcome: string }>(
      'POST',
      `/api/v1/units/${unitId}/status`,
      { status: 'en_route', assignmentId, at: new Date(at).toISOString() },
      dispatcher,
    );
    expect(late.outcome).toBe('recorded_late');
    expect((await unit(unitId)).status).toBe('on_scene');
    const { milestones } = (await vek(vekId)).assignments[0]!;
    expect(milestones.en_route).toMatchObject({ at, source: 'dispatcher' });
    // and a milestone is written once
    const again = await hub.api.ok<{ outcome: string }>(
      'POST',
      `/api/v1/units/${unitId}/status`,
      { status: 'en_route', assignmentId, at: new Date(at + 5000).toISOString() },
      dispatcher,
    );
    expect(again.outcome).toBe('unchanged');
    expect((await vek(vekId)).assignments[0]!.milestones.en_route!.at).toBe(at);
  });

  it('T25 a move that the table does not allow is refused with the allowed ones, and passes with a reason', async () => {
    const { unitId, client } = await connectedCrew({ statusAtRest: 'off_duty' });
    let seq = 0;
    const told = outcomeOf(client, () => seq);
    seq = client.reportStatus('returning');
    expect(await told).toMatchObject({
      outcome: 'status_not_allowed',
      allowed: ['available_at_station', 'available', 'out_of_service'],
    });
    const refused = await hub.api.call<{ code: string; allowed: string[] }>(
      'POST',
      `/api/v1/units/${unitId}/status`,
      { status: 'returning' },
      dispatcher,
    );
    expect([refused.status, refused.body.code]).toEqual([409, 'status_not_allowed']);
    expect(refused.body.allowed).toEqual(['available_at_station', 'available', 'out_of_service']);
    await hub.api.ok(
      'POST',
      `/api/v1/units/${unitId}/status`,
      { status: 'returning', overrideReason: 'apkope beigusies ātrāk' },
      dispatcher,
    );
    expect((await unit(unitId)).status).toBe('returning');
    const vugdAdmin = await hub.api.token('VUGD', 'admin');
    const entry = await eventually('the audit entry', async () => {
      const { entries } = await hub.api.ok<{
        entries: { action: string; subjectId: string; detail: { overrideReason: string | null } }[];
      }>('GET', '/api/v1/audit?limit=1000', undefined, vugdAdmin);
      return entries.find(
        ({ action, subjectId, detail }) =>
          action === 'set_unit_status' && subjectId === unitId && detail.overrideReason !== null,
      );
    });
    expect(entry.detail.overrideReason).toBe('apkope beigusies ātrāk');
  });

  it('T26 an assignment is sent again until the crew acknowledges it, also after a reconnect', async () => {
    const { unitId, client, token } = await connectedCrew();
    client.stop();
    const vekId = await newVek();
    const assignmentId = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId }, dispatcher);
    const back = crewClient(hub.crewUrl, token);
    clients.push(back);
    const offered = new Promise<{ assignmentId: string }>((resolve) => back.on('assignment', resolve));
    back.start();
    expect((await offered).assignmentId).toBe(assignmentId);
  });

  it('T31 a crew that is free ends no assignment that it has not heard of', async () => {
    const { unitId, client } = await connectedCrew();
    const first = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${await newVek()}/assignments`, { id: first, unitId }, dispatcher);
    client.acknowledge(first);
    client.reportStatus('returning', first);
    await eventually('returning', async () => (await unit(unitId)).status === 'returning');

    // sent again while its device says that it is home, of the job before
    const vekId = await newVek();
    const second = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: second, unitId }, dispatcher);
    for (const about of [undefined, first]) {
      let seq = 0;
      const told = outcomeOf(client, () => seq);
      seq = client.reportStatus('available_at_station', about);
      expect((await told).outcome).toBe('dispatched_meanwhile');
    }
    expect((await unit(unitId)).status).toBe('dispatched');
    expect((await vek(vekId)).assignments[0]!.status).toBe('dispatched');
  });

  it('T32 a device that has forgotten what it knew is told of the work under way when it connects', async () => {
    const { unitId, client, token } = await connectedCrew();
    const assignmentId = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${await newVek()}/assignments`, { id: assignmentId, unitId }, dispatcher);
    client.acknowledge(assignmentId);
    client.reportStatus('en_route', assignmentId);
    await eventually('en route', async () => (await unit(unitId)).status === 'en_route');
    client.stop();
    const replaced = crewClient(hub.crewUrl, token);
    clients.push(replaced);
    const told = new Promise<{ assignmentId: string }>((resolve) => replaced.on('assignment', resolve));
    replaced.start();
    expect((await told).assignmentId).toBe(assignmentId);
  });

  it('T27 a cancelled assignment frees the unit and is told to its crew', async () => {
    const { unitId, client } = await connectedCrew();
    const vekId = await newVek();
    const assignmentId = uuidv7();
    const cancelled = new Promise<string>((resolve) => client.on('cancel', resolve));
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId }, dispatcher);
    await hub.api.ok('DELETE', `/api/v1/assignments/${assignmentId}`, undefined, dispatcher);
    expect(await cancelled).toBe(assignmentId);
    expect((await unit(unitId)).status).toBe('available');
    expect((await vek(vekId)).assignments[0]!.status).toBe('cancelled');
  });

  it('T28 an SOS without a place is raised with the last fix, marked as such', async () => {
    const { unitId, client } = await connectedCrew();
    client.reportFix({ ...PLACE });
    await eventually('the fix is live', async () => {
      const { units } = await hub.api.ok<{ units: { id: string }[] }>('GET', '/api/v1/live', undefined, dispatcher);
      return units.some((live) => live.id === unitId);
    });
    await eventually(
      'the fix is stored',
      async () =>
        (
          await hub.database.query('SELECT 1 FROM fix f JOIN unit u ON u.handle = f.unit_handle WHERE u.id = $1', [
            unitId,
          ])
        ).rows.length > 0,
    );
    client.sos('palīgā\u0000!');
    const sos = await eventually('the alarm', async () => {
      const { events } = await hub.api.ok<{
        events: { type: string; data: { unitId: string; place: { lon: number; source: string } } }[];
      }>('GET', '/api/v1/feed?limit=1000', undefined, dispatcher);
      return events.find((event) => event.type === 'lv.vanags.unit.sos.v1' && event.data.unitId === unitId);
    });
    expect(sos.data.place).toMatchObject({ source: 'last_fix' });
    expect(sos.data.place.lon).toBeCloseTo(PLACE.lon, 6);
  });

  it('T29 two dispatchers change one card: the second is told the current version', async () => {
    const id = await newVek();
    const { version } = await vek(id);
    expect((await hub.api.call('PATCH', `/api/v1/veks/${id}`, { version, priority: 'P2' }, dispatcher)).status).toBe(
      200,
    );
    const second = await hub.api.call<{ code: string; version: number }>(
      'PATCH',
      `/api/v1/veks/${id}`,
      { version, priority: 'P3' },
      dispatcher,
    );
    expect([second.status, second.body.code, second.body.version]).toEqual([409, 'version_conflict', version + 1]);
  });

  it('T30 each agency has its own part: one refuses, the other is on its way', async () => {
    const police = await hub.api.token('VP', 'dispatcher');
    const { unitId } = await connectedCrew();
    const id = await newVek({ offerTo: ['VP', 'VUGD'] });
    await hub.api.ok('POST', `/api/v1/veks/${id}/answer`, { answer: 'refused', reason: 'nav brīvu ekipāžu' }, police);
    await hub.api.ok('POST', `/api/v1/veks/${id}/assignments`, { id: uuidv7(), unitId }, dispatcher);
    const seen = await vek(id, police);
    expect(
      Object.fromEntries(seen.services.map((service) => [service.agencyId === vugdId ? 'VUGD' : 'VP', service.status])),
    ).toEqual({ VUGD: 'assigned', VP: 'refused' });
    expect(seen.status).toBe('assigned');
  });
});
