import { describe, expect, it } from 'vitest';
import { type BruteTaken, bruteTier, handOut } from '../../test/dispatch-brute-force.js';
import {
  createCandidates,
  createDispatchQuestion,
  createDispatchUnit,
  createInstance,
  createLine,
  createMatrix,
} from '../../test/dispatch-world.js';
import { createRandom, pick } from '../../test/random.js';
import { PRIORITIES } from '../run-cards/run-card.js';
import type { Candidate } from './candidate.js';
import { crewKey } from './dispatch-unit.js';
import { type OpenIncident, type Proposal, proposalKey, type ReEvaluationPolicy, reEvaluate } from './re-evaluate.js';
import type { Taken } from './stage.js';

const ALWAYS = { P1: true, P2: true, P3: true, P4: true };
const POLICY: ReEvaluationPolicy = {
  proposeGainMs: 120_000,
  keepGainMs: 60_000,
  preemptGainMs: 180_000,
  allowed: { P1: ALWAYS, P2: ALWAYS, P3: ALWAYS, P4: ALWAYS },
  lateFactor: { P1: 4, P2: 2, P3: 1, P4: 1 },
  unservedMs: 3_600_000,
  mostAddedMs: 300_000,
  nodeLimit: 1_000_000,
};
const NOBODY: ReadonlySet<string> = new Set();

/** Open incidents that share a fleet; every unit is free or works on one of them. */
function createIncidents(random: () => number): OpenIncident[] {
  const { units } = createInstance(random, 9);
  const count = 2 + Math.floor(random() * 2);
  // nobody works on the first yet, where there is most to gain
  const worksOn = new Map(units.map(([unit]) => [unit.unitId, Math.floor((0.3 + random()) * (count + 1))]));
  const underWay = new Map(units.map(([unit]) => [unit.unitId, random() < 0.7]));
  return Array.from({ length: count }, (_, i) => {
    const { question } = createInstance(random, 0);
    const odd = question.requirements.slice(0, 2).map((line) => ({ ...line, need: 'must' as const }));
    const usual = createLine({ capability: 'pump', quantity: pick(random, [1, 2]) });
    const requirements = random() < 0.6 ? [usual] : odd;
    const asked = { ...question, requirements };
    const near = units.map(([unit]) => [unit, 1 + Math.floor(random() * 1_500_000)] as const);
    const { demand, candidates } = createCandidates(near, asked);
    // the first is late at once, the others seldom
    const lax: Record<string, number> = random() < 0.4 ? { VUGD: 400_000 } : {};
    const targetMs = i === 0 ? { VUGD: 60_000, VP: 60_000 } : lax;
    const at = (candidate: Candidate) => worksOn.get(candidate.unit.unitId)!;
    return {
      vekId: `vek ${i}`,
      priority: i === 0 ? 'P1' : pick(random, PRIORITIES),
      demand,
      working: candidates
        .filter((candidate) => at(candidate) === i)
        .map((candidate) => ({
          candidate,
          standsIn: candidate.servesAtPenalty & Math.floor(random() * 4),
          penaltyMs: 0,
          need: 'must' as const,
          underWay: underWay.get(candidate.unit.unitId)!,
        })),
      free: candidates.filter((candidate) => at(candidate) >= count),
      elsewhere: candidates.filter(
        (candidate) => at(candidate) < count && at(candidate) !== i && underWay.get(candidate.unit.unitId)!,
      ),
      targetMs,
      wasDiverted: random() < 0.1,
    };
  });
}

function createPolicy(random: () => number): ReEvaluationPolicy {
  return {
    ...POLICY,
    proposeGainMs: pick(random, [0, 120_000]),
    preemptGainMs: pick(random, [0, 180_000]),
    mostAddedMs: pick(random, [0, 300_000, 3_000_000]),
    allowed: random() < 0.6 ? POLICY.allowed : createMatrix(random),
  };
}

const metOf = ({ demand }: OpenIncident, taken: readonly BruteTaken[]) => [
  ...handOut(demand, [...demand.lines.keys()], taken).values(),
];
const isAtLeast = (met: readonly number[], before: readonly number[]) => met.every((amount, i) => amount >= before[i]!);
const shortOf = (incident: OpenIncident, taken: readonly BruteTaken[]) =>
  metOf(incident, taken).reduce((sum, amount, line) => sum + 1 - amount / incident.demand.lines[line]!.quantity, 0);

