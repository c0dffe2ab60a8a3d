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

/**
 * Where a VEK may go from each status. Up to `resolved` it follows its parts; a person ends it (`transferred`: handed to somebody outside
 * the platform), reopens it as `new`, and merges it into another. One with units on it (`assigned`) ends only by being merged.
 */
export const VEK_MOVES: Readonly<Record<VekStatus, readonly VekStatus[]>> = {
  new: ['recommended', 'assigned', 'in_progress', 'resolved', 'closed', 'cancelled', 'transferred', 'merged'],
  recommended: ['new', 'assigned', 'in_progress', 'resolved', 'closed', 'cancelled', 'transferred', 'merged'],
  assigned: ['new', 'in_progress', 'resolved', 'merged'],
  in_progress: ['new', 'assigned', 'resolved', 'closed', 'cancelled', 'transferred', 'merged'],
  resolved: ['new', 'assigned', 'in_progress', 'closed', 'cancelled', 'transferred', 'merged'],
  closed: ['new'],
  cancelled: ['new'],
  transferred: ['new'],
  merged: [],
};

/** In which a VEK takes nothing but comments, and being reopened. */
export const ENDED_VEK_STATUSES: readonly VekStatus[] = ['closed', 'cancelled', 'transferred', 'merged'];

/** How a VEK may end by a person's decision, other than being merged. */
export const VEK_ENDINGS = ['closed', 'cancelled', 'transferred'] as const satisfies readonly VekStatus[];
export type VekEnding = (typeof VEK_ENDINGS)[number];

export const VEK_SERVICE_STATUSES = [
  'offered',
  'accepted',
  'refused',
  'timed_out',
  'returned',
  'assigned',
  'in_progress',
  'done',
] as const;
export type VekServiceStatus = (typeof VEK_SERVICE_STATUSES)[number];

/**
 * Where an agency's part of a VEK may go. People offer, accept, refuse and return it, time runs out on an offer; once the agency has units
 * there (`assigned`, `in_progress`, `done`) it follows them, and without any left it is `accepted`.
 */
export const VEK_SERVICE_MOVES: Readonly<Record<VekServiceStatus, readonly VekServiceStatus[]>> = {
  offered: ['accepted', 'refused', 'timed_out', 'assigned', 'in_progress', 'done'],
  accepted: ['returned', 'assigned', 'in_progress', 'done'],
  refused: ['offered', 'accepted', 'assigned', 'in_progress', 'done'],
  timed_out: ['offered', 'assigned', 'in_progress', 'done'],
  returned: ['offered', 'assigned', 'in_progress', 'done'],
  assigned: ['accepted', 'in_progress', 'done'],
  in_progress: ['accepted', 'assigned', 'done'],
  done: ['accepted', 'assigned', 'in_progress'],
};

/** In which an agency's part follows its units, and no answer moves it. */
export const VEK_SERVICE_AT_WORK: readonly VekServiceStatus[] = ['assigned', 'in_progress', 'done'];

/** An assignment's own states: those its unit shows, and waiting before and over after them. */
export const ASSIGNMENT_STATES = ['queued', ...ASSIGNMENT_STATUSES, 'done', 'cancelled'] as const;
export type AssignmentState = (typeof ASSIGNMENT_STATES)[number];

/**
 * Where an assignment may go. It may skip what its crew forgot to press, and whatever leads somewhere by several steps leads there in one:
 * a status that comes before those it came after is taken, and they are written down when they come.
 */
export const ASSIGNMENT_MOVES: Readonly<Record<AssignmentState, readonly AssignmentState[]>> = {
  queued: ['dispatched', 'cancelled'],
  dispatched: ['en_route', 'on_scene', 'transporting', 'at_destination', 'done', 'cancelled'],
  en_route: ['on_scene', 'transporting', 'at_destination', 'done', 'cancelled'],
  on_scene: ['transporting', 'at_destination', 'done', 'cancelled'],
  transporting: ['on_scene', 'at_destination', 'done', 'cancelled'],
  at_destination: ['done', 'cancelled'],
  done: [],
  cancelled: [],
};

/**
 * The allowed moves of a unit's shown status, by who is working: a crew on an assignment moves along it, may skip what it
 * forgot to press (milestones are written once, at their own time), and ends in returning, available or at its station.
 */
export const ALLOWED_MOVES: Readonly<Record<UnitStatus, readonly UnitStatus[]>> = {
  off_duty: ['available_at_station', 'available', 'out_of_service'],
  out_of_service: ['available_at_station', 'available', 'off_duty'],
  available_at_station: ['available', 'returning', 'out_of_service', 'off_duty'],
  available: ['available_at_station', 'returning', 'out_of_service', 'off_duty'],
  dispatched: onAssignment('dispatched'),
  en_route: onAssignment('en_route'),
  on_scene: onAssignment('on_scene'),
  transporting: onAssignment('transporting'),
  at_destination: onAssignment('at_destination'),
  returning: ['available_at_station', 'available', 'out_of_service', 'off_duty'],
};

/** The moves of its assignment, and the ways to end it. */
function onAssignment(status: AssignmentStatus): UnitStatus[] {
  const along = ASSIGNMENT_MOVES[status].filter((to) => (ASSIGNMENT_STATUSES as readonly string[]).includes(to));
  return [...(along as AssignmentStatus[]), 'returning', 'available', 'available_at_station', 'out_of_service'];
}
