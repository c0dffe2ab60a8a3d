/** A thread of `npm run roads`: graph and hierarchy of one profile, so that the import can say how far it is. Started by roads-main.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { buildGraph } from './graph/build-graph.js';
import { contractGraph } from './hierarchy/contract.js';
import { writeHierarchy } from './hierarchy/hierarchy-file.js';
import { RoadsError } from './roads/errors.js';
import type { ProfileOrder, ProfileReport } from './roads-order.js';

const { network, profile, path } = workerData as ProfileOrder;
const tell = (report: ProfileReport): void => parentPort!.postMessage(report);

try {
  const graph = buildGraph(network, profile);
  tell({ kind: 'graph', nodes: graph.nodeCount, arcs: graph.arcHead.length });
  const hierarchy = contractGraph(graph, { progress: (share) => tell({ kind: 'progress', share }) });
  writeHierarchy(path, { graph, hierarchy }, profile);
  tell({ kind: 'done' });
} catch (error) {
  // an error loses its code on the way between threads
  const code = error instanceof RoadsError ? error.code : 'profile_failed';
  tell({ kind: 'failed', code, message: (error as Error).message });
}
