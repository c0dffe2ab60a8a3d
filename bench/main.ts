/** `npm run bench`: runs the named benches, prints and writes the report. Exits with 1 when a result was wrong, with 2 when it was asked wrongly. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  compare,
  describeMachine,
  differences,
  failedChecks,
  type Report,
  ratiosText,
  reportHtml,
  reportText,
} from './lib/report.js';
import { type BenchOptions, BenchRun } from './lib/run.js';
import type { DatabaseKind } from './lib/tracker-process.js';

type Bench = (run: BenchRun) => Promise<void>;

/** Loaded when asked for: one needs Redis's driver, another a socket binary. */
const BENCHES: Readonly<Record<string, () => Promise<{ bench: Bench }>>> = {
  start: () => import('./start.bench.js'),
  ingest: () => import('./ingest.bench.js'),
  fanout: () => import('./fanout.bench.js'),
  index: () => import('./index.bench.js'),
  roads: () => import('./roads.bench.js'),
  chaos: () => import('./chaos.bench.js'),
  reconnect: () => import('./reconnect.bench.js'),
  hostile: () => import('./hostile.bench.js'),
  compaction: () => import('./compaction.bench.js'),
  dispatch: () => import('./dispatch.bench.js'),
  vek: () => import('./vek.bench.js'),
  register: () => import('./register.bench.js'),
  soak: () => import('./soak.bench.js'),
};
const RESULTS = path.join(import.meta.dirname, 'results');
const HELP = `npm run bench -- [NAME …] [options]
  NAME               ${Object.keys(BENCHES).join(', ')}; none: all but soak
  --quick            at most 50 s each: a look, not a measurement
  --json FILE        where the report goes (FILE and the same name with .html); default bench/results/
  --compare OLD.json prints the ratios to an earlier report
  --database KIND    embedded or postgres only
  --seed N           default 112
  --minutes N        of soak, default 10
  --rounds N --round-s S
                     of chaos, default 20 of 120 s
  --profile DIR      writes CPU profiles of the tracker there
  --url URL --token T [--desk-token T] [--database-url URL]
                     measures a tracker that is already there; T of an admin of the platform operator`;

function fail(line: string): never {
  console.error(`bench: ${line}\n\n${HELP}`);
  process.exit(2);
}

function readCommand() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        compare: { type: 'string' },
        database: { type: 'string' },
        seed: { type: 'string', default: '112' },
        minutes: { type: 'string', default: '10' },
        rounds: { type: 'string' },
        'round-s': { type: 'string' },
        profile: { type: 'string' },
        url: { type: 'string' },
        token: { type: 'string' },
        'desk-token': { type: 'string' },
        'database-url': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail((error as Error).message);
  }
}

function readReport(file: string): Report {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Partial<Report>;
    return Array.isArray(report.results) ? (report as Report) : fail(`--compare ${file} is no report of a bench`);
  } catch (error) {
    return fail(`--compare ${file}: ${(error as Error).message}`);
  }
}

const { values, positionals } = readCommand();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES).filter((name) => name !== 'soak');
const unknown = names.find((name) => !(name in BENCHES));
if (unknown !== undefined) fail(`there is no bench ${unknown}`);
if (values.url !== undefined && values.token === undefined) fail('--url needs --token, of an admin');
if (values.database !== undefined && !['embedded', 'postgres'].includes(values.database))
  fail(`--database ${values.database}: embedded or postgres`);
const seed = Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isInteger(seed) || !(minutes > 0)) fail('--seed is a whole number and --minutes is above 0');
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const roundS = values['round-s'] === undefined ? undefined : Number(values['round-s']);
if (!(Number.isInteger(rounds ?? 1) && (rounds ?? 1) > 0 && (roundS ?? 1) > 0))
  fail('--rounds is a whole number and --round-s seconds, both above 0');
if (values.url !== undefined) {
  if (!URL.canParse(values.url)) fail(`--url ${values.url} is no URL`);
  await fetch(new URL('/readyz', values.url)).catch(({ message, cause }: Error) =>
    fail(`--url ${values.url}: no tracker answers there (${cause instanceof Error ? cause.message : message})`),
  );
  for (const name of ['token', 'desk-token'] as const) {
    const token = values[name];
    if (token === undefined) continue;
    const { status } = await fetch(new URL('/api/v1/me', values.url), {
      headers: { authorization: `Bearer ${token}` },
    });
    if (status !== 200) fail(`--${name}: the tracker refuses it (${status})`);
  }
}
const before = values.compare === undefined ? undefined : readReport(values.compare);

const options: BenchOptions = {
  seed,
  quick: values.quick,
  minutes: values.quick ? Math.min(minutes, 0.5) : minutes,
  rounds,
  roundS,
  remote:
    values.url === undefined
      ? undefined
      : {
          url: values.url,
          token: values.token!,
          ...(values['desk-token'] === undefined ? {} : { deskToken: values['desk-token'] }),
          ...(values['database-url'] === undefined ? {} : { databaseUrl: values['database-url'] }),
        },
  databases: values.database === undefined ? ['postgres', 'embedded'] : [values.database as DatabaseKind],
  profileDir: values.profile,
};

let current: BenchRun | undefined;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // heard for good: npm and tsx pass on a Ctrl-C that has reached us already, and the second one must not end us halfway
  process.on(signal, () => {
    if (interrupted) return;
    interrupted = true;
    // servers end with this process in any case; this ends them in order and removes their folders
    setTimeout(() => process.exit(130), 8000).unref();
    void (current?.end() ?? Promise.resolve()).finally(() => process.exit(130));
  });
}

const report: Report = {
  at: new Date().toISOString(),
  command: `npm run bench -- ${process.argv
    .slice(2)
    .join(' ')
    .replace(/(token) \S+/g, '$1 …')}`,
  seed,
  quick: values.quick,
  machine: describeMachine(),
  results: [],
};
const file = values.json ?? path.join(RESULTS, `${names.join('-')}-${report.at.slice(0, 19).replaceAll(':', '')}.json`);
mkdirSync(path.dirname(path.resolve(file)), { recursive: true }); // before an hour is spent on what cannot be written
const results: Report['results'][number][] = [];
for (const name of names) {
  const run = new BenchRun(name, options);
  current = run;
  await run.execute((await BENCHES[name]!()).bench);
  if (interrupted) await new Promise(() => {}); // there is no report of what was broken off; the end is on its way
  results.push(run.result());
}
const finished: Report = { ...report, results };
const ratios = before === undefined ? [] : compare(before, finished);
const unlike = before === undefined ? [] : differences(before, finished);
writeFileSync(file, `${JSON.stringify(finished, null, 1)}\n`);
const page = file.replace(/(\.json)?$/, '.html');
writeFileSync(page, reportHtml(finished, ratios, unlike));
console.log(reportText(finished));
if (before !== undefined)
  console.log(
    [
      `\nratios to ${values.compare}`,
      ...unlike.map((text) => `note: ${text}`),
      ratios.length === 0 ? 'no figure stands in both' : ratiosText(ratios),
    ].join('\n'),
  );
console.log(`\n${file}\n${page}`);
process.exit(failedChecks(finished).length > 0 ? 1 : 0);
