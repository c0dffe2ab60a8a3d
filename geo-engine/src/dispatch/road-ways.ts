import type { LonLat } from '../geo/lon-lat.js';
import type { ProfileRoads } from '../routing/profile-roads.js';
import type { RingBound } from '../routing/ring-bound.js';
import type { ClosureState } from '../routing/router.js';
import type { DriveTarget } from '../routing/target-drives.js';
import { StraightWays } from './straight-ways.js';
import type { TopPace, Travel, WayStart, Ways, WaysBasis } from './ways.js';

/** The roads in use, profile by profile: a RoadsKeeper, or Roads. */
export interface ProfiledRoads {
  profile(code: string): ProfileRoads | undefined;
}

/** One profile's roads and where the place is on them. */
interface ProfileWays {
  readonly roads: ProfileRoads;
  readonly target: DriveTarget;
}

/** The profile by which a unit of a profile drives. */
export type DrivenProfile = (profile: string) => string;

const asItIs: DrivenProfile = (profile) => profile;

/**
 * Ways over the built-in roads, each unit by the profile that it drives by: a moving one starts ahead of it, by its heading. Where roads
 * are not made ready for that profile, or the place is off its roads, ways of it go by the straight line, and each says so.
 */
export class RoadWays implements Ways {
  readonly place: LonLat;
  readonly #roads: ProfiledRoads;
  readonly #straight: StraightWays;
  readonly #driven: DrivenProfile;
  readonly #profiles = new Map<string, ProfileWays | undefined>(); // by the profile of the unit

  constructor(roads: ProfiledRoads, place: LonLat, driven: DrivenProfile = asItIs) {
    this.#roads = roads;
    this.place = place;
    this.#driven = driven;
    this.#straight = new StraightWays(place);
  }

  /** `roads` as soon as ways of one of the profiles asked about go by road. */
  get basis(): WaysBasis {
    return this.#used().length > 0 ? 'roads' : 'straight_line';
  }

  get closures(): ClosureState {
    const states = this.#used().map(({ roads }) => roads.tableClosures);
    if (states.length === 0) return this.#straight.closures;
    return states.includes('pending') ? 'pending' : 'in_force';
  }

  topPace(profile: string): TopPace {
    return this.#waysOf(profile)?.roads.topPace ?? this.#straight.topPace();
  }

  farthestStartM(profile: string): number {
    const ways = this.#waysOf(profile);
    return ways?.roads.farthestStartM(ways.target) ?? Number.POSITIVE_INFINITY;
  }

  ringBound(profile: string, radiusM: number): RingBound | undefined {
    const ways = this.#waysOf(profile);
    return ways?.roads.ringBound(ways.target, radiusM);
  }

  leastOffRoadM(profile: string, handle: number, vec: Float64Array, i: number): number {
    return this.#waysOf(profile)?.roads.leastOffRoadM(handle, vec, i) ?? 0;
  }

  table(starts: readonly WayStart[]): (Travel | null)[] {
    return starts.map((start) => {
      const ways = this.#waysOf(start.profile);
      if (ways === undefined) return this.#straight.travel(start);
      const { handle, place, headingDeg, speedMps } = start;
      const drive = ways.roads.driveTo(ways.target, { key: handle, at: place!, headingDeg, speedMps });
      if (drive === null) return null;
      const { travelMs, offRoadMs } = drive;
      return { basis: 'roads', ms: travelMs, lengthM: null, offRoadMs, intervalMs: null };
    });
  }

  #used(): ProfileWays[] {
    return [...this.#profiles.values()].filter((ways) => ways !== undefined);
  }

  #waysOf(profile: string): ProfileWays | undefined {
    if (!this.#profiles.has(profile)) {
      const roads = this.#roads.profile(this.#driven(profile));
      const target = roads?.target({ at: this.place });
      this.#profiles.set(profile, roads && target && { roads, target });
    }
    return this.#profiles.get(profile);
  }
}
