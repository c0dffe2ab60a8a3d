/** Who goes, as the tracker's HTTP API answers it. Durations in ms (`…Ms`) or s (`…S`), instants epoch ms. */
import type { Located } from './located.js';

/** A reason with the figures behind it. */
export type Reason = { readonly code: string } & Readonly<Record<string, unknown>>;

export type Need = 'must' | 'should';

/** One line of a run card, or of what the dispatcher asks for. */
export type Requirement = {
  readonly quantity: number;
  /** Code of the service whose units count: VUGD, VP … */
  readonly service: string;
  readonly need: Need;
  readonly level: number;
} & (
  | {
      readonly kind: 'capability';
      readonly capability: string;
      /** null: quantities add up. A number: units are counted that bring so much alone. */
      readonly each: number | null;
      readonly minCrew: number | null;
      readonly onBoard: readonly { readonly equipment: string; readonly quantity: number }[];
    }
  | { readonly kind: 'crew'; readonly qualification: string | null }
  | { readonly kind: 'equipment'; readonly equipment: string }
);

/** A line that a dispatcher asks for in the place of the card's; what is left out is as the tracker has it. */
export interface OwnRequirement {
  readonly kind: 'capability';
  readonly capability: string;
  readonly quantity: number;
  readonly service: string;
  readonly need: Need;
}

export type IntervalMs = readonly [least: number, greatest: number];

/** From where a unit's way is counted: where it was seen last, or where it will be free. */
export type CountedFrom =
  | { readonly kind: 'fix' }
  | (Located & { readonly kind: 'free_place'; readonly name: string | null });

interface Responding extends Located {
  readonly unitId: string;
  readonly callsign: string;
  readonly agencyId: string;
  readonly service: string;
  readonly response: { readonly responseMs: number; readonly waitMs: number; readonly intervalMs: IntervalMs };
  readonly from: CountedFrom;
}

/** A unit that should go. */
export interface ChosenUnit extends Responding {
  readonly need: Need;
  readonly status: string;
  readonly profile: string;
  readonly why: readonly Reason[];
}

/** A unit that is about a line and does not go. */
export interface BypassedUnit extends Responding {
  readonly reason: Reason;
}

export interface LineAnswer {
  /** Lines that are alike, by their place in `asked`. */
  readonly requirements: readonly { readonly line: number; readonly wanted: number; readonly met: number }[];
  readonly need: Need;
  readonly served: readonly {
    readonly unitId: string;
    readonly amount: number;
    readonly standsInWith: string | null;
  }[];
  readonly notChosen: readonly BypassedUnit[];
  readonly restByReason: Readonly<Record<string, number>>;
  readonly shortfall: { readonly missing: number; readonly next: BypassedUnit | null } | null;
}

export interface Sums {
  readonly services: readonly { readonly service: string; readonly units: number; readonly people: number }[];
  readonly people: { readonly known: number; readonly unitsOfUnknownCrew: number };
  readonly capabilities: Readonly<Record<string, number>>;
  readonly equipment: Readonly<Record<string, number>>;
}

/** How near to the best answer the choice is known to be. */
export interface Proof {
  readonly short: number;
  readonly costMs: number;
  readonly proven: boolean;
  readonly leastShort: number;
  readonly leastCostMs: number;
}

/** A run card told for people. */
export interface Card {
  readonly code: string;
  readonly textLv: string;
  readonly textEn: string;
}

