import type { Snap } from './nearest-segments.js';

/** A directed segment on which a place lies. */
export interface Stand {
  readonly directed: number;
  /** Share of the segment's length, along its points, before the place. */
  readonly fraction: number;
}

/** A place on the roads that a profile may drive. */
export interface RoadPlace {
  /** The nearest place on a road. */
  readonly snap: Snap;
  /** Ways to be there: the nearest segment, others that meet in the same place, in each direction that may be driven. Never empty. */
  readonly stands: readonly Stand[];
  /** Whether a known heading has chosen the stands; null where there is none to heed. */
  readonly headingHeeded: boolean | null;
  /** From the place to the nearest road of all that may be driven, whichever way it goes. */
  readonly nearestM: number;
}

/** Which end of a drive a place is. */
export type DriveEnd = 'start' | 'end';
