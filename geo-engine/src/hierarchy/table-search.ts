import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { grown } from './grown.js';
import type { Hierarchy, UpwardArcs } from './hierarchy.js';
import type { SeedLists } from './seeds.js';
import { UpwardSearch } from './upward-search.js';

/** A constant of this file: an imported binding is read anew in every turn of a hot loop. */
const NEVER: number = UNREACHABLE_MS;

/** Nobody's place in the selection. */
const OUTSIDE = 0xffffffff;

/** Climbs carried down at once: an arc is read once for all of them, and the times of a node fill a cache line or half of one. */
const LANES = 8;
/** Fewer are carried down one by one, for idle lanes cost as much as busy ones. */
const LEAST_LANES = 3;

/**
 * Times between many places. The side with fewer places climbs, one place after the other; the nodes that the other side can climb to
 * are selected once, from the top down, and each climb is carried down through them in one linear pass. So a table costs as many
 * climbs and passes as its shorter side has places, and nothing for every pair. Reusable, one per thread.
 * Source: Delling, Goldberg and Werneck, "Faster Batched Shortest Paths in Road Networks", ATMOS 2011 (RPHAST).
 */
export class TableSearch {
  readonly #hierarchy: Hierarchy;
  readonly #fromSources: UpwardSearch;
  readonly #fromTargets: UpwardSearch;
  readonly #selection: Selection;

  constructor(hierarchy: Hierarchy) {
    const { nodeCount, up, down } = hierarchy;
    this.#hierarchy = hierarchy;
    this.#fromSources = new UpwardSearch(nodeCount, up, down);
    this.#fromTargets = new UpwardSearch(nodeCount, down, up);
    this.#selection = new Selection(nodeCount);
  }

  /**
   * Writes the time from each source list to each target list into out [sources × targets]: from the best seed to the best seed, their
   * times included; UNREACHABLE_MS where there is no way.
   */
  tableInto(sources: SeedLists, targets: SeedLists, out: Uint32Array): void {
    const { up, down } = this.#hierarchy;
    const columns = targets.count;
    if (sources.count >= targets.count) this.#fill(this.#fromTargets, targets, sources, up, out, 1, columns);
    else this.#fill(this.#fromSources, sources, targets, down, out, columns, 1);
  }

  /** Climbs from each of the few, and carries each climb down over `fall` to all of the many; cell at few × fewStep + many × manyStep. */
  #fill(
    climber: UpwardSearch,
    few: SeedLists,
    many: SeedLists,
    fall: UpwardArcs,
    out: Uint32Array,
    fewStep: number,
    manyStep: number,
  ): void {
    const { rankOf } = this.#hierarchy;
    const selection = this.#selection;
    selection.select(many, fall, rankOf);
    for (let i = 0, lanes = 1; i < few.count; i += lanes) {
      const left = few.count - i;
      lanes = left < LEAST_LANES ? 1 : Math.min(left, LANES);
      const width = lanes === 1 ? 1 : LANES;
      selection.forgetTimes(width);
      for (let lane = 0; lane < lanes; lane++) {
        climber.start(few, i + lane, rankOf);
        climber.climb();
        selection.takeIn(climber, lane, width);
      }
      const times = width === 1 ? selection.carryDown() : selection.carryDownLanes();
      for (let list = 0; list < many.count; list++) {
        for (let lane = 0; lane < lanes; lane++) {
          let best = NEVER;
          for (let seed = many.first[list]; seed < many.first[list + 1]; seed++) {
            const ms = times[selection.placeOf(rankOf[many.node[seed]]) * width + lane] + many.ms[seed];
            if (ms < best) best = ms;
          }
          out[(i + lane) * fewStep + list * manyStep] = best;
        }
      }
    }
    selection.clear();
  }
}

/** The nodes that can be climbed to from some seeds, numbered from the top down, with the arcs between them. */
class Selection {
  readonly #place: Uint32Array; // [nodes] place in the selection by rank, or OUTSIDE
  #count = 0;
  #rank = new Uint32Array(1024); //  [selected]
  #first = new Uint32Array(1025); // [selected + 1]
  #end = new Uint32Array(4096); //   [arcs] place of the higher node
  #ms = new Uint32Array(4096); //    [arcs]
  #times = new Uint32Array(1024); // [selected], or [selected × LANES]
  // where the walk through the nodes above a seed stands
  #path = new Uint32Array(256);
  #arc = new Uint32Array(256);

