import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newName } from '../harness/new-name.js';
import { startWithRoom } from '../harness/room-in-period.js';
import {
  createAgency,
  createCrew,
  createHome,
  databaseIsThere,
  eventually,
  startTestTracker,
  type TestCrew,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const PLACE = { lon: 24.1059, lat: 56.946 };
const M_PER_LON_DEG = 111_195 * Math.cos((PLACE.lat * Math.PI) / 180);
const east = (km: number) => ({ lon: PLACE.lon + (km * 1000) / M_PER_LON_DEG, lat: PLACE.lat });

interface Proposal {
  readonly id: string;
  readonly kind: string;
  readonly vekId: string;
  readonly fromVekId: string | null;
  readonly sendUnitIds: readonly string[];
  readonly releaseUnitIds: readonly string[];
  readonly replacementUnitIds: readonly string[];
  readonly gainMs: number | null;
}
interface Vek {
  readonly version: number;
  readonly assignments: readonly { readonly unitId: string; readonly status: string }[];
}

describe.skipIf(!databaseIsThere)('proposals', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20' });
    admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'VUGD');
    dispatcher = await hub.api.token('VUGD', 'dispatcher', 'call_taker');
    await hub.tracker.core.dispatch.reEvaluation.stop(); // each test looks when it wants to
  });
  afterAll(async () => {
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  /** A unit so many kilometres east, of one capability. */
  async function unitAt(km: number, capability: string): Promise<TestCrew> {
    const crew = await createCrew(hub.api, admin, 'VUGD', { capabilities: [{ code: capability, quantity: 1 }] });
    moveTo(crew, km);
    return crew;
  }

  /** Puts a unit elsewhere at once: by a fix the ingest would take it for a jump. */
  function moveTo({ unitId }: TestCrew, km: number): void {
    const { lon, lat } = east(km);
    const { live, directory } = hub.tracker.core;
    const { slot } = directory.units.get(unitId)!;
    const now = Date.now();
    const fix = { fixTime: now, lonE7: Math.round(lon * 1e7), latE7: Math.round(lat * 1e7), flags: 0 };
    const unknown = { speedCmps: 0, headingCdeg: null, accuracyDm: null, altitudeM: null };
    live.move(slot, { deviceHandle: 0, priority: 0, reportIntervalS: 1 }, { ...fix, ...unknown }, now);
  }

  /** A VEK so many kilometres east whose card asks for one unit of a capability, and a unit under way to it. */
  async function vekAt(km: number, capability: string, priority: string, sent?: TestCrew): Promise<string> {
    const requirements = [{ capability, quantity: 1, service: 'VUGD', need: 'must', each: 1 }];
    const card = { eventType: capability, validFrom: '2026-01-01', requirements };
    await hub.api.ok('PUT', '/api/v1/run-cards', { runCards: [card] }, admin);
    const id = uuidv7();
    const receivedAt = new Date(Date.now() - 120_000).toISOString();
    const vek = { id, channel: 'voice', typeCode: capability, priority, ...east(km), receivedAt };
    await hub.api.ok('POST', '/api/v1/veks', vek, dispatcher);
    if (sent !== undefined) {
      await hub.api.ok('POST', `/api/v1/veks/${id}/assignments`, { id: uuidv7(), unitId: sent.unitId }, dispatcher);
      await hub.api.ok('POST', `/api/v1/units/${sent.unitId}/status`, { status: 'en_route' }, dispatcher);
    }
    return id;
  }

  const vek = (id: string) => hub.api.ok<Vek>('GET', `/api/v1/veks/${id}`, undefined, dispatcher);
  const atWork = async (id: string) =>
    (await vek(id)).assignments
      .filter(({ status }) => !['done', 'cancelled'].includes(status))
      .map(({ unitId }) => unitId);

  /** Looks at everything again, and at what is proposed about a VEK then. */
  async function proposedFor(vekId: string): Promise<readonly Proposal[]> {
    await hub.tracker.core.dispatch.reEvaluation.run(Date.now());
    const { proposals } = await hub.api.ok<{ proposals: readonly Proposal[] }>(
      'GET',
      '/api/v1/proposals',
      undefined,
      dispatcher,
    );
    return proposals.filter((proposal) => proposal.vekId === vekId);
  }

  const confirm = (id: string) =>
    hub.api.call<{ code?: string; assignments?: readonly { unitId: string; vekId: string }[] }>(
      'POST',
      `/api/v1/proposals/${id}/confirm`,
      undefined,
      dispatcher,
    );

  it('D40 a unit that is much nearer is proposed instead of one under way; only a person makes it so, once', async () => {
    const wanted = newName('d40');
    const far = await unitAt(15, wanted);
    const vekId = await vekAt(0, wanted, 'P2', far);
    expect(await proposedFor(vekId)).toEqual([]);
    const near = await unitAt(1, wanted);
    const [proposal, ...others] = await proposedFor(vekId);
    expect(others).toEqual([]);
    expect(proposal).toMatchObject({ kind: 'swap', sendUnitIds: [near.unitId], releaseUnitIds: [far.unitId] });
    expect(proposal!.gainMs).toBeGreaterThan(120_000);
    expect(await atWork(vekId)).toEqual([far.unitId]); // nothing happened by itself

    const confirmed = await confirm(proposal!.id);
    expect(confirmed.body.assignments).toMatchObject([{ unitId: near.unitId, vekId }]);
    expect(await atWork(vekId)).toEqual([near.unitId]);
    expect((await confirm(proposal!.id)).body.code).toBe('proposal_over');
    const told = async () => {
      const { events } = await hub.api.ok<{ events: { type: string; data: { vekId?: string } }[] }>(
        'GET',
        '/api/v1/feed?limit=1000',
        undefined,
        dispatcher,
      );
      const own = events.filter(({ type, data }) => type.includes('.proposal.') && data.vekId === vekId);
      return own.map(({ type }) => type);
    };
    // the sequencer comes after the answer
    await eventually('both are on the feed', async () => (await told()).length >= 2);
    expect(await told()).toEqual(['lv.vanags.proposal.made.v1', 'lv.vanags.proposal.confirmed.v1']);
  });

  it('D41 what gains nothing any more is taken back; what was dismissed is not proposed again', async () => {
    const wanted = newName('d41');
    const far = await unitAt(15, wanted);
    const vekId = await vekAt(0, wanted, 'P2', far);
    const near = await unitAt(1, wanted);
    expect(await proposedFor(vekId)).toHaveLength(1);
    moveTo(near, 14.5);
    expect(await proposedFor(vekId)).toEqual([]);
    moveTo(near, 1);
    const [again] = await proposedFor(vekId);
    await hub.api.ok('POST', `/api/v1/proposals/${again!.id}/dismiss`, { reason: 'ekipāža zina ceļu' }, dispatcher);
    expect(await proposedFor(vekId)).toEqual([]);
    expect((await confirm(again!.id)).body.code).toBe('proposal_over');
  });

  it('D42 hysteresis: a gain that is too small for a new proposal keeps one that stands', async () => {
    const wanted = newName('d42');
    const far = await unitAt(5, wanted);
    const vekId = await vekAt(0, wanted, 'P2', far);
    // 97 s a kilometre: 87 s gained
    const near = await unitAt(4.1, wanted);
    expect(await proposedFor(vekId)).toEqual([]);
    moveTo(near, 3);
    const [made] = await proposedFor(vekId);
    moveTo(near, 4.1);
    expect((await proposedFor(vekId)).map(({ id }) => id)).toEqual([made!.id]);
    moveTo(near, 4.7);
    expect(await proposedFor(vekId)).toEqual([]);
  });

  it('D43 a proposal that things have overtaken is refused whole', async () => {
    const wanted = newName('d43');
    const far = await unitAt(15, wanted);
    const vekId = await vekAt(0, wanted, 'P2', far);
    const near = await unitAt(1, wanted);
    const [proposal] = await proposedFor(vekId);
    // the crew has arrived meanwhile, and is not called off any more
    await hub.api.ok('POST', `/api/v1/units/${far.unitId}/status`, { status: 'on_scene' }, dispatcher);
    expect((await confirm(proposal!.id)).body.code).toBe('proposal_over');
    expect(await atWork(vekId)).toEqual([far.unitId]);
    const unit = await hub.api.ok<{ status: string }>('GET', `/api/v1/units/${near.unitId}`, undefined, dispatcher);
    expect(unit.status).toBe('available');
  });

  it('D44 a unit is taken from a less urgent VEK only where a replacement is sure, and only by a person', async () => {
    const wanted = newName('d44');
    //  P1 ─1 km─ X …… 10 km …… P3 ─3 km─ Y        X is under way to P3, Y is free
    const x = await unitAt(1, wanted);
    const lessUrgent = await vekAt(11, wanted, 'P3', x);
    const urgent = await vekAt(0, wanted, 'P1');
    const without = await proposedFor(urgent);
    expect(without.filter(({ kind }) => kind === 'preempt')).toEqual([]); // nobody could go to P3
    const y = await unitAt(14, wanted);
    const [proposal] = await proposedFor(urgent);
    expect(proposal).toMatchObject({
      kind: 'preempt',
      fromVekId: lessUrgent,
      sendUnitIds: [x.unitId],
      replacementUnitIds: [y.unitId],
    });
    expect([await atWork(urgent), await atWork(lessUrgent)]).toEqual([[], [x.unitId]]);
    expect((await confirm(proposal!.id)).status).toBe(200);
    expect([await atWork(urgent), await atWork(lessUrgent)]).toEqual([[x.unitId], [y.unitId]]);
  });

  it('D67 those whose VEK would lose a unit are told before it does; whose need it is decides', async () => {
    const wanted = newName('d67');
    await createAgency(hub.api, admin, 'NMPD');
    await createAgency(hub.api, admin, 'GAS');
    const theirs = await hub.api.token('NMPD', 'dispatcher');
    const x = await unitAt(1, wanted);
    const lessUrgent = await vekAt(11, wanted, 'P3', x);
    await hub.api.ok('POST', `/api/v1/veks/${lessUrgent}/services`, { agencyCode: 'NMPD' }, dispatcher);
    const urgent = await vekAt(0, wanted, 'P1');
    await unitAt(14, wanted);
    const proposals = await proposedFor(urgent);
    expect(proposals).toMatchObject([{ kind: 'preempt', fromVekId: lessUrgent }]);
    const { id } = proposals[0]!;
    const shownTo = async (token: string) => {
      const { proposals } = await hub.api.ok<{ proposals: readonly Proposal[] }>(
        'GET',
        '/api/v1/proposals',
        undefined,
        token,
      );
      return proposals.filter((proposal) => proposal.id === id);
    };
    expect(await shownTo(theirs)).toEqual(await shownTo(dispatcher));
    await eventually('they are told by the feed', async () => {
      const { events } = await hub.api.ok<{ events: { type: string; data: { proposalId?: string } }[] }>(
        'GET',
        '/api/v1/feed?limit=1000',
        undefined,
        theirs,
      );
      return events.some(({ type, data }) => type === 'lv.vanags.proposal.made.v1' && data.proposalId === id);
    });
    // who is no party of the urgent one neither carries it out nor stands in its way
    const settle = (what: string, body?: object) =>
      hub.api.call('POST', `/api/v1/proposals/${id}/${what}`, body, theirs);
    expect((await settle('confirm')).status).toBe(403);
    expect((await settle('dismiss', { reason: 'mūsējā vajadzīga' })).status).toBe(404);
    expect(await shownTo(await hub.api.token('GAS', 'dispatcher'))).toEqual([]);
    expect((await confirm(id)).status).toBe(200);
    expect(await shownTo(theirs)).toEqual([]);
  });

  it('D50 travel times are corrected by what crews took, per hour and zone, once there is history enough', async () => {
    await startWithRoom(3_600_000, 30_000); // drives are learnt from by the hour
    const { corrections } = hub.tracker.core.dispatch;
    await hub.database.query('DELETE FROM decision_unit'); // what a first try has left is not learnt from
    await corrections.learn();
    const wanted = newName('d50');
    const unit = await unitAt(5, wanted);
    const requirements = [{ capability: wanted, quantity: 1, service: 'VUGD', need: 'must', each: 1 }];
    const question = { incidents: [{ place: east(0), priority: 'P1', requirements }] };
    interface Answer {
      readonly basis: { readonly correction: string };
      readonly incidents: readonly {
        readonly units: readonly {
          readonly response: { readonly travelMs: number; readonly correction: number | null };
        }[];
      }[];
    }
    const ask = async () => {
      const { basis, incidents } = await hub.api.ok<Answer>('POST', '/api/v1/recommendations', question, dispatcher);
      return { said: basis.correction, ...incidents[0]!.units[0]!.response };
    };
    const before = await ask();
    expect([before.said, before.correction]).toEqual(['none', null]);
    const vekId = await vekAt(0, wanted, 'P4');
    // drives at this hour that took 1.5 times what was expected
    const drives = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const [decisionId, assignmentId] = [uuidv7(), uuidv7()];
        await hub.database.query(
          `WITH owner AS (SELECT id FROM agency WHERE code = 'VUGD'),
           decided AS (INSERT INTO decision (id, agency_id, asked_by, at, format, input, output, input_sha256, output_sha256)
                       SELECT $1, id, 'test', now() - interval '10 minutes', 0, '', '', '', '' FROM owner),
           sent AS (INSERT INTO assignment (id, agency_id, vek_id, unit_id, status, assigned_by) SELECT $2, id, $3, $4, 'done', 'test' FROM owner)
           SELECT`,
          [decisionId, assignmentId, vekId, unit.unitId],
        );
        await hub.database.query(
          `INSERT INTO decision_unit (decision_id, agency_id, vek_id, unit_id, zone, travel_ms, at)
           SELECT $1, id, $2, $3, '', 200000, now() - interval '10 minutes' FROM agency WHERE code = 'VUGD'`,
          [decisionId, vekId, unit.unitId],
        );
        await hub.database.query(
          `INSERT INTO assignment_milestone (assignment_id, agency_id, code, at, received_at, source)
           SELECT $1, a.id, m.code, m.at, now(), 'crew' FROM agency a,
             (VALUES ('dispatched', now() - interval '9 minutes'), ('en_route', date_trunc('hour', now()) + interval '1 minute'),
                     ('on_scene', date_trunc('hour', now()) + interval '6 minutes')) AS m (code, at)
           WHERE a.code = 'VUGD'`,
          [assignmentId],
        );
      }
    };
    await drives(19);
    await corrections.learn();
    expect((await ask()).correction).toBeNull();
    await drives(1);
    await corrections.learn();
    const after = await ask();
    expect([after.said, after.correction]).toEqual(['learnt', 1.5]);
    expect(after.travelMs).toBe(Math.round(before.travelMs * 1.5));
  });
});
