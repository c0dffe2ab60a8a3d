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
/** Without the key. */
const HEIGHT = 296;
const MARGIN = { left: 62, right: 28, top: 30, bottom: 40 };
const KEY_ROW = 15;
/** Of a letter at the size of the key, rather too wide, and between two names. */
const LETTER = 6;
const KEY_GAP = 16;
/** Told apart by colour-blind readers too (Okabe and Ito, 2008). The last is black, or white on a dark page. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#888888', 'var(--black,#000)'];

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

/** Where each name of the key stands: from left to right, in rows that the plot is as wide as. */
export function keyPlaces(names: readonly string[]): { readonly x: number; readonly row: number }[] {
  let x = MARGIN.left;
  let row = 0;
  return names.map((name) => {
    const width = (name.length + 2) * LETTER;
    if (x > MARGIN.left && x + width > WIDTH) {
      x = MARGIN.left;
      row++;
    }
    const place = { x, row };
    x += width + KEY_GAP;
    return place;
  });
}

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
        `<line x1="${at(toX(tick))}" x2="${at(toX(tick))}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="var(--line,#d8dde5)"/><text x="${at(toX(tick))}" y="${HEIGHT - MARGIN.bottom + 15}" text-anchor="middle">${short(tick)}</text>`,
    ),
    ...yTicks.map(
      (tick) =>
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at(toY(tick))}" y2="${at(toY(tick))}" stroke="var(--line,#d8dde5)"/><text x="${MARGIN.left - 6}" y="${at(toY(tick) + 4)}" text-anchor="end">${short(tick)}</text>`,
    ),
  ];
  const places = keyPlaces(shown.map(({ name }) => name));
  const height = HEIGHT + (places.at(-1)!.row + 1) * KEY_ROW;
  const drawn = shown.map(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const path = points.map(([px, py]) => `${at(toX(px))},${at(toY(py))}`).join(' ');
    const dots = points
      .map(([px, py]) => `<circle cx="${at(toX(px))}" cy="${at(toY(py))}" r="2.5" fill="${colour}"/>`)
      .join('');
    const { x: keyX, row } = places[i]!;
    const keyY = HEIGHT + 8 + row * KEY_ROW;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>${dots}<text x="${at(keyX)}" y="${keyY}"><tspan fill="${colour}">■</tspan> ${escaped(name)}</text>`;
  });
  return `<svg role="img" aria-label="${escaped(title)}" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui,sans-serif" font-size="11" fill="var(--ink,#1c2430)">
<text x="${MARGIN.left}" y="16" font-size="13" font-weight="600">${escaped(title)}</text>${grid.join('')}${drawn.join('')}
<text x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(x.label)}</text><text transform="translate(13 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text></svg>`;
}
