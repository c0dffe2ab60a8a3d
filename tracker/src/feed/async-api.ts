import { z } from '@hono/zod-openapi';
import { CloudEventSchema } from './event.js';
import { EVENT_CATALOGUE } from './event-catalogue.js';

/** An object of the document, by AsyncAPI's names. */
type Part = Readonly<Record<string, unknown>>;

/**
 * The feed as an AsyncAPI 3.0 document: what is sent over socket.io and to webhooks, every type of event with the schema of its data.
 * Reading over HTTP is in the OpenAPI document.
 */
export function asyncApi(version: string): Part {
  const messages: Record<string, Part> = {};
  const schemas: Record<string, unknown> = {};
  for (const [type, { description, data }] of Object.entries(EVENT_CATALOGUE)) {
    schemas[type] = jsonSchema(CloudEventSchema.extend({ type: z.literal(type), data }));
    messages[type] = {
      name: type,
      summary: description,
      contentType: 'application/cloudevents+json',
      payload: { $ref: `#/components/schemas/${type}` },
    };
  }
  const every = Object.keys(messages).map((type) => [type, { $ref: `#/components/messages/${type}` }]);
  const channelMessages = (channel: string) =>
    Object.keys(messages).map((type) => ({ $ref: `#/channels/${channel}/messages/${type}` }));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Vanags: the feed',
      version,
      description:
        'Every change of state, in one total order, at least once. Each message is a CloudEvents 1.0 event in the JSON format, sent in batches.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      feed: {
        address: '/feed',
        title: 'socket.io namespace',
        description:
          'With auth: { token }. `start` says from where; each batch of `events` is acknowledged before the next.',
        messages: Object.fromEntries(every),
      },
      webhook: {
        address: null,
        title: 'POST to the URL of a webhook',
        description: 'application/cloudevents-batch+json, signed with HMAC-SHA256 over id, timestamp and body.',
        messages: Object.fromEntries(every),
      },
    },
    operations: {
      sendToSockets: { action: 'send', channel: { $ref: '#/channels/feed' }, messages: channelMessages('feed') },
      sendToWebhooks: { action: 'send', channel: { $ref: '#/channels/webhook' }, messages: channelMessages('webhook') },
    },
    components: { messages, schemas },
  };
}

function jsonSchema(schema: z.ZodType): unknown {
  const { $schema: _draft7, ...rest } = z.toJSONSchema(schema, { target: 'draft-7' });
  return rest;
}
