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

/** How many frames each device may send now. Its budget outlives connections: who was sent away for a flood has no new burst by coming back. */
export class FrameBudgets {
  readonly #budgets = new WeakMap<CrewDevice, { readonly frames: Bucket; readonly reserve: Bucket }>();

  #of(device: CrewDevice) {
    let budget = this.#budgets.get(device);
    if (budget === undefined) {
      budget = {
        frames: new Bucket(LIMITS.frameBurst, LIMITS.framesPerS),
        reserve: new Bucket(RESERVE.burst, RESERVE.perS),
      };
      this.#budgets.set(device, budget);
    }
    return budget;
  }

  mayConnect(device: CrewDevice, now: number): boolean {
    const { frames, reserve } = this.#of(device);
    return frames.take(CONNECTION_FRAMES, now) || reserve.take(1, now);
  }

  /** `alarm`: only a frame of the alarm lane. */
  maySend(device: CrewDevice, now: number): 'any' | 'alarm' | 'none' {
    const { frames, reserve } = this.#of(device);
    if (frames.take(1, now)) return 'any';
    return reserve.take(1, now) ? 'alarm' : 'none';
  }
}
