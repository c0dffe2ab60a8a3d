import type { RoadNetwork } from '../roads/road-network.js';
import { sharedInt32, sharedUint8, sharedUint32 } from '../roads/shared-array.js';
import { E7, shortWayE7 } from './segment-line.js';

/** Children of a node. */
const FAN_OUT = 16;
/** Record of a box: whole 1e-7 degrees. */
export const BOX_STRIDE = 4;
export const WEST = 0;
export const SOUTH = 1;
export const EAST = 2;
export const NORTH = 3;

/**
 * Packed R-tree over the boxes of a network's segments, frozen, on shared memory. Level 0 are the segments along a Hilbert curve;
 * every further level holds a node for each 16 of the one below; the last is the root. Level l: levelStart[l] up to, not
 * including, levelStart[l + 1]. A segment that crosses the antimeridian has a box round the whole world, so that no search needs
 * to know of it.
 * Source: Kamel, Faloutsos, "On packing R-trees", CIKM 1993, p. 490.
 */
export interface SegmentIndex {
  readonly levelStart: Uint32Array; // [levels + 1]
  readonly boxes: Int32Array; //       [entries × BOX_STRIDE] west, south, east, north, 1e-7 degrees
  readonly segment: Uint32Array; //    [segments] segment of each entry of level 0
  /** Least rank of the segments below, as given to indexSegments. */
  readonly rank: Uint8Array; //        [entries]
}

/** Index over all segments; `rankOf` gives each a small number by which whole branches can be passed over. About 0.5 s a million. */
export function indexSegments(network: RoadNetwork, rankOf: (segment: number) => number): SegmentIndex {
  const levelStart = levels(network.segmentCount);
  const entries = levelStart[levelStart.length - 1];
  const own = segmentBoxes(network);
  const segment = alongHilbertCurve(network, own);
  const boxes = sharedInt32(entries * BOX_STRIDE);
  const rank = sharedUint8(entries).fill(255);
  for (let i = 0; i < segment.length; i++) {
    for (let side = 0; side < BOX_STRIDE; side++) boxes[i * BOX_STRIDE + side] = own[segment[i] * BOX_STRIDE + side];
    rank[i] = rankOf(segment[i]);
  }
  for (let level = 1; level < levelStart.length - 1; level++) {
    for (let node = levelStart[level]; node < levelStart[level + 1]; node++) {
      const first = levelStart[level - 1] + (node - levelStart[level]) * FAN_OUT;
      const end = Math.min(first + FAN_OUT, levelStart[level]);
      boxes.copyWithin(node * BOX_STRIDE, first * BOX_STRIDE, (first + 1) * BOX_STRIDE);
      for (let child = first; child < end; child++) {
        widen(boxes, node, boxes, child);
        rank[node] = Math.min(rank[node], rank[child]);
      }
    }
  }
  return { levelStart, boxes, segment, rank };
}

/** Level of an entry. */
export function levelOf({ levelStart }: SegmentIndex, entry: number): number {
  let level = 0;
  while (entry >= levelStart[level + 1]) level++;
  return level;
}

/** First child of an entry of a level above 0; its last is the one before childrenEnd. */
export function childrenStart({ levelStart }: SegmentIndex, level: number, entry: number): number {
  return levelStart[level - 1] + (entry - levelStart[level]) * FAN_OUT;
}

export function childrenEnd(index: SegmentIndex, level: number, entry: number): number {
  return Math.min(childrenStart(index, level, entry) + FAN_OUT, index.levelStart[level]);
}

/**
 * Calls `visit` for every segment whose box touches the given one (1e-7 degrees, not across the antimeridian: ask twice) and whose rank is
 * at most `maxRank`. Never misses one; order is that of the index.
 */
export function forSegmentsInBox(
  index: SegmentIndex,
  [west, south, east, north]: readonly [west: number, south: number, east: number, north: number],
  maxRank: number,
  visit: (segment: number) => void,
): void {
  const { boxes, rank, segment, levelStart } = index;
  if (segment.length === 0) return;
  const stack = [levelStart[levelStart.length - 1] - 1];
  while (stack.length > 0) {
    const entry = stack.pop()!;
    const at = entry * BOX_STRIDE;
    if (rank[entry] > maxRank || boxes[at + WEST] > east || boxes[at + EAST] < west) continue;
    if (boxes[at + SOUTH] > north || boxes[at + NORTH] < south) continue;
    if (entry < segment.length) {
      visit(segment[entry]);
      continue;
    }
    const level = levelOf(index, entry);
    for (let child = childrenEnd(index, level, entry) - 1; child >= childrenStart(index, level, entry); child--)
      stack.push(child);
  }
}

