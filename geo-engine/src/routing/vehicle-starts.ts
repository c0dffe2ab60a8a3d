import type { RoadGraph } from '../graph/road-graph.js';
import type { SegmentsAround } from './nearest-segments.js';
import type { RoutePlace } from './router.js';
import { isMoving, type RoadPlace, type Snapper } from './snapper.js';

/** A place that is asked about again and again, for a vehicle seldom moves between two questions. */
export interface Vehicle extends RoutePlace {
  /** Names the vehicle. */
  readonly key: number;
}

interface Kept {
  vehicle: Vehicle;
  around: SegmentsAround | undefined;
  start: RoadPlace | undefined;
  alternatives: readonly RoadPlace[] | undefined;
}

/** Where vehicles stand on the roads of one profile: kept as long as they neither move nor turn. */
export class VehicleStarts {
  readonly #snapper: Snapper;
  readonly #kept = new Map<number, Kept>();

  constructor(snapper: Snapper) {
    this.#snapper = snapper;
  }

  /** As Snapper.snap for the start of a drive. */
  snap(graph: RoadGraph, vehicle: Vehicle): RoadPlace | undefined {
    let kept = this.#kept.get(vehicle.key);
    if (kept === undefined) {
      kept = { vehicle, around: undefined, start: undefined, alternatives: undefined };
      this.#kept.set(vehicle.key, kept);
    } else if (isUnmoved(kept.vehicle, vehicle)) return kept.start;
    else kept.vehicle = vehicle;
    kept.start = this.#seek(graph, vehicle, kept);
    kept.alternatives = undefined;
    return kept.start;
  }

  #seek(graph: RoadGraph, vehicle: Vehicle, kept: Kept): RoadPlace | undefined {
    const start = kept.around && this.#snapper.snapAmong(graph, vehicle, kept.around);
    if (start !== undefined || !isMoving(vehicle)) return start ?? this.#snapper.snap(graph, vehicle, 'start');
    kept.around = this.#snapper.around(graph, vehicle);
    return this.#snapper.snapAmong(graph, vehicle, kept.around) ?? this.#snapper.snap(graph, vehicle, 'start');
  }

  /** Where else a vehicle that was snapped may start, the place found first: sought once, for who stands in a yard is asked about often. */
  alternatives({ key }: Vehicle, seek: () => readonly RoadPlace[]): readonly RoadPlace[] {
    const kept = this.#kept.get(key)!;
    kept.alternatives ??= seek();
    return kept.alternatives;
  }

  /** Roads were closed or opened: everybody may stand elsewhere. */
  forget(): void {
    this.#kept.clear();
  }
}

function isUnmoved(before: Vehicle, now: Vehicle): boolean {
  if (before.at[0] !== now.at[0] || before.at[1] !== now.at[1]) return false;
  const moves = isMoving(now);
  // who stands is nowhere else for having turned
  return isMoving(before) === moves && (!moves || before.headingDeg === now.headingDeg);
}
