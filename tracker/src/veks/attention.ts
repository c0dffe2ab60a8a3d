/** What waits for a person: items that are raised, told level by level, acknowledged and cleared. */
import type { Records } from '../feed/record.js';
import { ATTENTION_LEVELS, type AttentionKind, type AttentionLevel } from '../protocol/attention.js';
import type { Queryable } from '../store/database.js';
import { attentionSql as sql } from './attention-sql.js';
import { CommandError } from './errors.js';

export interface AttentionItem {
  readonly id: string;
  readonly kind: AttentionKind;
  /** Whose people are to act, and who answers for the card. */
  readonly agencyId: string;
  readonly ownerId: string;
  /** Subject of who is told first; null: all desks are. */
  readonly desk: string | null;
  readonly vekId: string | null;
  readonly assignmentId: string | null;
  readonly unitId: string | null;
  /** Since when it waits, epoch ms. */
  readonly since: number;
  readonly level: AttentionLevel;
  readonly raisedAt: number;
  readonly toldAt: number;
  /** When it is told again, unless somebody acts; null: no more. */
  readonly dueAt: number | null;
  readonly repeats: number;
  readonly acknowledged: { readonly at: number; readonly by: string } | null;
  /** False while nobody has acknowledged it since it was last told. */
  readonly quiet: boolean;
  readonly clearedAt: number | null;
  readonly version: number;
}

export interface AttentionRow {
  readonly id: string;
  readonly kind: AttentionKind;
  readonly agency_id: string;
  readonly owner_id: string;
  readonly desk: string | null;
  readonly vek_id: string | null;
  readonly assignment_id: string | null;
  readonly unit_id: string | null;
  readonly since: number;
  readonly level: number;
  readonly repeats: number;
  readonly version: number;
}

interface StoredRow extends AttentionRow {
  readonly raised_at: number;
  readonly told_at: number;
  readonly due_at: number | null;
  readonly acknowledged_at: number | null;
  readonly acknowledged_by: string | null;
  readonly cleared_at: number | null;
}

function levelOf({ level }: AttentionRow): AttentionLevel {
  return ATTENTION_LEVELS[level - 1]!;
}

/** What an agency's people are to see to, oldest first; with `all` also what is over. */
export async function readAttention(
  database: Queryable,
  agencyId: string,
  which: 'open' | 'all',
  limit: number,
): Promise<AttentionItem[]> {
  const { rows } = await database.query<StoredRow>(sql.items, [agencyId, which === 'all', limit]);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    agencyId: row.agency_id,
    ownerId: row.owner_id,
    desk: row.desk,
    vekId: row.vek_id,
    assignmentId: row.assignment_id,
    unitId: row.unit_id,
    since: row.since,
    level: levelOf(row),
    raisedAt: row.raised_at,
    toldAt: row.told_at,
    dueAt: row.due_at,
    repeats: row.repeats,
    acknowledged: row.acknowledged_at === null ? null : { at: row.acknowledged_at, by: row.acknowledged_by! },
    quiet: row.acknowledged_at !== null && row.acknowledged_at >= row.told_at,
    clearedAt: row.cleared_at,
    version: row.version,
  }));
}

/** The agencies whose people may acknowledge it now. @throws CommandError `attention_unknown` */
export async function attentionParties(database: Queryable, id: string): Promise<string[]> {
  const row = (await database.query<{ agency_id: string; owner_id: string; level: number }>(sql.parties, [id])).rows[0];
  if (row === undefined) throw new CommandError('attention_unknown', `nothing waits as ${id}`);
  return row.level === ATTENTION_LEVELS.length ? [row.agency_id, row.owner_id] : [row.agency_id];
}

/** A person has seen it: it is told no more, but for a life-threatening card without a unit. Repeated, it changes nothing. */
export async function acknowledgeAttention(tx: Queryable, records: Records, id: string, by: string): Promise<void> {
  const row = (await tx.query<AttentionRow>(sql.acknowledge, [id, by])).rows[0];
  if (row !== undefined) attentionEvent(records, 'acknowledged', row, { by });
}

/** Tells of an item on the feed: its agency, and the owner once it has come to it. */
export function attentionEvent(
  records: Records,
  what: 'raised' | 'escalated' | 'repeated' | 'acknowledged' | 'cleared',
  row: AttentionRow,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const level = levelOf(row);
  records.event({
    type: `lv.vanags.attention.${what}.v1`,
    agencyId: row.agency_id,
    concerned: level === 'owner' ? [row.owner_id] : [],
    aggregate: { kind: 'attention', id: row.id, version: row.version },
    data: {
      attentionId: row.id,
      kind: row.kind,
      agencyId: row.agency_id,
      vekId: row.vek_id,
      assignmentId: row.assignment_id,
      unitId: row.unit_id,
      since: row.since,
      level,
      repeats: row.repeats,
      ...more,
    },
    at: Date.now(),
  });
}
