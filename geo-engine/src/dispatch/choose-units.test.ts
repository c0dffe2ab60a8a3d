import { describe, expect, it } from 'vitest';
import { bruteChoice, handOut } from '../../test/dispatch-brute-force.js';
import {
  createCandidates,
  createDispatchQuestion,
  createDispatchUnit,
  createInstance,
  createLine,
} from '../../test/dispatch-world.js';
import { createRandom } from '../../test/random.js';
import type { Candidate } from './candidate.js';
import { chooseUnits } from './choose-units.js';
import { DEFAULT_POLICY, type DispatchQuestion } from './dispatch-question.js';
import type { DispatchUnit } from './dispatch-unit.js';

/** Instances of the comparison with brute force; DISPATCH_INSTANCES asks for more. */
const INSTANCES = Number(process.env.DISPATCH_INSTANCES ?? 400);
const MIN = 60_000;

function unit(unitId: string, has: Record<string, number>, changes: Partial<DispatchUnit> = {}): DispatchUnit {
  return createDispatchUnit({ unitId, capabilities: new Map(Object.entries(has)), ...changes });
}

function choose(
  question: DispatchQuestion,
  units: readonly (readonly [unit: DispatchUnit, ms: number, coverageLoss?: number])[],
) {
  const { demand, candidates } = createCandidates(units, question);
  return chooseUnits(demand, candidates, question);
}

const idsOf = ({ taken }: { taken: readonly { candidate: Candidate }[] }) =>
  taken.map(({ candidate }) => candidate.unit.unitId);

