/**
 * How soon does a desk know who goes, while the whole fleet reports? First what the choice itself takes, without a tracker; then whether the
 * answers are right, against a scan of all units with times of the matrix; then the times over HTTP; then whether two desks that want one
 * unit ever both get it.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { createRandom, type SeededRandom } from '../fixtures/world/seeded-random.js';
import { haversineM, RequirementSchema } from '../geo-engine/src/index.js';
import type { BenchCrew } from './lib/crew-messages.js';
import { CrewWorkers } from './lib/crew-workers.js';
import type { DispatchEngineOrder, DispatchEngineTimes } from './lib/dispatch-engine-worker.js';
import type { DispatchPeerAnswer, DispatchPeerOrder } from './lib/dispatch-peer-worker.js';
import type { DispatchRoads, DispatchRoadsOrder } from './lib/dispatch-roads-worker.js';
import { SERVICE } from './lib/engine-fleet.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { HttpApi } from './lib/http-api.js';
import { HttpConnections, type WholeAnswer } from './lib/http-connections.js';
import { ArrivalSchedule } from './lib/open-loop.js';
import { type BenchRun, judgeComplaints } from './lib/run.js';
import { quantile } from './lib/statistics.js';
import { mayRunInRealTime, withSteadyClock } from './lib/steady-clock.js';
import { crewUrl, type Target } from './lib/tracker-process.js';
import { Worker } from './lib/worker.js';

const FLEETS = { quick: [10_000], full: [10_000, 100_000] };
const POINTS = { quick: 150_000, full: 1_400_000 };
/** Crews of the bench name no vehicle, and drive as cars. */
const PROFILE = 'car';
/** What the units of the fleet can do, by turns; a card of six lines asks for one after the other. */
const CAPABILITIES = ['extinguish', 'water', 'height_rescue', 'command', 'medical', 'patrol'] as const;
const WANTED = [2, 2, 1, 1, 2, 2] as const;
const QUESTIONS = { quick: 150, full: 1500 };
const TOGETHER = { quick: 15, full: 150 };
/** A busy night's room of desks. Questions come by the clock, whether or not those before are answered. */
const QUESTIONS_PER_S = 25;
const TOGETHER_PER_S = 5;
/** Connections that are kept: a desk that waits for its answer keeps nobody else from asking. */
const DESKS = 8;
/** Less of what was offered became durable: the load was not the one that the figures are of. */
const FULL_LOAD = 0.95;
/** Asked without the engine, for what HTTP itself costs. */
const EMPTY_QUESTIONS = { quick: 40, full: 400 };
const CHECKED = { quick: 10, full: 40 };
const HOLD_RACES = { quick: 200, full: 10_000 };
const WARM_UP = 50;
/** A timer comes this much late, ms: what is due before is waited for turn by turn. */
const TIMER_MS = 1.5;
/** Sockets that one process of ours may have. Of a larger fleet everybody reports once, and the last of them go on. */
const MOST_CONNECTED = 10_000;
/** Of each of several VEKs that are decided together. */
const JOINT_CAPABILITIES = ['extinguish', 'medical'] as const;
const PEER_QUESTIONS = 100;
/** Units of each capability that PostGIS hands to pgRouting: fewer would often miss who is there first. */
const PEER_NEAR = 30;
/** Nearest by straight line that the oracle asks ways of, besides those of the answer: across a wide water they are not among them. */
const ORACLE_UNITS = 90;

