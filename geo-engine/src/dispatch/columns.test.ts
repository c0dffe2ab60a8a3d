import { describe, expect, it } from 'vitest';
import { createRandom, pick } from '../../test/random.js';
import { fromColumns, mustBeFinite, toColumns } from './columns.js';

/** A fleet's rows: fields that all share, that some share, and that nobody does. */
function createRows(random: () => number, count: number): Record<string, unknown>[] {
  const makes = [
    new Map([['pump', 1]]),
    new Map([['pump', 1]]),
    new Map<string, number>(),
    new Map([
      ['2', 5],
      ['1', 6],
    ]),
  ];
  return Array.from({ length: count }, (_, i) => ({
    id: `unit ${i}`,
    agency: 'agency',
    status: pick(random, ['available', 'returning']),
    crew: pick(random, [null, 'crew']),
    held: random() < 0.1,
    place: random() < 0.1 ? null : [random(), -random()],
    speed: pick(random, [null, 0, random()]),
    since: random() < 0.5 ? 0 : Math.floor(random() * 2 ** 40),
    can: pick(random, makes),
    none: new Map(),
    kept: pick(random, [null, { vekId: 'vek', from: 1 }]),
  }));
}

/** As JSON writes it, and Maps as lists. */
const written = (rows: readonly object[]) =>
  JSON.parse(JSON.stringify(rows, (_key, value) => (value instanceof Map ? [...value] : value)));

describe('columns', () => {
  it('G99 rows come back from columns as they were', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      const rows = createRows(random, Math.floor(random() * 12));
      const text = JSON.stringify(toColumns(rows));
      expect(fromColumns(JSON.parse(text)), `seed ${seed}`).toEqual(written(rows));
    }
  });

  it('G99 what rows share is told once', () => {
    const rows = createRows(createRandom(1), 200).map((row) => ({ ...row, can: new Map([['pump', 1]]) }));
    const { fields } = toColumns(rows);
    expect(fields.agency).toEqual({ all: 'agency' });
    expect(fields.can).toEqual({ all: [['pump', 1]] });
    expect(fields.status).toMatchObject({ of: expect.arrayContaining(['available', 'returning']) });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'G99 %d is refused, wherever it stands',
    (value) => {
      for (const row of [
        { value },
        { value: [1, value] },
        { value: new Map([['water', value]]) },
        { value: { a: { b: value } } },
      ]) {
        expect(() => toColumns([row])).toThrow(RangeError);
        expect(() => toColumns([{ value: 1 }, row])).toThrow(RangeError);
      }
      expect(() => mustBeFinite({ a: [0, { b: value }] }, 'it')).toThrow(RangeError);
      expect(() => mustBeFinite({ a: [0, null, 'NaN', true] }, 'it')).not.toThrow();
    },
  );
});
