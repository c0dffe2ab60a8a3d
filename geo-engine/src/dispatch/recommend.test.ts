import { describe, expect, it } from 'vitest';
import {
  createDispatchQuestion,
  createDispatchUnit,
  createLine,
  createTravel,
  enter,
  NOW,
  PACE_ONLY,
  PLACE,
} from '../../test/dispatch-world.js';
import { DEFAULT_POLICY, type DispatchQuestion } from './dispatch-question.js';
import { DispatchRoster } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { decide, gatherInput, type Recommendation } from './recommend.js';
import type { Ways } from './ways.js';

const MIN = 60_000;

/** Units that take so many minutes each; null: no way. */
function ask(
  question: DispatchQuestion,
  units: readonly (readonly [unitId: string, minutes: number | null, changes?: Partial<DispatchUnit>])[],
): Recommendation {
  const roster = new DispatchRoster();
  const minutesOf = new Map(units.map(([, minutes], i) => [i + 1, minutes]));
  for (const [i, [unitId, , changes]] of units.entries()) {
    enter(roster, createDispatchUnit({ unitId, handle: i + 1, accuracyM: 0, ...changes }));
  }
  const ways: Ways = {
    ...PACE_ONLY,
    place: PLACE,
    basis: 'roads',
    closures: 'in_force',
    topPace: () => ({ freeM: 0, topMps: 100 }),
    table: (asked) =>
      asked.map(({ handle }) => {
        const minutes = minutesOf.get(handle)!;
        return minutes === null ? null : createTravel(minutes * MIN);
      }),
  };
  return decide(gatherInput(question, { roster, ways }));
}

const has = (capabilities: Record<string, number>, changes: Partial<DispatchUnit> = {}) => ({
  capabilities: new Map(Object.entries(capabilities)),
  ...changes,
});
const reasonsOf = ({ lines }: Recommendation, line = 0) =>
  lines[line]!.notChosen.map(({ unitId, reason }) => [unitId, reason]);

