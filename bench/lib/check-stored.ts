import type { CrewWorkers } from './crew-workers.js';
import { type BenchRun, judgeComplaints } from './run.js';
import { difference, storedSums } from './stored-sums.js';
import type { Target } from './tracker-process.js';

/** Checks that what is stored of the agency equals what its crews sent, or no figure of theirs counts. */
export async function checkStored(run: BenchRun, target: Target, workers: CrewWorkers, agency: string): Promise<void> {
  const sent = await workers.report();
  judgeComplaints(run, target.database, sent.errors);
  if (sent.reconnects > 0) run.note(`${target.database}: ${sent.reconnects} reconnects`);
  if (target.sql === undefined) {
    run.note('stored rows were not compared: give --database-url to read them');
    return;
  }
  run.progress(`${target.database}: comparing ${sent.sums.rows} rows`);
  const fault = difference(sent.sums, await storedSums(target.sql, agency, sent.sums.rows));
  run.check(
    `${target.database}: stored is what was sent`,
    fault === undefined,
    fault ?? `${sent.sums.rows} rows, equal in count and content, none doubled`,
  );
}
