import { readHierarchy } from '../hierarchy/hierarchy-file.js';
import { RoadsError } from '../roads/errors.js';
import { type CurrentRoads, currentRoads, hierarchyPath, networkPath } from '../roads/generations.js';
import { readNetwork } from '../roads/network-file.js';
import type { RoadNetwork } from '../roads/road-network.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { NOTHING_IN_FORCE } from './live-times.js';
import { type PreparedProfile, preparedProfile } from './prepared-profile.js';
import { tileRank } from './road-tiles.js';
import { indexSegments, type SegmentIndex } from './segment-index.js';

/** The network in use, ready for questions about places. */
export interface LoadedNetwork {
  readonly current: CurrentRoads;
  readonly network: RoadNetwork;
  readonly index: SegmentIndex;
}

/**
 * Reads the network that current.json names. Takes about a second for a country, so not in a thread that others wait for.
 * @throws RoadsError `network_missing` when nothing was ever imported, and those of currentRoads and readNetwork
 */
export function loadNetwork(dir: string): LoadedNetwork {
  const current = currentRoads(dir);
  if (current === undefined) throw new RoadsError('network_missing', `no map has been imported into ${dir}`);
  const network = readNetwork(networkPath(dir, current.generation));
  if (network.info.id !== current.networkId) {
    throw new RoadsError(
      'generation_invalid',
      `${dir}: ${current.generation} holds another network than it is said to`,
    );
  }
  return { current, network, index: indexNetwork(network) };
}

/** Reads what was made of a network for one of its profiles. @throws RoadsError as readHierarchy */
export function loadProfile(
  dir: string,
  { current, network }: LoadedNetwork,
  profile: VehicleProfile,
): PreparedProfile {
  const path = hierarchyPath(dir, current.generation, profile.code);
  const { graph, hierarchy } = readHierarchy(path, { networkId: network.info.id, profile });
  return preparedProfile(network, { profile, graph, hierarchy, made: NOTHING_IN_FORCE });
}

/** The index by which places are found on a network's roads, and its tiles drawn. */
export function indexNetwork(network: RoadNetwork): SegmentIndex {
  return indexSegments(network, tileRank(network));
}
