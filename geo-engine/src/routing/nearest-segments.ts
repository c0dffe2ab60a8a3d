import { RAD_PER_DEG } from '../geo/distance.js';
import type { LonLat } from '../geo/lon-lat.js';
import { BoundQueue } from '../live-index/bound-queue.js';
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
import { E7, fractionAt, M_PER_E7, shortWayE7 } from './segment-line.js';

/** The place on a road that is nearest to a given one. */
export interface Snap {
  readonly segment: number;
  /** Point before the place: it lies between this one and the next. */
  readonly point: number;
  /** Share of the segment's length before the place, along its points, 0 to 1. */
  readonly fraction: number;
  readonly lon: number;
  readonly lat: number;
  /** From the given place. */
  readonly distanceM: number;
}

/**
 * Segments near a place, nearest first, with their distances from it, and how far from it none is missing. Reused, and its arrays never
 * shrink: one for each vehicle that was made anew every other second was most of what the collector of young objects had to copy.
 */
export class SegmentsAround {
  lon = 0;
  lat = 0;
  count = 0;
  readonly segments: number[] = []; //  [count]
  readonly distanceM: number[] = []; // [count]
  withinM = 0;

  /** Nothing is known of what is around. */
  clear(): void {
    this.count = 0;
    this.withinM = 0;
  }
}

/** Distances measured from two places may differ by 0.25 % each besides what is moved between them. */
export const LEAST_SHARE = 0.995;

/** Whether a segment may be taken; `point` begins the piece on which its nearest place lies. */
export type AcceptSegment = (segment: number, point: number) => boolean;

/**
 * Nearest segments to a place. Reusable, one per thread.
 *
 * Distances are on the plane that touches the place, east-west shrunk by the cosine of its latitude: up to 5 km away and 70° of
 * latitude within 0.25 % of the great circle, of which 0.01 % at 200 m. The search itself is exact: it opens the boxes of the index
 * in the order of the least distance to anything in them, and measures every piece of a road whose box is near enough.
 */
export class NearestSegments {
  readonly #network: RoadNetwork;
  readonly #index: SegmentIndex;
  readonly #queue = new BoundQueue();
  // the segments held, nearest first, equal distances by segment
  readonly #heldSegment: number[] = [];
  readonly #heldPoint: number[] = [];
  readonly #heldShare: number[] = [];
  readonly #heldD2: number[] = [];
  // what the last #measure found
  #point = 0;
  #share = 0;
  // what is asked for: the place, how many, how far, and how much farther than the nearest
  #lon = 0;
  #lat = 0;
  #cosLat = 1;
  #k = 0;
  #maxD2 = 0;
  #beyond = 0;
  #held = 0;
  #limitD2 = 0; // by now nothing farther is held

  constructor(network: RoadNetwork, index: SegmentIndex) {
    this.#network = network;
    this.#index = index;
  }

  /**
   * The `k` nearest segments that `accept` takes, that are no farther than `maxM`, and no more than `beyondM` farther than the nearest of
   * them; nearest first, equal distances by segment. The less `beyondM`, the fewer segments are measured; what `mayCount` refuses is not.
   */
  find(
    at: LonLat,
    k: number,
    maxM: number,
    accept: AcceptSegment,
    beyondM = Number.POSITIVE_INFINITY,
    mayCount?: (segment: number) => boolean,
  ): Snap[] {
    this.#begin(at, k, maxM, beyondM);
    this.#search(accept, mayCount);
    return this.#snaps();
  }

  /** As `find`, if there were no segments but those around a place that is at most `movedM` away. */
  findAmong(
    { count, segments, distanceM }: SegmentsAround,
    movedM: number,
    at: LonLat,
    k: number,
    maxM: number,
    accept: AcceptSegment,
    beyondM = Number.POSITIVE_INFINITY,
  ): Snap[] {
    this.#begin(at, k, maxM, beyondM);
    for (let i = 0; i < count; i++) {
      // those that follow were no nearer, and have come nearer by no more than the way moved
      const leastM = distanceM[i] * LEAST_SHARE - movedM;
      if (leastM > 0 && (leastM / M_PER_E7) ** 2 > this.#worstD2()) break;
      this.#offer(segments[i], accept);
    }
    return this.#snaps();
  }

  /** Writes the segments that `find` tells of, and the metres within which no accepted one is missing. */
  aroundInto(
    around: SegmentsAround,
    at: LonLat,
    k: number,
    maxM: number,
    accept: AcceptSegment,
    beyondM: number,
  ): void {
    this.#begin(at, k, maxM, beyondM);
    this.#search(accept);
    around.lon = at[0];
    around.lat = at[1];
    around.count = this.#held;
    around.withinM = Math.sqrt(this.#worstD2()) * M_PER_E7;
    for (let i = 0; i < this.#held; i++) {
      around.segments[i] = this.#heldSegment[i];
      around.distanceM[i] = Math.sqrt(this.#heldD2[i]) * M_PER_E7;
    }
  }

  #begin([lon, lat]: LonLat, k: number, maxM: number, beyondM: number): void {
    this.#lon = lon * E7;
    this.#lat = lat * E7;
    this.#cosLat = Math.cos(lat * RAD_PER_DEG);
    this.#k = k;
    this.#maxD2 = (maxM / M_PER_E7) ** 2;
    this.#beyond = beyondM / M_PER_E7;
    this.#held = 0;
    this.#limitD2 = this.#maxD2;
  }

  /** Beyond this nothing more is held. */
  #worstD2(): number {
    return this.#held === this.#k ? Math.min(this.#limitD2, this.#heldD2[this.#held - 1]) : this.#limitD2;
  }

  #search(accept: AcceptSegment, mayCount?: (segment: number) => boolean): void {
    const index = this.#index;
    const { boxes, segment, levelStart } = index;
    const queue = this.#queue;
    queue.clear();
    if (segment.length > 0) queue.push(levelStart[levelStart.length - 1] - 1, 0);
    while (queue.length > 0) {
      const worstD2 = this.#worstD2();
      if (queue.peekBound() > worstD2) break;
      const entry = queue.pop();
      if (entry < segment.length) {
        this.#offer(segment[entry], accept);
        continue;
      }
      const level = levelOf(index, entry);
      const end = childrenEnd(index, level, entry);
      for (let child = childrenStart(index, level, entry); child < end; child++) {
        if (mayCount !== undefined && child < segment.length && !mayCount(segment[child])) continue;
        const d2 = this.#boxD2(boxes, child);
        if (d2 <= worstD2) queue.push(child, d2);
      }
    }
  }

