/** The card as every command needs it: who is concerned, whether it is open, and how it follows its parts. */
import type { Records } from '../feed/record.js';
import { ENDED_VEK_STATUSES, type VekStatus } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { CommandError } from './errors.js';
import { veksSql as sql } from './veks-sql.js';

/** Who does something: a person of an agency, a crew of one, or the machine. */
export interface Actor {
  /** Null: the machine. */
  readonly agencyId: string | null;
  /** Subject of the person; `crew` or `system`. */
  readonly subject: string;
}

export const SYSTEM: Actor = { agencyId: null, subject: 'system' };

export interface Card {
  readonly ownerId: string;
  /** Who answers for the whole card: its owner, or who accepted it as a transfer. */
  readonly responsibleId: string;
  /** Agencies whose cards were merged into it own it too. */
  readonly coOwners: readonly string[];
  /** The owners, and every agency with a part: whom its events concern. */
  readonly parties: readonly string[];
  readonly version: number;
  readonly status: VekStatus;
  readonly mergedInto: string | null;
}

/** A card as statements give it. */
export interface CardRow {
  readonly agency_id: string;
  readonly responsible_id: string;
  readonly co_owners: readonly string[];
  readonly version: number;
  readonly status: VekStatus;
  readonly merged_into: string | null;
  readonly parts: readonly string[];
}

export function cardOf(row: CardRow): Card {
  return {
    ownerId: row.agency_id,
    responsibleId: row.responsible_id,
    coOwners: row.co_owners,
    parties: [...new Set([row.agency_id, ...row.co_owners, ...row.parts])],
    version: row.version,
    status: row.status,
    mergedInto: row.merged_into,
  };
}

/** @throws CommandError `vek_unknown` */
export async function vekCard(tx: Queryable, vekId: string): Promise<Card> {
  const row = (await tx.query<CardRow>(sql.vek_parties, [vekId])).rows[0];
  if (row === undefined) throw new CommandError('vek_unknown', `no VEK ${vekId}`);
  return cardOf(row);
}

/** @throws CommandError `vek_unknown`, `vek_ended` */
export async function openCard(tx: Queryable, vekId: string): Promise<Card> {
  const card = await vekCard(tx, vekId);
  if (ENDED_VEK_STATUSES.includes(card.status)) throw vekEnded(vekId, card.status);
  return card;
}

export function vekEnded(vekId: string, status: VekStatus): CommandError {
  return new CommandError('vek_ended', `VEK ${vekId} is ${status}`, { vekId, vekStatus: status });
}

/** What happened on a card, by code; each is a line of its history. */
export type VekHappening =
  | 'created'
  | 'changed'
  | 'closed'
  | 'reopened'
  | 'merged'
  | 'absorbed'
  | 'offered'
  | 'accepted'
  | 'refused'
  | 'timed_out'
  | 'returned'
  | 'assigned'
  | 'status'
  | 'cancelled'
  | 'relieved'
  | 'free_expected'
  | 'commented'
  | 'restricted';

/** A field of a card, before and after. Parts are `services.` and the agency's id. */
export interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Why a card is derived again. */
export interface Happening {
  readonly what: VekHappening;
  readonly by: Actor;
  /** Ids and codes. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** What changed besides the card's own fields. */
  readonly changes?: readonly FieldChange[];
  /** Epoch ms. */
  readonly at: number;
  /** The agency that answers for the whole card from now on. */
  readonly responsibleId?: string;
}

/** The card after a change. */
export interface DerivedCard extends Card {
  readonly typeCode: string | null;
  readonly priority: string | null;
}

/** Derives the card's status from its parts, as a new version with its line in the history. Whoever calls it records an event. */
export async function deriveCard(tx: Queryable, vekId: string, happening: Happening): Promise<DerivedCard> {
  const { what, by, detail = {}, changes = [], at, responsibleId = null } = happening;
  const { rows } = await tx.query<CardRow & { type_code: string | null; priority: string | null }>(sql.derive_vek, [
    vekId,
    what,
    by.agencyId,
    by.subject,
    JSON.stringify(changes),
    JSON.stringify(detail),
    at,
    responsibleId,
  ]);
  const row = rows[0]!;
  return { ...cardOf(row), typeCode: row.type_code, priority: row.priority };
}

/** Derives the parts from the assignments and the card from its parts, with one event. */
export async function deriveVek(
  tx: Queryable,
  records: Records,
  vekId: string,
  happening: Happening,
): Promise<DerivedCard> {
  const { rows } = await tx.query<FieldChange>(sql.derive_services, [vekId]);
  const card = await deriveCard(tx, vekId, { ...happening, changes: [...(happening.changes ?? []), ...rows] });
  const { status, typeCode, priority, version } = card;
  records.event({
    type: 'lv.vanags.vek.changed.v1',
    agencyId: card.ownerId,
    concerned: card.parties,
    aggregate: { kind: 'vek', id: vekId, version },
    data: { vekId, status, typeCode, priority },
    at: happening.at,
  });
  return card;
}
