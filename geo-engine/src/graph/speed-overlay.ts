import type { RoadNetwork } from '../roads/road-network.js';
import { directedTravelMs } from '../roads/travel-time.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { CLOSED } from './road-graph.js';

/** What is different today: directed segments that are closed or slow. One named more than once takes its least share. */
export interface SpeedOverlay {
  readonly directed: Uint32Array; //     [changes]
  readonly speedShare: Float64Array; //  [changes] share of the profile's speed that remains, 0..1; 0 closed
}

/** One segment that takes a day is closed in all but name, and a handful of such times would no longer fit into Uint32 sums. */
const LONGEST_MS = 24 * 3600 * 1000;

/** Travel time of every directed segment for a profile, whole milliseconds > 0; CLOSED where it may not drive. [2 * segments] */
export function travelTimes(network: RoadNetwork, profile: VehicleProfile): Uint32Array {
  const ms = new Uint32Array(2 * network.segmentCount);
  for (let directed = 0; directed < ms.length; directed++) ms[directed] = directedTravelMs(network, profile, directed);
  return ms;
}

/** Writes into `ms` what an overlay makes of the profile's own times; `ms` and `ownMs` are both [2 * segments]. */
export function slowDown(ms: Uint32Array, ownMs: Uint32Array, { directed, speedShare }: SpeedOverlay): void {
  for (let change = 0; change < directed.length; change++) {
    const d = directed[change];
    const share = speedShare[change];
    if (!(share >= 0 && share <= 1))
      throw new RangeError(`speed share ${share} of directed segment ${d} is outside 0..1`);
    if (!(d < ms.length)) throw new RangeError(`directed segment ${d} is outside 0..${ms.length - 1}`);
    const slowMs = share === 0 ? CLOSED : Math.round(ownMs[d] / share); // what was closed is above LONGEST_MS at any share
    ms[d] = Math.max(ms[d], slowMs > LONGEST_MS ? CLOSED : slowMs);
  }
}
