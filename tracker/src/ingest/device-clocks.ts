import { type CrewEvent, FIX_FLAG, type FixItem } from '../protocol/crew.js';

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

  /** Learns from the fix, replaces its time if that is known to be wrong, and marks the fix. */
  correct(deviceHandle: number, fix: FixItem, receivedAt: number): void {
    if (isUsual(fix.fixTime, receivedAt)) {
      if (this.#wrong.size > 0) this.#wrong.delete(deviceHandle);
      return;
    }
    if (inThisEra(fix.fixTime, receivedAt) === undefined)
      this.#learn(deviceHandle, fix.fixTime - receivedAt, receivedAt);
    const trueTime = this.trueTime(deviceHandle, fix.fixTime, receivedAt);
    if (trueTime === fix.fixTime) return;
    fix.fixTime = trueTime;
    fix.flags |= FIX_FLAG.timeCorrected;
  }

  /** What this time of the device's clock must be, epoch ms, by what its fixes have told of it so far; the same where nothing is known. */
  trueTime(deviceHandle: number, time: number, receivedAt: number): number {
    if (isUsual(time, receivedAt)) return time;
    const clock = this.#wrong.get(deviceHandle);
    const byClock = clock !== undefined && isBelieved(clock) ? time - clock.offsetMs : time;
    return inThisEra(time, receivedAt) ?? (isPlausible(byClock, receivedAt) ? byClock : time);
  }

  /** The event, with the time at which it must have been if its own is known to be wrong: that one it keeps, to be known by. */
  corrected(deviceHandle: number, event: CrewEvent, receivedAt: number): CrewEvent {
    const correctedTime = this.trueTime(deviceHandle, event.time, receivedAt);
    return correctedTime === event.time ? event : { ...event, correctedTime };
  }

  #learn(deviceHandle: number, offsetMs: number, receivedAt: number): void {
    const before = this.#wrong.get(deviceHandle);
    if (before?.lastReceivedAt === receivedAt) return; // of the same frame: no further witness
    const drift = before === undefined ? Number.POSITIVE_INFINITY : offsetMs - before.offsetMs;
    if (before !== undefined && drift < -AGREE_MS && isBelieved(before)) return; // made earlier, by the same clock
    const clock: WrongClock =
      before !== undefined && Math.abs(drift) <= AGREE_MS
        ? { ...before, count: before.count + 1, lastReceivedAt: receivedAt }
        : { offsetMs, since: receivedAt, lastReceivedAt: receivedAt, count: 1 };
    this.#wrong.set(deviceHandle, clock);
  }
}

function isBelieved({ count, since, lastReceivedAt }: WrongClock): boolean {
  return count >= BELIEVED_AFTER && lastReceivedAt - since >= BELIEVED_AFTER_MS;
}

/** No reason to doubt the clock: it runs ahead as clocks do, or what it timed was a while on its way. */
function isUsual(time: number, receivedAt: number): boolean {
  const offsetMs = time - receivedAt;
  return offsetMs <= MAX_AHEAD_MS && offsetMs >= -BEHIND_MS;
}

/** A time at which it can have been made. */
function isPlausible(time: number, receivedAt: number): boolean {
  return time <= receivedAt + MAX_AHEAD_MS && time >= receivedAt - MAX_WAITED_MS;
}

/** The time with the weeks that its GPS receiver lost count of; undefined if none are missing. */
function inThisEra(time: number, receivedAt: number): number | undefined {
  const eras = Math.round((receivedAt - time) / GPS_ERA_MS);
  const inEra = time + eras * GPS_ERA_MS;
  return eras > 0 && isPlausible(inEra, receivedAt) ? inEra : undefined;
}
