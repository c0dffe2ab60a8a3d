import type { LeftOutReason, MapRestriction } from './map-road.js';
import { ACCESS } from './road-network.js';

/** The segments of every way in its order, with the nodes at their ends and what may be driven. */
export interface SegmentsOfWays {
  /** Number of the way, or -1. */
  wayOf(id: number): number;
  /** Number of the node, or -1. */
  nodeOf(id: number): number;
  readonly firstSegment: Uint32Array; // [ways + 1]
  readonly segmentFrom: Uint32Array; //  [segments]
  readonly segmentTo: Uint32Array; //    [segments]
  readonly accessForward: Uint8Array; // [segments] ACCESS
  readonly accessBackward: Uint8Array; // [segments]
}

export type Resolved =
  | { readonly kind: 'steps'; readonly steps: readonly (readonly number[])[] }
  | { readonly kind: 'left_out'; readonly reason: LeftOutReason };

const leftOut = (reason: LeftOutReason): Resolved => ({ kind: 'left_out', reason });

/** A directed segment and the node at its other end. */
type Step = readonly number[];

/** Turns restrictions of the map into sequences of directed segments. */
export class RestrictionResolver {
  readonly #segments: SegmentsOfWays;
  /** A turn over a one-way road in its wrong direction is no turn; with all directions it is only looked for to say why. */
  #anyDirection = false;

  constructor(segments: SegmentsOfWays) {
    this.#segments = segments;
  }

  /** The sequences of one from-way and one to-way, or why there are none. */
  resolve(fromId: number, via: MapRestriction['via'], toId: number, turn: MapRestriction['turn']): Resolved {
    const from = this.#segments.wayOf(fromId);
    const to = this.#segments.wayOf(toId);
    const viaWays = via.kind === 'ways' ? via.ways.map((id) => this.#segments.wayOf(id)) : [];
    const viaNode = via.kind === 'node' ? this.#segments.nodeOf(via.node) : -1;
    if (from < 0 || to < 0 || viaWays.some((way) => way < 0)) return leftOut('restriction_way_absent');
    const find = (): Step[] =>
      via.kind === 'node' ? this.#byNode(from, viaNode, to, turn) : this.#byWays(from, viaWays, to);
    this.#anyDirection = false;
    const found = find();
    if (found.length === 1) return { kind: 'steps', steps: found };
    if (found.length > 1) {
      // turning back on a road that only passes the via is meant in both of its directions
      const isTurningBack = turn === 'u_turn' && found.every(([first, last]) => (first ^ last) === 1);
      return isTurningBack ? { kind: 'steps', steps: found } : leftOut('restriction_ambiguous');
    }
    this.#anyDirection = true;
    return leftOut(find().length > 0 ? 'restriction_against_oneway' : 'restriction_not_connected');
  }

  #byNode(from: number, via: number, to: number, turn: MapRestriction['turn']): Step[] {
    const leaving = this.#leaving(to, via);
    const pairs = this.#arriving(from, via).flatMap((first) => leaving.map((last) => [first, last]));
    if (from !== to) return pairs;
    // within one way, to turn back and to go on are told apart by the kind of the restriction
    return pairs.filter(([first, last]) => ((first ^ last) === 1) === (turn === 'u_turn'));
  }

  #byWays(from: number, vias: readonly number[], to: number): Step[] {
    const inOrder = this.#chains(from, vias, to);
    // members are often, not always, in the order of driving
    return inOrder.length > 0 || vias.length < 2 ? inOrder : this.#chains(from, [...vias].reverse(), to);
  }

  /** All drives over from, every via way whole, and to. */
  #chains(from: number, vias: readonly number[], to: number): Step[] {
    const { firstSegment, segmentFrom, segmentTo } = this.#segments;
    const [first, last] = [firstSegment[vias[0]], firstSegment[vias[0] + 1] - 1];
    if (last < first) return [];
    const starts = new Set([segmentFrom[first], segmentTo[last]]);
    const drives = [...starts].flatMap((node) => this.#arriving(from, node).map((step) => ({ steps: [step], node })));
    const over = vias.reduce(
      (soFar, way) =>
        soFar.flatMap(({ steps, node }) =>
          this.#along(way, node).map((part) => ({ steps: [...steps, ...part.steps], node: part.node })),
        ),
      drives,
    );
    return over.flatMap(({ steps, node }) => this.#leaving(to, node).map((step) => [...steps, step]));
  }

  /** A way driven whole from one of its ends: no, one or (a ring) two possibilities. */
  #along(way: number, start: number): { readonly steps: number[]; readonly node: number }[] {
    const { firstSegment, segmentFrom, segmentTo } = this.#segments;
    const [first, end] = [firstSegment[way], firstSegment[way + 1]];
    for (let s = first + 1; s < end; s++) if (segmentFrom[s] !== segmentTo[s - 1]) return []; // cut by a missing node
    const forward = Array.from({ length: end - first }, (_, i) => 2 * (first + i));
    const backward = forward.map((directed) => directed ^ 1).reverse();
    return [
      { steps: forward, from: segmentFrom[first], node: segmentTo[end - 1] },
      { steps: backward, from: segmentTo[end - 1], node: segmentFrom[first] },
    ].filter(({ steps, from }) => from === start && steps.every((directed) => this.#isDriven(directed)));
  }

  #arriving(way: number, node: number): number[] {
    return this.#directedOf(way).filter((directed) => this.#nodeAt(directed ^ 1) === node);
  }

  #leaving(way: number, node: number): number[] {
    return this.#directedOf(way).filter((directed) => this.#nodeAt(directed) === node);
  }

  /** The node at which a directed segment begins. */
  #nodeAt(directed: number): number {
    const { segmentFrom, segmentTo } = this.#segments;
    return (directed & 1 ? segmentTo : segmentFrom)[directed >>> 1];
  }

  #directedOf(way: number): number[] {
    const { firstSegment } = this.#segments;
    const all: number[] = [];
    for (let d = 2 * firstSegment[way]; d < 2 * firstSegment[way + 1]; d++) if (this.#isDriven(d)) all.push(d);
    return all;
  }

  #isDriven(directed: number): boolean {
    const { accessForward, accessBackward } = this.#segments;
    const access = (directed & 1 ? accessBackward : accessForward)[directed >>> 1];
    return this.#anyDirection || (access !== ACCESS.contraflow && access !== ACCESS.no);
  }
}
