import { describe, expect, it } from 'vitest';
import { createDispatchQuestion, createDispatchUnit, createLine, NOW } from '../../test/dispatch-world.js';
import { INELIGIBLE_CODES } from '../errors.js';
import { compileDemand } from '../run-cards/demand.js';
import { DEFAULT_POLICY, type DispatchQuestion } from './dispatch-question.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { Eligibility, type Ineligible, Judgement, wayRefusal } from './eligibility.js';
import { responseTime } from './eta.js';

const NONE = { P1: false, P2: false, P3: false, P4: false };
const MATRIX = { P1: NONE, P2: NONE, P3: { ...NONE, P2: true }, P4: NONE };
const PUMP = createLine({
  capability: 'pump',
  each: 2,
  minCrew: 3,
  onBoard: [{ equipment: 'foam', quantity: 100 }],
  substitutes: [{ capability: 'bucket', service: 'PP', penaltyS: 60 }],
});
/** What passes every filter of PUMP. */
const FIT = {
  unitId: 'u',
  capabilities: new Map([['pump', 2]]),
  equipment: new Map([['foam', 100]]),
};

function refusal(changes: Partial<DispatchUnit>, asked: Partial<DispatchQuestion> = {}, line = PUMP) {
  const question = createDispatchQuestion({ requirements: [line], ...asked });
  return new Eligibility(compileDemand(question.requirements), question).refusal(
    createDispatchUnit({ ...FIT, ...changes }),
    0,
  );
}

/** Who wants to know how many come. */
const CERTAIN = { ...DEFAULT_POLICY, unknownCrewIsEnough: false };

const busy = (changes: Partial<DispatchUnit>): Partial<DispatchUnit> => ({
  status: 'en_route',
  vekId: 'other',
  workPriority: 'P3',
  ...changes,
});

