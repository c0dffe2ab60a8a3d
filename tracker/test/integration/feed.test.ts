import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditRow, auditHash } from '../../src/feed/audit-chain.js';
import { feedSql } from '../../src/feed/feed-sql.js';
import { Sequencer } from '../../src/feed/sequencer.js';
import { rowsLookedAt } from '../harness/rows-looked-at.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createAgency,
  createCrew,
  databaseIsThere,
  databaseKind,
  eventually,
  feedIsRead,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

interface Event {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly aggregateversion: number;
  readonly cursor: string;
  readonly data: { readonly vekId?: string };
}

describe.skipIf(!databaseIsThere)('the feed', () => {
  let home: TestHome;
  let hub: TestTracker;
  let token: string;

  beforeAll(async () => {
    ({ home, hub } = await setStage(['VUGD', 'VP']));
    token = await hub.api.token('VUGD', 'call_taker', 'dispatcher', 'integrator');
  });
  afterAll(() => clearStage({ home, hub }));

  const newVek = async () => {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice' }, token);
    return id;
  };
  /** Without what the hub tells by itself, as of VEKs that nobody has answered. */
  const created = 'types=lv.vanags.vek.created.v1';
  const read = (query: string, by = token) =>
    hub.api.ok<{ events: Event[]; cursor: string }>('GET', `/api/v1/feed?${query}`, undefined, by);

  /** Looks at the positions that are given: the hub may be about to tell of something of its own. */
  const expectDense = async () => {
    const { rows } = await hub.database.query<{ position: number }>(
      'SELECT position FROM feed_event WHERE position IS NOT NULL ORDER BY position',
    );
    expect(rows.map((row) => row.position)).toEqual(rows.map((_, i) => i + 1));
  };

  it('T40 positions are dense, and the events of one VEK stand in the order of its versions, whoever wrote at once', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, newVek));
    // four writers a card, each trying until its change went through
    await Promise.all(
      ids.flatMap((id) =>
        ['P1', 'P2', 'P3', 'P4'].map(async (priority) => {
          for (;;) {
            const { version } = await hub.api.ok<{ version: number }>('GET', `/api/v1/veks/${id}`, undefined, token);
            if ((await hub.api.call('PATCH', `/api/v1/veks/${id}`, { version, priority }, token)).status === 200)
              return;
          }
        }),
      ),
    );
    await feedIsRead(hub);
    await expectDense();
    const { events } = await read('limit=1000');
    for (const id of ids) {
      expect(events.filter((event) => event.subject === `vek/${id}`).map((event) => event.aggregateversion)).toEqual([
        1, 2, 3, 4, 5,
      ]);
    }
  });

  it('T41 reading on from each cursor gives every event once, whatever the page', async () => {
    for (let i = 0; i < 7; i++) await newVek();
    await feedIsRead(hub);
    const whole = (await read('limit=1000')).events.map((event) => event.id);
    expect(whole.length).toBeGreaterThan(7);
    const paged: string[] = [];
    let cursor = '';
    for (;;) {
      const page = await read(`limit=3${cursor ? `&after=${cursor}` : ''}`);
      if (page.events.length === 0) break;
      paged.push(...page.events.map((event) => event.id));
      cursor = page.cursor;
    }
    // the hub may have told of something of its own meanwhile
    expect(paged.slice(0, whole.length)).toEqual(whole);
    expect(new Set(paged).size).toBe(paged.length);
    expect(
      (await hub.api.call<{ code: string }>('GET', '/api/v1/feed?after=rubbish', undefined, token)).body.code,
    ).toBe('cursor_malformed');
  });

  it('T42 an event is read only by agencies it concerns or that were granted to see it', async () => {
    const vekId = await newVek();
    await eventually('stamped', async () =>
      (await read('limit=1000')).events.some((event) => event.data.vekId === vekId),
    );
    const stranger = await hub.api.token('VP', 'dispatcher');
    expect((await read('limit=1000', stranger)).events.filter((event) => event.data.vekId === vekId)).toEqual([]);
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/services`, { agencyCode: 'VP' }, token);
    const offered = await eventually('the offer', async () =>
      (await read('limit=1000', stranger)).events.find((event) => event.data.vekId === vekId),
    );
    expect(offered.type).toBe('lv.vanags.vek.service_offered.v1');
  });

  it('T42 who may see an agency’s units reads of its units, and not of its calls', async () => {
    const admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'NMPD', 'ambulance');
    const reader = await hub.api.token('NMPD', 'dispatcher');
    await hub.api.ok(
      'POST',
      '/api/v1/grants',
      { id: uuidv7(), agencyCode: 'VUGD', granteeCode: 'NMPD', tier: 'see', purpose: 'test' },
      admin,
    );
    const vekId = await newVek();
    const { unitId } = await createCrew(hub.api, admin, 'VUGD');
    const told = await eventually('the unit’s event', async () => {
      const { events } = await read('limit=1000', reader);
      return events.some((event) => event.subject === `unit/${unitId}`) && events;
    });
    expect(told.filter((event) => event.subject === `vek/${vekId}`)).toEqual([]);
    expect(told.filter((event) => event.subject.startsWith('vek/'))).toEqual([]);
  });

  it('T43 a long poll is answered when the event is there, not before and not much after', async () => {
    await feedIsRead(hub);
    const { cursor } = await read('after=now');
    const startedAt = Date.now();
    const waiting = read(`after=${cursor}&wait=30&${created}`);
    const first = await Promise.race([waiting.then(() => 'answered'), sleep(300).then(() => 'waiting')]);
    expect(first).toBe('waiting');
    const vekId = await newVek();
    const { events } = await waiting;
    expect(events.map((event) => event.data.vekId)).toEqual([vekId]);
    // before the end of the 30 s that it would have waited
    expect(Date.now() - startedAt).toBeLessThan(30_000);
  });

  it.skipIf(databaseKind !== 'postgres')(
    'T44 an event of a slow transaction is neither skipped nor put before its time',
    async () => {
      // a transaction that has written its event and not committed: only a real server lets others go on meanwhile
      const agencyId = hub.tracker.core.directory.agenciesByCode.get('VUGD')!.id;
      const slow = await home.connect();
      const slowId = uuidv7();
      await slow.query('BEGIN');
      await slow.query(
        `INSERT INTO feed_event (id, agency_id, concerned, type, aggregate_kind, aggregate_id, aggregate_version, data, at)
       VALUES ($1, $2, ARRAY[$2]::uuid[], 'lv.vanags.vek.created.v1', 'vek', $1, 1, '{}', now())`,
        [slowId, agencyId],
      );
      await feedIsRead(hub);
      const { cursor } = await read('after=now');
      const quick = await newVek();
      const before = await eventually('the quick one', async () => {
        const page = await read(`after=${cursor}&${created}`);
        return page.events.length > 0 && page;
      });
      expect(before.events.map((event) => event.data.vekId)).toEqual([quick]);
      await slow.query('COMMIT');
      await slow.end();
      const after = await eventually('the slow one', async () => {
        const page = await read(`after=${before.cursor}&${created}`);
        return page.events.length > 0 && page;
      });
      expect(after.events.map((event) => event.subject)).toEqual([`vek/${slowId}`]);
    },
  );

  it('T45 two sequencers at once still give dense positions, each once', async () => {
    const rival = new Sequencer(
      hub.database,
      'rival',
      () => {},
      (text) => hub.errors.push(text),
    );
    rival.start();
    try {
      for (let i = 0; i < 20; i++) {
        await newVek();
        rival.kick();
      }
      await feedIsRead(hub);
    } finally {
      await rival.stop();
    }
    await expectDense();
  });

  it('F48 stamping looks at little more than it stamps, also where statistics say that nothing ever waits', async () => {
    const [waiting, stamped] = [3000, 1000];
    await newVek();
    await feedIsRead(hub);
    const connection = await hub.database.connect();
    const head = async () => (await connection.query<{ position: number }>(feedSql.head!)).rows[0]!.position;
    try {
      await connection.query('BEGIN');
      await connection.query(feedSql.lock_head!);
      const before = await head();
      const add = (events: number, position: string) =>
        connection.query(
          `INSERT INTO feed_event (id, position, agency_id, concerned, type, aggregate_kind, aggregate_id, aggregate_version, data, at)
           SELECT gen_random_uuid(), ${position}, e.agency_id, e.concerned, e.type, e.aggregate_kind, e.aggregate_id, n, e.data, e.at
           FROM (SELECT * FROM feed_event LIMIT 1) AS e, generate_series(1, $1) AS n`,
          [events],
        );
      await add(20_000, '-n');
      await connection.query('ANALYZE feed_event');
      await add(waiting, 'NULL');
      const { rows, plan } = await rowsLookedAt(connection, feedSql.stamp!, [stamped]);
      expect(rows, plan).toBeLessThan(20 * stamped);
      expect(await head()).toBe(before + stamped);
    } finally {
      await connection.query('ROLLBACK');
      await connection.end();
    }
  });

  it('T46 a consumer by socket gets every event in order, the next batch only after its ack, and goes on from its cursor', async () => {
    const open = () => io(`${hub.api.url}/feed`, { auth: { token }, transports: ['websocket'], reconnection: false });
    await feedIsRead(hub);
    const { cursor: from } = await read('after=now');
    const types = ['lv.vanags.vek.created.v1'];
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push(await newVek());
    const got: string[] = [];
    let last = '';
    const first = open();
    const stalled = new Promise<void>((resolve) => {
      first.on('events', (events: Event[], cursor: string) => {
        got.push(...events.map((event) => event.data.vekId!));
        last = cursor;
        resolve(); // no ack: nothing more may come
      });
    });
    await first.emitWithAck('start', { after: from, types });
    await stalled;
    ids.push(await newVek());
    await sleep(400);
    const before = got.length;
    first.disconnect();
    expect(before).toBeLessThan(6);

    const second = open();
    second.on('events', (events: Event[], cursor: string, ack: () => void) => {
      got.push(...events.map((event) => event.data.vekId!));
      last = cursor;
      ack();
    });
    expect(await second.emitWithAck('start', { after: last, types })).toMatchObject({ ok: true });
    await eventually('all six', () => got.length >= 6);
    second.disconnect();
    expect(got).toEqual(ids);
  });

  it('T47 a cursor older than what is kept is told so', async () => {
    const { cursor } = await read('limit=1');
    await newVek();
    await feedIsRead(hub);
    await hub.database.query("UPDATE feed_event SET recorded_at = now() - interval '40 days'");
    await hub.tracker.core.feed.prune(30);
    const fresh = await startTestTracker({ ...home, env: { ...home.env } }, {}).catch(() => undefined);
    // the node that has read them still has the events in memory; one that starts later has not
    const asker = fresh ?? hub;
    if (fresh !== undefined) {
      const answer = await asker.api.call<{ code: string }>(
        'GET',
        `/api/v1/feed?after=${cursor}`,
        undefined,
        await asker.api.token('VUGD', 'dispatcher'),
      );
      expect([answer.status, answer.body.code]).toEqual([410, 'cursor_gone']);
      await fresh.stop();
    } else expect((await hub.tracker.core.feed.head()).floor).toBeGreaterThan(1);
  });

  it('T48 the audit log is one chain of hashes, and a changed row breaks it', async () => {
    const { rows } = await hub.database.query<AuditRow & { position: number; hash: Buffer }>(
      'SELECT * FROM audit_entry WHERE position IS NOT NULL ORDER BY position',
    );
    expect(rows.length).toBeGreaterThan(10);
    const broken = (entries: typeof rows) => {
      let previous: Uint8Array = Buffer.alloc(32);
      return entries.findIndex((entry) => {
        const good = auditHash(previous, entry.position, entry).equals(entry.hash);
        previous = entry.hash;
        return !good;
      });
    };
    expect(broken(rows)).toBe(-1);
    expect(broken(rows.map((entry, i) => (i === 4 ? { ...entry, actor: 'somebody else' } : entry)))).toBe(4);
    expect(broken(rows.filter((_, i) => i !== 6))).toBe(6);
  });
});
