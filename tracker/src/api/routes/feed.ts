/** The feed over HTTP: events, cursors kept for consumers, the snapshot to start over from, and what AsyncAPI says of it all. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { asyncApi } from '../../feed/async-api.js';
import { CloudEventSchema, CONSUMER_NAME, cloudEvent, cursorAt, positionOf, SNAPSHOT_PATH } from '../../feed/event.js';
import { type EventFilter, SubjectsSchema, TypesSchema } from '../../feed/event-filter.js';
import { CursorGone, type FeedReader } from '../../feed/feed.js';
import { SNAPSHOT_KINDS, takeSnapshot } from '../../feed/snapshot.js';
import { numberInUrl } from '../../number-in-url.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

const MAX_EVENTS = 1000;
const MAX_WAIT_S = 30;

/** A list in a query: terms with commas between. */
const listed = (schema: z.ZodType<string[], string[]>) =>
  z
    .string()
    .max(4000)
    .optional()
    .transform((text) => (text === undefined || text === '' ? [] : text.split(',')))
    .pipe(schema);
const filters = {
  types: listed(TypesSchema).openapi({
    type: 'string',
    description: 'Only these types, with commas between: full names, or prefixes that end in `.*`',
  }),
  subjects: listed(SubjectsSchema).openapi({
    type: 'string',
    description: 'Only about these, with commas between: kinds of aggregates (`vek`), or one of them (`vek/ID`)',
  }),
};
const consumer = z
  .string()
  .regex(CONSUMER_NAME)
  .openapi({ description: 'The consumer’s own name within its agency: 1 to 64 of a-z 0-9 _ . -' });
const ConsumerParam = z.object({ consumer });
const CursorBody = z.object({ cursor: z.string().max(64) });

/** The position of a cursor that somebody sent. @throws ApiError 400 `cursor_malformed` */
export function readCursor(cursor: string): number {
  const position = positionOf(cursor);
  if (position === undefined) throw new ApiError(400, 'cursor_malformed', 'not a cursor of this feed');
  return position;
}

