/** What registrars read: lists, one entry with its trail, and the map. Each agency its own; the platform operator's people all. */
import { z } from '@hono/zod-openapi';
import { numberInUrl, numbersInUrl } from '../../src/number-in-url.js';
import type { Database } from '../../src/store/database.js';
import { instant } from '../../src/stored-instant.js';
import { text } from '../../src/stored-text.js';
import { json, type ModuleApi, ModuleProblem } from '../module-api.js';
import { type Asker, accessed, type ModuleCaller } from '../module-callers.js';
import { camel, EntrySchema } from './entry.js';
import { mapGrid, wholeYears, yearBegins } from './map-grid.js';
import type { PoliceAgency } from './register-entries.js';
import { registerSql as sql } from './register-sql.js';
import { wordsQuery } from './search-words.js';

export const READERS = ['registrar', 'dispatcher', 'commander', 'admin'];
const MOST_ENTRIES = 500;
/** More on one map than this nobody tells apart: then it is counts. */
const MOST_MARKS = 2000;

export const epochMs = instant.transform((text) => Date.parse(text));
const typeCode = text(64);
const agency = z.uuid().optional().openapi({ description: 'Of the platform operator’s people alone; else one’s own' });
const CURSOR = /^(\d{1,16})\.(\d{1,16})$/;

const box = z
  .string()
  .transform((text) => numbersInUrl(text) ?? [])
  .refine(
    (sides) =>
      sides.length === 4 &&
      sides[0]! < sides[2]! &&
      sides[1]! < sides[3]! &&
      Math.abs(sides[0]!) <= 180 &&
      Math.abs(sides[2]!) <= 180 &&
      Math.abs(sides[1]!) <= 90 &&
      Math.abs(sides[3]!) <= 90,
    'not west,south,east,north',
  );

const limit = z.number().int().min(1).max(MOST_ENTRIES);
const selection = {
  agency,
  from: epochMs.optional(),
  to: epochMs.optional(),
  type: typeCode.optional(),
  open: z.enum(['0', '1']).default('0'),
  after: z.string().regex(CURSOR).optional(),
};
const EntriesSchema = z.object({ entries: z.array(EntrySchema), next: z.string().nullable() }).openapi('Entries');
const READS_ARE_LOGGED =
  'Personal data may stand in them: who reads is written down, for the purpose in `vanags-purpose`.';

/** Which entries are asked for. */
export interface Selection {
  readonly agency?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly type?: string | undefined;
  readonly open: '0' | '1';
  readonly after?: string | undefined;
  readonly q?: string | undefined;
  readonly limit: number;
}

/** @param of whose; null: everybody's */
export async function selectEntries(
  database: Database,
  of: string | null,
  { from, to, type, open, after, q, limit }: Selection,
): Promise<z.infer<typeof EntriesSchema>> {
  const [, at, id] = CURSOR.exec(after ?? '') ?? [];
  const { rows } = await database.query(sql.entries, [
    ...[of, from ?? null, to ?? null, type ?? null, open === '1', at ?? null, id ?? null, limit],
    ...[q?.trim().toUpperCase() ?? null, q === undefined ? null : wordsQuery(q)],
  ]);
  const entries = rows.map((row) => EntrySchema.parse(camel(row)));
  const last = entries.at(-1);
  const next = entries.length < limit || last === undefined ? null : `${last.receivedAt}.${last.id}`;
  return { entries, next };
}

const TrailSchema = z.object({
  type: z.string().openapi({ description: 'Of the event of the feed; `entered` or `changed`: by a person, here' }),
  at: z.number(),
  subject: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
});

/** Whom the register knows, as the tracker tells of them. */
export interface RegisterAgencies {
  /** Undefined until the tracker has said which it is. */
  operatorId: string | undefined;
  /** By id: those whose entries are kept here. */
  readonly police: Map<string, PoliceAgency>;
}