function levels(count: number): Uint32Array {
  const starts = [0, count];
  for (let width = count; width > 1; ) {
    width = Math.ceil(width / FAN_OUT);
    starts.push(starts[starts.length - 1] + width);
  }
  return Uint32Array.from(starts);
}

/** [segments × BOX_STRIDE] */
function segmentBoxes({ segmentCount, firstPoint, pointLonLat }: RoadNetwork): Int32Array {
  const boxes = new Int32Array(segmentCount * BOX_STRIDE);
  for (let segment = 0; segment < segmentCount; segment++) {
    const first = firstPoint[segment];
    let west = pointLonLat[2 * first];
    let east = west;
    let south = pointLonLat[2 * first + 1];
    let north = south;
    let crosses = false;
    for (let p = first + 1; p < firstPoint[segment + 1]; p++) {
      const lon = pointLonLat[2 * p];
      const lat = pointLonLat[2 * p + 1];
      const step = lon - pointLonLat[2 * p - 2];
      crosses ||= shortWayE7(step) !== step;
      west = Math.min(west, lon);
      east = Math.max(east, lon);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    }
    boxes[segment * BOX_STRIDE + WEST] = crosses ? -180 * E7 : west;
    boxes[segment * BOX_STRIDE + SOUTH] = south;
    boxes[segment * BOX_STRIDE + EAST] = crosses ? 180 * E7 : east;
    boxes[segment * BOX_STRIDE + NORTH] = north;
  }
  return boxes;
}

function widen(boxes: Int32Array, box: number, by: Int32Array, added: number): void {
  const at = box * BOX_STRIDE;
  const from = added * BOX_STRIDE;
  boxes[at + WEST] = Math.min(boxes[at + WEST], by[from + WEST]);
  boxes[at + SOUTH] = Math.min(boxes[at + SOUTH], by[from + SOUTH]);
  boxes[at + EAST] = Math.max(boxes[at + EAST], by[from + EAST]);
  boxes[at + NORTH] = Math.max(boxes[at + NORTH], by[from + NORTH]);
}

/** All segments in the order in which a Hilbert curve over the network's bounds passes the middles of their boxes, on shared memory. */
function alongHilbertCurve({ segmentCount }: RoadNetwork, boxes: Int32Array): Uint32Array {
  const all = new Int32Array(BOX_STRIDE);
  if (segmentCount > 0) all.set(boxes.subarray(0, BOX_STRIDE));
  for (let segment = 0; segment < segmentCount; segment++) widen(all, 0, boxes, segment);
  const width = Math.max(1, all[EAST] - all[WEST]);
  const height = Math.max(1, all[NORTH] - all[SOUTH]);
  const key = new Uint32Array(segmentCount);
  for (let segment = 0; segment < segmentCount; segment++) {
    const at = segment * BOX_STRIDE;
    const x = ((boxes[at + WEST] + boxes[at + EAST]) / 2 - all[WEST]) / width;
    const y = ((boxes[at + SOUTH] + boxes[at + NORTH]) / 2 - all[SOUTH]) / height;
    key[segment] = hilbertKey(Math.floor(x * 0xffff), Math.floor(y * 0xffff));
  }
  return sortedByKey(key);
}

/**
 * Place of a cell along the Hilbert curve over 65 536 × 65 536 cells.
 * Source: Warren, "Hacker's Delight", 2nd ed., 2012, section 16-2.
 */
function hilbertKey(x: number, y: number): number {
  let key = 0;
  for (let half = 0x8000; half > 0; half >>= 1) {
    const right = (x & half) !== 0;
    const upper = (y & half) !== 0;
    key = key * 4 + (right ? (upper ? 2 : 3) : upper ? 1 : 0);
    if (upper) continue;
    // the curve runs through the two lower quarters turned, mirrored on one diagonal or the other
    const turned = right ? 0xffff - y : y;
    y = right ? 0xffff - x : x;
    x = turned;
  }
  return key;
}

/** Indices of the keys in ascending order of key, equal keys by index: two passes of a radix sort by 16 bits. */
function sortedByKey(key: Uint32Array): Uint32Array {
  const order = sharedUint32(key.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const passed = new Uint32Array(key.length);
  for (const shift of [0, 16]) {
    const next = new Uint32Array(0x10001);
    for (let i = 0; i < key.length; i++) next[((key[i] >>> shift) & 0xffff) + 1]++;
    for (let digit = 0; digit < 0x10000; digit++) next[digit + 1] += next[digit];
    for (let i = 0; i < key.length; i++) passed[next[(key[order[i]] >>> shift) & 0xffff]++] = order[i];
    order.set(passed);
  }
  return order;
}
