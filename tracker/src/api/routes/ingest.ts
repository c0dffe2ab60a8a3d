/** Devices that speak other people's protocols, how they are known, and how they join a unit. */
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { z } from '@hono/zod-openapi';
import {
  type Adapter,
  type AdapterRequest,
  geoPos,
  gpslogger,
  MAX_MESSAGES,
  MAX_REQUEST_BYTES,
  type Message,
  NAME_UNITS,
  type NotStoredCode,
  osmand,
  overland,
  owntracks,
} from '../../adapters/index.js';
import type { Core } from '../../core.js';
import { parseNetwork } from '../../ip-network.js';
import type { Operation } from '../../rights/matrix.js';
import { text } from '../../stored-text.js';
import type { CrewDevice } from '../../units/directory.js';
import { type ApiContext, type Caller, json, type Operations } from '../operation.js';
import { ApiError, problem } from '../problem.js';

/** Where each protocol is served, and by which methods. */
const WAYS: readonly {
  readonly operation: Operation;
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly adapter: Adapter;
  readonly description: string;
}[] = [
  {
    operation: 'ingestOsmandQuery',
    method: 'get',
    path: '/ingest/osmand',
    adapter: osmand,
    description: 'OsmAnd protocol, in the query; speed in knots.',
  },
  {
    operation: 'ingestOsmand',
    method: 'post',
    path: '/ingest/osmand',
    adapter: osmand,
    description: 'OsmAnd protocol: a form, the Traccar Client’s JSON, or what a Traccar server forwards.',
  },
  {
    operation: 'ingestGpsloggerQuery',
    method: 'get',
    path: '/ingest/gpslogger',
    adapter: gpslogger,
    description: 'GPSLogger, the OsmAnd app and others with a URL template; speed in m/s.',
  },
  {
    operation: 'ingestGpslogger',
    method: 'post',
    path: '/ingest/gpslogger',
    adapter: gpslogger,
    description: 'The same as a form.',
  },
  {
    operation: 'ingestOwntracks',
    method: 'post',
    path: '/ingest/owntracks',
    adapter: owntracks,
    description: 'OwnTracks in HTTP mode.',
  },
  {
    operation: 'ingestOverland',
    method: 'post',
    path: '/ingest/overland',
    adapter: overland,
    description: 'Overland: batches of GeoJSON features.',
  },
];

/** Names that a client reads in an answer it otherwise does not look at. */
const VERDICT_HEADER = 'vanags-verdict';
const MAX_HEADER_VERDICTS = 50;
const RETRY_AFTER_S = 5;
const NOT_STORED: Readonly<Record<NotStoredCode, { status: 429 | 503; detail: string }>> = {
  database_unavailable: { status: 503, detail: 'shown live, not stored: send it again' },
  intake_busy: { status: 503, detail: 'too much waits to be stored: send it again' },
  too_many_requests: { status: 429, detail: 'more requests than one device may send: send it again, more slowly' },
};

/** Ours have 43; shorter names are worth reading in what is kept of a message. */
const LEAST_TOKEN_UNITS = 32;

/** Seconds. */
const CODE_VALID_S = { least: 60, usual: 900, most: 3600 };

/** What a handler of an adapter does, on whichever port: decode, say whose it is, store, answer as the client wants it. */
export function adapterHandler({ adapters }: Core, adapter: Adapter): (c: ApiContext) => Promise<Response> {
  return async (c) => {
    const request = await adapterRequest(c);
    const decoded = adapter.decode(request);
    if (decoded.kind === 'too_many') throw tooMany(decoded.count);
    const sender = adapters.identities.find(credentials(c), decoded.names, c.env.remoteAddress);
    if (sender === undefined) {
      c.header('www-authenticate', 'Basic realm="vanags", charset="UTF-8"');
      return problem(c, 401, 'device_unknown', 'no device has this token or name, or it was revoked');
    }
    const secrets = [...credentials(c), ...decoded.names.filter((name) => name.length >= LEAST_TOKEN_UNITS)];
    const messages = decoded.messages.map((message) => withoutSecrets(message, secrets));
    const { protocol } = adapter;
    const taken = await adapters.intake.take({ ...sender, protocol }, messages, request.receivedAt);
    return taken.kind === 'stored' ? answer(c, adapter, taken.verdicts) : notStored(c, taken.code);
  };
}

