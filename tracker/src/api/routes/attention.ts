/** What waits for a person, and after how long an agency's people are told. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { numberInUrl } from '../../number-in-url.js';
import { ATTENTION_KINDS, ATTENTION_LEVELS } from '../../protocol/attention.js';
import { acknowledgeAttention, attentionParties, readAttention } from '../../veks/attention.js';
import { AttentionPolicySchema, attentionPolicyOf, setAttentionPolicy } from '../../veks/attention-policy.js';
import { json, type Operations } from '../operation.js';
import { reachedAgency } from './agency-reach.js';

const MAX_ITEMS = 1000;
const PolicyOfAgency = AttentionPolicySchema.openapi('AttentionPolicy');
const OfAgency = z.object({ code: z.string().openapi({ description: 'Of the agency' }) });

const AttentionSchema = z
  .object({
    id: z.uuid(),
    kind: z.enum(ATTENTION_KINDS),
    agencyId: z.uuid().openapi({ description: 'Whose people are to act' }),
    ownerId: z.uuid().openapi({ description: 'Who answers for the card' }),
    desk: z.string().nullable().openapi({ description: 'Subject of who is told first; null: all desks are' }),
    vekId: z.uuid().nullable(),
    assignmentId: z.uuid().nullable(),
    unitId: z.uuid().nullable(),
    since: z.number().openapi({ description: 'How long it waits' }),
    level: z.enum(ATTENTION_LEVELS),
    raisedAt: z.number(),
    toldAt: z.number(),
    dueAt: z.number().nullable().openapi({ description: 'When it is told again, unless somebody acts' }),
    repeats: z.number().int(),
    acknowledged: z.object({ at: z.number(), by: z.string() }).nullable(),
    quiet: z.boolean().openapi({ description: 'Acknowledged since it was last told' }),
    clearedAt: z.number().nullable(),
    version: z.number().int(),
  })
  .openapi('Attention');

export function attentionRoutes(operations: Operations, { database, directory }: Core): void {
  operations.add(
    'getAttention',
    {
      method: 'get',
      path: '/api/v1/attention',
      description:
        'What the agency’s people are to see to, and what has come to it as the owner of the card; oldest first. Events: lv.vanags.attention.raised.v1, .escalated.v1, .repeated.v1, .acknowledged.v1, .cleared.v1.',
      request: {
        query: z.object({
          which: z.enum(['open', 'all']).default('open'),
          limit: numberInUrl(z.number().int().min(1).max(MAX_ITEMS)).default(500),
        }),
      },
      responses: { 200: json(z.object({ at: z.number(), items: z.array(AttentionSchema) }), 'What waits') },
    },
    async (c) => {
      const { which, limit } = c.req.valid('query');
      const caller = c.get('caller');
      const { id } = caller.principal.agency;
      caller.mustReach(id);
      return c.json({ at: Date.now(), items: await readAttention(database, id, which, limit) }, 200);
    },
  );

  operations.add(
    'acknowledgeAttention',
    {
      method: 'post',
      path: '/api/v1/attention/{id}/acknowledge',
      description:
        'Says that a person sees to it: it is told no more, but for a life-threatening VEK without a unit. Of a safety check it says that the crew is well. Repeated, it changes nothing.',
      request: { params: z.object({ id: z.uuid() }) },
      responses: { 204: { description: 'Acknowledged, now or before' }, 404: { description: 'None here' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      caller.mustBeParty(await attentionParties(database, id), 'such thing');
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('acknowledge_attention', { kind: 'attention', id }));
        await acknowledgeAttention(tx, records, id, caller.principal.subject);
      });
      return c.body(null, 204);
    },
  );

  operations.add(
    'getAttentionPolicy',
    {
      method: 'get',
      path: '/api/v1/agencies/{code}/attention-policy',
      description: 'After how long the agency’s people are told of what waits for them, seconds.',
      request: { params: OfAgency },
      responses: { 200: json(PolicyOfAgency, 'The limits in force') },
    },
    async (c) =>
      c.json(
        await attentionPolicyOf(database, reachedAgency(c.get('caller'), directory, c.req.valid('param').code)),
        200,
      ),
  );

  operations.add(
    'setAttentionPolicy',
    {
      method: 'put',
      path: '/api/v1/agencies/{code}/attention-policy',
      description:
        'Sets the limits anew; what is left out is as by default, null is never told. Only a life-threatening VEK without a unit is always told.',
      request: {
        params: OfAgency,
        body: { required: true, content: { 'application/json': { schema: PolicyOfAgency } } },
      },
      responses: { 200: json(PolicyOfAgency, 'The limits in force') },
    },
    async (c) => {
      const caller = c.get('caller');
      const agencyId = reachedAgency(caller, directory, c.req.valid('param').code);
      const policy = c.req.valid('json');
      await caller.changes.change([agencyId], async (tx, records) => {
        records.audit(
          caller.auditEntry('set_attention_policy', { kind: 'attention_policy', id: agencyId }, policy, agencyId),
        );
        await setAttentionPolicy(tx, records, agencyId, policy, caller.principal.subject, Date.now());
      });
      return c.json(policy, 200);
    },
  );
}
