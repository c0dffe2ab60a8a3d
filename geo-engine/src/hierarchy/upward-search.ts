import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { grown } from './grown.js';
import type { UpwardArcs } from './hierarchy.js';
import { MinQueue } from './min-queue.js';
import type { SeedLists } from './seeds.js';

/** A constant of this file: an imported binding is read anew in every turn of a hot loop. */
const NEVER: number = UNREACHABLE_MS;

/** Of a seed: no node comes before it. */
export const NO_NODE = 0xffffffff;

/**
 * Dijkstra from one end that only climbs: to higher ranks. The search space of a hierarchy is small, and the fastest drive is where the
 * climbs from both ends meet. Reusable; what a search wrote stands until the next one starts.
 */
export class UpwardSearch {
  readonly #climb: UpwardArcs;
  readonly #fall: UpwardArcs;
  readonly queue = new MinQueue();
  readonly ms: Uint32Array; //     [nodes] by rank; UNREACHABLE_MS where the search has not been
  readonly before: Uint32Array; // [nodes] rank of the node climbed from; NO_NODE of a seed. Valid where ms is
  readonly by: Uint32Array; //     [nodes] arc climbed by; of a seed its number in the list's arrays. Valid where ms is
  /** Ranks with a time, in the order in which they got it. */
  touched = new Uint32Array(1024);
  touchedCount = 0;

  /** `climb`: the arcs to drive from this end's point of view; `fall`: those of the opposite direction. */
  constructor(nodeCount: number, climb: UpwardArcs, fall: UpwardArcs) {
    this.#climb = climb;
    this.#fall = fall;
    this.ms = new Uint32Array(nodeCount).fill(NEVER);
    this.before = new Uint32Array(nodeCount);
    this.by = new Uint32Array(nodeCount);
  }

  /** Forgets the last search and begins at the seeds of a list. */
  start({ first, node, ms }: SeedLists, list: number, rankOf: Uint32Array): void {
    const times = this.ms;
    for (let i = 0; i < this.touchedCount; i++) times[this.touched[i]] = NEVER;
    this.touchedCount = 0;
    this.queue.clear();
    for (let seed = first[list]; seed < first[list + 1]; seed++)
      this.#reach(rankOf[node[seed]], ms[seed], NO_NODE, seed);
  }

  /**
   * Settles the next node and climbs on from it; only to times below `limitMs`. Returns its rank. A node that is reached faster from
   * above is not climbed from (stall on demand): no fastest drive goes that way up, and its time is only an upper bound.
   * The queue must not be empty; entries that were superseded are passed over, and then NO_NODE may be returned.
   */
  settle(limitMs: number): number {
    const { queue, ms } = this;
    const atMs = queue.peekKey();
    const node = queue.pop();
    if (atMs > ms[node]) return NO_NODE;
    const { first: fallFirst, end: fallEnd, ms: fallMs } = this.#fall;
    for (let arc = fallFirst[node], last = fallFirst[node + 1]; arc < last; arc++) {
      // a time that nothing has is larger than any sum below
      if (ms[fallEnd[arc]] + fallMs[arc] < atMs) return node;
    }
    const { first, end, ms: arcMs } = this.#climb;
    for (let arc = first[node], last = first[node + 1]; arc < last; arc++) {
      const viaMs = atMs + arcMs[arc];
      if (viaMs < limitMs && viaMs < ms[end[arc]]) this.#reach(end[arc], viaMs, node, arc);
    }
    return node;
  }

  /** Climbs to the top: every node that can be climbed to has its time, or an upper bound where it was stalled. */
  climb(): void {
    while (this.queue.length > 0) this.settle(NEVER);
  }

  #reach(node: number, atMs: number, before: number, by: number): void {
    const known = this.ms[node];
    if (atMs >= known) return;
    if (known === NEVER) {
      if (this.touchedCount === this.touched.length) this.touched = grown(this.touched);
      this.touched[this.touchedCount++] = node;
    }
    this.ms[node] = atMs;
    this.before[node] = before;
    this.by[node] = by;
    this.queue.push(node, atMs);
  }
}
