import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clearStage, setStage } from '../harness/test-stage.js';
import { createCrew, databaseIsThere, eventually, type TestHome, type TestTracker } from '../harness/test-tracker.js';
import { PlainClient } from '../plain-client.js';

const PLACE = { lon: 24.1059, lat: 56.946 };
const FIXES = 2000;

describe.skipIf(!databaseIsThere)('a client written from PROTOCOL.md alone', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;
  const clients: PlainClient[] = [];

  beforeAll(async () => {
    ({ home, hub, admin } = await setStage(['VUGD'], { FLUSH_INTERVAL_MS: '50' }));
    dispatcher = await hub.api.token('VUGD', 'dispatcher', 'call_taker');
  });
  afterAll(async () => {
    for (const client of clients) client.cut({ forGood: true });
    await clearStage({ home, hub });
  });

  describe.each(['binary', 'json'] as const)('in %s', (encoding) => {
    it('T52 loses nothing and doubles nothing over lost connections', async () => {
      const crew = await createCrew(hub.api, admin, 'VUGD');
      const client = new PlainClient({ url: hub.crewUrl, token: crew.token, encoding });
      clients.push(client);
      client.connect();
      const startAt = Date.now() - FIXES;
      for (let i = 0; i < FIXES; i++) {
        client.say({ time: startAt + i, lon: PLACE.lon + i * 1e-6, lat: PLACE.lat, speedMps: 10.25 });
        if (i % 500 === 250) {
          await eventually('something is acknowledged', () => client.pending < i);
          client.cut();
        }
      }
      await eventually('all is acknowledged', () => client.pending === 0, 30_000);
      const { rows } = await hub.database.query<{ seq: number; fix_time: number; lon_e7: number; rest: string }>(
        `SELECT f.seq, f.fix_time, f.lon_e7, concat_ws(' ', f.lat_e7, f.speed_cmps, f.heading_cdeg, f.accuracy_dm, f.altitude_m, f.flags) AS rest
         FROM fix f JOIN stream s ON s.id = f.stream_id WHERE s.device_id = $1 ORDER BY f.seq`,
        [crew.deviceId],
      );
      expect(rows).toEqual(
        Array.from({ length: FIXES }, (_, i) => ({
          seq: i + 1,
          fix_time: startAt + i,
          lon_e7: Math.round((PLACE.lon + i * 1e-6) * 1e7),
          rest: '569460000 1025 0',
        })),
      );
    });

    it('T52 is sent somewhere, says that it has heard, moves, and calls for help', async () => {
      const crew = await createCrew(hub.api, admin, 'VUGD');
      const client = new PlainClient({ url: hub.crewUrl, token: crew.token, encoding });
      clients.push(client);
      client.connect();
      const [vekId, id] = [uuidv7(), uuidv7()];
      await hub.api.ok('POST', '/api/v1/veks', { id: vekId, channel: 'voice', ...PLACE }, dispatcher);
      await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id, unitId: crew.unitId }, dispatcher);
      const assignment = await eventually('the assignment', () =>
        client.heard.find(({ type }) => type === 'assignment'),
      );
      expect(assignment).toMatchObject({ assignmentId: id, vekId, lon: PLACE.lon, lat: PLACE.lat });
      client.say({ kind: 'receipt', time: Date.now(), assignmentId: id });
      client.say({ kind: 'status', time: Date.now(), status: 'en_route', assignmentId: id });
      client.say({ kind: 'sos', time: Date.now(), ...PLACE, text: 'Uzbrukums ekipāžai 🚨' });
      client.say({ kind: 'message', time: Date.now(), text: 'ceļš slēgts' });
      const outcomes = () => client.heard.filter(({ type }) => type === 'outcome');
      await eventually('four outcomes', () => outcomes().length === 4);
      const bySeq = new Map(outcomes().map(({ seq, outcome }) => [seq, outcome]));
      expect([1, 2, 3, 4].map((seq) => bySeq.get(seq))).toEqual(['applied', 'applied', 'applied', 'applied']);
      const { alarms } = await hub.api.ok<{ alarms: { unitId: string; text: string; place: object }[] }>(
        'GET',
        '/api/v1/alarms',
        undefined,
        dispatcher,
      );
      expect(alarms.find(({ unitId }) => unitId === crew.unitId)).toMatchObject({
        text: 'Uzbrukums ekipāžai 🚨',
        place: { ...PLACE, source: 'device' },
      });
      const { messages } = await hub.api.ok<{ messages: { writer: string; text: string }[] }>(
        'GET',
        `/api/v1/units/${crew.unitId}/messages`,
        undefined,
        dispatcher,
      );
      expect(messages).toMatchObject([{ writer: 'crew', text: 'ceļš slēgts' }]);
    });
  });
});
