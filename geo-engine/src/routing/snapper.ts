import { haversineM, RAD_PER_DEG } from '../geo/distance.js';
import type { LonLat } from '../geo/lon-lat.js';
import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import { type RoadNetwork, SEGMENT_FLAG } from '../roads/road-network.js';
import {
  type AcceptSegment,
  LEAST_SHARE,
  NearestSegments,
  type SegmentsAround,
  type Snap,
} from './nearest-segments.js';
import { MAX_OFF_ROAD_M } from './off-road.js';
import { type EndTimes, RingBound } from './ring-bound.js';
import { RingSearch } from './ring-entries.js';
import type { DriveEnd, RoadPlace, Stand } from './road-place.js';
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
/** What is kept around a vehicle reaches so much farther than its road: the window, and some seconds of driving. */
const AROUND_M = HEADING_WINDOW_M + 60;
/** Segments that are kept around a vehicle; where more stand that close, it soon has to be looked for anew. */
const MAX_AROUND = 64;
/** Parts of the network in which another snap is sought: a yard, an estate, an island, and one to spare. */
const MAX_ALTERNATIVES = 4;

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
  readonly #ring: RingSearch;
  // what is being snapped: predicates that are made for every place cost more than what they ask
  #graph: RoadGraph | undefined;
  #headingDeg = 0;
  #end: DriveEnd = 'end';
  #tried: ReadonlySet<number> = new Set();

  constructor(network: RoadNetwork, index: SegmentIndex) {
    this.#network = network;
    this.#nearest = new NearestSegments(network, index);
    this.#ring = new RingSearch(network, index);
  }

  /** Where a drive from or to a place begins or ends; undefined when no road is near enough. */
  snap(graph: RoadGraph, place: RoutePlace, end: DriveEnd): RoadPlace | undefined {
    this.#graph = graph;
    const snaps = this.#find(place.at, MAX_OFF_ROAD_M, this.#isOpenSegment);
    if (snaps.length === 0) return undefined;
    if (end === 'end' || !isMoving(place)) return this.#openPlace(snaps, null);
    this.#headingDeg = place.headingDeg!;
    const along =
      this.#alongAmong(snaps) ?? this.#find(place.at, snaps[0].distanceM + HEADING_WINDOW_M, this.#isAlongSegment);
    return this.#startOf(snaps, along);
  }

  /** Writes all that may be snapped near a place, for snapAmong. What is known of another place, if it is near, spares looking far. */
  aroundInto(around: SegmentsAround, graph: RoadGraph, { at }: RoutePlace): void {
    this.#graph = graph;
    const maxM = Math.min(MAX_OFF_ROAD_M, mostM(around, at) + AROUND_M);
    this.#nearest.aroundInto(around, at, MAX_AROUND, maxM, this.#isOpenSegment, AROUND_M);
  }

  /** As `snap` for the start of a drive, by segments that were around it a moment ago; undefined when they may not be all it takes. */
  snapAmong(graph: RoadGraph, place: RoutePlace, around: SegmentsAround): RoadPlace | undefined {
    this.#graph = graph;
    const movedM = haversineM(around.lon, around.lat, place.at[0], place.at[1]) / LEAST_SHARE;
    const completeM = around.withinM * LEAST_SHARE - movedM;
    if (completeM <= 0) return undefined;
    const snaps = this.#findAmong(around, movedM, place.at, completeM, this.#isOpenSegment);
    if (snaps.length === 0 || snaps[0].distanceM + 2 * SAME_PLACE_M > completeM) return undefined;
    if (!isMoving(place)) return this.#openPlace(snaps, null);
    this.#headingDeg = place.headingDeg!;
    let along = this.#alongAmong(snaps);
    if (along === undefined) {
      const windowM = snaps[0].distanceM + HEADING_WINDOW_M;
      if (windowM > completeM) return undefined;
      along = this.#findAmong(around, movedM, place.at, windowM, this.#isAlongSegment);
    }
    return this.#startOf(snaps, along);
  }

  /**
   * The place, then the nearest ones in other parts of the network, up to four, ending with one in the largest part. So what was
   * snapped to a dead end, an estate or an island has somewhere else to be.
   */
  alternatives(graph: RoadGraph, place: RoutePlace, end: DriveEnd, first: RoadPlace): RoadPlace[] {
    if (inLargestPart(graph, first, end)) return [first];
    const found = [first];
    const tried = new Set<number>();
    this.#graph = graph;
    this.#end = end;
    this.#tried = tried;
    for (let next: RoadPlace | undefined = first; next !== undefined; ) {
      for (const { directed } of next.stands) for (const part of partsOf(graph, directed, end)) tried.add(part);
      if (tried.has(LARGEST) || found.length === MAX_ALTERNATIVES) break;
      const snaps = this.#findElsewhere(place.at);
      const headingHeeded = isMoving(place) && end === 'start' ? false : null;
      next = snaps.length === 0 ? undefined : this.#placeOf(snaps, this.#isElsewhere, headingHeeded, first.nearestM);
      if (next !== undefined) found.push(next);
    }
    return found;
  }

  /** What drives to an end near a place, and to no other end, take from beyond a circle around the place; undefined: it can not be told. */
  ringBound({ at }: RoutePlace, radiusM: number, end: RoadPlace, times: EndTimes): RingBound | undefined {
    return RingBound.of(this.#network, this.#ring, at, radiusM, end, times);
  }

  readonly #isOpen: AcceptDirected = (directed) => this.#graph!.directedMs[directed] !== CLOSED;

  readonly #isAlong: AcceptDirected = (directed, point) =>
    this.#isOpen(directed, point) && this.#goesAlong(directed, point);

  readonly #isElsewhere: AcceptDirected = (directed, point) =>
    this.#isOpen(directed, point) && isInOther(this.#graph!, directed, this.#end, this.#tried);

  readonly #isOpenSegment: AcceptSegment = (segment, point) => this.#isDriven(segment, point, this.#isOpen);

  readonly #isAlongSegment: AcceptSegment = (segment, point) => this.#isDriven(segment, point, this.#isAlong);

  /** A segment is elsewhere, or is not, wherever on it a place may be. */
  readonly #isSegmentElsewhere = (segment: number) => this.#isDriven(segment, 0, this.#isElsewhere);

  /** Whether a segment is a road with a direction that is accepted. */
  #isDriven(segment: number, point: number, accepts: AcceptDirected): boolean {
    if (this.#network.segmentFlags[segment] & SEGMENT_FLAG.ferry) return false;
    return accepts(2 * segment, point) || accepts(2 * segment + 1, point);
  }

  /** The nearest segment that is accepted, and what may meet in its place, which is hardly farther from the one asked about. */
  #find(at: LonLat, maxM: number, accept: AcceptSegment): Snap[] {
    return this.#nearest.find(at, MAX_MEETING, maxM, accept, 2 * SAME_PLACE_M);
  }

  /** As #find. Around who stands in the middle of an island there are thousands of segments to pass over: they are not measured. */
  #findElsewhere(at: LonLat): Snap[] {
    const any = () => true;
    return this.#nearest.find(at, MAX_MEETING, MAX_OFF_ROAD_M, any, 2 * SAME_PLACE_M, this.#isSegmentElsewhere);
  }

  #findAmong(around: SegmentsAround, movedM: number, at: LonLat, maxM: number, accept: AcceptSegment): Snap[] {
    return this.#nearest.findAmong(around, movedM, at, MAX_MEETING, maxM, accept, 2 * SAME_PLACE_M);
  }

  /** Of the nearest segments those that go along with the heading; undefined where others may be as near. */
  #alongAmong(snaps: readonly Snap[]): Snap[] | undefined {
    const along = snaps.filter(({ segment, point }) => this.#isAlongSegment(segment, point));
    // one of the nearest itself goes along: then all that meet there have been found
    const areAll = along.length > 0 && along[0].distanceM === snaps[0].distanceM && snaps.length < MAX_MEETING;
    return areAll ? along : undefined;
  }

  /** Where a moving vehicle starts: along with its heading, if any road goes there. */
  #startOf(snaps: readonly Snap[], along: readonly Snap[]): RoadPlace {
    if (along.length === 0) return this.#openPlace(snaps, false);
    return this.#placeOf(along, this.#isAlong, true, snaps[0].distanceM);
  }

  #openPlace(snaps: readonly Snap[], headingHeeded: boolean | null): RoadPlace {
    return this.#placeOf(snaps, this.#isOpen, headingHeeded, snaps[0].distanceM);
  }

  /** Where the first of some snaps is, on all of them that meet there. */
  #placeOf(
    snaps: readonly Snap[],
    accepts: AcceptDirected,
    headingHeeded: boolean | null,
    nearestM: number,
  ): RoadPlace {
    const [snap] = snaps;
    const stands: Stand[] = [];
    for (const { segment, point, fraction, lon, lat } of snaps) {
      if (haversineM(lon, lat, snap.lon, snap.lat) > SAME_PLACE_M) continue;
      for (let directed = 2 * segment; directed < 2 * segment + 2; directed++)
        if (accepts(directed, point)) stands.push({ directed, fraction });
    }
    return { snap, stands, headingHeeded, nearestM };
  }

  #goesAlong(directed: number, point: number): boolean {
    const { pointLonLat } = this.#network;
    const lat = pointLonLat[2 * point + 1];
    const east = shortWayE7(pointLonLat[2 * point + 2] - pointLonLat[2 * point]) * Math.cos((lat / 1e7) * RAD_PER_DEG);
    const north = pointLonLat[2 * point + 3] - lat;
    const ahead = directed & 1 ? -1 : 1;
    const roadDeg = Math.atan2(ahead * east, ahead * north) / RAD_PER_DEG;
    return Math.abs(turnDeg(roadDeg, this.#headingDeg)) <= HEADING_RANGE_DEG;
  }
}

