/** What a VEK is in requests and answers. */
import { z } from '@hono/zod-openapi';
import { instant } from '../../stored-instant.js';
import { text } from '../../stored-text.js';
import { entitledSets } from '../../veks/restricted.js';

/** A code that people give to a kind of thing: `fire.building`, `false_alarm`. */
export const code = z.string().regex(/^[a-z0-9_.-]{1,64}$/);
export const IdParam = z.object({ id: z.uuid() });
/** The version of a card that a caller has read; none is larger than an integer of the database. */
export const KnownVersion = z.number().int().min(0).max(2_147_483_647);
export const VersionAnswer = z.object({ version: z.number().int() });
export const body = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { 'application/json': { schema } },
});

const priority = z.enum(['P1', 'P2', 'P3', 'P4']);
export const vekFields = {
  typeCode: text(64).nullish(),
  priority: priority.nullish(),
  lon: z.number().min(-180).max(180).nullish(),
  lat: z.number().min(-90).max(90).nullish(),
  accuracyM: z.number().min(0).max(1_000_000).nullish(),
  address: text(500).nullish(),
  summary: text(4000).nullish(),
  objects: z.array(text(64)).max(20).nullish().openapi({ description: 'Codes of objects concerned: school, hospital' }),
};
export const bothOrNone = (value: { lon?: number | null | undefined; lat?: number | null | undefined }) =>
  ((value.lon ?? null) === null) === ((value.lat ?? null) === null);

export const CallerSchema = z.object({
  phone: text(32).nullish(),
  name: text(200).nullish(),
  note: text(4000).nullish(),
});
const External = z.object({ system: text(64).min(1), id: text(200).min(1) });

export const NewVekSchema = z
  .object({
    id: z.uuid(),
    channel: z.enum(['voice', 'sms', 'app', 'ecall_auto', 'ecall_manual', 'transfer', 'manual']),
    ...vekFields,
    receivedAt: instant.optional().openapi({ description: 'Now, if not given; an instant to come is taken as now' }),
    caller: CallerSchema.nullish(),
    offerTo: z
      .array(z.string().openapi({ description: 'Agency codes' }))
      .max(20)
      .default([]),
    external: External.nullish().openapi({
      description: 'The record elsewhere that it is made from: an agency has one VEK for each',
    }),
  })
  .refine(bothOrNone, 'lon and lat go together')
  .openapi('NewVek');

export const SuggestionSchema = z
  .object({
    vekId: z.uuid(),
    number: z.number().int(),
    typeCode: z.string().nullable(),
    status: z.string(),
    receivedAt: z.number(),
    distanceM: z.number().nullable().openapi({ description: 'Null: one of the places is not known' }),
    ageS: z.number().int().openapi({ description: 'Between the two reports' }),
    score: z.number().openapi({ description: '0 to 1; ranks, and a person decides' }),
    reasons: z.array(z.string()),
  })
  .openapi('Duplicate');

const Milestone = z.object({ at: z.number(), receivedAt: z.number(), source: z.string() });
export const VekSchema = z
  .object({
    id: z.uuid(),
    number: z.number().int(),
    agencyId: z.uuid(),
    responsibleId: z.uuid().openapi({ description: 'The agency that answers for the whole card' }),
    coOwners: z.array(z.uuid()).openapi({ description: 'Owners of the cards that were merged into it' }),
    channel: z.string(),
    typeCode: z.string().nullable(),
    priority: z.string().nullable(),
    lon: z.number().nullable(),
    lat: z.number().nullable(),
    accuracyM: z.number().nullable(),
    address: z.string().nullable(),
    summary: z.string().nullable(),
    objects: z.array(z.string()),
    alarmLevel: z.number().int().openapi({ description: 'How far it was raised; levels add up' }),
    status: z.string(),
    outcome: z.object({ code: z.string(), note: z.string().nullable() }).nullable(),
    mergedInto: z.uuid().nullable().openapi({ description: 'The card that it ended in, through all merges' }),
    external: z.object({ system: z.string(), id: z.string() }).nullable(),
    receivedAt: z.number(),
    closedAt: z.number().nullable(),
    reopenedAt: z.number().nullable(),
    version: z.number().int(),
    restricted: z
      .array(z.string())
      .openapi({ description: 'Sets of restricted fields that it has and the agency may read' }),
    services: z.array(
      z.object({
        agencyId: z.uuid(),
        status: z.string(),
        transfer: z.boolean().openapi({ description: 'Whoever accepts it answers for the whole card' }),
        offeredAt: z.number(),
        respondBy: z.number().nullable(),
        version: z.number().int(),
      }),
    ),
    assignments: z.array(
      z.object({
        id: z.uuid(),
        assignedBy: z.string(),
        agencyId: z.uuid(),
        unitId: z.uuid(),
        status: z.string(),
        version: z.number().int(),
        relieves: z.uuid().nullable().openapi({ description: 'The assignment that it takes over from' }),
        relievedBy: z.uuid().nullable(),
        expectedFree: z
          .object({
            at: z.number(),
            place: z.object({ lon: z.number(), lat: z.number(), name: z.string().nullable() }).nullable(),
          })
          .nullable()
          .openapi({ description: 'When its unit should be free again, and where' }),
        milestones: z.record(z.string(), Milestone).nullable(),
      }),
    ),
  })
  .openapi('Vek');
type Vek = z.infer<typeof VekSchema>;

/** A row of the statement `vek`. */
export interface VekRow
  extends Pick<Vek, 'id' | 'number' | 'channel' | 'priority' | 'lon' | 'lat' | 'address' | 'summary'> {
  readonly agency_id: string;
  readonly responsible_id: string;
  readonly co_owners: string[];
  readonly type_code: string | null;
  readonly accuracy_m: number | null;
  readonly objects: string[];
  readonly alarm_level: number;
  readonly status: string;
  readonly outcome: string | null;
  readonly outcome_note: string | null;
  readonly merged_into: string | null;
  readonly external_system: string | null;
  readonly external_id: string | null;
  readonly received_at: number;
  readonly closed_at: number | null;
  readonly reopened_at: number | null;
  readonly version: number;
  readonly restricted: string[];
  readonly services: Vek['services'];
  readonly assignments: Vek['assignments'];
}

/** @param readerKind the kind of agency that reads it */
export function vekOf(row: VekRow, readerKind: string): Vek {
  const { id, number, channel, priority, lon, lat, address, summary, objects, status, version, services, assignments } =
    row;
  const entitled: readonly string[] = entitledSets(readerKind);
  return {
    id,
    number,
    agencyId: row.agency_id,
    responsibleId: row.responsible_id,
    coOwners: row.co_owners,
    channel,
    typeCode: row.type_code,
    priority,
    lon,
    lat,
    accuracyM: row.accuracy_m,
    address,
    summary,
    objects,
    alarmLevel: row.alarm_level,
    status,
    outcome: row.outcome === null ? null : { code: row.outcome, note: row.outcome_note },
    mergedInto: row.merged_into,
    external: row.external_system === null ? null : { system: row.external_system, id: row.external_id! },
    receivedAt: row.received_at,
    closedAt: row.closed_at,
    reopenedAt: row.reopened_at,
    version,
    restricted: row.restricted.filter((set) => entitled.includes(set)),
    services,
    assignments,
  };
}
