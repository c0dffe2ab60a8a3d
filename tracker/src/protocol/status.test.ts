import { describe, expect, it } from 'vitest';
import {
  ALLOWED_MOVES,
  ASSIGNMENT_MOVES,
  ASSIGNMENT_STATES,
  ASSIGNMENT_STATUSES,
  DISPATCHABLE_STATUSES,
  ENDED_VEK_STATUSES,
  isAssignmentStatus,
  UNIT_STATUSES,
  type UnitStatus,
  unitStatusCode,
  VEK_MOVES,
  VEK_SERVICE_AT_WORK,
  VEK_SERVICE_MOVES,
  VEK_SERVICE_STATUSES,
  VEK_STATUSES,
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

describe('the tables of moves', () => {
  const TABLES = [
    ['VEK', VEK_STATUSES, VEK_MOVES],
    ['part', VEK_SERVICE_STATUSES, VEK_SERVICE_MOVES],
    ['assignment', ASSIGNMENT_STATES, ASSIGNMENT_MOVES],
  ] as [string, readonly string[], Readonly<Record<string, readonly string[]>>][];

  it.each(TABLES)(
    'V1 of a %s has a row for each status, with moves to other statuses of its own',
    (_, statuses, moves) => {
      expect(Object.keys(moves).sort()).toEqual([...statuses].sort());
      for (const from of statuses) {
        expect(new Set(moves[from]).size).toBe(moves[from]!.length);
        expect(moves[from]).not.toContain(from);
        for (const to of moves[from]!) expect(statuses).toContain(to);
      }
    },
  );

  it('V1 an ended VEK is only reopened, as new, and a merged one never', () => {
    for (const status of ENDED_VEK_STATUSES) expect(VEK_MOVES[status]).toEqual(status === 'merged' ? [] : ['new']);
  });

  it('V1 a part at work follows its units alone: no offer, refusal, return or time limit moves it', () => {
    for (const status of VEK_SERVICE_AT_WORK)
      for (const to of VEK_SERVICE_MOVES[status]) expect([...VEK_SERVICE_AT_WORK, 'accepted']).toContain(to);
  });

  it('V5 wherever an assignment comes by several steps it may come by one, so that the order of arrival does not matter', () => {
    for (const from of ASSIGNMENT_STATUSES) {
      const reached = new Set(ASSIGNMENT_MOVES[from]);
      for (const status of reached) for (const next of ASSIGNMENT_MOVES[status]) reached.add(next);
      reached.delete(from);
      expect([...reached].sort(), from).toEqual([...ASSIGNMENT_MOVES[from]].sort());
    }
  });

  it('V1 what a unit on an assignment may show next is what the assignment allows', () => {
    for (const from of ASSIGNMENT_STATUSES)
      for (const to of ASSIGNMENT_STATUSES)
        expect(ALLOWED_MOVES[from].includes(to), `${from} to ${to}`).toBe(ASSIGNMENT_MOVES[from].includes(to));
  });
});
