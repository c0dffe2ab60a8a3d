import { AT_ROAD_M, offRoadMs } from './off-road.js';

/** A vehicle is measured to be off the road by no less than this share of what it is. */
export const SNAP_SHARE = 0.99;
/** Who leaves the road loses more time than the way saved at top speed, as long as that is faster than this: 2.8 m/s, and slack. */
const MOST_MS_A_METRE = 350;

/** What a way takes at the least: startMs, and msPerM for every metre of the straight line beyond freeM. Times by road are taken times factor. */
export interface WayPace {
  readonly startMs: number;
  readonly freeM: number;
  /** The least ms a metre by road, factor included. */
  readonly msPerM: number;
  readonly factor: number;
}

/** Whether leaving the road for a shorter way never pays. */
export function isRoadFaster({ msPerM }: Pick<WayPace, 'msPerM'>): boolean {
  return msPerM <= MOST_MS_A_METRE;
}

/**
 * The pace of who is off the road by `offRoadM` or more: reaching it takes time, and the straight line is the shorter by that. Who is
 * farther off loses more time than the line loses.
 */
export function paceOffRoad(pace: WayPace, offRoadM: number): WayPace {
  if (offRoadM <= AT_ROAD_M || !isRoadFaster(pace)) return pace;
  const { freeM, msPerM, factor } = pace;
  // freeM pays for a start up to AT_ROAD_M off; a millisecond for rounding
  const startMs = offRoadMs('start', offRoadM) - 1;
  return { startMs, freeM: freeM + offRoadM / SNAP_SHARE - AT_ROAD_M, msPerM, factor };
}
