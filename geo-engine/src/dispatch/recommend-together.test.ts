import { describe, expect, it } from 'vitest';
import { asCounted, createFleetWorld, createInstance, createWays, type FleetWorld } from '../../test/dispatch-world.js';
import { createRandom, pick } from '../../test/random.js';
import { compileDemand } from '../run-cards/demand.js';
import { PRIORITIES } from '../run-cards/run-card.js';
import { decideTogether, gatherTogether, type JointInput, type JointQuestion } from './recommend-together.js';

const NODE_LIMIT = 20_000;

/** VEKs that ask for units of one fleet; each has ways of its own. */
function createQuestions(random: () => number, { question, roster, correction }: FleetWorld): JointQuestion[] {
  return Array.from({ length: 2 + Math.floor(random() * 3) }, (_, i) => ({
    vekId: `vek ${i}`,
    question: {
      ...question,
      vekId: `vek ${i}`,
      priority: pick(random, PRIORITIES.slice(0, 2)),
      requirements: createInstance(random, 0).question.requirements.slice(0, 3),
    },
    surroundings: { roster, ways: createWays(random, pick(random, [1, 1000, 60_000])), correction },
  }));
}

/** Every unit of the roster for every VEK, and nobody left to count. */
function fullScan(questions: readonly JointQuestion[], { units }: FleetWorld): JointInput {
  const veks = questions.map(({ vekId, question, surroundings: { ways, correction = null } }) => {
    const placed = units.filter(({ place }) => place !== null);
    const table = new Map(ways.table(placed.map(asCounted)).map((travel, i) => [placed[i]!, travel]));
    const considered = units.map((unit) => ({ unit, travel: table.get(unit) ?? null, coverageLoss: 0 }));
    const others = compileDemand(question.requirements).lines.map(() => ({}));
    return { vekId, question, basis: ways.basis, closures: ways.closures, correction, considered, others };
  });
  return { nodeLimit: NODE_LIMIT, veks };
}

/** Tiers are compared as sums: where two assignments cost the same, either may be the answer. */
function sumsOf({ tiers }: ReturnType<typeof decideTogether>) {
  return tiers.map(({ priority, need, short, costMs }) => ({ priority, need, short: short.toFixed(9), costMs }));
}

describe('several VEKs together', () => {
  it('G110 what is kept of the roster gives what all units would give', () => {
    let compared = 0;
    let kept = 0;
    let all = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = createRandom(seed);
      const world = createFleetWorld(random, 20 + ((seed * 37) % 160));
      const questions = createQuestions(random, world);
      const input = gatherTogether(questions, NODE_LIMIT);
      const full = decideTogether(fullScan(questions, world));
      const answer = decideTogether(input);
      if (![...full.tiers, ...answer.tiers].every(({ proven }) => proven)) continue;
      compared++;
      expect(sumsOf(answer), `seed ${seed}`).toEqual(sumsOf(full));
      for (const [i, { lines, units }] of answer.veks.entries()) {
        for (const [line, { notChosen, restByReason }] of lines.entries()) {
          const rest = Object.values(restByReason).reduce<number>((sum, count) => sum + (count ?? 0), 0);
          expect(units.length + notChosen.length + rest, `seed ${seed}`).toBe(world.units.length);
          // who is named may differ where units cost the same; how near they are does not
          const nearest = (named: typeof notChosen) => named.map(({ response }) => response.responseMs);
          const sent = (veks: typeof answer.veks) => JSON.stringify(veks.map((vek) => vek.units.map((u) => u.unitId)));
          if (sent(answer.veks) !== sent(full.veks)) continue;
          expect(nearest(notChosen), `seed ${seed}`).toEqual(nearest(full.veks[i]!.lines[line]!.notChosen));
        }
      }
      kept += input.veks.reduce((sum, { considered }) => sum + considered.length, 0);
      all += questions.length * world.units.length;
    }
    expect(compared).toBeGreaterThan(40);
    expect(kept).toBeLessThan(all / 2); // or nothing was passed over
  });
});
