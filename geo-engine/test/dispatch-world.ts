import type { OpenVek } from '../src/dispatch/assign-veks.js';
import { type Candidate, createCandidate } from '../src/dispatch/candidate.js';
import { DEFAULT_POLICY, type DispatchQuestion, type PreemptionMatrix } from '../src/dispatch/dispatch-question.js';
import { DispatchRoster } from '../src/dispatch/dispatch-roster.js';
import type { DispatchUnit } from '../src/dispatch/dispatch-unit.js';
import { Eligibility, Judgement } from '../src/dispatch/eligibility.js';
import { responseTime } from '../src/dispatch/eta.js';
import type { TopPace, Travel, Ways } from '../src/dispatch/ways.js';
import { distanceM } from '../src/geo/distance.js';
import { lonLat } from '../src/geo/lon-lat.js';
import { compileDemand, type Demand } from '../src/run-cards/demand.js';
import { type Requirement, RequirementSchema } from '../src/run-cards/requirement.js';
import { PRIORITIES } from '../src/run-cards/run-card.js';
import { createPlaceNear, createRandom, pick } from './random.js';

export const NOW = Date.UTC(2026, 4, 12, 12);
export const PLACE = lonLat(24.1, 56.95);

/** A unit that may go at once and has nothing; changes say what it has. */
export function createDispatchUnit(changes: Partial<DispatchUnit> & { readonly unitId: string }): DispatchUnit {
  return {
    handle: 1,
    callsign: changes.unitId,
    agencyId: 'agency',
    kind: 'tanker',
    status: 'available',
    capabilities: new Map(),
    held: false,
    vekId: null,
    onShift: true,
    headCount: 3,
    fixTime: NOW,
    receivedAt: NOW,
    accuracyM: 5,
    suspect: [],
    service: 'VUGD',
    profile: 'car',
    place: PLACE,
    headingDeg: null,
    qualifications: new Map(),
    equipment: new Map(),
    crewId: null,
    crewOutWith: null,
    shiftEndsAt: null,
    restUntil: null,
    idleSince: null,
    reservedFor: null,
    freeAt: null,
    freePlace: null,
    workPriority: null,
    turnoutMs: 0,
    speedMps: 0,
    ...changes,
  };
}

export function createDispatchQuestion(changes: Partial<DispatchQuestion> = {}): DispatchQuestion {
  return {
    now: NOW,
    maxFixAgeS: 300,
    dispatchableStatuses: ['available', 'available_at_station', 'returning'],
    vekId: 'vek',
    place: PLACE,
    priority: 'P2',
    requirements: [],
    targetMs: {},
    skipped: {},
    ownHolds: [],
    preemption: null,
    policy: DEFAULT_POLICY,
    ...changes,
  };
}

/** A line as it would stand on a card; only what differs from `must` of VUGD needs saying. */
export function createLine(line: Record<string, unknown>): Requirement {
  return RequirementSchema.parse({ service: 'VUGD', need: 'must', quantity: 1, ...line });
}

export function createTravel(ms: number): Travel {
  return { basis: 'roads', ms, lengthM: null, offRoadMs: 0, intervalMs: null };
}

/** Units that take `ms` each, as candidates for a question; those that count for no line are left out. */
export function createCandidates(
  units: readonly (readonly [unit: DispatchUnit, ms: number, coverageLoss?: number])[],
  question: DispatchQuestion,
): { demand: Demand; candidates: Candidate[] } {
  const demand = compileDemand(question.requirements);
  const eligibility = new Eligibility(demand, question);
  const judgement = new Judgement(demand.lines.length);
  const candidates = units.flatMap(([unit, ms, coverageLoss = 0]) => {
    const response = responseTime(unit, createTravel(ms), question.now);
    return createCandidate(unit, response, coverageLoss, eligibility, question, judgement) ?? [];
  });
  return { demand, candidates };
}

/** What a random instance is made of. Names are short, so that capabilities of units and lines often meet. */
const SERVICES = ['VUGD', 'VP'];
const PIECES = ['pump', 'ladder', 'rescue'];
const QUALIFICATIONS = ['firefighter', 'driver'];

export interface Instance {
  readonly question: DispatchQuestion;
  readonly units: (readonly [unit: DispatchUnit, ms: number, coverageLoss: number])[];
}

