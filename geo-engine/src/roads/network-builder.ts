import { haversineM } from '../geo/distance.js';
import { type CutWays, cutWays } from './cut-ways.js';
import { RoadsError } from './errors.js';
import type { LeaveOut, LeftOutReason, MapRestriction, MapRoad, RoadMeaning } from './map-road.js';
import { allocateNetwork, type NetworkArrays, networkId } from './network-layout.js';
import { NumberList } from './number-list.js';
import { RestrictionResolver } from './resolve-restriction.js';
import { BARRIER, type NetworkInfo, type RoadNetwork, SEGMENT_FLAG } from './road-network.js';
import { SortedIds } from './sorted-ids.js';
import { orderInSpace } from './space-order.js';

/** What a network says of itself and its map does not show. */
export interface NetworkOrigin {
  /** Base name of the file, or what generated it. */
  readonly source: string;
  readonly mapTime: number | null;
  readonly builtAt: number;
  /** Line of attribution; without one: OpenStreetMap's, or that the map is generated. */
  readonly attribution?: string;
}

const UNITS_A_DEGREE = 1e7;
const MOST_LON = 180 * UNITS_A_DEGREE;
const MOST_LAT = 90 * UNITS_A_DEGREE;
/** Directed segments and points are numbered by 32 bits, with -1 and CLOSED to spare. */
const MOST_POINTS = 2 ** 30;
const MOST_KMH = 255;
const KMH_PER_MPS = 3.6;

const OSM_ATTRIBUTION = '© OpenStreetMap contributors';
const GENERATED_ATTRIBUTION = 'Generated map, not surveyed';

/**
 * Collects ways, nodes and restrictions of a map in any order, and freezes them into a RoadNetwork. Equal content gives
 * equal arrays and an equal id, in whatever order it came. Peak memory is about 150 bytes a node of a road, the network included (1.4 million nodes: 0.3 GiB with Node itself).
 */
export class RoadNetworkBuilder {
  readonly #wayId = new NumberList(Float64Array);
  readonly #firstRef = new NumberList(Uint32Array);
  readonly #refs = new NumberList(Float64Array);
  readonly #wayMeaning = new NumberList(Uint32Array);
  readonly #wayName = new NumberList(Uint32Array);
  readonly #wayRef = new NumberList(Uint32Array);
  readonly #meanings = new Interned<RoadMeaning>((meaning) => Object.values(meaning).join());
  readonly #texts = new Interned<string>((text) => text);

  readonly #nodeId = new NumberList(Float64Array);
  readonly #lonLat = new NumberList(Int32Array);
  readonly #barrier = new NumberList(Uint8Array);
  readonly #restrictions: MapRestriction[] = [];
  readonly #leftOut = new Map<LeftOutReason, number>();
  /** Nodes of all ways, once somebody asked for them. */
  #wanted: SortedIds | undefined;

