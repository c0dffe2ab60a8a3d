import type { LonLat } from '../geo/lon-lat.js';
import { fixAgeS, type StandingFacts, type UnitFacts } from './unit-facts.js';

export interface CapabilityNeed {
  readonly code: string;
  /** In the code's own measure; a unit must bring all of it alone. */
  readonly quantity: number;
}

/** What every question says of the units it would send. A list that is absent or null allows everything; an empty one nothing. */
export interface UnitNeed {
  /** The instant the question is asked for. */
  readonly now: number;
  readonly maxFixAgeS: number;
  readonly dispatchableStatuses: readonly string[];
  readonly agencyIds?: readonly string[] | null;
  /** The incident asked for: who already works on it is not offered again. */
  readonly vekId?: string | null;
}

/** What is asked of a unit by which alone everything is brought. */
export interface SuitabilityNeed extends UnitNeed {
  readonly place: LonLat;
  readonly capabilities: readonly CapabilityNeed[];
  readonly kinds?: readonly string[] | null;
  /** Least head-count; a unit of unknown head-count passes and says so. */
  readonly minHeadCount?: number;
}

/** Why a unit cannot go, with the figures behind it. */
export type Refusal =
  | { readonly code: 'no_position' | 'off_duty' | 'held' | 'already_on_incident' }
  | { readonly code: 'fix_too_old'; readonly ageS: number; readonly limitS: number }
  | { readonly code: 'status_not_dispatchable'; readonly status: string }
  | { readonly code: 'agency_not_allowed'; readonly agencyId: string }
  | { readonly code: 'kind_not_allowed'; readonly kind: string }
  | { readonly code: 'crew_too_small'; readonly wanted: number; readonly has: number }
  | { readonly code: 'capability_missing'; readonly capability: string; readonly wanted: number }
  | {
      readonly code: 'capability_short';
      readonly capability: string;
      readonly wanted: number;
      readonly has: number;
    };

/** One reason not to send a unit. `refuses` runs over whole fleets and allocates nothing; `explain` follows a refusal. */
export interface HardFilter<Unit, Need, Reason extends { readonly code: string }> {
  readonly code: Reason['code'];
  refuses(unit: Unit, need: Need, hasPosition: boolean): boolean;
  explain(unit: Unit, need: Need): Reason;
}

type FixFilter = HardFilter<UnitFacts, UnitNeed, Refusal>;
type StandingFilter = HardFilter<StandingFacts, UnitNeed, Refusal>;
type StandingFilterName = 'statusNotDispatchable' | 'offDuty' | 'held' | 'alreadyOnIncident' | 'agencyNotAllowed';

/** The filters that look at the unit and its state alone: one place, a run card, any question asks them. */
export const UNIT_FILTERS = {
  noPosition: {
    code: 'no_position',
    refuses: (unit, _need, hasPosition) => !hasPosition || unit.fixTime === null || unit.receivedAt === null,
    explain: () => ({ code: 'no_position' }),
  },
  fixTooOld: {
    code: 'fix_too_old',
    refuses: (unit, need) => fixAge(unit, need) > need.maxFixAgeS,
    explain: (unit, need) => ({ code: 'fix_too_old', ageS: fixAge(unit, need), limitS: need.maxFixAgeS }),
  },
  statusNotDispatchable: {
    code: 'status_not_dispatchable',
    refuses: (unit, need) => !need.dispatchableStatuses.includes(unit.status),
    explain: (unit) => ({ code: 'status_not_dispatchable', status: unit.status }),
  },
  offDuty: {
    code: 'off_duty',
    refuses: (unit) => unit.onShift === false,
    explain: () => ({ code: 'off_duty' }),
  },
  held: {
    code: 'held',
    refuses: (unit) => unit.held,
    explain: () => ({ code: 'held' }),
  },
  alreadyOnIncident: {
    code: 'already_on_incident',
    refuses: (unit, need) => unit.vekId !== null && unit.vekId === need.vekId,
    explain: () => ({ code: 'already_on_incident' }),
  },
  agencyNotAllowed: {
    code: 'agency_not_allowed',
    refuses: (unit, need) => !(need.agencyIds?.includes(unit.agencyId) ?? true),
    explain: (unit) => ({ code: 'agency_not_allowed', agencyId: unit.agencyId }),
  },
} as const satisfies Record<'noPosition' | 'fixTooOld', FixFilter> & Record<StandingFilterName, StandingFilter>;

/** The hard filters in the order in which they ask; a unit is told the first that refuses it. */
export const HARD_FILTERS: readonly HardFilter<UnitFacts, SuitabilityNeed, Refusal>[] = [
  UNIT_FILTERS.noPosition,
  UNIT_FILTERS.fixTooOld,
  UNIT_FILTERS.statusNotDispatchable,
  UNIT_FILTERS.offDuty,
  UNIT_FILTERS.held,
  UNIT_FILTERS.alreadyOnIncident,
  UNIT_FILTERS.agencyNotAllowed,
  {
    code: 'kind_not_allowed',
    refuses: (unit, need) => !(need.kinds?.includes(unit.kind) ?? true),
    explain: (unit) => ({ code: 'kind_not_allowed', kind: unit.kind }),
  },
  {
    code: 'crew_too_small',
    refuses: (unit, need) => unit.headCount !== null && unit.headCount < leastCrew(need),
    explain: (unit, need) => ({ code: 'crew_too_small', wanted: leastCrew(need), has: unit.headCount ?? 0 }),
  },
  {
    code: 'capability_missing',
    refuses: (unit, need) => missing(unit, need) !== undefined,
    explain(unit, need) {
      const lacking = expectFound(missing(unit, need));
      return { code: 'capability_missing', capability: lacking.code, wanted: lacking.quantity };
    },
  },
  {
    code: 'capability_short',
    refuses: (unit, need) => short(unit, need) !== undefined,
    explain(unit, need) {
      const lacking = expectFound(short(unit, need));
      const has = unit.capabilities.get(lacking.code) ?? 0;
      return { code: 'capability_short', capability: lacking.code, wanted: lacking.quantity, has };
    },
  },
];

/** The first filter that refuses a unit, or undefined if it may go. hasPosition: whether the live index knows it. */
export function firstRefusing(
  unit: UnitFacts,
  need: SuitabilityNeed,
  hasPosition: boolean,
): HardFilter<UnitFacts, SuitabilityNeed, Refusal> | undefined {
  for (const filter of HARD_FILTERS) {
    if (filter.refuses(unit, need, hasPosition)) return filter;
  }
  return undefined;
}

function fixAge(unit: UnitFacts, need: UnitNeed): number {
  return fixAgeS(unit, need.now) ?? Number.POSITIVE_INFINITY;
}

function leastCrew(need: SuitabilityNeed): number {
  return need.minHeadCount ?? 0;
}

function missing(unit: UnitFacts, need: SuitabilityNeed): CapabilityNeed | undefined {
  for (const wanted of need.capabilities) if (!unit.capabilities.has(wanted.code)) return wanted;
  return undefined;
}

function short(unit: UnitFacts, need: SuitabilityNeed): CapabilityNeed | undefined {
  for (const wanted of need.capabilities) {
    if ((unit.capabilities.get(wanted.code) ?? 0) < wanted.quantity) return wanted;
  }
  return undefined;
}

function expectFound(lacking: CapabilityNeed | undefined): CapabilityNeed {
  if (lacking === undefined) throw new Error('explain() was asked about a unit that its filter lets through');
  return lacking;
}
