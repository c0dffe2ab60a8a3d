import { describe, expect, it } from 'vitest';
import {
  asCounted,
  createDispatchQuestion,
  createDispatchUnit,
  createFleetWorld,
  createTravel,
  NOW,
  PACE_ONLY,
} from '../../test/dispatch-world.js';
import { createRandom, pick } from '../../test/random.js';
import { lonLat } from '../geo/lon-lat.js';
import { type AvailableQuestion, available } from './available.js';
import { responseTime } from './eta.js';
import { StraightWays } from './straight-ways.js';

describe('available', () => {
  it('G104, G123 equals looking at every unit by itself, and accounts for the roster', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = createRandom(seed);
      const { question, units, ways } = createFleetWorld(random, 150);
      const limitMs = pick(random, [60_000, 600_000, 3_600_000]);
      const asked: AvailableQuestion = {
        ...question,
        preemption: null,
        at: NOW + pick(random, [0, 600_000]),
        within: { kind: 'time', ways, limitMs, correction: null },
        capabilities: random() < 0.5 ? [{ code: 'water', quantity: 2000 }] : [],
        services: random() < 0.5 ? ['VUGD'] : null,
      };
      const { at, maxFixAgeS, dispatchableStatuses, agencyIds, skipped, policy, services } = asked;
      const expected = units.flatMap((unit) => {
        const { fixTime, freeAt, shiftEndsAt, reservedFor } = unit;
        const soonFree = freeAt !== null && freeAt - at <= policy.soonFreeWithinS * 1000;
        const mayGo =
          fixTime !== null &&
          NOW - fixTime <= maxFixAgeS * 1000 &&
          (dispatchableStatuses.includes(unit.status) || soonFree) &&
          unit.onShift !== false &&
          (shiftEndsAt === null || shiftEndsAt - at > policy.leastShiftLeftS * 1000) &&
          (!unit.held || asked.ownHolds.includes(unit.unitId)) &&
          (reservedFor === null || reservedFor.vekId === asked.vekId) &&
          unit.vekId !== asked.vekId &&
          unit.crewOutWith === null &&
          (agencyIds?.includes(unit.agencyId) ?? true) &&
          !(unit.unitId in skipped) &&
          (services?.includes(unit.service) ?? true) &&
          (asked.capabilities.length === 0 || (unit.capabilities.get('water') ?? 0) >= 2000);
        if (!mayGo) return [];
        const [travel] = ways.table([asCounted(unit)]);
        const response = travel ? responseTime(unit, travel, at) : null;
        return response !== null && response.responseMs <= limitMs ? [unit.unitId] : [];
      });
      const answer = available(asked, units);
      expect(answer.units.map(({ unit }) => unit.unitId).sort(), `seed ${seed}`).toEqual(expected.sort());
      const rest = Object.values(answer.restByReason).reduce((sum, count) => sum + count, 0);
      expect(answer.units.length + rest, `seed ${seed}`).toBe(units.length);
      const inOrder = answer.units.map(({ response }) => response!.responseMs);
      expect(inOrder, `seed ${seed}`).toEqual(inOrder.toSorted((a, b) => a - b));
    }
  });

  it('G104 sums up what is there, and says who is in time for certain', () => {
    const [near, far] = [
      createDispatchUnit({ unitId: 'near', capabilities: new Map([['water', 2000]]), accuracyM: 1 }),
      createDispatchUnit({
        unitId: 'far',
        capabilities: new Map([
          ['water', 3000],
          ['pump', 1],
        ]),
        accuracyM: 500,
      }),
    ];
    const question = createDispatchQuestion();
    const ways = {
      ...new StraightWays(question.place),
      ...PACE_ONLY,
      topPace: () => ({ freeM: 0, topMps: 1 }),
      table: (units: readonly unknown[]) => units.map((_, i) => createTravel(i === 0 ? 60_000 : 119_000)), // near, far
    };
    const within = { kind: 'time', ways, limitMs: 120_000, correction: null } as const;
    const answer = available({ ...question, at: NOW, within, capabilities: [], services: null }, [near!, far!]);
    expect(answer.units.map(({ unit, verdict }) => [unit.unitId, verdict])).toEqual([
      ['near', 'within'],
      ['far', 'uncertain'],
    ]);
    expect(answer.byCapability).toEqual({ water: { units: 2, quantity: 5000 }, pump: { units: 1, quantity: 1 } });
    expect(answer.basis).toBe('straight_line');
  });

  it('G104, G123 in an area nobody asks for ways; who frees up elsewhere is where it will be', () => {
    const { question, units } = createFleetWorld(createRandom(5), 200);
    const square = [
      [24.05, 56.9],
      [24.15, 56.9],
      [24.15, 57],
      [24.05, 57],
      [24.05, 56.9],
    ];
    const within = { kind: 'area', polygons: [[square]] } as const;
    const answer = available({ ...question, at: NOW, within, capabilities: [], services: null }, units);
    expect(answer.basis).toBeNull();
    expect(answer.units.length).toBeGreaterThan(0);
    for (const { unit, response } of answer.units) {
      expect(response).toBeNull();
      const [lon, lat] = asCounted(unit).place!;
      expect(Math.abs(lon - 24.1)).toBeLessThanOrEqual(0.05);
      expect(Math.abs(lat - 56.95)).toBeLessThanOrEqual(0.05);
    }
    const elsewhere = createDispatchUnit({
      unitId: 'elsewhere',
      status: 'at_destination',
      workPriority: 'P3',
      freeAt: NOW,
      freePlace: { at: lonLat(25, 57), name: null },
    });
    const soon = { ...question, policy: { ...question.policy, soonFreeWithinS: 600 }, agencyIds: null };
    const asked = { ...soon, at: NOW, within, capabilities: [], services: null };
    expect(available(asked, [{ ...elsewhere, freePlace: null }]).units.length).toBe(1);
    expect(available(asked, [elsewhere]).restByReason).toEqual({ outside: 1 });
  });
});
