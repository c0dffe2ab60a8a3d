import { describe, expect, it } from 'vitest';
import { fullScan, type ScannedUnit } from '../../test/full-scan.js';
import { CENTRES, createPlace, createPlaceNear, createRandom, pick } from '../../test/random.js';
import { CellTable, CITY, type Level, NATION, REGION } from '../cells/cell-table.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { LiveIndex } from './live-index.js';
import type { FoundUnits } from './nearest-held.js';

const everybody = () => true;

describe('LiveIndex', () => {
  it.each(['the world', ...Object.keys(CENTRES)].flatMap((where) => [1, 2, 3].map((seed) => [where, seed] as const)))(
    'G10 nearest equals a full scan over %s (seed %d)',
    (where, seed) => {
      const random = createRandom(seed * 1009 + where.length);
      const fleet = createFleet(random, where, pick(random, [1, 9, 120, 600]));
      for (let i = 0; i < 60; i++) {
        stir(random, fleet, where);
        const at = createAt(random, fleet, where);
        const k = pick(random, [1, 2, 10, 50, fleet.units.size + 5]);
        const accept = pick(random, [everybody, (handle: number) => handle % 7 === 0, () => false]);
        const found = createFound();
        const count = fleet.index.nearest(at, k, accept, found);
        const expected = fullScan(fleet.units.values(), at)
          .filter(({ unit }) => accept(unit.handle))
          .slice(0, k);
        const note = `${where}, seed ${seed}, case ${i}, at ${at}, k ${k}`;
        expect(found.handles, note).toEqual(expected.map(({ unit }) => unit.handle));
        expect(found.distancesM, note).toEqual(expected.map(({ distanceM }) => distanceM));
        expect(count, note).toBe(expected.length);
      }
    },
  );

  it.each(['the world', ...Object.keys(CENTRES)].map((where, i) => [where, i + 1] as const))(
    'G11 within equals a full scan over %s (seed %d)',
    (where, seed) => {
      const random = createRandom(seed);
      const fleet = createFleet(random, where, 300);
      for (let i = 0; i < 40; i++) {
        stir(random, fleet, where);
        const at = createAt(random, fleet, where);
        const radiusM = pick(random, [0, 500, 5_000, 40_000, 2_000_000, 30_000_000]);
        const found = createFound();
        fleet.index.within(at, radiusM, found);
        const expected = fullScan(fleet.units.values(), at).filter(({ distanceM }) => distanceM <= radiusM);
        const note = `${where}, seed ${seed}, case ${i}, at ${at}, radius ${radiusM}`;
        expect(found.handles, note).toEqual(expected.map(({ unit }) => unit.handle));
      }
    },
  );

  it('G12 equal distances go by handle, whatever the order of arrival', () => {
    const fleet = createFleet(createRandom(1), 'riga', 0);
    for (const handle of [30, 4, 200_000_000, 7, 4_294_967_295, 5]) put(fleet, handle, lonLat(24.1, 56.95));
    const random = createRandom(1);
    for (let i = 0; i < 500; i++) {
      const found = createFound();
      // chord and haversine of one distance round differently: from some places the one, from some the other is larger
      const at = createPlaceNear(random, CENTRES.riga, 3);
      fleet.index.nearest(at, 4, everybody, found);
      expect(found.handles, `seed 1, case ${i}, at ${at}`).toEqual([4, 5, 7, 30]);
    }
  });

  it('G10 asks only about units that would be held, and about none twice', () => {
    const random = createRandom(2);
    const fleet = createFleet(random, 'riga', 600);
    const asked: number[] = [];
    const accept = (handle: number) => asked.push(handle) > 0;
    fleet.index.nearest(CENTRES.riga, 3, accept, createFound());
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThan(200);
  });

  it('k of none, NaN or a fraction', () => {
    const fleet = createFleet(createRandom(3), 'riga', 20);
    for (const [k, count] of [
      [0, 0],
      [-1, 0],
      [Number.NaN, 0],
      [2.7, 2],
    ]) {
      expect(fleet.index.nearest(CENTRES.riga, k, everybody, createFound())).toBe(count);
    }
  });

  it('an answer replaces what the caller had in out', () => {
    const fleet = createFleet(createRandom(4), 'riga', 5);
    const found = { handles: [1, 2, 3], distancesM: [1, 2, 3] };
    expect(fleet.index.nearest(CENTRES.riga, 2, () => false, found)).toBe(0);
    expect(found).toEqual({ handles: [], distancesM: [] });
  });

  it.each([1, 2, 3])('G13 units in a cell are those whose place is in it, at every level (seed %d)', (seed) => {
    const random = createRandom(seed);
    const fleet = createFleet(random, pick(random, Object.keys(CENTRES)), 300);
    for (let i = 0; i < 15; i++) stir(random, fleet, 'the world');
    for (const level of [NATION, REGION, CITY] as const) {
      const expected = unitsByCell(fleet, level);
      for (let cell = 0; cell < fleet.cells.count(level); cell++) {
        const out = [-1];
        const count = fleet.index.unitsInCell(level, cell, out);
        const handles = expected.get(cell) ?? [];
        const note = `seed ${seed}, level ${level}, cell ${cell}`;
        expect(
          [...out].sort((a, b) => a - b),
          note,
        ).toEqual(handles.sort((a, b) => a - b));
        expect(count, note).toBe(handles.length);
      }
    }
  });

  it('G13 remembers places, and forgets those who left', () => {
    const fleet = createFleet(createRandom(5), 'riga', 0);
    put(fleet, 12, lonLat(24.1, 56.95));
    put(fleet, 12, lonLat(-70.6, -33.4));
    expect(fleet.index.size).toBe(1);
    expect([fleet.index.lon(12), fleet.index.lat(12)]).toEqual([-70.6, -33.4]);
    expect(fleet.index.cell(12)).toBe(fleet.cells.cellAt(-70.6, -33.4));
    expect([...fleet.index.handles()]).toEqual([12]);
    expect(fleet.index.remove(12)).toBe(true);
    expect(fleet.index.remove(12)).toBe(false);
    expect(fleet.index.has(12)).toBe(false);
    expect(fleet.index.lon(12)).toBeUndefined();
    expect(fleet.index.lat(12)).toBeUndefined();
    expect(fleet.index.cell(12)).toBeUndefined();
  });
});

