/** Crews' calls for help: which are open, and who has seen to them. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { numberInUrl } from '../../number-in-url.js';
import { acknowledgeAlarm, alarmOwner, readAlarms } from '../../veks/alarms.js';
import { json, type Operations } from '../operation.js';

const MAX_ALARMS = 1000;

const AlarmSchema = z
  .object({
    id: z.uuid(),
    agencyId: z.uuid(),
    unitId: z.uuid().nullable().openapi({ description: 'Null: the device belonged to no unit' }),
    deviceId: z.uuid(),
    at: z.number().openapi({ description: 'By the device’s clock' }),
    receivedAt: z.number(),
    late: z.boolean().openapi({ description: 'It was more than a minute on its way' }),
    place: z
      .object({
        lon: z.number(),
        lat: z.number(),
        at: z.number(),
        source: z.string().openapi({ description: '`device`: of the call; `last_fix`: where the unit was last' }),
      })
      .nullable(),
    text: z.string(),
    repeats: z.number().int(),
    acknowledged: z.object({ at: z.number(), by: z.string() }).nullable(),
    version: z.number().int(),
  })
  .openapi('Alarm');

export function alarmRoutes(operations: Operations, { database }: Core): void {
  operations.add(
    'getAlarms',
    {
      method: 'get',
      path: '/api/v1/alarms',
      description:
        'Calls for help, newest first. Events: lv.vanags.unit.sos.v1 when one is raised, lv.vanags.alarm.repeated.v1 again and again until lv.vanags.alarm.acknowledged.v1.',
      request: {
        query: z.object({
          which: z.enum(['open', 'all']).default('open'),
          limit: numberInUrl(z.number().int().min(1).max(MAX_ALARMS)).default(200),
        }),
      },
      responses: { 200: json(z.object({ at: z.number(), alarms: z.array(AlarmSchema) }), 'Alarms') },
    },
    async (c) => {
      const { which, limit } = c.req.valid('query');
      return c.json(
        { at: Date.now(), alarms: await readAlarms(database, c.get('caller').agencies(), which, limit) },
        200,
      );
    },
  );

  operations.add(
    'acknowledgeAlarm',
    {
      method: 'post',
      path: '/api/v1/alarms/{id}/acknowledge',
      description: 'Says that a person has seen it: it is repeated no longer. Repeated, it changes nothing.',
      request: { params: z.object({ id: z.uuid() }) },
      responses: { 204: { description: 'Acknowledged, now or before' }, 404: { description: '`alarm_unknown`' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const { agencyId } = await alarmOwner(database, id);
      caller.mustReach(agencyId);
      const { subject } = caller.principal;
      await caller.changes.change([id], async (tx, records) => {
        records.audit(caller.auditEntry('acknowledge_alarm', { kind: 'alarm', id }, {}, agencyId));
        await acknowledgeAlarm(tx, records, { id, by: subject, at: Date.now() });
      });
      return c.body(null, 204);
    },
  );
}
