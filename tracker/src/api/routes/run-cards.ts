/** Run cards: published as files, read as text, and which one holds for an event. */
import { z } from '@hono/zod-openapi';
import {
  lonLat,
  PRIORITIES,
  runCardsFromCsv,
  runCardsFromJson,
  runCardsToCsv,
  runCardsToJson,
} from '../../../../geo-engine/src/index.js';
import type { Core } from '../../core.js';
import { DispatchRefusal } from '../../dispatch/errors.js';
import { cardText, importCards, storedCard, withdrawCard } from '../../dispatch/run-cards.js';
import { numberInUrl } from '../../number-in-url.js';
import { json, type Operations } from '../operation.js';

const MAX_PROBLEMS = 50;

const CardTold = z.object({
  id: z.uuid(),
  code: z.string(),
  version: z.number().int(),
  validFrom: z.string(),
  validTo: z.string().nullable(),
  textLv: z.string(),
  textEn: z.string(),
});

export function runCardRoutes(operations: Operations, { database, dispatch }: Core): void {
  const { cards, places } = dispatch;

  operations.add(
    'getRunCards',
    {
      method: 'get',
      path: '/api/v1/run-cards',
      description: 'All run cards in use, as a file that can be imported again.',
      request: { query: z.object({ format: z.enum(['json', 'csv']).default('json') }) },
      responses: { 200: { description: 'The file' } },
    },
    (c) => {
      const all = cards.all().map(({ card }) => card);
      if (c.req.valid('query').format === 'json')
        return c.body(runCardsToJson(all), 200, { 'content-type': 'application/json' });
      return c.body(runCardsToCsv(all), 200, { 'content-type': 'text/csv; charset=utf-8' });
    },
  );

  operations.add(
    'importRunCards',
    {
      method: 'put',
      path: '/api/v1/run-cards',
      description:
        'Publishes the cards of a file (CSV, or JSON with content-type application/json), all or none. What is wrong is named by line and column. A version that is there is never changed.',
      request: {
        // JSON is read by the importer alone, which names the line of what is wrong
        body: { required: true, content: { 'text/csv': { schema: z.string() } } },
      },
      responses: {
        200: json(z.object({ added: z.number().int(), unchanged: z.number().int() }), 'Published'),
        422: { description: 'The file is wrong; nothing was published' },
      },
    },
    async (c) => {
      const caller = c.get('caller');
      const { agency, subject } = caller.principal;
      caller.mustReach(agency.id);
      const isCsv = (c.req.header('content-type') ?? '').startsWith('text/csv');
      const body = await c.req.text();
      const file = isCsv ? runCardsFromCsv(body) : runCardsFromJson(body);
      if (file.kind === 'refused') {
        const { problems } = file;
        const detail = `${problems.length} errors; nothing was published`;
        throw new DispatchRefusal('run_cards_refused', detail, { errors: problems.slice(0, MAX_PROBLEMS) });
      }
      const { added, unchanged } = await caller.changes.change([], async (tx, records) => {
        const done = await importCards(tx, records, file.cards, { agencyId: agency.id, by: subject, at: Date.now() });
        if (done.added.length > 0) {
          const first = { kind: 'run_card', id: done.added[0]! };
          records.audit(caller.auditEntry('publish_run_cards', first, { cards: done.added.length }));
        }
        return done;
      });
      await cards.reload(added);
      return c.json({ added: added.length, unchanged }, 200);
    },
  );

  operations.add(
    'withdrawRunCard',
    {
      method: 'delete',
      path: '/api/v1/run-cards/{id}',
      description: 'Takes a card out of use; it stays on record.',
      request: { params: z.object({ id: z.uuid() }) },
      responses: { 204: { description: 'It is no longer chosen' }, 404: { description: 'No such card' } },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const caller = c.get('caller');
      const stored = await storedCard(database, id);
      caller.mustReach(stored.agencyId);
      const by = caller.principal.subject;
      await caller.changes.change([id], async (tx, records) => {
        if (!(await withdrawCard(tx, records, stored, by, Date.now()))) return;
        records.audit(caller.auditEntry('withdraw_run_card', { kind: 'run_card', id }, {}, stored.agencyId));
      });
      await cards.reload([id]);
      return c.body(null, 204);
    },
  );

  operations.add(
    'getRunCardChoice',
    {
      method: 'get',
      path: '/api/v1/run-cards/choice',
      description:
        'The card that holds for a type of event at a priority, here and now or at a time, and why not the others of its type.',
      request: {
        query: z.object({
          typeCode: z.string().min(1).max(80),
          priority: z.enum(PRIORITIES),
          lon: numberInUrl(z.number().min(-180).max(180)),
          lat: numberInUrl(z.number().min(-90).max(90)),
          object: z.string().max(80).optional().openapi({ description: 'Code of the object it happens at' }),
          at: numberInUrl(z.number().int()).optional().openapi({ description: 'Epoch ms; now, if not given' }),
        }),
      },
      responses: {
        200: json(
          z.object({
            card: CardTold.nullable(),
            notChosen: z.array(
              z.object({ code: z.string(), version: z.number().int(), reason: z.object({ code: z.string() }).loose() }),
            ),
            otherTypes: z.number().int(),
          }),
          'The choice',
        ),
      },
    },
    (c) => {
      const { typeCode, priority, lon, lat, object, at = Date.now() } = c.req.valid('query');
      const territories = places.lastKnown(lonLat(lon, lat)).grounds.map(({ code }) => code);
      const objects = object === undefined ? [] : [object];
      const { stored, notChosen, otherTypes } = cards.choose({
        eventType: typeCode,
        priority,
        territories,
        objects,
        at,
      });
      return c.json(
        {
          card: stored && {
            id: stored.id,
            code: stored.card.code,
            version: stored.card.version,
            validFrom: stored.card.validFrom,
            validTo: stored.card.validTo,
            ...cardText(stored),
          },
          notChosen: notChosen.map(({ card: { code, version }, reason }) => ({ code, version, reason })),
          otherTypes,
        },
        200,
      );
    },
  );
}
