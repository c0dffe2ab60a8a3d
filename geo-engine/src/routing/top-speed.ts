import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import type { RoadNetwork } from '../roads/road-network.js';

/** Lengths are along the points on a plane: within 1e-5 of the great circle. */
const LENGTH_SLACK = 1.0001;

/** The fastest metre of any segment that may be driven, metres a second, its length rounded up. 10 ms a million segments. */
export function fastestMps({ segmentCm, segmentCount }: RoadNetwork, { directedMs }: RoadGraph): number {
  let cmPerMs = 0;
  for (let segment = 0; segment < segmentCount; segment++) {
    const ms = Math.min(directedMs[2 * segment], directedMs[2 * segment + 1]);
    if (ms !== CLOSED) cmPerMs = Math.max(cmPerMs, (segmentCm[segment] + 1) / ms);
  }
  return cmPerMs * 10 * LENGTH_SLACK;
}
