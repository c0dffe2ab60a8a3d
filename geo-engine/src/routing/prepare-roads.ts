import { buildGraph } from '../graph/build-graph.js';
import type { SpeedOverlay } from '../graph/speed-overlay.js';
import { contractGraph } from '../hierarchy/contract.js';
import { contractionOrder } from '../hierarchy/hierarchy.js';
import { RoadsError, type RoadsErrorCode } from '../roads/errors.js';
import type { CurrentRoads } from '../roads/generations.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { type PreparedProfile, preparedProfile } from './prepared-profile.js';
import type { RoadsData } from './roads.js';
import { startThread } from './typescript-thread.js';

/** What is left to a thread of its own, for it takes seconds. */
export interface RoadsPreparation {
  /** Reads the roads in use from a roads directory. @throws RoadsError */
  load(dir: string): Promise<LoadedRoads>;
  /** Makes a profile's roads anew with the closures of an overlay. */
  rebuild(network: RoadNetwork, prepared: PreparedProfile, inForce: SpeedOverlay): Promise<PreparedProfile>;
}

export interface LoadedRoads {
  readonly current: CurrentRoads;
  readonly data: RoadsData;
}

/** The same nodes are contracted in the same order as before: closures change weights, and hardly what is important. */
export function rebuildProfile(
  network: RoadNetwork,
  prepared: PreparedProfile,
  inForce: SpeedOverlay,
): PreparedProfile {
  const { profile, hierarchy } = prepared;
  const graph = buildGraph(network, profile, inForce);
  const remade = contractGraph(graph, { order: contractionOrder(hierarchy) });
  return preparedProfile(network, { profile, graph, hierarchy: remade, made: inForce });
}

/** What the thread is started with. */
export type PrepareOrder =
  | { readonly kind: 'load'; readonly dir: string }
  | {
      readonly kind: 'rebuild';
      readonly network: RoadNetwork;
      readonly prepared: PreparedProfile;
      readonly inForce: SpeedOverlay;
    };

/** What it says when it is done. */
export type PrepareOutcome =
  | { readonly kind: 'loaded'; readonly loaded: LoadedRoads }
  | { readonly kind: 'rebuilt'; readonly prepared: PreparedProfile }
  | { readonly kind: 'failed'; readonly code: RoadsErrorCode | undefined; readonly message: string };

/** Does it in a thread for each task, which ends with it and gives its memory back. */
export const preparationInThreads: RoadsPreparation = {
  async load(dir) {
    const outcome = await run({ kind: 'load', dir });
    if (outcome.kind !== 'loaded') throw new Error(`asked to load, got ${outcome.kind}`);
    return outcome.loaded;
  },
  async rebuild(network, prepared, inForce) {
    const outcome = await run({ kind: 'rebuild', network, prepared, inForce });
    if (outcome.kind !== 'rebuilt') throw new Error(`asked to rebuild, got ${outcome.kind}`);
    return outcome.prepared;
  },
};

function run(order: PrepareOrder): Promise<Exclude<PrepareOutcome, { kind: 'failed' }>> {
  const worker = startThread(new URL('./prepare-roads-worker.ts', import.meta.url), order);
  return new Promise((resolve, reject) => {
    worker.once('message', (outcome: PrepareOutcome) => {
      if (outcome.kind !== 'failed') resolve(outcome);
      else if (outcome.code !== undefined) reject(new RoadsError(outcome.code, outcome.message));
      else reject(new Error(outcome.message));
    });
    worker.once('error', reject);
    worker.once('exit', (code) =>
      reject(new Error(`the thread that prepares roads ended with ${code} and no outcome`)),
    );
  });
}
