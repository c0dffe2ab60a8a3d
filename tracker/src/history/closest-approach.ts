import { bearingDeg, haversineM, lonLat } from '../../../geo-engine/src/index.js';
import { lonStepDeg, placeBetween, type TrackPoint } from './track-point.js';

/** Metres east and north of a centre, as seen from there: the azimuthal equidistant projection. */
interface PlanePoint {
  readonly x: number;
  readonly y: number;
}

interface Edge {
  readonly a: PlanePoint;
  readonly b: PlanePoint;
}

/** What something may come near to: a place, or an area with its border. */
export interface Target {
  /** Where the plane touches the sphere. */
  readonly lon: number;
  readonly lat: number;
  readonly edges: readonly Edge[];
  /** Farthest of its points from the centre. */
  readonly extentM: number;
}

/** When something was within reach of the target, and when it was closest. Epoch ms, metres; 0 m is inside an area. */
export interface Approach {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly closestM: number;
  readonly closestAt: number;
}

/** Straight in longitude and latitude is not straight in the plane; pieces of this length are, to a centimetre. */
const PIECE_M = 500;

function toPlane(lon0: number, lat0: number, lon: number, lat: number): PlanePoint {
  const distanceM = haversineM(lon0, lat0, lon, lat);
  const bearing = (bearingDeg(lonLat(lon0, lat0), lonLat(lon, lat)) * Math.PI) / 180;
  return { x: distanceM * Math.sin(bearing), y: distanceM * Math.cos(bearing) };
}

export function placeTarget(lon: number, lat: number): Target {
  const centre = { x: 0, y: 0 };
  return { lon, lat, edges: [{ a: centre, b: centre }], extentM: 0 };
}

/**
 * An area by its ring: [lon, lat] degrees, closed, at least four positions, less than half the world wide. Its edges are straight in longitude and
 * latitude (RFC 7946, section 3.1.1). Exact to 1e-5 of the distance from its middle up to 50 km around.
 */
export function areaTarget(ring: readonly (readonly [lon: number, lat: number])[]): Target {
  const [firstLon] = ring[0]!;
  const east = ring.map(([lon]) => lonStepDeg(firstLon, lon));
  const lats = ring.map(([, lat]) => lat);
  const middle = placeBetween(
    { timeMs: 0, lon: firstLon + Math.min(...east), lat: Math.min(...lats) },
    { timeMs: 2, lon: firstLon + Math.max(...east), lat: Math.max(...lats) },
    1,
  );
  const lon0 = middle.lon > 180 ? middle.lon - 360 : middle.lon < -180 ? middle.lon + 360 : middle.lon;
  const corners = ring.map(([lon, lat]): TrackPoint => ({ timeMs: 0, lon, lat }));
  const border = corners.slice(1).flatMap((corner, i) => piecesOf(corners[i]!, corner).slice(0, -1));
  const plane = [...border, corners[0]!].map(({ lon, lat }) => toPlane(lon0, middle.lat, lon, lat));
  return {
    lon: lon0,
    lat: middle.lat,
    edges: plane.slice(1).map((b, i) => ({ a: plane[i]!, b })),
    extentM: Math.max(...plane.map(({ x, y }) => Math.hypot(x, y))),
  };
}

/** The way from one point to the next in short pieces, both ends included. */
function piecesOf(a: TrackPoint, b: TrackPoint): TrackPoint[] {
  const count = Math.max(1, Math.ceil(haversineM(a.lon, a.lat, b.lon, b.lat) / PIECE_M));
  const at = (i: number): TrackPoint => {
    const share = i / count;
    const unit = placeBetween({ ...a, timeMs: 0 }, { ...b, timeMs: 1 }, share);
    return { ...unit, timeMs: a.timeMs + (b.timeMs - a.timeMs) * share };
  };
  return [a, ...Array.from({ length: count - 1 }, (_, i) => at(i + 1)), b];
}

/**
 * When one movement (points ascending in time; a single one is a moment) came within radiusM of the target between two instants, exact between the
 * fixes: they are joined as placeBetween does. Undefined: never.
 */
export function approachOf(
  movement: readonly TrackPoint[],
  target: Target,
  radiusM: number,
  fromMs: number,
  toMs: number,
): Approach | undefined {
  let found: Approach | undefined;
  for (let i = 0; i < Math.max(1, movement.length - 1); i++) {
    const leg = clipped(movement[i]!, movement[i + 1] ?? movement[i]!, fromMs, toMs);
    if (leg === undefined || isFarAway(leg, target, radiusM)) continue;
    const pieces = piecesOf(...leg);
    for (let k = 0; k < pieces.length - 1; k++)
      found = joined(found, pieceApproach(pieces[k]!, pieces[k + 1]!, target, radiusM));
  }
  return found;
}

/** The two approaches as one. */
export function joined(a: Approach | undefined, b: Approach | undefined): Approach | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const closest = b.closestM < a.closestM ? b : a;
  return {
    firstAt: Math.min(a.firstAt, b.firstAt),
    lastAt: Math.max(a.lastAt, b.lastAt),
    closestM: closest.closestM,
    closestAt: closest.closestAt,
  };
}

/** The part of a leg that lies between the instants. */
function clipped(a: TrackPoint, b: TrackPoint, fromMs: number, toMs: number): [TrackPoint, TrackPoint] | undefined {
  if (b.timeMs < fromMs || a.timeMs > toMs) return undefined;
  return [a.timeMs < fromMs ? placeBetween(a, b, fromMs) : a, b.timeMs > toMs ? placeBetween(a, b, toMs) : b];
}

