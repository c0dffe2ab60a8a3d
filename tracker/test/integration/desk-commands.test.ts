import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CellTable, LiveIndex } from '../../../geo-engine/src/index.js';
import { KeyedCommand, pruneKeys } from '../../src/api/idempotency.js';
import type { Core } from '../../src/core.js';
import { LiveTable } from '../../src/live/live-table.js';
import { UNIT_FLAG } from '../../src/protocol/live-frame.js';
import { Directory } from '../../src/units/directory.js';
import { PositionsByHand } from '../../src/units/position-by-hand.js';
import type { Present } from '../../src/veks/presence.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createAgency,
  createCrew,
  crewClient,
  databaseIsThere,
  eventually,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

interface Answer {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: { readonly code?: string; readonly version?: number; readonly token?: string };
}

describe.skipIf(!databaseIsThere)('commands of desks', () => {
  let home: TestHome;
  let hub: TestTracker;
  let dispatcher: string;

  beforeAll(async () => {
    ({ home, hub } = await setStage(['VUGD'], { FLUSH_INTERVAL_MS: '20', MAX_WAITING_COMMANDS: '20' }));
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
  });
  afterAll(() => clearStage({ home, hub }));

  async function send(method: string, path: string, body: unknown, key: string, token = dispatcher): Promise<Answer> {
    const response = await fetch(`${hub.api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const replayed = response.headers.get('idempotency-replayed') === 'true';
    return { status: response.status, replayed, body: text === '' ? {} : JSON.parse(text) };
  }

  async function createVek(): Promise<string> {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice', priority: 'P3' }, dispatcher);
    return id;
  }
  const versionOf = async (id: string) =>
    (await hub.api.ok<{ version: number }>('GET', `/api/v1/veks/${id}`, undefined, dispatcher)).version;
  const rowsOf = (key: string) =>
    hub.database.query('SELECT * FROM idempotency_key WHERE key = $1', [key]).then(({ rows }) => rows);
  const answerKept = (key: string) =>
    eventually('the answer is kept', async () => (await rowsOf(key)).some(({ status }) => status !== null));

  it('V42 a command sent again with its key is carried out once and gets the first answer', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    const patch = { version: 1, address: 'Brīvības iela 1' };
    const first = await send('PATCH', `/api/v1/veks/${id}`, patch, key);
    expect(first).toMatchObject({ status: 200, body: { version: 2 }, replayed: false });
    await answerKept(key);
    expect(await send('PATCH', `/api/v1/veks/${id}`, patch, key)).toEqual({ ...first, replayed: true });
    // the same without a key is another command, for which the card has moved on
    expect((await hub.api.call('PATCH', `/api/v1/veks/${id}`, patch, dispatcher)).body.code).toBe('version_conflict');
    expect(await versionOf(id)).toBe(2);
  });

  it('V42 so it is when the process ended after the effect and before its answer was kept', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    const patch = { version: 1, summary: 'dūmi' };
    const first = await send('PATCH', `/api/v1/veks/${id}`, patch, key);
    await answerKept(key);
    await hub.database.query('UPDATE idempotency_key SET status = NULL, answer = NULL WHERE key = $1', [key]);
    expect(await send('PATCH', `/api/v1/veks/${id}`, patch, key)).toEqual(first);
    expect(await versionOf(id)).toBe(2);
  });

  it('V42 of many at once one is carried out, and all get its answer', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    const all = await Promise.all(
      Array.from({ length: 8 }, () => send('PATCH', `/api/v1/veks/${id}`, { version: 1, priority: 'P2' }, key)),
    );
    expect(all.map(({ status, body }) => [status, body.version])).toEqual(all.map(() => [200, 2]));
    expect(await versionOf(id)).toBe(2);
  });

  it('V43 a key that was used for another command is refused', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    await send('PATCH', `/api/v1/veks/${id}`, { version: 1, priority: 'P2' }, key);
    const other = await send('PATCH', `/api/v1/veks/${id}`, { version: 2, priority: 'P1' }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    const elsewhere = await send('POST', `/api/v1/veks/${id}/close`, { version: 2 }, key);
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(await versionOf(id)).toBe(2);
    const malformed = await send('PATCH', `/api/v1/veks/${id}`, { version: 2, priority: 'P1' }, 'a key');
    expect([malformed.status, malformed.body.code]).toEqual([400, 'idempotency_key_malformed']);
  });

  it('V44 a key is its sender’s own', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    const colleague = await hub.api.token('VUGD', 'dispatcher', 'commander');
    const patch = { version: 1, priority: 'P2' };
    expect((await send('PATCH', `/api/v1/veks/${id}`, patch, key)).status).toBe(200);
    await answerKept(key);
    expect((await send('PATCH', `/api/v1/veks/${id}`, patch, key, colleague)).body.code).toBe('version_conflict');
    const { rows } = await hub.database.query(
      'SELECT subject, status FROM idempotency_key WHERE key = $1 ORDER BY status',
      [key],
    );
    expect(rows).toEqual([
      { subject: 'VUGD-dispatcher', status: 200 },
      { subject: 'VUGD-dispatcher-commander', status: 409 },
    ]);
  });

  it('V44 a key is good for a day', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    const patch = { version: 1, priority: 'P2' };
    await send('PATCH', `/api/v1/veks/${id}`, patch, key);
    const age = (hours: number) =>
      hub.database.query(`UPDATE idempotency_key SET created_at = now() - $2 * interval '1 hour' WHERE key = $1`, [
        key,
        hours,
      ]);
    await age(23);
    await pruneKeys(hub.database);
    expect((await send('PATCH', `/api/v1/veks/${id}`, patch, key)).status).toBe(200);
    await age(25);
    await pruneKeys(hub.database);
    expect((await send('PATCH', `/api/v1/veks/${id}`, patch, key)).body.code).toBe('version_conflict');
  });

  it('V44 what is shown once is not kept: sent again, such a command says that it was done', async () => {
    const key = uuidv7();
    const admin = await hub.api.token('VUGD', 'admin');
    const device = { id: uuidv7(), agencyCode: 'VUGD', kind: 'phone', name: 'telefons' };
    const first = await send('POST', '/api/v1/devices', device, key, admin);
    expect(first.status).toBe(201);
    const again = await send('POST', '/api/v1/devices', device, key, admin);
    expect([again.status, again.body.code]).toEqual([409, 'answer_shown_once']);
    expect(JSON.stringify(await rowsOf(key))).not.toContain(first.body.token);
  });

  it('V50 a refusal by the state of things is what its key stands for, whatever has changed since', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    const path = `/api/v1/veks/${id}/reopen`;
    const reopen = { version: 2, reason: 'dūmi atkal' };
    const refused = await send('POST', path, reopen, key);
    expect(refused).toMatchObject({ status: 409, body: { code: 'vek_not_ended' }, replayed: false });
    await hub.api.ok('POST', `/api/v1/veks/${id}/close`, { version: 1 }, dispatcher);
    expect(await send('POST', path, reopen, key)).toEqual({ ...refused, replayed: true });
    expect(await versionOf(id)).toBe(2);
    const other = await send('POST', path, { ...reopen, reason: 'cits' }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await send('POST', path, reopen, uuidv7())).body).toEqual({ version: 3 });
  });

  it('V50 of many at once all get the one refusal, and one that finds it kept under its lock does too', async () => {
    const [id, key] = [await createVek(), uuidv7()];
    await hub.api.ok('PATCH', `/api/v1/veks/${id}`, { version: 1, priority: 'P2' }, dispatcher);
    const late = () => send('PATCH', `/api/v1/veks/${id}`, { version: 1, priority: 'P1' }, key);
    const all = await Promise.all(Array.from({ length: 8 }, late));
    expect(all.map(({ status, body }) => [status, body.code])).toEqual(all.map(() => [409, 'version_conflict']));
    expect(await rowsOf(key)).toMatchObject([{ status: 409, outcome: null }]);
    expect(await versionOf(id)).toBe(2);

    // the refusal is kept between the look at the key and the change
    const { changes, database } = hub.tracker.core;
    const owner = { agencyId: hub.tracker.core.directory.agenciesByCode.get('VUGD')!.id, subject: 'a desk' };
    const [first, second] = [0, 1].map(() => new KeyedCommand(changes, owner, key, 'updateVek', ['PATCH', 'it', '{}']));
    expect(await second!.firstAnswer(database)).toBeUndefined();
    await first!.keepRefusal(database, 409, '{"code":"version_conflict"}');
    const change = second!.change([id], () => Promise.reject(new Error('the work was begun')));
    await expect(change).rejects.toMatchObject({ first: { status: 409, body: '{"code":"version_conflict"}' } });
  });

  it('V50 where the same command went through meanwhile, a refusal is not its answer', async () => {
    const { changes, database, directory } = hub.tracker.core;
    const owner = { agencyId: directory.agenciesByCode.get('VUGD')!.id, subject: 'a desk' };
    const [id, key] = [await createVek(), uuidv7()];
    const [refused, done] = [0, 1].map(() => new KeyedCommand(changes, owner, key, 'updateVek', ['PATCH', 'it', '{}']));
    await done!.change([id], async () => 7);
    await expect(refused!.keepRefusal(database, 409, '{}')).rejects.toMatchObject({ code: 'key_in_use' });
    expect(await refused!.change([id], async () => 8)).toBe(7);
  });

  it('V50 a refused command of what is shown once does not say that it was done', async () => {
    const { changes, database, directory } = hub.tracker.core;
    const owner = { agencyId: directory.agenciesByCode.get('VUGD')!.id, subject: 'an administrator' };
    const command = new KeyedCommand(changes, owner, uuidv7(), 'createWebhook', ['POST', 'it', '{}']);
    await command.keepRefusal(database, 409, '{"code":"id_taken"}');
    expect(await command.firstAnswer(database)).toEqual({ status: 409, body: '{"code":"id_taken"}' });
  });

  it('V51 what was malformed, not allowed or not there is judged anew under its key', async () => {
    const [id, key] = [uuidv7(), uuidv7()];
    const patch = { version: 1, priority: 'P2' };
    const missing = await send('PATCH', `/api/v1/veks/${id}`, patch, key);
    expect([missing.status, missing.body.code]).toEqual([404, 'not_found']);
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice' }, dispatcher);
    expect(await send('PATCH', `/api/v1/veks/${id}`, patch, key)).toMatchObject({ status: 200, replayed: false });
    const malformed = uuidv7();
    expect((await send('PATCH', `/api/v1/veks/${id}`, { version: 'two' }, malformed)).status).toBe(400);
    expect(await rowsOf(malformed)).toEqual([]);
  });

  it('V52 where more commands wait than may, the next is refused at once; what waits is carried out', async () => {
    const ids: string[] = [];
    const given: Promise<Answer>[] = [];
    let refusal: Response | undefined;
    const give = async (id: string): Promise<Answer> => {
      const response = await fetch(`${hub.api.url}/api/v1/veks`, {
        method: 'POST',
        headers: { authorization: `Bearer ${dispatcher}`, 'content-type': 'application/json' },
        body: JSON.stringify({ id, channel: 'voice', priority: 'P3' }),
      });
      const body = (await response.json()) as Answer['body'];
      if (body.code === 'overloaded') refusal ??= response;
      return { status: response.status, replayed: false, body };
    };
    await hub.database.transaction(async (tx) => {
      await tx.query('SELECT FROM agency FOR UPDATE'); // no card of an agency can be taken until this ends
      while (refusal === undefined && ids.length < 1000) {
        ids.push(uuidv7());
        given.push(give(ids.at(-1)!));
        await sleep(2);
      }
    });
    expect([refusal?.status, refusal?.headers.get('retry-after')]).toEqual([503, '1']);
    const answers = await Promise.all(given);
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
    for (const [no, { status }] of answers.entries())
      if (status !== 201) await eventually('it is taken', async () => (await give(ids[no]!)).status < 300);
    const stored = await hub.database.query('SELECT 1 FROM vek WHERE id = ANY ($1::uuid[])', [ids]);
    expect(stored.rows).toHaveLength(ids.length);
  });

  /** Who is at this VEK, each time that a console of this agency is told. */
  async function listen(agency: string, about: string): Promise<{ told: string[][]; close(): void }> {
    const token = await hub.api.token(agency, 'dispatcher');
    const socket = io(`${hub.api.url}/console`, { auth: { token }, transports: ['websocket'], forceNew: true });
    const told: string[][] = [];
    socket.on('presence', ({ vekId, present }: { vekId: string; present: Present[] }) => {
      if (vekId === about) told.push(present.map(({ subject, mode }) => `${subject} ${mode}`));
    });
    await new Promise<void>((resolve) => socket.on('connect', () => resolve()));
    return { told, close: () => socket.disconnect() };
  }

  it('V45, V46 desks of the agencies that have a part see at once who is at a VEK, and no others do', async () => {
    const admin = await hub.api.admin();
    for (const code of ['NMPD', 'VP']) await createAgency(hub.api, admin, code);
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice', offerTo: ['NMPD'] }, dispatcher);
    const medics = await listen('NMPD', id);
    const strangers = await listen('VP', id);
    const path = `/api/v1/veks/${id}/presence`;
    await hub.api.ok('PUT', path, { mode: 'viewing' }, dispatcher);
    const nurse = await hub.api.token('NMPD', 'call_taker');
    const { present } = await hub.api.ok<{ present: Present[] }>('PUT', path, { mode: 'editing' }, nurse);
    expect(present.map(({ subject }) => subject)).toEqual(['VUGD-dispatcher', 'NMPD-call_taker']);
    const late = await listen('VUGD', id);
    await eventually('the late one is told', () => late.told.length > 0);
    await hub.api.ok('DELETE', path, undefined, dispatcher);
    await eventually('three changes', () => medics.told.length === 3);
    expect(medics.told).toEqual([
      ['VUGD-dispatcher viewing'],
      ['VUGD-dispatcher viewing', 'NMPD-call_taker editing'],
      ['NMPD-call_taker editing'],
    ]);
    expect(late.told[0]).toHaveLength(2);
    const outsider = await hub.api.call('PUT', path, { mode: 'viewing' }, await hub.api.token('VP', 'dispatcher'));
    expect([outsider.status, outsider.body.code]).toEqual([404, 'not_found']);
    expect(strangers.told).toEqual([]);
    for (const socket of [medics, strangers, late]) socket.close();

    // who opened it first is written down once for each agency
    const { rows } = await hub.database.query('SELECT opened_by FROM vek_opened WHERE vek_id = $1 ORDER BY opened_at', [
      id,
    ]);
    expect(rows.map(({ opened_by }) => opened_by)).toEqual(['VUGD-dispatcher', 'NMPD-call_taker']);
    const audited = await hub.database.query(
      "SELECT 1 FROM audit_entry WHERE action = 'open_vek' AND subject_id = $1",
      [id],
    );
    expect(audited.rows).toHaveLength(2);
  });

  it('V47 a place entered by hand is shown as such, with its own age, until a device says better; also after a restart', async () => {
    const admin = await hub.api.admin();
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const path = `/api/v1/units/${crew.unitId}/position`;
    const enter = (lon: number, at?: number) =>
      hub.api.call<{ shown?: boolean; code?: string }>(
        'PUT',
        path,
        { lon, lat: 56.95, note: 'pa rāciju', ...(at === undefined ? {} : { at: new Date(at).toISOString() }) },
        dispatcher,
      );
    const shown = ({ live, directory }: Pick<Core, 'live' | 'directory'> = hub.tracker.core) => {
      const { slot } = directory.units.get(crew.unitId)!;
      const byHand = (live.flags[slot]! & UNIT_FLAG.enteredByHand) !== 0;
      return { lon: live.lonE7[slot]! / 1e7, at: live.fixTime[slot]!, byHand };
    };
    expect((await enter(24.1, Date.now() + 60_000)).body.code).toBe('time_ahead');
    const anHourAgo = Date.now() - 3_600_000;
    expect((await enter(24.1, anHourAgo)).body).toEqual({ shown: true });
    expect((await enter(24.2, anHourAgo - 1000)).body).toEqual({ shown: false });
    expect(shown()).toEqual({ lon: 24.1, at: anHourAgo, byHand: true });
    // another node, or this one after a restart
    const cells = new CellTable();
    const live = new LiveTable(cells, new LiveIndex(cells));
    const directory = new Directory(hub.database, live);
    await directory.load();
    await new PositionsByHand(hub.database, hub.tracker.core.feed, directory, live).load();
    expect(shown({ live, directory })).toEqual({ lon: 24.1, at: anHourAgo, byHand: true });

    const client = crewClient(hub.crewUrl, crew.token);
    const ready = new Promise<void>((resolve) => client.on('resumed', () => resolve()));
    client.start();
    await ready;
    client.reportFix({ lon: 24.3, lat: 56.95 });
    await eventually('the device’s fix is live', () => shown().lon === 24.3);
    expect(shown().byHand).toBe(false);
    expect((await enter(24.4)).body).toEqual({ shown: false });
    expect(shown().lon).toBe(24.3);
    await client.stop();
  });
});
