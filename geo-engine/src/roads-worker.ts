/** The thread of `npm run roads`: graph and hierarchy of each profile, so that the import can say how far it is. Started by roads-main.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { buildGraph } from './graph/build-graph.js';
import { contractGraph } from './hierarchy/contract.js';
import { writeHierarchy } from './hierarchy/hierarchy-file.js';
import { RoadsError } from './roads/errors.js';
import type { VehicleProfile } from './roads/vehicle-profile.js';
import type { ProfilesOrder, ProfilesReport } from './roads-order.js';

const { network, wanted } = workerData as ProfilesOrder;
const tell = (report: ProfilesReport): void => parentPort!.postMessage(report);

function build(profile: VehicleProfile, path: string): void {
  const { code } = profile;
  const graph = buildGraph(network, profile);
  tell({ kind: 'graph', profile: code, nodes: graph.nodeCount, arcs: graph.arcHead.length });
  const progress = (share: number): void => tell({ kind: 'progress', profile: code, share });
  const hierarchy = contractGraph(graph, { progress });
  writeHierarchy(path, { graph, hierarchy }, profile);
  tell({ kind: 'built', profile: code });
}

function buildAll(): void {
  for (const { profile, path } of wanted) {
    try {
      build(profile, path);
    } catch (error) {
      // an error loses its code on the way between threads
      const code = error instanceof RoadsError ? error.code : 'profile_failed';
      return tell({ kind: 'failed', profile: profile.code, code, message: (error as Error).message });
    }
  }
  tell({ kind: 'done' });
}

buildAll();