describe('chooseUnits', () => {
  it(
    'G89 equals brute force: shortfall, cost, who goes and as what, what each line gets',
    () => {
      for (let seed = 1; seed <= INSTANCES; seed++) {
        const random = createRandom(seed);
        const { question, units } = createInstance(random, seed % 25 === 0 ? 12 : 7);
        const { demand, candidates } = createCandidates(units, question);
        const { policy, priority, targetMs } = question;
        const brute = bruteChoice(demand, candidates, { regretMs: policy.regretS[priority] * 1000, targetMs });
        const choice = chooseUnits(demand, candidates, question);
        const label = `seed ${seed}`;
        expect([choice.must.proven, choice.should.proven], label).toEqual([true, true]);
        expect(choice.must.short, label).toBeCloseTo(brute.must.short, 9);
        expect(choice.must.costMs, label).toBe(brute.must.costMs);
        expect(choice.should.short, label).toBeCloseTo(brute.should.short, 9);
        expect(choice.should.costMs, label).toBe(brute.should.costMs);
        const asSet = (taken: readonly { candidate: Candidate; standsIn: number }[]) =>
          taken.map(({ candidate, standsIn }) => `${candidate.unit.unitId} ${standsIn}`).sort();
        expect(asSet(choice.taken), label).toEqual(asSet(brute.should.taken));
        const met = handOut(demand, [...demand.lines.keys()], brute.should.taken);
        expect(choice.met, label).toEqual([...met.values()]);
      }
    },
    INSTANCES * 40 + 30_000,
  );

  it('G89 the nearest does not go where two others bring everything sooner together', () => {
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'pump' }), createLine({ capability: 'ladder' })],
    });
    const choice = choose(question, [
      [unit('pump', { pump: 1 }), 2 * MIN],
      [unit('ladder', { ladder: 1 }), 7 * MIN],
      [unit('both', { pump: 1, ladder: 1 }), 8 * MIN],
    ]);
    expect(idsOf(choice)).toEqual(['both']); // 8 minutes against 9
    expect(choice.must).toMatchObject({ short: 0, costMs: 8 * MIN, proven: true, leastCostMs: 8 * MIN });
  });

  it('G89 must lines come first, whatever the should lines would like; shortfall comes before cost', () => {
    const question = createDispatchQuestion({
      requirements: [
        createLine({ capability: 'pump', need: 'should' }),
        createLine({ capability: 'water', quantity: 6000 }),
      ],
    });
    const choice = choose(question, [
      [unit('near', { water: 2000 }), MIN],
      [unit('far', { water: 3000 }), 50 * MIN],
      [unit('pump', { pump: 1 }), 90 * MIN],
    ]);
    expect(idsOf(choice)).toEqual(['near', 'far', 'pump']);
    expect(choice.must.short).toBeCloseTo(1 / 6, 9);
    expect(choice.met).toEqual([5000, 1]);
  });

  it('G93 of two vehicles with one crew only one goes', () => {
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'pump' }), createLine({ capability: 'boat' })],
    });
    const choice = choose(question, [
      [unit('engine', { pump: 1 }, { crewId: 'crew' }), MIN],
      [unit('boat', { boat: 1 }, { crewId: 'crew' }), MIN],
      [unit('other boat', { boat: 1 }), 30 * MIN],
    ]);
    expect(idsOf(choice)).toEqual(['engine', 'other boat']);
  });

  it('G90 of equals whoever has been idle longest goes, then the lower id; the order of candidates plays no part', () => {
    const question = createDispatchQuestion({ requirements: [createLine({ capability: 'pump' })] });
    const idle = (unitId: string, idleSince: number | null): readonly [DispatchUnit, number] => [
      unit(unitId, { pump: 1 }, { idleSince }),
      MIN,
    ];
    const units = [idle('b', 5), idle('a', 5), idle('c', 7)];
    for (const order of [units, units.toReversed()]) expect(idsOf(choose(question, order))).toEqual(['a']);
    expect(idsOf(choose(question, [...units, idle('d', null)]))).toEqual(['d']); // none this shift
  });

  it('G90 the same whatever the order of the candidates', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = createRandom(seed);
      const { question, units } = createInstance(random, 10);
      const shuffled = units
        .map((one) => [random(), one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one);
      expect(idsOf(choose(question, shuffled)), `seed ${seed}`).toEqual(idsOf(choose(question, units)));
    }
  });

  it('G92 coverage is kept within the regret, not beyond it, and never by a unit later than the norm', () => {
    const asked = (regretS: number, norm?: number): DispatchQuestion =>
      createDispatchQuestion({
        requirements: [createLine({ capability: 'pump' })],
        targetMs: norm === undefined ? {} : { VUGD: norm },
        policy: { ...DEFAULT_POLICY, regretS: { P1: 0, P2: regretS, P3: 0, P4: 0 } },
      });
    const units = [
      [unit('missed', { pump: 1 }), 5 * MIN, 3.1],
      [unit('spare', { pump: 1 }), 5 * MIN + 40_000, 0],
    ] as const;
    expect(idsOf(choose(asked(0), units))).toEqual(['missed']);
    expect(idsOf(choose(asked(39), units))).toEqual(['missed']);
    const kept = choose(asked(40), units);
    expect(idsOf(kept)).toEqual(['spare']);
    expect(kept.must.kept).toEqual({ regretMs: 40_000, loss: 0, lossOfCheapest: 3.1, leastLoss: 0 });
    expect(idsOf(choose(asked(40, 5 * MIN), units))).toEqual(['missed']);
  });

  it('G91 a search that is stopped says so, and its bounds are true', () => {
    let stopped = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const random = createRandom(seed);
      const { question, units } = createInstance(random, 22);
      const exact = choose(question, units);
      for (const nodeLimit of [1, 5, 40]) {
        const early = choose({ ...question, policy: { ...question.policy, nodeLimit } }, units);
        const label = `seed ${seed}, ${nodeLimit} nodes`;
        // the second stage builds on the first: it is comparable where that is the same
        expect(early.must.leastShort, label).toBeLessThanOrEqual(exact.must.short + 1e-9);
        expect(early.must.short, label).toBeGreaterThanOrEqual(exact.must.short - 1e-9);
        if (Math.abs(early.must.short - exact.must.short) < 1e-9 && exact.must.kept === null) {
          expect(early.must.leastCostMs, label).toBeLessThanOrEqual(exact.must.costMs);
          expect(early.must.costMs, label).toBeGreaterThanOrEqual(exact.must.costMs);
        }
        if (early.must.proven && exact.must.kept === null) {
          expect(early.must.costMs, label).toBe(exact.must.costMs);
        } else stopped++;
      }
    }
    expect(stopped).toBeGreaterThan(20);
  });
});
