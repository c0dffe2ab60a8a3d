import type { RoadGraph } from '../graph/road-graph.js';
import type { RoadPlace, Stand } from './road-place.js';

/**
 * Share of a directed segment that lies before a stand in the direction of the drive.
 */
export function drivenShare({ directed, fraction }: Stand): number {
  return directed & 1 ? 1 - fraction : fraction;
}

/**
 * Time from the beginning of a stand's segment to the stand, in whole milliseconds: its share of the segment's time, rounded. What is
 * left to the end is the difference to the whole, so that a segment driven in parts takes exactly as long as in one go.
 */
export function beforeMs({ directedMs }: Pick<RoadGraph, 'directedMs'>, stand: Stand): number {
  return Math.round(directedMs[stand.directed] * drivenShare(stand));
}

/** Time from a stand to the end of its segment. */
export function restMs(graph: Pick<RoadGraph, 'directedMs'>, stand: Stand): number {
  return graph.directedMs[stand.directed] - beforeMs(graph, stand);
}

/** A drive along one segment, without a node between. */
export interface DirectWay {
  readonly travelMs: number;
  readonly from: Stand;
  readonly to: Stand;
}

/** The fastest drive from one place to another on the same directed segment with the end ahead, or undefined. */
export function directWay(
  graph: Pick<RoadGraph, 'directedMs'>,
  start: RoadPlace,
  end: RoadPlace,
): DirectWay | undefined {
  let best: DirectWay | undefined;
  for (const from of start.stands) {
    for (const to of end.stands) {
      if (from.directed !== to.directed || drivenShare(to) < drivenShare(from)) continue;
      const travelMs = beforeMs(graph, to) - beforeMs(graph, from);
      if (best === undefined || travelMs < best.travelMs) best = { travelMs, from, to };
    }
  }
  return best;
}
