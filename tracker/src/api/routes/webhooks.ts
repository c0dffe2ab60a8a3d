/** Webhooks: where the feed is pushed to, by each agency for itself. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { cursorAt } from '../../feed/event.js';
import { SubjectsSchema, TypesSchema } from '../../feed/event-filter.js';
import { CursorGone } from '../../feed/feed.js';
import { MAX_WEBHOOKS, readWebhooks, WebhookRefusal } from '../../webhooks/index.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';
import { readCursor } from './feed.js';

/** A receiver is told of its new secret by a person. */
const DEFAULT_OVERLAP_S = 86_400;
const MAX_OVERLAP_S = 30 * 86_400;

const NewWebhookSchema = z
  .object({
    id: z.uuid(),
    url: z
      .url({ protocol: /^https?$/, abort: true })
      .max(2000)
      .refine((url) => new URL(url).username === '' && new URL(url).password === '', 'holds a name or a password'),
    types: TypesSchema.default([]),
    subjects: SubjectsSchema.default([]),
    after: z
      .string()
      .max(64)
      .optional()
      .openapi({ description: 'A cursor, as of the snapshot the receiver starts with; without it: from now on' }),
  })
  .openapi('NewWebhook');

const WebhookSchema = z
  .object({
    id: z.uuid(),
    url: z.string(),
    types: z.array(z.string()),
    subjects: z.array(z.string()),
    cursor: z.string().openapi({ description: 'All up to it was accepted' }),
    behind: z.number().int().openapi({ description: 'Positions of the feed after the cursor, whosever they are' }),
    parked: z
      .object({ code: z.string(), at: z.number() })
      .nullable()
      .openapi({ description: 'Why nothing is sent until it is resumed' }),
    failures: z.number().int().nullable().openapi({ description: 'In a row; null: another node sends' }),
    lastFailure: z.string().nullable(),
    previousSecretUntil: z.number().nullable(),
    createdAt: z.number(),
  })
  .openapi('Webhook');

const IdParam = z.object({ id: z.uuid() });
const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: { 'application/json': { schema } } });

export function webhookRoutes(operations: Operations, { database, feed, webhooks, webhookSender }: Core): void {
  /** @throws ApiError 404 `webhook_unknown`: another agency's is not told of */
  async function mustOwn(caller: Caller, id: string): Promise<void> {
    const own = caller.agencies();
    const webhook = (await readWebhooks(database, [id]))[0];
    if (webhook === undefined || !own.includes(webhook.agencyId))
      throw new WebhookRefusal('webhook_unknown', `no webhook ${id}`);
  }

  /** @throws ApiError 400 `cursor_malformed`, 410 `cursor_gone` */
  async function keptPosition(cursor: string): Promise<number> {
    const position = readCursor(cursor);
    try {
      await feed.read(position, 1, null);
    } catch (error) {
      if (error instanceof CursorGone) throw new ApiError(410, 'cursor_gone', error.message);
      throw error;
    }
    return position;
  }

  operations.add(
    'getWebhooks',
    {
      method: 'get',
      path: '/api/v1/webhooks',
      responses: { 200: json(z.object({ webhooks: z.array(WebhookSchema) }), 'The agency’s webhooks') },
    },
    async (c) => {
      const own = c.get('caller').agencies();
      const head = await feed.head();
      const all = (await readWebhooks(database, null)).filter(({ agencyId }) => own.includes(agencyId));
      const answer = all.map(({ id, url, filter, position, parked, previous, createdAt }) => {
        const sending = webhookSender.stateOf(id);
        const reached = Math.max(position, sending?.position ?? 0);
        return {
          id,
          url,
          types: [...filter.types],
          subjects: [...filter.subjects],
          cursor: cursorAt(reached),
          behind: Math.max(0, head.position - reached),
          parked,
          failures: sending?.failures ?? null,
          lastFailure: sending?.lastFailure ?? null,
          previousSecretUntil: previous?.until ?? null,
          createdAt,
        };
      });
      return c.json({ webhooks: answer }, 200);
    },
  );

  operations.add(
    'createWebhook',
    {
      method: 'post',
      path: '/api/v1/webhooks',
      description: `Posts the agency’s events to a URL from now on, in order, each batch after the one before was answered with 2xx. Answers with the secret that signs them, this once. At most ${MAX_WEBHOOKS} an agency.`,
      request: { body: body(NewWebhookSchema) },
      responses: {
        201: json(z.object({ id: z.uuid(), secret: z.string() }), 'Set up'),
        409: { description: '`already_exists`, `id_taken`, `too_many_webhooks`' },
      },
    },
    async (c) => {
      const { id, url, types, subjects, after } = c.req.valid('json');
      const caller = c.get('caller');
      const [agencyId] = caller.agencies();
      const position = after === undefined ? (await feed.head()).position : await keptPosition(after);
      const webhook = { id, agencyId: agencyId!, url, filter: { types, subjects }, position };
      const secret = await webhooks.create(caller.changes, webhook, caller.principal.subject, caller.auditEntry);
      return c.json({ id, secret }, 201);
    },
  );

  operations.add(
    'resumeWebhook',
    {
      method: 'post',
      path: '/api/v1/webhooks/{id}/resume',
      description: 'Sends again what was parked, or, with `after`, all from a cursor on once more.',
      request: { params: IdParam, body: body(z.object({ after: z.string().max(64).optional() }).openapi('Resume')) },
      responses: {
        204: { description: 'It goes on' },
        404: { description: '`webhook_unknown`' },
        410: { description: '`cursor_gone`' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const { after } = c.req.valid('json');
      const caller = c.get('caller');
      await mustOwn(caller, id);
      await webhooks.resume(
        caller.changes,
        id,
        after === undefined ? null : await keptPosition(after),
        caller.auditEntry,
      );
      return c.body(null, 204);
    },
  );

  operations.add(
    'rotateWebhookSecret',
    {
      method: 'post',
      path: '/api/v1/webhooks/{id}/secret',
      description: 'Answers with a new secret, this once. The old one signs beside it for so many seconds.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({ overlapS: z.number().int().min(0).max(MAX_OVERLAP_S).default(DEFAULT_OVERLAP_S) })
            .openapi('SecretRotation'),
        ),
      },
      responses: {
        201: json(z.object({ secret: z.string(), previousUntil: z.number() }), 'The new secret'),
        404: { description: '`webhook_unknown`' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await mustOwn(caller, id);
      return c.json(
        await webhooks.rotateSecret(caller.changes, id, c.req.valid('json').overlapS, caller.auditEntry),
        201,
      );
    },
  );

  operations.add(
    'removeWebhook',
    {
      method: 'delete',
      path: '/api/v1/webhooks/{id}',
      request: { params: IdParam },
      responses: { 204: { description: 'Nothing is sent any more' }, 404: { description: '`webhook_unknown`' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      await mustOwn(caller, id);
      await webhooks.remove(caller.changes, id, caller.auditEntry);
      return c.body(null, 204);
    },
  );
}
