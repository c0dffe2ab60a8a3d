import { FARTHER, type NotChosenCode } from '../errors.js';
import type { LiveIndex } from '../live-index/live-index.js';
import type { FoundUnits } from '../live-index/nearest-held.js';
import { firstRefusing, type Refusal, type SuitabilityNeed } from './hard-filters.js';
import { fixAgeS, UNSTATED_ACCURACY_M, type UnitFacts, type UnitRoster } from './unit-facts.js';

/** How many units that were not chosen are named; the others are counted. */
const NAMED_NOT_CHOSEN = 10;

export interface NearestSuitableQuestion extends SuitabilityNeed {
  /** How many units are wanted. */
  readonly k: number;
  /** How far a unit may have gone from its fix since, m/s. The default is 50 km/h; 0 if none is on the move. */
  readonly driftMps?: number;
}

/** One thing that speaks for a chosen unit, or that is not known of it. */
export type Why =
  | { readonly code: 'nearest'; readonly rank: number }
  | { readonly code: 'fix_age'; readonly ageS: number; readonly limitS: number }
  | { readonly code: 'capability'; readonly capability: string; readonly wanted: number; readonly has: number }
  | { readonly code: 'crew'; readonly wanted: number; readonly has: number }
  | { readonly code: 'shift_unknown' | 'crew_unknown' | 'accuracy_unknown' }
  | { readonly code: 'fix_suspect'; readonly marks: readonly string[] };

interface NamedUnit {
  readonly handle: number;
  readonly unitId: string;
  readonly callsign: string;
  readonly agencyId: string;
  /** Great circle from the unit's last fix to the place, metres. */
  readonly distanceM: number;
}

export interface ChosenUnit extends NamedUnit {
  readonly fixAgeS: number;
  /** Least and greatest distance in metres, given the fix's accuracy and what the unit may have driven since. */
  readonly intervalM: readonly [least: number, greatest: number];
  readonly why: readonly Why[];
}

export interface NotChosenUnit extends NamedUnit {
  readonly reason: Refusal | { readonly code: typeof FARTHER };
}

export interface NearestSuitable {
  /** Distances are as the crow flies; rivers and roads are not considered. */
  readonly method: 'straight_line';
  readonly wanted: number;
  /** Less than wanted: a shortfall of wanted - found. */
  readonly found: number;
  /** Nearest first, equal distances by handle. */
  readonly chosen: readonly ChosenUnit[];
  /** The nearest that were not chosen, nearest first. Units without a place are only counted. */
  readonly notChosen: readonly NotChosenUnit[];
  /** Everybody else on the roster, by reason; reasons that nobody has are absent. */
  readonly restByReason: Readonly<Partial<Record<NotChosenCode, number>>>;
}

/**
 * The k nearest units, as the crow flies, that pass every hard filter, and why the others were not chosen.
 * Exact and deterministic: equals filtering and sorting the whole roster. Chosen, named and counted together are the
 * roster. Units in the index that the roster does not know are passed over.
 * Cost: one pass of the filters over the roster, for the counts, and two searches of the index.
 */
export function nearestSuitable(
  index: LiveIndex,
  roster: UnitRoster,
  question: NearestSuitableQuestion,
): NearestSuitable {
  const counts = countByReason(index, roster, question);
  const near: FoundUnits = { handles: [], distancesM: [] };
  const suitable = (handle: number) => {
    const unit = roster.get(handle);
    return unit !== undefined && firstRefusing(unit, question, true) === undefined;
  };
  // asked for no more than there are, the search ends with the last of them instead of looking at everybody
  index.nearest(question.place, Math.min(question.k, counts.get(FARTHER) ?? 0), suitable, near);
  const chosen = near.handles.map((handle, i) =>
    explainChosen(factsOf(roster, handle), near.distancesM[i], i, question),
  );
  take(counts, FARTHER, chosen.length);

  const taken = new Set(near.handles);
  const others = (handle: number) => !taken.has(handle) && roster.get(handle) !== undefined;
  index.nearest(question.place, NAMED_NOT_CHOSEN, others, near);
  const notChosen = near.handles.map((handle, i): NotChosenUnit => {
    const unit = factsOf(roster, handle);
    const reason = firstRefusing(unit, question, true)?.explain(unit, question) ?? { code: FARTHER };
    take(counts, reason.code, 1);
    return { ...named(unit, near.distancesM[i]), reason };
  });

  const restByReason = Object.fromEntries([...counts].filter(([, count]) => count > 0));
  return { method: 'straight_line', wanted: question.k, found: chosen.length, chosen, notChosen, restByReason };
}

/** How many units of the roster each reason keeps back; FARTHER stands for those that none does. */
function countByReason(
  index: LiveIndex,
  roster: UnitRoster,
  question: NearestSuitableQuestion,
): Map<NotChosenCode, number> {
  const counts = new Map<NotChosenCode, number>();
  for (const unit of roster.values()) {
    const code = firstRefusing(unit, question, index.has(unit.handle))?.code ?? FARTHER;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

function take(counts: Map<NotChosenCode, number>, code: NotChosenCode, count: number): void {
  counts.set(code, (counts.get(code) ?? 0) - count);
}

function explainChosen(unit: UnitFacts, distanceM: number, i: number, question: NearestSuitableQuestion): ChosenUnit {
  const { driftMps = 50 / 3.6, maxFixAgeS, minHeadCount, capabilities } = question;
  const ageS = fixAgeS(unit, question.now) ?? 0;
  const strayM = (unit.accuracyM ?? UNSTATED_ACCURACY_M) + ageS * driftMps;
  const why: Why[] = [
    { code: 'nearest', rank: i + 1 },
    { code: 'fix_age', ageS, limitS: maxFixAgeS },
  ];
  for (const { code, quantity } of capabilities) {
    why.push({ code: 'capability', capability: code, wanted: quantity, has: unit.capabilities.get(code) ?? 0 });
  }
  if (unit.headCount === null) why.push({ code: 'crew_unknown' });
  else if (minHeadCount !== undefined) why.push({ code: 'crew', wanted: minHeadCount, has: unit.headCount });
  if (unit.onShift === null) why.push({ code: 'shift_unknown' });
  if (unit.accuracyM === null) why.push({ code: 'accuracy_unknown' });
  if (unit.suspect.length > 0) why.push({ code: 'fix_suspect', marks: unit.suspect });
  return {
    ...named(unit, distanceM),
    fixAgeS: ageS,
    intervalM: [Math.max(0, distanceM - strayM), distanceM + strayM],
    why,
  };
}

function named({ handle, unitId, callsign, agencyId }: UnitFacts, distanceM: number): NamedUnit {
  return { handle, unitId, callsign, agencyId, distanceM };
}

function factsOf(roster: UnitRoster, handle: number): UnitFacts {
  const unit = roster.get(handle);
  if (unit === undefined) throw new Error(`unit ${handle} left the roster in the middle of a search`);
  return unit;
}
