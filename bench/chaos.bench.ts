/** Whatever is killed under load, the crews' own clients too: is an acknowledged fix ever missing, is one ever stored twice, and how long until all is well again? */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { MORTAL_ITEMS_SQL, MortalCrew, type StoredItem } from '../fixtures/crew-client/mortal-crew.js';
import { createRandom } from '../fixtures/world/seeded-random.js';
import type { BenchCrew } from './lib/crew-messages.js';
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import type { BenchRun } from './lib/run.js';
import { median } from './lib/statistics.js';
import { difference, storedSums } from './lib/stored-sums.js';
import { crewUrl, TrackerProcess } from './lib/tracker-process.js';
import { TYPESCRIPT_ARGS } from './lib/typescript-args.js';

const CREWS = 200;
const FIXES_PER_S = 5000;
const FRAMES_PER_S = 200;
const KINDS = ['tracker', 'database', 'both'] as const;
const ROUNDS = { quick: 3, full: 20 };
/** Seconds between a recovery and the next kill, at random between these. */
const CALM_S = { quick: [0.5, 1], full: [1, 3] } as const;
const RECOVERY_S = 60;
/** A quick bench kills nothing after this. */
const LAST_KILL_S = 26;
const DRAIN_S = 60;
/** Clients that are processes with an outbox each, killed in every round besides. */
const MORTALS = 3;
const MORTAL_EVERY_MS = 20;

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
    const mortals = await startMortals(run, tracker, seed);

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
      const mortal = mortals[round % MORTALS]!.client;
      const killedAt = performance.now();
      // its client too, and it comes back while the others are away
      await mortal.kill();
      mortal.start();
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
    if (kills > 0) {
      await judgeStored(run, tracker, workers, crews, agency, kills);
      await judgeMortals(run, tracker, mortals);
    }
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

interface Mortal {
  readonly deviceId: string;
  readonly client: MortalCrew;
}

async function startMortals(run: BenchRun, tracker: TrackerProcess, seed: number): Promise<readonly Mortal[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vanags-bench-outboxes-'));
  run.ending(() => rm(folder, { recursive: true, force: true }));
  const crews = createCrews(seed + 1, MORTALS);
  await registerCrews(await tracker.admin(), crews);
  return crews.map(({ deviceId, token }, i) => {
    const client = new MortalCrew({
      url: crewUrl(tracker.url),
      token,
      outbox: path.join(folder, String(i)),
      everyMs: MORTAL_EVERY_MS,
      nodeArgs: TYPESCRIPT_ARGS,
    });
    run.ending(() => client.kill());
    client.start();
    return { deviceId, client };
  });
}

/** Compares what the killed clients' outboxes took with what is stored, and their calls for help with the alarms. */
async function judgeMortals(run: BenchRun, tracker: TrackerProcess, mortals: readonly Mortal[]): Promise<void> {
  const { database } = tracker;
  run.progress(`${database}: waiting for the killed clients' outboxes`);
  await Promise.race([Promise.all(mortals.map(({ client }) => client.drain())), sleep(DRAIN_S * 1000)]);
  const client = new pg.Client(tracker.sql);
  await client.connect();
  const faults: string[] = [];
  let [items, calls, raised, kills] = [0, 0, 0, 0];
  for (const { deviceId, client: mortal } of mortals) {
    const { rows } = await client.query<StoredItem>(MORTAL_ITEMS_SQL, [deviceId]);
    const { missing, doubled, disordered, ackedMissing, errors } = mortal.faultsOf(rows);
    items += rows.length;
    kills += mortal.kills;
    calls += mortal.callsIn(rows);
    if (missing.length > 0) faults.push(`${missing.length} missing`);
    if (doubled > 0) faults.push(`${doubled} doubled`);
    for (const lane of disordered) faults.push(`${lane} is out of order`);
    for (const lane of ackedMissing) faults.push(`acknowledged and missing in ${lane}`);
    faults.push(...errors);
    // an ack says that a call is stored; it is raised soon after
    const until = Date.now() + DRAIN_S * 1000;
    for (;;) {
      const alarms = await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM feed_event WHERE type = 'lv.vanags.unit.sos.v1' AND data ->> 'deviceId' = $1`,
        [deviceId],
      );
      if (alarms.rows[0]!.n >= mortal.callsIn(rows) || Date.now() > until) {
        raised += alarms.rows[0]!.n;
        break;
      }
      await sleep(100);
    }
  }
  await client.end();
  run.check(
    `${database}: of killed clients nothing is missing, nothing is doubled, every lane is in order`,
    faults.length === 0,
    faults.length === 0 ? `${kills} kills, ${items} items` : faults.join('; '),
  );
  run.check(
    `${database}: every SOS is raised exactly once`,
    raised === calls && calls > 0,
    `${calls} calls, ${raised} raised`,
  );
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
