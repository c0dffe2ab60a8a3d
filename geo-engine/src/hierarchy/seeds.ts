import { grown } from './grown.js';

const FIRST_LISTS = 16;
const FIRST_SEEDS = 64;

/**
 * Lists of seeds: where searches begin or end, for a snapped place lies within a segment and not at a node. List i has the nodes
 * node[first[i]] up to, not including, node[first[i + 1]], each with a time ms to add. Grows, and is reused without allocating.
 */
export class SeedLists {
  first = new Uint32Array(FIRST_LISTS + 1); // [lists + 1]
  node = new Uint32Array(FIRST_SEEDS); //      [seeds] node of the graph
  ms = new Uint32Array(FIRST_SEEDS); //        [seeds] whole milliseconds
  #count = 0;

  /** Number of lists. */
  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Begins a new, empty list behind the others, and returns its number. */
  begin(): number {
    if (this.#count + 1 === this.first.length) this.first = grown(this.first);
    this.first[this.#count + 1] = this.first[this.#count];
    return this.#count++;
  }

  /** Adds a seed to the newest list. */
  add(node: number, ms: number): void {
    const at = this.first[this.#count]++;
    if (at === this.node.length) {
      this.node = grown(this.node);
      this.ms = grown(this.ms);
    }
    this.node[at] = node;
    this.ms[at] = ms;
  }

  /** A list of its own for each node, with nothing to add. */
  setNodes(nodes: ArrayLike<number>): this {
    this.clear();
    for (let i = 0; i < nodes.length; i++) {
      this.begin();
      this.add(nodes[i], 0);
    }
    return this;
  }
}
