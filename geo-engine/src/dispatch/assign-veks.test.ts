import { describe, expect, it } from 'vitest';
import { type BruteTaken, bruteTier } from '../../test/dispatch-brute-force.js';
import {
  createCandidates,
  createDispatchQuestion,
  createDispatchUnit,
  createLine,
  createOpenVeks,
} from '../../test/dispatch-world.js';
import { createRandom } from '../../test/random.js';
import { PRIORITIES, type Priority } from '../run-cards/run-card.js';
import { assignVeks, type JointAssignment, type OpenVek } from './assign-veks.js';
import { crewKey } from './dispatch-unit.js';

/** Instances of the comparison with brute force; DISPATCH_INSTANCES asks for more. */
const INSTANCES = Number(process.env.DISPATCH_INSTANCES ?? 200);
const NODES = 2_000_000;
/** Here a branch that kept choices made at other prices was once cut off with the best answer in it. */
const STALE_PRICES_SEED = 13_253;
const MIN = 60_000;

/** Tier after tier by brute force. */
function bruteJoint(veks: readonly OpenVek[]) {
  const taken: (readonly BruteTaken[])[] = veks.map(() => []);
  const tiers: { short: number; costMs: number }[] = [];
  for (const need of ['must', 'should'] as const) {
    for (const priority of PRIORITIES) {
      const members = [...veks.keys()].filter((i) => veks[i]!.priority === priority);
      if (members.length === 0) continue;
      const busy = new Set(
        taken.flatMap((ofVek, i) =>
          members.includes(i) ? [] : ofVek.map(({ candidate: { unit } }) => unit.crewId ?? unit.unitId),
        ),
      );
      const tier = bruteTier(
        members.map((i) => veks[i]!),
        members.map((i) => taken[i]!),
        busy,
        need,
      );
      for (const [i, member] of members.entries()) taken[member] = tier.taken[i]!;
      tiers.push({ short: tier.short, costMs: tier.costMs });
    }
  }
  return { taken, tiers };
}

/** Units at a time in minutes to each of the VEKs; one pump is asked for by each. */
function pumps(minutes: Record<string, readonly number[]>, priorities: readonly Priority[]): OpenVek[] {
  const question = createDispatchQuestion({ requirements: [createLine({ capability: 'pump' })] });
  return priorities.map((priority, i) => {
    const units = Object.entries(minutes).map(
      ([unitId, times]) =>
        [createDispatchUnit({ unitId, capabilities: new Map([['pump', 1]]) }), times[i]! * MIN] as const,
    );
    return { vekId: `vek ${i}`, priority, ...createCandidates(units, question) };
  });
}

/** Two VEKs of three lines each, and six units of which most serve two or three: who is best for one is good for the other too. */
function createRivals(random: () => number): OpenVek[] {
  const pieces = ['pump', 'ladder', 'rescue'];
  const question = createDispatchQuestion({ requirements: pieces.map((capability) => createLine({ capability })) });
  const units = Array.from({ length: 6 }, (_, i) => {
    const capabilities = new Map(pieces.filter(() => random() < 0.7).map((piece) => [piece, 1] as const));
    return [createDispatchUnit({ unitId: `u${i}`, capabilities }), random() * 600_000] as const;
  });
  return [0, 1].map((i) => {
    const near = units.map(([unit, ms]) => [unit, Math.round(ms + random() * 300_000)] as const);
    return { vekId: `vek ${i}`, priority: 'P2', ...createCandidates(near, question) };
  });
}

const ofOnePriority = (veks: readonly OpenVek[]) => veks.map((vek): OpenVek => ({ ...vek, priority: 'P2' }));
const idsOf = ({ veks }: JointAssignment) =>
  veks.map(({ taken }) => taken.map(({ candidate }) => candidate.unit.unitId).join(' '));

