import { type Candidate, createCandidate } from '../src/dispatch/candidate.js';
import { DEFAULT_POLICY, type DispatchQuestion } from '../src/dispatch/dispatch-question.js';
import type { DispatchUnit } from '../src/dispatch/dispatch-unit.js';
import { Eligibility } from '../src/dispatch/eligibility.js';
import { responseTime, type Travel } from '../src/dispatch/eta.js';
import { compileDemand, type Demand } from '../src/run-cards/demand.js';
import { type Requirement, RequirementSchema } from '../src/run-cards/requirement.js';
import { pick } from './random.js';

export const NOW = Date.UTC(2026, 4, 12, 12);

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
    qualifications: new Map(),
    equipment: new Map(),
    crewId: null,
    crewOutWith: null,
    shiftEndsAt: null,
    restUntil: null,
    idleSince: null,
    reservedFor: null,
    freeAt: null,
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
    priority: 'P2',
    requirements: [],
    targetMs: {},
    skipped: {},
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
  return { ms, lengthM: null, offRoadMs: 0, intervalMs: null };
}

/** Units that take `ms` each, as candidates for a question; those that count for no line are left out. */
export function createCandidates(
  units: readonly (readonly [unit: DispatchUnit, ms: number, coverageLoss?: number])[],
  question: DispatchQuestion,
): { demand: Demand; candidates: Candidate[] } {
  const demand = compileDemand(question.requirements);
  const eligibility = new Eligibility(demand, question);
  const codes = new Uint8Array(demand.lines.length);
  const candidates = units.flatMap(([unit, ms, coverageLoss = 0]) => {
    const response = responseTime(unit, createTravel(ms), question.now);
    return createCandidate(unit, response, coverageLoss, eligibility, question, codes) ?? [];
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
    unitId: `u${String(i).padStart(2, '0')}`,
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
