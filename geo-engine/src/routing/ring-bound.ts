import type { LonLat } from '../geo/lon-lat.js';
import { chord, lowerBoundM, VEC_STRIDE, writeUnitVector } from '../geo/unit-vector.js';
import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { offRoadMs } from './off-road.js';
import { MAX_RING_LAT, MAX_RING_M, RING_SLACK, type RingEntries, type RingSearch } from './ring-entries.js';
import type { RoadPlace } from './road-place.js';
import { E7, fractionAt } from './segment-line.js';
import { isRoadFaster, SNAP_SHARE, type WayPace } from './way-pace.js';

/** Parts of a way are rounded to whole milliseconds each. */
const ROUNDING_MS = 4;
/** A place this near to the end of a segment is its end. */
const AT_END = 1e-6;

/** The graph that a drive's times follow, and the least ms from its nodes to the drive's only end. */
export interface EndTimes {
  readonly made: RoadGraph;
  readonly topMps: number;
  fromNode(node: number): number;
}

/**
 * What ways to a place take at the least for who is beyond a circle around it: they enter the circle by a road, and from every entry the
 * time is known; only up to there the straight line at top speed has to do. Who is snapped to a road within the circle came there off
 * the road, which takes longer. About 1 µs an entry to make, and 2 ns an entry to ask.
 */
export class RingBound {
  readonly #innerM: number;
  readonly #roadM: number; // by road for who is snapped to its inner side, at the least
  readonly #entries: number;
  readonly #vec: Float64Array; // [entries × VEC_STRIDE]
  readonly #ms: Float64Array; //  [entries] by road from there to the end
  readonly #endOffRoadMs: number;

  /** undefined: the circle is too large, or the end is not well inside of it. */
  static of(
    network: RoadNetwork,
    ring: RingSearch,
    place: LonLat,
    radiusM: number,
    end: RoadPlace,
    times: EndTimes,
  ): RingBound | undefined {
    if (radiusM > MAX_RING_M || Math.abs(place[1]) > MAX_RING_LAT || end.snap.distanceM > radiusM / 2) return undefined;
    const entries = ring.entries(place, radiusM);
    for (const { directed, fraction } of end.stands) {
      const segment = directed >> 1;
      const isAtEnd = fraction < AT_END || fraction > 1 - AT_END;
      if (segment === end.snap.segment ? !ring.isPieceInside(end.snap.point) : !isAtEnd && !ring.isInside(segment))
        return undefined;
    }
    return new RingBound(network, radiusM, end, entries, times);
  }

  private constructor(
    network: RoadNetwork,
    radiusM: number,
    end: RoadPlace,
    { directed, point }: RingEntries,
    times: EndTimes,
  ) {
    const { made, topMps } = times;
    const { pointLonLat } = network;
    this.#innerM = radiusM * RING_SLACK;
    this.#roadM = this.#innerM - end.snap.distanceM / SNAP_SHARE;
    this.#vec = new Float64Array((directed.length + 1) * VEC_STRIDE);
    this.#ms = new Float64Array(directed.length);
    this.#endOffRoadMs = offRoadMs('end', end.snap.distanceM);
    let count = 0;
    for (let i = 0; i < directed.length; i++) {
      const d = directed[i];
      const wholeMs = made.directedMs[d];
      if (wholeMs === CLOSED) continue;
      const p = point[i];
      writeUnitVector(this.#vec, count, pointLonLat[2 * p] / E7, pointLonLat[2 * p + 1] / E7);
      const share = shareBefore(network, d >> 1, p);
      const restMs = Math.floor(wholeMs * (d & 1 ? share : 1 - share));
      let ms = restMs + times.fromNode(made.directedHead[d]);
      if (end.stands.some((stand) => stand.directed === d)) {
        // the drive may end before the segment does
        writeUnitVector(this.#vec, count + 1, end.snap.lon, end.snap.lat);
        ms = Math.min(ms, (lowerBoundM(chord(this.#vec, count, this.#vec, count + 1)) / topMps) * 1000);
      }
      this.#ms[count++] = ms;
    }
    this.#entries = count;
  }

  /** Least ms of a way, off the road included, from record `i` of unit vectors, which lies `straightM` from the place. Never above the way. */
  leastMs(vec: Float64Array, i: number, straightM: number, pace: WayPace): number {
    const offM = straightM - this.#innerM;
    if (offM <= 0 || !isRoadFaster(pace)) return 0;
    const { startMs, freeM, msPerM, factor } = pace;
    const ring = this.#vec;
    const ms = this.#ms;
    const leavingMs = Math.max(0, offRoadMs('start', offM * SNAP_SHARE) - startMs);
    let leastMs = leavingMs + Math.max(0, this.#roadM - freeM) * msPerM;
    for (let entry = 0; entry < this.#entries; entry++) {
      const ringMs = ms[entry] * factor;
      if (ringMs >= leastMs) continue;
      const straightMs = Math.max(0, lowerBoundM(chord(vec, i, ring, entry)) - freeM) * msPerM;
      if (straightMs + ringMs < leastMs) leastMs = straightMs + ringMs;
    }
    return Math.max(0, Math.floor(startMs + leastMs + this.#endOffRoadMs - ROUNDING_MS));
  }
}

/** Share of a segment before one of its points. */
function shareBefore(network: RoadNetwork, segment: number, point: number): number {
  const last = network.firstPoint[segment + 1] - 1;
  return point === last ? 1 : fractionAt(network, segment, point, 0);
}
