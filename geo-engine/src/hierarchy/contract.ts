import { type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';
import { grown } from './grown.js';
import { allocateHierarchy, type Hierarchy, SHORTCUT, type UpwardArcs } from './hierarchy.js';
import { MinQueue } from './min-queue.js';
import { type RemainingGraph, remainingOf } from './remaining-graph.js';
import { ShortcutList, WitnessSearch } from './witness-search.js';

/** What a level counts beside a shortcut per arc removed, in thousandths. Tried from 0 to 1000; fewest arcs and shortest climbs near here. */
const LEVEL_WEIGHT = 125;
const SHORTCUT_WEIGHT = 1000;
/** When only this share of the nodes is left, they move closer together: contraction visits those that remain all over memory. */
const PACK_SHARE = 0.5;
/** Fewer than this are not worth packing. */
const PACK_NODES = 1000;
/** A turn in the queue: the priority, and among equals the node, so that contraction passes over the map and not all over memory. */
const TURN = 2 ** 32;
/** Progress is told every so many nodes. */
const TELL_NODES = 10_000;

/** Fields of a record of a contracted node's arc to a neighbour that was still there. */
const STRIDE = 5;
const NEIGHBOUR = 0;
const OUT_MS = 1;
const IN_MS = 2;
const OUT_VIA = 3;
const IN_VIA = 4;

export interface ContractOptions {
  /**
   * Nodes of the graph in the order in which to contract them, each once: `contractionOrder` of the hierarchy of the same roads before
   * some were closed. Nothing has to be weighed then, which takes less than half the time. The answers are exact whatever the order.
   */
  readonly order?: Uint32Array;
  /** Called now and then with the share of nodes that are contracted, 0 to 1. */
  readonly progress?: (share: number) => void;
}

/**
 * Builds the hierarchy of a graph: takes out node after node, the least important first, and puts a shortcut wherever the fastest drive
 * between two neighbours went through it. The same graph and order give the same hierarchy, byte for byte.
 * Source: Geisberger, Sanders, Schultes and Vetter, "Exact Routing in Large Road Networks Using Contraction Hierarchies",
 * Transportation Science 46(3), 2012, pp. 388–404; importance by shortcuts per removed arc and level, weighed anew when a node's turn comes.
 */
export function contractGraph(graph: RoadGraph, { order, progress }: ContractOptions = {}): Hierarchy {
  if (order !== undefined && order.length !== graph.nodeCount)
    throw new RangeError(`an order of ${order.length} nodes for a graph of ${graph.nodeCount}`);
  return new Contraction(graph, order, progress).freeze();
}

class Contraction {
  readonly #nodeCount: number;
  readonly #isOrderGiven: boolean;
  readonly #progress: ((share: number) => void) | undefined;
  readonly #level: Uint16Array; //    [nodes] of the graph
  readonly #position: Uint32Array; // [nodes] of the graph: when it was contracted
  readonly #firstRecord: Uint32Array; // [nodes + 1] by position
  #records: Uint32Array; //           [records × STRIDE]
  #recordCount = 0;
  #contracted = 0;
  readonly #shortcuts = new ShortcutList();

  constructor(graph: RoadGraph, order: Uint32Array | undefined, progress: ((share: number) => void) | undefined) {
    const { nodeCount } = graph;
    this.#nodeCount = nodeCount;
    this.#isOrderGiven = order !== undefined;
    this.#progress = progress;
    this.#level = new Uint16Array(nodeCount);
    this.#position = new Uint32Array(nodeCount);
    this.#firstRecord = new Uint32Array(nodeCount + 1);
    this.#records = new Uint32Array(STRIDE * Math.max(16, 2 * nodeCount));
    this.#contractAll(remainingOf(graph), order);
  }

  #contractAll(all: RemainingGraph, order: Uint32Array | undefined): void {
    let remaining = all;
    let search = new WitnessSearch(remaining);
    const queue = new MinQueue();
    let priority = this.#firstPriorities(remaining, search, order);
    for (let node = 0; node < remaining.nodeCount; node++) queue.push(node, priority[node] * TURN + node);
    let isGone = new Uint8Array(remaining.nodeCount);
    let left = remaining.nodeCount;
    while (queue.length > 0) {
      const node = queue.pop();
      const now = this.#weigh(remaining, search, node);
      // others were contracted since it was weighed: if it has become more important than the next, its turn comes later
      if (!this.#isOrderGiven && queue.length > 0 && now * TURN + node > queue.peekKey()) {
        priority[node] = now;
        queue.push(node, now * TURN + node);
        continue;
      }
      this.#takeOut(remaining, node);
      isGone[node] = 1;
      left--;
      if (this.#contracted % TELL_NODES === 0) this.#progress?.(this.#contracted / this.#nodeCount);
      if (left >= remaining.nodeCount * PACK_SHARE || left < PACK_NODES) continue;
      const packed = remaining.without(isGone);
      const kept = new Uint32Array(left);
      queue.clear();
      for (let from = 0, to = 0; from < remaining.nodeCount; from++) {
        if (isGone[from]) continue;
        kept[to] = priority[from];
        queue.push(to, priority[from] * TURN + to++);
      }
      remaining = packed;
      priority = kept;
      isGone = new Uint8Array(left);
      search = new WitnessSearch(remaining);
    }
    this.#firstRecord[this.#nodeCount] = this.#recordCount;
    this.#progress?.(1);
  }

  #firstPriorities(remaining: RemainingGraph, search: WitnessSearch, order: Uint32Array | undefined): Uint32Array {
    const priority = new Uint32Array(remaining.nodeCount);
    if (order === undefined) {
      for (let node = 0; node < priority.length; node++) priority[node] = this.#weigh(remaining, search, node);
      return priority;
    }
    const turn = new Uint32Array(order.length);
    for (let i = 0; i < order.length; i++) turn[order[i]] = i;
    for (let node = 0; node < priority.length; node++) priority[node] = turn[remaining.graphNode[node]];
    return priority;
  }

  /** Finds the shortcuts that a node needs, and from them how important it is. */
  #weigh(remaining: RemainingGraph, search: WitnessSearch, node: number): number {
    const removed = search.findShortcuts(node, this.#shortcuts);
    if (removed === 0) return 0;
    const level = this.#level[remaining.graphNode[node]];
    return Math.round(LEVEL_WEIGHT * level + (SHORTCUT_WEIGHT * this.#shortcuts.count) / removed);
  }

  /** Contracts the node that was weighed last. */
  #takeOut(remaining: RemainingGraph, node: number): void {
    const { first, count, graphNode } = remaining;
    const level = this.#level;
    const own = graphNode[node];
    this.#position[own] = this.#contracted;
    this.#firstRecord[this.#contracted++] = this.#recordCount;
    while ((this.#recordCount + count[node]) * STRIDE > this.#records.length) this.#records = grown(this.#records);
    const records = this.#records;
    for (let entry = first[node], end = entry + count[node]; entry < end; entry++) {
      const neighbour = remaining.neighbour[entry];
      const other = graphNode[neighbour];
      const at = STRIDE * this.#recordCount++;
      records[at + NEIGHBOUR] = other;
      records[at + OUT_MS] = remaining.outMs[entry];
      records[at + IN_MS] = remaining.inMs[entry];
      records[at + OUT_VIA] = remaining.outVia[entry];
      records[at + IN_VIA] = remaining.inVia[entry];
      if (level[other] <= level[own]) level[other] = level[own] + 1;
      remaining.detach(neighbour, node);
    }
    const { from, to, ms, count: shortcutCount } = this.#shortcuts;
    for (let i = 0; i < shortcutCount; i++) remaining.improve(from[i], to[i], ms[i], SHORTCUT + own);
  }

  /** Ranks the nodes and sorts the records into arcs by rank. */
  freeze(): Hierarchy {
    const records = this.#records;
    let upArcs = 0;
    let downArcs = 0;
    for (let at = 0; at < this.#recordCount * STRIDE; at += STRIDE) {
      if (records[at + OUT_MS] !== UNREACHABLE_MS) upArcs++;
      if (records[at + IN_MS] !== UNREACHABLE_MS) downArcs++;
    }
    const hierarchy = allocateHierarchy({ nodes: this.#nodeCount, upArcs, downArcs });
    this.#rank(hierarchy);
    this.#sortArcs(hierarchy, hierarchy.up, OUT_MS, OUT_VIA);
    this.#sortArcs(hierarchy, hierarchy.down, IN_MS, IN_VIA);
    return hierarchy;
  }

  /**
   * Ranks by a walk, depth first, from every node up to all above it: each node gets its rank after they have theirs, the highest first.
   * So what a climb visits together lies together, which halves the time of a sweep against ranks in the order of contraction.
   */
  #rank({ rankOf, nodeAt }: Hierarchy): void {
    const nodeCount = this.#nodeCount;
    const isSeen = new Uint8Array(nodeCount);
    let path = new Uint32Array(1024); // nodes under way
    let next = new Uint32Array(1024); // record of each to look at next
    let rank = nodeCount;
    for (let start = 0; start < nodeCount; start++) {
      if (isSeen[start]) continue;
      isSeen[start] = 1;
      path[0] = start;
      next[0] = this.#firstRecord[this.#position[start]];
      for (let depth = 0; depth >= 0; ) {
        const node = path[depth];
        const end = this.#firstRecord[this.#position[node] + 1];
        let record = next[depth];
        while (record < end && isSeen[this.#records[record * STRIDE + NEIGHBOUR]]) record++;
        if (record === end) {
          rankOf[node] = --rank;
          nodeAt[rank] = node;
          depth--;
          continue;
        }
        next[depth] = record + 1;
        if (++depth === path.length) {
          path = grown(path);
          next = grown(next);
        }
        const above = this.#records[record * STRIDE + NEIGHBOUR];
        isSeen[above] = 1;
        path[depth] = above;
        next[depth] = this.#firstRecord[this.#position[above]];
      }
    }
  }

  #sortArcs({ nodeCount, rankOf, nodeAt }: Hierarchy, arcs: UpwardArcs, msField: number, viaField: number): void {
    const records = this.#records;
    let arc = 0;
    for (let rank = 0; rank < nodeCount; rank++) {
      const position = this.#position[nodeAt[rank]];
      for (let record = this.#firstRecord[position]; record < this.#firstRecord[position + 1]; record++) {
        const at = record * STRIDE;
        if (records[at + msField] === UNREACHABLE_MS) continue;
        const via = records[at + viaField];
        arcs.end[arc] = rankOf[records[at + NEIGHBOUR]];
        arcs.ms[arc] = records[at + msField];
        arcs.via[arc++] = via < SHORTCUT ? via : SHORTCUT + rankOf[via - SHORTCUT];
      }
      arcs.first[rank + 1] = arc;
    }
  }
}
