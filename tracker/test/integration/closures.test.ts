import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERYTHING } from '../../src/feed/event-filter.js';
import { inTime } from '../harness/in-time.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  databaseIsThere,
  eventually,
  feedIsRead,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const SQUARE = {
  type: 'Polygon',
  coordinates: [
    [
      [24.1, 56.94],
      [24.11, 56.94],
      [24.11, 56.95],
      [24.1, 56.95],
      [24.1, 56.94],
    ],
  ],
};
const LINE = {
  type: 'LineString',
  coordinates: [
    [24.1, 56.94],
    [24.1234567, 56.9512345],
  ],
};
const REASON = 'Avārija pie Zane Paraugkalna mājas';

interface Closure {
  readonly id: string;
  readonly shape: unknown;
  readonly wayIds: readonly number[] | null;
  readonly speedShare: number;
  readonly validFrom: number;
  readonly validUntil: number | null;
  readonly createdBy: string;
  readonly inForce: boolean;
}

describe.skipIf(!databaseIsThere)('closures', () => {
  let home: TestHome;
  let hub: TestTracker;
  let fire: string;
  let police: string;

  beforeAll(async () => {
    ({ home, hub } = await setStage(['VUGD', 'VP'], { FLUSH_INTERVAL_MS: '20' }));
    fire = await hub.api.token('VUGD', 'dispatcher');
    police = await hub.api.token('VP', 'commander');
  });
  afterAll(() => clearStage({ home, hub }));

  const close = (body: object, token = fire) =>
    hub.api.call<{ code?: string; version?: number; detail?: string }>('POST', '/api/v1/closures', body, token);
  const list = async (token = fire) =>
    (await hub.api.ok<{ closures: Closure[] }>('GET', '/api/v1/closures', undefined, token)).closures;
  const open = (id: string, token = fire) => hub.api.call('DELETE', `/api/v1/closures/${id}`, undefined, token);
  const closed = (fields: object = {}) => ({ id: uuidv7(), shape: SQUARE, reason: REASON, ...fields });

  it('T80 are kept as they were given, to the centimetre, and seen by every desk', async () => {
    const from = new Date(Date.now() + 3_600_000).toISOString();
    const until = new Date(Date.now() + 7_200_000).toISOString();
    const given = [
      closed(),
      closed({
        shape: LINE,
        speedShare: 0.3,
        direction: 'backward',
        emergencyPasses: true,
        validFrom: from,
        validUntil: until,
      }),
      closed({ shape: null, wayIds: [1, 4_294_967_297, Number.MAX_SAFE_INTEGER] }),
    ];
    for (const closure of given) expect((await close(closure)).status).toBe(201);
    for (const token of [fire, police, await hub.api.token('VP', 'call_taker')]) {
      const shown = (await list(token)).filter(({ id }) => given.some((closure) => closure.id === id));
      expect(shown).toMatchObject([
        { shape: SQUARE, wayIds: null, speedShare: 0, validUntil: null, inForce: true, createdBy: 'VUGD-dispatcher' },
        {
          shape: LINE,
          direction: 'backward',
          emergencyPasses: true,
          speedShare: 0.3,
          validFrom: Date.parse(from),
          validUntil: Date.parse(until),
          inForce: false,
        },
        { shape: null, wayIds: [1, 4_294_967_297, Number.MAX_SAFE_INTEGER] },
      ]);
    }
    for (const { id } of given) await open(id);
  });

  it('T81 entered again with the same id changes nothing, and another agency cannot take the id', async () => {
    const closure = closed();
    expect((await close(closure)).status).toBe(201);
    expect(await close({ ...closure, speedShare: 0.5 })).toMatchObject({ status: 200, body: { version: 1 } });
    expect(await close(closure, police)).toMatchObject({ status: 409, body: { code: 'id_taken' } });
    const { rows } = await hub.database.query('SELECT 1 FROM feed_event WHERE aggregate_id = $1', [closure.id]);
    expect(rows).toHaveLength(1);
    expect((await list()).find(({ id }) => id === closure.id)?.speedShare).toBe(0);
    await open(closure.id);
  });

  it('T81 two desks that enter the same id at once make one', async () => {
    const closure = closed();
    const answers = await Promise.all(Array.from({ length: 6 }, () => close(closure)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    await open(closure.id);
  });

  it('T82 are removed by the agency that entered them or that it lets command, and again without harm', async () => {
    const closure = closed();
    await close(closure);
    expect(await open(closure.id, police)).toMatchObject({ status: 403, body: { code: 'agency_not_allowed' } });
    expect((await open(closure.id)).status).toBe(204);
    expect((await list()).map(({ id }) => id)).not.toContain(closure.id);
    expect((await open(closure.id)).status).toBe(204);
    expect(await open(uuidv7())).toMatchObject({ status: 404, body: { code: 'closure_unknown' } });
    // a late repetition of the first command does not close the road again
    expect((await close(closure)).status).toBe(200);
    expect((await list()).map(({ id }) => id)).not.toContain(closure.id);
  });

  it('T83 end by themselves, without a word on the feed', async () => {
    const closure = await inTime(600, async (ms) => {
      const body = closed({ validUntil: new Date(Date.now() + ms).toISOString() });
      await close(body);
      return (await list()).find(({ id }) => id === body.id);
    });
    await eventually('it is over', async () => !(await list()).some(({ id }) => id === closure.id));
    const { rows } = await hub.database.query<{ type: string }>('SELECT type FROM feed_event WHERE aggregate_id = $1', [
      closure.id,
    ]);
    expect(rows.map(({ type }) => type)).toEqual(['lv.vanags.closure.added.v1']);
    expect((await open(closure.id)).status).toBe(204);
  });

  it('T84 are on the feed of every agency, in order, without what somebody wrote', async () => {
    interface Event {
      readonly type: string;
      readonly subject: string;
      readonly data: Record<string, unknown>;
    }
    const listener = await hub.api.token('VP', 'integrator');
    const { cursor } = await hub.api.ok<{ cursor: string }>('GET', '/api/v1/feed?after=now', undefined, listener);
    const closure = closed({ speedShare: 0.25 });
    await close(closure);
    await open(closure.id);
    const events = await eventually('both events', async () => {
      const page = await hub.api.ok<{ events: Event[] }>('GET', `/api/v1/feed?after=${cursor}`, undefined, listener);
      const own = page.events.filter(({ subject }) => subject === `closure/${closure.id}`);
      return own.length === 2 && own;
    });
    expect(events.map(({ type }) => type)).toEqual(['lv.vanags.closure.added.v1', 'lv.vanags.closure.removed.v1']);
    expect(events[0]!.data).toMatchObject({ closureId: closure.id, speedShare: 0.25, validUntil: null });
    expect(JSON.stringify(events)).not.toContain('Zane');
    // read from the table too, as a consumer does that comes late
    const late = await hub.tracker.core.feed.read(0, 10_000, {
      own: hub.tracker.core.directory.agenciesByCode.get('VP')!.id,
      seen: [],
      filter: EVERYTHING,
    });
    expect(late.events.filter(({ aggregate }) => aggregate.id === closure.id)).toHaveLength(2);
  });

  it('T84 leave who entered and who removed them in the audit log', async () => {
    const closure = closed();
    await close(closure);
    await close(closure);
    await open(closure.id);
    await open(closure.id);
    const { rows } = await hub.database.query(
      'SELECT actor, action, source_ip FROM audit_entry WHERE subject_id = $1 ORDER BY seq',
      [closure.id],
    );
    const entry = (action: string) => ({ actor: 'VUGD-dispatcher', action, source_ip: '127.0.0.1' });
    expect(rows).toEqual([entry('create_closure'), entry('remove_closure')]);
  });

  it('T85 are known to a tracker that starts after they were entered, and to one that only reads the feed', async () => {
    const closure = closed();
    await close(closure);
    const over = closed({ validUntil: new Date(Date.now() + 100).toISOString() });
    await close(over);
    const known = () => hub.tracker.core.closures.open(Date.now()).map(({ id }) => id);
    await feedIsRead(hub); // what is told of it from here on is what we tell
    // as it is on another node: nothing but the feed tells it
    await hub.database.query('UPDATE closure SET removed_at = now(), removed_by = $2 WHERE id = $1', [
      closure.id,
      'other',
    ]);
    expect(known()).toContain(closure.id);
    await hub.tracker.core.changes.change([closure.id], async (_tx, records) =>
      records.event({
        type: 'lv.vanags.closure.removed.v1',
        agencyId: hub.tracker.core.directory.agenciesByCode.get('VUGD')!.id,
        aggregate: { kind: 'closure', id: closure.id, version: 2 },
        data: { closureId: closure.id },
        at: Date.now(),
      }),
    );
    await eventually('the feed has told', () => !known().includes(closure.id));
    const staying = closed();
    await close(staying);
    await eventually('the short one is over', () => !known().includes(over.id));
    await hub.stop();
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20' });
    expect([staying, closure, over].map(({ id }) => known().includes(id))).toEqual([true, false, false]);
    await open(staying.id);
  });

  it.each<[string, object, number, string]>([
    ['nothing to lie on', { shape: null }, 400, 'request_malformed'],
    ['a shape and ways', { wayIds: [1] }, 400, 'request_malformed'],
    ['no reason', { reason: '  ' }, 400, 'request_malformed'],
    [
      'an open ring',
      { shape: { type: 'Polygon', coordinates: [SQUARE.coordinates[0]!.slice(0, 4)] } },
      400,
      'request_malformed',
    ],
    [
      'a place outside of the world',
      {
        shape: {
          type: 'LineString',
          coordinates: [
            [24, 56],
            [24, 91],
          ],
        },
      },
      400,
      'request_malformed',
    ],
    ['a point', { shape: { type: 'Point', coordinates: [24, 56] } }, 400, 'request_malformed'],
    ['a speed that is none', { speedShare: 1 }, 400, 'request_malformed'],
    ['ways that are no numbers', { shape: null, wayIds: ['1'] }, 400, 'request_malformed'],
    [
      'an end before its beginning',
      { validFrom: '2030-01-02T00:00:00Z', validUntil: '2030-01-01T00:00:00Z' },
      400,
      'request_malformed',
    ],
    ['a time that is over', { validUntil: '2020-01-01T00:00:00Z' }, 422, 'closure_over'],
  ])('T86 with %s are refused by a code, and nothing is stored', async (_what, fields, status, code) => {
    const closure = closed(fields);
    expect(await close(closure)).toMatchObject({ status, body: { code } });
    const { rows } = await hub.database.query('SELECT 1 FROM closure WHERE id = $1', [closure.id]);
    expect(rows).toHaveLength(0);
  });

  it('T87 are bounded in number', async () => {
    await hub.database.query(
      `INSERT INTO closure (id, agency_id, way_ids, speed_share, reason, valid_from, created_by)
       SELECT gen_random_uuid(), (SELECT id FROM agency WHERE code = 'VUGD'), ARRAY[1], 0, 'bulk', now(), 'test' FROM generate_series(1, 1000)`,
    );
    expect(await close(closed())).toMatchObject({ status: 409, body: { code: 'too_many_closures', most: 1000 } });
    await hub.database.query(`DELETE FROM closure WHERE reason = 'bulk'`);
    const closure = closed();
    expect((await close(closure)).status).toBe(201);
    await open(closure.id);
  });
});
