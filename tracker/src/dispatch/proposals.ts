import { v7 as uuidv7 } from 'uuid';
import { type Proposal, proposalKey, sentBy } from '../../../geo-engine/src/index.js';
import type { Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';
import { assignUnit, cancelAssignment } from '../veks/assignments.js';
import { CommandError } from '../veks/errors.js';
import { type Actor, vekCard } from '../veks/vek-card.js';
import { DispatchRefusal } from './errors.js';

const sql = sqlStatements('./proposals.sql', import.meta.url, [
  'open_proposals',
  'proposal',
  'proposal_for_change',
  'insert_proposal',
  'change_proposal',
  'settle_proposal',
  'dismissed_lately',
  'diverted',
  'active_assignment_of',
]);

/** Statuses from which a unit may be called off: it is not there yet. */
const UNDER_WAY: readonly string[] = ['dispatched', 'en_route'];

export type ProposalState = 'open' | 'withdrawn' | 'confirmed' | 'dismissed';

/** A proposal as it is kept. */
export interface StoredProposal {
  readonly id: string;
  /** Owner of the VEK. */
  readonly agencyId: string;
  readonly vekId: string;
  readonly fromVekId: string | null;
  /** What it is about, whatever its gain. */
  readonly key: string;
  readonly body: Proposal;
  readonly state: ProposalState;
  /** Epoch ms. */
  readonly madeAt: number;
  readonly version: number;
}

interface ProposalRow {
  id: string;
  agency_id: string;
  vek_id: string;
  from_vek_id: string | null;
  key: string;
  body: Proposal;
  state: ProposalState;
  made_at: number;
  version: number;
}

function storedOf({ agency_id, vek_id, from_vek_id, made_at, ...same }: ProposalRow): StoredProposal {
  return { ...same, agencyId: agency_id, vekId: vek_id, fromVekId: from_vek_id, madeAt: made_at };
}

/** The unit that a proposal calls off, and from where. */
export function calledOffBy(body: Proposal): { readonly unitId: string; readonly vekId: string } | undefined {
  switch (body.kind) {
    case 'send':
      return undefined;
    case 'swap':
      return { unitId: body.releaseUnitId, vekId: body.vekId };
    case 'preempt':
      return { unitId: body.unitId, vekId: body.fromVekId };
  }
}

/** The VEK that a unit would be taken from; null: none is. */
function fromVekIdOf(body: Proposal): string | null {
  return body.kind === 'preempt' ? body.fromVekId : null;
}

/** @param agencyIds whose VEKs, or parts in VEKs, they are about, also as those that would lose a unit; null: all */
export async function openProposals(
  database: Queryable,
  agencyIds: readonly string[] | null,
): Promise<StoredProposal[]> {
  return (await database.query<ProposalRow>(sql.open_proposals, [agencyIds])).rows.map(storedOf);
}

/** @throws DispatchRefusal `proposal_unknown` */
export async function proposalById(database: Queryable, id: string): Promise<StoredProposal> {
  const row = (await database.query<ProposalRow>(sql.proposal, [id])).rows[0];
  if (row === undefined) throw new DispatchRefusal('proposal_unknown', `no proposal ${id}`);
  return storedOf(row);
}

/** Keys of what was dismissed within the last so many seconds. */
export async function dismissedLately(database: Queryable, seconds: number): Promise<Set<string>> {
  return new Set((await database.query<{ key: string }>(sql.dismissed_lately, [seconds])).rows.map(({ key }) => key));
}

/** Those of the VEKs that a unit was taken from for another one. */
export async function divertedVeks(database: Queryable, vekIds: readonly string[]): Promise<Set<string>> {
  return new Set((await database.query<{ vek_id: string }>(sql.diverted, [vekIds])).rows.map(({ vek_id }) => vek_id));
}

/** Whose VEKs it is about: also those of one that would lose a unit are told. */
async function told(
  tx: Queryable,
  records: Records,
  { id, agencyId, body }: Pick<StoredProposal, 'id' | 'agencyId' | 'body'>,
  what: 'made' | 'changed' | 'withdrawn' | 'confirmed' | 'dismissed',
  version: number,
  at: number,
): Promise<void> {
  const fromVekId = fromVekIdOf(body);
  const concerned = new Set((await vekCard(tx, body.vekId)).parties);
  if (fromVekId !== null) for (const party of (await vekCard(tx, fromVekId)).parties) concerned.add(party);
  records.event({
    type: `lv.vanags.proposal.${what}.v1`,
    agencyId,
    concerned: [...concerned],
    aggregate: { kind: 'proposal', id, version },
    data: { proposalId: id, vekId: body.vekId, fromVekId, kind: body.kind },
    at,
  });
}

/** Stores a proposal, unless one about the same is open. */
export async function makeProposal(
  tx: Queryable,
  records: Records,
  agencyId: string,
  body: Proposal,
  at: number,
): Promise<void> {
  const id = uuidv7();
  const fields = [id, agencyId, body.vekId, fromVekIdOf(body), proposalKey(body), JSON.stringify(body)];
  const row = (await tx.query<{ version: number }>(sql.insert_proposal, fields)).rows[0];
  if (row !== undefined) await told(tx, records, { id, agencyId, body }, 'made', row.version, at);
}

/** The same proposal with other figures. */
export async function changeProposal(
  tx: Queryable,
  records: Records,
  proposal: StoredProposal,
  body: Proposal,
  at: number,
): Promise<void> {
  const row = (await tx.query<{ version: number }>(sql.change_proposal, [proposal.id, JSON.stringify(body)])).rows[0];
  if (row !== undefined) await told(tx, records, { ...proposal, body }, 'changed', row.version, at);
}

/** Takes a proposal back that gains nothing any more. */
export async function withdrawProposal(
  tx: Queryable,
  records: Records,
  proposal: StoredProposal,
  at: number,
): Promise<void> {
  const row = (await tx.query<{ version: number }>(sql.settle_proposal, [proposal.id, 'withdrawn', null, null]))
    .rows[0];
  if (row !== undefined) await told(tx, records, proposal, 'withdrawn', row.version, at);
}

/** @throws DispatchRefusal `proposal_over` */
export async function dismissProposal(
  tx: Queryable,
  records: Records,
  proposal: StoredProposal,
  { by, reason, at }: { readonly by: string; readonly reason: string; readonly at: number },
): Promise<void> {
  const settled = await tx.query<{ version: number }>(sql.settle_proposal, [proposal.id, 'dismissed', by, reason]);
  const row = settled.rows[0];
  if (row === undefined) throw new DispatchRefusal('proposal_over', `proposal ${proposal.id} is ${proposal.state}`);
  await told(tx, records, proposal, 'dismissed', row.version, at);
}

/** An assignment that a confirmed proposal made. */
export interface MadeAssignment {
  readonly id: string;
  readonly vekId: string;
  readonly unitId: string;
}

/**
 * Carries a proposal out, all of it or nothing: calls off whom it calls off, and sends whom it sends.
 * @throws DispatchRefusal `proposal_over` when it was settled, or a unit is not where the proposal takes it to be any more
 */
export async function confirmProposal(
  tx: Queryable,
  records: Records,
  id: string,
  { by, at }: { readonly by: Actor; readonly at: number },
): Promise<MadeAssignment[]> {
  const row = (await tx.query<ProposalRow>(sql.proposal_for_change, [id])).rows[0];
  if (row?.state !== 'open')
    throw new DispatchRefusal('proposal_over', `proposal ${id} is ${row?.state ?? 'not there'}`, { state: row?.state });
  const proposal = storedOf(row);
  try {
    const calledOff = calledOffBy(proposal.body);
    if (calledOff !== undefined) await callOff(tx, records, proposal, calledOff, by, at);
    const made = sentBy(proposal.body).map((sent): MadeAssignment => ({ id: uuidv7(), ...sent }));
    for (const assignment of made) await assignUnit(tx, records, { ...assignment, by, at });
    const settled = await tx.query<{ version: number }>(sql.settle_proposal, [id, 'confirmed', by.subject, null]);
    await told(tx, records, proposal, 'confirmed', settled.rows[0]!.version, at);
    return made;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new DispatchRefusal('proposal_over', error.message, { reason: error.code, ...error.facts });
  }
}

async function callOff(
  tx: Queryable,
  records: Records,
  { id }: StoredProposal,
  { unitId, vekId }: { readonly unitId: string; readonly vekId: string },
  by: Actor,
  at: number,
): Promise<void> {
  const { rows } = await tx.query<{ id: string; status: string }>(sql.active_assignment_of, [vekId, unitId]);
  const assignment = rows[0];
  if (assignment === undefined || !UNDER_WAY.includes(assignment.status)) {
    const detail = `unit ${unitId} is not under way to VEK ${vekId} any more, as proposal ${id} takes it to be`;
    throw new DispatchRefusal('proposal_over', detail, { unitId, assignmentStatus: assignment?.status ?? null });
  }
  await cancelAssignment(tx, records, { assignmentId: assignment.id, by, at });
}
