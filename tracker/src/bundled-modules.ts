import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Log } from './log.js';
import type { Role } from './rights/matrix.js';
import { TYPESCRIPT_ARGS } from './typescript-child.js';

/** The modules that can be started beside a demonstration: agencies of its world that each works for, and its page with who may read it. */
const MODULES = {
  calls: { agencies: ['VKCP'], port: 8113, nameLv: 'Zvani', nameEn: 'Calls', roles: ['call_taker', 'dispatcher'] },
  register: {
    agencies: ['VP', 'PP-0001000', 'OP-RIGA'],
    port: 8114,
    nameLv: 'Notikumu reģistrs',
    nameEn: 'Register of events',
    roles: ['registrar'],
  },
} as const;
export type BundledModule = keyof typeof MODULES;
export const BUNDLED_MODULES = Object.keys(MODULES) as [BundledModule, ...BundledModule[]];
const STOP_MS = 5000;

/** Where people use a module, and who is shown the way there. */
export interface ModulePage {
  readonly nameLv: string;
  readonly nameEn: string;
  readonly url: string;
  /** One of these; empty: whoever. */
  readonly roles: readonly Role[];
  /** Codes; people of one of these; empty: of any. */
  readonly agencies: readonly string[];
}

/** On which port of this machine's own a module is started; undefined: its usual one. */
const portOf = (name: BundledModule, env: Readonly<Record<string, string | undefined>>) =>
  env[`${name.toUpperCase()}_PORT`];

/** The pages of modules that are started so. */
export function bundledPages(
  names: readonly BundledModule[],
  env: Readonly<Record<string, string | undefined>>,
): ModulePage[] {
  return names.map((name) => {
    const { port, ...page } = MODULES[name];
    return { ...page, url: `http://127.0.0.1:${portOf(name, env) ?? port}/` };
  });
}

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
        DEMO_AGENCIES: MODULES[name].agencies.join(),
        PORT: portOf(name, process.env),
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
