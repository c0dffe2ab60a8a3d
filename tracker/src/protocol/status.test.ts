import { describe, expect, it } from 'vitest';
import {
  ALLOWED_MOVES,
  ASSIGNMENT_STATUSES,
  DISPATCHABLE_STATUSES,
  isAssignmentStatus,
  UNIT_STATUSES,
  type UnitStatus,
  unitStatusCode,
} from './status.js';

/** The statuses that some run of allowed moves leads to; a dispatcher's assignment is the only way into `dispatched`. */
function reachableFrom(start: UnitStatus): ReadonlySet<UnitStatus> {
  const reached = new Set<UnitStatus>([start]);
  for (const status of reached) {
    for (const next of ALLOWED_MOVES[status]) reached.add(next);
    if (DISPATCHABLE_STATUSES.includes(status)) reached.add('dispatched');
  }
  return reached;
}

describe('unit statuses', () => {
  it('codes are stable: frames of older consoles and stored fixes mean the same', () => {
    // frozen: a new status goes to the end, none is renamed or moved
    expect(UNIT_STATUSES).toEqual([
      'off_duty', // 0
      'out_of_service', // 1
      'available_at_station', // 2
      'available', // 3
      'dispatched', // 4
      'en_route', // 5
      'on_scene', // 6
      'transporting', // 7
      'at_destination', // 8
      'returning', // 9
    ]);
    expect([...unitStatusCode]).toEqual(UNIT_STATUSES.map((status, code) => [status, code]));
  });

  it('every code fits the byte it has in a frame', () => {
    expect(UNIT_STATUSES.length).toBeLessThanOrEqual(256);
    expect(new Set(UNIT_STATUSES).size).toBe(UNIT_STATUSES.length);
  });

  it.each(UNIT_STATUSES)('every status can be reached from %s', (start) => {
    expect([...reachableFrom(start)].sort()).toEqual([...UNIT_STATUSES].sort());
  });

  it.each(UNIT_STATUSES)('%s has a way out, and none to itself or to a status that is not there', (status) => {
    const moves = ALLOWED_MOVES[status];
    expect(moves.length).toBeGreaterThan(0);
    expect(moves).not.toContain(status);
    expect(new Set(moves).size).toBe(moves.length);
    for (const to of moves) expect(UNIT_STATUSES).toContain(to);
  });

  it('the table has a row for every status and no other', () => {
    expect(Object.keys(ALLOWED_MOVES).sort()).toEqual([...UNIT_STATUSES].sort());
  });

  it('no crew dispatches itself: only an assignment leads into dispatched', () => {
    for (const status of UNIT_STATUSES) expect(ALLOWED_MOVES[status]).not.toContain('dispatched');
  });

  it('a unit at rest does not slip into the middle of an assignment', () => {
    for (const status of UNIT_STATUSES.filter((each) => !isAssignmentStatus(each))) {
      expect(ALLOWED_MOVES[status].filter(isAssignmentStatus), status).toEqual([]);
    }
  });

  it('a crew on an assignment can always break off as out of service, and never goes off duty in one step', () => {
    for (const status of ASSIGNMENT_STATUSES) {
      expect(ALLOWED_MOVES[status]).toContain('out_of_service');
      expect(ALLOWED_MOVES[status]).not.toContain('off_duty');
    }
  });

  it('no unit that is on an assignment, out of service or off duty may be sent', () => {
    expect([...DISPATCHABLE_STATUSES].sort()).toEqual(['available', 'available_at_station', 'returning']);
  });
});
