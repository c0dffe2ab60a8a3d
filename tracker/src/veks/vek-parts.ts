/** An agency's part of a VEK: offered, answered by a person in time or not, given back; and the whole card handed over with it. */
import type { Records } from '../feed/record.js';
import {
  ENDED_VEK_STATUSES,
  VEK_SERVICE_AT_WORK,
  VEK_SERVICE_MOVES,
  type VekServiceStatus,
} from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { CommandError } from './errors.js';
import { type Actor, deriveCard, type FieldChange, openCard, SYSTEM, vekCard } from './vek-card.js';

const sql = sqlStatements('./vek-parts.sql', import.meta.url, [
  'part',
  'offer_part',
  'take_part',
  'offer_transfer',
  'answer_part',
  'end_transfers',
]);

interface Part {
  readonly status: VekServiceStatus;
  /** The whole card was offered with it. */
  readonly transfer: boolean;
}

async function partOf(tx: Queryable, vekId: string, agencyId: string): Promise<Part | undefined> {
  return (await tx.query<Part>(sql.part, [vekId, agencyId])).rows[0];
}

/** @throws CommandError `service_unknown` when it was never offered */
async function knownPart(tx: Queryable, vekId: string, agencyId: string): Promise<Part> {
  const part = await partOf(tx, vekId, agencyId);
  if (part === undefined) throw new CommandError('service_unknown', `VEK ${vekId} was not offered to this agency`);
  return part;
}

/** The part of an agency that sends a unit, whether or not it was asked to. */
export async function takePart(tx: Queryable, vekId: string, agencyId: string): Promise<void> {
  await tx.query(sql.take_part, [vekId, agencyId]);
}

/** With the card itself, by createVek: nothing has changed yet. */
export async function offerAtStart(tx: Queryable, vekId: string, agencyId: string, offeredBy: string): Promise<void> {
  await tx.query(sql.offer_part, [vekId, agencyId, offeredBy, false, null]);
}

export interface NewOffer {
  readonly vekId: string;
  readonly agencyId: string;
  /** Whoever accepts it answers for the whole card. */
  readonly transfer: boolean;
  /** Seconds until the offer is over by itself; null: it waits. */
  readonly respondWithinS: number | null;
  readonly by: Actor & { readonly agencyId: string };
  /** Epoch ms. */
  readonly at: number;
}

/**
 * Offers a part to an agency, or again what it declined or gave back, or the whole card to one that has a part. Repeated, it changes nothing.
 * @throws CommandError `vek_unknown`, `vek_ended`
 */
export async function offerPart(tx: Queryable, records: Records, offer: NewOffer): Promise<void> {
  const { vekId, agencyId, transfer, respondWithinS, by, at } = offer;
  const card = await openCard(tx, vekId);
  const before = await partOf(tx, vekId, agencyId);
  const offered = await tx.query(sql.offer_part, [vekId, agencyId, by.agencyId, transfer, respondWithinS]);
  const said = { vekId, agencyId, what: 'offered', transfer, by, at } as const;
  if (offered.rows.length > 0) {
    const changes = [{ field: `services.${agencyId}`, from: before?.status ?? null, to: 'offered' }];
    return told(tx, records, { ...said, status: 'offered', changes });
  }
  if (!transfer || card.responsibleId === agencyId) return;
  const asked = await tx.query(sql.offer_transfer, [vekId, agencyId, by.agencyId]);
  if (asked.rows.length > 0) await told(tx, records, { ...said, status: before!.status, changes: [] });
}