async function adapterRequest(c: ApiContext): Promise<AdapterRequest> {
  return {
    query: new URL(c.req.url).search.slice(1),
    contentType: (c.req.header('content-type') ?? '').toLowerCase(),
    header: (name) => c.req.header(name),
    body: c.req.method === 'GET' ? '' : await bodyText(c),
    receivedAt: Date.now(),
  };
}

type Unpack = (packed: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>;
const UNPACK: Readonly<Record<string, Unpack>> = {
  gzip: promisify<Uint8Array, object, Uint8Array>(gunzip),
  deflate: promisify<Uint8Array, object, Uint8Array>(inflate),
};

/**
 * The body, unpacked where it says that it is packed; what cannot be unpacked stays as it came, for the decoder to reject.
 * @throws ApiError 413 `body_too_large`; 415 `encoding_unsupported`
 */
async function bodyText(c: ApiContext): Promise<string> {
  const coding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (coding === 'identity') return c.req.text();
  const unpack = UNPACK[coding];
  if (unpack === undefined)
    throw new ApiError(415, 'encoding_unsupported', `content-encoding: ${Object.keys(UNPACK).join(' or ')}`);
  const packed = new Uint8Array(await c.req.arrayBuffer());
  try {
    return Buffer.from(await unpack(packed, { maxOutputLength: MAX_REQUEST_BYTES })).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new ApiError(413, 'body_too_large', `at most ${MAX_REQUEST_BYTES} bytes, unpacked`);
    return Buffer.from(packed).toString();
  }
}

/** What may be a device's token: the bearer's, the password of a basic login, the query's where a client has no other field. */
function credentials(c: ApiContext): string[] {
  const [scheme = '', value = ''] = (c.req.header('authorization') ?? '').split(/ +/);
  const found = [c.req.query('token')];
  if (scheme.toLowerCase() === 'bearer') found.unshift(value);
  if (scheme.toLowerCase() === 'basic') {
    const login = Buffer.from(value, 'base64').toString();
    found.unshift(login.slice(login.indexOf(':') + 1));
  }
  return found.filter((text) => text !== undefined && text !== '') as string[];
}

/** What is kept of a message that nobody could read holds no token. */
function withoutSecrets(message: Message, secrets: readonly string[]): Message {
  if (message.position.kind !== 'rejected') return message;
  const raw = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), message.position.raw);
  return { ...message, position: { ...message.position, raw } };
}

function tooMany(count: number): ApiError {
  return new ApiError(413, 'too_many_messages', `${count} messages at once; at most ${MAX_MESSAGES}`);
}

function notStored(c: ApiContext, code: NotStoredCode): Response {
  const { status, detail } = NOT_STORED[code];
  c.header('retry-after', String(RETRY_AFTER_S));
  return problem(c, status, code, detail);
}

function answer(c: ApiContext, adapter: Adapter, verdicts: readonly string[]): Response {
  const { contentType, body } = adapter.answer(verdicts);
  return c.body(body, 200, {
    'content-type': contentType,
    [VERDICT_HEADER]: verdicts.slice(0, MAX_HEADER_VERDICTS).join(', '),
  });
}

const Alias = text(NAME_UNITS).min(1);
const Network = z
  .string()
  .refine((text) => parseNetwork(text) !== undefined, 'not an address or a network (10.0.0.0/8)');
const IdParam = z.object({ id: z.uuid() });

