import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from './log.js';
import type { Settings } from './settings.js';
import { TYPESCRIPT_ARGS } from './typescript-child.js';

const PROGRAM = fileURLToPath(new URL('../../fixtures/demo/main.ts', import.meta.url));
const STOP_MS = 5000;

/**
 * Starts the demo world beside the tracker: a process that knows of it no more than a URL, and speaks the public protocol.
 * Besides that, it may give us generated roads, as a person would import them. It ends with us, however we end. Returns the function that ends it before.
 */
export function startDemoWorld(
  url: string,
  { units, speed, autopilot }: NonNullable<Settings['demoWorld']>,
  roadsDir: string,
  log: Log,
): () => Promise<void> {
  const args = [
    '--url',
    url,
    '--speed',
    String(speed),
    ...(units === undefined ? [] : ['--units', String(units)]),
    ...(autopilot ? [] : ['--no-autopilot']),
    '--roads-dir',
    roadsDir,
  ];
  const child: ChildProcess = fork(PROGRAM, args, {
    execArgv: [...TYPESCRIPT_ARGS],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let stopping = false;
  child.once('exit', (code, signal) => {
    if (!stopping) log.warn(`the demo world ended (${signal ?? `code ${code}`}); the tracker goes on without it`);
  });
  return async () => {
    stopping = true;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(impatient);
  };
}
