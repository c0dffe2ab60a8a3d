import { describe, expect, test } from 'vitest';
import { Sketch } from '../../test/osm-sketch.js';
import { standardProfiles } from './standard-profiles.js';
import { barrierStops, CLOSED, directedSpeedKmh, directedTravelMs } from './travel-time.js';
import type { EmergencyRights, VehicleProfile } from './vehicle-profile.js';

type Tags = Record<string, string>;

/** Round figures, so that speeds can be checked by hand. */
const PLAIN: VehicleProfile = {
  ...standardProfiles.find(({ code }) => code === 'car')!,
  topKmh: 100,
  surfaceShare: { cobbled: 0.8, compacted: 0.9, gravel: 0.5, ground: 0.4, sand: 0.2 },
  trackShare: [1, 0.9, 0.6, 0.5, 0.3],
  weightT: 10,
  heightM: 3,
  ferries: true,
  ferryBoardingS: 300,
  destinationFactor: 3,
  emergency: null,
};
const RIGHTS: EmergencyRights = {
  contraflowShare: 0.1,
  restrictedAccess: true,
  forbiddenTurns: true,
  speedFactor: 1.2,
};
const rights = (own: Partial<EmergencyRights>): VehicleProfile => ({ ...PLAIN, emergency: { ...RIGHTS, ...own } });
const EMERGENCY = rights({});

/** Speeds along and against a road of these tags. */
function speeds(tags: Tags, profile: VehicleProfile): [number, number] {
  const { network } = new Sketch('ab', { ab: { highway: 'primary', ...tags } });
  return [directedSpeedKmh(network, profile, 0), directedSpeedKmh(network, profile, 1)];
}

describe('directedSpeedKmh', () => {
  test.each<[Tags, number]>([
    [{}, 90], // by class
    [{ highway: 'residential' }, 50],
    [{ highway: 'secondary_link' }, 50],
    [{ maxspeed: '70' }, 70],
    [{ maxspeed: '130' }, 100], // not above the vehicle's own
    [{ surface: 'asphalt' }, 90],
    [{ surface: 'gravel' }, 45],
    [{ surface: 'gravel', maxspeed: '80' }, 40],
    [{ highway: 'track', tracktype: 'grade1' }, 25],
    [{ highway: 'track', tracktype: 'grade4' }, 12.5],
    [{ highway: 'track', tracktype: 'grade4', surface: 'ground' }, 10], // the worse of the two, not both
    [{ highway: 'track', tracktype: 'grade4', surface: 'compacted' }, 12.5],
    [{ maxspeed: '130', surface: 'gravel' }, 50],
    [{ access: 'destination' }, 90],
    [{ maxweight: '10' }, 90],
    [{ maxheight: '3' }, 90],
  ])('G31 a vehicle without rights drives %j at %d km/h', (tags, expected) => {
    expect(speeds(tags, PLAIN)).toEqual([expected, expected]);
  });

  test('G31 each direction has its own limit', () => {
    expect(speeds({ 'maxspeed:forward': '30', maxspeed: '60' }, PLAIN)).toEqual([30, 60]);
  });

  test.each<[Tags]>([
    [{ access: 'private' }],
    [{ motor_vehicle: 'no' }],
    [{ highway: 'pedestrian' }],
    [{ maxweight: '9.5' }],
    [{ maxheight: '2.9' }],
  ])('G31 a vehicle without rights may not drive %j', (tags) => {
    expect(speeds(tags, PLAIN)).toEqual([0, 0]);
  });

  test('G31 against a one-way only who has the right, at its share of the speed', () => {
    expect(speeds({ oneway: 'yes' }, PLAIN)).toEqual([90, 0]);
    expect(speeds({ oneway: '-1' }, PLAIN)).toEqual([0, 90]);
    expect(speeds({ oneway: 'yes', maxspeed: '50' }, EMERGENCY)).toEqual([60, 6]);
    expect(speeds({ oneway: 'yes', maxspeed: '50' }, rights({ contraflowShare: null }))).toEqual([60, 0]);
  });

  test('G31 restricted and private roads only who has the right', () => {
    for (const tags of [{ access: 'private' }, { motor_vehicle: 'no' }] as Tags[]) {
      expect(speeds({ ...tags, maxspeed: '50' }, EMERGENCY)).toEqual([60, 60]);
      expect(speeds(tags, rights({ restrictedAccess: false }))).toEqual([0, 0]);
    }
  });

  test('G31 the emergency factor lifts above the limit, not above the vehicle', () => {
    expect(speeds({ maxspeed: '50' }, EMERGENCY)).toEqual([60, 60]);
    expect(speeds({ maxspeed: '90' }, EMERGENCY)).toEqual([100, 100]);
    expect(speeds({ maxspeed: '50', surface: 'gravel' }, EMERGENCY)).toEqual([30, 30]);
  });

  test('G31 no right makes a vehicle lighter or lower', () => {
    expect(speeds({ maxweight: '9.5' }, EMERGENCY)).toEqual([0, 0]);
    expect(speeds({ maxheight: '2.9' }, EMERGENCY)).toEqual([0, 0]);
    expect(speeds({ maxweight: '1', maxheight: '1' }, { ...PLAIN, weightT: null, heightM: null })).toEqual([90, 90]);
  });
});

