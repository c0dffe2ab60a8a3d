/** Whatever is killed under load: is an acknowledged fix ever missing, is one ever stored twice, and how long until all is well again? */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createRandom } from '../fixtures/world/seeded-random.js';
import type { BenchCrew } from './lib/crew-messages.js';
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import type { BenchRun } from './lib/run.js';
import { median } from './lib/statistics.js';
import { difference, storedSums } from './lib/stored-sums.js';
import { crewUrl, TrackerProcess } from './lib/tracker-process.js';

const CREWS = 200;
const FIXES_PER_S = 2000;
const FRAMES_PER_S = 200;
const KINDS = ['tracker', 'database', 'both'] as const;
const ROUNDS = { quick: 3, full: 20 };
/** Seconds between a recovery and the next kill, at random between these. */
const CALM_S = { quick: [0.5, 1], full: [1, 3] } as const;
const RECOVERY_S = 60;
/** A quick bench kills nothing after this. */
const LAST_KILL_S = 26;
const DRAIN_S = 60;
/** Crews that all lose the tracker at once, and come back at once; the limit on open files may be 20 000. */
const STORM_CREWS = 15_000;
const STORM_MS = 90_000;
/** What it takes on a machine with nothing else to do, with the registering. */
const STORM_S = 22;

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote, databases } = run.options;
  if (remote !== undefined) return run.note('a deployed tracker is not killed: not measured');
  const length = quick ? 'quick' : 'full';
  for (const database of databases) {
    if (!run.hasTimeFor(`kills on ${database}`)) break;
    run.progress(`starting a tracker, ${database}`);
    const tracker = await TrackerProcess.start({ database });
    if ('missing' in tracker) {
      run.note(`not measured on ${database}: ${tracker.missing}`);
      continue;
    }
    run.ending(() => tracker.abandon());
    const random = createRandom(seed, `chaos ${database}`);
    const crews = createCrews(seed, CREWS);
    const agency = await registerCrews(await tracker.admin(), crews);
    const workers = await CrewWorkers.connect(crewUrl(tracker.url), crews);
    run.ending(() => workers.stop());

    const rounds = ROUNDS[length];
    let over = false;
    // load in short steps, one after another, until the kills are over: a step that does not drain goes on in the next
    const load = (async () => {
      while (!over) {
        await workers.step({
          seconds: 1,
          warmUpS: 0,
          framesPerS: FRAMES_PER_S,
          fixesPerFrame: FIXES_PER_S / FRAMES_PER_S,
          drainS: 0,
        });
      }
    })();
    load.catch(() => {}); // awaited below, unless the bench is ended before
    const recoveries = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      if (quick && run.elapsedS > LAST_KILL_S) {
        run.note(`${database}: ${round} kills of ${rounds}, for want of time`);
        break;
      }
      const [least, most] = CALM_S[length];
      await sleep(random.between(least, most) * 1000);
      const kind = KINDS[round % KINDS.length]!;
      run.progress(`${database}: kill ${round + 1} of ${rounds}, ${kind}`);
      const killedAt = performance.now();
      // an embedded database is found as the tracker's child: so it goes first
      if (kind !== 'tracker') await tracker.killDatabase();
      if (kind !== 'database') await tracker.kill();
      if (kind !== 'database') await tracker.launch();
      // recovered: more is stored than when the database first answered again
      let atFirst: number | undefined;
      for (;;) {
        const now = await storedRows(tracker.sql);
        atFirst ??= now;
        if (now !== undefined && now > atFirst!) break;
        if (performance.now() - killedAt > RECOVERY_S * 1000) {
          run.check(
            `${database}: it recovers from the loss of ${kind}`,
            false,
            `nothing stored within ${RECOVERY_S} s`,
          );
          break;
        }
        await sleep(25);
      }
      const seconds = (performance.now() - killedAt) / 1000;
      recoveries.set(kind, [...(recoveries.get(kind) ?? []), seconds]);
    }
    over = true;
    await load;
    const kills = [...recoveries.values()].flat().length;
    if (kills > 0) await judgeStored(run, tracker, workers, crews, agency, kills);
    for (const [kind, seconds] of recoveries)
      run.figure({
        id: `chaos.${database}.${kind}.recovery`,
        what: `kill -9 of ${kind} → the first fix stored again, ${database}, median`,
        value: median(seconds),
        unit: 's',
        better: 'less',
        note: `worst ${Math.max(...seconds).toFixed(1)} of ${seconds.length}`,
      });
    await workers.stop();
    if (run.hasTimeFor(`the storm on ${database}`, STORM_S)) await storm(run, tracker, seed);
    await tracker.abandon();
    if (quick && databases.length > 1) return run.note(`quick: measured on ${database} only; --database names another`);
  }
}

