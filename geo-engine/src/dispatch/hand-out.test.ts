import { describe, expect, it } from 'vitest';
import { handOut as bruteHandOut } from '../../test/dispatch-brute-force.js';
import { createCandidates, createInstance } from '../../test/dispatch-world.js';
import { createRandom } from '../../test/random.js';
import { handOut } from './hand-out.js';
import { metLines, type Taken } from './stage.js';

describe('handOut', () => {
  it('G94 every line gets what is said to be met, out of units that serve it, and nothing is given twice', () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const random = createRandom(seed);
      const { question, units } = createInstance(random, 8);
      const { demand, candidates } = createCandidates(units, question);
      const taken = candidates.map((candidate): Taken => {
        const standsIn = candidate.servesAtPenalty & Math.floor(random() * 64);
        return { candidate, standsIn, penaltyMs: 0, need: 'must' };
      });
      const label = `seed ${seed}`;
      const met = [...metLines(demand, taken)];
      expect(met, label).toEqual([...bruteHandOut(demand, [...demand.lines.keys()], taken).values()]);
      const given = handOut(demand, taken, met);
      const spent = new Map<string, number>();
      for (const [line, parts] of given.entries()) {
        expect(
          parts.reduce((sum, { amount }) => sum + amount, 0),
          label,
        ).toBe(met[line]);
        for (const { taken: from, amount } of parts) {
          const supply = from.candidate.supplies[line]!;
          expect((from.candidate.servesFreely | from.standsIn) & (1 << line), label).not.toBe(0);
          const key = `${from.candidate.unit.unitId} ${supply.resource}`;
          spent.set(key, (spent.get(key) ?? 0) + amount);
          expect(spent.get(key), label).toBeLessThanOrEqual(supply.amount);
        }
      }
    }
  });
});
