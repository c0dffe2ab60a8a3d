import type { RoadGraph } from '../graph/road-graph.js';
import type { RoutePlace } from './router.js';
import type { RoadPlace, Snapper } from './snapper.js';

/** A place that is asked about again and again, for a vehicle seldom moves between two questions. */
export interface Vehicle extends RoutePlace {
  /** Names the vehicle. */
  readonly key: number;
}

interface Kept {
  readonly vehicle: Vehicle;
  readonly start: RoadPlace | undefined;
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
    const kept = this.#kept.get(vehicle.key);
    if (kept !== undefined && isUnmoved(kept.vehicle, vehicle)) return kept.start;
    const start = this.#snapper.snap(graph, vehicle, 'start');
    this.#kept.set(vehicle.key, { vehicle, start, alternatives: undefined });
    return start;
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
  return (
    before.at[0] === now.at[0] &&
    before.at[1] === now.at[1] &&
    before.headingDeg === now.headingDeg &&
    before.speedMps === now.speedMps
  );
}
