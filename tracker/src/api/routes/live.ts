/** Where everybody is and who is nearest: answered from memory, never from the database. */
import { z } from '@hono/zod-openapi';
import { box, boxContains, lonLat, nearestSuitable, type UnitRoster } from '../../../../geo-engine/src/index.js';
import type { Core } from '../../core.js';
import { areApart, distanceBetweenM, isFresh } from '../../live/other-sources.js';
import { numberInUrl, numbersInUrl } from '../../number-in-url.js';
import { STALE_AFTER_INTERVALS, UNIT_FLAG } from '../../protocol/live-frame.js';
import { DISPATCHABLE_STATUSES } from '../../protocol/status.js';
import { type CrewUnit, holdAt } from '../../units/directory.js';
import { unitFacts } from '../../units/unit-facts.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

const DEFAULT_MAX_FIX_AGE_S = 1800;

const UnitSchema = z
  .object({
    id: z.uuid(),
    handle: z.number().int().openapi({ description: 'Number in live frames' }),
    agencyId: z.uuid(),
    stationId: z.uuid().nullable(),
    callsign: z.string(),
    kind: z.string(),
    status: z.string(),
    statusSince: z.number(),
    statusSource: z.string(),
    version: z.number().int(),
    capabilities: z.record(z.string(), z.number()),
    heldUntil: z.number().nullable(),
    setAside: z
      .record(z.string(), z.number().int())
      .openapi({ description: 'Fixes set aside since the start, by reason' }),
    sourcesApart: z.boolean().openapi({ description: 'Its devices say that they are far from each other' }),
  })
  .openapi('Unit');

const SourceSchema = z
  .object({
    deviceId: z.uuid(),
    kind: z.string(),
    name: z.string(),
    priority: z.number().int(),
    live: z.boolean().openapi({ description: 'It gives the unit’s live position' }),
    fresh: z.boolean(),
    fixTime: z.number().nullable(),
    receivedAt: z.number().nullable(),
    fromLiveM: z.number().nullable().openapi({ description: 'Metres from the live position' }),
    apart: z
      .boolean()
      .openapi({ description: 'It cannot be where the live one is: it has left the vehicle, or one is wrong' }),
  })
  .openapi('UnitSource');

const LiveUnitSchema = z
  .object({
    id: z.uuid(),
    callsign: z.string(),
    status: z.string(),
    lon: z.number(),
    lat: z.number(),
    fixTime: z.number(),
    receivedAt: z.number(),
    ageS: z.number().openapi({ description: 'By the older of fix time and receive time' }),
    stale: z.boolean(),
    speedMps: z.number().nullable(),
    headingDeg: z.number().nullable(),
    accuracyM: z.number().nullable(),
  })
  .openapi('LiveUnit');

