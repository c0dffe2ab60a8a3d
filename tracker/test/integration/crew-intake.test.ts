import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MemoryOutbox } from '../../../fixtures/crew-client/index.js';
import { FIX_FLAG } from '../../src/protocol/crew.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createCrew,
  crewClient,
  databaseIsThere,
  eventually,
  type TestCrew,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const RIGA = { lon: 24.1059, lat: 56.946 };
const EPOCH = '00000000000000aa';

interface StoredFix {
  readonly seq: number;
  readonly lon_e7: number;
  readonly verdict: number;
  readonly lane: number;
}

/** A socket without a library: says what it is told, keeps what it hears. */
async function rawSocket(
  url: string,
  token: string | undefined,
  protocols: string[] = [],
): Promise<{ socket: WebSocket; heard: string[]; closed: Promise<{ code: number; reason: string }> }> {
  const socket = new WebSocket(
    url,
    protocols,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
  const heard: string[] = [];
  socket.on('message', (data, isBinary) =>
    heard.push(isBinary ? `binary:${(data as Buffer).toString('hex')}` : data.toString()),
  );
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return { socket, heard, closed };
}

const hello = (epoch = EPOCH, firstHeld = {}) =>
  JSON.stringify({ type: 'hello', version: 1, epoch, encoding: 'json', firstHeld });
const fixes = (seq: number, ...lons: number[]) =>
  JSON.stringify({
    type: 'fixes',
    lane: 'live',
    seq,
    items: lons.map((lon, i) => ({ time: Date.now() - 1000 + i, lon, lat: RIGA.lat })),
  });
/** Sends frames, some at once, until the hub sends it away: the slower a machine is, the more is given back meanwhile. */
async function flood(
  { socket, closed }: Pick<Awaited<ReturnType<typeof rawSocket>>, 'socket' | 'closed'>,
  atOnce: number,
): Promise<{ code: number; reason: string }> {
  for (;;) {
    for (let i = 0; i < atOnce; i++) socket.send(fixes(1, 24.1));
    const end = await Promise.race([closed, sleep(500)]);
    if (end !== undefined) return end;
  }
}
const resumed = (heard: readonly string[]) => heard.some((text) => text.includes('"resume"'));
const acked = (heard: readonly string[], seq: number) =>
  heard.some((text) => text.includes(`"ack"`) && text.includes(`"live":${seq}`));

describe.skipIf(!databaseIsThere)('crew intake', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;

  beforeAll(async () => {
    ({ home, hub, admin } = await setStage(['VUGD'], { FLUSH_INTERVAL_MS: '50' }));
  });
  afterAll(() => clearStage({ home, hub }));

  async function stored(crew: TestCrew): Promise<StoredFix[]> {
    const { rows } = await hub.database.query<StoredFix>(
      'SELECT f.seq, f.lon_e7, f.verdict, s.lane FROM fix f JOIN stream s ON s.id = f.stream_id WHERE s.device_id = $1 ORDER BY s.lane, f.seq',
      [crew.deviceId],
    );
    return rows;
  }

  it('T1 an ack means committed: what is acked is in the table, with its seq', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const client = crewClient(hub.crewUrl, crew.token);
    let ackedUpTo = 0;
    const seen: number[] = [];
    client.on('acked', async (lane, seq) => {
      if (lane !== 'live') return;
      ackedUpTo = seq;
      seen.push((await stored(crew)).filter((fix) => fix.lane === 0).length - seq);
    });
    client.start();
    await eventually('resumed', () => resumedOnce(client));
    for (let i = 0; i < 40; i++) {
      client.reportFix({ lon: RIGA.lon + i * 1e-5, lat: RIGA.lat });
      await sleep(5);
    }
    await eventually('40 fixes acked', () => ackedUpTo === 40);
    client.stop();
    await sleep(50);
    expect(seen.length).toBeGreaterThan(0);
    expect(Math.min(...seen), 'rows in the table less the acked seq').toBeGreaterThanOrEqual(0);
    expect((await stored(crew)).map((fix) => fix.seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('T2 both encodings store the same fix', async () => {
    const at = { lon: 24.1234567, lat: 56.7654321, speedMps: 12.34, headingDeg: 271.5, accuracyM: 4.2, altitudeM: 17 };
    const rows = [];
    for (const encoding of ['binary', 'json'] as const) {
      const crew = await createCrew(hub.api, admin, 'VUGD');
      const client = crewClient(hub.crewUrl, crew.token, { encoding });
      const done = new Promise<void>((resolve) => client.on('acked', () => resolve()));
      client.start();
      await eventually('resumed', () => resumedOnce(client));
      client.reportFix({ ...at, time: 1_790_000_000_000 });
      await done;
      client.stop();
      const { rows: found } = await hub.database.query(
        `SELECT lon_e7, lat_e7, speed_cmps, heading_cdeg, accuracy_dm, altitude_m, flags, fix_time FROM fix f JOIN stream s ON s.id = f.stream_id WHERE s.device_id = $1`,
        [crew.deviceId],
      );
      rows.push(found[0]);
    }
    expect(rows[0]).toEqual({
      lon_e7: 241234567,
      lat_e7: 567654321,
      speed_cmps: 1234,
      heading_cdeg: 27150,
      accuracy_dm: 42,
      altitude_m: 17,
      flags: 0,
      fix_time: 1_790_000_000_000,
    });
    expect(rows[1]).toEqual(rows[0]);
  });

  it('T3 after a reconnect the hub names the last durable seq, and what comes twice is stored once', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const first = await rawSocket(hub.crewUrl, crew.token);
    first.socket.send(hello());
    await eventually('resume', () => resumed(first.heard));
    first.socket.send(fixes(1, 24.1, 24.1001, 24.1002));
    await eventually('ack 3', () => acked(first.heard, 3));
    first.socket.terminate();
    await first.closed;

    const second = await rawSocket(hub.crewUrl, crew.token);
    second.socket.send(hello());
    await eventually('resume', () => resumed(second.heard));
    expect(JSON.parse(second.heard.find((text) => text.includes('resume'))!).durable).toEqual({
      live: 3,
      backlog: 0,
      alarm: 0,
    });
    second.socket.send(fixes(2, 24.1001, 24.1002, 24.1003));
    await eventually('ack 4', () => acked(second.heard, 4));
    second.socket.close();
    expect((await stored(crew)).map((fix) => [fix.seq, fix.lon_e7])).toEqual([
      [1, 241000000],
      [2, 241001000],
      [3, 241002000],
      [4, 241003000],
    ]);
  });

  it('T4 a newer socket of the same device fences the older one', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const older = await rawSocket(hub.crewUrl, crew.token);
    older.socket.send(hello());
    await eventually('resume', () => resumed(older.heard));
    const newer = await rawSocket(hub.crewUrl, crew.token);
    const { code, reason } = await older.closed;
    expect([code, reason]).toEqual([4409, 'fenced']);
    expect(older.heard.at(-1)).toContain('"fenced"');
    newer.socket.close();
  });

  it('T4 a session whose streams another node has claimed stores nothing and is sent away; its neighbour in the commit is acked', async () => {
    const [taken, neighbour] = [
      await createCrew(hub.api, admin, 'VUGD'),
      await createCrew(hub.api, admin, 'VUGD'),
    ] as const;
    const ours = await rawSocket(hub.crewUrl, taken.token);
    const other = await rawSocket(hub.crewUrl, neighbour.token);
    for (const { socket } of [ours, other]) socket.send(hello());
    await eventually('both resume', () => resumed(ours.heard) && resumed(other.heard));
    // what another node's claim does
    await hub.database.query(`UPDATE stream SET session = nextval('crew_session') WHERE device_id = $1`, [
      taken.deviceId,
    ]);
    ours.socket.send(fixes(1, 24.1, 24.2));
    other.socket.send(fixes(1, 24.1, 24.2));
    expect(await ours.closed).toEqual({ code: 4409, reason: 'fenced' });
    await eventually('the neighbour’s ack', () => acked(other.heard, 2));
    expect(ours.heard.some((text) => text.includes('"ack"'))).toBe(false);
    expect([await stored(taken), (await stored(neighbour)).map((fix) => fix.seq)]).toEqual([[], [1, 2]]);
    other.socket.close();
  });

  it('T5 an item that cannot be decoded is stored as rejected, acked, and blocks nothing', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    const now = Date.now();
    const items = [
      { time: now, ...RIGA },
      { time: now, lon: 'east', lat: 56 },
      { time: now, lon: 24.1, lat: 91 },
      { time: now + 1, ...RIGA },
    ];
    socket.send(JSON.stringify({ type: 'fixes', lane: 'live', seq: 1, items }));
    await eventually('ack 4', () => acked(heard, 4));
    socket.close();
    expect((await stored(crew)).map((fix) => fix.seq)).toEqual([1, 4]);
    const { rows } = await hub.database.query(
      'SELECT r.seq, r.code FROM rejected_item r JOIN stream s ON s.id = r.stream_id WHERE s.device_id = $1 ORDER BY r.seq',
      [crew.deviceId],
    );
    expect(rows).toEqual([
      { seq: 2, code: 'item_malformed' },
      { seq: 3, code: 'item_out_of_range' },
    ]);
  });

  it.each([
    ['T6 a gap in a lane', () => [fixes(1, 24.1), fixes(5, 24.2)], 4410, 'seq_gap'],
    ['T6 text that is not JSON', () => ['{"type":'], 4400, 'frame_malformed'],
    ['T6 an unknown type', () => ['{"type":"dance"}'], 4404, 'frame_unknown'],
    ['T6 a binary frame whose length lies', () => [Buffer.from('0100050001000000', 'hex')], 4400, 'frame_malformed'],
    [
      'T6 a frame above the limit',
      () => [JSON.stringify({ type: 'fixes', pad: 'x'.repeat(70_000) })],
      4413,
      'frame_too_large',
    ],
    ['T6 a flood of frames', () => Array.from({ length: 1000 }, (_, i) => fixes(i + 1, 24.1)), 4429, 'too_many_frames'],
  ])('%s closes the socket with a stable code', async (_name, frames, code, reason) => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard, closed } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    if (reason === 'seq_gap') {
      // the rewind that follows resume must be over: an in-order frame ends it
      socket.send(frames()[0]!);
      await eventually('ack', () => acked(heard, 1));
      socket.send(frames()[1]!);
    } else for (const frame of frames()) socket.send(frame);
    expect(await closed).toEqual({ code, reason });
    expect(heard.some((text) => text.includes('"error"') && text.includes(`"${reason}"`))).toBe(true);
  });

  it('T7 without a token, or with an unknown one, there is no upgrade', async () => {
    for (const token of [undefined, 'nobody']) {
      const refused = await new Promise<{ status: number | undefined; body: string }>((resolve) => {
        const socket = new WebSocket(
          hub.crewUrl,
          token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
        );
        socket.on('unexpected-response', (_request, answer) => {
          let body = '';
          answer.on('data', (chunk: Buffer) => {
            body += chunk.toString();
          });
          answer.on('end', () => resolve({ status: answer.statusCode, body }));
        });
        socket.on('error', () => {});
      });
      expect(refused.status).toBe(401);
      expect(JSON.parse(refused.body).code).toBe(token === undefined ? 'token_missing' : 'token_invalid');
    }
  });

  it('T7 a browser gives its token in the subprotocol list', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard } = await rawSocket(hub.crewUrl, undefined, ['vanags.crew.v1', `bearer.${crew.token}`]);
    expect(socket.protocol).toBe('vanags.crew.v1');
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    socket.close();
  });

  it('T7 a revoked device is sent away at once and cannot come back', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard, closed } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    await hub.api.ok('DELETE', `/api/v1/devices/${crew.deviceId}`, undefined, admin);
    expect(await closed).toEqual({ code: 4401, reason: 'device_revoked' });
    await expect(rawSocket(hub.crewUrl, crew.token)).rejects.toThrow('401');
  });

  it('T8 a message of 10 MB ends its sender’s socket, and nobody else notices', async () => {
    const [bad, good] = [await createCrew(hub.api, admin, 'VUGD'), await createCrew(hub.api, admin, 'VUGD')];
    const neighbour = await rawSocket(hub.crewUrl, good.token);
    neighbour.socket.send(hello());
    await eventually('resume', () => resumed(neighbour.heard));
    const { socket, heard, closed } = await rawSocket(hub.crewUrl, bad.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    socket.send(Buffer.alloc(10 * 1024 * 1024));
    expect([1006, 1009]).toContain((await closed).code);
    neighbour.socket.send(fixes(1, 24.1));
    await eventually('the neighbour’s ack', () => acked(neighbour.heard, 1), 5000);
    neighbour.socket.close();
  });

  it('T8 who was sent away for a flood has no new burst by coming back', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const first = await rawSocket(hub.crewUrl, crew.token);
    first.socket.send(hello());
    expect((await flood(first, 400)).reason).toBe('too_many_frames');
    const second = await rawSocket(hub.crewUrl, crew.token);
    second.socket.send(hello());
    expect((await flood(second, 100)).reason).toBe('too_many_frames');
    // who goes on like that is refused before the upgrade
    const comeBack = async (): Promise<unknown> => {
      const { socket } = await rawSocket(hub.crewUrl, crew.token);
      socket.terminate();
      return undefined;
    };
    const refused = await eventually('it is refused', () => comeBack().catch((error: Error) => error.message));
    expect(refused).toContain('429');
  });

  it('T14 a call for help passes the limit that its own device’s fixes have used up', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard, closed } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    // the connection has cost 5, the hello 1; some are given back meanwhile: what is too much closes the socket
    for (let i = 0; i < 194; i++) socket.send(fixes(i + 1, 24.1));
    for (let i = 0; i < 15; i++) {
      const item = { kind: 'sos', time: Date.now(), ...RIGA };
      socket.send(JSON.stringify({ type: 'events', lane: 'alarm', seq: i + 1, items: [item] }));
    }
    await eventually('all calls are acknowledged', () =>
      heard.some((text) => text.includes('"ack"') && text.includes('"alarm":15')),
    );
    expect((await flood({ socket, closed }, 40)).reason).toBe('too_many_frames');
  });

  it('T9 items the device has given up are passed over, what follows is stored', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello(EPOCH, { live: 100 }));
    await eventually('resume', () => resumed(heard));
    socket.send(fixes(100, 24.1, 24.2));
    await eventually('ack 101', () => acked(heard, 101));
    socket.close();
    expect((await stored(crew)).map((fix) => fix.seq)).toEqual([100, 101]);
  });

  it('T10 suspect fixes are kept with their verdict and do not move the live position', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    const now = Date.now();
    const items = [
      { time: now - 5000, ...RIGA },
      { time: now - 4000, lon: 27.5, lat: 56.1 }, // 200 km in a second
      { time: now + 3_600_000, ...RIGA },
      { time: now - 3000, lon: 0, lat: 0 },
      { time: now - 2000, lon: RIGA.lon + 0.0001, lat: RIGA.lat },
    ];
    socket.send(JSON.stringify({ type: 'fixes', lane: 'live', seq: 1, items }));
    await eventually('ack 5', () => acked(heard, 5));
    socket.close();
    expect((await stored(crew)).map((fix) => fix.verdict)).toEqual([0, 3, 1, 2, 0]);
    const dispatcher = await hub.api.token('VUGD', 'dispatcher');
    const { units } = await hub.api.ok<{ units: { id: string; lon: number; ageS: number }[] }>(
      'GET',
      '/api/v1/live',
      undefined,
      dispatcher,
    );
    const live = units.find((unit) => unit.id === crew.unitId)!;
    expect(live.lon).toBeCloseTo(RIGA.lon + 0.0001, 6);
    expect(live.ageS).toBeGreaterThanOrEqual(2);
    const unit = await hub.api.ok<{ setAside: object }>('GET', `/api/v1/units/${crew.unitId}`, undefined, dispatcher);
    expect(unit.setAside).toEqual({ implied_speed: 1, future: 1, null_island: 1 });
  });

  it('T39 a receiver that lost count of the weeks is live and stored at its true time, and marked', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    const made = Date.now() - 3000;
    const items = [{ time: made - 1024 * 7 * 86_400_000, ...RIGA, moving: true }];
    socket.send(JSON.stringify({ type: 'fixes', lane: 'live', seq: 1, items }));
    await eventually('ack 1', () => acked(heard, 1));
    socket.close();
    const { rows } = await hub.database.query(
      'SELECT f.fix_time, f.flags, f.verdict FROM fix f JOIN stream s ON s.id = f.stream_id WHERE s.device_id = $1',
      [crew.deviceId],
    );
    expect(rows).toEqual([{ fix_time: made, flags: FIX_FLAG.moving | FIX_FLAG.timeCorrected, verdict: 0 }]);
    const { live, directory } = hub.tracker.core;
    expect(live.fixTime[directory.units.get(crew.unitId)!.slot]).toBe(made);
  });

  it('T100 what a clock that runs ahead tells counts as of its receipt: what follows still moves the unit', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const { socket, heard } = await rawSocket(hub.crewUrl, crew.token);
    socket.send(hello());
    await eventually('resume', () => resumed(heard));
    const say = (seq: number, time: number, status: string) => {
      const items = [{ kind: 'status', time, status }];
      socket.send(JSON.stringify({ type: 'events', lane: 'alarm', seq, items }));
      return eventually(`outcome ${seq}`, () =>
        heard.map((text) => JSON.parse(text)).find((message) => message.type === 'outcome' && message.seq === seq),
      );
    };
    const before = Date.now();
    expect((await say(1, before + 2 * 86_400_000, 'out_of_service')).outcome).toBe('applied');
    const dispatcher = await hub.api.token('VUGD', 'dispatcher');
    const seen = () =>
      hub.api.ok<{ status: string; statusSince: number }>('GET', `/api/v1/units/${crew.unitId}`, undefined, dispatcher);
    const shown = await eventually('it is shown', async () => {
      const unit = await seen();
      return unit.status === 'out_of_service' && unit;
    });
    expect(shown.statusSince).toBeGreaterThanOrEqual(before);
    expect(shown.statusSince).toBeLessThanOrEqual(Date.now());
    expect((await say(2, Date.now(), 'available')).outcome).toBe('applied');
    const path = `/api/v1/units/${crew.unitId}/status`;
    const enter = (at: number) =>
      hub.api.call<{ code?: string; outcome?: string }>(
        'POST',
        path,
        { status: 'off_duty', at: new Date(at).toISOString() },
        dispatcher,
      );
    expect((await enter(Date.now() + 60_000)).body.code).toBe('time_ahead');
    expect((await enter(Date.now())).body.outcome).toBe('applied');
    socket.close();
  });

  it('T58 a phone that leaves its vehicle is shown; when the vehicle falls silent the phone stands for the unit', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const phoneId = uuidv7();
    const { token } = await hub.api.ok<{ token: string }>(
      'POST',
      '/api/v1/devices',
      { id: phoneId, agencyCode: 'VUGD', kind: 'phone', name: 'komandiera tālrunis', reportIntervalS: 1 },
      admin,
    );
    const binding = { id: uuidv7(), agencyCode: 'VUGD', deviceId: phoneId, unitId: crew.unitId, priority: 50 };
    await hub.api.ok('POST', '/api/v1/device-bindings', binding, admin);
    const [vehicle, phone] = [await rawSocket(hub.crewUrl, crew.token), await rawSocket(hub.crewUrl, token)];
    for (const { socket, heard } of [vehicle, phone]) {
      socket.send(hello());
      await eventually('resume', () => resumed(heard));
    }
    const dispatcher = await hub.api.token('VUGD', 'dispatcher');
    interface Seen {
      readonly sourcesApart: boolean;
      readonly sources: { deviceId: string; live: boolean; fromLiveM: number | null; apart: boolean }[];
    }
    const seen = () => hub.api.ok<Seen>('GET', `/api/v1/units/${crew.unitId}`, undefined, dispatcher);
    let seq = 0;
    const driving = setInterval(() => {
      seq++;
      vehicle.socket.send(fixes(seq, RIGA.lon));
      phone.socket.send(fixes(seq, RIGA.lon + 0.02)); // 1.2 km to the east
    }, 300);
    try {
      const apart = await eventually('it is shown', async () => {
        const unit = await seen();
        return unit.sourcesApart && unit.sources[0]!.live && unit.sources.some((source) => source.apart) && unit;
      });
      expect(apart.sources.map(({ deviceId, live }) => [deviceId, live])).toEqual([
        [crew.deviceId, true],
        [phoneId, false],
      ]);
      expect(apart.sources[1]!.fromLiveM).toBeGreaterThan(1100);
      expect(apart.sources[1]!.fromLiveM).toBeLessThan(1300);
      vehicle.socket.terminate();
      await eventually('the phone stands for the unit', async () => {
        const { sources, sourcesApart } = await seen();
        return sources[1]!.live && !sourcesApart;
      });
    } finally {
      clearInterval(driving);
    }
    phone.socket.close();
  });

  it('T11 a late fix goes to history and never moves the live position back', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const client = crewClient(hub.crewUrl, crew.token, { outbox: new MemoryOutbox() });
    let live = 0;
    client.on('acked', (lane, seq) => {
      if (lane === 'live') live = seq;
    });
    client.start();
    await eventually('resumed', () => resumedOnce(client));
    const now = Date.now();
    client.reportFix({ lon: 24.2, lat: 56.9, time: now - 1000 });
    client.reportFix({ lon: 24.1, lat: 56.9, time: now - 600_000 });
    await eventually('both acked', () => live === 2);
    client.stop();
    expect((await stored(crew)).length).toBe(2);
    const dispatcher = await hub.api.token('VUGD', 'dispatcher');
    const { units } = await hub.api.ok<{ units: { id: string; lon: number }[] }>(
      'GET',
      '/api/v1/live',
      undefined,
      dispatcher,
    );
    expect(units.find((unit) => unit.id === crew.unitId)!.lon).toBeCloseTo(24.2, 6);
  });
});

const greeted = new WeakSet<object>();
/** True once the client was told from where to send. */
function resumedOnce(client: ReturnType<typeof crewClient>): boolean {
  if (!greeted.has(client)) {
    client.on('resumed', () => greeted.add(Object.assign(client, { resumedAt: Date.now() })));
    greeted.add(client);
    return false;
  }
  return 'resumedAt' in client;
}
