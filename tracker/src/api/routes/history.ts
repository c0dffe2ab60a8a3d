/** Where units were: a unit's track, who was near a place, the whole picture at an instant. Every read is audited. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import {
  areaTarget,
  pictureAt,
  placeTarget,
  trackGeoJson,
  trackGpx,
  unitsNear,
  unitTrack,
} from '../../history/index.js';
import { numberInUrl } from '../../number-in-url.js';
import type { CrewUnit } from '../../units/directory.js';
import { type Caller, json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

/** Seconds. */
const GAP_S = { least: 1, usual: 120, most: 600 };
const MAX_RING_POSITIONS = 200;
const MAX_AREA_DEG = 2;
const DEFAULT_MAX_AGE_S = 86_400;
const MAX_AGE_S = 7 * 86_400;

/** An instant in a query: epoch ms, or ISO 8601 with its offset. */
const Instant = z
  .union([
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
    z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
  ])
  .openapi({ type: 'string', example: '2026-01-01T14:00:00Z', description: 'Epoch ms, or ISO 8601 with offset' });
/** In a body numbers are numbers. */
const BodyInstant = z.union([z.number().int().min(0).max(8.64e15), Instant]);
const GapS = numberInUrl(z.number().min(GAP_S.least).max(GAP_S.most));
const Position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);

const NearUnitSchema = z
  .object({
    unitId: z.uuid(),
    callsign: z.string(),
    agencyId: z.uuid(),
    deviceId: z.uuid().nullable().openapi({ description: 'Of its devices the one that came closest' }),
    firstAt: z.number(),
    lastAt: z.number(),
    closestM: z.number().openapi({ description: '0 inside an area' }),
    closestAt: z.number(),
  })
  .openapi('NearUnit');

const PastUnitSchema = z
  .object({
    unitId: z.uuid(),
    callsign: z.string(),
    agencyId: z.uuid(),
    kind: z.string(),
    status: z.string().nullable(),
    statusSince: z.number().nullable(),
    lon: z.number().nullable(),
    lat: z.number().nullable(),
    fixTime: z.number().nullable(),
    ageS: z.number().nullable().openapi({ description: 'Of the fix, at that instant' }),
    deviceId: z.uuid().nullable(),
  })
  .openapi('PastUnit');

