/** What agencies set for the choice of units: their rules, and what their units carry. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { PolicySchema, setPolicy } from '../../dispatch/policies.js';
import { setEquipment } from '../../units/equipment.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';
import { reachedAgency } from './agency-reach.js';

const MAX_KINDS_ON_BOARD = 200;
const DispatchPolicySchema = PolicySchema.openapi('DispatchPolicy');

const OfAgency = z.object({ code: z.string().openapi({ description: 'Of the agency' }) });

export function dispatchSettingRoutes(operations: Operations, { directory, dispatch: { policies } }: Core): void {
  operations.add(
    'getDispatchPolicy',
    {
      method: 'get',
      path: '/api/v1/agencies/{code}/dispatch-policy',
      description: 'The rules by which units are chosen for the agency’s desks.',
      request: { params: OfAgency },
      responses: { 200: json(DispatchPolicySchema, 'The settings in force') },
    },
    (c) => {
      return c.json(policies.of(reachedAgency(c.get('caller'), directory, c.req.valid('param').code)), 200);
    },
  );

  operations.add(
    'setDispatchPolicy',
    {
      method: 'put',
      path: '/api/v1/agencies/{code}/dispatch-policy',
      description: 'Sets the rules anew; what is left out is as by default.',
      request: {
        params: OfAgency,
        body: { required: true, content: { 'application/json': { schema: DispatchPolicySchema } } },
      },
      responses: { 200: json(DispatchPolicySchema, 'The settings in force') },
    },
    async (c) => {
      const caller = c.get('caller');
      const { subject } = caller.principal;
      const agencyId = reachedAgency(caller, directory, c.req.valid('param').code);
      const policy = c.req.valid('json');
      await caller.changes.change([agencyId], async (tx, records) => {
        records.audit(
          caller.auditEntry('set_dispatch_policy', { kind: 'dispatch_policy', id: agencyId }, policy, agencyId),
        );
        await setPolicy(tx, records, agencyId, policy, subject, Date.now());
      });
      await policies.reload([agencyId]);
      return c.json(policies.of(agencyId), 200);
    },
  );

  operations.add(
    'setUnitEquipment',
    {
      method: 'put',
      path: '/api/v1/units/{id}/equipment',
      description:
        'What a unit carries, in the place of what it carried before; in pieces, litres or metres as the code counts.',
      request: {
        params: z.object({ id: z.uuid() }),
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  equipment: z
                    .record(z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,79}$/u), z.number().positive())
                    .refine(
                      (codes) => Object.keys(codes).length <= MAX_KINDS_ON_BOARD,
                      `at most ${MAX_KINDS_ON_BOARD}`,
                    ),
                })
                .openapi('UnitEquipment'),
            },
          },
        },
      },
      responses: { 204: { description: 'Noted' }, 404: { description: 'No such unit' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const unit = directory.units.get(id);
      if (unit === undefined) throw new ApiError(404, 'not_found', `no unit ${id}`);
      caller.mustReach(unit.agencyId);
      const { equipment } = c.req.valid('json');
      await caller.changes.change([id], (tx, records) => {
        records.audit(caller.auditEntry('set_equipment', { kind: 'unit', id }, { equipment }, unit.agencyId));
        return setEquipment(tx, records, unit, equipment, Date.now());
      });
      await directory.reloadUnits([id]);
      return c.body(null, 204);
    },
  );
}
