import type { RoadNetwork } from '../roads/road-network.js';

/**
 * Directed segments by the node where they begin, whoever may drive them, ascending.
 * Those of n are out[firstOut[n]] up to, not including, out[firstOut[n + 1]].
 */
export interface RoadEnds {
  readonly firstOut: Uint32Array; // [nodes + 1]
  readonly out: Uint32Array; //      [2 * segments]
}

export function roadEnds(network: RoadNetwork): RoadEnds {
  const { nodeCount, segmentCount } = network;
  const firstOut = new Uint32Array(nodeCount + 1);
  const out = new Uint32Array(2 * segmentCount);
  for (let directed = 0; directed < out.length; directed++) firstOut[tailOf(network, directed) + 1]++;
  for (let node = 0; node < nodeCount; node++) firstOut[node + 1] += firstOut[node];
  const next = firstOut.slice(0, nodeCount);
  for (let directed = 0; directed < out.length; directed++) out[next[tailOf(network, directed)]++] = directed;
  return { firstOut, out };
}

/** Node at which a directed segment begins. */
export function tailOf({ segmentFrom, segmentTo }: RoadNetwork, directed: number): number {
  return directed & 1 ? segmentTo[directed >> 1] : segmentFrom[directed >> 1];
}

/** Node at which a directed segment ends. */
export function headOf(network: RoadNetwork, directed: number): number {
  return tailOf(network, reversed(directed));
}

/** The same segment driven the other way. */
export function reversed(directed: number): number {
  return directed ^ 1;
}
