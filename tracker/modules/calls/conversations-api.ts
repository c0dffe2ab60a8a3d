/** What gateways of messages send and fetch, and what the desk reads and writes. */
import { z } from '@hono/zod-openapi';
import { numberInUrl } from '../../src/number-in-url.js';
import type { Database } from '../../src/store/database.js';
import { instant } from '../../src/stored-instant.js';
import { json, type ModuleApi, ModuleProblem } from '../module-api.js';
import { type Asker, accessed } from '../module-callers.js';
import { body, CALL_READERS, NeedsSchema, PlaceSchema, said } from './call-schema.js';
import { callsSql as sql } from './calls-sql.js';
import { type Conversations, RECEIPTS, type Receipt } from './conversations.js';

const MOST_CONVERSATIONS = 200;
const MOST_WAIT_S = 25;

const IdParam = z.object({ id: z.uuid() });
const MessageSchema = z
  .object({
    source: said(64).openapi({ description: 'The gateway, which is asked for answers under the same name' }),
    messageId: said(100).openapi({ description: 'Its own name of the message; told again, nothing changes' }),
    callId: said(128)
      .nullish()
      .openapi({ description: 'Its own name of the conversation; where there is none, the phone is' }),
    phone: said(32).nullish(),
    channel: z.enum(['sms', 'app']),
    words: said(4000),
    needs: NeedsSchema,
    place: PlaceSchema,
    sentAt: instant.optional(),
  })
  .refine(({ callId, phone }) => callId != null || phone != null, 'callId or phone')
  .openapi('CallerMessage');
const Placed = z.object({ callId: z.uuid(), vekId: z.uuid().nullable(), position: z.number().int() });

const LineSchema = z
  .object({
    id: z.uuid(),
    position: z.number().int().openapi({ description: 'In the order in which they came, from 1 on' }),
    direction: z.enum(['from_caller', 'to_caller']),
    words: z.string(),
    sentAt: z.number().openapi({ description: 'By the clock of whoever sent it' }),
    receivedAt: z.number(),
    writtenBy: z.string().nullable(),
    state: z.string().nullable().openapi({ description: 'Of one to the caller: `waiting`, or what its receipts said' }),
    stateAt: z.number().nullable(),
  })
  .openapi('Message');
const ConversationSchema = z
  .object({
    id: z.uuid(),
    channel: z.string(),
    needs: z.array(z.string()),
    vekId: z.uuid().nullable(),
    vekNumber: z.number().nullable(),
    vekStatus: z.string().nullable(),
    messages: z.number().int(),
    lastAt: z.number().nullable(),
    unansweredSince: z.number().nullable(),
  })
  .openapi('Conversation');
const OutgoingSchema = z.object({
  id: z.uuid(),
  callId: z.string(),
  phone: z.string().nullable(),
  words: z.string(),
  at: z.number(),
});

interface LineRow {
  readonly id: string;
  readonly position: number;
  readonly direction: 'from_caller' | 'to_caller';
  readonly words: string;
  readonly sent_at: number;
  readonly received_at: number;
  readonly written_by: string | null;
  readonly state: string | null;
  readonly state_at: number | null;
}
interface ConversationRow {
  readonly id: string;
  readonly channel: string;
  readonly needs: string[];
  readonly vek_id: string | null;
  readonly vek_number: number | null;
  readonly vek_status: string | null;
  readonly messages: number;
  readonly last_at: number | null;
  readonly unanswered_since: number | null;
}
interface OutgoingRow {
  readonly id: string;
  readonly conversation: string;
  readonly phone: string | null;
  readonly words: string;
  readonly sent_at: number;
}
export type Line = z.infer<typeof LineSchema>;
export type Conversation = z.infer<typeof ConversationSchema>;

/** Conversations of late, those that wait for an answer first; without anybody's words or number. */
export async function latestConversations(database: Database): Promise<Conversation[]> {
  const { rows } = await database.query<ConversationRow>(sql.conversations, [MOST_CONVERSATIONS]);
  return rows.map(({ vek_id, vek_number, vek_status, last_at, unanswered_since, ...rest }) => ({
    ...rest,
    vekId: vek_id,
    vekNumber: vek_number,
    vekStatus: vek_status,
    lastAt: last_at,
    unansweredSince: unanswered_since,
  }));
}

/** What was written in a call, in order; that it is read is written down before. @throws ModuleProblem 404 `not_found` */
export async function messagesOf(database: Database, callId: string, after: number, by: Asker): Promise<Line[]> {
  if ((await database.query(sql.call, [callId])).rows.length === 0)
    throw new ModuleProblem(404, 'not_found', 'no call here');
  await database.query(sql.log_read, accessed(by, 'read_messages', callId));
  const { rows } = await database.query<LineRow>(sql.messages, [callId, after]);
  return rows.map(({ sent_at, received_at, written_by, state_at, ...rest }) => ({
    ...rest,
    sentAt: sent_at,
    receivedAt: received_at,
    writtenBy: written_by,
    stateAt: state_at,
  }));
}