interface AnswerUnit {
  readonly unitId: string;
  readonly response: { readonly travelMs: number; readonly offRoadMs: number };
}
interface Answer {
  readonly basis: { readonly travel: string };
  readonly incidents: readonly {
    readonly units: readonly AnswerUnit[];
    readonly lines: readonly { readonly served: readonly { readonly unitId: string }[] }[];
  }[];
}

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed } = run.options;
  const length = quick ? 'quick' : 'full';
  const roadsDir = await run.folder('vanags-bench-dispatch-');
  run.progress(`preparing roads of ${POINTS[length]} points`);
  const worker = Worker.start('dispatch-roads-worker.ts');
  run.ending(() => worker.stop());
  const order: DispatchRoadsOrder = { dir: roadsDir, seed, points: POINTS[length], profile: PROFILE };
  const roads = await worker.ask<DispatchRoads>(order);
  await worker.stop();
  if (run.options.remote === undefined) {
    for (const fleet of FLEETS[length]) await measureEngine(run, roadsDir, fleet, roads, length);
    if (!quick) await besidePostgis(run, roadsDir);
  }
  const env = { ROADS_DIR: roadsDir };
  const isOurs = run.options.remote === undefined;
  const inRealTime = isOurs && (await mayRunInRealTime());
  if (isOurs && !inRealTime)
    run.note('the tracker and the clock had no precedence over the generator of the load and the database');
  for await (const target of run.targets(inRealTime ? { ...env, REAL_TIME: '1' } : env)) {
    for (const fleet of FLEETS[length]) {
      if (run.hasTimeFor(`a fleet of ${fleet}`))
        await measureFleet(run, target, { fleet, inRealTime, figures: `${fleet}` }, roads, length);
    }
    if (await target.issuesTokens()) await raceForHolds(run, target, HOLD_RACES[length]);
    else run.note('two desks of one agency need tokens: holds were not raced for without the issuer of the demo');
  }
  if (!inRealTime || quick) return;
  const [fleet] = FLEETS.full;
  for await (const target of run.targets(env))
    await measureFleet(run, target, { fleet: fleet!, inRealTime: false, figures: `${fleet}.shared` }, roads, length);
}

interface FleetMeasured {
  readonly fleet: number;
  /** Whether tracker and clock come before the generator of the load and the database, which elsewhere have machines of their own. */
  readonly inRealTime: boolean;
  /** In the names of its figures. */
  readonly figures: string;
}

/** A line of a card for each capability, served by units of the bench's agency. */
function linesOf(capabilities: readonly (typeof CAPABILITIES)[number][], service: string) {
  return capabilities.map((capability) => {
    const quantity = WANTED[CAPABILITIES.indexOf(capability)]!;
    return { capability, quantity, service, need: 'must', each: 1 };
  });
}

/** The choice alone, in a process of its own: of what is measured over HTTP, this much is not the tracker's. */
async function measureEngine(
  run: BenchRun,
  dir: string,
  fleet: number,
  { nodes, places }: DispatchRoads,
  length: 'quick' | 'full',
): Promise<void> {
  const where = `${fleet.toLocaleString('en')} units, the engine alone`;
  run.progress(where);
  const worker = Worker.start('dispatch-engine-worker.ts');
  run.ending(() => worker.stop());
  const linesFor = (capabilities: readonly (typeof CAPABILITIES)[number][]) =>
    linesOf(capabilities, SERVICE).map((line) => RequirementSchema.parse(line));
  const order: DispatchEngineOrder = {
    dir,
    seed: run.options.seed,
    places,
    fleet,
    capabilities: CAPABILITIES,
    profile: PROFILE,
    card: linesFor(CAPABILITIES),
    jointCard: linesFor(JOINT_CAPABILITIES),
    questions: QUESTIONS[length],
    jointQuestions: TOGETHER[length],
  };
  const { singleMs, jointMs } = await worker.ask<DispatchEngineTimes>(order);
  await worker.stop();
  const note = `${nodes.toLocaleString('en')} nodes; everybody drives`;
  const figure = (id: string, what: string, value: number) =>
    run.figure({
      id: `dispatch.engine.${fleet}.${id}`,
      what: `${what}, ${where}`,
      value,
      unit: 'ms',
      better: 'less',
      note,
    });
  figure('p50', 'six-line card, p50', quantile(singleMs, 0.5));
  figure('p99', 'six-line card, p99', quantile(singleMs, 0.99));
  figure('together.p50', 'ten VEKs together, p50', quantile(jointMs, 0.5));
  figure('together.p99', 'ten VEKs together, p99', quantile(jointMs, 0.99));
}

