/** How many fixes a second become durable, how soon are they acknowledged, and what does one cost, alone in its frame and in company? */
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchHub } from './lib/bench-hub.js';
import { checkStored } from './lib/check-stored.js';
import { CONNECTIONS_PER_S, CrewWorkers, type StepOutcome } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { merged } from './lib/latency.js';
import { type Part, residentBytes, startMeter, type Usage } from './lib/processes.js';
import type { BenchRun } from './lib/run.js';
import { median } from './lib/statistics.js';
import type { PlotLine } from './lib/svg-plot.js';
import { crewUrl, type Target } from './lib/tracker-process.js';

/** The protocol lets a crew send 20 frames a second. */
const FRAMES_PER_CREW = 18;
/** Enough that the database never waits for us, also while acks are paced; little enough that the hub never refuses. */
const MAX_OUTSTANDING = 60_000;
/** The share of the capacity at which cost is counted: a service that is run hotter has no room for a bad minute. */
const STEADY_SHARE = 0.7;
/** The share at which the budget of the acks holds. */
const HALF = 0.5;
const LEAST_FRAMES_PER_S = 50;
const LADDER = [0.1, 0.25, 0.85, 1];
const GROWTH = [1000, 10_000, 100_000];
/** The limit on open files of the tracker may be 20 000. */
const MOST_CONNECTED = 15_000;
const GROWTH_PER_S = 5000;
/** What the harness is to drive into a hub that does nothing, fixes a second. */
const DRIVE_PER_S = 150_000;
const DRIVE_ENOUGH_PER_S = 100_000;

interface Lengths {
  /** The fleet: each of its crews sends a fix a second under full fix load. */
  readonly crews: number;
  readonly frames: readonly number[];
  readonly capacityS: number;
  /** Seconds of a step of the ladder, of the growth, of the drive and at half the capacity, and of that what is not measured. */
  readonly stepS: number;
  readonly warmUpS: number;
  /** Windows in which the tracker and the null hub, with acks and without, take turns at the same rate. */
  readonly windows: number;
  readonly windowS: number;
  readonly windowWarmUpS: number;
}
const QUICK: Lengths = {
  crews: 4000,
  frames: [10, 1],
  capacityS: 2.5,
  stepS: 2,
  warmUpS: 1,
  windows: 2,
  windowS: 1.2,
  windowWarmUpS: 0.4,
};
const FULL: Lengths = {
  crews: 10_000,
  frames: [1, 10, 50],
  capacityS: 12,
  stepS: 10,
  warmUpS: 2,
  windows: 4,
  windowS: 6,
  windowWarmUpS: 1,
};

/** A hub that does nothing with crews of its own: what the harness costs, measured in turn with the tracker. */
interface Beside {
  readonly hub: BenchHub;
  readonly workers: CrewWorkers;
}

/** A step with what the operating system says it cost. */
interface Metered {
  readonly outcome: StepOutcome;
  readonly usage: Usage;
}

async function metered(
  workers: CrewWorkers,
  parts: readonly Part[],
  step: Parameters<CrewWorkers['step']>[0],
): Promise<Metered> {
  const stop = startMeter([...parts, workers.part]);
  const outcome = await workers.step(step);
  return { outcome, usage: stop() };
}

/** Microseconds of a part's CPU a fix. */
const perFix = (part: string, { usage, outcome }: Metered) => ((usage.cpuMs[part] ?? 0) * 1000) / outcome.sentFixes;

function saidAloud(run: BenchRun, where: string, { outcome, usage }: Metered): void {
  run.noteSaturation(where, outcome.saturated);
  if (usage.foreignCores > 0.2)
    run.note(`${where}: other processes of the machine used ${usage.foreignCores.toFixed(1)} cores meanwhile`);
  if (!outcome.drained) run.note(`${where}: not everything was acknowledged in time`);
}

