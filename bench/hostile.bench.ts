/** One client that means harm: what do the others notice? */
import { CrewWorkers } from './lib/crew-workers.js';
import { createCrews, registerCrews } from './lib/fleet.js';
import { ATTACKS, type Attack, type AttackReport } from './lib/hostile-messages.js';
import { type BenchRun, judgeComplaints } from './lib/run.js';
import { median } from './lib/statistics.js';
import { difference, storedSums } from './lib/stored-sums.js';
import { crewUrl } from './lib/tracker-process.js';
import { Worker } from './lib/worker.js';

const CREWS = 1000;
/** A fix a second from each. */
const FRAMES_PER_S = 1000;
const WINDOW_S = { quick: 2, full: 8 };
const PAIRS = { quick: 1, full: 5 };
/** Of a window: what is due before it is sent and not timed. */
const WARM_UP_S = 0.5;

const WHAT: Readonly<Record<Attack, string>> = {
  rubbish: 'sends rubbish and comes back at once',
  slow_bytes: 'sends a frame a byte at a time',
  huge_frames: 'sends frames of 64 MiB',
  flood: 'sends 100 000 frames a second',
  never_reading: 'never reads',
};

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed } = run.options;
  const length = quick ? 'quick' : 'full';
  for await (const target of run.targets()) {
    const { database } = target;
    const [villain, ...crews] = createCrews(seed, CREWS + 1);
    const agency = await registerCrews(await target.admin(), [villain!, ...crews]);
    const workers = await CrewWorkers.connect(crewUrl(target.url), crews);
    run.ending(() => workers.stop());
    const hostile = Worker.start('hostile-worker.ts');
    run.ending(() => hostile.stop());
    const window = async () => {
      const { ackSummary, saturated } = await workers.step({
        seconds: WINDOW_S[length],
        warmUpS: WARM_UP_S,
        framesPerS: FRAMES_PER_S,
        fixesPerFrame: 1,
        drainS: 10,
      });
      run.noteSaturation(database, saturated);
      return ackSummary.p99;
    };
    await window(); // caches fill, code is compiled
    for (const attack of ATTACKS) {
      if (!run.hasTimeFor(`${attack} on ${database}`, 3 * WINDOW_S[length])) break;
      const ratios: number[] = [];
      const worst: number[] = [];
      let done: AttackReport | undefined;
      for (let pair = 0; pair < PAIRS[length]; pair++) {
        run.progress(`${database}: one client ${WHAT[attack]}, ${pair + 1} of ${PAIRS[length]}`);
        const calm = await window();
        const attacked = hostile.ask<AttackReport>({
          attack,
          url: crewUrl(target.url),
          token: villain!.token,
          seconds: WINDOW_S[length] + 1,
        });
        attacked.catch(() => {}); // awaited below, unless the bench is ended before
        const disturbed = await window();
        done = await attacked;
        ratios.push(disturbed / calm);
        worst.push(disturbed);
      }
      run.figure({
        id: `hostile.${database}.${attack}.ratio`,
        what: `p99 until acknowledged while one other client ${WHAT[attack]}, by that without it, ${database}`,
        value: median(ratios),
        unit: '×',
        better: 'less',
        note: `p99 ${Math.round(median(worst))} ms; ${told(done!)}`,
      });
    }
    await hostile.stop();
    const { sums, errors } = await workers.report();
    judgeComplaints(run, database, errors);
    if (target.sql !== undefined) {
      const stored = await storedSums(target.sql, agency, sums.rows);
      // what the hostile client managed to store is not part of what the others sent
      const theirs = stored.devices.get(villain!.deviceId)?.different ?? 0;
      const fault = theirs === 0 ? difference(sums, stored) : undefined;
      const rows = stored.rows - theirs;
      run.check(
        `${database}: of the others nothing is missing, nothing is doubled`,
        fault === undefined && rows === sums.rows && stored.doubled === 0,
        fault ?? `${sums.rows} sent, ${rows} stored, ${stored.doubled} doubled; ${theirs} of the hostile client`,
      );
    }
    await workers.stop();
  }
}

/** What the hostile client managed to do in its last window. */
function told({ connections, refused, bytes, frames, closes }: AttackReport): string {
  const sentAway = Object.entries(closes).map(([reason, times]) => `${times} × ${reason.trim()}`);
  return [
    `it opened ${connections} connections (${refused} were refused)`,
    `wrote ${(bytes / 2 ** 20).toFixed(1)} MiB, ${frames} frames`,
    ...(sentAway.length === 0 ? [] : [`was sent away: ${sentAway.join(', ')}`]),
  ].join('; ');
}
