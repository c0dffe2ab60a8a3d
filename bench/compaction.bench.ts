/** A day of fixes becomes lines while crews go on: how much of the intake does that cost? */
import pg from 'pg';
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { type BenchRun, judgeComplaints } from './lib/run.js';
import { median, quantile } from './lib/statistics.js';
import { difference, storedSums } from './lib/stored-sums.js';
import { ratiosAtChanges, type Window } from './lib/switched-windows.js';
import { crewUrl, TrackerProcess } from './lib/tracker-process.js';

const CREWS = 1000;
const FIXES_PER_FRAME = 10;
/** More than any hub takes: what is offered is held back by what waits for its ack. */
const OFFERED_FRAMES_PER_S = 30_000;
const OUTSTANDING = 60_000;
const WINDOW_S = 3;
const WARM_UP_S = 0.5;
/** Windows on end with the compaction at work, and at least so many without: blocks of them alternate. */
const BLOCK = 5;
const BLOCKS = 3;
/** Of a tracker, whatever was found until then: one that is too slow for all of it is not waited for. */
const MOST_S = 240;
/** Of yesterday, for each unit: enough that the compaction is still at it in the last block. */
const OLD_FIXES = 1500;
/** Who compacts looks at its lease this often: what it does between two looks may fall into the next window. */
const NOTICED_S = 9;

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote, databases } = run.options;
  if (remote !== undefined) return run.note('a deployed tracker’s yesterday is not ours to write: not measured');
  if (quick)
    return run.note(
      'the compaction begins within half a minute of its being allowed: only the full length measures it',
    );
  for (const database of databases) {
    run.progress(`starting a tracker, ${database}`);
    // yesterday is over as soon as it has ended
    const tracker = await TrackerProcess.start({ database, env: { TRACK_AFTER_HOURS: '0' } });
    if ('missing' in tracker) {
      run.note(`not measured on ${database}: ${tracker.missing}`);
      continue;
    }
    run.ending(() => tracker.abandon());
    const sql = new pg.Client(tracker.sql);
    sql.on('error', () => {}); // reported by the query that meets it
    await sql.connect();
    run.ending(() => sql.end());
    await holdBack(sql);
    const crews = createCrews(seed, CREWS);
    const agency = await registerCrews(await tracker.admin(), crews);
    run.progress(`${database}: writing ${CREWS * OLD_FIXES} fixes of yesterday`);
    await writeYesterday(sql, agency, OLD_FIXES);
    const workers = await CrewWorkers.connect(crewUrl(tracker.url), crews);
    run.ending(() => workers.stop());
    const capacity = async (what: string) => {
      run.progress(`${database}: ${what}`);
      const { durablePerS, saturated } = await workers.step({
        seconds: WINDOW_S,
        warmUpS: WARM_UP_S,
        framesPerS: OFFERED_FRAMES_PER_S,
        fixesPerFrame: FIXES_PER_FRAME,
        maxOutstanding: OUTSTANDING,
        drainS: 30,
      });
      run.noteSaturation(`${database}, ${what}`, saturated);
      return durablePerS;
    };
    await capacity('warming up');
    const windows = await alternate(run, sql, capacity);
    const made = await lines(sql);
    const ratios = ratiosAtChanges(windows, BLOCK);
    run.check(
      `${database}: the compaction was at work`,
      made > 0 && ratios.length > 0,
      `${made} lines of ${CREWS} units`,
    );
    if (ratios.length > 0) {
      const level = (compacting: boolean) =>
        Math.round(median(windows.filter((one) => one.isOn === compacting).map(({ value }) => value)));
      run.figure({
        id: `compaction.${database}.ratio`,
        what: `durable fixes a second during compaction, by those just before or after, frames of ${FIXES_PER_FRAME}, ${database}`,
        value: median(ratios),
        unit: '×',
        better: 'more',
        note: `half of ${ratios.length} pairs of windows from ${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)}; ${level(true)} and ${level(false)} fixes/s`,
      });
    }
    const { sums, errors } = await workers.report();
    judgeComplaints(run, database, errors);
    const fault = difference(sums, await storedSums(tracker.sql, agency, sums.rows));
    run.check(`${database}: stored is what was sent`, fault === undefined, fault ?? `${sums.rows} rows`);
    await workers.stop();
    await sql.end();
    await tracker.abandon();
  }
}

