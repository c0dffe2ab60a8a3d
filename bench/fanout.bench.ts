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
import { slope } from './lib/statistics.js';
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
/** Until the last tick of the slowest level and one digest have come. */
const SETTLE_MS = 2500;
const LEAD_MS = 400;

interface Lengths {
  readonly consoles: readonly number[];
  readonly naive: readonly (readonly ['each' | 'tick', number])[];
  readonly seconds: number;
  readonly warmUpS: number;
}
/** What the budget speaks of comes first, in case no time is left. */
const QUICK: Lengths = { consoles: [50, 0], naive: [['tick', 50]], seconds: 5, warmUpS: 1.5 };
const FULL: Lengths = {
  consoles: [0, 1, 10, 50, 100, 200],
  naive: [
    ['tick', 1],
    ['tick', 10],
    ['tick', 50],
    ['each', 1],
    ['each', 10],
    ['each', 50],
  ],
  seconds: 20,
  warmUpS: 5,
};

export function viewOf(no: number): ConsoleView {
  if (no % NATION_EVERY === NATION_EVERY - 1) return NATION;
  const { lon, lat } = KNOWN_TOWNS[no % TOWNS_LOOKED_AT]!;
  return { level: 'city', box: [lon - CITY_LON, lat - CITY_LAT, lon + CITY_LON, lat + CITY_LAT] };
}

/** What one stretch of load showed. */
interface Showing {
  readonly results: ConsoleResults;
  readonly latency: ReadonlyMap<string, LatencyRecorder>;
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

async function show(
  run: BenchRun,
  where: string,
  lengths: Lengths,
  crews: CrewWorkers,
  consoles: Consoles,
  parts: readonly Part[],
): Promise<Showing> {
  const startAt = Date.now() + LEAD_MS;
  const toAt = startAt + lengths.seconds * 1000;
  await consoles.worker.ask({ type: 'measure', fromAt: startAt + lengths.warmUpS * 1000, toAt });
  const meter = startMeter([...parts, crews.part]);
  const outcome = await crews.step(
    { seconds: lengths.seconds, warmUpS: lengths.warmUpS, framesPerS: UNITS, fixesPerFrame: 1, drainS: 10 },
    startAt,
  );
  const usage = meter();
  await sleep(SETTLE_MS);
  const { results } = await consoles.worker.ask<{ results: ConsoleResults }>({ type: 'results' });
  if (outcome.saturated !== undefined) run.note(`${where}: the generator was the limit: ${outcome.saturated}`);
  if (results.busy > 0.8)
    run.note(
      `${where}: the consoles' process was busy ${Math.round(results.busy * 100)} % of the time and adds to the latency`,
    );
  if (usage.foreignCores > 0.2)
    run.note(`${where}: other processes of the machine used ${usage.foreignCores.toFixed(1)} cores meanwhile`);
  if (results.dropped > 0) run.note(`${where}: ${results.dropped} consoles were dropped`);
  if (results.resyncs > 0) run.note(`${where}: ${results.resyncs} resyncs`);
  return {
    results,
    latency: new Map(Object.entries(results.latency).map(([level, encoded]) => [level, merged([encoded])])),
    hubCores: (usage.cpuMs.hub ?? 0) / usage.elapsedMs,
    measuredS: usage.elapsedMs / 1000,
    sentFixes: outcome.sentFixes,
  };
}

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote } = run.options;
  const lengths = quick ? QUICK : FULL;
  const fleet = createCrews(seed, UNITS);
  const latencyLines: PlotLine[] = [];
  const cpuLines: PlotLine[] = [];
  const curves: PlotLine[] = [];
  const worst = new Map<string, number>();

  let done = false;
  for await (const target of run.targets({ FLUSH_INTERVAL_MS: '200' })) {
    await measure(run, lengths, target, fleet, { latencyLines, cpuLines, curves, worst });
    done = true;
  }
  if (!done) run.check('there was a tracker to measure', false, 'none could be started');

  for (const [id, value] of worst)
    run.figure({
      id,
      what: 'fix due → on the console, p99, on the slower database',
      value,
      unit: 'ms',
      better: 'less',
    });

  if (remote === undefined) {
    const lines = new Map<string, { p99: [number, number][]; cpu: [number, number][] }>();
    for (const [kind, count] of lengths.naive) {
      const name =
        kind === 'each' ? 'naive: a JSON message a fix' : 'naive: all that moved as JSON, four times a second';
      const where = `${name}, ${count} consoles`;
      if (!run.hasTimeFor(where)) break;
      run.progress(where);
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
      const shown = await show(run, where, lengths, crews, consoles, [hub.part]);
      const id = `fanout.naive-${kind}.${count}`;
      const all = shown.latency.get('all');
      const seen = (shown.results.records / (shown.sentFixes * count)) * 100;
      if (all !== undefined)
        for (const [p, value] of [
          ['p50', all.at(50)],
          ['p99', all.at(99)],
        ] as const)
          run.figure({
            id: `${id}.${p}`,
            what: `fix due → on the console, ${p}, ${where}`,
            value,
            unit: 'ms',
            note: `${seen.toFixed(0)} % of the fixes came`,
          });
      run.figure({
        id: `${id}.hub-cores`,
        what: `hub, without any storing, ${where}`,
        value: shown.hubCores,
        unit: 'cores',
      });
      const line = lines.get(name) ?? { p99: [], cpu: [] };
      lines.set(name, line);
      line.p99.push([count, all?.at(99) ?? Number.NaN]);
      line.cpu.push([count, shown.hubCores]);
      await consoles.worker.stop();
      await crews.stop();
      await hub.stop();
    }
    for (const [name, { p99, cpu }] of lines) {
      latencyLines.push({ name, points: p99 });
      cpuLines.push({ name, points: cpu });
    }
  }
  run.plot({
    title: 'Fix due → on the console, p99',
    x: { label: 'consoles', log: true },
    y: { label: 'ms', log: true },
    lines: latencyLines,
  });
  run.plot({
    title: 'Hub CPU, 10 000 fixes/s',
    x: { label: 'consoles', log: true },
    y: { label: 'cores' },
    lines: cpuLines,
  });
  run.plot({
    title: 'Fix due → on the console, by percentile',
    x: { label: 'one in so many is slower', log: true },
    y: { label: 'ms', log: true },
    lines: curves,
  });
}

