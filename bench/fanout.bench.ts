/** How soon does a fix stand on the consoles, and what does a console cost? 10 000 units at 1 Hz and up to 200 consoles, beside naive hubs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { KNOWN_TOWNS } from '../fixtures/world/towns.js';
import { CellTable, type Level } from '../geo-engine/src/index.js';
import { BenchHub } from './lib/bench-hub.js';
import type { ConsoleResults, ConsoleView, ExpectedPicture } from './lib/console-messages.js';
import type { BenchCrew } from './lib/crew-messages.js';
import { CrewWorkers } from './lib/crew-workers.js';
import type { WireFix } from './lib/fix-encoder.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { HttpApi } from './lib/http-api.js';
import { type LatencyRecorder, merged } from './lib/latency.js';
import { fixInto } from './lib/movement.js';
import { type Part, startMeter } from './lib/processes.js';
import { type BenchRun, judgeComplaints } from './lib/run.js';
import { median, slope } from './lib/statistics.js';
import type { PlotLine } from './lib/svg-plot.js';
import { crewUrl, type Target } from './lib/tracker-process.js';
import { Worker } from './lib/worker.js';

const UNITS = 10_000;
const LEVELS = ['nation', 'region', 'city'] as const;
const NATION: ConsoleView = { level: 'nation', box: [20.9, 55.6, 28.3, 58.1] };
/** Every so manieth console looks at the whole country; the others at a town and what lies round it. */
const NATION_EVERY = 5;
const TOWNS_LOOKED_AT = 10;
/** Degrees from a town's centre to the edges of a city view. */
const CITY_LON = 0.25;
const CITY_LAT = 0.13;
/** Until the last tick of the slowest level has come, ms; and until one digest has, too. */
const LAST_TICK_MS = 1200;
const LAST_DIGEST_MS = 1300;
const LEAD_MS = 400;
/** Units that were registered are known to all of the tracker long before. */
const KNOWN_MS = 60_000;
/** What a quick window takes beside its load, and the comparison after the last, seconds. */
const AROUND_WINDOW_S = 3;

type NaiveKind = 'each' | 'tick';

interface Lengths {
  readonly consoles: readonly number[];
  /** At which of these numbers of consoles naive hubs take turns with the tracker. */
  readonly naive: Readonly<Record<number, readonly NaiveKind[]>>;
  /** Windows of load, of so many seconds each, of which the first ones are not measured. */
  readonly windows: number;
  readonly seconds: number;
  readonly warmUpS: number;
  /** What the compiler does in the first seconds is not what a console costs. */
  readonly firstWarmUpS: number;
}
const QUICK: Lengths = {
  consoles: [50],
  naive: { 50: ['tick'] },
  windows: 2,
  seconds: 3.5,
  warmUpS: 0.5,
  firstWarmUpS: 3,
};
const FULL: Lengths = {
  consoles: [0, 1, 10, 50, 100, 200],
  naive: { 1: ['tick', 'each'], 10: ['tick', 'each'], 50: ['tick', 'each'] },
  windows: 3,
  seconds: 9,
  warmUpS: 1.5,
  firstWarmUpS: 10,
};

export function viewOf(no: number): ConsoleView {
  if (no % NATION_EVERY === NATION_EVERY - 1) return NATION;
  const { lon, lat } = KNOWN_TOWNS[no % TOWNS_LOOKED_AT]!;
  return { level: 'city', box: [lon - CITY_LON, lat - CITY_LAT, lon + CITY_LON, lat + CITY_LAT] };
}

/** A hub with all its crews and some consoles. */
interface Scene {
  readonly where: string;
  readonly crews: CrewWorkers;
  readonly consoles: Consoles;
  readonly count: number;
  readonly parts: readonly Part[];
  /** What each window showed. */
  readonly shown: Showing[];
}

/** What one window of load showed. */
interface Showing {
  readonly results: ConsoleResults;
  readonly hubCores: number;
  readonly measuredS: number;
  readonly sentFixes: number;
}

/** Consoles of one process, which may be another's than the last time. */
class Consoles {
  readonly worker = Worker.start('console-worker.ts');

  async open(url: string, token: string, count: number, handles: Uint32Array, naive: boolean): Promise<void> {
    const views = Array.from({ length: count }, (_, no) => viewOf(no));
    const { failed } = await this.worker.ask<{ failed: readonly string[] }>({
      type: 'open',
      url,
      token,
      views,
      handles,
      naive,
    });
    if (failed.length > 0) throw new Error(`${failed.length} of ${count} consoles were refused: ${failed[0]}`);
  }

  close(): Promise<unknown> {
    return this.worker.ask({ type: 'close' });
  }
}