/** What a desk would ask of a database with PostGIS and pgRouting: for each line who is there first. No reasons, no choice over lines. */
async function besidePostgis(run: BenchRun, dir: string): Promise<void> {
  run.progress('PostGIS and pgRouting');
  const worker = Worker.start('dispatch-peer-worker.ts');
  run.ending(() => worker.stop());
  const [fleet] = FLEETS.full;
  const order: DispatchPeerOrder = {
    dir,
    seed: run.options.seed,
    points: POINTS.full,
    profile: PROFILE,
    fleet: fleet!,
    capabilities: CAPABILITIES,
    card: linesOf(CAPABILITIES, SERVICE).map((line) => RequirementSchema.parse(line)),
    questions: PEER_QUESTIONS,
    near: PEER_NEAR,
  };
  const answer = await worker.ask<DispatchPeerAnswer>(order);
  await worker.stop();
  if ('missing' in answer) return run.note(`absent: ${answer.missing}`);
  const { version, ourMs, theirMs, lines, equal, quicker } = answer;
  const detail = `${equal} of ${lines} lines have the same times; of ${quicker} pgRouting knows a quicker way`;
  run.check('PostGIS and pgRouting know nobody quicker', quicker === 0 && equal > 0.9 * lines, detail);
  const note = `pgRouting ${version}, the ${PEER_NEAR} nearest of each capability by PostGIS and their ways in one statement, over the roads of the box around them`;
  const figure = (id: string, what: string, value: number, unit: string, better: 'less' | 'more') =>
    run.figure({ id: `dispatch.peer.${id}`, what, value, unit, better, note });
  figure('postgis', 'the quickest for six lines, PostGIS and pgRouting, p50', quantile(theirMs, 0.5), 'ms', 'less');
  figure('engine', 'the same with reasons, the engine, in turn, p50', quantile(ourMs, 0.5), 'ms', 'less');
  const ratios = theirMs.map((ms, i) => ms / ourMs[i]!);
  figure('ratio', 'PostGIS and pgRouting, by the engine', quantile(ratios, 0.5), '×', 'more');
}

