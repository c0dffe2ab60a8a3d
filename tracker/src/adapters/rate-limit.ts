/** So many keys are remembered; whoever was longest without a request is forgotten, and starts with a full bucket. */
const MAX_KEYS = 20_000;

interface Bucket {
  tokens: number;
  at: number; // epoch ms
}

/** Token buckets by key: a burst is welcome, a steady flood is not. */
export class RateLimit {
  readonly #perS: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>(); // in the order of their last use

  constructor(perS: number, burst: number) {
    this.#perS = perS;
    this.#burst = burst;
  }

  /** Takes one of the key's tokens; false: there is none. */
  take(key: string, now: number): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, at: now };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
    bucket.tokens = Math.min(this.#burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * this.#perS);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Puts a token back: what it was taken for does not count. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#burst, bucket.tokens + 1);
  }
}
