import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

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

/** Does some work with this thread before all others of the machine; what is started meanwhile is not. @throws Error where it may not */
export async function inRealTime<T>(work: () => Promise<T>): Promise<T> {
  const self = String(process.pid); // the main thread's number too
  await run('chrt', ['--reset-on-fork', '--rr', '--pid', PRIORITY, self]);
  try {
    return await work();
  } finally {
    await run('chrt', ['--other', '--pid', '0', self]);
  }
}
