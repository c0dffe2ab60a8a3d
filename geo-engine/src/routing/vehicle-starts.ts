import type { RoadGraph } from '../graph/road-graph.js';
import type { SegmentsAround } from './nearest-segments.js';
import { offRoadMs } from './off-road.js';
import type { RoadPlace } from './road-place.js';
import type { RoutePlace } from './router.js';
import { isMoving, type Snapper } from './snapper.js';
import { restMs } from './waypoint.js';

/** A place that is asked about again and again, for a vehicle seldom moves between two questions. */
export interface Vehicle extends RoutePlace {
  /** Names the vehicle. */
  readonly key: number;
}

/** Stands that are kept in columns: a road in one direction or both, a crossing of four. Who has more is asked by its place. */
export const KEPT_STANDS = 4;
/** Instead of a number of stands: they are more than can be kept. */
export const MORE_STANDS = 255;

const FIRST_ROWS = 64;
/** Heading of a vehicle that stands: to where it is turned makes no difference. */
const STANDING = Number.POSITIVE_INFINITY;

/**
 * Where vehicles stand on the roads of one profile: kept as long as they neither move nor turn. One row a vehicle; what a question reads
 * of most of them stands in columns, for what is scattered over memory takes longer to fetch than to work out.
 */
export class VehicleStarts {
  readonly #snapper: Snapper;
  readonly #rowOf = new Map<number, number>(); // by key
  #lon = new Float64Array(FIRST_ROWS); //        [rows]
  #lat = new Float64Array(FIRST_ROWS); //        [rows]
  #headingDeg = new Float64Array(FIRST_ROWS); // [rows] STANDING while it does not move
  readonly #starts: (RoadPlace | undefined)[] = []; // [rows]
  readonly #around: (SegmentsAround | undefined)[] = []; // [rows] of those that moved
  readonly #alternatives: (readonly RoadPlace[] | undefined)[] = []; // [rows]
  /** [rows] stands of its start; 0: no road is near; MORE_STANDS. */
  standCount = new Uint8Array(FIRST_ROWS);
  /** [rows] from the vehicle to the road, ms. */
  offRoadMs = new Float64Array(FIRST_ROWS);
  /** [rows × KEPT_STANDS] directed segment of a stand, the node at its end, and the ms to there. */
  standDirected = new Uint32Array(FIRST_ROWS * KEPT_STANDS);
  standHead = new Uint32Array(FIRST_ROWS * KEPT_STANDS);
  standMs = new Uint32Array(FIRST_ROWS * KEPT_STANDS);

  constructor(snapper: Snapper) {
    this.#snapper = snapper;
  }

  /** The row of a vehicle, its start as Snapper.snap finds it. */
  row(graph: RoadGraph, vehicle: Vehicle): number {
    const { key, at, headingDeg } = vehicle;
    const heading = isMoving(vehicle) ? headingDeg! : STANDING;
    let row = this.#rowOf.get(key);
    if (row === undefined) {
      row = this.#rowOf.size;
      if (row === this.standCount.length) this.#grow();
      this.#rowOf.set(key, row);
      this.#around[row] = undefined;
    } else if (this.#lon[row] === at[0] && this.#lat[row] === at[1] && this.#headingDeg[row] === heading) return row;
    this.#lon[row] = at[0];
    this.#lat[row] = at[1];
    this.#headingDeg[row] = heading;
    this.#alternatives[row] = undefined;
    this.#keep(graph, row, this.#seek(graph, vehicle, row));
    return row;
  }

  /** Where the vehicle of a row starts; undefined: no road is near. */
  start(row: number): RoadPlace | undefined {
    return this.#starts[row];
  }

  /** Where else a vehicle that has a start may begin, that one first: sought once, for who stands in a yard is asked about often. */
  alternatives(row: number, seek: () => readonly RoadPlace[]): readonly RoadPlace[] {
    this.#alternatives[row] ??= seek();
    return this.#alternatives[row];
  }

  /** Roads were closed or opened: everybody may stand elsewhere. */
  forget(): void {
    this.#rowOf.clear();
  }

  #seek(graph: RoadGraph, vehicle: Vehicle, row: number): RoadPlace | undefined {
    const around = this.#around[row];
    const start = around && this.#snapper.snapAmong(graph, vehicle, around);
    if (start !== undefined || !isMoving(vehicle)) return start ?? this.#snapper.snap(graph, vehicle, 'start');
    const anew = this.#snapper.around(graph, vehicle);
    this.#around[row] = anew;
    return this.#snapper.snapAmong(graph, vehicle, anew) ?? this.#snapper.snap(graph, vehicle, 'start');
  }

  #keep(graph: RoadGraph, row: number, start: RoadPlace | undefined): void {
    this.#starts[row] = start;
    if (start === undefined) {
      this.standCount[row] = 0;
      return;
    }
    const { stands, snap } = start;
    this.offRoadMs[row] = offRoadMs('start', snap.distanceM);
    this.standCount[row] = stands.length <= KEPT_STANDS ? stands.length : MORE_STANDS;
    if (stands.length > KEPT_STANDS) return;
    for (let i = 0; i < stands.length; i++) {
      const { directed } = stands[i];
      this.standDirected[row * KEPT_STANDS + i] = directed;
      this.standHead[row * KEPT_STANDS + i] = graph.directedHead[directed];
      this.standMs[row * KEPT_STANDS + i] = restMs(graph, stands[i]);
    }
  }

  #grow(): void {
    const rows = 2 * this.standCount.length;
    this.#lon = wider(this.#lon, new Float64Array(rows));
    this.#lat = wider(this.#lat, new Float64Array(rows));
    this.#headingDeg = wider(this.#headingDeg, new Float64Array(rows));
    this.standCount = wider(this.standCount, new Uint8Array(rows));
    this.offRoadMs = wider(this.offRoadMs, new Float64Array(rows));
    this.standDirected = wider(this.standDirected, new Uint32Array(rows * KEPT_STANDS));
    this.standHead = wider(this.standHead, new Uint32Array(rows * KEPT_STANDS));
    this.standMs = wider(this.standMs, new Uint32Array(rows * KEPT_STANDS));
  }
}

function wider<A extends Uint8Array | Uint32Array | Float64Array>(old: A, room: A): A {
  room.set(old);
  return room;
}
