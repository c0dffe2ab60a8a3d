import { z } from 'zod';
import { type EntryState, StateSchema } from './entry.js';

/** What a card and an entry of it have under the same name. */
const SameSchema = StateSchema.pick({
  channel: true,
  typeCode: true,
  priority: true,
  lon: true,
  lat: true,
  accuracyM: true,
  address: true,
  summary: true,
  receivedAt: true,
  closedAt: true,
});
/** What the register reads of a VEK. Its caller's data are not for it. */
export const VekSchema = SameSchema.extend({
  id: z.uuid(),
  number: z.number(),
  version: z.number(),
  agencyId: z.uuid(),
  status: z.string(),
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

/**
 * What an agency's entry of a VEK holds, and whether the VEK is handed to it, so that there must be one. An entry that is there is kept up
 * to date also when the agency gave its part back.
 */
export function vekEntry(vek: Vek, agencyId: string): { readonly isHanded: boolean; readonly state: EntryState } {
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
      ...SameSchema.parse(vek),
      vekId: vek.id,
      vekNumber: vek.number,
      vekVersion: vek.version,
      vekStatus: vek.status,
      takenBy: vek.agencyId,
      partStatus: part ?? (isOwn ? 'own' : 'none'),
      dispatchedAt: firstAt('dispatched'),
      onSceneAt: firstAt('on_scene'),
      outcomeCode: vek.outcome?.code ?? null,
      mergedInto: vek.mergedInto ?? null,
    },
  };
}
