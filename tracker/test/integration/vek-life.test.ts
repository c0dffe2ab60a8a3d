import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CrewClient } from '../../../fixtures/crew-client/index.js';
import { feedSql } from '../../src/feed/feed-sql.js';
import {
  ASSIGNMENT_STATES,
  VEK_ENDINGS,
  VEK_MOVES,
  VEK_SERVICE_AT_WORK,
  VEK_SERVICE_MOVES,
  VEK_SERVICE_STATUSES,
  VEK_STATUSES,
} from '../../src/protocol/status.js';
import type { Queryable } from '../../src/store/database.js';
import { cancelAssignment } from '../../src/veks/assignments.js';
import { CommandError } from '../../src/veks/errors.js';
import { closeVek, reopenVek, updateVek } from '../../src/veks/vek-commands.js';
import { mergeVek } from '../../src/veks/vek-merge.js';
import { answerPart, offerPart, returnPart, timeOutPart } from '../../src/veks/vek-parts.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createCrew,
  crewClient,
  databaseIsThere,
  eventually,
  feedIsRead,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const PLACE = { lon: 24.1059, lat: 56.946 };

interface Vek {
  readonly id: string;
  readonly number: number;
  readonly agencyId: string;
  readonly responsibleId: string;
  readonly coOwners: string[];
  readonly status: string;
  readonly version: number;
  readonly priority: string | null;
  readonly alarmLevel: number;
  readonly receivedAt: number;
  readonly objects: string[];
  readonly outcome: unknown;
  readonly mergedInto: string | null;
  readonly restricted: string[];
  readonly closedAt: number | null;
  readonly services: { agencyId: string; status: string; transfer: boolean; respondBy: number | null }[];
  readonly assignments: {
    id: string;
    unitId: string;
    status: string;
    relieves: string | null;
    relievedBy: string | null;
    milestones: Record<string, { at: number }>;
  }[];
}

interface Line {
  readonly vekId: string;
  readonly version: number;
  readonly what: string;
  readonly agencyId: string | null;
  readonly by: string;
  readonly changes: { field: string; from: unknown; to: unknown }[];
  readonly detail: Record<string, unknown>;
}

interface Conflict {
  readonly code: string;
  readonly version: number;
  readonly vekId: string;
  readonly changes: { field: string; from: unknown; to: unknown; by: string; at: number }[];
}

