import type { RoadGraph } from '../graph/road-graph.js';
import type { SpeedOverlay } from '../graph/speed-overlay.js';
import type { Hierarchy } from '../hierarchy/hierarchy.js';
import type { RoadNetwork } from '../roads/road-network.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { type CutOffParts, cutOffParts } from './cut-off-ends.js';
import { fastestMps } from './top-speed.js';

/** A network's graph for one profile, and its hierarchy. */
export interface ProfileGraph {
  readonly profile: VehicleProfile;
  readonly graph: RoadGraph;
  readonly hierarchy: Hierarchy;
  /** The closures that it was made with. */
  readonly made: SpeedOverlay;
}

/** The roads of a network made ready for one profile. Plain arrays on shared memory: threads hand it to each other. */
export interface PreparedProfile extends ProfileGraph {
  /** See fastestMps. */
  readonly topMps: number;
  readonly cutOff: CutOffParts;
}

/** Adds what is read off the whole graph, some 60 ms for a country: so that no question has to, not in a thread that others wait for. */
export function preparedProfile(network: RoadNetwork, own: ProfileGraph): PreparedProfile {
  return { ...own, topMps: fastestMps(network, own.graph), cutOff: cutOffParts(own.graph) };
}
