import { describe, expect, test } from 'vitest';
import { ACCESS, ROAD_CLASS, type RoadClass, SEGMENT_FLAG, SURFACE } from '../../road-network.js';
import { roadMeaning } from './road.js';

type Tags = Record<string, string>;

function read(tags: Tags) {
  const leftOut: string[] = [];
  return { road: roadMeaning(new Map(Object.entries(tags)), (reason) => leftOut.push(reason)), leftOut };
}

describe('roadMeaning', () => {
  test.each(Object.keys(ROAD_CLASS).filter((name) => !['ferry', 'path', 'pedestrian'].includes(name)) as RoadClass[])(
    'G24 highway=%s is a road of that class for everybody',
    (highway) => {
      const { road, leftOut } = read({ highway });
      expect(road).toMatchObject({ roadClass: ROAD_CLASS[highway], accessForward: ACCESS.yes });
      expect(leftOut).toEqual([]);
    },
  );

  test.each<[Tags, RoadClass, keyof typeof ACCESS]>([
    [{ highway: 'road' }, 'unclassified', 'yes'],
    [{ highway: 'pedestrian' }, 'pedestrian', 'restricted'],
    [{ highway: 'pedestrian', motor_vehicle: 'delivery' }, 'pedestrian', 'private'],
    [{ highway: 'busway' }, 'service', 'restricted'],
    [{ highway: 'service', service: 'driveway' }, 'service', 'yes'],
    [{ highway: 'service', service: 'driveway', access: 'private' }, 'service', 'private'],
    [{ highway: 'service', service: 'emergency_access' }, 'service', 'restricted'],
    [{ highway: 'service', access: 'no', bus: 'yes' }, 'service', 'restricted'],
    [{ highway: 'track', motor_vehicle: 'forestry' }, 'track', 'restricted'],
    [{ highway: 'path', motor_vehicle: 'yes' }, 'path', 'yes'],
    [{ highway: 'footway', emergency: 'yes' }, 'path', 'restricted'],
    [{ highway: 'cycleway', motor_vehicle: 'agricultural' }, 'path', 'restricted'],
    [{ route: 'ferry', motor_vehicle: 'yes' }, 'ferry', 'yes'],
    [{ route: 'ferry', motorcar: 'designated' }, 'ferry', 'yes'],
  ])('G24 %j is %s, open to motor vehicles: %s', (tags, roadClass, access) => {
    const { road } = read(tags);
    expect(road).toMatchObject({
      roadClass: ROAD_CLASS[roadClass],
      accessForward: ACCESS[access],
      accessBackward: ACCESS[access],
    });
  });

  test.each<[Tags]>([
    [{ building: 'yes' }],
    [{ highway: 'footway' }],
    [{ highway: 'footway', access: 'yes' }],
    [{ highway: 'steps', motor_vehicle: 'yes' }],
    [{ highway: 'proposed', proposed: 'primary' }],
    [{ highway: 'construction', construction: 'motorway' }],
    [{ highway: 'ferry' }],
    [{ highway: 'toString' }],
    [{ highway: 'bus_guideway' }],
    [{ route: 'ferry' }],
    [{ route: 'ferry', foot: 'yes', motor_vehicle: 'no' }],
    [{ route: 'bus', motor_vehicle: 'yes' }],
  ])('G24 %j is no road, and nothing to count', (tags) => {
    expect(read(tags)).toEqual({ road: undefined, leftOut: [] });
  });

  test.each<[Tags, string]>([
    [{ highway: 'service', access: 'no' }, 'closed_to_all'],
    [{ highway: 'residential', motor_vehicle: 'no', emergency: 'no' }, 'closed_to_all'],
    [{ highway: 'pedestrian', area: 'yes' }, 'area'],
    [{ highway: 'track', smoothness: 'impassable' }, 'impassable'],
    [{ highway: 'track', winter_road: 'yes' }, 'seasonal'],
    [{ highway: 'unclassified', ice_road: 'yes' }, 'seasonal'],
  ])('G24 %j is left out: %s', (tags, reason) => {
    expect(read(tags)).toEqual({ road: undefined, leftOut: [reason] });
  });

  test.each<[Tags, string]>([
    [{ 'motor_vehicle:conditional': 'no @ (Sa)' }, 'conditional_access'],
    [{ 'oneway:conditional': 'yes @ (Sa)' }, 'conditional_oneway'],
    [{ 'maxspeed:conditional': '30 @ (Sa)' }, 'conditional_limit'],
  ])('G24 %j: the road stays, the condition is counted', (tags, reason) => {
    const { road, leftOut } = read({ highway: 'residential', ...tags });
    expect(road).toBeDefined();
    expect(leftOut).toEqual([reason]);
  });

  test('all that a way can say, at once', () => {
    const { road, leftOut } = read({
      highway: 'secondary',
      junction: 'roundabout',
      tunnel: 'building_passage',
      bridge: 'viaduct',
      toll: 'yes',
      source: 'generated',
      maxspeed: 'LV:urban',
      surface: 'gravel',
      tracktype: 'grade2',
      maxweight: '7.5',
      maxheight: '3.8',
      access: 'destination',
      duration: '00:10', // of ferries only
    });
    expect(leftOut).toEqual([]);
    const { roundabout, tunnel, bridge, toll, generated, oneway, urban } = SEGMENT_FLAG;
    expect(road).toEqual({
      roadClass: ROAD_CLASS.secondary,
      surface: SURFACE.gravel,
      track: 2,
      flags: roundabout | tunnel | bridge | toll | generated | oneway | urban,
      accessForward: ACCESS.destination,
      accessBackward: ACCESS.contraflow,
      forwardKmh: 50,
      backwardKmh: 50,
      maxWeight: 15,
      maxHeight: 38,
      durationS: 0,
    });
  });

  test('no is not a bridge', () => {
    expect(read({ highway: 'track', bridge: 'no', tunnel: 'no', toll: 'no' }).road?.flags).toBe(0);
  });
});
