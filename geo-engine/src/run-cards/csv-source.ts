import { CsvError, parse } from 'csv-parse/sync';

/** One cell, without the white space around it. */
export interface CsvCell {
  readonly text: string;
  /** Where it begins in the text of the table. */
  readonly offset: number;
}

export type CsvSource =
  | { readonly kind: 'records'; readonly records: readonly (readonly CsvCell[])[] }
  | { readonly kind: 'broken'; readonly offset: number; readonly detail: string };

/**
 * Splits a table (RFC 4180) whose lines end with LF, and remembers where every cell stands. Empty lines are no records.
 * A quoted cell may hold delimiters, line ends and doubled quotes.
 */
export function readCsv(text: string, delimiter: string): CsvSource {
  const source = Buffer.from(text);
  let endBytes = 0; // of the last cell; the parser counts bytes
  let end = 0;
  let isFirst = true;
  const cellBegin = () => beginAfter(text, end, isFirst ? '\n' : text[end]!);
  try {
    const records = parse(source, {
      delimiter,
      record_delimiter: '\n',
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      cast: (cell, { bytes }): CsvCell => {
        const offset = cellBegin();
        end += source.toString('utf8', endBytes, bytes).length;
        endBytes = bytes;
        isFirst = false;
        return { text: cell, offset };
      },
    });
    return { kind: 'records', records: records as unknown as CsvCell[][] };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // some mistakes are found long after the cell in which they were made
    return { kind: 'broken', offset: cellBegin(), detail: error.message };
  }
}

/** Where a cell begins after what ended the one before it: on the same line, or after a line end on the next that is not empty. */
function beginAfter(text: string, end: number, ending: string): number {
  const space = ending === '\n' ? /\s*/y : /[^\S\n]*/y;
  space.lastIndex = end === 0 && ending === '\n' ? 0 : end + 1;
  space.exec(text);
  return space.lastIndex;
}
