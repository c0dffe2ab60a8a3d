/** A place this near to a road is on it: GNSS error, the width of the road and a front yard. */
export const AT_ROAD_M = 25;
/** Assumed: a vehicle finds its way out of a yard or off a field at 10 km/h. */
const LEAVING_MPS = 2.8;
/** Assumed: from the road a crew walks with its equipment, a little under the 5 km/h of who carries nothing. */
const WALKING_MPS = 1.2;
/** Farther than this from any road nobody has been taken by road: lakes, bogs, the sea, a wrong coordinate. */
export const MAX_OFF_ROAD_M = 5000;

/** Time between a place and the road, whole milliseconds: driven at the start, walked at the end, nothing for the first metres. */
export function offRoadMs(end: 'start' | 'end', offRoadM: number): number {
  const farM = Math.max(0, offRoadM - AT_ROAD_M);
  return Math.round((farM / (end === 'start' ? LEAVING_MPS : WALKING_MPS)) * 1000);
}
