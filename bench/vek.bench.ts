/** How many commands a second does a desk get through, how soon are they answered, and how soon do others know? */
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { createCrews, registerCrews } from './lib/fleet.js';
import { HttpApi } from './lib/http-api.js';
import { type LatencyRecorder, merged } from './lib/latency.js';
import { type Part, startMeter } from './lib/processes.js';
import type { BenchRun } from './lib/run.js';
import { median } from './lib/statistics.js';
import { VEK_TYPES } from './lib/stored-veks.js';
import type { Target } from './lib/tracker-process.js';
import type { RushResult, SteadyResult, VekOrder, VekRecord } from './lib/vek-messages.js';
import { Worker } from './lib/worker.js';

const UNITS = 200;
const RUSH_UNDER_WAY = 32;
/** Far more desks than there are in the country. */
const OVERLOAD_UNDER_WAY = 400;
const STEADY_PER_S = 100;
const STATUSES_PER_S = 20;
const CONSUMERS = 200;
/** Cards a second while 200 consumers read: each is told of every one. */
const READ_PER_S = 20;
const STATUS_TYPES = ['lv.vanags.unit.status_changed.v1'];
const SECONDS = {
  quick: { rush: 4, warmUp: 1, overload: 2, steady: 4, window: 2.5 },
  full: { rush: 20, warmUp: 5, overload: 10, steady: 30, window: 10 },
};
const PAIRS = { quick: 2, full: 5 };

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed } = run.options;
  const length = SECONDS[quick ? 'quick' : 'full'];
  for await (const target of run.targets()) {
    if (!(await target.issuesTokens())) {
      run.note('desks of two agencies need tokens: a tracker without the issuer of the demo is not measured');
      continue;
    }
    const units = createCrews(seed, UNITS);
    const admin = await target.admin();
    const agency = await registerCrews(admin, units);
    // who may see another agency's units, and is told of what they do
    const neighbour = await registerCrews(admin, []);
    await admin.post('/api/v1/grants', {
      id: uuidv7(),
      agencyCode: agency,
      granteeCode: neighbour,
      tier: 'see',
      purpose: 'bench',
    });
    const desk = await Desk.open(run, target, {
      token: await HttpApi.demoToken(target.url, agency, ['call_taker', 'dispatcher']),
      readerToken: await HttpApi.demoToken(target.url, neighbour, ['dispatcher', 'integrator']),
      units: units.map(({ unitId }) => unitId),
      readers: 1,
      types: STATUS_TYPES,
    });
    const { database } = target;
    const id = `vek.${database}`;

    await desk.ask<RushResult>({ type: 'rush', seconds: length.warmUp, underWay: RUSH_UNDER_WAY }, 'warming up');
    const stop = startMeter([...target.parts, desk.part]);
    const { commands, seconds } = await desk.ask<RushResult>(
      { type: 'rush', seconds: length.rush, underWay: RUSH_UNDER_WAY },
      'as many commands as go through',
    );
    const { cpuMs, foreignCores } = stop();
    if (foreignCores > 0.2)
      run.note(`${database}: other processes of the machine used ${foreignCores.toFixed(1)} cores meanwhile`);
    run.figure({
      id: `${id}.commands`,
      what: `commands on VEKs, ${RUSH_UNDER_WAY} under way at once, ${database}`,
      value: commands / seconds,
      unit: 'commands/s',
      better: 'more',
      note: Object.entries(cpuMs)
        .map(([part, ms]) => `${part} ${(ms / commands).toFixed(2)} ms CPU a command`)
        .join(', '),
    });

    const overload = await desk.ask<RushResult>(
      { type: 'rush', seconds: length.overload, underWay: OVERLOAD_UNDER_WAY },
      'more commands than go through',
    );
    run.figure({
      id: `${id}.overload.p99`,
      what: `sent → answered or refused, ${OVERLOAD_UNDER_WAY} commands under way at once, p99, ${database}`,
      value: merged([overload.exchanged]).at(99),
      unit: 'ms',
      better: 'less',
      note: `${overload.commands} carried out, refused ${overload.refused} times and given again`,
    });

    const steady = await desk.ask<SteadyResult>(
      { type: 'steady', what: 'cards', seconds: length.steady, perSecond: STEADY_PER_S, isRead: false, isStuck: false },
      `${STEADY_PER_S} commands a second`,
    );
    const answers = merged([steady.answered]);
    for (const p of [50, 99])
      run.figure({
        id: `${id}.answered.p${p}`,
        what: `due → answered, ${STEADY_PER_S} commands a second, p${p}, ${database}`,
        value: answers.at(p),
        unit: 'ms',
        better: 'less',
      });

    const statuses = await desk.ask<SteadyResult>(
      {
        type: 'steady',
        what: 'statuses',
        seconds: length.steady,
        perSecond: STATUSES_PER_S,
        isRead: true,
        isStuck: false,
      },
      'statuses of one agency, read by another',
    );
    judgeTold(run, `${database}: every status is told to the other agency`, statuses);
    run.figure({
      id: `${id}.status.p99`,
      what: `status of a unit due → at another agency’s consumer, p99, ${database}`,
      value: merged([statuses.told]).at(99),
      unit: 'ms',
      better: 'less',
    });
    const records = [await desk.record()];
    await desk.stop();
    if (run.hasTimeFor(`${CONSUMERS} consumers`, 20)) records.push(await readTogether(run, target, agency));
    await judgeStored(run, target, agency, records);
  }
}