export interface Answer {
  readonly vekId: string;
  readonly agencyId: string;
  readonly answer: 'accepted' | 'refused';
  readonly reason: string | null;
  readonly by: Actor;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * An agency takes or refuses its part, and with it the whole card if that was offered: whoever takes it first answers for it, and no other
 * offer of it counts any more. Repeated, it changes nothing.
 * @throws CommandError `vek_unknown`, `vek_ended`, `service_unknown`, `service_answered` with the status
 */
export async function answerPart(tx: Queryable, records: Records, given: Answer): Promise<void> {
  const { vekId, agencyId, answer, reason, by, at } = given;
  const { status, transfer } = await knownPart(tx, vekId, agencyId);
  const { responsibleId } = await openCard(tx, vekId);
  const atWork = VEK_SERVICE_AT_WORK.includes(status);
  const moves = !atWork && VEK_SERVICE_MOVES[status].includes(answer);
  const handedOver = transfer && responsibleId !== agencyId;
  // where its part goes on as it is, the answer is about the whole card
  if (!moves && !(handedOver && (atWork || status === 'accepted'))) {
    if (status === answer) return;
    throw new CommandError('service_answered', `the part is ${status}`, { serviceStatus: status });
  }
  const said = { vekId, agencyId, what: answer, transfer, by, at, reason };
  const changes = moves ? [await movePart(tx, vekId, agencyId, status, answer, reason)] : [];
  const now = moves ? answer : status;
  if (answer === 'refused') {
    await tx.query(sql.end_transfers, [vekId, agencyId, null]);
    return told(tx, records, { ...said, status: now, changes });
  }
  if (!handedOver) return told(tx, records, { ...said, status: now, changes });
  await tx.query(sql.end_transfers, [vekId, null, agencyId]);
  await told(tx, records, { ...said, status: now, changes, responsibleId: agencyId });
}

/**
 * An agency gives back a part that it had accepted and sent nobody to; if it answered for the whole card, the owner does again. Repeated, it
 * changes nothing.
 * @throws CommandError `vek_unknown`, `vek_ended`, `service_unknown`, `service_answered` with the status
 */
export async function returnPart(
  tx: Queryable,
  records: Records,
  { vekId, agencyId, reason, by, at }: Omit<Answer, 'answer'> & { readonly reason: string },
): Promise<void> {
  const { status, transfer } = await knownPart(tx, vekId, agencyId);
  const { ownerId, responsibleId } = await openCard(tx, vekId);
  if (status === 'returned') return;
  if (!VEK_SERVICE_MOVES[status].includes('returned'))
    throw new CommandError('service_answered', `the part is ${status}`, { serviceStatus: status });
  const changes = [await movePart(tx, vekId, agencyId, status, 'returned', reason)];
  await tx.query(sql.end_transfers, [vekId, agencyId, null]);
  const said = { vekId, agencyId, what: 'returned', status: 'returned', transfer, by, at, reason, changes } as const;
  await told(tx, records, responsibleId === agencyId ? { ...said, responsibleId: ownerId } : said);
}

/** Ends an offer that nobody has answered in time. Returns false when it was answered, or its card ended, meanwhile. */
export async function timeOutPart(
  tx: Queryable,
  records: Records,
  { vekId, agencyId, at }: Pick<Answer, 'vekId' | 'agencyId' | 'at'>,
): Promise<boolean> {
  const part = await partOf(tx, vekId, agencyId);
  if (part?.status !== 'offered') return false;
  if (ENDED_VEK_STATUSES.includes((await vekCard(tx, vekId)).status)) return false;
  const changes = [await movePart(tx, vekId, agencyId, part.status, 'timed_out', null)];
  await tx.query(sql.end_transfers, [vekId, agencyId, null]);
  const { transfer } = part;
  await told(tx, records, {
    vekId,
    agencyId,
    what: 'timed_out',
    status: 'timed_out',
    transfer,
    by: SYSTEM,
    at,
    changes,
  });
  return true;
}

async function movePart(
  tx: Queryable,
  vekId: string,
  agencyId: string,
  from: VekServiceStatus,
  to: VekServiceStatus,
  reason: string | null,
): Promise<FieldChange> {
  await tx.query(sql.answer_part, [vekId, agencyId, to, reason]);
  return { field: `services.${agencyId}`, from, to };
}

/** What is said about a part, or about the whole card where the part goes on as it is. */
type Said = 'offered' | 'accepted' | 'refused' | 'timed_out' | 'returned';

interface PartChange {
  readonly vekId: string;
  readonly agencyId: string;
  readonly what: Said;
  /** Of the part, after it. */
  readonly status: VekServiceStatus;
  readonly transfer: boolean;
  readonly by: Actor;
  /** Epoch ms. */
  readonly at: number;
  readonly changes: readonly FieldChange[];
  readonly reason?: string | null;
  readonly responsibleId?: string;
}

/** A part's change is a change of the card: its version moves, so that versions order the events. */
async function told(tx: Queryable, records: Records, change: PartChange): Promise<void> {
  const { vekId, agencyId, what, status, transfer, by, at, changes, reason = null, responsibleId } = change;
  const detail = { agencyId, transfer, ...(reason === null ? {} : { reason }) };
  const happening = { what, by, detail, changes, at };
  const card = await deriveCard(tx, vekId, responsibleId === undefined ? happening : { ...happening, responsibleId });
  records.event({
    type: `lv.vanags.vek.service_${what}.v1`,
    agencyId: card.ownerId,
    concerned: card.parties,
    aggregate: { kind: 'vek', id: vekId, version: card.version },
    data: { vekId, agencyId, status, transfer, responsibleId: card.responsibleId },
    at,
  });
}
