/** What is asked of the roads: a route, a table of travel times, what is reached in time, the network itself, its tiles. */
import { z } from '@hono/zod-openapi';
import {
  type AnswerOrigin,
  lonLat,
  type RoadEnd,
  type RoadsDescription,
  type RoutePlace,
  type RouteRefusalCode,
  type RouteStep,
  travelCell,
  wholeMs,
} from '../../../../geo-engine/src/index.js';
import type { Core } from '../../core.js';
import { numberInUrl } from '../../number-in-url.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

/** A side of a table, and its cells: about a megabyte of JSON. */
const MAX_PLACES = 1000;
const MAX_CELLS = 100_000;
const MAX_MINUTES = 120;
const MAX_LIMITS = 6;
const MAX_TILE_ZOOM = 16;
/** A vehicle whose heading is given without a speed goes there. */
const HEADING_SPEED_MPS = 10;

/** `24.1059,56.946`: longitude first. */
const PlaceText = z
  .string()
  .regex(/^-?\d+(\.\d+)?,-?\d+(\.\d+)?$/, 'lon,lat in degrees')
  .transform((text) => text.split(',').map(Number) as [number, number])
  .refine(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90, 'is outside the world (order is lon, lat)')
  .openapi({ type: 'string', example: '24.1059,56.946', description: 'lon,lat in degrees WGS84' });
const Profile = z
  .string()
  .max(40)
  .regex(/^[a-z0-9-]+$/)
  .optional()
  .openapi({ description: 'Code of a vehicle profile of GET /api/v1/network; the first of them, if not given' });
const Heading = z
  .number()
  .min(0)
  .max(360)
  .openapi({ description: 'Direction of travel, degrees clockwise from north: the drive starts that way' });
const Speed = z
  .number()
  .min(0)
  .max(150)
  .openapi({ description: 'm/s; a heading below 3 m/s is noise and not heeded. Without it the vehicle moves' });
const TablePlace = z
  .object({
    lon: z.number().min(-180).max(180),
    lat: z.number().min(-90).max(90),
    headingDeg: Heading.nullish(),
    speedMps: Speed.nullish(),
  })
  .openapi('TablePlace');

/** What every answer says of its origin and its age. */
const Origin = {
  source: z.enum(['built-in', 'osrm', 'valhalla']).openapi({ description: 'Who computed it' }),
  fallback: z
    .string()
    .nullable()
    .openapi({ description: 'Why the external router was not the one who answered: router_timeout, router_paused, …' }),
  closures: z.enum(['in_force', 'checked', 'pending', 'unknown']).openapi({
    description:
      'How the answer stands to the closures in force. in_force: computed with all. checked: found with them, although some are not in the prepared network yet. pending: some are not in it yet and may change the answer. unknown: the external router does not know them',
  }),
  networkId: z.string(),
  mapTime: z.number().nullable().openapi({ description: 'Instant of the map’s data, if the map states it' }),
  networkAgeS: z.number().openapi({ description: 'Since mapTime; since the import, where the map states none' }),
  generated: z.boolean().openapi({ description: 'The roads are invented, not surveyed' }),
  attribution: z.string(),
  profile: z.string(),
};
const RoadEndSchema = z
  .object({
    lon: z.number(),
    lat: z.number(),
    offRoadM: z.number(),
    offRoadMs: z.number().int(),
    snappedElsewhere: z
      .boolean()
      .openapi({ description: 'The nearest road does not connect with the other end; this is the next that does' }),
  })
  .openapi('RoadEnd');
const RefusalSchema = z
  .object({ code: z.enum(['no_road_near', 'unreachable']), place: z.enum(['from', 'to']).nullable() })
  .openapi('NoRoute');
const StepSchema = z
  .object({
    manoeuvre: z.string(),
    turn: z.string().nullable(),
    exit: z.number().int().nullable().openapi({ description: 'Of a roundabout' }),
    name: z.string(),
    ref: z.string(),
    distanceM: z.number(),
    travelMs: z.number().int(),
    fromPosition: z.number().int().openapi({ description: 'Index into the geometry’s coordinates' }),
  })
  .openapi('RouteStep');
