import { UNREACHABLE_MS } from '../graph/road-graph.js';
import type { Hierarchy } from './hierarchy.js';
import { MinQueue } from './min-queue.js';
import type { SeedLists } from './seeds.js';

/** A constant of this file: an imported binding is read anew in every turn of a hot loop. */
const NEVER: number = UNREACHABLE_MS;

/** A label. Its stamp is #climbed while the time is that of going down only, #known once it is the least. */
const STRIDE = 2;
const MS = 0;
const STAMP = 1;

/**
 * Least times from any node to one target, each found when it is asked for: the target is climbed from once, and a node asks the nodes
 * above it. What a node learns stands until the next target, so that whoever starts near another one costs next to nothing.
 * Reusable, one per thread; 8 bytes a node.
 * Source: Strasser, Zeitz, "A Fast and Tight Heuristic for A* in Road Networks", SEA 2021, 6:1.
 */
export class TargetTimes {
  readonly #hierarchy: Hierarchy;
  readonly #queue = new MinQueue();
  /** [nodes × STRIDE] by rank: a time and its stamp, side by side, for both are read of nodes all over memory. */
  readonly #labels: Uint32Array;
  #climbed = 0;
  #known = 1;

  constructor(hierarchy: Hierarchy) {
    this.#hierarchy = hierarchy;
    this.#labels = new Uint32Array(hierarchy.nodeCount * STRIDE);
  }

  /** Forgets the target before and takes list j as the new one. */
  begin(targets: SeedLists, j: number): void {
    const { rankOf, down } = this.#hierarchy;
    const labels = this.#labels;
    const queue = this.#queue;
    this.#climbed += 2;
    this.#known += 2;
    queue.clear();
    for (let t = targets.first[j]; t < targets.first[j + 1]; t++) this.#climb(rankOf[targets.node[t]], targets.ms[t]);
    // by rank: whoever is taken out can not be reached better any more
    while (queue.length > 0) {
      const rank = queue.pop();
      for (let arc = down.first[rank]; arc < down.first[rank + 1]; arc++)
        this.#climb(down.end[arc], labels[rank * STRIDE + MS] + down.ms[arc]);
    }
  }

  /** Least time from a node of the graph to the target; UNREACHABLE_MS when there is no way. */
  fromNode(node: number): number {
    return this.#fromRank(this.#hierarchy.rankOf[node]);
  }

  #fromRank(rank: number): number {
    const labels = this.#labels;
    const at = rank * STRIDE;
    const stamp = labels[at + STAMP];
    if (stamp === this.#known) return labels[at + MS];
    const { first, end, ms } = this.#hierarchy.up;
    let leastMs = stamp === this.#climbed ? labels[at + MS] : NEVER;
    for (let arc = first[rank], last = first[rank + 1]; arc < last; arc++) {
      // a time that nothing has is larger than any other sum
      const viaMs = this.#fromRank(end[arc]) + ms[arc];
      if (viaMs < leastMs) leastMs = viaMs;
    }
    labels[at + MS] = leastMs;
    labels[at + STAMP] = this.#known;
    return leastMs;
  }

  #climb(rank: number, ms: number): void {
    if (ms >= NEVER) return; // 32 bits do not hold it
    const labels = this.#labels;
    const at = rank * STRIDE;
    const isKnown = labels[at + STAMP] === this.#climbed;
    if (isKnown && labels[at + MS] <= ms) return;
    labels[at + MS] = ms;
    labels[at + STAMP] = this.#climbed;
    if (!isKnown) this.#queue.push(rank, rank);
  }
}
