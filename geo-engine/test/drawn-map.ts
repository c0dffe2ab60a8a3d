import { destination } from '../src/geo/distance.js';
import type { LonLat } from '../src/geo/lon-lat.js';
import type { MapRestriction, RoadMeaning } from '../src/roads/map-road.js';
import { RoadNetworkBuilder } from '../src/roads/network-builder.js';
import { ACCESS, BARRIER, ROAD_CLASS, type RoadNetwork, SEGMENT_FLAG } from '../src/roads/road-network.js';
import { pick } from './random.js';

/** One way from one node to another, at times with bends between them. */
export interface Street {
  readonly way: number;
  readonly from: number;
  readonly to: number;
}

interface MapNode {
  readonly at: LonLat;
  barrier: number;
}

const PLAIN: RoadMeaning = {
  roadClass: ROAD_CLASS.residential,
  surface: 0,
  track: 0,
  flags: SEGMENT_FLAG.generated,
  accessForward: ACCESS.yes,
  accessBackward: ACCESS.yes,
  forwardKmh: 0,
  backwardKmh: 0,
  maxWeight: 0,
  maxHeight: 0,
  durationS: 0,
};

/** A map of streets on a plane of metres, for the one builder of networks. Ids of nodes and ways are the map's. */
export class DrawnMap {
  readonly streets: Street[] = [];
  /** Ends of streets. */
  readonly nodes: number[] = [];
  readonly #origin: LonLat;
  readonly #places: MapNode[] = []; // by id
  readonly #builder = new RoadNetworkBuilder();
  #eastM = 0;
  #northM = 0;

  /** `origin` is where x and y are 0. */
  constructor(origin: LonLat) {
    this.#origin = origin;
  }

  /** What is drawn from now on lies so far east and north of the origin. */
  moveTo(eastM: number, northM: number): void {
    this.#eastM = eastM;
    this.#northM = northM;
  }

  node(xM: number, yM: number): number {
    const x = xM + this.#eastM;
    const y = yM + this.#northM;
    const bearingDeg = (Math.atan2(x, y) * 180) / Math.PI;
    return this.#nodeAt(destination(this.#origin, bearingDeg, Math.hypot(x, y)));
  }

  /** Another node on the same place. */
  nodeUpon(node: number): number {
    return this.#nodeAt(this.#places[node].at);
  }

  /** Another node some 50 to 500 m away. */
  nodeNear(random: () => number, node: number): number {
    return this.#nodeAt(destination(this.#places[node].at, random() * 360, 50 + random() * 450));
  }

  /** A straight street, or through bends some way aside. */
  street(from: number, to: number, meaning: Partial<RoadMeaning>, bends: readonly number[] = []): Street {
    const street = { way: this.streets.length, from, to };
    const nodeIds = [from, ...bends, to];
    this.#builder.addWay({
      id: street.way,
      nodeIds,
      meaning: { ...PLAIN, ...meaning },
      name: `Street ${street.way}`,
      ref: '',
    });
    this.streets.push(street);
    return street;
  }

  /** Places for one to three bends of a street. */
  bends(random: () => number, from: number): number[] {
    const count = 1 + Math.floor(random() * 3);
    const ends = this.nodes.length;
    const bends = Array.from({ length: count }, () => this.nodeNear(random, from));
    this.nodes.length = ends;
    return bends;
  }

  streetsAt(node: number): Street[] {
    return this.streets.filter(({ from, to }) => from === node || to === node);
  }

  /** Puts a barrier on that share of all nodes and bends. */
  addBarriers(random: () => number, share: number): void {
    for (const place of this.#places) {
      if (random() < share) place.barrier = pick(random, [BARRIER.open, BARRIER.gate, BARRIER.gate, BARRIER.closed]);
    }
  }

  restrict(restriction: MapRestriction): void {
    this.#builder.addRestriction(restriction);
  }

  freeze(source: string): RoadNetwork {
    this.#places.forEach(({ at: [lon, lat], barrier }, id) => {
      this.#builder.addNode(id, Math.round(lon * 1e7), Math.round(lat * 1e7), barrier);
    });
    return this.#builder.freeze({ source, mapTime: null, builtAt: 0 });
  }

  #nodeAt(at: LonLat): number {
    const node = this.#places.push({ at, barrier: BARRIER.none }) - 1;
    this.nodes.push(node);
    return node;
  }
}