const Line = z.array(z.array(z.number()));
const RouteSchema = z
  .object({
    ...Origin,
    route: z
      .object({
        wholeMs: z
          .number()
          .int()
          .openapi({ description: 'The drive and the ways off the road at both ends, whole milliseconds' }),
        travelMs: z.number().int().openapi({ description: 'The drive from road to road' }),
        distanceM: z.number(),
        start: RoadEndSchema,
        end: RoadEndSchema,
        geometry: z.object({ type: z.literal('LineString'), coordinates: Line }),
        steps: z.array(StepSchema),
      })
      .nullable(),
    refusal: RefusalSchema.nullable(),
  })
  .openapi('Route');
const MatrixSchema = z
  .object({
    ...Origin,
    wholeMs: z
      .array(z.array(z.number().int().nullable()))
      .openapi({ description: 'By source, then by target; ways off the road included; null: see refusals' }),
    refusals: z
      .array(RefusalSchema.extend({ source: z.number().int(), target: z.number().int() }).openapi('NoCell'))
      .openapi({ description: 'Why a cell is null: one for each' }),
  })
  .openapi('Matrix');
const IsochroneSchema = z
  .object({
    type: z.literal('FeatureCollection'),
    ...Origin,
    withinM: z
      .number()
      .nullable()
      .openapi({ description: 'All that is reached lies inside; nothing inside lies farther than this from it' }),
    refusal: RefusalSchema.nullable(),
    features: z.array(
      z.object({
        type: z.literal('Feature'),
        properties: z.object({ minutes: z.number(), direction: z.enum(['from', 'to']) }),
        geometry: z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(Line)) }),
      }),
    ),
  })
  .openapi('Isochrone');
const NetworkSchema = z
  .object({
    state: z.enum(['ready', 'loading', 'none']),
    network: z
      .object({
        id: z.string(),
        source: z.string(),
        mapTime: z.number().nullable(),
        builtAt: z.number(),
        loadedAt: z.number(),
        generated: z.boolean(),
        bounds: z.array(z.number()),
        attribution: z.string(),
        counts: z.object({
          nodes: z.number().int(),
          segments: z.number().int(),
          points: z.number().int(),
          lengthKm: z.number(),
          restrictions: z.number().int(),
          leftOut: z.record(z.string(), z.number().int()),
        }),
      })
      .nullable(),
    profiles: z.array(
      z.object({
        code: z.string(),
        labelLv: z.string(),
        labelEn: z.string(),
        topKmh: z.number(),
        weightT: z.number().nullable(),
        heightM: z.number().nullable(),
        ferries: z.boolean(),
        emergency: z
          .object({
            contraflowShare: z.number().nullable(),
            restrictedAccess: z.boolean(),
            forbiddenTurns: z.boolean(),
            speedFactor: z.number(),
          })
          .nullable()
          .openapi({ description: 'Rights under way with lights and siren; null: drives like anybody' }),
      }),
    ),
    refused: z
      .object({ code: z.string(), detail: z.string(), at: z.number() })
      .nullable()
      .openapi({ description: 'A newer generation that could not be taken into use' }),
    router: z
      .object({
        kind: z.enum(['osrm', 'valhalla']),
        state: z
          .enum(['closed', 'open', 'half_open'])
          .openapi({ description: 'Of the circuit breaker: open is not asked' }),
        failures: z.number().int(),
        lastFailure: z.string().nullable(),
      })
      .nullable(),
    closures: z.object({
      open: z.number().int(),
      inForce: z.number().int(),
      isPending: z
        .boolean()
        .openapi({ description: 'Some in force are not in the prepared network yet; routes heed them all the same' }),
    }),
  })
  .openapi('Network');
const ROAD_RESPONSES = {
  422: { description: '`profile_unknown`, `table_too_large`' },
  503: { description: '`network_loading`, `no_network`, `roads_busy`, `roads_worker_failed`' },
} as const;

