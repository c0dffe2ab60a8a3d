import {
  type Api,
  ApiProblem,
  type Caller,
  type CallerFields,
  type ExpectedFree,
  type RestrictedSet,
  type RestrictedText,
  type Station,
  type Vek,
} from './api.js';
import { NOBODY_KNOWN, type Overtaken } from './caller-draft.js';
import { type Typed, versionToSave } from './card-change.js';
import type { Commands } from './commands.js';
import type { AvailableUnit } from './recommendation.js';
import type { Store } from './store.js';

export interface CardLifeParts {
  readonly store: Store;
  readonly commands: Commands;
  readonly api: () => Api;
  /** The incident is not as it is shown any more. */
  readonly changed: (vekId: string) => void;
  /** Reads the incident and shows it as it is now. */
  readonly readAgain: (vekId: string) => Promise<void>;
}

/** How long a relief may take to come, s: it is looked for in time. */
const RELIEF_WITHIN_S = 3600;

/** What is done with a card in its life: what it says, comments, parts, reliefs, merging, ending and opening it again. */
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

  /**
   * Saves what was typed. Where somebody else has changed the same meanwhile nothing is saved, and the card is read again.
   * @param seen the card as it was when the typing began
   */
  async change(seen: Vek, typed: Typed): Promise<void> {
    const { id } = seen;
    const version = versionToSave(seen, this.#parts.store.get().veks.get(id) ?? seen, typed);
    try {
      await this.#run(id, `change ${id} ${version} ${JSON.stringify(typed)}`, (api, key) =>
        api.changeVek(id, version, typed, key),
      );
    } finally {
      await this.#parts.readAgain(id).catch(() => {}); // it is read again with the next event
    }
  }

  raiseAlarm({ id, version }: Vek, alarmLevel: number): Promise<void> {
    return this.#run(id, `raise ${id} ${version}`, (api, key) => api.changeVek(id, version, { alarmLevel }, key));
  }

  /** Who called, as far as it is known. The read is written down. */
  async caller(vekId: string): Promise<Caller> {
    try {
      return await this.#parts.api().caller(vekId);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) return NOBODY_KNOWN;
      throw error;
    }
  }

  /**
   * Writes down what is known of the caller. Where somebody else has written since it was read nothing is saved.
   * Returns who that was; undefined: it is saved.
   * @param version the one that was read
   */
  async putCaller(vekId: string, version: number, known: Partial<CallerFields>): Promise<Overtaken | undefined> {
    try {
      await this.#run(vekId, `caller ${vekId} ${version} ${JSON.stringify(known)}`, (api, key) =>
        api.putCaller(vekId, version, known, key),
      );
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'version_conflict') throw error;
      return error.facts as unknown as Overtaken;
    }
  }

  /** What is written in a set of restricted fields. The read is written down. */
  restricted(vekId: string, set: RestrictedSet): Promise<readonly RestrictedText[]> {
    return this.#parts.api().restricted(vekId, set);
  }

  putRestricted(vekId: string, set: RestrictedSet, text: string): Promise<void> {
    return this.#run(vekId, `restricted ${vekId} ${set} ${text}`, (api, key) =>
      api.putRestricted(vekId, set, text, key),
    );
  }

  /** Units of the same kind that are free, the soonest first; none where the incident has no place. */
  async reliefsFor({ lon, lat }: Vek, unitId: string): Promise<readonly AvailableUnit[]> {
    if (lon === null || lat === null) return [];
    const { units } = this.#parts.store.get();
    const kind = units.get(unitId)?.kind;
    const { units: found } = await this.#parts.api().available({ place: { lon, lat }, withinS: RELIEF_WITHIN_S });
    return found.filter((unit) => unit.unitId !== unitId && units.get(unit.unitId)?.kind === kind);
  }

  /** Sends a unit to take over from the one of an assignment, which works on until it leaves. */
  relieve(vekId: string, assignmentId: string, unitId: string): Promise<void> {
    return this.#run(vekId, `relieve ${assignmentId} ${unitId}`, (api, id) => api.relieve(assignmentId, id, unitId));
  }

  /** Notes when the unit of an assignment should be free, and where; null: nobody knows any more. */
  expectFree(vekId: string, assignmentId: string, expected: ExpectedFree | null): Promise<void> {
    return this.#run(vekId, `expect free ${assignmentId} ${JSON.stringify(expected)}`, (api, key) =>
      api.expectFree(assignmentId, expected, key),
    );
  }

  /** Stations of the agencies whose units this desk may see, by name. */
  async stations(): Promise<readonly Station[]> {
    const stations = await this.#parts.api().stations();
    return stations.toSorted((a, b) => a.name.localeCompare(b.name, 'lv', { numeric: true }));
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