/** What the free units would add, by brute force. */
function bruteAdded({ demand }: OpenIncident, working: readonly Taken[], free: readonly Candidate[]): BruteTaken[] {
  const { taken } = bruteTier([{ demand, candidates: [...free] }], [working], NOBODY, 'must');
  return taken[0]!.filter(({ candidate }) => free.includes(candidate));
}

const penaltyOf = ({ candidate, standsIn }: BruteTaken) =>
  candidate.supplies.reduce((sum, supply, line) => sum + (standsIn & (1 << line) ? supply!.penaltyMs : 0), 0);

/** Cost of an incident with some units: response times and penalties, beyond the norm times its factor more, and what is short. */
function bruteCost(
  incident: OpenIncident,
  stayed: readonly Taken[],
  added: readonly BruteTaken[],
  { lateFactor, unservedMs }: ReEvaluationPolicy,
): number {
  const taken = [...stayed, ...added];
  const costs = [
    ...stayed.map((one) => [one.candidate, one.penaltyMs] as const),
    ...added.map((one) => [one.candidate, penaltyOf(one)] as const),
  ].map(([{ costMs, response, unit }, penaltyMs]) => {
    const target = incident.targetMs[unit.service] ?? Number.POSITIVE_INFINITY;
    return costMs + penaltyMs + lateFactor[incident.priority] * Math.max(0, response.responseMs - target);
  });
  return costs.reduce((sum, cost) => sum + cost, 0) + unservedMs * shortOf(incident, taken);
}

interface BrutePreemption {
  readonly key: string;
  readonly gainMs: number;
}

/** Every pre-emption for an incident that the rules allow, with its gain. */
function brutePreemptions(
  incident: OpenIncident,
  incidents: readonly OpenIncident[],
  policy: ReEvaluationPolicy,
): BrutePreemption[] {
  const { working, free } = incident;
  const alone = bruteCost(incident, working, bruteAdded(incident, working, free), policy);
  return incidents.flatMap((other) => {
    if (other === incident || other.wasDiverted || !policy.allowed[other.priority][incident.priority]) return [];
    return other.working.flatMap((bumped) => {
      const mine = incident.elsewhere.find(({ unit }) => unit.unitId === bumped.candidate.unit.unitId);
      if (!bumped.underWay || mine === undefined) return [];
      const helped = bruteAdded(incident, working, [...free, mine]);
      if (!helped.some(({ candidate }) => candidate === mine)) return [];
      const gone = new Set(helped.map(({ candidate }) => crewKey(candidate.unit)));
      const left = other.working.filter((one) => one !== bumped);
      const repaired = bruteAdded(
        other,
        left,
        other.free.filter(({ unit }) => !gone.has(crewKey(unit))),
      );
      if (!isAtLeast(metOf(other, [...left, ...repaired]), metOf(other, other.working))) return [];
      const inTime = repaired.every(
        ({ candidate: { unit, response } }) =>
          response.responseMs <= (other.targetMs[unit.service] ?? -1) ||
          response.responseMs <= bumped.candidate.response.responseMs + policy.mostAddedMs,
      );
      if (!inTime) return [];
      const loss = bruteCost(other, left, repaired, policy) - bruteCost(other, other.working, [], policy);
      const gainMs = alone - bruteCost(incident, working, helped, policy) - loss;
      const key = `preempt ${incident.vekId} ${bumped.candidate.unit.unitId} ${other.vekId}`;
      return gainMs > policy.preemptGainMs ? [{ key, gainMs }] : [];
    });
  });
}

/** Every swap for an incident that gains more than the least. */
function bruteSwaps({ working, free, ...incident }: OpenIncident, policy: ReEvaluationPolicy): BrutePreemption[] {
  const whole = { working, free, ...incident };
  const before = metOf(whole, working);
  return working.flatMap((released) => {
    if (!released.underWay) return [];
    const others = working.filter((one) => one !== released);
    return free.flatMap((candidate) => {
      if (candidate.coverageLoss > released.candidate.coverageLoss) return [];
      if (others.some((one) => crewKey(one.candidate.unit) === crewKey(candidate.unit))) return [];
      let best = Number.POSITIVE_INFINITY;
      for (let standsIn = 0; standsIn < 1 << candidate.supplies.length; standsIn++) {
        if ((standsIn & ~candidate.servesAtPenalty) !== 0) continue;
        if (!isAtLeast(metOf(whole, [...others, { candidate, standsIn }]), before)) continue;
        best = Math.min(best, candidate.costMs + penaltyOf({ candidate, standsIn }));
      }
      const gainMs = released.candidate.costMs + released.penaltyMs - best;
      const key = `swap ${incident.vekId} ${released.candidate.unit.unitId} ${candidate.unit.unitId}`;
      return gainMs > policy.proposeGainMs ? [{ key, gainMs }] : [];
    });
  });
}

