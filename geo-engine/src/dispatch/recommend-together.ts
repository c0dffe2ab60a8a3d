import { compileDemand } from '../run-cards/demand.js';
import { assignVeks, type TierProof } from './assign-veks.js';
import { shortlistsTogether } from './candidates.js';
import type { DispatchQuestion } from './dispatch-question.js';
import { crewKey } from './dispatch-unit.js';
import { explain, sumUp } from './explain.js';
import { candidatesOf, type DecisionInput, type Recommendation, type Surroundings } from './recommend.js';

/** One of several VEKs: whom it asks for, and what the world answers. */
export interface JointQuestion {
  readonly vekId: string;
  readonly question: DispatchQuestion;
  readonly surroundings: Surroundings;
}

/** All that a decision about several VEKs depends on. */
export interface JointInput {
  readonly nodeLimit: number;
  /** With the VEK of each; a unit may be considered for several. */
  readonly veks: readonly (DecisionInput & { readonly vekId: string })[];
}

/** Who should go where. No crew goes to two of them. */
export interface JointRecommendation {
  /** In the order of the input. */
  readonly veks: readonly (Omit<Recommendation, 'proof'> & { readonly vekId: string })[];
  readonly tiers: readonly TierProof[];
}

/**
 * Looks at the roster for every VEK and keeps what can be part of the answer, also where the others take as many units as they ever
 * could.
 */
export function gatherTogether(questions: readonly JointQuestion[], nodeLimit: number): JointInput {
  const lists = shortlistsTogether(
    questions.map(({ question, surroundings: { roster, ways, correction = null, agencies } }) => {
      return { roster, demand: compileDemand(question.requirements), question, ways, correction, agencies };
    }),
  );
  const veks = questions.map(({ vekId, question, surroundings }, i) => {
    const { ways, correction = null, coverageLoss } = surroundings;
    const { units, travel, others } = lists[i]!;
    const considered = units.map((unit, j) => ({ unit, travel: travel[j]!, coverageLoss: coverageLoss?.(unit) ?? 0 }));
    return { vekId, question, basis: ways.basis, closures: ways.closures, correction, considered, others };
  });
  return { nodeLimit, veks };
}

/** The answer to an input: the same input gives the same answer, on any day and machine. */
export function decideTogether({ veks, nodeLimit }: JointInput): JointRecommendation {
  const looked = veks.map(candidatesOf);
  const assignment = assignVeks(
    veks.map(({ vekId, question }, i) => ({
      vekId,
      priority: question.priority,
      demand: looked[i]!.demand,
      candidates: looked[i]!.candidates,
    })),
    nodeLimit,
  );
  const goesTo = assignment.veks.flatMap(({ vekId, taken }) =>
    taken.map(({ candidate }) => [crewKey(candidate.unit), vekId] as const),
  );
  return {
    veks: veks.map(({ vekId, question, basis, closures, others }, i) => {
      const { demand, eligibility, known } = looked[i]!;
      const { taken, met } = assignment.veks[i]!;
      const elsewhere = new Map(goesTo.filter(([, to]) => to !== vekId));
      return {
        vekId,
        basis,
        closures,
        ...explain(demand, { taken, met }, known, others, eligibility, question, { keptCoverage: false, elsewhere }),
        sums: sumUp(taken),
      };
    }),
    tiers: assignment.tiers,
  };
}
