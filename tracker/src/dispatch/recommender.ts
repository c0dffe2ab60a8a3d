import { v7 as uuidv7 } from 'uuid';
import {
  type AvailableQuestion,
  available,
  type CapabilityNeed,
  type CircleDecision,
  compileDemand,
  type DecisionInput,
  type DecisionRecord,
  type DispatchQuestion,
  type DispatchUnit,
  decide,
  decideForCircle,
  decideTogether,
  gatherInput,
  gatherTogether,
  type LonLat,
  type PolygonCoordinates,
  type Priority,
  type Recommendation,
  type Requirement,
  recordDecision,
  type Surroundings,
} from '../../../geo-engine/src/index.js';
import { DISPATCHABLE_STATUSES } from '../protocol/status.js';
import type { RoadService } from '../roads/road-service.js';
import type { Database } from '../store/database.js';
import type { Directory } from '../units/directory.js';
import { type AtWork, stillWanted, workingUnits } from './at-work.js';
import type { DecisionLog, ExpectedTravel } from './decision-log.js';
import {
  type Asker,
  enginePolicy,
  type Incident,
  type IncidentAsked,
  lookUpIncident,
  questionOf,
  travelZone,
} from './incident.js';
import { waysFor } from './lights-and-siren.js';
import type { OpenVeks } from './open-veks.js';
import type { Places } from './places.js';
import type { RosterKeeper } from './roster-keeper.js';
import { cardText, type RunCards } from './run-cards.js';
import type { TravelCorrections } from './travel-corrections.js';

/** What a recommender asks; all of it answers from memory. */
export interface RecommenderParts {
  readonly database: Database;
  readonly directory: Directory;
  readonly roads: RoadService;
  readonly veks: OpenVeks;
  readonly places: Places;
  readonly cards: RunCards;
  readonly roster: RosterKeeper;
  readonly corrections: TravelCorrections;
  readonly decisions: DecisionLog;
}

/** A caller who may be farther off than this changes who is nearest: the edge of the circle is looked at too. */
const CIRCLE_FROM_M = 300;

/** What have we: of which capabilities and services, near a place or in an area, when? */
export interface AvailableAsked {
  readonly within:
    | { readonly kind: 'time'; readonly place: LonLat; readonly withinS: number }
    | { readonly kind: 'area'; readonly polygons: PolygonCoordinates };
  readonly capabilities: readonly CapabilityNeed[];
  /** null: all. */
  readonly services: readonly string[] | null;
  readonly priority: Priority;
  /** Epoch ms. */
  readonly at: number;
}

/** Who asked, for the record. */
export interface AskedBy {
  readonly agencyId: string;
  readonly subject: string;
}

/** What every part of an answer rests on. */
export interface Basis {
  readonly travel: 'roads' | 'straight_line';
  readonly networkId: string | null;
  readonly networkGenerated: boolean | null;
  /** How travel times stand to the closures in force. */
  readonly closures: DecisionInput['closures'];
  /** `last_known`: the database does not answer; places, cards and VEKs are as they were last read. */
  readonly state: 'current' | 'last_known';
  /** Whether travel times hold a learnt factor. */
  readonly correction: 'none' | 'learnt';
}

/** What is asked about an incident, and with what the engine answers it. */
interface Gathering {
  readonly incident: Incident;
  readonly question: DispatchQuestion;
  readonly surroundings: Surroundings;
}

/**
 * Answers who should go: looks incidents up, asks the engine, and hands the decision to the log. An answer waits for nothing but the
 * choice itself.
 */
export class Recommender {
  readonly #parts: RecommenderParts;

  constructor(parts: RecommenderParts) {
    this.#parts = parts;
  }

  /**
   * Who should go to one incident, or to several that are decided together.
   * @throws DispatchRefusal, as lookUpIncident
   */
  recommend(asked: readonly IncidentAsked[], asker: Asker, by: AskedBy, now: number) {
    const gatherings = asked.map((one) => this.#gather(one, asker, by, now));
    return gatherings.length === 1
      ? this.#recommendOne(gatherings[0]!, by, now)
      : this.#recommendTogether(gatherings, asker, by, now);
  }

  #recommendOne(gathering: Gathering, by: AskedBy, now: number) {
    const { incident, question, surroundings } = gathering;
    const { roster, agencies, correction } = surroundings;
    const isCircle = incident.accuracyM !== null && incident.accuracyM >= CIRCLE_FROM_M;
    const waysTo = (place: LonLat) => this.waysTo({ place, priority: incident.priority });
    const fleet = { roster, ...(agencies && { agencies }), ...(correction != null && { correction }) };
    const circle = isCircle ? decideForCircle(question, incident.accuracyM!, fleet, waysTo) : undefined;
    const input = circle?.centre.input ?? gatherInput(question, surroundings);
    const output = circle?.centre.output ?? decide(input);
    const kept = this.#keep(() => recordDecision(input, output), [{ incident, input, output }], by, now);
    const told = {
      ...this.#told(incident, question),
      ...withPlaces(output, input),
      uncertainty: uncertaintyOf(incident, circle),
    };
    const basis = this.#basis([input]);
    return { at: now, basis, ...kept, together: false, tiers: null, incidents: [{ ...kept, ...told }] };
  }

