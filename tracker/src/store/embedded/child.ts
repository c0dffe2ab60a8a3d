/**
 * The embedded database in a process of its own: PGlite with PostGIS behind a socket in DATA_DIR.
 * Started by embedded-database.ts only; it holds the lock on the directory and dies with its parent.
 */
import { mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { postgis } from '@electric-sql/pglite-postgis';
import { tryLock } from 'fs-native-extensions';
import type { ChildMessage } from './messages.js';
import { WireServer } from './wire-server.js';

/** An earlier run that was just stopped may still be closing its files. */
const LOCK_WAIT_MS = 8000;

const [dataDir, socketDir] = process.argv.slice(2) as [string, string];
const tell = (message: ChildMessage) => process.send?.(message);

function fail(code: 'data_dir_in_use' | 'data_dir_unwritable' | 'embedded_failed', detail: string): never {
  tell({ type: 'failed', code, detail });
  process.exit(1);
}

// Ctrl-C reaches the whole process group; the parent decides when its database may go.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

/** Waits for the directory's lock. The file stays open for the life of the process: the system frees it even after kill -9. */
async function lockDirectory(): Promise<void> {
  let lockFile: number;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    lockFile = openSync(join(dataDir, 'lock'), 'a+');
  } catch (error) {
    fail('data_dir_unwritable', (error as Error).message);
  }
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (let first = true; !tryLock(lockFile); first = false) {
    if (first) tell({ type: 'progress', text: 'waiting for an earlier run to let go of DATA_DIR' });
    if (Date.now() > deadline) fail('data_dir_in_use', 'another process holds the lock');
    await sleep(100);
  }
}

await lockDirectory();
let closing = false;
try {
  const database = await PGlite.create({ dataDir: join(dataDir, 'pg'), extensions: { postgis } });
  await database.exec('CREATE EXTENSION IF NOT EXISTS postgis');
  mkdirSync(socketDir, { recursive: true, mode: 0o700 });
  const path = join(socketDir, '.s.PGSQL.5432');
  rmSync(path, { force: true }); // left behind by a killed run; the lock says nobody else listens on it
  const server = new WireServer(database);
  await server.listen(path);

  const close = async () => {
    if (closing) return;
    closing = true;
    setTimeout(() => process.exit(1), 5000).unref();
    await server.close();
    await database.close();
    process.exit(0);
  };
  process.on('disconnect', close); // the parent is gone, however it went
  process.on('message', (message) => {
    if (message === 'stop') void close();
  });
  if (!process.connected) await close();
  tell({ type: 'ready' });
} catch (error) {
  fail('embedded_failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
}