interface Fleet {
  readonly cells: CellTable;
  readonly index: LiveIndex;
  readonly units: Map<number, ScannedUnit>;
}

/** Half spread, half in a few clusters, some on top of each other. */
function createFleet(random: () => number, where: string, size: number): Fleet {
  const cells = new CellTable();
  const fleet: Fleet = { cells, index: new LiveIndex(cells), units: new Map() };
  for (let i = 0; i < size; i++) put(fleet, createHandle(random), createUnitPlace(random, fleet, where));
  return fleet;
}

function createHandle(random: () => number): number {
  return 1 + Math.floor(random() * (random() < 0.9 ? 5_000 : 2 ** 32 - 1));
}

function createUnitPlace(random: () => number, fleet: Fleet, where: string): LonLat {
  const kind = random();
  if (kind < 0.2 && fleet.units.size > 0) return placeOf(pick(random, [...fleet.units.values()]));
  if (where.endsWith('pole') && kind < 0.25) return lonLat(random() * 360 - 180, where.startsWith('the n') ? 90 : -90);
  if (where === 'the world') {
    return kind < 0.6 ? createPlace(random) : createPlaceNear(random, pick(random, Object.values(CENTRES)), 0.5);
  }
  return createPlaceNear(random, CENTRES[where], kind < 0.6 ? 3 : 0.04);
}

/** Moves, adds and removes some units. */
function stir(random: () => number, fleet: Fleet, where: string): void {
  for (let i = 0; i < 10; i++) {
    const handle =
      random() < 0.7 && fleet.units.size > 0 ? pick(random, [...fleet.units.keys()]) : createHandle(random);
    if (random() < 0.25) {
      expect(fleet.index.remove(handle)).toBe(fleet.units.delete(handle));
      continue;
    }
    const known = fleet.units.get(handle);
    const isStep = known !== undefined && random() < 0.5;
    put(fleet, handle, isStep ? createPlaceNear(random, placeOf(known), 0.02) : createUnitPlace(random, fleet, where));
  }
  expect(fleet.index.size).toBe(fleet.units.size);
}

function createAt(random: () => number, fleet: Fleet, where: string): LonLat {
  const kind = random();
  if (kind < 0.3 && fleet.units.size > 0) return placeOf(pick(random, [...fleet.units.values()]));
  if (kind < 0.5 || where === 'the world') return createPlace(random);
  return createPlaceNear(random, CENTRES[where], 2);
}

function put(fleet: Fleet, handle: number, [lon, lat]: LonLat): void {
  fleet.units.set(handle, { handle, lon, lat });
  fleet.index.upsert(handle, lon, lat, fleet.cells.cellAt(lon, lat, fleet.index.cell(handle)));
}

function placeOf({ lon, lat }: ScannedUnit): LonLat {
  return lonLat(lon, lat);
}

function unitsByCell({ cells, units }: Fleet, level: Level): Map<number, number[]> {
  const byCell = new Map<number, number[]>();
  for (const { handle, lon, lat } of units.values()) {
    const cell = cells.parent(cells.cellAt(lon, lat), level);
    byCell.set(cell, [...(byCell.get(cell) ?? []), handle]);
  }
  return byCell;
}

function createFound(): FoundUnits {
  return { handles: [], distancesM: [] };
}