const Box = z.string().transform((text, context) => {
  const [west, south, east, north, ...more] = numbersInUrl(text) ?? [];
  try {
    if (west === undefined || south === undefined || east === undefined || north === undefined || more.length > 0)
      throw new RangeError('west,south,east,north in degrees');
    return box(west, south, east, north);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

export function liveRoutes(operations: Operations, { directory, live, intake }: Core): void {
  const agencyOf = (code: string) => {
    const agency = directory.agenciesByCode.get(code);
    if (agency === undefined) throw new ApiError(422, 'reference_unknown', `no agency ${code}`);
    return agency;
  };

  const shown = (unit: CrewUnit) => ({
    id: unit.id,
    handle: unit.handle,
    agencyId: unit.agencyId,
    stationId: unit.stationId,
    callsign: unit.callsign,
    kind: unit.kind,
    status: unit.status,
    statusSince: unit.statusSince,
    statusSource: unit.statusSource,
    version: unit.version,
    capabilities: Object.fromEntries(unit.capabilities),
    heldUntil: holdAt(unit, Date.now())?.until ?? null,
    setAside: intake.judge.setAside(unit.slot),
    sourcesApart: (live.flags[unit.slot] & UNIT_FLAG.sourcesApart) !== 0,
  });

  /** The unit's devices, those of the most weight first, with what each last said since the start. */
  const sourcesOf = ({ id, slot }: CrewUnit, now: number) => {
    const liveSighting = live.hasPosition(slot) ? live.sighting(slot) : undefined;
    const others = new Map([...live.others.of(slot)].map((sighting) => [sighting.deviceHandle, sighting]));
    return [...directory.devicesOf(id)]
      .sort((a, b) => b.fixSource.priority - a.fixSource.priority || a.handle - b.handle)
      .map(({ id: deviceId, handle, kind, name, fixSource }) => {
        const isLive = liveSighting?.deviceHandle === handle;
        const sighting = isLive ? liveSighting : others.get(handle);
        const both = sighting !== undefined && liveSighting !== undefined;
        return {
          deviceId,
          kind,
          name,
          priority: fixSource.priority,
          live: isLive,
          fresh: sighting !== undefined && isFresh(sighting, now),
          fixTime: sighting?.fixTime ?? null,
          receivedAt: sighting?.receivedAt ?? null,
          fromLiveM: both ? Math.round(distanceBetweenM(sighting, liveSighting)) : null,
          apart: both && areApart(sighting, liveSighting, now),
        };
      });
  };

  operations.add(
    'getUnits',
    {
      method: 'get',
      path: '/api/v1/units',
      description: 'Units of the agencies the caller may see.',
      responses: { 200: json(z.object({ units: z.array(UnitSchema) }), 'Units') },
    },
    (c) => {
      const agencies = new Set(c.get('caller').agencies());
      return c.json(
        {
          units: [...directory.units.values()]
            .filter((unit) => !unit.retired && agencies.has(unit.agencyId))
            .map(shown),
        },
        200,
      );
    },
  );

  operations.add(
    'getUnit',
    {
      method: 'get',
      path: '/api/v1/units/{id}',
      request: { params: z.object({ id: z.uuid() }) },
      responses: {
        200: json(
          UnitSchema.extend({ sources: z.array(SourceSchema) }),
          'The unit, with the devices that say where it is',
        ),
        404: { description: 'None here' },
      },
    },
    (c) => {
      const unit = directory.units.get(c.req.valid('param').id);
      if (unit === undefined) throw new ApiError(404, 'not_found', 'no such unit');
      c.get('caller').mustReach(unit.agencyId);
      return c.json({ ...shown(unit), sources: sourcesOf(unit, Date.now()) }, 200);
    },
  );

  operations.add(
    'getLiveUnits',
    {
      method: 'get',
      path: '/api/v1/live',
      description: 'Live positions in a box, each with its age.',
      request: {
        query: z.object({
          box: Box.openapi({
            type: 'string',
            example: '23.9,56.8,24.4,57.1',
            description: 'west,south,east,north',
          }).optional(),
        }),
      },
      responses: { 200: json(z.object({ at: z.number(), units: z.array(LiveUnitSchema) }), 'Positions') },
    },
    (c) => {
      const agencies = new Set(c.get('caller').agencies());
      const within = c.req.valid('query').box;
      const now = Date.now();
      const units = [];
      for (const unit of directory.units.values()) {
        const { slot } = unit;
        if (!live.hasPosition(slot) || !agencies.has(unit.agencyId)) continue;
        const lon = live.lonE7[slot] / 1e7;
        const lat = live.latE7[slot] / 1e7;
        if (within !== undefined && !boxContains(within, lon, lat)) continue;
        const known = (value: number, scale: number) => (value === 0xffff ? null : value / scale);
        const ageS = (now - Math.min(live.fixTime[slot], live.receivedAt[slot])) / 1000;
        units.push({
          id: unit.id,
          callsign: unit.callsign,
          status: unit.status,
          lon,
          lat,
          fixTime: live.fixTime[slot],
          receivedAt: live.receivedAt[slot],
          ageS,
          stale: ageS > live.intervalS[slot] * STALE_AFTER_INTERVALS,
          speedMps: known(live.speedCmps[slot], 100),
          headingDeg: known(live.headingCdeg[slot], 100),
          accuracyM: known(live.accuracyDm[slot], 10),
        });
      }
      return c.json({ at: now, units }, 200);
    },
  );

  operations.add(
    'getNearest',
    {
      method: 'get',
      path: '/api/v1/nearest',
      description: 'The k nearest suitable units by straight line, why each, and why not the others.',
      request: {
        query: z.object({
          lon: numberInUrl(z.number().min(-180).max(180)),
          lat: numberInUrl(z.number().min(-90).max(90)),
          k: numberInUrl(z.number().int().min(1).max(100)).default(5),
          capability: z
            .string()
            .regex(/^[a-z_]+(:\d+(\.\d+)?)?(,[a-z_]+(:\d+(\.\d+)?)?)*$/)
            .optional()
            .openapi({ example: 'water:2000,extinguish', description: 'code or code:quantity, several by comma' }),
          agency: z
            .string()
            .optional()
            .openapi({ description: 'Agency codes, several by comma; others are not asked' }),
          kind: z.string().optional().openapi({ description: 'Unit kinds, several by comma' }),
          minHeadCount: numberInUrl(z.number().int().min(0).max(100)).optional(),
          vekId: z.uuid().optional().openapi({ description: 'Units already on it are not offered' }),
          maxFixAgeS: numberInUrl(z.number().positive().max(86_400)).default(DEFAULT_MAX_FIX_AGE_S),
        }),
      },
      responses: {
        200: json(z.object({ at: z.number() }).loose(), 'Chosen, not chosen with reasons, the rest counted by reason'),
      },
    },
    (c) => {
      const query = c.req.valid('query');
      const now = Date.now();
      const visible = new Set(c.get('caller').agencies());
      const agencyIds =
        query.agency === undefined ? [...visible] : query.agency.split(',').map((code) => agencyOf(code).id);
      // units of agencies the caller may not see are not even counted
      const facts = new Map(
        [...directory.units.values()]
          .filter((unit) => !unit.retired && visible.has(unit.agencyId))
          .map((unit) => [unit.handle, unitFacts(unit, live, now)]),
      );
      const roster: UnitRoster = facts;
      const answer = nearestSuitable(live.index, roster, {
        place: lonLat(query.lon, query.lat),
        now,
        k: query.k,
        maxFixAgeS: query.maxFixAgeS,
        dispatchableStatuses: DISPATCHABLE_STATUSES,
        capabilities: (query.capability ?? '')
          .split(',')
          .filter((part) => part !== '')
          .map((part) => ({ code: part.split(':')[0]!, quantity: Number(part.split(':')[1] ?? 1) })),
        agencyIds,
        kinds: query.kind?.split(',') ?? null,
        ...(query.minHeadCount === undefined ? {} : { minHeadCount: query.minHeadCount }),
        vekId: query.vekId ?? null,
      });
      return c.json({ at: now, ...answer } as { at: number; [key: string]: unknown }, 200);
    },
  );
}
