import { describe, expect, test } from 'vitest';
import type { RoadsError } from './errors.js';
import { standardProfiles } from './standard-profiles.js';
import { parseProfiles } from './vehicle-profile.js';

const CAR = standardProfiles[0];
const refusal = (profiles: unknown): RoadsError => {
  try {
    parseProfiles(typeof profiles === 'string' ? profiles : JSON.stringify(profiles), 'ours.json');
  } catch (error) {
    return error as RoadsError;
  }
  throw new Error('was accepted');
};

describe('profiles', () => {
  test('G32 the standard ones: three vehicles, with and without emergency rights', () => {
    expect(standardProfiles.map(({ code }) => code)).toEqual([
      'car',
      'ambulance',
      'heavy',
      'car-emergency',
      'ambulance-emergency',
      'heavy-emergency',
    ]);
  });

  test('G32 the car keeps the speeds in use for Latvian roads without a sign', () => {
    expect(CAR.fallbackKmh).toMatchObject({
      motorway: 110,
      trunk: 90,
      primary: 90,
      secondary: 80,
      tertiary: 70,
      unclassified: 60,
      residential: 50,
      living_street: 20,
      service: 20,
      track: 25,
    });
  });

  test('G32 with rights a vehicle is the same vehicle, within the factors in use', () => {
    for (const vehicle of standardProfiles.slice(0, 3)) {
      const hurrying = standardProfiles.find(({ code }) => code === `${vehicle.code}-emergency`)!;
      expect(vehicle.emergency).toBeNull();
      expect(hurrying.emergency!.speedFactor).toBeGreaterThanOrEqual(1);
      expect(hurrying.emergency!.speedFactor).toBeLessThanOrEqual(1.2);
      expect(hurrying.topKmh).toBeGreaterThanOrEqual(vehicle.topKmh);
      expect(hurrying).toMatchObject({
        weightT: vehicle.weightT,
        heightM: vehicle.heightM,
        fallbackKmh: vehicle.fallbackKmh,
      });
    }
  });

  test('G32 a heavy appliance is nowhere faster than a car', () => {
    const heavy = standardProfiles.find(({ code }) => code === 'heavy')!;
    for (const [name, kmh] of Object.entries(heavy.fallbackKmh)) {
      expect(kmh, name).toBeLessThanOrEqual(CAR.fallbackKmh[name as keyof typeof CAR.fallbackKmh]);
    }
    expect(heavy.topKmh).toBeLessThan(CAR.topKmh);
  });

  test('G32 written as JSON and read again they are the same', () => {
    expect(parseProfiles(JSON.stringify(standardProfiles), 'ours.json')).toEqual(standardProfiles);
  });

  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'ours.json is not JSON'],
    ['no list', {}, 'top level'],
    ['an empty list', [], 'top level'],
    ['a code with a space', [{ ...CAR, code: 'my car' }], '0.code'],
    ['a code that leaves its folder', [{ ...CAR, code: '../car' }], '0.code'],
    ['the same code twice', [CAR, CAR], 'top level'],
    [
      'a class without a speed',
      [{ ...CAR, fallbackKmh: { ...CAR.fallbackKmh, track: undefined } }],
      '0.fallbackKmh.track',
    ],
    ['a speed of 0', [CAR, { ...CAR, code: 'b', topKmh: 0 }], '1.topKmh'],
    ['a share above 1', [{ ...CAR, surfaceShare: { ...CAR.surfaceShare, sand: 1.5 } }], '0.surfaceShare.sand'],
    ['four grades', [{ ...CAR, trackShare: [1, 1, 1, 1] }], '0.trackShare'],
    [
      'a right that is not one',
      [{ ...CAR, emergency: { ...standardProfiles[3].emergency, jump: true } }],
      '0.emergency',
    ],
    ['a field of another version', [{ ...CAR, wings: 2 }], '0'],
  ])('G32 %s is refused, and the field is named', (_, profiles, field) => {
    const error = refusal(profiles);
    expect(error.code).toBe('profile_invalid');
    expect(error.message).toContain(field);
  });
});