/** Seven decimals are a centimetre, as the maps have them; a decimetre is more than a road is known to. */
const degrees = (value: number) => Math.round(value * 1e7) / 1e7;
const metres = (value: number) => Math.round(value * 10) / 10;

const shownEnd = ({ at: [lon, lat], offRoadM, offRoadMs, snappedElsewhere }: RoadEnd) => ({
  lon: degrees(lon),
  lat: degrees(lat),
  offRoadM: metres(offRoadM),
  offRoadMs,
  snappedElsewhere,
});

function shownStep({ manoeuvre, name, ref, distanceM, travelMs, fromPosition }: RouteStep) {
  return {
    manoeuvre: manoeuvre.kind,
    turn: 'turn' in manoeuvre ? manoeuvre.turn : null,
    exit: 'exit' in manoeuvre ? manoeuvre.exit : null,
    name,
    ref,
    distanceM: metres(distanceM),
    travelMs,
    fromPosition,
  };
}

/** A refusal that is no answer to the question: it was too much, or nobody could look. @throws ApiError */
function mustBeAnswer(code: RouteRefusalCode, profile: string): asserts code is 'no_road_near' | 'unreachable' {
  switch (code) {
    case 'no_road_near':
    case 'unreachable':
      return;
    case 'profile_unknown':
      throw new ApiError(
        422,
        code,
        `the network is not prepared for ${profile}; GET /api/v1/network lists what it knows`,
      );
    case 'table_too_large':
      throw new ApiError(422, code, `at most ${MAX_PLACES} places a side and ${MAX_CELLS} cells`);
    case 'roads_busy':
    case 'roads_worker_failed':
      throw notNow(code);
  }
}

function notNow(code: RouteRefusalCode): ApiError {
  return new ApiError(503, code, 'the thread for heavy questions cannot take this one now; try again');
}

