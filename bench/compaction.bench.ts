/** A day of fixes becomes lines while crews go on: how much of the intake does that cost? */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { type BenchRun, judgeComplaints } from './lib/run.js';
import { median } from './lib/statistics.js';
import { difference, storedSums } from './lib/stored-sums.js';
import { crewUrl, TrackerProcess } from './lib/tracker-process.js';

const CREWS = 1000;
const FIXES_PER_FRAME = 10;
/** More than any hub takes: what is offered is held back by what waits for its ack. */
const OFFERED_FRAMES_PER_S = 30_000;
const OUTSTANDING = 60_000;
const WINDOW_S = 10;
const WINDOWS = 6;
/** Of yesterday, for each unit: enough that the compaction is still at it when the last window is over. */
const OLD_FIXES = 2000;
/** Who holds the right to compact holds it for so long; the tracker looks for it every half minute. */
const NOTICED_WITHIN_S = 75;

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
      const { durablePerS } = await workers.step({
        seconds: WINDOW_S,
        warmUpS: 1,
        framesPerS: OFFERED_FRAMES_PER_S,
        fixesPerFrame: FIXES_PER_FRAME,
        maxOutstanding: OUTSTANDING,
        drainS: 30,
      });
      return durablePerS;
    };
    const without: number[] = [];
    const during: number[] = [];
    await capacity('warming up');
    for (let i = 0; i < WINDOWS / 2; i++) without.push(await capacity('without compaction'));
    await sql.query(`DELETE FROM lease WHERE name = 'tracks'`);
    const begun = await lines(sql, NOTICED_WITHIN_S);
    for (let i = 0; i < WINDOWS; i++) {
      const before = await lines(sql);
      const perS = await capacity('during compaction');
      // a window counts only if the compaction was at it from its beginning to its end
      if (before > 0 && (await lines(sql)) > before) during.push(perS);
    }
    await holdBack(sql);
    await sleep(10_000); // its holder notices within eight seconds
    const made = await lines(sql);
    for (let i = 0; i < WINDOWS / 2; i++) without.push(await capacity('without compaction'));
    run.check(
      `${database}: the compaction was at work`,
      begun > 0 && during.length >= WINDOWS / 2 && (await lines(sql)) === made,
      `${made} lines of ${CREWS} units, in ${during.length} of ${WINDOWS} windows`,
    );
    if (during.length > 0)
      run.figure({
        id: `compaction.${database}.ratio`,
        what: `durable fixes a second during compaction, by those without, frames of ${FIXES_PER_FRAME}, ${database}`,
        value: median(during) / median(without),
        unit: '×',
        better: 'more',
        note: `${Math.round(median(during))} and ${Math.round(median(without))} fixes/s, ${during.length} and ${without.length} windows`,
      });
    const { sums, errors } = await workers.report();
    judgeComplaints(run, database, errors);
    const fault = difference(sums, await storedSums(tracker.sql, agency, sums.rows));
    run.check(`${database}: stored is what was sent`, fault === undefined, fault ?? `${sums.rows} rows`);
    await workers.stop();
    await sql.end();
    await tracker.abandon();
  }
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

/** How many lines there are; waits so many seconds for the first. */
async function lines(sql: pg.Client, waitS = 0): Promise<number> {
  const until = Date.now() + waitS * 1000;
  for (;;) {
    const { rows } = await sql.query<{ n: number }>('SELECT count(*)::int AS n FROM unit_track');
    if (rows[0]!.n > 0 || Date.now() >= until) return rows[0]!.n;
    await sleep(250);
  }
}