/** How far the nearest road is from a place at the most, if one was around another: as far as from there, and from here to there. */
function mostM({ lon, lat, count, distanceM }: SegmentsAround, at: LonLat): number {
  if (count === 0) return MAX_OFF_ROAD_M;
  return (distanceM[0] + haversineM(lon, lat, at[0], at[1])) / LEAST_SHARE ** 2;
}

/** Whether a directed segment may be taken; `point` begins the piece on which its nearest place lies. */
type AcceptDirected = (directed: number, point: number) => boolean;

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

/** Whether partsOf a directed segment has one that was not tried. Asked of every segment on the way, so it makes no array. */
function isInOther(
  { component, directedHead, firstTail, tails }: RoadGraph,
  directed: number,
  end: DriveEnd,
  tried: ReadonlySet<number>,
): boolean {
  if (end === 'start') return !tried.has(component[directedHead[directed]]);
  for (let i = firstTail[directed]; i < firstTail[directed + 1]; i++) if (!tried.has(component[tails[i]])) return true;
  return false;
}

/** Whether a drive may begin or end there in the largest component. */
export function inLargestPart(graph: RoadGraph, { stands }: RoadPlace, end: DriveEnd): boolean {
  return stands.some(({ directed }) => partsOf(graph, directed, end).includes(LARGEST));
}
