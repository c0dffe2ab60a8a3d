import { UNREACHABLE_MS } from '../graph/road-graph.js';
import type { Hierarchy } from './hierarchy.js';
import type { SeedLists } from './seeds.js';
import { NO_NODE, UpwardSearch } from './upward-search.js';

/** A constant of this file: an imported binding is read anew in every turn of a hot loop. */
const NEVER: number = UNREACHABLE_MS;

/** Of a label that is empty. */
export const NO_SOURCE = 0xffffffff;

/**
 * The k nearest of several sources for every node of the country: a climb from each source, then one linear pass from the top down in
 * which every node takes the best labels of the nodes above it. Labels of a node are of different sources and stand nearest first;
 * equal times go by the number of the source. Reusable, one per thread; 8 k bytes a node.
 * Source: Delling, Goldberg, Nowatzyk and Werneck, "PHAST: Hardware-Accelerated Shortest Path Trees", IPDPS 2011, carried over to k labels.
 */
export class NearestSweep {
  readonly #hierarchy: Hierarchy;
  readonly #climber: UpwardSearch;
  readonly #k: number;
  readonly #ms: Uint32Array; //     [nodes × k] by rank
  readonly #source: Uint32Array; // [nodes × k] number of the list; NO_SOURCE where fewer than k reach the node

  constructor(hierarchy: Hierarchy, k: number) {
    if (!(Number.isInteger(k) && k >= 1 && k <= 16)) throw new RangeError(`k is ${k}, not 1 to 16`);
    const { nodeCount, up, down } = hierarchy;
    this.#hierarchy = hierarchy;
    this.#climber = new UpwardSearch(nodeCount, up, down);
    this.#k = k;
    this.#ms = new Uint32Array(nodeCount * k);
    this.#source = new Uint32Array(nodeCount * k);
  }

  /** Time from the i-th nearest source (from 0) to a node of the graph; UNREACHABLE_MS if fewer reach it. */
  timeMs(node: number, i: number): number {
    return this.#ms[this.#hierarchy.rankOf[node] * this.#k + i];
  }

  /** Number of the i-th nearest source's list; NO_SOURCE if fewer reach the node. */
  source(node: number, i: number): number {
    return this.#source[this.#hierarchy.rankOf[node] * this.#k + i];
  }

  /** Labels every node. What was there before is gone. */
  sweep(sources: SeedLists): void {
    this.#ms.fill(NEVER);
    this.#source.fill(NO_SOURCE);
    for (let list = 0; list < sources.count; list++) this.#climb(sources, list);
    if (this.#k === 2) this.#descendWithTwo();
    else this.#descend();
  }

  /** Labels the nodes that a source climbs to. */
  #climb(sources: SeedLists, list: number): void {
    const climber = this.#climber;
    climber.start(sources, list, this.#hierarchy.rankOf);
    while (climber.queue.length > 0) {
      const node = climber.settle(NEVER);
      if (node !== NO_NODE) this.#offer(node * this.#k, climber.ms[node], list);
    }
  }

  /** Takes a label in where it belongs, if it does. `at` is the node's first label. */
  #offer(at: number, ms: number, source: number): void {
    const times = this.#ms;
    const owners = this.#source;
    let last = at + this.#k - 1;
    if (ms > times[last] || (ms === times[last] && source >= owners[last])) return;
    // its own former label goes, else the last one
    for (let i = at; i < last; i++) {
      if (owners[i] !== source) continue;
      if (times[i] <= ms) return;
      last = i;
    }
    for (; last > at && (times[last - 1] > ms || (times[last - 1] === ms && owners[last - 1] > source)); last--) {
      times[last] = times[last - 1];
      owners[last] = owners[last - 1];
    }
    times[last] = ms;
    owners[last] = source;
  }

  #descend(): void {
    const { nodeCount, down } = this.#hierarchy;
    const { first, end, ms: arcMs } = down;
    const k = this.#k;
    for (let node = nodeCount - 1; node >= 0; node--) {
      for (let arc = first[node]; arc < first[node + 1]; arc++) {
        const above = end[arc] * k;
        for (let i = above; i < above + k && this.#source[i] !== NO_SOURCE; i++) {
          const viaMs = this.#ms[i] + arcMs[arc];
          if (viaMs < NEVER) this.#offer(node * k, viaMs, this.#source[i]);
        }
      }
    }
  }

  /** As #descend with both labels of the node in hand: nearest and second nearest are asked for most, over a whole country. */
  #descendWithTwo(): void {
    const { nodeCount, down } = this.#hierarchy;
    const { first, end, ms: arcMs } = down;
    const times = this.#ms;
    const owners = this.#source;
    for (let node = nodeCount - 1, arc = first[nodeCount] - 1; node >= 0; node--) {
      const at = 2 * node;
      let oneMs = times[at];
      let one = owners[at];
      let twoMs = times[at + 1];
      let two = owners[at + 1];
      for (const from = first[node]; arc >= from; arc--) {
        const above = 2 * end[arc];
        for (let i = above; i < above + 2; i++) {
          const viaMs = times[i] + arcMs[arc];
          if (viaMs > twoMs || viaMs >= NEVER) break;
          const source = owners[i];
          if (viaMs < oneMs || (viaMs === oneMs && source < one)) {
            if (source !== one) {
              twoMs = oneMs;
              two = one;
            }
            oneMs = viaMs;
            one = source;
          } else if (source !== one && (viaMs < twoMs || source < two)) {
            twoMs = viaMs;
            two = source;
          }
        }
      }
      times[at] = oneMs;
      owners[at] = one;
      times[at + 1] = twoMs;
      owners[at + 1] = two;
    }
  }
}
