import { expect, it } from 'vitest';
import { median } from './statistics.js';
import { ratiosAtChanges, type Window } from './switched-windows.js';

/** One letter a window: 1 on, 0 off. */
const windows = (drawn: string, value: (no: number, isOn: boolean) => number): Window[] =>
  [...drawn].map((letter, no) => ({ isOn: letter === '1', value: value(no, letter === '1') }));

it('pairs lie alike about each change, and none reaches beyond another change', () => {
  const of = windows('001110', (no) => [2, 3, 5, 7, 11, 13][no]!);
  expect(ratiosAtChanges(of, 5)).toEqual([5 / 3, 7 / 2, 11 / 13]);
  expect(ratiosAtChanges(of, 1)).toEqual([5 / 3, 11 / 13]);
});

it('a machine that becomes slower all the while does not move the median', () => {
  // on costs a tenth; each window is 1 % slower than the one before
  const of = windows('00001111000011110000', (no, isOn) => (isOn ? 0.9 : 1) * 0.99 ** no);
  expect(median(ratiosAtChanges(of, 4))).toBeCloseTo(0.9, 3);
});

it('without a change there is nothing to compare', () => {
  expect(
    ratiosAtChanges(
      windows('0000', () => 1),
      4,
    ),
  ).toEqual([]);
});
