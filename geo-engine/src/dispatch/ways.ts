import type { LonLat } from '../geo/lon-lat.js';
import type { RingBound } from '../routing/ring-bound.js';
import type { ClosureState } from '../routing/router.js';
import type { DispatchUnit } from './dispatch-unit.js';

/** What travel times were taken from: `straight_line` stands in where there are no roads to go by. */
export type WaysBasis = 'roads' | 'straight_line';

/** One entry of the table of travel times: from where a unit starts to the place, by road. */
export interface Travel {
  readonly basis: WaysBasis;
  /** Wheels rolling to the end of the road, ms. */
  readonly ms: number;
  /** Length of that way in metres; null: not known. */
  readonly lengthM: number | null;
  /** From the road to the place itself, ms. */
  readonly offRoadMs: number;
  /** Least and greatest ms over where the unit may really be, where the road network has worked them out. */
  readonly intervalMs: readonly [least: number, greatest: number] | null;
}

/** How fast anybody of a profile can be there: whoever is `straightM` away needs (straightM - freeM) / topMps at least. */
export interface TopPace {
  /** Metres that may cost no time. */
  readonly freeM: number;
  readonly topMps: number;
}

/** From where a unit starts, and how it drives. */
export type WayStart = Pick<DispatchUnit, 'handle' | 'profile' | 'place' | 'headingDeg' | 'speedMps'>;

/**
 * From where a unit is counted: who is expected to be free somewhere starts there, standing; everybody else where the last fix was.
 * @param unit its place is known
 */
export function wayStartOf(unit: WayStart & Pick<DispatchUnit, 'freePlace'>): WayStart {
  const { handle, profile, freePlace, place, headingDeg, speedMps } = unit;
  if (freePlace !== null) return { handle, profile, place: freePlace.at, headingDeg: null, speedMps: null };
  return { handle, profile, place, headingDeg, speedMps };
}

/** The ways to one place, asked for a question and then forgotten: the roads go on changing. */
export interface Ways {
  readonly place: LonLat;
  readonly basis: WaysBasis;
  /** How the times stand to the closures in force. */
  readonly closures: ClosureState;
  /**
   * A proven bound: no Travel of a unit of the profile has less in `ms` and `offRoadMs` together, also when `ms` is taken times any
   * factor up to MOST_CORRECTION.
   */
  topPace(profile: string): TopPace;
  /** A unit of the profile that starts farther from the place than this by the straight line has no way there, metres; Infinity: it may have. */
  farthestStartM(profile: string): number;
  /** A closer bound for who is beyond a circle around the place, at the price of some dozens of ways; undefined: none can be had. */
  ringBound(profile: string, radiusM: number): RingBound | undefined;
  /**
   * Metres that a unit of the profile is off the road at the least, as far as that is known without asking for its way; 0: nothing is known. Its place is
   * record `i` of unit vectors.
   */
  leastOffRoadM(profile: string, handle: number, vec: Float64Array, i: number): number;
  /** The ways of units, each with a place, in their order; null: no way leads there. */
  table(starts: readonly WayStart[]): readonly (Travel | null)[];
}
