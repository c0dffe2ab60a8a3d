import type { RoadGraph } from '../../geo-engine/src/index.js';

/** A time that nothing has. */
export const NEVER = Number.POSITIVE_INFINITY;

/** Binary heap of (node, time): the plainest queue there is. */
class Heap {
  readonly #nodes: number[] = [];
  readonly #times: number[] = [];

  get size(): number {
    return this.#nodes.length;
  }

  push(node: number, time: number): void {
    let at = this.#nodes.length;
    this.#nodes.push(node);
    this.#times.push(time);
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (this.#times[up]! <= time) break;
      this.#nodes[at] = this.#nodes[up]!;
      this.#times[at] = this.#times[up]!;
      at = up;
    }
    this.#nodes[at] = node;
    this.#times[at] = time;
  }

  pop(): [node: number, time: number] {
    const top: [number, number] = [this.#nodes[0]!, this.#times[0]!];
    const node = this.#nodes.pop()!;
    const time = this.#times.pop()!;
    const count = this.#nodes.length;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= count) break;
      if (down + 1 < count && this.#times[down + 1]! < this.#times[down]!) down++;
      if (this.#times[down]! >= time) break;
      this.#nodes[at] = this.#nodes[down]!;
      this.#times[at] = this.#times[down]!;
      at = down;
    }
    if (count > 0) {
      this.#nodes[at] = node;
      this.#times[at] = time;
    }
    return top;
  }
}

/** Times from one node to all, by Dijkstra's algorithm and nothing else: what the fast answers are held against. */
export function timesFrom({ nodeCount, firstArc, arcHead, arcMs }: RoadGraph, source: number): Float64Array {
  const times = new Float64Array(nodeCount).fill(NEVER);
  const heap = new Heap();
  times[source] = 0;
  heap.push(source, 0);
  while (heap.size > 0) {
    const [node, time] = heap.pop();
    if (time > times[node]!) continue;
    for (let arc = firstArc[node]!; arc < firstArc[node + 1]!; arc++) {
      const via = time + arcMs[arc]!;
      const head = arcHead[arc]!;
      if (via >= times[head]!) continue;
      times[head] = via;
      heap.push(head, via);
    }
  }
  return times;
}

/** The two nearest of several sources for every node, times only: Dijkstra in which a node is settled once by each of two sources. */
export function nearestTwoTimes(
  { nodeCount, firstArc, arcHead, arcMs }: RoadGraph,
  sources: readonly number[],
): { readonly first: Float64Array; readonly second: Float64Array } {
  const first = new Float64Array(nodeCount).fill(NEVER);
  const second = new Float64Array(nodeCount).fill(NEVER);
  const owner = new Int32Array(nodeCount).fill(-1);
  const heap = new Heap(); // of node × sources + source
  const many = sources.length;
  for (let source = 0; source < many; source++) heap.push(sources[source]! * many + source, 0);
  while (heap.size > 0) {
    const [label, time] = heap.pop();
    const node = Math.floor(label / many);
    const source = label % many;
    if (owner[node] === -1) {
      owner[node] = source;
      first[node] = time;
    } else if (owner[node] !== source && second[node] === NEVER) second[node] = time;
    else continue;
    for (let arc = firstArc[node]!; arc < firstArc[node + 1]!; arc++) {
      const head = arcHead[arc]!;
      if (owner[head] !== source && second[head] === NEVER) heap.push(head * many + source, time + arcMs[arc]!);
    }
  }
  return { first, second };
}
