import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_POLICY, lonLat } from '../../../../geo-engine/src/index.js';
import { createStandingUnit } from '../../../test/harness/standing-unit.js';
import { EngineThread, type FleetSource, type RoadsSource } from './engine-thread.js';
import { FIX_STRIDE, FIX_TIME, type FleetOrder, HANDLE, HEADING_DEG, LAT, LON, RECEIVED_AT } from './fleet-order.js';
import type { AvailableUnitsAsked, EngineQuestion } from './orders.js';

const NOW = Date.UTC(2026, 5, 1, 12);
const PLACE = lonLat(24.1, 56.95);
const NO_ROADS: RoadsSource = { roadsSoFar: () => [], onRoads: () => {} };

const standing = (handle: number) => createStandingUnit(handle, { capabilities: new Map([['water', 1]]) });

/** A fix so far east of the place, degrees; null: nobody knows where. */
function fix(handle: number, eastDeg: number | null): number[] {
  const row = Array.from({ length: FIX_STRIDE }, () => 0);
  row[HANDLE] = handle;
  row[LON] = eastDeg === null ? Number.NaN : PLACE[0] + eastDeg;
  row[LAT] = PLACE[1];
  row[FIX_TIME] = NOW;
  row[RECEIVED_AT] = NOW;
  row[HEADING_DEG] = Number.NaN;
  return row;
}

/** A fleet that a test changes by hand. */
class TestFleet implements FleetSource {
  readonly units = new Map<number, number | null>(); // by handle, how far east
  #news: FleetOrder[] = [];

  put(handle: number, eastDeg: number | null): void {
    this.units.set(handle, eastDeg);
    this.#news.push({ gone: [], standing: [standing(handle)], fixes: Float64Array.from(fix(handle, eastDeg)) });
  }

  remove(handle: number): void {
    this.units.delete(handle);
    this.#news.push({ gone: [handle], standing: [], fixes: new Float64Array() });
  }

  *everybody(): Generator<FleetOrder> {
    for (const [handle, eastDeg] of this.units)
      yield { gone: [], standing: [standing(handle)], fixes: Float64Array.from(fix(handle, eastDeg)) };
  }

  news(): FleetOrder | undefined {
    return this.#news.shift();
  }
}

function question(more: Partial<AvailableUnitsAsked> = {}): Extract<EngineQuestion, { kind: 'available' }> {
  const asked: AvailableUnitsAsked = {
    question: {
      now: NOW,
      at: NOW,
      priority: 'P1',
      capabilities: [],
      services: null,
      skipped: {},
      ownHolds: [],
      preemption: null,
      policy: DEFAULT_POLICY,
      maxFixAgeS: 3600,
      dispatchableStatuses: ['available'],
      agencyIds: ['agency'],
      vekId: null,
    },
    within: { kind: 'time', place: PLACE, limitMs: 3_600_000, correction: null },
    priority: 'P1',
    visible: ['agency'],
    otherwise: [],
    ...more,
  };
  return { kind: 'available', asked };
}

/** A thread over a fleet that a test changes: units 1 and 2 east of the place, 3 nowhere. */
function begin() {
  const fleet = new TestFleet();
  fleet.units.set(1, 0.02).set(2, 0.01).set(3, null);
  const errors: unknown[] = [];
  const thread = new EngineThread(NO_ROADS, fleet, false, (_text, error) => errors.push(error));
  const whoIsThere = async (more: Partial<AvailableUnitsAsked> = {}) => {
    const text = new TextDecoder().decode(await thread.ask<'available'>(question(more)));
    return (JSON.parse(text) as { units: { unitId: string }[] }).units.map(({ unitId }) => unitId);
  };
  onTestFinished(() => thread.stop());
  return { fleet, errors, thread, whoIsThere };
}

describe('the engine in its thread', () => {
  it('D63 answers by what is known when it is asked: the whole fleet first, then each change', async () => {
    const { fleet, whoIsThere } = begin();
    expect(await whoIsThere()).toEqual(['unit 2', 'unit 1']);
    fleet.put(1, 0.001);
    expect(await whoIsThere()).toEqual(['unit 1', 'unit 2']);
    fleet.remove(2);
    fleet.put(3, 0.05);
    await whoIsThere(); // takes the first of the two
    expect(await whoIsThere()).toEqual(['unit 1', 'unit 3']);
    expect(await whoIsThere({ otherwise: [{ ...standing(1), status: 'out_of_service' }] })).toEqual(['unit 3']);
    expect(await whoIsThere({ visible: ['another'] })).toEqual([]);
  });

  it('D63 a question that fails is refused alone', async () => {
    const { thread } = begin();
    const wrong = question({ within: { kind: 'area', polygons: null as never } });
    const asked = [thread.ask<'available'>(wrong), thread.ask<'available'>(question())];
    const [failed, answered] = await Promise.allSettled(asked);
    expect([failed!.status, answered!.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('D63 who waits when the thread ends is told, and the next question starts another that knows the fleet', async () => {
    const { thread, errors, whoIsThere } = begin();
    const asked = Promise.allSettled([1, 2, 3].map(() => thread.ask<'available'>(question())));
    await thread.stop();
    for (const one of await asked) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'engine_failed' } });
    expect(await whoIsThere()).toEqual(['unit 2', 'unit 1']);
    expect([errors, thread.ends, thread.waiting]).toEqual([[], 1, 0]);
  });
});
