import type { Present } from '../feed/index.js';
import type { Api } from './api.js';
import type { Store } from './store.js';

/** Said again this often: three times before it runs out. */
const RENEW_EVERY_MS = 10_000;

/** Says at which incident this desk is, and keeps who else is where. */
export class Attendance {
  readonly #store: Store;
  readonly #api: () => Api;
  #at: { readonly vekId: string; readonly mode: Present['mode'] } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(store: Store, api: () => Api) {
    this.#store = store;
    this.#api = api;
  }

  /** The incident that is open on this desk; undefined: none is. */
  moveTo(vekId: string | undefined): void {
    const before = this.#at?.vekId;
    if (before === vekId) return;
    if (before !== undefined) void this.#api().endPresence(before).catch(ignore);
    this.#at = vekId === undefined ? undefined : { vekId, mode: 'viewing' };
    clearInterval(this.#timer);
    if (this.#at === undefined) return;
    this.#say();
    this.#timer = setInterval(() => this.#say(), RENEW_EVERY_MS);
  }

  /** Whether something of the open incident is being written. */
  edits(isEditing: boolean): void {
    const mode = isEditing ? 'editing' : 'viewing';
    if (this.#at === undefined || this.#at.mode === mode) return;
    this.#at = { ...this.#at, mode };
    this.#say();
  }

  #say(): void {
    if (this.#at !== undefined) void this.#api().putPresence(this.#at.vekId, this.#at.mode).catch(ignore);
  }

  /** @param change undefined: what was told before no longer holds */
  take(change: { readonly vekId: string; readonly present: readonly Present[] } | undefined): void {
    if (change === undefined) return this.#store.set({ present: new Map() });
    const present = new Map(this.#store.get().present);
    if (change.present.length === 0) present.delete(change.vekId);
    else present.set(change.vekId, change.present);
    this.#store.set({ present });
  }
}

/** It is said again soon, or runs out by itself. */
function ignore(): void {}
