import { haversineM } from '../geo/distance.js';
import type { LonLat } from '../geo/lon-lat.js';
import type { TopPace, Travel, WayStart, Ways } from './ways.js';

/** Assumed: a way by road is longer than the straight line by so much. Published detour factors lie between 1.2 and 1.5. */
const DETOUR = 1.35;
/** Assumed: 50 km/h by road, whoever drives. */
const ROAD_MPS = 50 / 3.6;
const PACE: TopPace = { freeM: 0, topMps: ROAD_MPS / DETOUR };

/** Ways by straight line with a factor, where there are no roads to go by. Rivers are not seen; the answer says that it is so. */
export class StraightWays implements Ways {
  readonly place: LonLat;
  readonly basis = 'straight_line';
  readonly closures = 'unknown';

  constructor(place: LonLat) {
    this.place = place;
  }

  topPace(): TopPace {
    return PACE;
  }

  farthestStartM(): number {
    return Number.POSITIVE_INFINITY;
  }

  ringBound(): undefined {}

  leastOffRoadM(): number {
    return 0;
  }

  table(starts: readonly WayStart[]): (Travel | null)[] {
    return starts.map((start) => this.travel(start));
  }

  /** The way of one unit; null without a place. */
  travel({ place }: WayStart): Travel | null {
    if (place === null) return null;
    const lengthM = haversineM(place[0], place[1], this.place[0], this.place[1]) * DETOUR;
    // rounded up: a bound that takes the same line stays below
    const ms = Math.ceil((lengthM / ROAD_MPS) * 1000);
    return { basis: 'straight_line', ms, lengthM, offRoadMs: 0, intervalMs: null };
  }
}
