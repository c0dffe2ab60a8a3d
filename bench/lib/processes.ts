/** CPU and memory of processes as the operating system counts them (Linux, /proc), not as they say themselves. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const MS_PER_TICK = 1000 / TICKS_PER_S;
const KIB = 1024;

/** Fields of /proc/PID/stat after the program's name, which may hold anything; undefined once the process is gone. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  } catch {
    return undefined;
  }
}

// proc(5) numbers them from 1 and the name is the second: field n is at n - 3 here
const PPID = 4 - 3;
const UTIME = 14 - 3;
const STIME = 15 - 3;
const CUTIME = 16 - 3;
const CSTIME = 17 - 3;

/** CPU time so far, milliseconds: user and system, and with `ended` that of children that have ended; 0 of a process that is gone. */
export function cpuMs(pid: number, ended = false): number {
  const fields = statFields(pid);
  if (fields === undefined) return 0;
  const own = Number(fields[UTIME]) + Number(fields[STIME]);
  return (own + (ended ? Number(fields[CUTIME]) + Number(fields[CSTIME]) : 0)) * MS_PER_TICK;
}

/** Resident bytes; 0 of a process that is gone. */
export function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * KIB;
  } catch {
    return 0;
  }
}

export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((entry) => Number(statFields(entry)?.[PPID]) === pid);
}

/** CPU time that all processes of the machine have had so far, milliseconds. */
export function machineBusyMs(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/);
  return [user, nice, system, irq, softirq].reduce((sum, ticks) => sum + Number(ticks), 0) * MS_PER_TICK;
}

/** A part of what is measured: the processes that do its work, asked anew each time, as some come and go. */
export interface Part {
  readonly name: string;
  pids(): readonly number[];
}

export interface Usage {
  /** Milliseconds of CPU, by part. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** Resident bytes at the end, by part. */
  readonly residentBytes: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  /** Share of the machine (1 is one core) that processes other than the parts and this one used. */
  readonly foreignCores: number;
}

/** Starts to count; the returned function says what was used since. */
export function startMeter(parts: readonly Part[]): () => Usage {
  // by process: a database's workers end and begin while we look
  const read = () =>
    parts.map((part) => new Map(part.pids().map((pid) => [pid, cpuMs(pid, part.name === 'database')])));
  const startedAt = performance.now();
  const busy = machineBusyMs();
  const own = process.cpuUsage();
  const before = read();
  return () => {
    const after = read();
    const elapsedMs = performance.now() - startedAt;
    const used = after.map((now, i) =>
      [...now].reduce((sum, [pid, ms]) => sum + Math.max(0, ms - (before[i]!.get(pid) ?? 0)), 0),
    );
    const { user, system } = process.cpuUsage(own);
    const ours = used.reduce((sum, ms) => sum + ms, 0) + (user + system) / 1000;
    return {
      cpuMs: Object.fromEntries(parts.map(({ name }, i) => [name, used[i]!])),
      residentBytes: Object.fromEntries(
        parts.map((part) => [part.name, part.pids().reduce((sum, pid) => sum + residentBytes(pid), 0)]),
      ),
      elapsedMs,
      foreignCores: Math.max(0, (machineBusyMs() - busy - ours) / elapsedMs),
    };
  };
}
