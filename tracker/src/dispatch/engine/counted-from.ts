import type { StandingUnit } from '../../../../geo-engine/src/index.js';

/** From where a unit's way is counted, as answers tell it: where it was seen last, or where it frees up. */
export type CountedFrom =
  | { readonly kind: 'fix' }
  | { readonly kind: 'free_place'; readonly lon: number; readonly lat: number; readonly name: string | null };

export function fromOf({ freePlace }: StandingUnit): CountedFrom {
  if (freePlace === null) return { kind: 'fix' };
  const { at, name } = freePlace;
  return { kind: 'free_place', lon: at[0], lat: at[1], name };
}
