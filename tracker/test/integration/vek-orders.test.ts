import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom, type SeededRandom } from '../../../fixtures/world/seeded-random.js';
import { feedSql } from '../../src/feed/feed-sql.js';
import {
  ASSIGNMENT_MOVES,
  type AssignmentStatus,
  isAssignmentStatus,
  type UnitStatus,
} from '../../src/protocol/status.js';
import { Database } from '../../src/store/database.js';
import { Directory } from '../../src/units/directory.js';
import { assignUnit } from '../../src/veks/assignments.js';
import { duplicateScore, findDuplicates, NARROW_M, type Reported, type Suggestion } from '../../src/veks/duplicates.js';
import { moveUnit } from '../../src/veks/unit-status.js';
import { veksSql } from '../../src/veks/veks-sql.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import { createCrew, databaseIsThere, feedIsRead, type TestHome, type TestTracker } from '../harness/test-tracker.js';

const SEED = Number(process.env.VEK_SEED ?? 20_261_122);
const WRITERS = 8;
const COMMANDS = 12;

describe.skipIf(!databaseIsThere)('VEKs in whatever order things come', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let ids: Readonly<Record<string, string>>;
  const desk: Record<string, string> = {};

  beforeAll(async () => {
    ({ home, hub, admin, ids } = await setStage(['VUGD', 'VP']));
    for (const code of Object.keys(ids)) desk[code] = await hub.api.token(code, 'dispatcher', 'call_taker');
  });
  afterAll(() => clearStage({ home, hub }));

  async function newVek(): Promise<string> {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice', offerTo: ['VP'] }, desk.VUGD);
    return id;
  }
  /** A unit that only the database knows. */
  async function newUnit(): Promise<string> {
    const id = uuidv7();
    await hub.database.query(
      "INSERT INTO unit (id, agency_id, callsign, kind, status, status_at_rest) VALUES ($1, $2, $3, 'tanker', 'available', 'available')",
      [id, ids.VUGD, id],
    );
    return id;
  }

  describe('statuses', () => {
    interface Ping {
      readonly status: UnitStatus;
      readonly at: number;
    }
    const AT_REST = ['returning', 'available', 'available_at_station'] as const;

    /** What a crew may do on an assignment, in its own time: along the table, back and forth, with a key pressed twice, and home. */
    function work(random: SeededRandom, from: number): Ping[] {
      const pings: Ping[] = [];
      let at = from;
      const press = (status: UnitStatus) => {
        at += 1000 + random.below(100_000);
        pings.push({ status, at });
        if (random.chance(0.2)) pings.push({ status, at: at + 1 + random.below(500) });
      };
      let now: AssignmentStatus = 'dispatched';
      for (let steps = 2 + random.below(4); steps > 0; steps--) {
        const onward: AssignmentStatus[] = ASSIGNMENT_MOVES[now].filter(
          (to): to is AssignmentStatus => to !== 'done' && to !== 'cancelled' && to !== 'queued',
        );
        if (onward.length === 0) break;
        now = random.pick(onward);
        press(now);
      }
      for (let rests = random.below(3); rests > 0; rests--) press(random.pick(AT_REST));
      return pings;
    }

    function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
      const order = [...items];
      for (let i = order.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    }

    /** What is left of a unit's work after these pings, in the order given. */
    async function carriedOut(pings: readonly Ping[], startedAt: number) {
      const [vekId, unitId, assignmentId] = [await newVek(), await newUnit(), uuidv7()];
      const { changes } = hub.tracker.core;
      const by = { agencyId: ids.VUGD!, subject: 'test' };
      await changes.change([vekId, unitId], (tx, records) =>
        assignUnit(tx, records, { id: assignmentId, vekId, unitId, by, at: startedAt }),
      );
      await changes.change([vekId, unitId], async (tx, records) => {
        for (const { status, at } of pings)
          await moveUnit(tx, records, { unitId, status, assignmentId, at, receivedAt: Date.now(), source: 'crew', by });
      });
      const { rows } = await hub.database.query<{ unit: string; assignment: string; vek: string; milestones: object }>(
        `SELECT u.status AS unit, a.status AS assignment, v.status AS vek,
                (SELECT jsonb_object_agg(m.code, round(extract(epoch FROM m.at) * 1000)) FROM assignment_milestone m WHERE m.assignment_id = a.id) AS milestones
         FROM assignment a JOIN unit u ON u.id = a.unit_id JOIN vek v ON v.id = a.vek_id WHERE a.id = $1`,
        [assignmentId],
      );
      return rows[0]!;
    }

    it('V5 the same pings in any order end in the same milestones and the same state', async () => {
      const startedAt = Date.now() - 3_600_000;
      for (let n = 0; n < 4; n++) {
        const random = createRandom(SEED + n, 'pings');
        const pings = work(random, startedAt);
        const inOrder = await carriedOut(pings, startedAt);
        // worked out without the hub: the first of each, and the last of all
        const milestones: Record<string, number> = { dispatched: startedAt };
        for (const { status, at } of pings) milestones[isAssignmentStatus(status) ? status : 'done'] ??= at;
        expect(inOrder, `seed ${SEED + n}`).toMatchObject({ unit: pings.at(-1)!.status, milestones });
        const order = n === 0 ? [...pings].reverse() : shuffled(pings, random);
        expect(await carriedOut(order, startedAt), `seed ${SEED + n}: ${JSON.stringify(order)}`).toEqual(inOrder);
      }
    });

    it('V5 of two sources for a milestone the first stays, whatever the other says of it', async () => {
      const [vekId, unitId, assignmentId] = [await newVek(), await newUnit(), uuidv7()];
      const { changes } = hub.tracker.core;
      const by = { agencyId: ids.VUGD!, subject: 'test' };
      const at = Date.now();
      await changes.change([vekId, unitId], (tx, records) =>
        assignUnit(tx, records, { id: assignmentId, vekId, unitId, by, at }),
      );
      const ping = (source: 'crew' | 'dispatcher', afterMs: number) =>
        changes.change([vekId, unitId], (tx, records) =>
          moveUnit(tx, records, {
            unitId,
            status: 'on_scene',
            assignmentId,
            at: at + afterMs,
            receivedAt: at,
            source,
            by,
          }),
        );
      expect(await ping('crew', 9000)).toBe('applied');
      expect(await ping('dispatcher', 5000)).toBe('unchanged');
      expect(await ping('crew', 7000)).toBe('recorded_late');
      const { rows } = await hub.database.query<{ at: number; source: string }>(
        "SELECT at, source FROM assignment_milestone WHERE assignment_id = $1 AND code = 'on_scene'",
        [assignmentId],
      );
      expect(rows).toEqual([{ at: at + 7000, source: 'crew' }]);
      const late = await hub.database.query(
        "SELECT data FROM feed_event WHERE aggregate_id = $1 AND type = 'lv.vanags.assignment.milestone_late.v1'",
        [assignmentId],
      );
      expect(late.rows).toMatchObject([{ data: { code: 'on_scene', at: at + 7000, source: 'crew', vekId, unitId } }]);
    });

    it('V21 what finds out that it changes another VEK is undone and done again with that one locked', async () => {
      const [vekId, unitId, assignmentId] = [await newVek(), await newUnit(), uuidv7()];
      const by = { agencyId: ids.VUGD!, subject: 'test' };
      const { changes } = hub.tracker.core;
      let runs = 0;
      await changes.change([unitId], (tx, records) => {
        runs++;
        return assignUnit(tx, records, { id: assignmentId, vekId, unitId, by, at: Date.now() });
      });
      expect(runs).toBe(2);
      const { rows } = await hub.database.query('SELECT 1 FROM vek_history WHERE vek_id = $1', [vekId]);
      expect(rows).toHaveLength(2); // created, assigned
    });
  });

  it('V2 V4 with eight writers of all commands, versions of one VEK are never inverted, and each has its line', async () => {
    const veks = await Promise.all(Array.from({ length: 4 }, newVek));
    const units = await Promise.all(Array.from({ length: WRITERS }, () => createCrew(hub.api, admin, 'VUGD')));
    const told: Record<string, number> = {};

    async function writer(nr: number): Promise<void> {
      const random = createRandom(SEED, `writer ${nr}`);
      const { unitId } = units[nr]!;
      const call = async (method: string, path: string, body: unknown, agency = 'VUGD') => {
        const answer = await hub.api.call<{ code?: string }>(method, `/api/v1/${path}`, body, desk[agency]);
        const outcome = answer.status < 300 ? 'done' : answer.body.code!;
        told[outcome] = (told[outcome] ?? 0) + 1;
        expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(500);
      };
      for (let n = 0; n < COMMANDS; n++) {
        const id = random.pick(veks);
        const { version, assignments } = await hub.api.ok<{
          version: number;
          assignments: { id: string; unitId: string }[];
        }>('GET', `/api/v1/veks/${id}`, undefined, desk.VUGD);
        const mine = assignments.filter((assignment) => assignment.unitId === unitId).at(-1);
        const commands = [
          () => call('PATCH', `veks/${id}`, { version, summary: `${nr}.${n}` }),
          () => call('POST', `veks/${id}/comments`, { id: uuidv7(), text: 'x' }),
          () => call('POST', `veks/${id}/services`, { agencyCode: 'VP', transfer: random.chance(0.5) }),
          () => call('POST', `veks/${id}/answer`, { answer: random.pick(['accepted', 'refused']) }, 'VP'),
          () => call('POST', `veks/${id}/services/${ids.VP}/return`, { reason: 'x' }, 'VP'),
          () => call('POST', `veks/${id}/assignments`, { id: uuidv7(), unitId }),
          () => call('POST', `units/${unitId}/status`, { status: random.pick(['en_route', 'on_scene', 'available']) }),
          () => (mine === undefined ? undefined : call('DELETE', `assignments/${mine.id}`, undefined)),
          () => call('POST', `veks/${id}/close`, { version }),
          () => call('POST', `veks/${id}/reopen`, { version, reason: 'x' }),
          () => call('PUT', `veks/${id}/caller`, { note: 'x' }),
        ];
        await random.pick(commands)();
        if (nr === 0 && n === COMMANDS / 2) {
          const [from, into] = veks as [string, string];
          const known = await Promise.all(
            [from, into].map((each) =>
              hub.api.ok<{ version: number }>('GET', `/api/v1/veks/${each}`, undefined, desk.VUGD),
            ),
          );
          const [a, b] = known.map((card) => card.version);
          await call('POST', `veks/${from}/merge`, { version: a, intoVekId: into, intoVersion: b });
        }
      }
    }
    await Promise.all(units.map((_, nr) => writer(nr)));
    expect(told.done, `seed ${SEED}: ${JSON.stringify(told)}`).toBeGreaterThan(WRITERS);

    await feedIsRead(hub);
    const { rows: inverted } = await hub.database.query(
      `SELECT * FROM (SELECT aggregate_id, position, type, aggregate_version AS version,
                             lag(aggregate_version) OVER (PARTITION BY aggregate_id ORDER BY position) AS before
                      FROM feed_event WHERE aggregate_kind IN ('vek', 'assignment')) AS told WHERE before > version`,
    );
    expect(inverted, `seed ${SEED}`).toEqual([]);
    for (const id of veks) {
      const { rows } = await hub.database.query<{ version: number; now: number; events: number }>(
        `SELECT h.version, v.version AS now,
                (SELECT count(*) FROM feed_event e WHERE e.aggregate_id = v.id AND e.aggregate_version = h.version) AS events
         FROM vek_history h JOIN vek v ON v.id = h.vek_id
         WHERE v.id = $1 AND h.what NOT IN ('commented', 'restricted') AND NOT h.detail ? 'late' ORDER BY h.seq`,
        [id],
      );
      const versions = Array.from({ length: rows[0]!.now }, (_, before) => before + 1);
      expect(
        rows.map(({ version }) => version),
        `seed ${SEED}`,
      ).toEqual(versions);
      for (const { version, events } of rows)
        expect(events, `event of version ${version}, seed ${SEED}`).toBeGreaterThan(0);
    }
  });

  it(`a unit's last call ended when the latest end of all its calls says (seed ${SEED})`, async () => {
    const random = createRandom(SEED, 'last calls');
    const [vekId, units] = [await newVek(), [await newUnit(), await newUnit(), await newUnit()]];
    const start = Date.now() - 1_000_000_000;
    // one after another, each of which ends before the next is sent; what a crew pressed late was at its own time
    const calls = units.slice(1).flatMap((unitId, nr) => {
      let sentAt = start;
      return Array.from({ length: 25 * (nr + 1) }, () => {
        sentAt += 1000 + random.below(1_000_000);
        return {
          id: uuidv7(),
          unitId,
          sentAt,
          end: random.pick(['done', 'cancelled']),
          endedAt: sentAt + random.below(1000),
        };
      });
    });
    await hub.database.query(
      `WITH call AS (
         SELECT * FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, "unitId" uuid, "sentAt" float8, "end" text, "endedAt" float8)
       ), sent AS (
         INSERT INTO assignment (id, agency_id, vek_id, unit_id, status, assigned_by, created_at)
         SELECT id, $2, $3, "unitId", "end", 'test', to_timestamp("sentAt" / 1000) FROM call
       )
       INSERT INTO assignment_milestone (assignment_id, agency_id, code, at, received_at, source)
       SELECT id, $2::uuid, code, to_timestamp(at / 1000), to_timestamp("endedAt" / 1000), 'crew'
       FROM call CROSS JOIN LATERAL (VALUES ('dispatched', "sentAt"), ("end", "endedAt")) AS m(code, at)`,
      [JSON.stringify(calls), ids.VUGD, vekId],
    );
    const { directory } = hub.tracker.core;
    await directory.reloadUnits(units);
    for (const id of units) {
      const ends = calls.filter(({ unitId }) => unitId === id).map(({ endedAt }) => endedAt);
      expect(directory.units.get(id)!.lastCallEndedAt, `seed ${SEED}`).toBe(
        ends.length === 0 ? null : Math.max(...ends),
      );
    }
  });

  it('V53 what is read with each event is planned once a connection', async ({ skip }) => {
    if (hub.database.address.kind === 'embedded') skip('the embedded database keeps no plans');
    const one = new Database(hub.database.address, { connections: 1 });
    const directory = new Directory(one, hub.tracker.core.live);
    const nobody = uuidv7();
    try {
      for (let n = 0; n < 12; n++) {
        await directory.reloadUnits([nobody]);
        await one.query(veksSql.vek, [nobody, [ids.VUGD]]);
        await one.query(veksSql.states, [[nobody]]);
        await one.query(feedSql.follow, [n, 1]);
      }
      const { rows } = await one.query<{ statement: string; custom_plans: number }>(
        'SELECT statement, custom_plans FROM pg_prepared_statements WHERE generic_plans + custom_plans >= 12',
      );
      expect(rows).toHaveLength(4);
      // the first five times the server looks what the values are worth
      expect(rows.filter(({ custom_plans }) => custom_plans > 5)).toEqual([]);
    } finally {
      await one.close();
    }
  });

  describe('duplicates', () => {
    interface Card extends Reported {
      readonly id: string;
      readonly owner: string;
      readonly offered: boolean;
      readonly status: string;
      readonly closedAt: number | null;
      readonly mergedInto: string | null;
    }
    /** Rīga, Porto west of Greenwich, Cape Town in the south, Fiji on the antimeridian. */
    const TOWNS = [
      [24.1, 56.95],
      [-8.61, 41.15],
      [18.42, -33.92],
      [179.999, -16.5],
    ] as const;
    const TYPES = ['fire.building', 'fire.waste', 'rescue.road_crash', 'police.crash_injury', 'police.theft', null];
    const HOUR = 3_600_000;
    let now = Date.now();

    function reported(random: SeededRandom): Reported {
      const [lon, lat] = random.pick(TOWNS);
      const east = lon + random.normal() * 0.01;
      const somewhere = !random.chance(0.15);
      return {
        lon: somewhere ? (east > 180 ? east - 360 : east) : null,
        lat: somewhere ? lat + random.normal() * 0.008 : null,
        accuracyM: random.pick([null, 5, 80, NARROW_M, NARROW_M + 1, 600, 2500, 9000]),
        typeCode: random.pick(TYPES),
        receivedAt: now - Math.round(random.between(0, 8 * HOUR)),
      };
    }

    function cards(random: SeededRandom): Card[] {
      const made: Card[] = [];
      for (let n = 0; n < 400; n++) {
        const open = made.filter(({ status }) => status === 'new');
        const status = random.pick([
          'new',
          'new',
          'new',
          'in_progress',
          'closed',
          'cancelled',
          open.length === 0 ? 'new' : 'merged',
        ]);
        const report = reported(random);
        made.push({
          ...report,
          id: uuidv7(),
          owner: random.pick(['VUGD', 'VP']),
          offered: random.chance(0.3),
          status,
          closedAt: ['closed', 'cancelled', 'merged'].includes(status) ? report.receivedAt + random.below(HOUR) : null,
          mergedInto: status === 'merged' ? random.pick(open).id : null,
        });
      }
      return made;
    }

    /** Looks at every card there is. */
    function slowly(report: Reported, all: readonly Card[], reader: string): Pick<Suggestion, 'vekId' | 'score'>[] {
      const byId = new Map(all.map((card) => [card.id, card]));
      const best = new Map<string, number>();
      for (const card of all) {
        const shown = card.mergedInto === null ? card : byId.get(card.mergedInto)!;
        if (shown.owner !== reader && !shown.offered) continue;
        const after = (card.closedAt ?? 0) - report.receivedAt;
        if (card.closedAt !== null && (after < -2 * HOUR || after > 12 * HOUR)) continue;
        const { score } = duplicateScore(report, { ...card, open: ['new', 'in_progress'].includes(shown.status) });
        if (score >= 0.2 && score > (best.get(shown.id) ?? 0)) best.set(shown.id, score);
      }
      const found = [...best].map(([vekId, score]) => ({ vekId, score }));
      return found
        .sort((a, b) => b.score - a.score || all.indexOf(byId.get(a.vekId)!) - all.indexOf(byId.get(b.vekId)!))
        .slice(0, 10);
    }

    it('V7 those suggested are those that a look at every card suggests, in order, to those who may read them', async () => {
      // what a first try has left is closed, and long after
      now -= 1000 * HOUR;
      await hub.database.query(
        "UPDATE vek SET status = 'closed', closed_at = received_at WHERE place IS NOT NULL AND closed_at IS NULL",
      );
      const random = createRandom(SEED, 'duplicates');
      const all = cards(random);
      await hub.database.transaction(async (tx) => {
        await tx.query(
          `INSERT INTO vek (id, agency_id, channel, type_code, place, accuracy_m, status, received_at, closed_at, merged_into)
           SELECT c.id, c.agency, 'voice', c."typeCode", CASE WHEN c.lon IS NOT NULL THEN ST_SetSRID(ST_MakePoint(c.lon, c.lat), 4326) END, c."accuracyM",
                  c.status, to_timestamp(c."receivedAt" / 1000.0), to_timestamp(c."closedAt" / 1000.0), c."mergedInto"
           FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (id uuid, agency uuid, "typeCode" text, lon float8, lat float8, "accuracyM" float8,
                                                             status text, "receivedAt" float8, "closedAt" float8, "mergedInto" uuid))
                WITH ORDINALITY AS c ORDER BY c.ordinality`,
          [JSON.stringify(all.map((card) => ({ ...card, agency: ids[card.owner] })))],
        );
        const offered = all.filter((card) => card.offered).map(({ id }) => id);
        await tx.query(
          'INSERT INTO vek_service (vek_id, agency_id) SELECT v, a FROM unnest($1::uuid[]) AS v, unnest($2::uuid[]) AS a',
          [offered, [ids.VUGD, ids.VP]],
        );
      });
      let suggested = 0;
      for (let n = 0; n < 60; n++) {
        const report = reported(random);
        const reader = random.pick(['VUGD', 'VP']);
        // cards of the other tests have no place and say that they are of now: none is among these
        const found = await findDuplicates(
          hub.database,
          { ...report, receivedAt: report.receivedAt - HOUR },
          [ids[reader]!],
          null,
        );
        const expected = slowly({ ...report, receivedAt: report.receivedAt - HOUR }, all, reader);
        suggested += expected.length;
        expect(
          found.map(({ vekId, score }) => ({ vekId, score })),
          `seed ${SEED}, question ${n}: ${JSON.stringify(report)}`,
        ).toEqual(expected);
      }
      expect(suggested, `seed ${SEED}`).toBeGreaterThan(60);
    });

    it('V7 a report is told with what it may be of, and a desk asks before it takes one', async () => {
      const place = { lon: 21 + Math.random(), lat: 56.51 }; // another one each time
      const id = uuidv7();
      const take = (fields: object, agency = 'VUGD') =>
        hub.api.ok<{ duplicates: Suggestion[] }>(
          'POST',
          '/api/v1/veks',
          { channel: 'voice', typeCode: 'fire.grass', ...place, ...fields },
          desk[agency],
        );
      expect((await take({ id })).duplicates).toEqual([]);
      const second = uuidv7();
      expect((await take({ id: second })).duplicates).toMatchObject([
        { vekId: id, distanceM: 0, status: 'new', reasons: ['same_place', 'minutes_apart', 'still_open', 'same_type'] },
      ]);
      expect(
        (await take({ id: uuidv7() }, 'VP')).duplicates,
        'of cards that VP has no part in nothing is told',
      ).toEqual([]);
      const ask = async (path: string) =>
        (
          await hub.api.ok<{ duplicates: Suggestion[] }>('GET', `/api/v1/veks/${path}`, undefined, desk.VUGD)
        ).duplicates.map(({ vekId }) => vekId);
      expect(await ask(`${id}/duplicates`)).toEqual([second]);
      expect((await ask(`duplicates?lon=${place.lon}&lat=${place.lat}&typeCode=fire.grass`)).sort()).toEqual(
        [id, second].sort(),
      );
    });

    it('V7 they are looked up by indexes', async () => {
      const { rows } = await hub.database.query<{ prosrc: string }>(
        "SELECT prosrc FROM pg_proc WHERE proname = 'vek_duplicates'",
      );
      const candidates = /RETURN QUERY(.*);\s*END;/s.exec(rows[0]!.prosrc)![1]!;
      const given: Record<string, string> = {
        report_lat: '56.9',
        reported_ms: '1800000000000',
        reader_ids: `'{${ids.VUGD}}'::uuid[]`,
        except_id: 'NULL::uuid',
        wests: "'{24.0}'::float8[]",
        easts: "'{24.2}'::float8[]",
        south: '56.8',
        north: '57',
      };
      const named =
        /\b(?:narrow|wide)_(wests|easts|south|north)\b|\b(?:report_lat|reported_ms|reader_ids|except_id)\b/g;
      const numbers =
        /\b\w*circle_m\b|\b(?:points_apart|narrow_reach|wide_reach)_m\b|\bshare_of_circles\b|\b\w+_ms\b|\bmax_unplaced\b/g;
      const placed = ['vek_open_place', 'vek_open_wide_place', 'vek_ended_place', 'vek_ended_wide_place'];
      const plans: readonly [lon: string, indexes: readonly string[]][] = [
        ['24.1', [...placed, 'vek_ended_unplaced', 'vek_open']],
        ['NULL', ['vek_ended_unplaced', 'vek_closed', 'vek_open']],
      ];
      for (const [lon, indexes] of plans) {
        const question = candidates
          .replace(/\breport_lon\b/g, `${lon}::float8`)
          .replace(named, (parameter, edge = parameter) => given[edge]!)
          .replace(numbers, '500');
        const plan = await hub.database.transaction(async (tx) => {
          await tx.query('SET LOCAL enable_seqscan = off'); // the table is too small for an index to pay
          return (await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${question}`)).rows;
        });
        const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
        for (const index of indexes) expect(lines).toMatch(new RegExp(`${index}\\b`));
        expect(lines).not.toMatch(/Seq Scan on vek\b/);
      }
    });

    it('V7 which circles are looked for near by is the same in code, function and indexes', async () => {
      const { rows } = await hub.database.query<{ text: string }>(
        `SELECT pg_get_functiondef('vek_duplicates'::regproc) AS text
         UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'vek'::regclass`,
      );
      const limits = rows.map(({ text }) => [...text.matchAll(/accuracy_m > \(?([\d.]+)/g)].map(([, m]) => Number(m)));
      expect(
        limits
          .filter((each) => each.length > 0)
          .map((each) => each.length)
          .sort(),
      ).toEqual([1, 1, 1, 1, 4]);
      expect([...new Set(limits.flat())]).toEqual([NARROW_M]);
    });
  });
});
