import { LRUCache } from 'lru-cache';
import type { ChangeRunner } from '../feed/record.js';
import type { Caller } from './operation.js';

/** A desk reads its open cards with every event: of such reads the first in ten minutes is written down. */
const WINDOW_MS = 600_000;
/** Readers times what they have read lately; an entry that fell out is written down once more. */
const MAX_NOTED = 100_000;

/**
 * Audits reads of personal data that come again and again: who, of what, for which purpose and from where, before the answer, once in ten
 * minutes. An entry says that the reader could see it from then on for that long.
 */
export class ReadLog {
  readonly #changes: ChangeRunner;
  readonly #noted = new LRUCache<string, true>({ max: MAX_NOTED, ttl: WINDOW_MS });

  constructor(changes: ChangeRunner) {
    this.#changes = changes;
  }

  async note(caller: Caller, action: string, subject: { readonly kind: string; readonly id: string }): Promise<void> {
    const entry = caller.auditEntry(action, subject);
    const key = JSON.stringify([entry.agencyId, entry.actor, entry.sourceIp, entry.purpose, action, subject]);
    if (this.#noted.has(key)) return;
    await this.#changes.change([], async (_tx, records) => records.audit(entry));
    this.#noted.set(key, true);
  }
}