/** One window of load on a scene. */
async function show(run: BenchRun, lengths: Lengths, scene: Scene): Promise<void> {
  const { where, crews, consoles, parts } = scene;
  const startAt = Date.now() + LEAD_MS;
  const toAt = startAt + lengths.seconds * 1000;
  await consoles.worker.ask({ type: 'measure', fromAt: startAt + lengths.warmUpS * 1000, toAt });
  const meter = startMeter([...parts, crews.part]);
  const outcome = await crews.step(
    { seconds: lengths.seconds, warmUpS: lengths.warmUpS, framesPerS: UNITS, fixesPerFrame: 1, drainS: 10 },
    startAt,
  );
  const usage = meter();
  await sleep(LAST_TICK_MS);
  const { results } = await consoles.worker.ask<{ results: ConsoleResults }>({ type: 'results' });
  run.noteSaturation(where, outcome.saturated);
  if (results.busy > 0.8)
    run.note(
      `${where}: the consoles' process was busy ${Math.round(results.busy * 100)} % of the time and adds to the latency`,
    );
  if (usage.foreignCores > 0.2)
    run.note(`${where}: other processes of the machine used ${usage.foreignCores.toFixed(1)} cores meanwhile`);
  if (results.dropped > 0) run.note(`${where}: ${results.dropped} consoles were dropped`);
  if (results.resyncs > 0) run.note(`${where}: ${results.resyncs} resyncs`);
  scene.shown.push({
    results,
    hubCores: (usage.cpuMs.hub ?? 0) / usage.elapsedMs,
    measuredS: usage.elapsedMs / 1000,
    sentFixes: outcome.sentFixes,
  });
}

/** Latency by level of view, over all windows. */
function latencies({ shown }: Scene): ReadonlyMap<string, LatencyRecorder> {
  const levels = new Set(shown.flatMap(({ results }) => Object.keys(results.latency)));
  return new Map(
    [...levels].map((level) => [level, merged(shown.flatMap(({ results }) => results.latency[level] ?? []))]),
  );
}

const hubCores = ({ shown }: Scene) => median(shown.map((one) => one.hubCores));

export async function bench(run: BenchRun): Promise<void> {
  const lengths = run.options.quick ? QUICK : FULL;
  const fleet = createCrews(run.options.seed, UNITS);
  const lines: Lines = { latency: new Map(), cpu: new Map(), curves: [], worst: new Map() };

  let measured = 0;
  for await (const target of run.targets({ FLUSH_INTERVAL_MS: '200' })) {
    // naive hubs store nothing: one database to compare them with is enough
    await measure(
      run,
      measured === 0 && run.options.remote === undefined ? lengths : { ...lengths, naive: {} },
      target,
      fleet,
      lines,
    );
    measured++;
  }
  if (measured === 0) run.check('there was a tracker to measure', false, 'none could be started');

  for (const [id, value] of lines.worst)
    run.figure({
      id,
      what: 'fix due → on the console, p99, on the slower database',
      value,
      unit: 'ms',
      better: 'less',
    });
  const asLines = (points: ReadonlyMap<string, [number, number][]>): PlotLine[] =>
    [...points].map(([name, of]) => ({ name, points: of }));
  run.plot({
    title: 'Fix due → on the console, p99',
    x: { label: 'consoles', log: true },
    y: { label: 'ms', log: true },
    lines: asLines(lines.latency),
  });
  run.plot({
    title: 'Hub CPU, 10 000 fixes/s',
    x: { label: 'consoles', log: true },
    y: { label: 'cores' },
    lines: asLines(lines.cpu),
  });
  run.plot({
    title: 'Fix due → on the console, by percentile',
    x: { label: 'one in so many is slower', log: true },
    y: { label: 'ms', log: true },
    lines: lines.curves,
  });
}

interface Lines {
  /** Points by the line's name. */
  readonly latency: Map<string, [number, number][]>;
  readonly cpu: Map<string, [number, number][]>;
  readonly curves: PlotLine[];
  /** p99 by the budget's id. */
  readonly worst: Map<string, number>;
}

function addPoint(lines: Map<string, [number, number][]>, name: string, x: number, y: number): void {
  const line = lines.get(name) ?? [];
  lines.set(name, line);
  line.push([x, y]);
}

