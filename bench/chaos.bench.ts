/** Whatever is killed under load, clients and consumers too: is anything accepted ever missing, doubled or out of order, and how long until all is well again? */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { MORTAL_ITEMS_SQL, MortalCrew, type StoredItem } from '../fixtures/crew-client/mortal-crew.js';
import { createRandom, type SeededRandom } from '../fixtures/world/seeded-random.js';
import type { BenchCrew } from './lib/crew-messages.js';
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { HttpApi } from './lib/http-api.js';
import { MortalConsumer } from './lib/mortal-consumer.js';
import type { BenchRun } from './lib/run.js';
import { median } from './lib/statistics.js';
import { difference, storedSums } from './lib/stored-sums.js';
import { compareVeks, VEK_TYPES } from './lib/stored-veks.js';
import { crewUrl, TrackerProcess } from './lib/tracker-process.js';
import { TYPESCRIPT_ARGS } from './lib/typescript-args.js';
import type { DeskRecord } from './lib/vek-desk.js';
import type { DeskOrder } from './lib/vek-desk-worker.js';
import { Worker } from './lib/worker.js';

const CREWS = 200;
const FIXES_PER_S = 5000;
const FRAMES_PER_S = 200;
const VEKS_PER_S = 50;
/** Units that no device reports for, sent and called back. */
const SENT_UNITS = 30;
const KINDS = ['tracker', 'database', 'both'] as const;
type Kind = (typeof KINDS)[number];
const ROUNDS = { quick: 1, full: 20 };
const ROUND_S = { quick: 14, full: 120 };
/** Seconds between a recovery and the next kill, at random between these. */
const CALM_S = { quick: [0.5, 1], full: [1, 15] } as const;
/** Seconds between two kills of a client or a consumer. */
const CLIENT_CALM_S = { quick: [1, 3], full: [2, 8] } as const;
/** From when the tracker is ready again, or the database was killed, until fixes are stored. */
const RECOVERY_S = 60;
/** A database that is busy answers late; one that is gone refuses at once. */
const ANSWER_MS = 10_000;
const DRAIN_S = 90;
/** Clients that are processes with an outbox each. */
const MORTALS = 3;
const MORTAL_EVERY_MS = 20;

/** What a round has come to; the sums over all rounds are what the checks tell. */
interface Tally {
  kills: number;
  clientKills: number;
  consumerKills: number;
  sent: number;
  stored: number;
  missing: number;
  doubled: number;
  reconnects: number;
  items: number;
  calls: number;
  raised: number;
  veks: number;
  changes: number;
  assignments: number;
  repeated: number;
  events: number;
}

/** What a round found, by what it was looked for: no faults, or what they were. */
interface Judged {
  readonly tally: Tally;
  readonly faults: Readonly<Record<Question, readonly string[]>>;
}

const QUESTIONS = {
  acknowledged: 'nothing acknowledged is missing, nothing is doubled',
  content: 'in the end everything sent is stored, equal in content',
  protocol: 'the protocol held',
  clients: 'of killed clients nothing is missing, nothing is doubled, every lane is in order',
  sos: 'every SOS is raised exactly once',
  veks: 'every accepted VEK and assignment is there once with its events, versions are not inverted, killed consumers have every event once in order',
} as const;
type Question = keyof typeof QUESTIONS;

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote, databases } = run.options;
  if (remote !== undefined) return run.note('a deployed tracker is not killed: not measured');
  const length = quick ? 'quick' : 'full';
  const rounds = run.options.rounds ?? ROUNDS[length];
  const roundS = run.options.roundS ?? ROUND_S[length];
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
    const recoveries = new Map<Kind, number[]>();
    const judged: Judged[] = [];
    for (let round = 1; round <= rounds; round++) {
      const where = `${database}, round ${round} of ${rounds}`;
      const one = await playRound(run, tracker, random, recoveries, where, seed + round, roundS);
      judged.push(one);
      run.note(`${where}: ${told(one.tally)}`);
      run.progress(`${where}: ${told(one.tally)}`);
    }
    judgeRounds(run, database, judged, roundS);
    for (const [kind, seconds] of recoveries)
      run.figure({
        id: `chaos.${database}.${kind}.recovery`,
        what: `kill -9 of ${kind} → the first fix stored again, ${database}, median`,
        value: median(seconds),
        unit: 's',
        better: 'less',
        note: `worst ${Math.max(...seconds).toFixed(1)} of ${seconds.length}`,
      });
    await tracker.abandon();
    if (quick && databases.length > 1) return run.note(`quick: measured on ${database} only; --database names another`);
  }
}