/** A card and units of every awkward kind: sums, counts, substitutes, shared crews, ties, zero and equal times. */
export function createInstance(random: () => number, maxUnits: number): Instance {
  const requirements = Array.from({ length: 1 + Math.floor(random() * 5) }, () => createRandomLine(random));
  const withRegret = random() < 0.25;
  const question = createDispatchQuestion({
    requirements,
    targetMs: random() < 0.3 ? { VUGD: 400_000 } : {},
    policy: {
      ...DEFAULT_POLICY,
      nodeLimit: 1_000_000,
      unknownCrewCountsAs: pick(random, [0, 2]),
      shouldWithinS: random() < 0.2 ? 500 : null,
      regretS: { P1: 0, P2: withRegret ? pick(random, [30, 120, 600]) : 0, P3: 0, P4: 0 },
    },
  });
  const size = Math.floor(random() * (maxUnits + 1));
  // few steps: many equal times; many steps: few
  const stepMs = pick(random, [1, 1000, 60_000]);
  const units = Array.from({ length: size }, (_, i) => {
    const ms = Math.floor((random() * 900_000) / stepMs) * stepMs;
    return [createRandomUnit(random, i, size), ms, withRegret ? pick(random, [0, 0, 0.5, random() * 3]) : 0] as const;
  });
  return { question, units };
}

function createRandomLine(random: () => number): Requirement {
  const base = {
    service: random() < 0.8 ? 'VUGD' : 'VP',
    need: random() < 0.7 ? 'must' : 'should',
    level: pick(random, [1, 1, 1, 2]),
  };
  const kind = random();
  if (kind < 0.15) {
    return createLine({
      ...base,
      kind: 'crew',
      qualification: pick(random, [null, ...QUALIFICATIONS]),
      quantity: pick(random, [2, 5, 9]),
    });
  }
  if (kind < 0.25)
    return createLine({ ...base, kind: 'equipment', equipment: 'foam', quantity: pick(random, [100, 300]) });
  if (kind < 0.5) {
    const counted = random() < 0.3;
    return createLine({
      ...base,
      capability: 'water',
      quantity: counted ? pick(random, [1, 2]) : pick(random, [2000, 4000, 9000]),
      each: counted ? 3000 : null,
      substitutes: random() < 0.2 ? [{ capability: 'bulk', penaltyS: pick(random, [0, 60]) }] : [],
    });
  }
  return createLine({
    ...base,
    capability: pick(random, PIECES),
    quantity: pick(random, [1, 1, 2, 3]),
    minCrew: random() < 0.15 ? 3 : null,
    onBoard: random() < 0.1 ? [{ equipment: 'foam', quantity: 100 }] : [],
    substitutes: PIECES.filter(() => random() < 0.12).map((capability) => ({
      capability,
      service: random() < 0.3 ? pick(random, SERVICES) : null,
      penaltyS: pick(random, [0, 60, 240]),
    })),
  });
}

const unitIdOf = (i: number) => `u${String(i).padStart(2, '0')}`;

function createRandomUnit(random: () => number, i: number, size: number): DispatchUnit {
  const capabilities = new Map<string, number>();
  for (const code of PIECES) if (random() < 0.4) capabilities.set(code, pick(random, [1, 1, 1, 2]));
  if (random() < 0.4) capabilities.set('water', pick(random, [1500, 2000, 3000, 5000]));
  if (random() < 0.15) capabilities.set('bulk', 8000);
  const headCount = random() < 0.15 ? null : 1 + Math.floor(random() * 5);
  const qualifications = new Map<string, number>();
  for (const code of QUALIFICATIONS)
    if (headCount !== null && random() < 0.7) qualifications.set(code, Math.ceil(headCount / 2));
  return createDispatchUnit({
    unitId: unitIdOf(i),
    service: random() < 0.8 ? 'VUGD' : 'VP',
    capabilities,
    headCount,
    qualifications,
    equipment: new Map(random() < 0.3 ? [['foam', pick(random, [100, 200])]] : []),
    crewId: random() < 0.2 ? `crew ${Math.floor((random() * size) / 2)}` : null,
    idleSince: random() < 0.5 ? null : NOW - Math.floor(random() * 3) * 600_000,
    restUntil: random() < 0.1 ? NOW + 60_000 : null,
    shiftEndsAt: random() < 0.1 ? NOW + 1_200_000 : null,
    turnoutMs: random() < 0.2 ? 90_000 : 0,
  });
}

