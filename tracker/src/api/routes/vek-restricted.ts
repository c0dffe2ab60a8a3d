/** What is kept apart from a card: the caller, and fields that only some services may read. Every read is audited by itself. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { text } from '../../stored-text.js';
import {
  callersOf,
  putCaller,
  putRestricted,
  RESTRICTED_SETS,
  type RestrictedSet,
  readRestricted,
  requireEntitled,
} from '../../veks/restricted.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';
import { VekReach } from './vek-reach.js';
import { body, CallerSchema, IdParam } from './vek-schema.js';

const SETS = Object.keys(RESTRICTED_SETS) as [RestrictedSet, ...RestrictedSet[]];
const SetParam = z.object({ id: z.uuid(), set: z.enum(SETS) });

const callerFields = { phone: z.string().nullable(), name: z.string().nullable(), note: z.string().nullable() };
const Version = z
  .number()
  .int()
  .min(0)
  .openapi({ description: 'Of the caller’s data, not of the card; 0: as they came with the report' });

export function vekRestrictedRoutes(operations: Operations, core: Core): void {
  const reach = new VekReach(core);

  operations.add(
    'getVekCaller',
    {
      method: 'get',
      path: '/api/v1/veks/{id}/caller',
      description:
        'Personal data of the caller, and of those of the cards that were merged into this one. Every read is audited.',
      request: { params: IdParam },
      responses: {
        200: json(
          z.object({
            ...callerFields,
            version: Version,
            others: z.array(z.object({ vekId: z.uuid(), ...callerFields })),
          }),
          'The caller',
        ),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      const known = await caller.changes.change([], async (tx, records) => {
        records.audit(caller.auditEntry('read_caller', { kind: 'vek', id }));
        return callersOf(tx, id);
      });
      if (known.length === 0) throw new ApiError(404, 'not_found', 'no caller is known');
      const own = known.find(({ vekId }) => vekId === id) ?? { phone: null, name: null, note: null, version: 0 };
      const { phone, name, note, version } = own;
      const others = known.filter((each) => each !== own);
      return c.json({ phone, name, note, version, others }, 200);
    },
  );

  operations.add(
    'setVekCaller',
    {
      method: 'put',
      path: '/api/v1/veks/{id}/caller',
      description:
        'Writes down what is known of the caller by now; fields that are not given stay as they are. With the `version` that was read nothing is lost: 409 if somebody has written since.',
      request: {
        params: IdParam,
        body: body(CallerSchema.extend({ version: Version.optional() }).openapi('VekCaller')),
      },
      responses: {
        204: { description: 'Written' },
        409: { description: '`version_conflict`, with the `version` that is current, by whom and when' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      const { version: known, ...fields } = c.req.valid('json');
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('write_caller', { kind: 'vek', id }, { changed: Object.keys(fields) }));
        await putCaller(tx, records, { vekId: id, known, ...fields }, caller.actor, Date.now());
      });
      return c.body(null, 204);
    },
  );

  operations.add(
    'getVekRestricted',
    {
      method: 'get',
      path: '/api/v1/veks/{id}/restricted/{set}',
      description:
        'A set of fields for some kinds of agencies only: `medical` for ambulances, `investigation` for police and state security, both for contact centres. Every read is audited.',
      request: { params: SetParam },
      responses: {
        200: json(
          z.object({
            texts: z.array(
              z.object({ vekId: z.uuid(), agencyId: z.uuid(), by: z.string(), text: z.string(), at: z.number() }),
            ),
          }),
          'What is known, of this card first, then of those that were merged into it',
        ),
        403: { description: '`restricted_not_entitled`' },
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const { id, set } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      requireEntitled(set, caller.principal.agency.kind);
      const texts = await caller.changes.change([], async (tx, records) => {
        records.audit(caller.auditEntry('read_restricted', { kind: 'vek', id }, { set }));
        return readRestricted(tx, id, set);
      });
      return c.json({ texts }, 200);
    },
  );

  operations.add(
    'setVekRestricted',
    {
      method: 'put',
      path: '/api/v1/veks/{id}/restricted/{set}',
      description:
        'Writes a set of restricted fields. Whoever takes the call may write what its agency may not read again.',
      request: { params: SetParam, body: body(z.object({ text: text(4000) }).openapi('VekRestricted')) },
      responses: { 204: { description: 'Written' } },
    },
    async (c) => {
      const { id, set } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      const { text } = c.req.valid('json');
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('write_restricted', { kind: 'vek', id }, { set }));
        await putRestricted(tx, records, id, set, text, caller.actor, Date.now());
      });
      return c.body(null, 204);
    },
  );
}
