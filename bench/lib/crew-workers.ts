import type { BenchCrew, CrewReport, LoadStep, StepResult } from './crew-messages.js';
import { type Latency, type LatencyRecorder, merged } from './latency.js';
import type { ContentSums } from './movement.js';
import type { Part } from './processes.js';
import { saturation } from './saturation.js';
import { Worker } from './worker.js';

/** Sockets of one process: the limit on open files may be 20 000. */
const PER_WORKER = 15_000;
/** Much faster than a hub accepts them, its listen queue (512) runs over, and the system tries again only after 1, 3 and 7 s. */
export const CONNECTIONS_PER_S = 3000;
/** Time for the order to reach all workers, ms. */
const LEAD_MS = 150;

export interface StepOutcome {
  readonly offeredPerS: number;
  /** Fixes a second that were acknowledged in the measured time. */
  readonly durablePerS: number;
  readonly sentFrames: number;
  readonly sentFixes: number;
  readonly acks: number;
  readonly outstandingAtEnd: number;
  readonly ack: LatencyRecorder;
  readonly ackSummary: Latency;
  readonly sendLag: Latency;
  readonly drained: boolean;
  /** Why the generator, not the server, may have set the figure; undefined: it did not. */
  readonly saturated: string | undefined;
}

export interface FleetReport {
  readonly sums: ContentSums;
  /** In the order of the crews. */
  readonly durable: readonly number[];
  readonly lastTime: readonly number[];
  readonly reconnects: number;
  readonly resumes: number;
  readonly errors: Readonly<Record<string, number>>;
}

/** The crews of a bench, spread over processes of their own. */
export class CrewWorkers {
  readonly #workers: readonly Worker[];
  readonly #crews: readonly BenchCrew[];

  /** Until the last one had its streams, at CONNECTIONS_PER_S. */
  connectedInS = 0;

  private constructor(workers: readonly Worker[], crews: readonly BenchCrew[]) {
    this.#workers = workers;
    this.#crews = crews;
  }

  /** Starts the processes and connects every crew. @throws Error when some do not get through */
  static async connect(url: string, crews: readonly BenchCrew[], processes = 1): Promise<CrewWorkers> {
    const count = Math.max(processes, Math.ceil(crews.length / PER_WORKER));
    const workers = Array.from({ length: count }, () => Worker.start('crew-worker.ts'));
    const self = new CrewWorkers(workers, crews);
    const connected = await Promise.all(
      workers.map((worker, i) =>
        worker.ask<{ type: 'connected'; resumed: number; seconds: number }>({
          type: 'connect',
          url,
          crews: crews.filter((_, no) => no % count === i),
          perSecond: CONNECTIONS_PER_S / count,
        }),
      ),
    );
    self.connectedInS = Math.max(...connected.map(({ seconds }) => seconds));
    const resumed = connected.reduce((sum, answer) => sum + answer.resumed, 0);
    if (resumed < crews.length) {
      const { errors } = await self.report();
      await self.stop();
      throw new Error(`${resumed} of ${crews.length} crews got through: ${JSON.stringify(errors)}`);
    }
    return self;
  }

  get part(): Part {
    return { name: 'generator', pids: () => this.#workers.map(({ pid }) => pid) };
  }

  /** A stretch of load over all crews. framesPerS is of all of them; maxOutstanding too. */
  async step(step: Omit<LoadStep, 'startAt'>, startAt = Date.now() + LEAD_MS): Promise<StepOutcome> {
    const share = this.#workers.length;
    const results = await Promise.all(
      this.#workers.map(async (worker) => {
        const order: LoadStep = {
          ...step,
          startAt,
          framesPerS: step.framesPerS / share,
          ...(step.maxOutstanding === undefined ? {} : { maxOutstanding: step.maxOutstanding / share }),
        };
        return (await worker.ask<{ type: 'stepped'; result: StepResult }>({ type: 'step', step: order })).result;
      }),
    );
    const sum = (value: (result: StepResult) => number) => results.reduce((total, result) => total + value(result), 0);
    const measuredS = step.seconds - step.warmUpS;
    const ack = merged(results.map(({ ackLatency }) => ackLatency));
    const sendLag = merged(results.map(({ sendLag }) => sendLag)).summary;
    const busy = Math.max(...results.map((result) => result.busy));
    return {
      offeredPerS: sum(({ dueInWindow }) => dueInWindow) / measuredS,
      durablePerS: sum(({ durablePerS }) => durablePerS),
      sentFrames: sum(({ sentFrames }) => sentFrames),
      sentFixes: sum(({ sentFixes }) => sentFixes),
      acks: sum(({ acks }) => acks),
      outstandingAtEnd: sum(({ outstandingAtEnd }) => outstandingAtEnd),
      ack,
      ackSummary: ack.summary,
      sendLag,
      drained: results.every(({ drained }) => drained),
      saturated: saturation(busy, sendLag.p99),
    };
  }

  async report(): Promise<FleetReport> {
    const reports = await Promise.all(
      this.#workers.map(
        async (worker) => (await worker.ask<{ type: 'report'; report: CrewReport }>({ type: 'report' })).report,
      ),
    );
    const sums: ContentSums = { rows: 0, seq: 0, mix: 0 };
    const errors: Record<string, number> = {};
    for (const report of reports) {
      sums.rows += report.sums.rows;
      sums.seq += report.sums.seq;
      sums.mix += report.sums.mix;
      for (const [code, count] of Object.entries(report.errors)) errors[code] = (errors[code] ?? 0) + count;
    }
    const share = this.#workers.length;
    const column = (name: 'durable' | 'lastTime') =>
      this.#crews.map((_, no) => reports[no % share]![name][Math.floor(no / share)]!);
    return {
      sums,
      durable: column('durable'),
      lastTime: column('lastTime'),
      reconnects: reports.reduce((sum, { reconnects }) => sum + reconnects, 0),
      resumes: reports.reduce((sum, { resumes }) => sum + resumes, 0),
      errors,
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}