/**
 * Several VEKs that could all use the same units, at times of their own; no two sums of times are likely to be equal. With `isPlenty`
 * each asks for little, so that they compete for the nearest and hardly anybody goes short.
 */
export function createOpenVeks(
  random: () => number,
  vekCount: number,
  maxUnits: number,
  { need, isPlenty = false }: { readonly need?: 'must' | 'should'; readonly isPlenty?: boolean } = {},
): OpenVek[] {
  const { units } = createInstance(random, maxUnits);
  return Array.from({ length: vekCount }, (_, i) => {
    const { question } = createInstance(random, 0);
    const requirements = question.requirements.slice(0, isPlenty ? 2 : 3).map((line) => ({
      ...line,
      need: need ?? line.need,
      quantity: isPlenty ? Math.ceil(line.quantity / 5) : line.quantity,
    }));
    const asked = { ...question, requirements, policy: { ...question.policy, shouldWithinS: null } };
    const near = units.map(([unit]) => [unit, 1 + Math.floor(random() * 900_000)] as const);
    const { demand, candidates } = createCandidates(near, asked);
    return { vekId: `vek ${i}`, priority: pick(random, ['P1', 'P2'] as const), demand, candidates };
  });
}

/** A fleet in every state that a filter asks about, around a place, with ties in ways and units that have no way or no place. */
export interface FleetWorld {
  readonly question: DispatchQuestion;
  readonly roster: DispatchRoster;
  readonly units: readonly DispatchUnit[];
  readonly ways: Ways;
  readonly correction: number | null;
  readonly coverageLoss: (unit: DispatchUnit) => number;
}

const STATUSES = ['available', 'available', 'available', 'returning', 'en_route', 'on_scene', 'out_of_service'];
const AGENCIES = ['agency', 'other agency'];

/** In half of the worlds no fix is too old, no shift about to end and nobody skipped: there units that are far need not be looked at. */
export function createFleetWorld(random: () => number, size: number): FleetWorld {
  const { question: asked } = createInstance(random, 0);
  const isCalm = random() < 0.5;
  const question: DispatchQuestion = {
    ...asked,
    agencyIds: random() < 0.3 ? ['agency'] : null,
    skipped: isCalm ? {} : { u05: 'dog on board', u11: 'asked not to' },
    ownHolds: Array.from({ length: size / 2 }, (_, i) => unitIdOf(2 * i)),
    preemption: random() < 0.3 ? { allowed: createMatrix(random) } : null,
    policy: {
      ...asked.policy,
      soonFreeWithinS: random() < 0.4 ? 900 : 0,
      leastShiftLeftS: pick(random, [0, 600]),
      unknownCrewIsEnough: size % 2 === 0,
      nodeLimit: 20_000,
    },
  };
  const roster = new DispatchRoster();
  const units = Array.from({ length: size }, (_, i) => {
    const drawn = createFleetUnit(random, i, size);
    const unit = isCalm ? calm(drawn) : drawn;
    enter(roster, unit);
    return unit;
  });
  const isMissed = question.policy.regretS.P2 > 0;
  return {
    question,
    roster,
    units,
    ways: createWays(random, pick(random, [1, 1000, 60_000])),
    correction: random() < 0.3 ? 0.5 + random() : null,
    // few are missed by nobody, so that keeping coverage is worth a way
    coverageLoss: ({ handle }) => (isMissed && handle % 61 !== 0 ? 1 + ((handle * 7) % 5) : 0),
  };
}

function calm(unit: DispatchUnit): DispatchUnit {
  const { fixTime, shiftEndsAt } = unit;
  return {
    ...unit,
    fixTime: fixTime && Math.max(fixTime, NOW - 300_000),
    receivedAt: fixTime && Math.max(fixTime, NOW - 300_000) + 500,
    shiftEndsAt: shiftEndsAt && Math.max(shiftEndsAt, NOW + 1_200_000),
  };
}

