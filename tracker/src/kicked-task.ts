/**
 * A task that runs one at a time: every pollMs, and at once when kicked. A kick during a run makes it run once more after it, so
 * that nothing that came meanwhile waits for the next poll. Runs begin at least restMs apart, so that each takes what several kicks were for.
 */
export class KickedTask {
  readonly #task: () => Promise<void>;
  readonly #pollMs: number;
  readonly #restMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #begunAt = Number.NEGATIVE_INFINITY;
  #resting: NodeJS.Timeout | undefined;

  /** @param task deals with its own errors */
  constructor(task: () => Promise<void>, pollMs: number, restMs = 0) {
    this.#task = task;
    this.#pollMs = pollMs;
    this.#restMs = restMs;
  }

  start(): void {
    this.#timer = setInterval(() => this.kick(), this.#pollMs);
    this.kick();
  }

  kick(): void {
    if (this.#stopped || this.#resting !== undefined) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    const restMs = this.#begunAt + this.#restMs - performance.now();
    if (restMs <= 0) return this.#begin();
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      this.#begin();
    }, restMs);
  }

  #begin(): void {
    this.#begunAt = performance.now();
    this.#running = this.#task().finally(() => {
      this.#running = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.kick();
    });
  }

  /** Starts no further run, and resolves when the last has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    clearTimeout(this.#resting);
    await this.#running;
  }
}
