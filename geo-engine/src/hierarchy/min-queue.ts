const FIRST_CAPACITY = 256;

/**
 * Min-heap of nodes by a whole key up to 2⁵³, four children a node, in flat arrays that grow and are reused. A node may stand in it
 * several times; who pops knows which entries are superseded. Equal keys leave in an order that depends on the pushes and pops alone.
 */
export class MinQueue {
  #keys = new Float64Array(FIRST_CAPACITY);
  #nodes = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  push(node: number, key: number): void {
    if (this.#length === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const nodes = this.#nodes;
    let at = this.#length++;
    // let larger parents sink into the hole until the new key fits
    while (at > 0) {
      const above = (at - 1) >> 2;
      if (keys[above] <= key) break;
      keys[at] = keys[above];
      nodes[at] = nodes[above];
      at = above;
    }
    keys[at] = key;
    nodes[at] = node;
  }

  /** Least key. Meaningless while the queue is empty. */
  peekKey(): number {
    return this.#keys[0];
  }

  /** Takes out the node of the least key. The queue must not be empty. */
  pop(): number {
    const keys = this.#keys;
    const nodes = this.#nodes;
    const top = nodes[0];
    const length = --this.#length;
    const key = keys[length];
    const node = nodes[length];
    let at = 0;
    // let the least child rise into the hole until the last entry fits
    for (let child = 1; child < length; child = 4 * at + 1) {
      const end = child + 4 < length ? child + 4 : length;
      let least = child;
      let leastKey = keys[child];
      for (let other = child + 1; other < end; other++) {
        const otherKey = keys[other];
        if (otherKey < leastKey) {
          least = other;
          leastKey = otherKey;
        }
      }
      if (leastKey >= key) break;
      keys[at] = leastKey;
      nodes[at] = nodes[least];
      at = least;
    }
    keys[at] = key;
    nodes[at] = node;
    return top;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const nodes = new Uint32Array(this.#keys.length * 2);
    keys.set(this.#keys);
    nodes.set(this.#nodes);
    this.#keys = keys;
    this.#nodes = nodes;
  }
}
