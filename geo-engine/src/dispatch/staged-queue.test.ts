import { describe, expect, it } from 'vitest';
import { createRandom, pick } from '../../test/random.js';
import { StagedQueue } from './staged-queue.js';

describe('StagedQueue', () => {
  it('G120 hands out every entry once, least bound first, whatever their number and however many are equal', () => {
    const queue = new StagedQueue();
    for (let seed = 1; seed <= 60; seed++) {
      const random = createRandom(seed);
      const count = pick(random, [0, 1, 2, 255, 257, 1000, 5000]);
      const values = pick(random, [1, 3, 1e6]); // all equal, mostly equal, hardly ever
      const bounds = Array.from({ length: count }, () => Math.floor(random() * values));
      queue.clear();
      for (const [slot, bound] of bounds.entries()) queue.append(slot, bound);
      queue.order();
      const slots: number[] = [];
      const taken: number[] = [];
      while (queue.length > 0) {
        expect(queue.length, `seed ${seed}`).toBe(count - taken.length);
        taken.push(queue.peekBound());
        slots.push(queue.pop());
      }
      expect(taken, `seed ${seed}`).toEqual(bounds.toSorted((a, b) => a - b));
      expect(
        slots.map((slot) => bounds[slot]),
        `seed ${seed}`,
      ).toEqual(taken);
      expect(new Set(slots).size, `seed ${seed}`).toBe(count);
    }
  });
});