  readonly leaveOut: LeaveOut = (reason, count = 1) => {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + count);
  };

  addWay({ id, nodeIds, meaning, name, ref }: MapRoad): void {
    if (this.#wanted) throw new Error(`way ${id} comes after the nodes were asked for by wants()`);
    if (this.#refs.length + nodeIds.length > MOST_POINTS) {
      throw new RoadsError('map_too_large', `the roads have more than ${MOST_POINTS} points`);
    }
    this.#wayId.push(id);
    this.#firstRef.push(this.#refs.length);
    for (let i = 0; i < nodeIds.length; i++) this.#refs.push(nodeIds[i]);
    this.#wayMeaning.push(this.#meanings.number(meaning));
    this.#wayName.push(this.#texts.number(name));
    this.#wayRef.push(this.#texts.number(ref));
  }

  /** Whether a road uses the node. A large map is read twice, ways first, and only the wanted nodes are added. */
  wants(nodeId: number): boolean {
    this.#wanted ??= new SortedIds(this.#refs.view());
    return this.#wanted.find(nodeId) >= 0;
  }

  /** A node in 1e-7 degrees with what stands on it (BARRIER). Of two with one id the first counts. */
  addNode(id: number, lonE7: number, latE7: number, barrier: number = BARRIER.none): void {
    if (!(Math.abs(lonE7) <= MOST_LON && Math.abs(latE7) <= MOST_LAT)) return this.leaveOut('invalid_place');
    this.#nodeId.push(id);
    this.#lonLat.push(lonE7);
    this.#lonLat.push(latE7);
    this.#barrier.push(barrier);
  }

  addRestriction(restriction: MapRestriction): void {
    this.#restrictions.push(restriction);
  }

  /** The network of all that was added; `map_without_roads` when nothing of it can be driven. */
  freeze(origin: NetworkOrigin): RoadNetwork {
    const places = this.#placesOfRoads();
    const ways = this.#waysById();
    const ref = new Int32Array(this.#refs.length);
    const firstRef = new Uint32Array(ways.length + 1);
    for (let i = 0, at = 0; i < ways.length; i++) {
      const [from, to] = this.#refsOf(ways[i]);
      for (let r = from; r < to; r++) {
        const place = places.ids.find(this.#refs.at(r));
        ref[at++] = places.isKnown[place] ? place : -1;
      }
      firstRef[i + 1] = at;
    }
    const mustCut = places.barrier.map((barrier) => (barrier === BARRIER.none ? 0 : 1));
    for (const { via } of this.#restrictions) {
      if (via.kind === 'node' && places.ids.find(via.node) >= 0) mustCut[places.ids.find(via.node)] = 1;
    }
    const cut = cutWays({ count: ways.length, firstRef, ref }, mustCut, this.leaveOut);
    if (cut.firstPoint.length === 0) {
      const reasons = [...this.#leftOut].map(([reason, count]) => `${reason} ${count}`).join(', ');
      throw new RoadsError(
        'map_without_roads',
        `no road of ${origin.source} can be driven${reasons && ` (${reasons})`}`,
      );
    }
    return this.#fill(origin, places, ways, cut);
  }

  #refsOf(way: number): [from: number, to: number] {
    return [this.#firstRef.at(way), way + 1 < this.#firstRef.length ? this.#firstRef.at(way + 1) : this.#refs.length];
  }

  /** Ways in the order of their ids, each id once. */
  #waysById(): Uint32Array {
    const ids = this.#wayId.view();
    const order = Uint32Array.from(ids.keys());
    if (ids.some((id, i) => i > 0 && !(ids[i - 1] < id))) order.sort((a, b) => ids[a] - ids[b] || a - b);
    const once = order.filter((way, i) => i === 0 || ids[order[i - 1]] !== ids[way]);
    if (once.length < order.length) this.leaveOut('duplicate_way', order.length - once.length);
    return once;
  }

  #placesOfRoads(): Places {
    const ids = this.#wanted ?? new SortedIds(this.#refs.view());
    const places = {
      ids,
      lonLat: new Int32Array(2 * ids.count),
      barrier: new Uint8Array(ids.count),
      isKnown: new Uint8Array(ids.count),
    };
    for (let i = 0; i < this.#nodeId.length; i++) {
      const place = ids.find(this.#nodeId.at(i));
      if (place < 0 || places.isKnown[place]) continue;
      places.isKnown[place] = 1;
      places.lonLat[2 * place] = this.#lonLat.at(2 * i);
      places.lonLat[2 * place + 1] = this.#lonLat.at(2 * i + 1);
      places.barrier[place] = this.#barrier.at(i);
    }
    return places;
  }

  #fill(origin: NetworkOrigin, places: Places, ways: Uint32Array, cut: CutWays): RoadNetwork {
    const { point, firstPoint, lastPoint, firstSegment } = cut;
    const segmentCount = firstPoint.length;
    const wayOfCut = new Uint32Array(segmentCount);
    for (let w = 0; w < ways.length; w++) wayOfCut.fill(w, firstSegment[w], firstSegment[w + 1]);
    const nodes = numberNodes(places, cut.isNode);
    const order = orderByFirstNode(cut, nodes); // [segments] which cut segment gets the number
    const numberOf = new Uint32Array(segmentCount);
    for (let s = 0; s < segmentCount; s++) numberOf[order[s]] = s;
    const restrictions = this.#resolveRestrictions(places.ids, ways, cut, wayOfCut, numberOf);

    let points = 0;
    for (let s = 0; s < segmentCount; s++) points += lastPoint[s] - firstPoint[s] + 1;
    const stepCount = restrictions.reduce((sum, { steps }) => sum + steps.length, 0);
    const sizes = { nodes: nodes.count, segments: segmentCount, points, restrictions: restrictions.length };
    const arrays = allocateNetwork({ ...sizes, restrictionSteps: stepCount });
    fillNodes(arrays, places, nodes);
    restrictions.forEach(({ steps, bits }, i) => {
      arrays.restrictionSteps.set(steps, arrays.firstRestrictionStep[i]);
      arrays.firstRestrictionStep[i + 1] = arrays.firstRestrictionStep[i] + steps.length;
      arrays.restrictionKind[i] = bits;
    });

    // segments, with names numbered in their order
    const names = new Interned<string>((text) => text);
    names.number('');
    let lengthM = 0;
    let flags = 0;
    for (let s = 0, at = 0; s < segmentCount; s++) {
      const from = firstPoint[order[s]];
      const to = lastPoint[order[s]];
      arrays.firstPoint[s] = at;
      for (let p = from; p <= to; p++, at++) {
        arrays.pointLonLat[2 * at] = places.lonLat[2 * point[p]];
        arrays.pointLonLat[2 * at + 1] = places.lonLat[2 * point[p] + 1];
      }
      arrays.firstPoint[s + 1] = at;
      arrays.segmentFrom[s] = nodes.numberOf[point[from]];
      arrays.segmentTo[s] = nodes.numberOf[point[to]];
      const segmentM = lineM(arrays.pointLonLat, arrays.firstPoint[s], at);
      arrays.segmentCm[s] = Math.round(segmentM * 100);
      lengthM += segmentM;
      const way = ways[wayOfCut[order[s]]];
      const meaning = this.#meanings.value(this.#wayMeaning.at(way));
      fillMeaning(arrays, s, meaning);
      flags |= meaning.flags;
      arrays.segmentWay[s] = this.#wayId.at(way);
      arrays.segmentName[s] = names.number(this.#texts.value(this.#wayName.at(way)));
      arrays.segmentRef[s] = names.number(this.#texts.value(this.#wayRef.at(way)));
    }
    this.#setDurations(arrays, ways, cut, numberOf);

    const generated = (flags & SEGMENT_FLAG.generated) !== 0;
    const leftOut = Object.fromEntries([...this.#leftOut].sort(([a], [b]) => (a < b ? -1 : 1)));
    const info: NetworkInfo = {
      id: networkId(arrays, names.values),
      source: origin.source,
      mapTime: origin.mapTime,
      builtAt: origin.builtAt,
      generated,
      bounds: boundsOf(arrays.pointLonLat),
      counts: { ...sizes, lengthKm: Math.round(lengthM) / 1000, leftOut },
      attribution: origin.attribution ?? (generated ? GENERATED_ATTRIBUTION : OSM_ATTRIBUTION),
    };
    return {
      info,
      nodeCount: sizes.nodes,
      segmentCount,
      ...arrays,
      names: names.values,
      restrictionCount: sizes.restrictions,
    };
  }

  /** Restrictions as directed segments of the network, in the order of their steps, each once. */
  #resolveRestrictions(
    ids: SortedIds,
    ways: Uint32Array,
    cut: CutWays,
    wayOfCut: Uint32Array,
    numberOf: Uint32Array,
  ): ResolvedRestriction[] {
    const wayNumber = new Map<number, number>();
    ways.forEach((way, w) => {
      if (cut.firstSegment[w] < cut.firstSegment[w + 1]) wayNumber.set(this.#wayId.at(way), w);
    });
    const meaningOf = (_: unknown, s: number) => this.#meanings.value(this.#wayMeaning.at(ways[wayOfCut[s]]));
    const resolver = new RestrictionResolver({
      wayOf: (id) => wayNumber.get(id) ?? -1,
      nodeOf: (id) => ids.find(id),
      firstSegment: cut.firstSegment,
      segmentFrom: cut.firstPoint.map((p) => cut.point[p]),
      segmentTo: cut.lastPoint.map((p) => cut.point[p]),
      accessForward: Uint8Array.from(cut.firstPoint, (_, s) => meaningOf(_, s).accessForward),
      accessBackward: Uint8Array.from(cut.firstPoint, (_, s) => meaningOf(_, s).accessBackward),
    });
    const found = new Map<string, ResolvedRestriction>();
    for (const { from, via, to, bits, turn } of this.#restrictions) {
      for (const fromId of from) {
        for (const toId of to) {
          const resolved = resolver.resolve(fromId, via, toId, turn);
          if (resolved.kind === 'left_out') {
            this.leaveOut(resolved.reason);
            continue;
          }
          for (const cutSteps of resolved.steps) {
            const steps = cutSteps.map((directed) => 2 * numberOf[directed >>> 1] + (directed & 1));
            found.set(`${bits}:${steps.join()}`, { steps, bits });
          }
        }
      }
    }
    return [...found.values()].sort(bySteps);
  }

  /** Ferries whose crossing time is known sail at that pace, whatever the map or a profile says of their speed. */
  #setDurations(
    { segmentCm, segmentKmh }: NetworkArrays,
    ways: Uint32Array,
    cut: CutWays,
    numberOf: Uint32Array,
  ): void {
    for (let w = 0; w < ways.length; w++) {
      const { durationS } = this.#meanings.value(this.#wayMeaning.at(ways[w]));
      if (durationS === 0) continue;
      const own = numberOf.subarray(cut.firstSegment[w], cut.firstSegment[w + 1]);
      const wholeM = own.reduce((sum, s) => sum + segmentCm[s] / 100, 0);
      const kmh = Math.min(MOST_KMH, Math.max(1, Math.round((wholeM / durationS) * KMH_PER_MPS)));
      for (const s of own) segmentKmh.fill(kmh, 2 * s, 2 * s + 2);
    }
  }
}

/** The nodes of the roads as the map has them. */
interface Places {
  readonly ids: SortedIds;
  readonly lonLat: Int32Array; //   [2 * places] 1e-7 degrees
  readonly barrier: Uint8Array; // [places]
  readonly isKnown: Uint8Array; // [places] 0 where the map does not hold the node
}

interface Nodes {
  readonly count: number;
  readonly place: Uint32Array; //    [nodes]
  readonly numberOf: Uint32Array; // [places], meaningless where the place is no node
}

interface ResolvedRestriction {
  readonly steps: readonly number[];
  readonly bits: number;
}

/** Equal values once, numbered in the order of their first appearance. */
class Interned<T> {
  readonly #keyOf: (value: T) => string;
  readonly #numbers = new Map<string, number>();
  readonly values: T[] = [];

  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }

  number(value: T): number {
    const key = this.#keyOf(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.values.length);
    return this.values.push(value) - 1;
  }

  value(number: number): T {
    return this.values[number];
  }
}

/** Nodes numbered along a curve through the map; ties by the map's ids. */
function numberNodes({ lonLat }: Places, isNode: Uint8Array): Nodes {
  const places = Uint32Array.from(isNode.keys()).filter((place) => isNode[place] === 1);
  const nodeLonLat = new Int32Array(2 * places.length);
  for (let i = 0; i < places.length; i++) {
    nodeLonLat[2 * i] = lonLat[2 * places[i]];
    nodeLonLat[2 * i + 1] = lonLat[2 * places[i] + 1];
  }
  const place = orderInSpace(nodeLonLat).map((i) => places[i]);
  const numberOf = new Uint32Array(isNode.length);
  for (let node = 0; node < place.length; node++) numberOf[place[node]] = node;
  return { count: place.length, place, numberOf };
}

/** Segments by the number of their first node, then by way and place in it: those of one place lie together. */
function orderByFirstNode({ point, firstPoint }: CutWays, { count, numberOf }: Nodes): Uint32Array {
  // counting sort: it keeps the order of equals
  const next = new Uint32Array(count + 1);
  for (const p of firstPoint) next[numberOf[point[p]] + 1]++;
  for (let node = 0; node < count; node++) next[node + 1] += next[node];
  const order = new Uint32Array(firstPoint.length);
  for (let s = 0; s < firstPoint.length; s++) order[next[numberOf[point[firstPoint[s]]]]++] = s;
  return order;
}

function bySteps(a: ResolvedRestriction, b: ResolvedRestriction): number {
  for (let i = 0; i < a.steps.length && i < b.steps.length; i++) {
    if (a.steps[i] !== b.steps[i]) return a.steps[i] - b.steps[i];
  }
  return a.steps.length - b.steps.length || a.bits - b.bits;
}

function fillNodes({ nodeLonLat, nodeBarrier }: NetworkArrays, { lonLat, barrier }: Places, { place }: Nodes): void {
  for (let node = 0; node < place.length; node++) {
    nodeLonLat[2 * node] = lonLat[2 * place[node]];
    nodeLonLat[2 * node + 1] = lonLat[2 * place[node] + 1];
    nodeBarrier[node] = barrier[place[node]];
  }
}

function fillMeaning(arrays: NetworkArrays, s: number, meaning: RoadMeaning): void {
  arrays.segmentClass[s] = meaning.roadClass;
  arrays.segmentSurface[s] = meaning.surface;
  arrays.segmentTrack[s] = meaning.track;
  arrays.segmentFlags[s] = meaning.flags;
  arrays.segmentAccess[s] = meaning.accessForward | (meaning.accessBackward << 4);
  arrays.segmentKmh[2 * s] = meaning.forwardKmh;
  arrays.segmentKmh[2 * s + 1] = meaning.backwardKmh;
  arrays.segmentMaxWeight[s] = meaning.maxWeight;
  arrays.segmentMaxHeight[s] = meaning.maxHeight;
}

/** Length of a line of points [from, to), metres. */
function lineM(pointLonLat: Int32Array, from: number, to: number): number {
  let sumM = 0;
  for (let p = from + 1; p < to; p++) {
    const [a, b] = [2 * (p - 1), 2 * p];
    sumM += haversineM(
      pointLonLat[a] / UNITS_A_DEGREE,
      pointLonLat[a + 1] / UNITS_A_DEGREE,
      pointLonLat[b] / UNITS_A_DEGREE,
      pointLonLat[b + 1] / UNITS_A_DEGREE,
    );
  }
  return sumM;
}

/**
 * The box around all points: west, south, east, north, degrees. The box lies across the antimeridian (west > east) when
 * the widest gap between points, counted in whole degrees of longitude, lies elsewhere.
 */
function boundsOf(pointLonLat: Int32Array): [west: number, south: number, east: number, north: number] {
  // least and greatest longitude within each whole degree
  const least = new Float64Array(360).fill(Number.POSITIVE_INFINITY);
  const greatest = new Float64Array(360).fill(Number.NEGATIVE_INFINITY);
  let [south, north] = [MOST_LAT, -MOST_LAT];
  for (let i = 0; i < pointLonLat.length; i += 2) {
    const lon = pointLonLat[i];
    const degree = Math.min(359, Math.floor((lon + MOST_LON) / UNITS_A_DEGREE));
    least[degree] = Math.min(least[degree], lon);
    greatest[degree] = Math.max(greatest[degree], lon);
    south = Math.min(south, pointLonLat[i + 1]);
    north = Math.max(north, pointLonLat[i + 1]);
  }
  const used = Array.from({ length: 360 }, (_, degree) => degree).filter((degree) => least[degree] <= greatest[degree]);
  // the gap behind the last used degree goes on over the antimeridian to the first
  let [east, west, widest] = [used.at(-1)!, used[0], used[0] + 360 - used.at(-1)!];
  for (let i = 1; i < used.length; i++) {
    if (used[i] - used[i - 1] > widest) [east, west, widest] = [used[i - 1], used[i], used[i] - used[i - 1]];
  }
  const degrees = (units: number): number => units / UNITS_A_DEGREE;
  return [degrees(least[west]), degrees(south), degrees(greatest[east]), degrees(north)];
}
