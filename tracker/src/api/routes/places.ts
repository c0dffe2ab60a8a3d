/** Territories and shelters, from PostGIS. */
import { z } from '@hono/zod-openapi';
import { LRUCache } from 'lru-cache';
import { lonLat, PRIORITIES } from '../../../../geo-engine/src/index.js';
import type { Core } from '../../core.js';
import { normsHere } from '../../dispatch/response-norms.js';
import { numberInUrl } from '../../number-in-url.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

/** Tiles are the same for everybody; what is imported shows after their time. */
const MAX_TILES = 2000;
const TILE_TTL_MS = 60_000;

const Place = { lon: numberInUrl(z.number().min(-180).max(180)), lat: numberInUrl(z.number().min(-90).max(90)) };

export function placeRoutes(operations: Operations, { geoStore, dispatch: { places } }: Core): void {
  operations.add(
    'getTerritories',
    {
      method: 'get',
      path: '/api/v1/territories',
      description:
        'Whose ground a place is: territories, widest first (`approximate` ones are generated, not surveyed), the zones and norms of response that hold there, and who serves it. While the database is away: as last known, and said so.',
      request: { query: z.object({ ...Place, priority: z.enum(PRIORITIES).default('P1') }) },
      responses: {
        200: json(
          z.object({
            territories: z.array(
              z
                .object({
                  territoryId: z.uuid(),
                  kind: z.string(),
                  code: z.string(),
                  nameLv: z.string(),
                  nameEn: z.string(),
                  approximate: z.boolean(),
                })
                .loose(),
            ),
            norms: z.array(z.object({ service: z.string() }).loose()),
            source: z.enum(['database', 'last_known']),
            asOf: z.number(),
          }),
          'Territories, norms',
        ),
      },
    },
    async (c) => {
      const { lon, lat, priority } = c.req.valid('query');
      const { grounds, zones, source, asOf } = await places.at(lonLat(lon, lat));
      const now = Date.now();
      const norms = normsHere(places.norms, { priority, zones, elsewhere: places.elsewhere, receivedAt: now, now });
      const territories = grounds.map(({ zones: _zones, duty: _duty, ...territory }) => territory);
      return c.json({ territories, norms: norms.map((norm) => ({ ...norm })), source, asOf }, 200);
    },
  );

  const tiles = new LRUCache<string, Uint8Array>({ max: MAX_TILES, ttl: TILE_TTL_MS });
  operations.add(
    'getMapTile',
    {
      method: 'get',
      path: '/api/v1/tiles/{z}/{x}/{y}',
      description:
        'A vector tile of the base map: layers territory, road, river. What is generated or approximate says so.',
      request: {
        params: z.object({
          z: numberInUrl(z.number().int().min(0).max(14)),
          x: numberInUrl(z.number().int().min(0)),
          y: z.string().regex(/^\d{1,5}(\.mvt)?$/),
        }),
      },
      responses: {
        200: {
          description: 'The tile',
          content: { 'application/vnd.mapbox-vector-tile': { schema: z.string().openapi({ format: 'binary' }) } },
        },
        204: { description: 'Nothing there' },
      },
    },
    async (c) => {
      const { z: zoom, x, y } = c.req.valid('param');
      const row = Number.parseInt(y, 10);
      if (x >= 2 ** zoom || row >= 2 ** zoom)
        throw new ApiError(404, 'not_found', `zoom ${zoom} has ${2 ** zoom} tiles a side`);
      const key = `${zoom}/${x}/${row}`;
      const tile = tiles.get(key) ?? (await geoStore.mapTile(zoom, x, row));
      tiles.set(key, tile);
      if (tile.length === 0) return c.body(null, 204);
      return c.body(new Uint8Array(tile), 200, {
        'content-type': 'application/vnd.mapbox-vector-tile',
        'cache-control': 'public, max-age=300',
      });
    },
  );

  operations.add(
    'getShelters',
    {
      method: 'get',
      path: '/api/v1/shelters',
      description: 'The nearest published shelters. What is not published (capacity, category, accessibility) is null.',
      request: { query: z.object({ ...Place, k: numberInUrl(z.number().int().min(1).max(1000)).default(5) }) },
      responses: {
        200: json(
          z.object({
            shelters: z.array(
              z.object({
                shelterId: z.uuid(),
                municipality: z.string().nullable(),
                addressLine: z.string(),
                useCode: z.string(),
                category: z.number().nullable(),
                capacity: z.number().nullable(),
                accessible: z.boolean().nullable(),
                entranceNote: z.string().nullable(),
                lon: z.number(),
                lat: z.number(),
                distanceM: z.number(),
              }),
            ),
          }),
          'Shelters',
        ),
      },
    },
    async (c) => {
      const { lon, lat, k } = c.req.valid('query');
      const shelters = await geoStore.nearestShelters(lonLat(lon, lat), k);
      return c.json(
        { shelters: shelters.map(({ entrance, ...shelter }) => ({ ...shelter, lon: entrance[0], lat: entrance[1] })) },
        200,
      );
    },
  );
}
