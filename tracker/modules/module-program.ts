import { consoleLog as log } from '../src/log.js';

/** A running module. */
export interface RunningModule {
  readonly port: number;
  stop(): Promise<void>;
}

/** Runs a module as a process: until Ctrl-C, or until the process that started it is gone. A wrong setting ends it with one line. */
export async function runModule(name: string, start: () => Promise<RunningModule>): Promise<void> {
  let running: RunningModule;
  try {
    running = await start();
  } catch (error) {
    const isPlain = 'code' in (error as object); // a setting, a port that is taken, a database that is away
    console.error(`${name}: ${isPlain ? (error as Error).message : ((error as Error).stack ?? error)}`);
    process.exit(1);
  }
  log.info(`${name}: ready on port ${running.port}`);
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect']) process.once(event, stop);
}
