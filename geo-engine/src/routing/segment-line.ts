import { EARTH_RADIUS_M, RAD_PER_DEG } from '../geo/distance.js';
import type { RoadNetwork } from '../roads/road-network.js';

/** Whole units of a network's coordinates in a degree. */
export const E7 = 1e7;
/** Metres on the ground of one unit northwards. */
export const M_PER_E7 = (EARTH_RADIUS_M * RAD_PER_DEG) / E7;
const FULL_TURN = 360 * E7;
const HALF_TURN = 180 * E7;

/** A longitude or a difference of two, in units of 1e-7 degrees, brought to the short way round: -180 to 180 degrees. */
export function shortWayE7(lonE7: number): number {
  if (lonE7 > HALF_TURN) return lonE7 - FULL_TURN;
  return lonE7 < -HALF_TURN ? lonE7 + FULL_TURN : lonE7;
}

/** A position of a drawn line: longitude, latitude, degrees. */
export type Position = [lon: number, lat: number];

/**
 * Length in metres of the piece between a point and the next. Straight in longitude and latitude, on the plane that touches its
 * middle: below 50 km and 70° of latitude within 1e-5 of the great circle.
 */
function pieceM(pointLonLat: Int32Array, point: number): number {
  const east = shortWayE7(pointLonLat[2 * point + 2] - pointLonLat[2 * point]);
  const north = pointLonLat[2 * point + 3] - pointLonLat[2 * point + 1];
  const middleLat = (pointLonLat[2 * point + 1] + north / 2) / E7;
  return Math.hypot(east * Math.cos(middleLat * RAD_PER_DEG), north) * M_PER_E7;
}

/** Share of a segment's length, 0 to 1, that lies before the place `share` of the way along one of its pieces. */
export function fractionAt(
  { firstPoint, pointLonLat }: RoadNetwork,
  segment: number,
  point: number,
  share: number,
): number {
  let beforeM = 0;
  let totalM = 0;
  for (let p = firstPoint[segment]; p < firstPoint[segment + 1] - 1; p++) {
    const lengthM = pieceM(pointLonLat, p);
    if (p === point) beforeM = totalM + share * lengthM;
    totalM += lengthM;
  }
  return totalM === 0 ? 0 : Math.min(1, beforeM / totalM);
}

/** Length in metres of a segment's pieces together; 0 when all its points are one place. */
function lineM({ firstPoint, pointLonLat }: RoadNetwork, segment: number): number {
  let totalM = 0;
  for (let p = firstPoint[segment]; p < firstPoint[segment + 1] - 1; p++) totalM += pieceM(pointLonLat, p);
  return totalM;
}

/** The place at a share of a segment's length, degrees. */
export function placeAt(network: RoadNetwork, segment: number, fraction: number): Position {
  const { firstPoint, pointLonLat } = network;
  const last = firstPoint[segment + 1] - 1;
  if (fraction >= 1) return positionOf(pointLonLat, last);
  let leftM = fraction * lineM(network, segment);
  for (let p = firstPoint[segment]; p < last; p++) {
    const lengthM = pieceM(pointLonLat, p);
    if (leftM < lengthM) return onPiece(pointLonLat, p, leftM / lengthM);
    leftM -= lengthM;
  }
  // what is left is rounding, or the segment has no length
  return positionOf(pointLonLat, fraction > 0 ? last : firstPoint[segment]);
}

/**
 * The part of a segment between two shares of its length, along its points or, when `from` is the greater, against them.
 * Begins and ends with placeAt of the two; at least one position, equal neighbours are left out.
 */
export function segmentLine(network: RoadNetwork, segment: number, from: number, to: number): Position[] {
  const { firstPoint, pointLonLat } = network;
  const low = Math.min(from, to);
  const high = Math.max(from, to);
  const line: Position[] = [];
  if (low === 0 && high === 1) {
    // nearly all of a long drive: no length needs to be measured
    for (let p = firstPoint[segment]; p < firstPoint[segment + 1]; p++)
      appendPosition(line, positionOf(pointLonLat, p));
    return from > to ? line.reverse() : line;
  }
  const totalM = lineM(network, segment);
  line.push(placeAt(network, segment, low));
  let atM = 0;
  for (let p = firstPoint[segment]; p < firstPoint[segment + 1] - 1; p++) {
    if (atM > low * totalM && atM < high * totalM) appendPosition(line, positionOf(pointLonLat, p));
    atM += pieceM(pointLonLat, p);
  }
  appendPosition(line, placeAt(network, segment, high));
  return from > to ? line.reverse() : line;
}

/** Adds a position to a line unless the line ends there already. */
export function appendPosition(line: Position[], position: Position): void {
  const last = line.at(-1);
  if (last === undefined || last[0] !== position[0] || last[1] !== position[1]) line.push(position);
}

function positionOf(pointLonLat: Int32Array, point: number): Position {
  return [pointLonLat[2 * point] / E7, pointLonLat[2 * point + 1] / E7];
}

/** The place `share` of the way from a point to the next. */
function onPiece(pointLonLat: Int32Array, point: number, share: number): Position {
  const lon = pointLonLat[2 * point];
  const lat = pointLonLat[2 * point + 1];
  const east = shortWayE7(pointLonLat[2 * point + 2] - lon);
  const north = pointLonLat[2 * point + 3] - lat;
  return [shortWayE7(lon + share * east) / E7, (lat + share * north) / E7];
}