async function measureFleet(
  run: BenchRun,
  target: Target,
  measured: FleetMeasured,
  { nodes, places }: DispatchRoads,
  length: 'quick' | 'full',
): Promise<void> {
  const { seed } = run.options;
  const { fleet, figures } = measured;
  const where = `${fleet.toLocaleString('en')} units, ${target.database}${measured.inRealTime || target.database === 'remote' ? '' : ', cores shared'}`;
  run.progress(`registering ${where}`);
  const random = createRandom(seed, 'questions');
  // where the invented country has roads
  const crews = createCrews(seed, fleet).map((crew) => {
    const [lon, lat] = random.pick(places);
    return { ...crew, route: { ...crew.route, lon, lat } };
  });
  const admin = await target.admin();
  const agency = await registerCrews(admin, crews, 1, (i) => [
    { code: CAPABILITIES[i % CAPABILITIES.length]!, quantity: 1 },
  ]);
  const desk = new Desk(target.url, await target.deskToken(agency), agency);
  const { connected, workers } = await everybodyReports(run, target, crews);
  if (connected.length < fleet)
    run.note(`${where}: ${connected.length} of them go on reporting; the others stand where they reported before`);
  const begun = performance.now();
  const { at: firstAt } = await desk.ask([desk.incident(random.pick(connected), CAPABILITIES)]);
  run.figure({
    id: `dispatch.${figures}.first`,
    what: `the first question that anybody asks, whole answer, ${where}`,
    value: firstAt - begun,
    unit: 'ms',
    better: 'less',
    note: 'one question; nothing is reported meanwhile',
  });
  await checkAnswers(run, desk, random, CHECKED[length], where);

  const warmUp = Math.min(WARM_UP, QUESTIONS[length] / 3);
  const singles = EMPTY_QUESTIONS[length] + QUESTIONS[length] + warmUp;
  const togetherS = TOGETHER[length] / TOGETHER_PER_S;
  const seconds = singles / QUESTIONS_PER_S + togetherS + 5;
  if (!run.hasTimeFor(`questions over HTTP, ${where}`, seconds)) return workers.stop();
  const load = workers.step({ seconds, warmUpS: 1, framesPerS: connected.length, fixesPerFrame: 1, drainS: 5 });
  load.catch(() => {}); // awaited below, unless the bench is ended before
  await sleep(1500);
  const one = () => desk.ask([desk.incident(random.pick(connected), CAPABILITIES)]);
  const nothing = () => desk.askNothing();
  const ten = () =>
    desk.ask(Array.from({ length: 10 }, () => desk.incident(random.pick(connected), JOINT_CAPABILITIES)));
  const askAll = async () => {
    run.progress(`one VEK at a time, ${where}`);
    await asked(warmUp, QUESTIONS_PER_S, one);
    const single = await asked(QUESTIONS[length], QUESTIONS_PER_S, one);
    const empty = await asked(EMPTY_QUESTIONS[length], QUESTIONS_PER_S, nothing);
    run.progress(`ten VEKs together, ${where}`);
    const [together, meanwhile] = await Promise.all([
      asked(TOGETHER[length], TOGETHER_PER_S, ten),
      asked(togetherS * QUESTIONS_PER_S, QUESTIONS_PER_S, nothing),
    ]);
    return { single, empty, together, meanwhile };
  };
  const { single, empty, together, meanwhile } = await withSteadyClock(measured.inRealTime, askAll);
  const { ackSummary, durablePerS, offeredPerS, saturated } = await load;
  run.noteSaturation(where, saturated);
  if (durablePerS < FULL_LOAD * offeredPerS)
    run.note(
      `${where}: the load was not full: of ${Math.round(offeredPerS)} fixes/s ${Math.round(durablePerS)} became durable`,
    );
  const note = `${nodes.toLocaleString('en')} nodes; meanwhile ${Math.round(durablePerS)} fixes/s became durable, acknowledged in ${ackSummary.p50.toFixed(0)} ms (p50), ${ackSummary.p99.toFixed(0)} ms (p99); open loop, ${QUESTIONS_PER_S} questions/s, ${TOGETHER_PER_S} of ten VEKs${measured.inRealTime ? '; REAL_TIME: hub, engine and clock come before other threads' : ''}`;
  const figure = (id: string, what: string, value: number) =>
    run.figure({ id: `dispatch.${id}`, what: `${what}, ${where}`, value, unit: 'ms', better: 'less', note });
  figure(`${figures}.p50`, 'six-line card, question → whole answer, p50', quantile(single, 0.5));
  figure(`${figures}.p99`, 'six-line card, question → whole answer, p99', quantile(single, 0.99));
  figure(`${figures}.empty.p50`, 'an answer without the engine (/healthz), p50: the floor', quantile(empty, 0.5));
  figure(`${figures}.empty.p99`, 'an answer without the engine (/healthz), p99', quantile(empty, 0.99));
  const id = figures === `${FLEETS.full[0]}` ? 'together' : `together.${figures}`;
  figure(`${id}.p50`, 'ten VEKs together, p50', quantile(together, 0.5));
  figure(`${id}.p99`, 'ten VEKs together, p99', quantile(together, 0.99));
  figure(
    `${id}.meanwhile.p99`,
    'an answer without the engine while ten VEKs are decided, p99',
    quantile(meanwhile, 0.99),
  );
  const { errors } = await workers.report();
  judgeComplaints(run, where, errors);
  await workers.stop();
}