describe.skipIf(!databaseIsThere)('the life of a VEK', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let ids: Readonly<Record<string, string>>;
  const desk: Record<string, string> = {};
  const clients: CrewClient[] = [];

  beforeAll(async () => {
    ({ home, hub, admin, ids } = await setStage(['VUGD', 'VP', 'RPP', 'NMPD'], { FLUSH_INTERVAL_MS: '20' }));
    for (const code of Object.keys(ids)) desk[code] = await hub.api.token(code, 'dispatcher', 'call_taker');
  });
  afterAll(async () => {
    for (const client of clients) client.stop();
    await clearStage({ home, hub });
  });

  async function newVek(fields: object = {}, agency = 'VUGD'): Promise<string> {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice', ...PLACE, ...fields }, desk[agency]);
    return id;
  }
  const vek = (id: string, agency = 'VUGD') => hub.api.ok<Vek>('GET', `/api/v1/veks/${id}`, undefined, desk[agency]);
  const post = <Body = Conflict>(path: string, body: unknown, agency = 'VUGD') =>
    hub.api.call<Body>('POST', `/api/v1/${path}`, body, desk[agency]);
  const ok = <Body>(path: string, body: unknown, agency = 'VUGD') =>
    hub.api.ok<Body>('POST', `/api/v1/${path}`, body, desk[agency]);
  const history = async (id: string, agency = 'VUGD') =>
    (await hub.api.ok<{ history: Line[] }>('GET', `/api/v1/veks/${id}/history`, undefined, desk[agency])).history;
  const close = async (id: string, fields: object = {}) =>
    ok(`veks/${id}/close`, { version: (await vek(id)).version, ...fields });
  const merge = async (id: string, into: string, agency = 'VUGD') =>
    post<Conflict & { intoVersion: number }>(
      `veks/${id}/merge`,
      { version: (await vek(id, agency)).version, intoVekId: into, intoVersion: (await vek(into, agency)).version },
      agency,
    );
  async function send(vekId: string, unitId: string, agency = 'VUGD'): Promise<string> {
    const id = uuidv7();
    await ok(`veks/${vekId}/assignments`, { id, unitId }, agency);
    return id;
  }
  const status = (unitId: string, to: string, fields: object = {}, agency = 'VUGD') =>
    ok<{ outcome: string }>(`units/${unitId}/status`, { status: to, ...fields }, agency);
  /** What was done to a card, by the audit log. */
  const audited = async (vekId: string) =>
    (
      await hub.database.query<{ action: string }>(
        'SELECT action FROM audit_entry WHERE subject_id = $1 ORDER BY seq',
        [vekId],
      )
    ).rows.map(({ action }) => action);
  async function eventsOf(vekId: string, agency: string) {
    await feedIsRead(hub);
    const { events } = await hub.api.ok<{ events: { type: string; subject: string; data: Record<string, unknown> }[] }>(
      'GET',
      '/api/v1/feed?limit=1000&subjects=vek,assignment',
      undefined,
      desk[agency],
    );
    return events.filter(({ data }) => data.vekId === vekId || data.fromVekId === vekId);
  }

  describe('as the tables say', () => {
    /** Does what the work does, says how it was refused, and leaves nothing behind. */
    async function tried(
      vekIds: string[],
      work: (...given: Parameters<Parameters<typeof change>[1]>) => Promise<unknown>,
    ) {
      const undone = new Error('undone');
      let refusal: string | undefined;
      await change(vekIds, async (tx, records) => {
        try {
          await work(tx, records);
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
          refusal = error.code;
        }
        throw undone;
      }).catch((error) => {
        if (error !== undone) throw error;
      });
      return refusal;
    }
    const change: typeof hub.tracker.core.changes.change = (...given) => hub.tracker.core.changes.change(...given);
    const setStatus = (tx: Queryable, id: string, to: string, into: string) =>
      tx.query('UPDATE vek SET status = $2, merged_into = $3 WHERE id = $1', [id, to, to === 'merged' ? into : null]);

    it('V1 a person ends, merges and reopens a card from where the table allows it, and from nowhere else', async () => {
      const [id, other, third] = [await newVek(), await newVek(), await newVek()];
      const by = { agencyId: ids.VUGD!, subject: 'test' };
      const commands = [
        ...VEK_ENDINGS.map((as) => ({ to: as, run: { as, outcome: null } })),
        { to: 'merged' as const, run: undefined },
        { to: 'new' as const, run: undefined },
      ];
      for (const from of VEK_STATUSES)
        for (const { to, run } of commands) {
          if (to === 'new' && !['closed', 'cancelled', 'transferred', 'merged'].includes(from)) continue; // derived
          const refusal = await tried([id, other], async (tx, records) => {
            await setStatus(tx, id, from, third);
            const known = { vekId: id, version: 1, by, at: Date.now() };
            if (run !== undefined) await closeVek(tx, records, { ...known, ...run });
            else if (to === 'new') await reopenVek(tx, records, { ...known, reason: 'test' });
            else await mergeVek(tx, records, { ...known, intoVekId: other, intoVersion: 1, reason: null });
            expect(
              (await tx.query<{ status: string }>('SELECT status FROM vek WHERE id = $1', [id])).rows[0]!.status,
            ).toBe(to);
          });
          // without a unit nothing keeps an assigned card from being ended: its status would not be that
          const allowed = VEK_MOVES[from].includes(to) || (from === 'assigned' && run !== undefined);
          expect([from, to, refusal], `${from} to ${to}`).toEqual([from, to, allowed ? undefined : 'vek_ended']);
        }
      expect((await vek(id)).version).toBe(1);
    });

    it('V1 an ended card takes no change, no unit, no offer and no answer', async () => {
      const id = await newVek({ offerTo: ['VP'] });
      const { unitId } = await createCrew(hub.api, admin, 'VUGD');
      const by = { agencyId: ids.VUGD!, subject: 'test' };
      await close(id, { as: 'cancelled' });
      const { version } = await vek(id);
      const refused = await Promise.all([
        post(`veks/${id}/assignments`, { id: uuidv7(), unitId }),
        post(`veks/${id}/services`, { agencyCode: 'NMPD' }),
        post(`veks/${id}/answer`, { answer: 'accepted' }, 'VP'),
        post(`veks/${id}/close`, { version }),
        post('holds', { id: uuidv7(), unitId, vekId: id }),
      ]);
      expect(refused.map(({ status, body }) => [status, body.code])).toEqual(Array(5).fill([409, 'vek_ended']));
      expect(
        await tried([id], (tx, records) =>
          updateVek(tx, records, { vekId: id, version, patch: { priority: 'P1' }, by, at: 0 }),
        ),
      ).toBe('vek_ended');
    });

    it('V1 a part is offered, answered, given back and timed out as the table allows', async () => {
      const id = await newVek({ offerTo: ['VP'] });
      const [vekId, agencyId, at] = [id, ids.VP!, Date.now()];
      const by = { agencyId, subject: 'test' };
      const commands = {
        accepted: (tx: Queryable, records: never) =>
          answerPart(tx, records, { vekId, agencyId, answer: 'accepted', reason: null, by, at }),
        refused: (tx: Queryable, records: never) =>
          answerPart(tx, records, { vekId, agencyId, answer: 'refused', reason: null, by, at }),
        returned: (tx: Queryable, records: never) =>
          returnPart(tx, records, { vekId, agencyId, reason: 'test', by, at }),
        timed_out: (tx: Queryable, records: never) => timeOutPart(tx, records, { vekId, agencyId, at }),
        offered: (tx: Queryable, records: never) =>
          offerPart(tx, records, { vekId, agencyId, transfer: false, respondWithinS: null, by, at }),
      } as const;
      for (const from of VEK_SERVICE_STATUSES)
        for (const to of Object.keys(commands) as (keyof typeof commands)[]) {
          let now: string | undefined;
          const refusal = await tried([id], async (tx, records) => {
            const of = [id, agencyId];
            await tx.query('UPDATE vek_service SET status = $3 WHERE vek_id = $1 AND agency_id = $2', [...of, from]);
            await commands[to](tx, records as never);
            const { rows } = await tx.query<{ status: string }>(
              'SELECT status FROM vek_service WHERE vek_id = $1 AND agency_id = $2',
              of,
            );
            now = rows[0]!.status;
          });
          const allowed = VEK_SERVICE_MOVES[from].includes(to) && !VEK_SERVICE_AT_WORK.includes(from);
          // an offer or a time limit that comes too late, and a repeated answer, change nothing; any other answer is refused
          const silent = to === 'offered' || to === 'timed_out' || from === to;
          const expected = allowed ? to : silent ? from : undefined;
          expect([now, refusal], `${from} to ${to}`).toEqual([
            expected,
            allowed || silent ? undefined : 'service_answered',
          ]);
        }
    });

    it('V1 the statuses that the database knows are those of the tables', async () => {
      const { rows } = await hub.database.query<{ table: string; text: string }>(
        `SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS text FROM pg_constraint
         WHERE conname IN ('vek_status_check', 'vek_service_status_check', 'assignment_status_check')`,
      );
      const known = Object.fromEntries(
        rows.map(({ table, text }) => [table, [...text.matchAll(/'(\w+)'::text/g)].map((match) => match[1]).sort()]),
      );
      expect(known).toEqual({
        vek: [...VEK_STATUSES].sort(),
        vek_service: [...VEK_SERVICE_STATUSES].sort(),
        assignment: [...ASSIGNMENT_STATES].sort(),
      });
    });

    it('V1 an assignment that is over is neither cancelled nor relieved', async () => {
      const [{ unitId }, { unitId: spare }] = [
        await createCrew(hub.api, admin, 'VUGD'),
        await createCrew(hub.api, admin, 'VUGD'),
      ];
      const id = await newVek();
      const assignmentId = await send(id, unitId);
      await status(unitId, 'returning');
      const by = { agencyId: ids.VUGD!, subject: 'test' };
      expect(
        await tried([id, unitId], (tx, records) => cancelAssignment(tx, records, { assignmentId, by, at: 0 })),
      ).toBe('assignment_ended');
      const relief = await post(`assignments/${assignmentId}/relief`, { id: uuidv7(), unitId: spare });
      expect([relief.status, relief.body.code]).toEqual([409, 'assignment_ended']);
    });
  });

  it('V2 V3 what was done to a card is in its history, and told to whom knows an older version', async () => {
    const id = await newVek({ priority: 'P3', summary: 'dūmi' });
    await hub.api.ok(
      'PATCH',
      `/api/v1/veks/${id}`,
      { version: 1, priority: 'P1', objects: ['school'], lon: 24.2, lat: 56.9 },
      desk.VUGD,
    );
    await ok(`veks/${id}/services`, { agencyCode: 'VP' });
    await ok(`veks/${id}/answer`, { answer: 'refused', reason: 'nav brīvu' }, 'VP');
    const comment = { id: uuidv7(), text: 'zvanīja vēlreiz' };
    expect((await post(`veks/${id}/comments`, comment)).status).toBe(201);
    expect((await post(`veks/${id}/comments`, comment)).status).toBe(200);
    const before = await vek(id);
    await close(id, { outcome: { code: 'false_alarm', note: 'nekas' } });
    const lines = await history(id, 'VP');
    expect(lines.map(({ version, what, by, changes }) => [version, what, by, changes])).toEqual([
      [1, 'created', 'VUGD-dispatcher-call_taker', []],
      [
        2,
        'changed',
        'VUGD-dispatcher-call_taker',
        [
          { field: 'priority', from: 'P3', to: 'P1' },
          { field: 'place', from: [24.1059, 56.946], to: [24.2, 56.9] },
          { field: 'objects', from: [], to: ['school'] },
        ],
      ],
      [3, 'offered', 'VUGD-dispatcher-call_taker', [{ field: `services.${ids.VP}`, from: null, to: 'offered' }]],
      [4, 'refused', 'VP-dispatcher-call_taker', [{ field: `services.${ids.VP}`, from: 'offered', to: 'refused' }]],
      [4, 'commented', 'VUGD-dispatcher-call_taker', []],
      [
        5,
        'closed',
        'VUGD-dispatcher-call_taker',
        [
          { field: 'status', from: 'new', to: 'closed' },
          { field: 'outcome', from: null, to: 'false_alarm' },
        ],
      ],
    ]);
    expect(lines[3]!.detail).toEqual({ agencyId: ids.VP, transfer: false, reason: 'nav brīvu' });
    expect(lines[4]!.detail).toEqual({ commentId: comment.id });
    const { comments } = await hub.api.ok<{ comments: object[] }>(
      'GET',
      `/api/v1/veks/${id}/comments`,
      undefined,
      desk.VP,
    );
    expect(comments).toMatchObject([{ ...comment, vekId: id, agencyId: ids.VUGD }]);
    expect((await vek(id)).outcome).toEqual({ code: 'false_alarm', note: 'nekas' });
    // who still has the card as it was offered
    const late = await post(`veks/${id}/reopen`, { version: before.version - 1, reason: 'deg' });
    expect([late.status, late.body.code, late.body.version]).toEqual([409, 'version_conflict', 5]);
    expect(late.body.changes).toMatchObject([
      { field: `services.${ids.VP}`, from: 'offered', to: 'refused', by: 'VP-dispatcher-call_taker' },
      { field: 'outcome', from: null, to: 'false_alarm', by: 'VUGD-dispatcher-call_taker' },
      { field: 'status', from: 'new', to: 'closed' },
    ]);
    expect(await audited(id)).toEqual(expect.arrayContaining(['create_vek', 'update_vek', 'offer_vek', 'comment_vek']));
    // the words of people are not on the feed
    const told = JSON.stringify(await eventsOf(id, 'VUGD'));
    for (const words of ['nekas', 'zvanīja', 'nav brīvu', 'dūmi']) expect(told).not.toContain(words);
    expect(told).toContain('false_alarm');
  });

  it('V17 a report comes by any channel, and the channel stays with the card', async () => {
    for (const channel of ['voice', 'sms', 'app', 'ecall_auto', 'ecall_manual', 'transfer', 'manual']) {
      const id = await newVek({ channel, accuracyM: 300, address: 'Brīvības iela 1' });
      expect(await vek(id)).toMatchObject({ channel, accuracyM: 300, address: 'Brīvības iela 1', ...PLACE });
    }
    expect((await post('veks', { id: uuidv7(), channel: 'pigeon' })).status).toBe(400);
  });

  it('V6 a record of another system has one VEK in an agency', async () => {
    const external = { system: 'voice', id: uuidv7() };
    const id = await newVek({ external });
    const other = { id: uuidv7(), channel: 'voice', external };
    const refused = await post('veks', other);
    expect([refused.status, refused.body.code, refused.body.vekId]).toEqual([409, 'external_taken', id]);
    expect((await post('veks', { ...other, id })).status).toBe(200);
    expect((await post('veks', other, 'VP')).status).toBe(201); // of VP's own record
    const many = { system: 'voice', id: uuidv7() };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => post('veks', { id: uuidv7(), channel: 'voice', external: many })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
  });

  it('V8 V9 a merge takes parts and units along, disturbs no crew, and both histories are read together', async () => {
    const { unitId, token } = await createCrew(hub.api, admin, 'VUGD');
    const client = crewClient(hub.crewUrl, token);
    clients.push(client);
    let told = 0;
    client.on('assignment', () => told++);
    client.on('cancel', () => told++);
    const ready = new Promise<void>((resolve) => client.on('resumed', () => resolve()));
    client.start();
    await ready;
    const id = await newVek({
      priority: 'P1',
      summary: 'deg jumts',
      objects: ['school'],
      caller: { phone: '+37120000001' },
    });
    const into = await newVek({ priority: 'P3', offerTo: ['VUGD'], caller: { phone: '+37120000002' } }, 'VP');
    await ok(`veks/${id}/services`, { agencyCode: 'NMPD' });
    await ok(`veks/${id}/answer`, { answer: 'accepted' }, 'NMPD');
    await ok(`veks/${id}/comments`, { id: uuidv7(), text: 'pirmais' });
    const assignmentId = await send(id, unitId);
    client.acknowledge(assignmentId);
    await eventually('acknowledged', async () => (await vek(id)).assignments[0]!.milestones.acknowledged !== undefined);
    client.reportStatus('en_route', assignmentId);
    await eventually('en route', async () => (await vek(id)).status === 'in_progress');
    const { unitId: held } = await createCrew(hub.api, admin, 'VUGD');
    await ok('holds', { id: uuidv7(), unitId: held, vekId: id });
    const [before, intoBefore] = [await vek(id), await vek(into)];
    told = 0;

    expect((await merge(id, into)).status).toBe(200);
    const [after, survivor] = [await vek(id), await vek(into)];
    expect(after).toMatchObject({ status: 'merged', mergedInto: into, version: before.version + 1, assignments: [] });
    expect(survivor).toMatchObject({
      status: 'in_progress',
      priority: 'P1',
      objects: ['school'],
      coOwners: [ids.VUGD],
      version: intoBefore.version + 1,
    });
    expect(survivor.services.map(({ agencyId, status }) => [agencyId, status])).toEqual(
      expect.arrayContaining([
        [ids.VUGD, 'in_progress'],
        [ids.NMPD, 'accepted'],
      ]),
    );
    const { version: _, ...kept } = survivor.assignments[0]! as Vek['assignments'][0] & { version: number };
    expect(before.assignments[0]).toMatchObject(kept);
    // a unit that is held for one is held for the other
    await send(into, held);
    // the crew goes on with the assignment it has, under the same id
    client.reportStatus('on_scene', assignmentId);
    await eventually('on scene', async () => (await vek(into)).assignments.some(({ status }) => status === 'on_scene'));
    expect(told, 'messages to the crew').toBe(0);

    // repeated, whatever the versions are by now, it changes nothing
    const again = { version: 1, intoVekId: into, intoVersion: 1 };
    const { version: intoVersion } = await vek(into);
    expect((await post(`veks/${id}/merge`, again)).body).toEqual({ version: after.version, intoVersion });
    expect(await vek(into)).toMatchObject({ version: intoVersion });

    // NMPD, whose part was of the first card alone, reads all of it
    const lines = await history(into, 'NMPD');
    expect(new Set(lines.map(({ vekId }) => vekId))).toEqual(new Set([id, into]));
    expect(lines.filter(({ what }) => what === 'merged' || what === 'absorbed').map(({ vekId }) => vekId)).toEqual([
      id,
      into,
    ]);
    const { changes } = lines.find(({ what }) => what === 'absorbed')!;
    expect(changes.slice(0, 4)).toEqual([
      { field: 'status', from: 'new', to: 'in_progress' },
      { field: 'priority', from: 'P3', to: 'P1' },
      { field: 'summary', from: null, to: 'deg jumts' },
      { field: 'objects', from: [], to: ['school'] },
    ]);
    expect(changes.slice(4)).toEqual(
      expect.arrayContaining([
        { field: `services.${ids.VUGD}`, from: 'offered', to: 'in_progress' },
        { field: `services.${ids.NMPD}`, from: null, to: 'accepted' },
      ]),
    );
    const { comments } = await hub.api.ok<{ comments: { text: string; vekId: string }[] }>(
      'GET',
      `/api/v1/veks/${into}/comments`,
      undefined,
      desk.VP,
    );
    expect(comments).toMatchObject([{ text: 'pirmais', vekId: id }]);
    expect(await hub.api.ok('GET', `/api/v1/veks/${into}/caller`, undefined, desk.VP)).toMatchObject({
      phone: '+37120000002',
      others: [{ vekId: id, phone: '+37120000001' }],
    });
    // both agencies, and those with a part in either, are told
    for (const agency of ['VUGD', 'VP', 'NMPD']) {
      const types = (await eventsOf(id, agency)).map(({ type }) => type);
      expect(types, agency).toEqual(
        expect.arrayContaining(['lv.vanags.vek.merged.v1', 'lv.vanags.assignment.moved.v1']),
      );
    }
  });

  it('V11 into itself, a merged or an ended card nothing is merged, and chains lead to the last', async () => {
    const [a, b, c, d] = [await newVek(), await newVek(), await newVek(), await newVek()];
    const self = await merge(a, a);
    expect([self.status, self.body.code]).toEqual([409, 'vek_same']);
    const stale = await post(`veks/${a}/merge`, { version: 1, intoVekId: b, intoVersion: 7 });
    expect([stale.body.code, stale.body.vekId, stale.body.version]).toEqual(['version_conflict', b, 1]);
    expect((await merge(a, b)).status).toBe(200);
    for (const [from, into, ended] of [
      [c, a, a],
      [a, c, a],
    ] as const) {
      const refused = await merge(from, into);
      expect([refused.status, refused.body.code, refused.body.vekId]).toEqual([409, 'vek_ended', ended]);
    }
    expect((await merge(b, c)).status).toBe(200);
    expect((await merge(a, c)).status, 'it is there already').toBe(200);
    expect((await vek(a)).mergedInto).toBe(c);
    expect((await vek(b)).mergedInto).toBe(c);
    expect(await audited(a)).toContain('merge_vek');
    expect(new Set((await history(c)).map(({ vekId }) => vekId))).toEqual(new Set([a, b, c]));
    await close(d);
    expect((await merge(c, d)).body.code).toBe('vek_ended');
    expect((await post(`veks/${a}/reopen`, { version: 2, reason: 'kļūda' })).body.code).toBe('vek_ended');
    // two desks that merge each into the other
    const [e, f] = [await newVek(), await newVek()];
    const both = await Promise.all([merge(e, f), merge(f, e)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    // of somebody else's card nothing is told
    expect(
      (await post(`veks/${await newVek({}, 'VP')}/merge`, { version: 1, intoVekId: c, intoVersion: 1 })).status,
    ).toBe(404);
  });

  it('T71 what the state of things refuses is a problem with the status of its answer, and the other status under its own name', async () => {
    const { unitId } = await createCrew(hub.api, admin, 'VUGD');
    const id = await newVek();
    const refused = async (method: string, path: string, body?: object, agency = 'VUGD') => {
      const answer = await hub.api.call<object>(method, `/api/v1/${path}`, body, desk[agency]);
      expect([answer.status, answer.body]).toEqual([409, expect.objectContaining({ status: 409 })]);
      return answer.body;
    };
    const reopening = { version: 1, reason: 'nav slēgts' };
    expect(await refused('POST', `veks/${id}/reopen`, reopening)).toMatchObject({ vekStatus: 'new' });
    await ok(`veks/${id}/services`, { agencyCode: 'VP' });
    await ok(`veks/${id}/answer`, { answer: 'accepted' }, 'VP');
    const answered = await refused('POST', `veks/${id}/answer`, { answer: 'refused' }, 'VP');
    expect(answered).toMatchObject({ code: 'service_answered', serviceStatus: 'accepted' });
    const assignmentId = await send(id, unitId);
    await status(unitId, 'on_scene');
    await status(unitId, 'out_of_service', { overrideReason: 'bojāts' });
    const over = await refused('DELETE', `assignments/${assignmentId}`);
    expect(over).toMatchObject({ code: 'assignment_ended', assignmentStatus: 'done' });
    const sending = await refused('POST', `veks/${id}/assignments`, { id: uuidv7(), unitId });
    expect(sending).toMatchObject({ code: 'unit_not_dispatchable', unitStatus: 'out_of_service' });
    const report = { id: uuidv7(), channel: 'voice', receivedAt: '0000-01-01T00:00:00Z' };
    expect((await post('veks', report)).status, 'T78').toBe(400);
    const toCome = { id: uuidv7(), channel: 'voice', receivedAt: '2999-01-01T00:00:00Z' };
    expect((await post('veks', toCome)).status).toBe(201);
    expect((await vek(toCome.id)).receivedAt, 'V55').toBeLessThanOrEqual(Date.now());
    const tooLarge = await hub.api.call('PATCH', `/api/v1/veks/${id}`, { version: 2 ** 31, summary: 'x' }, desk.VUGD);
    expect([tooLarge.status, tooLarge.body]).toEqual([400, expect.objectContaining({ status: 400 })]);
    await close(id);
    const { version } = await vek(id);
    expect(await refused('PATCH', `veks/${id}`, { version, summary: 'x' })).toMatchObject({ vekStatus: 'closed' });
  });

  it('V12 a card is opened again as new, and is resolved again only by what is done from then on', async () => {
    const [{ unitId }, { unitId: second }] = [
      await createCrew(hub.api, admin, 'VUGD'),
      await createCrew(hub.api, admin, 'VUGD'),
    ];
    const id = await newVek();
    const early = await post(`veks/${id}/reopen`, { version: 1, reason: 'nav slēgts' });
    expect([early.status, early.body.code]).toEqual([409, 'vek_not_ended']);
    await send(id, unitId);
    await status(unitId, 'on_scene');
    await status(unitId, 'available');
    expect((await vek(id)).status).toBe('resolved');
    await close(id, { outcome: { code: 'extinguished' } });
    await ok(`veks/${id}/reopen`, { version: (await vek(id)).version, reason: 'atkal deg' });
    expect(await vek(id)).toMatchObject({ status: 'new', outcome: null, closedAt: null });
    const cancelled = await send(id, second);
    expect((await vek(id)).status).toBe('assigned');
    await hub.api.ok('DELETE', `/api/v1/assignments/${cancelled}`, undefined, desk.VUGD);
    expect((await vek(id)).status).toBe('new');
    await send(id, second);
    await status(second, 'on_scene');
    await status(second, 'available');
    expect((await vek(id)).status).toBe('resolved');
    expect(await audited(id)).toContain('reopen_vek');
    const reopened = (await history(id)).find(({ what }) => what === 'reopened')!;
    expect(reopened.detail).toEqual({ reason: 'atkal deg' });
    expect(reopened.changes).toEqual([
      { field: 'status', from: 'closed', to: 'new' },
      { field: 'outcome', from: 'extinguished', to: null },
    ]);
  });

  it('V14 V15 who answers for the card changes only when a person accepts, and comes back with the card', async () => {
    const id = await newVek({}, 'VP');
    const offer = (fields: object = {}) =>
      ok(`veks/${id}/services`, { agencyCode: 'RPP', transfer: true, ...fields }, 'VP');
    const answer = (given: string) => ok(`veks/${id}/answer`, { answer: given, reason: 'x' }, 'RPP');
    const now = async () => {
      const { responsibleId, services } = await vek(id, 'VP');
      return [Object.keys(ids).find((code) => ids[code] === responsibleId), services[0]!.status];
    };
    await offer({ respondWithinS: 60 });
    expect(await now()).toEqual(['VP', 'offered']);
    const { respondBy } = (await vek(id, 'VP')).services[0]!;
    expect(respondBy! - Date.now()).toBeGreaterThan(0);
    expect(respondBy! - Date.now()).toBeLessThanOrEqual(60_000);
    await answer('refused');
    expect(await now()).toEqual(['VP', 'refused']);
    await offer();
    const { changes } = hub.tracker.core;
    const late = () =>
      changes.change([id], (tx, records) =>
        timeOutPart(tx, records, { vekId: id, agencyId: ids.RPP!, at: Date.now() }),
      );
    expect([await late(), await late()]).toEqual([true, false]);
    expect(await now()).toEqual(['VP', 'timed_out']);
    await offer();
    await answer('accepted');
    expect(await now()).toEqual(['RPP', 'accepted']);
    expect(await late(), 'answered meanwhile').toBe(false);
    await answer('accepted'); // repeated
    await ok(`veks/${id}/services/${ids.RPP}/return`, { reason: 'nav mūsu' }, 'RPP');
    expect(await now()).toEqual(['VP', 'returned']);
    await ok(`veks/${id}/services/${ids.RPP}/return`, { reason: 'nav mūsu' }, 'RPP');
    expect(await audited(id)).toEqual(expect.arrayContaining(['answer_vek', 'return_vek']));
    // an agency that has sent a unit was not asked whether it answers for all of it
    const { unitId } = await createCrew(hub.api, admin, 'RPP');
    await offer();
    await send(id, unitId, 'RPP');
    expect(await now()).toEqual(['VP', 'assigned']);
    await answer('accepted');
    expect(await now()).toEqual(['RPP', 'assigned']);
    const returned = await post(`veks/${id}/services/${ids.RPP}/return`, { reason: 'x' }, 'RPP');
    expect([returned.status, returned.body.code]).toEqual([409, 'service_answered']);
    expect((await post(`veks/${id}/services/${ids.RPP}/return`, { reason: 'x' }, 'VP')).body.code).toBe(
      'agency_not_allowed',
    );
    const told = (await eventsOf(id, 'RPP')).filter(({ type }) => type.startsWith('lv.vanags.vek.service_'));
    expect(told.map(({ type, data }) => [type.split('service_')[1], data.responsibleId === ids.RPP])).toEqual([
      ['offered.v1', false],
      ['refused.v1', false],
      ['offered.v1', false],
      ['timed_out.v1', false],
      ['offered.v1', false],
      ['accepted.v1', true],
      ['returned.v1', false],
      ['offered.v1', false],
      ['accepted.v1', true],
    ]);
    expect(
      (await history(id, 'VP')).filter(({ by }) => by === 'system').map(({ what, agencyId }) => [what, agencyId]),
    ).toEqual([['timed_out', null]]);
  });

  it('V14 of several agencies that the whole card is offered to, whoever accepts first answers for it', async () => {
    const id = await newVek({}, 'VP');
    for (const agencyCode of ['RPP', 'NMPD', 'VUGD'])
      await ok(`veks/${id}/services`, { agencyCode, transfer: true }, 'VP');
    await ok(`veks/${id}/answer`, { answer: 'refused' }, 'VUGD');
    await ok(`veks/${id}/answer`, { answer: 'accepted' }, 'RPP');
    await ok(`veks/${id}/answer`, { answer: 'accepted' }, 'NMPD');
    await ok(`veks/${id}/answer`, { answer: 'accepted' }, 'VUGD'); // has changed its mind, of its part
    expect((await vek(id, 'VP')).responsibleId).toBe(ids.RPP);
    // one that has a part already is asked about the whole, and may say no without losing it
    await ok(`veks/${id}/services`, { agencyCode: 'NMPD', transfer: true }, 'RPP');
    await ok(`veks/${id}/answer`, { answer: 'refused' }, 'NMPD');
    const { responsibleId, services } = await vek(id, 'NMPD');
    expect(responsibleId).toBe(ids.RPP);
    expect(services.map(({ agencyId, status, transfer }) => [agencyId, status, transfer])).toEqual([
      [ids.RPP, 'accepted', true],
      [ids.NMPD, 'accepted', false],
      [ids.VUGD, 'accepted', false],
    ]);
  });

  it('V16 one unit relieves another: both have their own milestones, and neither ends by it', async () => {
    const units = await Promise.all(Array.from({ length: 3 }, () => createCrew(hub.api, admin, 'VUGD')));
    const [first, second, third] = units.map(({ unitId }) => unitId) as [string, string, string];
    const id = await newVek();
    const assignmentId = await send(id, first);
    await status(first, 'on_scene');
    const relief = { id: uuidv7(), unitId: second };
    expect((await post(`assignments/${assignmentId}/relief`, relief)).status).toBe(201);
    expect((await post(`assignments/${assignmentId}/relief`, relief)).status).toBe(200);
    const other = await post<{ code: string; unitId: string }>(`assignments/${assignmentId}/relief`, {
      id: uuidv7(),
      unitId: third,
    });
    expect([other.status, other.body.code, other.body.unitId]).toEqual([409, 'already_relieved', second]);
    const at = Date.now();
    await status(second, 'on_scene', { at: new Date(at).toISOString() });
    const [old, next] = (await vek(id)).assignments as [Vek['assignments'][0], Vek['assignments'][0]];
    expect(old).toMatchObject({ id: assignmentId, status: 'on_scene', relievedBy: relief.id, relieves: null });
    expect(next).toMatchObject({ id: relief.id, status: 'on_scene', relieves: assignmentId, relievedBy: null });
    expect(old.milestones.relieved).toMatchObject({ at });
    expect(next.milestones.on_scene).toMatchObject({ at });
    await status(first, 'returning');
    expect((await vek(id)).status).toBe('in_progress');
    expect(await audited(id)).toContain('relieve_unit');
    // and that one is relieved in its turn, by who was called back in between
    const turn = { id: uuidv7(), unitId: third };
    await ok(`assignments/${relief.id}/relief`, turn);
    await hub.api.ok('DELETE', `/api/v1/assignments/${turn.id}`, undefined, desk.VUGD);
    expect((await post(`assignments/${relief.id}/relief`, { ...turn, id: uuidv7() })).status).toBe(201);
  });

  it('V18 restricted fields are read by those whose service needs them, each read audited', async () => {
    const id = await newVek({ offerTo: ['VP', 'NMPD'] });
    const put = (set: string, text: string, agency = 'VUGD') =>
      hub.api.call('PUT', `/api/v1/veks/${id}/restricted/${set}`, { text }, desk[agency]);
    const read = (set: string, agency: string) =>
      hub.api.call<{ code?: string; texts: { text: string }[] }>(
        'GET',
        `/api/v1/veks/${id}/restricted/${set}`,
        undefined,
        desk[agency],
      );
    expect((await put('medical', 'diabēts')).status).toBe(204);
    expect((await put('investigation', 'bruņots', 'VP')).status).toBe(204);
    expect((await put('secret', 'x')).status).toBe(400);
    expect((await read('medical', 'NMPD')).body.texts).toMatchObject([{ text: 'diabēts', agencyId: ids.VUGD }]);
    expect((await read('investigation', 'VP')).body.texts).toMatchObject([{ text: 'bruņots' }]);
    for (const [set, agency] of [
      ['medical', 'VP'],
      ['medical', 'VUGD'],
      ['investigation', 'NMPD'],
    ] as const) {
      const refused = await read(set, agency);
      expect([refused.status, refused.body.code]).toEqual([403, 'restricted_not_entitled']);
    }
    expect((await read('medical', 'RPP')).status, 'no party').toBe(404);
    expect([(await vek(id)).restricted, (await vek(id, 'VP')).restricted, (await vek(id, 'NMPD')).restricted]).toEqual([
      [],
      ['investigation'],
      ['medical'],
    ]);
    expect((await hub.api.call('PUT', `/api/v1/veks/${id}/caller`, { name: 'Ilze' }, desk.VP)).status).toBe(204);
    await hub.api.ok('PUT', `/api/v1/veks/${id}/caller`, { phone: '+37121111111' }, desk.VUGD);
    expect(await hub.api.ok('GET', `/api/v1/veks/${id}/caller`, undefined, desk.NMPD)).toEqual({
      name: 'Ilze',
      phone: '+37121111111',
      note: null,
      version: expect.any(Number),
      others: [],
    });
    const kept = JSON.stringify([await history(id), await eventsOf(id, 'VUGD')]);
    for (const words of ['diabēts', 'bruņots', 'Ilze', '+3712']) expect(kept).not.toContain(words);
    const touched = (await audited(id)).filter((action) => /restricted|caller/.test(action));
    expect(touched).toEqual([
      'write_restricted',
      'write_restricted',
      'read_restricted',
      'read_restricted',
      'write_caller',
      'write_caller',
      'read_caller',
    ]);
  });

  it('V3 eight who note at once what they know of a caller lose nothing, if each says which version it read', async () => {
    const id = await newVek({ caller: { phone: '+37120000001', note: 'sākums' } });
    const path = `/api/v1/veks/${id}/caller`;
    interface Caller {
      readonly note: string;
      readonly version: number;
    }
    const read = () => hub.api.ok<Caller>('GET', path, undefined, desk.VUGD);
    const write = (fields: object) => hub.api.call<Conflict>('PUT', path, fields, desk.VUGD);
    const asReported = await read();
    expect(asReported.version).toBe(0);
    const said = Array.from({ length: 8 }, (_, i) => `vārds ${i}`);
    let refused = 0;
    await Promise.all(
      said.map(async (words) => {
        for (let { note, version } = asReported; ; { note, version } = await read()) {
          const { status, body } = await write({ version, note: `${note}; ${words}` });
          if (status === 204) return;
          expect([status, body.code, body.vekId]).toEqual([409, 'version_conflict', id]);
          expect(body.version).toBeGreaterThan(version);
          refused++;
        }
      }),
    );
    const { note, version } = await read();
    expect(note.split('; ').sort()).toEqual(['sākums', ...said]);
    expect(refused).toBeGreaterThanOrEqual(said.length - 1);
    // who says no version replaces what is there; who was refused is told by whom and when, and not what
    expect((await write({ note: 'cits' })).status).toBe(204);
    const { body } = await write({ version, note: 'novecojis' });
    expect(body).toMatchObject({ by: 'VUGD-dispatcher-call_taker', at: expect.any(Number) });
    expect(JSON.stringify(body)).not.toContain('cits');
    expect((await read()).note).toBe('cits');
  });

  it('V19 whoever opens a card or the list of cards is in the audit log, once in a while for each', async () => {
    const id = await newVek();
    // somebody new each time: whose reads are written down once in a while
    const subject = `commander ${uuidv7()}`;
    const { token: reader } = await hub.api.ok<{ token: string }>('POST', '/api/v1/demo/token', {
      agency: 'VUGD',
      roles: ['commander'],
      subject,
    });
    const { rows: before } = await hub.database.query<{ seq: number }>(
      'SELECT coalesce(max(seq), 0) AS seq FROM audit_entry',
    );
    for (let n = 0; n < 3; n++) {
      for (const path of ['', '/history', '/comments'])
        await hub.api.ok('GET', `/api/v1/veks/${id}${path}`, undefined, reader);
      await hub.api.ok('GET', '/api/v1/veks', undefined, reader);
    }
    const { rows } = await hub.database.query<Record<string, string>>(
      'SELECT action, purpose, subject_id FROM audit_entry WHERE seq > $1 AND actor = $2 ORDER BY seq',
      [before[0]!.seq, subject],
    );
    expect(rows).toEqual([
      { action: 'read_vek', purpose: 'call_handling', subject_id: id },
      { action: 'read_veks', purpose: 'call_handling', subject_id: ids.VUGD },
    ]);
    // what could not be read was not
    expect((await hub.api.call('GET', `/api/v1/veks/${id}`, undefined, desk.RPP)).status).toBe(404);
    const { rows: none } = await hub.database.query(
      "SELECT 1 FROM audit_entry WHERE subject_id = $1 AND actor LIKE 'RPP%'",
      [id],
    );
    expect(none).toEqual([]);
  });

  it('V20 an agency finds what others did to its things by an index', async () => {
    const given: Record<string, string> = { $1: '0', $2: '10', $3: `'${ids.VUGD}'` };
    const question = feedSql.read_audit.replace(/\$\d/g, (parameter) => given[parameter] ?? 'NULL');
    const plan = await hub.database.transaction(async (tx) => {
      await tx.query('SET LOCAL enable_seqscan = off'); // the table is too small for an index to pay
      return (await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${question}`)).rows;
    });
    const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toMatch(/audit_entry_owner/);
    expect(lines).toMatch(/audit_entry_agency/);
  });
});