async function measure(
  run: BenchRun,
  lengths: Lengths,
  target: Target,
  fleet: readonly BenchCrew[],
  lines: Lines,
): Promise<void> {
  const api = await target.admin();
  run.progress(`${target.database}: registering ${UNITS} units`);
  const agency = await registerCrews(api, fleet);
  const token = await target.deskToken(agency);
  const handles = await unitHandles(run, target.url, token, fleet);
  run.progress(`${target.database}: connecting`);
  const crews = await CrewWorkers.connect(crewUrl(target.url), fleet);
  run.ending(() => crews.stop());
  await crews.step({ seconds: lengths.firstWarmUpS, warmUpS: 0, framesPerS: UNITS, fixesPerFrame: 1, drainS: 10 });
  const byBundles: [number, number][] = []; // bundles a second → cores of the hub
  let bundles = 0;
  let bytes = 0;
  for (const count of lengths.consoles) {
    const where = `${target.database}, ${count} consoles`;
    if (!run.hasTimeFor(where)) break;
    run.progress(where);
    const consoles = new Consoles();
    run.ending(() => consoles.worker.stop());
    await consoles.open(target.url, token, count, handles, false);
    const scene: Scene = { where, crews, consoles, count, parts: target.parts, shown: [] };
    const naive: { readonly kind: NaiveKind; readonly scene: Scene; readonly stop: () => Promise<void> }[] = [];
    for (const kind of lengths.naive[count] ?? []) naive.push({ kind, ...(await naiveScene(run, kind, count, fleet)) });
    const scenes = [scene, ...naive.map((other) => other.scene)];
    for (let window = 0; window < lengths.windows; window++) {
      if (window > 0 && !run.hasTimeFor('another window', scenes.length * (lengths.seconds + AROUND_WINDOW_S))) break;
      for (const one of scenes) {
        run.progress(`${one.where}: ${window + 1} of ${lengths.windows}`);
        await show(run, lengths, one);
      }
    }
    reportScene(run, target, scene, lines);
    for (const other of naive) {
      reportNaive(run, other.kind, other.scene, scene, lines);
      await other.stop();
    }
    for (const { results, measuredS, hubCores: used } of scene.shown) {
      if (target.parts.length > 0) byBundles.push([results.messages / measuredS, used]);
      bundles += results.messages;
      bytes += results.bytes;
    }
    if (count > 0) {
      await sleep(LAST_DIGEST_MS);
      await compareShown(run, where, crews, fleet, consoles);
    }
    await consoles.close();
    await consoles.worker.stop();
  }
  if (lengths.consoles.length > 1 && byBundles.length > 1)
    run.figure({
      id: `fanout.${target.database}.bundle-cpu`,
      what: `hub CPU a bundle, fitted over the numbers of consoles, ${target.database}`,
      value: slope(byBundles) * 1e6,
      unit: 'µs',
      better: 'less',
      note: `${bundles} bundles of ${Math.round(bytes / Math.max(1, bundles) / 1024)} KiB`,
    });
  const { errors } = await crews.report();
  judgeComplaints(run, target.database, errors);
  await crews.stop();
}

function reportScene(run: BenchRun, { database, parts }: Target, scene: Scene, lines: Lines): void {
  const { where, count } = scene;
  const id = `fanout.${database}`;
  if (parts.length > 0) {
    run.figure({
      id: `${id}.${count}.hub-cores`,
      what: `hub at ${UNITS} fixes/s, ${where}`,
      value: hubCores(scene),
      unit: 'cores',
      better: 'less',
    });
    if (count > 0) addPoint(lines.cpu, `Vanags, ${database}`, count, hubCores(scene));
  }
  for (const [level, latency] of latencies(scene)) {
    for (const p of [50, 99, 99.9])
      run.figure({
        id: `${id}.${level}.${count}.p${String(p).replace('.', '')}`,
        what: `fix due → on the console, p${p}, ${level} views, ${where}`,
        value: latency.at(p),
        unit: 'ms',
        better: 'less',
      });
    const budget = `fanout.${level}.${count}.p99`;
    lines.worst.set(budget, Math.max(latency.at(99), lines.worst.get(budget) ?? 0));
    addPoint(lines.latency, `${level}, ${database}`, count, latency.at(99));
    if (count === 50)
      lines.curves.push({
        name: `${level}, ${database}`,
        points: latency.curve().map(([p, ms]) => [100 / (100 - p), ms]),
      });
  }
}

const NAIVE_NAMES: Readonly<Record<NaiveKind, string>> = {
  each: 'naive: a JSON message a fix',
  tick: 'naive: all that moved as JSON, four times a second',
};

/** A naive hub with the same crews and as many consoles, ready to take turns with the tracker. */
async function naiveScene(
  run: BenchRun,
  kind: NaiveKind,
  count: number,
  fleet: readonly BenchCrew[],
): Promise<{ scene: Scene; stop: () => Promise<void> }> {
  const where = `${NAIVE_NAMES[kind]}, ${count} consoles`;
  run.progress(`${where}: connecting`);
  const hub = await BenchHub.start(kind);
  run.ending(() => hub.stop());
  const crews = await CrewWorkers.connect(crewUrl(hub.url), fleet);
  run.ending(() => crews.stop());
  const consoles = new Consoles();
  run.ending(() => consoles.worker.stop());
  await consoles.open(
    hub.url,
    '',
    count,
    Uint32Array.from(fleet, (_, i) => i),
    true,
  );
  const stop = async () => {
    await consoles.worker.stop();
    await crews.stop();
    await hub.stop();
  };
  return { scene: { where, crews, consoles, count, parts: [hub.part], shown: [] }, stop };
}

