/** Registering and reading what does not change by the minute: agencies, grants, stations, vehicles, units, devices, shifts, territories, shelters. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import type { Operation } from '../../rights/matrix.js';
import { deviceTokenSha256, newDeviceToken } from '../../rights/tokens.js';
import { ReferenceUnknown, registerRows } from '../../units/register.js';
import { REGISTRY, REGISTRY_KINDS, type RegistryKind, registrySql as sql } from '../../units/registry.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError, type ProblemDetail } from '../problem.js';

const MAX_IMPORT_ROWS = 5000;
/** A round of all vehicles takes weeks; a token that is changed because it leaked is changed with 0. */
const MAX_OVERLAP_S = 90 * 86_400;
const DEFAULT_OVERLAP_S = 7 * 86_400;
const MAX_NAMED_ERRORS = 50;

const SINGLE: readonly { operation: Operation; kind: RegistryKind }[] = [
  { operation: 'createAgency', kind: 'agencies' },
  { operation: 'createGrant', kind: 'grants' },
  { operation: 'createStation', kind: 'stations' },
  { operation: 'createVehicle', kind: 'vehicles' },
  { operation: 'createUnit', kind: 'units' },
  { operation: 'createCrewShift', kind: 'crew-shifts' },
];

const Added = z.object({ added: z.number().int() });

