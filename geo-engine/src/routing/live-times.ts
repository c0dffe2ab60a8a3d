import type { RoadGraph } from '../graph/road-graph.js';
import { type SpeedOverlay, slowDown } from '../graph/speed-overlay.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { directedTravelMs } from '../roads/travel-time.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';

/** How a graph that was made some time ago differs from the closures in force now. */
export interface LiveTimes {
  /** The graph with the travel times of now in directedMs; arcMs are still those it was made with. */
  readonly graph: RoadGraph;
  /** Directed segments that are slower now, or closed. A drive over none of them is as fast as it was, and no other one is faster. */
  readonly tightened: number;
  /** Directed segments that are faster now, or open again: they keep their old times here, so that no answer is too good. */
  readonly loosened: number;
}

/**
 * Compares what is in force with what a graph was made with. `memory` is a copy of the graph's directedMs that is reused: what an earlier
 * call has written there is taken back first.
 */
export class LiveTimesWriter {
  readonly #network: RoadNetwork;
  readonly #profile: VehicleProfile;
  readonly #graph: RoadGraph;
  readonly #made: SpeedOverlay;
  #live: Uint32Array | undefined; // copy of directedMs, made when the first difference is met
  #written: number[] = [];

  /** `made`: the overlay that the graph was made with. */
  constructor(network: RoadNetwork, profile: VehicleProfile, graph: RoadGraph, made: SpeedOverlay) {
    this.#network = network;
    this.#profile = profile;
    this.#graph = graph;
    this.#made = made;
  }

  /** The times with an overlay in force. What an earlier call returned must not be used any more. */
  write(inForce: SpeedOverlay): LiveTimes {
    const madeMs = this.#graph.directedMs;
    for (const d of this.#written) this.#live![d] = madeMs[d];
    this.#written = [];
    let tightened = 0;
    let loosened = 0;
    for (const [d, nowMs] of this.#timesNow(inForce)) {
      if (nowMs === madeMs[d]) continue;
      if (nowMs < madeMs[d]) {
        loosened++;
        continue;
      }
      tightened++;
      this.#live ??= madeMs.slice();
      this.#live[d] = nowMs;
      this.#written.push(d);
    }
    const graph = tightened === 0 ? this.#graph : { ...this.#graph, directedMs: this.#live! };
    return { graph, tightened, loosened };
  }

  /** Travel time now of every directed segment that one of the two overlays names. */
  #timesNow(inForce: SpeedOverlay): Map<number, number> {
    const directed = [...new Set([...this.#made.directed, ...inForce.directed])];
    const place = new Map(directed.map((d, i) => [d, i]));
    const ownMs = Uint32Array.from(directed, (d) => directedTravelMs(this.#network, this.#profile, d));
    const nowMs = ownMs.slice();
    slowDown(nowMs, ownMs, {
      directed: Uint32Array.from(inForce.directed, (d) => place.get(d)!),
      speedShare: inForce.speedShare,
    });
    return new Map(directed.map((d, i) => [d, nowMs[i]]));
  }
}

/** Whether a drive goes over a segment whose time is not the one that its graph was made with. */
export function isTightened(made: RoadGraph, { graph, tightened }: LiveTimes, drive: Iterable<number>): boolean {
  if (tightened === 0) return false;
  for (const d of drive) if (graph.directedMs[d] !== made.directedMs[d]) return true;
  return false;
}

export const NOTHING_IN_FORCE: SpeedOverlay = { directed: new Uint32Array(), speedShare: new Float64Array() };
