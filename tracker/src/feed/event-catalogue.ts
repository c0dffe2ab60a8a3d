import { z } from '@hono/zod-openapi';
import { UNIT_STATUSES, VEK_ENDINGS, VEK_SERVICE_STATUSES } from '../protocol/status.js';
import type { AggregateKind } from './event.js';

/** What is said of a type of event to those who read it. */
export interface EventType {
  readonly description: string;
  /** References and states. Strict: what is not named here is not sent. */
  readonly data: z.ZodObject;
}

const id = z.uuid();
const at = z.number().openapi({ description: 'Epoch milliseconds' });
const text = z.string();
const of = (description: string, data: z.ZodRawShape): EventType => ({ description, data: z.strictObject(data) });

/** What can be registered (units/registry.ts): each has an event when it is. */
const REGISTERED: readonly AggregateKind[] = [
  'agency',
  'grant',
  'station',
  'vehicle',
  'unit',
  'device',
  'crew_shift',
  'crew_rest',
  'unit_equipment',
  'reservation',
  'territory',
  'duty_area',
  'norm_zone',
  'norm',
  'shelter',
];

/** What is said about an agency's part by people, or by the clock; what follows its units is told by their assignments and the card. */
const PART: Readonly<Record<string, string>> = {
  offered: 'A part of a VEK, or the whole of it, was offered to an agency.',
  accepted: 'An agency accepted its part, or the whole card.',
  refused: 'An agency refused its part, or the whole card.',
  timed_out: 'Nobody answered an offer in time.',
  returned: 'An agency gave its part back.',
};

const PROPOSAL: Readonly<Record<string, string>> = {
  made: 'Other units would serve a VEK better; a person decides.',
  changed: 'A proposal is another now.',
  withdrawn: 'A proposal no longer holds.',
  confirmed: 'A person has confirmed a proposal.',
  dismissed: 'A person has dismissed a proposal.',
};

const ATTENTION: Readonly<Record<string, string>> = {
  raised: 'Something has waited for a person for too long.',
  escalated: 'Nobody has acknowledged it: the next level is told.',
  repeated: 'It is told once more.',
  acknowledged: 'A person sees to it.',
  cleared: 'Its cause is gone.',
};

const place = z.strictObject({ lon: z.number(), lat: z.number(), at: at.nullable(), source: text.nullable() });
const crewEventRef = z.strictObject({ stream: z.number().int(), seq: z.number().int() });