/** What the benches of one database and one size of frame add to the plots. */
interface Plotted {
  readonly curves: PlotLine[];
  readonly ladder: PlotLine[];
  readonly costs: PlotLine[];
}

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote } = run.options;
  const lengths = quick ? QUICK : FULL;
  const crews = createCrews(seed, lengths.crews);
  const plotted: Plotted = { curves: [], ladder: [], costs: [] };
  const beside = remote === undefined ? await drive(run, crews, lengths) : undefined;

  for await (const target of run.targets()) {
    const { agency, workers } = await connect(run, target, crews);
    const cpuLine: [number, number][] = [];
    for (const fixes of lengths.frames) {
      const where = `${target.database}, ${fixes} a frame`;
      if (!run.hasTimeFor(where)) break;
      const capacity = await capacityOf(run, target, workers, lengths, fixes);
      const hubCpu = await steady(run, target, workers, beside, lengths, fixes, capacity, plotted);
      if (hubCpu !== undefined) cpuLine.push([fixes, hubCpu]);
      const half = await halfOf(run, target, workers, lengths, fixes, capacity);
      if (!quick && fixes < 50) await ladder(run, target, workers, lengths, fixes, capacity, half, plotted);
    }
    if (cpuLine.length > 0) plotted.costs.push({ name: target.database, points: cpuLine });
    // the last, as a tracker that has been at work for a while
    if (run.hasTimeFor(`full fix load on ${target.database}`)) await fullLoad(run, target, workers, beside, lengths);
    await checkStored(run, target, workers, agency);
    await workers.stop();
    if (!quick && remote === undefined && target.database === 'postgres') await growth(run, target);
  }
  run.plot({
    title: 'Latency until durable, by percentile',
    x: { label: 'one in so many is slower', log: true },
    y: { label: 'ms', log: true },
    lines: plotted.curves,
  });
  if (!quick)
    run.plot({
      title: 'Throughput against latency (p99)',
      x: { label: 'durable fixes/s' },
      y: { label: 'ms', log: true },
      lines: plotted.ladder,
    });
  run.plot({
    title: 'Hub CPU a fix',
    x: { label: 'fixes a frame', log: true },
    y: { label: 'µs' },
    lines: plotted.costs,
  });
}

/** Starts a hub that does nothing and shows how much the harness can drive. */
async function drive(run: BenchRun, crews: ReturnType<typeof createCrews>, lengths: Lengths): Promise<Beside> {
  const hub = await BenchHub.start('null');
  run.ending(() => hub.stop());
  const workers = await CrewWorkers.connect(crewUrl(hub.url), crews);
  run.ending(() => workers.stop());
  const where = `null hub, ${DRIVE_PER_S} fixes/s`;
  run.progress(where);
  const driven = await metered(workers, [hub.part], {
    seconds: lengths.stepS,
    warmUpS: lengths.warmUpS,
    framesPerS: DRIVE_PER_S / 10,
    fixesPerFrame: 10,
    drainS: 5,
  });
  saidAloud(run, where, driven);
  const { durablePerS, sendLag } = driven.outcome;
  if (durablePerS < DRIVE_ENOUGH_PER_S)
    run.note(
      `the harness drove ${Math.round(durablePerS)} fixes/s only, because ${driven.outcome.saturated ?? 'the machine had no more to give'}`,
    );
  run.figure({
    id: 'ingest.null.driven',
    what: 'driven into a hub that does nothing, 10 a frame, one process, open loop',
    value: durablePerS,
    unit: 'fixes/s',
    better: 'more',
    note: `${cores(driven.usage)}; sent at most ${sendLag.p99.toFixed(1)} ms late (p99)`,
  });
  return { hub, workers };
}

/** Registers the crews and lets them all in. */
async function connect(
  run: BenchRun,
  target: Target,
  crews: ReturnType<typeof createCrews>,
): Promise<{ agency: string; workers: CrewWorkers }> {
  const api = await target.admin();
  run.progress(`${target.database}: registering ${crews.length} crews`);
  const agency = await registerCrews(api, crews);
  await sleep(500);
  run.progress(`${target.database}: connecting`);
  const workers = await CrewWorkers.connect(crewUrl(target.url), crews);
  run.ending(() => workers.stop());
  run.figure({
    id: `ingest.${target.database}.connect`,
    what: `${crews.length} crews come at ${CONNECTIONS_PER_S} a second: until the last may send, ${target.database}`,
    value: workers.connectedInS,
    unit: 's',
    better: 'less',
  });
  return { agency, workers };
}