  #recommendTogether(gatherings: readonly Gathering[], { policy }: Asker, by: AskedBy, now: number) {
    const keyOf = (i: number) => gatherings[i]!.incident.vekId ?? `place ${i + 1}`;
    const questions = gatherings.map(({ question, surroundings }, i) => ({ vekId: keyOf(i), question, surroundings }));
    const input = gatherTogether(questions, policy.nodeLimit);
    const output = decideTogether(input);
    const parts = gatherings.map(({ incident }, i) => ({ incident, input: input.veks[i]!, output: output.veks[i]! }));
    const kept = this.#keep(() => recordDecision(input, output), parts, by, now);
    const incidents = gatherings.map(({ incident, question }, i) => ({
      ...kept,
      ...this.#told(incident, question),
      ...withPlaces(output.veks[i]!, input.veks[i]!),
      vekId: incident.vekId,
      proof: null,
      uncertainty: null,
    }));
    return { at: now, basis: this.#basis(input.veks), ...kept, together: true, tiers: output.tiers, incidents };
  }

  #keep(record: () => DecisionRecord, parts: readonly DecidedPart[], by: AskedBy, now: number) {
    const decisionId = uuidv7();
    const only = parts.length === 1 ? parts[0]!.incident : undefined;
    const state = this.#parts.decisions.keep({
      id: decisionId,
      agencyId: by.agencyId,
      askedBy: by.subject,
      vekId: only?.vekId ?? null,
      cardId: only?.stored?.id ?? null,
      at: now,
      record,
      expected: () => parts.flatMap(expectedTravel),
    });
    return { decisionId, record: state };
  }

  #gather(asked: IncidentAsked, asker: Asker, { subject }: AskedBy, now: number): Gathering {
    const incident = lookUpIncident(asked, this.#parts, now);
    const { places, corrections, roster } = this.#parts;
    const ownHolds = incident.vekId === null ? [] : roster.heldBy(subject, incident.vekId, now);
    const whole = questionOf(incident, incident.wanted, asker, ownHolds, places, now);
    const surroundings: Surroundings = {
      roster: roster.at(now),
      ways: this.waysTo(incident),
      agencies: asker.visible,
      correction: corrections.of(travelZone(incident.facts), now),
    };
    const question = { ...whole, requirements: this.#stillWanted(incident, whole, surroundings) };
    return { incident, question, surroundings };
  }

  /** What there is near enough to a place, or in an area, now or at a time. */
  available(asked: AvailableAsked, asker: Asker, now: number) {
    const { within, capabilities, services, priority, at } = asked;
    const { policy } = asker;
    const question: AvailableQuestion = {
      now,
      at,
      priority,
      within:
        within.kind === 'area'
          ? within
          : {
              kind: 'time',
              limitMs: within.withinS * 1000,
              ways: this.waysTo({ place: within.place, priority }),
              correction: this.#parts.corrections.of(travelZone(this.#parts.places.lastKnown(within.place)), at),
            },
      capabilities,
      services,
      skipped: asker.skipped,
      ownHolds: [],
      preemption: null,
      policy: enginePolicy(policy),
      maxFixAgeS: policy.maxFixAgeS,
      dispatchableStatuses: DISPATCHABLE_STATUSES,
      agencyIds: [...asker.visible].filter((id) => asker.asked.has(id)),
      vekId: null,
    };
    const answer = available(question, this.#parts.roster.standing(at, now, asker.visible));
    return {
      at: now,
      askedFor: at,
      basis: answer.basis,
      units: answer.units.map(({ unit, response, verdict }) => ({
        unitId: unit.unitId,
        callsign: unit.callsign,
        agencyId: unit.agencyId,
        service: unit.service,
        kind: unit.kind,
        status: unit.status,
        capabilities: Object.fromEntries(unit.capabilities),
        headCount: unit.headCount,
        ...positionOf(unit.place),
        response,
        verdict,
      })),
      byCapability: answer.byCapability,
      notAvailable: answer.restByReason,
    };
  }

  waysTo({ place, priority }: Pick<Incident, 'place' | 'priority'>) {
    const { roads } = this.#parts;
    const profiles = roads.inUse?.network.profiles.map(({ code }) => code) ?? [];
    return waysFor(priority, roads.waysTo(place), profiles);
  }

  #stillWanted(incident: Incident, question: DispatchQuestion, { roster }: Surroundings): readonly Requirement[] {
    if (incident.work.length === 0) return incident.wanted;
    const atWork = incident.work.flatMap(({ unitId }): AtWork[] => {
      const handle = this.#parts.directory.units.get(unitId)?.handle;
      const unit = handle === undefined ? undefined : roster.unit(handle);
      return unit === undefined ? [] : [{ unit, travel: null }];
    });
    const demand = compileDemand(incident.wanted);
    return stillWanted(demand, workingUnits(demand, question, atWork));
  }

  #already({ work }: Incident) {
    return work.flatMap(({ unitId, status }) => {
      const unit = this.#parts.directory.units.get(unitId);
      return unit === undefined ? [] : [{ unitId, callsign: unit.callsign, status }];
    });
  }

  #basis(inputs: readonly Pick<DecisionInput, 'basis' | 'closures' | 'correction'>[]): Basis {
    const { roads, database } = this.#parts;
    const network = roads.inUse?.network;
    return {
      travel: inputs.some(({ basis }) => basis === 'straight_line') ? 'straight_line' : 'roads',
      networkId: network?.id ?? null,
      networkGenerated: network?.generated ?? null,
      closures: inputs.find(({ closures }) => closures !== 'in_force')?.closures ?? 'in_force',
      state: database.awaySince === undefined ? 'current' : 'last_known',
      correction: inputs.some(({ correction }) => correction !== null) ? 'learnt' : 'none',
    };
  }

  #told(incident: Incident, question: DispatchQuestion) {
    return { ...told(incident, question), already: this.#already(incident) };
  }
}

