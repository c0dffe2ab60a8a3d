import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { BUDGETS, type Budget, judge } from '../budgets.js';
import { short } from './statistics.js';
import { type Plot, plotSvg } from './svg-plot.js';

/** One measured number. The id stays the same from run to run, so that two reports can be compared. */
export interface Figure {
  readonly id: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Which way is better; undefined where neither is. */
  readonly better?: 'less' | 'more';
  /** Anything that qualifies it: spread, the load it was measured at. */
  readonly note?: string;
}

/** A result that had to be right before its speed counts. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface BenchResult {
  readonly bench: string;
  readonly figures: readonly Figure[];
  readonly checks: readonly Check[];
  readonly plots: readonly Plot[];
  /** What a reader must know: what was absent, saturated, or in the way. */
  readonly notes: readonly string[];
  readonly seconds: number;
}

export interface Report {
  readonly at: string;
  readonly command: string;
  readonly seed: number;
  readonly quick: boolean;
  readonly machine: Readonly<Record<string, string>>;
  readonly results: readonly BenchResult[];
}

/** What a figure means nothing without. */
export function describeMachine(): Record<string, string> {
  const versions = (name: string) =>
    JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'))
      .version as string;
  const said = (command: string, ...args: string[]) => {
    try {
      return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
        .trim()
        .split('\n')[0]!;
    } catch {
      return '–';
    }
  };
  const model = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? cpus()[0]?.model ?? '–';
  return {
    processor: `${model}, ${cpus().length} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    'uWebSockets.js': versions('uWebSockets.js'),
    'socket.io': versions('socket.io'),
    pglite: versions('@electric-sql/pglite'),
    PostgreSQL: said('psql', '--version'),
    Redis: said('redis-server', '--version'),
    commit: said('git', 'describe', '--always', '--dirty=, changed since'),
    'load before': readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' '),
  };
}

export const allFigures = (report: Report): Figure[] => report.results.flatMap(({ figures }) => [...figures]);
export const failedChecks = (report: Report): Check[] =>
  report.results.flatMap(({ checks }) => checks.filter(({ ok }) => !ok));

export interface Ratio {
  readonly id: string;
  readonly unit: string;
  readonly before: number;
  readonly now: number;
  readonly ratio: number;
  readonly verdict: 'better' | 'worse' | 'same' | '';
}

/** Of a machine's description: what is another in every run. */
const OF_EACH_RUN: readonly string[] = ['commit', 'load before'];

/** Machines are noisy: a change by less than this factor is called none. */
const SAME_WITHIN = 1.1;

/** Figures that both reports have, the newer divided by the older. */
export function compare(before: Report, now: Report): Ratio[] {
  const old = new Map(allFigures(before).map((figure) => [figure.id, figure]));
  return allFigures(now).flatMap(({ id, unit, value, better }) => {
    const was = old.get(id);
    if (was === undefined || was.unit !== unit) return [];
    const ratio = value / was.value;
    const changed = !(ratio < SAME_WITHIN && ratio > 1 / SAME_WITHIN);
    const verdict =
      better === undefined || !Number.isFinite(ratio)
        ? ''
        : !changed
          ? 'same'
          : ratio > 1 === (better === 'more')
            ? 'better'
            : 'worse';
    return [{ id, unit, before: was.value, now: value, ratio, verdict }];
  });
}

/** In what two reports differ besides their figures: where they do, a ratio is not the program's alone. */
export function differences(before: Report, now: Report): string[] {
  const told = (what: string, old: string, newer: string) =>
    old === newer ? [] : [`${what} was ${old}, is ${newer} now`];
  const lengthOf = ({ quick }: Report) => (quick ? 'quick' : 'full');
  return [
    ...told('length', lengthOf(before), lengthOf(now)),
    ...told('seed', String(before.seed), String(now.seed)),
    ...Object.keys(now.machine)
      .filter((name) => !OF_EACH_RUN.includes(name))
      .flatMap((name) => told(name, before.machine[name] ?? 'not told', now.machine[name]!)),
  ];
}

/** A table with aligned columns, numbers to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const isNumber = head.map((_, i) => rows.length > 0 && rows.every((row) => /^[\d –.×-]*$/.test(row[i]!)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** The report for the terminal. */
export function reportText(report: Report): string {
  const parts = report.results.map(({ bench, figures, checks, notes, seconds }) =>
    [
      `\n${bench} (${Math.round(seconds)} s)`,
      ...checks.map(({ ok, what, detail }) => `${ok ? 'right' : 'WRONG'}: ${what}: ${detail}`),
      textTable(
        ['figure', 'value', 'unit', 'what'],
        figures.map(({ id, value, unit, what, note }) => [
          id,
          short(value),
          unit,
          note === undefined ? what : `${what} (${note})`,
        ]),
      ),
      ...notes.map((note) => `note: ${note}`),
    ].join('\n'),
  );
  const verdicts = judge(allFigures(report));
  if (verdicts.length > 0) {
    const rows = verdicts.map((verdict) => [
      verdict.met ? 'met' : 'NOT MET',
      short(verdict.value),
      limitText(verdict),
      verdict.what,
    ]);
    parts.push(`\nbudgets\n${textTable(['', 'value', 'limit', 'what'], rows)}`);
  }
  return parts.join('\n');
}

export function ratiosText(ratios: readonly Ratio[]): string {
  return textTable(
    ['figure', 'before', 'now', 'unit', 'ratio', ''],
    ratios.map(({ id, before, now, unit, ratio, verdict }) => [
      id,
      short(before),
      short(now),
      unit,
      short(ratio),
      verdict,
    ]),
  );
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
/** Columns of numbers, by their heads, stand to the right. */
const NUMBERS = ['value', 'limit', 'before', 'now', 'ratio'];
const table = (head: readonly string[], rows: readonly (readonly string[])[]) => {
  const row = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell, i) => `<${tag}${NUMBERS.includes(head[i]!) ? ' class="n"' : ''}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>${row(head, 'th')}${rows.map((cells) => row(cells, 'td')).join('')}</table>`;
};
const limitText = ({ side, limit, unit }: Budget) => `${side === 'most' ? '≤' : '≥'} ${short(limit)} ${unit}`;
const mark = (ok: boolean, yes: string, no: string) => `<b class="${ok ? 'good' : 'bad'}">${ok ? yes : no}</b>`;

/** As the reader's system has it, light or dark. The plots take their colours from here. */
const STYLE = `:root{color-scheme:light dark;--ink:#1c2430;--page:#fff;--line:#d8dde5;--code:#eef1f5;--good:#11713c;--bad:#b3261e;--black:#000}
@media (prefers-color-scheme:dark){:root{--ink:#e3e7ed;--page:#14181e;--line:#3a424e;--code:#252b34;--good:#5ccb8a;--bad:#ff8a80;--black:#fff}}
body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--page)}
table{border-collapse:collapse;margin:.7rem 0}td,th{border-bottom:1px solid var(--line);padding:.25rem .7rem;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}svg{margin:.6rem .6rem 0 0;vertical-align:top}.good{color:var(--good)}.bad{color:var(--bad)}h2{margin-top:2.2rem}
ul{padding-left:1.2rem}code{background:var(--code);padding:0 .25rem}`;

/** The report as one page that needs nothing else: no script, no font, no network. */
export function reportHtml(report: Report, ratios: readonly Ratio[] = [], unlike: readonly string[] = []): string {
  const verdicts = judge(allFigures(report));
  const measured = new Set(verdicts.map(({ id }) => id));
  const unmeasured = BUDGETS.filter(({ id }) => !measured.has(id));
  const sections = report.results.map(
    ({ bench, figures, checks, plots, notes, seconds }) => `
<h2>${escaped(bench)}</h2><p>${Math.round(seconds)} s</p>
<ul>${checks.map(({ ok, what, detail }) => `<li>${mark(ok, 'right', 'WRONG')} ${escaped(what)}: ${escaped(detail)}</li>`).join('')}
${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>
${plots.map(plotSvg).join('\n')}
${table(
  ['figure', 'value', 'unit', 'what'],
  figures.map(({ id, value, unit, what, note }) => [
    `<code>${escaped(id)}</code>`,
    short(value),
    escaped(unit),
    escaped(note === undefined ? what : `${what} (${note})`),
  ]),
)}`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vanags bench ${escaped(report.at)}</title><style>${STYLE}</style></head><body>
<h1>Vanags bench</h1>
${table(
  ['', ''],
  [
    ['date', escaped(report.at)],
    ['command', `<code>${escaped(report.command)}</code>`],
    ['seed', String(report.seed)],
    ['length', report.quick ? 'quick: a look, not a measurement' : 'full'],
    ...Object.entries(report.machine).map(([name, value]) => [escaped(name), escaped(value)]),
  ],
)}
<h2>Budgets</h2>
${table(
  ['', 'value', 'limit', 'what'],
  verdicts.map((verdict) => [
    mark(verdict.met, 'met', 'not met'),
    `${short(verdict.value)} ${escaped(verdict.unit)}`,
    escaped(limitText(verdict)),
    escaped(verdict.what),
  ]),
)}
<details><summary>${unmeasured.length} not measured in this run</summary>
${table(
  ['limit', 'what'],
  unmeasured.map((budget) => [escaped(limitText(budget)), escaped(budget.what)]),
)}</details>
${
  ratios.length === 0
    ? ''
    : `<h2>Against the report before</h2><ul>${unlike.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>${table(
        ['figure', 'before', 'now', 'unit', 'ratio', ''],
        ratios.map(({ id, before, now, unit, ratio, verdict }) => [
          `<code>${escaped(id)}</code>`,
          short(before),
          short(now),
          escaped(unit),
          short(ratio),
          verdict === 'better' || verdict === 'worse' ? mark(verdict === 'better', 'better', 'worse') : verdict,
        ]),
      )}`
}
${sections.join('\n')}
</body></html>
`;
}
