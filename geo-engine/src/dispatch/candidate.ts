import type { DispatchQuestion } from './dispatch-question.js';
import { compareIdle, type DispatchUnit, type StandingUnit } from './dispatch-unit.js';
import { type Eligibility, type Judgement, type LineSupply, wayRefusal } from './eligibility.js';
import type { ResponseTime } from './eta.js';

/** A unit that may go, with what it brings to which line and what sending it costs. */
export interface Candidate {
  readonly unit: DispatchUnit;
  readonly response: ResponseTime;
  /** By line of the demand; null: it does not count for that one. At least one is there. */
  readonly supplies: readonly (LineSupply | null)[];
  /** Lines that it serves at no penalty, and those that it could serve at one; as bits. */
  readonly servesFreely: number;
  readonly servesAtPenalty: number;
  /** For a crew that should be resting. */
  readonly restMs: number;
  /** For a crew whose shift is nearly over on arrival. */
  readonly shortShiftMs: number;
  /** Response time and both penalties: what the choice sums up, whole ms. */
  readonly costMs: number;
  /** Calls an hour that nobody would reach in time once the unit is gone. */
  readonly coverageLoss: number;
}

/**
 * Makes a candidate of a unit whose way is known, or says by undefined that it counts for no line. Leaves in `judgement` what
 * eligibility says of it.
 */
export function createCandidate(
  unit: DispatchUnit,
  response: ResponseTime,
  coverageLoss: number,
  eligibility: Eligibility,
  question: DispatchQuestion,
  judgement: Judgement,
): Candidate | undefined {
  eligibility.judge(unit, judgement);
  if (judgement.eligible === 0) return undefined;
  let servesFreely = 0;
  let servesAtPenalty = 0;
  const supplies: (LineSupply | null)[] = [];
  for (let line = 0; line < eligibility.lines; line++) {
    const counts = judgement.codes[line] === 0 && wayRefusal(response, eligibility.needOf(line)) === undefined;
    const supply = counts ? eligibility.supply(line, judgement) : null;
    if (supply?.penaltyMs === 0) servesFreely |= 1 << line;
    else if (supply) servesAtPenalty |= 1 << line;
    supplies.push(supply);
  }
  if ((servesFreely | servesAtPenalty) === 0) return undefined;
  const restMs = restPenaltyMs(unit, question);
  const shortShiftMs = shortShiftPenaltyMs(unit, response.responseMs, question);
  const costMs = response.responseMs + restMs + shortShiftMs;
  return { unit, response, supplies, servesFreely, servesAtPenalty, restMs, shortShiftMs, costMs, coverageLoss };
}

/** Least cost of a unit, from the least time in which it can be there. Never above the cost itself. */
export function leastCostMs(unit: StandingUnit, leastResponseMs: number, question: DispatchQuestion): number {
  return leastResponseMs + restPenaltyMs(unit, question) + shortShiftPenaltyMs(unit, leastResponseMs, question);
}

/** Cheapest first; equal cost: idle longest, then unit id. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return a.costMs - b.costMs || compareIdle(a.unit, b.unit);
}

function restPenaltyMs({ restUntil }: StandingUnit, { now, policy }: DispatchQuestion): number {
  return restUntil !== null && restUntil > now ? policy.restPenaltyS * 1000 : 0;
}

function shortShiftPenaltyMs(
  { shiftEndsAt }: StandingUnit,
  responseMs: number,
  { now, policy }: DispatchQuestion,
): number {
  if (shiftEndsAt === null) return 0;
  const leftOnArrivalMs = shiftEndsAt - now - responseMs;
  return leftOnArrivalMs < policy.shortShiftS * 1000 ? policy.shortShiftPenaltyS * 1000 : 0;
}