describe('assignVeks', () => {
  it(
    'G97 equals brute force, tier by tier: shortfall, cost, who goes where',
    () => {
      for (const seed of [...Array(INSTANCES).keys()].map((i) => i + 1).concat(STALE_PRICES_SEED)) {
        const isPlenty = seed % 3 !== 0;
        const veks = createOpenVeks(createRandom(seed), 2 + (seed % 2), seed % 2 === 0 ? 7 : 5, { isPlenty });
        const brute = bruteJoint(veks);
        const { veks: assigned, tiers } = assignVeks(veks, NODES);
        const label = `seed ${seed}`;
        expect(
          tiers.every(({ proven }) => proven),
          label,
        ).toBe(true);
        for (const [i, tier] of tiers.entries()) {
          expect(tier.short, label).toBeCloseTo(brute.tiers[i]!.short, 9);
          expect(tier.costMs, label).toBe(brute.tiers[i]!.costMs);
        }
        // which of them stands in for a line that another could stand in for as well is a tie
        const asSet = (taken: readonly BruteTaken[]) => taken.map(({ candidate }) => candidate.unit.unitId).sort();
        expect(
          assigned.map(({ taken }) => asSet(taken)),
          label,
        ).toEqual(brute.taken.map(asSet));
      }
    },
    INSTANCES * 40 + 30_000,
  );

  it('G97 equals brute force where VEKs of several lines compete for units that serve several', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const veks = createRivals(createRandom(seed));
      const brute = bruteJoint(veks);
      const [must] = assignVeks(veks, NODES).tiers;
      expect(must!.proven, `seed ${seed}`).toBe(true);
      expect(must!.short, `seed ${seed}`).toBeCloseTo(brute.tiers[0]!.short, 9);
      expect(must!.costMs, `seed ${seed}`).toBe(brute.tiers[0]!.costMs);
    }
  });

  it('G97 one after another would take 24 minutes, together it is 11', () => {
    const veks = pumps({ u1: [4, 5], u2: [6, 20] }, ['P2', 'P2']);
    const joint = assignVeks(veks, NODES);
    expect(idsOf(joint)).toEqual(['u2', 'u1']);
    expect(joint.tiers).toMatchObject([{ costMs: 11 * MIN, proven: true }, { costMs: 0 }]);
  });

  it('G97 the larger share that one unit can meet counts more than any way', () => {
    const tanker = createDispatchUnit({ unitId: 'tanker', capabilities: new Map([['water', 1500]]) });
    const veks = [1800, 800].map((quantity, i): OpenVek => {
      const question = createDispatchQuestion({ requirements: [createLine({ capability: 'water', quantity })] });
      return { vekId: `vek ${i}`, priority: 'P1', ...createCandidates([[tanker, (1 + 60 * i) * MIN]], question) };
    });
    // 0 of 1800 and 800 of 800 fall less short than 1500 of 1800 and 0 of 800
    expect(idsOf(assignVeks(veks, NODES))).toEqual(['', 'tanker']);
  });

  it('G98 under shortage the more urgent is served, and what is short stays visible', () => {
    const joint = assignVeks(pumps({ u1: [3, 50] }, ['P3', 'P1']), NODES);
    expect(idsOf(joint)).toEqual(['', 'u1']);
    expect(joint.veks.map(({ met }) => met)).toEqual([[0], [1]]);
    expect(joint.tiers.map(({ priority, need, short }) => [priority, need, short])).toEqual([
      ['P1', 'must', 0],
      ['P3', 'must', 1],
      ['P1', 'should', 0],
      ['P3', 'should', 0],
    ]);
  });

  it('G98 no less urgent VEK changes what a more urgent one gets', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const veks = createOpenVeks(createRandom(seed), 4, 10);
      const urgent = veks.filter(({ priority }) => priority === 'P1');
      const all = assignVeks(veks, NODES).tiers.find(({ priority, need }) => priority === 'P1' && need === 'must');
      const alone = assignVeks(urgent, NODES).tiers.find(({ need }) => need === 'must');
      expect([all?.short, all?.costMs], `seed ${seed}`).toEqual([alone?.short, alone?.costMs]);
    }
  });

  it('G97 no crew goes twice, and together is never worse than one after another', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = createRandom(seed);
      const veks = ofOnePriority(createOpenVeks(random, 3 + Math.floor(random() * 4), 24, { need: 'must' }));
      const label = `seed ${seed}`;
      const joint = assignVeks(veks, 20_000);
      const crews = joint.veks.flatMap(({ taken }) => taken.map(({ candidate }) => crewKey(candidate.unit)));
      expect(new Set(crews).size, label).toBe(crews.length);
      // one after another: each takes its best of what the ones before have left
      const gone = new Set<string>();
      let short = 0;
      let costMs = 0;
      for (const vek of veks) {
        const free = vek.candidates.filter(({ unit }) => !gone.has(crewKey(unit)));
        const own = assignVeks([{ ...vek, candidates: free }], 20_000);
        for (const { candidate } of own.veks[0]!.taken) gone.add(crewKey(candidate.unit));
        short += own.tiers[0]!.short;
        costMs += own.tiers[0]!.costMs;
      }
      const [must] = joint.tiers;
      expect(must!.short, label).toBeLessThanOrEqual(short + 1e-9);
      if (must!.short > short - 1e-9) expect(must!.costMs, label).toBeLessThanOrEqual(costMs);
    }
  });

  it('G91 a tier that is stopped early says so, and its bounds are true', () => {
    let stopped = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const veks = ofOnePriority(createOpenVeks(createRandom(seed), 4, 16));
      const [exact] = assignVeks(veks, NODES).tiers;
      const [early] = assignVeks(veks, 3).tiers;
      const label = `seed ${seed}`;
      expect(early!.short, label).toBeGreaterThanOrEqual(exact!.short - 1e-9);
      expect(early!.leastShort, label).toBeLessThanOrEqual(exact!.short + 1e-9);
      if (Math.abs(early!.short - exact!.short) < 1e-9) {
        expect(early!.leastCostMs, label).toBeLessThanOrEqual(exact!.costMs);
        if (early!.proven) expect(early!.costMs, label).toBe(exact!.costMs);
      }
      if (!early!.proven) stopped++;
    }
    expect(stopped).toBeGreaterThan(5);
  });
});
