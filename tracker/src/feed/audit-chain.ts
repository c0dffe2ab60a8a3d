import { createHash } from 'node:crypto';

/** An audit entry as stored, without its place in the chain. */
export interface AuditRow {
  readonly seq: number;
  readonly id: string;
  readonly agency_id: string;
  readonly actor: string;
  readonly purpose: string | null;
  readonly action: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly source_ip: string | null;
  readonly detail: unknown;
  readonly at: number;
}

/** Keys in one order at every depth, so that the same content has the same bytes whatever stored it in between. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** SHA-256 over the previous link and the canonical JSON of the entry with its position: a changed, missing or moved row breaks it. */
export function auditHash(previous: Uint8Array, position: number, row: AuditRow): Buffer {
  const { id, agency_id, actor, purpose, action, subject_kind, subject_id, source_ip, detail, at } = row;
  const content = [
    position,
    id,
    agency_id,
    actor,
    purpose,
    action,
    subject_kind,
    subject_id,
    source_ip,
    canonical(detail),
    at,
  ];
  return createHash('sha256').update(previous).update(JSON.stringify(content)).digest();
}