/** Puts every crew on the picture, as many at a time as may be connected, and keeps the last of them connected. */
async function everybodyReports(run: BenchRun, target: Target, crews: readonly BenchCrew[]) {
  for (let from = 0; ; from += MOST_CONNECTED) {
    const connected = crews.slice(from, from + MOST_CONNECTED);
    run.progress(`crews ${from + 1} to ${from + connected.length} report`);
    const workers = await CrewWorkers.connect(crewUrl(target.url), connected);
    run.ending(() => workers.stop());
    await workers.step({ seconds: 2, warmUpS: 0, framesPerS: connected.length, fixesPerFrame: 1, drainS: 5 });
    if (from + connected.length >= crews.length) return { connected, workers };
    await workers.stop();
  }
}

/** Milliseconds of each question from the instant at which it was due to the last byte of its answer. */
async function asked(count: number, perS: number, ask: () => Promise<WholeAnswer>): Promise<number[]> {
  const schedule = new ArrivalSchedule(performance.now(), perS, 1);
  const answers: Promise<number>[] = [];
  for (let i = 0; i < count; i++) {
    const dueAt = schedule.dueAt(0, i);
    await sleep(Math.max(0, dueAt - TIMER_MS - performance.now()));
    while (performance.now() < dueAt) await nextTurn();
    const answer = ask().then(({ at }) => at - dueAt);
    answer.catch(() => {}); // told once all have been asked
    answers.push(answer);
  }
  return Promise.all(answers);
}

/** Asks as consoles of dispatchers do, over connections that are kept. */
class Desk {
  readonly api: HttpApi;
  readonly service: string;
  readonly #token: string;
  readonly #connections: HttpConnections;

  constructor(url: string, token: string, service: string) {
    this.api = new HttpApi(url, token);
    this.service = service; // the bench's agency is a service of its own
    this.#token = token;
    this.#connections = new HttpConnections(url, DESKS);
  }

  incident({ route }: BenchCrew, capabilities: readonly (typeof CAPABILITIES)[number][]) {
    const requirements = linesOf(capabilities, this.service);
    return { place: { lon: route.lon, lat: route.lat }, priority: 'P2', requirements };
  }

  ask(incidents: readonly object[]): Promise<WholeAnswer> {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    return this.#send('POST', '/api/v1/recommendations', headers, JSON.stringify({ incidents }));
  }

  askNothing(): Promise<WholeAnswer> {
    return this.#send('GET', '/healthz', {}, '');
  }

  async #send(method: string, path: string, headers: Record<string, string>, body: string): Promise<WholeAnswer> {
    const answer = await this.#connections.ask(method, path, headers, body);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text.slice(0, 300)}`);
    return answer;
  }
}

interface LiveUnit {
  readonly id: string;
  readonly lon: number;
  readonly lat: number;
  readonly speedMps: number | null;
  readonly headingDeg: number | null;
}