export function historyRoutes(operations: Operations, { database, directory, changes }: Core): void {
  const deviceIds = new Map<number, string>();
  const deviceIdOf = (handle: number): string | null => {
    if (!deviceIds.has(handle))
      for (const device of directory.devices.values()) deviceIds.set(device.handle, device.id);
    return deviceIds.get(handle) ?? null;
  };

  /** Before anything is read: what cannot be written down is not told. */
  const audited = (
    caller: Caller,
    action: string,
    subject: { kind: string; id: string },
    detail: Readonly<Record<string, unknown>>,
    ownerId?: string,
  ) => changes.change([], async (_tx, records) => records.audit(caller.auditEntry(action, subject, detail, ownerId)));
  const visibleUnits = (caller: Caller): CrewUnit[] => {
    const agencies = new Set(caller.agencies());
    return [...directory.units.values()].filter((unit) => agencies.has(unit.agencyId));
  };
  const mustBeInOrder = (from: number, to: number) => {
    if (from > to) throw new ApiError(400, 'request_malformed', 'from is after to');
  };

  operations.add(
    'getUnitTrack',
    {
      method: 'get',
      path: '/api/v1/units/{id}/track',
      description:
        'Where a unit was, by device, cut where a device was silent for longer than gapS or jumped. Fixes and the lines they have become are one track.',
      request: {
        params: z.object({ id: z.uuid() }),
        query: z.object({
          from: Instant,
          to: Instant,
          format: z.enum(['geojson', 'gpx']).default('geojson'),
          suspect: z.enum(['omit', 'mark']).default('omit').openapi({ description: 'Fixes that were set aside' }),
          gapS: GapS.default(GAP_S.usual),
        }),
      },
      responses: {
        200: {
          description: 'The track: GeoJSON with the instants of its positions, or GPX 1.1',
          content: {
            'application/geo+json': { schema: z.object({ type: z.literal('FeatureCollection') }).loose() },
            'application/gpx+xml': { schema: z.string() },
          },
        },
        404: { description: 'No such unit' },
        422: { description: 'Too much at once' },
      },
    },
    async (c) => {
      const { from, to, format, suspect, gapS } = c.req.valid('query');
      const unit = directory.units.get(c.req.valid('param').id);
      if (unit === undefined) throw new ApiError(404, 'not_found', 'no such unit');
      const caller = c.get('caller');
      caller.mustReach(unit.agencyId);
      mustBeInOrder(from, to);
      await audited(caller, 'read_track', { kind: 'unit', id: unit.id }, { from, to }, unit.agencyId);
      const track = await unitTrack(database, {
        unitHandle: unit.handle,
        fromMs: from,
        toMs: to,
        maxGapMs: gapS * 1000,
        withSuspects: suspect === 'mark',
      });
      const answer =
        format === 'gpx'
          ? { type: 'application/gpx+xml', text: trackGpx(unit, track, deviceIdOf) }
          : { type: 'application/geo+json', text: JSON.stringify(trackGeoJson(unit, track, deviceIdOf)) };
      return c.body(answer.text, 200, { 'content-type': answer.type }) as never;
    },
  );

  operations.add(
    'findUnitsNear',
    {
      method: 'post',
      path: '/api/v1/history/near',
      description:
        'Which units were within radiusM metres of a place, or in an area (or so near to it), between two instants; closest first. Interpolated between fixes.',
      request: {
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .object({
                  place: z.object({ lon: z.number().min(-180).max(180), lat: z.number().min(-90).max(90) }).optional(),
                  area: z
                    .object({ type: z.literal('Polygon'), coordinates: z.array(z.array(Position)).length(1) })
                    .optional()
                    .openapi({ description: 'A GeoJSON polygon of one ring' }),
                  radiusM: z.number().min(0).max(50_000).default(0),
                  from: BodyInstant,
                  to: BodyInstant,
                  gapS: GapS.default(GAP_S.usual),
                })
                .refine(
                  ({ place, area }) => (place === undefined) !== (area === undefined),
                  'place or area, one of them',
                )
                .openapi('HistoryNear'),
            },
          },
        },
      },
      responses: {
        200: json(z.object({ units: z.array(NearUnitSchema) }), 'Units'),
        422: { description: 'Too much at once' },
      },
    },
    async (c) => {
      const { place, area, radiusM, from, to, gapS } = c.req.valid('json');
      const caller = c.get('caller');
      const units = visibleUnits(caller);
      mustBeInOrder(from, to);
      const target =
        place === undefined ? areaTarget(ringOf(area!.coordinates[0]!)) : placeTarget(place.lon, place.lat);
      const where = [target.lon, target.lat].map((degrees) => Math.round(degrees * 1e4) / 1e4);
      await audited(caller, 'read_history_near', { kind: 'place', id: where.join(',') }, { from, to, radiusM });
      const near = await unitsNear(database, {
        target,
        radiusM,
        fromMs: from,
        toMs: to,
        maxGapMs: gapS * 1000,
        unitHandles: units.map((unit) => unit.handle),
      });
      return c.json(
        {
          units: near.map(({ unitHandle, deviceHandle, firstAt, lastAt, closestM, closestAt }) => {
            const { id: unitId, callsign, agencyId } = directory.unitsByHandle.get(unitHandle)!;
            return {
              unitId,
              callsign,
              agencyId,
              deviceId: deviceIdOf(deviceHandle),
              firstAt,
              lastAt,
              closestM,
              closestAt,
            };
          }),
        },
        200,
      );
    },
  );

  operations.add(
    'getPastPicture',
    {
      method: 'get',
      path: '/api/v1/history/picture',
      description:
        'Every unit at an instant that is past: its last good fix by then, how old that was, and what it showed. Fixes that came late are in it.',
      request: {
        query: z.object({
          at: Instant,
          maxAgeS: numberInUrl(z.number().min(1).max(MAX_AGE_S)).default(DEFAULT_MAX_AGE_S).openapi({
            description: 'Older fixes are not looked for: such a unit is given without a place',
          }),
        }),
      },
      responses: { 200: json(z.object({ at: z.number(), units: z.array(PastUnitSchema) }), 'The picture') },
    },
    async (c) => {
      const { at, maxAgeS } = c.req.valid('query');
      const caller = c.get('caller');
      const units = visibleUnits(caller);
      await audited(caller, 'read_history_picture', { kind: 'agency', id: caller.principal.agency.id }, { at });
      const picture = await pictureAt(database, units, at, maxAgeS * 1000);
      return c.json(
        {
          at,
          units: picture.map(({ unit, status, position }) => ({
            unitId: unit.id,
            callsign: unit.callsign,
            agencyId: unit.agencyId,
            kind: unit.kind,
            status: status?.status ?? null,
            statusSince: status?.since ?? null,
            lon: position?.lon ?? null,
            lat: position?.lat ?? null,
            fixTime: position?.fixTime ?? null,
            ageS: position === null ? null : (at - position.fixTime) / 1000,
            deviceId: position === null ? null : deviceIdOf(position.deviceHandle),
          })),
        },
        200,
      );
    },
  );
}

/** The ring of an area that can be asked about. @throws ApiError 422 `area_malformed` */
function ringOf(ring: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const wrong = (detail: string) => new ApiError(422, 'area_malformed', detail);
  const [first, last] = [ring[0], ring.at(-1)];
  if (ring.length < 4 || ring.length > MAX_RING_POSITIONS) throw wrong(`4 to ${MAX_RING_POSITIONS} positions`);
  if (first![0] !== last![0] || first![1] !== last![1]) throw wrong('the ring does not end where it begins');
  const lats = ring.map(([, lat]) => lat);
  if (Math.max(...lats) - Math.min(...lats) > MAX_AREA_DEG) throw wrong(`at most ${MAX_AREA_DEG} degrees high`);
  return ring;
}