export function registryRoutes(operations: Operations, core: Core): void {
  const { directory, database } = core;

  async function register(
    caller: Caller,
    kind: RegistryKind,
    rows: readonly { id: string; agencyCode?: string }[],
    lines?: readonly number[],
  ): Promise<number> {
    const rowName = (i: number) => (lines === undefined ? 'body' : lineName(lines[i]!));
    if (kind === 'agencies') caller.mustBeOperator();
    rows.forEach((row, i) => {
      if (kind === 'agencies') return;
      const agency = row.agencyCode === undefined ? undefined : directory.agenciesByCode.get(row.agencyCode);
      if (agency === undefined) {
        throw new ApiError(422, 'reference_unknown', `no agency ${row.agencyCode}`, {
          errors: [{ at: rowName(i), message: `no agency ${row.agencyCode}` }],
        });
      }
      caller.mustReach(agency.id);
    });
    try {
      return await registerRows(caller.changes, directory, kind, rows, caller.auditEntry);
    } catch (error) {
      if (error instanceof ReferenceUnknown) {
        throw new ApiError(422, 'reference_unknown', error.message, {
          errors: error.rows.slice(0, MAX_NAMED_ERRORS).map((i) => ({ at: rowName(i), message: error.message })),
        });
      }
      const { code, detail } = error as { code?: string; detail?: string };
      if (code === '23505') throw new ApiError(409, 'already_exists', detail ?? 'a row with this name exists already');
      if (code === '23514' || code === '23503' || code === 'XX000')
        throw new ApiError(422, 'reference_unknown', (error as Error).message);
      throw error;
    }
  }

  for (const { operation, kind } of SINGLE) {
    operations.add(
      operation,
      {
        method: 'post',
        path: `/api/v1/${kind}`,
        request: {
          body: {
            required: true,
            content: { 'application/json': { schema: REGISTRY[kind].row.openapi(`New_${kind}`) } },
          },
        },
        responses: { 200: json(Added, 'It was there already: nothing changed'), 201: json(Added, 'Added') },
      },
      async (c) => {
        const added = await register(c.get('caller'), kind, [
          c.req.valid('json') as { id: string; agencyCode?: string },
        ]);
        return c.json({ added }, added > 0 ? 201 : 200);
      },
    );
  }

  const { tokenSha256: _given, ...deviceFields } = REGISTRY.devices.row.shape;
  operations.add(
    'createDevice',
    {
      method: 'post',
      path: '/api/v1/devices',
      description: 'Adds a device and answers with its token, this once: only a hash of it is kept.',
      request: {
        body: {
          required: true,
          content: { 'application/json': { schema: z.object(deviceFields).openapi('New_device') } },
        },
      },
      responses: {
        201: json(z.object({ id: z.uuid(), token: z.string() }), 'Added'),
        409: { description: 'The id is taken' },
      },
    },
    async (c) => {
      const token = newDeviceToken();
      const row = { ...c.req.valid('json'), tokenSha256: deviceTokenSha256(token) };
      if ((await register(c.get('caller'), 'devices', [row])) === 0)
        throw new ApiError(409, 'already_exists', `device ${row.id} exists; its token cannot be shown again`);
      return c.json({ id: row.id, token }, 201);
    },
  );

  operations.add(
    'bindDevice',
    {
      method: 'post',
      path: '/api/v1/device-bindings',
      description: 'Gives a device to a unit from now on; an earlier binding of the device ends.',
      request: {
        body: {
          required: true,
          content: { 'application/json': { schema: REGISTRY['device-bindings'].row.openapi('New_binding') } },
        },
      },
      responses: { 200: json(Added, 'It was there already'), 201: json(Added, 'Bound') },
    },
    async (c) => {
      const added = await register(c.get('caller'), 'device-bindings', [c.req.valid('json')]);
      return c.json({ added }, added > 0 ? 201 : 200);
    },
  );

  operations.add(
    'importRows',
    {
      method: 'post',
      path: '/api/v1/import/{kind}',
      description: `Adds up to ${MAX_IMPORT_ROWS} rows, one JSON object a line (NDJSON): all or none. Rows whose id is known are left as they are.`,
      request: {
        params: z.object({ kind: z.enum(REGISTRY_KINDS as [RegistryKind, ...RegistryKind[]]) }),
        body: { required: true, content: { 'application/x-ndjson': { schema: z.string() } } },
      },
      responses: {
        200: json(Added.extend({ rows: z.number().int() }), 'Done'),
        422: { description: 'Some lines are wrong; each is named, nothing was added' },
      },
    },
    async (c) => {
      const { kind } = c.req.valid('param');
      const { rows, lines } = readRows(kind, await c.req.text());
      const caller = c.get('caller');
      if (rows.length === 0) caller.asked = true;
      const added = rows.length === 0 ? 0 : await register(caller, kind, rows, lines);
      return c.json({ rows: rows.length, added }, 200);
    },
  );

  operations.add(
    'getAgencies',
    {
      method: 'get',
      path: '/api/v1/agencies',
      responses: {
        200: json(
          z.object({
            agencies: z.array(
              z.object({ id: z.uuid(), code: z.string(), kind: z.string(), nameLv: z.string(), nameEn: z.string() }),
            ),
          }),
          'All agencies',
        ),
      },
    },
    (c) =>
      c.json(
        {
          agencies: [...directory.agenciesById.values()].map(({ id, code, kind, nameLv, nameEn }) => ({
            id,
            code,
            kind,
            nameLv,
            nameEn,
          })),
        },
        200,
      ),
  );

  operations.add(
    'getGrants',
    {
      method: 'get',
      path: '/api/v1/grants',
      description: 'Grants that the agency gives or gets, in force or to come.',
      responses: {
        200: json(
          z.object({
            grants: z.array(
              z.object({
                id: z.uuid(),
                agencyId: z.uuid(),
                granteeId: z.uuid(),
                tier: z.string(),
                purpose: z.string(),
                validFrom: z.number(),
                validTo: z.number().nullable(),
              }),
            ),
          }),
          'Grants',
        ),
      },
    },
    (c) => {
      const own = c.get('caller').agencies();
      return c.json(
        { grants: directory.grants.filter((grant) => own.includes(grant.agencyId) || own.includes(grant.granteeId)) },
        200,
      );
    },
  );

  operations.add(
    'revokeGrant',
    {
      method: 'delete',
      path: '/api/v1/grants/{id}',
      description: 'Ends a grant at once, also in pictures that are being sent.',
      request: { params: z.object({ id: z.uuid() }) },
      responses: { 204: { description: 'It is no longer in force' }, 404: { description: 'No such grant' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const grant = (await database.query<{ agency_id: string; grantee_id: string }>(sql.grant, [id])).rows[0];
      if (grant === undefined) throw new ApiError(404, 'not_found', `no grant ${id}`);
      caller.mustReach(grant.agency_id);
      await caller.changes.change([id], async (tx, records) => {
        const revoked = (await tx.query<{ version: number }>(sql.revoke_grant, [id])).rows[0];
        if (revoked === undefined) return;
        records.event({
          type: 'lv.vanags.grant.revoked.v1',
          agencyId: grant.agency_id,
          concerned: [grant.grantee_id],
          aggregate: { kind: 'grant', id, version: revoked.version },
          data: { grantId: id },
          at: Date.now(),
        });
        records.audit(caller.auditEntry('revoke_grant', { kind: 'grant', id }, {}, grant.agency_id));
      });
      await directory.reloadAgencies();
      return c.body(null, 204);
    },
  );

  operations.add(
    'getStations',
    {
      method: 'get',
      path: '/api/v1/stations',
      responses: {
        200: json(
          z.object({ stations: z.array(z.record(z.string(), z.unknown())) }),
          'Stations of the agencies the caller may see',
        ),
      },
    },
    async (c) => {
      const { rows } = await database.query<{ agency_id: string }>(sql.stations_of, [c.get('caller').agencies()]);
      return c.json({ stations: rows.map(({ agency_id, ...station }) => ({ ...station, agencyId: agency_id })) }, 200);
    },
  );

  operations.add(
    'getDevices',
    {
      method: 'get',
      path: '/api/v1/devices',
      responses: {
        200: json(
          z.object({
            devices: z.array(
              z.object({
                id: z.uuid(),
                agencyId: z.uuid(),
                kind: z.string(),
                name: z.string(),
                reportIntervalS: z.number(),
                revoked: z.boolean(),
                unitId: z.uuid().nullable(),
              }),
            ),
          }),
          'Devices of the own agency',
        ),
      },
    },
    (c) => {
      const own = c.get('caller').agencies();
      const devices = [...directory.devices.values()].filter((device) => own.includes(device.agencyId));
      return c.json(
        {
          devices: devices.map(({ id, agencyId, kind, name, reportIntervalS, revoked, unit }) => ({
            id,
            agencyId,
            kind,
            name,
            reportIntervalS,
            revoked,
            unitId: unit?.id ?? null,
          })),
        },
        200,
      );
    },
  );

  operations.add(
    'rotateDeviceToken',
    {
      method: 'post',
      path: '/api/v1/devices/{id}/token',
      description:
        'Gives a device a new token, shown this once. The old one counts beside it for so many seconds; then it is refused, and what it opened is closed. With 0 that is at once.',
      request: {
        params: z.object({ id: z.uuid() }),
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({ overlapS: z.number().int().min(0).max(MAX_OVERLAP_S).default(DEFAULT_OVERLAP_S) })
                .openapi('TokenRotation'),
            },
          },
        },
      },
      responses: {
        201: json(
          z.object({ token: z.string(), previousUntil: z.number() }),
          'The new token, and until when the old one counts',
        ),
        404: { description: 'No such device, or it was revoked' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const { overlapS } = c.req.valid('json');
      const caller = c.get('caller');
      const device = directory.devices.get(id);
      if (device === undefined) throw new ApiError(404, 'not_found', `no device ${id}`);
      caller.mustReach(device.agencyId);
      const token = newDeviceToken();
      const previousUntil = await caller.changes.change([id], async (tx, records) => {
        const rotated = (
          await tx.query<{ agency_id: string; version: number; previous_until: number }>(sql.rotate_device_token, [
            id,
            deviceTokenSha256(token),
            overlapS,
          ])
        ).rows[0];
        if (rotated === undefined) throw new ApiError(404, 'not_found', `device ${id} was revoked`);
        const { agency_id: agencyId, version, previous_until } = rotated;
        records.event({
          type: 'lv.vanags.device.token_rotated.v1',
          agencyId,
          aggregate: { kind: 'device', id, version },
          data: { deviceId: id, previousUntil: previous_until },
          at: Date.now(),
        });
        records.audit(caller.auditEntry('rotate_device_token', { kind: 'device', id }, { overlapS }, agencyId));
        return previous_until;
      });
      await directory.reloadDevices([id]);
      return c.json({ token, previousUntil }, 201);
    },
  );

  operations.add(
    'revokeDevice',
    {
      method: 'delete',
      path: '/api/v1/devices/{id}',
      description: 'Ends the device’s token at once; an open connection is closed.',
      request: { params: z.object({ id: z.uuid() }) },
      responses: { 204: { description: 'The token is no longer good' }, 404: { description: 'No such device' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const device = directory.devices.get(id);
      if (device === undefined) throw new ApiError(404, 'not_found', `no device ${id}`);
      caller.mustReach(device.agencyId);
      await caller.changes.change([id], async (tx, records) => {
        const revoked = (await tx.query<{ agency_id: string; version: number }>(sql.revoke_device, [id])).rows[0];
        if (revoked === undefined) return;
        records.event({
          type: 'lv.vanags.device.revoked.v1',
          agencyId: revoked.agency_id,
          aggregate: { kind: 'device', id, version: revoked.version },
          data: { deviceId: id },
          at: Date.now(),
        });
        records.audit(caller.auditEntry('revoke_device', { kind: 'device', id }, {}, revoked.agency_id));
      });
      await directory.reloadDevices([id]);
      return c.body(null, 204);
    },
  );
}

function lineName(line: number): string {
  return `line ${line}`;
}

interface ReadRows {
  readonly rows: readonly { readonly id: string; readonly agencyCode?: string }[];
  /** The line each row stands on, from 1. */
  readonly lines: readonly number[];
}

/** Reads NDJSON; empty lines are passed over but counted. @throws ApiError 422 `rows_malformed` with every wrong line, up to a bound */
function readRows(kind: RegistryKind, body: string): ReadRows {
  const { row } = REGISTRY[kind];
  const rows: { id: string }[] = [];
  const lines: number[] = [];
  const lineOf = new Map<string, number>();
  const errors: ProblemDetail[] = [];
  body.split('\n').forEach((text, i) => {
    if (text.trim() === '' || errors.length >= MAX_NAMED_ERRORS) return;
    const line = i + 1;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      errors.push({ at: lineName(line), message: (error as Error).message });
      return;
    }
    const parsed = row.safeParse(value);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues)
        errors.push({ at: [lineName(line), path.join('.')].filter(Boolean).join(': '), message });
      return;
    }
    const earlier = lineOf.get(parsed.data.id);
    if (earlier !== undefined) errors.push({ at: `${lineName(line)}: id`, message: `is that of line ${earlier}` });
    lineOf.set(parsed.data.id, line);
    rows.push(parsed.data);
    lines.push(line);
  });
  if (errors.length > 0)
    throw new ApiError(422, 'rows_malformed', `${errors.length} errors; nothing was added`, { errors });
  if (rows.length > MAX_IMPORT_ROWS)
    throw new ApiError(413, 'body_too_large', `${rows.length} rows; at most ${MAX_IMPORT_ROWS} at once`);
  return { rows, lines };
}
