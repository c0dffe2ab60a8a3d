/** What desks tell crews, besides where to go: messages, and how often to report. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { numberInUrl } from '../../number-in-url.js';
import { text } from '../../stored-text.js';
import { setReportInterval } from '../../units/report-interval.js';
import { conversation, sendCrewMessage } from '../../veks/crew-messages.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

const MAX_LINES = 500;
const IdParam = z.object({ id: z.uuid() });

const LineSchema = z
  .object({
    id: z.uuid().nullable().openapi({ description: 'Of what a desk wrote' }),
    writer: z.enum(['desk', 'crew']),
    name: z.string(),
    text: z.string(),
    at: z.number(),
    receivedAt: z.number(),
    readAt: z.number().nullable().openapi({ description: 'When the crew said that it has read it' }),
  })
  .openapi('CrewMessage');

export function crewRoutes(operations: Operations, { database, directory }: Core): void {
  const commanded = (caller: Caller, id: string) => {
    const unit = directory.units.get(id);
    if (unit === undefined) throw new ApiError(404, 'not_found', `no unit ${id}`);
    caller.mustReach(unit.agencyId);
    return unit;
  };

  operations.add(
    'getCrewMessages',
    {
      method: 'get',
      path: '/api/v1/units/{id}/messages',
      description: 'What desks and the unit’s crew wrote to each other, newest first.',
      request: {
        params: IdParam,
        query: z.object({ limit: numberInUrl(z.number().int().min(1).max(MAX_LINES)).default(100) }),
      },
      responses: { 200: json(z.object({ messages: z.array(LineSchema) }), 'Messages') },
    },
    async (c) => {
      const unit = commanded(c.get('caller'), c.req.valid('param').id);
      return c.json({ messages: await conversation(database, unit.id, c.req.valid('query').limit) }, 200);
    },
  );

  operations.add(
    'sendCrewMessage',
    {
      method: 'post',
      path: '/api/v1/units/{id}/messages',
      description:
        'Writes to the unit’s crew. Sent until one of its devices says that it was read, for a day at most. The id is made by the sender, so that a repeated request writes once. Events: lv.vanags.crew_message.sent.v1, lv.vanags.crew_message.read.v1.',
      request: {
        params: IdParam,
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  id: z.uuid(),
                  text: text(4000).min(1),
                })
                .openapi('NewCrewMessage'),
            },
          },
        },
      },
      responses: {
        200: json(z.object({ id: z.uuid() }), 'It was written already'),
        201: json(z.object({ id: z.uuid() }), 'Written'),
        409: { description: '`id_taken`' },
      },
    },
    async (c) => {
      const caller = c.get('caller');
      const unit = commanded(caller, c.req.valid('param').id);
      const { id, text } = c.req.valid('json');
      const { agency, subject } = caller.principal;
      const { repeated } = await caller.changes.change([unit.id, id], async (tx, records) => {
        const entry = caller.auditEntry(
          'send_crew_message',
          { kind: 'unit', id: unit.id },
          { messageId: id },
          unit.agencyId,
        );
        records.audit(entry);
        const message = { id, unitId: unit.id, agencyId: unit.agencyId, by: subject, from: agency.code, text };
        return sendCrewMessage(tx, records, { ...message, at: Date.now() });
      });
      return c.json({ id }, repeated ? 200 : 201);
    },
  );

  operations.add(
    'setReportInterval',
    {
      method: 'put',
      path: '/api/v1/units/{id}/report-interval',
      description:
        'Sets how often the unit’s devices report. Those that are connected are told at once, the others when they connect.',
      request: {
        params: IdParam,
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z.object({ seconds: z.number().int().min(1).max(3600) }).openapi('ReportInterval'),
            },
          },
        },
      },
      responses: { 200: json(z.object({ devices: z.number().int() }), 'How many devices report otherwise now') },
    },
    async (c) => {
      const caller = c.get('caller');
      const unit = commanded(caller, c.req.valid('param').id);
      const { seconds } = c.req.valid('json');
      const deviceIds = [...directory.devicesOf(unit.id)].map(({ id }) => id);
      const changed = await caller.changes.change(deviceIds, async (tx, records) => {
        records.audit(
          caller.auditEntry('set_report_interval', { kind: 'unit', id: unit.id }, { seconds }, unit.agencyId),
        );
        return setReportInterval(tx, records, deviceIds, seconds, Date.now());
      });
      await directory.reloadDevices(changed);
      return c.json({ devices: changed.length }, 200);
    },
  );
}
