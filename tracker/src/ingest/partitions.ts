import type { Database } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';

const sql = sqlStatements('./partitions.sql', import.meta.url, ['ensure']);

/** Yesterday, today and the week to come: a clock or a maintenance run that is off must not stop the intake. */
const DAYS_AHEAD = 9;

/** Makes the daily partitions of fixes that will be needed. */
export async function ensurePartitions(database: Database): Promise<void> {
  await database.query(sql.ensure, [DAYS_AHEAD]);
}
