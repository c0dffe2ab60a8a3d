import { v7 as uuidv7 } from 'uuid';
import type {
  CapabilityNeed,
  DecisionRecord,
  LonLat,
  PolygonCoordinates,
  Priority,
  Replay,
} from '../../../geo-engine/src/index.js';
import { DISPATCHABLE_STATUSES } from '../protocol/status.js';
import type { Database } from '../store/database.js';
import type { Directory } from '../units/directory.js';
import type { DecisionLog } from './decision-log.js';
import type { EngineThread } from './engine/engine-thread.js';
import type { IncidentAskedOfEngine } from './engine/orders.js';
import {
  type Asker,
  enginePolicy,
  type Incident,
  type IncidentAsked,
  lookUpIncident,
  questionOf,
  travelZone,
} from './incident.js';
import type { OpenVeks } from './open-veks.js';
import type { Places } from './places.js';
import type { RosterKeeper } from './roster-keeper.js';
import { cardText, type RunCards } from './run-cards.js';
import type { TravelCorrections } from './travel-corrections.js';

/** What a recommender asks; all of it answers from memory. */
export interface RecommenderParts {
  readonly database: Database;
  readonly directory: Directory;
  readonly veks: OpenVeks;
  readonly places: Places;
  readonly cards: RunCards;
  readonly roster: RosterKeeper;
  readonly corrections: TravelCorrections;
  readonly decisions: DecisionLog;
  readonly engine: EngineThread;
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
   * Who should go to one incident, or to several that are decided together: JSON in UTF-8.
   * @throws DispatchRefusal, as lookUpIncident; `engine_failed`
   */
  async recommend(
    asked: readonly IncidentAsked[],
    asker: Asker,
    by: AskedBy,
    now: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const { engine, decisions, database } = this.#parts;
    const incidents = asked.map((one) => lookUpIncident(one, this.#parts, now));
    const decisionId = uuidv7();
    const record = decisions.nextIs;
    const { answer, written } = engine.recommend({
      incidents: incidents.map((incident) => this.#askedOf(incident, asker, by, now)),
      nodeLimit: asker.policy.nodeLimit,
      now,
      decisionId,
      record,
      state: database.awaySince === undefined ? 'current' : 'last_known',
    });
    const json = await answer;
    const only = incidents.length === 1 ? incidents[0] : undefined;
    if (record === 'not_kept') decisions.miss();
    else
      decisions.keep({
        id: decisionId,
        agencyId: by.agencyId,
        askedBy: by.subject,
        vekId: only?.vekId ?? null,
        cardId: only?.stored?.id ?? null,
        at: now,
        written,
      });
    return json;
  }

  /** What there is near enough to a place, or in an area, now or at a time: JSON in UTF-8. @throws DispatchRefusal `engine_failed` */
  available(asked: AvailableAsked, { policy, visible, asked: agencies, skipped }: Asker, now: number) {
    const { within, capabilities, services, priority, at } = asked;
    const { engine, roster, places, corrections } = this.#parts;
    const question = {
      now,
      at,
      priority,
      capabilities,
      services,
      skipped,
      ownHolds: [],
      preemption: null,
      policy: enginePolicy(policy),
      maxFixAgeS: policy.maxFixAgeS,
      dispatchableStatuses: DISPATCHABLE_STATUSES,
      agencyIds: [...visible].filter((id) => agencies.has(id)),
      vekId: null,
    };
    const meant =
      within.kind === 'area'
        ? within
        : {
            kind: 'time' as const,
            place: within.place,
            limitMs: within.withinS * 1000,
            correction: corrections.of(travelZone(places.lastKnown(within.place)), at),
          };
    const otherwise = at === now ? [] : roster.otherwiseAt(at, visible);
    return engine.ask<'available'>({
      kind: 'available',
      asked: { question, within: meant, priority, visible: [...visible], otherwise },
    });
  }

  /** Decides again from a recorded input. @throws DispatchRefusal `engine_failed` */
  replay({ format, input, output, inputSha256, outputSha256 }: DecisionRecord): Promise<Replay> {
    return this.#parts.engine.ask<'replay'>({
      kind: 'replay',
      record: { format, input, output, inputSha256, outputSha256 },
    });
  }

  #askedOf(incident: Incident, asker: Asker, { subject }: AskedBy, now: number): IncidentAskedOfEngine {
    const { places, corrections, roster } = this.#parts;
    const { vekId, accuracyM } = incident;
    const ownHolds = vekId === null ? [] : roster.heldBy(subject, vekId, now);
    const zone = travelZone(incident.facts);
    return {
      vekId,
      question: questionOf(incident, asker, ownHolds, places, now),
      visible: [...asker.visible],
      correction: corrections.of(zone, now),
      work: this.handlesOf(incident.work),
      radiusM: accuracyM !== null && accuracyM >= CIRCLE_FROM_M ? accuracyM : null,
      zone,
      told: { ...told(incident), already: this.#already(incident) },
    };
  }

  /** Handles of the units at work on something, of those that are known. */
  handlesOf(work: Incident['work']): number[] {
    return work.flatMap(({ unitId }) => this.#parts.directory.units.get(unitId)?.handle ?? []);
  }

  #already({ work }: Incident) {
    return work.flatMap(({ unitId, status }) => {
      const unit = this.#parts.directory.units.get(unitId);
      return unit === undefined ? [] : [{ unitId, callsign: unit.callsign, status }];
    });
  }
}

/** What an answer says of the incident itself. */
function told(incident: Incident) {
  const { vekId, place, accuracyM, typeCode, priority, level, highestLevel, stored, facts, norms } = incident;
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
