import { z } from 'zod';

/** What the register reads of a VEK. Its caller's data are not for it. */
export const VekSchema = z.object({
  id: z.uuid(),
  number: z.number(),
  version: z.number(),
  agencyId: z.uuid(),
  channel: z.string(),
  typeCode: z.string().nullable(),
  priority: z.string().nullable(),
  lon: z.number().nullable(),
  lat: z.number().nullable(),
  accuracyM: z.number().nullable(),
  address: z.string().nullable(),
  summary: z.string().nullable(),
  status: z.string(),
  receivedAt: z.number(),
  closedAt: z.number().nullable(),
  outcome: z.object({ code: z.string() }).nullish(),
  mergedInto: z.uuid().nullish(),
  services: z.array(z.object({ agencyId: z.uuid(), status: z.string() })),
  assignments: z.array(
    z.object({
      agencyId: z.uuid(),
      milestones: z.record(z.string(), z.object({ at: z.number() })).nullable(),
    }),
  ),
});
export type Vek = Readonly<z.output<typeof VekSchema>>;

/** A part with this status is the agency's: a person of it said so, or sent a unit. */
const HANDED = new Set(['accepted', 'assigned', 'in_progress', 'done']);

/** An entry as one agency's register has it; names of the columns, instants in epoch ms. */
export interface EntryState {
  readonly vek_number: number;
  readonly vek_version: number;
  readonly taken_by: string;
  readonly channel: string;
  readonly type_code: string | null;
  readonly priority: string | null;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly accuracy_m: number | null;
  readonly address: string | null;
  readonly summary: string | null;
  readonly vek_status: string;
  readonly part_status: string;
  readonly received_at: number;
  readonly dispatched_at: number | null;
  readonly on_scene_at: number | null;
  readonly closed_at: number | null;
  readonly outcome_code: string | null;
  readonly merged_into: string | null;
}

/**
 * What an agency's entry of a VEK holds, and whether the VEK is handed to it, so that there must be one. An entry that is there is kept up
 * to date also when the agency gave its part back.
 */
export function entryState(vek: Vek, agencyId: string): { readonly isHanded: boolean; readonly state: EntryState } {
  const part = vek.services.find((service) => service.agencyId === agencyId)?.status;
  const isOwn = vek.agencyId === agencyId;
  const firstAt = (milestone: string): number | null => {
    const instants = vek.assignments
      .filter((assignment) => assignment.agencyId === agencyId)
      .flatMap(({ milestones }) => milestones?.[milestone]?.at ?? []);
    return instants.length === 0 ? null : Math.min(...instants);
  };
  return {
    isHanded: isOwn || (part !== undefined && HANDED.has(part)),
    state: {
      vek_number: vek.number,
      vek_version: vek.version,
      taken_by: vek.agencyId,
      channel: vek.channel,
      type_code: vek.typeCode,
      priority: vek.priority,
      lon: vek.lon,
      lat: vek.lat,
      accuracy_m: vek.accuracyM,
      address: vek.address,
      summary: vek.summary,
      vek_status: vek.status,
      part_status: part ?? (isOwn ? 'own' : 'none'),
      received_at: vek.receivedAt,
      dispatched_at: firstAt('dispatched'),
      on_scene_at: firstAt('on_scene'),
      closed_at: vek.closedAt,
      outcome_code: vek.outcome?.code ?? null,
      merged_into: vek.mergedInto ?? null,
    },
  };
}