describe('decide', () => {
  it('G95 says of those that go what they bring, their rank, the norm, and what is not known of them', () => {
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'water', quantity: 5000 })],
      targetMs: { VUGD: 8 * MIN },
    });
    const answer = ask(question, [
      ['off duty', 1, has({ water: 3000 }, { onShift: false })],
      ['near', 5, has({ water: 3000 }, { headCount: null, restUntil: NOW + MIN })],
      ['far', 9, has({ water: 3000 }, { onShift: null, suspect: ['jump'], shiftEndsAt: NOW + 20 * MIN })],
    ]);
    expect(answer.units.map(({ unitId, costMs }) => [unitId, costMs])).toEqual([
      ['near', 10 * MIN],
      ['far', 11 * MIN],
    ]);
    expect(answer.units[0]!.why).toEqual([
      { code: 'serves', line: 0, amount: 3000, standsInWith: null, penaltyMs: 0 },
      { code: 'nearest', line: 0, rank: 2 },
      { code: 'norm', targetMs: 8 * MIN, verdict: 'within' },
      { code: 'fix_age', ageS: 0, limitS: 300 },
      { code: 'crew_rests', penaltyMs: 5 * MIN },
      { code: 'crew_unknown' },
    ]);
    expect(answer.units[1]!.why).toEqual([
      { code: 'serves', line: 0, amount: 2000, standsInWith: null, penaltyMs: 0 },
      { code: 'nearest', line: 0, rank: 3 },
      { code: 'norm', targetMs: 8 * MIN, verdict: 'late' },
      { code: 'fix_age', ageS: 0, limitS: 300 },
      { code: 'shift_ends', penaltyMs: 2 * MIN },
      { code: 'shift_unknown' },
      { code: 'fix_suspect', marks: ['jump'] },
    ]);
    expect(reasonsOf(answer)).toEqual([['off duty', { code: 'off_duty' }]]);
  });

  it('G95 says of those that do not go why not: farther, dearer, its crew goes, others together are better', () => {
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'pump' }), createLine({ capability: 'ladder' })],
    });
    const answer = ask(question, [
      ['tired', 2, has({ pump: 1 }, { restUntil: NOW + MIN })],
      ['both', 6, has({ pump: 1, ladder: 1 }, { crewId: 'crew' })],
      ['second vehicle', 3, has({ pump: 1 }, { crewId: 'crew' })],
      ['ladder', 4, has({ ladder: 1 })],
      ['far', 20, has({ pump: 1 })],
      ['island', null, has({ pump: 1 })],
      ['police', 1, has({ pump: 1 }, { service: 'VP' })],
    ]);
    expect(answer.units.map(({ unitId }) => unitId)).toEqual(['both']);
    expect(reasonsOf(answer)).toEqual([
      ['tired', { code: 'costs_more', byMs: MIN, penaltyMs: 5 * MIN }],
      ['second vehicle', { code: 'crew_shared', unitId: 'both' }],
      ['far', { code: 'farther', byMs: 14 * MIN }],
    ]);
    expect(answer.lines[0]!.restByReason).toEqual({ no_route: 1, service_not_asked: 1, capability_missing: 1 });
    expect(reasonsOf(answer, 1)).toEqual([['ladder', { code: 'less_together' }]]);
  });

  it('G95 a line that is not met says what is short and who is the next, if it could', () => {
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'pump', quantity: 2 }), createLine({ capability: 'pump', level: 2 })],
    });
    const answer = ask(question, [
      ['goes', 5, has({ pump: 1 })],
      ['broken', 7, has({ pump: 1 }, { status: 'broken' })],
    ]);
    // lines that are alike are one, the earlier served first
    expect(answer.lines).toHaveLength(1);
    expect(answer.lines[0]).toMatchObject({
      requirements: [
        { line: 0, wanted: 2, met: 1 },
        { line: 1, wanted: 1, met: 0 },
      ],
      served: [{ unitId: 'goes', amount: 1 }],
      shortfall: { missing: 2, next: { unitId: 'broken', reason: { code: 'status_not_dispatchable' } } },
    });
    expect(answer.proof.must).toMatchObject({ proven: true, leastShort: answer.proof.must.short });
  });

  it('G95 coverage: who is kept is said, and what it costs', () => {
    const question = createDispatchQuestion({
      requirements: [createLine({ capability: 'pump' })],
      policy: { ...DEFAULT_POLICY, regretS: { P1: 0, P2: 60, P3: 0, P4: 0 } },
    });
    const roster = new DispatchRoster();
    const pumps = has({ pump: 1 });
    for (const [i, unitId] of ['missed', 'spare'].entries()) {
      enter(roster, createDispatchUnit({ unitId, handle: i + 1, ...pumps }));
    }
    const ways: Ways = {
      ...PACE_ONLY,
      place: PLACE,
      basis: 'roads',
      closures: 'in_force',
      topPace: () => ({ freeM: 0, topMps: 100 }),
      table: (starts) => starts.map(({ handle }) => createTravel(handle === 1 ? MIN : MIN + 40_000)),
    };
    const coverageLoss = ({ unitId }: DispatchUnit) => (unitId === 'missed' ? 3.1 : 0.2);
    const answer = decide(gatherInput(question, { roster, ways, coverageLoss }));
    expect(answer.units.map(({ unitId }) => unitId)).toEqual(['spare']);
    expect(reasonsOf(answer)).toEqual([['missed', { code: 'kept_for_coverage', coverageLoss: 3.1 }]]);
    expect(answer.proof.must.kept).toEqual({ regretMs: 40_000, loss: 0.2, lossOfCheapest: 3.1, leastLoss: 0.2 });
  });

  it('G96 the three sums: services, people, capabilities and equipment', () => {
    const question = createDispatchQuestion({
      requirements: [
        createLine({ capability: 'pump', quantity: 2 }),
        createLine({ capability: 'medical', service: 'NMPD' }),
      ],
    });
    const answer = ask(question, [
      ['a', 1, has({ pump: 1, water: 2000 }, { headCount: 4, equipment: new Map([['hose', 4]]) })],
      ['b', 2, has({ pump: 1, water: 3000 }, { headCount: null, equipment: new Map([['hose', 2]]) })],
      ['c', 3, has({ medical: 1 }, { service: 'NMPD', headCount: 2 })],
      ['d', 9, has({ pump: 1 })],
    ]);
    expect(answer.sums).toEqual({
      services: [
        { service: 'NMPD', units: 1, people: 2 },
        { service: 'VUGD', units: 2, people: 4 },
      ],
      people: { known: 6, unitsOfUnknownCrew: 1 },
      capabilities: { pump: 2, water: 5000, medical: 1 },
      equipment: { hose: 6 },
    });
  });
});
