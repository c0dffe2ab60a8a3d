import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttentionKind } from '../../src/protocol/attention.js';
import type { Queryable } from '../../src/store/database.js';
import type { AttentionItem } from '../../src/veks/attention.js';
import { USUAL_ATTENTION_POLICY } from '../../src/veks/attention-policy.js';
import { attentionSql } from '../../src/veks/attention-sql.js';
import { AttentionWatch } from '../../src/veks/attention-watch.js';
import { allEvents } from '../harness/all-events.js';
import { rowsLookedAt } from '../harness/rows-looked-at.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createCrew,
  databaseIsThere,
  databaseKind,
  eventually,
  spawnTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const DAY_S = 86_400;

interface Told {
  readonly type: string;
  readonly data: { readonly attentionId?: string; readonly level?: string };
}

describe.skipIf(!databaseIsThere)('what waits for a person', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;
  let medics: string;
  /** A second node’s, from the test of it on. */
  let other: AttentionWatch | undefined;

  beforeAll(async () => {
    ({ home, hub, admin } = await setStage(['VUGD', 'NMPD']));
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
    medics = await hub.api.token('NMPD', 'dispatcher');
  });
  afterAll(async () => {
    await other?.stop();
    await clearStage({ home, hub });
  });

  /** A card that came so long ago. */
  async function createVek(priority: string | null, secondsAgo: number, fields: object = {}): Promise<string> {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice', priority, ...fields }, dispatcher);
    await ago('vek', 'created_at', 'id', id, secondsAgo);
    return id;
  }
  /** Moves an instant into the past, in the place of waiting. */
  const ago = (table: string, column: string, key: string, id: string, seconds: number) =>
    hub.database.query(
      `UPDATE ${table} SET ${column} = clock_timestamp() - $2 * interval '1 second' WHERE ${key} = $1`,
      [id, seconds],
    );
  const items = async (token = dispatcher, which = 'open') =>
    (await hub.api.ok<{ items: AttentionItem[] }>('GET', `/api/v1/attention?which=${which}`, undefined, token)).items;
  const raised = (kind: AttentionKind, about: string, token = dispatcher) =>
    eventually(`${kind} is raised`, async () =>
      (await items(token)).find(
        (item) => item.kind === kind && [item.vekId, item.unitId, item.assignmentId].includes(about),
      ),
    );
  const cleared = (id: string, token = dispatcher) =>
    eventually('it is cleared', async () => !(await items(token)).some((item) => item.id === id));
  const acknowledge = (id: string, token = dispatcher) =>
    hub.api.call('POST', `/api/v1/attention/${id}/acknowledge`, undefined, token);
  const look = (id: string) => hub.api.ok('PUT', `/api/v1/veks/${id}/presence`, { mode: 'viewing' }, dispatcher);
  const told = async (id: string, token = dispatcher) =>
    (await allEvents<Told>(hub.api, token))
      .filter(({ data }) => data.attentionId === id)
      .map(({ type }) => type.split('.').at(-2));
  /** Another node’s. */
  const watchOf = (holder: string) =>
    new AttentionWatch(hub.database, hub.tracker.core.changes, holder, (text, error) =>
      hub.errors.push(`${text}: ${error}`),
    );
  const setPolicy = (code: string, policy: object) =>
    hub.api.ok('PUT', `/api/v1/agencies/${code}/attention-policy`, policy, admin);
  async function send(vekId: string, unitId: string): Promise<string> {
    const id = uuidv7();
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id, unitId }, dispatcher);
    return id;
  }

  it('V32, V41 a card that nobody looks at is told of to all desks, once, until somebody does', async () => {
    const id = await createVek('P1', 40);
    const item = await raised('vek_unopened', id);
    expect(item).toMatchObject({ level: 'agency', desk: null, acknowledged: null, quiet: false });
    expect((await acknowledge(item.id, medics)).status).toBe(404);
    await look(id);
    await cleared(item.id);
    expect(
      await eventually('its end on the feed', async () => {
        const what = await told(item.id);
        return what.includes('cleared') && what;
      }),
    ).toEqual(['raised', 'cleared']);
  });

  it('V33, V34, V39 acknowledging quiets what waits, but never a life-threatening card without a unit', async () => {
    await setPolicy('VUGD', { escalateAfterS: { P1: 1 } });
    const id = await createVek('P1', 100);
    await look(id);
    const [unanswered, without] = [await raised('vek_unanswered', id), await raised('vek_without_unit', id)];
    for (const item of [unanswered, without]) expect((await acknowledge(item.id)).status).toBe(204);
    const again = await eventually('it is told again', async () =>
      (await items()).find((item) => item.id === without.id && item.acknowledged !== null && !item.quiet),
    );
    expect(again.acknowledged!.by).toBe('VUGD-dispatcher');
    const quiet = (await items()).find((item) => item.id === unanswered.id)!;
    expect(quiet).toMatchObject({ quiet: true, dueAt: null });
    await eventually('told at the last level again and again', async () =>
      (await told(without.id)).includes('repeated'),
    );

    const crew = await createCrew(hub.api, admin, 'VUGD');
    const assignmentId = await send(id, crew.unitId);
    await cleared(without.id);
    await cleared(unanswered.id);
    // it loses its unit: that is another wait, counted anew
    await hub.api.ok('DELETE', `/api/v1/assignments/${assignmentId}`, undefined, dispatcher);
    await ago('assignment_milestone', 'received_at', 'assignment_id', assignmentId, 95);
    expect((await raised('vek_without_unit', id)).id).not.toBe(without.id);
    await setPolicy('VUGD', {});
  });

  it('V54 what waits is found by a look at each card, also of thousands that came at once, when statistics know of none', async () => {
    const cards = 2000;
    const id = await createVek('P1', 0);
    const connection = await hub.database.connect();
    try {
      await connection.query('BEGIN');
      const addCards = (status: string, sign: string) =>
        connection.query(
          `INSERT INTO vek OVERRIDING SYSTEM VALUE
           SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(), 'number', ${sign} n, 'status', $3::text))).*
           FROM vek v, generate_series(1, $2) AS n WHERE v.id = $1`,
          [id, cards, status],
        );
      await addCards('closed', '-');
      await connection.query(
        `INSERT INTO attention (id, cause, kind, agency_id, owner_id, since, level, cleared_at)
         SELECT gen_random_uuid(), 'long over ' || id, 'vek_without_unit', agency_id, agency_id, now(), 1, now() FROM vek`,
      );
      await connection.query('ANALYZE vek, attention');
      await addCards('new', `${-cards} -`);
      // half of them are raised already, and as much that was raised is over
      await connection.query(
        `INSERT INTO attention (id, cause, kind, agency_id, owner_id, since, level)
         SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN cause ELSE 'over ' || n END, kind, agency_id, owner_id, since, 1
         FROM (SELECT *, row_number() OVER () AS n FROM attention_cause WHERE kind = 'vek_without_unit') AS c ON CONFLICT DO NOTHING`,
      );
      const { rows, plan } = await rowsLookedAt(connection, attentionSql.waiting, [
        JSON.stringify(USUAL_ATTENTION_POLICY),
        200,
      ]);
      expect(rows, plan).toBeLessThan(100 * cards);
    } finally {
      await connection.query('ROLLBACK');
      await connection.end();
    }
  });

  it('V34 no policy takes a life-threatening card without a unit away', async () => {
    for (const P1 of [null, 601]) {
      const policy = { limitS: { vek_without_unit: { P1 } } };
      const answer = await hub.api.call('PUT', '/api/v1/agencies/VUGD/attention-policy', policy, admin);
      expect([answer.status, answer.body.code]).toEqual([400, 'request_malformed']);
    }
  });

  it('V38, V41 is told level by level: the agency, its commander, at last the owner of the card, who knew nothing before', async () => {
    await setPolicy('NMPD', { escalateAfterS: { P2: 1 } });
    const id = await createVek('P2', 0, { offerTo: ['NMPD'] });
    await ago('vek_service', 'offered_at', 'vek_id', id, 70);
    const item = await raised('part_unanswered', id, medics);
    const atOwner = await raised('part_unanswered', id);
    expect(atOwner).toMatchObject({ id: item.id, level: 'owner', dueAt: null, repeats: 2 });
    const events = await eventually('all is on the feed', async () => {
      const what = await told(item.id, medics);
      return what.length === 3 && what;
    });
    expect(events).toEqual(['raised', 'escalated', 'escalated']);
    expect(await told(item.id)).toEqual(['escalated']);
    expect((await acknowledge(item.id)).status).toBe(204);
    await hub.api.ok('POST', `/api/v1/veks/${id}/answer`, { answer: 'accepted' }, medics);
    await cleared(item.id);
  });

  it('V35 an offer that is not answered in time is over, and the owner is told until it acts', async () => {
    const id = await createVek('P3', 0);
    const offer = { agencyCode: 'NMPD', respondWithinS: 1 };
    await hub.api.ok('POST', `/api/v1/veks/${id}/services`, offer, dispatcher);
    const item = await raised('part_returned', id);
    const { services } = await hub.api.ok<{ services: { status: string }[] }>(
      'GET',
      `/api/v1/veks/${id}`,
      undefined,
      dispatcher,
    );
    expect(services.map(({ status }) => status)).toContain('timed_out');
    await hub.api.ok('POST', `/api/v1/veks/${id}/services`, { agencyCode: 'NMPD' }, dispatcher);
    await cleared(item.id);
  });

  it('V36, V37 a crew that does not answer, is long in a status, or long on scene', async () => {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const id = await createVek('P1', 0);
    const assignmentId = await send(id, crew.unitId);
    await ago('assignment', 'created_at', 'id', assignmentId, 40);
    const silent = await raised('assignment_unacknowledged', assignmentId);
    expect(silent).toMatchObject({ level: 'desk', desk: 'VUGD-dispatcher', unitId: crew.unitId, vekId: id });
    await hub.api.ok('POST', `/api/v1/units/${crew.unitId}/status`, { status: 'on_scene' }, dispatcher);
    await cleared(silent.id);

    await ago('unit', 'status_since', 'id', crew.unitId, 5 * 3600);
    const [long, check] = [await raised('status_too_long', crew.unitId), await raised('safety_check', crew.unitId)];
    expect(long.vekId).toBe(id);
    await acknowledge(check.id);
    await cleared(check.id);
    // counted from the answer
    await ago('attention', 'acknowledged_at', 'id', check.id, 21 * 60);
    expect((await raised('safety_check', crew.unitId)).id).not.toBe(check.id);
    await hub.api.ok('POST', `/api/v1/units/${crew.unitId}/status`, { status: 'available' }, dispatcher);
    await cleared(long.id);
  });

  it('V31 nothing is raised twice, nor forgotten, when another node goes on', async () => {
    const id = await createVek('P2', 200);
    const before = [await raised('vek_unopened', id), await raised('vek_unanswered', id)];
    await acknowledge(before[0]!.id);
    await other?.stop();
    other = watchOf('other');
    other.start();
    await hub.tracker.core.attentionWatch.stop();
    const fresh = await createVek('P2', 70); // once this is raised, the watch has looked at all
    await raised('vek_unopened', fresh);
    const after = (await items(dispatcher, 'all')).filter(({ vekId }) => vekId === id);
    expect(after.map((item) => item.id).sort()).toEqual(before.map((item) => item.id).sort());
    expect(after.find((item) => item.id === before[0]!.id)!.acknowledged).not.toBeNull();
    const metrics = await (await fetch(`${hub.api.url}/metrics`)).text();
    expect(metrics).toMatch(/vanags_attention_open\{kind="vek_unanswered"\} [1-9]/);
    expect(metrics).toMatch(/vanags_attention_oldest_seconds\{kind="vek_unanswered"\} \d/);
  });

  // the embedded database goes with its tracker, which then is the only one there is
  it.skipIf(databaseKind !== 'postgres')(
    'V31 the node that tells is killed: another tells on, of the same and at its next level',
    async () => {
      await other?.stop();
      await hub.tracker.core.attentionWatch.stop();
      await setPolicy('VUGD', { escalateAfterS: { P1: 3600 } });
      const killed = await spawnTracker({ ...home.env, PORT: '0', HOST: '127.0.0.1' });
      try {
        await eventually('it is the one that tells', async () => {
          const { rows } = await hub.database.query<{ holder: string }>(
            "SELECT holder FROM lease WHERE name = 'attention' AND expires_at > now()",
          );
          return rows[0]?.holder.startsWith(`node-${killed.child.pid}/`);
        });
        const id = await createVek('P1', 100);
        const item = await raised('vek_without_unit', id);
        expect(item).toMatchObject({ level: 'agency', repeats: 0 });
        await killed.kill();
        other = watchOf('next');
        other.start();
        await ago('attention', 'due_at', 'id', item.id, 1);
        await eventually('it is told to the commander', async () =>
          (await items()).some((each) => each.id === item.id && each.level === 'commander'),
        );
        const ofCard = (await items(dispatcher, 'all')).filter((each) => each.vekId === id && each.kind === item.kind);
        expect(ofCard.map((each) => each.id)).toEqual([item.id]);
      } finally {
        await killed.kill();
        await setPolicy('VUGD', {});
      }
    },
  );

  it('V40 limits are an agency’s own; what it leaves out is as usual', async () => {
    const policy = { limitS: { vek_unopened: { P4: 5 }, safety_check: { P1: null } } };
    await setPolicy('VUGD', policy);
    const { limitS } = await hub.api.ok<{ limitS: Record<string, Record<string, number | null>> }>(
      'GET',
      '/api/v1/agencies/VUGD/attention-policy',
      undefined,
      dispatcher,
    );
    expect(limitS.vek_unopened).toEqual({ P1: 30, P2: 60, P3: 180, P4: 5 });
    expect(limitS.safety_check!.P1).toBeNull();
    await raised('vek_unopened', await createVek('P4', 6));
    await setPolicy('VUGD', {});
  });

  it('V31 what waits, and for how long, is what a look at every row says', async () => {
    const SEED = 20_260_203;
    const tables = hub.database;
    const random = seeded(SEED);
    const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
    const { rows: agencies } = await tables.query<{ id: string }>('SELECT id FROM agency ORDER BY id');
    const aDayAgo = Date.now() - DAY_S * 1000;
    const instant = () => new Date(aDayAgo + Math.floor(random() * DAY_S) * 1000);
    const units: string[] = [];
    for (let i = 0; i < 30; i++) {
      const id = uuidv7();
      units.push(id);
      await tables.query(
        `INSERT INTO unit (id, agency_id, callsign, kind, status, status_since) VALUES ($1, $2, $3, 'x', $4, $5)`,
        [id, pick(agencies).id, id, pick(['available', 'dispatched', 'on_scene', 'returning', 'off_duty']), instant()],
      );
    }
    const free = [...units];
    for (let i = 0; i < 120; i++) {
      const id = uuidv7();
      const status = pick(['new', 'recommended', 'assigned', 'in_progress', 'resolved', 'closed', 'cancelled']);
      await tables.query(
        `INSERT INTO vek (id, agency_id, channel, priority, status, received_at, created_at, reopened_at) VALUES ($1, $2, 'voice', $3, $4, $5, $5, $6)`,
        [
          id,
          pick(agencies).id,
          pick(['P1', 'P2', 'P3', 'P4', null]),
          status,
          instant(),
          random() < 0.2 ? instant() : null,
        ],
      );
      if (random() < 0.3)
        await tables.query(`INSERT INTO vek_opened (vek_id, agency_id, opened_by) VALUES ($1, $2, 'x')`, [
          id,
          agencies[0]!.id,
        ]);
      for (const { id: agencyId } of agencies) {
        if (random() < 0.5) continue;
        const part = pick([
          'offered',
          'accepted',
          'refused',
          'timed_out',
          'returned',
          'assigned',
          'in_progress',
          'done',
        ]);
        await tables.query(
          'INSERT INTO vek_service (vek_id, agency_id, status, offered_at, responded_at) VALUES ($1, $2, $3, $4, $5)',
          [id, agencyId, part, instant(), part === 'offered' ? null : instant()],
        );
      }
      for (let a = Math.floor(random() * 3); a > 0; a--) {
        const isActive = random() < 0.5 && free.length > 0;
        const [assignmentId, unitId] = [uuidv7(), isActive ? free.pop()! : pick(units)];
        const state = isActive ? pick(['dispatched', 'on_scene']) : pick(['queued', 'done', 'cancelled']);
        await tables.query(
          `INSERT INTO assignment (id, agency_id, vek_id, unit_id, status, assigned_by, created_at) VALUES ($1, $2, $3, $4, $5, 'x', $6)`,
          [assignmentId, agencies[0]!.id, id, unitId, state, instant()],
        );
        for (const code of ['dispatched', 'acknowledged', state])
          if (random() < 0.6 && code !== 'queued')
            await tables.query(
              `INSERT INTO assignment_milestone VALUES ($1, $2, $3, $4, $4, 'crew') ON CONFLICT DO NOTHING`,
              [assignmentId, agencies[0]!.id, code, instant()],
            );
      }
    }
    const expected = await slowCauses(tables);
    const { rows } = await tables.query<{ cause: string; limit_key: string; agency_id: string; owner_id: string }>(
      'SELECT cause, limit_key, agency_id, owner_id FROM attention_cause',
    );
    const listed = rows.map((row) => `${row.cause} ${row.limit_key} ${row.agency_id} ${row.owner_id}`).sort();
    expect(listed, `seed ${SEED}`).toEqual(expected.sort());
    expect(new Set(rows.map(({ cause }) => cause.split(':')[0])).size, `kinds of seed ${SEED}`).toBe(8);
  });
});

