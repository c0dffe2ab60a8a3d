import { describe, expect, it } from 'vitest';
import { createRandom } from '../../test/random.js';
import { assignLinear } from './linear-assignment.js';

/** Least sum over all ways to give every row a column of its own; Infinity: there is none. */
function leastSum(cost: Float64Array, rows: number, columns: number, row = 0, taken = 0): number {
  if (row === rows) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (let column = 0; column < columns; column++) {
    if ((taken & (1 << column)) !== 0) continue;
    const rest = leastSum(cost, rows, columns, row + 1, taken | (1 << column));
    least = Math.min(least, cost[row * columns + column]! + rest);
  }
  return least;
}

describe('assignLinear', () => {
  it('G97 equals all permutations, forbidden pairs and equal costs among them', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const random = createRandom(seed);
      const rows = 1 + Math.floor(random() * 5);
      const columns = rows + Math.floor(random() * 3);
      const steps = random() < 0.5 ? 4 : 1e6;
      const cost = Float64Array.from({ length: rows * columns }, () =>
        random() < 0.15 ? Number.POSITIVE_INFINITY : Math.floor(random() * steps),
      );
      const found = assignLinear(cost, rows, columns);
      const least = leastSum(cost, rows, columns);
      expect(found?.cost ?? Number.POSITIVE_INFINITY, `seed ${seed}`).toBe(least);
      if (found === undefined) continue;
      expect(new Set(found.columnOf).size, `seed ${seed}`).toBe(rows);
      expect(assignLinear(cost.slice(), rows, columns), `seed ${seed}`).toEqual(found);
    }
  });

  it('G97 more rows than columns have no answer', () => {
    expect(assignLinear(Float64Array.of(1, 2), 2, 1)).toBeUndefined();
  });
});
