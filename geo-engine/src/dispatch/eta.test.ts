import { describe, expect, it } from 'vitest';
import { createDispatchUnit, createTravel, NOW, PLACE } from '../../test/dispatch-world.js';
import { againstTarget, responseTime } from './eta.js';

const rolling = (changes: object = {}) => createDispatchUnit({ unitId: 'u', ...changes });

describe('responseTime', () => {
  it('G86 adds up waiting, turnout, travel by road and the way off it', () => {
    const unit = rolling({ freeAt: NOW + 60_000, workPriority: 'P3', turnoutMs: 90_000 });
    const response = responseTime(unit, { ...createTravel(300_000), offRoadMs: 20_000 }, NOW);
    expect(response).toMatchObject({
      waitMs: 60_000,
      turnoutMs: 90_000,
      travelMs: 300_000,
      offRoadMs: 20_000,
      responseMs: 470_000,
      etaAt: NOW + 470_000,
      correction: null,
    });
  });

  it('G86 a busy unit whose time is over waits no more', () => {
    expect(responseTime(rolling({ freeAt: NOW - 5000 }), createTravel(1000), NOW).waitMs).toBe(0);
  });

  it('G86 the correction is of the way by road only', () => {
    const unit = rolling({ turnoutMs: 90_000 });
    const response = responseTime(unit, { ...createTravel(100_000), offRoadMs: 20_000 }, NOW, 1.5);
    expect(response).toMatchObject({ travelMs: 150_000, offRoadMs: 20_000, responseMs: 260_000, correction: 1.5 });
  });

  it('G87 the interval grows with the accuracy and the age of the fix', () => {
    // 500 m in 36 s: 50 km/h, so 100 m are 7.2 s
    const way = { ...createTravel(36_000), lengthM: 500 };
    const fresh = responseTime(rolling({ accuracyM: 100, speedMps: 0 }), way, NOW);
    expect(fresh.intervalMs).toEqual([28_800, 43_200]);
    // ten seconds at 20 m/s are 200 m more
    const old = responseTime(rolling({ accuracyM: 100, speedMps: 20, fixTime: NOW - 10_000 }), way, NOW);
    expect(old.intervalMs).toEqual([14_400, 57_600]);
    // never sooner than at once
    expect(responseTime(rolling({ accuracyM: 5000 }), way, NOW).intervalMs[0]).toBe(0);
  });

  it('G123 who sets out from where it frees up is there by then: nothing of its fix is in the interval', () => {
    const freePlace = { at: PLACE, name: 'hospital' };
    const unit = rolling({ accuracyM: 800, speedMps: 20, fixTime: NOW - 60_000, freeAt: NOW + 300_000, freePlace });
    const { responseMs, intervalMs } = responseTime(unit, createTravel(120_000), NOW);
    expect([responseMs, intervalMs]).toEqual([420_000, [420_000, 420_000]]);
    expect(responseTime({ ...unit, freePlace: null }, createTravel(120_000), NOW).intervalMs[1]).toBeGreaterThan(
      420_000,
    );
  });

  it('G87 what is unknown counts as 50 m and 50 km/h; an impossible speed as 130 km/h; in turnout nobody has driven off', () => {
    const way = createTravel(100_000); // 50 km/h assumed, as its length is not known
    const spread = (changes: object) => responseTime(rolling(changes), way, NOW).intervalMs[1] - 100_000;
    expect(spread({ accuracyM: null })).toBe(3600);
    expect(spread({ accuracyM: 0, speedMps: null, fixTime: NOW - 10_000 })).toBe(10_000);
    expect(spread({ accuracyM: 0, speedMps: 500, fixTime: NOW - 10_000 })).toBe(26_000);
    const waiting = responseTime(rolling({ accuracyM: 0, turnoutMs: 1000, fixTime: NOW - 10_000 }), way, NOW);
    expect(waiting.intervalMs).toEqual([101_000, 101_000]);
  });

  it('G87 within the norm is said only when the greatest time is', () => {
    const response = responseTime(rolling({ accuracyM: 100 }), { ...createTravel(36_000), lengthM: 500 }, NOW);
    expect(againstTarget(response, 43_200)).toBe('within');
    expect(againstTarget(response, 43_199)).toBe('uncertain');
    expect(againstTarget(response, 28_800)).toBe('uncertain');
    expect(againstTarget(response, 28_799)).toBe('late');
  });
});