/** @param mustBeOurs refuses callers of other agencies than that which takes calls */
export function conversationRoutes(
  api: ModuleApi,
  database: Database,
  conversations: Conversations,
  mustBeOurs: (caller: Asker) => void,
): void {
  api.add(
    'takeMessage',
    ['integrator'],
    {
      method: 'post',
      path: '/api/v1/messages',
      description:
        'Takes a caller’s message. The first is a call with its VEK; those that follow go on with it until its card has ended.',
      request: { body: body(MessageSchema) },
      responses: { 200: json(Placed, 'It was told before'), 201: json(Placed, 'Taken') },
    },
    async (c) => {
      const caller = c.get('caller');
      mustBeOurs(caller);
      const given = c.req.valid('json');
      const { repeated, ...placed } = await conversations.receive(
        {
          ...given,
          callId: given.callId ?? null,
          phone: given.phone ?? null,
          sentAt: given.sentAt === undefined ? Date.now() : Math.min(Date.parse(given.sentAt), Date.now()),
        },
        caller,
      );
      return c.json(placed, repeated ? 200 : 201);
    },
  );

  api.add(
    'getOutgoing',
    ['integrator'],
    {
      method: 'get',
      path: '/api/v1/messages/outgoing',
      description:
        'The desk’s messages that a gateway has still to hand over, oldest first. They come again until a receipt says that they went.',
      request: {
        query: z.object({
          source: said(64),
          wait: numberInUrl(z.number().int().min(0).max(MOST_WAIT_S)).default(0).openapi({ description: 'Seconds' }),
        }),
      },
      responses: { 200: json(z.object({ messages: z.array(OutgoingSchema) }), 'Messages') },
    },
    async (c) => {
      const caller = c.get('caller');
      mustBeOurs(caller);
      const { source, wait } = c.req.valid('query');
      const rows = await conversations.outgoing<OutgoingRow>(source, wait * 1000);
      if (rows.length > 0) {
        await api.mustStillCount(caller);
        await database.query(sql.log_read, accessed(caller, 'fetch_messages', null));
      }
      const messages = rows.map(({ conversation, sent_at, ...rest }) => ({
        ...rest,
        callId: conversation,
        at: sent_at,
      }));
      return c.json({ messages }, 200);
    },
  );

  api.add(
    'tellReceipt',
    ['integrator'],
    {
      method: 'post',
      path: '/api/v1/messages/{id}/receipt',
      description: 'What became of a message to a caller. A state that comes late turns nothing back.',
      request: {
        params: IdParam,
        body: body(
          z
            .object({ source: said(64), state: z.enum(Object.keys(RECEIPTS) as [Receipt, ...Receipt[]]) })
            .openapi('MessageReceipt'),
        ),
      },
      responses: { 204: { description: 'Noted' }, 404: { description: 'No such message' } },
    },
    async (c) => {
      mustBeOurs(c.get('caller'));
      const { source, state } = c.req.valid('json');
      await conversations.receipt(c.req.valid('param').id, source, state);
      return c.body(null, 204);
    },
  );

  api.add(
    'getConversations',
    CALL_READERS,
    {
      method: 'get',
      path: '/api/v1/conversations',
      description: 'Conversations of late, those that wait for an answer first; without their callers’ data.',
      responses: { 200: json(z.object({ conversations: z.array(ConversationSchema) }), 'Conversations') },
    },
    async (c) => {
      mustBeOurs(c.get('caller'));
      return c.json({ conversations: await latestConversations(database) }, 200);
    },
  );

  api.add(
    'getMessages',
    CALL_READERS,
    {
      method: 'get',
      path: '/api/v1/calls/{id}/messages',
      description:
        'What was written in a call, in order. Personal data: who reads is written down, once in ten minutes.',
      request: { params: IdParam, query: z.object({ after: numberInUrl(z.number().int().min(0)).default(0) }) },
      responses: {
        200: json(z.object({ messages: z.array(LineSchema) }), 'Messages'),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const caller = c.get('caller');
      mustBeOurs(caller);
      const messages = await messagesOf(database, c.req.valid('param').id, c.req.valid('query').after, caller);
      return c.json({ messages }, 200);
    },
  );

  const Written = z.object({ position: z.number().int() });
  api.add(
    'writeMessage',
    CALL_READERS,
    {
      method: 'post',
      path: '/api/v1/calls/{id}/messages',
      description: 'Writes to the caller. The id is made by the sender: sent again, it is the same message.',
      request: { params: IdParam, body: body(z.object({ id: z.uuid(), words: said(1000) }).openapi('DeskMessage')) },
      responses: {
        200: json(Written, 'It was written before'),
        201: json(Written, 'On its way'),
        404: { description: 'None here' },
        409: { description: '`not_in_writing`, `id_taken`' },
      },
    },
    async (c) => {
      const caller = c.get('caller');
      mustBeOurs(caller);
      const { position, repeated } = await conversations.answer(c.req.valid('param').id, c.req.valid('json'), caller);
      return c.json({ position }, repeated ? 200 : 201);
    },
  );
}
