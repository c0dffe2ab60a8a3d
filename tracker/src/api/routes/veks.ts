/** The cards themselves: list, take a report, change, end, reopen. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { VEK_ENDINGS } from '../../protocol/status.js';
import { text } from '../../stored-text.js';
import { findDuplicates } from '../../veks/duplicates.js';
import { closeVek, createVek, reopenVek, updateVek } from '../../veks/vek-commands.js';
import { veksSql as sql } from '../../veks/veks-sql.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';
import type { ReadLog } from '../read-log.js';
import { VekReach } from './vek-reach.js';
import {
  body,
  bothOrNone,
  code,
  IdParam,
  KnownVersion,
  NewVekSchema,
  SuggestionSchema,
  type VekRow,
  VekSchema,
  VersionAnswer,
  vekFields,
  vekOf,
} from './vek-schema.js';

const MAX_VEKS = 1000;

const Created = z.object({
  id: z.uuid(),
  number: z.number().int(),
  version: z.number().int(),
  duplicates: z.array(SuggestionSchema).openapi({ description: 'Cards that it may be of, the likeliest first' }),
});

export function vekRoutes(operations: Operations, core: Core, reads: ReadLog): void {
  const { database, dispatch } = core;
  const { veks } = dispatch;
  const reach = new VekReach(core);

  operations.add(
    'getVeks',
    {
      method: 'get',
      path: '/api/v1/veks',
      description:
        'Open VEKs that the agency owns or has a part in, newest first. Audited once in ten minutes for each reader.',
      responses: { 200: json(z.object({ veks: z.array(VekSchema) }), 'VEKs') },
    },
    async (c) => {
      const caller = c.get('caller');
      const { agency } = caller.principal;
      await reads.note(caller, 'read_veks', { kind: 'agency', id: agency.id });
      const { rows } = await database.query<VekRow>(sql.open_veks, [caller.agencies(), MAX_VEKS]);
      return c.json({ veks: rows.map((row) => vekOf(row, agency.kind)) }, 200);
    },
  );

  operations.add(
    'getVek',
    {
      method: 'get',
      path: '/api/v1/veks/{id}',
      description: 'Audited once in ten minutes for each reader and card.',
      request: { params: IdParam },
      responses: { 200: json(VekSchema, 'The VEK'), 404: { description: 'None here' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const row = (await database.query<VekRow>(sql.vek, [id, caller.agencies()])).rows[0];
      if (row === undefined) throw new ApiError(404, 'not_found', 'no VEK here');
      await reads.note(caller, 'read_vek', { kind: 'vek', id });
      return c.json(vekOf(row, caller.principal.agency.kind), 200);
    },
  );

  operations.add(
    'createVek',
    {
      method: 'post',
      path: '/api/v1/veks',
      description:
        'Takes a report. The id is made by the sender (UUIDv7), so that a repeated request makes no second card; 409 `external_taken` names the card that an outer record has already.',
      request: { body: body(NewVekSchema) },
      responses: { 200: json(Created, 'It was there already'), 201: json(Created, 'Stored') },
    },
    async (c) => {
      const given = c.req.valid('json');
      const caller = c.get('caller');
      const agencyId = caller.principal.agency.id;
      caller.mustReach(agencyId);
      const {
        id,
        channel,
        typeCode = null,
        priority = null,
        lon = null,
        lat = null,
        accuracyM = null,
        address = null,
        summary = null,
      } = given;
      const now = Date.now();
      // a caller's card is taken whatever the clock of who took the call says; received later than now it was not
      const receivedAt = given.receivedAt === undefined ? now : Math.min(now, Date.parse(given.receivedAt));
      const report = { lon, lat, accuracyM, typeCode, receivedAt };
      const vek = {
        id,
        agencyId,
        channel,
        priority,
        address,
        summary,
        ...report,
        objects: given.objects ?? [],
        caller: given.caller ?? null,
        offerTo: given.offerTo.map((agency) => reach.agencyByCode(agency).id),
        external: given.external ?? null,
        by: caller.principal.subject,
      };
      const { repeated, number, version } = await caller.changes.change([id], async (tx, records) => {
        const created = await createVek(tx, records, vek);
        if (!created.repeated) records.audit(caller.auditEntry('create_vek', { kind: 'vek', id }));
        return created;
      });
      const [duplicates] = await Promise.all([findDuplicates(database, report, [agencyId], id), veks.reload([id])]);
      return c.json({ id, number, version, duplicates }, repeated ? 200 : 201);
    },
  );

  operations.add(
    'updateVek',
    {
      method: 'patch',
      path: '/api/v1/veks/{id}',
      description:
        'Changes the fields given, if the card is still at the version the caller saw; 409 with the current version, and what was changed since by whom, if not.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({ version: KnownVersion, ...vekFields, alarmLevel: z.number().int().min(1).max(10).nullish() })
            .refine(bothOrNone, 'lon and lat go together')
            .openapi('VekPatch'),
        ),
      },
      responses: { 200: json(VersionAnswer, 'Changed') },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      const { version, ...patch } = c.req.valid('json');
      const now = await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('update_vek', { kind: 'vek', id }, { changed: Object.keys(patch) }));
        return updateVek(tx, records, { vekId: id, version, patch, by: caller.actor, at: Date.now() });
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
      description:
        'Ends a card on which no unit is: `closed`, `cancelled`, or `transferred` to somebody outside the platform; with what became of it.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({
              version: KnownVersion,
              as: z.enum(VEK_ENDINGS).default('closed'),
              outcome: z.object({ code, note: text(4000).nullish() }).nullish(),
            })
            .openapi('CloseVek'),
        ),
      },
      responses: { 200: json(VersionAnswer, 'Ended') },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      const { version, as, outcome: given = null } = c.req.valid('json');
      const outcome = given === null ? null : { code: given.code, note: given.note ?? null };
      const now = await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('close_vek', { kind: 'vek', id }, { as, outcome: outcome?.code ?? null }));
        return closeVek(tx, records, { vekId: id, version, as, outcome, by: caller.actor, at: Date.now() });
      });
      await veks.reload([id]);
      return c.json({ version: now }, 200);
    },
  );

  operations.add(
    'reopenVek',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/reopen',
      description:
        'Opens an ended card again, as new: what was done before counts no more. One that was merged stays merged.',
      request: {
        params: IdParam,
        body: body(z.object({ version: KnownVersion, reason: text(500).min(1) }).openapi('ReopenVek')),
      },
      responses: { 200: json(VersionAnswer, 'Open') },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      const { version, reason } = c.req.valid('json');
      const now = await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('reopen_vek', { kind: 'vek', id }, { reason }));
        return reopenVek(tx, records, { vekId: id, version, reason, by: caller.actor, at: Date.now() });
      });
      await veks.reload([id]);
      return c.json({ version: now }, 200);
    },
  );
}
