import { z } from '@hono/zod-openapi';
import type { AggregateKind } from '../feed/event.js';
import { UNIT_STATUSES } from '../protocol/status.js';
import { sqlStatements } from '../store/sql-file.js';
import { instant } from '../stored-instant.js';
import { text } from '../stored-text.js';

/** The statements of registry.sql: one insert a kind, and the few changes of what is registered. */
export const registrySql = sqlStatements('./registry.sql', import.meta.url, [
  'agencies',
  'grants',
  'stations',
  'vehicles',
  'units',
  'devices',
  'device_bindings',
  'crew_shifts',
  'crew_rests',
  'unit_equipment',
  'reservations',
  'duty_areas',
  'norm_zones',
  'norms',
  'territories',
  'shelters',
  'map_lines',
  'known',
  'revoke_grant',
  'grant',
  'revoke_device',
  'rotate_device_token',
  'set_report_interval',
  'stations_of',
  'set_equipment',
]);

const id = z.uuid();
const code = z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,31}$/);
const word = text(200).min(1);
const lon = z.number().min(-180).max(180);
const lat = z.number().min(-90).max(90);
const owned = { id, agencyCode: code };
const territoryKind = z.enum(['country', 'region', 'municipality', 'town', 'port', 'norm_zone', 'duty_area']);
/** A territory of any agency, by what it is called. */
const ofTerritory = { territoryKind, territoryCode: word };
const position = z
  .array(z.number())
  .min(2)
  .max(3)
  .refine(([lon, lat]) => Math.abs(lon!) <= 180 && Math.abs(lat!) <= 90, 'is outside the world (order is lon, lat)');
const ring = z
  .array(position)
  .min(4)
  .refine((points) => {
    const last = points[points.length - 1];
    return points[0]?.[0] === last?.[0] && points[0]?.[1] === last?.[1];
  }, 'does not end where it begins');
/** Degrees: Web Mercator, in which map lines are kept, ends here. */
const MERCATOR_LAT = 85.06;

/**
 * What can be registered, one row or many: its row, and what its events are called (null: scenery, it has none). Every row carries its id (UUIDv7 made by the
 * sender), so that a repeated request or import changes nothing.
 */
