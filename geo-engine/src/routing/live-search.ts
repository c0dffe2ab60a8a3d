import { CLOSED, type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';
import type { Hierarchy } from '../hierarchy/hierarchy.js';
import { MinQueue } from '../hierarchy/min-queue.js';
import type { SeedLists } from '../hierarchy/seeds.js';
import { TargetTimes } from '../hierarchy/target-times.js';

const NONE = 0xffffffff;

/** Told instead of a time: the search was stopped by its limit. */
export const GAVE_UP = -1;

/**
 * Fastest drives on a graph some of whose segments have become slower since its hierarchy was made. Reusable, one per thread.
 *
 * A goal-directed search: what the hierarchy says of the way to the target is never more than the truth, so nodes are settled by
 * the least possible whole time, and the search leaves the old way only as far as the closures force it to.
 * Sources: Hart, Nilsson, Raphael, IEEE Transactions on Systems Science and Cybernetics 4(2), 1968, p. 100; Strasser, Zeitz,
 * "A Fast and Tight Heuristic for A* in Road Networks", SEA 2021, 6:1.
 */
export class LiveSearch {
  readonly #queue = new MinQueue();
  // by node of the graph, valid where stamp says so
  readonly #ms: Uint32Array; //        [nodes] least time from the source
  readonly #before: Uint32Array; //    [nodes] node before, or NONE
  readonly #arc: Uint32Array; //       [nodes] arc from there; for a first node the number of its seed
  readonly #stamp: Uint32Array; //     [nodes]
  readonly #toTarget: TargetTimes; //  least time to the target that the hierarchy knows
  #search = 0;
  #last = NONE; // node at which the drive found leaves the graph
  #lastSeed = 0;

  constructor(hierarchy: Hierarchy) {
    const nodes = hierarchy.nodeCount;
    this.#ms = new Uint32Array(nodes);
    this.#before = new Uint32Array(nodes);
    this.#arc = new Uint32Array(nodes);
    this.#stamp = new Uint32Array(nodes);
    this.#toTarget = new TargetTimes(hierarchy);
  }

  /**
   * Time from source list i to target list j by the times in `directedMs`, none of which may be less than when the hierarchy was made.
   * UNREACHABLE_MS when there is no way, GAVE_UP when more than `maxSettled` nodes would have to be looked at.
   */
  timeMs(graph: RoadGraph, sources: SeedLists, i: number, targets: SeedLists, j: number, maxSettled: number): number {
    const { firstArc, arcHead, arcDirected, directedMs } = graph;
    const ms = this.#ms;
    const stamp = this.#stamp;
    const queue = this.#queue;
    const toTarget = this.#toTarget;
    const search = ++this.#search;
    toTarget.begin(targets, j);
    this.#last = NONE;
    let bestMs = UNREACHABLE_MS;
    queue.clear();
    for (let s = sources.first[i]; s < sources.first[i + 1]; s++) {
      const node = sources.node[s];
      const leastMs = toTarget.fromNode(node);
      if (leastMs === UNREACHABLE_MS || (stamp[node] === search && sources.ms[s] >= ms[node])) continue;
      this.#reach(node, sources.ms[s], NONE, s);
      queue.push(node, sources.ms[s] + leastMs);
    }
    for (let settled = 0; queue.length > 0 && queue.peekKey() < bestMs; ) {
      const key = queue.peekKey();
      const node = queue.pop();
      const atMs = ms[node];
      if (key > atMs + toTarget.fromNode(node)) continue; // superseded by a faster way in
      if (++settled > maxSettled) return GAVE_UP;
      for (let t = targets.first[j]; t < targets.first[j + 1]; t++) {
        if (targets.node[t] !== node || atMs + targets.ms[t] >= bestMs) continue;
        bestMs = atMs + targets.ms[t];
        this.#last = node;
        this.#lastSeed = t;
      }
      // relax the arcs out of the node just settled
      for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        const arcMs = directedMs[arcDirected[arc]];
        if (arcMs === CLOSED) continue;
        const head = arcHead[arc];
        const viaMs = atMs + arcMs;
        if (stamp[head] === search && viaMs >= ms[head]) continue;
        const leastMs = toTarget.fromNode(head);
        if (leastMs === UNREACHABLE_MS || viaMs + leastMs >= bestMs) continue;
        this.#reach(head, viaMs, node, arc);
        queue.push(head, viaMs + leastMs);
      }
    }
    return bestMs;
  }

  /** The drive of the last timeMs that found one: seeds at both ends, and the directed segments between in order. */
  drive({ arcDirected }: RoadGraph): { sourceSeed: number; targetSeed: number; directed: number[] } {
    const directed: number[] = [];
    let node = this.#last;
    for (; this.#before[node] !== NONE; node = this.#before[node]) directed.push(arcDirected[this.#arc[node]]);
    return { sourceSeed: this.#arc[node], targetSeed: this.#lastSeed, directed: directed.reverse() };
  }

  #reach(node: number, atMs: number, before: number, arc: number): void {
    this.#ms[node] = atMs;
    this.#before[node] = before;
    this.#arc[node] = arc;
    this.#stamp[node] = this.#search;
  }
}
