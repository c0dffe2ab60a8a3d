/** What registrars read: lists, one entry with its trail, and the map. Each agency its own; the platform operator's people all. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../src/store/database.js';
import { json, type ModuleApi, ModuleProblem } from '../module-api.js';
import type { ModuleCaller } from '../module-callers.js';
import { registerSql as sql } from './register-sql.js';

const READERS = ['registrar', 'dispatcher', 'commander', 'admin'];
const MOST_ENTRIES = 500;
/** More on one map than this nobody tells apart: then it is counts. */
const MOST_MARKS = 2000;
/** A map is of a year at most: the counts of more are reports. */
const MOST_MAP_MS = 366 * 86_400_000;
/** Cells along the longer side of a map. */
const MAP_CELLS = 48;

const EntrySchema = z
  .object({
    id: z.number().int(),
    agencyId: z.uuid(),
    number: z.string(),
    vekId: z.uuid(),
    vekNumber: z.number().int(),
    takenBy: z.uuid(),
    channel: z.string(),
    typeCode: z.string().nullable(),
    priority: z.string().nullable(),
    lon: z.number().nullable(),
    lat: z.number().nullable(),
    accuracyM: z.number().nullable(),
    address: z.string().nullable(),
    summary: z.string().nullable(),
    vekStatus: z.string(),
    partStatus: z.string().openapi({ description: 'Of the agency’s part; `own`: it took the report itself' }),
    receivedAt: z.number(),
    dispatchedAt: z.number().nullable(),
    onSceneAt: z.number().nullable(),
    closedAt: z.number().nullable(),
    outcomeCode: z.string().nullable(),
    mergedInto: z.uuid().nullable(),
    registeredAt: z.number(),
    updatedAt: z.number(),
  })
  .openapi('Entry');
type Entry = z.infer<typeof EntrySchema>;

/** A row's columns under the names they have over the wire. */
function camel<T>(row: Readonly<Record<string, unknown>>): T {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]),
  ) as T;
}

const instant = z.iso.datetime({ offset: true }).transform(Date.parse);
const typeCode = z.string().max(64);
const agency = z.uuid().optional().openapi({ description: 'Of the platform operator’s people alone; else one’s own' });
const CURSOR = /^(\d{1,16})\.(\d{1,16})$/;

const box = z
  .string()
  .transform((text) => text.split(',').map(Number))
  .refine(
    (sides) =>
      sides.length === 4 &&
      sides.every(Number.isFinite) &&
      sides[0]! < sides[2]! &&
      sides[1]! < sides[3]! &&
      Math.abs(sides[0]!) <= 180 &&
      Math.abs(sides[2]!) <= 180 &&
      Math.abs(sides[1]!) <= 90 &&
      Math.abs(sides[3]!) <= 90,
    'not west,south,east,north',
  );

/** @param operatorId of the platform operator's agency, once it is known */
export function registerRoutes(api: ModuleApi, database: Database, operatorId: () => string | undefined): void {
  /** Whose entries are meant: null is everybody's. @throws ModuleProblem 403 `agency_not_allowed` */
  const reached = (caller: ModuleCaller, asked: string | undefined): string | null => {
    if (caller.agencyId === operatorId()) return asked ?? null;
    if (asked !== undefined && asked !== caller.agencyId)
      throw new ModuleProblem(403, 'agency_not_allowed', `${caller.agencyCode} reads its own entries`);
    return caller.agencyId;
  };

  api.add(
    'getEntries',
    READERS,
    {
      method: 'get',
      path: '/api/v1/entries',
      description: 'Entries, the newest report first. Go on with `next`.',
      request: {
        query: z.object({
          agency,
          from: instant.optional(),
          to: instant.optional(),
          type: typeCode.optional(),
          open: z.enum(['0', '1']).default('0'),
          after: z.string().regex(CURSOR).optional(),
          limit: z.coerce.number().int().min(1).max(MOST_ENTRIES).default(100),
        }),
      },
      responses: {
        200: json(z.object({ entries: z.array(EntrySchema), next: z.string().nullable() }), 'Entries'),
      },
    },
    async (c) => {
      const query = c.req.valid('query');
      const [, at, id] = CURSOR.exec(query.after ?? '') ?? [];
      const { rows } = await database.query(sql.entries, [
        reached(c.get('caller'), query.agency),
        query.from ?? null,
        query.to ?? null,
        query.type ?? null,
        query.open === '1',
        at ?? null,
        id ?? null,
        query.limit,
      ]);
      const entries = rows.map((row) => camel<Entry>(row));
      const last = entries.at(-1);
      const next = entries.length < query.limit || last === undefined ? null : `${last.receivedAt}.${last.id}`;
      return c.json({ entries, next }, 200);
    },
  );

  api.add(
    'getEntry',
    READERS,
    {
      method: 'get',
      path: '/api/v1/entries/{id}',
      description: 'One entry, and what happened to its VEK.',
      request: { params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }) },
      responses: {
        200: json(
          EntrySchema.extend({
            trail: z.array(
              z.object({
                eventId: z.uuid(),
                type: z.string(),
                at: z.number(),
                data: z.record(z.string(), z.unknown()),
              }),
            ),
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
      const entry = camel<Entry>(row);
      const trail = (await database.query(sql.trail, [entry.agencyId, entry.vekId])).rows;
      return c.json(
        {
          ...entry,
          trail: trail.map((each) =>
            camel<{ eventId: string; type: string; at: number; data: Record<string, unknown> }>(each),
          ),
        },
        200,
      );
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
      description: `Where entries of a period (a year at most) are: how many in each cell of a grid, by its middle; and one by one where there are no more than ${MOST_MARKS}.`,
      request: {
        query: z.object({ agency, box, from: instant, to: instant, type: typeCode.optional() }),
      },
      responses: {
        200: json(
          z.object({
            total: z.number().int(),
            cellDeg: z.number(),
            cells: z.array(z.object({ lon: z.number(), lat: z.number(), count: z.number().int() })),
            entries: z.array(Mark).nullable(),
          }),
          'The map',
        ),
        422: { description: '`period_too_long`' },
      },
    },
    async (c) => {
      const { agency: asked, box: sides, from, to, type = null } = c.req.valid('query');
      if (to - from > MOST_MAP_MS) throw new ModuleProblem(422, 'period_too_long', 'a map is of 366 days at most');
      const [west, south, east, north] = sides as [number, number, number, number];
      const cellDeg = Math.max(east - west, north - south) / MAP_CELLS;
      const wanted = [reached(c.get('caller'), asked), from, to, type, west, south, east, north];
      const cells = (
        await database.query<{ lon: number; lat: number; count: number }>(sql.map_cells, [...wanted, cellDeg])
      ).rows;
      const total = cells.reduce((sum, { count }) => sum + count, 0);
      const entries =
        total > MOST_MARKS
          ? null
          : (await database.query(sql.map_entries, [...wanted, MOST_MARKS])).rows.map((row) =>
              camel<z.infer<typeof Mark>>(row),
            );
      return c.json({ total, cellDeg, cells, entries }, 200);
    },
  );
}
