import type { ClosureState } from '../routing/router.js';
import { compileDemand, type Demand } from '../run-cards/demand.js';
import { type Candidate, createCandidate } from './candidate.js';
import { type ReasonCounts, shortlist } from './candidates.js';
import { type ChoiceProof, chooseUnits } from './choose-units.js';
import type { DispatchQuestion } from './dispatch-question.js';
import type { DispatchRoster } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { Eligibility, Judgement } from './eligibility.js';
import { responseTime, type TravelCorrection } from './eta.js';
import {
  type ConsideredUnit,
  type DispatchedUnit,
  explain,
  type LineAnswer,
  sumUp,
  type ThreeSums,
} from './explain.js';
import type { Travel, Ways, WaysBasis } from './ways.js';

/** All that a decision depends on: the question, and of the fleet what can be part of the answer. Plain values. */
export interface DecisionInput {
  readonly question: DispatchQuestion;
  /** What the ways were taken from, and how they stand to the closures in force. */
  readonly basis: WaysBasis;
  readonly closures: ClosureState;
  /** Factor on travel times of this hour and zone; null: none learnt. */
  readonly correction: TravelCorrection;
  readonly considered: readonly {
    readonly unit: DispatchUnit;
    /** null: no way leads there. */
    readonly travel: Travel | null;
    /** Calls an hour that nobody would reach in time once the unit is gone. */
    readonly coverageLoss: number;
  }[];
  /** By line of the compiled demand: units that were not considered, by reason. */
  readonly others: readonly ReasonCounts[];
}

/** Who should go, why, who not and why not, and what is short. */
export interface Recommendation {
  readonly basis: WaysBasis;
  readonly closures: ClosureState;
  readonly units: readonly DispatchedUnit[];
  readonly lines: readonly LineAnswer[];
  readonly sums: ThreeSums;
  readonly proof: { readonly must: ChoiceProof; readonly should: ChoiceProof };
}

/** What the world answers while an input is gathered. */
export interface Surroundings {
  readonly roster: DispatchRoster;
  /** To the place of the question. */
  readonly ways: Ways;
  /** Agencies whose units there are for whoever asks: others are neither counted nor named. Left out: all. */
  readonly agencies?: ReadonlySet<string>;
  readonly correction?: TravelCorrection;
  /** Coverage lost with a unit; left out: coverage has no say. */
  readonly coverageLoss?: (unit: DispatchUnit) => number;
}

/** Looks at the whole roster and keeps what can be part of the answer, with the ways of those units. */
export function gatherInput(question: DispatchQuestion, surroundings: Surroundings): DecisionInput {
  const { roster, ways, agencies, correction = null, coverageLoss } = surroundings;
  const demand = compileDemand(question.requirements);
  const { units, travel, others } = shortlist(roster, demand, question, ways, correction, agencies);
  const considered = units.map((unit, i) => ({ unit, travel: travel[i]!, coverageLoss: coverageLoss?.(unit) ?? 0 }));
  return { question, basis: ways.basis, closures: ways.closures, correction, considered, others };
}

/** The units of an input as candidates, and what is known of each: the same for the same input, on any day and machine. */
export function candidatesOf({ question, correction, considered }: DecisionInput): {
  readonly demand: Demand;
  readonly eligibility: Eligibility;
  readonly candidates: Candidate[];
  readonly known: ConsideredUnit[];
} {
  const demand = compileDemand(question.requirements);
  const eligibility = new Eligibility(demand, question);
  const judgement = new Judgement(demand.lines.length);
  const candidates: Candidate[] = [];
  const known = considered.map(({ unit, travel, coverageLoss }): ConsideredUnit => {
    const response = travel && responseTime(unit, travel, question.now, correction);
    let candidate: Candidate | undefined;
    if (response === null) eligibility.judge(unit, judgement);
    else candidate = createCandidate(unit, response, coverageLoss, eligibility, question, judgement);
    if (candidate !== undefined) candidates.push(candidate);
    return { unit, response, candidate, about: judgement.about, codes: judgement.codes.slice() };
  });
  return { demand, eligibility, candidates, known };
}

/** The answer to an input: the same input gives the same answer, on any day and machine. */
export function decide(input: DecisionInput): Recommendation {
  const { question, basis, closures, others } = input;
  const { demand, eligibility, candidates, known } = candidatesOf(input);
  const choice = chooseUnits(demand, candidates, question);
  const keptCoverage = choice.must.kept !== null || choice.should.kept !== null;
  return {
    basis,
    closures,
    ...explain(demand, choice, known, others, eligibility, question, { keptCoverage, elsewhere: new Map() }),
    sums: sumUp(choice.taken),
    proof: { must: choice.must, should: choice.should },
  };
}
