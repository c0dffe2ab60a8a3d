import { ACCESS } from '../../road-network.js';
import { type Direction, emergencyCondition, listed, type Tags } from './tags.js';

// Source: wiki.openstreetmap.org/wiki/Key:access. A key for fewer vehicles goes before one for more.

/** What a road is to motor vehicles before anybody has tagged its access. */
export type AccessKind =
  /** Open. */
  | 'road'
  /** Wide enough, but not for motor vehicles: pedestrian street, busway, emergency access. */
  | 'reserved'
  /** Nothing to drive on unless somebody says so: footway, path, ferry. */
  | 'not_for_vehicles';

const MOTOR_KEYS = ['motorcar', 'motor_vehicle', 'vehicle'] as const;
const ACCESS_KEYS = ['access', ...MOTOR_KEYS] as const;
/** The keys of one direction, spelled once: they are asked of every way of a country. */
const OF_DIRECTION = { forward: keysOf('forward'), backward: keysOf('backward') } as const;
const ALL_CONDITIONS = ACCESS_KEYS.flatMap((key) =>
  ['', ':forward', ':backward'].map((direction) => `${key}${direction}:conditional`),
);
const BUS_KEYS = ['bus', 'psv', 'taxi'] as const;
const ALLOWED: ReadonlySet<string> = new Set(['yes', 'designated', 'official', 'permissive', 'destination']);

const BY_VALUE: ReadonlyMap<string, number> = new Map([
  ...valued(ACCESS.yes, 'yes permissive designated official public'),
  ...valued(ACCESS.destination, 'destination residents resident discouraged'),
  ...valued(ACCESS.private, 'private customers delivery permit employees military'),
  ...valued(ACCESS.restricted, 'agricultural forestry emergency psv bus'),
  ...valued(ACCESS.no, 'no'),
]);

function keysOf(direction: Direction) {
  return {
    motor: MOTOR_KEYS.map((key) => ({ key, ofDirection: `${key}:${direction}` })),
    access: `access:${direction}`,
    emergency: `emergency:${direction}`,
    conditions: ACCESS_KEYS.flatMap((key) => [`${key}:${direction}:conditional`, `${key}:conditional`]),
  };
}

function valued(access: number, values: string): [string, number][] {
  return values.split(' ').map((value) => [value, access]);
}

/** ACCESS that a value gives; of several the widest; undefined when none of them is known. */
function accessValue(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const known = listed(value)
    .map((one) => BY_VALUE.get(one))
    .filter((access) => access !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** What is said of emergency vehicles, by their own tag or as a condition of another. */
function emergencyRule(tags: Tags, direction: Direction): 'may' | 'may_not' | undefined {
  const { emergency, conditions } = OF_DIRECTION[direction];
  const own = tags.get(emergency) ?? tags.get('emergency');
  const said = own === undefined ? [] : [own];
  for (const key of conditions) {
    const value = tags.has(key) ? emergencyCondition(tags.get(key)!) : undefined;
    if (value !== undefined) said.push(value);
  }
  if (said.some((value) => ALLOWED.has(value))) return 'may';
  // any other value names a thing (a telephone, a hydrant), not a right
  return said.includes('no') ? 'may_not' : undefined;
}

/** Whether there is a rule that holds only at times, or for vehicles that are not looked at. */
export function hasUnreadAccess(tags: Tags): boolean {
  return ALL_CONDITIONS.some((key) => tags.has(key) && emergencyCondition(tags.get(key)!) === undefined);
}

/**
 * ACCESS of motor vehicles in one direction, as far as the access keys say it (one-ways are another matter).
 *
 * A road that is closed to motor vehicles by a sign is still a road: emergency services may use it. One that is closed to
 * everybody (`access=no`) may be dug up or fallen in: nobody drives it, unless buses or emergency services are named.
 * Goods vehicles' own keys (`hgv`) are not looked at: an appliance carries no goods, and what is too heavy or high for a
 * bridge is signed by `maxweight` and `maxheight`.
 */
export function accessOf(tags: Tags, kind: AccessKind, direction: Direction): number {
  let access = motorAccess(tags, kind, direction);
  const emergency = emergencyRule(tags, direction);
  if (access === ACCESS.no && emergency === 'may') access = ACCESS.restricted;
  if ((access === ACCESS.restricted || access === ACCESS.private) && emergency === 'may_not') access = ACCESS.no;
  return access;
}

function motorAccess(tags: Tags, kind: AccessKind, direction: Direction): number {
  const keys = OF_DIRECTION[direction];
  for (const { key, ofDirection } of keys.motor) {
    const own = accessValue(tags.get(ofDirection));
    // closed in one direction is a one-way street by another name
    if (own === ACCESS.no && kind !== 'not_for_vehicles') return ACCESS.contraflow;
    const access = own ?? accessValue(tags.get(key));
    if (access === ACCESS.no && kind !== 'not_for_vehicles') return ACCESS.restricted;
    if (access !== undefined) return access;
  }
  if (kind === 'not_for_vehicles') return ACCESS.no;
  // on a pedestrian street `access` speaks of people on foot
  if (kind === 'reserved') return ACCESS.restricted;
  const access = accessValue(tags.get(keys.access)) ?? accessValue(tags.get('access')) ?? ACCESS.yes;
  const busesMay = BUS_KEYS.some((key) => ALLOWED.has(tags.get(key) ?? ''));
  return access === ACCESS.no && busesMay ? ACCESS.restricted : access;
}
