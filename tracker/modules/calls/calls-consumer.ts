import { z } from 'zod';
import type { Database } from '../../src/store/database.js';
import type { Effect, FeedConsumer, FeedEvent } from '../feed-follower.js';
import type { TrackerClient } from '../tracker-client.js';
import { callsSql as sql } from './calls-sql.js';

const Card = z.object({ status: z.string() });

/** Keeps with each call what became of its VEK, so that a caller's history is at hand without asking. */
export class CallsConsumer implements FeedConsumer {
  readonly types = ['lv.vanags.vek.*'];
  readonly #tracker: TrackerClient;
  readonly #database: Database;

  constructor(tracker: TrackerClient, database: Database) {
    this.#tracker = tracker;
    this.#database = database;
  }

  handle(events: readonly FeedEvent[]): Promise<Effect> {
    return this.startOver(events.map(({ subject }) => subject));
  }

  async startOver(subjects: readonly string[]): Promise<Effect> {
    const told = new Set(subjects.flatMap((subject) => /^vek\/(.+)$/.exec(subject)?.[1] ?? []));
    const { rows } = await this.#database.query<{ vek_id: string }>(sql.known_veks, [[...told]]);
    const now = await Promise.all(
      rows.map(async ({ vek_id: id }) => ({ id, ...(await this.#tracker.get(`/api/v1/veks/${id}`, Card)) })),
    );
    return async (tx) => {
      for (const { id, status } of now) await tx.query(sql.set_status, [id, status]);
    };
  }
}
