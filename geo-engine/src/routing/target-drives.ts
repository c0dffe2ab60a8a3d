import { type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';
import type { Hierarchy } from '../hierarchy/hierarchy.js';
import { TargetTimes } from '../hierarchy/target-times.js';
import { offRoadMs } from './off-road.js';
import { PlaceSeeds } from './place-seeds.js';
import type { RingBound } from './ring-bound.js';
import type { RoadPlace } from './road-place.js';
import type { RoutePlace } from './router.js';
import { inLargestPart, type Snapper } from './snapper.js';
import { KEPT_STANDS, MORE_STANDS, type Vehicle, type VehicleStarts } from './vehicle-starts.js';
import { directWay, restMs } from './waypoint.js';

/** A place where drives end, as snapped for a profile. */
export interface DriveTarget {
  readonly place: RoutePlace;
  readonly end: RoadPlace;
}

/** How long a vehicle needs to a place, whole milliseconds: by road, and off it at both ends. */
export interface VehicleDrive {
  readonly travelMs: number;
  readonly offRoadMs: number;
}

/** Drives of vehicles to one place after the other, by one profile. One per thread. */
export class TargetDrives {
  readonly #hierarchy: Hierarchy;
  readonly #snapper: Snapper;
  readonly #vehicles: VehicleStarts;
  readonly #seeds = new PlaceSeeds('end');
  #graph: RoadGraph | undefined;
  #target: DriveTarget | undefined;
  /** The target's end, then, once they are needed, its ends elsewhere. */
  #ends: readonly RoadPlace[] = [];
  #isSoughtElsewhere = false;
  #endOffRoadMs = 0; // from the target's end to its place
  #endDirected: readonly number[] = []; // directed segments on which that end is
  /** By end; those of ends that nobody was sent to yet are of an earlier target. */
  readonly #times: TargetTimes[] = [];
  #begun: boolean[] = [];

  constructor(hierarchy: Hierarchy, snapper: Snapper, vehicles: VehicleStarts) {
    this.#hierarchy = hierarchy;
    this.#snapper = snapper;
    this.#vehicles = vehicles;
  }

  /** Takes a target, and the travel times of now. */
  begin(graph: RoadGraph, target: DriveTarget): void {
    if (this.#graph === graph && this.#target === target) return;
    this.#graph = graph;
    this.#target = target;
    this.#ends = [target.end];
    this.#isSoughtElsewhere = false;
    this.#begun = [];
    this.#endOffRoadMs = offRoadMs('end', target.end.snap.distanceM);
    this.#endDirected = target.end.stands.map(({ directed }) => directed);
  }

  /**
   * The vehicle's fastest drive to the target, both snapped to the nearest roads; where these do not connect, to those that do and lie
   * the least farther off. null: no road is near the vehicle, or no way leads there.
   */
  drive(vehicle: Vehicle): VehicleDrive | null {
    const row = this.#vehicles.row(this.#graph!, vehicle);
    const stands = this.#vehicles.standCount[row];
    if (stands === 0) return null;
    const travelMs = stands === MORE_STANDS ? this.#startMs(vehicle, row) : this.#rowMs(vehicle, row, stands);
    if (travelMs === UNREACHABLE_MS) return this.#elsewhere(vehicle, row);
    return { travelMs, offRoadMs: this.#vehicles.offRoadMs[row] + this.#endOffRoadMs };
  }

  /** #travelMs of a row's start to the target's end, by what of it is in columns. */
  #rowMs(vehicle: Vehicle, row: number, stands: number): number {
    const { standHead, standMs, standDirected } = this.#vehicles;
    const times = this.#timesTo(0);
    let bestMs = UNREACHABLE_MS;
    for (let stand = row * KEPT_STANDS, last = stand + stands; stand < last; stand++) {
      // who begins on the target's own segment may have it ahead
      if (this.#endDirected.includes(standDirected[stand])) return this.#startMs(vehicle, row);
      // a time that nothing has is larger than any other sum
      const ms = times.fromNode(standHead[stand]) + standMs[stand];
      if (ms < bestMs) bestMs = ms;
    }
    return bestMs;
  }

  #startMs(vehicle: Vehicle, row: number): number {
    return this.#travelMs(this.#vehicles.start(this.#graph!, vehicle, row), 0);
  }

  /** What drives to the target take from beyond a circle around it, by the graph that the hierarchy was made of. */
  ringBound(radiusM: number, made: RoadGraph, topMps: number): RingBound | undefined {
    const { place, end } = this.#target!;
    // a drive that may end elsewhere need not enter the circle
    if (!inLargestPart(this.#graph!, end, 'end')) return undefined;
    const times = this.#timesTo(0);
    return this.#snapper.ringBound(place, radiusM, end, { made, topMps, fromNode: (node) => times.fromNode(node) });
  }

  /** All ends that a drive to the target may have, if none of them is reached from a node of the largest part; undefined: one is. */
  endsCutOffFrom(node: number): readonly RoadPlace[] | undefined {
    if (inLargestPart(this.#graph!, this.#target!.end, 'end')) return undefined;
    const ends = this.#endsElsewhere();
    if (ends.some((end) => inLargestPart(this.#graph!, end, 'end'))) return undefined;
    return ends.some((_, end) => this.#timesTo(end).fromNode(node) !== UNREACHABLE_MS) ? undefined : ends;
  }

  /** The target's end, and where else it may be where that one is not reached. */
  #endsElsewhere(): readonly RoadPlace[] {
    if (!this.#isSoughtElsewhere) {
      const { place, end } = this.#target!;
      this.#ends = this.#snapper.alternatives(this.#graph!, place, 'end', end);
      this.#isSoughtElsewhere = true;
    }
    return this.#ends;
  }

  #elsewhere(vehicle: Vehicle, row: number): VehicleDrive | null {
    const ends = this.#endsElsewhere();
    const starts = this.#vehicles.alternatives(this.#graph!, vehicle, row);
    // the nearest of each to the road come first, and the first two were tried
    const pairs: (readonly [start: number, end: number])[] = [];
    for (let start = 0; start < starts.length; start++)
      for (let end = start === 0 ? 1 : 0; end < ends.length; end++) pairs.push([start, end]);
    const offRoadM = (start: number, end: number) => starts[start].snap.distanceM + ends[end].snap.distanceM;
    if (pairs.length > 1) pairs.sort((a, b) => offRoadM(...a) - offRoadM(...b));
    for (const [start, end] of pairs) {
      const travelMs = this.#travelMs(starts[start], end);
      if (travelMs === UNREACHABLE_MS) continue;
      const { distanceM } = starts[start].snap;
      return { travelMs, offRoadMs: offRoadMs('start', distanceM) + offRoadMs('end', ends[end].snap.distanceM) };
    }
    return null;
  }

  #travelMs(start: RoadPlace, end: number): number {
    const graph = this.#graph!;
    const times = this.#timesTo(end);
    let bestMs = directWay(graph, start, this.#ends[end])?.travelMs ?? UNREACHABLE_MS;
    for (const stand of start.stands) {
      const ms = times.fromNode(graph.directedHead[stand.directed]) + restMs(graph, stand);
      if (ms < bestMs) bestMs = ms;
    }
    return bestMs;
  }

  #timesTo(end: number): TargetTimes {
    this.#times[end] ??= new TargetTimes(this.#hierarchy);
    const times = this.#times[end];
    if (this.#begun[end] !== true) {
      this.#seeds.set(this.#graph!, [this.#ends[end]]);
      times.begin(this.#seeds.lists, 0);
      this.#begun[end] = true;
    }
    return times;
  }
}
