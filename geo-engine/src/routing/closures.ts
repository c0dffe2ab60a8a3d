import { RAD_PER_DEG } from '../geo/distance.js';
import type { SpeedOverlay } from '../graph/speed-overlay.js';
import type { RoadNetwork } from '../roads/road-network.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { forSegmentsInBox, type SegmentIndex } from './segment-index.js';
import { E7, M_PER_E7, shortWayE7 } from './segment-line.js';

type LonLatPair = readonly [lon: number, lat: number];

/** Where a closure lies, as GeoJSON: an area, or a line drawn along or across roads. */
export type ClosureShape =
  | { readonly type: 'Polygon'; readonly coordinates: readonly (readonly LonLatPair[])[] }
  | { readonly type: 'LineString'; readonly coordinates: readonly LonLatPair[] };

/** A road that is closed or slow for a time. */
export interface RoadClosure {
  readonly id: string;
  /** Either a shape or ways. */
  readonly shape: ClosureShape | null;
  /** Ids of ways in the map. */
  readonly wayIds: readonly number[] | null;
  /** Share of the speed that remains, 0 up to 1; 0: closed. */
  readonly speedShare: number;
  /** Epoch ms. In force from here up to, not including, validUntil; null: until it is taken away. */
  readonly validFrom: number;
  readonly validUntil: number | null;
  /** Only in the direction of the line or the ways, or only against it. */
  readonly direction?: 'both' | 'forward' | 'backward';
  /** Codes of the profiles it concerns; null or absent: all. */
  readonly profiles?: readonly string[] | null;
  /** Vehicles with emergency rights drive through. */
  readonly emergencyPasses?: boolean;
}

/** What is in force at an instant. */
export function closuresAt<Closure extends RoadClosure>(closures: Iterable<Closure>, now: number): Closure[] {
  return [...closures].filter(
    ({ validFrom, validUntil }) => validFrom <= now && (validUntil === null || now < validUntil),
  );
}

/** The next instant after `now` at which something begins or ends, or null. */
export function nextClosureChange(closures: Iterable<RoadClosure>, now: number): number | null {
  let next: number | null = null;
  for (const { validFrom, validUntil } of closures) {
    for (const at of [validFrom, validUntil]) if (at !== null && at > now && (next === null || at < next)) next = at;
  }
  return next;
}

export function concerns({ profiles, emergencyPasses }: RoadClosure, { code, emergency }: VehicleProfile): boolean {
  if (emergencyPasses === true && emergency !== null) return false;
  return profiles == null || profiles.includes(code);
}

/** Overlays put together; a directed segment named more than once takes its least share. */
export function joinOverlays(overlays: readonly SpeedOverlay[]): SpeedOverlay {
  const changes = overlays.reduce((sum, { directed }) => sum + directed.length, 0);
  const directed = new Uint32Array(changes);
  const speedShare = new Float64Array(changes);
  let at = 0;
  for (const overlay of overlays) {
    directed.set(overlay.directed, at);
    speedShare.set(overlay.speedShare, at);
    at += overlay.directed.length;
  }
  return { directed, speedShare };
}

/** Half the width of a road with its shoulders: nearer than this, a line drawn along a road lies on it. */
const LINE_REACH_M = 12;
/** A line runs along a road that turns away from it by no more than this, and across one that turns away by more. */
const ALONG_DEG = 35;
/** Shares that must run together: of a segment, or of a line that is shorter, which may yet be across a road beside another one. */
const SEGMENT_SHARE = 0.5;
const LINE_SHARE = 0.75;

/**
 * What a closure changes, by directed segment. In an area: a segment of which any part lies inside; closed as a whole, slowed by the
 * share of its length that is inside. A line: segments along which it runs for half of them or most of the line, as a whole, and
 * segments that it crosses, in both directions; where it runs along roads, those that merely meet them are left open. Ways: all their
 * segments. May be empty: then nothing here is meant.
 */
export function closureOverlay(network: RoadNetwork, index: SegmentIndex, closure: RoadClosure): SpeedOverlay {
  const changes = new Changes(closure.speedShare);
  if (closure.wayIds !== null) closeWays(network, closure.wayIds, closure.direction, changes);
  if (closure.shape?.type === 'Polygon') closeArea(network, index, closure.shape.coordinates, changes);
  if (closure.shape?.type === 'LineString')
    closeLine(network, index, closure.shape.coordinates, closure.direction, changes);
  return changes.overlay();
}

/** Directed segments as they are found, with the share of speed that remains. */
class Changes {
  readonly #closureShare: number;
  readonly #directed: number[] = [];
  readonly #speedShare: number[] = [];

  constructor(closureShare: number) {
    this.#closureShare = closureShare;
  }

  /** `concerned` is the share of the segment's length to which the closure's speed applies; a closed road is closed as a whole. */
  add(directed: number, concerned = 1): void {
    this.#directed.push(directed);
    const share = this.#closureShare;
    this.#speedShare.push(share === 0 ? 0 : 1 / (1 - concerned + concerned / share));
  }