describe('Eligibility', () => {
  it.each<[Ineligible, Partial<DispatchUnit>, Partial<DispatchQuestion>?]>([
    [{ code: 'service_not_asked', service: 'VP' }, { service: 'VP' }],
    [{ code: 'capability_missing', capability: 'pump' }, { capabilities: new Map() }],
    [{ code: 'capability_missing', capability: 'pump' }, { capabilities: new Map([['bucket', 1]]) }], // only PP's stand in
    [{ code: 'capability_short', capability: 'pump', wanted: 2, has: 1 }, { capabilities: new Map([['pump', 1]]) }],
    [{ code: 'equipment_missing', equipment: 'foam', wanted: 100, has: 0 }, { equipment: new Map() }],
    [{ code: 'no_position' }, { place: null, fixTime: null, receivedAt: null }],
    [{ code: 'fix_too_old', ageS: 301, limitS: 300 }, { fixTime: NOW - 301_000 }],
    [{ code: 'status_not_dispatchable', status: 'broken' }, { status: 'broken' }],
    [{ code: 'status_not_dispatchable', status: 'en_route' }, busy({})],
    [{ code: 'off_duty' }, { onShift: false }],
    [
      { code: 'end_of_shift', leftS: 600, wantedS: 600 },
      { shiftEndsAt: NOW + 600_000 },
      { policy: { ...DEFAULT_POLICY, leastShiftLeftS: 600 } },
    ],
    [{ code: 'held' }, { held: true }],
    [{ code: 'held' }, { held: true }, { ownHolds: ['another'] }],
    [{ code: 'reserved', vekId: 'gala', from: NOW }, { reservedFor: { vekId: 'gala', from: NOW } }],
    [{ code: 'already_on_incident' }, { vekId: 'vek' }],
    [{ code: 'crew_shared', unitId: 'boat' }, { crewOutWith: 'boat' }],
    [
      { code: 'preemption_forbidden', from: 'P3', to: 'P1', status: 'en_route' },
      busy({}),
      { priority: 'P1', preemption: { allowed: MATRIX } },
    ],
    [
      { code: 'preemption_forbidden', from: 'P3', to: 'P2', status: 'on_scene' },
      busy({ status: 'on_scene' }),
      { preemption: { allowed: MATRIX } },
    ],
    [{ code: 'agency_not_allowed', agencyId: 'agency' }, {}, { agencyIds: [] }],
    [{ code: 'skipped_by_dispatcher', reason: 'flat tyre' }, {}, { skipped: { u: 'flat tyre' } }],
    [{ code: 'crew_too_small', wanted: 3, has: 2 }, { headCount: 2 }],
    [{ code: 'crew_too_small', wanted: 3, has: null }, { headCount: null }, { policy: CERTAIN }],
  ])('G85, G125 refuses with %o', (reason, changes, asked) => {
    expect(refusal(changes, asked)).toEqual(reason);
  });

  it.each<[string, Partial<DispatchUnit>, Partial<DispatchQuestion>?]>([
    ['what is asked', {}],
    ['crews of unknown strength', { headCount: null }],
    ['enough people, where it must be known', { headCount: 3 }, { policy: CERTAIN }],
    ['unknown shifts', { onShift: null }],
    ['a fix as old as the limit', { fixTime: NOW - 300_000 }],
    ['who is reserved for this very event', { reservedFor: { vekId: 'vek', from: NOW } }],
    ['the substitute of the service named', { service: 'PP', capabilities: new Map([['bucket', 1]]) }],
    ['who is held for this incident by the asker', { held: true }, { ownHolds: ['u'] }],
    ['who is soon free', busy({ freeAt: NOW + 600_000 }), { policy: { ...DEFAULT_POLICY, soonFreeWithinS: 600 } }],
    ['who is under way, where the matrix allows it', busy({}), { preemption: { allowed: MATRIX } }],
  ])('G85, G125 lets through %s', (_what, changes, asked) => {
    expect(refusal(changes, asked)).toBeUndefined();
  });

  it('G85 people who count are a condition of the line for people', () => {
    const divers = createLine({ kind: 'crew', qualification: 'diver', quantity: 2 });
    expect(refusal({}, {}, divers)).toEqual({ code: 'crew_missing', qualification: 'diver' });
    expect(refusal({ qualifications: new Map([['diver', 1]]) }, {}, divers)).toBeUndefined();
    // unknown strength: the policy says what it counts as
    expect(refusal({ headCount: null }, {}, divers)).toEqual({ code: 'crew_missing', qualification: 'diver' });
    const policy = { ...DEFAULT_POLICY, unknownCrewCountsAs: 2 };
    expect(refusal({ headCount: null }, { policy }, divers)).toBeUndefined();
  });

  it('G85 the way is asked last: none, or too far for what only should be there', () => {
    const question = createDispatchQuestion({ policy: { ...DEFAULT_POLICY, shouldWithinS: 600 } });
    const response = (ms: number) =>
      responseTime(
        createDispatchUnit({ unitId: 'u' }),
        { basis: 'roads', ms, lengthM: null, offRoadMs: 0, intervalMs: null },
        NOW,
      );
    const should = { line: { ...PUMP, need: 'should' as const }, policy: question.policy };
    expect(wayRefusal(null, should)).toEqual({ code: 'no_route' });
    expect(wayRefusal(response(600_000), should)).toBeUndefined();
    expect(wayRefusal(response(600_001), should)).toEqual({ code: 'too_far', responseMs: 600_001, limitMs: 600_000 });
    expect(wayRefusal(response(600_001), { ...should, line: PUMP })).toBeUndefined();
  });

  it('G85 of several reasons the first is told, in the order of the codes', () => {
    const worst: Partial<DispatchUnit> = {
      ...busy({}),
      onShift: false,
      held: true,
      headCount: 1,
      fixTime: NOW - 900_000,
    };
    expect(refusal(worst)?.code).toBe('fix_too_old');
    expect(refusal({ ...worst, fixTime: NOW })?.code).toBe('status_not_dispatchable');
    expect(refusal({ ...worst, fixTime: NOW, status: 'available' })?.code).toBe('off_duty');
    expect(refusal({ ...worst, fixTime: NOW, status: 'available', onShift: true })?.code).toBe('held');
    const question = createDispatchQuestion({ requirements: [PUMP] });
    const judgement = new Judgement(1);
    new Eligibility(compileDemand([PUMP]), question).judge(createDispatchUnit({ ...FIT, held: true }), judgement);
    expect(INELIGIBLE_CODES[judgement.codes[0]! - 1]).toBe('held');
  });
});
