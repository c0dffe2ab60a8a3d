import type { SpeedOverlay } from '../graph/speed-overlay.js';
import type { NetworkInfo, RoadNetwork } from '../roads/road-network.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { IsochroneDrawer } from './isochrone.js';
import type { PreparedProfile } from './prepared-profile.js';
import { ProfileRoads } from './profile-roads.js';
import { roadTile } from './road-tiles.js';
import type {
  AnswerOrigin,
  IsochroneAnswer,
  IsochroneQuestion,
  NearestSourcesAnswer,
  NearestSourcesQuestion,
  RouteAnswer,
  RouteQuestion,
  RouteRefusal,
  TableAnswer,
  TableQuestion,
} from './router.js';
import type { SegmentIndex } from './segment-index.js';
import { Snapper } from './snapper.js';

/** A network and what was made of it for each profile: plain arrays on shared memory, handed from thread to thread. */
export interface RoadsData {
  readonly network: RoadNetwork;
  readonly index: SegmentIndex;
  readonly profiles: readonly PreparedProfile[];
}

/** What a network says of itself and for whom it is ready. */
export interface RoadsDescription extends NetworkInfo {
  readonly profiles: readonly VehicleProfile[];
}

/** Questions about one network, answered in this thread. Drives are exact; what has no answer is refused with a code. */
export class Roads {
  readonly network: RoadNetwork;
  readonly #index: SegmentIndex;
  readonly #snapper: Snapper;
  readonly #drawer: IsochroneDrawer;
  readonly #profiles = new Map<string, ProfileRoads>();

  constructor({ network, index, profiles }: RoadsData) {
    this.network = network;
    this.#index = index;
    this.#snapper = new Snapper(network, index);
    this.#drawer = new IsochroneDrawer(network);
    for (const prepared of profiles) this.setProfile(prepared);
  }

  /** What threads need to answer the same. */
  get data(): RoadsData {
    const profiles = [...this.#profiles.values()].map(({ prepared }) => prepared);
    return { network: this.network, index: this.#index, profiles };
  }

  describe(): RoadsDescription {
    return { ...this.network.info, profiles: [...this.#profiles.values()].map(({ profile }) => profile) };
  }

  profile(code: string): ProfileRoads | undefined {
    return this.#profiles.get(code);
  }

  /** Takes what was made for a profile, in the place of what was made for it before. */
  setProfile(prepared: PreparedProfile): void {
    this.#profiles.set(prepared.profile.code, new ProfileRoads(this.network, this.#snapper, this.#drawer, prepared));
  }

  /** The closures in force for a profile from now on. */
  setInForce(profile: string, inForce: SpeedOverlay): void {
    this.#profiles.get(profile)?.setInForce(inForce);
  }

  /** The fastest drive; undefined when a closure makes it search farther than `maxSettled` nodes (ProfileRoads.route). */
  route(question: RouteQuestion): RouteAnswer;
  route(question: RouteQuestion, maxSettled: number): RouteAnswer | undefined;
  route(question: RouteQuestion, maxSettled = Number.POSITIVE_INFINITY): RouteAnswer | undefined {
    const roads = this.#profiles.get(question.profile);
    return roads === undefined ? UNKNOWN : roads.route(question, maxSettled);
  }

  table(question: TableQuestion): TableAnswer {
    return this.#profiles.get(question.profile)?.table(question) ?? UNKNOWN;
  }

  isochrone(question: IsochroneQuestion): IsochroneAnswer {
    return this.#profiles.get(question.profile)?.isochrone(question) ?? UNKNOWN;
  }

  nearestSources(question: NearestSourcesQuestion): NearestSourcesAnswer {
    return this.#profiles.get(question.profile)?.nearestSources(question) ?? UNKNOWN;
  }

  /** The roads of a map tile, encoded; no bytes where there are none. */
  tile(z: number, x: number, y: number): Uint8Array {
    return roadTile(this.network, this.#index, z, x, y);
  }
}

const UNKNOWN: RouteRefusal & AnswerOrigin = {
  kind: 'refused',
  code: 'profile_unknown',
  source: 'built-in',
  closures: 'in_force',
};