  overlay(): SpeedOverlay {
    return { directed: Uint32Array.from(this.#directed), speedShare: Float64Array.from(this.#speedShare) };
  }
}

function closeWays(
  { segmentCount, segmentWay }: RoadNetwork,
  wayIds: readonly number[],
  direction: RoadClosure['direction'],
  changes: Changes,
): void {
  const ways = new Set(wayIds);
  for (let segment = 0; segment < segmentCount; segment++) {
    if (!ways.has(segmentWay[segment])) continue;
    // the points of a segment are in the order of its way
    if (direction !== 'backward') changes.add(2 * segment);
    if (direction !== 'forward') changes.add(2 * segment + 1);
  }
}

/** A straight piece of a road or a line on a plane, metres. */
interface Piece {
  readonly ax: number;
  readonly ay: number;
  readonly bx: number;
  readonly by: number;
}

/** A plane in metres that touches the world at a place; good for a few kilometres round it. */
class LocalPlane {
  readonly #lonE7: number;
  readonly #latE7: number;
  readonly #cosLat: number;

  constructor([lon, lat]: LonLatPair) {
    this.#lonE7 = lon * E7;
    this.#latE7 = lat * E7;
    this.#cosLat = Math.cos(lat * RAD_PER_DEG);
  }

  x(lonE7: number): number {
    return shortWayE7(lonE7 - this.#lonE7) * this.#cosLat * M_PER_E7;
  }

  y(latE7: number): number {
    return (latE7 - this.#latE7) * M_PER_E7;
  }

  /** The straight pieces of a segment, in the order of its points. */
  segment({ firstPoint, pointLonLat }: RoadNetwork, segment: number): Piece[] {
    const pieces: Piece[] = [];
    for (let p = firstPoint[segment]; p < firstPoint[segment + 1] - 1; p++) {
      const [ax, ay] = [this.x(pointLonLat[2 * p]), this.y(pointLonLat[2 * p + 1])];
      // the far end by its difference, so that a piece over the antimeridian stays short
      const east = shortWayE7(pointLonLat[2 * p + 2] - pointLonLat[2 * p]) * this.#cosLat * M_PER_E7;
      pieces.push({ ax, ay, bx: ax + east, by: this.y(pointLonLat[2 * p + 3]) });
    }
    return pieces;
  }

  line(positions: readonly LonLatPair[]): Piece[] {
    const at = positions.map(([lon, lat]): [number, number] => [this.x(lon * E7), this.y(lat * E7)]);
    return at.slice(1).map(([bx, by], i) => ({ ax: at[i][0], ay: at[i][1], bx, by }));
  }
}

function pieceLengthM({ ax, ay, bx, by }: Piece): number {
  return Math.hypot(bx - ax, by - ay);
}

function totalM(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + pieceLengthM(piece), 0);
}

/** Box round positions in 1e-7 degrees, wider by so many metres. */
function boxRound(positions: readonly LonLatPair[], marginM: number): [number, number, number, number] {
  const lons = positions.map(([lon]) => lon * E7);
  const lats = positions.map(([, lat]) => lat * E7);
  const south = Math.min(...lats);
  const north = Math.max(...lats);
  const margin = marginM / M_PER_E7;
  const cosLat = Math.max(1e-3, Math.cos((Math.max(-south, north) / E7) * RAD_PER_DEG));
  return [Math.min(...lons) - margin / cosLat, south - margin, Math.max(...lons) + margin / cosLat, north + margin];
}

function closeArea(
  network: RoadNetwork,
  index: SegmentIndex,
  rings: readonly (readonly LonLatPair[])[],
  changes: Changes,
): void {
  const plane = new LocalPlane(rings[0][0]);
  const edges = rings.flatMap((ring) => plane.line(ring));
  forSegmentsInBox(index, boxRound(rings[0], 1), 255, (segment) => {
    const pieces = plane.segment(network, segment);
    const insideM = pieces.reduce((sum, piece) => sum + pieceLengthM(piece) * shareInside(piece, edges), 0);
    const lengthM = totalM(pieces);
    // a segment without length is inside or not
    const share = lengthM > 0 ? insideM / lengthM : pieces.some((piece) => shareInside(piece, edges) > 0) ? 1 : 0;
    if (share === 0) return;
    changes.add(2 * segment, Math.min(1, share));
    changes.add(2 * segment + 1, Math.min(1, share));
  });
}

/** Share of a piece that lies inside of a polygon given by its edges; even-odd, so that holes are outside. */
function shareInside({ ax, ay, bx, by }: Piece, edges: readonly Piece[]): number {
  const cuts = [0, 1];
  for (const edge of edges) {
    const at = crossingAt({ ax, ay, bx, by }, edge);
    if (at !== undefined) cuts.push(at);
  }
  cuts.sort((a, b) => a - b);
  let inside = 0;
  for (let i = 0; i + 1 < cuts.length; i++) {
    const middle = (cuts[i] + cuts[i + 1]) / 2;
    if (isInside(ax + middle * (bx - ax), ay + middle * (by - ay), edges)) inside += cuts[i + 1] - cuts[i];
  }
  return inside;
}

/** Where along the first piece, 0 to 1, the second crosses it. */
function crossingAt(a: Piece, b: Piece): number | undefined {
  const ux = a.bx - a.ax;
  const uy = a.by - a.ay;
  const vx = b.bx - b.ax;
  const vy = b.by - b.ay;
  const cross = ux * vy - uy * vx;
  if (cross === 0) return undefined;
  const alongA = ((b.ax - a.ax) * vy - (b.ay - a.ay) * vx) / cross;
  const alongB = ((b.ax - a.ax) * uy - (b.ay - a.ay) * ux) / cross;
  return alongA >= 0 && alongA <= 1 && alongB >= 0 && alongB <= 1 ? alongA : undefined;
}

function isInside(x: number, y: number, edges: readonly Piece[]): boolean {
  let odd = false;
  for (const { ax, ay, bx, by } of edges) {
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd;
  }
  return odd;
}

function closeLine(
  network: RoadNetwork,
  index: SegmentIndex,
  positions: readonly LonLatPair[],
  direction: RoadClosure['direction'] = 'both',
  changes: Changes,
): void {
  const plane = new LocalPlane(positions[0]);
  const line = plane.line(positions);
  const lineM = totalM(line);
  const crossed: { segment: number; isInside: boolean }[] = [];
  let runsAlong = false;
  forSegmentsInBox(index, boxRound(positions, LINE_REACH_M), 255, (segment) => {
    const pieces = plane.segment(network, segment);
    const { sameM, oppositeM } = togetherM(line, pieces);
    const enoughM = Math.min(LINE_SHARE * lineM, SEGMENT_SHARE * totalM(pieces));
    if (sameM + oppositeM > 0 && sameM + oppositeM >= enoughM) {
      runsAlong = true;
      const withPoints = sameM >= oppositeM ? 'forward' : 'backward';
      if (direction === 'both' || direction === withPoints) changes.add(2 * segment);
      if (direction === 'both' || direction !== withPoints) changes.add(2 * segment + 1);
      return;
    }
    const endM = crossingM(line, pieces);
    if (endM !== undefined) crossed.push({ segment, isInside: endM > LINE_REACH_M });
  });
  for (const { segment, isInside } of crossed) {
    // beside a road along which the line runs, a road crossed near its end is one that meets it
    if (runsAlong && !isInside) continue;
    changes.add(2 * segment);
    changes.add(2 * segment + 1);
  }
}

/** Metres of a line that lie upon a segment and run with its points, and metres that run against them. */
function togetherM(line: readonly Piece[], segment: readonly Piece[]): { sameM: number; oppositeM: number } {
  let sameM = 0;
  let oppositeM = 0;
  for (const drawn of line) {
    const lengthM = pieceLengthM(drawn);
    if (lengthM === 0) continue;
    const ux = (drawn.bx - drawn.ax) / lengthM;
    const uy = (drawn.by - drawn.ay) / lengthM;
    for (const road of segment) {
      const roadM = pieceLengthM(road);
      if (roadM === 0) continue;
      const cos = ((road.bx - road.ax) * ux + (road.by - road.ay) * uy) / roadM;
      if (Math.abs(cos) < Math.cos(ALONG_DEG * RAD_PER_DEG)) continue;
      // the part of the road beside the drawn piece, by its place along it; how far aside its middle is
      const from = (road.ax - drawn.ax) * ux + (road.ay - drawn.ay) * uy;
      const to = (road.bx - drawn.ax) * ux + (road.by - drawn.ay) * uy;
      const low = Math.max(0, Math.min(from, to));
      const high = Math.min(lengthM, Math.max(from, to));
      if (high <= low) continue;
      const share = ((low + high) / 2 - from) / (to - from);
      const x = road.ax + share * (road.bx - road.ax) - drawn.ax;
      const y = road.ay + share * (road.by - road.ay) - drawn.ay;
      if (Math.abs(x * uy - y * ux) > LINE_REACH_M) continue;
      if (cos > 0) sameM += high - low;
      else oppositeM += high - low;
    }
  }
  return { sameM, oppositeM };
}

/** How far from the nearer end of a segment a line goes across it, metres; of several crossings the farthest; undefined for none. */
function crossingM(line: readonly Piece[], segment: readonly Piece[]): number | undefined {
  const lengthM = totalM(segment);
  let farthestM: number | undefined;
  let beforeM = 0;
  for (const road of segment) {
    for (const drawn of line) {
      const at = crossingAt(road, drawn);
      if (at === undefined || !isAcross(road, drawn)) continue;
      const fromStartM = beforeM + at * pieceLengthM(road);
      farthestM = Math.max(farthestM ?? 0, Math.min(fromStartM, lengthM - fromStartM));
    }
    beforeM += pieceLengthM(road);
  }
  return farthestM;
}

function isAcross(a: Piece, b: Piece): boolean {
  const dot = (a.bx - a.ax) * (b.bx - b.ax) + (a.by - a.ay) * (b.by - b.ay);
  return Math.abs(dot) < Math.cos(ALONG_DEG * RAD_PER_DEG) * pieceLengthM(a) * pieceLengthM(b);
}