describe('directedTravelMs', () => {
  const travel = (tags: Tags, profile: VehicleProfile, drawing = 'ab') => {
    const { network } = new Sketch(drawing, { ab: { highway: 'primary', ...tags } });
    return directedTravelMs(network, profile, 0);
  };

  test.each<[Tags, number]>([
    // 100.08 m
    [{}, 4003],
    [{ maxspeed: '36' }, 10_008],
    [{ maxspeed: '36', surface: 'gravel' }, 20_016],
    [{ access: 'destination', maxspeed: '36' }, 30_024],
    [{ access: 'private' }, CLOSED],
  ])('G31 %j takes %i ms', (tags, expected) => {
    expect(travel(tags, PLAIN)).toBe(expected);
  });

  test('G30 a ferry costs boarding and its crossing, and is not faster for who is in a hurry', () => {
    const ferry = { highway: '', route: 'ferry', motor_vehicle: 'yes', duration: '00:01' };
    const { network } = new Sketch('ab', {
      ab: Object.fromEntries(Object.entries(ferry).filter(([, value]) => value)),
    });
    // 100.08 m in a minute are 6.0 km/h: 60 048 ms
    expect(directedTravelMs(network, PLAIN, 0)).toBe(360_048);
    expect(directedTravelMs(network, EMERGENCY, 0)).toBe(360_048);
    expect(directedTravelMs(network, { ...PLAIN, ferries: false }, 0)).toBe(CLOSED);
  });

  test('G31 a road of length 0 takes a millisecond', () => {
    const { network } = new Sketch('ab', { ab: { highway: 'primary' } });
    expect(directedTravelMs({ ...network, segmentCm: new Uint32Array(1) }, PLAIN, 0)).toBe(1);
  });

  test('G31 the longest segment that there can be is not taken for closed', () => {
    const { network } = new Sketch('ab', { ab: { highway: 'track', maxspeed: '1', surface: 'sand' } });
    const endless = { ...network, segmentCm: Uint32Array.of(0xffffffff) };
    expect(directedTravelMs(endless, PLAIN, 0)).toBe(CLOSED - 1);
  });
});

describe('barrierStops', () => {
  test.each<[string, boolean, boolean]>([
    ['bollard', true, true],
    ['gate', true, false],
    ['cattle_grid', false, false],
  ])('G28 a %s stops others: %s, emergency services: %s', (barrier, others, emergency) => {
    const sketch = new Sketch('abc', { abc: { highway: 'track' } }, { nodes: { b: { barrier } } });
    const stops = (profile: VehicleProfile) => barrierStops(sketch.network, profile, sketch.node('b'));
    expect([stops(PLAIN), stops(EMERGENCY)]).toEqual([others, emergency]);
    expect(stops(rights({ restrictedAccess: false }))).toBe(others);
    expect(barrierStops(sketch.network, PLAIN, sketch.node('a'))).toBe(false);
  });
});
