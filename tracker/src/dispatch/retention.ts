import type { Database } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';

const sql = sqlStatements('./retention.sql', import.meta.url, ['prune_decisions', 'prune_proposals']);

/** Decisions lie beside their rows and are some ten KB each: one statement takes a few ms. */
const PRUNE_ROWS = 200;

/** Removes decisions, and settled proposals, that are older, in bounded bites, so that nobody waits for long. */
export async function pruneDecided(database: Database, days: number): Promise<void> {
  for (const statement of [sql.prune_decisions, sql.prune_proposals]) {
    while ((await database.query(statement, [days, PRUNE_ROWS])).rowCount === PRUNE_ROWS);
  }
}
