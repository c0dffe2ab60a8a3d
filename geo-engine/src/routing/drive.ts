import type { RoadNetwork } from '../roads/road-network.js';
import { appendPosition, type Position, segmentLine } from './segment-line.js';

/** A stretch of a drive: a part of one directed segment, by shares of its length in the direction of the drive. */
export interface DrivePart {
  readonly directed: number;
  readonly from: number;
  readonly to: number;
  readonly travelMs: number;
}

const CM_PER_M = 100;

export function partM({ segmentCm }: RoadNetwork, { directed, from, to }: DrivePart): number {
  return ((to - from) * segmentCm[directed >> 1]) / CM_PER_M;
}

/** Without the parts of no length at both ends: who starts at a junction has not driven up to it. At least one part stays. */
export function trimDrive(parts: readonly DrivePart[]): readonly DrivePart[] {
  let first = 0;
  let last = parts.length - 1;
  while (first < last && parts[first].from === 1) first++;
  while (last > first && parts[last].to === 0) last--;
  return parts.slice(first, last + 1);
}

/** The line of a drive, and for each part the index of the position at which it begins. */
export function driveLine(network: RoadNetwork, parts: readonly DrivePart[]): { line: Position[]; begins: number[] } {
  const line: Position[] = [];
  const begins: number[] = [];
  for (const { directed, from, to } of parts) {
    const against = (directed & 1) === 1;
    begins.push(Math.max(0, line.length - 1));
    for (const position of segmentLine(network, directed >> 1, against ? 1 - from : from, against ? 1 - to : to)) {
      appendPosition(line, position);
    }
  }
  // a GeoJSON line has two positions, also where nobody needs to drive
  if (line.length === 1) line.push(line[0]);
  return { line, begins };
}
