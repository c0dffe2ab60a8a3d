import type { LeaveOut } from '../../map-road.js';
import { isUnpaved } from './surface.js';
import type { Direction, Tags } from './tags.js';

// Source of the spellings: wiki.openstreetmap.org/wiki/Key:maxspeed, …/Key:source:maxspeed, …/Default_speed_limits.

export interface SpeedLimits {
  /** km/h, 0 none known. */
  readonly forwardKmh: number;
  readonly backwardKmh: number;
  /** The map says that the road lies in a built-up area. */
  readonly urban: boolean;
}

/** What a tag says of a limit: km/h, 0 for "none that a sign gives", undefined when it is not understood. */
type Limit = number | undefined;

interface CountryLimits {
  readonly urban?: number;
  readonly rural?: number;
  /** On unpaved rural roads, where that differs. */
  readonly ruralUnpaved?: number;
  readonly motorway?: number;
  readonly trunk?: number;
  readonly livingStreet?: number;
  readonly singleCarriageway?: number;
  readonly dualCarriageway?: number;
}

const KMH_PER_MPH = 1.609344;
const KMH_PER_KNOT = 1.852;
/** Nobody signs more. */
const MOST_KMH = 200;
/** What a court would call walking pace. */
const WALK_KMH = 7;

/** General limits of passenger cars, km/h, by country; only those that are known well. Latvia: Road Traffic Regulations. */
const COUNTRIES: Readonly<Record<string, CountryLimits>> = {
  lv: { urban: 50, rural: 90, ruralUnpaved: 80, motorway: 110, livingStreet: 20 },
  ee: { urban: 50, rural: 90, livingStreet: 20 },
  lt: { urban: 50, rural: 90, ruralUnpaved: 70, motorway: 130, livingStreet: 20 },
  at: { urban: 50, rural: 100, motorway: 130, livingStreet: WALK_KMH },
  bg: { urban: 50, rural: 90, motorway: 140, livingStreet: 20 },
  by: { urban: 60, rural: 90, motorway: 110, livingStreet: 20 },
  ch: { urban: 50, rural: 80, motorway: 120, trunk: 100, livingStreet: 20 },
  cz: { urban: 50, rural: 90, motorway: 130, livingStreet: 20 },
  de: { urban: 50, rural: 100, motorway: 0, livingStreet: WALK_KMH },
  dk: { urban: 50, rural: 80, motorway: 130 },
  fi: { urban: 50, rural: 80, motorway: 120, livingStreet: 20 },
  fr: { urban: 50, rural: 80, motorway: 130, livingStreet: 20 },
  gb: {
    urban: Math.round(30 * KMH_PER_MPH),
    singleCarriageway: Math.round(60 * KMH_PER_MPH),
    dualCarriageway: Math.round(70 * KMH_PER_MPH),
    motorway: Math.round(70 * KMH_PER_MPH),
  },
  hu: { urban: 50, rural: 90, motorway: 130, livingStreet: 20 },
  it: { urban: 50, rural: 90, motorway: 130 },
  li: { urban: 50, rural: 80, livingStreet: 20 },
  no: { urban: 50, rural: 80 },
  pl: { urban: 50, rural: 90, motorway: 140, livingStreet: 20 },
  ro: { urban: 50, rural: 90, motorway: 130 },
  ru: { urban: 60, rural: 90, motorway: 110, livingStreet: 20 },
  se: { urban: 50, rural: 70, motorway: 110 },
  sk: { urban: 50, rural: 90, motorway: 130, livingStreet: 20 },
  ua: { urban: 50, rural: 90, motorway: 130, livingStreet: 20 },
};

const ZONE_KEYS = ['maxspeed:type', 'source:maxspeed', 'zone:maxspeed', 'zone:traffic'] as const;

/** A zone such as `LV:urban`, `DE:zone:30`, `LV:30`: country, then what it is or its figure. */
function zoneLimit(zone: string, surface: number): Limit {
  const [, country, kind, figure] = /^([a-z]{2}):(?:zone:?)?(?:([a-z_]+)|(\d{1,3}))$/.exec(zone) ?? [];
  if (figure !== undefined) return inRange(Number(figure));
  const limits = COUNTRIES[country];
  switch (kind) {
    case 'urban':
    case 'nsl_restricted':
      return limits?.urban;
    case 'rural':
      return isUnpaved(surface) ? (limits?.ruralUnpaved ?? limits?.rural) : limits?.rural;
    case 'motorway':
      return limits?.motorway;
    case 'trunk':
      return limits?.trunk;
    case 'living_street':
      return limits?.livingStreet;
    case 'nsl_single':
      return limits?.singleCarriageway;
    case 'nsl_dual':
      return limits?.dualCarriageway;
    default:
      return undefined;
  }
}

function inRange(kmh: number): Limit {
  return kmh > 0 && kmh <= MOST_KMH ? Math.max(1, Math.round(kmh)) : undefined;
}

function oneLimit(value: string, surface: number): Limit {
  const [, figure, unit] = /^(\d+(?:\.\d+)?)\s*(km\/?h|kmph|kph|mph|knots?)?$/.exec(value) ?? [];
  if (figure !== undefined) {
    const factor = unit === 'mph' ? KMH_PER_MPH : unit?.startsWith('knot') ? KMH_PER_KNOT : 1;
    return inRange(Number(figure) * factor);
  }
  switch (value) {
    case 'none':
    case 'signals':
    case 'variable':
      return 0; // no figure that holds at all times
    case 'walk':
      return WALK_KMH;
    default:
      return zoneLimit(value, surface);
  }
}

/** A `maxspeed` value in km/h. Of several (`50;30`, or one for each lane) the lowest. */
export function maxSpeedKmh(value: string, surface: number): Limit {
  const limits = value
    .toLowerCase()
    .split(/[;|]/)
    .map((one) => oneLimit(one.trim(), surface))
    .filter((limit) => limit !== undefined);
  const figures = limits.filter((limit) => limit > 0);
  return figures.length > 0 ? Math.min(...figures) : limits[0];
}

/**
 * Signed limits of both directions. The direction's own tag goes before the common one, a figure before the kind of
 * zone that the road lies in. A limit for some hours or vehicles is not read.
 */
export function speedLimitsOf(tags: Tags, surface: number, leaveOut: LeaveOut): SpeedLimits {
  if (
    ['maxspeed:conditional', 'maxspeed:forward:conditional', 'maxspeed:backward:conditional'].some((key) =>
      tags.has(key),
    )
  ) {
    leaveOut('conditional_limit');
  }
  const zones = ZONE_KEYS.map((key) => tags.get(key)?.toLowerCase()).filter((zone) => zone !== undefined);
  const read = (key: string): Limit => {
    const value = tags.get(key);
    if (value === undefined) return undefined;
    const limit = maxSpeedKmh(value, surface);
    if (limit === undefined) leaveOut('unreadable_maxspeed');
    return limit;
  };
  const common =
    read('maxspeed') ?? zones.map((zone) => zoneLimit(zone, surface)).find((limit) => limit !== undefined) ?? 0;
  const of = (direction: Direction): number => read(`maxspeed:${direction}`) ?? common;
  const urban = [tags.get('maxspeed')?.toLowerCase(), ...zones].some(
    (zone) => zone !== undefined && /^[a-z]{2}:urban$/.test(zone),
  );
  return { forwardKmh: of('forward'), backwardKmh: of('backward'), urban };
}