/** Nothing between two places is farther from one of them than they are apart. */
function isFarAway([a, b]: readonly [TrackPoint, TrackPoint], { lon, lat, extentM }: Target, radiusM: number): boolean {
  const legM = haversineM(a.lon, a.lat, b.lon, b.lat);
  return haversineM(a.lon, a.lat, lon, lat) > (radiusM + extentM + legM) * SLACK + 1;
}
/** The line that is straight in degrees is a little longer than the great circle. */
const SLACK = 1.01;

function pieceApproach(a: TrackPoint, b: TrackPoint, target: Target, radiusM: number): Approach | undefined {
  const from = toPlane(target.lon, target.lat, a.lon, a.lat);
  const to = toPlane(target.lon, target.lat, b.lon, b.lat);
  const isInside = [isWithin(target.edges, from), isWithin(target.edges, to)];
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]; // shares of the way
  let [closestM, closestShare] = [Number.POSITIVE_INFINITY, 0];
  for (const edge of target.edges) {
    const near = nearestShare(from, to, edge);
    if (near.distanceM < closestM) [closestM, closestShare] = [near.distanceM, near.share];
    if (near.distanceM > radiusM) continue;
    const [enters, leaves] = withinReach(from, to, edge, radiusM, near.share);
    first = Math.min(first, enters);
    last = Math.max(last, leaves);
  }
  if (isInside[1]) [first, last] = [Math.min(first, 1), 1];
  if (isInside[0]) [first, last, closestM, closestShare] = [0, Math.max(last, 0), 0, 0];
  if (first > last) return undefined;
  const timeAt = (share: number) => a.timeMs + (b.timeMs - a.timeMs) * share;
  return { firstAt: timeAt(first), lastAt: timeAt(last), closestM, closestAt: timeAt(closestShare) };
}

/** Whether a point lies inside the border, by the number of edges that a ray to the east crosses; never for a place. */
function isWithin(edges: readonly Edge[], { x, y }: PlanePoint): boolean {
  let inside = false;
  for (const { a, b } of edges)
    if (a.y > y !== b.y > y && x < a.x + ((b.x - a.x) * (y - a.y)) / (b.y - a.y)) inside = !inside;
  return inside;
}

/** Where on the way from one point to the other an edge is nearest, as a share of the way. */
function nearestShare(from: PlanePoint, to: PlanePoint, { a, b }: Edge): { share: number; distanceM: number } {
  const crossing = crossingShare(from, to, a, b);
  if (crossing !== undefined) return { share: crossing, distanceM: 0 };
  // where two segments do not cross, one end of one of them is nearest
  let best = { share: 0, distanceM: Number.POSITIVE_INFINITY };
  const offer = (share: number, distanceM: number) => {
    if (distanceM < best.distanceM) best = { share, distanceM };
  };
  offer(0, toSegmentM(from, a, b));
  offer(1, toSegmentM(to, a, b));
  for (const end of [a, b]) {
    const share = footShare(end, from, to);
    offer(share, Math.hypot(end.x - along(from.x, to.x, share), end.y - along(from.y, to.y, share)));
  }
  return best;
}

const along = (from: number, to: number, share: number) => from + (to - from) * share;

/** Share of the way from a to b at which it is nearest to p. */
function footShare(p: PlanePoint, a: PlanePoint, b: PlanePoint): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const squared = dx * dx + dy * dy;
  return squared === 0 ? 0 : Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / squared));
}

function toSegmentM(p: PlanePoint, a: PlanePoint, b: PlanePoint): number {
  const share = footShare(p, a, b);
  return Math.hypot(p.x - along(a.x, b.x, share), p.y - along(a.y, b.y, share));
}

function crossingShare(from: PlanePoint, to: PlanePoint, a: PlanePoint, b: PlanePoint): number | undefined {
  const [dx, dy, ex, ey] = [to.x - from.x, to.y - from.y, b.x - a.x, b.y - a.y];
  const turn = dx * ey - dy * ex;
  if (turn === 0) return undefined;
  const share = ((a.x - from.x) * ey - (a.y - from.y) * ex) / turn;
  const onEdge = ((a.x - from.x) * dy - (a.y - from.y) * dx) / turn;
  return share >= 0 && share <= 1 && onEdge >= 0 && onEdge <= 1 ? share : undefined;
}

/**
 * From where to where on the way it is within reach of an edge, given one share at which it is. The distance to an edge is convex along a line, so there
 * is one stretch; each of its ends is found by halving, to a 2⁻⁴⁰ of the way.
 */
function withinReach(
  from: PlanePoint,
  to: PlanePoint,
  { a, b }: Edge,
  radiusM: number,
  within: number,
): [enters: number, leaves: number] {
  const isNear = (share: number) =>
    toSegmentM({ x: along(from.x, to.x, share), y: along(from.y, to.y, share) }, a, b) <= radiusM;
  const border = (outside: number) => {
    if (isNear(outside)) return outside;
    let [near, far] = [within, outside];
    for (let i = 0; i < HALVINGS; i++) {
      const middle = (near + far) / 2;
      if (isNear(middle)) near = middle;
      else far = middle;
    }
    return near;
  };
  return [border(0), border(1)];
}
const HALVINGS = 40;