export function readingRoutes(api: ModuleApi, database: Database, agencies: RegisterAgencies): void {
  /** Whose entries are meant: null is everybody's. @throws ModuleProblem 403 `agency_not_allowed` */
  const reached = (caller: ModuleCaller, asked: string | undefined): string | null => {
    if (caller.agencyId === agencies.operatorId) return asked ?? null;
    if (asked !== undefined && asked !== caller.agencyId)
      throw new ModuleProblem(403, 'agency_not_allowed', `${caller.agencyCode} reads its own entries`);
    return caller.agencyId;
  };

  async function entriesOf(caller: Asker, asked: Selection): Promise<z.infer<typeof EntriesSchema>> {
    const of = reached(caller, asked.agency);
    await database.query(sql.log_read, accessed(caller, 'list_entries', null)); // before it is answered
    return selectEntries(database, of, asked);
  }

  api.add(
    'getEntries',
    READERS,
    {
      method: 'get',
      path: '/api/v1/entries',
      description: `Entries, the newest report first. Go on with \`next\`. ${READS_ARE_LOGGED}`,
      request: { query: z.strictObject({ ...selection, limit: numberInUrl(limit).default(100) }) },
      responses: { 200: json(EntriesSchema, 'Entries') },
    },
    async (c) => c.json(await entriesOf(c.get('caller'), c.req.valid('query')), 200),
  );

  api.add(
    'findEntries',
    READERS,
    {
      method: 'post',
      path: '/api/v1/entries/search',
      description: `Entries by number or words: names and addresses stand in no URL. ${READS_ARE_LOGGED}`,
      request: {
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  ...selection,
                  q: text(200).min(1).openapi({
                    description:
                      'Number of an entry, or words of its address and summary: beginnings of words, whole numbers, with or without diacritics',
                  }),
                  limit: limit.default(100),
                })
                .openapi('EntrySearch'),
            },
          },
        },
      },
      responses: { 200: json(EntriesSchema, 'Entries') },
    },
    async (c) => c.json(await entriesOf(c.get('caller'), c.req.valid('json')), 200),
  );

  api.add(
    'getEntry',
    READERS,
    {
      method: 'get',
      path: '/api/v1/entries/{id}',
      description:
        'One entry, and what happened to its VEK, or who changed what in an entry made by hand. Who reads it is written down, for the purpose in `vanags-purpose`.',
      request: { params: z.object({ id: numberInUrl(z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)) }) },
      responses: {
        200: json(
          EntrySchema.extend({
            trail: z.array(TrailSchema),
          }),
          'The entry',
        ),
        404: { description: 'None here' },
      },
    },
    async (c) => {
      const { id } = c.req.valid('param');
      const row = (await database.query(sql.entry, [id, reached(c.get('caller'), undefined)])).rows[0];
      if (row === undefined) throw new ModuleProblem(404, 'not_found', 'no entry here');
      await database.query(sql.log_read, accessed(c.get('caller'), 'read_entry', id));
      const trail = (await database.query<z.infer<typeof TrailSchema>>(sql.trail, [id])).rows;
      return c.json({ ...EntrySchema.parse(camel(row)), trail }, 200);
    },
  );

  const Mark = EntrySchema.pick({
    id: true,
    number: true,
    typeCode: true,
    priority: true,
    receivedAt: true,
    closedAt: true,
  }).extend({ lon: z.number(), lat: z.number() });
  api.add(
    'getMap',
    READERS,
    {
      method: 'get',
      path: '/api/v1/map',
      description: `Where entries of a period are: how many in each cell of a grid, by its middle, and one by one where there are no more than ${MOST_MARKS}. The box is widened to whole cells.`,
      request: {
        query: z.object({ agency, box, from: epochMs, to: epochMs, type: typeCode.optional() }),
      },
      responses: {
        200: json(
          z.object({
            total: z.number().int(),
            box: z.array(z.number()).length(4).openapi({ description: 'What was counted: west, south, east, north' }),
            cellDeg: z.number(),
            cells: z.array(z.object({ lon: z.number(), lat: z.number(), count: z.number().int() })),
            entries: z.array(Mark).nullable(),
          }),
          'The map',
        ),
      },
    },
    async (c) => {
      const { agency: asked, box: sides, from, to, type = null } = c.req.valid('query');
      const [west, south, east, north] = sides as [number, number, number, number];
      const grid = mapGrid(west, south, east, north);
      const of = reached(c.get('caller'), asked);
      // years are counted of all types together
      const [first, end] = type === null ? wholeYears(from, to) : [0, 0];
      const counted = first < end ? [yearBegins(first), yearBegins(end)] : [to, to];
      const { rows } = await database.query<{ x: number; y: number; count: number }>(sql.map_cells, [
        ...[of, type, from, to, ...counted, first, end, grid.level],
        ...[...grid.x, ...grid.y],
      ]);
      const total = rows.reduce((sum, { count }) => sum + count, 0);
      const { cellDeg } = grid;
      const cells = rows.map(({ x, y, count }) => ({ lon: (x + 0.5) * cellDeg, lat: (y + 0.5) * cellDeg, count }));
      const entries =
        total > MOST_MARKS
          ? null
          : (await database.query(sql.map_entries, [of, type, from, to, ...grid.box])).rows.map((row) =>
              camel<z.infer<typeof Mark>>(row),
            );
      return c.json({ total, box: [...grid.box], cellDeg, cells, entries }, 200);
    },
  );
}
