/** The audit log, read by the agency whose people it is of; this is written down as well. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { feedSql as sql } from '../../feed/feed-sql.js';
import { numberInUrl } from '../../number-in-url.js';
import { text } from '../../stored-text.js';
import { json, type Operations } from '../operation.js';

const MAX_ENTRIES = 1000;

const EntrySchema = z
  .object({
    position: z.number().int(),
    id: z.uuid(),
    agencyId: z.uuid(),
    actor: z.string(),
    purpose: z.string().nullable(),
    action: z.string(),
    subjectKind: z.string(),
    subjectId: z.string(),
    sourceIp: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    at: z.number(),
    hash: z.string(),
  })
  .openapi('AuditEntry');

const instant = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .optional();
const word = text(200).optional();

export function auditRoutes(operations: Operations, { database, changes }: Core): void {
  operations.add(
    'getAudit',
    {
      method: 'get',
      path: '/api/v1/audit',
      description:
        'The agency’s audit entries by position, with the hash that chains them: who, of which agency, for which purpose, what, when, from where. Reading them is audited too.',
      request: {
        query: z.object({
          after: numberInUrl(z.number().int().min(0)).default(0),
          limit: numberInUrl(z.number().int().min(1).max(MAX_ENTRIES)).default(100),
          actor: word,
          action: word,
          subjectKind: word,
          subjectId: word,
          from: instant,
          to: instant,
        }),
      },
      responses: { 200: json(z.object({ entries: z.array(EntrySchema) }), 'Entries') },
    },
    async (c) => {
      const { after, limit, actor, action, subjectKind, subjectId, from, to } = c.req.valid('query');
      const caller = c.get('caller');
      const agencyId = caller.principal.agency.id;
      caller.mustReach(agencyId);
      await changes.change([], async (_tx, records) =>
        records.audit(
          caller.auditEntry(
            'read_audit',
            { kind: 'agency', id: agencyId },
            { after, limit, ...defined({ actor, action, subjectKind, subjectId, from, to }) },
          ),
        ),
      );
      const { rows } = await database.query<z.output<typeof EntrySchema>>(sql.read_audit, [
        after,
        limit,
        agencyId,
        actor ?? null,
        action ?? null,
        subjectKind ?? null,
        subjectId ?? null,
        from ?? null,
        to ?? null,
      ]);
      return c.json({ entries: rows }, 200);
    },
  );
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
