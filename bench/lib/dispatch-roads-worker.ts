/** Prepares an invented country as the roads of a tracker, in a process of its own: its memory goes with it. */
import { createRandom } from '../../fixtures/world/seeded-random.js';
import {
  buildGraph,
  contractGraph,
  RoadsImport,
  standardProfiles,
  writeHierarchy,
  writeNetwork,
} from '../../geo-engine/src/index.js';
import { createLargeRoadWorld } from './large-road-world.js';

export interface DispatchRoadsOrder {
  /** ROADS_DIR of the tracker. */
  readonly dir: string;
  readonly seed: number;
  readonly points: number;
  readonly profile: string;
}

export interface DispatchRoads {
  readonly nodes: number;
  /** Some of its nodes, degrees: where crews may stand and VEKs happen. */
  readonly places: readonly (readonly [lon: number, lat: number])[];
}

const PLACES = 5000;

process.once('message', ({ dir, seed, points, profile: code }: DispatchRoadsOrder) => {
  const network = createLargeRoadWorld(seed, points, 'nodes');
  const profile = standardProfiles.find((one) => one.code === code)!;
  const running = RoadsImport.begin(dir);
  writeNetwork(running.networkPath, network);
  const graph = buildGraph(network, profile);
  writeHierarchy(running.hierarchyPath(code), { graph, hierarchy: contractGraph(graph) }, profile);
  const { id, source } = network.info;
  running.commit({ networkId: id, source, importedAt: Date.now(), profiles: [profile] });
  const random = createRandom(seed, 'places');
  const places = Array.from({ length: PLACES }, () => {
    const node = random.below(network.nodeCount);
    return [network.nodeLonLat[2 * node]! / 1e7, network.nodeLonLat[2 * node + 1]! / 1e7] as const;
  });
  process.send!({ nodes: network.nodeCount, places } satisfies DispatchRoads);
});
