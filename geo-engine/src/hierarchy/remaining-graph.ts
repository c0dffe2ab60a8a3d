import { type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';

/** A list with room for 4 << c entries is of size class c. */
const LEAST_ROOM = 4;
const NO_BLOCK = 0xffffffff;
/** Of an arc that is not there. */
const NO_VIA = 0xffffffff;

/**
 * What is not yet contracted. Every node has a list of neighbours; an entry holds the cheapest arc to the neighbour and the cheapest
 * arc from it, for most roads are driven both ways. Lists stand in blocks of one pool of flat arrays; a list that outgrows its block
 * moves to one of twice the size, and blocks left behind are used again.
 *
 * Nodes are numbered anew from 0: `graphNode` tells which node of the graph each one is.
 */
export class RemainingGraph {
  readonly nodeCount: number;
  readonly graphNode: Uint32Array; // [nodes]
  readonly first: Uint32Array; //     [nodes] entries of n: first[n] up to, not including, first[n] + count[n]
  readonly count: Uint32Array; //     [nodes]
  neighbour: Uint32Array; // [entries]
  outMs: Uint32Array; //     [entries] arc to the neighbour; UNREACHABLE_MS if none
  inMs: Uint32Array; //      [entries] arc from the neighbour; UNREACHABLE_MS if none
  outVia: Uint32Array; //    [entries] what the arc stands for, as in UpwardArcs, but with nodes of the graph
  inVia: Uint32Array; //     [entries]
  readonly #sizeClass: Uint8Array; // [nodes]
  readonly #free: number[] = []; //   [size classes] first free block, linked through neighbour
  #used = 0;

  constructor(graphNode: Uint32Array, expectedEntries: number) {
    const nodeCount = graphNode.length;
    this.nodeCount = nodeCount;
    this.graphNode = graphNode;
    this.first = new Uint32Array(nodeCount);
    this.count = new Uint32Array(nodeCount);
    this.#sizeClass = new Uint8Array(nodeCount);
    this.neighbour = new Uint32Array(expectedEntries);
    this.outMs = new Uint32Array(expectedEntries);
    this.inMs = new Uint32Array(expectedEntries);
    this.outVia = new Uint32Array(expectedEntries);
    this.inVia = new Uint32Array(expectedEntries);
  }

  /** Gives a node an empty list with room for `room` entries. To be called once for each node. */
  makeRoom(node: number, room: number): void {
    let sizeClass = 0;
    while (LEAST_ROOM << sizeClass < room) sizeClass++;
    this.#sizeClass[node] = sizeClass;
    this.first[node] = this.#takeBlock(sizeClass);
  }

  /** Puts an arc between two nodes, or a faster one in the place of the one there; a slower one is left out. */
  improve(from: number, to: number, ms: number, via: number): void {
    const out = this.#entryOf(from, to);
    if (ms >= this.outMs[out]) return;
    this.outMs[out] = ms;
    this.outVia[out] = via;
    const into = this.#entryOf(to, from);
    this.inMs[into] = ms;
    this.inVia[into] = via;
  }

  /** Entry of a neighbour in a node's list; without arcs if it was not there. */
  #entryOf(node: number, neighbour: number): number {
    const end = this.first[node] + this.count[node];
    for (let entry = this.first[node]; entry < end; entry++) if (this.neighbour[entry] === neighbour) return entry;
    return this.#append(node, neighbour);
  }

  #append(node: number, neighbour: number): number {
    if (this.count[node] === LEAST_ROOM << this.#sizeClass[node]) this.#moveToLarger(node);
    const entry = this.first[node] + this.count[node]++;
    this.neighbour[entry] = neighbour;
    this.outMs[entry] = UNREACHABLE_MS;
    this.inMs[entry] = UNREACHABLE_MS;
    this.outVia[entry] = NO_VIA;
    this.inVia[entry] = NO_VIA;
    return entry;
  }

  /** Takes a neighbour, which must be there, out of a node's list. */
  detach(node: number, neighbour: number): void {
    const last = this.first[node] + --this.count[node];
    for (let entry = this.first[node]; ; entry++) {
      if (this.neighbour[entry] === neighbour) return this.#copyEntry(last, entry);
    }
  }

  /** The nodes that are left, numbered anew in the same order, their lists one after another as caches like them. */
  without(gone: Uint8Array): RemainingGraph {
    const renumbered = new Uint32Array(this.nodeCount);
    let left = 0;
    let entries = 0;
    for (let node = 0; node < this.nodeCount; node++) {
      if (gone[node]) continue;
      renumbered[node] = left++;
      entries += this.count[node];
    }
    const graphNode = new Uint32Array(left);
    for (let node = 0; node < this.nodeCount; node++)
      if (!gone[node]) graphNode[renumbered[node]] = this.graphNode[node];
    const next = new RemainingGraph(graphNode, 2 * entries + LEAST_ROOM * left);
    for (let node = 0; node < this.nodeCount; node++) {
      if (gone[node]) continue;
      const to = renumbered[node];
      next.makeRoom(to, this.count[node] + 1);
      const end = this.first[node] + this.count[node];
      for (let entry = this.first[node]; entry < end; entry++) {
        const copy = next.#append(to, renumbered[this.neighbour[entry]]);
        next.outMs[copy] = this.outMs[entry];
        next.inMs[copy] = this.inMs[entry];
        next.outVia[copy] = this.outVia[entry];
        next.inVia[copy] = this.inVia[entry];
      }
    }
    return next;
  }

  #moveToLarger(node: number): void {
    const from = this.first[node];
    const sizeClass = this.#sizeClass[node]++;
    const to = this.#takeBlock(sizeClass + 1);
    for (let i = 0; i < this.count[node]; i++) this.#copyEntry(from + i, to + i);
    this.first[node] = to;
    this.neighbour[from] = this.#free[sizeClass];
    this.#free[sizeClass] = from;
  }

  #copyEntry(from: number, to: number): void {
    this.neighbour[to] = this.neighbour[from];
    this.outMs[to] = this.outMs[from];
    this.inMs[to] = this.inMs[from];
    this.outVia[to] = this.outVia[from];
    this.inVia[to] = this.inVia[from];
  }

  #takeBlock(sizeClass: number): number {
    while (this.#free.length <= sizeClass) this.#free.push(NO_BLOCK);
    const free = this.#free[sizeClass];
    if (free !== NO_BLOCK) {
      this.#free[sizeClass] = this.neighbour[free];
      return free;
    }
    const block = this.#used;
    this.#used += LEAST_ROOM << sizeClass;
    if (this.#used > this.neighbour.length) this.#grow();
    return block;
  }

  /** By less than twice: these are the largest arrays of a contraction. */
  #grow(): void {
    const length = Math.max(this.#used, Math.ceil(this.neighbour.length * 1.4));
    this.neighbour = lengthened(this.neighbour, length);
    this.outMs = lengthened(this.outMs, length);
    this.inMs = lengthened(this.inMs, length);
    this.outVia = lengthened(this.outVia, length);
    this.inVia = lengthened(this.inVia, length);
  }
}

