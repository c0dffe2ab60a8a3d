import type { Api, Vek } from './api.js';
import type { Commands } from './commands.js';
import type { Store } from './store.js';

export interface CardLifeParts {
  readonly store: Store;
  readonly commands: Commands;
  readonly api: () => Api;
  /** The incident is not as it is shown any more. */
  readonly changed: (vekId: string) => void;
}

/** What is done with a card in its life: comments, parts, merging, ending and opening it again. */
export class CardLife {
  readonly #parts: CardLifeParts;

  constructor(parts: CardLifeParts) {
    this.#parts = parts;
  }

  /** Reads the journal of an incident, and shows it if that is still open. */
  async read(vekId: string): Promise<void> {
    const { store } = this.#parts;
    const api = this.#parts.api();
    const [comments, history, duplicates] = await Promise.all([
      api.comments(vekId),
      api.history(vekId),
      api.duplicates(vekId),
    ]);
    const { selection } = store.get();
    if (selection.kind === 'vek' && selection.id === vekId)
      store.set({ journal: { vekId, comments, history, duplicates } });
  }

  comment(vekId: string, text: string): Promise<void> {
    return this.#run(vekId, `comment ${vekId} ${text}`, (api, id) => api.comment(vekId, id, text));
  }

  /** @param respondWithinS undefined: the offer waits */
  offer(vekId: string, agencyCode: string, respondWithinS: number | undefined, transfer: boolean): Promise<void> {
    return this.#run(vekId, `offer ${vekId} ${agencyCode}`, (api, key) =>
      api.offer(vekId, agencyCode, respondWithinS, transfer, key),
    );
  }

  answer(vekId: string, answer: 'accepted' | 'refused', reason: string | undefined): Promise<void> {
    return this.#run(vekId, `answer ${vekId} ${answer}`, (api, key) => api.answer(vekId, answer, reason, key));
  }

  returnPart(vekId: string, agencyId: string, reason: string): Promise<void> {
    return this.#run(vekId, `return ${vekId}`, (api, key) => api.returnPart(vekId, agencyId, reason, key));
  }

  /** This incident becomes part of the other one. */
  async merge({ id, version }: Vek, into: { readonly id: string; readonly version: number }): Promise<void> {
    await this.#run(id, `merge ${id} ${into.id}`, (api, key) => api.mergeVek(id, version, into, key));
    this.#parts.changed(into.id);
  }

  close({ id, version }: Vek, as: 'closed' | 'cancelled', outcome: string | undefined): Promise<void> {
    return this.#run(id, `close ${id} ${version}`, (api, key) => api.closeVek(id, version, as, outcome, key));
  }

  reopen({ id, version }: Vek, reason: string): Promise<void> {
    return this.#run(id, `reopen ${id} ${version}`, (api, key) => api.reopenVek(id, version, reason, key));
  }

  #run(vekId: string, name: string, carryOut: (api: Api, id: string) => Promise<unknown>): Promise<void> {
    const { commands, api, changed } = this.#parts;
    return commands.run(name, async (id) => {
      try {
        await carryOut(api(), id);
      } finally {
        changed(vekId);
      }
    });
  }
}
