import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrewClient } from '../../../fixtures/crew-client/index.js';
import { allEvents } from '../harness/all-events.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createCrew,
  crewClient,
  databaseIsThere,
  eventually,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const PLACE = { lon: 24.1059, lat: 56.946 };
const HOUR_MS = 3_600_000;

interface Alarm {
  readonly id: string;
  readonly unitId: string | null;
  readonly deviceId: string;
  readonly at: number;
  readonly receivedAt: number;
  readonly late: boolean;
  readonly place: { readonly lon: number; readonly lat: number; readonly source: string } | null;
  readonly text: string;
  readonly repeats: number;
  readonly acknowledged: { readonly at: number; readonly by: string } | null;
}

interface Told {
  readonly type: string;
  readonly aggregateversion: number;
  readonly data: { readonly alarmId: string; readonly unitId: string | null; readonly [field: string]: unknown };
}

describe.skipIf(!databaseIsThere)('alarms', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;
  const clients: CrewClient[] = [];

  beforeAll(async () => {
    ({ home, hub, admin } = await setStage(['VUGD', 'NMPD'], { FLUSH_INTERVAL_MS: '20', ALARM_REPEAT_S: '1' }));
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
  });
  afterAll(async () => {
    for (const client of clients) await client.stop();
    await clearStage({ home, hub });
  });

  async function connect(token: string, now: () => number = Date.now): Promise<CrewClient> {
    const client = crewClient(hub.crewUrl, token, { now });
    clients.push(client);
    const ready = new Promise<void>((resolve) => client.on('resumed', () => resolve()));
    client.start();
    await ready;
    return client;
  }

  const alarms = async (which: 'open' | 'all' = 'open', token = dispatcher) =>
    (await hub.api.ok<{ alarms: Alarm[] }>('GET', `/api/v1/alarms?which=${which}&limit=1000`, undefined, token)).alarms;
  const alarmOf = (deviceId: string, which: 'open' | 'all' = 'open') =>
    eventually('the alarm', async () => (await alarms(which)).find((alarm) => alarm.deviceId === deviceId));
  const told = async (alarmId: string) =>
    (await allEvents<Told>(hub.api, dispatcher)).filter(({ data }) => data.alarmId === alarmId);
  const acknowledge = (id: string, token = dispatcher) =>
    hub.api.call('POST', `/api/v1/alarms/${id}/acknowledge`, undefined, token);

  it('T33 an alarm is open until a person acknowledges it: once, by whom and when, on the feed and in the audit log', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const client = await connect(crew.token);
    client.sos('uzbrukums', PLACE);
    const alarm = await alarmOf(crew.deviceId);
    expect(alarm).toMatchObject({
      unitId: crew.unitId,
      late: false,
      place: { ...PLACE, source: 'device' },
      text: 'uzbrukums',
      acknowledged: null,
    });
    expect((await acknowledge(alarm.id)).status).toBe(204);
    const after = await alarmOf(crew.deviceId, 'all');
    expect(after.acknowledged).toMatchObject({ by: 'VUGD-dispatcher' });
    expect((await alarms()).map(({ id }) => id)).not.toContain(alarm.id);

    // the second to do so changes nothing: the first stays written
    const commander = await hub.api.token('VUGD', 'commander');
    expect((await acknowledge(alarm.id, commander)).status).toBe(204);
    expect((await alarmOf(crew.deviceId, 'all')).acknowledged).toEqual(after.acknowledged);
    const events = await eventually('the end on the feed', async () => {
      const found = await told(alarm.id);
      return found.at(-1)?.type === 'lv.vanags.alarm.acknowledged.v1' && found;
    });
    expect(events[0]!.type).toBe('lv.vanags.unit.sos.v1');
    expect(events.filter(({ type }) => type.includes('acknowledged'))).toHaveLength(1);
    expect(events.at(-1)!.data).toMatchObject({ unitId: crew.unitId, by: 'VUGD-dispatcher' });

    const auditor = await hub.api.token('VUGD', 'admin');
    const entry = await eventually('the audit entry', async () => {
      const { entries } = await hub.api.ok<{ entries: { action: string; subjectId: string; actor: string }[] }>(
        'GET',
        '/api/v1/audit?limit=1000',
        undefined,
        auditor,
      );
      return entries.find(({ action, subjectId }) => action === 'acknowledge_alarm' && subjectId === alarm.id);
    });
    expect(entry.actor).toBe('VUGD-dispatcher');
  });

  it('T34 an open alarm is told again and again, and no more once it is acknowledged', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const client = await connect(crew.token);
    client.sos();
    const { id } = await alarmOf(crew.deviceId);
    const repeated = async () => (await told(id)).filter(({ type }) => type === 'lv.vanags.alarm.repeated.v1');
    await eventually('three repetitions', async () => (await repeated()).length >= 3, 30_000);
    await acknowledge(id);
    const events = await eventually('the end on the feed', async () => {
      const found = await told(id);
      return found.some(({ type }) => type === 'lv.vanags.alarm.acknowledged.v1') && found;
    });
    const [raised, ...rest] = events;
    expect(raised!.type).toBe('lv.vanags.unit.sos.v1');
    expect(rest.map(({ aggregateversion }) => aggregateversion)).toEqual(rest.map((_, i) => i + 2));
    expect(rest.at(-1)!.type).toBe('lv.vanags.alarm.acknowledged.v1');
    expect(rest.slice(0, -1).map(({ data }) => data.repeats)).toEqual(rest.slice(0, -1).map((_, i) => i + 1));

    // another alarm that is open is repeated meanwhile: the repeater lives, and leaves the first one alone
    client.sos();
    const second = await alarmOf(crew.deviceId);
    expect(second.id).not.toBe(id);
    await eventually('two repetitions of another', async () => (await alarmOf(crew.deviceId)).repeats >= 2, 30_000);
    expect(await told(id)).toEqual(events);
    await acknowledge(second.id);
  });

  it('T34 two nodes repeat it no more often than one', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const client = await connect(crew.token);
    client.sos();
    const { id } = await alarmOf(crew.deviceId);
    // what another node's repeater has just done
    const { rows } = await hub.database.query<{ repeats: number }>(
      `UPDATE alarm SET told_at = clock_timestamp() + interval '1 hour', repeats = repeats + 1, version = version + 1
       WHERE id = $1 RETURNING repeats`,
      [id],
    );
    const other = await createCrew(hub.api, admin, 'VUGD');
    (await connect(other.token)).sos();
    await eventually('another is repeated', async () => (await alarmOf(other.deviceId)).repeats >= 2, 30_000);
    expect((await alarmOf(crew.deviceId)).repeats).toBe(rows[0]!.repeats);
    for (const deviceId of [crew.deviceId, other.deviceId]) await acknowledge((await alarmOf(deviceId)).id);
  });

  it('T35 a call that comes late is raised all the same, with its own time, and marked', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const calledAt = Date.now() - HOUR_MS;
    const client = await connect(crew.token, () => calledAt);
    client.sos('', PLACE);
    const alarm = await alarmOf(crew.deviceId);
    expect(alarm).toMatchObject({ at: calledAt, late: true });
    expect(alarm.receivedAt - calledAt).toBeGreaterThanOrEqual(HOUR_MS);
    const [raised] = await eventually('the event', async () => {
      const found = await told(alarm.id);
      return found.length > 0 && found;
    });
    expect(raised!.data).toMatchObject({ at: calledAt, late: true });
    await acknowledge(alarm.id);
  });

  it('T35 a call of a device that belongs to no unit is raised, and its sender is told so', async () => {
    const deviceId = uuidv7();
    const device = { id: deviceId, agencyCode: 'VUGD', kind: 'phone', name: 'spare', reportIntervalS: 1 };
    const { token } = await hub.api.ok<{ token: string }>('POST', '/api/v1/devices', device, admin);
    const client = await connect(token);
    const outcome = new Promise<string>((resolve) => client.on('outcome', (message) => resolve(message.outcome)));
    client.sos('palīgā');
    const alarm = await alarmOf(deviceId);
    expect(alarm).toMatchObject({ unitId: null, place: null, text: 'palīgā' });
    expect(await outcome).toBe('applied');
    const [raised] = await eventually('the event', async () => {
      const found = await told(alarm.id);
      return found.length > 0 && found;
    });
    expect(raised!.data).toMatchObject({ unitId: null, deviceId });
    await acknowledge(alarm.id);
  });

  it('T35 of several calls each is raised once, however often its device sends it', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const client = await connect(crew.token);
    for (const text of ['1', '2', '3']) client.sos(text, PLACE);
    await eventually('all are acknowledged to the device', () => client.pending === 0);
    const mine = async () => (await alarms('all')).filter((alarm) => alarm.deviceId === crew.deviceId);
    await eventually('three alarms', async () => (await mine()).length === 3);
    // as after an ack that was lost: the same seqs again
    const again = crewClient(hub.crewUrl, crew.token, { outbox: client.outbox });
    await client.stop();
    clients.push(again);
    const resumed = new Promise<void>((resolve) => again.on('resumed', () => resolve()));
    again.start();
    await resumed;
    again.sos('4');
    await eventually('four alarms', async () => (await mine()).length >= 4);
    expect((await mine()).map(({ text }) => text).sort()).toEqual(['1', '2', '3', '4']);
    for (const { id } of await mine()) await acknowledge(id);
  });

  it('T33 another agency neither sees it nor answers it; what is no alarm is told so', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    (await connect(crew.token)).sos();
    const { id } = await alarmOf(crew.deviceId);
    const stranger = await hub.api.token('NMPD', 'dispatcher');
    expect(await alarms('all', stranger)).toEqual([]);
    const refused = await acknowledge(id, stranger);
    expect([refused.status, refused.body.code]).toEqual([403, 'agency_not_allowed']);
    const unknown = await acknowledge(uuidv7());
    expect([unknown.status, unknown.body.code]).toEqual([404, 'alarm_unknown']);
    expect((await alarmOf(crew.deviceId)).acknowledged).toBeNull();
    await acknowledge(id);
  });

  it('T36 one event that cannot be carried out holds up no call for help', async () => {
    const [broken, crew] = [await createCrew(hub.api, admin, 'VUGD'), await createCrew(hub.api, admin, 'VUGD')];
    const client = await connect(broken.token);
    client.message('labdien');
    await eventually('the first is stored', () => client.pending === 0);
    // a receipt for what is no id: whoever carries it out must fail
    await hub.database.query(
      `INSERT INTO crew_event (stream_id, seq, agency_id, device_id, unit_id, kind, event_time, received_at, body)
       SELECT stream_id, 1000, agency_id, device_id, unit_id, 'receipt', event_time, received_at, '{"assignmentId": "nonsense"}'
       FROM crew_event WHERE device_id = $1`,
      [broken.deviceId],
    );
    (await connect(crew.token)).sos();
    const { id } = await alarmOf(crew.deviceId);
    await acknowledge(id);
    await eventually('it is complained of', () => hub.errors.length > 0);
    expect(hub.errors.every((text) => text.startsWith('a crew event could not be carried out'))).toBe(true);
    await hub.database.query('DELETE FROM crew_event WHERE seq = 1000'); // that of a first try too
    // once the next is carried out, no complaint about the one before is under way
    const next = await createCrew(hub.api, admin, 'VUGD');
    (await connect(next.token)).sos();
    await acknowledge((await alarmOf(next.deviceId)).id);
    hub.errors.length = 0;
  });
});
