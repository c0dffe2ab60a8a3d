/** Share of the hub's rate that is used: its clock and ours do not count the same milliseconds. */
const RATE_SHARE = 0.8;

/** Share of the hub's burst that is used: frames held up on the way come together, and what was sent meanwhile with them. */
const BURST_SHARE = 0.5;

/** A token bucket: whether a frame may go now without being closed as `too_many_frames`. */
export class FrameBudget {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** Starts full. now is any steady clock, milliseconds. */
  constructor({ framesPerS, frameBurst }: { readonly framesPerS: number; readonly frameBurst: number }, now: number) {
    this.#perMs = (framesPerS * RATE_SHARE) / 1000;
    this.#burst = Math.max(1, frameBurst * BURST_SHARE);
    this.#tokens = this.#burst;
    this.#at = now;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until there is a token again, at least 1. */
  get waitMs(): number {
    return Math.max(1, Math.ceil((1 - this.#tokens) / this.#perMs));
  }
}
