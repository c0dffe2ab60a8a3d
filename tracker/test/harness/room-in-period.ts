import { setTimeout as sleep } from 'node:timers/promises';

/**
 * For what counts in hours or days (UTC): where less than roomMs is left of this one, waits for the next.
 * Returns when the one that has room began, epoch ms.
 */
export async function startWithRoom(periodMs: number, roomMs: number): Promise<number> {
  const leftMs = periodMs - (Date.now() % periodMs);
  if (leftMs < roomMs) await sleep(leftMs);
  return Math.floor(Date.now() / periodMs) * periodMs;
}
