/** Binary min-heap of integer nodes by a numeric bound. Reused between searches: clear() keeps the memory. */
export class BoundQueue {
  readonly #bounds: number[] = [];
  readonly #nodes: number[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  push(node: number, bound: number): void {
    const bounds = this.#bounds;
    const nodes = this.#nodes;
    let at = this.#length++;
    // let larger parents sink into the hole until the new bound fits
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (bounds[above] <= bound) break;
      bounds[at] = bounds[above];
      nodes[at] = nodes[above];
      at = above;
    }
    bounds[at] = bound;
    nodes[at] = node;
  }

  peekBound(): number {
    return this.#bounds[0];
  }

  /** How many nodes have a bound of at most `limit`. */
  countUpTo(limit: number): number {
    let count = 0;
    for (let at = 0; at < this.#length; at++) if (this.#bounds[at] <= limit) count++;
    return count;
  }

  /** Takes out the node of the least bound. The queue must not be empty. */
  pop(): number {
    const top = this.#nodes[0];
    const last = --this.#length;
    this.#sink(0, this.#nodes[last], this.#bounds[last]);
    return top;
  }

  /** Puts a node into a hole: lesser children rise until it fits. */
  #sink(hole: number, node: number, bound: number): void {
    const bounds = this.#bounds;
    const nodes = this.#nodes;
    const length = this.#length;
    let at = hole;
    for (let child = 2 * at + 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && bounds[child + 1] < bounds[child]) child++;
      if (bounds[child] >= bound) break;
      bounds[at] = bounds[child];
      nodes[at] = nodes[child];
      at = child;
    }
    bounds[at] = bound;
    nodes[at] = node;
  }
}