/** mulberry32 (Ettinger, public domain): small, seeded. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What waits, by looking at every row of every table. */
async function slowCauses(tables: Queryable): Promise<string[]> {
  const all = async <T extends object>(text: string) => (await tables.query<T>(text)).rows;
  const ms = (column: string) => `(extract(epoch FROM ${column}) * 1000)::bigint::float8`;
  const veks = await all<{
    id: string;
    owner: string;
    priority: string | null;
    status: string;
    since: number;
  }>(
    `SELECT id, coalesce(responsible_id, agency_id) AS owner, priority, status, ${ms('greatest(created_at, reopened_at)')} AS since FROM vek`,
  );
  const parts = await all<{ vek: string; agency: string; status: string; offered: number; responded: number | null }>(
    `SELECT vek_id AS vek, agency_id AS agency, status, ${ms('offered_at')} AS offered, ${ms('responded_at')} AS responded FROM vek_service`,
  );
  const assignments = await all<{
    id: string;
    vek: string;
    agency: string;
    unit: string;
    status: string;
    since: number;
  }>(
    `SELECT id, vek_id AS vek, agency_id AS agency, unit_id AS unit, status, ${ms('created_at')} AS since FROM assignment`,
  );
  const milestones = await all<{ assignment: string; code: string; received: number }>(
    `SELECT assignment_id AS assignment, code, ${ms('received_at')} AS received FROM assignment_milestone`,
  );
  const units = await all<{ id: string; agency: string; status: string; since: number }>(
    `SELECT id, agency_id AS agency, status, ${ms('status_since')} AS since FROM unit WHERE retired_at IS NULL`,
  );
  const checks = await all<{ unit: string; answered: number }>(
    `SELECT unit_id AS unit, ${ms('acknowledged_at')} AS answered FROM attention WHERE kind = 'safety_check' AND acknowledged_at IS NOT NULL`,
  );
  const opened = new Set((await all<{ id: string }>('SELECT vek_id AS id FROM vek_opened')).map(({ id }) => id));

  const found: string[] = [];
  const wait = (kind: string, about: string, since: number, key: string, agency: string, owner: string) =>
    found.push(`${kind}:${about}:${since} ${key} ${agency} ${owner}`);
  const isActive = ({ status }: { status: string }) => !['queued', 'done', 'cancelled'].includes(status);
  const isOpen = ({ status }: { status: string }) => !['closed', 'cancelled', 'transferred', 'merged'].includes(status);
  for (const vek of veks.filter(isOpen)) {
    const urgency = vek.priority ?? 'P1';
    const own = parts.filter((part) => part.vek === vek.id);
    const sent = assignments.filter((assignment) => assignment.vek === vek.id);
    const ends = milestones
      .filter(
        ({ assignment, code }) => ['done', 'cancelled'].includes(code) && sent.some(({ id }) => id === assignment),
      )
      .map(({ received }) => received);
    const isTaken =
      sent.some(isActive) || own.some(({ status }) => ['accepted', 'assigned', 'in_progress'].includes(status));
    if (['new', 'recommended'].includes(vek.status) && !isTaken) {
      const since = Math.max(vek.since, ...own.map(({ responded }) => responded ?? 0));
      wait('vek_unanswered', vek.id, since, urgency, vek.owner, vek.owner);
      if (!opened.has(vek.id)) wait('vek_unopened', vek.id, vek.since, urgency, vek.owner, vek.owner);
    }
    if (vek.priority === 'P1' && vek.status !== 'resolved' && !sent.some(isActive))
      wait('vek_without_unit', vek.id, Math.max(vek.since, ...ends), 'P1', vek.owner, vek.owner);
    for (const { agency, status, offered, responded } of own) {
      const about = `${vek.id}:${agency}`;
      if (status === 'offered') wait('part_unanswered', about, offered, urgency, agency, vek.owner);
      if (['refused', 'timed_out', 'returned'].includes(status) && vek.status !== 'resolved')
        wait('part_returned', about, responded!, urgency, vek.owner, vek.owner);
    }
    for (const { id, agency, status, since } of sent)
      if (status === 'dispatched' && milestones.every((m) => m.assignment !== id || m.code === 'dispatched'))
        wait('assignment_unacknowledged', id, since, urgency, agency, vek.owner);
  }
  for (const unit of units) {
    if (['available', 'available_at_station', 'off_duty', 'out_of_service'].includes(unit.status)) continue;
    const work = assignments.find(
      (one) => one.unit === unit.id && isActive(one) && isOpen(veks.find(({ id }) => id === one.vek)!),
    );
    const vek = veks.find(({ id }) => id === work?.vek);
    wait(
      'status_too_long',
      `${unit.id}:${unit.status}`,
      unit.since,
      unit.status,
      unit.agency,
      vek?.owner ?? unit.agency,
    );
    if (vek === undefined || unit.status !== 'on_scene') continue;
    const answers = checks.filter((check) => check.unit === unit.id).map(({ answered }) => answered);
    wait('safety_check', unit.id, Math.max(unit.since, ...answers), vek.priority ?? 'P1', unit.agency, vek.owner);
  }
  return found;
}
