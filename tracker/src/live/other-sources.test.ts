import { beforeEach, describe, expect, it } from 'vitest';
import { CellTable, LiveIndex } from '../../../geo-engine/src/index.js';
import type { FixItem } from '../protocol/crew.js';
import { UNIT_FLAG } from '../protocol/live-frame.js';
import { type FixSource, LiveTable } from './live-table.js';

const T0 = 1_767_225_600_000;
const M_PER_DEG = 111_195;
const vehicle: FixSource = { deviceHandle: 1, priority: 100, reportIntervalS: 10 };
const phone: FixSource = { deviceHandle: 2, priority: 50, reportIntervalS: 10 };

let live: LiveTable;
let slot: number;
let told: number;
beforeEach(() => {
  const cells = new CellTable();
  live = new LiveTable(cells, new LiveIndex(cells));
  slot = live.add(7, 1, 3, 10);
  told = 0;
  live.onChanged(() => told++);
});

/** A fix so many metres north of Riga, seconds after T0 by its device's clock, received so much later by ours. */
function report(
  source: FixSource,
  seconds: number,
  northM: number,
  accuracyM: number | null = null,
  lagS = 0,
): boolean {
  const fix: FixItem = {
    fixTime: T0 + seconds * 1000,
    lonE7: 241_000_000,
    latE7: Math.round((56.95 + northM / M_PER_DEG) * 1e7),
    speedCmps: null,
    headingCdeg: null,
    accuracyDm: accuracyM === null ? null : accuracyM * 10,
    altitudeM: null,
    flags: 0,
  };
  return live.move(slot, source, fix, fix.fixTime + lagS * 1000);
}
const areApart = () => (live.flags[slot]! & UNIT_FLAG.sourcesApart) !== 0;

describe('T58 devices of one unit', () => {
  //   vehicle  0 m ────────────── 0 m
  //   phone         150 m    170 m         (100 m and 30 m for each of the two may lie between; 1 s of driving: 42 m)
  it('that are together are not marked, and those that cannot be are', () => {
    report(vehicle, 0, 0);
    expect(report(phone, 1, 190)).toBe(false);
    expect(areApart()).toBe(false);
    expect(report(phone, 2, 250)).toBe(false);
    expect(areApart()).toBe(true);
    report(vehicle, 3, 0); // the flag outlives the next fix of the live one
    expect(areApart()).toBe(true);
    report(phone, 4, 20);
    expect(areApart()).toBe(false);
  });

  it('are told of when that begins and when it ends, not with every fix', () => {
    report(vehicle, 0, 0);
    const before = told;
    for (let s = 1; s <= 5; s++) report(phone, s, 1000);
    expect(told).toBe(before + 1);
    for (let s = 6; s <= 9; s++) report(phone, s, 0);
    expect(told).toBe(before + 2);
  });

  it('may be as far apart as they say that they are inaccurate', () => {
    report(vehicle, 0, 0, 5);
    report(phone, 0, 500, 400);
    expect(areApart()).toBe(false);
    report(phone, 1, 600, 400);
    expect(areApart()).toBe(true);
  });

  it('are not compared once one of them is silent: the other has taken over', () => {
    report(vehicle, 0, 0);
    for (let s = 1; s <= 30; s++) expect(report(phone, s, 5000)).toBe(false);
    expect(areApart()).toBe(true);
    expect(report(phone, 31, 5000)).toBe(true); // three intervals: the fallback
    expect(areApart()).toBe(false);
    expect([...live.others.of(slot)].map(({ deviceHandle }) => deviceHandle)).toEqual([vehicle.deviceHandle]);
    expect(report(vehicle, 32, 0)).toBe(true); // and back
    expect(areApart()).toBe(true);
    expect([...live.others.of(slot)].map(({ deviceHandle }) => deviceHandle)).toEqual([phone.deviceHandle]);
  });

  it('of the same priority do not take turns while they disagree: the one that is shown stays', () => {
    const tablet = { ...vehicle, deviceHandle: 3 };
    report(vehicle, 0, 0);
    expect(report(tablet, 1, 5000)).toBe(false);
    expect(areApart()).toBe(true);
    expect(report(vehicle, 2, 0)).toBe(true);
    expect(report(tablet, 3, 10)).toBe(true); // together again: the freshest
    expect(areApart()).toBe(false);
  });

  it('keep the newest of what each said', () => {
    report(vehicle, 0, 0);
    report(phone, 5, 10);
    report(phone, 3, 5000); // late
    expect([...live.others.of(slot)]).toMatchObject([{ fixTime: T0 + 5000 }]);
    expect(areApart()).toBe(false);
  });

  it('cost nothing where there is one', () => {
    for (let s = 0; s < 10; s++) report(vehicle, s, s * 100);
    expect(live.others.has(slot)).toBe(false);
  });
});

describe('L9 the source of more weight is live', () => {
  //  received    0 s     1 s      2 s      3 s      4 s
  //  phone      +40 s            +42 s            +44 s     (its clock runs ahead)
  //  vehicle             1 s               3 s
  it('though the clock of the other runs ahead', () => {
    const ahead = (receivedS: number, northM: number) => report(phone, receivedS + 40, northM, null, -40);
    expect(ahead(0, 5000)).toBe(true);
    expect(report(vehicle, 1, 0)).toBe(true);
    expect(ahead(2, 1500)).toBe(false);
    expect(report(vehicle, 3, 10)).toBe(true);
    expect(areApart()).toBe(false); // 41 s of driving may lie between them
    expect(ahead(4, 9000)).toBe(false);
    expect(areApart()).toBe(true);
  });

  it('though the network of the other is faster', () => {
    expect(report(phone, 0, 0)).toBe(true);
    expect(report(phone, 8, 0)).toBe(true);
    expect(report(vehicle, 2, 5, null, 7)).toBe(true);
    expect(report(phone, 10, 0)).toBe(false);
  });

  it('with what it makes now: not with what waited for a connection, nor with an older fix of its own', () => {
    report(vehicle, 0, 0);
    for (let s = 1; s <= 40; s++) report(phone, s, 0);
    for (let s = 10; s <= 25; s += 5) expect(report(vehicle, s, 0, null, 41 - s), `made at ${s}`).toBe(false);
    expect(report(vehicle, 35, 0, null, 7)).toBe(true);
    report(phone, 70, 0);
    expect(report(vehicle, 34, 0, null, 9)).toBe(false);
  });
});