/** Consumers of one agency, one of them stuck in every other window. */
async function readTogether(run: BenchRun, target: Target, agency: string): Promise<VekRecord> {
  const { quick } = run.options;
  const { database } = target;
  const length = SECONDS[quick ? 'quick' : 'full'];
  const token = await HttpApi.demoToken(target.url, agency, ['call_taker', 'dispatcher', 'integrator']);
  run.progress(`${database}: ${CONSUMERS} consumers come`);
  const desk = await Desk.open(run, target, {
    token,
    readerToken: token,
    units: [],
    readers: CONSUMERS,
    types: VEK_TYPES,
  });
  const window = async (isStuck: boolean) => {
    const result = await desk.ask<SteadyResult>(
      { type: 'steady', what: 'cards', seconds: length.window, perSecond: READ_PER_S, isRead: true, isStuck },
      `${CONSUMERS} consumers, ${isStuck ? 'one' : 'none'} stuck`,
    );
    judgeTold(
      run,
      `${database}: ${CONSUMERS} consumers, ${isStuck ? 'one' : 'none'} stuck: every other is told of every card`,
      result,
    );
    return merged([result.told]);
  };
  await window(false);
  const ratios: number[] = [];
  const calm: LatencyRecorder[] = [];
  for (let pair = 0; pair < PAIRS[quick ? 'quick' : 'full']; pair++) {
    calm.push(await window(false));
    ratios.push((await window(true)).at(99) / calm.at(-1)!.at(99));
  }
  run.figure({
    id: `vek.${database}.told.p99`,
    what: `card due → at each of ${CONSUMERS} consumers, ${READ_PER_S} a second, p99, ${database}`,
    value: median(calm.map((recorder) => recorder.at(99))),
    unit: 'ms',
    better: 'less',
  });
  run.figure({
    id: `vek.${database}.stuck.ratio`,
    what: `p99 of ${CONSUMERS - 1} consumers while another is stuck all the time, by that of windows without, ${database}, median of pairs`,
    value: median(ratios),
    unit: '×',
    better: 'less',
    note: ratios.map((ratio) => ratio.toFixed(2)).join(', '),
  });
  const record = await desk.record();
  await desk.stop();
  return record;
}

function judgeTold(run: BenchRun, what: string, { expected, received }: SteadyResult): void {
  run.check(what, received === expected && expected > 0, `${received} of ${expected}`);
}

/** What was accepted is stored once, with the events that belong to it, in order. */
async function judgeStored(
  run: BenchRun,
  { sql, database }: Target,
  agency: string,
  records: readonly VekRecord[],
): Promise<void> {
  const veks = records.flatMap((record) => record.veks);
  const faults = records.flatMap((record) => record.faults);
  const refused = records.reduce((sum, record) => sum + record.refused, 0);
  if (refused > 0) run.note(`${database}: ${refused} commands were given again, because more waited than may`);
  const ended = records.reduce((sum, record) => sum + record.ended, 0);
  const what = `${database}: every accepted card is stored once, with its events in order`;
  if (sql === undefined) {
    run.check(what, faults.length === 0, faults.join('; ') || 'no command was refused');
    return run.note('stored rows were not compared: give --database-url to read them');
  }
  const client = new pg.Client(sql);
  client.on('error', () => {}); // a lost connection fails the query, which is where it is heard
  await client.connect();
  const { rows } = await client.query<{ id: string; events: string[] }>(
    `SELECT v.id, array_agg(split_part(e.type, '.', 4) || ' ' || e.aggregate_version ORDER BY e.seq) AS events
     FROM vek v JOIN agency a ON a.id = v.agency_id AND a.code = $1
     JOIN feed_event e ON e.aggregate_kind = 'vek' AND e.aggregate_id = v.id GROUP BY v.id`,
    [agency],
  );
  await client.end();
  const stored = new Map(rows.map((row) => [row.id, row.events.join(', ')]));
  const count = (events: string) => veks.filter((id) => stored.get(id) === events).length;
  const [whole, taken] = [count('created 1, changed 2, closed 3'), count('created 1')];
  if (stored.size !== veks.length) faults.push(`${veks.length} accepted, ${stored.size} stored`);
  if (whole !== ended || whole + taken !== veks.length)
    faults.push(`${whole} of ${ended} with all events of a card that was ended, ${taken} with one, of ${veks.length}`);
  run.check(what, faults.length === 0, faults.join('; ') || `${veks.length} cards, ${whole} of them ended`);
}

/** A worker of desks and readers, with a line of progress for each order. */
class Desk {
  readonly #run: BenchRun;
  readonly #worker: Worker;
  readonly #database: string;

  private constructor(run: BenchRun, worker: Worker, database: string) {
    this.#run = run;
    this.#worker = worker;
    this.#database = database;
  }

  static async open(
    run: BenchRun,
    { url, database }: Target,
    order: Omit<Extract<VekOrder, { type: 'open' }>, 'type' | 'url'>,
  ): Promise<Desk> {
    const worker = Worker.start('vek-worker.ts');
    run.ending(() => worker.stop());
    await worker.ask({ type: 'open', url, ...order } satisfies VekOrder);
    return new Desk(run, worker, database);
  }

  get part(): Part {
    return { name: 'generator', pids: () => [this.#worker.pid] };
  }

  async ask<Answer extends RushResult | SteadyResult>(order: VekOrder, what: string): Promise<Answer> {
    const where = `${this.#database}: ${what}`;
    this.#run.progress(where);
    const answer = await this.#worker.ask<Answer>(order);
    this.#run.noteSaturation(where, answer.saturated);
    return answer;
  }

  record(): Promise<VekRecord> {
    return this.#worker.ask<VekRecord>({ type: 'record' } satisfies VekOrder);
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }
}
