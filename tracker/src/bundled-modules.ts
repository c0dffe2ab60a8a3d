import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from './log.js';
import { TYPESCRIPT_ARGS } from './typescript-child.js';

/** The modules that can be started beside a demonstration, and the agencies of its world that each works for. */
const AGENCIES = { calls: 'VKCP', register: 'VP,PP-0001000,OP-RIGA' } as const;
export type BundledModule = keyof typeof AGENCIES;
export const BUNDLED_MODULES = Object.keys(AGENCIES) as [BundledModule, ...BundledModule[]];
const STOP_MS = 5000;

/**
 * Starts modules beside the tracker: processes of their own, which know of it no more than a URL, with their schemas in its database and
 * tokens of the demonstration's issuer. They end with us, however we end; we go on without them. Returns the function that ends them before.
 */
export function startModules(
  names: readonly BundledModule[],
  trackerUrl: string,
  databaseUrl: string,
  log: Log,
): () => Promise<void> {
  let stopping = false;
  const children = names.map((name): ChildProcess => {
    const child = fork(fileURLToPath(new URL(`../modules/${name}/main.ts`, import.meta.url)), [], {
      execArgv: [...TYPESCRIPT_ARGS],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        PATH: process.env.PATH,
        TRACKER_URL: trackerUrl,
        DATABASE_URL: databaseUrl,
        DEMO_AGENCIES: AGENCIES[name],
        PORT: process.env[`${name.toUpperCase()}_PORT`], // undefined: its usual one
      },
    });
    child.once('exit', (code, signal) => {
      if (!stopping) log.warn(`the module ${name} ended (${signal ?? `code ${code}`}); the tracker goes on without it`);
    });
    return child;
  });
  return async () => {
    stopping = true;
    await Promise.all(
      children
        .filter((child) => child.exitCode === null && child.signalCode === null)
        .map(async (child) => {
          const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
          child.kill('SIGTERM');
          const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
          await ended;
          clearTimeout(impatient);
        }),
    );
  };
}
