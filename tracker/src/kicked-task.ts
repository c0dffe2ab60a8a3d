/**
 * A task that runs one at a time: every pollMs, and at once when kicked. A kick during a run makes it run once more after it, so
 * that nothing that came meanwhile waits for the next poll.
 */
export class KickedTask {
  readonly #task: () => Promise<void>;
  readonly #pollMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /** @param task deals with its own errors */
  constructor(task: () => Promise<void>, pollMs: number) {
    this.#task = task;
    this.#pollMs = pollMs;
  }

  start(): void {
    this.#timer = setInterval(() => this.kick(), this.#pollMs);
    this.kick();
  }

  kick(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
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
    await this.#running;
  }
}