export function ingestRoutes(operations: Operations, core: Core): void {
  const { adapters, directory } = core;
  const { identities, intake, joining } = adapters;

  for (const { operation, method, path, adapter, description } of WAYS) {
    const handle = adapterHandler(core, adapter);
    operations.add(
      operation,
      {
        method,
        path,
        description: `${description} Asks for a device’s own token: Authorization (Bearer, or the password of Basic), else ?token=, else its name.`,
        responses: {
          200: { description: 'Committed. The header vanags-verdict holds what became of each message' },
          401: { description: 'No device has this token or name' },
          503: { description: 'Not stored: send it again' },
        },
      },
      (c) => handle(c as ApiContext),
    );
  }

  operations.add(
    'ingestGeoPositions',
    {
      method: 'post',
      path: '/ingest/geopos',
      description:
        'GEO-POS of the SAMU hub, from another system: positions and states of resources, each known by its resourceId as an alias of a device.',
      responses: {
        200: json(z.object({ verdicts: z.array(z.string()) }), 'Committed; a verdict for each position'),
        503: { description: 'Not stored: send it again' },
      },
    },
    async (c) => {
      const reached = new Set(c.get('caller').agencies());
      const request = await adapterRequest(c as ApiContext);
      const decoded = geoPos.decode(request);
      if (decoded.kind === 'too_many') throw tooMany(decoded.count);
      const verdicts = decoded.messages.map(({ position, name }): string =>
        name === undefined && position.kind === 'rejected' ? position.code : 'device_unknown',
      );
      const byDevice = new Map<CrewDevice, number[]>();
      decoded.messages.forEach(({ name }, i) => {
        const device = name === undefined ? undefined : identities.byName(name);
        if (device === undefined || !reached.has(device.agencyId)) return;
        byDevice.set(device, [...(byDevice.get(device) ?? []), i]);
      });
      const taken = await Promise.all(
        [...byDevice].map(([device, indexes]) => {
          const messages = indexes.map((i) => decoded.messages[i]!);
          return intake.take({ device, trusted: true, protocol: 'geo_pos' }, messages, request.receivedAt);
        }),
      );
      // all of it is sent again if any of it is missing: what is stored is known then
      for (const one of taken) if (one.kind === 'not_stored') return notStored(c as ApiContext, one.code);
      [...byDevice.values()].forEach((indexes, nth) => {
        const one = taken[nth]!;
        if (one.kind === 'stored') for (const [at, i] of indexes.entries()) verdicts[i] = one.verdicts[at]!;
      });
      return c.json({ verdicts }, 200);
    },
  );

  const deviceFor = (caller: Caller, id: string): CrewDevice => {
    const device = directory.devices.get(id);
    if (device === undefined) throw new ApiError(404, 'not_found', `no device ${id}`);
    caller.mustReach(device.agencyId);
    return device;
  };

  operations.add(
    'addDeviceAlias',
    {
      method: 'put',
      path: '/api/v1/devices/{id}/aliases/{alias}',
      description:
        'Gives the device a public name that its client sends in clear. From the networks given it is believed; from elsewhere the device is an untrusted source.',
      request: {
        params: IdParam.extend({ alias: Alias }),
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z.object({ networks: z.array(Network).max(50).default([]) }).openapi('DeviceAlias'),
            },
          },
        },
      },
      responses: { 204: { description: 'It has the name' }, 409: { description: 'Another device has it' } },
    },
    async (c) => {
      const { id, alias } = c.req.valid('param');
      const caller = c.get('caller');
      await identities.addAlias(
        caller.changes,
        deviceFor(caller, id),
        alias,
        c.req.valid('json').networks,
        caller.auditEntry,
      );
      return c.body(null, 204);
    },
  );

  operations.add(
    'removeDeviceAlias',
    {
      method: 'delete',
      path: '/api/v1/devices/{id}/aliases/{alias}',
      request: { params: IdParam.extend({ alias: Alias }) },
      responses: { 204: { description: 'It has the name no longer' }, 404: { description: 'It never had' } },
    },
    async (c) => {
      const { id, alias } = c.req.valid('param');
      const caller = c.get('caller');
      if (!(await identities.removeAlias(caller.changes, deviceFor(caller, id), alias, caller.auditEntry)))
        throw new ApiError(404, 'not_found', `device ${id} has no such name`);
      return c.body(null, 204);
    },
  );

  operations.add(
    'getDeviceReport',
    {
      method: 'get',
      path: '/api/v1/devices/{id}/report',
      description:
        'What a device last told through an adapter of this node, since its start: also whether it is trusted.',
      request: { params: IdParam },
      responses: {
        200: json(
          z
            .object({
              protocol: z.string(),
              trusted: z.boolean(),
              receivedAt: z.number(),
              lastFixTime: z.number().nullable(),
              battery: z.object({ percent: z.number().nullable(), charging: z.boolean().nullable() }).nullable(),
              verdicts: z.record(z.string(), z.number().int()),
            })
            .openapi('DeviceReport'),
          'The report',
        ),
        404: { description: 'No such device, or it has not reported here' },
      },
    },
    (c) => {
      const { id } = c.req.valid('param');
      deviceFor(c.get('caller'), id);
      const report = intake.reportOf(id);
      if (report === undefined)
        throw new ApiError(404, 'no_report', `device ${id} has not reported through an adapter`);
      return c.json({ ...report }, 200);
    },
  );

  operations.add(
    'createJoinCode',
    {
      method: 'post',
      path: '/api/v1/units/{id}/join-codes',
      description: 'A code with which one device joins the unit: good once, for some minutes, and shown this once.',
      request: {
        params: IdParam,
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  deviceKind: z.enum(['vehicle', 'tablet', 'phone', 'radio', 'tracker']).default('phone'),
                  deviceName: Alias.default('joined by code'),
                  priority: z.number().int().min(0).max(1000).default(50),
                  validS: z.number().int().min(CODE_VALID_S.least).max(CODE_VALID_S.most).default(CODE_VALID_S.usual),
                })
                .openapi('NewJoinCode'),
            },
          },
        },
      },
      responses: { 201: json(z.object({ code: z.string(), expiresAt: z.number() }), 'The code') },
    },
    async (c) => {
      const unit = directory.units.get(c.req.valid('param').id);
      if (unit === undefined || unit.retired) throw new ApiError(404, 'not_found', 'no such unit');
      const caller = c.get('caller');
      caller.mustReach(unit.agencyId);
      return c.json(await joining.createCode(caller.changes, unit, c.req.valid('json'), caller.auditEntry), 201);
    },
  );

  operations.add(
    'joinUnit',
    {
      method: 'post',
      path: '/ingest/join',
      description:
        'Uses a join code. A device that comes with its token (Authorization) is the unit’s from now on; without one a device is made, and its token shown this once.',
      request: {
        body: {
          required: true,
          content: {
            'application/json': { schema: z.object({ code: z.string().min(1).max(40) }).openapi('JoinUnit') },
          },
        },
      },
      responses: {
        200: json(
          z.object({
            deviceId: z.uuid(),
            token: z.string().nullable(),
            unit: z.object({ id: z.uuid(), callsign: z.string() }),
            paths: z.record(z.string(), z.string()).openapi({ description: 'Where each protocol is served' }),
          }),
          'Joined',
        ),
        404: { description: 'The code is not good' },
        429: { description: 'Too many tries' },
      },
    },
    async (c) => {
      const device = identities.find(credentials(c as ApiContext), [], c.env.remoteAddress)?.device;
      const joined = await joining.join(c.req.valid('json').code, device, c.env.remoteAddress);
      const { id, callsign } = directory.units.get(joined.unitId)!;
      return c.json(
        {
          deviceId: joined.deviceId,
          token: joined.token ?? null,
          unit: { id, callsign },
          paths: Object.fromEntries(WAYS.map(({ adapter, path }) => [adapter.protocol, path])),
        },
        200,
      );
    },
  );
}