function reportNaive(run: BenchRun, kind: NaiveKind, scene: Scene, ours: Scene, lines: Lines): void {
  const { where, count, shown } = scene;
  const id = `fanout.naive-${kind}.${count}`;
  const all = latencies(scene).get('all');
  const came = shown.reduce((sum, { results }) => sum + results.records, 0);
  const sent = shown.reduce((sum, { sentFixes }) => sum + sentFixes, 0) * count;
  if (all !== undefined)
    for (const p of [50, 99])
      run.figure({
        id: `${id}.p${p}`,
        what: `fix due → on the console, p${p}, ${where}`,
        value: all.at(p),
        unit: 'ms',
        note: `${((came / sent) * 100).toFixed(0)} % of the fixes came`,
      });
  run.figure({
    id: `${id}.hub-cores`,
    what: `hub, without any storing, ${where}`,
    value: hubCores(scene),
    unit: 'cores',
  });
  run.figure({
    id: `fanout.ratio.naive-${kind}.${count}.hub-cores`,
    what: `it uses so many times the CPU of the tracker, ${where}, median of pairs`,
    value: median(shown.map((one, i) => one.hubCores / ours.shown[i]!.hubCores)),
    unit: '×',
    better: 'more',
  });
  addPoint(lines.latency, NAIVE_NAMES[kind], count, all?.at(99) ?? Number.NaN);
  addPoint(lines.cpu, NAIVE_NAMES[kind], count, hubCores(scene));
}

/** Numbers of the units in live frames, in the order of the fleet. The registry is read through its feed: it may take a moment. */
async function unitHandles(
  run: BenchRun,
  url: string,
  token: string,
  fleet: readonly BenchCrew[],
): Promise<Uint32Array> {
  const api = new HttpApi(url, token);
  const until = performance.now() + KNOWN_MS;
  for (;;) {
    const { units } = await api.get<{ units: { id: string; handle: number }[] }>('/api/v1/units');
    const handles = new Map(units.map(({ id, handle }) => [id, handle]));
    if (fleet.every(({ unitId }) => handles.has(unitId)))
      return Uint32Array.from(fleet, ({ unitId }) => handles.get(unitId)!);
    if (performance.now() > until) {
      const shown = fleet.filter(({ unitId }) => handles.has(unitId)).length;
      throw new Error(`the desk’s token shows ${shown} of ${fleet.length} units: its agency must see those of others`);
    }
    run.progress('waiting for the units to be known');
    await sleep(500);
  }
}

/** Checksum: what every console shows is what was sent, unit by unit, no more and no less. */
async function compareShown(
  run: BenchRun,
  where: string,
  crews: CrewWorkers,
  fleet: readonly BenchCrew[],
  consoles: Consoles,
): Promise<void> {
  const { lastTime } = await crews.report();
  const table = new CellTable();
  const cells = {
    nation: new Uint32Array(UNITS * 2),
    region: new Uint32Array(UNITS * 2),
    city: new Uint32Array(UNITS * 2),
  };
  const expected: ExpectedPicture = {
    lonE7: new Int32Array(UNITS),
    latE7: new Int32Array(UNITS),
    fixTime: new Float64Array(UNITS),
    cells,
  };
  const fix: WireFix = {
    timeMs: 0,
    lonE7: 0,
    latE7: 0,
    speedCmps: 0,
    headingCdeg: 0,
    accuracyDm: 0,
    altitudeM: 0,
    flags: 0,
  };
  for (const [i, { route }] of fleet.entries()) {
    fixInto(fix, route, lastTime[i]!);
    expected.lonE7[i] = fix.lonE7;
    expected.latE7[i] = fix.latE7;
    expected.fixTime[i] = fix.timeMs;
    const cell = table.cellAt(fix.lonE7 / 1e7, fix.latE7 / 1e7);
    for (const [level, name] of LEVELS.entries()) {
      const h3 = table.h3Index(level as Level, table.parent(cell, level as Level));
      cells[name][i * 2] = Number(h3 & 0xffff_ffffn);
      cells[name][i * 2 + 1] = Number(h3 >> 32n);
    }
  }
  const { faults, units } = await consoles.worker.ask<{ faults: readonly string[]; units: number }>({
    type: 'compare',
    expected,
  });
  run.check(
    `${where}: the consoles show what was sent`,
    faults.length === 0,
    faults.length === 0
      ? `${units} units on all of them, each at its last place and time`
      : `${faults.length} consoles differ: ${faults[0]}`,
  );
}