/** Every type of event on the feed, by its full name. */
export const EVENT_CATALOGUE: Readonly<Record<string, EventType>> = {
  ...Object.fromEntries(
    REGISTERED.map((kind) => [
      `lv.vanags.${kind}.created.v1`,
      of(`A row of the kind ${kind} was registered.`, { [`${kind}Id`]: id, unitId: id.optional() }),
    ]),
  ),
  'lv.vanags.grant.revoked.v1': of('A grant ended at once.', { grantId: id }),
  'lv.vanags.device.bound.v1': of('A device was given to a unit.', { deviceId: id, unitId: id.optional() }),
  'lv.vanags.device.joined.v1': of('A crew joined its phone to its unit.', { deviceId: id, unitId: id }),
  'lv.vanags.device.revoked.v1': of('A device’s token ended at once.', { deviceId: id }),
  'lv.vanags.device.token_rotated.v1': of('A device got a new token; its old one counts until then.', {
    deviceId: id,
    previousUntil: at,
  }),
  'lv.vanags.device.alias_added.v1': of('A device got a public name.', { deviceId: id }),
  'lv.vanags.device.alias_removed.v1': of('A device lost a public name.', { deviceId: id }),
  'lv.vanags.device.report_interval_set.v1': of('A device is to report at another rate.', {
    deviceId: id,
    reportIntervalS: z.number().int(),
  }),

  'lv.vanags.unit.status_changed.v1': of('A unit shows another status.', {
    unitId: id,
    from: z.enum(UNIT_STATUSES),
    to: z.enum(UNIT_STATUSES),
    since: at,
    source: z.enum(['crew', 'dispatcher', 'system']),
    assignmentId: id.nullable(),
    vekId: id.nullable(),
  }),
  'lv.vanags.unit.held.v1': of('A unit is held for a VEK.', { unitId: id, vekId: id, expiresAt: at }),
  'lv.vanags.unit.released.v1': of('A unit is held no longer.', { unitId: id, vekId: id }),
  'lv.vanags.unit.position_entered.v1': of('A person entered where a unit is.', {
    unitId: id,
    lon: z.number(),
    lat: z.number(),
    at,
    enteredAt: at,
  }),
  'lv.vanags.unit.equipment_changed.v1': of('What a unit carries changed.', {
    unitId: id,
    equipment: z.record(text, z.number()),
  }),
  'lv.vanags.unit.sos.v1': of('A crew calls for help.', {
    alarmId: id,
    unitId: id.nullable(),
    deviceId: id,
    at,
    receivedAt: at,
    late: z.boolean(),
    place: place.nullable(),
    ref: crewEventRef,
  }),
  'lv.vanags.unit.message.v1': of('A crew wrote; its words are read over the API.', {
    unitId: id,
    at,
    receivedAt: at,
    ref: crewEventRef,
  }),
  'lv.vanags.alarm.repeated.v1': of('A call for help that nobody has acknowledged.', {
    alarmId: id,
    unitId: id.nullable(),
    at,
    repeats: z.number().int(),
  }),
  'lv.vanags.alarm.acknowledged.v1': of('A person has seen a call for help.', {
    alarmId: id,
    unitId: id.nullable(),
    by: text,
    at,
  }),
  ...Object.fromEntries(
    Object.entries(ATTENTION).map(([what, description]) => [
      `lv.vanags.attention.${what}.v1`,
      of(description, {
        attentionId: id,
        kind: text,
        agencyId: id,
        vekId: id.nullable(),
        assignmentId: id.nullable(),
        unitId: id.nullable(),
        since: at,
        level: text,
        repeats: z.number().int(),
        ...(what === 'acknowledged' ? { by: text } : {}),
      }),
    ]),
  ),
  'lv.vanags.attention_policy.changed.v1': of('After how long an agency is told of what waits changed.', {
    agencyId: id,
  }),
  'lv.vanags.crew_message.sent.v1': of('A desk wrote to a crew.', { messageId: id, unitId: id, by: text }),
  'lv.vanags.crew_message.read.v1': of('The crew has read it.', { messageId: id, unitId: id }),

  'lv.vanags.vek.created.v1': of('A report was taken.', {
    vekId: id,
    number: z.number().int(),
    channel: text,
    typeCode: text.nullable(),
    priority: text.nullable(),
    status: z.literal('new'),
    offeredTo: z.array(id),
  }),
  'lv.vanags.vek.changed.v1': of('A card changed; read it for what it says now.', {
    vekId: id,
    status: text,
    typeCode: text.nullable().optional(),
    priority: text.nullable().optional(),
    changed: z.array(text).optional(),
  }),
  'lv.vanags.vek.closed.v1': of('A card ended.', {
    vekId: id,
    status: z.enum(VEK_ENDINGS),
    outcome: text.nullable(),
  }),
  'lv.vanags.vek.reopened.v1': of('An ended card is open again.', { vekId: id, status: z.literal('new') }),
  'lv.vanags.vek.merged.v1': of('A card went into another one of the same emergency.', { vekId: id, intoVekId: id }),
  'lv.vanags.vek.commented.v1': of('Somebody wrote on a card; the words are read over the API.', {
    vekId: id,
    commentId: id,
    by: text,
  }),
  ...Object.fromEntries(
    Object.entries(PART).map(([what, description]) => [
      `lv.vanags.vek.service_${what}.v1`,
      of(description, {
        vekId: id,
        agencyId: id,
        status: z.enum(VEK_SERVICE_STATUSES),
        transfer: z.boolean(),
        responsibleId: id,
      }),
    ]),
  ),
  'lv.vanags.assignment.created.v1': of('A unit was sent, or sent to take over from another.', {
    assignmentId: id,
    vekId: id,
    unitId: id,
    relieves: id.nullable(),
  }),
  'lv.vanags.assignment.moved.v1': of('An assignment is of another card since its own was merged.', {
    assignmentId: id,
    unitId: id,
    fromVekId: id,
    vekId: id,
  }),
  'lv.vanags.assignment.milestone_late.v1': of('A status came late and was written at its own time.', {
    assignmentId: id,
    vekId: id,
    unitId: id,
    code: text,
    at,
    receivedAt: at,
    source: z.enum(['crew', 'dispatcher', 'system']),
  }),
  'lv.vanags.assignment.acknowledged.v1': of('The crew has its assignment.', {
    assignmentId: id,
    vekId: id,
    unitId: id,
  }),
  'lv.vanags.assignment.cancelled.v1': of('A unit was called back.', { assignmentId: id, vekId: id, unitId: id }),

  'lv.vanags.assignment.free_expected.v1': of('When a unit at work should be free again, and where.', {
    assignmentId: id,
    unitId: id,
    vekId: id,
    expectedFreeAt: at.nullable(),
    freePlace: z.strictObject({ lon: z.number(), lat: z.number() }).nullable(),
  }),
  ...Object.fromEntries(
    Object.entries(PROPOSAL).map(([what, description]) => [
      `lv.vanags.proposal.${what}.v1`,
      of(description, { proposalId: id, vekId: id, fromVekId: id.nullable(), kind: text }),
    ]),
  ),

  'lv.vanags.closure.added.v1': of('A road was closed or slowed.', {
    closureId: id,
    speedShare: z.number(),
    validFrom: at,
    validUntil: at.nullable(),
  }),
  'lv.vanags.closure.removed.v1': of('A road is open again.', { closureId: id }),

  'lv.vanags.run_card.published.v1': of('A version of a run card was published.', {
    runCardId: id,
    code: text,
    cardVersion: z.number().int(),
    validFrom: text,
    validTo: text.nullable(),
  }),
  'lv.vanags.run_card.withdrawn.v1': of('A run card was withdrawn.', { runCardId: id }),
  'lv.vanags.dispatch_policy.changed.v1': of('An agency’s settings of the choice of units changed.', { agencyId: id }),

  'lv.vanags.webhook.created.v1': of('A webhook was set up.', { webhookId: id }),
  'lv.vanags.webhook.resumed.v1': of('A webhook goes on.', { webhookId: id }),
  'lv.vanags.webhook.secret_rotated.v1': of('A webhook got a new secret; the old one signs too until then.', {
    webhookId: id,
    previousUntil: at,
  }),
  'lv.vanags.webhook.parked.v1': of('Nothing is sent to a webhook any more, until a person resumes it.', {
    webhookId: id,
    code: text,
  }),
  'lv.vanags.webhook.removed.v1': of('A webhook was removed.', { webhookId: id }),
};
