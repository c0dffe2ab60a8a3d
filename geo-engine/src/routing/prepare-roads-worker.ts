import { parentPort, workerData } from 'node:worker_threads';
import { RoadsError } from '../roads/errors.js';
import { loadNetwork, loadProfile } from './load-roads.js';
import { type PrepareOrder, type PrepareOutcome, rebuildProfile } from './prepare-roads.js';

// The thread behind preparationInThreads: one task, one outcome, and it ends.

parentPort!.postMessage(outcomeOf(workerData as PrepareOrder));

function outcomeOf(order: PrepareOrder): PrepareOutcome {
  try {
    if (order.kind === 'rebuild') {
      return { kind: 'rebuilt', prepared: rebuildProfile(order.network, order.prepared, order.inForce) };
    }
    const loaded = loadNetwork(order.dir);
    const { current, network, index } = loaded;
    const profiles = current.profiles.map((profile) => loadProfile(order.dir, loaded, profile));
    return { kind: 'loaded', loaded: { current, data: { network, index, profiles } } };
  } catch (error) {
    const { message } = error as Error;
    return { kind: 'failed', code: error instanceof RoadsError ? error.code : undefined, message };
  }
}