interface Lines {
  readonly latencyLines: PlotLine[];
  readonly cpuLines: PlotLine[];
  readonly curves: PlotLine[];
  /** p99 by the budget's id. */
  readonly worst: Map<string, number>;
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
  const city: [number, number][] = [];
  const nation: [number, number][] = [];
  const cores: [number, number][] = [];
  // what the compiler does in the first seconds is not what a console costs
  await crews.step({ seconds: lengths.warmUpS * 2, warmUpS: 0, framesPerS: UNITS, fixesPerFrame: 1, drainS: 10 });
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
    const shown = await show(run, where, lengths, crews, consoles, target.parts);
    const id = `fanout.${target.database}`;
    if (target.parts.length > 0) {
      run.figure({
        id: `${id}.${count}.hub-cores`,
        what: `hub at ${UNITS} fixes/s, ${where}`,
        value: shown.hubCores,
        unit: 'cores',
        better: 'less',
      });
      if (count > 0) cores.push([count, shown.hubCores]);
      byBundles.push([shown.results.messages / shown.measuredS, shown.hubCores]);
      bundles += shown.results.messages;
      bytes += shown.results.bytes;
    }
    for (const [level, latency] of shown.latency) {
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
      (level === 'city' ? city : nation).push([count, latency.at(99)]);
      if (count === 50)
        lines.curves.push({
          name: `${level}, ${target.database}`,
          points: latency.curve().map(([p, ms]) => [100 / (100 - p), ms]),
        });
    }
    if (count > 0) await compareShown(run, where, crews, fleet, consoles);
    await consoles.close();
    await consoles.worker.stop();
  }
  lines.latencyLines.push(
    { name: `city, ${target.database}`, points: city },
    { name: `nation, ${target.database}`, points: nation },
  );
  if (byBundles.length > 1)
    run.figure({
      id: `fanout.${target.database}.bundle-cpu`,
      what: `hub CPU a bundle, fitted over the numbers of consoles, ${target.database}`,
      value: slope(byBundles) * 1e6,
      unit: 'µs',
      better: 'less',
      note: `${bundles} bundles of ${Math.round(bytes / Math.max(1, bundles) / 1024)} KiB`,
    });
  if (cores.length > 0) lines.cpuLines.push({ name: `Vanags, ${target.database}`, points: cores });
  const { errors } = await crews.report();
  judgeComplaints(run, target.database, errors);
  await crews.stop();
}

/** Numbers of the units in live frames, in the order of the fleet. The registry is read through its feed: it may take a moment. */
async function unitHandles(
  run: BenchRun,
  url: string,
  token: string,
  fleet: readonly BenchCrew[],
): Promise<Uint32Array> {
  const api = new HttpApi(url, token);
  for (;;) {
    const { units } = await api.get<{ units: { id: string; handle: number }[] }>('/api/v1/units');
    const handles = new Map(units.map(({ id, handle }) => [id, handle]));
    if (fleet.every(({ unitId }) => handles.has(unitId)))
      return Uint32Array.from(fleet, ({ unitId }) => handles.get(unitId)!);
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