export interface IncidentAnswer {
  readonly decisionId: string;
  readonly record: 'queued' | 'not_kept';
  readonly vekId: string;
  readonly place: Located & { readonly accuracyM: number | null };
  /** Levels add up: all that is wanted up to this one. */
  readonly level: number;
  /** null: asked by hand, not by a card. */
  readonly highestLevel: number | null;
  readonly card: Card | null;
  readonly asked: readonly Requirement[];
  readonly already: readonly { readonly unitId: string; readonly callsign: string; readonly status: string }[];
  readonly territories: readonly {
    readonly code: string;
    readonly nameLv: string;
    readonly nameEn: string;
    readonly approximate: boolean;
  }[];
  readonly norms: readonly {
    readonly service: string;
    readonly targetMs: number | null;
    readonly source: string;
    readonly certainty: string;
  }[];
  readonly units: readonly ChosenUnit[];
  readonly lines: readonly LineAnswer[];
  readonly sums: Sums;
  /** null: several incidents were solved together, and `tiers` prove it. */
  readonly proof: { readonly must: Proof; readonly should: Proof } | null;
  /** What the worst point of an uncertain place would change; null: the place is certain enough. */
  readonly uncertainty: {
    readonly radiusM: number;
    readonly worst: Located;
    readonly changes: boolean;
    readonly joins: readonly string[];
    readonly leaves: readonly string[];
    readonly latestMs: number;
    /** Share of the must lines that would be short besides, summed. */
    readonly moreShort: number;
  } | null;
}

/** What an answer rests on. */
export interface Basis {
  readonly travel: 'roads' | 'straight_line';
  readonly networkGenerated: boolean | null;
  /** How travel times stand to the closures in force. */
  readonly closures: string;
  /** `last_known`: the database is away; places, cards and VEKs are as they were last read. */
  readonly state: 'current' | 'last_known';
  readonly correction: 'none' | 'learnt';
}

export interface Tier extends Proof {
  readonly priority: string;
  readonly need: Need;
}

export interface Recommendation {
  readonly at: number;
  readonly basis: Basis;
  readonly tiers: readonly Tier[] | null;
  readonly incidents: readonly IncidentAnswer[];
}

export interface RecommendationQuestion {
  readonly incidents: readonly {
    readonly vekId: string;
    readonly level?: number;
    readonly requirements?: readonly OwnRequirement[];
  }[];
  /** Units that the dispatcher does not want, and why. */
  readonly skipped: Readonly<Record<string, string>>;
}

/** Something that a dispatcher may do since things have changed. Nothing of it happens by itself. */
export interface Proposal {
  readonly id: string;
  readonly kind: 'send' | 'swap' | 'preempt';
  readonly vekId: string;
  /** The incident that loses a unit; null: none does. */
  readonly fromVekId: string | null;
  readonly sendUnitIds: readonly string[];
  readonly releaseUnitIds: readonly string[];
  readonly replacementUnitIds: readonly string[];
  readonly gainMs: number | null;
  readonly addedMs: number | null;
  /** Share of the must lines that is short, summed up. */
  readonly shortBefore: number | null;
  readonly shortAfter: number | null;
  readonly madeAt: number;
  readonly version: number;
}

export type AvailableArea =
  | { readonly place: Located; readonly withinS: number }
  | { readonly polygon: { readonly type: 'Polygon'; readonly coordinates: readonly (readonly [number, number])[][] } };
export type AvailableQuestion = AvailableArea & {
  /** Each unit must have all of them. */
  readonly capabilities?: readonly { readonly code: string }[];
  readonly services?: readonly string[];
  /** ISO 8601; left out: now. */
  readonly at?: string;
};
export interface AvailableUnit extends Located {
  readonly unitId: string;
  readonly callsign: string;
  readonly service: string;
  readonly kind: string;
  readonly status: string;
  readonly capabilities: Readonly<Record<string, number>>;
  readonly headCount: number | null;
  readonly response: { readonly responseMs: number; readonly waitMs: number; readonly intervalMs: IntervalMs } | null;
  readonly from: CountedFrom;
  /** `uncertain`: in time unless the fix is as wrong as it may be. */
  readonly verdict: 'within' | 'uncertain';
}
/** What there is within reach, or in an area. */
export interface Available {
  readonly at: number;
  readonly askedFor: number;
  /** null: asked about an area, where no way is looked for. */
  readonly basis: Basis['travel'] | null;
  readonly units: readonly AvailableUnit[];
  readonly byCapability: Readonly<Record<string, { readonly units: number; readonly quantity: number }>>;
  readonly notAvailable: Readonly<Record<string, number>>;
}
