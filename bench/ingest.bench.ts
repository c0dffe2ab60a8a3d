/** How many fixes a second become durable, how soon are they acknowledged, and what does one cost, alone in its frame and in company? */
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchHub } from './lib/bench-hub.js';
import { CONNECTIONS_PER_S, CrewWorkers, type StepOutcome } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { type Part, residentBytes, startMeter, type Usage } from './lib/processes.js';
import { type BenchRun, judgeComplaints } from './lib/run.js';
import { difference, storedSums } from './lib/stored-sums.js';
import type { PlotLine } from './lib/svg-plot.js';
import { crewUrl, type Target } from './lib/tracker-process.js';

const CREWS = 4000;
/** The protocol lets a crew send 20 frames a second. */
const FRAMES_PER_CREW = 18;
/** Enough that the database never waits for us, little enough that the hub never refuses. */
const MAX_OUTSTANDING = 40_000;
/** The share of the capacity at which latency is quoted: a service that is run hotter has no room for a bad minute. */
const STEADY_SHARE = 0.7;
const LEAST_FRAMES_PER_S = 50;
const LADDER = [0.1, 0.25, 0.5, 0.7, 0.85, 1];
const GROWTH = [1000, 10_000, 100_000];
/** The limit on open files of the tracker may be 20 000. */
const MOST_CONNECTED = 15_000;
const GROWTH_PER_S = 5000;

interface Lengths {
  readonly frames: readonly number[];
  readonly capacityS: number;
  readonly steadyS: number;
  readonly warmUpS: number;
}
const QUICK: Lengths = { frames: [1, 10], capacityS: 4, steadyS: 4, warmUpS: 1 };
const FULL: Lengths = { frames: [1, 10, 50], capacityS: 12, steadyS: 12, warmUpS: 3 };

/** A step with what the operating system says it cost. */
async function metered(workers: CrewWorkers, parts: readonly Part[], step: Parameters<CrewWorkers['step']>[0]) {
  const stop = startMeter([...parts, workers.part]);
  const outcome = await workers.step(step);
  return { outcome, usage: stop() };
}

const perItem = (usage: Usage, part: string, items: number) => ((usage.cpuMs[part] ?? 0) * 1000) / items;

