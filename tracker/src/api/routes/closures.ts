/** Closed and slowed roads: entered by a desk, seen by all of them. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { addClosure, type Closure, closureOwner, removeClosure } from '../../roads/closures.js';
import { text } from '../../stored-text.js';
import { json, type Operations } from '../operation.js';

const MAX_POINTS = 1000;
const MAX_WAYS = 500;
const MAX_REASON_CHARS = 500;

const Position = z
  .tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])
  .openapi({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2, example: [24.1, 56.95] });
const Ring = z
  .array(Position)
  .min(4)
  .max(MAX_POINTS)
  .refine((ring) => String(ring[0]) === String(ring[ring.length - 1]), 'a ring ends where it begins');
const Shape = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('Polygon'), coordinates: z.array(Ring).min(1).max(10) }),
    z.object({ type: z.literal('LineString'), coordinates: z.array(Position).min(2).max(MAX_POINTS) }),
  ])
  .openapi('ClosureShape', { description: 'GeoJSON, WGS84, longitude first' });

const NewClosureSchema = z
  .object({
    id: z.uuid(),
    shape: Shape.nullish().openapi({
      description: 'Every road that a polygon holds or touches, or that a line follows or crosses',
    }),
    wayIds: z
      .array(z.number().int().positive().max(Number.MAX_SAFE_INTEGER))
      .min(1)
      .max(MAX_WAYS)
      .nullish()
      .openapi({ description: 'Instead of a shape: whole ways, by their id in the map of GET /api/v1/network' }),
    speedShare: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .openapi({ description: 'Share of the speed that remains; 0: closed, the default' }),
    direction: z
      .enum(['both', 'forward', 'backward'])
      .default('both')
      .openapi({ description: 'Of the line or the ways: only along them, or only against them' }),
    emergencyPasses: z
      .boolean()
      .default(false)
      .openapi({ description: 'Vehicles with emergency rights drive through' }),
    reason: text(MAX_REASON_CHARS).trim().min(1),
    validFrom: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Now, if not given' }),
    validUntil: z.iso
      .datetime({ offset: true })
      .nullish()
      .openapi({ description: 'Until it is removed, if not given' }),
  })
  .refine(({ shape, wayIds }) => ((shape ?? null) === null) !== ((wayIds ?? null) === null), {
    message: 'give shape or wayIds, one of them',
    path: ['shape'],
  })
  .refine(
    ({ validFrom, validUntil }) =>
      validFrom === undefined || (validUntil ?? null) === null || Date.parse(validFrom) < Date.parse(validUntil!),
    { message: 'is not after validFrom', path: ['validUntil'] },
  )
  .openapi('NewClosure');

const ClosureSchema = z
  .object({
    id: z.uuid(),
    agencyId: z.uuid(),
    shape: Shape.nullable(),
    wayIds: z.array(z.number()).nullable(),
    direction: z.enum(['both', 'forward', 'backward']),
    speedShare: z.number(),
    emergencyPasses: z.boolean(),
    reason: z.string(),
    validFrom: z.number(),
    validUntil: z.number().nullable(),
    createdBy: z.string(),
    createdAt: z.number(),
    version: z.number().int(),
    roads: z
      .object({ type: z.literal('MultiLineString'), coordinates: z.array(z.array(z.array(z.number()))) })
      .nullable()
      .openapi({
        description:
          'The stretches it takes in the network in use; null without one, or where they are too many to draw',
      }),
    inForce: z.boolean().openapi({ description: 'False: its time has not come' }),
  })
  .openapi('Closure');

const Stored = z.object({ id: z.uuid(), version: z.number().int() });

export function closureRoutes(operations: Operations, { closures, database, roads }: Core): void {
  const shown = (closure: Closure, now: number) => {
    const coordinates = roads.stretchesOf(closure);
    const stretches = coordinates === undefined ? null : { type: 'MultiLineString', coordinates };
    return { ...closure, roads: stretches, inForce: closure.validFrom <= now } as z.infer<typeof ClosureSchema>;
  };

  operations.add(
    'getClosures',
    {
      method: 'get',
      path: '/api/v1/closures',
      description:
        'Closures in force and to come, of all agencies: a road is closed to everybody. Events: lv.vanags.closure.added.v1, lv.vanags.closure.removed.v1; one that runs out has none.',
      responses: {
        200: json(z.object({ at: z.number(), closures: z.array(ClosureSchema) }), 'Closures, oldest first'),
      },
    },
    (c) => {
      const now = Date.now();
      return c.json({ at: now, closures: closures.open(now).map((closure) => shown(closure, now)) }, 200);
    },
  );

  operations.add(
    'createClosure',
    {
      method: 'post',
      path: '/api/v1/closures',
      description:
        'Closes or slows roads. The id is made by the sender (UUIDv7), so that a repeated request makes no second closure. Answers honour it at once where it lies on the way found (`closures: checked`), and everywhere within a minute.',
      request: { body: { required: true, content: { 'application/json': { schema: NewClosureSchema } } } },
      responses: {
        200: json(Stored, 'It was there already'),
        201: json(Stored, 'Stored'),
        409: { description: '`id_taken`: the id is another agency’s closure; `too_many_closures`' },
        422: { description: '`closure_over`: it would have ended before now' },
      },
    },
    async (c) => {
      const given = c.req.valid('json');
      const caller = c.get('caller');
      const { agency, subject } = caller.principal;
      caller.mustReach(agency.id);
      const now = Date.now();
      const { repeated, version } = await caller.changes.change([given.id], async (tx, records) => {
        const added = await addClosure(
          tx,
          records,
          {
            id: given.id,
            agencyId: agency.id,
            shape: given.shape ?? null,
            wayIds: given.wayIds ?? null,
            direction: given.direction,
            speedShare: given.speedShare,
            emergencyPasses: given.emergencyPasses,
            reason: given.reason,
            validFrom: given.validFrom === undefined ? now : Date.parse(given.validFrom),
            validUntil: (given.validUntil ?? null) === null ? null : Date.parse(given.validUntil!),
            createdBy: subject,
          },
          now,
        );
        if (!added.repeated)
          records.audit(
            caller.auditEntry('create_closure', { kind: 'closure', id: given.id }, { speedShare: given.speedShare }),
          );
        return added;
      });
      if (!repeated) await closures.reload([given.id]);
      return c.json({ id: given.id, version }, repeated ? 200 : 201);
    },
  );

  operations.add(
    'removeClosure',
    {
      method: 'delete',
      path: '/api/v1/closures/{id}',
      description: 'Opens the road again. Repeated, it changes nothing.',
      request: { params: z.object({ id: z.uuid() }) },
      responses: { 204: { description: 'Removed, now or before' }, 404: { description: '`closure_unknown`' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const agencyId = await closureOwner(database, id);
      caller.mustReach(agencyId);
      const { subject } = caller.principal;
      await caller.changes.change([id], async (tx, records) => {
        if (await removeClosure(tx, records, { id, agencyId, by: subject }, Date.now()))
          records.audit(caller.auditEntry('remove_closure', { kind: 'closure', id }, {}, agencyId));
      });
      await closures.reload([id]);
      return c.body(null, 204);
    },
  );
}
