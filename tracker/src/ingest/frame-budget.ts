import { LIMITS } from '../protocol/crew.js';
import type { CrewDevice } from '../units/directory.js';

/** What a connection costs: a device that comes back in a loop is as much of a flood as one that sends in a loop. Frames. */
const CONNECTION_FRAMES = 5;
/** Kept for calls for help, whatever else a device has sent: frames at once, and a second. */
const RESERVE = { burst: 20, perS: 2 };

/** A token bucket: a burst after a reconnect is welcome, a steady flood is not. */
class Bucket {
  readonly #burst: number;
  readonly #perS: number;
  #tokens: number;
  #at = 0; // epoch ms

  constructor(burst: number, perS: number) {
    this.#burst = burst;
    this.#perS = perS;
    this.#tokens = burst;
  }

  take(tokens: number, now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#perS);
    this.#at = now;
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }
}

/** How many frames one device may send now. */
export class FrameBudget {
  readonly #frames = new Bucket(LIMITS.frameBurst, LIMITS.framesPerS);
  readonly #reserve = new Bucket(RESERVE.burst, RESERVE.perS);

  mayConnect(now: number): boolean {
    return this.#frames.take(CONNECTION_FRAMES, now) || this.#reserve.take(1, now);
  }

  /** `alarm`: only a frame of the alarm lane. */
  maySend(now: number): 'any' | 'alarm' | 'none' {
    if (this.#frames.take(1, now)) return 'any';
    return this.#reserve.take(1, now) ? 'alarm' : 'none';
  }
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
