import { describe, expect, test } from 'vitest';
import { SURFACE } from '../../road-network.js';
import { isUnpaved, surfaceOf, trackGradeOf } from './surface.js';

describe('surfaceOf', () => {
  test.each<[string | undefined, keyof typeof SURFACE, boolean]>([
    [undefined, 'unknown', false],
    ['asphalt', 'paved', false],
    ['concrete:plates', 'paved', false],
    ['paving_stones', 'paved', false],
    ['sett', 'cobbled', false],
    ['unhewn_cobblestone', 'cobbled', false],
    ['compacted', 'compacted', true],
    ['fine_gravel', 'compacted', true],
    ['gravel', 'gravel', true],
    ['unpaved', 'gravel', true],
    ['dirt', 'ground', true],
    ['grass', 'ground', true],
    ['sand', 'sand', true],
    ['mud', 'sand', true],
    ['asphalt;gravel', 'gravel', true], // the worst of several
    ['lava', 'unknown', false],
    ['', 'unknown', false],
  ])('G27 surface=%s is %s, unpaved %s', (value, expected, unpaved) => {
    const surface = surfaceOf(new Map(value === undefined ? [] : [['surface', value]]));
    expect(surface).toBe(SURFACE[expected]);
    expect(isUnpaved(surface)).toBe(unpaved);
  });

  test.each([
    ['grade1', 1],
    ['grade5', 5],
    ['grade6', 0],
    ['grade1;grade2', 0],
    ['good', 0],
  ])('G27 tracktype=%s is %i', (value, expected) => {
    expect(trackGradeOf(new Map([['tracktype', value]]))).toBe(expected);
  });

  test('G27 without a tracktype there is no grade', () => {
    expect(trackGradeOf(new Map())).toBe(0);
  });
});
