import {
  compileDemand,
  type DispatchPolicy,
  type DispatchQuestion,
  highestLevel,
  type LonLat,
  linesUpToLevel,
  type Priority,
  type Requirement,
} from '../../../geo-engine/src/index.js';
import { DISPATCHABLE_STATUSES } from '../protocol/status.js';
import { DispatchRefusal } from './errors.js';
import type { OpenVeks, VekWork } from './open-veks.js';
import type { PlaceFacts, Places } from './places.js';
import type { Policy } from './policies.js';
import { normsHere, type ServiceNorm } from './response-norms.js';
import type { RunCards, StoredCard } from './run-cards.js';

/** What somebody asks units for: an open VEK, or a place. */
export type IncidentAsked = {
  /** Alarm level up to which units are wanted; null: the VEK's own, or the first. */
  readonly level: number | null;
  /** Instead of a run card's. */
  readonly requirements: readonly Requirement[] | null;
} & (
  | { readonly vekId: string }
  | {
      readonly vekId: null;
      readonly place: LonLat;
      readonly accuracyM: number | null;
      readonly typeCode: string | null;
      readonly priority: Priority;
      readonly objects: readonly string[];
    }
);

/** An incident with all that is known of its ground and its card. */
export interface Incident {
  readonly vekId: string | null;
  readonly place: LonLat;
  readonly accuracyM: number | null;
  readonly typeCode: string | null;
  readonly priority: Priority;
  readonly receivedAt: number;
  readonly level: number;
  /** null: there is no card. */
  readonly highestLevel: number | null;
  readonly stored: StoredCard | null;
  /** All that is wanted up to the level. */
  readonly wanted: readonly Requirement[];
  readonly work: readonly VekWork[];
  readonly facts: PlaceFacts;
  readonly norms: readonly ServiceNorm[];
}

/** Where incidents are looked up; all of it in memory. */
export interface IncidentSources {
  readonly veks: OpenVeks;
  readonly places: Places;
  readonly cards: RunCards;
}

/**
 * Looks up what an incident needs to be asked about.
 * @throws DispatchRefusal `vek_not_open`, `place_unknown`, `priority_unknown`, `no_card`, `level_empty`, `level_entangled`
 */
export function lookUpIncident(asked: IncidentAsked, { veks, places, cards }: IncidentSources, now: number): Incident {
  const vek = asked.vekId === null ? undefined : veks.get(asked.vekId);
  if (asked.vekId !== null && vek === undefined)
    throw new DispatchRefusal('vek_not_open', `no open VEK ${asked.vekId}`);
  const { place, accuracyM, typeCode, priority, objects } = asked.vekId === null ? asked : vek!;
  if (place === null) throw new DispatchRefusal('place_unknown', `VEK ${asked.vekId} has no place yet`);
  if (priority === null) throw new DispatchRefusal('priority_unknown', `VEK ${asked.vekId} has no priority yet`);
  const facts = places.lastKnown(place);
  const territories = facts.grounds.map(({ code }) => code);
  const stored =
    asked.requirements === null && typeCode !== null
      ? cards.choose({ eventType: typeCode, priority, territories, objects, at: now }).stored
      : null;
  const receivedAt = vek?.receivedAt ?? now;
  const level = asked.level ?? vek?.alarmLevel ?? 1;
  const { zones } = facts;
  return {
    vekId: asked.vekId,
    place,
    accuracyM,
    typeCode,
    priority,
    receivedAt,
    level,
    highestLevel: stored && highestLevel(stored.card),
    stored,
    wanted: wantedLines(asked.requirements, level, stored),
    work: vek?.work ?? [],
    facts,
    norms: normsHere(places.norms, { priority, zones, elsewhere: places.elsewhere, receivedAt, now }),
  };
}

function wantedLines(
  requirements: readonly Requirement[] | null,
  level: number,
  stored: StoredCard | null,
): readonly Requirement[] {
  if (requirements === null && stored === null)
    throw new DispatchRefusal('no_card', 'no run card holds here and now, and no requirements were given');
  const wanted = requirements ?? linesUpToLevel(stored!.card, level);
  if (wanted.length === 0) throw new DispatchRefusal('level_empty', `nothing is asked for up to alarm level ${level}`);
  try {
    compileDemand(wanted);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DispatchRefusal('level_entangled', error.message);
  }
  return wanted;
}

/** Who asks, and how. */
export interface Asker {
  /** Agencies whose units the asker may see; those asked among them. */
  readonly visible: ReadonlySet<string>;
  readonly asked: ReadonlySet<string>;
  readonly skipped: Readonly<Record<string, string>>;
  /** Units under way to less urgent incidents count too. */
  readonly preempt: boolean;
  readonly policy: Policy;
}

/**
 * The question to the engine: for all that is wanted, of the agencies that serve the place.
 * @param ownHolds units, by id, that the asker holds for the incident
 */
export function questionOf(
  incident: Incident,
  { visible, asked, skipped, preempt, policy }: Asker,
  ownHolds: readonly string[],
  places: Places,
  now: number,
): DispatchQuestion {
  const { place, priority, vekId, facts, norms, wanted } = incident;
  return {
    place,
    priority,
    requirements: wanted,
    targetMs: Object.fromEntries(
      norms.flatMap(({ service, targetMs }) => (targetMs === null ? [] : [[service, targetMs]])),
    ),
    skipped,
    ownHolds,
    preemption: preempt ? { allowed: policy.preemption } : null,
    policy: enginePolicy(policy),
    now,
    maxFixAgeS: policy.maxFixAgeS,
    dispatchableStatuses: DISPATCHABLE_STATUSES,
    agencyIds: [...visible].filter((id) => asked.has(id) && places.serves(id, facts)).sort(),
    vekId,
  };
}

export function enginePolicy(policy: Policy): DispatchPolicy {
  const { soonFreeWithinS, leastShiftLeftS, shortShiftS, shortShiftPenaltyS, restPenaltyS } = policy;
  const { unknownCrewCountsAs, unknownCrewIsEnough, shouldWithinS, regretS, nodeLimit } = policy;
  return {
    soonFreeWithinS,
    leastShiftLeftS,
    shortShiftS,
    shortShiftPenaltyS,
    restPenaltyS,
    unknownCrewCountsAs,
    unknownCrewIsEnough,
    shouldWithinS,
    regretS,
    nodeLimit,
  };
}

/** Code of the municipality that a place lies in, '' outside of all: the zone that travel times are learnt for. */
export function travelZone({ grounds }: PlaceFacts): string {
  return grounds.findLast(({ kind }) => kind === 'municipality')?.code ?? '';
}
