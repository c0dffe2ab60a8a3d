import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Int4Column, Int8Column } from './binary-columns.js';

const OID_INT4 = 23;
const OID_INT8 = 20;

/** Reads PostgreSQL's binary array format by its description, byte by byte, and nothing that is left over is overlooked. */
function readArray(bytes: Uint8Array): { oid: number; values: bigint[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = view.getInt32(0);
  expect(view.getInt32(4), 'has no nulls').toBe(0);
  const oid = view.getInt32(8);
  if (dimensions === 0) {
    expect(bytes.byteLength, 'nothing follows the head of an empty array').toBe(12);
    return { oid, values: [] };
  }
  expect(dimensions).toBe(1);
  const count = view.getInt32(12);
  expect(view.getInt32(16), 'lower bound').toBe(1);
  const values: bigint[] = [];
  let at = 20;
  for (let i = 0; i < count; i++) {
    const length = view.getInt32(at);
    at += 4;
    // two's complement, most significant byte first
    let value = 0n;
    for (let b = 0; b < length; b++) value = (value << 8n) | BigInt(view.getUint8(at + b));
    values.push(BigInt.asIntN(length * 8, value));
    at += length;
  }
  expect(at, 'every byte belongs to an element').toBe(bytes.byteLength);
  return { oid, values };
}

describe.each([
  ['int4', Int4Column, OID_INT4, [0, 1, -1, 127, 128, -128, 65_536, 2 ** 31 - 1, -(2 ** 31)]],
  [
    'int8',
    Int8Column,
    OID_INT8,
    [
      0,
      1,
      -1,
      2 ** 31,
      -(2 ** 31) - 1,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 32 + 1,
      -(2 ** 32),
      -(2 ** 32) - 1,
      1_760_000_000_123,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ],
  ],
] as const)('a column of %s', (_name, Column, oid, values) => {
  it('holds each value as PostgreSQL reads it', () => {
    const column = new Column(4);
    for (const value of values) column.push(value);
    expect(column.length).toBe(values.length);
    expect(readArray(column.param())).toEqual({ oid, values: values.map(BigInt) });
  });

  it('is an empty array without elements', () => {
    expect(readArray(new Column(4).param())).toEqual({ oid, values: [] });
  });

  it('grows beyond its first room and keeps what it had', () => {
    const column = new Column(1);
    for (let i = 0; i < 1000; i++) column.push(i % 2 === 0 ? i : -i);
    expect(column.length).toBe(1000);
    expect(readArray(column.param()).values.map(Number)).toEqual(
      Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? i : -i)),
    );
  });

  it('is empty again after clear, and what stood there before does not come back', () => {
    const column = new Column(2);
    for (let i = 0; i < 100; i++) column.push(7_777_777);
    column.clear();
    expect(column.length).toBe(0);
    expect(readArray(column.param()).values).toEqual([]);
    column.push(-5);
    expect(readArray(column.param()).values).toEqual([-5n]);
  });

  it('may be read in the middle of filling', () => {
    const column = new Column(1);
    column.push(1);
    expect(readArray(column.param()).values).toEqual([1n]);
    column.push(-2);
    expect(readArray(column.param()).values).toEqual([1n, -2n]);
  });
});

describe('columns against the decoder', () => {
  it('agree for any whole numbers of their range', () => {
    fc.assert(
      fc.property(
        fc.array(fc.maxSafeInteger()),
        fc.array(fc.integer()),
        fc.integer({ min: 1, max: 8 }),
        (big, small, room) => {
          const [eight, four] = [new Int8Column(room), new Int4Column(room)];
          for (const value of big) eight.push(value);
          for (const value of small) four.push(value);
          expect(readArray(eight.param()).values).toEqual(big.map(BigInt));
          expect(readArray(four.param()).values).toEqual(small.map(BigInt));
        },
      ),
    );
  });

  it('an int4 column refuses what does not fit, rather than store another number', () => {
    const column = new Int4Column(2);
    expect(() => column.push(2 ** 31)).toThrow(RangeError);
    expect(column.length).toBe(0);
  });
});
