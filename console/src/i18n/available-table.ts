import type { Available, AvailableUnit } from '../state/recommendation.js';
import type { Words } from './words.js';

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * The units of an answer as a table (RFC 4180) that spreadsheets here open as it is: with a byte order mark, semicolons, and a head in the
 * reader's language. Times are whole minutes, the earliest rounded down and the latest up; empty where an area was asked about.
 */
export function availableTable({ units }: Available, words: Words): string {
  const head = [
    ...(['table.unit', 'unit.agency', 'unit.kind', 'unit.status', 'table.people'] as const),
    ...(['table.earliestMin', 'table.latestMin', 'available.uncertain', 'unit.capabilities'] as const),
  ].map((key) => words.text(key));
  const rows = [[...head, 'lat', 'lon'], ...units.map((unit) => cellsOf(unit, words))];
  return `\ufeff${rows.map((row) => row.map(quoted).join(';')).join('\r\n')}\r\n`;
}

function cellsOf(unit: AvailableUnit, words: Words): string[] {
  const { callsign, service, kind, status, headCount, response, verdict, capabilities, lat, lon } = unit;
  const [earliestMs, latestMs] = response?.intervalMs ?? [];
  const carried = Object.entries(capabilities).map(
    ([code, quantity]) => `${words.label('capability', code)} ${quantity}`,
  );
  return [
    callsign,
    service,
    words.label('kind', kind),
    words.label('status', status),
    headCount === null ? '' : String(headCount),
    earliestMs === undefined ? '' : String(Math.floor(earliestMs / 60_000)),
    latestMs === undefined ? '' : String(Math.ceil(latestMs / 60_000)),
    verdict === 'uncertain' ? words.text('available.uncertain') : '',
    carried.join(', '),
    lat.toFixed(5),
    lon.toFixed(5),
  ];
}

function quoted(cell: string): string {
  return `"${(FORMULA.test(cell) ? `'${cell}` : cell).replaceAll('"', '""')}"`;
}
