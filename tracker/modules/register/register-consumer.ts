import type { Effect, FeedConsumer, FeedEvent } from '../feed-follower.js';
import { type TrackerClient, TrackerRefusal } from '../tracker-client.js';
import { keepVekEntry, type PoliceAgency } from './register-entries.js';
import { registerSql as sql } from './register-sql.js';
import { type Vek, VekSchema } from './vek-entry.js';

/** So many cards are asked for at a time. */
const AT_ONCE = 8;

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
      for (const vek of veks) await keepVekEntry(tx, this.#agency, vek);
    };
  }

  async startOver(subjects: readonly string[]): Promise<Effect> {
    const veks = await this.#read(subjects.flatMap((subject) => /^vek\/(.+)$/.exec(subject)?.[1] ?? []));
    return async (tx) => {
      for (const vek of veks) await keepVekEntry(tx, this.#agency, vek);
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
}

/** The VEK that an event is about, or that the unit or assignment it is about belongs to. */
function vekOf({ subject, data }: FeedEvent): string | undefined {
  const [kind, id] = subject.split('/');
  if (kind === 'vek') return id;
  return typeof data.vekId === 'string' ? data.vekId : undefined;
}
