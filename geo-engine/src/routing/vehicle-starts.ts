import { chord, lowerBoundM, VEC_STRIDE, writeUnitVector } from '../geo/unit-vector.js';
import type { RoadGraph } from '../graph/road-graph.js';
import { LEAST_SHARE, SegmentsAround } from './nearest-segments.js';
import { MAX_OFF_ROAD_M, offRoadMs } from './off-road.js';
import type { RoadPlace } from './road-place.js';
import type { RoutePlace } from './router.js';
import { isMoving, LARGEST, type Snapper } from './snapper.js';
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
  #vec = new Float64Array(FIRST_ROWS * VEC_STRIDE); // [rows × VEC_STRIDE] place on the unit sphere
  #nearestM = new Float64Array(FIRST_ROWS); //   [rows] from there to the nearest road
  readonly #manyStands: (RoadPlace | undefined)[] = []; // [rows] starts that do not fit into columns
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
      this.#around[row]?.clear();
    } else if (this.#lon[row] === at[0] && this.#lat[row] === at[1] && this.#headingDeg[row] === heading) return row;
    this.#lon[row] = at[0];
    this.#lat[row] = at[1];
    this.#headingDeg[row] = heading;
    writeUnitVector(this.#vec, row, at[0], at[1]);
    this.#alternatives[row] = undefined;
    this.#keep(graph, row, this.#seek(graph, vehicle, row));
    return row;
  }

  /** Where a vehicle that has stands starts, sought once more if it is all in columns: few are asked about that closely. */
  start(graph: RoadGraph, vehicle: Vehicle, row: number): RoadPlace {
    return this.#manyStands[row] ?? this.#snapper.snap(graph, vehicle, 'start')!;
  }

  /** Where else a vehicle that has a start may begin, that one first: sought once, for who stands in a yard is asked about often. */
  alternatives(graph: RoadGraph, vehicle: Vehicle, row: number): readonly RoadPlace[] {
    this.#alternatives[row] ??= this.#snapper.alternatives(graph, vehicle, 'start', this.start(graph, vehicle, row));
    return this.#alternatives[row];
  }

  /** Finds all that will be asked of a vehicle until it moves or turns: of who starts apart from most roads also where else it may. */
  find(graph: RoadGraph, vehicle: Vehicle): void {
    const row = this.row(graph, vehicle);
    const stands = this.standCount[row];
    if (stands === 0 || stands === MORE_STANDS) return; // of a large crossing some road leads on
    const first = row * KEPT_STANDS;
    const isApart = this.standHead.subarray(first, first + stands).every((node) => graph.component[node] !== LARGEST);
    if (isApart) this.alternatives(graph, vehicle, row);
  }

  /**
   * How far a vehicle is off the road at the least, metres: who stood far off it when last asked about, and moved little since, is still.
   * 0: nothing is known. Its place is record `i` of unit vectors.
   */
  leastOffRoadM(key: number, vec: Float64Array, i: number): number {
    const row = this.#rowOf.get(key);
    if (row === undefined) return 0;
    const movedM = lowerBoundM(chord(vec, i, this.#vec, row)) / LEAST_SHARE;
    return Math.max(0, this.#nearestM[row] * LEAST_SHARE - movedM);
  }

  /** Roads were closed or opened: everybody may stand elsewhere. */
  forget(): void {
    this.#rowOf.clear();
  }

  #seek(graph: RoadGraph, vehicle: Vehicle, row: number): RoadPlace | undefined {
    const known = this.#around[row];
    const start = known && this.#snapper.snapAmong(graph, vehicle, known);
    if (start !== undefined || !isMoving(vehicle)) return start ?? this.#snapper.snap(graph, vehicle, 'start');
    const around = known ?? new SegmentsAround();
    this.#around[row] = around;
    this.#snapper.aroundInto(around, graph, vehicle);
    return this.#snapper.snapAmong(graph, vehicle, around) ?? this.#snapper.snap(graph, vehicle, 'start');
  }

  #keep(graph: RoadGraph, row: number, start: RoadPlace | undefined): void {
    this.#manyStands[row] = undefined;
    this.#nearestM[row] = start?.nearestM ?? MAX_OFF_ROAD_M;
    if (start === undefined) {
      this.standCount[row] = 0;
      return;
    }
    const { stands, snap } = start;
    this.offRoadMs[row] = offRoadMs('start', snap.distanceM);
    if (stands.length > KEPT_STANDS) {
      this.standCount[row] = MORE_STANDS;
      this.#manyStands[row] = start;
      return;
    }
    this.standCount[row] = stands.length;
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
    this.#vec = wider(this.#vec, new Float64Array(rows * VEC_STRIDE));
    this.#nearestM = wider(this.#nearestM, new Float64Array(rows));
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
