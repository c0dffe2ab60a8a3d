import { z } from '@hono/zod-openapi';

/** The kinds of aggregate whose changes are on the feed. */
export type AggregateKind =
  | 'agency'
  | 'grant'
  | 'station'
  | 'vehicle'
  | 'unit'
  | 'device'
  | 'crew_shift'
  | 'crew_rest'
  | 'unit_equipment'
  | 'reservation'
  | 'vek'
  | 'assignment'
  | 'closure'
  | 'alarm'
  | 'crew_message'
  | 'attention'
  | 'attention_policy'
  | 'territory'
  | 'duty_area'
  | 'norm_zone'
  | 'norm'
  | 'run_card'
  | 'dispatch_policy'
  | 'proposal'
  | 'shelter'
  | 'webhook';

/** A change of state to be recorded, in the transaction that makes it. Data hold references and states, never personal data. */
export interface NewFeedEvent {
  /** Full name with version: `lv.vanags.vek.created.v1`. */
  readonly type: `lv.vanags.${string}.v${number}`;
  readonly agencyId: string;
  /** Other agencies whose part the event touches. */
  readonly concerned?: readonly string[];
  readonly aggregate: { readonly kind: AggregateKind; readonly id: string; readonly version: number };
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened, epoch ms. */
  readonly at: number;
}

/** An event with its place in the one total order. */
export interface FeedEvent extends Required<NewFeedEvent> {
  readonly position: number;
  readonly id: string;
  /** When it was written, epoch ms. */
  readonly recordedAt: number;
}

/** What an agency's people read over the wire (CloudEvents 1.0, JSON format). */
export const CloudEventSchema = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.literal('/vanags'),
  type: z.string(),
  subject: z.string().openapi({ description: 'kind/id of what changed' }),
  time: z.iso.datetime().openapi({ description: 'When it happened' }),
  datacontenttype: z.literal('application/json'),
  data: z.record(z.string(), z.unknown()),
  cursor: z.string().openapi({ description: 'Extension: resume after this event with it. Opaque.' }),
  aggregateversion: z.number().int().openapi({ description: 'Extension: version of what changed, after the change' }),
});
export type CloudEvent = Readonly<z.output<typeof CloudEventSchema>>;

export function cloudEvent(event: FeedEvent): CloudEvent {
  return {
    specversion: '1.0',
    id: event.id,
    source: '/vanags',
    type: event.type,
    subject: `${event.aggregate.kind}/${event.aggregate.id}`,
    time: new Date(event.at).toISOString(),
    datacontenttype: 'application/json',
    data: event.data,
    cursor: cursorAt(event.position),
    aggregateversion: event.aggregate.version,
  };
}

const CURSOR = /^v1\.([0-9a-z]{1,11})$/;

/** Opaque to consumers; versioned, so that its inside may change. */
export function cursorAt(position: number): string {
  return Buffer.from(`v1.${position.toString(36)}`).toString('base64url');
}

/** The position a cursor stands for, or undefined if it is not one of ours. */
export function positionOf(cursor: string): number | undefined {
  const match = CURSOR.exec(Buffer.from(cursor, 'base64url').toString());
  return match ? Number.parseInt(match[1]!, 36) : undefined;
}

/** What a consumer may call itself, to have its cursor kept. */
export const CONSUMER_NAME = /^[a-z0-9_.-]{1,64}$/;

/** Where to start over when a cursor is gone. */
export const SNAPSHOT_PATH = '/api/v1/feed/snapshot';
