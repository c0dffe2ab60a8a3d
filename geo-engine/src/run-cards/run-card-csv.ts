import { stringify } from 'csv-stringify/sync';
import { type CardSource, checkCards, type RunCardImport, type RunCardProblem } from './check-cards.js';
import { type CsvCell, readCsv } from './csv-source.js';
import { placesIn, type SourcePlace } from './json-source.js';
import type { Requirement } from './requirement.js';
import type { RunCard } from './run-card.js';

/** Columns that say which card a row belongs to; a card's rows repeat them and stand together. */
const CARD_COLUMNS = [
  'card',
  'version',
  'event_type',
  'priority',
  'territory',
  'object',
  'weekdays',
  'from',
  'to',
  'valid_from',
  'valid_to',
] as const;
/** Columns of one requirement line. `code` is the capability, the qualification or the equipment. */
const LINE_COLUMNS = [
  'level',
  'need',
  'service',
  'kind',
  'code',
  'quantity',
  'each',
  'min_crew',
  'on_board',
  'substitutes',
] as const;
const COLUMNS = [...CARD_COLUMNS, ...LINE_COLUMNS];
const REQUIRED: readonly Column[] = ['event_type', 'valid_from', 'need', 'service', 'code', 'quantity'];
type Column = (typeof COLUMNS)[number];

type Row = ReadonlyMap<Column, CsvCell>;
type PlaceAt = (offset: number) => SourcePlace;

/** The columns by field of a card and of a line, for finding a problem's cell. */
const CARD_FIELD_COLUMNS: Readonly<Record<string, Column>> = {
  code: 'card',
  eventType: 'event_type',
  validFrom: 'valid_from',
  validTo: 'valid_to',
};
const LINE_FIELD_COLUMNS: Readonly<Record<string, Column>> = {
  capability: 'code',
  qualification: 'code',
  equipment: 'code',
  minCrew: 'min_crew',
  onBoard: 'on_board',
};

/**
 * Reads a table with one row a requirement line (RFC 4180; comma or, as spreadsheets here write it, semicolon). Lists in
 * a cell are separated by spaces: `foam:200 hose:4` on board, `platform:60 PP/patrol:0 ladder>=20:120` as substitutes
 * (service, least each and penalty in seconds). Never throws on what the text holds.
 */
