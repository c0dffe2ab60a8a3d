import type { Connection } from '../../src/store/database.js';

/** Of EXPLAIN (ANALYZE, FORMAT JSON). */
interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Carries a statement out, and says at how many rows that took a look: what each node of its plan gave and threw away, all loops together. */
export async function rowsLookedAt(
  connection: Connection,
  statement: string,
  values: readonly unknown[],
): Promise<{ readonly rows: number; readonly plan: string }> {
  const { rows } = await connection.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`,
    [...values],
  );
  const plan = rows[0]!['QUERY PLAN'][0].Plan;
  return { rows: rowsOf(plan), plan: JSON.stringify(plan) };
}

function rowsOf({ Plans = [], ...node }: PlanNode): number {
  const each = node['Actual Rows'] + (node['Rows Removed by Join Filter'] ?? 0);
  return Plans.reduce((sum, plan) => sum + rowsOf(plan), each * node['Actual Loops']);
}
