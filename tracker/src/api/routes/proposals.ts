/** What would be better, as it seems: shown to a dispatcher, who confirms or dismisses it. Nothing of it happens by itself. */
import { z } from '@hono/zod-openapi';
import { sentBy } from '../../../../geo-engine/src/index.js';
import type { Core } from '../../core.js';
import {
  calledOffBy,
  confirmProposal,
  dismissProposal,
  openProposals,
  proposalById,
  type StoredProposal,
} from '../../dispatch/proposals.js';
import { text } from '../../stored-text.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

const MAX_REASON_CHARS = 500;

const ProposalShown = z
  .object({
    id: z.uuid(),
    kind: z.enum(['send', 'swap', 'preempt']),
    vekId: z.uuid(),
    fromVekId: z.uuid().nullable().openapi({ description: 'The VEK that a unit would be taken from' }),
    sendUnitIds: z.array(z.uuid()),
    releaseUnitIds: z.array(z.uuid()),
    replacementUnitIds: z.array(z.uuid()).openapi({ description: 'Who would go where a unit is taken from' }),
    gainMs: z.number().nullable(),
    addedMs: z.number().nullable().openapi({ description: 'How much longer the bumped VEK would wait' }),
    shortBefore: z.number().nullable().openapi({ description: 'Share of the must lines that is short' }),
    shortAfter: z.number().nullable(),
    madeAt: z.number(),
    version: z.number().int(),
  })
  .openapi('Proposal');

const IdParam = z.object({ id: z.uuid() });

function shown({ id, vekId, fromVekId, body, madeAt, version }: StoredProposal): z.infer<typeof ProposalShown> {
  const sent = sentBy(body);
  return {
    id,
    kind: body.kind,
    vekId,
    fromVekId,
    sendUnitIds: sent.filter((one) => one.vekId === vekId).map(({ unitId }) => unitId),
    releaseUnitIds: body.kind === 'swap' ? [body.releaseUnitId] : [],
    replacementUnitIds: body.kind === 'preempt' ? [...body.replacementUnitIds] : [],
    gainMs: body.kind === 'send' ? null : body.gainMs,
    addedMs: body.kind === 'preempt' ? body.addedMs : null,
    shortBefore: body.kind === 'send' ? body.shortBefore : null,
    shortAfter: body.kind === 'send' ? body.shortAfter : null,
    madeAt,
    version,
  };
}

export function proposalRoutes(operations: Operations, { database, directory, dispatch: { veks } }: Core): void {
  function mustBeParty(caller: Caller, vekId: string): void {
    caller.mustBeParty(veks.get(vekId)?.parties, 'VEK');
  }

  operations.add(
    'getProposals',
    {
      method: 'get',
      path: '/api/v1/proposals',
      description:
        'Open proposals for VEKs that the agency owns or has a part in, or that would take a unit from one, oldest first. Events: lv.vanags.proposal.made.v1, .changed.v1, .withdrawn.v1, .confirmed.v1, .dismissed.v1.',
      responses: { 200: json(z.object({ proposals: z.array(ProposalShown) }), 'Proposals') },
    },
    async (c) => c.json({ proposals: (await openProposals(database, c.get('caller').agencies())).map(shown) }, 200),
  );

  operations.add(
    'confirmProposal',
    {
      method: 'post',
      path: '/api/v1/proposals/{id}/confirm',
      description:
        'Carries a proposal out, all of it or nothing: 409 `proposal_over` when things have changed since it was made.',
      request: { params: IdParam },
      responses: {
        200: json(
          z.object({ assignments: z.array(z.object({ id: z.uuid(), vekId: z.uuid(), unitId: z.uuid() })) }),
          'Carried out',
        ),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const { body, vekId, fromVekId } = await proposalById(database, id);
      const calledOff = calledOffBy(body);
      const unitIds = [
        ...new Set([...sentBy(body), ...(calledOff === undefined ? [] : [calledOff])].map((one) => one.unitId)),
      ];
      for (const unitId of unitIds) {
        const unit = directory.units.get(unitId);
        if (unit === undefined) throw new ApiError(404, 'not_found', `no unit ${unitId}`);
        caller.mustReach(unit.agencyId);
      }
      const vekIds = fromVekId === null ? [vekId] : [vekId, fromVekId];
      for (const one of vekIds) mustBeParty(caller, one);
      const assignments = await caller.changes.change([...vekIds, ...unitIds], async (tx, records) => {
        records.audit(caller.auditEntry('confirm_proposal', { kind: 'proposal', id }, { kind: body.kind, vekId }));
        return confirmProposal(tx, records, id, { by: caller.actor, at: Date.now() });
      });
      await Promise.all([directory.reloadUnits(unitIds), veks.reload(vekIds)]);
      return c.json({ assignments }, 200);
    },
  );

  operations.add(
    'dismissProposal',
    {
      method: 'post',
      path: '/api/v1/proposals/{id}/dismiss',
      description: 'Says that a proposal is not wanted, and why. The same is not proposed again for a while.',
      request: {
        params: IdParam,
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  reason: text(MAX_REASON_CHARS).trim().min(1),
                })
                .openapi('DismissProposal'),
            },
          },
        },
      },
      responses: { 204: { description: 'Noted' }, 404: { description: 'None here' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const { reason } = c.req.valid('json');
      const caller = c.get('caller');
      const proposal = await proposalById(database, id);
      mustBeParty(caller, proposal.vekId);
      const { subject } = caller.principal;
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('dismiss_proposal', { kind: 'proposal', id }, { reason }));
        return dismissProposal(tx, records, proposal, { by: subject, reason, at: Date.now() });
      });
      return c.body(null, 204);
    },
  );
}
