import { FARTHER, INELIGIBLE_CODES, type IneligibleCode } from '../errors.js';
import type { Demand, DemandLine } from '../run-cards/demand.js';
import { fixAgeS } from '../suitability/unit-facts.js';
import type { Candidate } from './candidate.js';
import { NAMED_NOT_CHOSEN, type ReasonCounts } from './candidates.js';
import type { UnitChoice } from './choose-units.js';
import type { DispatchQuestion } from './dispatch-question.js';
import { compareIdle, crewKey, type DispatchUnit } from './dispatch-unit.js';
import { codeNumber, type Eligibility, type Ineligible, wayRefusal } from './eligibility.js';
import { againstTarget, type ResponseTime } from './eta.js';
import { crewsOf, type Given, handOut } from './hand-out.js';
import { CODE_NUMBERS } from './roster-scan.js';
import type { Taken } from './stage.js';

const NO_ROUTE = codeNumber('no_route');

/** Why a unit that may go does not, with the figures behind it. */
export type LeftOut =
  | { readonly code: 'crew_shared'; readonly unitId: string }
  | { readonly code: 'farther'; readonly byMs: number }
  | { readonly code: 'costs_more'; readonly byMs: number; readonly penaltyMs: number }
  | { readonly code: 'kept_for_coverage'; readonly coverageLoss: number }
  | { readonly code: 'less_together' }
  | { readonly code: 'sent_elsewhere'; readonly vekId: string };

/** One thing that speaks for a unit that goes, or that is not known of it. `line` is a place in the question's requirements. */
export type DispatchWhy =
  | {
      readonly code: 'serves';
      readonly line: number;
      readonly amount: number;
      readonly standsInWith: string | null;
      readonly penaltyMs: number;
    }
  | { readonly code: 'nearest'; readonly line: number; readonly rank: number | null }
  | { readonly code: 'norm'; readonly targetMs: number; readonly verdict: 'within' | 'uncertain' | 'late' }
  | { readonly code: 'fix_age'; readonly ageS: number; readonly limitS: number }
  | { readonly code: 'soon_free'; readonly freeAt: number }
  | { readonly code: 'from_free_place'; readonly lon: number; readonly lat: number; readonly name: string | null }
  | { readonly code: 'crew_rests' | 'shift_ends'; readonly penaltyMs: number }
  | { readonly code: 'shift_unknown' | 'crew_unknown' | 'accuracy_unknown' }
  | { readonly code: 'fix_suspect'; readonly marks: readonly string[] };

interface NamedUnit {
  readonly unitId: string;
  readonly callsign: string;
  readonly agencyId: string;
  readonly service: string;
}

/** A unit that goes. */
export interface DispatchedUnit extends NamedUnit {
  readonly need: 'must' | 'should';
  readonly response: ResponseTime;
  /** Response time with penalties and substitutes: what the choice sums up. */
  readonly costMs: number;
  readonly why: readonly DispatchWhy[];
}

/** A unit that is about a line and does not go. */
export interface BypassedUnit extends NamedUnit {
  readonly response: ResponseTime;
  readonly reason: Ineligible | LeftOut;
}

/** One line of the run card, or several that are alike. */
export interface LineAnswer {
  /** The lines as asked, by their place, with what of each is met. Earlier ones are served first. */
  readonly requirements: readonly { readonly line: number; readonly wanted: number; readonly met: number }[];
  readonly need: 'must' | 'should';
  /** Who serves it, first to arrive first. */
  readonly served: readonly {
    readonly unitId: string;
    readonly amount: number;
    readonly standsInWith: string | null;
  }[];
  /** The nearest by road that are about the line and do not go. */
  readonly notChosen: readonly BypassedUnit[];
  /**
   * Everybody else, by the hard filter that keeps them back; `farther`: none does, others are nearer; `no_route`: none does, and
   * no way leads there. With those that go and those named it is the whole roster.
   */
  readonly restByReason: Readonly<Partial<Record<IneligibleCode | typeof FARTHER, number>>>;
  /** What is short, and the nearest that would help if it could; null: nothing is. */
  readonly shortfall: { readonly missing: number; readonly next: BypassedUnit | null } | null;
}

