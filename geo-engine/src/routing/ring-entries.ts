import { RAD_PER_DEG } from '../geo/distance.js';
import type { LonLat } from '../geo/lon-lat.js';
import type { RoadNetwork } from '../roads/road-network.js';
import {
  BOX_STRIDE,
  childrenEnd,
  childrenStart,
  EAST,
  levelOf,
  NORTH,
  type SegmentIndex,
  SOUTH,
  WEST,
} from './segment-index.js';
import { E7, M_PER_E7, shortWayE7 } from './segment-line.js';

/** Larger circles are no circles any more on the plane that touches their middle. */
export const MAX_RING_M = 30_000;
/** Beyond this latitude, either. */
export const MAX_RING_LAT = 70;
/** What is within a circle on that plane is within it on the ground, so much enlarged: 1 % at 30 km and 70°. */
export const RING_SLACK = 1.02;

const HALF_TURN = 180 * E7;

/** Where roads enter a circle: entry i comes by directed[i] from a point outside to point[i], which is not outside. */
export interface RingEntries {
  readonly directed: readonly number[];
  readonly point: readonly number[];
}

/** Finds where roads enter a circle. Reusable, one per thread. */
export class RingSearch {
  readonly #network: RoadNetwork;
  readonly #index: SegmentIndex;
  readonly #stack: number[] = [];
  #lon = 0;
  #lat = 0;
  #cosLat = 1;
  #r2 = 0;

  constructor(network: RoadNetwork, index: SegmentIndex) {
    this.#network = network;
    this.#index = index;
  }

  /** Every entry, in the order of the index, whoever may drive there. Radius at most MAX_RING_M, latitude at most MAX_RING_LAT. */
  entries([lon, lat]: LonLat, radiusM: number): RingEntries {
    const index = this.#index;
    const { segment, levelStart } = index;
    const found = { directed: [] as number[], point: [] as number[] };
    this.#lon = lon * E7;
    this.#lat = lat * E7;
    this.#cosLat = Math.cos(lat * RAD_PER_DEG);
    this.#r2 = (radiusM / M_PER_E7) ** 2;
    const stack = this.#stack;
    stack.length = 0;
    if (segment.length > 0) stack.push(levelStart[levelStart.length - 1] - 1);
    while (stack.length > 0) {
      const entry = stack.pop()!;
      if (!this.#meetsCircle(entry)) continue;
      if (entry < segment.length) {
        this.#enter(segment[entry], found);
        continue;
      }
      const level = levelOf(index, entry);
      for (let child = childrenEnd(index, level, entry) - 1; child >= childrenStart(index, level, entry); child--)
        stack.push(child);
    }
    return found;
  }

  /** Whether the piece that begins at a point lies within the last circle. */
  isPieceInside(point: number): boolean {
    return this.#isInside(point) && this.#isInside(point + 1);
  }

  /** Whether a whole segment does. */
  isInside(segment: number): boolean {
    const { firstPoint } = this.#network;
    for (let p = firstPoint[segment]; p < firstPoint[segment + 1]; p++) if (!this.#isInside(p)) return false;
    return true;
  }

  #enter(segment: number, { directed, point }: { directed: number[]; point: number[] }): void {
    const { firstPoint } = this.#network;
    const last = firstPoint[segment + 1] - 1;
    let wasInside = this.#isInside(firstPoint[segment]);
    for (let p = firstPoint[segment] + 1; p <= last; p++) {
      const isInside = this.#isInside(p);
      if (isInside !== wasInside) {
        directed.push(isInside ? 2 * segment : 2 * segment + 1);
        point.push(isInside ? p : p - 1);
      }
      wasInside = isInside;
    }
  }

  #isInside(point: number): boolean {
    const { pointLonLat } = this.#network;
    const x = shortWayE7(pointLonLat[2 * point] - this.#lon) * this.#cosLat;
    const y = pointLonLat[2 * point + 1] - this.#lat;
    return x * x + y * y <= this.#r2;
  }

  /** Whether a box has both a place within the circle and one that is not. */
  #meetsCircle(entry: number): boolean {
    const { boxes } = this.#index;
    const at = entry * BOX_STRIDE;
    const west = boxes[at + WEST] - this.#lon;
    const east = boxes[at + EAST] - this.#lon;
    const south = boxes[at + SOUTH] - this.#lat;
    const north = boxes[at + NORTH] - this.#lat;
    const westX = Math.abs(shortWayE7(west));
    const eastX = Math.abs(shortWayE7(east));
    const nearX = west > 0 || east < 0 ? Math.min(westX, eastX) * this.#cosLat : 0;
    const nearY = Math.max(0, south, -north);
    if (nearX * nearX + nearY * nearY > this.#r2) return false;
    // the box of a segment that crosses the antimeridian goes round the whole world
    const isRoundTheWorld = east - west > HALF_TURN;
    const farX = (isRoundTheWorld ? HALF_TURN : Math.max(westX, eastX)) * this.#cosLat;
    const farY = Math.max(Math.abs(south), Math.abs(north));
    return farX * farX + farY * farY > this.#r2;
  }
}
