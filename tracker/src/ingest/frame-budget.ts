import { LIMITS } from '../protocol/crew.js';
import type { CrewDevice } from '../units/directory.js';

/** What a connection costs: a device that comes back in a loop is as much of a flood as one that sends in a loop. Frames. */
const CONNECTION_FRAMES = 5;
/** Kept for calls for help, whatever else a device has sent: frames at once, and a second. */
const RESERVE = { burst: 20, perS: 2 };

/**
 * How many frames one device may send now: a token bucket, because a burst after a reconnect is welcome and a steady flood is not, and a second
 * one in reserve. Both lie flat in one object, as every frame looks here: two objects of their own were a tenth of what a frame costs in our code.
 */
export class FrameBudget {
  #frames: number = LIMITS.frameBurst;
  #framesAt = 0; // epoch ms
  #reserve = RESERVE.burst;
  #reserveAt = 0;

  mayConnect(now: number): boolean {
    return this.#takeFrames(CONNECTION_FRAMES, now) || this.#takeReserve(now);
  }

  /** `alarm`: only a frame of the alarm lane. */
  maySend(now: number): 'any' | 'alarm' | 'none' {
    if (this.#takeFrames(1, now)) return 'any';
    return this.#takeReserve(now) ? 'alarm' : 'none';
  }

  #takeFrames(frames: number, now: number): boolean {
    this.#frames = refilled(this.#frames, now - this.#framesAt, LIMITS.frameBurst, LIMITS.framesPerS);
    this.#framesAt = now;
    if (this.#frames < frames) return false;
    this.#frames -= frames;
    return true;
  }

  #takeReserve(now: number): boolean {
    this.#reserve = refilled(this.#reserve, now - this.#reserveAt, RESERVE.burst, RESERVE.perS);
    this.#reserveAt = now;
    if (this.#reserve < 1) return false;
    this.#reserve--;
    return true;
  }
}

/** What a bucket holds after a while; a clock that was put back counts as one that stands still. */
function refilled(held: number, elapsedMs: number, burst: number, perS: number): number {
  return Math.min(burst, held + (Math.max(0, elapsedMs) / 1000) * perS);
}

/** The budget of each device. It outlives connections: who was sent away for a flood has no new burst by coming back. */
export class FrameBudgets {
  readonly #budgets = new WeakMap<CrewDevice, FrameBudget>();

  of(device: CrewDevice): FrameBudget {
    let budget = this.#budgets.get(device);
    if (budget === undefined) {
      budget = new FrameBudget();
      this.#budgets.set(device, budget);
    }
    return budget;
  }
}
