/** Positions of units entered by hand. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { instant } from '../../stored-instant.js';
import { text } from '../../stored-text.js';
import { enterPosition } from '../../units/position-by-hand.js';
import { timeEntered } from '../entered-time.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

export function positionRoutes(operations: Operations, { directory, positionsByHand }: Core): void {
  operations.add(
    'enterUnitPosition',
    {
      method: 'put',
      path: '/api/v1/units/{id}/position',
      description:
        'Enters where a unit is, as told over the radio, say. It is shown as entered by hand and as old as `at` says, until a device of the unit sends a newer fix; it never takes the place of a newer fix or of one that is still fresh.',
      request: {
        params: z.object({ id: z.uuid() }),
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  lon: z.number().min(-180).max(180),
                  lat: z.number().min(-90).max(90),
                  at: instant.optional().openapi({ description: 'When it was there' }),
                  note: text(200).nullish(),
                })
                .openapi('PositionByHand'),
            },
          },
        },
      },
      responses: {
        200: json(
          z.object({
            shown: z
              .boolean()
              .openapi({ description: 'False: it is kept, and a device says better where the unit is' }),
          }),
          'Kept',
        ),
        404: { description: 'No such unit' },
        422: { description: '`time_ahead`' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const { lon, lat, note = null, ...given } = c.req.valid('json');
      const caller = c.get('caller');
      const unit = directory.units.get(id);
      if (unit === undefined) throw new ApiError(404, 'not_found', `no unit ${id}`);
      caller.mustReach(unit.agencyId);
      const enteredAt = Date.now();
      const position = {
        unitId: id,
        lonE7: Math.round(lon * 1e7),
        latE7: Math.round(lat * 1e7),
        at: timeEntered(given.at, enteredAt),
        enteredAt,
      };
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('enter_unit_position', { kind: 'unit', id }, {}, unit.agencyId));
        await enterPosition(tx, records, unit, position, caller.principal.subject, note);
      });
      return c.json({ shown: positionsByHand.show(position) }, 200);
    },
  );
}
