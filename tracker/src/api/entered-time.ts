import { ApiError } from './problem.js';

/** A desk's clock may be that far ahead of ours. */
const MAX_AHEAD_MS = 10_000;

/**
 * When what somebody enters was so, epoch ms: as given in ISO 8601, else now. Never after enteredAt.
 * @throws ApiError 422 `time_ahead`: what is entered ahead of time would stand in the way of all that is entered until then
 */
export function timeEntered(given: string | undefined, enteredAt: number): number {
  const at = given === undefined ? enteredAt : Date.parse(given);
  if (at > enteredAt + MAX_AHEAD_MS) throw new ApiError(422, 'time_ahead', 'nothing has happened yet at that time');
  return Math.min(at, enteredAt);
}