/** Fixes a second that become durable when as many are sent as it takes. */
async function capacityOf(
  run: BenchRun,
  target: Target,
  workers: CrewWorkers,
  lengths: Lengths,
  fixes: number,
): Promise<number> {
  const where = `${target.database}, ${fixes} a frame`;
  run.progress(`${where}: capacity`);
  const most = await metered(workers, target.parts, {
    seconds: lengths.capacityS,
    warmUpS: lengths.warmUpS,
    framesPerS: lengths.crews * FRAMES_PER_CREW,
    fixesPerFrame: fixes,
    maxOutstanding: MAX_OUTSTANDING,
    drainS: 10,
  });
  saidAloud(run, `${where}, capacity`, most);
  const { durablePerS } = most.outcome;
  run.figure({
    id: `ingest.${target.database}.${fixes}.capacity`,
    what: `durable fixes, as many as it takes, ${where}`,
    value: durablePerS,
    unit: 'fixes/s',
    better: 'more',
    note: cores(most.usage),
  });
  return durablePerS;
}

/**
 * Full fix load: every crew sends a fix a second, alone in its frame, and has its own ack for it. A hub that has little to do wakes up for
 * each; crews that send faster share an ack among several frames.
 */
async function fullLoad(
  run: BenchRun,
  target: Target,
  workers: CrewWorkers,
  beside: Beside | undefined,
  lengths: Lengths,
): Promise<void> {
  const turns = await inTurn(run, target, workers, beside, lengths, `${target.database}, full fix load`, {
    framesPerS: lengths.crews,
    fixesPerFrame: 1,
  });
  const where = `${lengths.crews} crews, a fix a second each, ${target.database}`;
  reportTurns(run, `ingest.${target.database}.load`, where, turns);
}

/** Latency and cost at a steady rate. Returns the hub's microseconds a fix, where they can be counted. */
async function steady(
  run: BenchRun,
  target: Target,
  workers: CrewWorkers,
  beside: Beside | undefined,
  lengths: Lengths,
  fixes: number,
  capacity: number,
  plotted: Plotted,
): Promise<number | undefined> {
  const where = `${target.database}, ${fixes} a frame`;
  const turns = await inTurn(run, target, workers, beside, lengths, where, {
    framesPerS: Math.max(LEAST_FRAMES_PER_S, (capacity * STEADY_SHARE) / fixes),
    fixesPerFrame: fixes,
  });
  const ack = mergedAcks(turns.ours);
  plotted.curves.push({ name: where, points: ack.curve().map(([p, ms]) => [100 / (100 - p), ms]) });
  plotted.ladder.push({
    name: where,
    points: [[median(turns.ours.map(({ outcome }) => outcome.durablePerS)), ack.at(99)]],
  });
  return reportTurns(run, `ingest.${target.database}.${fixes}`, where, turns);
}

/** What one rate costs the tracker and, in turn with it, the null hub: acknowledging as the tracker does, and only receiving. */
interface Turns {
  readonly ours: readonly Metered[];
  /** As many as `ours`; none where there is no null hub. */
  readonly acking: readonly Metered[];
  readonly receiving: readonly Metered[];
}

