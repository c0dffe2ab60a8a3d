import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { EVENT_CATALOGUE } from '../../src/feed/event-catalogue.js';
import { Feed } from '../../src/feed/feed.js';
import { Sequencer } from '../../src/feed/sequencer.js';
import { Lease } from '../../src/store/leases.js';
import { inTime } from '../harness/in-time.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  ApiClient,
  createAgency,
  createCrew,
  createHome,
  crewClient,
  databaseIsThere,
  databaseKind,
  eventually,
  feedIsRead,
  spawnTracker,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

/** More than a sequencer believes that the lease is its own after it has last asked, seconds. */
const BELIEVED_FOR_S = 3;
const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

interface Event {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly cursor: string;
  readonly aggregateversion: number;
}
interface Page {
  readonly events: readonly Event[];
  readonly cursor: string;
}

describe.skipIf(!databaseIsThere)('the contract of the feed', () => {
  let home: TestHome;
  let hub: TestTracker;
  let token: string;

  beforeAll(async () => {
    ({ home, hub } = await setStage(['VUGD', 'VP']));
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator', 'admin');
  });
  afterAll(() => clearStage({ home, hub }));

  const newVek = async (api = hub.api, by = token, fields: object = {}) => {
    const id = uuidv7();
    await api.ok('POST', '/api/v1/veks', { id, channel: 'voice', ...fields }, by);
    return id;
  };
  /** Without what the hub tells by itself, as of VEKs that nobody has answered. */
  const created = 'types=lv.vanags.vek.created.v1';
  const read = (query: string, by = token) => hub.api.ok<Page>('GET', `/api/v1/feed?${query}`, undefined, by);
  const subjects = ({ events }: Page) => events.map(({ subject }) => subject);
  const own = () => hub.tracker.core.directory.agenciesByCode.get('VUGD')!.id;

  describe('sequencing', () => {
    it('F10 when the holder of the lease is gone, another stamps once the lease has run out, and lag is seen meanwhile', async () => {
      await feedIsRead(hub);
      const cursor = (await read('after=now')).cursor;
      // who holds the lease and does nothing
      const holding = new Lease('sequencer', 'a node that is gone', 600_000);
      await eventually('it holds the lease', async () => {
        await hub.database.query("UPDATE lease SET expires_at = '-infinity' WHERE name = 'sequencer'");
        return (await holding.take(hub.database)) !== undefined;
      });
      const metric = async (name: string) => {
        const text = await (await fetch(`${hub.api.url}/metrics`)).text();
        return Number(new RegExp(`^vanags_${name} (\\S+)$`, 'm').exec(text)![1]);
      };
      const veks: string[] = [];
      try {
        // for some seconds our own sequencer still believes that the lease is its own
        await eventually('events wait', async () => {
          veks.push(`vek/${await newVek()}`);
          await sleep(600);
          return (await metric('feed_lag_seconds')) > BELIEVED_FOR_S;
        });
        await eventually('entries wait', async () => (await metric('audit_lag_seconds')) > 0.5);
        expect(subjects(await read(`after=${cursor}&${created}`))).not.toContain(veks.at(-1));
      } finally {
        await new Lease('sequencer', 'a node that is gone', 1000).take(hub.database); // it dies without a word
      }
      await eventually('somebody takes over', async () =>
        subjects(await read(`after=${cursor}&${created}`)).includes(veks.at(-1)!),
      );
      expect(subjects(await read(`after=${cursor}&${created}`))).toEqual(veks);
      await eventually('nothing waits', async () => (await metric('feed_lag_seconds')) === 0);
    });

    it.skipIf(databaseKind !== 'postgres')(
      'F10 of two trackers the one that stamps is killed again and again: every event is there once, in the order of versions',
      async () => {
        const shared = await createHome();
        const start = () => spawnTracker({ ...shared.env, PORT: '0', HOST: '127.0.0.1', DEMO: '1' });
        let [one, two] = await Promise.all([start(), start()]);
        try {
          const api = (of: { port: number }) => new ApiClient(`http://127.0.0.1:${of.port}`);
          const admin = await api(one).admin();
          await createAgency(api(one), admin, 'VUGD');
          const client = await shared.connect();
          const accepted = new Map<string, number>();
          for (let round = 0; round < 2; round++) {
            const by = await eventually('the agency is known there', () =>
              api(two)
                .token('VUGD', 'dispatcher', 'integrator')
                .catch(() => undefined),
            );
            // the one that stamps is the one to be killed
            const holder = await eventually('one of them holds the lease', async () => {
              const { rows } = await client.query<{ holder: string }>(
                "SELECT holder FROM lease WHERE name = 'sequencer'",
              );
              return [one, two].find(({ child }) => rows[0]!.holder.startsWith(`node-${child.pid}/`));
            });
            if (holder === two) [one, two] = [two, one];
            // both write, the first is killed in the middle of it
            const writing = Array.from({ length: 8 }, async (_, i) => {
              for (let n = 0; n < 6; n++) {
                const id = uuidv7();
                const on = i % 2 === 0 ? api(one) : api(two);
                const done = await on
                  .call('POST', '/api/v1/veks', { id, channel: 'voice' }, by)
                  .catch(() => ({ status: 0 }));
                if (done.status !== 201) continue;
                accepted.set(id, 1);
                const changed = await on
                  .call('PATCH', `/api/v1/veks/${id}`, { version: 1, priority: 'P1' }, by)
                  .catch(() => ({ status: 0 }));
                if (changed.status === 200) accepted.set(id, 2);
              }
            });
            await sleep(120);
            await one.kill();
            await Promise.all(writing);
            [one, two] = [two, await start()];
          }
          await eventually(
            'all stamped by who is left',
            async () => (await client.query('SELECT 1 FROM feed_event WHERE position IS NULL')).rows.length === 0,
          );
          const { rows } = await client.query<{ position: string; aggregate_id: string; aggregate_version: number }>(
            'SELECT position, aggregate_id, aggregate_version FROM feed_event WHERE position IS NOT NULL ORDER BY position',
          );
          expect(rows.map(({ position }) => Number(position))).toEqual(rows.map((_, i) => i + 1));
          for (const [id, version] of accepted) {
            const versions = rows.filter((row) => row.aggregate_id === id).map((row) => row.aggregate_version);
            // the last change may have been made without its answer getting through
            expect(versions, id).toEqual(versions.map((_, i) => i + 1));
            expect(versions.length, id).toBeGreaterThanOrEqual(version);
          }
          expect(accepted.size).toBeGreaterThan(5);
          await client.end();
        } finally {
          await one.kill();
          await two.kill();
          await shared.remove();
        }
      },
      180_000,
    );
  });

  describe('envelope', () => {
    it('F12 every event is a CloudEvent 1.0 in the JSON format', async () => {
      await newVek();
      await feedIsRead(hub);
      const { events } = await read('limit=1000');
      expect(events.length).toBeGreaterThan(0);
      for (const event of events as unknown as Record<string, unknown>[]) {
        // CloudEvents 1.0.2, sections 3.1 and 3.1.1: names are lower-case letters and digits, types are few
        for (const [name, value] of Object.entries(event)) {
          expect(name).toMatch(/^[a-z0-9]{1,20}$/);
          if (name !== 'data') expect(['string', 'number', 'boolean']).toContain(typeof value);
        }
        expect(event).toMatchObject({ specversion: '1.0', datacontenttype: 'application/json' });
        for (const name of ['id', 'source', 'type', 'subject']) expect(event[name]).toMatch(/^\S+$/);
        expect(event.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
        expect(Number.isInteger(event.aggregateversion)).toBe(true);
      }
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    });
  });

  describe('filters', () => {
    it('F13 are the same for events in memory and in the table, and for who may read: seeded questions', async () => {
      const seed = 20_261_122;
      const random = createRandom(seed, 'feed');
      const admin = await hub.api.admin();
      for (let i = 0; i < 4; i++) {
        await newVek(hub.api, token, { offerTo: random.chance(0.5) ? ['VP'] : [] });
        await createCrew(hub.api, admin, random.pick(['VUGD', 'VP']));
      }
      await hub.api.ok('POST', '/api/v1/closures', { id: uuidv7(), wayIds: [1], reason: 'x' }, token);
      await feedIsRead(hub);
      const { feed, directory, database } = hub.tracker.core;
      // one that has read nothing has nothing in memory: it asks the table each time
      const fresh = new Feed(database, () => {});
      const last = feed.position; // what the hub tells of its own meanwhile is known to one before the other
      const upToLast = async (from: Feed, ...question: Parameters<Feed['read']>) =>
        (await from.read(...question)).events.filter(({ position }) => position <= last);
      const whole = await upToLast(fresh, 0, 10_000, null);
      expect(await upToLast(feed, 0, 10_000, null)).toEqual(whole);
      const agencies = [...directory.agenciesById.keys()];
      const types = whole.map(({ type }) => type);
      const prefixes = types.map(
        (type) =>
          `${type
            .split('.')
            .slice(0, 2 + random.below(3))
            .join('.')}.*`,
      );
      const subjects = whole.flatMap(({ aggregate: { kind, id } }) => [kind, `${kind}/${id}`]);
      let matched = 0;
      for (let question = 0; question < 200; question++) {
        const some = (list: readonly string[]) =>
          random.chance(0.4) ? [] : Array.from({ length: 1 + random.below(3) }, () => random.pick(list));
        const reader = {
          own: random.pick(agencies),
          seen: agencies.filter(() => random.chance(0.5)),
          filter: { types: some(random.chance(0.5) ? types : prefixes), subjects: some(subjects) },
        };
        const after = random.below(whole.length);
        const limit = 1 + random.below(50);
        const [memory, table] = await Promise.all([feed, fresh].map((from) => upToLast(from, after, limit, reader)));
        const about = `seed ${seed}, question ${question}: ${JSON.stringify(reader)}`;
        expect(
          memory!.map(({ id }) => id),
          about,
        ).toEqual(table!.map(({ id }) => id));
        matched += memory!.length;
      }
      expect(matched).toBeGreaterThan(100);
    });

    it('F13 hold over HTTP and over the socket, and a wrong one is refused', async () => {
      await feedIsRead(hub);
      const { cursor } = await read('after=now');
      const [wanted, other] = [await newVek(), await newVek()];
      await hub.api.ok('PATCH', `/api/v1/veks/${wanted}`, { version: 1, priority: 'P1' }, token);
      await feedIsRead(hub);
      const told = (page: Page) => page.events.map(({ type, subject }) => [type, subject]);
      const query = `types=lv.vanags.vek.created.v1&subjects=vek/${wanted},unit`;
      expect(told(await read(`after=${cursor}&${query}`))).toEqual([['lv.vanags.vek.created.v1', `vek/${wanted}`]]);
      expect(told(await read(`after=${cursor}&types=lv.vanags.vek.*`))).toHaveLength(3);
      expect(told(await read(`after=${cursor}&subjects=unit`))).toEqual([]);
      for (const wrong of ['types=vek', 'types=lv.vanags.%', "subjects=vek'--", 'subjects=vek/1'])
        expect((await hub.api.call('GET', `/api/v1/feed?${wrong}`, undefined, token)).status, wrong).toBe(400);

      const socket = io(`${hub.api.url}/feed`, { auth: { token }, transports: ['websocket'], reconnection: false });
      const got: string[] = [];
      socket.on('events', (events: Event[], _cursor: string, ack: () => void) => {
        got.push(...events.map(({ subject }) => subject));
        ack();
      });
      const start = { after: cursor, types: ['lv.vanags.vek.*'], subjects: [`vek/${other}`] };
      expect(await socket.emitWithAck('start', start)).toMatchObject({ ok: true });
      await eventually('the one', () => got.length > 0);
      expect(got).toEqual([`vek/${other}`]);
      socket.disconnect();
    });
  });

  describe('cursors kept for consumers', () => {
    const path = (name: string) => `/api/v1/feed/consumers/${name}`;

    it('F14 lead on from what was handled, never go back, and are each agency’s own', async () => {
      const name = 'register';
      const ours = `consumer=${name}&${created}`;
      await feedIsRead(hub);
      const { cursor: from } = await read('after=now');
      await hub.api.ok('PUT', path(name), { cursor: from }, token);
      const [first, second] = [await newVek(), await newVek()];
      await feedIsRead(hub);
      const page = await read(`${ours}&limit=1`);
      expect(page.events.map(({ subject }) => subject)).toEqual([`vek/${first}`]);
      // not handled yet: the same again
      expect((await read(`${ours}&limit=1`)).events).toEqual(page.events);
      expect(await hub.api.ok('PUT', path(name), { cursor: page.cursor }, token)).toEqual({ cursor: page.cursor });
      expect((await read(ours)).events[0]!.subject).toBe(`vek/${second}`);
      expect(await hub.api.ok('PUT', path(name), { cursor: from }, token)).toEqual({ cursor: page.cursor });

      const theirs = await hub.api.token('VP', 'integrator');
      expect(await hub.api.ok('PUT', path(name), { cursor: from }, theirs)).toEqual({ cursor: from });
      const list = await hub.api.ok<{ consumers: { consumer: string; cursor: string; behind: number }[] }>(
        'GET',
        '/api/v1/feed/consumers',
        undefined,
        token,
      );
      expect(list.consumers).toMatchObject([{ consumer: name, cursor: page.cursor }]);
      expect(list.consumers[0]!.behind).toBeGreaterThanOrEqual(1);
      expect((await hub.api.call('DELETE', path(name), undefined, token)).status).toBe(204);
      expect((await hub.api.call('DELETE', path(name), undefined, token)).status).toBe(404);
    });

    it('F14 are refused where there is nothing yet: kept, they would pass over what comes', async () => {
      const ahead = Buffer.from(`v1.${(10 ** 9).toString(36)}`).toString('base64url');
      const answer = await hub.api.call('PUT', path('register'), { cursor: ahead }, token);
      expect([answer.status, answer.body.code]).toEqual([409, 'cursor_ahead']);
      // read from, it is of a database that was put back
      const gone = await hub.api.call('GET', `/api/v1/feed?after=${ahead}`, undefined, token);
      expect([gone.status, gone.body.code]).toEqual([410, 'cursor_gone']);
      expect((await hub.api.call('PUT', path('Not+A+Name'), { cursor: ahead }, token)).status).toBe(400);
    });
  });

  describe('the snapshot', () => {
    it('F16 with the feed after its cursor leads to the same state as reading all, whoever writes meanwhile', async () => {
      let writing = true;
      const writers = Array.from({ length: 4 }, async () => {
        while (writing) {
          const id = await newVek();
          await hub.api.ok('PATCH', `/api/v1/veks/${id}`, { version: 1, priority: 'P2' }, token);
        }
      });
      const snapshots: { cursor: string; items: { subject: string; version: number }[] }[] = [];
      for (let i = 0; i < 5; i++) {
        snapshots.push(await hub.api.ok('GET', '/api/v1/feed/snapshot?subjects=vek', undefined, token));
        await sleep(30);
      }
      writing = false;
      await Promise.all(writers);
      await feedIsRead(hub);
      const { rows } = await hub.database.query<{ id: string; version: number }>('SELECT id, version FROM vek');
      const now = new Map(rows.map(({ id, version }) => [`vek/${id}`, version]));
      for (const { cursor, items } of snapshots) {
        const state = new Map(items.map(({ subject, version }) => [subject, version]));
        let after = cursor;
        for (;;) {
          const page = await read(`after=${after}&subjects=vek&limit=1000`);
          if (page.events.length === 0) break;
          for (const { subject, aggregateversion } of page.events) {
            const had = state.get(subject) ?? 0;
            // no version is passed over: what is not in the snapshot follows it
            expect(aggregateversion).toBeLessThanOrEqual(had + 1);
            state.set(subject, Math.max(had, aggregateversion));
          }
          after = page.cursor;
        }
        expect(state).toEqual(now);
      }
    });

    it('F16 shows what the reader may read events of, and no caller’s data', async () => {
      const caller = { phone: '+37129998877', name: 'Zane', note: 'kods 12' };
      const [shared, hidden] = [
        await newVek(hub.api, token, { caller, address: 'Brīvības 1', offerTo: ['VP'] }),
        await newVek(hub.api, token, { caller }),
      ];
      const theirs = await hub.api.token('VP', 'dispatcher');
      const admin = await hub.api.admin();
      const { unitId } = await createCrew(hub.api, admin, 'VUGD');
      const closureId = uuidv7();
      await hub.api.ok('POST', '/api/v1/closures', { id: closureId, wayIds: [1], reason: 'Zane' }, token);
      const taken = (by: string) =>
        hub.api.ok<{ items: { subject: string }[] }>('GET', '/api/v1/feed/snapshot', undefined, by);
      const subjects = async (by: string) => (await taken(by)).items.map(({ subject }) => subject);
      expect(await subjects(theirs)).toContain(`vek/${shared}`);
      expect(await subjects(theirs)).toContain(`closure/${closureId}`);
      expect(await subjects(theirs)).not.toContain(`vek/${hidden}`);
      expect(await subjects(theirs)).not.toContain(`unit/${unitId}`);
      const ours = await subjects(token);
      for (const subject of [`vek/${shared}`, `vek/${hidden}`, `unit/${unitId}`, `agency/${own()}`])
        expect(ours).toContain(subject);
      expect(new Set(ours).size).toBe(ours.length);
      for (const secret of ['+37129998877', 'Zane', 'kods 12', 'Brīvības'])
        expect(JSON.stringify(await taken(token))).not.toContain(secret);
    });
  });

  describe('the AsyncAPI document', () => {
    it('F17 names every type of event that the code knows, and no other', () => {
      const written = new Set<string>();
      for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file === 'feed/event.ts') continue;
        const text = readFileSync(`${SRC}${file}`, 'utf8');
        for (const [, plain, template] of text.matchAll(/type: (?:'(lv\.vanags\.[^']+)'|`(lv\.vanags\.[^`]+)`)/g))
          written.add(plain ?? template!);
      }
      const names = Object.keys(EVENT_CATALOGUE);
      const patterns = [...written].map(
        (type) => new RegExp(`^${type.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[a-z_]+')}$`),
      );
      for (const [i, pattern] of patterns.entries())
        expect(
          names.some((name) => pattern.test(name)),
          `${[...written][i]} is not in the catalogue`,
        ).toBe(true);
      for (const name of names)
        expect(
          patterns.some((pattern) => pattern.test(name)),
          `nothing in the code makes ${name}`,
        ).toBe(true);
    });

    it('F17 describes what is really sent, to the last field, and points at nothing that is not there', async () => {
      const admin = await hub.api.admin();
      const crew = await createCrew(hub.api, admin, 'VUGD');
      const vekId = await newVek(hub.api, token, { offerTo: ['VP'] });
      const [assignmentId, other, closureId] = [uuidv7(), uuidv7(), uuidv7()];
      const client = crewClient(hub.crewUrl, crew.token);
      client.start();
      client.reportFix({ lon: 24.1, lat: 56.9, time: Date.now() });
      client.sos();
      const theirs = await hub.api.token('VP', 'dispatcher');
      await hub.api.ok('POST', `/api/v1/veks/${vekId}/answer`, { answer: 'refused' }, theirs);
      await hub.api.ok('POST', '/api/v1/holds', { id: uuidv7(), unitId: crew.unitId, vekId }, token);
      await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId: crew.unitId }, token);
      await hub.api.ok('POST', `/api/v1/units/${crew.unitId}/status`, { status: 'en_route' }, token);
      await hub.api.ok('DELETE', `/api/v1/assignments/${assignmentId}`, undefined, token);
      await hub.api.ok('POST', '/api/v1/closures', { id: closureId, wayIds: [1], reason: 'x' }, token);
      await hub.api.ok('DELETE', `/api/v1/closures/${closureId}`, undefined, token);
      await hub.api.ok('POST', `/api/v1/devices/${crew.deviceId}/token`, {}, admin);
      await hub.api.ok(
        'POST',
        '/api/v1/webhooks',
        { id: other, url: 'https://receiver.invalid/', types: ['lv.vanags.x.v1'] },
        token,
      );
      await hub.api.ok('DELETE', `/api/v1/webhooks/${other}`, undefined, token);
      await eventually('the call for help', async () =>
        (await read('types=lv.vanags.unit.sos.v1')).events.some(({ subject }) => subject === `unit/${crew.unitId}`),
      );
      client.stop();
      await feedIsRead(hub);

      const text = await (await fetch(`${hub.api.url}/api/v1/asyncapi.json`)).text();
      const document = JSON.parse(text) as {
        asyncapi: string;
        components: { messages: Record<string, { payload: { $ref: string } }>; schemas: Record<string, object> };
      };
      expect(document.asyncapi).toBe('3.0.0');
      for (const [, ref] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
        const found = ref!
          .split('/')
          .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
        expect(found, ref).toBeDefined();
      }
      const sent = new Set<string>();
      let after = '';
      for (;;) {
        const page = await read(`limit=1000${after && `&after=${after}`}`);
        for (const event of page.events) {
          const message = document.components.messages[event.type];
          expect(message, event.type).toBeDefined();
          const schema = document.components.schemas[message!.payload.$ref.split('/').at(-1)!]!;
          const checked = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(event);
          expect(checked.error?.issues, JSON.stringify(event)).toBeUndefined();
          sent.add(event.type.split('.').slice(2, 4).join('.'));
        }
        if (page.events.length === 0) break;
        after = page.cursor;
      }
      expect([...sent]).toEqual(
        expect.arrayContaining([
          'vek.created',
          'vek.changed',
          'vek.service_refused',
          'unit.created',
          'unit.held',
          'unit.sos',
          'unit.status_changed',
          'assignment.created',
          'assignment.cancelled',
          'device.bound',
          'device.token_rotated',
          'closure.added',
          'closure.removed',
          'webhook.created',
          'webhook.removed',
        ]),
      );
    });
  });

  // last: it removes what the others read
  it('F15 what has outlived its time goes in bounded bites; who comes for it is told where to start over', async () => {
    const { cursor: old } = await read('limit=1');
    for (let i = 0; i < 5; i++) await newVek();
    await feedIsRead(hub);
    const { feed } = hub.tracker.core;
    const before = await feed.head();
    await hub.database.query("UPDATE feed_event SET recorded_at = now() - interval '40 days' WHERE position <= $1", [
      before.position - 2,
    ]);
    expect(await feed.prune(30)).toBe(before.position - 2 - before.floor);
    expect(await feed.prune(30)).toBe(0);
    const after = await feed.head(); // the hub may have told of something of its own meanwhile
    expect(after.floor).toBe(before.position - 2);
    expect(after.position).toBeGreaterThanOrEqual(before.position);
    await hub.stop(); // a node that has read them has them in memory still
    hub = await startTestTracker(home);
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator', 'admin');
    const gone = await hub.api.call<{ code: string; snapshot: string }>(
      'GET',
      `/api/v1/feed?after=${old}`,
      undefined,
      token,
    );
    expect([gone.status, gone.body.code, gone.body.snapshot]).toEqual([410, 'cursor_gone', '/api/v1/feed/snapshot']);
    const socket = io(`${hub.api.url}/feed`, { auth: { token }, transports: ['websocket'], reconnection: false });
    const problem = new Promise((resolve) => socket.on('problem', resolve));
    await socket.emitWithAck('start', { after: old });
    expect(await problem).toMatchObject({ code: 'cursor_gone', snapshot: '/api/v1/feed/snapshot' });
    const { cursor, items } = await hub.api.ok<{ cursor: string; items: object[] }>(
      'GET',
      gone.body.snapshot,
      undefined,
      token,
    );
    expect(items.length).toBeGreaterThan(0);
    const vekId = await newVek();
    await eventually('the next event', async () =>
      (await read(`after=${cursor}`)).events.some(({ subject }) => subject === `vek/${vekId}`),
    );
  });

  it('R16 a device’s old token counts beside its new one for the time it was given, and then opens and holds nothing', async () => {
    const admin = await hub.api.admin();
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const knows = (deviceToken: string) =>
      fetch(
        `${hub.api.url}/ingest/osmand?id=${deviceToken}&lat=56.9&lon=24.1&timestamp=${Math.floor(Date.now() / 1000)}`,
      ).then(({ status }) => status === 200);
    const rotate = (overlapS: number) =>
      hub.api.ok<{ token: string; previousUntil: number }>(
        'POST',
        `/api/v1/devices/${crew.deviceId}/token`,
        { overlapS },
        admin,
      );
    expect(await knows(crew.token)).toBe(true);
    const second = await rotate(3600);
    expect([await knows(crew.token), await knows(second.token)]).toEqual([true, true]);
    expect(second.previousUntil).toBeGreaterThan(Date.now() + 3_000_000);

    const client = crewClient(hub.crewUrl, crew.token);
    client.start();
    client.reportFix({ lon: 24.1, lat: 56.9, time: Date.now() });
    const { tracker } = hub;
    const { unitsByHandle } = tracker.core.directory;
    await eventually('the crew is there by its old token', () =>
      [...unitsByHandle.values()].some(({ id, slot }) => id === crew.unitId && tracker.core.live.hasPosition(slot)),
    );
    const closed = new Promise((resolve) => client.on('disconnected', resolve));
    // at once: only the newest is left, and the socket that an older one opened is closed
    const third = await rotate(0);
    expect([await knows(crew.token), await knows(second.token), await knows(third.token)]).toEqual([
      false,
      false,
      true,
    ]);
    await closed;
    client.stop();
    let newest = third.token;
    const older = await inTime(1000, async (ms) => {
      const before = newest;
      newest = (await rotate(ms / 1000)).token;
      return (await knows(before)) && before;
    });
    await eventually('its time is over', async () => !(await knows(older)));
    expect(await knows(newest)).toBe(true);
    await hub.api.ok('DELETE', `/api/v1/devices/${crew.deviceId}`, undefined, admin);
    expect(await knows(newest)).toBe(false);
    expect((await hub.api.call('POST', `/api/v1/devices/${crew.deviceId}/token`, {}, admin)).status).toBe(404);
  });

  it('F10 a sequencer that was stopped gives its lease back, so that the next need not wait', async () => {
    const rival = new Sequencer(
      hub.database,
      'rival',
      () => {},
      (text) => hub.errors.push(text),
    );
    await hub.tracker.core.sequencer.stop();
    rival.start();
    try {
      const { cursor } = await read('after=now');
      const vekId = await newVek();
      rival.kick();
      await eventually('stamped by the rival', async () =>
        (await read(`after=${cursor}`)).events.some(({ subject }) => subject === `vek/${vekId}`),
      );
    } finally {
      await rival.stop();
    }
  });
});
