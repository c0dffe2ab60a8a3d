import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type CircleDecision,
  compileDemand,
  type DecisionInput,
  DispatchRoster,
  type DispatchUnit,
  decide,
  decideForCircle,
  decideTogether,
  findStarts,
  gatherInput,
  gatherTogether,
  type LonLat,
  type Priority,
  type Proposal,
  type Recommendation,
  type Requirement,
  type Roads,
  type RoadsOrder,
  RoadWays,
  recordDecision,
  reEvaluate,
  roadsAfter,
  StraightWays,
  type Surroundings,
  type Ways,
} from '../../../../geo-engine/src/index.js';
import { type AtWork, isUnderWay, stillWanted, workingUnits } from './at-work.js';
import { answerAvailable } from './available-answer.js';
import { fromOf } from './counted-from.js';
import { type FleetOrder, takeFleetOrder } from './fleet-order.js';
import { candidatesElsewhere, type GatheredIncident, KnownCandidates, proposeAmong } from './known-candidates.js';
import { drivenTo } from './lights-and-siren.js';
import type {
  AnswerState,
  AvailableUnitsAsked,
  ExpectedTravel,
  IncidentAskedOfEngine,
  IncidentQuestion,
  OpenVekAsked,
  RecommendationAsked,
  ReEvaluationAsked,
  WrittenDecision,
} from './orders.js';
import { rehearsalQuestion } from './rehearsal.js';

/** A recommendation, and what is written down of it afterwards: nobody waits for that. */
export interface Recommended {
  readonly answer: object;
  readonly written: () => WrittenDecision;
}

/** What every part of an answer rests on. */
interface Basis {
  readonly travel: 'roads' | 'straight_line';
  readonly networkId: string | null;
  readonly networkGenerated: boolean | null;
  /** How travel times stand to the closures in force. */
  readonly closures: DecisionInput['closures'];
  readonly state: AnswerState;
  /** Whether travel times hold a learnt factor. */
  readonly correction: 'none' | 'learnt';
}

/** One incident with what the world answers about it. */
interface Gathering {
  readonly incident: IncidentAskedOfEngine;
  readonly question: IncidentQuestion['question'];
  readonly surroundings: Surroundings;
}

/** Who goes, over the fleet and the roads that its thread is told of. One per thread. */
export class Engine {
  readonly #roster = new DispatchRoster();
  #roads: Roads | undefined;
  #networkProfiles: readonly string[] = [];

  follow(order: RoadsOrder): void {
    this.#roads = roadsAfter(order, this.#roads);
    this.#networkProfiles = this.#roads.describe().profiles.map(({ code }) => code);
    this.#roster.allMoved();
  }

