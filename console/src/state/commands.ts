import { v7 as uuidv7 } from 'uuid';
import { ApiProblem } from './api.js';

/** Carries out commands. When no answer came, the next try of the same has the same id, so that nothing happens twice. */
export class Commands {
  /** Ids of commands whose outcome is not known. */
  readonly #open = new Map<string, string>();
  readonly #after: () => void;

  constructor(after: () => void) {
    this.#after = after;
  }

  async run<T>(name: string, carryOut: (id: string) => Promise<T>): Promise<T> {
    const id = this.#open.get(name) ?? uuidv7();
    this.#open.set(name, id);
    try {
      const result = await carryOut(id);
      this.#open.delete(name);
      return result;
    } catch (error) {
      if (error instanceof ApiProblem && error.status !== 0 && error.status < 500) this.#open.delete(name);
      throw error;
    } finally {
      this.#after();
    }
  }
}