/** One round with crews, clients, a desk and consumers of its own: kills at random moments until its time is over, then everything is counted. */
async function playRound(
  run: BenchRun,
  tracker: TrackerProcess,
  random: SeededRandom,
  recoveries: Map<Kind, number[]>,
  where: string,
  seed: number,
  roundS: number,
): Promise<Judged> {
  const length = run.options.quick ? 'quick' : 'full';
  const crews = createCrews(seed, CREWS);
  const agency = await registerCrews(await tracker.admin(), crews);
  const workers = await CrewWorkers.connect(crewUrl(tracker.url), crews);
  run.ending(() => workers.stop());
  const folder = await run.folder('vanags-bench-chaos-');
  const mortals = await startMortals(run, tracker, seed, folder);
  const control = await startControl(run, tracker, seed, folder);

  const overAt = performance.now() + roundS * 1000;
  const isOver = () => performance.now() >= overAt;
  // load in short steps, one after another, until the round is over: a step that does not drain goes on in the next
  const load = (async () => {
    while (!isOver()) {
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
  await control.desk.ask(control.start);

  const victims = [...mortals.map(({ client }) => client), ...control.consumers];
  const others = createRandom(seed, `clients of ${where}`);
  const clientKills = (async () => {
    const [least, most] = CLIENT_CALM_S[length];
    for (;;) {
      await sleep(others.between(least, most) * 1000);
      if (isOver()) return;
      const victim = others.pick(victims);
      await victim.kill();
      await sleep(others.between(0, 1000));
      victim.start();
    }
  })();
  clientKills.catch(() => {});

  let kills = 0;
  const unrecovered: string[] = [];
  let deck: Kind[] = [];
  for (;;) {
    const [least, most] = CALM_S[length];
    await sleep(random.between(least, most) * 1000);
    if (isOver()) break;
    // dealt from a shuffled deck, so that no kind is left out for long
    if (deck.length === 0) deck = [...KINDS];
    const kind = deck.splice(random.below(deck.length), 1)[0]!;
    run.progress(`${where}: kill ${++kills}, ${kind}`);
    const seconds = await killAndRecover(tracker, kind);
    if (seconds === undefined) unrecovered.push(`nothing was stored within ${RECOVERY_S} s after the loss of ${kind}`);
    else recoveries.set(kind, [...(recoveries.get(kind) ?? []), seconds]);
  }
  await control.desk.ask({ type: 'stop' } satisfies DeskOrder);
  await Promise.all([load, clientKills]);

  run.progress(`${where}: waiting for the last acks`);
  const crewsJudged = await judgeCrews(tracker, workers, crews, agency);
  run.progress(`${where}: waiting for the killed clients' outboxes`);
  const clientsJudged = await judgeMortals(tracker, mortals);
  run.progress(`${where}: waiting for the desk and the consumers`);
  const record = await control.desk.ask<DeskRecord>({ type: 'finish' } satisfies DeskOrder);
  await control.desk.stop();
  const stored = await compareVeks(tracker.sql, control.agency, record, control.consumers, DRAIN_S);
  await Promise.all(control.consumers.map((consumer) => consumer.kill()));
  await workers.stop();
  await rm(folder, { recursive: true, force: true });
  return {
    tally: {
      kills,
      clientKills: mortals.reduce((sum, { client }) => sum + client.kills, 0),
      // the last one is ours
      consumerKills: control.consumers.reduce((sum, consumer) => sum + consumer.kills, 0),
      ...crewsJudged.tally,
      ...clientsJudged.tally,
      veks: stored.veks,
      changes: record.changes,
      assignments: stored.assignments,
      repeated: record.repeated,
      events: stored.events,
    },
    faults: {
      ...crewsJudged.faults,
      acknowledged: [...unrecovered, ...crewsJudged.faults.acknowledged],
      ...clientsJudged.faults,
      veks: stored.faults,
    },
  };
}

/** Kills and waits until fixes are stored again. Returns the seconds that took; undefined: too many. */
async function killAndRecover(tracker: TrackerProcess, kind: Kind): Promise<number | undefined> {
  const killedAt = performance.now();
  // an embedded database is found as the tracker's child: so it goes first
  if (kind !== 'tracker') await tracker.killDatabase();
  if (kind !== 'database') {
    await tracker.kill();
    await tracker.launch();
  }
  const launchedAt = performance.now();
  // recovered: more is stored than when the database first answered again
  let atFirst: number | undefined;
  for (;;) {
    const now = await storedSeqs(tracker.sql);
    atFirst ??= now;
    if (now !== undefined && now > atFirst!) return (performance.now() - killedAt) / 1000;
    if (performance.now() - launchedAt > RECOVERY_S * 1000) return undefined;
    await sleep(25);
  }
}

/** Counts what was sent, acknowledged and stored, once everything has had its time. */
async function judgeCrews(tracker: TrackerProcess, workers: CrewWorkers, crews: readonly BenchCrew[], agency: string) {
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
  const fault = difference(sent.sums, stored);
  const broken = Object.entries(sent.errors).filter(([code]) => /seq_gap|malformed|fenced|4409|4410|4400/.test(code));
  return {
    tally: {
      sent: sent.sums.rows,
      stored: stored.rows,
      missing,
      doubled: stored.doubled,
      reconnects: sent.reconnects,
    },
    faults: {
      acknowledged: missing + stored.doubled === 0 ? [] : [`${missing} missing, ${stored.doubled} doubled`],
      content: [
        ...(fault === undefined ? [] : [fault]),
        ...(last.drained ? [] : [`not everything was acknowledged within ${DRAIN_S} s`]),
      ],
      protocol: broken.map(([code, times]) => `${times} × ${code}`),
    },
  };
}

interface Mortal {
  readonly deviceId: string;
  readonly client: MortalCrew;
}

async function startMortals(
  run: BenchRun,
  tracker: TrackerProcess,
  seed: number,
  folder: string,
): Promise<readonly Mortal[]> {
  const crews = createCrews(seed + 1, MORTALS);
  await registerCrews(await tracker.admin(), crews);
  return crews.map(({ deviceId, token }, i) => {
    const client = new MortalCrew({
      url: crewUrl(tracker.url),
      token,
      outbox: path.join(folder, `outbox-${i}`),
      everyMs: MORTAL_EVERY_MS,
      nodeArgs: TYPESCRIPT_ARGS,
    });
    run.ending(() => client.kill());
    client.start();
    return { deviceId, client };
  });
}

interface Control {
  readonly agency: string;
  readonly desk: Worker;
  /** What sets the desk to work. */
  readonly start: DeskOrder;
  readonly consumers: readonly MortalConsumer[];
}

/** A desk of an agency of its own, and two consumers of what it does. */
async function startControl(run: BenchRun, tracker: TrackerProcess, seed: number, folder: string): Promise<Control> {
  const units = createCrews(seed + 2, SENT_UNITS);
  const agency = await registerCrews(await tracker.admin(), units);
  const token = await HttpApi.demoToken(tracker.url, agency, ['call_taker', 'dispatcher', 'integrator']);
  const api = new HttpApi(tracker.url, token);
  const { cursor } = await api.get<{ cursor: string }>('/api/v1/feed?after=now');
  const desk = Worker.start('vek-desk-worker.ts');
  run.ending(() => desk.stop());
  const start: DeskOrder = {
    type: 'start',
    url: tracker.url,
    token,
    unitIds: units.map(({ unitId }) => unitId),
    perSecond: VEKS_PER_S,
  };
  const consumers = (['poll', 'socket'] as const).map((way) => {
    const output = path.join(folder, way);
    const consumer = new MortalConsumer({ url: tracker.url, token, way, after: cursor, types: VEK_TYPES, output });
    run.ending(() => consumer.kill());
    consumer.start();
    return consumer;
  });
  return { agency, desk, start, consumers };
}

/** Compares what the killed clients' outboxes took with what is stored, and their calls for help with the alarms. */
async function judgeMortals(tracker: TrackerProcess, mortals: readonly Mortal[]) {
  await Promise.race([Promise.all(mortals.map(({ client }) => client.drain())), sleep(DRAIN_S * 1000)]);
  const client = new pg.Client(tracker.sql);
  client.on('error', () => {}); // a lost connection fails the query, which is where it is heard
  await client.connect();
  const faults: string[] = [];
  let [items, calls, raised] = [0, 0, 0];
  for (const { deviceId, client: mortal } of mortals) {
    const { rows } = await client.query<StoredItem>(MORTAL_ITEMS_SQL, [deviceId]);
    const { missing, doubled, disordered, ackedMissing, errors } = mortal.faultsOf(rows);
    items += rows.length;
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
  return {
    tally: { items, calls, raised },
    faults: {
      clients: faults,
      sos: raised === calls && calls > 0 ? [] : [`${calls} calls, ${raised} raised`],
    },
  };
}

/** One check a question over all rounds; a round that failed is named. */
function judgeRounds(run: BenchRun, database: string, judged: readonly Judged[], roundS: number): void {
  const sums = { ...judged[0]!.tally };
  for (const { tally } of judged.slice(1)) for (const name of keysOf(tally)) sums[name] += tally[name];
  for (const [question, what] of Object.entries(QUESTIONS)) {
    const faults = judged.flatMap(({ faults }, round) =>
      faults[question as Question].map((fault) => `round ${round + 1}: ${fault}`),
    );
    run.check(
      `${database}: ${what}`,
      faults.length === 0,
      faults.length === 0 ? `${judged.length} × ${roundS} s: ${told(sums)}` : faults.join('; '),
    );
  }
}

const keysOf = (tally: Tally) => Object.keys(tally) as (keyof Tally)[];

function told(tally: Tally): string {
  return [
    `${tally.kills} kills of tracker and database, ${tally.clientKills} of clients, ${tally.consumerKills} of consumers`,
    `${tally.sent} fixes sent, ${tally.stored} stored, ${tally.missing} acknowledged and missing, ${tally.doubled} doubled, ${tally.reconnects} reconnects`,
    `${tally.items} items of killed clients`,
    `${tally.calls} calls for help, ${tally.raised} raised`,
    `${tally.veks} VEKs, ${tally.changes} changes by eight writers at once, ${tally.assignments} assignments, ${tally.repeated} commands repeated`,
    `${tally.events} events`,
  ].join('; ');
}

/** Sum of the durable seqs, or undefined while the database does not answer. */
async function storedSeqs(config: pg.ClientConfig): Promise<number | undefined> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS });
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