/** Each line's units against the nearest of all that have the capability, by times of the matrix from where the picture shows them. */
async function checkAnswers(
  run: BenchRun,
  desk: Desk,
  random: SeededRandom,
  questions: number,
  where: string,
): Promise<void> {
  run.progress(`checking answers, ${where}`);
  const { units } = await desk.api.get<{ units: readonly { id: string; capabilities: Record<string, number> }[] }>(
    '/api/v1/units',
  );
  const capabilityOf = new Map(units.map(({ id, capabilities }) => [id, Object.keys(capabilities)[0]!]));
  const { units: live } = await desk.api.get<{ units: readonly LiveUnit[] }>('/api/v1/live');
  let compared = 0;
  let first = '';
  for (let i = 0; i < questions; i++) {
    const { lon, lat } = random.pick(live);
    const requirements = linesOf(CAPABILITIES, desk.service);
    const { text } = await desk.ask([{ place: { lon, lat }, priority: 'P3', requirements }]);
    const { basis, incidents } = JSON.parse(text) as Answer;
    if (basis.travel !== 'roads') continue; // the place lies beyond the invented country
    const { lines, units: chosen } = incidents[0]!;
    for (const [at, capability] of CAPABILITIES.entries()) {
      const served = new Set(lines[at]!.served.map(({ unitId }) => unitId));
      const able = live
        .filter(({ id }) => capabilityOf.get(id) === capability)
        .map((unit) => ({ ...unit, m: haversineM(unit.lon, unit.lat, lon, lat) }))
        .sort((a, b) => a.m - b.m)
        .filter(({ id }, i) => i < ORACLE_UNITS || served.has(id));
      const wanted = (await matrixMs(desk.api, able, { lon, lat })).filter((ms) => ms !== null).sort((a, b) => a - b);
      const got = chosen
        .filter(({ unitId }) => served.has(unitId))
        .map(({ response: { travelMs, offRoadMs } }) => travelMs + offRoadMs)
        .sort((a, b) => a - b);
      compared++;
      const isRight =
        got.length === Math.min(WANTED[at]!, wanted.length) && got.every((ms, n) => Math.abs(ms - wanted[n]!) <= 2);
      if (!isRight) first ||= `question ${i}, ${capability}: ${got} ms, not ${wanted.slice(0, 4)}`;
    }
  }
  if (compared === 0 && run.options.remote !== undefined)
    return run.note(`${where}: the tracker knows no roads where they stand: answers were not compared`);
  run.check(
    `${where}: the nearest of all that can`,
    first === '' && compared > 0,
    first || `${compared} lines equal to the scan`,
  );
}

async function matrixMs(
  api: HttpApi,
  sources: readonly LiveUnit[],
  target: { lon: number; lat: number },
): Promise<(number | null)[]> {
  const places = sources.map(({ lon, lat, speedMps, headingDeg }) => ({ lon, lat, speedMps, headingDeg }));
  const body = { sources: places, targets: [target], profile: PROFILE };
  const { wholeMs } = (await api.post('/api/v1/matrix', body)) as { wholeMs: (number | null)[][] };
  return wholeMs.map(([ms]) => ms ?? null);
}

/** Two desks want one unit at one instant, over and over: one gets it, never both. */
async function raceForHolds(run: BenchRun, target: Target, races: number): Promise<void> {
  run.progress(`racing for holds, ${target.database}`);
  const admin = await target.admin();
  const [crew] = createCrews(run.options.seed + 1, 1);
  const agency = await registerCrews(admin, [crew!]);
  const tokens = await Promise.all(
    [['dispatcher'], ['dispatcher', 'call_taker']].map((roles) => HttpApi.demoToken(target.url, agency, roles)),
  );
  const desks = tokens.map((token) => new HttpApi(target.url, token));
  const veks = [uuidv7(), uuidv7()];
  for (const id of veks) await desks[1]!.post('/api/v1/veks', { id, channel: 'voice', priority: 'P1' });
  let both = 0;
  let neither = 0;
  const begun = performance.now();
  for (let race = 0; race < races; race++) {
    const ids = [uuidv7(), uuidv7()];
    const got = await Promise.all(
      desks.map((desk, i) =>
        desk.post('/api/v1/holds', { id: ids[i], unitId: crew!.unitId, vekId: veks[i]!, seconds: 60 }).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (got[0] && got[1]) both++;
    if (!got[0] && !got[1]) neither++;
    const winner = got[0] ? 0 : 1;
    await fetch(`${target.url}/api/v1/holds/${ids[winner]}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${tokens[winner]}` },
    });
  }
  const seconds = (performance.now() - begun) / 1000;
  run.check(
    `two desks, one unit, ${target.database}: never both`,
    both === 0 && neither === 0,
    `${races} races in ${seconds.toFixed(0)} s: both ${both}, neither ${neither}`,
  );
}
