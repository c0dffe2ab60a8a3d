/** What happened on a card, and what people wrote on it. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { numberInUrl } from '../../number-in-url.js';
import { text } from '../../stored-text.js';
import { addComment, readComments, readHistory } from '../../veks/vek-journal.js';
import { json, type Operations } from '../operation.js';
import type { ReadLog } from '../read-log.js';
import { VekReach } from './vek-reach.js';
import { body, IdParam } from './vek-schema.js';

const MAX_LINES = 1000;

const CommentSchema = z
  .object({
    id: z.uuid(),
    vekId: z.uuid().openapi({ description: 'The card it was written on: this one, or one that was merged into it' }),
    agencyId: z.uuid(),
    by: z.string(),
    text: z.string(),
    at: z.number(),
  })
  .openapi('VekComment');

const HistorySchema = z
  .object({
    seq: z.number().int(),
    vekId: z.uuid().openapi({ description: 'The card it happened on: this one, or one that was merged into it' }),
    version: z.number().int().openapi({ description: 'Of that card, after it' }),
    what: z.string(),
    agencyId: z.uuid().nullable().openapi({ description: 'Whose person or crew did it; null: the machine' }),
    by: z.string(),
    changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
    detail: z.record(z.string(), z.unknown()),
    at: z.number().openapi({ description: 'When it happened' }),
    recordedAt: z.number(),
  })
  .openapi('VekHistoryLine');

export function vekJournalRoutes(operations: Operations, core: Core, reads: ReadLog): void {
  const { database } = core;
  const reach = new VekReach(core);

  operations.add(
    'getVekHistory',
    {
      method: 'get',
      path: '/api/v1/veks/{id}/history',
      description:
        'What happened on a card and on those that were merged into it, in the order in which it was written: who, of which agency, what, from what to what, when. Audited as reading the card.',
      request: {
        params: IdParam,
        query: z.object({
          after: numberInUrl(z.number().int().min(0))
            .default(0)
            .openapi({ description: '`seq` of the last line known' }),
          limit: numberInUrl(z.number().int().min(1).max(MAX_LINES)).default(MAX_LINES),
        }),
      },
      responses: {
        200: json(z.object({ history: z.array(HistorySchema) }), 'Lines'),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const { after, limit } = c.req.valid('query');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      await reads.note(caller, 'read_vek', { kind: 'vek', id });
      const lines = await readHistory(database, id, after, limit);
      return c.json({ history: lines.map((line) => ({ ...line, changes: [...line.changes] })) }, 200);
    },
  );

  operations.add(
    'getVekComments',
    {
      method: 'get',
      path: '/api/v1/veks/{id}/comments',
      description: 'On a card and on those that were merged into it, oldest first. Audited as reading the card.',
      request: { params: IdParam },
      responses: {
        200: json(z.object({ comments: z.array(CommentSchema) }), 'Comments'),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, id);
      await reads.note(caller, 'read_vek', { kind: 'vek', id });
      return c.json({ comments: await readComments(database, id) }, 200);
    },
  );

  operations.add(
    'addVekComment',
    {
      method: 'post',
      path: '/api/v1/veks/{id}/comments',
      description: 'Writes on a card, whatever its status. The id is made by the sender; repeated, it changes nothing.',
      request: {
        params: IdParam,
        body: body(z.object({ id: z.uuid(), text: text(4000).min(1) }).openapi('NewVekComment')),
      },
      responses: {
        200: json(z.object({ id: z.uuid() }), 'It was there already'),
        201: json(z.object({ id: z.uuid() }), 'Written'),
      },
    },
    async (c) => {
      const { id: vekId } = c.req.valid('param');
      const caller = c.get('caller');
      await reach.mustBeParty(caller, vekId);
      const { id, text } = c.req.valid('json');
      const { repeated } = await caller.changes.change([vekId], async (tx, records) => {
        records.audit(caller.auditEntry('comment_vek', { kind: 'vek', id: vekId }, { commentId: id }));
        return addComment(tx, records, { id, vekId, text, by: caller.actor, at: Date.now() });
      });
      return c.json({ id }, repeated ? 200 : 201);
    },
  );
}
