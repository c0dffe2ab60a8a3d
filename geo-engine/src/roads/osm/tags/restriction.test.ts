import { describe, expect, test } from 'vitest';
import { RESTRICTION } from '../../road-network.js';
import { isRestriction, type RelationMember, restrictionOf } from './restriction.js';

const MEMBERS: RelationMember[] = [
  { kind: 'way', id: 1, role: 'from' },
  { kind: 'node', id: 2, role: 'via' },
  { kind: 'way', id: 3, role: 'to' },
  { kind: 'node', id: 4, role: 'location_hint' },
];

function read(tags: Record<string, string>, members: readonly RelationMember[] = MEMBERS) {
  const leftOut: string[] = [];
  const restriction = restrictionOf(new Map(Object.entries(tags)), members, (reason) => leftOut.push(reason));
  return { restriction, leftOut };
}

describe('restrictionOf', () => {
  test.each([
    ['no_left_turn', 0, 'other'],
    ['no_right_turn', 0, 'other'],
    ['no_straight_on', 0, 'other'],
    ['no_u_turn', 0, 'u_turn'],
    ['no_entry', 0, 'other'],
    ['no_exit', 0, 'other'],
    ['only_left_turn', RESTRICTION.only, 'other'],
    ['only_right_turn', RESTRICTION.only, 'other'],
    ['only_straight_on', RESTRICTION.only, 'other'],
    ['only_u_turn', RESTRICTION.only, 'u_turn'],
  ])('G29 %s', (kind, bits, turn) => {
    expect(read({ restriction: kind })).toEqual({
      restriction: { from: [1], via: { kind: 'node', node: 2 }, to: [3], bits, turn },
      leftOut: [],
    });
  });

  test.each<[Record<string, string>, string]>([
    [{ restriction: 'no_parking' }, 'unknown_restriction'],
    [{ restriction: 'toString' }, 'unknown_restriction'],
    [{ 'restriction:hgv': 'no_left_turn' }, 'other_vehicle_restriction'],
    [{ 'restriction:bicycle': 'no_left_turn' }, 'other_vehicle_restriction'],
    [{ restriction: 'no_left_turn', except: 'motorcar' }, 'other_vehicle_restriction'],
    [{ restriction: 'no_left_turn', except: 'bicycle; motor_vehicle' }, 'other_vehicle_restriction'],
    [{ 'restriction:conditional': 'no_left_turn @ (Mo-Fr 07:00-09:00)' }, 'conditional_restriction'],
    [{ restriction: 'no_left_turn', day_on: 'Monday', day_off: 'Friday' }, 'conditional_restriction'],
    [{ restriction: 'no_left_turn', hour_on: '07:00' }, 'conditional_restriction'],
  ])('G29 %j binds no car at all times: %s', (tags, reason) => {
    expect(read(tags)).toEqual({ restriction: undefined, leftOut: [reason] });
  });

  test('G29 a key for cars goes before the common one', () => {
    const { restriction } = read({ restriction: 'no_left_turn', 'restriction:motorcar': 'only_left_turn' });
    expect(restriction?.bits).toBe(RESTRICTION.only);
    expect(read({ 'restriction:motorcar': 'no_left_turn' }).restriction?.bits).toBe(0);
  });

  test('G29 emergency services may be excepted', () => {
    expect(read({ restriction: 'no_u_turn', except: 'psv;emergency' }).restriction?.bits).toBe(
      RESTRICTION.exceptEmergency,
    );
    expect(read({ restriction: 'no_u_turn', except: 'psv;bicycle' }).restriction?.bits).toBe(0);
    const lifted = read({ restriction: 'only_left_turn', 'restriction:conditional': 'none @ emergency' });
    expect(lifted).toMatchObject({
      restriction: { bits: RESTRICTION.only | RESTRICTION.exceptEmergency },
      leftOut: [],
    });
  });

  test('G29 beside a condition the plain kind holds, and the condition is counted', () => {
    const both = read({ restriction: 'no_left_turn', 'restriction:conditional': 'no_u_turn @ (22:00-06:00)' });
    expect(both.restriction?.bits).toBe(0);
    expect(both.leftOut).toEqual(['conditional_restriction']);
  });

  test('G29 only_ with two ways out contradicts itself', () => {
    const members = [...MEMBERS, { kind: 'way', id: 9, role: 'to' } as const];
    expect(read({ restriction: 'only_left_turn' }, members).leftOut).toEqual(['restriction_ambiguous']);
    expect(read({ restriction: 'no_exit' }, members).restriction?.to).toEqual([3, 9]);
  });

  test('G29 a relation is about turning by its type', () => {
    expect(['restriction', 'restriction:hgv', 'route', undefined].map(isRestriction)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
