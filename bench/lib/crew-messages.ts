import type { ContentSums, Route } from './movement.js';

export interface BenchCrew {
  readonly unitId: string;
  readonly deviceId: string;
  readonly token: string;
  readonly route: Route;
}

/** A stretch of steady load. */
export interface LoadStep {
  /** Epoch ms at which the first frame is due; the same for all workers. */
  readonly startAt: number;
  readonly seconds: number;
  /** Of this worker. */
  readonly framesPerS: number;
  readonly fixesPerFrame: number;
  /** What was due in the first so many seconds is sent and stored and not timed. */
  readonly warmUpS: number;
  /** Fixes of this worker that may wait for their acks; more are not made. Undefined: open loop, nothing is ever held back. */
  readonly maxOutstanding?: number;
  /** How long to wait at the end for the last acks, seconds; 0: not at all. */
  readonly drainS: number;
}

export interface StepResult {
  readonly sentFrames: number;
  readonly sentFixes: number;
  /** Acks that came, up to the last that was waited for. */
  readonly acks: number;
  /** Fixes acknowledged a second between the warm-up and the end of the step, fitted: later ones are no throughput. */
  readonly durablePerS: number;
  /** Fixes that were due in that time. */
  readonly dueInWindow: number;
  /** Fixes that waited for their acks when the step's time was over. */
  readonly outstandingAtEnd: number;
  /** From the instant a frame was due until it was acknowledged. */
  readonly ackLatency: string;
  /** How late the generator itself was. */
  readonly sendLag: string;
  readonly drained: boolean;
  /** Share of the time that the worker's loop was busy. */
  readonly busy: number;
}

/** To a crew worker. */
export type CrewOrder =
  | { readonly type: 'connect'; readonly url: string; readonly crews: readonly BenchCrew[]; readonly perSecond: number }
  | { readonly type: 'step'; readonly step: LoadStep }
  | { readonly type: 'report' }
  | { readonly type: 'disconnect' };

export interface CrewReport {
  readonly sums: ContentSums;
  /** Per crew of this worker: last seq acknowledged, last seq sent, time of the last fix sent (0: none). */
  readonly durable: Float64Array;
  readonly sent: Float64Array;
  readonly lastTime: Float64Array;
  readonly reconnects: number;
  readonly resumes: number;
  /** What the hub complained of, by code, with how often. */
  readonly errors: Readonly<Record<string, number>>;
}

/** From a crew worker. */
export type CrewAnswer =
  | { readonly type: 'connected'; readonly resumed: number; readonly seconds: number }
  | { readonly type: 'stepped'; readonly result: StepResult }
  | { readonly type: 'report'; readonly report: CrewReport }
  | { readonly type: 'disconnected' };
