/** Holds, assignments and reliefs, and the status of units entered by hand. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { UNIT_STATUSES } from '../../protocol/status.js';
import { instant } from '../../stored-instant.js';
import { text } from '../../stored-text.js';
import type { ExpectedFree } from '../../units/directory.js';
import { assignUnit, cancelAssignment, expectFree, relieveUnit } from '../../veks/assignments.js';
import { holdById, holdUnit, releaseHold } from '../../veks/holds.js';
import { moveUnit } from '../../veks/unit-status.js';
import { veksSql as sql } from '../../veks/veks-sql.js';
import { timeEntered } from '../entered-time.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';
import { VekReach } from './vek-reach.js';
import { body, IdParam } from './vek-schema.js';

const MAX_HOLD_S = 300;

const ExpectedFreeSchema = z
  .object({
    at: instant.nullable().openapi({ description: 'Null: nobody knows' }),
    place: z
      .object({
        lon: z.number().min(-180).max(180),
        lat: z.number().min(-90).max(90),
        name: text(200).min(1).nullish().openapi({ description: 'As people call it' }),
      })
      .nullish()
      .openapi({ description: 'Where: a hospital, a station. It is counted from there; left out: from its fix' }),
  })
  .refine(({ at, place }) => at !== null || (place ?? null) === null, {
    message: 'a place goes with an instant',
    path: ['place'],
  })
  .openapi('ExpectedFree');

function expectedFreeOf({ at, place }: z.infer<typeof ExpectedFreeSchema>): ExpectedFree | null {
  if (at === null) return null;
  return { at: Date.parse(at), place: place ? { lon: place.lon, lat: place.lat, name: place.name ?? null } : null };
}

export function assignmentRoutes(operations: Operations, core: Core): void {
  const { database, directory } = core;
  const { veks } = core.dispatch;
  const reach = new VekReach(core);

  /** An assignment of a unit in the caller's command. @throws ApiError 403, 404 */
  async function commanded(caller: Caller, id: string) {
    const row = (await database.query<{ unit_id: string; vek_id: string; agency_id: string }>(sql.assignment, [id]))
      .rows[0];
    if (row === undefined) throw new ApiError(404, 'not_found', `no assignment ${id}`);
    caller.mustReach(row.agency_id);
    return { vekId: row.vek_id, unitId: row.unit_id, agencyId: row.agency_id };
  }

  operations.add(
    'holdUnit',
    {
      method: 'post',
      path: '/api/v1/holds',
      description: 'Holds a unit for a VEK while the desk decides; nobody else is given it until the hold ends.',
      request: {
        body: body(
          z
            .object({
              id: z.uuid(),
              unitId: z.uuid(),
              vekId: z.uuid(),
              seconds: z.number().int().min(1).max(MAX_HOLD_S).default(60),
            })
            .openapi('NewHold'),
        ),
      },
      responses: { 201: json(z.object({ expiresAt: z.number() }), 'Held') },
    },
    async (c) => {
      const hold = c.req.valid('json');
      const caller = c.get('caller');
      const ownerId = reach.mustCommand(caller, hold.unitId);
      await reach.mustBeParty(caller, hold.vekId);
      const held = await caller.changes.change([hold.unitId], (tx, records) => {
        const { id, unitId, seconds } = hold;
        records.audit(
          caller.auditEntry('hold_unit', { kind: 'vek', id: hold.vekId }, { holdId: id, unitId, seconds }, ownerId),
        );
        return holdUnit(tx, records, { ...hold, by: caller.principal.subject, at: Date.now() });
      });
      await directory.reloadUnits([hold.unitId]);
      return c.json(held, 201);
    },
  );

  operations.add(
    'releaseHold',
    {
      method: 'delete',
      path: '/api/v1/holds/{id}',
      description: 'Gives a held unit back before the hold ends.',
      request: { params: IdParam },
      responses: { 204: { description: 'Given back' }, 404: { description: 'No such hold: it is over' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const hold = await holdById(database, id);
      if (hold === undefined) throw new ApiError(404, 'not_found', `no hold ${id}`);
      caller.mustReach(hold.agency_id);
      await caller.changes.change([hold.unit_id], (tx, records) => {
        records.audit(
          caller.auditEntry('release_hold', { kind: 'unit', id: hold.unit_id }, { holdId: id }, hold.agency_id),
        );
        return releaseHold(tx, records, id, hold, Date.now());
      });
      await directory.reloadUnits([hold.unit_id]);
      return c.body(null, 204);
    },
  );

  operations.add(
    'createAssignment',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/assignments',
      description: 'Sends a unit. The id is made by the sender, so that a repeated request sends nobody twice.',
      request: { params: IdParam, body: body(z.object({ id: z.uuid(), unitId: z.uuid() }).openapi('NewAssignment')) },
      responses: {
        200: json(z.object({ id: z.uuid() }), 'It was sent already'),
        201: json(z.object({ id: z.uuid() }), 'Sent'),
      },
    },
    async (c) => {
      const { id: vekId } = c.req.valid('param');
      const { id, unitId } = c.req.valid('json');
      const caller = c.get('caller');
      const ownerId = reach.mustCommand(caller, unitId);
      await reach.mustBeParty(caller, vekId);
      const { repeated } = await caller.changes.change([vekId, unitId], async (tx, records) => {
        records.audit(
          caller.auditEntry('assign_unit', { kind: 'vek', id: vekId }, { unitId, assignmentId: id }, ownerId),
        );
        return assignUnit(tx, records, { id, vekId, unitId, by: caller.actor, at: Date.now() });
      });
      await Promise.all([directory.reloadUnits([unitId]), veks.reload([vekId])]);
      return c.json({ id }, repeated ? 200 : 201);
    },
  );

  operations.add(
    'relieveAssignment',
    {
      method: 'post',
      path: '/api/v1/assignments/{id}/relief',
      description:
        'Sends a unit to take over from the one of this assignment, which works on until it leaves: each keeps milestones of its own.',
      request: { params: IdParam, body: body(z.object({ id: z.uuid(), unitId: z.uuid() }).openapi('NewRelief')) },
      responses: {
        200: json(z.object({ id: z.uuid() }), 'It was sent already'),
        201: json(z.object({ id: z.uuid() }), 'Sent'),
      },
    },
    async (c) => {
      const { id: assignmentId } = c.req.valid('param');
      const { id, unitId } = c.req.valid('json');
      const caller = c.get('caller');
      const { vekId } = await commanded(caller, assignmentId);
      const ownerId = reach.mustCommand(caller, unitId);
      await reach.mustBeParty(caller, vekId);
      const { repeated } = await caller.changes.change([vekId, unitId], async (tx, records) => {
        const detail = { unitId, assignmentId: id, relieves: assignmentId };
        records.audit(caller.auditEntry('relieve_unit', { kind: 'vek', id: vekId }, detail, ownerId));
        return relieveUnit(tx, records, { id, assignmentId, unitId, by: caller.actor, at: Date.now() });
      });
      await Promise.all([directory.reloadUnits([unitId]), veks.reload([vekId])]);
      return c.json({ id }, repeated ? 200 : 201);
    },
  );

  operations.add(
    'cancelAssignment',
    {
      method: 'delete',
      path: '/api/v1/assignments/{id}',
      request: { params: IdParam },
      responses: { 204: { description: 'Taken back' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const { vekId, unitId, agencyId } = await commanded(caller, id);
      await caller.changes.change([vekId, unitId], async (tx, records) => {
        const detail = { assignmentId: id };
        records.audit(caller.auditEntry('cancel_assignment', { kind: 'vek', id: vekId }, detail, agencyId));
        await cancelAssignment(tx, records, { assignmentId: id, by: caller.actor, at: Date.now() });
      });
      await Promise.all([directory.reloadUnits([unitId]), veks.reload([vekId])]);
      return c.body(null, 204);
    },
  );

  operations.add(
    'expectFree',
    {
      method: 'put',
      path: '/api/v1/assignments/{id}/expected-free',
      description: 'Notes when a unit at work is expected to be free again, and where; null: nobody knows.',
      request: { params: IdParam, body: body(ExpectedFreeSchema) },
      responses: { 204: { description: 'Noted' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const given = c.req.valid('json');
      const caller = c.get('caller');
      const { vekId, unitId, agencyId } = await commanded(caller, id);
      await caller.changes.change([vekId, unitId], (tx, records) => {
        const detail = { assignmentId: id, ...given };
        records.audit(caller.auditEntry('expect_free', { kind: 'unit', id: unitId }, detail, agencyId));
        return expectFree(tx, records, id, expectedFreeOf(given), { by: caller.actor, at: Date.now() });
      });
      await directory.reloadUnits([unitId]);
      return c.body(null, 204);
    },
  );

  operations.add(
    'setUnitStatus',
    {
      method: 'post',
      path: '/api/v1/units/{id}/status',
      description:
        'Enters a unit’s status by hand. A move that the table does not allow needs a reason, and is audited.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({
              status: z.enum(UNIT_STATUSES),
              assignmentId: z.uuid().nullish(),
              at: instant.optional(),
              overrideReason: text(500).optional(),
            })
            .openapi('UnitStatusByHand'),
        ),
      },
      responses: {
        200: json(z.object({ outcome: z.string() }), 'Taken'),
        422: { description: '`time_ahead`' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const given = c.req.valid('json');
      const caller = c.get('caller');
      const agencyId = reach.mustCommand(caller, id);
      const receivedAt = Date.now();
      const at = timeEntered(given.at, receivedAt);
      const active = (await database.query<{ vek_id: string }>(sql.active_assignment, [id])).rows[0];
      const outcome = await caller.changes.change(
        active === undefined ? [id] : [id, active.vek_id],
        async (tx, records) => {
          const detail = { status: given.status, overrideReason: given.overrideReason ?? null };
          records.audit(caller.auditEntry('set_unit_status', { kind: 'unit', id }, detail, agencyId));
          const ping = {
            unitId: id,
            status: given.status,
            assignmentId: given.assignmentId ?? null,
            at,
            receivedAt,
            source: 'dispatcher' as const,
            by: caller.actor,
          };
          return moveUnit(
            tx,
            records,
            given.overrideReason === undefined ? ping : { ...ping, overrideReason: given.overrideReason },
          );
        },
      );
      await directory.reloadUnits([id]);
      return c.json({ outcome }, 200);
    },
  );
}
