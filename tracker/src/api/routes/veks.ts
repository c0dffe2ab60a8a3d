/** VEKs, their parts, holds and assignments, and the status of units entered by hand. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { UNIT_STATUSES } from '../../protocol/status.js';
import { assignUnit, cancelAssignment, expectFree, moveUnit, vekParties } from '../../veks/dispatch.js';
import { CommandError } from '../../veks/errors.js';
import {
  answerVek,
  closeVek,
  createVek,
  holdById,
  holdUnit,
  offerVek,
  releaseHold,
  updateVek,
} from '../../veks/vek-commands.js';
import { veksSql as sql } from '../../veks/veks-sql.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

const MAX_VEKS = 1000;
const MAX_HOLD_S = 300;

const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !value.includes('\0'), 'holds a NUL character');
const priority = z.enum(['P1', 'P2', 'P3', 'P4']);
const vekFields = {
  typeCode: text(64).nullish(),
  priority: priority.nullish(),
  lon: z.number().min(-180).max(180).nullish(),
  lat: z.number().min(-90).max(90).nullish(),
  accuracyM: z.number().min(0).max(1_000_000).nullish(),
  address: text(500).nullish(),
  summary: text(4000).nullish(),
};
const bothOrNone = (value: { lon?: number | null | undefined; lat?: number | null | undefined }) =>
  ((value.lon ?? null) === null) === ((value.lat ?? null) === null);

const NewVekSchema = z
  .object({
    id: z.uuid(),
    channel: z.enum(['voice', 'sms', 'app', 'ecall_auto', 'ecall_manual', 'transfer', 'manual']),
    ...vekFields,
    receivedAt: z.iso.datetime({ offset: true }).optional(),
    caller: z.object({ phone: text(32).nullish(), name: text(200).nullish(), note: text(4000).nullish() }).nullish(),
    offerTo: z
      .array(z.string().openapi({ description: 'Agency codes' }))
      .max(20)
      .default([]),
  })
  .refine(bothOrNone, 'lon and lat go together')
  .openapi('NewVek');

const Milestone = z.object({ at: z.number(), receivedAt: z.number(), source: z.string() });
const VekSchema = z
  .object({
    id: z.uuid(),
    number: z.number().int(),
    agencyId: z.uuid(),
    channel: z.string(),
    typeCode: z.string().nullable(),
    priority: z.string().nullable(),
    lon: z.number().nullable(),
    lat: z.number().nullable(),
    accuracyM: z.number().nullable(),
    address: z.string().nullable(),
    summary: z.string().nullable(),
    alarmLevel: z.number().int().openapi({ description: 'How far it was raised; levels add up' }),
    status: z.string(),
    receivedAt: z.number(),
    closedAt: z.number().nullable(),
    version: z.number().int(),
    services: z.array(z.object({ agencyId: z.uuid(), status: z.string(), version: z.number().int() })),
    assignments: z.array(
      z.object({
        id: z.uuid(),
        assignedBy: z.string(),
        agencyId: z.uuid(),
        unitId: z.uuid(),
        status: z.string(),
        version: z.number().int(),
        milestones: z.record(z.string(), Milestone).nullable(),
      }),
    ),
  })
  .openapi('Vek');
type Vek = z.infer<typeof VekSchema>;

interface VekRow extends Omit<Vek, 'agencyId' | 'typeCode' | 'accuracyM' | 'alarmLevel' | 'receivedAt' | 'closedAt'> {
  alarm_level: number;
  agency_id: string;
  type_code: string | null;
  accuracy_m: number | null;
  received_at: number;
  closed_at: number | null;
}

function vekOf({ agency_id, type_code, accuracy_m, alarm_level, received_at, closed_at, ...rest }: VekRow): Vek {
  return {
    ...rest,
    agencyId: agency_id,
    typeCode: type_code,
    accuracyM: accuracy_m,
    alarmLevel: alarm_level,
    receivedAt: received_at,
    closedAt: closed_at,
  };
}

const IdParam = z.object({ id: z.uuid() });
const VersionAnswer = z.object({ version: z.number().int() });
const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: { 'application/json': { schema } } });

export function vekRoutes(operations: Operations, { database, changes, directory, dispatch: { veks } }: Core): void {
  /** The parties of a VEK, if the caller's agency is one of them. */
  async function mustBeParty(caller: Caller, vekId: string): Promise<readonly string[]> {
    let parties: readonly string[] | undefined;
    try {
      ({ parties } = await vekParties(database, vekId));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
    caller.mustBeParty(parties, 'VEK');
    return parties!;
  }

  const audited = (
    caller: Caller,
    action: string,
    kind: string,
    id: string,
    detail: Record<string, unknown> = {},
    ownerId?: string,
  ) => caller.auditEntry(action, { kind, id }, detail, ownerId);

  operations.add(
    'getVeks',
    {
      method: 'get',
      path: '/api/v1/veks',
      description: 'Open VEKs that the agency owns or has a part in, newest first.',
      responses: { 200: json(z.object({ veks: z.array(VekSchema) }), 'VEKs') },
    },
    async (c) => {
      const { rows } = await database.query<VekRow>(sql.vek, [null, c.get('caller').agencies(), MAX_VEKS]);
      return c.json({ veks: rows.map(vekOf) }, 200);
    },
  );

  operations.add(
    'getVek',
    {
      method: 'get',
      path: '/api/v1/veks/{id}',
      request: { params: IdParam },
      responses: { 200: json(VekSchema, 'The VEK'), 404: { description: 'None here' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const row = (await database.query<VekRow>(sql.vek, [[id], c.get('caller').agencies(), 1])).rows[0];
      if (row === undefined) throw new ApiError(404, 'not_found', 'no VEK here');
      return c.json(vekOf(row), 200);
    },
  );

  operations.add(
    'createVek',
    {
      method: 'post',
      path: '/api/v1/veks',
      description:
        'Takes a report. The id is made by the sender (UUIDv7), so that a repeated request makes no second card.',
      request: { body: body(NewVekSchema) },
      responses: {
        200: json(
          z.object({ id: z.uuid(), number: z.number().int(), version: z.number().int() }),
          'It was there already',
        ),
        201: json(z.object({ id: z.uuid(), number: z.number().int(), version: z.number().int() }), 'Stored'),
      },
    },
    async (c) => {
      const given = c.req.valid('json');
      const caller = c.get('caller');
      const agencyId = caller.principal.agency.id;
      caller.mustReach(agencyId);
      const offerTo = given.offerTo.map((code) => {
        const agency = directory.agenciesByCode.get(code);
        if (agency === undefined) throw new ApiError(422, 'reference_unknown', `no agency ${code}`);
        return agency.id;
      });
      const {
        typeCode = null,
        priority = null,
        lon = null,
        lat = null,
        accuracyM = null,
        address = null,
        summary = null,
      } = given;
      const receivedAt = given.receivedAt === undefined ? Date.now() : Date.parse(given.receivedAt);
      const vek = {
        id: given.id,
        agencyId,
        channel: given.channel,
        typeCode,
        priority,
        lon,
        lat,
        accuracyM,
        address,
        summary,
        receivedAt,
        caller: given.caller ?? null,
        offerTo,
      };
      const { repeated, number, version } = await changes.change([given.id], async (tx, records) => {
        const created = await createVek(tx, records, vek);
        if (!created.repeated) records.audit(audited(caller, 'create_vek', 'vek', given.id));
        return created;
      });
      await veks.reload([given.id]);
      return c.json({ id: given.id, number, version }, repeated ? 200 : 201);
    },
  );

  operations.add(
    'updateVek',
    {
      method: 'patch',
      path: '/api/v1/veks/{id}',
      description:
        'Changes the fields given, if the card is still at the version the caller saw; 409 with the current version if not.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({ version: z.number().int(), ...vekFields, alarmLevel: z.number().int().min(1).max(10).nullish() })
            .refine(bothOrNone, 'lon and lat go together')
            .openapi('VekPatch'),
        ),
      },
      responses: { 200: json(VersionAnswer, 'Changed') },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await mustBeParty(caller, id);
      const { version, ...patch } = c.req.valid('json');
      const now = await changes.change([id], async (tx, records) => {
        records.audit(audited(caller, 'update_vek', 'vek', id, { changed: Object.keys(patch) }));
        return updateVek(tx, records, id, version, patch, Date.now());
      });
      await veks.reload([id]);
      return c.json({ version: now }, 200);
    },
  );

  operations.add(
    'closeVek',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/close',
      request: {
        params: IdParam,
        body: body(
          z
            .object({ version: z.number().int(), as: z.enum(['closed', 'cancelled']).default('closed') })
            .openapi('CloseVek'),
        ),
      },
      responses: { 200: json(VersionAnswer, 'Ended') },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await mustBeParty(caller, id);
      const { version, as } = c.req.valid('json');
      const now = await changes.change([id], async (tx, records) => {
        records.audit(audited(caller, 'close_vek', 'vek', id, { as }));
        return closeVek(tx, records, id, version, as, Date.now());
      });
      await veks.reload([id]);
      return c.json({ version: now }, 200);
    },
  );

  operations.add(
    'getVekCaller',
    {
      method: 'get',
      path: '/api/v1/veks/{id}/caller',
      description: 'Personal data of the caller. Every read is audited.',
      request: { params: IdParam },
      responses: {
        200: json(
          z.object({ phone: z.string().nullable(), name: z.string().nullable(), note: z.string().nullable() }),
          'The caller',
        ),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await mustBeParty(caller, id);
      const row = await changes.change([], async (tx, records) => {
        records.audit(audited(caller, 'read_caller', 'vek', id));
        return (await tx.query<{ phone: string | null; name: string | null; note: string | null }>(sql.caller, [id]))
          .rows[0];
      });
      if (row === undefined) throw new ApiError(404, 'not_found', 'no caller is known');
      return c.json(row, 200);
    },
  );

  operations.add(
    'offerVek',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/services',
      description: 'Offers the VEK to another agency.',
      request: { params: IdParam, body: body(z.object({ agencyCode: z.string() }).openapi('OfferVek')) },
      responses: { 204: { description: 'Offered, or it was before' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await mustBeParty(caller, id);
      const { agencyCode } = c.req.valid('json');
      const agency = directory.agenciesByCode.get(agencyCode);
      if (agency === undefined) throw new ApiError(422, 'reference_unknown', `no agency ${agencyCode}`);
      await changes.change([id], async (tx, records) => {
        records.audit(audited(caller, 'offer_vek', 'vek', id, { to: agencyCode }));
        await offerVek(tx, records, id, agency.id, Date.now());
      });
      await veks.reload([id]);
      return c.body(null, 204);
    },
  );

  operations.add(
    'answerVek',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/answer',
      description: 'The caller’s agency accepts or refuses its part.',
      request: {
        params: IdParam,
        body: body(
          z.object({ answer: z.enum(['accepted', 'refused']), reason: text(500).nullish() }).openapi('AnswerVek'),
        ),
      },
      responses: { 204: { description: 'Noted' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const agencyId = caller.principal.agency.id;
      await mustBeParty(caller, id);
      caller.mustReach(agencyId);
      const { answer, reason } = c.req.valid('json');
      await changes.change([id], async (tx, records) => {
        records.audit(audited(caller, 'answer_vek', 'vek', id, { answer }));
        await answerVek(tx, records, id, agencyId, answer, reason ?? null, Date.now());
      });
      return c.body(null, 204);
    },
  );

  /** The unit's agency, which must be in the caller's command; and the VEK must be one the caller has a part in. */
  async function mustCommand(caller: Caller, unitId: string, vekId: string): Promise<string> {
    const unit = directory.units.get(unitId);
    if (unit === undefined) throw new ApiError(404, 'not_found', `no unit ${unitId}`);
    caller.mustReach(unit.agencyId);
    await mustBeParty(caller, vekId);
    return unit.agencyId;
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
      const ownerId = await mustCommand(caller, hold.unitId, hold.vekId);
      const held = await changes.change([hold.unitId], (tx, records) => {
        const { id, unitId, seconds } = hold;
        records.audit(audited(caller, 'hold_unit', 'vek', hold.vekId, { holdId: id, unitId, seconds }, ownerId));
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
      await changes.change([hold.unit_id], (tx, records) => {
        records.audit(audited(caller, 'release_hold', 'unit', hold.unit_id, { holdId: id }, hold.agency_id));
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
      const ownerId = await mustCommand(caller, unitId, vekId);
      const { repeated } = await changes.change([vekId, unitId], async (tx, records) => {
        records.audit(audited(caller, 'assign_unit', 'vek', vekId, { unitId, assignmentId: id }, ownerId));
        return assignUnit(tx, records, { id, vekId, unitId, by: caller.principal.subject, at: Date.now() });
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
      const assignment = (
        await database.query<{ unit_id: string; vek_id: string; agency_id: string }>(sql.assignment, [id])
      ).rows[0];
      if (assignment === undefined) throw new ApiError(404, 'not_found', `no assignment ${id}`);
      caller.mustReach(assignment.agency_id);
      await changes.change([assignment.vek_id, assignment.unit_id], async (tx, records) => {
        const detail = { assignmentId: id };
        records.audit(audited(caller, 'cancel_assignment', 'vek', assignment.vek_id, detail, assignment.agency_id));
        await cancelAssignment(tx, records, id, Date.now());
      });
      await Promise.all([directory.reloadUnits([assignment.unit_id]), veks.reload([assignment.vek_id])]);
      return c.body(null, 204);
    },
  );

  operations.add(
    'expectFree',
    {
      method: 'put',
      path: '/api/v1/assignments/{id}/expected-free',
      description: 'Notes when a unit at work is expected to be free again; null: nobody knows.',
      request: {
        params: IdParam,
        body: body(z.object({ at: z.iso.datetime({ offset: true }).nullable() }).openapi('ExpectedFree')),
      },
      responses: { 204: { description: 'Noted' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const { at } = c.req.valid('json');
      const caller = c.get('caller');
      const assignment = (
        await database.query<{ unit_id: string; vek_id: string; agency_id: string }>(sql.assignment, [id])
      ).rows[0];
      if (assignment === undefined) throw new ApiError(404, 'not_found', `no assignment ${id}`);
      caller.mustReach(assignment.agency_id);
      await changes.change([assignment.vek_id, assignment.unit_id], (tx, records) => {
        const detail = { assignmentId: id, at };
        records.audit(audited(caller, 'expect_free', 'unit', assignment.unit_id, detail, assignment.agency_id));
        return expectFree(tx, records, id, at === null ? null : Date.parse(at), Date.now());
      });
      await directory.reloadUnits([assignment.unit_id]);
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
              at: z.iso.datetime({ offset: true }).optional(),
              overrideReason: text(500).optional(),
            })
            .openapi('UnitStatusByHand'),
        ),
      },
      responses: { 200: json(z.object({ outcome: z.string() }), 'Taken') },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const given = c.req.valid('json');
      const caller = c.get('caller');
      const unit = directory.units.get(id);
      if (unit === undefined) throw new ApiError(404, 'not_found', `no unit ${id}`);
      caller.mustReach(unit.agencyId);
      const receivedAt = Date.now();
      const at = given.at === undefined ? receivedAt : Date.parse(given.at);
      const active = (await database.query<{ vek_id: string }>(sql.active_assignment, [id])).rows[0];
      const outcome = await changes.change(active === undefined ? [id] : [id, active.vek_id], async (tx, records) => {
        records.audit(
          audited(
            caller,
            'set_unit_status',
            'unit',
            id,
            { status: given.status, overrideReason: given.overrideReason ?? null },
            unit.agencyId,
          ),
        );
        const ping = {
          unitId: id,
          status: given.status,
          assignmentId: given.assignmentId ?? null,
          at,
          receivedAt,
          source: 'dispatcher' as const,
        };
        return moveUnit(
          tx,
          records,
          given.overrideReason === undefined ? ping : { ...ping, overrideReason: given.overrideReason },
        );
      });
      await directory.reloadUnits([id]);
      return c.json({ outcome }, 200);
    },
  );
}
