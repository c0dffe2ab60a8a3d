import { describe, expect, test } from 'vitest';
import { SURFACE } from '../../road-network.js';
import { maxSpeedKmh, speedLimitsOf } from './max-speed.js';

type Tags = Record<string, string>;

function read(tags: Tags, surface: number = SURFACE.unknown) {
  const leftOut: string[] = [];
  return { ...speedLimitsOf(new Map(Object.entries(tags)), surface, (reason) => leftOut.push(reason)), leftOut };
}

describe('maxSpeedKmh', () => {
  test.each<[string, number | undefined]>([
    ['50', 50],
    [' 50 ', 50],
    ['50 km/h', 50],
    ['50km/h', 50],
    ['50 kmh', 50],
    ['50 kph', 50],
    ['7.5', 8],
    ['30 mph', 48],
    ['70mph', 113],
    ['10 knots', 19],
    ['walk', 7],
    ['none', 0],
    ['signals', 0],
    ['variable', 0],
    ['50;30', 30],
    ['70; 90', 70],
    ['100|80|80', 80],
    ['none;120', 120],
    ['signals;nonsense', 0],
    ['LV:urban', 50],
    ['LV:rural', 90],
    ['LV:motorway', 110],
    ['LV:living_street', 20],
    ['lv:Urban', 50],
    ['LV:30', 30],
    ['LV:zone30', 30],
    ['LV:zone:30', 30],
    ['LT:motorway', 130],
    ['EE:rural', 90],
    ['DE:motorway', 0],
    ['DE:rural', 100],
    ['CH:trunk', 100],
    ['BY:urban', 60],
    ['GB:nsl_single', 97],
    ['GB:nsl_dual', 113],
    ['GB:nsl_restricted', 48],
    ['NO:motorway', undefined], // several, by road
    ['XX:urban', undefined],
    ['LV:somewhere', undefined],
    ['constructor:urban', undefined],
    ['0', undefined],
    ['-50', undefined],
    ['5000', undefined],
    ['fast', undefined],
    ['', undefined],
    ['50 apples', undefined],
  ])('G26 %j is %s km/h', (value, expected) => {
    expect(maxSpeedKmh(value, SURFACE.unknown)).toBe(expected);
  });

  test.each<[string, keyof typeof SURFACE, number]>([
    ['LV:rural', 'paved', 90],
    ['LV:rural', 'unknown', 90],
    ['LV:rural', 'cobbled', 90],
    ['LV:rural', 'gravel', 80],
    ['LV:rural', 'compacted', 80],
    ['LV:rural', 'ground', 80],
    ['LV:urban', 'gravel', 50],
    ['LT:rural', 'gravel', 70],
    ['EE:rural', 'gravel', 90],
  ])('G26 %s on %s is %i km/h', (value, surface, expected) => {
    expect(maxSpeedKmh(value, SURFACE[surface])).toBe(expected);
  });
});

describe('speedLimitsOf', () => {
  test.each<[Tags, number, number]>([
    [{}, 0, 0],
    [{ maxspeed: '70' }, 70, 70],
    [{ maxspeed: '70', 'maxspeed:forward': '50' }, 50, 70],
    [{ 'maxspeed:backward': '30' }, 0, 30],
    [{ maxspeed: '70', 'maxspeed:forward': 'none' }, 0, 70],
    [{ 'source:maxspeed': 'LV:urban' }, 50, 50],
    [{ 'maxspeed:type': 'LV:rural' }, 90, 90],
    [{ 'zone:maxspeed': 'LV:30' }, 30, 30],
    [{ 'zone:traffic': 'LV:rural' }, 90, 90],
    [{ maxspeed: '70', 'source:maxspeed': 'LV:rural' }, 70, 70],
    [{ maxspeed: 'signals', 'source:maxspeed': 'LV:rural' }, 0, 0],
    [{ 'source:maxspeed': 'sign' }, 0, 0],
    [{ 'source:maxspeed': 'sign', 'zone:traffic': 'LV:urban' }, 50, 50],
  ])('G26 %j: %i along, %i against', (tags, forwardKmh, backwardKmh) => {
    expect(read(tags)).toMatchObject({ forwardKmh, backwardKmh, leftOut: [] });
  });

  test.each<[Tags, boolean]>([
    [{ maxspeed: 'LV:urban' }, true],
    [{ maxspeed: '30', 'source:maxspeed': 'LV:urban' }, true],
    [{ 'zone:traffic': 'DE:urban' }, true],
    [{ 'zone:traffic': 'DE:rural' }, false],
    [{ maxspeed: '50' }, false],
  ])('G26 %j lies in a built-up area: %s', (tags, urban) => {
    expect(read(tags).urban).toBe(urban);
  });

  test('G26 what is not understood is counted, and the zone stands in for it', () => {
    expect(read({ maxspeed: 'fast', 'source:maxspeed': 'LV:rural' })).toEqual({
      forwardKmh: 90,
      backwardKmh: 90,
      urban: false,
      leftOut: ['unreadable_maxspeed'],
    });
    expect(read({ maxspeed: '50', 'maxspeed:forward': '??' })).toMatchObject({
      forwardKmh: 50,
      leftOut: ['unreadable_maxspeed'],
    });
  });

  test('G26 a limit for some hours is left out and counted', () => {
    const limits = read({ maxspeed: '90', 'maxspeed:conditional': '70 @ (wet)' });
    expect(limits).toMatchObject({ forwardKmh: 90, leftOut: ['conditional_limit'] });
  });
});
