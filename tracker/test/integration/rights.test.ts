import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenAPIHono } from '@hono/zod-openapi';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { io, type Socket } from 'socket.io-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiEnv, Operations } from '../../src/api/operation.js';
import { cursorAt } from '../../src/feed/event.js';
import { BLOCK, BUNDLE, SNAPSHOT, UNIT } from '../../src/protocol/live-frame.js';
import { DEMO_ISSUER } from '../../src/rights/demo-issuer.js';
import { MATRIX, type Operation, ROLES, type Role, type Scope } from '../../src/rights/matrix.js';
import { inTime } from '../harness/in-time.js';
import { importSmallMap } from '../harness/small-map.js';
import {
  createAgency,
  createCrew,
  createHome,
  crewClient,
  databaseIsThere,
  eventually,
  feedIsRead,
  startTestTracker,
  type TestCrew,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

/**
 * Whose person asks for a thing of agency T:
 *
 *            ── see ──▶ SEE        T ── see, over since yesterday ──▶ LAPSED
 *     T(OWN) ── assist ─▶ ASSIST   T ◀── command ── GRANTING
 *            ── command ▶ COMMAND  T's VEK offered to PARTY          NONE, IEMIC (operator): nothing
 */
const AGENCY_OF = {
  own: 'OWN',
  see: 'SEE',
  assist: 'ASSIST',
  command: 'COMMAND',
  party: 'PARTY',
  granting: 'GRANTING',
  lapsed: 'LAPSED',
  none: 'NONE',
  operator: 'IEMIC',
} as const;
type Relation = keyof typeof AGENCY_OF;
const RELATIONS = Object.keys(AGENCY_OF) as Relation[];

/** The rules of matrix.ts, once more and by hand: for whom an operation of each scope reaches a thing of T. */
const REACHES: Readonly<Record<Scope, readonly Relation[]>> = {
  public: RELATIONS,
  any: RELATIONS,
  own: ['own'],
  see: ['own', 'see', 'assist', 'command'],
  assist: ['own', 'assist', 'command'],
  command: ['own', 'command'],
  registry: ['own', 'operator'],
  party: ['own', 'party'],
  operator: ['operator'],
};

/** `through`, or what refused: the role, the reach, or the code of the token's error. */
type Verdict = 'through' | 'role' | 'reach' | 'token_missing' | 'token_invalid' | 'agency_unknown';
type Probe = (token: string | undefined) => Promise<Verdict>;

const PLACE = { lon: 24.1059, lat: 56.946 };
const BOX = [24.09, 56.94, 24.12, 56.96] as const;
/** Bounds what hangs. */
const ANSWERED_WITHIN_MS = 40_000;
/** A consumer of T's whose cursor is kept. */
const CONSUMER = 'register-of-t';
/** What another system calls T's idle unit. */
const RESOURCE_ID = 'lv.test.own.resource.idle';
const RUN_CARD = {
  code: 'T’s own card',
  eventType: 'test',
  validFrom: '2026-01-01',
  requirements: [{ capability: 'pump', quantity: 1, service: 'VUGD', need: 'must' }],
};
/** BOX as a ring. */
const AROUND = [
  [BOX[0], BOX[1]],
  [BOX[2], BOX[1]],
  [BOX[2], BOX[3]],
  [BOX[0], BOX[3]],
  [BOX[0], BOX[1]],
];

function verdictOf(code: string | undefined): Verdict {
  switch (code) {
    case 'role_not_allowed':
      return 'role';
    case 'agency_not_allowed':
    case 'not_found':
    case 'webhook_unknown':
      return 'reach';
    case 'token_missing':
    case 'token_invalid':
    case 'agency_unknown':
      return code;
    default:
      return 'through';
  }
}

interface Bundle {
  /** The hub's clock when it was made, epoch ms. */
  readonly time: number;
  readonly snapshots: number;
  /** Handles of all units in it. */
  readonly units: readonly number[];
  readonly leaves: readonly number[];
}

/** Reads a bundle by the layout of the document. */
function readBundle(bytes: Buffer): Bundle {
  let snapshots = 0;
  const units: number[] = [];
  const leaves: number[] = [];
  let at: number = BUNDLE.headBytes;
  for (let block = bytes.readUInt32LE(BUNDLE.blocks); block > 0; block--) {
    if (bytes[at + BLOCK.kind] === SNAPSHOT) snapshots++;
    const [unitCount, leaveCount] = [bytes.readUInt32LE(at + BLOCK.units), bytes.readUInt32LE(at + BLOCK.leaves)];
    at += BLOCK.headBytes;
    for (let i = 0; i < unitCount; i++, at += UNIT.bytes) units.push(bytes.readUInt32LE(at + UNIT.handle));
    for (let i = 0; i < leaveCount; i++, at += 4) leaves.push(bytes.readUInt32LE(at));
  }
  expect(at, 'every byte of the bundle belongs to a block').toBe(bytes.length);
  return { time: bytes.readDoubleLE(BUNDLE.time), snapshots, units, leaves };
}

interface FeedEvent {
  readonly subject: string;
  readonly type: string;
}

describe.skipIf(!databaseIsThere)('rights', () => {
  let home: TestHome;
  let hub: TestTracker;
  let operator: string;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    home = await createHome();
    await importSmallMap(join(home.env.DATA_DIR!, 'roads'));
    hub = await startTestTracker(home, { FLUSH_INTERVAL_MS: '20' });
    operator = await hub.api.admin();
    await eventually('the roads are in use', () => hub.tracker.core.roads.state === 'ready', 60_000);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });
  afterAll(async () => {
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  const tokens = new Map<string, Promise<string>>();
  /** A token of a person with exactly these roles. */
  function tokenOf(agency: string, ...roles: Role[]): Promise<string> {
    const key = `${agency} ${roles.join(' ')}`;
    const token = tokens.get(key) ?? hub.api.token(agency, ...roles);
    tokens.set(key, token);
    return token;
  }

  async function createStation(agencyCode: string): Promise<string> {
    const id = uuidv7();
    const station = { id, agencyCode, code: id, name: 'Post', kind: 'postenis', ...PLACE };
    await hub.api.ok('POST', '/api/v1/stations', station, await tokenOf(agencyCode, 'admin'));
    return id;
  }

  async function createGrant(
    agencyCode: string,
    granteeCode: string,
    tier: string,
    fields: object = {},
  ): Promise<string> {
    const id = uuidv7();
    const grant = { id, agencyCode, granteeCode, tier, purpose: 'test', ...fields };
    await hub.api.ok('POST', '/api/v1/grants', grant, operator);
    return id;
  }

  async function createVek(agencyCode: string, fields: object = {}): Promise<string> {
    const id = uuidv7();
    await hub.api.ok(
      'POST',
      '/api/v1/veks',
      { id, channel: 'voice', ...fields },
      await tokenOf(agencyCode, 'dispatcher'),
    );
    return id;
  }

  /** Connects a crew that has reported one position, and waits for it on the picture. */
  async function createCrewOnMap(agencyCode: string, place = PLACE) {
    const crew = await createCrew(hub.api, operator, agencyCode);
    const client = crewClient(hub.crewUrl, crew.token);
    client.start();
    const report = (lon = place.lon) => client.reportFix({ lon, lat: place.lat, time: Date.now() });
    report();
    const unit = hub.tracker.core.directory.units.get(crew.unitId)!;
    await eventually('the crew is on the map', () => hub.tracker.core.live.hasPosition(unit.slot));
    await sleep(300); // a tick of the picture
    return { ...crew, handle: unit.handle, report, stop: () => client.stop() };
  }

  /** Opens a namespace. Returns the socket, or the code it was refused with. */
  function open(namespace: string, token: string | undefined): Promise<Socket | string> {
    const socket = io(`${hub.api.url}${namespace}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: token === undefined ? {} : { token },
    });
    sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.once('connect_error', (error: Error & { data?: { code: string } }) =>
        error.data === undefined ? reject(error) : resolve(error.data.code),
      );
    });
  }

  /** A console that watches the box, with all bundles it was sent. */
  async function openConsole(token: string): Promise<{ bundles: Bundle[]; socket: Socket }> {
    const socket = await open('/console', token);
    if (typeof socket === 'string') throw new Error(socket);
    const bundles: Bundle[] = [];
    socket.on('bundle', (bytes: Buffer) => bundles.push(readBundle(bytes)));
    const answer = await socket.timeout(ANSWERED_WITHIN_MS).emitWithAck('view', { view: 1, level: 'city', box: BOX });
    expect(answer).toMatchObject({ ok: true });
    await eventually('the first bundle', () => bundles.length > 0);
    return { bundles, socket };
  }

  /** A consumer on /feed, with all events it was sent. */
  async function openFeed(token: string, after: string): Promise<{ events: FeedEvent[]; socket: Socket }> {
    const socket = await open('/feed', token);
    if (typeof socket === 'string') throw new Error(socket);
    const events: FeedEvent[] = [];
    socket.on('events', (batch: FeedEvent[], _cursor: string, done: () => void) => {
      events.push(...batch);
      done();
    });
    expect(await socket.timeout(ANSWERED_WITHIN_MS).emitWithAck('start', { after })).toMatchObject({ ok: true });
    return { events, socket };
  }

  const cursorNow = async () =>
    (
      await hub.api.ok<{ cursor: string }>(
        'GET',
        '/api/v1/feed?after=now',
        undefined,
        await tokenOf('IEMIC', 'integrator'),
      )
    ).cursor;

  describe('the table, walked', () => {
    /** Things of agency T, each made for one kind of question. */
    interface Target {
      readonly agencyId: string;
      readonly stationId: string;
      readonly vehicleId: string;
      readonly shiftId: string;
      readonly grantId: string;
      readonly endedGrantId: string;
      readonly idle: TestCrew; //          off duty, so that no probe moves it
      readonly bindingId: string; //       of the idle unit's second device
      readonly onMap: TestCrew & { readonly handle: number; stop(): void };
      readonly endedDeviceId: string;
      readonly rotatedDeviceId: string; // its token changes with each question
      readonly webhookId: string; //       wants nothing that happens
      readonly vekId: string; //           offered to PARTY
      readonly privateVekId: string; //    offered to nobody
      readonly sharedVekId: string; //     offered to all, so that only the unit's agency decides
      readonly assignmentId: string;
      readonly closureId: string;
      readonly alarmId: string;
      readonly endedClosureId: string;
      readonly runCardId: string;
      readonly decisionId: string;
      readonly attentionId: string; //     over, but not forgotten
      readonly holdId: string; //          of the unit on the map, for the VEK offered to all
      readonly proposalId: string; //      about the VEK offered to PARTY
      readonly endedProposalId: string;
      readonly sharedProposalId: string; // about the VEK offered to all, with the idle unit
      readonly cursor: string; //          before all of these
      readonly lateStations: ReadonlyMap<string, string>; // subject of a later event, by token
    }
    let target: Target;

    beforeAll(async () => {
      for (const code of [...Object.values(AGENCY_OF), 'THIRD']) await createAgency(hub.api, operator, code);
      for (const tier of ['see', 'assist', 'command'] as const) await createGrant('OWN', AGENCY_OF[tier], tier);
      await createGrant('GRANTING', 'OWN', 'command');
      const [before, yesterday] = [Date.now() - 172_800_000, Date.now() - 86_400_000].map((ms) =>
        new Date(ms).toISOString(),
      );
      await createGrant('OWN', 'LAPSED', 'command', { validFrom: before, validTo: yesterday });
      await createGrant('OWN', 'LAPSED', 'command', { validFrom: new Date(Date.now() + 86_400_000).toISOString() });
      const admin = await tokenOf('OWN', 'admin');
      const dispatcher = await tokenOf('OWN', 'dispatcher');
      const cursor = await cursorNow();

      const stationId = await createStation('OWN');
      const vehicle = { id: uuidv7(), agencyCode: 'OWN', registration: 'AA-1', kind: 'tanker', profile: 'heavy' };
      await hub.api.ok('POST', '/api/v1/vehicles', vehicle, admin);
      const idle = await createCrew(hub.api, admin, 'OWN', { statusAtRest: 'off_duty' });
      const spare = await createCrew(hub.api, admin, 'OWN');
      await hub.api.ok('DELETE', `/api/v1/devices/${spare.deviceId}`, undefined, admin);
      const rotated = await createCrew(hub.api, admin, 'OWN', { statusAtRest: 'off_duty' });
      const webhook = { id: uuidv7(), url: 'https://receiver.invalid/', types: ['lv.vanags.nothing.v1'] };
      await hub.api.ok('POST', '/api/v1/webhooks', webhook, admin);
      await hub.api.ok('PUT', `/api/v1/feed/consumers/${CONSUMER}`, { cursor }, await tokenOf('OWN', 'integrator'));
      const shift = {
        id: uuidv7(),
        agencyCode: 'OWN',
        unitId: idle.unitId,
        startsAt: new Date(Date.now() + 3_600_000).toISOString(),
        endsAt: new Date(Date.now() + 7_200_000).toISOString(),
        headCount: 4,
      };
      await hub.api.ok('POST', '/api/v1/crew-shifts', shift, admin);
      const onMap = await createCrewOnMap('OWN');
      const caller = { phone: '+37120000000', name: 'Caller' };
      const vekId = await createVek('OWN', { caller, offerTo: ['PARTY'], ...PLACE, typeCode: 'duplicate' });
      const privateVekId = await createVek('OWN', { caller });
      const everyone = Object.values(AGENCY_OF);
      const sharedVekId = await createVek('OWN', { caller, offerTo: everyone });
      const assignmentId = uuidv7();
      const assignment = { id: assignmentId, unitId: spare.unitId };
      await hub.api.ok('POST', `/api/v1/veks/${sharedVekId}/assignments`, assignment, dispatcher);
      const [closureId, endedClosureId] = [uuidv7(), uuidv7()];
      for (const id of [closureId, endedClosureId])
        await hub.api.ok('POST', '/api/v1/closures', { id, wayIds: [1], reason: 'test' }, dispatcher);
      await hub.api.ok('DELETE', `/api/v1/closures/${endedClosureId}`, undefined, dispatcher);
      const crew = crewClient(hub.crewUrl, idle.token);
      crew.start();
      crew.sos();
      const alarmId = await eventually('the alarm', async () => {
        const { rows } = await hub.database.query<{ id: string }>('SELECT id FROM alarm WHERE unit_id = $1', [
          idle.unitId,
        ]);
        return rows[0]?.id;
      });
      await crew.stop();
      // open it would be told of again and again
      await hub.api.ok('POST', `/api/v1/alarms/${alarmId}/acknowledge`, undefined, dispatcher);
      const own = hub.tracker.core.directory.agenciesByCode.get('OWN')!.id;
      const { cards, reEvaluation } = hub.tracker.core.dispatch;
      await hub.api.ok('PUT', '/api/v1/run-cards', { runCards: [RUN_CARD] }, admin);
      const runCardId = cards.all()[0]!.id;
      const [decisionId, holdId, attentionId] = [uuidv7(), uuidv7(), uuidv7()];
      await hub.database.query(
        `INSERT INTO attention (id, cause, kind, agency_id, owner_id, vek_id, since, level, cleared_at)
         VALUES ($1, 'test', 'vek_unopened', $2, $2, $3, now(), 2, now())`,
        [attentionId, own, vekId],
      );
      await hub.database.query(
        `INSERT INTO decision (id, agency_id, asked_by, at, format, input, output, input_sha256, output_sha256)
         VALUES ($1, $2, 'test', now(), 0, '', '', '', '')`,
        [decisionId, own],
      );
      await hub.database.query(
        `INSERT INTO unit_hold (unit_id, id, agency_id, vek_id, held_by, expires_at) VALUES ($1, $2, $3, $4, 'test', now())`,
        [onMap.unitId, holdId, own, sharedVekId],
      );
      await reEvaluation.stop(); // it would take these back
      const [proposalId, endedProposalId, sharedProposalId] = [uuidv7(), uuidv7(), uuidv7()];
      for (const [id, about] of [
        [proposalId, vekId],
        [endedProposalId, vekId],
        [sharedProposalId, sharedVekId],
      ] as const) {
        const body = { kind: 'send', vekId: about, unitIds: [idle.unitId], shortBefore: 1, shortAfter: 0 };
        await hub.database.query(
          'INSERT INTO proposal (id, agency_id, vek_id, key, body) VALUES ($1, $2, $3, $4, $5)',
          [id, own, about, id, JSON.stringify(body)],
        );
      }
      await hub.api.ok('POST', `/api/v1/proposals/${endedProposalId}/dismiss`, { reason: 'test' }, dispatcher);
      const grantId = await createGrant('OWN', 'THIRD', 'see');
      const endedGrantId = await createGrant('OWN', 'THIRD', 'see');
      await hub.api.ok('DELETE', `/api/v1/grants/${endedGrantId}`, undefined, admin);
      await hub.api.ok('PUT', `/api/v1/devices/${idle.deviceId}/aliases/${RESOURCE_ID}`, {}, admin);
      const { rows } = await hub.database.query<{ id: string }>('SELECT id FROM device_binding WHERE device_id = $1', [
        idle.deviceId,
      ]);
      const lateStations = new Map<string, string>();
      for (const agency of everyone) {
        const subject = `station/${await createStation(agency)}`;
        for (const role of ROLES) lateStations.set(await tokenOf(agency, role), subject);
      }
      await feedIsRead(hub);
      await eventually(
        'all audit entries have positions',
        async () => (await hub.database.query('SELECT 1 FROM audit_entry WHERE position IS NULL')).rows.length === 0,
      );
      target = {
        agencyId: hub.tracker.core.directory.agenciesByCode.get('OWN')!.id,
        stationId,
        vehicleId: vehicle.id,
        shiftId: shift.id,
        grantId,
        endedGrantId,
        idle,
        bindingId: rows[0]!.id,
        onMap,
        endedDeviceId: spare.deviceId,
        rotatedDeviceId: rotated.deviceId,
        webhookId: webhook.id,
        vekId,
        privateVekId,
        sharedVekId,
        assignmentId,
        closureId,
        alarmId,
        endedClosureId,
        runCardId,
        decisionId,
        attentionId,
        holdId,
        proposalId,
        endedProposalId,
        sharedProposalId,
        cursor,
        lateStations,
      };
    });
    afterAll(() => target?.onMap.stop());

    /** One request. A probe that the API cannot read, or that breaks it, proves nothing: it throws. */
    async function ask(token: string | undefined, method: string, path: string, body?: unknown) {
      const answer = await fetch(`${hub.api.url}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
      const code = answer.ok || !isJson ? undefined : (JSON.parse(text) as { code: string }).code;
      if (
        answer.status >= 500 ||
        code === 'request_malformed' ||
        code === 'rows_malformed' ||
        code === 'reference_unknown'
      )
        throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      if (!answer.ok && code === undefined) throw new Error(`${method} ${path}: ${answer.status} without a code`);
      return { code, text, verdict: verdictOf(code) };
    }

    const plain =
      (method: string, path: () => string, body?: () => unknown): Probe =>
      async (token) =>
        (await ask(token, method, path(), body?.())).verdict;
    /** A list lets through when it holds the thing of T. */
    const list =
      (path: () => string, thing: () => string): Probe =>
      async (token) => {
        const { verdict, text } = await ask(token, 'GET', path());
        return verdict === 'through' && !text.includes(thing()) ? 'reach' : verdict;
      };
    /** A row of T that is there already: what is allowed changes nothing. */
    const row =
      (kind: string, fields: () => object): Probe =>
      (token) =>
        plain(
          'POST',
          () => `/api/v1/${kind}`,
          () => ({ agencyCode: 'OWN', ...fields() }),
        )(token);
    const vek = (id: () => string, rest = '') => `/api/v1/veks/${id()}${rest}`;

    const PROBES: Readonly<Record<string, Probe>> = {
      getHealth: plain('GET', () => '/healthz'),
      getReadiness: plain('GET', () => '/readyz'),
      getMetrics: plain('GET', () => '/metrics'),
      getOpenApi: plain('GET', () => '/api/v1/openapi.json'),
      getAsyncApi: plain('GET', () => '/api/v1/asyncapi.json'),
      getDemoUsers: plain('GET', () => '/api/v1/demo/users'),
      createDemoToken: plain(
        'POST',
        () => '/api/v1/demo/token',
        () => ({ agency: 'OWN', roles: ['crew'] }),
      ),
      getDemoKeys: plain('GET', () => '/api/v1/demo/jwks.json'),
      getShelters: plain('GET', () => '/api/v1/shelters?lon=24.1&lat=56.95'),
      getMapTile: plain('GET', () => '/api/v1/tiles/7/72/39'),
      getRoadTile: plain('GET', () => '/api/v1/tiles/roads/13/4644/2514'),

      ingestOsmandQuery: plain('GET', () => `/ingest/osmand?id=${target.idle.token}`),
      ingestOsmand: plain(
        'POST',
        () => `/ingest/osmand?token=${target.idle.token}`,
        () => ({ device_id: 'x' }),
      ),
      ingestGpsloggerQuery: plain('GET', () => `/ingest/gpslogger?id=${target.idle.token}`),
      ingestGpslogger: plain(
        'POST',
        () => `/ingest/gpslogger?id=${target.idle.token}`,
        () => '',
      ),
      ingestOwntracks: plain(
        'POST',
        () => `/ingest/owntracks?token=${target.idle.token}`,
        () => ({ _type: 'lwt' }),
      ),
      ingestOverland: plain(
        'POST',
        () => `/ingest/overland?token=${target.idle.token}`,
        () => ({ locations: [] }),
      ),
      joinUnit: plain(
        'POST',
        () => '/ingest/join',
        () => ({ code: 'no such code' }),
      ),

      getMe: plain('GET', () => '/api/v1/me'),
      getAgencies: list(
        () => '/api/v1/agencies',
        () => target.agencyId,
      ),
      createAgency: plain(
        'POST',
        () => '/api/v1/agencies',
        () => ({
          id: target.agencyId,
          code: 'OWN',
          kind: 'fire_rescue',
          nameLv: 'OWN',
          nameEn: 'OWN',
        }),
      ),
      getGrants: list(
        () => '/api/v1/grants',
        () => target.grantId,
      ),
      createGrant: row('grants', () => ({ id: target.grantId, granteeCode: 'THIRD', tier: 'see', purpose: 'test' })),
      revokeGrant: plain('DELETE', () => `/api/v1/grants/${target.endedGrantId}`),

      getStations: list(
        () => '/api/v1/stations',
        () => target.stationId,
      ),
      createStation: row('stations', () => ({ id: target.stationId, code: 'x', name: 'x', kind: 'x', ...PLACE })),
      createVehicle: row('vehicles', () => ({
        id: target.vehicleId,
        registration: 'AA-1',
        kind: 'tanker',
        profile: 'heavy',
      })),
      getUnits: list(
        () => '/api/v1/units',
        () => target.idle.unitId,
      ),
      getUnit: plain('GET', () => `/api/v1/units/${target.idle.unitId}`),
      createUnit: row('units', () => ({
        id: target.idle.unitId,
        callsign: 'x',
        kind: 'tanker',
        statusAtRest: 'available',
      })),
      setUnitStatus: plain(
        'POST',
        () => `/api/v1/units/${target.idle.unitId}/status`,
        () => ({ status: 'off_duty' }),
      ),
      createCrewShift: row('crew-shifts', () => ({
        id: target.shiftId,
        unitId: target.idle.unitId,
        startsAt: '2020-01-01T00:00:00Z',
        endsAt: '2020-01-02T00:00:00Z',
        headCount: 1,
      })),
      getDevices: list(
        () => '/api/v1/devices',
        () => target.idle.deviceId,
      ),
      createDevice: row('devices', () => ({ id: target.idle.deviceId, kind: 'phone', name: 'x' })),
      bindDevice: row('device-bindings', () => ({
        id: target.bindingId,
        deviceId: target.idle.deviceId,
        unitId: target.idle.unitId,
      })),
      revokeDevice: plain('DELETE', () => `/api/v1/devices/${target.endedDeviceId}`),
      rotateDeviceToken: plain(
        'POST',
        () => `/api/v1/devices/${target.rotatedDeviceId}/token`,
        () => ({}),
      ),
      importRows: row('import/stations', () => ({
        id: target.stationId,
        code: 'x',
        name: 'x',
        kind: 'x',
        ...PLACE,
      })),

      addDeviceAlias: plain(
        'PUT',
        () => `/api/v1/devices/${target.idle.deviceId}/aliases/${RESOURCE_ID}`,
        () => ({}),
      ),
      // one of its own for each caller: what another has removed would be answered as not there
      removeDeviceAlias: async (token) => {
        const path = `/api/v1/devices/${target.idle.deviceId}/aliases/${uuidv7()}`;
        await ask(operator, 'PUT', path, {});
        return (await ask(token, 'DELETE', path)).verdict;
      },
      getDeviceReport: plain('GET', () => `/api/v1/devices/${target.idle.deviceId}/report`),
      createJoinCode: plain(
        'POST',
        () => `/api/v1/units/${target.idle.unitId}/join-codes`,
        () => ({}),
      ),
      ingestGeoPositions: async (token) => {
        const position = [{ resourceId: RESOURCE_ID, datetime: new Date().toISOString() }];
        const { text, verdict } = await ask(token, 'POST', '/ingest/geopos', { geoPositionsUpdate: { position } });
        return text.includes('device_unknown') ? 'reach' : verdict;
      },

      getAlarms: list(
        () => '/api/v1/alarms?which=all',
        () => target.alarmId,
      ),
      acknowledgeAlarm: plain('POST', () => `/api/v1/alarms/${target.alarmId}/acknowledge`),
      getAttention: list(
        () => '/api/v1/attention?which=all&limit=1000',
        () => target.attentionId,
      ),
      acknowledgeAttention: plain('POST', () => `/api/v1/attention/${target.attentionId}/acknowledge`),
      getAttentionPolicy: plain('GET', () => '/api/v1/agencies/OWN/attention-policy'),
      setAttentionPolicy: plain(
        'PUT',
        () => '/api/v1/agencies/OWN/attention-policy',
        () => ({}),
      ),
      // far from the box that others look at
      enterUnitPosition: plain(
        'PUT',
        () => `/api/v1/units/${target.idle.unitId}/position`,
        () => ({ lon: -30, lat: 40 }),
      ),
      putPresence: plain(
        'PUT',
        () => vek(() => target.vekId, '/presence'),
        () => ({ mode: 'viewing' }),
      ),
      endPresence: plain('DELETE', () => vek(() => target.vekId, '/presence')),
      getCrewMessages: plain('GET', () => `/api/v1/units/${target.idle.unitId}/messages`),
      sendCrewMessage: plain(
        'POST',
        () => `/api/v1/units/${target.idle.unitId}/messages`,
        () => ({ id: uuidv7(), text: 'test' }),
      ),
      setReportInterval: plain(
        'PUT',
        () => `/api/v1/units/${target.idle.unitId}/report-interval`,
        () => ({ seconds: 1 }),
      ),

      getLiveUnits: list(
        () => `/api/v1/live?box=${BOX.join(',')}`,
        () => target.onMap.unitId,
      ),
      getNearest: list(
        () => `/api/v1/nearest?lon=${PLACE.lon}&lat=${PLACE.lat}&k=100`,
        () => target.onMap.unitId,
      ),
      getUnitTrack: plain('GET', () => `/api/v1/units/${target.onMap.unitId}/track?from=0&to=1000`),
      findUnitsNear: async (token) => {
        const question = { place: PLACE, radiusM: 100, from: Date.now() - 3_600_000, to: Date.now() };
        const { text, verdict } = await ask(token, 'POST', '/api/v1/history/near', question);
        return verdict === 'through' && !text.includes(target.onMap.unitId) ? 'reach' : verdict;
      },
      getPastPicture: list(
        () => `/api/v1/history/picture?at=${Date.now()}`,
        () => target.onMap.unitId,
      ),
      getTerritories: plain('GET', () => '/api/v1/territories?lon=24.1&lat=56.95'),

      getNetwork: plain('GET', () => '/api/v1/network'),
      getRoute: plain('GET', () => '/api/v1/route?from=24.1,56.94&to=24.11,56.944'),
      getMatrix: plain(
        'POST',
        () => '/api/v1/matrix',
        () => ({ sources: [{ lon: 24.1, lat: 56.94 }], targets: [{ lon: 24.11, lat: 56.944 }] }),
      ),
      getIsochrone: plain('GET', () => '/api/v1/isochrone?place=24.1,56.94&minutes=1'),
      getClosures: list(
        () => '/api/v1/closures',
        () => target.closureId,
      ),
      // whoever closes a road owns the closure: the only way to reach for one of T's is to claim its id
      createClosure: async (token) => {
        const body = { id: target.closureId, wayIds: [1], reason: 'test' };
        const { code, verdict } = await ask(token, 'POST', '/api/v1/closures', body);
        return code === 'id_taken' ? 'reach' : verdict;
      },
      removeClosure: plain('DELETE', () => `/api/v1/closures/${target.endedClosureId}`),

      getVeks: list(
        () => '/api/v1/veks',
        () => target.vekId,
      ),
      getVek: plain('GET', () => vek(() => target.vekId)),
      // whoever takes a report owns the card: the only way to reach for one of T's is to claim its id
      createVek: async (token) => {
        const { code, verdict } = await ask(token, 'POST', '/api/v1/veks', { id: target.vekId, channel: 'voice' });
        return code === 'id_taken' ? 'reach' : verdict;
      },
      updateVek: plain(
        'PATCH',
        () => vek(() => target.vekId),
        () => ({ version: 0, priority: 'P1' }),
      ),
      closeVek: plain(
        'POST',
        () => vek(() => target.vekId, '/close'),
        () => ({ version: 0 }),
      ),
      getVekCaller: plain('GET', () => vek(() => target.vekId, '/caller')),
      reopenVek: plain(
        'POST',
        () => vek(() => target.vekId, '/reopen'),
        () => ({ version: 0, reason: 'test' }),
      ),
      findDuplicates: list(
        () => `/api/v1/veks/duplicates?lon=${PLACE.lon}&lat=${PLACE.lat}&typeCode=duplicate`,
        () => target.vekId,
      ),
      getVekDuplicates: plain('GET', () => vek(() => target.vekId, '/duplicates')),
      mergeVek: plain(
        'POST',
        () => vek(() => target.vekId, '/merge'),
        () => ({ version: 0, intoVekId: target.sharedVekId, intoVersion: 0 }),
      ),
      getVekHistory: plain('GET', () => vek(() => target.vekId, '/history')),
      getVekComments: plain('GET', () => vek(() => target.vekId, '/comments')),
      addVekComment: plain(
        'POST',
        () => vek(() => target.vekId, '/comments'),
        () => ({ id: uuidv7(), text: 'test' }),
      ),
      setVekCaller: plain(
        'PUT',
        () => vek(() => target.vekId, '/caller'),
        () => ({}),
      ),
      getVekRestricted: plain('GET', () => vek(() => target.vekId, '/restricted/medical')),
      setVekRestricted: plain(
        'PUT',
        () => vek(() => target.vekId, '/restricted/medical'),
        () => ({ text: 'test' }),
      ),
      returnVek: plain(
        'POST',
        () => vek(() => target.privateVekId, `/services/${target.agencyId}/return`),
        () => ({ reason: 'test' }),
      ),
      offerVek: plain(
        'POST',
        () => vek(() => target.vekId, '/services'),
        () => ({ agencyCode: 'PARTY' }),
      ),
      answerVek: plain(
        'POST',
        () => vek(() => target.privateVekId, '/answer'),
        () => ({ answer: 'accepted' }),
      ),
      holdUnit: plain(
        'POST',
        () => '/api/v1/holds',
        () => ({
          id: uuidv7(),
          unitId: target.idle.unitId,
          vekId: target.sharedVekId,
          seconds: 1,
        }),
      ),
      createAssignment: plain(
        'POST',
        () => vek(() => target.sharedVekId, '/assignments'),
        () => ({
          id: uuidv7(),
          unitId: target.idle.unitId,
        }),
      ),
      cancelAssignment: plain('DELETE', () => `/api/v1/assignments/${target.assignmentId}`),
      relieveAssignment: plain(
        'POST',
        () => `/api/v1/assignments/${target.assignmentId}/relief`,
        () => ({ id: uuidv7(), unitId: target.idle.unitId }),
      ),
      releaseHold: plain('DELETE', () => `/api/v1/holds/${target.holdId}`),
      expectFree: plain(
        'PUT',
        () => `/api/v1/assignments/${target.assignmentId}/expected-free`,
        () => ({ at: null }),
      ),

      recommend: async (token) => {
        // so many people that every unit of the service is named or counted for the line
        const requirements = [{ kind: 'crew', quantity: 1000, service: 'VUGD', need: 'must' }];
        const question = { incidents: [{ place: PLACE, priority: 'P1', requirements }] };
        const { text, verdict } = await ask(token, 'POST', '/api/v1/recommendations', question);
        return verdict === 'through' && !text.includes(target.onMap.unitId) ? 'reach' : verdict;
      },
      getAvailable: async (token) => {
        const question = { polygon: { type: 'Polygon', coordinates: [AROUND] } };
        const { text, verdict } = await ask(token, 'POST', '/api/v1/available', question);
        return verdict === 'through' && !text.includes(target.onMap.unitId) ? 'reach' : verdict;
      },
      getDecision: plain('GET', () => `/api/v1/decisions/${target.decisionId}`),
      replayDecision: plain('GET', () => `/api/v1/decisions/${target.decisionId}/replay`),
      getProposals: list(
        () => '/api/v1/proposals',
        () => target.proposalId,
      ),
      confirmProposal: plain('POST', () => `/api/v1/proposals/${target.sharedProposalId}/confirm`),
      dismissProposal: plain(
        'POST',
        () => `/api/v1/proposals/${target.endedProposalId}/dismiss`,
        () => ({ reason: 'test' }),
      ),
      getRunCards: list(
        () => '/api/v1/run-cards',
        () => RUN_CARD.code,
      ),
      getRunCardChoice: plain('GET', () => '/api/v1/run-cards/choice?typeCode=x&priority=P1&lon=24.1&lat=56.95'),
      // whoever publishes a card owns it: the only way to reach for one of T's is to claim its code and version
      importRunCards: async (token) => {
        const { code, verdict } = await ask(token, 'PUT', '/api/v1/run-cards', { runCards: [RUN_CARD] });
        return code === 'card_version_taken' ? 'reach' : verdict;
      },
      withdrawRunCard: plain('DELETE', () => `/api/v1/run-cards/${target.runCardId}`),
      getDispatchPolicy: plain('GET', () => '/api/v1/agencies/OWN/dispatch-policy'),
      setDispatchPolicy: plain(
        'PUT',
        () => '/api/v1/agencies/OWN/dispatch-policy',
        () => ({}),
      ),
      setUnitEquipment: plain(
        'PUT',
        () => `/api/v1/units/${target.idle.unitId}/equipment`,
        () => ({ equipment: {} }),
      ),

      getFeed: list(
        () => `/api/v1/feed?after=${target.cursor}&limit=1000`,
        () => `station/${target.stationId}`,
      ),
      getFeedSnapshot: list(
        () => '/api/v1/feed/snapshot',
        () => `station/${target.stationId}`,
      ),
      getFeedConsumers: list(
        () => '/api/v1/feed/consumers',
        () => CONSUMER,
      ),
      // each agency keeps its own, so that the only way to reach for T's is its name: what is kept for it stays as it was
      saveFeedCursor: async (token) => {
        const path = `/api/v1/feed/consumers/${CONSUMER}`;
        const { verdict, text } = await ask(token, 'PUT', path, { cursor: cursorAt(0) });
        return verdict === 'through' && !text.includes(target.cursor) ? 'reach' : verdict;
      },
      removeFeedConsumer: async (token) => {
        const { cursor } = target;
        const path = `/api/v1/feed/consumers/of-one-question-${uuidv7()}`;
        await ask(await tokenOf('OWN', 'integrator'), 'PUT', path, { cursor });
        return (await ask(token, 'DELETE', path)).verdict;
      },
      getWebhooks: list(
        () => '/api/v1/webhooks',
        () => target.webhookId,
      ),
      // whoever sets one up owns it: the only way to reach for one of T's is to claim its id
      createWebhook: async (token) => {
        const body = { id: target.webhookId, url: 'https://receiver.invalid/' };
        const { code, verdict } = await ask(token, 'POST', '/api/v1/webhooks', body);
        return code === 'id_taken' ? 'reach' : verdict;
      },
      resumeWebhook: plain(
        'POST',
        () => `/api/v1/webhooks/${target.webhookId}/resume`,
        () => ({}),
      ),
      rotateWebhookSecret: plain(
        'POST',
        () => `/api/v1/webhooks/${target.webhookId}/secret`,
        () => ({}),
      ),
      removeWebhook: async (token) => {
        const body = { id: uuidv7(), url: 'https://receiver.invalid/', types: ['lv.vanags.nothing.v1'] };
        await ask(await tokenOf('OWN', 'admin'), 'POST', '/api/v1/webhooks', body);
        const answer = await ask(token, 'DELETE', `/api/v1/webhooks/${body.id}`);
        await ask(await tokenOf('OWN', 'admin'), 'DELETE', `/api/v1/webhooks/${body.id}`);
        return answer.verdict;
      },
      getAudit: list(
        () => '/api/v1/audit?limit=1000',
        () => target.stationId,
      ),

      openConsole: async (token) => {
        const socket = await open('/console', token);
        if (typeof socket === 'string') return verdictOf(socket);
        socket.disconnect();
        const { bundles } = await openConsole(token!);
        return bundles[0]!.units.includes(target.onMap.handle) ? 'through' : 'reach';
      },
      openFeed: async (token) => {
        const socket = await open('/feed', token);
        if (typeof socket === 'string') return verdictOf(socket);
        socket.disconnect();
        const { events } = await openFeed(token!, target.cursor);
        const later = target.lateStations.get(token!);
        await eventually('an event of the caller’s own', () => events.some((event) => event.subject === later));
        return events.some((event) => event.subject === `station/${target.stationId}`) ? 'through' : 'reach';
      },
    };

    it('R1 has a probe for every operation, and no probe without one', () => {
      expect(Object.keys(PROBES).sort()).toEqual(Object.keys(MATRIX).sort());
    });

    it('R1 has a rule for every scope, and each is used', () => {
      const used = new Set(Object.values(MATRIX).map((rule) => rule.scope));
      // nothing asks for assist yet
      expect([...used].sort()).toEqual(
        Object.keys(REACHES)
          .filter((scope) => scope !== 'assist')
          .sort(),
      );
    });

    const operations = Object.keys(MATRIX) as Operation[];

    it.each(operations)('R2 %s: for every role and every agency, as the table says', async (operation) => {
      const { roles, scope }: { roles: readonly Role[]; scope: Scope } = MATRIX[operation];
      const expected: Record<string, Verdict> = {};
      const found: Record<string, Verdict> = {};
      for (const role of ROLES) {
        await Promise.all(
          RELATIONS.map(async (relation) => {
            const asked = `${role} of ${relation}`;
            const mayAsk = scope === 'public' || roles.includes(role);
            expected[asked] = !mayAsk ? 'role' : REACHES[scope].includes(relation) ? 'through' : 'reach';
            found[asked] = await PROBES[operation]!(await tokenOf(AGENCY_OF[relation], role));
          }),
        );
      }
      expect(found).toEqual(expected);
    });

    it.each(operations)('R3 %s: without a good token nothing but what is public', async (operation) => {
      const bad: Record<string, [string | undefined, Verdict]> = {
        none: [undefined, 'token_missing'],
        rubbish: ['rubbish', 'token_invalid'],
        'of nobody’s agency': [await signed({ agency: 'NOBODY' }), 'agency_unknown'],
        expired: [await signed({ expiresInS: -5 }), 'token_invalid'],
        'for another audience': [await signed({ audience: 'others' }), 'token_invalid'],
        'of another issuer': [await signed({ issuer: 'urn:other' }), 'token_invalid'],
        'of another key': [await signed({ forged: true }), 'token_invalid'],
        unsigned: [`${base64url({ alg: 'none' })}.${base64url(claims())}.`, 'token_invalid'],
        'without roles': [await signed({ roles: undefined }), 'token_invalid'],
      };
      const isPublic = MATRIX[operation].scope === 'public';
      for (const [name, [token, expected]] of Object.entries(bad))
        expect(await PROBES[operation]!(token), `${name}`).toBe(isPublic ? 'through' : expected);
    });

    it('R3 a token with roles that are not ours, or with none, may do nothing that asks for a role', async () => {
      for (const roles of [[], ['root', 'public', 'ADMIN']]) {
        const token = await signed({ roles });
        expect(await PROBES.getUnits!(token)).toBe('role');
        expect(await PROBES.openConsole!(token)).toBe('role');
        expect(await PROBES.getHealth!(token)).toBe('through');
      }
    });

    it('R3 the token the tests sign is good when nothing is wrong with it', async () => {
      expect(await PROBES.getUnits!(await signed({ agency: 'OWN' }))).toBe('through');
    });

    it('R4 commanding a unit is not enough for a VEK one has no part in', async () => {
      const token = await tokenOf('COMMAND', 'dispatcher');
      const { unitId } = target.idle;
      const assigned = await ask(
        token,
        'POST',
        vek(() => target.privateVekId, '/assignments'),
        { id: uuidv7(), unitId },
      );
      expect(assigned.code).toBe('not_found');
      const hold = { id: uuidv7(), unitId, vekId: target.privateVekId, seconds: 1 };
      expect((await ask(token, 'POST', '/api/v1/holds', hold)).code).toBe('not_found');
    });

    it('R4 what is not shared is answered as what is not there', async () => {
      const token = await tokenOf('NONE', 'dispatcher');
      for (const path of ['', '/caller']) {
        const hidden = await ask(
          token,
          'GET',
          vek(() => target.vekId, path),
        );
        const missing = await ask(
          token,
          'GET',
          vek(() => uuidv7(), path),
        );
        expect(hidden.text).toBe(missing.text);
      }
    });
  });

  interface Wrong {
    readonly agency?: string;
    readonly audience?: string;
    readonly issuer?: string;
    readonly expiresInS?: number;
    readonly forged?: boolean;
    readonly roles?: readonly string[] | undefined;
  }

  const claims = (wrong: Wrong = {}) => ({
    sub: 'tester',
    agency: 'IEMIC',
    roles: [...ROLES],
    iss: DEMO_ISSUER,
    aud: 'vanags',
    exp: Math.round(Date.now() / 1000) + 60,
    ...('agency' in wrong ? { agency: wrong.agency } : {}),
    ...('roles' in wrong ? { roles: wrong.roles } : {}),
  });
  const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  /** A token signed with the demo issuer's own key, or with another that claims to be it. */
  async function signed(wrong: Wrong): Promise<string> {
    const jwk = JSON.parse(await readFile(join(home.env.DATA_DIR!, 'demo-issuer.json'), 'utf8'));
    const { audience = 'vanags', issuer = DEMO_ISSUER, expiresInS = 60, forged = false } = wrong;
    const key = forged
      ? await importJWK(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey), 'ES256')
      : await importJWK(jwk, 'ES256');
    return new SignJWT(claims(wrong))
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime(Math.round(Date.now() / 1000) + expiresInS)
      .sign(key);
  }

  describe('a grant that ends', () => {
    let grantor: string;
    let grantee: string;
    let pair = 0;

    /** A pair of agencies of its own, so that no other grant shines through. */
    async function createPair(): Promise<void> {
      pair++;
      [grantor, grantee] = [`A${pair}`, `B${pair}`];
      for (const code of [grantor, grantee]) await createAgency(hub.api, operator, code);
    }

    it('R5 once revoked gives nothing over HTTP, at the very next request', async () => {
      await createPair();
      const grantId = await createGrant(grantor, grantee, 'see');
      const { unitId } = await createCrew(hub.api, operator, grantor);
      const token = await tokenOf(grantee, 'dispatcher');
      expect((await hub.api.call('GET', `/api/v1/units/${unitId}`, undefined, token)).status).toBe(200);
      await hub.api.ok('DELETE', `/api/v1/grants/${grantId}`, undefined, await tokenOf(grantor, 'admin'));
      const { status, body } = await hub.api.call('GET', `/api/v1/units/${unitId}`, undefined, token);
      expect([status, body.code]).toEqual([403, 'agency_not_allowed']);
      const listed = await hub.api.call('GET', '/api/v1/units', undefined, token);
      expect(JSON.stringify(listed.body)).not.toContain(unitId);
    });

    it('R5 once revoked is taken out of an open console’s picture, and nothing of it comes again', async () => {
      await createPair();
      const [theirs, ours] = [await createCrewOnMap(grantor), await createCrewOnMap(grantee)];
      const { bundles, socket } = await openConsole(await tokenOf(grantee, 'dispatcher'));
      const grantId = await createGrant(grantor, grantee, 'see');
      await eventually('the unit is shown', () =>
        bundles.some(({ units }) => units.includes(theirs.handle) && units.includes(ours.handle)),
      );

      const changedAt: number[] = [];
      hub.tracker.core.directory.onChange(({ kind }) => {
        if (kind === 'agencies') changedAt.push(Date.now());
      });
      let step = 0;
      const driving = setInterval(() => ours.report(PLACE.lon + 1e-5 * ++step), 50); // something is sent at every tick
      const before = bundles.length;
      await hub.api.ok('DELETE', `/api/v1/grants/${grantId}`, undefined, await tokenOf(grantor, 'admin'));
      const cleared = await eventually('a snapshot without the unit', () =>
        bundles.slice(before).find((bundle) => bundle.snapshots > 0),
      );
      clearInterval(driving);
      // with the next tick after the hub has learnt of it, not with the clock's next round
      const learntAt = changedAt.findLast((at) => at <= cleared.time);
      expect(learntAt).toBeDefined();
      expect(bundles.filter(({ time }) => time > learntAt! && time < cleared.time)).toEqual([]);
      expect(cleared.units).toContain(ours.handle);
      expect(cleared.units).not.toContain(theirs.handle);

      const after = bundles.indexOf(cleared);
      for (const lon of [24.1061, 24.1063]) {
        const sent = bundles.length;
        theirs.report(lon);
        ours.report(lon);
        await eventually('our own unit’s move', () =>
          bundles.slice(sent).some((bundle) => bundle.units.includes(ours.handle)),
        );
      }
      // asking again, for all of it, does not bring it back either
      const sent = bundles.length;
      socket.emit('resync');
      await eventually('the snapshots', () => bundles.slice(sent).some((bundle) => bundle.snapshots > 0));
      for (const bundle of bundles.slice(after)) expect(bundle.units).not.toContain(theirs.handle);
      theirs.stop();
      ours.stop();
    });

    it('R5 once given shows in an open console without its asking', async () => {
      await createPair();
      const theirs = await createCrewOnMap(grantor);
      const { bundles } = await openConsole(await tokenOf(grantee, 'dispatcher'));
      expect(bundles[0]!.units).not.toContain(theirs.handle);
      await createGrant(grantor, grantee, 'see');
      await eventually('the unit', () => bundles.some((bundle) => bundle.units.includes(theirs.handle)));
      theirs.stop();
    });

    it('R5 once revoked lets no further event through to an open consumer', async () => {
      await createPair();
      const grantId = await createGrant(grantor, grantee, 'see');
      const { events } = await openFeed(await tokenOf(grantee, 'integrator'), await cursorNow());
      const seen = `station/${await createStation(grantor)}`;
      await eventually('an event of the grantor', () => events.some((event) => event.subject === seen));
      await hub.api.ok('DELETE', `/api/v1/grants/${grantId}`, undefined, await tokenOf(grantor, 'admin'));
      const hidden = `station/${await createStation(grantor)}`;
      const own = `station/${await createStation(grantee)}`;
      await eventually('an event of one’s own', () => events.some((event) => event.subject === own));
      expect(events.map((event) => event.subject)).not.toContain(hidden);
      expect(events.map((event) => event.type)).toContain('lv.vanags.grant.revoked.v1');
    });

    it('R5 that ran out by the clock lets nothing through to a long poll that was open before', async () => {
      const { poll, endsAt } = await inTime(700, async (ms) => {
        await createPair();
        const token = await tokenOf(grantee, 'integrator');
        const endsAt = Date.now() + ms;
        await createGrant(grantor, grantee, 'see', { validTo: new Date(endsAt).toISOString() });
        await feedIsRead(hub);
        const path = `/api/v1/feed?after=${await cursorNow()}&wait=30`;
        const open = () => hub.api.ok<{ events: FeedEvent[] }>('GET', path, undefined, token);
        return Date.now() < endsAt && { poll: open(), endsAt };
      });
      await sleep(endsAt - Date.now() + 50);
      await createStation(grantor);
      const own = `station/${await createStation(grantee)}`;
      expect((await poll).events.map((event) => event.subject)).toEqual([own]);
    });

    it('R5 that ran out by the clock leaves an open console’s picture soon after', async () => {
      await createPair();
      const theirs = await createCrewOnMap(grantor);
      const bundles = await inTime(1500, async (ms) => {
        await createGrant(grantor, grantee, 'see', { validTo: new Date(Date.now() + ms).toISOString() });
        const opened = await openConsole(await tokenOf(grantee, 'dispatcher'));
        return opened.bundles[0]!.units.includes(theirs.handle) && opened.bundles;
      });
      const cleared = await eventually('a snapshot without the unit', () =>
        bundles.find((bundle) => bundle.snapshots > 0 && !bundle.units.includes(theirs.handle)),
      );
      for (const bundle of bundles.slice(bundles.indexOf(cleared))) expect(bundle.units).not.toContain(theirs.handle);
      theirs.stop();
    });
  });

  it('R6 a token that runs out closes the socket it opened', async () => {
    const problems: { code: string }[] = [];
    const socket = await inTime(2000, async (ms) => {
      const opened = await open('/console', await signed({ expiresInS: ms / 1000 }));
      return typeof opened !== 'string' && opened;
    });
    socket.on('problem', (problem) => problems.push(problem));
    await eventually('the end', () => socket.disconnected);
    expect(problems.map((problem) => problem.code)).toEqual(['token_invalid']);
  });

  describe('an operation', () => {
    it('R7 whose handler never asks what the caller may reach answers 500, and nothing of what it found', async () => {
      const { core } = hub.tracker;
      const api = new OpenAPIHono<ApiEnv>();
      const thrown: string[] = [];
      api.onError((error, c) => {
        thrown.push(error.message);
        return c.text('broken', 500);
      });
      const operations = new Operations(api, core);
      const responses = { 200: { description: 'All of it' } };
      operations.add('getUnits', { method: 'get', path: '/api/v1/units', responses }, (c) =>
        c.json({ secret: 1 }, 200),
      );
      operations.add('getStations', { method: 'get', path: '/api/v1/stations', responses }, (c) => {
        c.get('caller').agencies();
        return c.json({ secret: 1 }, 200);
      });
      const headers = { authorization: `Bearer ${operator}` };
      const ask = (path: string) => api.request(path, { headers }, { remoteAddress: '127.0.0.1' });
      const forgetful = await ask('/api/v1/units');
      expect([forgetful.status, await forgetful.text()]).toEqual([500, 'broken']);
      expect(thrown).toEqual(['getUnits answered without asking what the caller may reach']);
      expect((await ask('/api/v1/stations')).status).toBe(200);
    });
  });

  describe('data of a caller', () => {
    const PHONE = '+37129876543';
    const NAME = 'Zane Paraugkalna';
    const NOTE = 'durvju kods 4711';

    it('R8 leaves an audit entry with every read, also when there was nothing to read', async () => {
      await createAgency(hub.api, operator, 'OWN');
      const vekId = await createVek('OWN', { caller: { phone: PHONE, name: NAME, note: NOTE } });
      const without = await createVek('OWN');
      const token = await tokenOf('OWN', 'call_taker');
      for (let i = 0; i < 3; i++)
        expect(await hub.api.ok('GET', `/api/v1/veks/${vekId}/caller`, undefined, token)).toEqual({
          phone: PHONE,
          name: NAME,
          note: NOTE,
          version: 0,
          others: [],
        });
      expect((await hub.api.call('GET', `/api/v1/veks/${without}/caller`, undefined, token)).status).toBe(404);
      const { rows } = await hub.database.query(
        `SELECT actor, source_ip, subject_id FROM audit_entry WHERE action = 'read_caller' AND subject_id = ANY ($1) ORDER BY seq`,
        [[vekId, without]],
      );
      const entry = (subject_id: string) => ({ actor: 'OWN-call_taker', source_ip: '127.0.0.1', subject_id });
      expect(rows).toEqual([entry(vekId), entry(vekId), entry(vekId), entry(without)]);
    });

    it('R8 reaches nobody without a part in the VEK, and then nothing is read', async () => {
      await createAgency(hub.api, operator, 'NONE');
      const vekId = await createVek('OWN', { caller: { phone: PHONE } });
      const token = await tokenOf('NONE', 'call_taker');
      const { status, body } = await hub.api.call('GET', `/api/v1/veks/${vekId}/caller`, undefined, token);
      expect([status, body.code]).toEqual([404, 'not_found']);
      expect(JSON.stringify(body)).not.toContain(PHONE);
    });

    it('R8 stands in no event, no audit entry and no answer but the one', async () => {
      const vekId = await createVek('OWN', { caller: { phone: PHONE, name: NAME, note: NOTE }, typeCode: 'fire' });
      const token = await tokenOf('OWN', 'dispatcher');
      await hub.api.ok('GET', `/api/v1/veks/${vekId}/caller`, undefined, token);
      await hub.api.ok('PATCH', `/api/v1/veks/${vekId}`, { version: 1, priority: 'P1' }, token);
      await hub.api.ok('POST', `/api/v1/veks/${vekId}/services`, { agencyCode: 'NONE' }, token);
      for (const table of ['feed_event', 'audit_entry', 'vek', 'vek_service', 'vek_history']) {
        const { rows } = await hub.database.query<{ text: string }>(`SELECT t::text AS text FROM ${table} AS t`);
        expect(rows.length).toBeGreaterThan(0);
        for (const { text } of rows)
          for (const secret of [PHONE, NAME, NOTE]) expect(text, table).not.toContain(secret);
      }
      for (const path of ['/api/v1/veks', `/api/v1/veks/${vekId}`, '/api/v1/feed?limit=1000', '/metrics']) {
        const text = await (
          await fetch(`${hub.api.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
        ).text();
        for (const secret of [PHONE, NAME, NOTE]) expect(text, path).not.toContain(secret);
      }
    });
  });
});
