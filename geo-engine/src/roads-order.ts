import type { RoadsErrorCode } from './roads/errors.js';
import type { RoadNetwork } from './roads/road-network.js';
import type { VehicleProfile } from './roads/vehicle-profile.js';

/** What a thread of the import is given. The network's memory is shared, not copied. */
export interface ProfileOrder {
  readonly network: RoadNetwork;
  readonly profile: VehicleProfile;
  /** Where the hierarchy is written. */
  readonly path: string;
}

/** What it says. The last report is `done` or `failed`. */
export type ProfileReport =
  | { readonly kind: 'graph'; readonly nodes: number; readonly arcs: number }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: RoadsErrorCode; readonly message: string };
