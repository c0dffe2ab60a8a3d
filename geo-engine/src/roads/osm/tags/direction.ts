import { ACCESS } from '../../road-network.js';
import { type AccessKind, accessOf } from './access.js';
import { emergencyCondition, type Tags } from './tags.js';

// Source: wiki.openstreetmap.org/wiki/Key:oneway.

export type Oneway = 'forward' | 'backward' | 'reversible' | 'none';

const BY_VALUE: ReadonlyMap<string | undefined, Oneway> = new Map([
  ['yes', 'forward'],
  ['true', 'forward'],
  ['1', 'forward'],
  ['-1', 'backward'],
  ['reverse', 'backward'],
  ['reversible', 'reversible'], // by the hour: nobody can say which way it goes now
  ['alternating', 'none'], // by signals: both ways within minutes
  ['no', 'none'],
  ['false', 'none'],
  ['0', 'none'],
]);
const ONEWAY_KEYS = ['oneway:motorcar', 'oneway:motor_vehicle', 'oneway:vehicle', 'oneway'] as const;
const EXEMPT_KEYS = ['oneway:emergency', 'oneway:bus', 'oneway:psv'] as const;
const BUS_LANE_KEYS = ['busway', 'busway:left', 'busway:right', 'busway:both'] as const;
const IMPLIED_JUNCTIONS: ReadonlySet<string> = new Set(['roundabout', 'circular']);

/** Which way motor vehicles may go by the one-way tags. */
export function onewayOf(tags: Tags): Oneway {
  for (const key of ONEWAY_KEYS) {
    const oneway = BY_VALUE.get(tags.get(key));
    if (oneway !== undefined) return oneway;
  }
  const isImplied = IMPLIED_JUNCTIONS.has(tags.get('junction') ?? '') || tags.get('highway') === 'motorway';
  return isImplied ? 'forward' : 'none';
}

/** Emergency services or buses have a way against the one-way: a lane of their own, or a sign. */
function hasExemption(tags: Tags): boolean {
  return (
    EXEMPT_KEYS.some((key) => BY_VALUE.get(tags.get(key)) === 'none') ||
    BUS_LANE_KEYS.some((key) => tags.get(key) === 'opposite_lane') ||
    emergencyCondition(tags.get('oneway:conditional') ?? '') === 'no'
  );
}

/** Whether the one-way holds, or does not, at times that are not read. */
export function hasUnreadOneway(tags: Tags): boolean {
  const condition = tags.get('oneway:conditional');
  return condition !== undefined && emergencyCondition(condition) === undefined;
}

export interface DirectedAccess {
  readonly oneway: Oneway;
  /** ACCESS along the way and against it. */
  readonly forward: number;
  readonly backward: number;
}

/** What motor vehicles may do in either direction: access and one-way together. */
export function directedAccessOf(tags: Tags, kind: AccessKind): DirectedAccess {
  const oneway = onewayOf(tags);
  // against the traffic of a motorway nobody drives, whatever their rights
  const isMotorway = tags.get('highway') === 'motorway' || tags.get('highway') === 'motorway_link';
  const against = isMotorway ? ACCESS.no : hasExemption(tags) ? ACCESS.restricted : ACCESS.contraflow;
  const of = (direction: 'forward' | 'backward'): number => {
    const access = accessOf(tags, kind, direction);
    if (access === ACCESS.no || oneway === 'none' || oneway === direction) return access;
    return oneway === 'reversible' ? ACCESS.contraflow : against;
  };
  return { oneway, forward: of('forward'), backward: of('backward') };
}
