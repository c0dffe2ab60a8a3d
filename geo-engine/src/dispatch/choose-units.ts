import type { Demand } from '../run-cards/demand.js';
import { type Candidate, compareCandidates } from './candidate.js';
import { type DemandAnswer, searchDemand, searchNearBest } from './demand-search.js';
import type { DispatchQuestion } from './dispatch-question.js';
import {
  metLines,
  type Need,
  Stage,
  type StageProof,
  stageProof,
  type Taken,
  type VekDemand,
  WEIGHT_A_MS,
  weightMs,
} from './stage.js';

/** Coverage loss is counted in millionths of a call an hour, so that equal means equal. */
const LOSSES_A_CALL = 1e6;

/** What keeping coverage cost and saved. */
export interface KeptCoverage {
  /** Against the cheapest choice, ms. */
  readonly regretMs: number;
  /** Coverage loss of the units taken, calls an hour, and of those that the cheapest choice would take. */
  readonly loss: number;
  readonly lossOfCheapest: number;
  /** The least loss that any choice within the regret has; equal to `loss` if that is proven. */
  readonly leastLoss: number;
}

export interface ChoiceProof extends StageProof {
  /** null: coverage had no say. */
  readonly kept: KeptCoverage | null;
}

/** Who goes to one VEK. */
export interface UnitChoice {
  /** Must units first, in the order of arrival within each stage. */
  readonly taken: readonly Taken[];
  /** How much of each line of the demand is met. */
  readonly met: readonly number[];
  readonly must: ChoiceProof;
  readonly should: ChoiceProof;
}

/**
 * The units that meet a demand at the least sum of response times and penalties: first all must lines, then, with those
 * going, the should lines. Where not everything can be met, least shortfall comes first, then least cost. Exact unless a
 * stage says otherwise, and the same whatever the order of the candidates.
 */
export function chooseUnits(
  demand: Demand,
  candidates: readonly Candidate[],
  question: Pick<DispatchQuestion, 'priority' | 'policy' | 'targetMs'>,
): UnitChoice {
  const vek = { demand, candidates: candidates.toSorted(compareCandidates) };
  const must = chooseStage(vek, [], 'must', question);
  const should = chooseStage(vek, must.taken, 'should', question);
  const taken = [...should.taken].sort((a, b) => stageOrder(a) - stageOrder(b) || compareArrival(a, b));
  return { taken, met: [...metLines(demand, taken)], must: must.proof, should: should.proof };
}

function chooseStage(
  vek: VekDemand,
  before: readonly Taken[],
  need: Need,
  question: Pick<DispatchQuestion, 'priority' | 'policy' | 'targetMs'>,
): { taken: readonly Taken[]; proof: ChoiceProof } {
  const stage = new Stage([vek], [before], need);
  const cheapest = searchDemand(stage.problem, { nodeLimit: question.policy.nodeLimit, equals: 'first' });
  const regretMs = question.policy.regretS[question.priority] * 1000;
  const { answer, kept } =
    regretMs > 0 ? keepCoverage(stage, cheapest, regretMs, question) : { answer: cheapest, kept: null };
  return { taken: stage.takenAfter(answer.taken, [before])[0]!, proof: { ...stageProof(answer), kept } };
}

/**
 * Among choices that fall as short as the cheapest and cost at most `regretMs` more, the one whose units are missed least
 * where they stand; then the cheapest of those. No unit that comes later than the norm is brought in for it.
 */
function keepCoverage(
  stage: Stage,
  cheapest: DemandAnswer,
  regretMs: number,
  { policy, targetMs }: Pick<DispatchQuestion, 'policy' | 'targetMs'>,
): { answer: DemandAnswer; kept: KeptCoverage } {
  const { problem, ways } = stage;
  const inCheapest = new Set(cheapest.taken.map((option) => ways[option]!.candidate));
  const loss = Float64Array.from(ways, ({ candidate, isNew }) =>
    isNew ? Math.round(candidate.coverageLoss * LOSSES_A_CALL) : 0,
  );
  const closed = Uint8Array.from(ways, ({ candidate }) => {
    const target = targetMs[candidate.unit.service];
    const late = target !== undefined && candidate.response.responseMs > target;
    return late && !inCheapest.has(candidate) ? 1 : 0;
  });
  // what a weight counts besides milliseconds takes no part in the comparison
  const slack = regretMs * WEIGHT_A_MS + (WEIGHT_A_MS - 1);
  const near = searchNearBest(problem, cheapest, slack, loss, closed, policy.nodeLimit);
  const lossOf = ({ taken }: DemandAnswer) => taken.reduce((sum, option) => sum + loss[option]!, 0) / LOSSES_A_CALL;
  const answer = {
    ...near.answer,
    proven: cheapest.proven && near.answer.proven,
    leastShort: cheapest.leastShort,
    leastWeight: cheapest.leastWeight,
    nodes: cheapest.nodes + near.answer.nodes,
  };
  return {
    answer,
    kept: {
      regretMs: weightMs(answer.weight) - weightMs(cheapest.weight),
      loss: lossOf(answer),
      lossOfCheapest: lossOf(cheapest),
      leastLoss: near.leastLoss / LOSSES_A_CALL,
    },
  };
}

function stageOrder({ need }: Taken): number {
  return need === 'must' ? 0 : 1;
}

function compareArrival({ candidate: a }: Taken, { candidate: b }: Taken): number {
  return a.response.responseMs - b.response.responseMs || (a.unit.unitId < b.unit.unitId ? -1 : 1);
}
