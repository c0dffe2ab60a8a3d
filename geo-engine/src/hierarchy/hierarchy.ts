import { sharedUint32 } from '../roads/shared-array.js';

/**
 * Arcs between each node and higher ones, by rank. Arcs of n: first[n] up to, not including, first[n + 1]. Between two nodes there is at
 * most one.
 */
export interface UpwardArcs {
  readonly first: Uint32Array; // [nodes + 1]
  readonly end: Uint32Array; //   [arcs] the higher node
  readonly ms: Uint32Array; //    [arcs] travel time, whole milliseconds
  readonly via: Uint32Array; //   [arcs] a directed segment; or SHORTCUT + the node in the middle, lower than both ends
}

/** Added to a via that names a node. There are fewer than 2³¹ nodes and directed segments. */
export const SHORTCUT = 0x80000000;

/**
 * A contraction hierarchy of one RoadGraph, frozen: nodes ranked by importance and, between them, the arcs and shortcuts with which every
 * fastest drive is a climb followed by a descent. All arrays stand on SharedArrayBuffers.
 *
 * Ranks are numbered so that whoever is near on the road is near in memory: a node's rank is only certain to be below those of the nodes
 * it has arcs to. About 36 bytes a node of a country's roads.
 */
export interface Hierarchy {
  readonly nodeCount: number;
  readonly rankOf: Uint32Array; // [nodes] rank of a node of the graph
  readonly nodeAt: Uint32Array; // [nodes] node of the graph at a rank; contracting in this order gives the same hierarchy
  /** Arcs from a node up to a higher one. */
  readonly up: UpwardArcs;
  /** Arcs down to a node from a higher one, which is their `end`. */
  readonly down: UpwardArcs;
}

/** How many of everything a hierarchy has. */
export interface HierarchySizes {
  readonly nodes: number;
  readonly upArcs: number;
  readonly downArcs: number;
}

/** Zeroed arrays of these sizes. */
export function allocateHierarchy({ nodes, upArcs, downArcs }: HierarchySizes): Hierarchy {
  const arcs = (count: number): UpwardArcs => ({
    first: sharedUint32(nodes + 1),
    end: sharedUint32(count),
    ms: sharedUint32(count),
    via: sharedUint32(count),
  });
  return {
    nodeCount: nodes,
    rankOf: sharedUint32(nodes),
    nodeAt: sharedUint32(nodes),
    up: arcs(upArcs),
    down: arcs(downArcs),
  };
}
