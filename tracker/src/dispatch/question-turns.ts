/**
 * Lets questions about the fleet in one at a time, and the loop go round between two: of a burst of desks each waits for its turn, and
 * the fixes that came meanwhile are read, acknowledged and shown in between. Who asks much waits for itself: turns go round those who ask.
 */
export class QuestionTurns {
  readonly #waiting = new Map<string, (() => void)[]>(); // by who asks; whose turn is next comes first
  #isTaken = false;

  /** Resolves when it is the asker's turn. What it does then it does at once. Costs nothing where nobody else asks. */
  async take(asker: string): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      setImmediate(this.#goOn);
      return;
    }
    await new Promise<void>((resolve) => {
      const theirs = this.#waiting.get(asker);
      if (theirs === undefined) this.#waiting.set(asker, [resolve]);
      else theirs.push(resolve);
    });
  }

  readonly #goOn = () => {
    const next = this.#waiting.entries().next().value;
    if (next === undefined) {
      this.#isTaken = false;
      return;
    }
    const [asker, theirs] = next;
    this.#waiting.delete(asker);
    const enter = theirs.shift()!;
    if (theirs.length > 0) this.#waiting.set(asker, theirs);
    setImmediate(this.#goOn);
    enter();
  };
}