export function roadRoutes(operations: Operations, { roads, closures }: Core): void {
  operations.add(
    'getNetwork',
    {
      method: 'get',
      path: '/api/v1/network',
      description:
        'The road network by which questions are answered: where it is from, how old, for which vehicles and with which rights, which closures its answers know already, and which external router stands before it.',
      responses: { 200: json(NetworkSchema, 'The network, or that there is none') },
    },
    (c) => {
      const now = Date.now();
      const open = closures.open(now);
      const { network, loadedAt } = roads.inUse ?? {};
      return c.json(
        {
          state: roads.state,
          network: network === undefined ? null : { ...networkFacts(network), loadedAt: loadedAt! },
          profiles: (network?.profiles ?? []).map(
            ({ code, labelLv, labelEn, topKmh, weightT, heightM, ferries, emergency }) => ({
              code,
              labelLv,
              labelEn,
              topKmh,
              weightT,
              heightM,
              ferries,
              emergency: emergency === null ? null : { ...emergency },
            }),
          ),
          refused: roads.refused ?? null,
          router: roads.routerState,
          closures: {
            open: open.length,
            inForce: open.filter(({ validFrom }) => validFrom <= now).length,
            isPending: (roads.closureProgress?.pending.length ?? 0) > 0,
          },
        },
        200,
      );
    },
  );

  operations.add(
    'getRoute',
    {
      method: 'get',
      path: '/api/v1/route',
      description:
        'The fastest way from one place to another for a kind of vehicle, on free roads. `route` is null where there is none, with the reason in `refusal`.',
      request: {
        query: z.object({
          from: PlaceText,
          to: PlaceText,
          profile: Profile,
          heading: numberInUrl(Heading).optional(),
          speedMps: numberInUrl(Speed).optional(),
        }),
      },
      responses: { 200: json(RouteSchema, 'The way, or why there is none'), ...ROAD_RESPONSES },
    },
    async (c) => {
      const { from, to, profile, heading, speedMps } = c.req.valid('query');
      const code = profile ?? roads.describe().profiles[0]!.code;
      const start = routePlace({ lon: from[0], lat: from[1], headingDeg: heading, speedMps });
      const { answer, network } = await roads.route({ from: start, to: { at: lonLat(...to) }, profile: code });
      const origin = originOf(network, answer, code);
      if (answer.kind === 'refused') {
        mustBeAnswer(answer.code, code);
        return c.json({ ...origin, route: null, refusal: { code: answer.code, place: answer.place ?? null } }, 200);
      }
      const { travelMs, distanceM, line, steps } = answer;
      const route = {
        wholeMs: wholeMs(answer),
        travelMs,
        distanceM: metres(distanceM),
        start: shownEnd(answer.start),
        end: shownEnd(answer.end),
        geometry: { type: 'LineString' as const, coordinates: line.map(([lon, lat]) => [degrees(lon), degrees(lat)]) },
        steps: steps.map(shownStep),
      };
      return c.json({ ...origin, route, refusal: null }, 200);
    },
  );

  operations.add(
    'getMatrix',
    {
      method: 'post',
      path: '/api/v1/matrix',
      description: `Travel times from every source to every target, on free roads. At most ${MAX_PLACES} places a side and ${MAX_CELLS} pairs, else \`table_too_large\`.`,
      request: {
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  sources: z.array(TablePlace).min(1),
                  targets: z.array(TablePlace).min(1),
                  profile: Profile,
                })
                .openapi('MatrixQuestion'),
            },
          },
        },
      },
      responses: { 200: json(MatrixSchema, 'The table'), ...ROAD_RESPONSES },
    },
    async (c) => {
      const { sources, targets, profile } = c.req.valid('json');
      const code = profile ?? roads.describe().profiles[0]!.code;
      if (sources.length > MAX_PLACES || targets.length > MAX_PLACES || sources.length * targets.length > MAX_CELLS)
        mustBeAnswer('table_too_large', code);
      const { answer: table, network } = await roads.table({
        sources: sources.map(routePlace),
        targets: targets.map(routePlace),
        profile: code,
      });
      if (table.kind === 'refused') {
        mustBeAnswer(table.code, code);
        throw new Error(`a table was refused as ${table.code}`);
      }
      const refusals: z.infer<typeof MatrixSchema>['refusals'] = [];
      const times = sources.map((_, source) =>
        targets.map((_, target) => {
          const cell = travelCell(table, source, target);
          if (cell.kind === 'reached') return wholeMs(cell);
          refusals.push({ source, target, code: cell.code, place: cell.place ?? null });
          return null;
        }),
      );
      return c.json({ ...originOf(network, table, code), wholeMs: times, refusals }, 200);
    },
  );

  operations.add(
    'getIsochrone',
    {
      method: 'get',
      path: '/api/v1/isochrone',
      description:
        'What is reached from a place within some minutes, or from where the place is reached, on free roads: GeoJSON, the longest limit first, so that the shorter are drawn over it.',
      request: {
        query: z.object({
          place: PlaceText,
          minutes: z
            .string()
            .regex(/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/)
            .transform((text) => [...new Set(text.split(',').map(Number))].sort((a, b) => a - b))
            .refine((all) => all.length <= MAX_LIMITS, `at most ${MAX_LIMITS} limits`)
            .refine(
              (all) => all[0]! > 0 && all[all.length - 1]! <= MAX_MINUTES,
              `above 0, at most ${MAX_MINUTES} minutes`,
            )
            .openapi({ type: 'string', example: '8,15', description: 'Limits, several by comma' }),
          profile: Profile,
          direction: z
            .enum(['from', 'to'])
            .default('from')
            .openapi({ description: 'from: reached from the place. to: from where the place is reached' }),
        }),
      },
      responses: { 200: json(IsochroneSchema, 'Areas, or why there are none'), ...ROAD_RESPONSES },
    },
    async (c) => {
      const { place, minutes, profile, direction } = c.req.valid('query');
      const code = profile ?? roads.describe().profiles[0]!.code;
      const { answer, network } = await roads.isochrone({
        place: { at: lonLat(...place) },
        profile: code,
        limitsS: minutes.map((limit) => limit * 60),
        direction,
      });
      const origin = originOf(network, answer, code);
      if (answer.kind === 'refused') {
        mustBeAnswer(answer.code, code);
        const refusal = { code: answer.code, place: answer.place ?? null };
        return c.json({ type: 'FeatureCollection' as const, ...origin, withinM: null, refusal, features: [] }, 200);
      }
      const features = answer.areas.map(({ limitS, geometry }) => ({
        type: 'Feature' as const,
        properties: { minutes: limitS / 60, direction },
        // read-only there, and only written out here
        geometry: geometry as unknown as z.infer<typeof IsochroneSchema>['features'][number]['geometry'],
      }));
      const { withinM } = answer;
      return c.json(
        { type: 'FeatureCollection' as const, ...origin, withinM, refusal: null, features: features.reverse() },
        200,
      );
    },
  );

  operations.add(
    'getRoadTile',
    {
      method: 'get',
      path: '/api/v1/tiles/roads/{z}/{x}/{y}',
      description:
        'A vector tile of the roads in use: layer `road` with class, name, ref, oneway, generated. Its ETag names the network.',
      request: {
        params: z.object({
          z: numberInUrl(z.number().int().min(0).max(MAX_TILE_ZOOM)),
          x: numberInUrl(z.number().int().min(0)),
          y: z.string().regex(/^\d{1,6}(\.mvt)?$/),
        }),
      },
      responses: {
        200: {
          description: 'The tile',
          content: { 'application/vnd.mapbox-vector-tile': { schema: z.string().openapi({ format: 'binary' }) } },
        },
        204: { description: 'No roads there' },
        304: { description: 'As it was' },
        503: ROAD_RESPONSES[503],
      },
    },
    async (c) => {
      const { z: zoom, x, y } = c.req.valid('param');
      const row = Number.parseInt(y, 10);
      if (x >= 2 ** zoom || row >= 2 ** zoom)
        throw new ApiError(404, 'not_found', `zoom ${zoom} has ${2 ** zoom} tiles a side`);
      const etag = `"${roads.describe().id}"`;
      const head = { etag, 'cache-control': 'public, max-age=60' };
      if (c.req.header('if-none-match') === etag) return c.body(null, 304, head);
      const tile = await roads.tiles.tile(zoom, x, row);
      if (!(tile instanceof Uint8Array)) throw notNow(tile.code);
      if (tile.length === 0) return c.body(null, 204, head);
      return c.body(new Uint8Array(tile), 200, { ...head, 'content-type': 'application/vnd.mapbox-vector-tile' });
    },
  );
}

function networkFacts({ id, source, mapTime, builtAt, generated, bounds, attribution, counts }: RoadsDescription) {
  const { leftOut, ...numbers } = counts;
  return {
    id,
    source,
    mapTime,
    builtAt,
    generated,
    bounds: [...bounds],
    attribution,
    counts: { ...numbers, leftOut: { ...leftOut } },
  };
}

/** What an answer says of the network by which it was found. */
function originOf(
  { id, mapTime, builtAt, generated, attribution }: RoadsDescription,
  { source, fallback, closures }: AnswerOrigin,
  profile: string,
) {
  const networkAgeS = Math.max(0, Math.round((Date.now() - (mapTime ?? builtAt)) / 1000));
  return {
    source,
    fallback: fallback ?? null,
    closures,
    networkId: id,
    mapTime,
    networkAgeS,
    generated,
    attribution,
    profile,
  };
}

function routePlace({ lon, lat, headingDeg, speedMps }: z.infer<typeof TablePlace>): RoutePlace {
  const speed = speedMps ?? ((headingDeg ?? null) === null ? null : HEADING_SPEED_MPS);
  return { at: lonLat(lon, lat), headingDeg: headingDeg ?? null, speedMps: speed };
}