/** What it comes to when nobody is let in between. */
function proposalsOf(...asked: Parameters<typeof reEvaluate>): Proposal[] {
  const steps = reEvaluate(...asked);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

describe('reEvaluate', () => {
  it('G100 the proposals for one incident equal an enumeration of all there could be', () => {
    const seen = { send: 0, swap: 0, preempt: 0 };
    for (let seed = 1; seed <= 500; seed++) {
      const random = createRandom(seed);
      const incidents = createIncidents(random);
      const policy = createPolicy(random);
      const incident = incidents[seed % incidents.length];
      const proposals = proposalsOf(incidents, new Set([incident!.vekId]), NOBODY, policy);
      const label = `seed ${seed}`;
      for (const { kind } of proposals) seen[kind]++;
      const preemptions = brutePreemptions(incident!, incidents, policy);
      const preempting = proposals.filter(({ kind }) => kind === 'preempt');
      if (preemptions.length > 0) {
        const best = Math.max(...preemptions.map(({ gainMs }) => gainMs));
        expect(preempting.length, label).toBe(1);
        expect((preempting[0] as { gainMs: number }).gainMs, label).toBeCloseTo(best, 3);
        expect(
          preemptions.map(({ key }) => key),
          label,
        ).toContain(proposalKey(preempting[0]!));
        continue;
      }
      expect(preempting, label).toEqual([]);
      const added = bruteAdded(incident!, incident!.working, incident!.free);
      const sent = proposals.flatMap((one) => (one.kind === 'send' ? [...one.unitIds].sort() : []));
      expect(sent, label).toEqual(added.map(({ candidate }) => candidate.unit.unitId).sort());
      const gone = new Set(added.map(({ candidate }) => crewKey(candidate.unit)));
      const free = incident!.free.filter(({ unit }) => !gone.has(crewKey(unit)));
      // best gain first, each unit and crew in one of them
      const used = new Set<string>();
      const crewOf = new Map(
        [...incident!.working.map(({ candidate }) => candidate), ...free].map(({ unit }) => [
          unit.unitId,
          crewKey(unit),
        ]),
      );
      const swaps = bruteSwaps({ ...incident!, free }, policy)
        .filter(({ key }) => !gone.has(crewOf.get(key.split(' ')[3]!)!))
        .sort((a, b) => b.gainMs - a.gainMs || (a.key < b.key ? -1 : 1))
        .filter(({ key }) => {
          const crews = key
            .split(' ')
            .slice(3)
            .map((unitId) => crewOf.get(unitId)!);
          if (crews.some((crew) => used.has(crew))) return false;
          for (const crew of crews) used.add(crew);
          return true;
        });
      expect(
        proposals
          .filter(({ kind }) => kind === 'swap')
          .map((one) => [proposalKey(one), (one as { gainMs: number }).gainMs]),
        label,
      ).toEqual(swaps.map(({ key, gainMs }) => [key, gainMs]));
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  });

  it('G102 nobody is taken away without a replacement that makes good all of it, in the norm or not much later', () => {
    let preemptions = 0;
    for (let seed = 1; seed <= 600; seed++) {
      const random = createRandom(1000 + seed);
      const incidents = createIncidents(random);
      const policy = createPolicy(random);
      const all = new Set(incidents.map(({ vekId }) => vekId));
      const proposals = proposalsOf(incidents, all, NOBODY, policy);
      const label = `seed ${1000 + seed}`;
      const units = proposals.flatMap(unitsOf);
      expect(new Set(units).size, label).toBe(units.length);
      for (const proposal of proposals) {
        if (proposal.kind !== 'preempt') continue;
        preemptions++;
        const from = incidents.find(({ vekId }) => vekId === proposal.fromVekId)!;
        const to = incidents.find(({ vekId }) => vekId === proposal.vekId)!;
        const bumped = from.working.find(({ candidate }) => candidate.unit.unitId === proposal.unitId)!;
        expect([bumped.underWay, from.wasDiverted, policy.allowed[from.priority][to.priority]], label).toEqual([
          true,
          false,
          true,
        ]);
        const replacements = from.free.filter(({ unit }) => proposal.replacementUnitIds.includes(unit.unitId));
        expect(replacements.length, label).toBe(proposal.replacementUnitIds.length);
        const left = from.working.filter((one) => one !== bumped);
        const most = replacements.map((candidate) => ({ candidate, standsIn: candidate.servesAtPenalty }));
        expect(isAtLeast(metOf(from, [...left, ...most]), metOf(from, from.working)), label).toBe(true);
        expect(proposal.gainMs, label).toBeGreaterThan(policy.preemptGainMs);
      }
    }
    expect(preemptions).toBeGreaterThan(15);
  });

  it('G101 a proposal that stands needs less gain than a new one, and done once it is not undone', () => {
    const question = createDispatchQuestion({ requirements: [createLine({ capability: 'pump' })] });
    const pump = (unitId: string) => createDispatchUnit({ unitId, capabilities: new Map([['pump', 1]]) });
    const incident = (workingMs: number, freeMs: number, swapped = false): OpenIncident => {
      const { demand, candidates } = createCandidates(
        [
          [pump(swapped ? 'b' : 'a'), workingMs],
          [pump(swapped ? 'a' : 'b'), freeMs],
        ],
        question,
      );
      const [going, free] = candidates;
      const working = [{ candidate: going!, standsIn: 0, penaltyMs: 0, need: 'must' as const, underWay: true }];
      return {
        vekId: 'vek',
        priority: 'P2',
        demand,
        working,
        free: [free!],
        elsewhere: [],
        targetMs: {},
        wasDiverted: false,
      };
    };
    const ask = (one: OpenIncident, standing = NOBODY) => proposalsOf([one], new Set(['vek']), standing, POLICY);
    expect(ask(incident(600_000, 480_000))).toEqual([]); // a gain of 120 s is not above 120 s
    const [swap] = ask(incident(600_000, 479_999));
    expect(swap).toMatchObject({ kind: 'swap', releaseUnitId: 'a', sendUnitId: 'b', gainMs: 120_001 });
    const standing = new Set([proposalKey(swap!)]);
    expect(ask(incident(600_000, 500_000), standing)).toHaveLength(1);
    expect(ask(incident(600_000, 540_000), standing)).toEqual([]);
    // once b goes, a is not proposed instead
    expect(ask(incident(479_999, 600_000, true), standing)).toEqual([]);
  });

  it('G101 doing what is proposed again and again comes to an end, and every swap makes the sum of costs less', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      let [incident] = createIncidents(random) as [OpenIncident];
      const policy = { ...POLICY, proposeGainMs: 0 };
      const costOf = ({ working }: OpenIncident) =>
        working.reduce((sum, { candidate, penaltyMs }) => sum + candidate.costMs + penaltyMs, 0);
      let rounds = 0;
      for (;;) {
        const swap = proposalsOf([incident], new Set([incident.vekId]), NOBODY, policy).find(
          (one): one is Extract<Proposal, { kind: 'swap' }> => one.kind === 'swap',
        );
        if (swap === undefined) break;
        const released = incident.working.find(({ candidate }) => candidate.unit.unitId === swap.releaseUnitId)!;
        const sent = incident.free.find(({ unit }) => unit.unitId === swap.sendUnitId)!;
        const penaltyMs = released.candidate.costMs + released.penaltyMs - swap.gainMs - sent.costMs;
        const after: OpenIncident = {
          ...incident,
          working: incident.working.map((one) =>
            one === released ? { ...one, candidate: sent, standsIn: sent.servesAtPenalty, penaltyMs } : one,
          ),
          free: incident.free.map((one) => (one === sent ? released.candidate : one)),
        };
        expect(costOf(after), `seed ${seed}`).toBeLessThan(costOf(incident));
        incident = after;
        expect(++rounds, `seed ${seed}`).toBeLessThan(30);
      }
    }
  });
});

function unitsOf(proposal: Proposal): readonly string[] {
  switch (proposal.kind) {
    case 'send':
      return proposal.unitIds;
    case 'swap':
      return [proposal.releaseUnitId, proposal.sendUnitId];
    case 'preempt':
      return [proposal.unitId, ...proposal.replacementUnitIds];
  }
}
