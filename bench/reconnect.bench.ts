/** The tracker is killed under thousands of crews: they try again every 50 to 500 ms, all at once. How long until the last may send again? */
import { setTimeout as sleep } from 'node:timers/promises';
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { startMeter } from './lib/processes.js';
import type { BenchRun } from './lib/run.js';
import { saturation } from './lib/saturation.js';
import { median } from './lib/statistics.js';
import { difference, storedSums } from './lib/stored-sums.js';
import { crewUrl, TrackerProcess } from './lib/tracker-process.js';

/** The limit on open files may be 20 000. */
const CREWS = 15_000;
const STORMS = { quick: 1, full: 5 };
const STORM_MS = 90_000;
/** What one needs on a machine with nothing else to do, with the registering. */
const STORM_S = 22;
/** Once all are back each sends so many fixes, and all of them must be stored: served is more than greeted. */
const FIXES_EACH = 2;
const SERVED_S = 5;
const DRAIN_S = 20;

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed, remote, databases } = run.options;
  if (remote !== undefined) return run.note('a deployed tracker is not killed: not measured');
  for (const database of databases) {
    if (!run.hasTimeFor(`the storm on ${database}`, STORM_S)) break;
    run.progress(`starting a tracker, ${database}`);
    const tracker = await TrackerProcess.start({ database });
    if ('missing' in tracker) {
      run.note(`not measured on ${database}: ${tracker.missing}`);
      continue;
    }
    run.ending(() => tracker.abandon());
    run.progress(`${database}: registering ${CREWS} crews`);
    const crews = createCrews(seed, CREWS);
    const agency = await registerCrews(await tracker.admin(), crews);
    const workers = await CrewWorkers.connect(crewUrl(tracker.url), crews);
    run.ending(() => workers.stop());
    const seconds: number[] = [];
    for (let storm = 0; storm < STORMS[quick ? 'quick' : 'full']; storm++) {
      run.progress(`${database}: storm ${storm + 1} of ${CREWS} crews`);
      seconds.push(await stormS(run, tracker, workers));
      await workers.step({
        seconds: SERVED_S,
        warmUpS: 0,
        framesPerS: (FIXES_EACH * CREWS) / SERVED_S,
        fixesPerFrame: 1,
        drainS: DRAIN_S,
      });
    }
    run.figure({
      id: `reconnect.${database}`,
      what: `tracker ready again → the last of ${CREWS} crews may send, all reconnecting at once, ${database}, median`,
      value: median(seconds),
      unit: 's',
      better: 'less',
      note: `worst ${Math.max(...seconds).toFixed(1)} of ${seconds.length}`,
    });
    const { sums } = await workers.report();
    const fault = difference(sums, await storedSums(tracker.sql, agency, sums.rows));
    run.check(
      `${database}: all of them are served: stored is what was sent`,
      fault === undefined,
      fault ?? `${sums.rows} rows`,
    );
    await workers.stop();
    await tracker.abandon();
    if (quick && databases.length > 1) return run.note(`quick: measured on ${database} only; --database names another`);
  }
}

/** Kills the tracker. Returns the seconds from its being ready again until every crew has its streams. */
async function stormS(run: BenchRun, tracker: TrackerProcess, workers: CrewWorkers): Promise<number> {
  const { resumes } = await workers.report();
  await tracker.kill();
  await tracker.launch();
  const readyAt = performance.now();
  const stopMeter = startMeter([workers.part]);
  let back = 0;
  let seconds = 0;
  while (back < CREWS && seconds * 1000 < STORM_MS) {
    await sleep(50);
    back = (await workers.report()).resumes - resumes;
    seconds = (performance.now() - readyAt) / 1000;
  }
  const { cpuMs, elapsedMs } = stopMeter();
  const busy = cpuMs[workers.part.name]! / elapsedMs / workers.part.pids().length;
  run.noteSaturation(`${tracker.database}, a storm`, saturation(busy, 0));
  run.check(
    `${tracker.database}: all of ${CREWS} crews come back at once`,
    back >= CREWS,
    `${back} have their streams`,
  );
  return seconds;
}
