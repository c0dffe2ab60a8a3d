import type { LonLat } from '../geo/lon-lat.js';
import type { Requirement } from '../run-cards/requirement.js';
import type { Priority } from '../run-cards/run-card.js';
import type { UnitNeed } from '../suitability/hard-filters.js';

/** From which priority a unit under way may be taken for which: `allowed[from][to]`. */
export type PreemptionMatrix = Readonly<Record<Priority, Readonly<Record<Priority, boolean>>>>;

/** By which rules a unit may go at all. */
export interface StandingNeed extends UnitNeed {
  readonly priority: Priority;
  /** Units that the dispatcher does not want, by id, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  /** Units, by id, that the asker holds for this incident: to it they are not held. */
  readonly ownHolds: readonly string[];
  /** null: nobody is taken from another incident. */
  readonly preemption: { readonly allowed: PreemptionMatrix } | null;
  readonly policy: DispatchPolicy;
}

/** Who is asked for, and where. */
export interface DispatchQuestion extends StandingNeed {
  readonly place: LonLat;
  readonly requirements: readonly Requirement[];
  /** Norm of the response by service, ms, for this priority and place; absent: none. */
  readonly targetMs: Readonly<Record<string, number>>;
}

/** The settings of an agency. Penalties are seconds on top of the response time. */
export interface DispatchPolicy {
  /** A busy unit counts when it is expected to be free within so many seconds; 0: never. */
  readonly soonFreeWithinS: number;
  /** A shift must last so long still, seconds. */
  readonly leastShiftLeftS: number;
  /** When less of the shift is left on arrival, the penalty applies. */
  readonly shortShiftS: number;
  readonly shortShiftPenaltyS: number;
  /** For a crew that should be resting. */
  readonly restPenaltyS: number;
  /** People that a crew of unknown strength counts as, where people are summed. */
  readonly unknownCrewCountsAs: number;
  /** Whether a crew of unknown strength is taken to be as many as a line asks of a unit's crew. Records that do not say: it is. */
  readonly unknownCrewIsEnough: boolean;
  /** Nobody farther away than this is sent for a should line only, seconds; null: no limit. */
  readonly shouldWithinS: number | null;
  /** What keeping coverage may cost in response time, seconds, over the whole choice. */
  readonly regretS: Readonly<Record<Priority, number>>;
  /** Nodes the search may look at; see DemandSettings. */
  readonly nodeLimit: number;
}

/** Careful settings for an agency that has none: nothing is kept for coverage, nobody waits for a busy unit. */
export const DEFAULT_POLICY: DispatchPolicy = {
  soonFreeWithinS: 0,
  leastShiftLeftS: 0,
  shortShiftS: 1800,
  shortShiftPenaltyS: 120,
  restPenaltyS: 300,
  unknownCrewCountsAs: 0,
  unknownCrewIsEnough: true,
  shouldWithinS: null,
  regretS: { P1: 0, P2: 0, P3: 0, P4: 0 },
  nodeLimit: 5_000,
};
