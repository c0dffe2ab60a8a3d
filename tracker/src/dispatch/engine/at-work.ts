import {
  createCandidate,
  type Demand,
  type DispatchQuestion,
  type DispatchUnit,
  Eligibility,
  Judgement,
  metLines,
  type Requirement,
  responseTime,
  type Travel,
  type TravelCorrection,
  type WorkingUnit,
} from '../../../../geo-engine/src/index.js';

/** Statuses in which a unit is on its way to the scene still, and can be sent elsewhere. */
const UNDER_WAY: readonly string[] = ['dispatched', 'en_route'];

/** Whether a unit, or its part in an incident, is on the way there and not yet there. */
export const isUnderWay = ({ status }: { readonly status: string }) => UNDER_WAY.includes(status);

const THERE: Travel = { basis: 'straight_line', ms: 0, lengthM: 0, offRoadMs: 0, intervalMs: [0, 0] };

/** A unit at work on an incident, and what is left of its way; null: it is there, or no way is known. */
export interface AtWork {
  readonly unit: DispatchUnit;
  readonly travel: Travel | null;
}

/**
 * What units at work bring to a demand. It was decided before that they go: whether they might be sent now is not asked again. One that has
 * what a line asks stands in for nothing else.
 */
export function workingUnits(
  demand: Demand,
  question: DispatchQuestion,
  atWork: readonly AtWork[],
  correction: TravelCorrection = null,
): WorkingUnit[] {
  const eligibility = new Eligibility(demand, {
    ...question,
    vekId: null,
    agencyIds: null,
    skipped: {},
    ownHolds: [],
    preemption: null,
  });
  const judgement = new Judgement(demand.lines.length);
  return atWork.flatMap(({ unit, travel }): WorkingUnit[] => {
    const underWay = isUnderWay(unit);
    // when and where it will be free again is of no concern to those it is under way to
    const arriving = { ...unit, freeAt: null, freePlace: null };
    const response = responseTime(arriving, (underWay ? travel : null) ?? THERE, question.now, correction);
    const candidate = createCandidate(asAtHand(unit, question), response, 0, eligibility, question, judgement);
    if (candidate === undefined) return [];
    const { servesFreely, servesAtPenalty } = candidate;
    return [{ candidate, standsIn: servesFreely === 0 ? servesAtPenalty : 0, penaltyMs: 0, need: 'must', underWay }];
  });
}

/** The requirements less what is met: the same objects where nothing is, and none of those that are met whole. */
export function stillWanted(demand: Demand, working: readonly WorkingUnit[]): Requirement[] {
  const met = metLines(demand, working);
  const left: (Requirement | undefined)[] = [...demand.requirements];
  for (const [line, { members }] of demand.lines.entries()) {
    let share = met[line]!;
    for (const place of members) {
      const requirement = demand.requirements[place]!;
      const taken = Math.min(share, requirement.quantity);
      share -= taken;
      if (taken === 0) continue;
      left[place] =
        taken === requirement.quantity ? undefined : { ...requirement, quantity: requirement.quantity - taken };
    }
  }
  return left.filter((requirement) => requirement !== undefined);
}

/** The unit as if it stood by, with a fresh fix: so that only what it brings is judged. */
function asAtHand(unit: DispatchUnit, { now, place, dispatchableStatuses }: DispatchQuestion): DispatchUnit {
  return {
    ...unit,
    status: dispatchableStatuses[0]!,
    held: false,
    vekId: null,
    onShift: null,
    shiftEndsAt: null,
    restUntil: null,
    reservedFor: null,
    crewOutWith: null,
    freeAt: null,
    freePlace: null,
    workPriority: null,
    place: unit.place ?? place,
    fixTime: now,
    receivedAt: now,
  };
}
