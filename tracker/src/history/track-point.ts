import { haversineM } from '../../../geo-engine/src/index.js';

/** Where a device was and when. Degrees WGS84, epoch ms. */
export interface TrackPoint {
  readonly timeMs: number;
  readonly lon: number;
  readonly lat: number;
}

/** Faster than this nothing is taken to have moved: 350 km/h, as the filter of implied speeds has it. */
const MAX_SPEED_MPS = 350 / 3.6;
/** Two good receivers may be this far apart without any movement. */
const SLACK_M = 200;

/** The farthest that two fixes so many seconds apart may be from each other and still be one movement, metres. */
export function farthestStepM(seconds: number): number {
  return SLACK_M + seconds * MAX_SPEED_MPS;
}

/** Degrees eastwards from one longitude to another the short way round, −180 to 180. */
export function lonStepDeg(from: number, to: number): number {
  const step = to - from;
  return step > 180 ? step - 360 : step < -180 ? step + 360 : step;
}

/**
 * Where a device was between two of its fixes: evenly along the line that is straight in longitude and latitude, the short way over the
 * antimeridian. From the great circle that is off by a centimetre for 500 m, by less than 1 m for 5 km (at 60° of latitude).
 */
export function placeBetween(a: TrackPoint, b: TrackPoint, timeMs: number): TrackPoint {
  const share = b.timeMs === a.timeMs ? 0 : (timeMs - a.timeMs) / (b.timeMs - a.timeMs);
  const lon = a.lon + lonStepDeg(a.lon, b.lon) * share;
  return {
    timeMs,
    lon: lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon,
    lat: a.lat + (b.lat - a.lat) * share,
  };
}

/** True when the step from one fix to the next is one movement: neither too long without a word nor too fast. */
export function isOneMovement(a: TrackPoint, b: TrackPoint, maxGapMs: number): boolean {
  const ms = b.timeMs - a.timeMs;
  return ms <= maxGapMs && haversineM(a.lon, a.lat, b.lon, b.lat) <= farthestStepM(ms / 1000);
}

/** Cuts one device's points, in the order of their times, wherever two are not one movement. */
export function movementsOf(points: readonly TrackPoint[], maxGapMs: number): TrackPoint[][] {
  const movements: TrackPoint[][] = [];
  let movement: TrackPoint[] = [];
  for (const point of points) {
    const last = movement.at(-1);
    if (last === undefined || !isOneMovement(last, point, maxGapMs)) {
      movement = [];
      movements.push(movement);
    }
    movement.push(point);
  }
  return movements;
}
