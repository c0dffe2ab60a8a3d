import { randomBytes } from 'node:crypto';
import type { EventFilter } from '../feed/event-filter.js';
import type { AuditedAs, ChangeRunner, Changes, Records } from '../feed/record.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';

export const webhooksSql = sqlStatements('./webhooks.sql', import.meta.url, [
  'all',
  'insert',
  'count',
  'resume',
  'rotate',
  'remove',
  'park',
  'save_positions',
]);
const sql = webhooksSql;

const SECRET_BYTES = 32;
/** An agency has a handful; each costs a loop and a connection of this node. */
export const MAX_WEBHOOKS = 100;

/** Why nothing is sent any more: what the last of the tries came to, or that what comes next is no longer kept. */
export type ParkedCode = AttemptCode | 'cursor_gone';

/**
 * How a try failed: `http_status` (an answer other than 2xx, a redirect included), `receiver_gone` (410: it wants no more), `timeout`,
 * `unreachable`, `address_refused` (private or local, see settings).
 */
export type AttemptCode = 'http_status' | 'receiver_gone' | 'timeout' | 'unreachable' | 'address_refused';

/** An agency's subscription that is pushed to a URL. */
export interface Webhook {
  readonly id: string;
  readonly agencyId: string;
  readonly url: string;
  readonly filter: EventFilter;
  readonly secret: Uint8Array;
  /** The secret before signs as well until then (epoch ms); null: none does. */
  readonly previous: { readonly secret: Uint8Array; readonly until: number } | null;
  /** Of the feed: all up to it was accepted. */
  readonly position: number;
  /** Null: events are sent. */
  readonly parked: { readonly code: ParkedCode; readonly at: number } | null;
  readonly version: number;
  readonly createdAt: number;
}

interface WebhookRow {
  readonly id: string;
  readonly agency_id: string;
  readonly url: string;
  readonly types: string[];
  readonly subjects: string[];
  readonly secret: Buffer;
  readonly previous_secret: Buffer | null;
  readonly previous_until: number | null;
  readonly position: number;
  readonly parked_code: ParkedCode | null;
  readonly parked_at: number | null;
  readonly version: number;
  readonly created_at: number;
}

/** @param ids null: all */
export async function readWebhooks(database: Queryable, ids: readonly string[] | null): Promise<Webhook[]> {
  const { rows } = await database.query<WebhookRow>(sql.all, [ids]);
  return rows.map((row) => ({
    id: row.id,
    agencyId: row.agency_id,
    url: row.url,
    filter: { types: row.types, subjects: row.subjects },
    secret: row.secret,
    previous: row.previous_secret === null ? null : { secret: row.previous_secret, until: row.previous_until! },
    position: row.position,
    parked: row.parked_code === null ? null : { code: row.parked_code, at: row.parked_at! },
    version: row.version,
    createdAt: row.created_at,
  }));
}

/** As its receiver is given it, in the form of Standard Webhooks. */
export function secretText(secret: Uint8Array): string {
  return `whsec_${Buffer.from(secret).toString('base64')}`;
}

/** `already_exists`: sent again; its secret is not shown again. `id_taken`: by another agency. */
export class WebhookRefusal extends Error {
  readonly code: 'too_many_webhooks' | 'webhook_unknown' | 'already_exists' | 'id_taken';

