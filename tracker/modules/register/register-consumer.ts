import type { Queryable } from '../../src/store/database.js';
import type { Effect, FeedConsumer, FeedEvent } from '../feed-follower.js';
import { type TrackerClient, TrackerRefusal } from '../tracker-client.js';
import { entryState, type Vek, VekSchema } from './entry-state.js';
import { registerSql as sql } from './register-sql.js';

/** So many cards are asked for at a time. */
const AT_ONCE = 8;
const NUMBER_DIGITS = 6;

/** An agency whose events are registered. */
export interface PoliceAgency {
  readonly id: string;
  readonly code: string;
}

/** Keeps one police agency's entries: of what the feed tells it reads the cards as they stand, and stores what differs. */
export class RegisterConsumer implements FeedConsumer {
  readonly types = ['lv.vanags.vek.*', 'lv.vanags.assignment.*', 'lv.vanags.unit.status_changed.v1'];
  readonly #tracker: TrackerClient;
  readonly #agency: PoliceAgency;

  constructor(tracker: TrackerClient, agency: PoliceAgency) {
    this.#tracker = tracker;
    this.#agency = agency;
  }

  async handle(events: readonly FeedEvent[]): Promise<Effect> {
    const told = events.flatMap((event) => {
      const vekId = vekOf(event);
      return vekId === undefined
        ? []
        : [{ event_id: event.id, vek_id: vekId, type: event.type, at: event.time, data: event.data }];
    });
    const veks = await this.#read([...new Set(told.map(({ vek_id }) => vek_id))]);
    return async (tx) => {
      await tx.query(sql.insert_events, [this.#agency.id, JSON.stringify(told)]);
      for (const vek of veks) await this.#keep(tx, vek);
    };
  }

  async startOver(subjects: readonly string[]): Promise<Effect> {
    const veks = await this.#read(subjects.flatMap((subject) => /^vek\/(.+)$/.exec(subject)?.[1] ?? []));
    return async (tx) => {
      for (const vek of veks) await this.#keep(tx, vek);
    };
  }

  /** The cards as they stand now; those in which the agency has no part any more are left out. */
  async #read(ids: readonly string[]): Promise<Vek[]> {
    const veks: Vek[] = [];
    for (let i = 0; i < ids.length; i += AT_ONCE) {
      const answers = ids.slice(i, i + AT_ONCE).map((id) =>
        this.#tracker.get(`/api/v1/veks/${id}`, VekSchema).catch((error) => {
          if (error instanceof TrackerRefusal && error.status === 404) return undefined;
          throw error;
        }),
      );
      for (const vek of await Promise.all(answers)) if (vek !== undefined) veks.push(vek);
    }
    return veks;
  }

  async #keep(tx: Queryable, vek: Vek): Promise<void> {
    const { isHanded, state } = entryState(vek, this.#agency.id);
    const key = [this.#agency.id, vek.id, JSON.stringify(state)];
    if ((await tx.query(sql.update_entry, key)).rowCount > 0 || !isHanded) return;
    const { rows } = await tx.query<{ year: number; last: number }>(sql.next_number, [
      this.#agency.id,
      state.received_at,
    ]);
    const { year, last } = rows[0]!;
    const number = `${this.#agency.code}-${year}-${String(last).padStart(NUMBER_DIGITS, '0')}`;
    await tx.query(sql.insert_entry, [...key, number]);
  }
}

/** The VEK that an event is about, or that the unit or assignment it is about belongs to. */
function vekOf({ subject, data }: FeedEvent): string | undefined {
  const [kind, id] = subject.split('/');
  if (kind === 'vek') return id;
  return typeof data.vekId === 'string' ? data.vekId : undefined;
}
