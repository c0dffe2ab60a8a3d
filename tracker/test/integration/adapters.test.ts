import { spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync, gzipSync } from 'node:zlib';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type CrewEvent, LIMITS } from '../../src/protocol/crew.js';
import { takeDatabaseAway } from '../harness/database-away.js';
import {
  createAgency,
  createCrew,
  createHome,
  databaseIsThere,
  databaseKind,
  eventually,
  startTestTracker,
  type TestCrew,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const DOCUMENT = readFileSync(fileURLToPath(new URL('../../PROTOCOL.md', import.meta.url)), 'utf8');
const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.warn('\n!!! the examples of PROTOCOL.md, "Other clients", are SKIPPED: there is no curl\n');

const RIGA = { lon: 24.1059, lat: 56.946 };

interface Answer {
  readonly status: number;
  readonly verdict: string | null;
  readonly body: string;
}

describe.skipIf(!databaseIsThere)('clients that speak other protocols', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;

  beforeAll(async () => {
    home = await createHome();
    await start();
    admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'VUGD');
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
  });
  afterAll(async () => {
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  async function start(): Promise<void> {
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '50', INGEST_PORT: '0', TRUST_PROXY: '127.0.0.1' });
  }

  async function ask(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const response = await fetch(`${hub.api.url}${path}`, {
      method,
      headers: { ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'object' ? JSON.stringify(body) : String(body) }),
    });
    return { status: response.status, verdict: response.headers.get('vanags-verdict'), body: await response.text() };
  }
  const osmand = (crew: { token: string }, fields: object) =>
    ask(
      'GET',
      `/ingest/osmand?${new URLSearchParams(Object.entries({ id: crew.token, ...RIGA, ...fields }).map(([name, value]) => [name, String(value)]))}`,
    );
  const crewOf = (unit?: Parameters<typeof createCrew>[3]) => createCrew(hub.api, admin, 'VUGD', unit);

  interface Stored {
    readonly fix_time: number;
    readonly lon_e7: number;
    readonly verdict: number;
    readonly flags: number;
    readonly seq: number;
  }
  const stored = async ({ deviceId }: { deviceId: string }) =>
    (
      await hub.database.query<Stored>(
        'SELECT f.fix_time, f.lon_e7, f.verdict, f.flags, f.seq FROM fix f JOIN device d ON d.handle = f.device_handle WHERE d.id = $1 ORDER BY f.seq',
        [deviceId],
      )
    ).rows;
  const liveOf = ({ unitId }: TestCrew) => {
    const { live, directory } = hub.tracker.core;
    const { slot } = directory.units.get(unitId)!;
    return live.hasPosition(slot) ? { lon: live.lonE7[slot]! / 1e7, fixTime: live.fixTime[slot]! } : undefined;
  };
  const sosOf = async ({ unitId }: TestCrew) =>
    (
      await hub.database.query<{ data: { place: { source: string } | null; at: number; late: boolean } }>(
        `SELECT data FROM feed_event WHERE type = 'lv.vanags.unit.sos.v1' AND aggregate_id = $1`,
        [unitId],
      )
    ).rows.map((row) => row.data);

  describe('the examples of PROTOCOL.md', () => {
    const examples = [...DOCUMENT.matchAll(/^```sh name=(\S+)\n([\s\S]*?)^```$/gm)].map(
      (match) => [match[1]!, match[2]!] as const,
    );

    it('are these', () => {
      expect(examples.map(([name]) => name)).toEqual([
        'join',
        'osmand-query',
        'osmand-form',
        'traccar-client',
        'traccar-forward',
        'gpslogger',
        'owntracks',
        'overland',
        'geo-pos',
      ]);
    });

    function shell(script: string, env: Record<string, string>): Promise<{ code: number | null; output: string }> {
      return new Promise((resolve) => {
        const child = spawn('sh', ['-c', script], {
          env: { PATH: process.env.PATH, ...env },
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let output = '';
        child.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
        child.on('exit', (code) => resolve({ code, output }));
      });
    }
    const env = (more: Record<string, string>) => {
      const seconds = Math.floor(Date.now() / 1000) - 1;
      return { HUB: hub.api.url, EPOCH_S: String(seconds), ISO: new Date(seconds * 1000).toISOString(), ...more };
    };

    const ANSWERS: Readonly<Record<string, string>> = {
      owntracks: '[]',
      overland: '{"result":"ok","verdicts":["good"]}',
    };
    it.skipIf(!hasCurl).each(examples.filter(([name]) => name !== 'join' && name !== 'geo-pos'))(
      'A30 %s, as it stands there, is stored and live',
      async (name, script) => {
        const crew = await crewOf();
        expect(await shell(script, env({ TOKEN: crew.token }))).toEqual({ code: 0, output: ANSWERS[name] ?? '' });
        const rows = await stored(crew);
        expect(rows.map(({ verdict }) => verdict)).toEqual([0]);
        expect(rows[0]!.lon_e7).toBeGreaterThanOrEqual(241_059_000);
        expect(rows[0]!.lon_e7).toBeLessThan(241_070_000);
        expect(liveOf(crew)?.lon).toBe(rows[0]!.lon_e7 / 1e7);
      },
    );

    it.skipIf(!hasCurl)('A30 geo-pos, as it stands there, is stored and live', async () => {
      const crew = await crewOf();
      const alias = `/api/v1/devices/${crew.deviceId}/aliases/lv.health.nmpd.resource.R101`;
      await hub.api.ok('PUT', alias, {}, admin);
      try {
        const INTEGRATOR = await hub.api.token('VUGD', 'integrator');
        expect(await shell(examples.at(-1)![1], env({ INTEGRATOR }))).toEqual({
          code: 0,
          output: '{"verdicts":["good"]}',
        });
        expect((await stored(crew)).length).toBe(1);
      } finally {
        await hub.api.ok('DELETE', alias, undefined, admin);
      }
    });

    it.skipIf(!hasCurl)('A30 join, as it stands there, gives a token that works', async () => {
      const crew = await crewOf();
      const { code } = await hub.api.ok<{ code: string }>('POST', `/api/v1/units/${crew.unitId}/join-codes`, {}, admin);
      const { output } = await shell(examples[0]![1], env({ CODE: code }));
      const joined = JSON.parse(output) as { token: string; deviceId: string; unit: { id: string } };
      expect(joined.unit.id).toBe(crew.unitId);
      expect((await osmand(joined, {})).verdict).toBe('good');
    });
  });

  it('A31 an answer of 200 means committed: the row is there when it is read', async () => {
    const crew = await crewOf();
    for (let i = 1; i <= 10; i++) {
      expect((await osmand(crew, { lon: RIGA.lon + i * 1e-5 })).status).toBe(200);
      expect((await stored(crew)).length).toBe(i);
    }
  });

  it('A32 what comes again is stored once: repeated, at the same time, and after a restart', async () => {
    const crew = await crewOf();
    const timestamp = Date.now() - 5000;
    expect((await osmand(crew, { timestamp })).verdict).toBe('good');
    expect((await osmand(crew, { timestamp })).verdict).toBe('duplicate');
    const together = await Promise.all(Array.from({ length: 8 }, () => osmand(crew, { timestamp: timestamp + 1000 })));
    expect(together.map(({ verdict }) => verdict).sort()).toEqual([
      ...Array.from({ length: 7 }, () => 'duplicate'),
      'good',
    ]);
    // another place or speed at the same instant is another fix
    expect((await osmand(crew, { timestamp, speed: 7 })).verdict).toBe('good');
    const old = await osmand(crew, { timestamp: timestamp - 3_600_000 });
    expect(old.verdict).toBe('good');

    await hub.stop();
    await start();
    for (const ms of [timestamp, timestamp + 1000, timestamp - 3_600_000])
      expect((await osmand(crew, { timestamp: ms })).verdict).toBe('duplicate');
    expect((await osmand(crew, { timestamp: timestamp + 2000 })).verdict).toBe('good');
    expect((await stored(crew)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it('A32 a fix that was stored while the device belonged to another unit, or to none, is known', async () => {
    const [crew, other] = [await crewOf(), await crewOf()];
    const timestamp = Date.now() - 3000;
    expect((await osmand(crew, { timestamp })).verdict).toBe('good');
    const binding = { id: uuidv7(), agencyCode: 'VUGD', deviceId: crew.deviceId, unitId: other.unitId };
    await hub.api.ok('POST', '/api/v1/device-bindings', binding, admin);
    expect((await osmand(crew, { timestamp })).verdict).toBe('duplicate');
    expect((await osmand(crew, { timestamp: timestamp + 1 })).verdict).toBe('good');
    const { rows } = await hub.database.query<{ id: string }>(
      'SELECT u.id FROM fix f JOIN device d ON d.handle = f.device_handle JOIN unit u ON u.handle = f.unit_handle WHERE d.id = $1 ORDER BY f.seq',
      [crew.deviceId],
    );
    expect(rows.map(({ id }) => id)).toEqual([crew.unitId, other.unitId]);

    const unbound = { deviceId: uuidv7(), token: '' };
    unbound.token = (
      await hub.api.ok<{ token: string }>(
        'POST',
        '/api/v1/devices',
        { id: unbound.deviceId, agencyCode: 'VUGD', kind: 'phone', name: 'x' },
        admin,
      )
    ).token;
    expect((await osmand(unbound, { timestamp })).verdict).toBe('unbound');
    expect((await osmand(unbound, { timestamp })).verdict).toBe('duplicate');
    expect((await stored(unbound)).length).toBe(1);
  });

  it('A32 OwnTracks sends the same fix again with another created_at', async () => {
    const crew = await crewOf();
    const tst = Math.floor(Date.now() / 1000);
    const body = { _type: 'location', ...RIGA, tst, acc: 5 };
    const headers = { authorization: `Basic ${Buffer.from(`jb:${crew.token}`).toString('base64')}` };
    expect((await ask('POST', '/ingest/owntracks', { body, headers })).verdict).toBe('good');
    const again = await ask('POST', '/ingest/owntracks', { body: { ...body, created_at: tst + 5 }, headers });
    expect([again.status, again.body, again.verdict]).toEqual([200, '[]', 'duplicate']);
    expect((await stored(crew)).length).toBe(1);
  });

  it('A33 an SOS is raised once, however often it comes, late, without a place, and in a message that is broken', async () => {
    const crew = await crewOf();
    const timestamp = Date.now() - 2000;
    for (let i = 0; i < 3; i++) expect((await osmand(crew, { timestamp, alarm: 'sos' })).status).toBe(200);
    await eventually('the first SOS', async () => (await sosOf(crew)).length === 1);
    const late = await ask('GET', `/ingest/osmand?id=${crew.token}&timestamp=${timestamp - 86_400_000}&alarm=sos`);
    expect([late.status, late.verdict]).toEqual([200, 'no_position']);
    const broken = await ask(
      'GET',
      `/ingest/osmand?id=${crew.token}&lat=999&lon=1&timestamp=${timestamp - 1}&alarm=sos`,
    );
    expect([broken.status, broken.verdict]).toEqual([200, 'item_out_of_range']);
    await eventually('all three', async () => (await sosOf(crew)).length === 3);
    await hub.stop();
    await start();
    expect((await osmand(crew, { timestamp, alarm: 'sos' })).verdict).toBe('duplicate');
    const raised = await sosOf(crew);
    expect(raised.map(({ at, place }) => [at - timestamp, place?.source] as const).sort(([a], [b]) => b - a)).toEqual([
      [0, 'device'],
      [-1, 'last_fix'],
      [-86_400_000, 'last_fix'],
    ]);
  });

  it('A34 without the database a fix is shown live and answered 503; sent again it is stored once', async () => {
    const crew = await crewOf();
    const before = Date.now() - 4000;
    expect((await osmand(crew, { timestamp: before })).verdict).toBe('good');
    const timestamp = Date.now() - 1000;
    const bringBack = await takeDatabaseAway(hub, home);
    let refused: Answer;
    try {
      refused = await osmand(crew, { timestamp, lon: 24.1061, alarm: 'sos' });
      expect(liveOf(crew)).toMatchObject({ lon: 24.1061, fixTime: timestamp });
    } finally {
      await bringBack();
    }
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([503, 'database_unavailable']);
    const answer = await eventually(
      'it is taken',
      async () => {
        const again = await osmand(crew, { timestamp, lon: 24.1061, alarm: 'sos' });
        return again.status === 200 && again;
      },
      40_000,
    );
    // what was on its way when the database went may have arrived after all
    expect(['good', 'duplicate']).toContain(answer.verdict);
    expect((await stored(crew)).map(({ fix_time }) => fix_time)).toEqual([before, timestamp]);
    await eventually('the SOS', async () => (await sosOf(crew)).length === 1);
  });

  it('A35 late fixes go to history, and a batch is live by its newest', async () => {
    const crew = await crewOf();
    const feature = (agoS: number, lon: number) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [lon, RIGA.lat] },
      properties: { timestamp: new Date(Date.now() - agoS * 1000).toISOString() },
    });
    const newest = feature(1, 24.109);
    const headers = { authorization: `Bearer ${crew.token}` };
    const first = { locations: [feature(300, 24.101), feature(290, 24.102), 'rubbish'], current: newest };
    const answer = await ask('POST', '/ingest/overland', { body: first, headers });
    expect(JSON.parse(answer.body)).toEqual({ result: 'ok', verdicts: ['good', 'good', 'good', 'item_malformed'] });
    expect(liveOf(crew)?.lon).toBe(24.109);
    const second = { locations: [feature(280, 24.103), newest] };
    expect(JSON.parse((await ask('POST', '/ingest/overland', { body: second, headers })).body).verdicts).toEqual([
      'good',
      'duplicate',
    ]);
    expect(liveOf(crew)?.lon).toBe(24.109);
    expect((await stored(crew)).map(({ lon_e7 }) => lon_e7)).toEqual([
      241_090_000, 241_010_000, 241_020_000, 241_030_000,
    ]);
  });

  it('A36 filters judge as everywhere, and say so', async () => {
    const crew = await crewOf();
    const now = Date.now();
    const verdicts = [];
    for (const fields of [
      { timestamp: now - 5000 },
      { timestamp: now + 3_600_000 },
      { timestamp: now - 4000, lat: 0, lon: 0 },
      { timestamp: now - 3000, lon: 27.5 },
      { timestamp: now - 2000, lon: RIGA.lon + 1e-4 },
    ])
      verdicts.push((await osmand(crew, fields)).verdict);
    expect(verdicts).toEqual(['good', 'future', 'null_island', 'implied_speed', 'good']);
    expect((await stored(crew)).map(({ verdict }) => verdict)).toEqual([0, 1, 2, 3, 0]);
    expect(liveOf(crew)?.lon).toBeCloseTo(RIGA.lon + 1e-4, 7);
  });

  it('A37 a heartbeat keeps the unit fresh where it is, if it was this device that said where', async () => {
    const crew = await crewOf();
    const now = Date.now();
    expect((await ask('GET', `/ingest/osmand?id=${crew.token}`)).verdict).toBe('no_position');
    expect((await osmand(crew, { timestamp: now - 60_000 })).verdict).toBe('good');
    const beat = await ask('GET', `/ingest/osmand?id=${crew.token}&timestamp=${now - 1000}`);
    expect([beat.status, beat.verdict]).toEqual([200, 'heartbeat']);
    expect(liveOf(crew)).toMatchObject({ lon: RIGA.lon, fixTime: now - 1000 });
    expect((await stored(crew)).map(({ flags }) => flags)).toEqual([0, 8]); // the second is an estimate

    // late ones, and one after a long silence, say nothing of where it was then
    for (const ms of [-30_000, 16 * 60_000])
      expect((await ask('GET', `/ingest/osmand?id=${crew.token}&timestamp=${now + ms}`)).verdict).toBe('no_position');

    const phone = await joinedPhone(crew);
    expect((await ask('GET', `/ingest/osmand?id=${phone.token}`)).verdict).toBe('no_position');
  });

  async function joinedPhone(crew: TestCrew, fields: object = {}): Promise<{ token: string; deviceId: string }> {
    const { code } = await hub.api.ok<{ code: string }>(
      'POST',
      `/api/v1/units/${crew.unitId}/join-codes`,
      fields,
      admin,
    );
    return hub.api.ok('POST', '/ingest/join', { code });
  }

  it('A37 a place told again by a phone that stands keeps it fresh, as of when it was told', async () => {
    const crew = await crewOf();
    const tst = Math.floor(Date.now() / 1000) - 300;
    const said = (created_at: number, place = RIGA) =>
      ask('POST', '/ingest/owntracks', {
        body: { _type: 'location', ...place, tst, acc: 5, created_at },
        headers: { authorization: `Bearer ${crew.token}` },
      });
    expect((await said(tst)).verdict).toBe('good');
    for (const later of [100, 200]) {
      expect((await said(tst + later)).verdict).toBe('heartbeat');
      expect(liveOf(crew)).toEqual({ lon: RIGA.lon, fixTime: (tst + later) * 1000 });
      expect((await said(tst + later)).verdict, 'the same once more').toBe('duplicate');
    }
    const placeless = { _type: 'location', tst, created_at: tst + 250 };
    const headers = { authorization: `Bearer ${crew.token}` };
    expect((await ask('POST', '/ingest/owntracks', { body: placeless, headers })).verdict).toBe('item_malformed');
    // it was elsewhere then: that is history
    expect((await said(tst + 290, { ...RIGA, lon: 24.2 })).verdict).toBe('good');
    expect(liveOf(crew)).toEqual({ lon: RIGA.lon, fixTime: (tst + 200) * 1000 });
    expect((await stored(crew)).length).toBe(4);
  });

  it('A39 a clock that is wrong is put right for calls for help and heartbeats too; each is raised once, at its own time', async () => {
    const crew = await crewOf();
    const lost = 1024 * 7 * 86_400_000; // a receiver that lost count of the weeks
    const madeAt = Math.floor(Date.now() / 1000) * 1000 - 5000;
    expect((await osmand(crew, { timestamp: madeAt - lost })).verdict).toBe('good');
    for (let i = 0; i < 2; i++) await osmand(crew, { timestamp: madeAt + 1000 - lost, alarm: 'sos' });
    const heartbeat = await ask('GET', `/ingest/osmand?id=${crew.token}&timestamp=${madeAt + 2000 - lost}`);
    expect(heartbeat.verdict).toBe('heartbeat');
    expect(liveOf(crew)?.fixTime).toBe(madeAt + 2000);
    // a clock that nobody knows yet, ahead by two hours: what came in was before
    const ahead = await crewOf();
    const receivedAfter = Date.now();
    for (let i = 0; i < 2; i++) await osmand(ahead, { timestamp: madeAt + 7_200_000, alarm: 'sos' });
    const raised = await eventually('both', async () => {
      const [one, two] = [await sosOf(crew), await sosOf(ahead)];
      return one.length > 0 && two.length > 0 && { one, two };
    });
    expect(raised.one).toMatchObject([{ at: madeAt + 1000, late: false }]);
    expect(raised.two).toMatchObject([{ late: false }]);
    expect(raised.two[0]!.at).toBeGreaterThanOrEqual(receivedAfter);
    expect(raised.two[0]!.at).toBeLessThanOrEqual(Date.now());
  });

  it('A38 a phone of lower priority does not move a unit whose vehicle is fresh', async () => {
    const crew = await crewOf({ reportIntervalS: 60 });
    const phone = await joinedPhone(crew, { priority: 10 });
    const now = Date.now();
    await osmand(crew, { timestamp: now - 3000 });
    expect((await osmand(phone, { timestamp: now - 1000, lon: 24.107 })).verdict).toBe('good');
    expect(liveOf(crew)?.lon).toBe(RIGA.lon);
    expect((await stored(phone)).length).toBe(1);
  });

  describe('who it is', () => {
    it('A40 a token counts in every way it can be given; nothing else does', async () => {
      const crew = await crewOf();
      const basic = (user: string, password: string) =>
        `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      let timestamp = Date.now() - 60_000;
      const at = () => `lat=56.946&lon=24.1059&timestamp=${++timestamp}`;
      for (const [query, headers] of [
        [at(), { authorization: `Bearer ${crew.token}` }],
        [at(), { authorization: basic('anybody', crew.token) }],
        [`token=${crew.token}&${at()}`, {}],
        [`id=${crew.token}&${at()}`, {}],
        [`deviceid=${crew.token}&${at()}`, {}],
        [`id=phone-7&${at()}`, { authorization: `Bearer ${crew.token}` }],
      ] as const)
        expect((await ask('GET', `/ingest/osmand?${query}`, { headers })).status, query).toBe(200);
      expect((await stored(crew)).length).toBe(6);
      for (const [query, headers] of [
        [at(), {}],
        [`id=nobody&${at()}`, {}],
        [`id=${crew.deviceId}&${at()}`, {}],
        [`name=${crew.token}&${at()}`, {}],
        [at(), { authorization: basic(crew.token, 'x') }],
      ] as const) {
        const refused = await ask('GET', `/ingest/osmand?${query}`, { headers });
        expect([refused.status, JSON.parse(refused.body).code], query).toEqual([401, 'device_unknown']);
      }
      await hub.api.ok('DELETE', `/api/v1/devices/${crew.deviceId}`, undefined, admin);
      expect((await osmand(crew, {})).status).toBe(401);
    });

    it('A41 a public name is believed from its networks, and is an untrusted source from elsewhere', async () => {
      const crew = await crewOf();
      const alias = `imei-${crew.deviceId.slice(-12)}`;
      const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
      const report = (address: string, fields: Record<string, string> = {}) =>
        ask(
          'GET',
          `/ingest/osmand?${new URLSearchParams({ id: alias, lat: '56.946', lon: '24.1059', timestamp: String(Date.now()), ...fields })}`,
          from(address),
        );
      expect((await report('10.20.1.1')).status).toBe(401);
      const path = `/api/v1/devices/${crew.deviceId}/aliases/${alias}`;
      await hub.api.ok('PUT', path, { networks: ['10.20.0.0/16', '2001:db8::/32'] }, admin);

      const stranger = await report('192.0.2.1', { alarm: 'sos' });
      expect([stranger.status, stranger.verdict]).toEqual([200, 'untrusted_source']);
      expect(liveOf(crew), 'never the only live position').toBeUndefined();
      expect((await stored(crew)).map(({ verdict }) => verdict)).toEqual([4]);
      await eventually('its call for help counts all the same', async () => (await sosOf(crew)).length === 1);
      expect(await hub.api.ok('GET', `/api/v1/devices/${crew.deviceId}/report`, undefined, admin)).toMatchObject({
        protocol: 'osmand',
        trusted: false,
        verdicts: { untrusted_source: 1 },
      });
      const unit = await hub.api.ok<{ setAside: object }>('GET', `/api/v1/units/${crew.unitId}`, undefined, dispatcher);
      expect(unit.setAside).toEqual({ untrusted_source: 1 });

      for (const address of ['10.20.255.1', '2001:db8::7'])
        expect((await report(address)).verdict, address).toBe('good');
      expect(liveOf(crew)).toBeDefined();
      expect((await report('10.21.0.1')).verdict).toBe('untrusted_source');
      expect(await hub.api.ok('GET', `/api/v1/devices/${crew.deviceId}/report`, undefined, admin)).toMatchObject({
        verdicts: { untrusted_source: 2, good: 2 },
      });

      const another = await crewOf();
      const taken = await hub.api.call('PUT', `/api/v1/devices/${another.deviceId}/aliases/${alias}`, {}, admin);
      expect([taken.status, taken.body.code]).toEqual([409, 'alias_taken']);
      await hub.api.ok('DELETE', path, undefined, admin);
      expect((await report('10.20.1.1')).status).toBe(401);
      expect((await hub.api.call('DELETE', path, undefined, admin)).status).toBe(404);
      for (const networks of [['10.0.0.0/33'], ['everywhere'], ['10.0.0.0/8/8'], ['::1/129']])
        expect((await hub.api.call('PUT', path, { networks }, admin)).status, String(networks)).toBe(400);
    });

    it('A42 a token stands nowhere: not in what is kept of broken messages, not in the log', async () => {
      const crew = await crewOf();
      const headers = { authorization: `Bearer ${crew.token}` };
      for (const [path, body] of [
        [`/ingest/osmand?id=${crew.token}&token=${crew.token}&lat=x`, undefined],
        ['/ingest/osmand', `id=${crew.token}&lat=x&lon=y`],
        ['/ingest/osmand', { device_id: crew.token, location: { coords: {}, extras: { token: crew.token } } }],
        ['/ingest/owntracks', `{"_type": "${crew.token}"}`],
        ['/ingest/overland', `{"locations": {"token": "${crew.token}"}}`],
      ] as const) {
        const answer = await ask(body === undefined ? 'GET' : 'POST', path, { body, headers });
        expect([answer.status, answer.verdict], path).toEqual([200, 'item_malformed']);
      }
      const { rows } = await hub.database.query<{ raw: Buffer }>(
        'SELECT r.raw FROM rejected_item r JOIN stream s ON s.id = r.stream_id WHERE s.device_id = $1',
        [crew.deviceId],
      );
      expect(rows.length).toBe(5);
      for (const { raw } of rows) expect(raw.toString()).not.toContain(crew.token);
      expect(hub.errors).toEqual([]);
    });

    it('A43 a crew’s socket with the same token goes on', async () => {
      const crew = await crewOf();
      const socket = new WebSocket(hub.crewUrl, { headers: { authorization: `Bearer ${crew.token}` } });
      const heard: string[] = [];
      let closed = false;
      socket.on('message', (data) => heard.push(data.toString()));
      socket.on('close', () => {
        closed = true;
      });
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(
        JSON.stringify({ type: 'hello', version: 1, epoch: '00000000000000bb', encoding: 'json', firstHeld: {} }),
      );
      await eventually('resume', () => heard.some((text) => text.includes('"resume"')));
      expect((await osmand(crew, {})).verdict).toBe('good');
      socket.send(JSON.stringify({ type: 'fixes', lane: 'live', seq: 1, items: [{ time: Date.now(), ...RIGA }] }));
      await eventually('its ack', () => heard.some((text) => text.includes('"live":1')));
      // the socket's hello took the streams of the device; the next request takes its own back
      expect((await osmand(crew, { lon: 24.107 })).verdict).toBe('good');
      expect(closed).toBe(false);
      socket.close();
    });
  });

  describe('joining by code', () => {
    it('A44 a code is good once, in any writing, and binds the device that brings its token', async () => {
      const [crew, other] = [await crewOf(), await crewOf()];
      const { code, expiresAt } = await hub.api.ok<{ code: string; expiresAt: number }>(
        'POST',
        `/api/v1/units/${crew.unitId}/join-codes`,
        { deviceKind: 'tablet', deviceName: 'Planšete', priority: 7 },
        admin,
      );
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
      expect(expiresAt - Date.now()).toBeGreaterThan(890_000 - 5000);
      const typed = code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      const joined = await hub.api.ok<{ deviceId: string; token: string }>('POST', '/ingest/join', { code: typed });
      expect(hub.tracker.core.directory.devices.get(joined.deviceId)).toMatchObject({
        kind: 'tablet',
        name: 'Planšete',
        unit: { id: crew.unitId },
        fixSource: { priority: 7 },
      });
      expect((await hub.api.call('POST', '/ingest/join', { code })).body.code).toBe('join_code_invalid');

      const second = await hub.api.ok<{ code: string }>('POST', `/api/v1/units/${other.unitId}/join-codes`, {}, admin);
      const moved = await hub.api.ok<{ deviceId: string; token: null }>('POST', '/ingest/join', second, joined.token);
      expect(moved).toMatchObject({ deviceId: joined.deviceId, token: null });
      expect(hub.tracker.core.directory.devices.get(joined.deviceId)!.unit!.id).toBe(other.unitId);
      const { rows } = await hub.database.query<{ n: number }>(
        `SELECT count(*) AS n FROM audit_entry WHERE action = 'join_unit' AND actor = $1`,
        [`device:${joined.deviceId}`],
      );
      expect(rows[0]!.n).toBe(2);
    });

    it('A44 of many who use one code at once, one joins', async () => {
      const crew = await crewOf();
      const { code } = await hub.api.ok<{ code: string }>('POST', `/api/v1/units/${crew.unitId}/join-codes`, {}, admin);
      const answers = await Promise.all(
        Array.from({ length: 5 }, (_, i) =>
          ask('POST', '/ingest/join', { body: { code }, headers: { 'x-forwarded-for': `198.51.100.${i}` } }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404, 404]);
    });

    it('A44 a code that has run out, or is of another agency than the device, is not good', async () => {
      const crew = await crewOf();
      await createAgency(hub.api, admin, 'NMPD', 'ambulance');
      const foreign = await createCrew(hub.api, admin, 'NMPD');
      const make = () =>
        hub.api.ok<{ code: string }>('POST', `/api/v1/units/${crew.unitId}/join-codes`, { validS: 60 }, admin);
      const headers = { 'x-forwarded-for': '198.51.100.77' };
      const given = await make();
      await hub.database.query(`UPDATE join_code SET expires_at = now() - interval '1 second' WHERE used_at IS NULL`);
      expect((await ask('POST', '/ingest/join', { body: given, headers })).status).toBe(404);
      const other = await make();
      const brought = { ...headers, authorization: `Bearer ${foreign.token}` };
      expect((await ask('POST', '/ingest/join', { body: other, headers: brought })).status).toBe(404);
      expect((await ask('POST', '/ingest/join', { body: other, headers })).status, 'it was not used up').toBe(200);
    });

    it('A45 guessing is slowed, by address', async () => {
      // of one whom nobody has heard of, each time
      const address = `203.0.${randomInt(256)}.${randomInt(256)}`;
      const guess = (from: string) =>
        ask('POST', '/ingest/join', { body: { code: 'AAAAA-AAAAA' }, headers: { 'x-forwarded-for': from } });
      const statuses = [];
      for (let i = 0; i < 12; i++) statuses.push((await guess(address)).status);
      expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 404));
      expect(statuses.slice(10)).toContain(429);
      expect((await guess('198.51.100.99')).status).toBe(404);
    });
  });

  describe('limits', () => {
    it('A46 more messages or bytes than a client means are refused before they are taken apart', async () => {
      const crew = await crewOf();
      const headers = { authorization: `Bearer ${crew.token}` };
      const many = await ask('POST', '/ingest/overland', {
        body: { locations: Array.from({ length: 1001 }, () => 0) },
        headers,
      });
      expect([many.status, JSON.parse(many.body).code]).toEqual([413, 'too_many_messages']);
      const large = await ask('POST', '/ingest/overland', {
        body: `{"locations":["${'x'.repeat(1_100_000)}"]}`,
        headers,
      });
      expect([large.status, JSON.parse(large.body).code]).toEqual([413, 'body_too_large']);
      expect((await stored(crew)).length).toBe(0);
    });

    it('A46 what is packed is read, as far as it may be large', async () => {
      const crew = await crewOf();
      const send = (body: Uint8Array<ArrayBuffer>, coding: string) =>
        fetch(`${hub.api.url}/ingest/osmand?token=${crew.token}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'content-encoding': coding },
          body,
        });
      const packed = (value: unknown, pack = gzipSync) => new Uint8Array(pack(JSON.stringify(value)));
      const location = (lon: number) => ({ location: { coords: { latitude: RIGA.lat, longitude: lon } } });
      for (const [body, coding, verdict] of [
        [packed(location(24.1)), 'gzip', 'good'],
        [packed(location(24.1001), deflateSync), 'deflate', 'good'],
        [new TextEncoder().encode(JSON.stringify(location(24.1002))), 'identity', 'good'],
        [new TextEncoder().encode('no gzip'), 'gzip', 'item_malformed'],
      ] as const) {
        const answer = await send(body, coding);
        expect([answer.status, answer.headers.get('vanags-verdict')], coding).toEqual([200, verdict]);
      }
      const bomb = await send(packed('x'.repeat(2_000_000)), 'gzip');
      expect([bomb.status, (await bomb.json()).code]).toEqual([413, 'body_too_large']);
      const strange = await send(packed({}), 'zstd');
      expect([strange.status, (await strange.json()).code]).toEqual([415, 'encoding_unsupported']);
    });

    it('A46 a call for help passes the limit that its device has used up, and a stranger in its name uses up none of it', async () => {
      const crew = await crewOf();
      const { adapters, directory } = hub.tracker.core;
      const device = directory.devices.get(crew.deviceId)!;
      const receivedAt = Date.now(); // a clock that stands still fills nothing up, however slow the machine is
      const sos: CrewEvent = { kind: 'sos', time: receivedAt, lonE7: null, latE7: null, text: '' };
      const take = (trusted: boolean, events: readonly CrewEvent[] = []) =>
        adapters.intake.take(
          { device, trusted, protocol: 'osmand' },
          [{ position: { kind: 'none' }, events }],
          receivedAt,
        );
      for (const trusted of [false, true]) {
        for (let i = 0; i < LIMITS.frameBurst; i++) expect((await take(trusted)).kind, `request ${i}`).toBe('stored');
        expect(await take(trusted)).toEqual({ kind: 'not_stored', code: 'too_many_requests' });
      }
      expect((await take(true, [sos])).kind).toBe('stored');
      await eventually('it is raised', async () => (await sosOf(crew)).length === 1);
    });

    it('A46 a device that floods is slowed, and nobody else', async () => {
      const [loud, quiet] = [await crewOf(), await crewOf()];
      const statuses = new Set<number>();
      // the slower a machine is, the more is given back meanwhile
      await eventually('some are refused', async () => {
        const all = Array.from({ length: 260 }, () => ask('GET', `/ingest/osmand?id=${loud.token}`));
        for (const { status } of await Promise.all(all)) statuses.add(status);
        return statuses.has(429);
      });
      expect(statuses).toEqual(new Set([200, 429]));
      expect((await osmand(quiet, {})).verdict).toBe('good');
    });
  });

  describe('INGEST_PORT', () => {
    it('A47 serves the OsmAnd protocol at its root, and nothing else', async () => {
      const crew = await crewOf();
      const url = `http://127.0.0.1:${hub.tracker.ingestPort}`;
      const query = await fetch(`${url}/?id=${crew.token}&lat=56.946&lon=24.1059&timestamp=${Date.now()}`);
      expect([query.status, await query.text()]).toEqual([200, '']);
      const form = new URLSearchParams({ id: crew.token, lat: '56.946', lon: '24.106', timestamp: String(Date.now()) });
      expect((await fetch(url, { method: 'POST', body: form })).status).toBe(200);
      expect((await stored(crew)).length).toBe(2);
      expect((await fetch(`${url}/?id=nobody&lat=1&lon=1`)).status).toBe(401);
      for (const path of ['/api/v1/units', '/healthz', '/ingest/osmand', '/crew'])
        expect((await fetch(`${url}${path}`)).status, path).toBe(404);
      expect((await fetch(url, { method: 'POST', body: 'x'.repeat(1_100_000) })).status).toBe(413);
    });
  });

  describe('GEO-POS', () => {
    const position = (resourceId: string, fields: object = {}) => ({
      resourceId,
      datetime: new Date().toISOString(),
      coord: { ...RIGA },
      status: 'INDISPONIBLE',
      ...fields,
    });
    const send = async (token: string, ...positions: object[]) =>
      ask('POST', '/ingest/geopos', {
        body: { geoPositionsUpdate: { position: positions } },
        headers: { authorization: `Bearer ${token}` },
      });

    it('A48 positions and states of the sender’s own agency, each with its verdict; a state counts when it changes', async () => {
      const integrator = await hub.api.token('VUGD', 'integrator');
      const [one, two] = [await crewOf({ statusAtRest: 'off_duty' }), await crewOf()];
      await createAgency(hub.api, admin, 'NMPD', 'ambulance');
      const foreign = await createCrew(hub.api, admin, 'NMPD');
      const idOf = ({ deviceId }: TestCrew) => `lv.health.nmpd.resource.${deviceId}`;
      for (const crew of [one, two, foreign])
        await hub.api.ok('PUT', `/api/v1/devices/${crew.deviceId}/aliases/${idOf(crew)}`, {}, admin);
      const engaged = { engagedStatus: 'ARRIVEE_CENTRE' };
      const answer = await send(
        integrator,
        position(idOf(one), engaged),
        position(idOf(foreign)),
        position(idOf(two), { coord: { lat: 95, lon: 1 } }),
        position('nobody'),
        position('lv.health.nmpd.resource.nobody'),
      );
      expect(JSON.parse(answer.body).verdicts).toEqual([
        'good',
        'device_unknown',
        'item_out_of_range',
        'device_unknown',
        'device_unknown',
      ]);
      expect((await stored(foreign)).length).toBe(0);
      const unit = hub.tracker.core.directory.units.get(one.unitId)!;
      await eventually('the status', () => unit.status === 'available_at_station');
      for (let i = 0; i < 3; i++) await send(integrator, position(idOf(one), engaged));
      const { rows } = await hub.database.query<{ n: number }>(
        'SELECT count(*) AS n FROM crew_event WHERE device_id = $1',
        [one.deviceId],
      );
      expect(rows[0]!.n).toBe(1);
      await send(integrator, position(idOf(one), { status: 'INDISPONIBLE' }));
      await eventually('the next status', () => unit.status === 'out_of_service');
      expect((await stored(one)).length).toBe(5);
    });

    it('A48 is not for devices', async () => {
      const crew = await crewOf();
      expect((await send(crew.token, position('a.b.c.resource.d'))).status).toBe(401);
      expect((await send(dispatcher, position('a.b.c.resource.d'))).status).toBe(403);
    });
  });

  it.skipIf(databaseKind !== 'postgres')(
    'A49 two nodes take one phone’s requests in turn: all are stored, each once',
    async () => {
      const crew = await crewOf();
      const second = await startTestTracker(home, { FLUSH_INTERVAL_MS: '50', NODE_ID: 'second' });
      try {
        const urls = [hub.api.url, second.api.url];
        const from = Date.now() - 60_000;
        const send = async (i: number, url: string) => {
          const query = new URLSearchParams({
            id: crew.token,
            lat: '56.946',
            lon: String(24.1 + i * 1e-5),
            timestamp: String(from + i * 1000),
          });
          for (;;) {
            const response = await fetch(`${url}/ingest/osmand?${query}`);
            if (response.status === 200) return;
            expect(response.status).toBe(503);
          }
        };
        // in turn, then all at once at both, each of them twice
        for (let i = 0; i < 20; i++) await send(i, urls[i % 2]!);
        await Promise.all(Array.from({ length: 10 }, (_, i) => urls.map((url) => send(20 + i, url))).flat());
        const rows = await stored(crew);
        expect(rows.map(({ fix_time }) => (fix_time - from) / 1000).sort((a, b) => a - b)).toEqual(
          Array.from({ length: 30 }, (_, i) => i),
        );
        expect(second.errors).toEqual([]);
      } finally {
        await second.stop();
      }
    },
  );
});
