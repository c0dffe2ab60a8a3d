import { FIX_FLAG, type FixItem } from '../protocol/crew.js';

/** A device's clock may run ahead by this much; GNSS clocks do not, tablets do. Milliseconds. */
export const MAX_AHEAD_MS = 60_000;
/** GPS counts weeks in ten bits: a receiver that does not know how often they have run over is wrong by so much (IS-GPS-200, 20.3.3.3.1.1). */
const GPS_ERA_MS = 1024 * 7 * 86_400_000;
/** A corrected time may lie so far back: what waited for a connection was made by the same clock. */
const MAX_WAITED_MS = 7 * 86_400_000;
/** Later than this after it was made, a fix was stored and forwarded, or its device's clock is behind. */
const BEHIND_MS = 3_600_000;
/** Fixes of a clock that is wrong by a constant agree to within this on by how much. */
const AGREE_MS = 10_000;
/** So many must agree, over at least so long: what was stored is forwarded faster than it was made, and does not agree for as long. */
const BELIEVED_AFTER = 3;
const BELIEVED_AFTER_MS = 20_000;

/** What is known of one device's clock while it is not right. */
interface WrongClock {
  /** By how much it is ahead of ours, ms. */
  readonly offsetMs: number;
  readonly since: number;
  readonly lastReceivedAt: number;
  readonly count: number;
}

/**
 * Puts right the times of devices whose clocks are wrong, so that no unit is locked out by its clock: a GPS receiver that lost count of the weeks
 * at once, any other once some fixes in a row were wrong by the same amount. A clock that is behind by less than an hour cannot be told from a slow
 * connection: its fixes are taken as they are.
 */
export class DeviceClocks {
  readonly #wrong = new Map<number, WrongClock>(); // by device handle

  /** Replaces the fix's time if it is known to be wrong, and marks the fix. */
  correct(deviceHandle: number, fix: FixItem, receivedAt: number): void {
    const offsetMs = fix.fixTime - receivedAt;
    if (offsetMs <= MAX_AHEAD_MS && offsetMs >= -BEHIND_MS) {
      this.#wrong.delete(deviceHandle);
      return;
    }
    const eras = Math.round(-offsetMs / GPS_ERA_MS);
    if (eras > 0 && replaced(fix, fix.fixTime + eras * GPS_ERA_MS, receivedAt)) return;
    const clock = this.#learn(deviceHandle, offsetMs, receivedAt);
    if (isBelieved(clock)) replaced(fix, fix.fixTime - clock.offsetMs, receivedAt);
  }

  #learn(deviceHandle: number, offsetMs: number, receivedAt: number): WrongClock {
    const before = this.#wrong.get(deviceHandle);
    if (before?.lastReceivedAt === receivedAt) return before; // of the same frame: no further witness
    const drift = before === undefined ? Number.POSITIVE_INFINITY : offsetMs - before.offsetMs;
    if (before !== undefined && drift < -AGREE_MS && isBelieved(before)) return before; // made earlier, by the same clock
    const clock: WrongClock =
      before !== undefined && Math.abs(drift) <= AGREE_MS
        ? { ...before, count: before.count + 1, lastReceivedAt: receivedAt }
        : { offsetMs, since: receivedAt, lastReceivedAt: receivedAt, count: 1 };
    this.#wrong.set(deviceHandle, clock);
    return clock;
  }
}

function isBelieved({ count, since, lastReceivedAt }: WrongClock): boolean {
  return count >= BELIEVED_AFTER && lastReceivedAt - since >= BELIEVED_AFTER_MS;
}

/** Gives the fix this time, if it is one at which it can have been made. Returns whether. */
function replaced(fix: FixItem, fixTime: number, receivedAt: number): boolean {
  if (fixTime > receivedAt + MAX_AHEAD_MS || fixTime < receivedAt - MAX_WAITED_MS) return false;
  fix.fixTime = fixTime;
  fix.flags |= FIX_FLAG.timeCorrected;
  return true;
}