  constructor(nodeCount: number) {
    this.#place = new Uint32Array(nodeCount).fill(OUTSIDE);
  }

  placeOf(rank: number): number {
    return this.#place[rank];
  }

  /** Depth first, so that every node gets its place after all nodes above it, without sorting. */
  select({ count, first: firstSeed, node }: SeedLists, arcs: UpwardArcs, rankOf: Uint32Array): void {
    const place = this.#place;
    for (let seed = 0; seed < firstSeed[count]; seed++) {
      const root = rankOf[node[seed]];
      if (place[root] !== OUTSIDE) continue;
      let depth = 0;
      this.#path[0] = root;
      this.#arc[0] = arcs.first[root];
      while (depth >= 0) {
        const at = this.#path[depth];
        const last = arcs.first[at + 1];
        let arc = this.#arc[depth];
        while (arc < last && place[arcs.end[arc]] !== OUTSIDE) arc++;
        if (arc === last) {
          this.#append(at, arcs);
          depth--;
          continue;
        }
        this.#arc[depth] = arc + 1;
        depth++;
        if (depth === this.#path.length) {
          this.#path = grown(this.#path);
          this.#arc = grown(this.#arc);
        }
        this.#path[depth] = arcs.end[arc];
        this.#arc[depth] = arcs.first[arcs.end[arc]];
      }
    }
  }

  clear(): void {
    for (let i = 0; i < this.#count; i++) this.#place[this.#rank[i]] = OUTSIDE;
    this.#count = 0;
  }

  /** Makes all times unknown, of one lane or of LANES. */
  forgetTimes(width: number): void {
    while (this.#times.length < this.#count * width) this.#times = grown(this.#times);
    this.#times.fill(NEVER, 0, this.#count * width);
  }

  /** Takes the times of a climb, where it has been among the selected nodes, into a lane. */
  takeIn({ ms, touched, touchedCount }: UpwardSearch, lane: number, width: number): void {
    const place = this.#place;
    const times = this.#times;
    for (let i = 0; i < touchedCount; i++) {
      const at = place[touched[i]];
      if (at !== OUTSIDE) times[at * width + lane] = ms[touched[i]];
    }
  }

  /** Brings down to every selected node what is known of the nodes above it. Returns the times [selected] by place. */
  carryDown(): Uint32Array {
    const times = this.#times;
    const first = this.#first;
    const end = this.#end;
    const ms = this.#ms;
    for (let at = 0, arc = 0; at < this.#count; at++) {
      let best = times[at];
      for (const last = first[at + 1]; arc < last; arc++) {
        const viaMs = times[end[arc]] + ms[arc];
        if (viaMs < best) best = viaMs;
      }
      times[at] = best;
    }
    return times;
  }

  /** As carryDown, all lanes at once: times [selected × LANES]. */
  carryDownLanes(): Uint32Array {
    const count = this.#count;
    const times = this.#times;
    const first = this.#first;
    const end = this.#end;
    const ms = this.#ms;
    for (let at = 0, arc = 0; at < count; at++) {
      const own = at * LANES;
      for (const last = first[at + 1]; arc < last; arc++) {
        const above = end[arc] * LANES;
        const arcMs = ms[arc];
        for (let lane = 0; lane < LANES; lane++) {
          const viaMs = times[above + lane] + arcMs;
          if (viaMs < times[own + lane]) times[own + lane] = viaMs;
        }
      }
    }
    return times;
  }

  #append(rank: number, arcs: UpwardArcs): void {
    const at = this.#count++;
    if (at === this.#rank.length) {
      this.#rank = grown(this.#rank);
      this.#first = grown(this.#first);
    }
    this.#place[rank] = at;
    this.#rank[at] = rank;
    const from = arcs.first[rank];
    const degree = arcs.first[rank + 1] - from;
    let to = at === 0 ? 0 : this.#first[at];
    while (to + degree > this.#end.length) {
      this.#end = grown(this.#end);
      this.#ms = grown(this.#ms);
    }
    for (let arc = from; arc < from + degree; arc++) {
      this.#end[to] = this.#place[arcs.end[arc]];
      this.#ms[to++] = arcs.ms[arc];
    }
    this.#first[at + 1] = to;
  }
}
