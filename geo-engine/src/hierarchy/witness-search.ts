import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { grown } from './grown.js';
import { MinQueue } from './min-queue.js';
import type { RemainingGraph } from './remaining-graph.js';

/** A constant of this file: an imported binding is read anew in every turn of a hot loop. */
const NEVER: number = UNREACHABLE_MS;

/** A search gives up after this many nodes and so many for each drive in question: a shortcut too many costs time, never exactness. */
const MOST_SETTLED = 100;
const MOST_SETTLED_PER_TARGET = 4;

/** The shortcuts that contracting one node needs. Reused. */
export class ShortcutList {
  count = 0;
  from = new Uint32Array(256); // [shortcuts] node of the remaining graph
  to = new Uint32Array(256);
  ms = new Uint32Array(256);

  add(from: number, to: number, ms: number): void {
    if (this.count === this.from.length) {
      this.from = grown(this.from);
      this.to = grown(this.to);
      this.ms = grown(this.ms);
    }
    this.from[this.count] = from;
    this.to[this.count] = to;
    this.ms[this.count++] = ms;
  }
}

/**
 * Asks of a node which drives through it have no equal around it. From each neighbour one bounded Dijkstra looks for witnesses: drives
 * to the other neighbours that do without the node and take no longer.
 */
export class WitnessSearch {
  readonly #remaining: RemainingGraph;
  readonly #ms: Uint32Array; //      [nodes] NEVER where the search has not been
  readonly #touched: Uint32Array; // [nodes]
  readonly #queue = new MinQueue();
  // the drives in question from one neighbour, the one that takes the widest search first
  #target = new Uint32Array(64); //  [targets] where it leads
  #boundMs = new Uint32Array(64); // [targets] time of the drive through the node
  #slackMs = new Float64Array(64); // [targets] a witness leaves the last node before the target by then; may be negative
  #lastLegMs = new Float64Array(64); // [entries] fastest arc into a neighbour from anywhere but the node

  constructor(remaining: RemainingGraph) {
    this.#remaining = remaining;
    this.#ms = new Uint32Array(remaining.nodeCount).fill(NEVER);
    this.#touched = new Uint32Array(remaining.nodeCount);
  }

  /** Writes the shortcuts that a node needs into the list, and returns how many arcs would go with the node. */
  findShortcuts(node: number, into: ShortcutList): number {
    const { first, count, neighbour, outMs, inMs } = this.#remaining;
    const begin = first[node];
    const end = begin + count[node];
    into.count = 0;
    while (count[node] > this.#target.length) this.#growTargets();
    const removed = this.#lastLegs(node);
    const ms = this.#ms;
    const target = this.#target;
    const boundMs = this.#boundMs;
    const slackMs = this.#slackMs;
    const lastLegMs = this.#lastLegMs;
    for (let from = begin; from < end; from++) {
      if (inMs[from] === NEVER) continue;
      let targets = 0;
      for (let to = begin; to < end; to++) {
        if (to === from || outMs[to] === NEVER) continue;
        const bound = inMs[from] + outMs[to];
        if (bound >= NEVER) continue; // longer than any drive may be
        const slack = bound - lastLegMs[to - begin];
        let i = targets++;
        for (; i > 0 && slackMs[i - 1] < slack; i--) {
          target[i] = target[i - 1];
          boundMs[i] = boundMs[i - 1];
          slackMs[i] = slackMs[i - 1];
        }
        target[i] = neighbour[to];
        boundMs[i] = bound;
        slackMs[i] = slack;
      }
      if (targets === 0) continue;
      const touched = this.#search(neighbour[from], node, targets);
      for (let i = 0; i < targets; i++) {
        if (ms[target[i]] > boundMs[i]) into.add(neighbour[from], target[i], boundMs[i]);
        ms[target[i]] = NEVER;
      }
      for (let i = 0; i < touched; i++) ms[this.#touched[i]] = NEVER;
    }
    return removed;
  }

  /** Fills #lastLegMs for the neighbours of a node and returns the number of its arcs. */
  #lastLegs(node: number): number {
    const { first, count, neighbour, outMs, inMs } = this.#remaining;
    const begin = first[node];
    let arcs = 0;
    for (let to = begin; to < begin + count[node]; to++) {
      if (inMs[to] !== NEVER) arcs++;
      if (outMs[to] === NEVER) continue;
      arcs++;
      const at = neighbour[to];
      let least = NEVER;
      for (let entry = first[at], last = entry + count[at]; entry < last; entry++)
        if (inMs[entry] < least && neighbour[entry] !== node) least = inMs[entry];
      this.#lastLegMs[to - begin] = least;
    }
    return arcs;
  }

  /**
   * Dijkstra from a source round the node to avoid. A target's time is at first one more than its bound, so that only witnesses are
   * written over it. Returns how many entries of #touched to reset; targets are not among them unless they were reached before.
   */
  #search(source: number, avoid: number, targets: number): number {
    const { first, count, neighbour, outMs } = this.#remaining;
    const ms = this.#ms;
    const queue = this.#queue;
    const touched = this.#touched;
    const target = this.#target;
    const boundMs = this.#boundMs;
    const slackMs = this.#slackMs;
    let limitMs = slackMs[0];
    if (limitMs < 0) return 0;
    for (let i = 0; i < targets; i++) ms[target[i]] = boundMs[i] + 1;
    const mostSettled = MOST_SETTLED + MOST_SETTLED_PER_TARGET * targets;
    let open = 0; // targets before it have their witness
    let reached = 0;
    let settled = 0;
    queue.clear();
    ms[source] = 0;
    touched[reached++] = source;
    ms[avoid] = 0; // nothing is faster, so nobody goes there
    touched[reached++] = avoid;
    queue.push(source, 0);
    while (queue.length > 0) {
      const atMs = queue.peekKey();
      const node = queue.pop();
      if (atMs > ms[node]) continue;
      if (atMs > limitMs || ++settled > mostSettled) break;
      for (let entry = first[node], end = entry + count[node]; entry < end; entry++) {
        const viaMs = atMs + outMs[entry];
        const to = neighbour[entry];
        const before = ms[to];
        if (viaMs >= before) continue;
        if (before === NEVER) {
          if (viaMs > limitMs) continue;
          touched[reached++] = to;
        }
        ms[to] = viaMs;
        if (viaMs <= limitMs) queue.push(to, viaMs);
      }
      // as soon as the widest has its witness the next one sets the limit
      if (ms[target[open]] > boundMs[open]) continue;
      do open++;
      while (open < targets && ms[target[open]] <= boundMs[open]);
      if (open === targets) break;
      limitMs = slackMs[open];
      if (limitMs < 0) break;
    }
    return reached;
  }

  #growTargets(): void {
    this.#target = grown(this.#target);
    this.#boundMs = grown(this.#boundMs);
    this.#slackMs = new Float64Array(this.#target.length);
    this.#lastLegMs = new Float64Array(this.#target.length);
  }
}
