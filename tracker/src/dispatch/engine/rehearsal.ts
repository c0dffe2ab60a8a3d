import {
  DEFAULT_POLICY,
  type DispatchQuestion,
  type DispatchRoster,
  type LonLat,
  type Requirement,
  RequirementSchema,
} from '../../../../geo-engine/src/index.js';
import { DISPATCHABLE_STATUSES } from '../../protocol/status.js';
import type { IncidentAskedOfEngine, RecommendationAsked } from './orders.js';

/** As many lines as a large run card has, and as many units are looked at for what they can do. */
const MOST_LINES = 6;
const LOOKED_AT = 100;
/** Of a circle that a caller is in, and how old a fix may be: any fix will do. */
const RADIUS_M = 1000;
const ANY_AGE_S = 1e9;
const TOGETHER = 10;
/** Turns go far across the roster from one to the next: a prime. */
const STRIDE = 7919;

/**
 * A question as desks ask it, to where units of the roster are, for what units there can do. Who asks itself some of them has its code
 * compiled and its roads and units looked at before a desk asks. By turns one place, a circle, and ten places together.
 * undefined: nobody has a place, or can do anything.
 */
export function rehearsalQuestion(roster: DispatchRoster, turn: number, now: number): RecommendationAsked | undefined {
  const radiusM = turn % 10 === 3 ? RADIUS_M : null;
  const incidents: IncidentAskedOfEngine[] = [];
  for (let i = 0; i < (turn % 10 === 7 ? TOGETHER : 1); i++) {
    const slot = placedFrom(roster, (turn + i) * STRIDE);
    const requirements = slot === undefined ? [] : linesNear(roster, slot);
    if (requirements.length === 0) return undefined;
    const place = roster.unitAt(slot!).place as LonLat;
    incidents.push(incident(roster, { place, priority: turn % 2 === 0 ? 'P1' : 'P3', requirements }, radiusM, now));
  }
  const { nodeLimit } = DEFAULT_POLICY;
  return { incidents, nodeLimit, now, decisionId: '', record: 'not_kept', state: 'current' };
}

/** The first slot of a unit with a place, from some slot on. */
function placedFrom({ slots, fixedAt }: DispatchRoster, from: number): number | undefined {
  for (let i = 0; i < slots; i++) {
    const slot = (from + i) % slots;
    if (!Number.isNaN(fixedAt[slot]!)) return slot;
  }
  return undefined;
}

function incident(
  { commonStates }: DispatchRoster,
  wanted: Pick<DispatchQuestion, 'place' | 'priority' | 'requirements'>,
  radiusM: number | null,
  now: number,
): IncidentAskedOfEngine {
  const agencyIds = [...new Set(commonStates.map(({ agencyId }) => agencyId))];
  return {
    vekId: null,
    question: {
      ...wanted,
      targetMs: {},
      skipped: {},
      ownHolds: [],
      preemption: null,
      policy: DEFAULT_POLICY,
      now,
      maxFixAgeS: ANY_AGE_S,
      dispatchableStatuses: DISPATCHABLE_STATUSES,
      agencyIds,
      vekId: null,
    },
    visible: agencyIds,
    correction: null,
    work: [],
    radiusM,
    zone: '',
    told: {},
  };
}

/** Lines for what the units of some slots can do. */
function linesNear({ slots, standing }: DispatchRoster, from: number): Requirement[] {
  const lines = new Map<string, Requirement>();
  for (let i = 0; i < Math.min(slots, LOOKED_AT) && lines.size < MOST_LINES; i++) {
    const unit = standing[(from + i) % slots];
    const capability = unit && [...unit.capabilities.keys()][i % unit.capabilities.size];
    if (capability === undefined || lines.has(capability)) continue;
    const line = { capability, quantity: 1, service: unit!.service, need: 'must', each: 1 };
    lines.set(capability, RequirementSchema.parse(line));
  }
  return [...lines.values()];
}
