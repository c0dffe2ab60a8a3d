import { describe, expect, it, vi } from 'vitest';
import {
  createDispatchQuestion,
  createFleetWorld,
  createLine,
  createWays,
  enter,
  NOW,
} from '../../test/dispatch-world.js';
import { createRandom, pick } from '../../test/random.js';
import { VEC_STRIDE } from '../geo/unit-vector.js';
import { DispatchRoster, NONE } from './dispatch-roster.js';
import type { DispatchUnit } from './dispatch-unit.js';
import { gatherInput } from './recommend.js';
import { CUBE_SIDE } from './roster-cubes.js';

/** Groups, cubes and states of their own as the units themselves say. */
function expectRight(roster: DispatchRoster, when: string): void {
  const { groups, cubes, groupOf, stateOf, standing, fixedAt, shiftEndsAt, vec } = roster;
  const size = new Map<number, number>();
  const placed = new Map<number, number>();
  const own = new Set<number>();
  const members = new Map<number, Set<number>>();
  for (let slot = 0; slot < roster.slots; slot++) {
    const unit = standing[slot];
    const isOwn = unit !== undefined && stateOf[slot] === NONE;
    if (isOwn) own.add(slot);
    const group = groupOf[slot]!;
    const cube = cubes.cubeOf[slot]!;
    expect(group !== NONE, `${when}: group of slot ${slot}`).toBe(unit !== undefined && !isOwn);
    expect(cube !== NONE, `${when}: cube of slot ${slot}`).toBe(group !== NONE && roster.isPlaced(slot));
    if (group === NONE) continue;
    expect([groups.classOf[group], groups.stateOf[group], groups.profileOf[group]], when).toEqual([
      roster.classOf[slot],
      stateOf[slot],
      roster.profileOf[slot],
    ]);
    expect(roster.slotOfId(unit!.unitId), when).toBe(slot);
    size.set(group, (size.get(group) ?? 0) + 1);
    if (cube === NONE) continue;
    placed.set(group, (placed.get(group) ?? 0) + 1);
    members.set(cube, (members.get(cube) ?? new Set()).add(slot));
    expect(cubes.oldestFix[cube], when).toBeLessThanOrEqual(fixedAt[slot]!);
    expect(cubes.firstShiftEnd[cube], when).toBeLessThanOrEqual(shiftEndsAt[slot]!);
    for (let axis = 0; axis < VEC_STRIDE; axis++) {
      const beyond = vec[slot * VEC_STRIDE + axis]! - cubes.low[cube * VEC_STRIDE + axis]!;
      expect(beyond >= 0 && beyond < CUBE_SIDE, `${when}: slot ${slot} is in its cube`).toBe(true);
    }
  }
  expect(roster.inOwnState, when).toEqual(own);
  for (let group = 0; group < groups.count; group++) {
    expect([groups.size[group], groups.placed[group]], when).toEqual([size.get(group) ?? 0, placed.get(group) ?? 0]);
  }
  for (let cube = 0; cube < cubes.count; cube++) {
    const listed = new Set<number>();
    for (let slot = cubes.slots.firstOf(cube); slot !== NONE; slot = cubes.slots.next[slot]!) listed.add(slot);
    expect(listed, when).toEqual(members.get(cube) ?? new Set());
    expect(cubes.size[cube], when).toBe(listed.size);
  }
}

describe('DispatchRoster', () => {
  it('G127 every unit is in its group, and with a place in its cube or in a state of its own, whatever becomes of it', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = createRandom(seed);
      const worlds = [createFleetWorld(random, 60), createFleetWorld(random, 60)];
      const roster = new DispatchRoster();
      for (let step = 0; step < 300; step++) {
        const unit = pick(random, pick(random, worlds).units);
        const dice = random();
        if (dice < 0.1) roster.remove(unit.handle);
        else if (dice < 0.2) roster.unplace(unit.handle);
        else enter(roster, unit);
        if (step % 30 === 0) expectRight(roster, `seed ${seed}, step ${step}`);
      }
      expectRight(roster, `seed ${seed}`);
      for (const world of worlds) for (const { handle } of world.units) roster.remove(handle);
      expectRight(roster, `seed ${seed}, empty`);
    }
  });

  it('G127 cubes that are far are not opened, unless a fix there has grown too old, and then again once it is fresh', () => {
    const random = createRandom(3);
    const { units } = createFleetWorld(random, 4000);
    const question = createDispatchQuestion({ requirements: [createLine({ capability: 'pump' })] });
    const roster = new DispatchRoster();
    const fresh = (unit: DispatchUnit, now: number): DispatchUnit => ({
      ...unit,
      fixTime: unit.fixTime && now,
      receivedAt: unit.receivedAt && now,
      shiftEndsAt: null,
    });
    for (const unit of units) enter(roster, fresh(unit, NOW));
    const occupied = () => [...roster.cubes.size.subarray(0, roster.cubes.count)].filter((size) => size > 0).length;
    const opened = (now: number) => {
      const cubes = new Set<number>();
      const look = vi.spyOn(roster.cubes.slots, 'firstOf');
      gatherInput({ ...question, now }, { roster, ways: createWays(createRandom(5), 1) });
      for (const [cube] of look.mock.calls) cubes.add(cube);
      look.mockRestore();
      return cubes;
    };
    const calm = opened(NOW);
    expect(calm.size).toBeGreaterThan(0);
    expect(calm.size).toBeLessThan(occupied() / 4);
    // some have been silent since
    const later = NOW + (question.maxFixAgeS + 1) * 1000;
    const silent = units.slice(0, 100);
    for (const unit of units.slice(100)) enter(roster, fresh(unit, later));
    const tooOld = () =>
      gatherInput({ ...question, now: later }, { roster, ways: createWays(createRandom(5), 1) }).others[0]!.fix_too_old;
    expect(tooOld()).toBeGreaterThan(10);
    expect(tooOld()).toBeLessThan(100);
    for (const unit of silent) enter(roster, fresh(unit, later));
    expect(tooOld()).toBeUndefined();
    // by now it is noted that nobody is
    expect(opened(later).size).toBeLessThan(occupied() / 4);
  });

  it('names who moved once each, the longest waiting first', () => {
    const roster = new DispatchRoster();
    const { units } = createFleetWorld(createRandom(1), 200);
    const placed = units.filter(({ place, freePlace }) => place !== null && freePlace === null);
    const taken = () => Array.from({ length: roster.moved.length }, () => roster.standing[roster.moved.take()]!.handle);
    for (const unit of placed) enter(roster, unit);
    expect(taken()).toEqual(placed.map(({ handle }) => handle));
    for (const i of [7, 3, 7, 90, 3]) enter(roster, placed[i]!);
    expect(taken()).toEqual([7, 3, 90].map((i) => placed[i]!.handle));
    expect(taken()).toEqual([]);
    roster.allMoved();
    expect(taken()).toHaveLength(placed.length);
  });
});
