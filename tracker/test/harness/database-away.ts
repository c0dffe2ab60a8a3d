import pg from 'pg';
import { inject } from 'vitest';
import './provided.js';
import type { TestHome, TestTracker } from './test-tracker.js';

/** Takes the database away from a tracker, without a word where it is embedded. Returns what brings it back. */
export async function takeDatabaseAway(hub: TestTracker, home: TestHome): Promise<() => Promise<void>> {
  const provided = inject('database');
  if (provided.kind !== 'postgres') {
    const pid = hub.tracker.databasePid!;
    process.kill(pid, 'SIGSTOP');
    return async () => {
      // one that was silent for long its keeper has ended, and started another
      if (hub.tracker.databasePid === pid) process.kill(pid, 'SIGCONT');
    };
  }
  const name = new URL(home.env.DATABASE_URL!).pathname.slice(1);
  const server = new pg.Client({ connectionString: provided.url });
  await server.connect();
  await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  return async () => {
    await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
    await server.end();
  };
}
