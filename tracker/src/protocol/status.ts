/** The words of state that cross the wire, with their small numbers for frames. Labels for people live in the console. */

/** What a unit shows. The index in this list is its code in live frames: append only. */
export const UNIT_STATUSES = [
  'off_duty',
  'out_of_service',
  'available_at_station',
  'available',
  'dispatched',
  'en_route',
  'on_scene',
  'transporting',
  'at_destination',
  'returning',
] as const;
export type UnitStatus = (typeof UNIT_STATUSES)[number];

export const unitStatusCode = new Map<UnitStatus, number>(UNIT_STATUSES.map((status, code) => [status, code]));

/** The statuses that belong to an assignment; the others are the unit's own, at rest. */
export const ASSIGNMENT_STATUSES = ['dispatched', 'en_route', 'on_scene', 'transporting', 'at_destination'] as const;
export type AssignmentStatus = (typeof ASSIGNMENT_STATUSES)[number];

export function isAssignmentStatus(status: UnitStatus): status is AssignmentStatus {
  return (ASSIGNMENT_STATUSES as readonly string[]).includes(status);
}

/** In which a unit may be sent somewhere. */
export const DISPATCHABLE_STATUSES: readonly UnitStatus[] = ['available_at_station', 'available', 'returning'];

export const VEK_STATUSES = [
  'new',
  'recommended',
  'assigned',
  'in_progress',
  'resolved',
  'closed',
  'cancelled',
  'transferred',
  'merged',
] as const;
export type VekStatus = (typeof VEK_STATUSES)[number];

export const VEK_SERVICE_STATUSES = ['offered', 'accepted', 'refused', 'assigned', 'in_progress', 'done'] as const;
export type VekServiceStatus = (typeof VEK_SERVICE_STATUSES)[number];

/**
 * The allowed moves of a unit's shown status, by who is working: a crew on an assignment moves along it, may skip what it
 * forgot to press (milestones are written once, at their own time), and ends in returning, available or at its station.
 */
export const ALLOWED_MOVES: Readonly<Record<UnitStatus, readonly UnitStatus[]>> = {
  off_duty: ['available_at_station', 'available', 'out_of_service'],
  out_of_service: ['available_at_station', 'available', 'off_duty'],
  available_at_station: ['available', 'returning', 'out_of_service', 'off_duty'],
  available: ['available_at_station', 'returning', 'out_of_service', 'off_duty'],
  dispatched: ['en_route', 'on_scene', 'available', 'available_at_station', 'returning', 'out_of_service'],
  en_route: ['on_scene', 'transporting', 'available', 'available_at_station', 'returning', 'out_of_service'],
  on_scene: ['transporting', 'at_destination', 'returning', 'available', 'available_at_station', 'out_of_service'],
  transporting: ['at_destination', 'on_scene', 'returning', 'available', 'available_at_station', 'out_of_service'],
  at_destination: ['returning', 'available', 'available_at_station', 'out_of_service'],
  returning: ['available_at_station', 'available', 'out_of_service', 'off_duty'],
};
