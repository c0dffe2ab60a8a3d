/** Territories and shelters, from PostGIS. */
import { z } from '@hono/zod-openapi';
import { lonLat } from '../../../../geo-engine/src/index.js';
import type { Core } from '../../core.js';
import { json, type Operations } from '../operation.js';

const Place = { lon: z.coerce.number().min(-180).max(180), lat: z.coerce.number().min(-90).max(90) };

export function placeRoutes(operations: Operations, { geoStore }: Core): void {
  operations.add(
    'getTerritories',
    {
      method: 'get',
      path: '/api/v1/territories',
      description: 'Every territory that covers a place; `approximate` ones are generated, not surveyed.',
      request: { query: z.object(Place) },
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
          }),
          'Territories',
        ),
      },
    },
    async (c) => {
      const { lon, lat } = c.req.valid('query');
      return c.json({ territories: await geoStore.territoriesAt(lonLat(lon, lat)) }, 200);
    },
  );

  operations.add(
    'getShelters',
    {
      method: 'get',
      path: '/api/v1/shelters',
      description: 'The nearest published shelters. What is not published (capacity, category, accessibility) is null.',
      request: { query: z.object({ ...Place, k: z.coerce.number().int().min(1).max(50).default(5) }) },
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
