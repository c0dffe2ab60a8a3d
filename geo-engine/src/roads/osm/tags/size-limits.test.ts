import { describe, expect, test } from 'vitest';
import { heightM, maxHeightOf, maxWeightOf, weightT } from './size-limits.js';

type Tags = Record<string, string>;

describe('weightT', () => {
  test.each<[string, number | undefined]>([
    ['3.5', 3.5],
    ['3,5', 3.5],
    ['3.5 t', 3.5],
    ['7.5t', 7.5],
    ['12 tonnes', 12],
    ['3500 kg', 3.5],
    ['10000 lbs', 4.5359],
    ['10000lb', 4.5359],
    ['5 st', 4.5359],
    ['heavy', undefined],
    ['3.5 x', undefined],
    ['', undefined],
  ])('G27 %j is %s t', (value, expected) => {
    if (expected === undefined) expect(weightT(value)).toBeUndefined();
    else expect(weightT(value)).toBeCloseTo(expected, 4);
  });
});

describe('heightM', () => {
  test.each<[string, number | undefined]>([
    ['3.5', 3.5],
    ['3.5 m', 3.5],
    ['350 cm', 3.5],
    ['11\'6"', 3.5052],
    ["11'", 3.3528],
    ['11 ft 6 in', 3.5052],
    ["11' 6''", 3.5052],
    ['low', undefined],
  ])('G27 %j is %s m', (value, expected) => {
    if (expected === undefined) expect(heightM(value)).toBeUndefined();
    else expect(heightM(value)).toBeCloseTo(expected, 6);
  });
});

describe('limits of a road', () => {
  const read = (tags: Tags) => {
    const leftOut: string[] = [];
    const map = new Map(Object.entries(tags));
    const count = (reason: string) => leftOut.push(reason);
    return { halfTonnes: maxWeightOf(map, count), dm: maxHeightOf(map, count), leftOut };
  };

  test.each<[Tags, number]>([
    [{}, 0],
    [{ maxweight: '3.5' }, 7],
    [{ maxweight: '7.5 t' }, 15],
    [{ maxweight: '16.4' }, 32], // rounded down
    [{ maxweight: '0.2' }, 1],
    [{ maxweight: '10000 lbs' }, 9],
    [{ maxweight: '7.5', maxweightrating: '3.5' }, 7],
    [{ maxweight: 'none' }, 0],
    [{ maxweight: 'default' }, 0],
    [{ maxweight: '200' }, 0], // limits nobody
    [{ 'maxweightrating:hgv': '3.5' }, 0],
  ])('G27 %j: %i half tonnes', (tags, expected) => {
    expect(read(tags)).toMatchObject({ halfTonnes: expected, leftOut: [] });
  });

  test.each<[Tags, number]>([
    [{ maxheight: '3.5' }, 35],
    [{ maxheight: '3.3' }, 33],
    [{ maxheight: '4.1' }, 41],
    [{ maxheight: '3.99' }, 39],
    [{ maxheight: '11\'6"' }, 35],
    [{ maxheight: '4.5', 'maxheight:physical': '4.2' }, 42],
    [{ maxheight: 'below_default' }, 0],
    [{ maxheight: 'none' }, 0],
  ])('G27 %j: %i dm', (tags, expected) => {
    expect(read(tags)).toMatchObject({ dm: expected, leftOut: [] });
  });

  test('G27 what is not understood is counted', () => {
    expect(read({ maxweight: 'much', maxheight: '0' })).toEqual({
      halfTonnes: 0,
      dm: 0,
      leftOut: ['unreadable_maxweight', 'unreadable_maxheight'],
    });
  });
});