export const REGISTRY = {
  agencies: {
    aggregate: 'agency',
    row: z.object({
      id,
      code,
      kind: z.enum([
        'fire_rescue',
        'state_police',
        'municipal_police',
        'port_police',
        'ambulance',
        'gas',
        'state_security',
        'contact_centre',
        'operator',
        'other',
      ]),
      nameLv: word,
      nameEn: word,
    }),
  },
  grants: {
    aggregate: 'grant',
    row: z.object({
      ...owned,
      granteeCode: code,
      tier: z.enum(['see', 'assist', 'command']),
      purpose: word,
      validFrom: instant.optional(),
      validTo: instant.nullish(),
    }),
  },
  stations: {
    aggregate: 'station',
    row: z.object({ ...owned, code: word, name: word, kind: word, lon, lat, address: word.nullish() }),
  },
  vehicles: {
    aggregate: 'vehicle',
    row: z.object({
      ...owned,
      stationCode: word.nullish(),
      registration: word,
      kind: word,
      profile: z.enum(['heavy', 'car', 'ambulance', 'boat']),
    }),
  },
  units: {
    aggregate: 'unit',
    row: z.object({
      ...owned,
      callsign: word,
      kind: word,
      stationCode: word.nullish(),
      vehicleId: id.nullish(),
      statusAtRest: z.enum(UNIT_STATUSES),
      capabilities: z
        .array(z.object({ code: word, quantity: z.number().positive() }))
        .max(50)
        .default([]),
    }),
  },
  devices: {
    aggregate: 'device',
    row: z.object({
      ...owned,
      kind: z.enum(['vehicle', 'tablet', 'phone', 'radio', 'tracker']),
      name: word,
      tokenSha256: z.string().regex(/^[0-9a-f]{64}$/),
      reportIntervalS: z.number().int().min(1).max(3600).default(10),
    }),
  },
  'device-bindings': {
    aggregate: 'device',
    row: z.object({ ...owned, deviceId: id, unitId: id, priority: z.number().int().min(0).max(1000).default(100) }),
  },
  'crew-shifts': {
    aggregate: 'crew_shift',
    row: z.object({
      ...owned,
      unitId: id,
      startsAt: instant,
      endsAt: instant,
      headCount: z.number().int().min(0).max(100),
      qualifications: z.record(z.string(), z.number().int().min(0)).default({}),
      crew: word.nullish(),
    }),
  },
  'crew-rests': {
    aggregate: 'crew_rest',
    row: z.object({ ...owned, unitId: id, startsAt: instant, endsAt: instant }),
  },
  'unit-equipment': {
    aggregate: 'unit_equipment',
    row: z.object({ ...owned, unitId: id, code: word, quantity: z.number().min(0) }),
  },
  reservations: {
    aggregate: 'reservation',
    row: z.object({ ...owned, unitId: id, vekId: id, startsAt: instant, endsAt: instant }),
  },
  territories: {
    aggregate: 'territory',
    row: z.object({
      ...owned,
      kind: territoryKind,
      code: word,
      nameLv: word,
      nameEn: word,
      approximate: z.boolean(),
      boundary: z.union([
        z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(ring).min(1)).min(1) }),
        z.object({ type: z.literal('Polygon'), coordinates: z.array(ring).min(1) }),
      ]),
      attributes: z.record(z.string(), z.unknown()).default({}),
    }),
  },
  'duty-areas': {
    aggregate: 'duty_area',
    row: z.object({ ...owned, ...ofTerritory }),
  },
  'norm-zones': {
    aggregate: 'norm_zone',
    row: z.object({ ...owned, ...ofTerritory, service: word, zone: word }),
  },
  norms: {
    aggregate: 'norm',
    row: z.object({
      ...owned,
      service: word,
      priority: z.enum(['P1', 'P2', 'P3', 'P4']).nullish(),
      zone: word.nullish(),
      phase: z.enum(['turnout', 'travel', 'reaction']),
      limitS: z.number().int().positive(),
      share: z.number().positive().max(1).nullish(),
      source: word,
      certainty: z.enum(['read', 'second_hand', 'assumed']),
      validFrom: z.iso.date(),
      validTo: z.iso.date().nullish(),
    }),
  },
  shelters: {
    aggregate: 'shelter',
    row: z.object({
      ...owned,
      source: word,
      sourceId: word,
      municipality: word.nullish(),
      addressLine: word,
      useRaw: word,
      useCode: z.enum([
        'school',
        'preschool',
        'culture',
        'administration',
        'residential',
        'health',
        'social',
        'library_museum',
        'sport',
        'trade_office',
        'industry_storage',
        'hotel',
        'other',
      ]),
      category: z.number().int().min(1).max(3).nullish(),
      capacity: z.number().int().min(0).nullish(),
      accessible: z.boolean().nullish(),
      entranceNote: word.nullish(),
      lon,
      lat,
      published: z.boolean(),
    }),
  },
  'map-lines': {
    aggregate: null,
    row: z.object({
      ...owned,
      layer: z.enum(['road', 'river']),
      class: word,
      minZoom: z.number().int().min(0).max(14),
      ref: word.nullish(),
      name: word.nullish(),
      generated: z.boolean(),
      line: z
        .array(position.refine(([, lat]) => Math.abs(lat!) <= MERCATOR_LAT, 'is beyond the edge of the map'))
        .min(2),
    }),
  },
} as const satisfies Record<string, { aggregate: AggregateKind | null; row: z.ZodType }>;

export type RegistryKind = keyof typeof REGISTRY;
export const REGISTRY_KINDS = Object.keys(REGISTRY) as RegistryKind[];
