/**
 * One profile's roads as a graph in compressed sparse rows, frozen. Arcs of n: firstArc[n] up to, not including, firstArc[n + 1].
 *
 * Nodes below `networkNodeCount` are the network's. Above it stand copies that turn restrictions and barriers make: a copy of node n is
 * reached by driving the beginning of one or more restrictions and has the arcs of n less those that would complete one. So a plain
 * shortest path search over this graph honours every restriction, also those with a way as via, and knows nothing of them.
 */
export interface RoadGraph {
  readonly profile: string;
  readonly networkId: string;
  readonly nodeCount: number;
  readonly networkNodeCount: number;
  readonly nodeOf: Uint32Array; //   [nodes] the network's node that a node is, or is a copy of
  readonly firstArc: Uint32Array; // [nodes + 1]
  readonly arcHead: Uint32Array; //  [arcs] node the arc leads to
  readonly arcMs: Uint32Array; //    [arcs] travel time, whole milliseconds, > 0 (whole, so that equal means equal)
  readonly arcDirected: Uint32Array; // [arcs] directed segment that the arc drives

  readonly directedMs: Uint32Array; //  [2 * segments] travel time of a directed segment; CLOSED where the profile may not drive
  readonly directedHead: Uint32Array; // [2 * segments] node at the end of a directed segment for who began on it; unspecified where closed
  readonly firstTail: Uint32Array; //   [2 * segments + 1] nodes from which a directed segment can be entered:
  readonly tails: Uint32Array; //       [arcs] tails[firstTail[d]] up to, not including, tails[firstTail[d + 1]]
  readonly component: Uint32Array; //   [nodes] strongly connected component; 0 is the largest, then by size, ties by lowest node
  readonly componentSize: Uint32Array; // [components] nodes in it
}

export { CLOSED } from '../roads/travel-time.js';

/** A time that no path has: unreachable, closed (the same number as CLOSED). Larger than any sum that is accepted. */
export const UNREACHABLE_MS = 0xffffffff;
