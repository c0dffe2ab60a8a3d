import type { LeaveOut, RoadMeaning } from '../../map-road.js';
import { ACCESS, ROAD_CLASS, type RoadClass, SEGMENT_FLAG } from '../../road-network.js';
import { type AccessKind, hasUnreadAccess } from './access.js';
import { directedAccessOf, hasUnreadOneway } from './direction.js';
import { crossingOf } from './duration.js';
import { speedLimitsOf } from './max-speed.js';
import { maxHeightOf, maxWeightOf } from './size-limits.js';
import { surfaceOf, trackGradeOf } from './surface.js';
import type { Tags } from './tags.js';

interface Kind {
  readonly roadClass: RoadClass;
  readonly access: AccessKind;
}

/** `highway` values that are roads under another name than their class. What stands nowhere (steps, proposed, …) is no road. */
const OTHER_HIGHWAYS: Readonly<Record<string, Kind>> = {
  road: { roadClass: 'unclassified', access: 'road' }, // seen from the air, class unknown
  pedestrian: { roadClass: 'pedestrian', access: 'reserved' },
  busway: { roadClass: 'service', access: 'reserved' },
  path: { roadClass: 'path', access: 'not_for_vehicles' },
  footway: { roadClass: 'path', access: 'not_for_vehicles' },
  cycleway: { roadClass: 'path', access: 'not_for_vehicles' },
  bridleway: { roadClass: 'path', access: 'not_for_vehicles' },
};

function kindOf(tags: Tags): Kind | undefined {
  const highway = tags.get('highway');
  if (highway === undefined) {
    return tags.get('route') === 'ferry' ? { roadClass: 'ferry', access: 'not_for_vehicles' } : undefined;
  }
  const other = Object.hasOwn(OTHER_HIGHWAYS, highway) ? OTHER_HIGHWAYS[highway] : undefined;
  if (other) return other;
  if (!Object.hasOwn(ROAD_CLASS, highway) || highway === 'ferry') return undefined;
  const isReserved = tags.get('service') === 'emergency_access';
  return { roadClass: highway as RoadClass, access: isReserved ? 'reserved' : 'road' };
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== 'no';

/**
 * What a way means for motor vehicles, emergency vehicles included; undefined when it is no road, or one that nobody may
 * drive. What is a road and still left out is counted.
 */
export function roadMeaning(tags: Tags, leaveOut: LeaveOut): RoadMeaning | undefined {
  const kind = kindOf(tags);
  if (kind === undefined) return undefined;
  const { oneway, forward, backward } = directedAccessOf(tags, kind.access);
  if (forward === ACCESS.no && backward === ACCESS.no) {
    if (kind.access !== 'not_for_vehicles') leaveOut('closed_to_all');
    return undefined;
  }
  if (tags.get('area') === 'yes') return void leaveOut('area');
  if (tags.get('smoothness') === 'impassable' || tags.get('impassable') === 'yes') return void leaveOut('impassable');
  if (isSet(tags.get('ice_road')) || isSet(tags.get('winter_road'))) return void leaveOut('seasonal');

  // the road stays: now what is not understood of it counts
  if (hasUnreadAccess(tags)) leaveOut('conditional_access');
  if (hasUnreadOneway(tags)) leaveOut('conditional_oneway');
  const surface = surfaceOf(tags);
  const limits = speedLimitsOf(tags, surface, leaveOut);
  const isFerry = kind.roadClass === 'ferry';
  const flags: readonly [number, boolean][] = [
    [SEGMENT_FLAG.roundabout, tags.get('junction') === 'roundabout'],
    [SEGMENT_FLAG.tunnel, isSet(tags.get('tunnel'))],
    [SEGMENT_FLAG.bridge, isSet(tags.get('bridge'))],
    [SEGMENT_FLAG.toll, isSet(tags.get('toll'))],
    [SEGMENT_FLAG.ferry, isFerry],
    [SEGMENT_FLAG.generated, tags.get('source') === 'generated'],
    [SEGMENT_FLAG.oneway, oneway === 'forward' || oneway === 'backward'],
    [SEGMENT_FLAG.urban, limits.urban],
  ];
  return {
    roadClass: ROAD_CLASS[kind.roadClass],
    surface,
    track: trackGradeOf(tags),
    flags: flags.reduce((bits, [flag, is]) => (is ? bits | flag : bits), 0),
    accessForward: forward,
    accessBackward: backward,
    forwardKmh: limits.forwardKmh,
    backwardKmh: limits.backwardKmh,
    maxWeight: maxWeightOf(tags, leaveOut),
    maxHeight: maxHeightOf(tags, leaveOut),
    durationS: isFerry ? crossingOf(tags, leaveOut) : 0,
  };
}
