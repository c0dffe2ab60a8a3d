import { v7 as uuidv7 } from 'uuid';
import type { Database, Queryable } from '../store/database.js';
import type { NewFeedEvent } from './event.js';
import { feedSql as sql } from './feed-sql.js';

/** One line of the audit log: who did or read what, for which purpose. */
export interface NewAuditEntry {
  readonly agencyId: string;
  readonly actor: string;
  readonly purpose?: string | null;
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly sourceIp?: string | null;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Makes an entry as of the one who asks; the owner is whose thing it is, if not the asker's own agency's. */
export type AuditedAs = (
  action: string,
  subject: NewAuditEntry['subject'],
  detail?: Readonly<Record<string, unknown>>,
  ownerId?: string,
) => NewAuditEntry;

/** What a change leaves behind, in its own transaction. */
export interface Records {
  event(event: NewFeedEvent): void;
  audit(entry: NewAuditEntry): void;
}

/** Called after a commit that recorded events, so that they are stamped at once and not at the next poll. */
export type OnRecorded = () => void;

/** Runs a change of state, as `Changes` does. */
export interface ChangeRunner {
  /** @param aggregates ids of all that the work will change */
  change<T>(aggregates: readonly string[], work: (tx: Queryable, records: Records) => Promise<T>): Promise<T>;
}

/**
 * Runs every change of state: one transaction whose first statement locks the aggregates it changes, so that their events are
 * written in the order of their versions; events and audit entries go in with it or not at all.
 */
export class Changes implements ChangeRunner {
  readonly #database: Database;
  readonly #onRecorded: OnRecorded;

  constructor(database: Database, onRecorded: OnRecorded) {
    this.#database = database;
    this.#onRecorded = onRecorded;
  }

  /**
   * @param aggregates ids of all that the work will change. Work that finds out inside that it changes another VEK too (a unit was sent
   *   elsewhere, or its VEK merged, just before the locks were there) is undone and run again with that one locked, so it leaves nothing
   *   outside the transaction.
   * @throws whatever the work throws (nothing is stored then); StoreError `database_unavailable`
   */
  async change<T>(aggregates: readonly string[], work: (tx: Queryable, records: Records) => Promise<T>): Promise<T> {
    try {
      return await this.#changeLocked(aggregates, work);
    } catch (error) {
      if (!(error instanceof UnlockedVek)) throw error;
      return this.change([...aggregates, error.id], work);
    }
  }

  async #changeLocked<T>(
    aggregates: readonly string[],
    work: (tx: Queryable, records: Records) => Promise<T>,
  ): Promise<T> {
    let recorded = false;
    const result = await this.#database.transaction(async (tx) => {
      const events: NewFeedEvent[] = [];
      const entries: NewAuditEntry[] = [];
      const record = (event: NewFeedEvent) => {
        const vekId = vekOf(event);
        if (vekId !== undefined && !aggregates.includes(vekId)) throw new UnlockedVek(vekId);
        events.push(event);
      };
      const value = await work(tx, { event: record, audit: (entry) => entries.push(entry) });
      recorded = events.length + entries.length > 0;
      if (recorded) tx.last(sql.record, [JSON.stringify(events.map(eventRow)), JSON.stringify(entries.map(auditRow))]);
      return value;
    }, lockStatement(aggregates));
    if (recorded) this.#onRecorded();
    return result;
  }
}

/**
 * Locks in one order, so that two changes cannot wait for each other. A lock's number is made of the 128 bits of its aggregate's id: two that
 * share one wait for each other without need, and nothing else.
 */
function lockStatement(aggregates: readonly string[]): string | undefined {
  if (aggregates.length === 0) return undefined;
  const numbers = aggregates.map((id) => {
    const hex = id.replaceAll('-', '');
    return BigInt.asIntN(64, BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`));
  });
  const inOrder = [...new Set(numbers)].sort((a, b) => (a < b ? -1 : 1));
  return `SELECT count(pg_advisory_xact_lock(number)) FROM unnest('{${inOrder.join()}}'::bigint[]) AS number`;
}

/** The VEK whose lock orders the event: assignments are changed under that of their VEK. */
function vekOf({ aggregate, data }: NewFeedEvent): string | undefined {
  if (aggregate.kind === 'vek') return aggregate.id;
  return aggregate.kind === 'assignment' ? (data.vekId as string) : undefined;
}

/** An event of a VEK that was not locked before the work began: what it was made from may be older than what is committed. */
class UnlockedVek extends Error {
  readonly id: string;

  constructor(id: string) {
    super(`VEK ${id} is changed without its lock`);
    this.id = id;
  }
}

function eventRow(event: NewFeedEvent) {
  return {
    id: uuidv7(),
    agency_id: event.agencyId,
    concerned: [...new Set([event.agencyId, ...(event.concerned ?? [])])],
    type: event.type,
    aggregate_kind: event.aggregate.kind,
    aggregate_id: event.aggregate.id,
    aggregate_version: event.aggregate.version,
    data: event.data,
    at_ms: Math.round(event.at),
  };
}

function auditRow(entry: NewAuditEntry) {
  return {
    id: uuidv7(),
    agency_id: entry.agencyId,
    actor: entry.actor,
    purpose: entry.purpose ?? null,
    action: entry.action,
    subject_kind: entry.subject.kind,
    subject_id: entry.subject.id,
    source_ip: entry.sourceIp ?? null,
    detail: entry.detail ?? {},
    at_ms: Date.now(),
  };
}
