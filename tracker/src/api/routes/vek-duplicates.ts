/** Cards that may be of one emergency: suggested, and merged by a person. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { numberInUrl } from '../../number-in-url.js';
import { text } from '../../stored-text.js';
import { findDuplicates } from '../../veks/duplicates.js';
import { mergeVek } from '../../veks/vek-merge.js';
import { veksSql as sql } from '../../veks/veks-sql.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';
import { VekReach } from './vek-reach.js';
import { body, bothOrNone, IdParam, KnownVersion, SuggestionSchema, type VekRow } from './vek-schema.js';

const Duplicates = z.object({ duplicates: z.array(SuggestionSchema) });

export function vekDuplicateRoutes(operations: Operations, core: Core): void {
  const { database, directory } = core;
  const { veks } = core.dispatch;
  const reach = new VekReach(core);

  operations.add(
    'findDuplicates',
    {
      method: 'get',
      path: '/api/v1/veks/duplicates',
      description:
        'Cards that a report may be of, before it is taken: by place with its circle, time and type, scored and with reasons; only those that the agency owns or has a part in.',
      request: {
        query: z
          .object({
            lon: numberInUrl(z.number().min(-180).max(180)).optional(),
            lat: numberInUrl(z.number().min(-90).max(90)).optional(),
            accuracyM: numberInUrl(z.number().min(0).max(1_000_000)).optional(),
            typeCode: text(64).optional(),
            at: z.iso.datetime({ offset: true }).optional(),
          })
          .refine(bothOrNone, 'lon and lat go together'),
      },
      responses: { 200: json(Duplicates, 'The likeliest first') },
    },
    async (c) => {
      const { lon = null, lat = null, accuracyM = null, typeCode = null, at } = c.req.valid('query');
      const receivedAt = at === undefined ? Date.now() : Date.parse(at);
      const report = { lon, lat, accuracyM, typeCode, receivedAt };
      return c.json({ duplicates: await findDuplicates(database, report, c.get('caller').agencies(), null) }, 200);
    },
  );

  operations.add(
    'getVekDuplicates',
    {
      method: 'get',
      path: '/api/v1/veks/{id}/duplicates',
      description: 'Cards that this one may be a second report of, as `/api/v1/veks/duplicates`.',
      request: { params: IdParam },
      responses: { 200: json(Duplicates, 'The likeliest first'), 404: { description: 'None here' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const agencies = c.get('caller').agencies();
      const row = (await database.query<VekRow>(sql.vek, [id, agencies])).rows[0];
      if (row === undefined) throw new ApiError(404, 'not_found', 'no VEK here');
      const { lon, lat, type_code: typeCode, accuracy_m: accuracyM, received_at: receivedAt } = row;
      const report = { lon, lat, accuracyM, typeCode, receivedAt };
      return c.json({ duplicates: await findDuplicates(database, report, agencies, id) }, 200);
    },
  );

  operations.add(
    'mergeVek',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/merge',
      description:
        'This card is of the same emergency as another: its parts and assignments go there, both histories are read together from then on, and no crew is disturbed. Repeated, it changes nothing. 409 `vek_ended` where either has ended.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({
              version: KnownVersion,
              intoVekId: z.uuid(),
              intoVersion: KnownVersion,
              reason: text(500).nullish(),
            })
            .openapi('MergeVek'),
        ),
      },
      responses: {
        200: json(z.object({ version: z.number().int(), intoVersion: z.number().int() }), 'One card now'),
      },
    },
    async (c) => {
      const { id: vekId } = c.req.valid('param');
      const { version, intoVekId, intoVersion, reason = null } = c.req.valid('json');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, vekId);
      await reach.mustBeParty(caller, intoVekId);
      const merged = await caller.changes.change([vekId, intoVekId], async (tx, records) => {
        records.audit(caller.auditEntry('merge_vek', { kind: 'vek', id: vekId }, { intoVekId, reason }));
        return mergeVek(tx, records, {
          vekId,
          version,
          intoVekId,
          intoVersion,
          reason,
          by: caller.actor,
          at: Date.now(),
        });
      });
      await Promise.all([directory.reloadUnits([...merged.unitIds]), veks.reload([vekId, intoVekId])]);
      return c.json({ version: merged.version, intoVersion: merged.intoVersion }, 200);
    },
  );
}
