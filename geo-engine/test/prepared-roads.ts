import { buildGraph } from '../src/graph/build-graph.js';
import type { SpeedOverlay } from '../src/graph/speed-overlay.js';
import { contractGraph } from '../src/hierarchy/contract.js';
import type { RoadNetwork } from '../src/roads/road-network.js';
import type { VehicleProfile } from '../src/roads/vehicle-profile.js';
import { NOTHING_IN_FORCE } from '../src/routing/live-times.js';
import { indexNetwork } from '../src/routing/load-roads.js';
import { type PreparedProfile, preparedProfile } from '../src/routing/prepared-profile.js';
import { Roads, type RoadsData } from '../src/routing/roads.js';

export function prepareProfile(
  network: RoadNetwork,
  profile: VehicleProfile,
  made: SpeedOverlay = NOTHING_IN_FORCE,
): PreparedProfile {
  const graph = buildGraph(network, profile, made);
  return preparedProfile(network, { profile, graph, hierarchy: contractGraph(graph), made });
}

/** A network made ready for some profiles without a file or a thread. */
export function createRoadsData(network: RoadNetwork, profiles: readonly VehicleProfile[]): RoadsData {
  return {
    network,
    index: indexNetwork(network),
    profiles: profiles.map((profile) => prepareProfile(network, profile)),
  };
}

export function createRoads(network: RoadNetwork, ...profiles: readonly VehicleProfile[]): Roads {
  return new Roads(createRoadsData(network, profiles));
}
