import { rigaClock, type TravelCorrection } from '../../../geo-engine/src/index.js';
import type { Database } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';

const sql = sqlStatements('./travel-corrections.sql', import.meta.url, [
  'corrections',
  'forget_corrections',
  'learn_corrections',
]);

/** A season: what was learnt in other weather counts no longer. */
const LEARN_FROM_DAYS = 90;
/** With fewer drives of an hour and a zone the median says little: its error is about a quarter of their spread. */
const LEAST_DRIVES = 20;
/** Beyond these it is not the traffic but the map, or a crew that pressed late. */
const LEAST_FACTOR = 0.5;
const MOST_FACTOR = 3;

/** Factors on travel times by zone and hour of the day, learnt from the crews' milestones. None where there is not history enough. */
export class TravelCorrections {
  readonly #database: Database;
  #factors: ReadonlyMap<string, number> = new Map();

  constructor(database: Database) {
    this.#database = database;
  }

  of(zone: string, at: number): TravelCorrection {
    return this.#factors.get(keyOf(zone, Math.floor(rigaClock(at).minute / 60))) ?? null;
  }

  async reload(): Promise<void> {
    const { rows } = await this.#database.query<{ zone: string; hour: number; factor: number }>(sql.corrections);
    this.#factors = new Map(rows.map(({ zone, hour, factor }) => [keyOf(zone, hour), factor]));
  }

  /** Learns all factors anew from the history. For one node at a time. */
  async learn(): Promise<void> {
    await this.#database.transaction(async (tx) => {
      await tx.query(sql.forget_corrections);
      await tx.query(sql.learn_corrections, [LEARN_FROM_DAYS, LEAST_DRIVES, LEAST_FACTOR, MOST_FACTOR]);
    });
    await this.reload();
  }
}

function keyOf(zone: string, hour: number): string {
  return `${hour} ${zone}`;
}
