/** How long from the start of the process to the first answer of /readyz? The embedded database: first start, and every later one. */
import type { BenchRun } from './lib/run.js';
import { median } from './lib/statistics.js';
import { TrackerProcess } from './lib/tracker-process.js';

const LATER_STARTS = { quick: 2, full: 7 };
const FIRST_STARTS = { quick: 1, full: 3 };

export async function bench(run: BenchRun): Promise<void> {
  const { quick, remote } = run.options;
  if (remote !== undefined) return run.note('a deployed tracker is not started anew: not measured');
  const length = quick ? 'quick' : 'full';
  const first: number[] = [];
  const later: number[] = [];
  const killed: number[] = [];
  for (let i = 0; i < FIRST_STARTS[length]; i++) {
    run.progress(`first start ${i + 1} of ${FIRST_STARTS[length]}`);
    const tracker = TrackerProcess.prepare({ database: 'embedded' });
    run.ending(() => tracker.abandon());
    const firstMs = await tracker.launch();
    await tracker.settled();
    if (tracker.log.includes('building the console'))
      run.note('a first start also built the console, on the other core; the later ones did not');
    first.push(firstMs);
    const starts = i === 0 ? LATER_STARTS[length] : 1;
    for (let j = 0; j < starts; j++) {
      if (!run.hasTimeFor('more starts')) break;
      run.progress(`start ${j + 2}`);
      await tracker.end();
      later.push(await tracker.launch());
      await tracker.settled();
    }
    if (run.hasTimeFor('a start after kill -9')) {
      run.progress('start after kill -9');
      await tracker.kill();
      killed.push(await tracker.launch());
    }
    await tracker.abandon();
  }
  const report = (id: string, what: string, ms: readonly number[]) => {
    if (ms.length === 0) return;
    run.figure({
      id,
      what,
      value: median(ms) / 1000,
      unit: 's',
      better: 'less',
      note: `median of ${ms.length}, ${(Math.min(...ms) / 1000).toFixed(1)} to ${(Math.max(...ms) / 1000).toFixed(1)}`,
    });
  };
  report('start.first', 'first start, with initdb and all migrations', first);
  report('start.second', 'second and later starts', later);
  report('start.killed', 'start after kill -9', killed);
  run.check('every start became ready', true, `${first.length + later.length + killed.length} starts`);
}