export function runCardsFromCsv(text: string): RunCardImport {
  const table = readTable(text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'));
  if (table.problems.length > 0) return { kind: 'refused', problems: table.problems };
  return checkCards(groupRows(table.rows).map((rows) => cardSource(rows, table.placeAt)));
}

/** Writes cards so that runCardsFromCsv reads the same again. */
export function runCardsToCsv(cards: readonly RunCard[]): string {
  const rows = cards.flatMap((card) =>
    card.requirements.map((line): Partial<Record<Column, string>> => ({ ...cardCells(card), ...lineCells(line) })),
  );
  return stringify(rows, {
    header: true,
    columns: [...COLUMNS],
    record_delimiter: '\r\n',
    quoted_match: /^\s|\s$|\r|\n/,
  });
}

interface Table {
  readonly placeAt: PlaceAt;
  readonly rows: readonly Row[];
  readonly problems: readonly RunCardProblem[];
}

/** Splits a table whose lines end with LF into cells by column, and holds its head against the columns there are. */
function readTable(text: string): Table {
  const problems: RunCardProblem[] = [];
  const placeAt = placesIn(text);
  const report = (offset: number, code: RunCardProblem['code'], detail: string): void => {
    problems.push({ ...placeAt(offset), code, detail });
  };
  const [head = ''] = text.split('\n', 1);
  const source = readCsv(text, head.includes(';') && !head.includes(',') ? ';' : ',');
  if (source.kind === 'broken') {
    report(source.offset, 'csv_syntax', source.detail);
    return { placeAt, rows: [], problems };
  }
  const [names = [], ...body] = source.records;
  for (const [i, { text: name, offset }] of names.entries()) {
    if (!COLUMNS.includes(name as Column)) report(offset, 'unknown_column', name);
    else if (names.findIndex((one) => one.text === name) < i) report(offset, 'duplicate_key', name);
  }
  for (const name of REQUIRED) if (!names.some((one) => one.text === name)) report(0, 'missing_column', name);
  for (const cells of body) {
    if (cells.length === names.length) continue;
    report(cells[0]!.offset, 'wrong_cell_count', `${cells.length} cells under ${names.length} columns`);
  }
  const rows = body.map((cells) => new Map(cells.map((cell, i) => [names[i]?.text as Column, cell])));
  return { placeAt, rows, problems };
}

/** Rows that stand together and agree in every column of the card. */
function groupRows(rows: readonly Row[]): Row[][] {
  const groups: Row[][] = [];
  const cardOf = (row: Row) => JSON.stringify(CARD_COLUMNS.map((column) => row.get(column)?.text ?? ''));
  for (const row of rows) {
    const group = groups.at(-1);
    if (group && cardOf(group[0]!) === cardOf(row)) group.push(row);
    else groups.push([row]);
  }
  return groups;
}

function cardSource(rows: readonly Row[], placeAt: PlaceAt): CardSource {
  const first = rows[0]!;
  const weekdays = textIn(first, 'weekdays');
  const value = {
    ...field(first, 'code', 'card'),
    ...numberField(first, 'version', 'version'),
    eventType: textIn(first, 'event_type'),
    priority: orNull(textIn(first, 'priority')),
    territory: orNull(textIn(first, 'territory')),
    object: orNull(textIn(first, 'object')),
    window:
      weekdays === ''
        ? null
        : { weekdays: [...weekdays].map(toNumber), from: textIn(first, 'from'), to: textIn(first, 'to') },
    requirements: rows.map(lineValue),
    validFrom: textIn(first, 'valid_from'),
    validTo: orNull(textIn(first, 'valid_to')),
  };
  const placeOf = (path: readonly PropertyKey[]): SourcePlace => {
    const isLine = path[0] === 'requirements' && typeof path[1] === 'number';
    const name = String(isLine ? path[2] : path[0] === 'window' ? path[1] : path[0]);
    const column = (isLine ? LINE_FIELD_COLUMNS : CARD_FIELD_COLUMNS)[name] ?? (name as Column);
    const row = isLine ? rows[path[1] as number]! : first;
    const cell = row.get(column) ?? row.values().next().value;
    return placeAt(cell?.offset ?? 0);
  };
  return { value, placeOf };
}

function lineValue(row: Row): object {
  const kind = textIn(row, 'kind') || 'capability';
  const names: Record<string, string> = { crew: 'qualification', equipment: 'equipment' };
  const code = textIn(row, 'code');
  return {
    kind,
    [names[kind] ?? 'capability']: kind === 'crew' && code === '' ? null : code,
    ...numberField(row, 'quantity', 'quantity'),
    service: textIn(row, 'service'),
    need: textIn(row, 'need'),
    ...numberField(row, 'level', 'level'),
    ...numberField(row, 'each', 'each'),
    ...numberField(row, 'minCrew', 'min_crew'),
    ...listField(row, 'onBoard', 'on_board', onBoardItem),
    ...listField(row, 'substitutes', 'substitutes', substituteItem),
  };
}

function onBoardItem(item: string): object {
  const [equipment = '', quantity = ''] = item.split(':');
  return { equipment, quantity: toNumber(quantity) };
}

function substituteItem(item: string): object {
  const [, service, capability = '', each, penalty = ''] =
    /^(?:([^/]*)\/)?([^>:]*)(?:>=([^:]*))?(?::(.*))?$/.exec(item) ?? [];
  return {
    capability,
    service: service ?? null,
    each: each === undefined ? null : toNumber(each),
    penaltyS: toNumber(penalty),
  };
}

function textIn(row: Row, column: Column): string {
  return row.get(column)?.text ?? '';
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** The number a text is, or the text itself for the schema to refuse. */
function toNumber(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** A field that an empty cell leaves out. */
function field(row: Row, name: string, column: Column): object {
  const text = textIn(row, column);
  return text === '' ? {} : { [name]: text };
}

function numberField(row: Row, name: string, column: Column): object {
  const text = textIn(row, column);
  return text === '' ? {} : { [name]: toNumber(text) };
}

function listField(row: Row, name: string, column: Column, readItem: (item: string) => object): object {
  const text = textIn(row, column);
  return text === '' ? {} : { [name]: text.split(/\s+/).map(readItem) };
}

function cardCells(card: RunCard): Partial<Record<Column, string>> {
  const { window } = card;
  return {
    card: card.code,
    version: String(card.version),
    event_type: card.eventType,
    priority: card.priority ?? '',
    territory: card.territory ?? '',
    object: card.object ?? '',
    weekdays: window?.weekdays.join('') ?? '',
    from: window?.from ?? '',
    to: window?.to ?? '',
    valid_from: card.validFrom,
    valid_to: card.validTo ?? '',
  };
}

function lineCells(line: Requirement): Partial<Record<Column, string>> {
  const { kind, level, need, service, quantity } = line;
  const cells = { level: String(level), need, service, kind, quantity: String(quantity) };
  switch (kind) {
    case 'crew':
      return { ...cells, code: line.qualification ?? '' };
    case 'equipment':
      return { ...cells, code: line.equipment };
    case 'capability':
      return {
        ...cells,
        code: line.capability,
        each: line.each === null ? '' : String(line.each),
        min_crew: line.minCrew === null ? '' : String(line.minCrew),
        on_board: line.onBoard.map((one) => `${one.equipment}:${one.quantity}`).join(' '),
        substitutes: line.substitutes
          .map(({ capability, service: from, each, penaltyS }) => {
            const named = from === null ? capability : `${from}/${capability}`;
            return `${named}${each === null ? '' : `>=${each}`}:${penaltyS}`;
          })
          .join(' '),
      };
  }
}