  take(order: FleetOrder): void {
    takeFleetOrder(order, this.#roster);
  }

  /**
   * Finds where those start who have moved, so that no desk waits for that, for so many ms. By the profiles that are asked about when it
   * is urgent. Returns whether some are left.
   */
  findStarts(forMs: number): boolean {
    if (this.#roads === undefined) return false;
    return findStarts(this.#roster, this.#roads, drivenTo('P1', this.#networkProfiles), performance.now() + forMs);
  }

  recommend(asked: RecommendationAsked): Recommended {
    const gatherings = asked.incidents.map((incident) => this.#gather(incident));
    return gatherings.length === 1
      ? this.#recommendOne(gatherings[0]!, asked)
      : this.#recommendTogether(gatherings, asked);
  }

  /** Does all that a desk's question of some turn would make it do, for nobody. false: there is nobody to ask about. */
  rehearse(turn: number, now: number): boolean {
    const asked = rehearsalQuestion(this.#roster, turn, now);
    if (asked === undefined) return false;
    const { answer, written } = this.recommend(asked);
    JSON.stringify(answer);
    written();
    return true;
  }

  available(asked: AvailableUnitsAsked): object {
    const { within, visible, otherwise } = asked;
    const meant = within.kind === 'area' ? within : { ...within, ways: this.#waysTo(within.place, asked.priority) };
    return answerAvailable({ ...asked.question, within: meant }, this.#standing(new Set(visible), otherwise));
  }

  /** Questions are answered between its steps. */
  async reEvaluate({ veks, shown, settings }: ReEvaluationAsked): Promise<readonly Proposal[]> {
    const gathered: GatheredIncident[] = [];
    for (const vek of veks) {
      await nextTurn();
      const one = this.#gatherOpen(vek);
      if (one !== undefined) gathered.push(one);
    }
    const concerned = new Set(gathered.map(({ standing }) => standing.vekId));
    const known = new Set(shown);
    return proposeAmong(gathered, (open) => reEvaluate(open, concerned, known, settings), nextTurn);
  }

  #recommendOne({ incident, question, surroundings }: Gathering, asked: RecommendationAsked): Recommended {
    const { ways: _, ...fleet } = surroundings;
    const waysTo = (place: LonLat) => this.#waysTo(place, question.priority);
    const circle = incident.radiusM === null ? undefined : decideForCircle(question, incident.radiusM, fleet, waysTo);
    const input = circle?.centre.input ?? gatherInput(question, surroundings);
    const output = circle?.centre.output ?? decide(input);
    const { decisionId, record, now } = asked;
    const told = { decisionId, record, ...incident.told, asked: question.requirements };
    const answer = {
      at: now,
      basis: this.#basis([input], asked),
      decisionId,
      record,
      together: false,
      tiers: null,
      incidents: [{ ...told, ...withPlaces(output, input), uncertainty: uncertaintyOf(incident, circle) }],
    };
    return {
      answer,
      written: () => ({
        record: recordDecision(input, output),
        expected: expectedTravel(incident, input, output),
      }),
    };
  }

  #recommendTogether(gatherings: readonly Gathering[], asked: RecommendationAsked): Recommended {
    const keyOf = (i: number) => gatherings[i]!.incident.vekId ?? `place ${i + 1}`;
    const questions = gatherings.map(({ question, surroundings }, i) => ({ vekId: keyOf(i), question, surroundings }));
    const input = gatherTogether(questions, asked.nodeLimit);
    const output = decideTogether(input);
    const { decisionId, record, now } = asked;
    const incidents = gatherings.map(({ incident, question }, i) => ({
      decisionId,
      record,
      ...incident.told,
      asked: question.requirements,
      ...withPlaces(output.veks[i]!, input.veks[i]!),
      vekId: incident.vekId,
      proof: null,
      uncertainty: null,
    }));
    const answer = {
      at: now,
      basis: this.#basis(input.veks, asked),
      decisionId,
      record,
      together: true,
      tiers: output.tiers,
      incidents,
    };
    return {
      answer,
      written: () => ({
        record: recordDecision(input, output),
        expected: gatherings.flatMap(({ incident }, i) => expectedTravel(incident, input.veks[i]!, output.veks[i]!)),
      }),
    };
  }

  #gather(incident: IncidentAskedOfEngine): Gathering {
    const surroundings = this.#surroundings(incident);
    const requirements = this.#stillWanted(incident);
    return { incident, question: { ...incident.question, requirements }, surroundings };
  }

  #surroundings({ question, visible, correction }: IncidentQuestion): Surroundings {
    const ways = this.#waysTo(question.place, question.priority);
    return { roster: this.#roster, ways, agencies: new Set(visible), correction };
  }

  #stillWanted({ question, work }: IncidentQuestion): readonly Requirement[] {
    if (work.length === 0) return question.requirements;
    const demand = compileDemand(question.requirements);
    const atWork = this.#units(work).map((unit): AtWork => ({ unit, travel: null }));
    return stillWanted(demand, workingUnits(demand, question, atWork));
  }

  /** What is known of a VEK that something could be better for: somebody is under way there, or something is short. */
  #gatherOpen(vek: OpenVekAsked): GatheredIncident | undefined {
    const { vekId, question, correction, work, wasDiverted } = vek;
    const surroundings = this.#surroundings(vek);
    const demand = compileDemand(question.requirements);
    const atWork = this.#units(work).map((unit): AtWork => {
      return { unit, travel: unit.place && (surroundings.ways.table([unit])[0] ?? null) };
    });
    const working = workingUnits(demand, question, atWork, correction);
    if (!working.some(({ underWay }) => underWay) && stillWanted(demand, working).length === 0) return undefined;
    const underWay = this.#units(vek.elsewhere).filter(isUnderWay);
    const elsewhere = candidatesElsewhere(underWay, question, demand, surroundings);
    const { priority, targetMs } = question;
    return {
      standing: { vekId, priority, demand, working, elsewhere, targetMs, wasDiverted },
      known: new KnownCandidates(question, demand, surroundings),
    };
  }

