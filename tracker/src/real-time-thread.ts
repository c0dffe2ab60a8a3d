import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Lets the thread that calls run before all others of the machine whenever it has something to do: SCHED_RR, sched(7). Threads and processes
 * that it starts do not inherit this. By chrt of util-linux, for Node has no call for it; needs root, CAP_SYS_NICE or a limit of RLIMIT_RTPRIO.
 * @throws Error where that is not allowed, or there is no such thing
 */
export async function runInRealTime(): Promise<void> {
  const [thread] = readlinkSync('/proc/thread-self').split('/').slice(-1); // <process>/task/<thread>
  await run('chrt', ['--reset-on-fork', '--rr', '--pid', '1', thread!]);
}