/** A decision's share of one incident. */
interface DecidedPart {
  readonly incident: Incident;
  readonly input: DecisionInput;
  readonly output: Pick<Recommendation, 'units'>;
}

/** What an answer says of the incident itself. */
function told(incident: Incident, { requirements, place }: DispatchQuestion) {
  const { vekId, accuracyM, typeCode, priority, level, highestLevel, stored, facts, norms } = incident;
  return {
    vekId,
    place: { lon: place[0] as number, lat: place[1] as number, accuracyM },
    typeCode,
    priority,
    level,
    highestLevel,
    card: stored && {
      id: stored.id,
      code: stored.card.code,
      version: stored.card.version,
      ...cardText(stored),
    },
    asked: requirements,
    territories: facts.grounds.map(({ kind, code, nameLv, nameEn, approximate }) => ({
      kind,
      code,
      nameLv,
      nameEn,
      approximate,
    })),
    norms,
  };
}

/** The units of an answer with what a map and a list show of them. */
function withPlaces<Output extends Pick<Recommendation, 'units' | 'lines'>>(
  output: Output,
  { considered }: DecisionInput,
) {
  const known = new Map(considered.map(({ unit }) => [unit.unitId, unit]));
  const shown = <Named extends { readonly unitId: string }>(named: Named) => {
    const { place, kind, status, profile } = known.get(named.unitId)!;
    return { ...named, kind, status, profile, ...positionOf(place) };
  };
  return {
    ...output,
    units: output.units.map(shown),
    lines: output.lines.map((line) => ({ ...line, notChosen: line.notChosen.map(shown) })),
  };
}

function positionOf(place: DispatchUnit['place']) {
  return { lon: (place?.[0] ?? null) as number | null, lat: (place?.[1] ?? null) as number | null };
}

function expectedTravel({ incident, input, output }: DecidedPart): ExpectedTravel[] {
  const travelOf = new Map(input.considered.map(({ unit, travel }) => [unit.unitId, travel]));
  const zone = travelZone(incident.facts);
  return output.units.map(({ unitId }) => {
    const { ms, offRoadMs } = travelOf.get(unitId)!;
    return { vekId: incident.vekId, unitId, zone, travelMs: Math.round(ms + offRoadMs) };
  });
}

/** What the worst point of the circle would change; null: the place is known well enough. */
function uncertaintyOf({ accuracyM }: Incident, circle: CircleDecision | undefined) {
  if (circle === undefined) return null;
  const { centre, worst, changes } = circle;
  const ids = ({ output }: CircleDecision['centre']) => output.units.map(({ unitId }) => unitId);
  return {
    radiusM: accuracyM,
    worst: { lon: worst.place[0] as number, lat: worst.place[1] as number },
    changes: worst !== centre,
    joins: ids(worst).filter((id) => !ids(centre).includes(id)),
    leaves: ids(centre).filter((id) => !ids(worst).includes(id)),
    latestMs: worst.latestMs,
    laterMs: worst.latestMs - centre.latestMs,
    moreShort: worst.short - centre.short,
    points: changes.length,
  };
}