export function feedRoutes(operations: Operations, { feed, database }: Core, version: string): void {
  const EventSchema = CloudEventSchema.openapi('CloudEvent');
  const readerOf = (caller: Caller, filter: EventFilter): FeedReader => ({
    own: caller.principal.agency.id,
    seen: caller.agencies(),
    filter,
  });

  operations.add(
    'getFeed',
    {
      method: 'get',
      path: '/api/v1/feed',
      description:
        'Events that concern the caller’s agency, and those of agencies it may see but for their VEKs, in order, each once from a cursor on. Without `after`: from where the consumer’s cursor is kept, else from the oldest kept; `after=now`: none, but a cursor. With `wait` the answer is held until there is an event.',
      request: {
        query: z.object({
          after: z.string().max(64).optional(),
          consumer: consumer.optional(),
          limit: numberInUrl(z.number().int().min(1).max(MAX_EVENTS)).default(100),
          wait: numberInUrl(z.number().min(0).max(MAX_WAIT_S)).default(0).openapi({ description: 'Seconds' }),
          ...filters,
        }),
      },
      responses: {
        200: json(z.object({ events: z.array(EventSchema), cursor: z.string() }), 'Events; go on from the cursor'),
        410: { description: 'The cursor is older than what is kept: start over from the `snapshot` that it names' },
      },
    },
    async (c) => {
      const { after, limit, wait, consumer, types, subjects } = c.req.valid('query');
      const caller = c.get('caller');
      caller.agencies(); // and again before each read: a grant may end while the poll waits
      const head = await feed.head();
      if (after === 'now') return c.json({ events: [], cursor: cursorAt(head.position) }, 200);
      const kept =
        after === undefined && consumer !== undefined
          ? await feed.cursorOf(consumer, caller.principal.agency.id)
          : undefined;
      let position = after === undefined ? (kept ?? head.floor) : readCursor(after);
      const until = Date.now() + wait * 1000;
      for (;;) {
        const arrival = feed.nextEvents(Math.max(0, until - Date.now()), c.req.raw.signal);
        try {
          const { events, seenUpTo } = await feed.read(position, limit, readerOf(caller, { types, subjects }));
          position = seenUpTo;
          if (events.length > 0 || Date.now() >= until || c.req.raw.signal.aborted) {
            return c.json({ events: events.map(cloudEvent), cursor: cursorAt(position) }, 200);
          }
        } catch (error) {
          if (error instanceof CursorGone)
            throw new ApiError(410, 'cursor_gone', error.message, { snapshot: SNAPSHOT_PATH });
          throw error;
        }
        await arrival;
      }
    },
  );

  operations.add(
    'getFeedSnapshot',
    {
      method: 'get',
      path: SNAPSHOT_PATH,
      description: `What is open now, for a consumer that starts, or starts over: the state of every aggregate of the kinds ${SNAPSHOT_KINDS.join(', ')} that the caller’s agency may read events of, and a cursor of the same instant. Go on with the feed from that cursor; an event whose \`aggregateversion\` is not above the item’s \`version\` is in the snapshot already.`,
      request: { query: z.object({ subjects: filters.subjects }) },
      responses: {
        200: json(
          z.object({
            cursor: z.string(),
            items: z.array(
              z.object({
                subject: z.string(),
                version: z.number().int(),
                agencyId: z.uuid(),
                data: z.record(z.string(), z.unknown()),
              }),
            ),
          }),
          'The state, and from where to go on',
        ),
      },
    },
    async (c) => {
      const { subjects } = c.req.valid('query');
      const { position, items } = await takeSnapshot(database, readerOf(c.get('caller'), { types: [], subjects }));
      return c.json({ cursor: cursorAt(position), items }, 200);
    },
  );

  operations.add(
    'getFeedConsumers',
    {
      method: 'get',
      path: '/api/v1/feed/consumers',
      description: 'The consumers of the agency whose cursors are kept here, and how far behind each is.',
      responses: {
        200: json(
          z.object({
            consumers: z.array(
              z.object({
                consumer: z.string(),
                cursor: z.string(),
                behind: z
                  .number()
                  .int()
                  .openapi({ description: 'Positions of the feed after the cursor, whosever they are' }),
                updatedAt: z.number(),
              }),
            ),
          }),
          'Consumers',
        ),
      },
    },
    async (c) => {
      const [agencyId] = c.get('caller').agencies();
      const head = await feed.head();
      const consumers = (await feed.cursorsOf(agencyId!)).map(({ position, ...rest }) => ({
        ...rest,
        cursor: cursorAt(position),
        behind: head.position - position,
      }));
      return c.json({ consumers }, 200);
    },
  );

  operations.add(
    'saveFeedCursor',
    {
      method: 'put',
      path: '/api/v1/feed/consumers/{consumer}',
      description:
        'Keeps a consumer’s cursor: all up to it is handled. It never goes back; the answer holds the one that is kept. To read again, ask with `after`.',
      request: {
        params: ConsumerParam,
        body: { required: true, content: { 'application/json': { schema: CursorBody.openapi('KeptCursor') } } },
      },
      responses: {
        200: json(CursorBody, 'The cursor that is kept'),
        409: { description: '`cursor_ahead`: there is nothing at it yet' },
      },
    },
    async (c) => {
      const { consumer } = c.req.valid('param');
      const [agencyId] = c.get('caller').agencies();
      const position = readCursor(c.req.valid('json').cursor);
      // kept, it would pass over events that are still to come
      if (position > (await feed.head()).position)
        throw new ApiError(409, 'cursor_ahead', 'this cursor lies beyond the end of the feed');
      return c.json({ cursor: cursorAt(await feed.saveCursor(consumer, agencyId!, position)) }, 200);
    },
  );

  operations.add(
    'removeFeedConsumer',
    {
      method: 'delete',
      path: '/api/v1/feed/consumers/{consumer}',
      description: 'Forgets a consumer’s cursor.',
      request: { params: ConsumerParam },
      responses: { 204: { description: 'Forgotten' }, 404: { description: 'No such consumer' } },
    },
    async (c) => {
      const { consumer } = c.req.valid('param');
      const caller = c.get('caller');
      const [agencyId] = caller.agencies();
      const isGone = await caller.changes.change([], async (tx, records) => {
        const found = await feed.removeCursor(tx, consumer, agencyId!);
        if (found) records.audit(caller.auditEntry('remove_feed_consumer', { kind: 'feed_consumer', id: consumer }));
        return found;
      });
      if (!isGone) throw new ApiError(404, 'not_found', `no consumer ${consumer}`);
      return c.body(null, 204);
    },
  );

  const document = asyncApi(version);
  operations.add(
    'getAsyncApi',
    {
      method: 'get',
      path: '/api/v1/asyncapi.json',
      description: 'What is pushed to consumers, by socket and by webhook: every type of event with its schema.',
      responses: { 200: { description: 'AsyncAPI 3.0' } },
    },
    (c) => c.json(document, 200),
  );
}
