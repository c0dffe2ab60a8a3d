import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../state/event-types.js';
import { OBJECT_TYPES } from '../state/object-types.js';
import { en } from './en.js';
import { lv } from './lv.js';
import { folded, Words } from './words.js';

describe('texts', () => {
  it('has the same keys in both languages, and the same names to fill in', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(lv).sort());
    const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const key of Object.keys(lv) as (keyof typeof lv)[]) expect(names(en[key]), key).toEqual(names(lv[key]));
  });

  it('C20 names every object that is offered', () => {
    const named = new Set(Object.keys(lv));
    expect(OBJECT_TYPES.filter((code) => !named.has(`object.${code}`))).toEqual([]);
  });

  it('has no empty text, and names every event type in both languages', () => {
    for (const text of [...Object.values(lv), ...Object.values(en)]) expect(text).not.toBe('');
    for (const type of EVENT_TYPES) expect(type.lv.length * type.en.length, type.code).toBeGreaterThan(0);
  });
});

describe('Words', () => {
  const latvian = new Words('lv');
  const english = new Words('en');

  it('counts as Latvian does: 1 and 21 one, 0 and 10 to 20 zero, the rest other', () => {
    const forms = [0, 1, 2, 10, 11, 20, 21, 22, 111, 121].map((n) => latvian.count('units', n));
    expect(forms).toEqual([
      '0 vienību',
      '1 vienība',
      '2 vienības',
      '10 vienību',
      '11 vienību',
      '20 vienību',
      '21 vienība',
      '22 vienības',
      '111 vienību',
      '121 vienība',
    ]);
    expect([0, 1, 2].map((n) => english.count('units', n))).toEqual(['0 units', '1 unit', '2 units']);
  });

  it('shows times of Riga, in summer and in winter', () => {
    expect(latvian.time(Date.UTC(2026, 0, 15, 1, 2, 3))).toBe('03:02:03');
    expect(latvian.time(Date.UTC(2026, 6, 15, 21, 2, 3))).toBe('00:02:03');
  });

  it('writes a decimal comma in Latvian', () => {
    expect(latvian.distance(12_430)).toBe('12,4 km');
    expect(english.distance(12_430)).toBe('12.4 km');
    expect(latvian.distance(848)).toBe('850 m');
  });

  it('says an age in one unit, and never a negative one', () => {
    const ages = [-5, 0, 119_999, 120_000, 7_199_000, 7_200_000, 172_800_000];
    expect(ages.map((ms) => latvian.age(ms))).toEqual(['0 s', '0 s', '119 s', '2 min', '119 min', '2 h', '2 d']);
  });

  it('promises no travel time earlier than it is', () => {
    const times = [0, 1, 60_000, 60_001, 3_599_999, 3_600_000, 3_900_001];
    expect(times.map((ms) => latvian.minutes(ms))).toEqual([
      '0 min',
      '1 min',
      '1 min',
      '2 min',
      '1 h 00 min',
      '1 h 00 min',
      '1 h 06 min',
    ]);
  });

  it('tells an interval outwards, so that neither end promises too much', () => {
    const intervals = [
      [301_000, 481_000],
      [300_000, 300_000],
      [0, 20_000],
      [3_500_000, 3_700_000],
    ] as const;
    expect(intervals.map((interval) => latvian.minutesBetween(interval))).toEqual([
      '5–9 min',
      '5 min',
      '0–1 min',
      '58 min – 1 h 02 min',
    ]);
  });

  it('searches without diacritics', () => {
    expect(folded('Ķekava, Ērģļu iela')).toBe('kekava, erglu iela');
  });
});
