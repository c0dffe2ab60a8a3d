/** `npm start`: reads the environment, starts the tracker, and stops it with Ctrl-C. */
import { startModules } from './bundled-modules.js';
import { buildConsole } from './console-build.js';
import { startDemoWorld } from './demo-world.js';
import { consoleLog as log } from './log.js';
import { readSettings, SettingError } from './settings.js';
import { embeddedSocketDir } from './store/embedded/embedded-database.js';
import { StoreError } from './store/errors.js';

/** The engine's thread takes a second of a core to start. */
const ENGINE_AFTER_MS = 3000;

/** Ends the process with one line that says what to do. */
function fail(line: string): never {
  console.error(`vanags: ${line}`);
  process.exit(1);
}

function explain(error: unknown): string {
  if (
    error instanceof SettingError ||
    error instanceof StoreError ||
    (error as { code?: unknown }).code === 'cannot_listen'
  )
    return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const settings = (() => {
  try {
    return readSettings(process.env);
  } catch (error) {
    fail(explain(error));
  }
})();

// loaded late: a binary of uWebSockets.js that does not fit this machine must end in one line, not in a stack
const { startTracker, VERSION } = await import('./tracker.js').catch((error: Error) =>
  /uws|uWebSockets|GLIBC|ERR_DLOPEN/i.test(`${error.message} ${(error as { code?: string }).code}`)
    ? fail(
        `the uWebSockets.js binary does not load here (Node ${process.version}, ${process.platform} ${process.arch}): it needs Node 20 with glibc 2.27 or newer, or Node 22 or 24 with glibc 2.38 or newer. ${error.message.split('\n')[0]}`,
      )
    : fail(explain(error)),
);

try {
  log.info(`vanags ${VERSION}, ${settings.production ? 'production' : 'development'}`);
  const scheme = settings.tls === undefined ? 'http' : 'https';
  const at = (host: string, port: number) => `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  // an address that stands for all of them is not one to connect to
  const reachable = settings.host === '0.0.0.0' ? '127.0.0.1' : settings.host === '::' ? '::1' : settings.host;
  const startDemo = (port: number) =>
    settings.demoWorld === undefined
      ? undefined
      : startDemoWorld(at(reachable, port), settings.demoWorld, settings.roadsDir, log);
  // beside the start of the database, which takes longest: the world waits until it is answered, and the API works without the page
  let endDemo = settings.port === 0 ? undefined : startDemo(settings.port);
  const built = buildConsole((text) => log.info(text)).catch((error: Error) => log.warn(error.message));
  const tracker = await startTracker(settings, log);
  const databaseUrl =
    settings.databaseUrl ?? `postgresql:///postgres?user=postgres&host=${embeddedSocketDir(settings.dataDir)}`;
  const endModules = startModules(settings.modules, at(reachable, tracker.port), databaseUrl, log);
  let stopping = false;
  const stop = (signal: string) => {
    stopping = true;
    log.info(`${signal}: stopping`);
    Promise.all([endDemo?.(), endModules()])
      .then(() => tracker.stop())
      .then(
        () => process.exit(0),
        (error) => fail(explain(error)),
      );
  };
  process.once('SIGINT', () => stop('SIGINT'));
  process.once('SIGTERM', () => stop('SIGTERM'));
  // no desk waits for its start; after a restart crews and consoles come back first
  setTimeout(() => tracker.core.dispatch.engine.start(), ENGINE_AFTER_MS).unref();
  await built;
  if (!stopping) log.info(`ready: ${at(settings.host, tracker.port)}/`);
  if (!stopping && settings.port === 0) endDemo = startDemo(tracker.port);
} catch (error) {
  fail(explain(error));
}
