import { type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';
import type { Hierarchy } from '../hierarchy/hierarchy.js';
import { TargetTimes } from '../hierarchy/target-times.js';
import { offRoadMs } from './off-road.js';
import { PlaceSeeds } from './place-seeds.js';
import type { RoutePlace } from './router.js';
import type { RoadPlace, Snapper } from './snapper.js';
import type { Vehicle, VehicleStarts } from './vehicle-starts.js';
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
  }

  /**
   * The vehicle's fastest drive to the target, both snapped to the nearest roads; where these do not connect, to those that do and lie
   * the least farther off. null: no road is near the vehicle, or no way leads there.
   */
  drive(vehicle: Vehicle): VehicleDrive | null {
    const start = this.#vehicles.snap(this.#graph!, vehicle);
    if (start === undefined) return null;
    const travelMs = this.#travelMs(start, 0);
    return travelMs === UNREACHABLE_MS ? this.#elsewhere(vehicle, start) : this.#driveOf(start, 0, travelMs);
  }

  #elsewhere(vehicle: Vehicle, nearest: RoadPlace): VehicleDrive | null {
    const graph = this.#graph!;
    if (!this.#isSoughtElsewhere) {
      const { place, end } = this.#target!;
      this.#ends = this.#snapper.alternatives(graph, place, 'end', end);
      this.#isSoughtElsewhere = true;
    }
    const starts = this.#vehicles.alternatives(vehicle, () =>
      this.#snapper.alternatives(graph, vehicle, 'start', nearest),
    );
    const ends = this.#ends;
    const pairs = starts.flatMap((start) => ends.map((_, end) => ({ start, end })));
    const offRoadM = ({ start, end }: { start: RoadPlace; end: number }) =>
      start.snap.distanceM + ends[end].snap.distanceM;
    for (const { start, end } of pairs.slice(1).sort((a, b) => offRoadM(a) - offRoadM(b))) {
      const travelMs = this.#travelMs(start, end);
      if (travelMs !== UNREACHABLE_MS) return this.#driveOf(start, end, travelMs);
    }
    return null;
  }

  #driveOf(start: RoadPlace, end: number, travelMs: number): VehicleDrive {
    const offMs = offRoadMs('start', start.snap.distanceM) + offRoadMs('end', this.#ends[end].snap.distanceM);
    return { travelMs, offRoadMs: offMs };
  }

  #travelMs(start: RoadPlace, end: number): number {
    const graph = this.#graph!;
    const times = this.#timesTo(end);
    let bestMs = directWay(graph, start, this.#ends[end])?.travelMs ?? UNREACHABLE_MS;
    for (const stand of start.stands) {
      // a time that nothing has is larger than any other sum
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