function lengthened(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(array);
  return longer;
}

/**
 * Everything still to contract: the graph without self-loops, of parallel arcs the cheapest. Copies of a node stand beside it, not at
 * the end, for they are looked at together.
 */
export function remainingOf(graph: RoadGraph): RemainingGraph {
  const { nodeCount, firstArc, arcHead, arcMs, arcDirected } = graph;
  const graphNode = copiesTogether(graph);
  const number = new Uint32Array(nodeCount);
  for (let i = 0; i < nodeCount; i++) number[graphNode[i]] = i;
  const degree = new Uint32Array(nodeCount); // arcs out and in
  for (let node = 0; node < nodeCount; node++) {
    degree[node] += firstArc[node + 1] - firstArc[node];
    for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) degree[arcHead[arc]]++;
  }
  const remaining = new RemainingGraph(graphNode, 2 * arcHead.length);
  // where all roads are driven both ways a node has half as many neighbours as arcs; lists that turn out longer move
  for (let i = 0; i < nodeCount; i++) remaining.makeRoom(i, Math.ceil(degree[graphNode[i]] / 2) + 1);
  for (let i = 0; i < nodeCount; i++) {
    for (let node = graphNode[i], arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
      const to = number[arcHead[arc]];
      if (to !== i) remaining.improve(i, to, arcMs[arc], arcDirected[arc]);
    }
  }
  return remaining;
}

/** All nodes of a graph, each followed by its copies. */
function copiesTogether({ nodeCount, networkNodeCount, nodeOf }: RoadGraph): Uint32Array {
  const next = new Uint32Array(networkNodeCount + 1);
  for (let node = 0; node < nodeCount; node++) next[nodeOf[node] + 1]++;
  for (let node = 0; node < networkNodeCount; node++) next[node + 1] += next[node];
  const sorted = new Uint32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) sorted[next[nodeOf[node]]++] = node;
  return sorted;
}
