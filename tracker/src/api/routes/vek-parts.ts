/** Agencies' parts of a VEK: offering, answering, giving back. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { text } from '../../stored-text.js';
import { answerPart, offerPart, returnPart } from '../../veks/vek-parts.js';
import type { Operations } from '../operation.js';
import { VekReach } from './vek-reach.js';
import { body, IdParam } from './vek-schema.js';

const MAX_RESPOND_S = 86_400;

export function vekPartRoutes(operations: Operations, core: Core): void {
  const { veks } = core.dispatch;
  const reach = new VekReach(core);

  operations.add(
    'offerVek',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/services',
      description:
        'Offers a part of the VEK to another agency, or with `transfer` the whole card; what it declined or gave back may be offered again. Nothing moves until a person there accepts.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({
              agencyCode: z.string(),
              transfer: z
                .boolean()
                .default(false)
                .openapi({ description: 'Whoever accepts answers for the whole card' }),
              respondWithinS: z
                .number()
                .int()
                .min(1)
                .max(MAX_RESPOND_S)
                .nullish()
                .openapi({ description: 'After which the offer is over by itself; null: it waits' }),
            })
            .openapi('OfferVek'),
        ),
      },
      responses: { 204: { description: 'Offered, or it was before' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      const { agencyCode, transfer, respondWithinS = null } = c.req.valid('json');
      const agencyId = reach.agencyByCode(agencyCode).id;
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('offer_vek', { kind: 'vek', id }, { to: agencyCode, transfer }));
        const offer = { vekId: id, agencyId, transfer, respondWithinS, by: caller.actor, at: Date.now() };
        await offerPart(tx, records, offer);
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
      description: 'The caller’s agency accepts or refuses its part, and with it the whole card if that was offered.',
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
      await reach.mustBeParty(caller, id);
      caller.mustReach(agencyId);
      const { answer, reason = null } = c.req.valid('json');
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('answer_vek', { kind: 'vek', id }, { answer }));
        await answerPart(tx, records, { vekId: id, agencyId, answer, reason, by: caller.actor, at: Date.now() });
      });
      await veks.reload([id]);
      return c.body(null, 204);
    },
  );

  operations.add(
    'returnVek',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/services/{agencyId}/return',
      description:
        'An agency gives back a part that it accepted and has sent nobody to; if it answered for the whole card, the owner does again.',
      request: {
        params: z.object({ id: z.uuid(), agencyId: z.uuid() }),
        body: body(z.object({ reason: text(500).min(1) }).openapi('ReturnVek')),
      },
      responses: { 204: { description: 'Given back, now or before' } },
    },
    async (c) => {
      const { id, agencyId } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      caller.mustReach(agencyId);
      const { reason } = c.req.valid('json');
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('return_vek', { kind: 'vek', id }, { reason }));
        await returnPart(tx, records, { vekId: id, agencyId, reason, by: caller.actor, at: Date.now() });
      });
      await veks.reload([id]);
      return c.body(null, 204);
    },
  );
}
