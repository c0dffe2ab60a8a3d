import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { geoMigrationsDir } from '../../../geo-engine/src/index.js';
import type { Database } from './database.js';
import { StoreError } from './errors.js';
import { Lease, leaseHolder } from './leases.js';
import { sqlFile } from './sql-file.js';

const bootstrap = sqlFile('./bootstrap.sql', import.meta.url);
const LEASE_MS = 60_000;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** All migrations in the order of their numbers; the geo-engine's stand in its own folder, in the same sequence. */
function migrations(): Migration[] {
  return [new URL('./migrations/', import.meta.url), geoMigrationsDir]
    .flatMap((dir) =>
      readdirSync(dir)
        .filter((file) => file.endsWith('.sql'))
        .map((file) => ({ file, url: new URL(file, dir) })),
    )
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, url }) => {
      const sql = readFileSync(url, 'utf8');
      return { name: file, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

/**
 * Brings the schema up to date, one transaction a file, under a lease, so that several nodes may start at once.
 * @throws StoreError `migration_changed` when an applied file is no longer what it was, `migration_failed` with its name
 */
export async function migrate(database: Database, nodeId: string, progress: (text: string) => void): Promise<void> {
  await createBookkeeping(database);
  const lease = new Lease('migrations', leaseHolder(nodeId), LEASE_MS);
  while ((await lease.take(database)) === undefined) {
    progress('waiting for another node to migrate');
    await sleep(500);
  }
  const { rows } = await database.query<{ name: string; sha256: string }>('SELECT name, sha256 FROM schema_migration');
  const applied = new Map(rows.map((row) => [row.name, row.sha256]));
  for (const migration of migrations()) {
    const known = applied.get(migration.name);
    if (known === migration.sha256) continue;
    if (known !== undefined)
      throw new StoreError('migration_changed', `${migration.name} was changed after it had been applied`);
    progress(`migrating ${migration.name}`);
    try {
      await database.transaction(async (tx) => {
        await tx.query(migration.sql);
        await tx.query('INSERT INTO schema_migration (name, sha256) VALUES ($1, $2)', [
          migration.name,
          migration.sha256,
        ]);
      });
    } catch (error) {
      throw new StoreError('migration_failed', `${migration.name}: ${(error as Error).message}`, error);
    }
    await lease.take(database);
  }
  await lease.leave(database);
}

/** Two nodes may create the same table at once; PostgreSQL lets one of them fail, and the second try finds it there. */
async function createBookkeeping(database: Database): Promise<void> {
  try {
    await database.query(bootstrap);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    await database.query(bootstrap);
  }
}
