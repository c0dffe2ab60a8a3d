import { type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';
import { grown } from './grown.js';
import { MinQueue } from './min-queue.js';
import type { SeedLists } from './seeds.js';

/** A constant of this file: an imported binding is read anew in every turn of a hot loop. */
const NEVER: number = UNREACHABLE_MS;

/** Whether times run from the seeds to the nodes, or from the nodes to the seeds. */
export type ReachDirection = 'from' | 'to';

/**
 * All nodes within a time: Dijkstra over the graph itself, for what is near costs less than what a hierarchy would have to carry down.
 * Reusable, one per thread; allocates nothing once its buffers have grown.
 */
export class ReachSearch {
  readonly #first: Uint32Array; // [nodes + 1]
  readonly #end: Uint32Array; //   [arcs]
  readonly #arcMs: Uint32Array; // [arcs]
  readonly #ms: Uint32Array; //    [nodes] UNREACHABLE_MS where the search has not been
  readonly #queue = new MinQueue();
  #touched = new Uint32Array(1024);
  #touchedCount = 0;
  /** Nodes found last, nearest first; the first `count` are valid until the next search. */
  node = new Uint32Array(1024);
  count = 0;

  /** For 'to' the arcs are turned round once, some 50 ms for a country. */
  constructor(graph: RoadGraph, direction: ReachDirection) {
    const { firstArc, arcHead, arcMs } = graph;
    const arcs = direction === 'from' ? { first: firstArc, end: arcHead, ms: arcMs } : turnedRound(graph);
    this.#first = arcs.first;
    this.#end = arcs.end;
    this.#arcMs = arcs.ms;
    this.#ms = new Uint32Array(graph.nodeCount).fill(NEVER);
  }

  /** Time of a node found; UNREACHABLE_MS, or a time above the limit, of others. */
  timeMs(node: number): number {
    return this.#ms[node];
  }

  /** Finds the nodes within limitMs (at most) of a list's seeds, their times included, and returns how many. */
  reach(seeds: SeedLists, list: number, limitMs: number): number {
    const first = this.#first;
    const end = this.#end;
    const arcMs = this.#arcMs;
    const ms = this.#ms;
    const queue = this.#queue;
    for (let i = 0; i < this.#touchedCount; i++) ms[this.#touched[i]] = NEVER;
    this.#touchedCount = 0;
    this.count = 0;
    queue.clear();
    for (let seed = seeds.first[list]; seed < seeds.first[list + 1]; seed++) {
      if (seeds.ms[seed] <= limitMs) this.#improve(seeds.node[seed], seeds.ms[seed]);
    }
    while (queue.length > 0) {
      const atMs = queue.peekKey();
      const node = queue.pop();
      if (atMs > ms[node]) continue; // superseded by a faster way in
      if (this.count === this.node.length) this.node = grown(this.node);
      this.node[this.count++] = node;
      for (let arc = first[node], last = first[node + 1]; arc < last; arc++) {
        const viaMs = atMs + arcMs[arc];
        if (viaMs <= limitMs && viaMs < ms[end[arc]]) this.#improve(end[arc], viaMs);
      }
    }
    return this.count;
  }

  #improve(node: number, atMs: number): void {
    const known = this.#ms[node];
    if (atMs >= known) return;
    if (known === NEVER) {
      if (this.#touchedCount === this.#touched.length) this.#touched = grown(this.#touched);
      this.#touched[this.#touchedCount++] = node;
    }
    this.#ms[node] = atMs;
    this.#queue.push(node, atMs);
  }
}

function turnedRound({ nodeCount, firstArc, arcHead, arcMs }: RoadGraph): {
  first: Uint32Array;
  end: Uint32Array;
  ms: Uint32Array;
} {
  const first = new Uint32Array(nodeCount + 1);
  for (const head of arcHead) first[head + 1]++;
  for (let node = 0; node < nodeCount; node++) first[node + 1] += first[node];
  const next = first.slice(0, nodeCount);
  const end = new Uint32Array(arcHead.length);
  const ms = new Uint32Array(arcHead.length);
  for (let node = 0; node < nodeCount; node++) {
    for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
      const at = next[arcHead[arc]]++;
      end[at] = node;
      ms[at] = arcMs[arc];
    }
  }
  return { first, end, ms };
}
