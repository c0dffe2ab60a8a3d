import { short } from './statistics.js';

export interface Axis {
  readonly label: string;
  readonly log?: boolean;
}

export interface PlotLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly PlotLine[];
}

const WIDTH = 520;
const HEIGHT = 320;
const MARGIN = { left: 62, right: 14, top: 30, bottom: 64 };
/** Told apart by colour-blind readers too (Okabe and Ito, 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#5b5b5b', '#000000'];

/** Round numbers over a range: powers of ten on a logarithmic axis, steps of 1, 2 or 5 on a linear one. */
export function ticks(low: number, high: number, log: boolean): number[] {
  if (log) {
    const from = Math.floor(Math.log10(low));
    const to = Math.ceil(Math.log10(high));
    return Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  }
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough)! * power;
  const first = Math.floor(low / step);
  return Array.from({ length: Math.ceil(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Where a value lies between the ends of an axis, 0 to 1. */
function place(value: number, ends: readonly number[], log: boolean): number {
  const [low, high] = [ends[0]!, ends.at(-1)!];
  if (low === high) return 0.5;
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A line plot as inline SVG. On a logarithmic axis points that are not above zero are left out. */
export function plotSvg({ title, x, y, lines }: Plot): string {
  const shown = lines.map((line) => ({
    ...line,
    points: line.points.filter(
      ([px, py]) => Number.isFinite(px) && Number.isFinite(py) && (!x.log || px > 0) && (!y.log || py > 0),
    ),
  }));
  const all = shown.flatMap(({ points }) => points);
  if (all.length === 0) return '';
  const range = (values: readonly number[], log = false) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return ticks(log ? low : Math.min(low, 0), high, log);
  };
  const xTicks = range(
    all.map(([px]) => px),
    x.log,
  );
  const yTicks = range(
    all.map(([, py]) => py),
    y.log,
  );
  const toX = (value: number) =>
    MARGIN.left + place(value, xTicks, x.log ?? false) * (WIDTH - MARGIN.left - MARGIN.right);
  const toY = (value: number) =>
    HEIGHT - MARGIN.bottom - place(value, yTicks, y.log ?? false) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const at = (value: number) => value.toFixed(1);
  const grid = [
    ...xTicks.map(
      (tick) =>
        `<line x1="${at(toX(tick))}" x2="${at(toX(tick))}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="#e4e8ee"/><text x="${at(toX(tick))}" y="${HEIGHT - MARGIN.bottom + 15}" text-anchor="middle">${short(tick)}</text>`,
    ),
    ...yTicks.map(
      (tick) =>
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at(toY(tick))}" y2="${at(toY(tick))}" stroke="#e4e8ee"/><text x="${MARGIN.left - 6}" y="${at(toY(tick) + 4)}" text-anchor="end">${short(tick)}</text>`,
    ),
  ];
  const keyWidth = (WIDTH - MARGIN.left) / Math.max(1, Math.min(4, shown.length));
  const drawn = shown.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const path = points.map(([px, py]) => `${at(toX(px))},${at(toY(py))}`).join(' ');
    const dots = points
      .map(([px, py]) => `<circle cx="${at(toX(px))}" cy="${at(toY(py))}" r="2.5" fill="${colour}"/>`)
      .join('');
    const keyX = MARGIN.left + (i % 4) * keyWidth;
    const keyY = HEIGHT - 20 + Math.floor(i / 4) * 13;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>${dots}<text x="${at(keyX)}" y="${keyY}" fill="${colour}">■ ${escaped(name)}</text>`;
  });
  return `<svg role="img" aria-label="${escaped(title)}" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui,sans-serif" font-size="11" fill="#3a4454">
<text x="${MARGIN.left}" y="16" font-size="13" font-weight="600">${escaped(title)}</text>${grid.join('')}${drawn.join('')}
<text x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 34}" text-anchor="middle">${escaped(x.label)}</text><text transform="translate(13 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text></svg>`;
}
