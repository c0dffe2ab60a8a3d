import type { LeaveOut } from './map-road.js';
import { NumberList } from './number-list.js';

/** Ways whose nodes are numbered: refs of w are ref[firstRef[w]] up to, not including, ref[firstRef[w + 1]]. */
export interface NumberedWays {
  readonly count: number;
  readonly firstRef: Uint32Array; // [ways + 1]
  /** Number of the node, or -1 where the map does not hold it. */
  readonly ref: Int32Array;
}

/**
 * Ways cut into segments, in the order of the ways. Segment s goes from point[firstPoint[s]] to point[lastPoint[s]]
 * inclusive; neighbours of one way share a point.
 */
export interface CutWays {
  readonly point: Uint32Array; //      [points] number of the node
  readonly firstPoint: Uint32Array; // [segments]
  readonly lastPoint: Uint32Array; //  [segments]
  readonly firstSegment: Uint32Array; // [ways + 1]
  /** 1 where segments begin and end. */
  readonly isNode: Uint8Array; //      [nodes of the map]
}

const ONCE = 1;
const OFTEN = 2;

/**
 * Cuts ways where a driver can choose or something stands in the road: at nodes used more than once (by two ways, or twice
 * by one), at the ends of ways, and where `mustCut` says so. A node that the map does not hold ends a piece of its way.
 */
export function cutWays({ count, firstRef, ref }: NumberedWays, mustCut: Uint8Array, leaveOut: LeaveOut): CutWays {
  // pieces without holes and repetitions, and how often each node is used
  const point = new NumberList(Uint32Array);
  const firstOfPiece = new NumberList(Uint32Array); // [pieces + 1]
  const pieceCount = new Uint32Array(count); // [ways]
  const uses = new Uint8Array(mustCut.length);
  let pieceStart = 0;
  let pieces = 0;
  const endPiece = (way: number): void => {
    const length = point.length - pieceStart;
    if (length === 0) return;
    if (length === 1)
      // a piece without a segment
      leaveOut('short_way');
    firstOfPiece.push(pieceStart);
    pieceStart = point.length;
    pieceCount[way]++;
    pieces++;
  };
  for (let way = 0; way < count; way++) {
    if (firstRef[way] === firstRef[way + 1]) leaveOut('short_way');
    for (let i = firstRef[way]; i < firstRef[way + 1]; i++) {
      const node = ref[i];
      if (node < 0) {
        leaveOut('missing_node');
        endPiece(way);
      } else if (point.length > pieceStart && point.at(point.length - 1) === node) leaveOut('repeated_node');
      else point.push(node);
    }
    endPiece(way);
  }
  firstOfPiece.push(pieceStart);
  const points = point.view();
  for (let piece = 0; piece < pieces; piece++) {
    const from = firstOfPiece.at(piece);
    const to = firstOfPiece.at(piece + 1);
    if (to - from < 2) continue;
    for (let i = from; i < to; i++) uses[points[i]] = uses[points[i]] === 0 ? ONCE : OFTEN;
    uses[points[from]] = OFTEN;
    uses[points[to - 1]] = OFTEN;
  }

  // segments from node to node of each piece
  const firstPoint = new NumberList(Uint32Array);
  const lastPoint = new NumberList(Uint32Array);
  const firstSegment = new Uint32Array(count + 1);
  const isNode = new Uint8Array(mustCut.length);
  for (let way = 0, piece = 0; way < count; way++) {
    for (const end = piece + pieceCount[way]; piece < end; piece++) {
      const last = firstOfPiece.at(piece + 1) - 1;
      for (let i = firstOfPiece.at(piece), from = i; i < last; ) {
        i++;
        if (uses[points[i]] !== OFTEN && !mustCut[points[i]]) continue;
        firstPoint.push(from);
        lastPoint.push(i);
        isNode[points[from]] = 1;
        isNode[points[i]] = 1;
        from = i;
      }
    }
    firstSegment[way + 1] = firstPoint.length;
  }
  return { point: points, firstPoint: firstPoint.view(), lastPoint: lastPoint.view(), firstSegment, isNode };
}
