/** When a service that fails is left alone, and how it is tried again. */
export interface BreakerLimits {
  /** Failures in a row that open the breaker. */
  readonly failures: number;
  /** How long it stays open the first time; each failed trial doubles it. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
}

export const BREAKER_LIMITS: BreakerLimits = { failures: 3, pauseMs: 5000, longestPauseMs: 60_000 };

/**
 * Keeps a failing service from being asked. Closed: everybody may ask. Open: nobody, for a while. Then one may try, and its outcome
 * closes the breaker or opens it for twice as long.
 * Source: Nygard, "Release It!", 2nd ed., 2018, ch. 5.
 */
export class CircuitBreaker {
  readonly #limits: BreakerLimits;
  readonly #now: () => number;
  #failures = 0;
  #pauseMs = 0; // 0 while closed
  #openUntil = 0;
  #trying = false;

  /** `now` is a clock in milliseconds that does not go back. */
  constructor(limits: BreakerLimits = BREAKER_LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get state(): 'closed' | 'open' | 'half_open' {
    if (this.#pauseMs === 0) return 'closed';
    return this.#trying || this.#now() >= this.#openUntil ? 'half_open' : 'open';
  }

  /** Whether the service may be asked now. Who gets yes must report how it went. */
  admits(): boolean {
    if (this.#pauseMs === 0) return true;
    if (this.#trying || this.#now() < this.#openUntil) return false;
    this.#trying = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    // an answer to somebody admitted before the breaker opened does not close it: only the trial does
    if (this.#pauseMs > 0 && !this.#trying) return;
    this.#pauseMs = 0;
    this.#trying = false;
  }

  failed(): void {
    this.#failures++;
    if (this.#pauseMs > 0 && !this.#trying) return;
    if (!this.#trying && this.#failures < this.#limits.failures) return;
    const { pauseMs, longestPauseMs } = this.#limits;
    this.#pauseMs = this.#trying ? Math.min(longestPauseMs, 2 * this.#pauseMs) : pauseMs;
    this.#openUntil = this.#now() + this.#pauseMs;
    this.#trying = false;
  }
}
