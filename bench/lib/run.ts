import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchResult, Check, Figure } from './report.js';
import type { Plot } from './svg-plot.js';
import { type DatabaseKind, deployed, type StartOptions, type Target, TrackerProcess } from './tracker-process.js';

export interface BenchOptions {
  readonly seed: number;
  readonly quick: boolean;
  readonly minutes: number;
  /** Of chaos, where they are not as the length has them. */
  readonly rounds: number | undefined;
  readonly roundS: number | undefined;
  /** A tracker that is already there. */
  readonly remote:
    | { readonly url: string; readonly token: string; readonly deskToken?: string; readonly databaseUrl?: string }
    | undefined;
  readonly databases: readonly DatabaseKind[];
  readonly profileDir: string | undefined;
}

/** A quick bench ends by itself before this; on a busy machine it is cut here. */
const QUICK_S = 43;
/** What most parts of a bench need, seconds. */
const PART_S = 8;

/** Thrown into a bench that goes on after it was ended. */
class Ended extends Error {
  readonly code = 'ended';
}

/** One bench under way: what it found so far, what must be ended after it, and the line that says where it is. */
export class BenchRun {
  readonly options: BenchOptions;
  readonly bench: string;
  readonly #startedAt = performance.now();
  readonly #figures: Figure[] = [];
  readonly #checks: Check[] = [];
  readonly #plots: Plot[] = [];
  readonly #notes = new Set<string>();
  readonly #endings: (() => Promise<unknown>)[] = [];
  #ended = false;

  constructor(bench: string, options: BenchOptions) {
    this.bench = bench;
    this.options = options;
  }

  /** Seconds since the bench began. */
  get elapsedS(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  figure(figure: Figure): void {
    this.#goOn();
    this.#figures.push(figure);
  }

  check(what: string, ok: boolean, detail: string): void {
    this.#goOn();
    this.#checks.push({ what, ok, detail });
  }

  plot(plot: Plot): void {
    this.#plots.push(plot);
  }

  note(text: string): void {
    this.#notes.add(text);
  }

  /** Tells that the generator, not the server, may have set a figure; `why` as `saturation` has it. */
  noteSaturation(where: string, why: string | undefined): void {
    if (why !== undefined) this.note(`${where}: the generator was the limit: ${why}`);
  }

  /** Says what is next, in one line that the next one takes the place of. */
  progress(text: string): void {
    this.#goOn();
    const line = `${this.bench} ${Math.round(this.elapsedS)} s: ${text}`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** What is found after the end is found of servers that are being ended. */
  #goOn(): void {
    if (this.#ended) throw new Ended();
  }

  /** Has it ended when the bench is over, however it comes to be. */
  ending(end: () => Promise<unknown>): void {
    if (this.#ended) end().catch(() => {});
    else this.#endings.push(end);
  }

  /** A new folder in the temporary one, which goes when the bench is over. */
  async folder(prefix: string): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), prefix));
    this.ending(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    return folder;
  }

  /** False once a quick bench should not begin anything more that takes so many seconds; says so in a note. */
  hasTimeFor(what: string, seconds = PART_S): boolean {
    if (!this.options.quick || this.elapsedS + seconds < QUICK_S) return true;
    this.note(`no time was left for ${what}`);
    return false;
  }

  /** Runs the bench and ends what it started. A quick one is cut after its time; what it found until then is kept. */
  async execute(bench: (run: BenchRun) => Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const cut = new Promise<void>((resolve) => {
      if (!this.options.quick) return;
      timer = setTimeout(() => {
        this.note(`cut after ${QUICK_S} s: the machine was too busy for all of it`);
        resolve();
      }, QUICK_S * 1000);
    });
    const whole = bench(this).catch((error: Error) => {
      if (!(error instanceof Ended) && !this.#ended)
        this.check('the bench ran to its end', false, error.stack ?? String(error));
    });
    await Promise.race([whole, cut]);
    clearTimeout(timer);
    await this.end();
  }

  /** Ends what was started, the newest first. */
  async end(): Promise<void> {
    this.#ended = true;
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) await end().catch(() => {});
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }

  result(): BenchResult {
    return {
      bench: this.bench,
      figures: this.#figures,
      checks: this.#checks,
      plots: this.#plots,
      notes: [...this.#notes],
      seconds: this.elapsedS,
    };
  }

  /** The trackers to measure, one after another: the deployed one, or one on each kind of database that can be had here. */
  async *targets(env: StartOptions['env'] = {}): AsyncGenerator<Target> {
    const { remote, databases, profileDir } = this.options;
    if (remote !== undefined) {
      yield deployed(remote.url, remote.token, remote.deskToken, remote.databaseUrl);
      return;
    }
    for (const database of databases) {
      if (!this.hasTimeFor(`a tracker on ${database}`)) return;
      this.progress(`starting a tracker, ${database}`);
      const tracker = await TrackerProcess.start({ database, profileDir, env });
      if ('missing' in tracker) {
        this.note(`not measured on ${database}: ${tracker.missing}`);
        continue;
      }
      this.ending(() => tracker.abandon());
      yield tracker;
      await (profileDir === undefined ? tracker.abandon() : tracker.stop());
      if (this.options.quick && databases.length > 1) {
        this.note(`quick: measured on ${database} only; --database names another`);
        return;
      }
    }
  }
}

/** What a hub that is too slow says, and what a device answers by coming again: no fault of either's protocol. */
const TOO_SLOW = /^(close 4408|close 4503|hello_timeout|shutting_down)/;

/** Judges what the hub complained of: slowness is told, anything else is a wrong result. */
export function judgeComplaints(run: BenchRun, where: string, errors: Readonly<Record<string, number>>): void {
  for (const [code, times] of Object.entries(errors)) {
    if (!TOO_SLOW.test(code)) run.check(`${where}: no crew was refused`, false, `${code}: ${times}`);
    else if (!code.startsWith('close'))
      run.note(`${where}: the hub was too slow for ${times} crews (${code}); they came again`);
  }
}

/** Whether a program is on the PATH. */
export function isOnPath(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    child.once('exit', (code) => resolve(code === 0));
  });
}