/** Puts a whole unit into a roster. */
export function enter(roster: DispatchRoster, unit: DispatchUnit): void {
  const { place, fixTime, receivedAt, accuracyM, speedMps, headingDeg, suspect, ...standing } = unit;
  roster.upsert(standing);
  if (place === null || fixTime === null || receivedAt === null) roster.unplace(unit.handle);
  else roster.move(unit.handle, { place, fixTime, receivedAt, accuracyM, speedMps, headingDeg, suspect });
}

export function createMatrix(random: () => number): PreemptionMatrix {
  const row = () => ({ P1: random() < 0.7, P2: random() < 0.5, P3: random() < 0.3, P4: random() < 0.2 });
  return { P1: row(), P2: row(), P3: row(), P4: row() };
}

function createFleetUnit(random: () => number, i: number, size: number): DispatchUnit {
  const status = pick(random, STATUSES);
  const isBusy = status === 'en_route' || status === 'on_scene';
  const fixTime = NOW - Math.floor(random() * 400) * 1000;
  const isCrewed = random() < 0.3;
  const unit: DispatchUnit = {
    ...createRandomUnit(random, i, size),
    handle: i + 1,
    status,
    agencyId: pick(random, AGENCIES),
    onShift: pick(random, [true, true, null, false]),
    held: random() < 0.1,
    vekId: isBusy ? pick(random, ['vek', 'vek 2']) : null,
    workPriority: isBusy ? pick(random, PRIORITIES) : null,
    freeAt: isBusy && random() < 0.5 ? NOW + Math.floor(random() * 1200) * 1000 : null,
    crewId: isCrewed ? `crew ${Math.floor(random() * 4)}` : null,
    crewOutWith: random() < 0.05 ? 'u00' : null,
    shiftEndsAt: pick(random, [null, null, NOW + 300_000, NOW + 1_200_000, NOW + 7_200_000]),
    reservedFor: random() < 0.05 ? { vekId: pick(random, ['vek', 'vek 3']), from: NOW } : null,
    profile: pick(random, ['car', 'heavy']),
    place: createPlaceNear(random, PLACE, pick(random, [0.02, 0.3, 3])),
    fixTime,
    receivedAt: fixTime + 500,
    speedMps: pick(random, [null, 0, 12]),
  };
  if (random() < 0.05) return { ...unit, place: null, fixTime: null, receivedAt: null };
  if (unit.freeAt === null || random() < 0.3) return unit;
  const at = createPlaceNear(random, PLACE, pick(random, [0.02, 0.3, 3]));
  return { ...unit, freePlace: { at, name: pick(random, [null, 'hospital']) } };
}

/** The unit as if its last fix were of where it is counted from: where it frees up if that is known. */
export function asCounted(unit: DispatchUnit): DispatchUnit {
  return unit.freePlace === null ? unit : { ...unit, place: unit.freePlace.at, headingDeg: null, speedMps: null };
}

/** What ways say of themselves that know of no bound but the pace. */
export const PACE_ONLY = {
  farthestStartM: () => Number.POSITIVE_INFINITY,
  ringBound: () => undefined,
  leastOffRoadM: () => 0,
} as const satisfies Partial<Ways>;

/** Ways that take a random time above their bound, in steps; one in twenty units has none. The same for the same unit. */
export function createWays(random: () => number, stepMs: number): Ways & { asked: number } {
  const seed = Math.floor(random() * 1e9);
  const pace: Record<string, TopPace> = { car: { freeM: 50, topMps: 36 }, heavy: { freeM: 50, topMps: 25 } };
  return {
    ...PACE_ONLY,
    place: PLACE,
    basis: 'roads',
    closures: 'in_force',
    asked: 0,
    topPace: (profile) => pace[profile]!,
    table(units) {
      this.asked += units.length;
      return units.map(({ handle, place, profile }) => {
        const dice = createRandom(seed + handle);
        if (dice() < 0.05) return null;
        const { freeM, topMps } = pace[profile]!;
        const leastMs = (Math.max(0, distanceM(PLACE, place!) - freeM) / topMps) * 1000;
        // some drive as straight and as fast as anybody can
        const detour = dice() < 0.3 ? 0 : dice() ** 2;
        const ms = Math.ceil((leastMs * (1 + detour)) / stepMs) * stepMs;
        return { basis: 'roads', ms, lengthM: null, offRoadMs: dice() < 0.2 ? 5000 : 0, intervalMs: null };
      });
    },
  };
}
