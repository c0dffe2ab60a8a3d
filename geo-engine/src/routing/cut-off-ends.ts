import { haversineM } from '../geo/distance.js';
import type { LonLat } from '../geo/lon-lat.js';
import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { sharedUint32 } from '../roads/shared-array.js';
import { LEAST_SHARE } from './nearest-segments.js';
import { MAX_OFF_ROAD_M } from './off-road.js';
import type { RoadPlace } from './road-place.js';
import { E7 } from './segment-line.js';
import { LARGEST } from './snapper.js';

/** Who is this much farther from a place than every point of a road is not snapped to that road, metres. */
const OFF_ROAD_M = MAX_OFF_ROAD_M / LEAST_SHARE + 1;
/** Of a node in the largest part. */
const NO_NUMBER = -1;

/** What lies outside of the largest part of a graph, by which CutOffEnds finds who comes where. Plain arrays on shared memory. */
export interface CutOffParts {
  /** Nodes outside of the largest part, ascending. The number of one is where it stands here. */
  readonly outside: Uint32Array;
  /** By number of the node that arcs lead to: numbers of those they come from. */
  readonly arcs: Rows;
  /** By number of the node at their end: directed segments. */
  readonly arriving: Rows;
}

/** Reads the whole graph once, some 50 ms for a country: for a thread that nobody waits for. */
export function cutOffParts(graph: RoadGraph): CutOffParts {
  const { nodeCount, component, firstArc, arcHead, directedMs, directedHead } = graph;
  const numberOf = new Int32Array(nodeCount).fill(NO_NUMBER);
  const outside: number[] = [];
  for (let node = 0; node < nodeCount; node++) {
    if (component[node] !== LARGEST) numberOf[node] = outside.push(node) - 1;
  }
  const arcs: Pairs = { row: [], value: [] };
  for (const [number, node] of outside.entries()) {
    for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) add(arcs, numberOf[arcHead[arc]], number);
  }
  const arriving: Pairs = { row: [], value: [] };
  for (let d = 0; d < directedMs.length; d++) {
    if (directedMs[d] !== CLOSED) add(arriving, numberOf[directedHead[d]], d);
  }
  const nodes = sharedUint32(outside.length);
  nodes.set(outside);
  return { outside: nodes, arcs: rowsOf(outside.length, arcs), arriving: rowsOf(outside.length, arriving) };
}

/**
 * From where drives come to an end that the largest part of the network does not reach: an island, a yard behind a gate, a village behind a
 * closure. Everybody else has no way there, and need not be asked one by one. A question costs what is cut off.
 */
export class CutOffEnds {
  readonly #network: RoadNetwork;
  readonly #graph: RoadGraph;
  readonly #parts: CutOffParts;
  readonly #isMet: Uint8Array; // [numbers] 1: a drive from there comes to the end
  #met: number[] = [];

  /** `graph`: the one that times to the ends follow, and `parts` were made of. */
  constructor(network: RoadNetwork, graph: RoadGraph, parts: CutOffParts) {
    this.#network = network;
    this.#graph = graph;
    this.#parts = parts;
    this.#isMet = new Uint8Array(parts.outside.length);
  }

  /** No drive to one of these ends, to which none comes from the largest part, begins farther from a place than this, metres. */
  farthestStartM(place: LonLat, ends: readonly RoadPlace[]): number {
    const { firstTail, tails } = this.#graph;
    let farthestM = 0;
    const take = (directed: number) => {
      farthestM = Math.max(farthestM, this.#farthestPointM(place, directed >> 1));
    };
    for (const number of this.#met) this.#isMet[number] = 0;
    this.#met = [];
    for (const { directed } of ends.flatMap(({ stands }) => stands)) {
      take(directed); // a drive may begin on the end's own segment
      for (let at = firstTail[directed]; at < firstTail[directed + 1]; at++) this.#meet(this.#numberOf(tails[at]));
    }
    const { arcs, arriving } = this.#parts;
    for (let next = 0; next < this.#met.length; next++) {
      const number = this.#met[next];
      for (let at = arcs.first[number]; at < arcs.first[number + 1]; at++) this.#meet(arcs.value[at]);
      for (let at = arriving.first[number]; at < arriving.first[number + 1]; at++) take(arriving.value[at]);
    }
    return farthestM + OFF_ROAD_M;
  }

  #meet(number: number): void {
    if (this.#isMet[number] === 1) return;
    this.#isMet[number] = 1;
    this.#met.push(number);
  }

  /** By halving: it is asked of the ends only. */
  #numberOf(node: number): number {
    const { outside } = this.#parts;
    let low = 0;
    let high = outside.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (outside[middle] < node) low = middle + 1;
      else high = middle;
    }
    return outside[low] === node ? low : NO_NUMBER;
  }

  #farthestPointM([lon, lat]: LonLat, segment: number): number {
    const { firstPoint, pointLonLat } = this.#network;
    let farthestM = 0;
    for (let p = firstPoint[segment]; p < firstPoint[segment + 1]; p++)
      farthestM = Math.max(farthestM, haversineM(lon, lat, pointLonLat[2 * p] / E7, pointLonLat[2 * p + 1] / E7));
    return farthestM;
  }
}

/** Values by row, one after the other. */
interface Rows {
  readonly first: Uint32Array; // [rows + 1]
  readonly value: Uint32Array;
}

interface Pairs {
  readonly row: number[];
  readonly value: number[];
}

function add({ row, value }: Pairs, toRow: number, added: number): void {
  if (toRow === NO_NUMBER) return;
  row.push(toRow);
  value.push(added);
}

function rowsOf(count: number, pairs: Pairs): Rows {
  const first = sharedUint32(count + 1);
  for (const row of pairs.row) first[row + 1]++;
  for (let row = 0; row < count; row++) first[row + 1] += first[row];
  const next = first.slice(0, count);
  const value = sharedUint32(pairs.value.length);
  for (const [i, row] of pairs.row.entries()) value[next[row]++] = pairs.value[i];
  return { first, value };
}
