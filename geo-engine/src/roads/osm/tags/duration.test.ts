import { describe, expect, test } from 'vitest';
import { crossingOf, durationS } from './duration.js';

describe('durationS', () => {
  test.each<[string, number | undefined]>([
    ['20', 1200],
    ['00:20', 1200],
    ['01:30', 5400],
    ['26:00', 93_600],
    ['00:05:30', 330],
    ['PT20M', 1200],
    ['PT1H30M', 5400],
    ['PT90S', 90],
    ['P1DT2H', 93_600],
    ['0', undefined],
    ['00:00', undefined],
    ['PT', undefined],
    ['P', undefined],
    ['1:2:3:4', undefined],
    ['an hour', undefined],
    ['', undefined],
  ])('G30 %j is %s s', (value, expected) => {
    expect(durationS(value)).toBe(expected);
  });

  test('G30 what is not understood is counted and unknown', () => {
    const leftOut: string[] = [];
    const read = (duration: string) => crossingOf(new Map([['duration', duration]]), (reason) => leftOut.push(reason));
    expect([read('00:10'), read(' 10 '), read('soon')]).toEqual([600, 600, 0]);
    expect(crossingOf(new Map(), (reason) => leftOut.push(reason))).toBe(0);
    expect(leftOut).toEqual(['unreadable_duration']);
  });
});
