import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from '../src/store/database.js';

/** A migration that was applied is no longer what it was. */
export class MigrationChanged extends Error {
  readonly code = 'migration_changed';
}

/**
 * Brings a module's own schema up to date: all files of a folder in the order of their names, each once, in one transaction. Several
 * processes may start at once. The embedded database has one session for all, so tables are named with their schema and no path is set.
 * @throws MigrationChanged
 */
export async function migrateSchema(database: Database, schema: string, folder: URL): Promise<void> {
  const files = readdirSync(folder).sort();
  await database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 113))', [schema]);
    await tx.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await tx.query(
      `CREATE TABLE IF NOT EXISTS ${schema}.migration (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    const { rows } = await tx.query<{ name: string; sha256: string }>(`SELECT name, sha256 FROM ${schema}.migration`);
    const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
    for (const name of files) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      const known = applied.get(name);
      if (known === sha256) continue;
      if (known !== undefined) throw new MigrationChanged(`${schema}/${name} was changed after it had been applied`);
      await tx.query(text);
      await tx.query(`INSERT INTO ${schema}.migration (name, sha256) VALUES ($1, $2)`, [name, sha256]);
    }
  });
}