/** Windows at one rate take turns: so a slow minute of the machine falls on all, and what is made of them holds. */
async function inTurn(
  run: BenchRun,
  target: Target,
  workers: CrewWorkers,
  beside: Beside | undefined,
  lengths: Lengths,
  where: string,
  load: { readonly framesPerS: number; readonly fixesPerFrame: number },
): Promise<Turns> {
  const step = { ...load, seconds: lengths.windowS, warmUpS: lengths.windowWarmUpS, drainS: 20 };
  const turns = { ours: [] as Metered[], acking: [] as Metered[], receiving: [] as Metered[] };
  for (let window = 0; window < lengths.windows; window++) {
    const perS = Math.round(step.framesPerS * step.fixesPerFrame);
    run.progress(`${where}: ${perS} fixes/s, ${window + 1} of ${lengths.windows}`);
    turns.ours.push(await metered(workers, target.parts, step));
    saidAloud(run, `${where}, steady`, turns.ours.at(-1)!);
    if (beside === undefined) continue;
    turns.acking.push(await metered(beside.workers, [beside.hub.part], step));
    saidAloud(run, `${where}, null hub`, turns.acking.at(-1)!);
    await beside.hub.acknowledge(false);
    turns.receiving.push(await metered(beside.workers, [beside.hub.part], { ...step, drainS: 0 }));
    await beside.hub.acknowledge(true);
    run.noteSaturation(`${where}, null hub without acks`, turns.receiving.at(-1)!.outcome.saturated);
  }
  return turns;
}

/** Latency and cost of windows, and of those of the null hub beside them. Returns the hub's microseconds a fix, where they can be counted. */
function reportTurns(run: BenchRun, id: string, where: string, turns: Turns): number | undefined {
  const { ours, acking, receiving } = turns;
  const at = `at ${Math.round(median(ours.map(({ outcome }) => outcome.offeredPerS)))} fixes/s, open loop`;
  const ack = mergedAcks(ours);
  for (const p of [50, 99, 99.9])
    run.figure({
      id: `${id}.ack.p${String(p).replace('.', '')}`,
      what: `due → acknowledged, p${p}, ${where}`,
      value: ack.at(p),
      unit: 'ms',
      better: 'less',
      note: at,
    });
  const cpu = (part: string, of: readonly Metered[]) => of.map((one) => perFix(part, one));
  for (const part of ['hub', 'database', 'generator'] as const) {
    if (ours[0]!.usage.cpuMs[part] === undefined) continue;
    const values = cpu(part, ours);
    run.figure({
      id: `${id}.${part}-cpu`,
      what: `${part} CPU a fix, ${where}, median`,
      value: median(values),
      unit: 'µs',
      better: 'less',
      note: `${at}; ${spread(values)} in ${values.length} windows`,
    });
  }
  if (acking.length === 0) return undefined;
  const [hub, nothing, silent] = [cpu('hub', ours), cpu('hub', acking), cpu('hub', receiving)];
  run.figure({
    id: `${id}.null.hub-cpu`,
    what: `CPU a fix of a hub that does nothing, at the same rate in turn with it, ${where}`,
    value: median(nothing),
    unit: 'µs',
    note: `${acksPerFix(acking).toFixed(2)} acks a fix; ${spread(nothing)} in ${nothing.length} windows`,
  });
  run.figure({
    id: `${id}.null.receive-cpu`,
    what: `CPU a fix of the same hub while it acknowledges nothing, ${where}`,
    value: median(silent),
    unit: 'µs',
    note: `${spread(silent)} in ${silent.length} windows`,
  });
  run.figure({
    id: `${id}.null.ack.p99`,
    what: `due → acknowledged by it at the same pace, p99: the floor, ${where}`,
    value: mergedAcks(acking).at(99),
    unit: 'ms',
  });
  run.figure({
    id: `${id}.ratio.null`,
    what: `hub CPU a fix by that of the hub that does nothing, ${where}, median of pairs`,
    value: median(hub.map((value, i) => value / nothing[i]!)),
    unit: '×',
    better: 'less',
  });
  const ackUs = ours.map((_, i) => ownAcksUs(ours[i]!, acking[i]!, receiving[i]!));
  const hubUs = median(hub);
  const note =
    `${hubUs.toFixed(1)} with its ${acksPerFix(ours).toFixed(2)} acks, which are ${median(ackUs).toFixed(1)} of it: a hub that does nothing takes ` +
    `${median(nothing).toFixed(1)} with ${acksPerFix(acking).toFixed(2)} and ${median(silent).toFixed(1)} without; ${at}`;
  run.figure({
    id: `${id}.ack-cpu`,
    what: `of the hub’s CPU a fix what its acks cost, ${where}`,
    value: median(ackUs),
    unit: 'µs',
    note,
  });
  run.figure({
    id: `${id}.commit-cpu`,
    what: `hub CPU a fix, all of the way to commit, ${where}, median`,
    value: median(hub.map((value, i) => value - ackUs[i]!)),
    unit: 'µs',
    better: 'less',
    note,
  });
  return hubUs;
}

