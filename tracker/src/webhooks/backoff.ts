const FIRST_MS = 1000;
const MOST_MS = 300_000;

/**
 * How long to wait before the next try, after so many failures in a row (from 1): drawn between half of and all of a bound that doubles,
 * so that receivers that failed together are not asked together again.
 * @param random 0 up to 1
 */
export function backoffMs(failures: number, random: number): number {
  const bound = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return bound / 2 + (bound / 2) * random;
}
