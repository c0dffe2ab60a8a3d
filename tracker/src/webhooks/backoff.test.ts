import { expect, it } from 'vitest';
import { backoffMs } from './backoff.js';

it('F33 waits between half of and all of a bound that doubles up to five minutes', () => {
  const bounds = [1, 2, 3, 4, 8, 9, 10, 20, 1000].map((failures) => [
    backoffMs(failures, 0),
    backoffMs(failures, 1 - Number.EPSILON),
  ]);
  expect(bounds.map(([least]) => least)).toEqual([500, 1000, 2000, 4000, 64_000, 128_000, 150_000, 150_000, 150_000]);
  for (const [least, most] of bounds) expect(most).toBeCloseTo(2 * least!, 6);
});
