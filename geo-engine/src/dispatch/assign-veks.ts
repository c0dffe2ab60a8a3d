import { PRIORITIES, type Priority } from '../run-cards/run-card.js';
import { SHORT_EPSILON } from './demand-parts.js';
import { searchDemand } from './demand-search.js';
import { crewKey } from './dispatch-unit.js';
import {
  metLines,
  type Need,
  Stage,
  type StageProof,
  stageProof,
  type Taken,
  type VekDemand,
  type Way,
} from './stage.js';

/** Orders in which VEKs are served one after another, to begin with the best of them, when crews are scarce. */
const MAX_TURNS = 5;

/** One open VEK of several. Candidates of a unit that could go to two of them are two, with a response time each. */
export interface OpenVek extends VekDemand {
  readonly vekId: string;
  readonly priority: Priority;
}

export interface VekAssignment {
  readonly vekId: string;
  readonly taken: readonly Taken[];
  /** How much of each line of its demand is met; the rest is its shortfall. */
  readonly met: readonly number[];
}

/** How good the assignment of one priority's must, or should, lines is known to be. */
export interface TierProof extends StageProof {
  readonly priority: Priority;
  readonly need: Need;
}

export interface JointAssignment {
  /** In the order of the VEKs given. */
  readonly veks: readonly VekAssignment[];
  /** In the order decided: must lines of every priority, then should lines of every priority. */
  readonly tiers: readonly TierProof[];
}

/**
 * Shares units among several VEKs. Tier by tier: must lines of P1, of P2 …, then should lines of P1, of P2 …; what an
 * earlier tier took, no later one takes away. Within a tier all its VEKs are decided together: least shortfall (sum over
 * lines of the share that is not met), then least sum of response times and penalties. Exact unless a tier says otherwise,
 * and no tier is worse than serving its VEKs one after another.
 */
export function assignVeks(veks: readonly OpenVek[], nodeLimit: number): JointAssignment {
  const taken: Taken[][] = veks.map(() => []);
  const tiers: TierProof[] = [];
  for (const need of ['must', 'should'] as const) {
    for (const priority of PRIORITIES) {
      const members = [...veks.keys()].filter((i) => veks[i]!.priority === priority);
      if (members.length === 0) continue;
      const before = members.map((i) => taken[i]!);
      const busy = new Set(
        taken.flatMap((ofVek, i) => (members.includes(i) ? [] : ofVek.map(({ candidate }) => crewKey(candidate.unit)))),
      );
      const tier = decideTier(
        members.map((i) => veks[i]!),
        before,
        busy,
        need,
        nodeLimit,
      );
      for (const [i, member] of members.entries()) taken[member] = tier.taken[i]!;
      tiers.push({ priority, need, ...tier.proof });
    }
  }
  return {
    veks: veks.map(({ vekId, demand }, i) => ({ vekId, taken: taken[i]!, met: [...metLines(demand, taken[i]!)] })),
    tiers,
  };
}

function decideTier(
  veks: readonly VekDemand[],
  before: readonly (readonly Taken[])[],
  busy: ReadonlySet<string>,
  need: Need,
  nodeLimit: number,
): { taken: Taken[][]; proof: StageProof } {
  const stage = new Stage(veks, before, need, busy);
  const start = veks.length > 1 ? bestInTurn(veks, before, busy, need, nodeLimit, stage.ways) : undefined;
  const answer = searchDemand(stage.problem, { nodeLimit, equals: 'any', start });
  return { taken: stage.takenAfter(answer.taken, before), proof: stageProof(answer) };
}

/** The best of what serving the VEKs one after another would take, first in the order given, then beginning elsewhere. */
function bestInTurn(
  veks: readonly VekDemand[],
  before: readonly (readonly Taken[])[],
  busy: ReadonlySet<string>,
  need: Need,
  nodeLimit: number,
  ways: readonly Way[],
): number[] {
  let best = { options: [] as number[], short: Number.POSITIVE_INFINITY, weight: 0 };
  for (let first = 0; first < Math.min(veks.length, MAX_TURNS); first++) {
    const order = [...veks.keys()].map((i) => (i + first) % veks.length);
    const turn = oneAfterAnother(order, veks, before, busy, need, nodeLimit, ways);
    const shorter = best.short - turn.short;
    if (shorter > SHORT_EPSILON || (shorter > -SHORT_EPSILON && turn.weight < best.weight)) best = turn;
    if (best.short <= SHORT_EPSILON) break; // nobody goes short: the order hardly matters
  }
  return best.options;
}

/** The options of the stage that serving the VEKs in an order would take. */
function oneAfterAnother(
  order: readonly number[],
  veks: readonly VekDemand[],
  before: readonly (readonly Taken[])[],
  busy: ReadonlySet<string>,
  need: Need,
  nodeLimit: number,
  ways: readonly Way[],
): { options: number[]; short: number; weight: number } {
  const gone = new Set(busy);
  for (const ofVek of before) for (const { candidate } of ofVek) gone.add(crewKey(candidate.unit));
  const places = new Map(ways.map((way, option) => [wayKey(way.vek, way), option]));
  const options: number[] = [];
  let short = 0;
  let weight = 0;
  for (const vek of order) {
    const others = new Set(gone);
    for (const { candidate } of before[vek]!) others.delete(crewKey(candidate.unit));
    const stage = new Stage([veks[vek]!], [before[vek]!], need, others);
    const answer = searchDemand(stage.problem, { nodeLimit, equals: 'any' });
    short += answer.short;
    weight += answer.weight;
    for (const option of answer.taken) {
      const way = stage.ways[option]!;
      gone.add(crewKey(way.candidate.unit));
      const place = places.get(wayKey(vek, way));
      if (place !== undefined) options.push(place);
    }
  }
  return { options, short, weight };
}

function wayKey(vek: number, { candidate, standsIn }: Taken): string {
  return `${vek} ${standsIn} ${candidate.unit.unitId}`;
}
