import { describe, expect, it } from 'vitest';
import { fullScan } from '../../test/full-scan.js';
import { CENTRES, createRandom, pick } from '../../test/random.js';
import {
  createIndex,
  createQuestion,
  createRoster,
  createWorld,
  type World,
  type WorldUnit,
} from '../../test/suitability-world.js';
import { type NotChosenCode, REFUSAL_CODES, WHY_CODES } from '../errors.js';
import { lonLat } from '../geo/lon-lat.js';
import { HARD_FILTERS } from './hard-filters.js';
import { type NearestSuitable, type NearestSuitableQuestion, nearestSuitable } from './nearest-suitable.js';

const NOW = Date.UTC(2026, 4, 12, 12);
const STATION = lonLat(24.1, 56.95);

describe('nearestSuitable', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('G14 equals filtering and sorting everybody (seed %d)', (seed) => {
    const random = createRandom(seed);
    const world = createWorld(random, pick(random, Object.values(CENTRES)), pick(random, [3, 40, 200]));
    const index = createIndex(world);
    const roster = createRoster(world);
    for (let i = 0; i < 40; i++) {
      const question = createQuestion(random, world);
      const answer = nearestSuitable(index, roster, question);
      expect(summary(answer), `seed ${seed}, question ${i}`).toEqual(scanSummary(world, question));
    }
  });

  it('G15 every reason comes up, so that the comparison above has tried them all', () => {
    const random = createRandom(1);
    const reasons = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const world = createWorld(random, CENTRES.riga, 150);
      const answer = nearestSuitable(createIndex(world), createRoster(world), createQuestion(random, world));
      for (const code of Object.keys(answer.restByReason)) reasons.add(code);
    }
    expect([...reasons].sort()).toEqual([...REFUSAL_CODES, 'farther'].sort());
  });

  it('G15 the filters stand in the order of the listed codes', () => {
    expect(HARD_FILTERS.map((filter) => filter.code)).toEqual([...REFUSAL_CODES]);
  });

  it('G16 a device clock that runs ahead makes no fix fresher than its receipt', () => {
    const unit = createUnit({ fixTime: NOW + 3_600_000, receivedAt: NOW - 90_000 });
    expect(reasonOf(ask(unit, { maxFixAgeS: 60 }))).toEqual({ code: 'fix_too_old', ageS: 90, limitS: 60 });
  });

  it('G16 a fix that was late on the way is as old as its own clock says', () => {
    const unit = createUnit({ fixTime: NOW - 90_000, receivedAt: NOW });
    expect(reasonOf(ask(unit, { maxFixAgeS: 60 }))).toEqual({ code: 'fix_too_old', ageS: 90, limitS: 60 });
    expect(ask(unit, { maxFixAgeS: 90 }).chosen[0].fixAgeS).toBe(90);
  });

  it.each<[Partial<WorldUnit>, Partial<NearestSuitableQuestion>, object]>([
    [{ status: 'on_scene' }, {}, { code: 'status_not_dispatchable', status: 'on_scene' }],
    [{ onShift: false }, {}, { code: 'off_duty' }],
    [{ held: true }, {}, { code: 'held' }],
    [{ vekId: 'vek-1' }, { vekId: 'vek-1' }, { code: 'already_on_incident' }],
    [{ agencyId: 'police' }, { agencyIds: ['fire'] }, { code: 'agency_not_allowed', agencyId: 'police' }],
    [{ kind: 'boat' }, { kinds: [] }, { code: 'kind_not_allowed', kind: 'boat' }],
    [{ headCount: 2 }, { minHeadCount: 3 }, { code: 'crew_too_small', wanted: 3, has: 2 }],
    [
      { capabilities: new Map([['pump', 1]]) },
      {
        capabilities: [
          { code: 'pump', quantity: 1 },
          { code: 'water', quantity: 2000 },
        ],
      },
      { code: 'capability_missing', capability: 'water', wanted: 2000 },
    ],
    [
      { capabilities: new Map([['water', 1500]]) },
      { capabilities: [{ code: 'water', quantity: 2000 }] },
      { code: 'capability_short', capability: 'water', wanted: 2000, has: 1500 },
    ],
    // two reasons at once: the one that asks first is told
    [{ held: true, status: 'off_duty' }, {}, { code: 'status_not_dispatchable', status: 'off_duty' }],
  ])('G15 says why not: %o', (unit, question, reason) => {
    const answer = ask(createUnit(unit), question);
    expect(answer.found).toBe(0);
    expect(answer.wanted).toBe(1);
    expect(reasonOf(answer)).toEqual(reason);
  });

  it('G17 says why, and what it does not know', () => {
    const unit = createUnit({
      onShift: null,
      headCount: null,
      accuracyM: null,
      suspect: ['frozen'],
      capabilities: new Map([['water', 4000]]),
      receivedAt: NOW - 10_000,
      fixTime: NOW - 10_000,
    });
    const { chosen } = ask(unit, { minHeadCount: 3, capabilities: [{ code: 'water', quantity: 2000 }] });
    expect(chosen[0].why).toEqual([
      { code: 'nearest', rank: 1 },
      { code: 'fix_age', ageS: 10, limitS: 300 },
      { code: 'capability', capability: 'water', wanted: 2000, has: 4000 },
      { code: 'crew_unknown' },
      { code: 'shift_unknown' },
      { code: 'accuracy_unknown' },
      { code: 'fix_suspect', marks: ['frozen'] },
    ]);
    const known = ask(createUnit({ headCount: 4 }), { minHeadCount: 3 }).chosen[0];
    expect(known.why).toContainEqual({ code: 'crew', wanted: 3, has: 4 });
    for (const { code } of [...chosen[0].why, ...known.why]) expect(WHY_CODES).toContain(code);
  });

  it('G17 the distance is an interval of accuracy and of what may have been driven since', () => {
    const unit = createUnit({ accuracyM: 20, fixTime: NOW - 30_000 });
    const { chosen } = ask(unit, { driftMps: 10, place: lonLat(24.2, 56.95) });
    const { distanceM, intervalM } = chosen[0];
    expect(intervalM[0]).toBeCloseTo(distanceM - 320, 9);
    expect(intervalM[1]).toBeCloseTo(distanceM + 320, 9);
    expect(ask(unit, { driftMps: 10 }).chosen[0].intervalM[0]).toBe(0);
  });

  it('a unit in the index that the roster does not know is passed over', () => {
    const world = createWorld(createRandom(1), CENTRES.riga, 30);
    const index = createIndex(world);
    const roster = createRoster(world);
    index.upsert(999_999, 24.1179, 56.9423, 0);
    const question = { ...createQuestion(createRandom(2), world), place: CENTRES.riga };
    const answer = nearestSuitable(index, roster, question);
    const handles = [...answer.chosen, ...answer.notChosen].map((unit) => unit.handle);
    expect(handles).not.toContain(999_999);
    expect(accounted(answer)).toBe(30);
  });
});

