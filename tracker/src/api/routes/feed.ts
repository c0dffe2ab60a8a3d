/** The feed over HTTP, and the audit log. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { cloudEvent, cursorAt, positionOf } from '../../feed/event.js';
import { CursorGone } from '../../feed/feed.js';
import { feedSql as sql } from '../../feed/feed-sql.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

const MAX_EVENTS = 1000;
const MAX_WAIT_S = 30;

const CloudEventSchema = z
  .object({
    specversion: z.literal('1.0'),
    id: z.uuid(),
    source: z.string(),
    type: z.string(),
    subject: z.string(),
    time: z.string(),
    datacontenttype: z.literal('application/json'),
    data: z.record(z.string(), z.unknown()),
    cursor: z.string(),
    aggregateversion: z.number().int(),
  })
  .openapi('CloudEvent');

export function feedRoutes(operations: Operations, { feed, database }: Core): void {
  operations.add(
    'getFeed',
    {
      method: 'get',
      path: '/api/v1/feed',
      description:
        'Events that concern the caller’s agency, and those of agencies it may see but for their VEKs, in order, each once from a cursor on. Without `after`: from the oldest kept; `after=now`: none, but a cursor. With `wait` the answer is held until there is an event.',
      request: {
        query: z.object({
          after: z.string().max(64).optional(),
          limit: z.coerce.number().int().min(1).max(MAX_EVENTS).default(100),
          wait: z.coerce.number().min(0).max(MAX_WAIT_S).default(0).openapi({ description: 'Seconds' }),
        }),
      },
      responses: {
        200: json(z.object({ events: z.array(CloudEventSchema), cursor: z.string() }), 'Events; go on from the cursor'),
        410: { description: 'The cursor is older than what is kept: start from a snapshot' },
      },
    },
    async (c) => {
      const { after, limit, wait } = c.req.valid('query');
      const caller = c.get('caller');
      caller.agencies(); // and again before each read: a grant may end while the poll waits
      const head = await feed.head();
      if (after === 'now') return c.json({ events: [], cursor: cursorAt(head.position) }, 200);
      let position = after === undefined ? head.floor : positionOf(after);
      if (position === undefined) throw new ApiError(400, 'cursor_malformed', 'not a cursor of this feed');
      const until = Date.now() + wait * 1000;
      for (;;) {
        const arrival = feed.nextEvents(Math.max(0, until - Date.now()), c.req.raw.signal);
        try {
          const { events, seenUpTo } = await feed.read(position, limit, {
            own: caller.principal.agency.id,
            seen: caller.agencies(),
          });
          position = seenUpTo;
          if (events.length > 0 || Date.now() >= until || c.req.raw.signal.aborted) {
            return c.json({ events: events.map(cloudEvent), cursor: cursorAt(position) }, 200);
          }
        } catch (error) {
          if (error instanceof CursorGone) throw new ApiError(410, 'cursor_gone', error.message);
          throw error;
        }
        await arrival;
      }
    },
  );

  operations.add(
    'getAudit',
    {
      method: 'get',
      path: '/api/v1/audit',
      description: 'The agency’s audit entries by position, with the hash that chains them.',
      request: {
        query: z.object({
          after: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(MAX_EVENTS).default(100),
        }),
      },
      responses: {
        200: json(
          z.object({ entries: z.array(z.object({ position: z.number(), action: z.string() }).loose()) }),
          'Entries',
        ),
      },
    },
    async (c) => {
      const { after, limit } = c.req.valid('query');
      const { rows } = await database.query<{ position: number; action: string }>(sql.read_audit, [
        after,
        limit,
        c.get('caller').agencies(),
      ]);
      return c.json({ entries: rows }, 200);
    },
  );
}