  /** Holds a segment if it is near enough and accepted. */
  #offer(segment: number, accept: AcceptSegment): void {
    const k = this.#k;
    const heldSegment = this.#heldSegment;
    const heldD2 = this.#heldD2;
    const d2 = this.#measure(segment);
    if (d2 > this.#worstD2() || !accept(segment, this.#point)) return;
    // let farther ones move up until the new one fits; at equal distance the lower segment stands first
    let at = this.#held < k ? this.#held++ : this.#held;
    while (at > 0 && (heldD2[at - 1] > d2 || (heldD2[at - 1] === d2 && heldSegment[at - 1] > segment))) {
      if (at < k) this.#move(at - 1, at);
      at--;
    }
    if (at === k) return;
    heldSegment[at] = segment;
    this.#heldPoint[at] = this.#point;
    this.#heldShare[at] = this.#share;
    heldD2[at] = d2;
    if (at > 0) return;
    this.#limitD2 = Math.min(this.#maxD2, (Math.sqrt(d2) + this.#beyond) ** 2);
    while (heldD2[this.#held - 1] > this.#limitD2) this.#held--;
  }

  /** Squared distance to the nearest place of a box, in squared units of 1e-7 degrees of latitude. */
  #boxD2(boxes: Int32Array, entry: number): number {
    const at = entry * BOX_STRIDE;
    const west = boxes[at + WEST] - this.#lon;
    const east = this.#lon - boxes[at + EAST];
    let dLon = 0;
    if (west > 0 || east > 0) {
      // outside: the nearer of the two sides, either way round the world
      dLon = Math.min(Math.abs(shortWayE7(west)), Math.abs(shortWayE7(east)));
    }
    const dLat = Math.max(0, boxes[at + SOUTH] - this.#lat, this.#lat - boxes[at + NORTH]);
    const x = dLon * this.#cosLat;
    return x * x + dLat * dLat;
  }

  /** Squared distance to the nearest place of a segment; leaves its piece and the share of it in #point and #share. */
  #measure(segment: number): number {
    const { firstPoint, pointLonLat } = this.#network;
    const lon = this.#lon;
    const lat = this.#lat;
    const cosLat = this.#cosLat;
    const last = firstPoint[segment + 1] - 1;
    let leastD2 = Number.POSITIVE_INFINITY;
    for (let p = firstPoint[segment]; p < last; p++) {
      // the piece on the plane, the place asked for at its origin
      const ax = shortWayE7(pointLonLat[2 * p] - lon) * cosLat;
      const ay = pointLonLat[2 * p + 1] - lat;
      const dx = shortWayE7(pointLonLat[2 * p + 2] - pointLonLat[2 * p]) * cosLat;
      const dy = pointLonLat[2 * p + 3] - pointLonLat[2 * p + 1];
      const length2 = dx * dx + dy * dy;
      const along = length2 === 0 ? 0 : -(ax * dx + ay * dy) / length2;
      const share = along < 0 ? 0 : along > 1 ? 1 : along;
      const x = ax + share * dx;
      const y = ay + share * dy;
      const d2 = x * x + y * y;
      if (d2 >= leastD2) continue;
      leastD2 = d2;
      this.#point = p;
      this.#share = share;
    }
    return leastD2;
  }

  #move(from: number, to: number): void {
    this.#heldSegment[to] = this.#heldSegment[from];
    this.#heldPoint[to] = this.#heldPoint[from];
    this.#heldShare[to] = this.#heldShare[from];
    this.#heldD2[to] = this.#heldD2[from];
  }

  #snaps(): Snap[] {
    const snaps: Snap[] = [];
    for (let i = 0; i < this.#held; i++) snaps.push(this.#snap(i));
    return snaps;
  }

  #snap(i: number): Snap {
    const { pointLonLat } = this.#network;
    const segment = this.#heldSegment[i];
    const point = this.#heldPoint[i];
    const share = this.#heldShare[i];
    const lon = pointLonLat[2 * point];
    const lat = pointLonLat[2 * point + 1];
    return {
      segment,
      point,
      fraction: fractionAt(this.#network, segment, point, share),
      lon: shortWayE7(lon + share * shortWayE7(pointLonLat[2 * point + 2] - lon)) / E7,
      lat: (lat + share * (pointLonLat[2 * point + 3] - lat)) / E7,
      distanceM: Math.sqrt(this.#heldD2[i]) * M_PER_E7,
    };
  }
}
