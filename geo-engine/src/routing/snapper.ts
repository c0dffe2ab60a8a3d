import { haversineM, RAD_PER_DEG } from '../geo/distance.js';
import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import { type RoadNetwork, SEGMENT_FLAG } from '../roads/road-network.js';
import { NearestSegments, type Snap } from './nearest-segments.js';
import { MAX_OFF_ROAD_M } from './off-road.js';
import type { RoutePlace } from './router.js';
import type { SegmentIndex } from './segment-index.js';
import { shortWayE7 } from './segment-line.js';

/** A place lies on every segment that passes this near to where it was snapped: at a junction on all that meet there. */
const SAME_PLACE_M = 0.05;
/** Segments that may meet in one place; more are never looked at. */
const MAX_MEETING = 12;
/** Slower than this a heading is noise: GNSS needs a few metres a second to tell a direction. */
const MOVING_MPS = 3;
/** A vehicle goes where its heading points within this; more than half a right angle, so that bends and junctions count. */
export const HEADING_RANGE_DEG = 60;
/** How much farther than the nearest road one may lie that the heading fits: two carriageways and the error of a fix. */
const HEADING_WINDOW_M = 30;
/** Parts of the network in which another snap is sought: a yard, an estate, an island, and one to spare. */
const MAX_ALTERNATIVES = 4;

/** A directed segment on which a place lies. */
export interface Stand {
  readonly directed: number;
  /** Share of the segment's length, along its points, before the place. */
  readonly fraction: number;
}

/** A place on the roads that a profile may drive. */
export interface RoadPlace {
  /** The nearest place on a road. */
  readonly snap: Snap;
  /** Ways to be there: the nearest segment, others that meet in the same place, in each direction that may be driven. Never empty. */
  readonly stands: readonly Stand[];
  /** Whether a known heading has chosen the stands; null where there is none to heed. */
  readonly headingHeeded: boolean | null;
}

/** Which end of a drive a place is. */
export type DriveEnd = 'start' | 'end';

/** Whether the place has a heading that says where the vehicle goes. */
export function isMoving({ headingDeg, speedMps }: RoutePlace): boolean {
  return headingDeg != null && speedMps != null && speedMps >= MOVING_MPS;
}

/**
 * Places on the roads of one network. Reusable, one per thread.
 *
 * Only what a profile may drive counts, and no ferry: nobody boards one in the middle of the water. A vehicle that moves starts in the
 * direction of its heading, on the nearest road that allows it within 30 m of the nearest of all; if there is none, on that one.
 */
export class Snapper {
  readonly #network: RoadNetwork;
  readonly #nearest: NearestSegments;

  constructor(network: RoadNetwork, index: SegmentIndex) {
    this.#network = network;
    this.#nearest = new NearestSegments(network, index);
  }

  /** Where a drive from or to a place begins or ends; undefined when no road is near enough. */
  snap(graph: RoadGraph, place: RoutePlace, end: DriveEnd): RoadPlace | undefined {
    const open = this.#find(place, MAX_OFF_ROAD_M, (directed) => isOpen(graph, directed));
    if (open === undefined || end === 'end' || !isMoving(place)) return open && { ...open, headingHeeded: null };
    const along = this.#find(
      place,
      open.snap.distanceM + HEADING_WINDOW_M,
      (directed, point) => isOpen(graph, directed) && this.#goesAlong(directed, point, place.headingDeg!),
    );
    return along === undefined ? { ...open, headingHeeded: false } : { ...along, headingHeeded: true };
  }

  /**
   * The place, then the nearest ones in other parts of the network, up to four, ending with one in the largest part. So what was
   * snapped to a dead end, an estate or an island has somewhere else to be.
   */
  alternatives(graph: RoadGraph, place: RoutePlace, end: DriveEnd, first: RoadPlace): RoadPlace[] {
    const found = [first];
    const tried = new Set<number>();
    for (let next: RoadPlace | undefined = first; next !== undefined; ) {
      for (const { directed } of next.stands) for (const part of partsOf(graph, directed, end)) tried.add(part);
      if (tried.has(LARGEST) || found.length === MAX_ALTERNATIVES) break;
      const other = this.#find(
        place,
        MAX_OFF_ROAD_M,
        (directed) => isOpen(graph, directed) && partsOf(graph, directed, end).some((part) => !tried.has(part)),
      );
      next = other && { ...other, headingHeeded: isMoving(place) && end === 'start' ? false : null };
      if (next !== undefined) found.push(next);
    }
    return found;
  }

  #find(
    { at }: RoutePlace,
    maxM: number,
    accepts: (directed: number, point: number) => boolean,
  ): Omit<RoadPlace, 'headingHeeded'> | undefined {
    const { segmentFlags } = this.#network;
    const isDriven = (segment: number, point: number) =>
      !(segmentFlags[segment] & SEGMENT_FLAG.ferry) && (accepts(2 * segment, point) || accepts(2 * segment + 1, point));
    // what meets in the place found is hardly farther from the one asked about
    const snaps = this.#nearest.find(at, MAX_MEETING, maxM, isDriven, 2 * SAME_PLACE_M);
    if (snaps.length === 0) return undefined;
    const stands: Stand[] = [];
    for (const { segment, point, fraction, lon, lat } of snaps) {
      if (haversineM(lon, lat, snaps[0].lon, snaps[0].lat) > SAME_PLACE_M) continue;
      for (const directed of [2 * segment, 2 * segment + 1])
        if (accepts(directed, point)) stands.push({ directed, fraction });
    }
    return { snap: snaps[0], stands };
  }

  #goesAlong(directed: number, point: number, headingDeg: number): boolean {
    const { pointLonLat } = this.#network;
    const lat = pointLonLat[2 * point + 1];
    const east = shortWayE7(pointLonLat[2 * point + 2] - pointLonLat[2 * point]) * Math.cos((lat / 1e7) * RAD_PER_DEG);
    const north = pointLonLat[2 * point + 3] - lat;
    const ahead = directed & 1 ? -1 : 1;
    const roadDeg = Math.atan2(ahead * east, ahead * north) / RAD_PER_DEG;
    return Math.abs(turnDeg(roadDeg, headingDeg)) <= HEADING_RANGE_DEG;
  }
}

/** From one direction to another, degrees clockwise, above -180 and up to 180. */
export function turnDeg(fromDeg: number, toDeg: number): number {
  const turned = (toDeg - fromDeg) % 360;
  return turned > 180 ? turned - 360 : turned <= -180 ? turned + 360 : turned;
}

/** The largest strongly connected component of a graph. */
export const LARGEST = 0;

/** Components to which a drive that begins on a directed segment comes, or from which one that ends there may come. */
function partsOf({ component, directedHead, firstTail, tails }: RoadGraph, directed: number, end: DriveEnd): number[] {
  if (end === 'start') return [component[directedHead[directed]]];
  return Array.from(tails.subarray(firstTail[directed], firstTail[directed + 1]), (tail) => component[tail]);
}

function isOpen({ directedMs }: RoadGraph, directed: number): boolean {
  return directedMs[directed] !== CLOSED;
}

/** Whether a drive may begin or end there in the largest component. */
export function inLargestPart(graph: RoadGraph, { stands }: RoadPlace, end: DriveEnd): boolean {
  return stands.some(({ directed }) => partsOf(graph, directed, end).includes(LARGEST));
}
