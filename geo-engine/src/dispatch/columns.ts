/** One field of many rows: the same in all, row by row, or by place in a list of the values that there are. */
type Column =
  | { readonly all: unknown }
  | { readonly each: readonly unknown[] }
  | { readonly of: readonly unknown[]; readonly at: readonly number[] };

/** Rows that have the same fields, as JSON that tells once what rows share. A Map stands as the list of its entries. */
export interface Columns {
  readonly rows: number;
  readonly fields: Readonly<Record<string, Column>>;
}

/** @throws RangeError where a number is not finite: JSON would make null of it */
export function toColumns(rows: readonly object[]): Columns {
  const fields: Record<string, Column> = {};
  for (const field of Object.keys(rows[0] ?? {})) fields[field] = toColumn(rows as Record<string, unknown>[], field);
  return { rows: rows.length, fields };
}

/** The rows that toColumns was given, with lists for its Maps. Values that rows share are one object. */
export function fromColumns({ rows, fields }: Columns): Record<string, unknown>[] {
  const columns = Object.entries(fields);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(([field, column]) => [field, valueAt(column, row)])),
  );
}

function toColumn(rows: readonly Readonly<Record<string, unknown>>[], field: string): Column {
  const first = rows[0]![field];
  if (rows.every(({ [field]: value }) => value === first || (isEmptyMap(value) && isEmptyMap(first))))
    return { all: plain(first, field) };
  const values = rows.map((row) => plain(row[field], field));
  // numbers and places that differ mostly all do
  return typeof first === 'number' || Array.isArray(first) ? { each: values } : listed(values);
}

function isEmptyMap(value: unknown): boolean {
  return value instanceof Map && value.size === 0;
}

function listed(values: readonly unknown[]): Column {
  const placeOf = new Map<unknown, number>();
  const of: unknown[] = [];
  const at = values.map((value) => {
    const key = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    let place = placeOf.get(key);
    if (place === undefined) {
      place = of.push(value) - 1;
      placeOf.set(key, place);
    }
    return place;
  });
  if (of.length === 1) return { all: of[0] };
  return 2 * of.length > values.length ? { each: values } : { of, at };
}

function valueAt(column: Column, row: number): unknown {
  if ('all' in column) return column.all;
  return 'each' in column ? column.each[row] : column.of[column.at[row]!];
}

/** A value as JSON can hold it. */
function plain(value: unknown, field: string): unknown {
  const held = value instanceof Map ? [...value] : value;
  mustBeFinite(held, field);
  return held;
}

/** @throws RangeError where a number in a value, or in what it holds, is none that JSON can write; `name` is what it is called there */
export function mustBeFinite(value: unknown, name: string): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${name} is ${value}, not a finite number`);
  } else if (typeof value === 'object' && value !== null) {
    for (const key in value) mustBeFinite((value as Record<string, unknown>)[key], key);
  }
}
