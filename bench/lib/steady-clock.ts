import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';

const run = promisify(execFile);

/** Above the 1 of a tracker with REAL_TIME: who reads the clock must not wait for those whose answers it times. */
const PRIORITY = '2';

/** Whether threads may be put before others here: SCHED_RR, sched(7). */
export function mayRunInRealTime(): Promise<boolean> {
  return run('chrt', ['--rr', PRIORITY, 'true']).then(
    () => true,
    () => false,
  );
}

/**
 * Does some work of which the times are taken in this thread. Its collections do not wait for helpers, for which there is no core under load:
 * they took up to 16 ms instead of 1, and every answer that came meanwhile counted as late. `first`: this thread comes before all others of
 * the machine, what it starts meanwhile does not. @throws Error where it may not
 */
export async function withSteadyClock<T>(first: boolean, work: () => Promise<T>): Promise<T> {
  const self = String(process.pid); // the main thread's number too
  if (first) await run('chrt', ['--reset-on-fork', '--rr', '--pid', PRIORITY, self]);
  setFlagsFromString('--no-parallel-scavenge');
  try {
    return await work();
  } finally {
    setFlagsFromString('--parallel-scavenge');
    if (first) await run('chrt', ['--other', '--pid', '0', self]);
  }
}
