/** What happened on a card and what people wrote on it; of merged cards both histories are read together. */
import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { CommandError } from './errors.js';
import { type Actor, type FieldChange, type VekHappening, vekCard } from './vek-card.js';

const sql = sqlStatements('./vek-journal.sql', import.meta.url, [
  'note',
  'changes_since',
  'history',
  'insert_comment',
  'comment',
  'comments',
]);

/** Notes what leaves the card's version as it is. Returns the version. */
export async function noteOnCard(
  tx: Queryable,
  vekId: string,
  what: VekHappening,
  by: Actor,
  detail: Readonly<Record<string, unknown>>,
  at: number,
): Promise<number> {
  const values = [vekId, what, by.agencyId, by.subject, JSON.stringify(detail), at];
  return (await tx.query<{ version: number }>(sql.note, values)).rows[0]!.version;
}

/** The refusal of one who knows an older version of a card: what is current, and what was changed since, by whom and when. */
export async function versionConflict(tx: Queryable, vekId: string, known: number): Promise<CommandError> {
  const { version } = await vekCard(tx, vekId);
  const { rows } = await tx.query<FieldChange & { by: string; at: number }>(sql.changes_since, [vekId, known]);
  return new CommandError('version_conflict', `VEK ${vekId} was changed by somebody else`, {
    vekId,
    version,
    changes: rows,
  });
}

export interface HistoryLine {
  /** Orders the lines; to read on from. */
  readonly seq: number;
  /** The card it was written on: this one, or one that was merged into it. */
  readonly vekId: string;
  /** Of that card, after it. */
  readonly version: number;
  readonly what: VekHappening;
  /** Whose person or crew did it; null: the machine. */
  readonly agencyId: string | null;
  readonly by: string;
  readonly changes: readonly FieldChange[];
  readonly detail: Readonly<Record<string, unknown>>;
  /** When it happened and when it was written, epoch ms. */
  readonly at: number;
  readonly recordedAt: number;
}

/** What happened on a card and on those that were merged into it, in the order in which it was written. */
export async function readHistory(
  database: Queryable,
  vekId: string,
  after: number,
  limit: number,
): Promise<HistoryLine[]> {
  return (await database.query<HistoryLine>(sql.history, [vekId, after, limit])).rows;
}

export interface NewComment {
  readonly id: string;
  readonly vekId: string;
  readonly text: string;
  readonly by: Actor & { readonly agencyId: string };
  /** Epoch ms. */
  readonly at: number;
}

/** Writes a comment, also on a card that has ended. Repeated, it changes nothing. @throws CommandError `vek_unknown`, `id_taken` */
export async function addComment(
  tx: Queryable,
  records: Records,
  { id, vekId, text, by, at }: NewComment,
): Promise<{ repeated: boolean }> {
  const { ownerId, parties } = await vekCard(tx, vekId);
  if ((await tx.query(sql.insert_comment, [id, vekId, by.agencyId, by.subject, text, at])).rows.length === 0) {
    const known = (await tx.query<{ vek_id: string; agency_id: string }>(sql.comment, [id])).rows[0];
    if (known?.vek_id === vekId && known.agency_id === by.agencyId) return { repeated: true };
    throw new CommandError('id_taken', `${id} is another comment`);
  }
  const version = await noteOnCard(tx, vekId, 'commented', by, { commentId: id }, at);
  records.event({
    type: 'lv.vanags.vek.commented.v1',
    agencyId: ownerId,
    concerned: parties,
    aggregate: { kind: 'vek', id: vekId, version },
    data: { vekId, commentId: id, by: by.subject },
    at,
  });
  return { repeated: false };
}

export interface VekComment {
  readonly id: string;
  readonly vekId: string;
  readonly agencyId: string;
  readonly by: string;
  readonly text: string;
  /** Epoch ms. */
  readonly at: number;
}

export async function readComments(database: Queryable, vekId: string): Promise<VekComment[]> {
  return (await database.query<VekComment>(sql.comments, [vekId])).rows;
}
