import type { Database } from '../store/database.js';
import { type PagedFix, unpackPage } from './packed-fixes.js';
import { drawLines, lineEwkb, type TrackLine } from './track-line.js';
import { tracksSql as sql } from './tracks-sql.js';

/** Rows of one read: some ten milliseconds, during which the embedded database does nothing else. */
const PAGE_ROWS = 4000;
const DAY_MS = 86_400_000;
const NO_UNIT = 0;

/** Called after each statement or transaction of the work, to rest; and to see whether it may go on. */
export type Breathe = () => Promise<void>;

/** The UTC day as the bounds of its partition. */
function boundsOf(day: string): [from: string, to: string] {
  const fromMs = Date.parse(`${day}T00:00:00Z`);
  return [new Date(fromMs).toISOString(), new Date(fromMs + DAY_MS).toISOString()];
}

/**
 * Makes lines of the fixes of a day, one unit at a time: read in pages by the index on unit and time, drawn here, and stored in one short
 * transaction that replaces what was there for that unit and day. So it may be broken off anywhere, run twice at once, and be repeated.
 */
export class Compaction {
  readonly #database: Database;
  readonly #toleranceM: number;
  /** Fixes read, and vertices kept of them, since the start. */
  readonly counters = { fixes: 0, vertices: 0, unitDays: 0, daysDropped: 0 };

  constructor(database: Database, toleranceM: number) {
    this.#database = database;
    this.#toleranceM = toleranceM;
  }

  /** Compacts every unit of the day that is not compacted yet, then notes that the day is. */
  async compactDay(day: string, breathe: Breathe): Promise<void> {
    for await (const unitHandle of this.#unitsOf(day, breathe)) {
      if ((await this.#countedRows(day, unitHandle)) === undefined)
        await this.#compactUnitDay(day, unitHandle, breathe);
      await breathe();
    }
    await this.#database.query(sql.finish_day, [day]);
  }

  /** Compacts again what came into the day after it was compacted: a hub that was cut off may have held it back. */
  async verifyDay(day: string, breathe: Breathe): Promise<void> {
    const [from, to] = boundsOf(day);
    for await (const unitHandle of this.#unitsOf(day, breathe)) {
      const { rows } = await this.#database.query<{ fixes: number }>(sql.count_fixes, [from, to, unitHandle]);
      if (rows[0]!.fixes !== (await this.#countedRows(day, unitHandle)))
        await this.#compactUnitDay(day, unitHandle, breathe);
      await breathe();
    }
  }

  async *#unitsOf(day: string, breathe: Breathe): AsyncGenerator<number> {
    const [from, to] = boundsOf(day);
    for (let unitHandle = NO_UNIT; ; ) {
      const { rows } = await this.#database.query<{ unit_handle: number | null }>(sql.next_unit, [
        from,
        to,
        unitHandle,
      ]);
      const next = rows[0]!.unit_handle;
      await breathe();
      if (next === null) return;
      unitHandle = next;
      yield unitHandle;
    }
  }

  /** How many rows the lines of the unit's day were made from; undefined: there are none. */
  async #countedRows(day: string, unitHandle: number): Promise<number | undefined> {
    return (await this.#database.query<{ fixes: number }>(sql.unit_day, [day, unitHandle])).rows[0]?.fixes;
  }

  async #compactUnitDay(day: string, unitHandle: number, breathe: Breathe): Promise<void> {
    const good = new Map<string, PagedFix[]>(); // by device and agency
    const suspects: PagedFix[] = [];
    let fixes = 0;
    for await (const fix of this.#fixesOf(day, unitHandle, breathe)) {
      fixes++;
      if (fix.verdict !== 0) {
        suspects.push(fix);
        continue;
      }
      const key = `${fix.deviceHandle} ${fix.agencyNo}`;
      const known = good.get(key);
      if (known === undefined) good.set(key, [fix]);
      // of two at one instant the first stored counts, here and wherever fixes are read
      else if (known.at(-1)!.timeMs !== fix.timeMs) known.push(fix);
    }
    const lines = [...good.values()].flatMap((points) =>
      drawLines(points, this.#toleranceM).map((line) => ({ line, of: points[0]! })),
    );
    await this.#store(day, unitHandle, fixes, lines, suspects);
    this.counters.fixes += fixes;
    this.counters.vertices += lines.reduce((sum, { line }) => sum + line.vertices.length, 0);
    this.counters.unitDays++;
  }

  async *#fixesOf(day: string, unitHandle: number, breathe: Breathe): AsyncGenerator<PagedFix> {
    const [from, to] = boundsOf(day);
    for (let last = { timeMs: 0, streamId: 0, seq: 0 }; ; ) {
      const { rows } = await this.#database.query<{ packed: Buffer | null }>(sql.fixes_page, [
        from,
        to,
        unitHandle,
        last.timeMs,
        last.streamId,
        last.seq,
        PAGE_ROWS,
      ]);
      const page = unpackPage(rows[0]!.packed);
      yield* page;
      if (page.length < PAGE_ROWS) return;
      last = page.at(-1)!;
      await breathe();
    }
  }

  async #store(
    day: string,
    unitHandle: number,
    fixes: number,
    lines: readonly { readonly line: TrackLine; readonly of: PagedFix }[],
    suspects: readonly PagedFix[],
  ): Promise<void> {
    await this.#database.transaction(async (tx) => {
      await tx.query(sql.begin_unit_day, [day, unitHandle, fixes]);
      await tx.query(sql.remove_lines, [day, unitHandle]);
      await tx.query(sql.remove_suspects, [day, unitHandle]);
      await tx.query(sql.add_lines, [
        day,
        unitHandle,
        lines.map(({ of }) => of.agencyNo),
        lines.map(({ of }) => of.deviceHandle),
        lines.map(({ line }) => line.times[0]!),
        lines.map(({ line }) => line.times.at(-1)!),
        lines.map(({ line }) => lineEwkb(line.vertices)),
        lines.map(({ line }) => `{${line.times.map((timeMs) => timeMs - line.times[0]!).join(',')}}`),
      ]);
      if (suspects.length === 0) return;
      await tx.query(sql.add_suspects, [
        day,
        unitHandle,
        suspects.map((fix) => fix.agencyNo),
        suspects.map((fix) => fix.deviceHandle),
        suspects.map((fix) => fix.timeMs),
        suspects.map((fix) => fix.lonE7),
        suspects.map((fix) => fix.latE7),
        suspects.map((fix) => fix.verdict),
      ]);
    });
  }

  /** Drops the fixes of a day that has been verified. The name comes from the catalogue and matches fix_ and eight digits. */
  async dropDay(day: string, partition: string): Promise<void> {
    await this.#database.transaction(async (tx) => {
      // dropping a partition locks the whole table: rather another hour than a queue of flushes behind a slow reader
      await tx.query("SET LOCAL lock_timeout = '500ms'");
      await tx.query(`DROP TABLE ${partition}`);
      await tx.query('UPDATE track_day SET fixes_gone_at = now() WHERE day = $1', [day]);
    });
    this.counters.daysDropped++;
  }
}
