import type { Database } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import type { AggregateKind } from './event.js';
import type { FeedReader } from './feed.js';

const sql = sqlStatements('./snapshot.sql', import.meta.url, ['head', 'items']);

/** The kinds whose state a snapshot holds. The others are registers and settings, which the API lists. */
export const SNAPSHOT_KINDS: readonly AggregateKind[] = [
  'agency',
  'alarm',
  'assignment',
  'attention',
  'closure',
  'crew_shift',
  'device',
  'grant',
  'station',
  'unit',
  'vehicle',
  'vek',
];

/** One aggregate as it stands. */
export interface SnapshotItem {
  /** `kind/id`, as in events. */
  readonly subject: string;
  readonly version: number;
  readonly agencyId: string;
  /** References and states, never personal data. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * What is open now for a reader, and a position of the feed before which everything is in it. Both are of one instant: an event after
 * the position may be in it already, which its version tells, and none that is not follows before.
 */
export function takeSnapshot(
  database: Database,
  { own, seen, filter }: FeedReader,
): Promise<{ position: number; items: SnapshotItem[] }> {
  return database.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { position } = (await tx.query<{ position: number }>(sql.head)).rows[0]!;
    const { rows } = await tx.query<SnapshotItem>(sql.items, [own, seen, filter.subjects]);
    return { position, items: rows };
  });
}
