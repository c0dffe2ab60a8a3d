import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Starts what follows it before other processes whenever both could run: SCHED_RR, sched(7), by chrt of util-linux. Needs root,
 * CAP_SYS_NICE or a limit of RLIMIT_RTPRIO.
 */
export const REAL_TIME = ['chrt', '--rr', '1'] as const;
/** Who reads the clock comes before those whose answers it times. */
const CLOCK_PRIORITY = '2';

export function mayRunInRealTime(): Promise<boolean> {
  return run(REAL_TIME[0], [...REAL_TIME.slice(1), 'true']).then(
    () => true,
    () => false,
  );
}

/** Does some work with this thread before other processes; what is started meanwhile is not. @throws Error where that is not allowed */
export async function inRealTime<T>(work: () => Promise<T>): Promise<T> {
  const self = String(process.pid); // the main thread's number too
  await run('chrt', ['--reset-on-fork', '--rr', '--pid', CLOCK_PRIORITY, self]);
  try {
    return await work();
  } finally {
    await run('chrt', ['--other', '--pid', '0', self]);
  }
}
