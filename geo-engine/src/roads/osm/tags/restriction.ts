import type { LeaveOut, MapRestriction } from '../../map-road.js';
import { RESTRICTION } from '../../road-network.js';
import { emergencyCondition, listed, type Tags } from './tags.js';

// Source: wiki.openstreetmap.org/wiki/Relation:restriction.

export interface RelationMember {
  readonly kind: 'node' | 'way' | 'relation';
  readonly id: number;
  readonly role: string;
}

const KINDS: ReadonlySet<string> = new Set(
  [
    'no_left_turn no_right_turn no_straight_on no_u_turn no_entry no_exit',
    'only_left_turn only_right_turn only_straight_on only_u_turn',
  ].flatMap((names) => names.split(' ')),
);
/** Keys of restrictions that bind a car. */
const OWN_KEYS = ['restriction:motorcar', 'restriction:motor_vehicle', 'restriction:vehicle', 'restriction'] as const;
const OWN_VEHICLES: ReadonlySet<string> = new Set(['motorcar', 'motor_vehicle', 'vehicle']);
/** The times of an older scheme. */
const TIME_KEYS = ['day_on', 'day_off', 'hour_on', 'hour_off'] as const;

/** Whether a relation is about turning at all. */
export function isRestriction(type: string | undefined): boolean {
  return type === 'restriction' || (type?.startsWith('restriction:') ?? false);
}

/** The restriction that a relation means for motor vehicles; undefined, and counted, where it means none for them. */
export function restrictionOf(
  tags: Tags,
  members: readonly RelationMember[],
  leaveOut: LeaveOut,
): MapRestriction | undefined {
  const kind = OWN_KEYS.map((key) => tags.get(key)).find((value) => value !== undefined);
  const conditional = tags.get('restriction:conditional');
  if (kind === undefined) {
    leaveOut(conditional === undefined ? 'other_vehicle_restriction' : 'conditional_restriction');
    return undefined;
  }
  if (TIME_KEYS.some((key) => tags.has(key))) return void leaveOut('conditional_restriction');
  if (!KINDS.has(kind)) return void leaveOut('unknown_restriction');
  const except = listed(tags.get('except'));
  if (except.some((vehicle) => OWN_VEHICLES.has(vehicle))) return void leaveOut('other_vehicle_restriction');
  // a condition beside the plain tag changes it at times; the plain tag holds
  const liftedForEmergency = conditional !== undefined && emergencyCondition(conditional) === 'none';
  if (conditional !== undefined && !liftedForEmergency) leaveOut('conditional_restriction');

  const idsOf = (role: string, member: RelationMember['kind']): number[] =>
    members.filter((one) => one.role === role && one.kind === member).map(({ id }) => id);
  const from = idsOf('from', 'way');
  const to = idsOf('to', 'way');
  const viaNodes = idsOf('via', 'node');
  const viaWays = idsOf('via', 'way');
  if (from.length === 0 || to.length === 0 || viaNodes.length + viaWays.length === 0) {
    return void leaveOut('restriction_without_member');
  }
  const only = kind.startsWith('only_');
  const isAmbiguous = viaNodes.length > 1 || (viaNodes.length === 1 && viaWays.length > 0) || (only && to.length > 1);
  if (isAmbiguous) return void leaveOut('restriction_ambiguous');
  return {
    from,
    via: viaNodes.length === 1 ? { kind: 'node', node: viaNodes[0] } : { kind: 'ways', ways: viaWays },
    to,
    bits:
      (only ? RESTRICTION.only : 0) |
      (except.includes('emergency') || liftedForEmergency ? RESTRICTION.exceptEmergency : 0),
    turn: kind.endsWith('_u_turn') ? 'u_turn' : 'other',
  };
}
