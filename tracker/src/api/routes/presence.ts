/** Who is at a VEK. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { sqlStatements } from '../../store/sql-file.js';
import { PRESENCE_TTL_MS } from '../../veks/presence.js';
import { json, type Operations } from '../operation.js';
import { VekReach } from './vek-reach.js';

const sql = sqlStatements('../../veks/opened.sql', import.meta.url, ['open']);

const IdParam = z.object({ id: z.uuid() });
const PresentSchema = z
  .object({
    subject: z.string(),
    name: z.string(),
    agencyId: z.uuid(),
    mode: z.enum(['viewing', 'editing']),
    since: z.number(),
  })
  .openapi('Present');
const PresenceAnswer = z.object({ present: z.array(PresentSchema), renewWithinMs: z.number() });

export function presenceRoutes(operations: Operations, core: Core): void {
  const { presence } = core;
  const reach = new VekReach(core);

  operations.add(
    'putPresence',
    {
      method: 'put',
      path: '/api/v1/veks/{id}/presence',
      description:
        'Says that the caller looks at the VEK or edits it; answers with everybody who does. Said again before it runs out. Other desks hear of it at once over their sockets (`presence`).',
      request: {
        params: IdParam,
        body: {
          required: true,
          content: {
            'application/json': { schema: z.object({ mode: z.enum(['viewing', 'editing']) }).openapi('Presence') },
          },
        },
      },
      responses: { 200: json(PresenceAnswer, 'Who is there'), 404: { description: 'None here' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const parties = await reach.mustBeParty(caller, id);
      const { subject, name, agency } = caller.principal;
      const person = { subject, name, agencyId: agency.id, mode: c.req.valid('json').mode };
      if (presence.put(id, parties, person, Date.now())) {
        await caller.changes.change([id], async (tx, records) => {
          const { rowCount } = await tx.query(sql.open, [id, agency.id, subject]);
          if (rowCount > 0) records.audit(caller.auditEntry('open_vek', { kind: 'vek', id }));
        });
      }
      return c.json({ present: [...presence.of(id)], renewWithinMs: PRESENCE_TTL_MS }, 200);
    },
  );

  operations.add(
    'endPresence',
    {
      method: 'delete',
      path: '/api/v1/veks/{id}/presence',
      description: 'Says that the caller has left the VEK.',
      request: { params: IdParam },
      responses: { 204: { description: 'Noted' }, 404: { description: 'None here' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      presence.leave(id, caller.principal.subject);
      return c.body(null, 204);
    },
  );
}
