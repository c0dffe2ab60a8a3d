import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { grown } from './grown.js';
import { type Hierarchy, SHORTCUT, type UpwardArcs } from './hierarchy.js';
import type { SeedLists } from './seeds.js';
import { NO_NODE, UpwardSearch } from './upward-search.js';

/** What a path's unpacking writes of an arc: tail, head, via. */
const STRIDE = 3;
const TAIL = 0;
const HEAD = 1;
const VIA = 2;

/**
 * The fastest drive from one place to another: two climbs that meet. Reusable, one per thread; allocates nothing once its buffers have
 * grown, but for the view that path() returns. 12 bytes a node for each end.
 * Source: Geisberger, Sanders, Schultes and Vetter, "Exact Routing in Large Road Networks Using Contraction Hierarchies",
 * Transportation Science 46(3), 2012, pp. 388–404.
 */
export class PathSearch {
  readonly #hierarchy: Hierarchy;
  readonly #forward: UpwardSearch;
  readonly #backward: UpwardSearch;
  #meeting = NO_NODE;
  #path = new Uint32Array(1024);
  #pathLength = 0;
  #climbed = new Uint32Array(256); // arcs of the forward climb, last first
  #stack = new Uint32Array(STRIDE * 256);

  constructor(hierarchy: Hierarchy) {
    const { nodeCount, up, down } = hierarchy;
    this.#hierarchy = hierarchy;
    this.#forward = new UpwardSearch(nodeCount, up, down);
    this.#backward = new UpwardSearch(nodeCount, down, up);
  }

  /** Time of the fastest drive from a seed of one list to a seed of another, both seeds' times included; UNREACHABLE_MS if there is none. */
  timeMs(sources: SeedLists, source: number, targets: SeedLists, target: number): number {
    const forward = this.#forward;
    const backward = this.#backward;
    forward.start(sources, source, this.#hierarchy.rankOf);
    backward.start(targets, target, this.#hierarchy.rankOf);
    let best = UNREACHABLE_MS;
    let meeting = NO_NODE;
    for (;;) {
      const forwardMs = forward.queue.length > 0 ? forward.queue.peekKey() : UNREACHABLE_MS;
      const backwardMs = backward.queue.length > 0 ? backward.queue.peekKey() : UNREACHABLE_MS;
      // neither end can still better what is held
      if (forwardMs >= best && backwardMs >= best) break;
      const isForward = forwardMs <= backwardMs;
      const node = isForward ? forward.settle(best) : backward.settle(best);
      if (node === NO_NODE) continue;
      const ms = forward.ms[node] + backward.ms[node];
      if (ms < best) {
        best = ms;
        meeting = node;
      }
    }
    this.#meeting = meeting;
    return best;
  }

  /** Number of the seed (in the arrays of its lists) at which the drive found last begins. There must be one. */
  get sourceSeed(): number {
    return rootSeed(this.#forward, this.#meeting);
  }

  /** Number of the seed at which it ends. */
  get targetSeed(): number {
    return rootSeed(this.#backward, this.#meeting);
  }

  /**
   * Directed segments of the drive found last, in order, from the node of its first seed to that of its last: none if they are one node.
   * The array is the search's own and is valid until the next call.
   */
  path(): Uint32Array {
    this.#pathLength = 0;
    if (this.#meeting === NO_NODE) return this.#path.subarray(0, 0);
    const { up, down } = this.#hierarchy;
    const forward = this.#forward;
    const backward = this.#backward;
    let climbed = 0;
    for (let node = this.#meeting; forward.before[node] !== NO_NODE; node = forward.before[node]) {
      if (climbed === this.#climbed.length) this.#climbed = grown(this.#climbed);
      this.#climbed[climbed++] = node;
    }
    while (climbed > 0) {
      const head = this.#climbed[--climbed];
      this.#unpack(forward.before[head], head, up.via[forward.by[head]]);
    }
    for (let node = this.#meeting; backward.before[node] !== NO_NODE; node = backward.before[node])
      this.#unpack(node, backward.before[node], down.via[backward.by[node]]);
    return this.#path.subarray(0, this.#pathLength);
  }

  /** Appends the directed segments that an arc stands for. */
  #unpack(tail: number, head: number, via: number): void {
    const { up, down } = this.#hierarchy;
    let depth = 0;
    this.#push(depth++, tail, head, via);
    while (depth > 0) {
      const at = --depth * STRIDE;
      const arcTail = this.#stack[at + TAIL];
      const arcHead = this.#stack[at + HEAD];
      const arcVia = this.#stack[at + VIA];
      if (arcVia < SHORTCUT) {
        if (this.#pathLength === this.#path.length) this.#path = grown(this.#path);
        this.#path[this.#pathLength++] = arcVia;
        continue;
      }
      // the first half is to be unpacked first, so it goes on top
      const middle = arcVia - SHORTCUT;
      this.#push(depth++, middle, arcHead, up.via[arcTo(up, middle, arcHead)]);
      this.#push(depth++, arcTail, middle, down.via[arcTo(down, middle, arcTail)]);
    }
  }

  #push(depth: number, tail: number, head: number, via: number): void {
    const at = depth * STRIDE;
    if (at + STRIDE > this.#stack.length) this.#stack = grown(this.#stack);
    this.#stack[at + TAIL] = tail;
    this.#stack[at + HEAD] = head;
    this.#stack[at + VIA] = via;
  }
}

/** The one arc between a node and a higher one. */
function arcTo({ first, end }: UpwardArcs, node: number, higher: number): number {
  for (let arc = first[node]; arc < first[node + 1]; arc++) if (end[arc] === higher) return arc;
  throw new Error(`a shortcut goes from ${node} to ${higher}, between which there is no arc`);
}

function rootSeed({ before, by }: UpwardSearch, meeting: number): number {
  let node = meeting;
  while (before[node] !== NO_NODE) node = before[node];
  return by[node];
}