function saidAloud(run: BenchRun, where: string, outcome: StepOutcome, usage: Usage): void {
  if (outcome.saturated !== undefined) run.note(`${where}: the generator was the limit: ${outcome.saturated}`);
  if (usage.foreignCores > 0.2)
    run.note(`${where}: other processes of the machine used ${usage.foreignCores.toFixed(1)} cores meanwhile`);
  if (!outcome.drained) run.note(`${where}: not everything was acknowledged in time`);
}

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote } = run.options;
  const lengths = quick ? QUICK : FULL;
  const crews = createCrews(seed, CREWS);
  const curves: PlotLine[] = [];
  const ladder: PlotLine[] = [];
  const costs: PlotLine[] = [];
  const hubCosts = new Map<number, number>();

  if (remote === undefined) await harness(run, crews, lengths, curves);

  for await (const target of run.targets()) {
    const api = await target.admin();
    run.progress(`${target.database}: registering ${CREWS} crews`);
    const agency = await registerCrews(api, crews);
    await sleep(500);
    const hub = target.parts.find(({ name }) => name === 'hub');
    const emptyBytes = hub === undefined ? 0 : residentBytes(hub.pids()[0]!);
    run.progress(`${target.database}: connecting`);
    const workers = await CrewWorkers.connect(crewUrl(target.url), crews);
    run.ending(() => workers.stop());
    run.figure({
      id: `ingest.${target.database}.connect`,
      what: `${CREWS} crews come at ${CONNECTIONS_PER_S} a second: until the last may send, ${target.database}`,
      value: workers.connectedInS,
      unit: 's',
      better: 'less',
    });
    if (hub !== undefined) {
      await sleep(quick ? 500 : 4000);
      const grown = residentBytes(hub.pids()[0]!) - emptyBytes;
      if (quick) run.note('memory of an idle crew is measured in the full length only: it needs a heap at rest');
      else if (target.database === 'postgres')
        run.figure({
          id: 'ingest.idle-crew.small',
          what: `resident memory an idle connected crew, of ${CREWS}`,
          value: grown / CREWS / 1024,
          unit: 'KiB',
          better: 'less',
        });
    }

    const cpuLine: [number, number][] = [];
    for (const fixes of lengths.frames) {
      const id = `ingest.${target.database}.${fixes}`;
      const where = `${target.database}, ${fixes} a frame`;
      if (!run.hasTimeFor(where)) break;
      run.progress(`${where}: capacity`);
      const { outcome: most, usage: mostUsage } = await metered(workers, target.parts, {
        seconds: lengths.capacityS,
        warmUpS: lengths.warmUpS,
        framesPerS: CREWS * FRAMES_PER_CREW,
        fixesPerFrame: fixes,
        maxOutstanding: MAX_OUTSTANDING,
        drainS: 10,
      });
      saidAloud(run, `${where}, capacity`, most, mostUsage);
      const capacity = most.durablePerS;
      run.figure({
        id: `${id}.capacity`,
        what: `durable fixes, as many as it takes, ${where}`,
        value: capacity,
        unit: 'fixes/s',
        better: 'more',
        note: `${cores(mostUsage)}`,
      });

      const shares = quick ? [STEADY_SHARE] : fixes === 50 ? [STEADY_SHARE] : LADDER;
      const points: [number, number][] = [];
      for (const share of shares) {
        const framesPerS = Math.max(LEAST_FRAMES_PER_S, (capacity * share) / fixes);
        run.progress(`${where}: ${Math.round(framesPerS * fixes)} fixes/s`);
        const { outcome, usage } = await metered(workers, target.parts, {
          seconds: lengths.steadyS,
          warmUpS: lengths.warmUpS,
          framesPerS,
          fixesPerFrame: fixes,
          drainS: 20,
        });
        saidAloud(run, `${where} at ${Math.round(share * 100)} %`, outcome, usage);
        points.push([outcome.durablePerS, outcome.ackSummary.p99]);
        if (share !== STEADY_SHARE) continue;
        curves.push({ name: where, points: outcome.ack.curve().map(([p, ms]) => [100 / (100 - p), ms]) });
        const { p50, p99, p999 } = outcome.ackSummary;
        const at = `at ${Math.round(outcome.offeredPerS)} fixes/s, open loop`;
        for (const [name, value] of Object.entries({ p50, p99, p999 }))
          run.figure({
            id: `${id}.ack.${name}`,
            what: `due → acknowledged, ${name}, ${where}`,
            value,
            unit: 'ms',
            better: 'less',
            note: at,
          });
        for (const part of ['hub', 'database', 'generator'] as const) {
          if (usage.cpuMs[part] === undefined) continue;
          const value = perItem(usage, part, outcome.sentFixes);
          run.figure({
            id: `${id}.${part}-cpu`,
            what: `${part} CPU a fix, ${where}`,
            value,
            unit: 'µs',
            better: 'less',
            note: at,
          });
          if (part === 'hub') {
            cpuLine.push([fixes, value]);
            hubCosts.set(fixes, Math.max(value, hubCosts.get(fixes) ?? 0));
          }
        }
      }
      ladder.push({ name: where, points });
    }
    if (cpuLine.length > 0) costs.push({ name: target.database, points: cpuLine });
    await checkStored(run, target, workers, agency);
    if (!quick && remote === undefined && target.database === 'postgres') {
      await workers.stop();
      await growth(run, target);
    } else await workers.stop();
  }
  for (const [fixes, value] of hubCosts)
    run.figure({
      id: `ingest.hub-cpu.${fixes}`,
      what: `hub CPU a fix, ${fixes} a frame, on the dearer database`,
      value,
      unit: 'µs',
      better: 'less',
    });

  run.plot({
    title: 'Latency until durable, by percentile',
    x: { label: 'one in so many is slower', log: true },
    y: { label: 'ms', log: true },
    lines: curves,
  });
  if (!quick)
    run.plot({
      title: 'Throughput against latency (p99)',
      x: { label: 'durable fixes/s' },
      y: { label: 'ms', log: true },
      lines: ladder,
    });
  run.plot({ title: 'Hub CPU a fix', x: { label: 'fixes a frame', log: true }, y: { label: 'µs' }, lines: costs });
}

