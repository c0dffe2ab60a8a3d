import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrewClient } from '../../../fixtures/crew-client/index.js';
import { DispatchRoster } from '../../../geo-engine/src/index.js';
import { takeFleetOrder } from '../../src/dispatch/engine/fleet-order.js';
import { pruneDecided } from '../../src/dispatch/retention.js';
import { RosterKeeper } from '../../src/dispatch/roster-keeper.js';
import { newName } from '../harness/new-name.js';
import {
  createAgency,
  createCrew,
  createHome,
  crewClient,
  databaseIsThere,
  eventually,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const PLACE = { lon: 24.1059, lat: 56.946 };
/** A degree of longitude there, metres. */
const M_PER_LON_DEG = 111_195 * Math.cos((PLACE.lat * Math.PI) / 180);

interface Unit {
  readonly unitId: string;
  readonly callsign: string;
  readonly response: {
    readonly responseMs: number;
    readonly waitMs: number;
    readonly turnoutMs: number;
    readonly intervalMs: readonly [number, number];
  };
  readonly from: { readonly kind: string };
  readonly why: readonly { readonly code: string }[];
  readonly lon: number;
}
interface Line {
  readonly served: readonly { readonly unitId: string }[];
  readonly notChosen: readonly (Unit & { readonly reason: { readonly code: string } })[];
  readonly restByReason: Readonly<Record<string, number>>;
  readonly shortfall: { readonly missing: number; readonly next: Unit | null } | null;
}
interface Answer {
  readonly at: number;
  readonly decisionId: string;
  readonly record: string;
  readonly together: boolean;
  readonly tiers: readonly { readonly proven: boolean }[] | null;
  readonly basis: { readonly travel: string; readonly state: string; readonly correction: string };
  readonly incidents: readonly {
    readonly decisionId: string;
    readonly vekId: string | null;
    readonly level: number;
    readonly highestLevel: number | null;
    readonly card: { readonly code: string; readonly textLv: string; readonly textEn: string } | null;
    readonly asked: readonly { readonly capability: string; readonly quantity: number }[];
    readonly already: readonly { readonly unitId: string }[];
    readonly territories: readonly { readonly code: string }[];
    readonly norms: readonly {
      readonly service: string;
      readonly zone: string | null;
      readonly targetMs: number | null;
    }[];
    readonly units: readonly Unit[];
    readonly lines: readonly Line[];
    readonly sums: { readonly services: readonly { readonly service: string; readonly units: number }[] };
    readonly uncertainty: { readonly changes: boolean; readonly joins: readonly string[] } | null;
  }[];
}

describe.skipIf(!databaseIsThere)('who goes', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;
  const clients: CrewClient[] = [];
  let keeper: RosterKeeper; // another one that hears of everything
  const bitByBit = new DispatchRoster();
  let listening: NodeJS.Timeout;

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20' });
    admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'VUGD');
    await createAgency(hub.api, admin, 'VP', 'state_police');
    dispatcher = await hub.api.token('VUGD', 'dispatcher', 'call_taker');
    await hub.tracker.core.dispatch.reEvaluation.stop(); // proposals have tests of their own
    const { directory, live, dispatch } = hub.tracker.core;
    keeper = new RosterKeeper(directory, live, dispatch.veks, dispatch.policies);
    listening = setInterval(() => {
      const news = keeper.news();
      if (news !== undefined) takeFleetOrder(news, bitByBit);
    }, 20);
  });
  afterAll(async () => {
    clearInterval(listening);
    for (const client of clients) client.stop();
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  /** A unit so many metres east of the place, with a fresh fix. */
  async function unitAt(eastM: number, capabilities: Record<string, number>, fields: object = {}) {
    const list = Object.entries(capabilities).map(([code, quantity]) => ({ code, quantity }));
    const crew = await createCrew(hub.api, admin, 'VUGD', { capabilities: list, ...fields });
    const client = crewClient(hub.crewUrl, crew.token);
    clients.push(client);
    client.start();
    client.reportFix({ lon: PLACE.lon + eastM / M_PER_LON_DEG, lat: PLACE.lat, time: Date.now() });
    const unit = hub.tracker.core.directory.units.get(crew.unitId)!;
    await eventually('the unit is on the picture', () => hub.tracker.core.live.hasPosition(unit.slot));
    return crew;
  }

  const line = (capability: string, quantity = 1, more: object = {}) => ({
    capability,
    quantity,
    service: 'VUGD',
    need: 'must',
    each: 1,
    ...more,
  });

  const ask = (question: object, token = dispatcher) =>
    hub.api.ok<Answer>('POST', '/api/v1/recommendations', question, token);
  const askAt = async (requirements: object[], more: object = {}, question: object = {}) =>
    (await ask({ incidents: [{ place: PLACE, priority: 'P1', requirements, ...more }], ...question })).incidents[0]!;

  async function newVek(fields: object = {}): Promise<string> {
    const id = uuidv7();
    const vek = { id, channel: 'voice', typeCode: 'fire.building', priority: 'P1', ...PLACE, ...fields };
    await hub.api.ok('POST', '/api/v1/veks', vek, dispatcher);
    return id;
  }

  const importCards = (cards: object[], token = admin) =>
    hub.api.call<{ added: number; unchanged: number; code?: string; errors?: { line: number; code: string }[] }>(
      'PUT',
      '/api/v1/run-cards',
      JSON.stringify({ runCards: cards }, null, 1),
      token,
    );

  it('D1 the nearest that can is chosen, with why; the others are named with why not; nobody is lost', async () => {
    const [others, wanted] = [newName('d1_other'), newName('d1')];
    const near = await unitAt(800, { [wanted]: 1 });
    const far = await unitAt(3000, { [wanted]: 1 });
    const other = await unitAt(100, { [others]: 1 });
    const { units, lines, sums } = await askAt([line(wanted)]);
    expect(units.map(({ unitId }) => unitId)).toEqual([near.unitId]);
    expect(units[0]!.why.map(({ code }) => code)).toEqual(expect.arrayContaining(['serves', 'nearest', 'fix_age']));
    expect(lines[0]!.notChosen).toMatchObject([{ unitId: far.unitId, reason: { code: 'farther' } }]);
    expect(lines[0]!.notChosen[0]!.lon).toBeGreaterThan(PLACE.lon);
    expect(lines[0]!.restByReason.capability_missing).toBeGreaterThanOrEqual(1);
    const counted = Object.values(lines[0]!.restByReason).reduce((sum, n) => sum + n, 0);
    expect(counted + 2).toBe(hub.tracker.core.directory.units.size);
    expect(sums.services).toEqual([{ service: 'VUGD', units: 1, people: 0 }]);
    const skipped = await askAt([line(wanted)], {}, { skipped: { [near.unitId]: 'riepa' } });
    expect(skipped.units.map(({ unitId }) => unitId)).toEqual([far.unitId]);
    expect(skipped.lines[0]!.notChosen[0]).toMatchObject({
      unitId: near.unitId,
      reason: { code: 'skipped_by_dispatcher', reason: 'riepa' },
    });
    expect(other).toBeDefined();
  });

  it('D2 what cannot be met is said, with the next that could', async () => {
    const wanted = newName('d2');
    const only = await unitAt(500, { [wanted]: 1 });
    await hub.api.ok('POST', `/api/v1/units/${only.unitId}/status`, { status: 'out_of_service' }, dispatcher);
    const { units, lines } = await askAt([line(wanted, 2)]);
    expect(units).toEqual([]);
    expect(lines[0]!.shortfall).toMatchObject({
      missing: 2,
      next: { unitId: only.unitId, reason: { code: 'status_not_dispatchable' } },
    });
  });

  it('D3 a VEK is asked about by its run card; what works there is taken off; the next level adds', async () => {
    const [fire, pumps, ladders] = [newName('d3.fire'), newName('d3'), newName('d3_ladder')];
    const card = (requirements: object[]) => ({
      eventType: fire,
      requirements,
      validFrom: '2026-01-01',
    });
    expect(await importCards([card([line(pumps, 2), line(ladders, 1, { level: 2 })])])).toMatchObject({
      status: 200,
      body: { added: 1, unchanged: 0 },
    });
    const [first, second] = [await unitAt(500, { [pumps]: 1 }), await unitAt(900, { [pumps]: 1 })];
    const ladder = await unitAt(700, { [ladders]: 1 });
    const vekId = await newVek({ typeCode: `${fire}.house` });
    const [one] = (await ask({ incidents: [{ vekId }] })).incidents;
    expect(one).toMatchObject({ vekId, level: 1, highestLevel: 2, card: { code: `${fire} P*` }, already: [] });
    expect(one!.card!.textLv).not.toBe(one!.card!.textEn);
    expect(one!.units.map(({ unitId }) => unitId)).toEqual([first.unitId, second.unitId]);

    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: uuidv7(), unitId: first.unitId }, dispatcher);
    const [left] = (await ask({ incidents: [{ vekId }] })).incidents;
    expect(left!.already).toMatchObject([{ unitId: first.unitId, status: 'dispatched' }]);
    expect(left!.asked).toMatchObject([{ capability: pumps, quantity: 1 }]);
    expect(left!.units.map(({ unitId }) => unitId)).toEqual([second.unitId]);
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, { id: uuidv7(), unitId: second.unitId }, dispatcher);
    const [met] = (await ask({ incidents: [{ vekId }] })).incidents;
    expect([met!.asked, met!.units]).toEqual([[], []]);
    const [raised] = (await ask({ incidents: [{ vekId, level: 2 }] })).incidents;
    expect(raised!.asked).toMatchObject([{ capability: ladders, quantity: 1 }]);
    expect(raised!.units.map(({ unitId }) => unitId)).toEqual([ladder.unitId]);
    // the card's own level holds where none is given
    const { version } = await hub.api.ok<{ version: number }>('GET', `/api/v1/veks/${vekId}`, undefined, dispatcher);
    await hub.api.ok('PATCH', `/api/v1/veks/${vekId}`, { version, alarmLevel: 2 }, dispatcher);
    const [own] = (await ask({ incidents: [{ vekId }] })).incidents;
    expect(own).toMatchObject({ level: 2, asked: [{ capability: ladders }] });
  });

  it('D54 the objects that a VEK concerns choose its card, as those of a place do', async () => {
    const typeCode = newName('d54');
    const [any, school] = [`${typeCode} any`, `${typeCode} school`];
    const card = (code: string, more: object) => ({
      code,
      eventType: typeCode,
      requirements: [line('d54')],
      validFrom: '2026-01-01',
      ...more,
    });
    await importCards([card(any, {}), card(school, { object: 'school' })]);
    const vekId = await newVek({ typeCode });
    const cardOf = async (incident: object) => (await ask({ incidents: [incident] })).incidents[0]!.card!.code;
    expect(await cardOf({ vekId })).toBe(any);
    const { version } = await hub.api.ok<{ version: number }>('GET', `/api/v1/veks/${vekId}`, undefined, dispatcher);
    await hub.api.ok('PATCH', `/api/v1/veks/${vekId}`, { version, objects: ['school', 'pool'] }, dispatcher);
    expect(await cardOf({ vekId })).toBe(school);
    expect(await cardOf({ vekId: await newVek({ typeCode, objects: ['school'] }) })).toBe(school);
    const place = { place: PLACE, priority: 'P1', typeCode };
    expect([await cardOf(place), await cardOf({ ...place, objects: ['school'] })]).toEqual([any, school]);
  });

  it('D4 a VEK without a card, a place or a priority is refused by code, and one that is not the caller’s is not there', async () => {
    const refused = async (incident: object, token = dispatcher) => {
      const { status, body } = await hub.api.call('POST', '/api/v1/recommendations', { incidents: [incident] }, token);
      return [status, body.code];
    };
    expect(await refused({ vekId: await newVek({ typeCode: 'd4.nothing' }) })).toEqual([409, 'no_card']);
    expect(await refused({ vekId: await newVek({ lon: null, lat: null }) })).toEqual([409, 'place_unknown']);
    expect(await refused({ vekId: await newVek({ priority: null }) })).toEqual([409, 'priority_unknown']);
    const police = await hub.api.token('VP', 'dispatcher');
    expect(await refused({ vekId: await newVek() }, police)).toEqual([404, 'not_found']);
    expect(await refused({ vekId: uuidv7() })).toEqual([404, 'not_found']);
    const wrong = {
      place: PLACE,
      priority: 'P1',
      requirements: [{ capability: 'x', quantity: 0, service: 'VUGD', need: 'must' }],
    };
    expect(await refused(wrong)).toEqual([400, 'request_malformed']);
    const wrongIn = async (incident: object) => {
      const { body } = await hub.api.call<{ errors: { at: string; message: string }[] }>(
        'POST',
        '/api/v1/recommendations',
        { incidents: [incident] },
        dispatcher,
      );
      return `${body.errors[0]!.at}: ${body.errors[0]!.message}`;
    };
    expect(await wrongIn(wrong)).toMatch(/^incidents\.0.*requirements\.0\.quantity/);
    expect(await wrongIn({ place: PLACE })).toMatch(/^incidents\.0.*priority/);
    expect(await wrongIn({ vekId: 'none' })).toMatch(/^incidents\.0.*vekId/);
  });

  it('D20 several VEKs are decided together: no unit goes to two, and the sum is less than one after another', async () => {
    const wanted = newName('d20');
    //  u1 ── 400 m ── A ── 400 m ── u2 ─────── B        A alone takes either; B has u2 only in reach of sense
    const between = (eastM: number) => ({ lon: PLACE.lon + eastM / M_PER_LON_DEG, lat: PLACE.lat - 0.2 });
    const at = async (eastM: number) => {
      const crew = await createCrew(hub.api, admin, 'VUGD', { capabilities: [{ code: wanted, quantity: 1 }] });
      const client = crewClient(hub.crewUrl, crew.token);
      clients.push(client);
      client.start();
      client.reportFix({ ...between(eastM), time: Date.now() });
      const { slot } = hub.tracker.core.directory.units.get(crew.unitId)!;
      await eventually('on the picture', () => hub.tracker.core.live.hasPosition(slot));
      return crew.unitId;
    };
    const [u1, u2] = [await at(-450), await at(400)];
    const incident = (eastM: number) => ({ place: between(eastM), priority: 'P2', requirements: [line(wanted)] });
    const { together, tiers, incidents } = await ask({ incidents: [incident(0), incident(3000)] });
    expect(together).toBe(true);
    expect(tiers!.every(({ proven }) => proven)).toBe(true);
    expect(incidents.map(({ units }) => units.map(({ unitId }) => unitId))).toEqual([[u1], [u2]]);
    // A has the nearer one go to B, and is told so
    expect(incidents[0]!.lines[0]!.notChosen[0]).toMatchObject({ unitId: u2, reason: { code: 'sent_elsewhere' } });
    const alone = await ask({ incidents: [incident(0)] });
    expect(alone.incidents[0]!.units.map(({ unitId }) => unitId)).toEqual([u2]);
  });

  it('D21 where the caller may be anywhere in a circle, the worst point says whom it would change', async () => {
    const wanted = newName('d21');
    const [east, west] = [await unitAt(2500, { [wanted]: 1 }), await unitAt(-2600, { [wanted]: 1 })];
    const place = { ...PLACE, accuracyM: 2000 };
    const { units, uncertainty } = await askAt([line(wanted)], { place });
    expect(units.map(({ unitId }) => unitId)).toEqual([east.unitId]);
    expect(uncertainty).toMatchObject({ radiusM: 2000, changes: true });
    expect([...uncertainty!.joins, east.unitId]).toContain(
      west.unitId === uncertainty!.joins[0] ? west.unitId : east.unitId,
    );
    expect((await askAt([line(wanted)], { place: { ...PLACE, accuracyM: 50 } })).uncertainty).toBeNull();
  });

  it('D30 a decision is stored with its input, and decides the same again, byte for byte', async () => {
    await unitAt(600, { d30: 1, d30_water: 3000 });
    const requirements = [line('d30'), line('d30_water', 2000, { each: null })];
    const single = await ask({ incidents: [{ place: PLACE, priority: 'P1', requirements }] });
    const joint = await ask({
      incidents: [
        { place: PLACE, priority: 'P1', requirements },
        { place: PLACE, priority: 'P2', requirements },
      ],
    });
    for (const { decisionId, record } of [single, joint]) {
      expect(record).toBe('queued');
      const stored = await eventually('the decision is stored', async () => {
        const decision = await hub.api.ok<{ state: string; input: string; output: string; outputSha256: string }>(
          'GET',
          `/api/v1/decisions/${decisionId}`,
          undefined,
          dispatcher,
        );
        return decision.state === 'stored' && decision;
      });
      const replay = await hub.api.ok<{ kind: string; output: string }>(
        'GET',
        `/api/v1/decisions/${decisionId}/replay`,
        undefined,
        dispatcher,
      );
      expect(replay).toEqual({ kind: 'same', output: stored.output });
    }
    const police = await hub.api.token('VP', 'dispatcher');
    const foreign = await hub.api.call('GET', `/api/v1/decisions/${single.decisionId}`, undefined, police);
    expect([foreign.status, foreign.body.code]).toEqual([403, 'agency_not_allowed']);
    // a byte changed in the table does not go unnoticed
    await hub.database.query('UPDATE decision SET input = replace(input, \'"d30"\', \'"d31"\') WHERE id = $1', [
      single.decisionId,
    ]);
    const corrupt = await hub.api.ok('GET', `/api/v1/decisions/${single.decisionId}/replay`, undefined, dispatcher);
    expect(corrupt).toEqual({ kind: 'corrupt' });
  });

  it('D51 a unit that the asking desk holds for the VEK is free to it, for this VEK, and to nobody else', async () => {
    const wanted = newName('d51');
    const [near, far] = [await unitAt(300, { [wanted]: 1 }), await unitAt(900, { [wanted]: 1 })];
    const [vekId, otherVek] = [await newVek({ typeCode: wanted }), await newVek({ typeCode: wanted })];
    const chosen = async (id: string, token = dispatcher) => {
      const [one] = (await ask({ incidents: [{ vekId: id, requirements: [line(wanted)] }] }, token)).incidents;
      return [one!.units.map(({ unitId }) => unitId), one!.lines[0]!.notChosen.map(({ reason }) => reason.code)];
    };
    const before = await chosen(vekId);
    expect(before).toEqual([[near.unitId], ['farther']]);
    const holdId = uuidv7();
    await hub.api.ok('POST', '/api/v1/holds', { id: holdId, unitId: near.unitId, vekId, seconds: 300 }, dispatcher);
    expect(await chosen(vekId)).toEqual(before);
    expect(await chosen(otherVek)).toEqual([[far.unitId], ['held']]);
    const colleague = await hub.api.token('VUGD', 'dispatcher');
    expect(await chosen(vekId, colleague)).toEqual([[far.unitId], ['held']]);
    await hub.api.ok('DELETE', `/api/v1/holds/${holdId}`, undefined, dispatcher);
    expect(await chosen(vekId, colleague)).toEqual(before);
  });

  it('D52 decisions and settled proposals go when they have outlived their time', async () => {
    const question = { incidents: [{ place: PLACE, priority: 'P1', requirements: [line('d52')] }] };
    const [old, young] = [await ask(question), await ask(question)];
    const { database } = hub.tracker.core;
    await eventually('they are stored', () => hub.tracker.core.dispatch.decisions.waiting === 0);
    await database.query("UPDATE decision SET at = now() - interval '366 days' WHERE id = $1", [old.decisionId]);
    const vekId = await newVek();
    const settled = async (days: number) => {
      const id = uuidv7();
      await database.query(
        `INSERT INTO proposal (id, agency_id, vek_id, key, body, state, settled_at)
         SELECT $1::uuid, agency_id, id, $1::text, '{}', 'dismissed', now() - $2::integer * interval '1 day' FROM vek WHERE id = $3`,
        [id, days, vekId],
      );
      return id;
    };
    const [goes, stays] = [await settled(366), await settled(364)];
    await pruneDecided(database, 365);
    const left = async (table: string, ids: string[]) =>
      (await database.query<{ id: string }>(`SELECT id FROM ${table} WHERE id = ANY ($1::uuid[])`, [ids])).rows;
    expect(await left('decision', [old.decisionId, young.decisionId])).toEqual([{ id: young.decisionId }]);
    expect(await left('proposal', [goes, stays])).toEqual([{ id: stays }]);
  });

  it('D31 what is available within a time, in an area, and at an instant to come', async () => {
    const wanted = newName('d31');
    const free = await unitAt(1000, { [wanted]: 2 });
    const off = await unitAt(1100, { [wanted]: 3 }, { statusAtRest: 'available' });
    const shift = (unitId: string, fromH: number, toH: number) => ({
      id: uuidv7(),
      agencyCode: 'VUGD',
      unitId,
      startsAt: new Date(Date.now() + fromH * 3_600_000).toISOString(),
      endsAt: new Date(Date.now() + toH * 3_600_000).toISOString(),
      headCount: 4,
    });
    await hub.api.ok('POST', '/api/v1/crew-shifts', shift(off.unitId, 2, 10), admin);
    interface Available {
      readonly units: readonly { readonly unitId: string }[];
      readonly byCapability: Readonly<Record<string, { readonly units: number; readonly quantity: number }>>;
      readonly notAvailable: Readonly<Record<string, number>>;
    }
    const what = async (question: object) => {
      const body = { capabilities: [{ code: wanted }], ...question };
      return hub.api.ok<Available>('POST', '/api/v1/available', body, dispatcher);
    };
    const now = await what({ place: PLACE, withinS: 600 });
    expect(now.units.map(({ unitId }) => unitId)).toEqual([free.unitId]);
    expect(now.byCapability[wanted]).toEqual({ units: 1, quantity: 2 });
    expect(now.notAvailable.off_duty).toBe(1);
    const later = await what({ place: PLACE, withinS: 600, at: new Date(Date.now() + 3 * 3_600_000).toISOString() });
    expect(later.units.map(({ unitId }) => unitId)).toEqual([free.unitId, off.unitId]);
    // at work now, and expected to be free in half an hour
    const vekId = await newVek();
    const assignmentId = uuidv7();
    await hub.api.ok(
      'POST',
      `/api/v1/veks/${vekId}/assignments`,
      { id: assignmentId, unitId: free.unitId },
      dispatcher,
    );
    const freeAt = Date.now() + 1_800_000;
    const expected = { at: new Date(freeAt).toISOString() };
    await hub.api.ok('PUT', `/api/v1/assignments/${assignmentId}/expected-free`, expected, dispatcher);
    expect((await what({ place: PLACE, withinS: 600 })).notAvailable.status_not_dispatchable).toBe(1);
    for (const [afterMs, units] of [
      [-60_000, []],
      [60_000, [free.unitId]],
    ] as const) {
      const at = new Date(freeAt + afterMs).toISOString();
      expect((await what({ place: PLACE, withinS: 600, at })).units.map(({ unitId }) => unitId)).toEqual(units);
    }
    await hub.api.ok('DELETE', `/api/v1/assignments/${assignmentId}`, undefined, dispatcher);
    expect((await what({ place: PLACE, withinS: 1 })).units).toEqual([]);
    const round = (halfDeg: number) => ({
      type: 'Polygon',
      coordinates: [
        [
          [PLACE.lon - halfDeg, PLACE.lat - halfDeg],
          [PLACE.lon + halfDeg, PLACE.lat - halfDeg],
          [PLACE.lon + halfDeg, PLACE.lat + halfDeg],
          [PLACE.lon - halfDeg, PLACE.lat + halfDeg],
          [PLACE.lon - halfDeg, PLACE.lat - halfDeg],
        ],
      ],
    });
    expect((await what({ polygon: round(0.1) })).units.map(({ unitId }) => unitId)).toEqual([free.unitId]);
    expect((await what({ polygon: round(0.001) })).units).toEqual([]);
    expect((await hub.api.call('POST', '/api/v1/available', { place: PLACE }, dispatcher)).status).toBe(400);
  });

  it('D65, D66 when and where a unit will be free is told to all on its card, and it is counted from there', async () => {
    const wanted = newName('d66');
    const [busy, near] = [await unitAt(25_000, { [wanted]: 1 }), await unitAt(4000, { [wanted]: 1 })];
    const vekId = await newVek();
    const assignmentId = uuidv7();
    const sent = { id: assignmentId, unitId: busy.unitId };
    await hub.api.ok('POST', `/api/v1/veks/${vekId}/assignments`, sent, dispatcher);
    await hub.api.ok('POST', `/api/v1/units/${busy.unitId}/status`, { status: 'transporting' }, dispatcher);
    const expectFree = (expected: object) =>
      hub.api.call<{ code?: string }>('PUT', `/api/v1/assignments/${assignmentId}/expected-free`, expected, dispatcher);
    const freeAt = Date.now() + 600_000;
    const at = new Date(freeAt).toISOString();
    const hospital = { lon: PLACE.lon + 500 / M_PER_LON_DEG, lat: PLACE.lat, name: 'Gaiļezers' };
    for (const wrong of [
      { at: null, place: hospital },
      { at, place: { ...hospital, lat: 91 } },
      { at, place: { lon: 24 } },
      { at, place: { ...hospital, name: '' } },
    ])
      expect((await expectFree(wrong)).status, JSON.stringify(wrong)).toBe(400);
    const onCard = async () => {
      interface Card {
        readonly assignments: readonly { readonly id: string; readonly expectedFree: unknown }[];
      }
      const { assignments } = await hub.api.ok<Card>('GET', `/api/v1/veks/${vekId}`, undefined, dispatcher);
      return assignments.find(({ id }) => id === assignmentId)!.expectedFree;
    };
    expect(await onCard()).toBeNull();
    const policy = (soonFreeWithinS: number) =>
      hub.api.ok('PUT', '/api/v1/agencies/VUGD/dispatch-policy', { soonFreeWithinS }, admin);
    const whoGoes = async () => {
      const { units, lines } = await askAt([line(wanted)]);
      return [...units, ...lines[0]!.notChosen];
    };
    await policy(3600);
    try {
      expect((await expectFree({ at })).status).toBe(204);
      expect(await onCard()).toEqual({ at: freeAt, place: null });
      expect((await whoGoes()).map(({ unitId, from }) => [unitId, from.kind])).toEqual([
        [near.unitId, 'fix'],
        [busy.unitId, 'fix'],
      ]);
      expect((await expectFree({ at, place: hospital })).status).toBe(204);
      expect(await onCard()).toEqual({ at: freeAt, place: hospital });
      const after = await whoGoes();
      const counted = after.find(({ unitId }) => unitId === busy.unitId)!;
      expect(counted.from).toEqual({ kind: 'free_place', ...hospital });
      // it waits, and drives the half kilometre then; the list and the map show it where it is
      expect(counted.response.responseMs - counted.response.waitMs).toBeLessThan(60_000);
      expect(counted.response.intervalMs[1]).toBe(counted.response.responseMs);
      expect((counted.lon - PLACE.lon) * M_PER_LON_DEG).toBeCloseTo(25_000, -2);
      interface Free {
        readonly units: readonly { readonly unitId: string; readonly from: { readonly kind: string } }[];
      }
      const later = new Date(freeAt + 60_000).toISOString();
      const there = { place: PLACE, withinS: 120, at: later, capabilities: [{ code: wanted }] };
      const { units } = await hub.api.ok<Free>('POST', '/api/v1/available', there, dispatcher);
      expect(units.map(({ unitId, from }) => [unitId, from.kind])).toEqual([[busy.unitId, 'free_place']]);
      // to those whom it is sent to it comes from where it is, and brings what it brings
      const { already } = await askAt([line(wanted)], { vekId, place: undefined, priority: undefined });
      expect(already).toMatchObject([{ unitId: busy.unitId }]);
      await eventually('the feed tells of it', async () => {
        interface Told {
          readonly type: string;
          readonly data: { readonly assignmentId?: string; readonly freePlace?: { readonly lon: number } | null };
        }
        const { events } = await hub.api.ok<{ events: Told[] }>(
          'GET',
          '/api/v1/feed?limit=1000',
          undefined,
          dispatcher,
        );
        return events.some(
          ({ type, data: { assignmentId: of, freePlace } }) =>
            type === 'lv.vanags.assignment.free_expected.v1' && of === assignmentId && freePlace?.lon === hospital.lon,
        );
      });
      const { history } = await hub.api.ok<{ history: { what: string; detail: Record<string, unknown> }[] }>(
        'GET',
        `/api/v1/veks/${vekId}/history`,
        undefined,
        dispatcher,
      );
      expect(history.filter(({ what }) => what === 'free_expected').at(-1)!.detail.expectedFreeAt).toBe(freeAt);
      expect((await expectFree({ at: null })).status).toBe(204);
      expect(await onCard()).toBeNull();
      const ended = (await whoGoes()).find(({ unitId }) => unitId === busy.unitId)!;
      expect(ended.from.kind).toBe('fix');
    } finally {
      await policy(0);
    }
    await hub.api.ok('DELETE', `/api/v1/assignments/${assignmentId}`, undefined, dispatcher);
    expect((await expectFree({ at, place: hospital })).body.code).toBe('assignment_ended');
  });

  it('D32 cross-staffing, equipment, qualifications, rest and reservations come with the roster', async () => {
    const [tankers, ladders, chemist] = [newName('d32'), newName('d32_ladder'), newName('d32_chemist')];
    const [foam, crew] = [newName('d32_foam'), newName('d32')];
    const shift = (unitId: string, more: object) => ({
      id: uuidv7(),
      agencyCode: 'VUGD',
      unitId,
      startsAt: new Date(Date.now() - 3_600_000).toISOString(),
      endsAt: new Date(Date.now() + 8 * 3_600_000).toISOString(),
      headCount: 4,
      ...more,
    });
    const tanker = await unitAt(300, { [tankers]: 1 });
    const ladder = await unitAt(300, { [ladders]: 1 });
    for (const { unitId } of [tanker, ladder])
      await hub.api.ok('POST', '/api/v1/crew-shifts', shift(unitId, { crew, qualifications: { [chemist]: 2 } }), admin);
    await hub.api.ok('PUT', `/api/v1/units/${tanker.unitId}/equipment`, { equipment: { [foam]: 300 } }, admin);
    const { units, lines } = await askAt([
      line(tankers, 1, { onBoard: [{ equipment: foam, quantity: 200 }] }),
      line(ladders),
      { kind: 'crew', qualification: chemist, quantity: 2, service: 'VUGD', need: 'must' },
    ]);
    // one crew, two vehicles: one of them goes
    expect(units).toHaveLength(1);
    expect(lines.filter(({ shortfall }) => shortfall !== null)).toHaveLength(1);
    const rests = {
      id: uuidv7(),
      agencyCode: 'VUGD',
      unitId: tanker.unitId,
      startsAt: new Date(Date.now() - 1000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    };
    const imported = await hub.api.ok<{ added: number }>(
      'POST',
      '/api/v1/import/crew-rests',
      JSON.stringify(rests),
      admin,
    );
    expect(imported.added).toBe(1);
    const rested = await askAt([line(tankers)]);
    expect(rested.units[0]!.why.map(({ code }) => code)).toContain('crew_rests');
    const vekId = await newVek();
    const kept = { ...rests, id: uuidv7(), vekId, startsAt: new Date(Date.now() + 600_000).toISOString() };
    await hub.api.ok('POST', '/api/v1/import/reservations', JSON.stringify(kept), admin);
    const reserved = await askAt([line(tankers)]);
    expect(reserved.lines[0]!.notChosen[0]).toMatchObject({
      unitId: tanker.unitId,
      reason: { code: 'reserved', vekId },
    });
  });

  it('D64 what the engine is told of the fleet bit by bit is what it would be told at once', async () => {
    clearInterval(listening);
    for (let news = keeper.news(); news !== undefined; news = keeper.news()) takeFleetOrder(news, bitByBit);
    const atOnce = new DispatchRoster();
    for (const order of keeper.everybody()) takeFleetOrder(order, atOnce);
    // what is left of a turnout is told once a second
    const unitsOf = (roster: DispatchRoster) =>
      [...roster.units()].map((unit) => ({ ...unit, turnoutMs: 0 })).sort((a, b) => a.handle - b.handle);
    expect(bitByBit.size).toBeGreaterThan(10);
    expect(unitsOf(bitByBit)).toEqual(unitsOf(atOnce));
  });
});
