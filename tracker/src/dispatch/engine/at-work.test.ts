import { describe, expect, it } from 'vitest';
import {
  compileDemand,
  DEFAULT_POLICY,
  type DispatchQuestion,
  type DispatchUnit,
  lonLat,
  RequirementSchema,
} from '../../../../geo-engine/src/index.js';
import { createStandingUnit } from '../../../test/harness/standing-unit.js';
import { workingUnits } from './at-work.js';

const NOW = Date.UTC(2026, 10, 22, 18);
const PLACE = lonLat(24.1, 56.95);

const UNIT: DispatchUnit = {
  ...createStandingUnit(1, {
    status: 'en_route',
    capabilities: new Map([['pump', 1]]),
    vekId: 'vek',
    onShift: true,
    headCount: 3,
    service: 'VUGD',
    freeAt: NOW + 3_600_000,
    freePlace: { at: lonLat(24.6, 56.95), name: 'hospital' },
    workPriority: 'P2',
  }),
  place: PLACE,
  fixTime: NOW,
  receivedAt: NOW,
  accuracyM: 10,
  speedMps: 0,
  headingDeg: null,
  suspect: [],
};

const QUESTION: DispatchQuestion = {
  now: NOW,
  maxFixAgeS: 300,
  dispatchableStatuses: ['available'],
  vekId: 'vek',
  agencyIds: null,
  place: PLACE,
  priority: 'P2',
  requirements: [RequirementSchema.parse({ capability: 'pump', quantity: 1, service: 'VUGD', need: 'must' })],
  targetMs: {},
  skipped: {},
  ownHolds: [],
  preemption: null,
  policy: DEFAULT_POLICY,
};

describe('units at work', () => {
  it('D66 one that is under way comes as its way says, whenever and wherever it will be free again', () => {
    const demand = compileDemand(QUESTION.requirements);
    const travel = { basis: 'roads', ms: 240_000, lengthM: 3000, offRoadMs: 0, intervalMs: null } as const;
    const responseOf = (unit: DispatchUnit) =>
      workingUnits(demand, QUESTION, [{ unit, travel }]).map(({ candidate }) => candidate.response);
    expect(responseOf(UNIT)).toMatchObject([{ waitMs: 0, travelMs: 240_000, responseMs: 240_000 }]);
    expect(responseOf(UNIT)).toEqual(responseOf({ ...UNIT, freeAt: null, freePlace: null }));
  });
});