const spread = (values: readonly number[]) => `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`;

const acksPerFix = (steps: readonly Metered[]) => median(steps.map(({ outcome }) => outcome.acks / outcome.sentFixes));

/** Microseconds a fix that our acks cost: as many as we sent, each at what it costs the null hub that it acknowledges. */
function ownAcksUs(ours: Metered, acking: Metered, receiving: Metered): number {
  const perAckUs = (perFix('hub', acking) - perFix('hub', receiving)) / acksPerFix([acking]);
  return perAckUs * acksPerFix([ours]);
}

const mergedAcks = (steps: readonly Metered[]) => merged(steps.map(({ outcome }) => outcome.ack.encoded()));

/** Latency at half of what it takes. Returns the point of the ladder. */
async function halfOf(
  run: BenchRun,
  target: Target,
  workers: CrewWorkers,
  lengths: Lengths,
  fixes: number,
  capacity: number,
): Promise<[durablePerS: number, p99: number]> {
  const where = `${target.database}, ${fixes} a frame, at half of what it takes`;
  const framesPerS = Math.max(LEAST_FRAMES_PER_S, (capacity * HALF) / fixes);
  run.progress(`${where}: ${Math.round(framesPerS * fixes)} fixes/s`);
  const { stepS: seconds, warmUpS } = lengths;
  const step = await metered(workers, target.parts, { seconds, warmUpS, framesPerS, fixesPerFrame: fixes, drainS: 20 });
  saidAloud(run, where, step);
  const { ackSummary, sendLag, offeredPerS, durablePerS } = step.outcome;
  for (const p of ['p50', 'p99'] as const)
    run.figure({
      id: `ingest.${target.database}.${fixes}.half.ack.${p}`,
      what: `due → acknowledged, ${p}, ${where}`,
      value: ackSummary[p],
      unit: 'ms',
      better: 'less',
      note: `at ${Math.round(offeredPerS)} fixes/s, open loop; sent at most ${sendLag.p99.toFixed(1)} ms late (p99)`,
    });
  return [durablePerS, ackSummary.p99];
}

/** Latency at other shares of the capacity. */
async function ladder(
  run: BenchRun,
  target: Target,
  workers: CrewWorkers,
  lengths: Lengths,
  fixes: number,
  capacity: number,
  half: readonly [durablePerS: number, p99: number],
  plotted: Plotted,
): Promise<void> {
  const where = `${target.database}, ${fixes} a frame`;
  const line = plotted.ladder.find(({ name }) => name === where)!;
  const points = [...line.points, half];
  for (const share of LADDER) {
    const framesPerS = Math.max(LEAST_FRAMES_PER_S, (capacity * share) / fixes);
    run.progress(`${where}: ${Math.round(framesPerS * fixes)} fixes/s`);
    const step = await metered(workers, target.parts, {
      seconds: lengths.stepS,
      warmUpS: lengths.warmUpS,
      framesPerS,
      fixesPerFrame: fixes,
      drainS: 20,
    });
    saidAloud(run, `${where} at ${Math.round(share * 100)} %`, step);
    points.push([step.outcome.durablePerS, step.outcome.ackSummary.p99]);
  }
  points.sort(([a], [b]) => a - b);
  plotted.ladder[plotted.ladder.indexOf(line)] = { name: where, points };
}

const cores = (usage: Usage) =>
  Object.entries(usage.cpuMs)
    .map(([part, ms]) => `${part} ${(ms / usage.elapsedMs).toFixed(2)} cores`)
    .join(', ');

/**
 * What a crew that is connected and sends nothing takes: from a third of them to all. What the first ones bring about, a larger heap for
 * instance, is no matter of one crew.
 */