/** What goes, as a service chief, a duty officer and a storekeeper count it. */
export interface ThreeSums {
  readonly services: readonly {
    readonly service: string;
    readonly units: number;
    /** Of crews whose strength is known. */
    readonly people: number;
  }[];
  readonly people: { readonly known: number; readonly unitsOfUnknownCrew: number };
  /** Capabilities and stocks that the units bring, by code; pieces, litres … as the code counts. */
  readonly capabilities: Readonly<Record<string, number>>;
  readonly equipment: Readonly<Record<string, number>>;
}

/** A unit whose way is known, and what became of it. */
export interface ConsideredUnit {
  readonly unit: DispatchUnit;
  readonly response: ResponseTime | null;
  /** undefined: it counts for no line. */
  readonly candidate: Candidate | undefined;
  /** Lines that are about it, whether or not it may go, as bits. */
  readonly about: number;
  /** [lines] number of the hard filter that refuses it, its way not asked; 0: none. */
  readonly codes: Uint8Array;
}

/** What more there is to say of those who may go and do not. */
export interface LeftOutFacts {
  /** Coverage had a say in the choice. */
  readonly keptCoverage: boolean;
  /** Crews (crewKey) that go to another VEK, and to which. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

/** Why the units that go were chosen, what became of every line, and of the units that are about it. */
export function explain(
  demand: Demand,
  choice: Pick<UnitChoice, 'taken' | 'met'>,
  considered: readonly ConsideredUnit[],
  others: readonly ReasonCounts[],
  eligibility: Eligibility,
  question: DispatchQuestion,
  facts: LeftOutFacts,
): { readonly units: DispatchedUnit[]; readonly lines: LineAnswer[] } {
  const given = handOut(demand, byArrival(choice.taken), choice.met);
  const nearestFirst = considered.toSorted(compareResponse);
  return {
    units: explainUnits(demand, choice, given, nearestFirst, question),
    lines: explainLines(demand, choice, given, nearestFirst, others, eligibility, facts),
  };
}

function explainUnits(
  demand: Demand,
  { taken }: Pick<UnitChoice, 'taken'>,
  given: readonly (readonly Given[])[],
  nearestFirst: readonly ConsideredUnit[],
  question: DispatchQuestion,
): DispatchedUnit[] {
  const ranks = demand.lines.map((_, line) => nearestRanks(nearestFirst, line));
  return taken.map((one) => {
    const { candidate, need, penaltyMs } = one;
    const why: DispatchWhy[] = [];
    for (const [line, { members }] of demand.lines.entries()) {
      const part = given[line]!.find(({ taken: from }) => from === one);
      if (part === undefined) continue;
      const { standsInWith, penaltyMs: linePenaltyMs } = candidate.supplies[line]!;
      why.push({ code: 'serves', line: members[0]!, amount: part.amount, standsInWith, penaltyMs: linePenaltyMs });
      why.push({ code: 'nearest', line: members[0]!, rank: ranks[line]!.get(candidate.unit) ?? null });
    }
    why.push(...whyOfUnit(candidate, question));
    return { ...named(candidate.unit), need, response: candidate.response, costMs: candidate.costMs + penaltyMs, why };
  });
}

function explainLines(
  demand: Demand,
  choice: Pick<UnitChoice, 'taken' | 'met'>,
  given: readonly (readonly Given[])[],
  nearestFirst: readonly ConsideredUnit[],
  others: readonly ReasonCounts[],
  eligibility: Eligibility,
  facts: LeftOutFacts,
): LineAnswer[] {
  const goes = new Set(choice.taken.map(({ candidate }) => candidate.unit));
  const staying = nearestFirst.filter(({ unit }) => !goes.has(unit));
  const crews = crewsOf(choice.taken);
  return demand.lines.map((demandLine, line): LineAnswer => {
    const notChosen: BypassedUnit[] = [];
    const rest = new Uint32Array(CODE_NUMBERS);
    const restNumbers: number[] = []; // as they were met
    const serving = worstServing(given[line]!, line);
    for (const one of staying) {
      const { unit, response, about, codes } = one;
      if (response !== null && (about & (1 << line)) !== 0 && notChosen.length < NAMED_NOT_CHOSEN) {
        const reason =
          (codes[line]! > 0 ? eligibility.refusal(unit, line) : undefined) ??
          wayRefusal(response, eligibility.needOf(line)) ??
          leftOut(one.candidate!, line, serving, crews, facts);
        const { unitId, callsign, agencyId, service } = unit;
        notChosen.push({ unitId, callsign, agencyId, service, response, reason });
        continue;
      }
      // what keeps back those who were not named and whose ways were not all asked for is that others are nearer
      const number = codes[line]! || (response === null ? NO_ROUTE : 0);
      if (rest[number]!++ === 0) restNumbers.push(number);
    }
    const missing = demandLine.quantity - choice.met[line]!;
    return {
      requirements: membersMet(demand, demandLine, choice.met[line]!),
      need: demandLine.requirement.need,
      served: given[line]!.map(({ taken, amount }) => ({
        unitId: taken.candidate.unit.unitId,
        amount,
        standsInWith: taken.candidate.supplies[line]!.standsInWith,
      })),
      notChosen,
      restByReason: countsByReason(others[line]!, restNumbers, rest),
      shortfall: missing > 0 ? { missing, next: notChosen[0] ?? null } : null,
    };
  });
}

/** Services, people and equipment of the units that go. */
export function sumUp(taken: readonly Taken[]): ThreeSums {
  const services = new Map<string, { units: number; people: number }>();
  const capabilities = new Map<string, number>();
  const equipment = new Map<string, number>();
  let known = 0;
  let unitsOfUnknownCrew = 0;
  for (const { candidate } of taken) {
    const { service, headCount } = candidate.unit;
    const sums = services.get(service) ?? { units: 0, people: 0 };
    services.set(service, { units: sums.units + 1, people: sums.people + (headCount ?? 0) });
    known += headCount ?? 0;
    if (headCount === null) unitsOfUnknownCrew++;
    for (const [code, quantity] of candidate.unit.capabilities) add(capabilities, code, quantity);
    for (const [code, quantity] of candidate.unit.equipment) add(equipment, code, quantity);
  }
  return {
    services: [...services].sort(([a], [b]) => (a < b ? -1 : 1)).map(([service, sums]) => ({ service, ...sums })),
    people: { known, unitsOfUnknownCrew },
    capabilities: Object.fromEntries(capabilities),
    equipment: Object.fromEntries(equipment),
  };
}

function add(sums: Map<string, number>, code: string, quantity: number): void {
  sums.set(code, (sums.get(code) ?? 0) + quantity);
}

/** Adds to what was counted, by the numbers of reasons. */
function countsByReason(counted: ReasonCounts, numbers: readonly number[], more: Uint32Array): ReasonCounts {
  const counts: Partial<Record<IneligibleCode | typeof FARTHER, number>> = { ...counted };
  for (const number of numbers) {
    const code = number === 0 ? FARTHER : INELIGIBLE_CODES[number - 1]!;
    counts[code] = (counts[code] ?? 0) + more[number]!;
  }
  return counts;
}

/** The greatest figures of those who serve a line, each by itself. */
interface WorstServing {
  readonly dearestMs: number;
  readonly farthestMs: number;
  readonly mostMissed: number;
}

/** undefined: nobody serves it. */
function worstServing(given: readonly Given[], line: number): WorstServing | undefined {
  if (given.length === 0) return undefined;
  return {
    dearestMs: Math.max(...given.map(({ taken }) => taken.candidate.costMs + penaltyOf(taken, line))),
    farthestMs: Math.max(...given.map(({ taken }) => taken.candidate.response.responseMs)),
    mostMissed: Math.max(0, ...given.map(({ taken }) => taken.candidate.coverageLoss)),
  };
}

function leftOut(
  candidate: Candidate,
  line: number,
  serving: WorstServing | undefined,
  crews: ReadonlyMap<string, Taken>,
  { keptCoverage, elsewhere }: LeftOutFacts,
): LeftOut {
  const key = crewKey(candidate.unit);
  const sharer = crews.get(key);
  if (sharer !== undefined) return { code: 'crew_shared', unitId: sharer.candidate.unit.unitId };
  const vekId = elsewhere.get(key);
  if (vekId !== undefined) return { code: 'sent_elsewhere', vekId };
  if (serving === undefined) return { code: 'less_together' };
  const { dearestMs, farthestMs, mostMissed } = serving;
  const costMs = candidate.costMs + candidate.supplies[line]!.penaltyMs;
  const { responseMs } = candidate.response;
  if (costMs >= dearestMs) {
    if (responseMs >= farthestMs) return { code: 'farther', byMs: responseMs - farthestMs };
    return { code: 'costs_more', byMs: costMs - dearestMs, penaltyMs: costMs - responseMs };
  }
  const { coverageLoss } = candidate;
  return keptCoverage && coverageLoss > mostMissed
    ? { code: 'kept_for_coverage', coverageLoss }
    : { code: 'less_together' };
}

function penaltyOf({ candidate }: Taken, line: number): number {
  return candidate.supplies[line]?.penaltyMs ?? 0;
}

function whyOfUnit({ unit, response, restMs, shortShiftMs }: Candidate, question: DispatchQuestion): DispatchWhy[] {
  const why: DispatchWhy[] = [];
  const targetMs = question.targetMs[unit.service];
  if (targetMs !== undefined) why.push({ code: 'norm', targetMs, verdict: againstTarget(response, targetMs) });
  why.push({ code: 'fix_age', ageS: fixAgeS(unit, question.now) ?? 0, limitS: question.maxFixAgeS });
  if (response.waitMs > 0 && unit.freeAt !== null) why.push({ code: 'soon_free', freeAt: unit.freeAt });
  if (unit.freePlace !== null) {
    const { at, name } = unit.freePlace;
    why.push({ code: 'from_free_place', lon: at[0], lat: at[1], name });
  }
  if (restMs > 0) why.push({ code: 'crew_rests', penaltyMs: restMs });
  if (shortShiftMs > 0) why.push({ code: 'shift_ends', penaltyMs: shortShiftMs });
  if (unit.onShift === null) why.push({ code: 'shift_unknown' });
  if (unit.headCount === null) why.push({ code: 'crew_unknown' });
  if (unit.accuracyM === null) why.push({ code: 'accuracy_unknown' });
  if (unit.suspect.length > 0) why.push({ code: 'fix_suspect', marks: unit.suspect });
  return why;
}

/** The nearest that a line is about, from 1: each of them goes, or is named with its reason. */
function nearestRanks(nearestFirst: readonly ConsideredUnit[], line: number): Map<DispatchUnit, number> {
  const ranks = new Map<DispatchUnit, number>();
  for (const { unit, about, response } of nearestFirst) {
    if (ranks.size === NAMED_NOT_CHOSEN || response === null) break; // who has no way comes last
    if ((about & (1 << line)) !== 0) ranks.set(unit, ranks.size + 1);
  }
  return ranks;
}

/** What is met of lines that are alike, earlier ones first. */
function membersMet({ requirements }: Demand, { members }: DemandLine, met: number): LineAnswer['requirements'] {
  let left = met;
  return members.map((line) => {
    const wanted = requirements[line]!.quantity;
    const share = Math.min(wanted, left);
    left -= share;
    return { line, wanted, met: share };
  });
}

function byArrival(taken: readonly Taken[]): Taken[] {
  return taken.toSorted((a, b) => compareResponse(a.candidate, b.candidate));
}

interface Responding {
  readonly unit: DispatchUnit;
  readonly response: ResponseTime | null;
}

/** First to arrive first; who has no way comes last. */
function compareResponse(a: Responding, b: Responding): number {
  const aMs = a.response?.responseMs ?? Number.POSITIVE_INFINITY;
  const bMs = b.response?.responseMs ?? Number.POSITIVE_INFINITY;
  return aMs === bMs ? compareIdle(a.unit, b.unit) : aMs - bMs;
}

function named({ unitId, callsign, agencyId, service }: DispatchUnit): NamedUnit {
  return { unitId, callsign, agencyId, service };
}
