/** Questions that are with the engine at a time: one that it answers, and one that is on its way there. */
const AT_A_TIME = 2;

/**
 * Lets questions through to the engine a few at a time: of a burst of desks each waits for its turn, and who asks much waits for itself, for
 * turns go round those who ask.
 */
export class QuestionTurns {
  readonly #waiting = new Map<string, (() => void)[]>(); // by who asks; whose turn is next comes first
  #free = AT_A_TIME;

  /** Asks when it is the asker's turn. Costs nothing where nobody else asks. */
  async ask<Answer>(asker: string, question: () => Promise<Answer>): Promise<Answer> {
    if (this.#free > 0) this.#free--;
    else await this.#turnOf(asker);
    try {
      return await question();
    } finally {
      this.#passOn();
    }
  }

  #turnOf(asker: string): Promise<void> {
    return new Promise((resolve) => {
      const theirs = this.#waiting.get(asker);
      if (theirs === undefined) this.#waiting.set(asker, [resolve]);
      else theirs.push(resolve);
    });
  }

  #passOn(): void {
    const next = this.#waiting.entries().next().value;
    if (next === undefined) {
      this.#free++;
      return;
    }
    const [asker, theirs] = next;
    this.#waiting.delete(asker);
    const enter = theirs.shift()!;
    if (theirs.length > 0) this.#waiting.set(asker, theirs);
    enter();
  }
}