  #units(handles: readonly number[]): DispatchUnit[] {
    return handles.flatMap((handle) => this.#roster.unit(handle) ?? []);
  }

  /** The units of some agencies as they stand at an instant. Places are the last ones known. */
  *#standing(visible: ReadonlySet<string>, otherwise: AvailableUnitsAsked['otherwise']): Generator<DispatchUnit> {
    const then = new Map(otherwise.map((unit) => [unit.handle, unit]));
    for (const unit of this.#roster.units()) {
      if (visible.has(unit.agencyId)) yield { ...unit, ...then.get(unit.handle) };
    }
  }

  /** By straight line while there are no roads. */
  #waysTo(place: LonLat, priority: Priority): Ways {
    if (this.#roads === undefined) return new StraightWays(place);
    return new RoadWays(this.#roads, place, drivenTo(priority, this.#networkProfiles));
  }

  #basis(
    inputs: readonly Pick<DecisionInput, 'basis' | 'closures' | 'correction'>[],
    { state }: RecommendationAsked,
  ): Basis {
    const network = this.#roads?.describe();
    return {
      travel: inputs.some(({ basis }) => basis === 'straight_line') ? 'straight_line' : 'roads',
      networkId: network?.id ?? null,
      networkGenerated: network?.generated ?? null,
      closures: inputs.find(({ closures }) => closures !== 'in_force')?.closures ?? 'in_force',
      state,
      correction: inputs.some(({ correction }) => correction !== null) ? 'learnt' : 'none',
    };
  }
}

/** The units of an answer with what a map and a list show of them. */
function withPlaces<Output extends Pick<Recommendation, 'units' | 'lines'>>(
  output: Output,
  { considered }: DecisionInput,
) {
  const known = new Map(considered.map(({ unit }) => [unit.unitId, unit]));
  const shown = <Named extends { readonly unitId: string }>(named: Named) => {
    const unit = known.get(named.unitId)!;
    const { place, kind, status, profile } = unit;
    return { ...named, kind, status, profile, lon: place?.[0] ?? null, lat: place?.[1] ?? null, from: fromOf(unit) };
  };
  return {
    ...output,
    units: output.units.map(shown),
    lines: output.lines.map((line) => ({ ...line, notChosen: line.notChosen.map(shown) })),
  };
}

function expectedTravel(
  { vekId, zone }: IncidentAskedOfEngine,
  { considered }: DecisionInput,
  { units }: Pick<Recommendation, 'units'>,
): ExpectedTravel[] {
  const travelOf = new Map(considered.map(({ unit, travel }) => [unit.unitId, travel]));
  return units.map(({ unitId }) => {
    const { ms, offRoadMs } = travelOf.get(unitId)!;
    return { vekId, unitId, zone, travelMs: Math.round(ms + offRoadMs) };
  });
}

/** What the worst point of the circle would change; null: the place is known well enough. */
function uncertaintyOf({ radiusM }: IncidentAskedOfEngine, circle: CircleDecision | undefined) {
  if (circle === undefined) return null;
  const { centre, worst, changes } = circle;
  const ids = ({ output }: CircleDecision['centre']) => output.units.map(({ unitId }) => unitId);
  return {
    radiusM,
    worst: { lon: worst.place[0], lat: worst.place[1] },
    changes: worst !== centre,
    joins: ids(worst).filter((id) => !ids(centre).includes(id)),
    leaves: ids(centre).filter((id) => !ids(worst).includes(id)),
    latestMs: worst.latestMs,
    laterMs: worst.latestMs - centre.latestMs,
    moreShort: worst.short - centre.short,
    points: changes.length,
  };
}
