import { setTimeout as sleep } from 'node:timers/promises';
import { KickedTask } from '../kicked-task.js';
import type { Database } from '../store/database.js';
import { isAway } from '../store/errors.js';
import { Lease } from '../store/leases.js';
import { Compaction } from './compaction.js';
import { tracksSql as sql } from './tracks-sql.js';

/** Also how soon another node goes on where one was killed. */
const POLL_MS = 30_000;
const LEASE_MS = 30_000;
const RENEW_MS = 8000;
const MOST_REST_MS = 8000;
/** Retention of what is small is looked at so often. */
const FORGET_EVERY_MS = 3_600_000;
/** For every millisecond that the database works for the upkeep it has so many to itself: ingest stays within a tenth. */
const REST_PER_WORK = 9;
/** Rows deleted at once. */
const SLICE_ROWS = 500;
/** SQLSTATE of a lock that was not to be had in time. */
const LOCK_NOT_AVAILABLE = '55P03';

export interface TrackSettings {
  /** How far a line may be off at the instant of a fix, metres. */
  readonly toleranceM: number;
  /** Hours after the end of a UTC day when its fixes become lines. */
  readonly afterHours: number;
  /** Days that fixes, and then lines, are kept. */
  readonly fixDays: number;
  readonly trackDays: number;
}

/** Somebody else has the lease, or we are stopping: the work is broken off, and goes on from there the next time. */
class Interrupted extends Error {}

/**
 * The life of stored fixes: a day after it has ended becomes lines, its fixes go when they have outlived their time and their lines are known to
 * be all there, and lines go in their turn. One node does it, in small pieces, resting nine times as long as it works.
 */
export class TrackUpkeep {
  readonly #database: Database;
  readonly #settings: TrackSettings;
  readonly #lease: Lease;
  readonly #onError: (text: string, error: unknown) => void;
  readonly #restPerWork: number;
  readonly compaction: Compaction;
  readonly #task: KickedTask;
  readonly #stopping = new AbortController();
  #leaseUntil = 0;
  #forgotAt = 0;

  constructor(
    database: Database,
    settings: TrackSettings,
    holder: string,
    onError: (text: string, error: unknown) => void,
    restPerWork = REST_PER_WORK,
  ) {
    this.#database = database;
    this.#settings = settings;
    this.#lease = new Lease('tracks', holder, LEASE_MS);
    this.#onError = onError;
    this.#restPerWork = restPerWork;
    this.compaction = new Compaction(database, settings.toleranceM);
    this.#task = new KickedTask(() => this.#runAndReport(), POLL_MS);
  }

  start(): void {
    this.#task.start();
  }

  async #runAndReport(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      if (!(error instanceof Interrupted) && !isAway(error))
        this.#onError('the upkeep of tracks failed; it is tried again', error);
    }
  }

  /** Does all that there is to do now, if nobody else is at it. @throws whatever the database does */
  async run(): Promise<void> {
    const breathe = this.#breather();
    await breathe();
    try {
      await this.#work(breathe);
    } finally {
      this.#leaseUntil = 0;
      await this.#lease.leave(this.#database).catch(() => {}); // else it runs out
    }
  }

  async #work(breathe: () => Promise<void>): Promise<void> {
    const { afterHours, fixDays, trackDays } = this.#settings;
    const waiting = await this.#database.query<{ day: string }>(sql.days_to_compact, [afterHours]);
    for (const { day } of waiting.rows) await this.compaction.compactDay(day, breathe);
    const outlived = await this.#database.query<{ day: string; name: string }>(sql.days_to_drop, [fixDays]);
    for (const { day, name } of outlived.rows) {
      await this.compaction.verifyDay(day, breathe);
      await this.#drop(day, name);
      await breathe();
    }
    if (Date.now() - this.#forgotAt < FORGET_EVERY_MS) return;
    this.#forgotAt = Date.now();
    for (const [statement, days] of [
      [sql.forget_lines, trackDays],
      [sql.forget_suspects, trackDays],
      [sql.forget_unit_days, trackDays],
      [sql.forget_statuses, trackDays],
      [sql.forget_rejected, fixDays],
    ] as const) {
      for (let gone = SLICE_ROWS; gone === SLICE_ROWS; await breathe())
        gone = (await this.#database.query(statement, [days, SLICE_ROWS])).rowCount;
    }
  }

  async #drop(day: string, partition: string): Promise<void> {
    try {
      await this.compaction.dropDay(day, partition);
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error; // else the next run tries again
    }
  }

  /** Rests in proportion to the time since it was last called, and keeps the lease. @throws Interrupted */
  #breather(): () => Promise<void> {
    let workedSince = performance.now();
    return async () => {
      const workedMs = performance.now() - workedSince;
      const restMs = Math.min(workedMs * this.#restPerWork, MOST_REST_MS);
      await sleep(restMs, undefined, { signal: this.#stopping.signal }).catch(() => {
        throw new Interrupted();
      });
      if (Date.now() > this.#leaseUntil) {
        this.#leaseUntil = Date.now() + RENEW_MS;
        if ((await this.#lease.take(this.#database)) === undefined) {
          this.#leaseUntil = 0;
          throw new Interrupted();
        }
      }
      workedSince = performance.now();
    };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task.stop();
  }
}