/** Counts what was sent, acknowledged and stored, once everything has had its time. */
async function judgeStored(
  run: BenchRun,
  tracker: TrackerProcess,
  workers: CrewWorkers,
  crews: readonly BenchCrew[],
  agency: string,
  kills: number,
): Promise<void> {
  const { database } = tracker;
  run.progress(`${database}: waiting for the last acks`);
  const last = await workers.step({
    seconds: 1,
    warmUpS: 0,
    framesPerS: FRAMES_PER_S,
    fixesPerFrame: 1,
    drainS: DRAIN_S,
  });
  const sent = await workers.report();
  const stored = await storedSums(tracker.sql, agency, sent.sums.rows);
  let missing = 0;
  for (const [i, { deviceId }] of crews.entries())
    missing += Math.max(0, sent.durable[i]! - (stored.devices.get(deviceId)?.different ?? 0));
  const counted = `${kills} kills, ${sent.sums.rows} fixes sent, ${stored.rows} stored, ${missing} acknowledged and missing, ${stored.doubled} doubled`;
  const fault = difference(sent.sums, stored);
  run.check(
    `${database}: nothing acknowledged is missing, nothing is doubled`,
    missing === 0 && stored.doubled === 0,
    counted,
  );
  run.check(
    `${database}: in the end everything sent is stored, equal in content`,
    last.drained && fault === undefined,
    fault ?? counted,
  );
  const faults = Object.entries(sent.errors).filter(([code]) => /seq_gap|malformed|fenced|4409|4410|4400/.test(code));
  run.check(
    `${database}: the protocol held`,
    faults.length === 0,
    faults.length === 0 ? `${sent.reconnects} reconnects, ${sent.resumes} resumes` : JSON.stringify(faults),
  );
}

/** The tracker is killed under thousands of crews: they try again every 50 to 500 ms, all at once, until it is there again. */
async function storm(run: BenchRun, tracker: TrackerProcess, seed: number): Promise<void> {
  const { database } = tracker;
  run.progress(`${database}: registering ${STORM_CREWS} crews for the storm`);
  const crews = createCrews(seed + 1, STORM_CREWS);
  await registerCrews(await tracker.admin(), crews);
  const workers = await CrewWorkers.connect(crewUrl(tracker.url), crews);
  run.ending(() => workers.stop());
  const { resumes } = await workers.report();
  run.progress(`${database}: storm of ${STORM_CREWS} crews`);
  await tracker.kill();
  await tracker.launch();
  const readyAt = performance.now();
  let back = 0;
  let seconds = 0;
  while (back < STORM_CREWS && seconds * 1000 < STORM_MS) {
    await sleep(50);
    back = (await workers.report()).resumes - resumes;
    seconds = (performance.now() - readyAt) / 1000;
  }
  run.check(
    `${database}: all of ${STORM_CREWS} crews come back at once`,
    back >= STORM_CREWS,
    `${back} have their streams`,
  );
  run.figure({
    id: `chaos.${database}.storm`,
    what: `tracker ready again → the last of ${STORM_CREWS} crews may send, all reconnecting at once, ${database}`,
    value: seconds,
    unit: 's',
    better: 'less',
  });
  await workers.stop();
}

/** How many fixes the database holds, or undefined while it does not answer. */
async function storedRows(config: pg.ClientConfig): Promise<number | undefined> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 1000, query_timeout: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ n: string }>('SELECT sum(durable_seq) AS n FROM stream');
    return Number(rows[0]!.n);
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}
