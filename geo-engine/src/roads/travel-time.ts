import {
  ACCESS,
  BARRIER,
  ROAD_CLASS,
  type RoadClass,
  type RoadNetwork,
  SEGMENT_FLAG,
  SURFACE,
} from './road-network.js';
import type { VehicleProfile } from './vehicle-profile.js';

// The one place where what the map says becomes milliseconds.

/** Travel time of a directed segment that a vehicle may not drive. Also larger than any time of one that it may. */
export const CLOSED = 0xffffffff;

/** Number of a class → its name. */
const CLASSES = Object.entries(ROAD_CLASS).reduce<RoadClass[]>((names, [name, value]) => {
  names[value] = name as RoadClass;
  return names;
}, []);
/** Number of a surface → its name in the profile; undefined where it does not slow anybody down. */
const SLOW_SURFACES: (keyof VehicleProfile['surfaceShare'] | undefined)[] = [];
for (const name of ['cobbled', 'compacted', 'gravel', 'ground', 'sand'] as const) SLOW_SURFACES[SURFACE[name]] = name;

/** Centimetres over km/h are this many milliseconds: 10 ms for 1 cm at 1 m/s, 3.6 km/h a m/s. */
const MS_PER_CM_AT_1_KMH = 36;
/** The network holds weights in half tonnes and heights in decimetres. */
const HALF_TONNES_PER_T = 2;
const DM_PER_M = 10;

/** What a directed segment is for a profile: the share of its speed that is left, 0 closed. */
function accessShare(access: number, { emergency }: VehicleProfile): number {
  switch (access) {
    case ACCESS.yes:
    case ACCESS.destination:
      return 1;
    case ACCESS.private:
    case ACCESS.restricted:
      return emergency?.restrictedAccess ? 1 : 0;
    case ACCESS.contraflow:
      return emergency?.contraflowShare ?? 0;
    default:
      return 0;
  }
}

function fits(network: RoadNetwork, { weightT, heightM }: VehicleProfile, segment: number): boolean {
  const maxWeight = network.segmentMaxWeight[segment];
  const maxHeight = network.segmentMaxHeight[segment];
  return (
    (maxWeight === 0 || weightT === null || weightT * HALF_TONNES_PER_T <= maxWeight) &&
    (maxHeight === 0 || heightM === null || heightM * DM_PER_M <= maxHeight)
  );
}

/** ACCESS of a directed segment: `segment * 2` along its points, `segment * 2 + 1` against them. */
export function directedAccess(network: RoadNetwork, directed: number): number {
  return (network.segmentAccess[directed >>> 1] >>> ((directed & 1) * 4)) & 0xf;
}

/**
 * Speed of a vehicle on a free directed segment, km/h; 0 where it may not drive. The signed limit, else the profile's
 * speed for the class; times the emergency factor; never above the vehicle's top speed; less what surface, track or
 * driving contraflow take. Surface and tracktype describe one thing twice, so only the worse of them counts.
 */
export function directedSpeedKmh(network: RoadNetwork, profile: VehicleProfile, directed: number): number {
  const segment = directed >>> 1;
  const share = accessShare(directedAccess(network, directed), profile);
  if (share === 0 || !fits(network, profile, segment)) return 0;
  const ownKmh = network.segmentKmh[directed] || profile.fallbackKmh[CLASSES[network.segmentClass[segment]]];
  // a boat sails as it sails
  if (network.segmentFlags[segment] & SEGMENT_FLAG.ferry) return profile.ferries ? ownKmh : 0;
  const freeKmh = Math.min(ownKmh * (profile.emergency?.speedFactor ?? 1), profile.topKmh);
  const surface = SLOW_SURFACES[network.segmentSurface[segment]];
  const grade = network.segmentTrack[segment];
  const surfaceShare = surface === undefined ? 1 : profile.surfaceShare[surface];
  const trackShare = grade === 0 ? 1 : profile.trackShare[grade - 1];
  return freeKmh * Math.min(surfaceShare, trackShare) * share;
}

/**
 * Travel time of a directed segment in whole milliseconds, at least 1, or CLOSED. Whole and never 0, so that sums are
 * exact, equal means equal and every path is finite.
 */
export function directedTravelMs(network: RoadNetwork, profile: VehicleProfile, directed: number): number {
  const speedKmh = directedSpeedKmh(network, profile, directed);
  if (speedKmh === 0) return CLOSED;
  const segment = directed >>> 1;
  let ms = (network.segmentCm[segment] * MS_PER_CM_AT_1_KMH) / speedKmh;
  if (directedAccess(network, directed) === ACCESS.destination) ms *= profile.destinationFactor;
  if (network.segmentFlags[segment] & SEGMENT_FLAG.ferry) ms += profile.ferryBoardingS * 1000;
  return Math.min(Math.max(1, Math.round(ms)), CLOSED - 1);
}

/** Whether a vehicle cannot get past what stands at a node. */
export function barrierStops(network: RoadNetwork, profile: VehicleProfile, node: number): boolean {
  const barrier = network.nodeBarrier[node];
  if (barrier === BARRIER.gate) return !profile.emergency?.restrictedAccess;
  return barrier === BARRIER.closed;
}
