import type { RoadsErrorCode } from './roads/errors.js';
import type { RoadNetwork } from './roads/road-network.js';
import type { VehicleProfile } from './roads/vehicle-profile.js';

/** What the thread of an import is given. The network's memory is shared, not copied. */
export interface ProfilesOrder {
  readonly network: RoadNetwork;
  /** Profiles, and where the hierarchy of each is written. */
  readonly wanted: readonly { readonly profile: VehicleProfile; readonly path: string }[];
}

/** What it says, by the profile's code. The last report is `done` or `failed`. */
export type ProfilesReport =
  | { readonly kind: 'graph'; readonly profile: string; readonly nodes: number; readonly arcs: number }
  | { readonly kind: 'progress'; readonly profile: string; readonly share: number }
  | { readonly kind: 'built'; readonly profile: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly profile: string; readonly code: RoadsErrorCode; readonly message: string };