const cores = (usage: Usage) =>
  Object.entries(usage.cpuMs)
    .map(([part, ms]) => `${part} ${(ms / usage.elapsedMs).toFixed(2)} cores`)
    .join(', ');

/** The same load against a hub that does nothing. */
async function harness(
  run: BenchRun,
  crews: ReturnType<typeof createCrews>,
  lengths: Lengths,
  curves: PlotLine[],
): Promise<void> {
  const hub = await BenchHub.start('null');
  run.ending(() => hub.stop());
  const workers = await CrewWorkers.connect(crewUrl(hub.url), crews);
  run.ending(() => workers.stop());
  for (const fixes of run.options.quick ? [10] : [1, 10]) {
    run.progress(`null hub, ${fixes} a frame`);
    const { outcome, usage } = await metered(workers, [hub.part], {
      seconds: run.options.quick ? 2 : lengths.steadyS,
      warmUpS: lengths.warmUpS,
      // about as many as the tracker is given: what a frame costs depends on how many arrive together
      framesPerS: fixes === 1 ? 20_000 : 4000,
      fixesPerFrame: fixes,
      drainS: 5,
    });
    const where = `null hub, ${fixes} a frame`;
    saidAloud(run, where, outcome, usage);
    if (fixes === 10)
      curves.push({ name: 'null hub', points: outcome.ack.curve().map(([p, ms]) => [100 / (100 - p), ms]) });
    const id = `ingest.null.${fixes}`;
    run.figure({
      id: `${id}.ack.p99`,
      what: `due → acknowledged, p99, ${where}: the floor`,
      value: outcome.ackSummary.p99,
      unit: 'ms',
    });
    for (const part of ['hub', 'generator'])
      run.figure({
        id: `${id}.${part}-cpu`,
        what: `${part} CPU a fix, ${where}`,
        value: perItem(usage, part, outcome.sentFixes),
        unit: 'µs',
      });
  }
  await workers.stop();
  await hub.stop();
}

/** What is stored equals what was sent, or nothing above counts. */
async function checkStored(run: BenchRun, target: Target, workers: CrewWorkers, agency: string): Promise<void> {
  const sent = await workers.report();
  judgeComplaints(run, target.database, sent.errors);
  if (sent.reconnects > 0) run.note(`${target.database}: ${sent.reconnects} reconnects`);
  if (target.sql === undefined) {
    run.note('stored rows were not compared: give --database-url to read them');
    return;
  }
  run.progress(`${target.database}: comparing ${sent.sums.rows} rows`);
  const fault = difference(sent.sums, await storedSums(target.sql, agency));
  run.check(
    `${target.database}: stored is what was sent`,
    fault === undefined,
    fault ?? `${sent.sums.rows} rows, equal in count and content, none doubled`,
  );
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
    const emptyBytes = residentBytes(hubPid);
    const workers = await CrewWorkers.connect(crewUrl(target.url), all.slice(-connected));
    run.ending(() => workers.stop());
    await sleep(5000);
    const bytes = residentBytes(hubPid);
    run.progress(`growth: ${fleet} crews, ${connected} connected`);
    const { outcome, usage } = await metered(workers, target.parts, {
      seconds: FULL.steadyS,
      warmUpS: FULL.warmUpS,
      framesPerS: GROWTH_PER_S,
      fixesPerFrame: 1,
      drainS: 20,
    });
    saidAloud(run, `growth, ${fleet} crews`, outcome, usage);
    const value = perItem(usage, 'hub', outcome.sentFixes);
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
      value: outcome.ackSummary.p99,
      unit: 'ms',
      better: 'less',
      note,
    });
    run.figure({
      id: `ingest.growth.${fleet}.memory`,
      what: `resident memory of the hub, fleet of ${fleet}`,
      value: bytes / 2 ** 20,
      unit: 'MiB',
      better: 'less',
      note,
    });
    if (connected === MOST_CONNECTED)
      run.figure({
        id: 'ingest.idle-crew',
        what: `resident memory an idle connected crew, of ${connected}`,
        value: Math.max(0, bytes - emptyBytes) / connected / 1024,
        unit: 'KiB',
        better: 'less',
      });
    await workers.stop();
    await sleep(1000);
  }
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
