import { describe, expect, it } from 'vitest';
import { createRandom, type SeededRandom } from '../../../../fixtures/world/seeded-random.js';
import {
  compileDemand,
  createCandidate,
  DEFAULT_POLICY,
  type Demand,
  type DispatchQuestion,
  DispatchRoster,
  Eligibility,
  Judgement,
  lonLat,
  type OpenIncident,
  type Proposal,
  RequirementSchema,
  reEvaluate,
  responseTime,
  StraightWays,
  type Surroundings,
} from '../../../../geo-engine/src/index.js';
import { createStandingUnit } from '../../../test/harness/standing-unit.js';
import { type GatheredIncident, KnownCandidates, proposeAmong } from './known-candidates.js';

const WORLDS = 8;
const NOW = Date.UTC(2026, 5, 1, 12);
const CAPABILITIES = ['water', 'ladder'];
const NEVER = { P1: false, P2: false, P3: false, P4: false };
const SETTINGS = {
  proposeGainMs: 120_000,
  keepGainMs: 60_000,
  preemptGainMs: 300_000,
  mostAddedMs: 300_000,
  allowed: { P1: NEVER, P2: NEVER, P3: NEVER, P4: NEVER },
  lateFactor: { P1: 4, P2: 2, P3: 1, P4: 0 },
  unservedMs: 7_200_000,
  nodeLimit: 100_000,
};

/** Units of one town, some of them resting or on no shift. */
function createTown(random: SeededRandom, units: number): DispatchRoster {
  const roster = new DispatchRoster();
  for (let handle = 1; handle <= units; handle++) {
    const capabilities = new Map([[random.pick(CAPABILITIES), 1]]);
    const status = random.next() < 0.9 ? 'available' : 'on_scene';
    const onShift = random.next() < 0.9;
    const restUntil = random.next() < 0.1 ? NOW + 3_600_000 : null;
    const turnoutMs = 1000 * random.below(90);
    roster.upsert(createStandingUnit(handle, { capabilities, status, onShift, headCount: 3, restUntil, turnoutMs }));
    const place = lonLat(random.between(24, 24.2), random.between(56.9, 57));
    const told = { fixTime: NOW, receivedAt: NOW, accuracyM: 5, speedMps: 0, headingDeg: null, suspect: [] };
    roster.move(handle, { place, ...told });
  }
  return roster;
}

interface Asked {
  readonly vekId: string;
  readonly question: DispatchQuestion;
  readonly demand: Demand;
  readonly surroundings: Surroundings;
}

function createIncident(random: SeededRandom, vekId: string, roster: DispatchRoster): Asked {
  const place = lonLat(random.between(24, 24.2), random.between(56.9, 57));
  const requirements = CAPABILITIES.map((capability) =>
    RequirementSchema.parse({ capability, quantity: 1 + random.below(3), service: 'service', need: 'must', each: 1 }),
  );
  const question: DispatchQuestion = {
    place,
    priority: random.pick(['P1', 'P2', 'P3'] as const),
    requirements,
    targetMs: { service: 900_000 },
    skipped: {},
    ownHolds: [],
    preemption: null,
    policy: DEFAULT_POLICY,
    now: NOW,
    maxFixAgeS: 3600,
    dispatchableStatuses: ['available'],
    agencyIds: ['agency'],
    vekId,
  };
  return {
    vekId,
    question,
    demand: compileDemand(requirements),
    surroundings: { roster, ways: new StraightWays(place) },
  };
}

/** Everybody who may go, asked one by one. */
function everybody({ question, demand, surroundings: { roster, ways } }: Asked) {
  const units = [...roster.units()];
  const eligibility = new Eligibility(demand, question);
  const judgement = new Judgement(demand.lines.length);
  const travels = ways.table(units);
  return units.flatMap((unit, i) => {
    const response = responseTime(unit, travels[i]!, NOW, null);
    return createCandidate(unit, response, 0, eligibility, question, judgement) ?? [];
  });
}

function whole(steps: ReturnType<typeof reEvaluate>): Proposal[] {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('candidates of open incidents', () => {
  it('D62 what is proposed to many incidents at once equals what is proposed when each knows the whole fleet', async () => {
    let widened = 0;
    for (let seed = 1; seed <= WORLDS; seed++) {
      const random = createRandom(seed, 'open incidents');
      const roster = createTown(random, 70);
      const asked = Array.from({ length: 12 }, (_, i) => createIncident(random, `vek ${10 + i}`, roster)).sort(
        (a, b) => (a.question.priority < b.question.priority ? -1 : a.question.priority > b.question.priority ? 1 : 0),
      );
      const standingOf = ({ vekId, question: { priority, targetMs }, demand }: Asked) => {
        return { vekId, priority, demand, targetMs, working: [], elsewhere: [], wasDiverted: false };
      };
      const propose = (incidents: readonly OpenIncident[]) =>
        reEvaluate(incidents, new Set(incidents.map(({ vekId }) => vekId)), new Set(), SETTINGS);
      const expected = whole(propose(asked.map((one) => ({ ...standingOf(one), free: everybody(one) }))));
      const gathered = asked.map((one): GatheredIncident => {
        return { standing: standingOf(one), known: new KnownCandidates(one.question, one.demand, one.surroundings) };
      });
      const first = whole(propose(gathered.map(({ standing, known }) => ({ ...standing, free: known.free }))));
      if (JSON.stringify(first) !== JSON.stringify(expected)) widened++;
      expect(await proposeAmong(gathered, propose, async () => {}), `seed ${seed}`).toEqual(expected);
    }
    // else the worlds would not show what this is for
    expect(widened).toBeGreaterThan(0);
  });
});