/** The full-scan twin of the whole answer, with the filters written out once more. */
function scanSummary(world: World, question: NearestSuitableQuestion) {
  const placed = world.units.flatMap((unit) => (unit.at ? [{ ...unit, lon: unit.at[0], lat: unit.at[1] }] : []));
  const sorted = fullScan(placed, question.place);
  const chosen = sorted.filter(({ unit }) => scanReason(unit, question) === 'farther').slice(0, question.k);
  const others = sorted.filter((one) => !chosen.includes(one));
  const rest: Record<string, number> = {};
  for (const unit of [...others.slice(10).map((one) => one.unit), ...world.units.filter((unit) => !unit.at)]) {
    const reason = scanReason(unit, question);
    rest[reason] = (rest[reason] ?? 0) + 1;
  }
  return {
    chosen: chosen.map(({ unit, distanceM }) => [unit.handle, distanceM]),
    notChosen: others.slice(0, 10).map(({ unit, distanceM }) => [unit.handle, distanceM, scanReason(unit, question)]),
    rest,
  };
}

function scanReason(unit: WorldUnit, question: NearestSuitableQuestion): NotChosenCode {
  if (!unit.at || !unit.fixTime || !unit.receivedAt) return 'no_position';
  const oldest = question.now - question.maxFixAgeS * 1000;
  if (unit.fixTime < oldest || unit.receivedAt < oldest) return 'fix_too_old';
  if (!question.dispatchableStatuses.some((status) => status === unit.status)) return 'status_not_dispatchable';
  if (unit.onShift === false) return 'off_duty';
  if (unit.held) return 'held';
  if (question.vekId && unit.vekId === question.vekId) return 'already_on_incident';
  if (question.agencyIds && !question.agencyIds.includes(unit.agencyId)) return 'agency_not_allowed';
  if (question.kinds && !question.kinds.includes(unit.kind)) return 'kind_not_allowed';
  if (question.minHeadCount && unit.headCount && unit.headCount < question.minHeadCount) return 'crew_too_small';
  const lacks = question.capabilities.filter((need) => (unit.capabilities.get(need.code) ?? 0) < need.quantity);
  if (lacks.some((need) => !unit.capabilities.has(need.code))) return 'capability_missing';
  return lacks.length > 0 ? 'capability_short' : 'farther';
}

function summary(answer: NearestSuitable) {
  return {
    chosen: answer.chosen.map((unit) => [unit.handle, unit.distanceM]),
    notChosen: answer.notChosen.map((unit) => [unit.handle, unit.distanceM, unit.reason.code]),
    rest: answer.restByReason,
  };
}

function accounted(answer: NearestSuitable): number {
  const counted = Object.values(answer.restByReason).reduce((sum, n) => sum + n, 0);
  return answer.chosen.length + answer.notChosen.length + counted;
}

function createUnit(changes: Partial<WorldUnit>): WorldUnit {
  return {
    handle: 7,
    unitId: 'unit-7',
    callsign: 'V-7',
    agencyId: 'fire',
    kind: 'tanker',
    status: 'available',
    capabilities: new Map(),
    held: false,
    vekId: null,
    onShift: true,
    headCount: 4,
    fixTime: NOW,
    receivedAt: NOW,
    accuracyM: 5,
    suspect: [],
    at: STATION,
    ...changes,
  };
}

/** Asks for one unit at the station, of a fleet of one. */
function ask(unit: WorldUnit, changes: Partial<NearestSuitableQuestion>): NearestSuitable {
  const world: World = { now: NOW, centre: STATION, agencyIds: [], vekIds: [], units: [unit] };
  return nearestSuitable(createIndex(world), createRoster(world), {
    place: STATION,
    k: 1,
    now: NOW,
    maxFixAgeS: 300,
    dispatchableStatuses: ['available'],
    capabilities: [],
    ...changes,
  });
}

function reasonOf(answer: NearestSuitable) {
  expect(answer.notChosen.length).toBe(1);
  return answer.notChosen[0].reason;
}
