import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MATRIX } from '../../src/rights/matrix.js';
import { deviceTokenSha256 } from '../../src/rights/tokens.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import { databaseIsThere, eventually, type TestHome, type TestTracker } from '../harness/test-tracker.js';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly at: string; readonly message: string }[];
}
interface Imported {
  readonly rows: number;
  readonly added: number;
}

const MAX_ROWS = 5000;
/** Bounds what hangs. */
const ANSWERED_WITHIN_MS = 40_000;
const MAX_BODY_BYTES = 32 * 1024 * 1024;

const ndjson = (...rows: readonly unknown[]) =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');

function createStation(agencyCode: string, fields: object = {}) {
  const id = uuidv7();
  return {
    id,
    agencyCode,
    code: `S-${id.slice(-12)}`,
    name: 'Post',
    kind: 'postenis',
    lon: 24.1,
    lat: 56.95,
    ...fields,
  };
}

function createUnit(agencyCode: string, fields: object = {}) {
  const id = uuidv7();
  return { id, agencyCode, callsign: `U-${id.slice(-12)}`, kind: 'tanker', statusAtRest: 'available', ...fields };
}

describe.skipIf(!databaseIsThere)('registering', () => {
  let home: TestHome;
  let hub: TestTracker;
  let operator: string;
  let vugdAdmin: string;

  beforeAll(async () => {
    ({ home, hub, admin: operator } = await setStage(['VUGD', 'VP']));
    vugdAdmin = await hub.api.token('VUGD', 'admin');
  });
  afterAll(() => clearStage({ home, hub }));

  /** Posts lines of an import as they are. */
  async function send<Body>(kind: string, lines: string, token = operator): Promise<{ status: number; body: Body }> {
    const response = await fetch(`${hub.api.url}/api/v1/import/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: lines,
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  const count = async (table: string, ids: readonly string[]) =>
    (
      await hub.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE id = ANY ($1::uuid[])`, [
        ids,
      ])
    ).rows[0]!.n;
  const eventsOf = async (ids: readonly string[]) =>
    (
      await hub.database.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM feed_event WHERE aggregate_id = ANY ($1::uuid[])',
        [ids],
      )
    ).rows[0]!.n;

  describe('by import', () => {
    it('T60 adds every line, each with its event, and empty lines and CRLF do no harm', async () => {
      const rows = [createStation('VUGD'), createStation('VP'), createStation('VUGD')];
      const lines = `\n${JSON.stringify(rows[0])}\r\n\r\n${JSON.stringify(rows[1])}\n  \n${JSON.stringify(rows[2])}\n`;
      expect(await send<Imported>('stations', lines)).toEqual({ status: 200, body: { rows: 3, added: 3 } });
      const ids = rows.map((row) => row.id);
      expect(await count('station', ids)).toBe(3);
      expect(await eventsOf(ids)).toBe(3);
    });

    it('T60 of nothing adds nothing', async () => {
      expect(await send<Imported>('stations', '\n \n')).toEqual({ status: 200, body: { rows: 0, added: 0 } });
    });

    it('T61 repeated changes nothing, and tells nobody', async () => {
      const rows = [createUnit('VUGD', { capabilities: [{ code: 'water', quantity: 3000 }] }), createUnit('VUGD')];
      const ids = rows.map((row) => row.id);
      await send('units', ndjson(...rows));
      const before = await hub.database.query('SELECT * FROM unit WHERE id = ANY ($1::uuid[]) ORDER BY id', [ids]);
      const changed = rows.map((row) => ({ ...row, kind: 'ladder', capabilities: [] }));
      const again = await send<Imported>('units', ndjson(...changed, createUnit('VUGD')));
      expect(again.body).toEqual({ rows: 3, added: 1 });
      const after = await hub.database.query('SELECT * FROM unit WHERE id = ANY ($1::uuid[]) ORDER BY id', [ids]);
      expect(after.rows).toEqual(before.rows);
      expect(await eventsOf(ids)).toBe(2);
    });

    it('T62 is all or none: one wrong line keeps out the others', async () => {
      const good = [createStation('VUGD'), createStation('VUGD')];
      const { status, body } = await send<Problem>(
        'stations',
        ndjson(good[0], { ...createStation('VUGD'), lat: 91 }, good[1]),
      );
      expect([status, body.code]).toEqual([422, 'rows_malformed']);
      expect(
        await count(
          'station',
          good.map((row) => row.id),
        ),
      ).toBe(0);
    });

    it('T62 names every wrong line by its number in the body, with the field', async () => {
      const station = createStation('VUGD');
      const { body } = await send<Problem>(
        'stations',
        ['', ndjson(station), '{"id":', '', ndjson({ ...createStation('VUGD'), lat: 91, name: '' }), '[]', 'null'].join(
          '\n',
        ),
      );
      expect(body.errors!.map((error) => error.at)).toEqual([
        'line 3',
        'line 5: name',
        'line 5: lat',
        'line 6',
        'line 7',
      ]);
      expect(await count('station', [station.id])).toBe(0);
    });

    it('T62 names no more than fifty lines of a body that is rubbish', async () => {
      const { status, body } = await send<Problem>('units', 'rubbish\n'.repeat(10_000));
      expect([status, body.code]).toEqual([422, 'rows_malformed']);
      expect(body.errors!.length).toBe(50);
      expect((await send<Problem>('units', '\u0000\u0001\ufffd')).status).toBe(422);
    });

    it('T63 names the lines whose references are unknown, empty lines counted', async () => {
      const station = createStation('VUGD');
      await send('stations', ndjson(station));
      const vpStation = createStation('VP');
      await send('stations', ndjson(vpStation));
      const fine = createUnit('VUGD', { stationCode: station.code });
      const lines = [
        ndjson(fine),
        '',
        ndjson(createUnit('VUGD', { stationCode: 'NOWHERE' })),
        ndjson(createUnit('VUGD', { stationCode: vpStation.code })), // there, but of another agency
      ].join('\n');
      const { status, body } = await send<Problem>('units', lines);
      expect([status, body.code]).toEqual([422, 'reference_unknown']);
      expect(body.errors!.map((error) => error.at)).toEqual(['line 3', 'line 4']);
      expect(await count('unit', [fine.id])).toBe(0);
    });

    it('T63 names the line of an agency that is not there', async () => {
      const { status, body } = await send<Problem>('units', `\n${ndjson(createUnit('VUGD'), createUnit('NOBODY'))}`);
      expect([status, body.code]).toEqual([422, 'reference_unknown']);
      expect(body.errors).toEqual([{ at: 'line 3', message: 'no agency NOBODY' }]);
    });

    it('T63 names the line of a vehicle that is not there, or that is of another agency', async () => {
      const vehicle = { id: uuidv7(), agencyCode: 'VP', registration: uuidv7(), kind: 'patrol', profile: 'car' };
      await send('vehicles', ndjson(vehicle));
      for (const vehicleId of [uuidv7(), vehicle.id]) {
        const { status, body } = await send<Problem>(
          'units',
          ndjson(createUnit('VUGD'), createUnit('VUGD', { vehicleId })),
        );
        expect([status, body.code]).toEqual([422, 'reference_unknown']);
        expect(body.errors!.map((error) => error.at)).toEqual(['line 2']);
      }
      expect((await send('units', ndjson(createUnit('VP', { vehicleId: vehicle.id })))).status).toBe(200);
    });

    it('T63 a unit or device of another agency cannot be bound', async () => {
      const [unit, foreign] = [createUnit('VUGD'), createUnit('VP')];
      await send('units', ndjson(unit, foreign));
      const device = {
        id: uuidv7(),
        agencyCode: 'VUGD',
        kind: 'phone',
        name: 'x',
        tokenSha256: deviceTokenSha256(uuidv7()),
      };
      await send('devices', ndjson(device));
      const binding = { id: uuidv7(), agencyCode: 'VUGD', deviceId: device.id, unitId: unit.id };
      for (const wrong of [{ unitId: foreign.id }, { deviceId: uuidv7() }, { agencyCode: 'VP' }]) {
        const { status, body } = await send<Problem>('device-bindings', ndjson({ ...binding, ...wrong }));
        expect([status, body.code, body.errors!.map((error) => error.at)]).toEqual([
          422,
          'reference_unknown',
          ['line 1'],
        ]);
      }
      expect(await send<Imported>('device-bindings', ndjson(binding))).toEqual({
        status: 200,
        body: { rows: 1, added: 1 },
      });
    });

    it('T64 an id that stands on two lines is named, and nothing is added', async () => {
      const station = createStation('VUGD');
      const { status, body } = await send<Problem>(
        'stations',
        ndjson(createStation('VUGD'), station, { ...station, code: 'OTHER' }),
      );
      expect([status, body.code]).toEqual([422, 'rows_malformed']);
      expect(body.errors!.map((error) => error.at)).toEqual(['line 3: id']);
      expect(await count('station', [station.id])).toBe(0);
    });

    it('T64 a name that another row has already is a conflict, and nothing is added', async () => {
      const station = createStation('VUGD');
      await send('stations', ndjson(station));
      const fresh = createStation('VUGD');
      const { status, body } = await send<Problem>('stations', ndjson(fresh, { ...station, id: uuidv7() }));
      expect([status, body.code]).toEqual([409, 'already_exists']);
      expect(body.detail).toContain(station.code);
      expect(await count('station', [fresh.id])).toBe(0);
    });

    it(`T65 takes ${MAX_ROWS} rows, and refuses one more`, async () => {
      const rows = Array.from({ length: MAX_ROWS + 1 }, () => createStation('VUGD'));
      const refused = await send<Problem>('stations', ndjson(...rows));
      expect([refused.status, refused.body.code]).toEqual([413, 'body_too_large']);
      expect(
        await count(
          'station',
          rows.map((row) => row.id),
        ),
      ).toBe(0);
      expect((await send<Imported>('stations', ndjson(...rows.slice(0, MAX_ROWS)))).body).toEqual({
        rows: MAX_ROWS,
        added: MAX_ROWS,
      });
    });

    it('T66 of another agency’s rows is refused for an agency’s administrator, and none of their own is added', async () => {
      const own = createStation('VUGD');
      const { status, body } = await send<Problem>('stations', ndjson(own, createStation('VP')), vugdAdmin);
      expect([status, body.code]).toEqual([403, 'agency_not_allowed']);
      expect(await count('station', [own.id])).toBe(0);
      expect((await send<Imported>('stations', ndjson(own), vugdAdmin)).body).toEqual({ rows: 1, added: 1 });
      const agency = { id: uuidv7(), code: 'MINE', kind: 'other', nameLv: 'x', nameEn: 'x' };
      expect((await send<Problem>('agencies', ndjson(agency), vugdAdmin)).body.code).toBe('agency_not_allowed');
    });

    it('T67 of a kind that is not there is malformed', async () => {
      const { status, body } = await send<Problem>('people', '');
      expect([status, body.code]).toEqual([400, 'request_malformed']);
    });

    const square = [
      [24, 56],
      [25, 56],
      [25, 57],
      [24, 56],
    ];
    const territory = (coordinates: unknown) => ({
      id: uuidv7(),
      agencyCode: 'VUGD',
      kind: 'duty_area',
      code: uuidv7(),
      nameLv: 'x',
      nameEn: 'x',
      approximate: true,
      boundary: { type: 'Polygon', coordinates },
    });
    const line = (coordinates: unknown) => ({
      id: uuidv7(),
      agencyCode: 'VUGD',
      layer: 'road',
      class: 'A',
      minZoom: 5,
      generated: true,
      line: coordinates,
    });
    it.each([
      ['a ring that does not close', 'territories', territory([[...square.slice(0, 3), [24, 57]]])],
      ['a boundary outside the world', 'territories', territory([square.map(([lon, lat]) => [lon! * 10, lat])])],
      [
        'a line outside the world',
        'map-lines',
        line([
          [24, 56],
          [24, 95],
        ]),
      ],
      [
        'a line to the pole, where the map’s projection has no place',
        'map-lines',
        line([
          [24, 56],
          [24, 90],
        ]),
      ],
    ])('T68 %s is the sender’s mistake, not the database’s', async (_what, kind, row) => {
      const { status, body } = await send<Problem>(kind, ndjson(row));
      expect([status, body.code]).toEqual([422, 'rows_malformed']);
      expect(body.errors![0]!.at).toMatch(/^line 1: /);
      expect(hub.database.awaySince).toBeUndefined();
    });

    it('T68 a boundary and a line inside the world are taken', async () => {
      expect((await send('territories', ndjson(territory([square])))).status).toBe(200);
      expect(
        (
          await send(
            'map-lines',
            ndjson(
              line([
                [-179.9, -85],
                [180, 85],
              ]),
            ),
          )
        ).status,
      ).toBe(200);
    });
  });

  describe('a device', () => {
    it('T70 shows its token once, and keeps a hash of it alone', async () => {
      const id = uuidv7();
      const row = { id, agencyCode: 'VUGD', kind: 'tablet', name: 'Tablet', reportIntervalS: 5 };
      const created = await hub.api.call<{ id: string; token: string }>('POST', '/api/v1/devices', row, vugdAdmin);
      expect(created.status).toBe(201);
      const { token } = created.body;
      expect(Buffer.from(token, 'base64url').length).toBe(32);

      const repeated = await hub.api.call<Problem>('POST', '/api/v1/devices', row, vugdAdmin);
      expect([repeated.status, repeated.body.code]).toEqual([409, 'already_exists']);
      expect(JSON.stringify(repeated.body)).not.toContain(token);
      const listed = await hub.api.call('GET', '/api/v1/devices', undefined, vugdAdmin);
      expect(JSON.stringify(listed.body)).toContain(id);
      expect(JSON.stringify(listed.body)).not.toContain(token);
      expect(JSON.stringify(listed.body)).not.toContain(deviceTokenSha256(token));

      await eventually('the event is on the feed', async () => (await eventsOf([id])) > 0);
      // every table, every column, as text
      const { rows: tables } = await hub.database.query<{ name: string }>(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
      );
      for (const { name } of tables) {
        const { rows } = await hub.database.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM ${name} AS t WHERE position($1 in t::text) > 0`,
          [token],
        );
        expect(rows[0]!.n, name).toBe(0);
      }
      const { rows } = await hub.database.query<{ hash: string }>(
        "SELECT encode(token_sha256, 'hex') AS hash FROM device WHERE id = $1",
        [id],
      );
      expect(rows[0]!.hash).toBe(deviceTokenSha256(token));
    });

    it('T70 does not take a token from its sender', async () => {
      const given = 'f'.repeat(64);
      const id = uuidv7();
      const row = { id, agencyCode: 'VUGD', kind: 'tablet', name: 'Tablet', tokenSha256: given };
      const { token } = await hub.api.ok<{ token: string }>('POST', '/api/v1/devices', row, vugdAdmin);
      const { rows } = await hub.database.query<{ hash: string }>(
        "SELECT encode(token_sha256, 'hex') AS hash FROM device WHERE id = $1",
        [id],
      );
      expect(rows[0]!.hash).toBe(deviceTokenSha256(token));
    });
  });

  describe('the API’s edges', () => {
    it.each([
      ['an unknown path', 'GET', '/api/v1/nothing', undefined, 404, 'not_found'],
      ['an unknown path outside the API', 'GET', '/nothing/here', undefined, 404, 'not_found'],
      ['a method that is not there', 'PUT', '/api/v1/veks', '{}', 404, 'not_found'],
      ['JSON that ends too early', 'POST', '/api/v1/stations', '{"id":', 400, 'request_malformed'],
      ['JSON that is no object', 'POST', '/api/v1/stations', '7', 400, 'request_malformed'],
      ['no body', 'POST', '/api/v1/stations', undefined, 400, 'request_malformed'],
      ['an id that is none', 'GET', '/api/v1/units/7', undefined, 400, 'request_malformed'],
      ['an escape that is none', 'GET', '/api/v1/units/%zz', undefined, 400, 'request_malformed'],
      ['a number that is nothing', 'GET', '/api/v1/nearest?lon=&lat=0', undefined, 400, 'request_malformed'],
      ['a number in hexadecimal', 'GET', '/api/v1/feed?limit=0x10', undefined, 400, 'request_malformed'],
      ['a text with a NUL', 'GET', '/api/v1/audit?actor=%00', undefined, 400, 'request_malformed'],
      ['a query that is out of range', 'GET', '/api/v1/nearest?lon=200&lat=0', undefined, 400, 'request_malformed'],
      ['a box of nothing', 'GET', '/api/v1/live?box=,,,', undefined, 400, 'request_malformed'],
      [
        'a box with its south above its north',
        'GET',
        '/api/v1/live?box=24,57,25,56',
        undefined,
        400,
        'request_malformed',
      ],
    ])('T71 %s is answered with a problem that has a code', async (_what, method, path, body, status, code) => {
      const roles = ['admin', 'dispatcher'];
      const response = await fetch(`${hub.api.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await hub.api.token('IEMIC', ...roles)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
      });
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      const problem = (await response.json()) as Problem;
      expect([response.status, problem.status, problem.code]).toEqual([status, status, code]);
      expect(problem.type).toBe(`urn:vanags:problem:${code}`);
      expect(problem.title).not.toBe('');
      expect(problem.detail).not.toBe('');
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'x'])(
      'T71 a body of the content-type %s is refused, and the log holds nothing of it',
      async (type) => {
        const headers = { authorization: `Bearer ${await hub.api.token('VUGD', 'dispatcher')}`, 'content-type': type };
        const body = JSON.stringify({ id: uuidv7(), channel: 'voice' });
        const response = await fetch(`${hub.api.url}/api/v1/veks`, { method: 'POST', headers, body });
        const { code } = (await response.json()) as Problem;
        expect([response.status, code, hub.errors]).toEqual([415, 'media_type_unsupported', []]);
      },
    );

    it('T71 without a token an unknown row is not told from a known one', async () => {
      const { status, body } = await hub.api.call<Problem>('GET', `/api/v1/units/${uuidv7()}`);
      expect([status, body.code, body.type]).toEqual([401, 'token_missing', 'urn:vanags:problem:token_missing']);
    });

    it('T72 a body over 32 MiB is refused before it is read, and the tracker goes on', async () => {
      const declared = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
        const request = httpRequest(
          `${hub.api.url}/api/v1/import/stations`,
          {
            method: 'POST',
            headers: { authorization: `Bearer ${operator}`, 'content-length': String(MAX_BODY_BYTES + 1) },
          },
          (answer) => {
            let text = '';
            answer.on('data', (chunk: Buffer) => {
              text += chunk.toString();
            });
            answer.on('end', () => resolve({ status: answer.statusCode, text }));
          },
        );
        request.on('error', reject);
        request.write('x'.repeat(1000)); // and no more of it
      });
      expect(declared.status).toBe(413);
      expect((JSON.parse(declared.text) as Problem).code).toBe('body_too_large');
      expect((await hub.api.call('GET', '/healthz')).status).toBe(200);
    });

    it('T72 a body that grows over 32 MiB without having said so is cut off there', async () => {
      const heard = await raw([
        'POST /api/v1/import/stations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
        ...Array.from({ length: 34 }, () => `100000\r\n${'x'.repeat(1024 * 1024)}\r\n`),
      ]);
      expect(heard).toMatch(/^(HTTP\/1\.1 413|HTTP\/1\.1 400|$)/); // refused, or the connection simply closed
      expect((await hub.api.call('GET', '/healthz')).status).toBe(200);
    });

    it('T72 a body of nearly 32 MiB is read', async () => {
      const { status, body } = await send<Problem>('stations', `"${'x'.repeat(MAX_BODY_BYTES - 100)}"`);
      expect([status, body.code]).toEqual([422, 'rows_malformed']);
    });

    it('T73 HEAD answers as GET does, without a body and without a false length', async () => {
      const response = await fetch(`${hub.api.url}/healthz`, { method: 'HEAD' });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.text()).toBe('');
      const length = response.headers.get('content-length');
      const full = (await (await fetch(`${hub.api.url}/healthz`)).text()).length;
      expect([null, String(full)]).toContain(length);
    });

    /** Says bytes to the port and returns the first that is answered, or '' when the connection closes first. */
    function raw(parts: readonly string[]): Promise<string> {
      return new Promise((resolve) => {
        const socket = connect(hub.tracker.port, '127.0.0.1');
        const limit = setTimeout(() => socket.destroy(), ANSWERED_WITHIN_MS);
        let heard = '';
        socket.on('data', (chunk) => {
          heard += chunk.toString();
          if (/^HTTP[\s\S]*\r\n\r\n/.test(heard)) socket.destroy();
        });
        socket.on('error', () => {});
        socket.on('close', () => {
          clearTimeout(limit);
          resolve(heard);
        });
        for (const part of parts) socket.write(part, 'latin1');
      });
    }

    it.each([
      ['a Host with blanks', 'GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n', /^HTTP\/1\.1 400/],
      ['a Host with a name and password', 'GET /healthz HTTP/1.1\r\nHost: user:pass@x\r\n\r\n', /^HTTP\/1\.1 400/],
      ['a Host that is a path', 'GET /healthz HTTP/1.1\r\nHost: /\r\n\r\n', /^HTTP\/1\.1 (400|404)/],
      ['a Host that would change the path', 'GET /healthz HTTP/1.1\r\nHost: x/api/v1/me?\r\n\r\n', /^HTTP\/1\.1 400/],
      ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', /^(HTTP\/1\.1 400|$)/],
      ['two Hosts', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', /^HTTP\/1\.1 400/],
      ['TRACE, which the web’s Request cannot be', 'TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 4\d\d/],
      ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', /^(HTTP\/1\.1 [45]\d\d|$)/],
      ['a method nobody knows', 'DANCE /healthz HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 4\d\d/],
      [
        'a header outside ASCII',
        'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Crew: \xc4\x81\r\n\r\n',
        /^HTTP\/1\.1 (200|400)/,
      ],
      ['a header with a NUL', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Crew: a\0b\r\n\r\n', /^(HTTP\/1\.1 (200|400)|$)/],
      [
        'a header whose name is none',
        'GET /healthz HTTP/1.1\r\nHost: x\r\nX Crew: a\r\n\r\n',
        /^(HTTP\/1\.1 (200|400)|$)/,
      ],
      ['a path outside ASCII', 'GET /\xc4\x81 HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 4\d\d/],
      ['a path that climbs out', 'GET /../package.json HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 404/],
      ['a path that climbs out, escaped', 'GET /%2e%2e/package.json HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 404/],
    ])('T74 %s is answered, and the tracker goes on', async (_what, bytes, expected) => {
      expect(await raw([bytes])).toMatch(expected);
      expect((await hub.api.call('GET', '/healthz')).status).toBe(200);
    });
  });

  describe('the description', () => {
    interface Schema {
      readonly $ref?: string;
    }
    interface Described {
      readonly operationId: string;
      readonly description: string;
      readonly security?: readonly object[];
      readonly requestBody?: { readonly required?: boolean; readonly content: Record<string, { schema?: Schema }> };
      readonly responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
      readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: Schema }[];
    }
    interface OpenApi {
      readonly openapi: string;
      readonly info: { readonly title: string; readonly version: string };
      readonly paths: Record<string, Record<string, Described>>;
      readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: object };
    }
    const described = async () => {
      const document = await hub.api.ok<OpenApi>('GET', '/api/v1/openapi.json');
      const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
      );
      return { document, operations };
    };

    it('T75 lists every operation of the matrix but the sockets, once, and no other', async () => {
      const { document, operations } = await described();
      expect(document.openapi).toBe('3.1.0');
      expect(document.info.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(operations.map((operation) => operation.operationId).sort()).toEqual(
        Object.keys(MATRIX)
          .filter((operation) => !['openConsole', 'openFeed'].includes(operation))
          .sort(),
      );
    });

    it('T75 says of each who may do it, and whether a token is needed', async () => {
      for (const { operationId, security, description } of (await described()).operations) {
        const { roles, scope } = MATRIX[operationId as keyof typeof MATRIX];
        if (scope === 'public') expect(security, operationId).toBeUndefined();
        else expect(security, operationId).toEqual([{ bearer: [] }]);
        for (const role of roles) expect(description, operationId).toContain(role);
      }
    });

    it('T75 has a schema for every body that is sent, and each reference leads somewhere', async () => {
      const { document, operations } = await described();
      const withBody = ['post', 'patch', 'put'];
      const saysAllInItsPath = ['acknowledgeAlarm', 'acknowledgeAttention', 'confirmProposal'];
      for (const { operationId, method, path, requestBody, parameters } of operations) {
        // what foreign clients send is described where their protocols are, in PROTOCOL.md
        if (withBody.includes(method) && !path.startsWith('/ingest/') && !saysAllInItsPath.includes(operationId))
          expect(requestBody, operationId).toBeDefined();
        for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
          expect(type, operationId).toMatch(/^(application\/(json|x-ndjson)|text\/csv)$/);
          expect(Object.keys(schema ?? {}), operationId).not.toEqual([]);
        }
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
        const declared = (parameters ?? []).filter((parameter) => parameter.in === 'path');
        expect(declared.map((parameter) => parameter.name).sort(), operationId).toEqual(inPath.sort());
      }
      const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
      expect(references.length).toBeGreaterThan(20);
      for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name);
    });

    it('T75 names the problem that every operation may answer with', async () => {
      for (const { operationId, responses } of (await described()).operations)
        expect(responses.default?.content?.['application/problem+json']?.schema, operationId).toEqual({
          $ref: '#/components/schemas/Problem',
        });
    });
  });
});
