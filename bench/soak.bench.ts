/** Does it stay as it is? A steady day in small: does memory grow, does latency drift? */
import { checkStored } from './lib/check-stored.js';
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { residentBytes } from './lib/processes.js';
import type { BenchRun } from './lib/run.js';
import { median, slope } from './lib/statistics.js';
import { crewUrl } from './lib/tracker-process.js';

const CREWS = 2000;
/** A fix a second from each. */
const FRAMES_PER_S = 2000;
const SLICE_S = { quick: 3, full: 15 };
/** The first slices are not judged: caches fill, code is compiled. */
const WARM_SLICES = 2;

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, minutes } = run.options;
  const sliceS = quick ? SLICE_S.quick : SLICE_S.full;
  const slices = Math.max(WARM_SLICES + 2, Math.round((minutes * 60) / sliceS));
  for await (const target of run.targets()) {
    const crews = createCrews(seed, CREWS);
    const agency = await registerCrews(await target.admin(), crews);
    const workers = await CrewWorkers.connect(crewUrl(target.url), crews);
    run.ending(() => workers.stop());
    const p50: [number, number][] = [];
    const p99: [number, number][] = [];
    const memory = new Map<string, [number, number][]>(target.parts.map(({ name }) => [name, []]));
    for (let slice = 0; slice < slices; slice++) {
      if (!run.hasTimeFor(`more slices on ${target.database}`)) break;
      run.progress(`${target.database}: slice ${slice + 1} of ${slices}`);
      const { ackSummary, saturated } = await workers.step({
        seconds: sliceS,
        warmUpS: 0,
        framesPerS: FRAMES_PER_S,
        fixesPerFrame: 1,
        drainS: 20,
      });
      run.noteSaturation(`${target.database}, slice ${slice + 1}`, saturated);
      const minute = run.elapsedS / 60;
      p50.push([minute, ackSummary.p50]);
      p99.push([minute, ackSummary.p99]);
      for (const part of target.parts)
        memory.get(part.name)!.push([minute, part.pids().reduce((sum, pid) => sum + residentBytes(pid), 0) / 2 ** 20]);
    }
    if (p50.length === 0) return workers.stop();
    const half = (points: readonly (readonly [number, number])[], later: boolean) => {
      const judged = points.slice(WARM_SLICES).map(([, value]) => value);
      return median(later ? judged.slice(judged.length >> 1) : judged.slice(0, judged.length >> 1));
    };
    const id = `soak.${target.database}`;
    run.figure({
      id: `${id}.p50`,
      what: `due → acknowledged, p50, median of the slices, ${target.database}`,
      value: median(p50.map(([, ms]) => ms)),
      unit: 'ms',
      better: 'less',
    });
    run.figure({
      id: `${id}.p99`,
      what: `due → acknowledged, p99, median of the slices, ${target.database}`,
      value: median(p99.map(([, ms]) => ms)),
      unit: 'ms',
      better: 'less',
    });
    run.figure({
      id: `${id}.drift`,
      what: `p99 of the second half by that of the first, ${target.database}`,
      value: half(p99, true) / half(p99, false),
      unit: '×',
      better: 'less',
    });
    for (const [part, points] of memory) {
      run.figure({
        id: `${id}.${part}.memory`,
        what: `resident memory of the ${part} at the end, ${target.database}`,
        value: points.at(-1)![1],
        unit: 'MiB',
        better: 'less',
      });
      run.figure({
        id: `${id}.${part}.growth`,
        what: `its growth, fitted after the first ${WARM_SLICES} slices`,
        value: slope(points.slice(WARM_SLICES)) * 60,
        unit: 'MiB/h',
      });
    }
    run.plot({
      title: `Latency until durable, ${target.database}`,
      x: { label: 'minutes' },
      y: { label: 'ms' },
      lines: [
        { name: 'p50', points: p50 },
        { name: 'p99', points: p99 },
      ],
    });
    if (memory.size > 0)
      run.plot({
        title: `Resident memory, ${target.database}`,
        x: { label: 'minutes' },
        y: { label: 'MiB' },
        lines: [...memory].map(([name, points]) => ({ name, points })),
      });
    await checkStored(run, target, workers, agency);
    await workers.stop();
  }
}