  constructor(code: WebhookRefusal['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface NewWebhook {
  readonly id: string;
  readonly agencyId: string;
  readonly url: string;
  readonly filter: EventFilter;
  /** Events after this position of the feed are sent. */
  readonly position: number;
}

/** What is done with webhooks by their agency's people. Each says so on the feed, which the sender follows, and in the audit log. */
export class WebhookCommands {
  readonly #changes: Changes;

  constructor(changes: Changes) {
    this.#changes = changes;
  }

  /** Returns the secret, shown this once. @throws WebhookRefusal `too_many_webhooks`, `already_exists`, `id_taken` */
  create(
    changes: ChangeRunner,
    { id, agencyId, url, filter, position }: NewWebhook,
    by: string,
    audited: AuditedAs,
  ): Promise<string> {
    const secret = randomBytes(SECRET_BYTES);
    // the agency is locked too, so that two at once do not pass the bound
    return changes.change([agencyId, id], async (tx, records) => {
      const known = (await readWebhooks(tx, [id]))[0];
      if (known !== undefined)
        throw known.agencyId === agencyId
          ? new WebhookRefusal('already_exists', `webhook ${id} is there; its secret cannot be shown again`)
          : new WebhookRefusal('id_taken', `${id} is another webhook`);
      const { webhooks } = (await tx.query<{ webhooks: number }>(sql.count, [agencyId])).rows[0]!;
      if (webhooks >= MAX_WEBHOOKS)
        throw new WebhookRefusal('too_many_webhooks', `an agency has ${MAX_WEBHOOKS} webhooks at most`);
      const { types, subjects } = filter;
      await tx.query(sql.insert, [id, agencyId, url, types, subjects, secret, position, by]);
      webhookEvent(records, 'created', { id, agencyId, version: 1 });
      records.audit(audited('create_webhook', { kind: 'webhook', id }, { host: new URL(url).host, types, subjects }));
      return secretText(secret);
    });
  }

  /** Sends again, from a position or from where it was. @throws WebhookRefusal `webhook_unknown` */
  async resume(changes: ChangeRunner, id: string, position: number | null, audited: AuditedAs): Promise<void> {
    await changes.change([id], async (tx, records) => {
      const row = known(await tx.query<ChangedRow>(sql.resume, [id, position]), id);
      webhookEvent(records, 'resumed', { id, agencyId: row.agency_id, version: row.version });
      records.audit(audited('resume_webhook', { kind: 'webhook', id }, { position }));
    });
  }

  /** Gives a new secret, shown this once; the old one signs beside it. @throws WebhookRefusal `webhook_unknown` */
  rotateSecret(
    changes: ChangeRunner,
    id: string,
    overlapS: number,
    audited: AuditedAs,
  ): Promise<{ readonly secret: string; readonly previousUntil: number }> {
    const secret = randomBytes(SECRET_BYTES);
    return changes.change([id], async (tx, records) => {
      const row = known(
        await tx.query<ChangedRow & { previous_until: number }>(sql.rotate, [id, secret, overlapS]),
        id,
      );
      const previousUntil = row.previous_until;
      webhookEvent(records, 'secret_rotated', { id, agencyId: row.agency_id, version: row.version }, { previousUntil });
      records.audit(audited('rotate_webhook_secret', { kind: 'webhook', id }, { overlapS }));
      return { secret: secretText(secret), previousUntil };
    });
  }

  /** @throws WebhookRefusal `webhook_unknown` */
  async remove(changes: ChangeRunner, id: string, audited: AuditedAs): Promise<void> {
    await changes.change([id], async (tx, records) => {
      const row = known(await tx.query<ChangedRow>(sql.remove, [id]), id);
      webhookEvent(records, 'removed', { id, agencyId: row.agency_id, version: row.version });
      records.audit(audited('remove_webhook', { kind: 'webhook', id }));
    });
  }

  /** Sends nothing more until a person resumes it. Parked already, it changes nothing. */
  async park(id: string, code: ParkedCode): Promise<void> {
    await this.#changes.change([id], async (tx, records) => {
      const row = (await tx.query<ChangedRow>(sql.park, [id, code])).rows[0];
      if (row !== undefined)
        webhookEvent(records, 'parked', { id, agencyId: row.agency_id, version: row.version }, { code });
    });
  }
}

interface ChangedRow {
  readonly agency_id: string;
  readonly version: number;
}

function known<Row>({ rows }: { rows: Row[] }, id: string): Row {
  if (rows[0] === undefined) throw new WebhookRefusal('webhook_unknown', `no webhook ${id}`);
  return rows[0];
}

function webhookEvent(
  records: Records,
  what: 'created' | 'resumed' | 'secret_rotated' | 'parked' | 'removed',
  { id, agencyId, version }: { readonly id: string; readonly agencyId: string; readonly version: number },
  data: Readonly<Record<string, unknown>> = {},
): void {
  records.event({
    type: `lv.vanags.webhook.${what}.v1`,
    agencyId,
    aggregate: { kind: 'webhook', id, version },
    data: { webhookId: id, ...data },
    at: Date.now(),
  });
}