/**
 * Measures in blocks, in turn without compaction and with it. Whether it is at work is seen in the lease: a window counts where the same one held it
 * from its beginning to its end.
 */
async function alternate(
  run: BenchRun,
  sql: pg.Client,
  capacity: (what: string) => Promise<number>,
): Promise<readonly Window[]> {
  const windows: Window[] = [];
  const until = performance.now() + MOST_S * 1000;
  let heldBackAt = performance.now() - NOTICED_S * 1000;
  let isAllowed = false;
  let inBlock = 0;
  let blocks = 0;
  while (performance.now() < until) {
    const before = await holderOf(sql);
    const settled = before !== 'bench' || performance.now() - heldBackAt >= NOTICED_S * 1000;
    const compacting = before === 'tracker';
    const perS = await capacity(compacting ? 'with compaction' : 'without compaction');
    if (!settled || (await holderOf(sql)) !== before) continue;
    inBlock = windows.at(-1)?.isOn === compacting ? inBlock + 1 : 1;
    windows.push({ isOn: compacting, value: perS });
    if (inBlock < BLOCK) continue;
    if (compacting) {
      await holdBack(sql);
      heldBackAt = performance.now();
      isAllowed = false;
      blocks++;
    } else if (blocks === BLOCKS) break;
    else if (!isAllowed) {
      // it looks every half minute: what is measured until then is without it
      await sql.query(`DELETE FROM lease WHERE name = 'tracks'`);
      isAllowed = true;
    }
  }
  if (blocks < BLOCKS) run.note(`${blocks} of ${BLOCKS} blocks with compaction within ${MOST_S} s`);
  return windows;
}

/** Who may compact now. */
async function holderOf(sql: pg.Client): Promise<'bench' | 'tracker' | 'nobody'> {
  const { rows } = await sql.query<{ holder: string }>(
    `SELECT holder FROM lease WHERE name = 'tracks' AND expires_at > now()`,
  );
  return rows[0] === undefined ? 'nobody' : rows[0].holder === 'bench' ? 'bench' : 'tracker';
}

/** Takes the right to compact away from the tracker, as another node would have it. */
async function holdBack(sql: pg.Client): Promise<void> {
  await sql.query(
    `INSERT INTO lease AS l (name, holder, token, expires_at) VALUES ('tracks', 'bench', 1, now() + interval '1 hour')
     ON CONFLICT (name) DO UPDATE SET holder = 'bench', token = l.token + 1, expires_at = excluded.expires_at`,
  );
}

/** A day's drive of every unit of the agency, at even intervals, received as it was made. It belongs to no stream, so it is not counted with what is sent. */
async function writeYesterday(sql: pg.Client, agency: string, fixes: number): Promise<void> {
  await sql.query('SELECT ensure_fix_partitions(((now() AT TIME ZONE $1)::date - 1), 1)', ['UTC']);
  await sql.query(
    `INSERT INTO fix (unit_handle, agency_no, device_handle, stream_id, seq, fix_time, received_at, lon_e7, lat_e7, speed_cmps, heading_cdeg)
     SELECT u.handle, a.no, 0, 0, i, at, at, 240000000 + (20000 * sin(i / 50.0))::int * 10 + u.handle, 569000000 + i * 300, 1500, 0
     FROM agency a JOIN unit u ON u.agency_id = a.id CROSS JOIN generate_series(1, $2::int) AS i
     CROSS JOIN LATERAL (SELECT date_trunc('day', now(), 'UTC') - interval '23 hours' + i * (interval '22 hours' / $2::int) AS at) AS t
     WHERE a.code = $1`,
    [agency, fixes],
  );
  await sql.query('DELETE FROM track_day'); // the day was looked at when the tracker started, and held nothing yet
}

/** How many lines there are. */
async function lines(sql: pg.Client): Promise<number> {
  return (await sql.query<{ n: number }>('SELECT count(*)::int AS n FROM unit_track')).rows[0]!.n;
}
