import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So much is made by three or four questions: less than fills the young generation. */
const WORTH_BYTES = 4 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
let leftBytes = 0;

/**
 * Collects young objects of this thread if there are enough of them: called while nobody waits, it takes a millisecond or two that the
 * engine would otherwise take in the middle of some desk's question, and what a question works with is not taken for old by it.
 */
export function collectWhileIdle(): void {
  const bytes = youngBytes();
  leftBytes = Math.min(leftBytes, bytes); // less than was left: they were collected meanwhile
  if (bytes - leftBytes < WORTH_BYTES) return;
  collect({ type: 'minor' });
  leftBytes = youngBytes();
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_used_size ?? 0;
}
