import { describe, expect, test } from 'vitest';
import { ACCESS } from '../../road-network.js';
import { type AccessKind, accessOf, hasUnreadAccess } from './access.js';

type Tags = Record<string, string>;
type Expected = keyof typeof ACCESS;

const forward = (kind: AccessKind, tags: Tags): number => accessOf(new Map(Object.entries(tags)), kind, 'forward');

describe('accessOf', () => {
  test.each<[Tags, Expected]>([
    [{}, 'yes'],
    [{ access: 'yes' }, 'yes'],
    [{ access: 'permissive' }, 'yes'],
    [{ access: 'designated' }, 'yes'],
    [{ access: 'destination' }, 'destination'],
    [{ access: 'discouraged' }, 'destination'],
    [{ access: 'private' }, 'private'],
    [{ access: 'customers' }, 'private'],
    [{ access: 'delivery' }, 'private'],
    [{ access: 'permit' }, 'private'],
    [{ access: 'agricultural' }, 'restricted'],
    [{ access: 'forestry' }, 'restricted'],
    [{ access: 'agricultural;forestry' }, 'restricted'],
    [{ access: 'forestry; destination' }, 'destination'], // the widest of several
    [{ access: 'emergency' }, 'restricted'],
    [{ access: 'psv' }, 'restricted'],
    [{ access: 'no' }, 'no'],
    [{ access: 'perhaps' }, 'yes'], // not understood: as if nothing were said
  ])('G24 a road with %j is %s', (tags, expected) => {
    expect(forward('road', tags)).toBe(ACCESS[expected]);
  });

  test.each<[Tags, Expected]>([
    // a key for fewer vehicles goes before one for more
    [{ access: 'no', vehicle: 'yes' }, 'yes'],
    [{ access: 'no', motor_vehicle: 'destination' }, 'destination'],
    [{ access: 'yes', vehicle: 'private' }, 'private'],
    [{ vehicle: 'no', motor_vehicle: 'yes' }, 'yes'],
    [{ motor_vehicle: 'no', motorcar: 'private' }, 'private'],
    [{ motor_vehicle: 'perhaps', vehicle: 'private' }, 'private'],
    // closed to motor vehicles by a sign, but there
    [{ motor_vehicle: 'no' }, 'restricted'],
    [{ vehicle: 'no' }, 'restricted'],
    [{ motorcar: 'no' }, 'restricted'],
    [{ access: 'no', motor_vehicle: 'no' }, 'restricted'],
    // buses drive it, so it can be driven
    [{ access: 'no', bus: 'yes' }, 'restricted'],
    [{ access: 'no', psv: 'designated' }, 'restricted'],
    [{ access: 'no', taxi: 'yes' }, 'restricted'],
    [{ access: 'no', bus: 'no' }, 'no'],
    [{ access: 'no', foot: 'yes', bicycle: 'yes' }, 'no'],
    // goods vehicles' keys are not looked at
    [{ hgv: 'no' }, 'yes'],
    [{ access: 'no', hgv: 'yes' }, 'no'],
  ])('G24 of the keys in %j the one for fewest vehicles counts: %s', (tags, expected) => {
    expect(forward('road', tags)).toBe(ACCESS[expected]);
  });

  test.each<[Tags, Expected]>([
    [{ access: 'no', emergency: 'yes' }, 'restricted'],
    [{ access: 'no', emergency: 'designated' }, 'restricted'],
    [{ access: 'private', emergency: 'yes' }, 'private'],
    [{ access: 'private', emergency: 'no' }, 'no'],
    [{ motor_vehicle: 'no', emergency: 'no' }, 'no'],
    [{ emergency: 'no' }, 'yes'], // everybody may: an emergency service drives as one of them
    [{ access: 'no', emergency: 'phone' }, 'no'], // a thing, not a right
    [{ access: 'no', 'access:conditional': 'yes @ emergency' }, 'restricted'],
    [{ access: 'no', 'motor_vehicle:conditional': 'yes @ (emergency)' }, 'restricted'],
    [{ access: 'no', 'motor_vehicle:conditional': 'yes @ (22:00-06:00)' }, 'no'],
    [{ access: 'no', 'emergency:forward': 'yes' }, 'restricted'],
    [{ access: 'no', 'emergency:backward': 'yes' }, 'no'],
  ])('G24 what is said of emergency services in %j gives %s', (tags, expected) => {
    expect(forward('road', tags)).toBe(ACCESS[expected]);
  });

  test.each<[Tags, Expected, Expected]>([
    [{ 'motor_vehicle:backward': 'no' }, 'yes', 'contraflow'],
    [{ 'vehicle:forward': 'no' }, 'contraflow', 'yes'],
    [{ motor_vehicle: 'no', 'motor_vehicle:forward': 'yes' }, 'yes', 'restricted'],
    [{ 'access:backward': 'no' }, 'yes', 'no'],
    [{ 'motorcar:backward': 'destination' }, 'yes', 'destination'],
  ])('G24 a direction of its own in %j: %s along, %s against', (tags, along, against) => {
    const map = new Map(Object.entries(tags));
    expect(accessOf(map, 'road', 'forward')).toBe(ACCESS[along]);
    expect(accessOf(map, 'road', 'backward')).toBe(ACCESS[against]);
  });

  test.each<[AccessKind, Tags, Expected]>([
    ['reserved', {}, 'restricted'],
    ['reserved', { access: 'yes' }, 'restricted'], // of people on foot
    ['reserved', { access: 'no' }, 'restricted'],
    ['reserved', { motor_vehicle: 'destination' }, 'destination'],
    ['reserved', { motor_vehicle: 'no' }, 'restricted'],
    ['reserved', { emergency: 'no' }, 'no'],
    ['not_for_vehicles', {}, 'no'],
    ['not_for_vehicles', { access: 'yes' }, 'no'],
    ['not_for_vehicles', { access: 'private' }, 'no'],
    ['not_for_vehicles', { motor_vehicle: 'no' }, 'no'],
    ['not_for_vehicles', { motor_vehicle: 'yes' }, 'yes'],
    ['not_for_vehicles', { vehicle: 'forestry' }, 'restricted'],
    ['not_for_vehicles', { emergency: 'yes' }, 'restricted'],
    ['not_for_vehicles', { motor_vehicle: 'no', emergency: 'yes' }, 'restricted'],
  ])('G24 %s with %j is %s', (kind, tags, expected) => {
    expect(forward(kind, tags)).toBe(ACCESS[expected]);
  });

  test.each<[Tags, boolean]>([
    [{ 'motor_vehicle:conditional': 'no @ (Mo-Fr 07:00-09:00)' }, true],
    [{ 'access:forward:conditional': 'delivery @ (weight > 3.5)' }, true],
    [{ 'access:conditional': 'yes @ emergency' }, false],
    [{ 'bicycle:conditional': 'no @ (snow)' }, false],
    [{}, false],
  ])('G24 conditions that are not read are noticed: %j %s', (tags, expected) => {
    expect(hasUnreadAccess(new Map(Object.entries(tags)))).toBe(expected);
  });
});
