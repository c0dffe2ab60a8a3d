import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { CommandError } from './errors.js';

const sql = sqlStatements('./crew-messages.sql', import.meta.url, [
  'insert_message',
  'message_unit',
  'read_message',
  'unread_messages',
  'conversation',
]);

/** A message is sent again until it is read, but not for longer: what was urgent yesterday confuses today. Hours. */
const REPEATED_FOR_H = 24;

export interface NewCrewMessage {
  readonly id: string;
  readonly unitId: string;
  /** Of the unit. */
  readonly agencyId: string;
  /** Who writes, and the name that the crew is shown. */
  readonly by: string;
  readonly from: string;
  readonly text: string;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * Writes to a crew. Repeating it with the same id changes nothing.
 * @throws CommandError `id_taken`
 */
export async function sendCrewMessage(
  tx: Queryable,
  records: Records,
  { id, unitId, agencyId, by, from, text, at }: NewCrewMessage,
): Promise<{ repeated: boolean }> {
  const { rows } = await tx.query(sql.insert_message, [id, agencyId, unitId, by, from, text, at]);
  if (rows.length === 0) {
    if ((await unitOf(tx, id)) !== unitId) throw new CommandError('id_taken', `${id} is a message to another unit`);
    return { repeated: true };
  }
  records.event({
    type: 'lv.vanags.crew_message.sent.v1',
    agencyId,
    aggregate: { kind: 'crew_message', id, version: 1 },
    data: { messageId: id, unitId, by },
    at,
  });
  return { repeated: false };
}

async function unitOf(tx: Queryable, id: string): Promise<string | undefined> {
  return (await tx.query<{ unit_id: string }>(sql.message_unit, [id])).rows[0]?.unit_id;
}

/**
 * The unit's crew has read a message: it is sent no longer. Returns false if it had been read before, undefined if the unit was sent no
 * message of this id.
 */
export async function readCrewMessage(
  tx: Queryable,
  records: Records,
  unitId: string,
  id: string,
  at: number,
): Promise<boolean | undefined> {
  if ((await unitOf(tx, id)) !== unitId) return undefined;
  const read = (await tx.query<{ agency_id: string; version: number }>(sql.read_message, [id, at])).rows[0];
  if (read === undefined) return false;
  records.event({
    type: 'lv.vanags.crew_message.read.v1',
    agencyId: read.agency_id,
    aggregate: { kind: 'crew_message', id, version: read.version },
    data: { messageId: id, unitId },
    at,
  });
  return true;
}

export interface UnreadMessage {
  readonly id: string;
  readonly unit_id: string;
  readonly sender_name: string;
  readonly body: string;
  readonly sent_at: number;
}

/** What the crews of these units (null: of all) were sent and have not read, oldest first. */
export async function unreadMessages(
  database: Queryable,
  unitIds: readonly string[] | null,
): Promise<readonly UnreadMessage[]> {
  return (await database.query<UnreadMessage>(sql.unread_messages, [unitIds, REPEATED_FOR_H])).rows;
}

/** One message between a desk and a crew. */
export interface ConversationLine {
  /** Of a desk's message. */
  readonly id: string | null;
  readonly writer: 'desk' | 'crew';
  /** The desk's agency, or the crew's device. */
  readonly name: string;
  readonly text: string;
  readonly at: number;
  readonly receivedAt: number;
  /** When the crew read a desk's message. */
  readonly readAt: number | null;
}

/** What desks and a unit's crew wrote to each other, newest first. */
export async function conversation(database: Queryable, unitId: string, limit: number): Promise<ConversationLine[]> {
  interface LineRow extends Omit<ConversationLine, 'receivedAt' | 'readAt'> {
    readonly received_at: number;
    readonly read_at: number | null;
  }
  const { rows } = await database.query<LineRow>(sql.conversation, [unitId, limit]);
  return rows.map(({ received_at, read_at, ...line }) => ({ ...line, receivedAt: received_at, readAt: read_at }));
}