async function idleCrews(
  run: BenchRun,
  target: Target,
  crews: ReturnType<typeof createCrews>,
  hubPid: number,
): Promise<void> {
  run.progress(`${crews.length} idle crews`);
  const held = async () => {
    await target.collectGarbage?.();
    return residentBytes(hubPid);
  };
  const third = crews.length / 3;
  let addedBytes = 0;
  // the first time, much of what was registered before is given back meanwhile
  for (let time = 0; time < 2; time++) {
    await held();
    const first = await CrewWorkers.connect(crewUrl(target.url), crews.slice(0, third));
    run.ending(() => first.stop());
    const before = await held();
    const others = await CrewWorkers.connect(crewUrl(target.url), crews.slice(third));
    run.ending(() => others.stop());
    addedBytes = (await held()) - before;
    await first.stop();
    await others.stop();
  }
  run.figure({
    id: 'ingest.idle-crew',
    what: `resident memory an idle connected crew, the last two thirds of ${crews.length}, after full collections, the second time`,
    value: addedBytes / (crews.length - third) / 1024,
    unit: 'KiB',
    better: 'less',
  });
}

/** The same rate from ever larger fleets: what a fix costs must not depend on who else is there. */
async function growth(run: BenchRun, target: Target): Promise<void> {
  const api = await target.admin();
  const cpu: [number, number][] = [];
  const memory: [number, number][] = [];
  const all: ReturnType<typeof createCrews> = [];
  const hubPid = target.parts.find(({ name }) => name === 'hub')!.pids()[0]!;
  for (const fleet of GROWTH) {
    run.progress(`growth: registering up to ${fleet} crews`);
    const added = createCrews(run.options.seed + fleet, fleet - all.length);
    await registerCrews(api, added);
    all.push(...added);
    await sleep(3000);
    const connected = Math.min(fleet, MOST_CONNECTED);
    const workers = await CrewWorkers.connect(crewUrl(target.url), all.slice(-connected));
    run.ending(() => workers.stop());
    await sleep(5000);
    await target.collectGarbage?.();
    const bytes = residentBytes(hubPid);
    run.progress(`growth: ${fleet} crews, ${connected} connected`);
    const step = await metered(workers, target.parts, {
      seconds: FULL.stepS,
      warmUpS: FULL.warmUpS,
      framesPerS: GROWTH_PER_S,
      fixesPerFrame: 1,
      drainS: 20,
    });
    saidAloud(run, `growth, ${fleet} crews`, step);
    const value = perFix('hub', step);
    cpu.push([fleet, value]);
    memory.push([fleet, bytes / 2 ** 20]);
    const note = `${connected} connected, ${GROWTH_PER_S} fixes/s, one a frame`;
    run.figure({
      id: `ingest.growth.${fleet}.hub-cpu`,
      what: `hub CPU a fix, fleet of ${fleet}`,
      value,
      unit: 'µs',
      better: 'less',
      note,
    });
    run.figure({
      id: `ingest.growth.${fleet}.ack.p99`,
      what: `due → acknowledged, p99, fleet of ${fleet}`,
      value: step.outcome.ackSummary.p99,
      unit: 'ms',
      better: 'less',
      note,
    });
    run.figure({
      id: `ingest.growth.${fleet}.memory`,
      what: `resident memory of the hub after a full collection, fleet of ${fleet}`,
      value: bytes / 2 ** 20,
      unit: 'MiB',
      better: 'less',
      note,
    });
    await workers.stop();
    await sleep(1000);
  }
  await idleCrews(run, target, all.slice(-MOST_CONNECTED), hubPid);
  run.plot({
    title: 'Hub CPU a fix as the fleet grows',
    x: { label: 'units', log: true },
    y: { label: 'µs' },
    lines: [{ name: 'hub', points: cpu }],
  });
  run.plot({
    title: 'Memory of the hub as the fleet grows',
    x: { label: 'units', log: true },
    y: { label: 'MiB' },
    lines: [{ name: 'hub', points: memory }],
  });
}
