import { describe, expect, test } from 'vitest';
import { createRandom } from '../../test/random.js';
import { SortedIds } from './sorted-ids.js';

describe('SortedIds', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'numbers ids as a sorted list does, in whatever order they are asked for (seed %i)',
    (seed) => {
      const random = createRandom(seed);
      const spread = [20, 1000, 2 ** 33, 2 ** 52, 50, 3][seed - 1];
      const id = () => Math.floor((random() - 0.3) * spread);
      const ids = Float64Array.from({ length: Math.floor(random() * 300) }, id);
      const table = new SortedIds(ids);
      const sorted = [...new Set(ids)].sort((a, b) => a - b);
      expect(table.count).toBe(sorted.length);
      const asked = [...sorted, ...sorted.map((one) => one + 1), ...Array.from({ length: 200 }, id)];
      const orders = [
        asked,
        [...asked].reverse(),
        [...asked].sort((a, b) => a - b),
        asked.map(() => asked[Math.floor(random() * asked.length)]),
      ];
      for (const order of orders) for (const one of order) expect(table.find(one)).toBe(sorted.indexOf(one));
    },
  );

  test('nothing is found among no ids', () => {
    expect(new SortedIds(new Float64Array()).find(1)).toBe(-1);
  });
});
