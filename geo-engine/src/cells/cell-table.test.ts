import { describe, expect, it } from 'vitest';
import { CENTRES, createPlace, createPlaceNear, createRandom, pick } from '../../test/random.js';
import { destination, distanceM } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { chord, lowerBoundM, writeUnitVector } from '../geo/unit-vector.js';
import { CellTable, CITY, LEVEL_RES, NATION, REGION } from './cell-table.js';
import { cellCentre, cellCorners, cellOf, cellOfIndex, cellParent, h3IndexOf } from './h3.js';

/** Base cells that are pentagons. Source: h3geo.org, "Tables of cell statistics across resolutions". */
const PENTAGON_BASE_CELLS = [4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117];
const PENTAGONS = PENTAGON_BASE_CELLS.map((base) => cellCentre(centreChild(base, LEVEL_RES[CITY])));

describe('CellTable', () => {
  it('G5 gives the cell that H3 gives, in order lon, lat', () => {
    const table = new CellTable();
    // H3's own example place (h3geo.org, quickstart): 37.7752702151959 N, 122.418307270836 W; res 9 is 8928308280fffff
    const id = table.cellAt(-122.418307270836, 37.7752702151959);
    expect(table.h3Index(CITY, id).toString(16)).toBe('872830828ffffff');
  });

  it('G5 a pentagon is a cell like any other', () => {
    const table = new CellTable();
    for (const at of PENTAGONS) {
      const cell = cellOf(at[0], at[1], LEVEL_RES[CITY]);
      expect(cellCorners(cell).length % 5).toBe(0);
      expect(table.h3Index(CITY, table.cellAt(at[0], at[1]))).toBe(h3IndexOf(cell));
    }
  });

  it.each([1, 2, 3])('G6 the hint never changes the answer (seed %d)', (seed) => {
    const random = createRandom(seed);
    const table = new CellTable();
    const plain = new CellTable(); // answers without hints
    let fast = 0;
    for (let unit = 0; unit < 250; unit++) {
      const start = createStart(random);
      let hint = table.cellAt(start[0], start[1]);
      // walk round the cell and over its edges; every step is asked with the last cell as the hint
      for (let step = 0; step < 40; step++) {
        const [lon, lat] = destination(start, random() * 360, random() * 2200);
        const before = table.count(CITY);
        const id = table.cellAt(lon, lat, hint);
        const expected = plain.h3Index(CITY, plain.cellAt(lon, lat));
        expect(table.h3Index(CITY, id), `seed ${seed}, unit ${unit}, step ${step}: ${lon} ${lat}`).toBe(expected);
        if (id === hint && table.count(CITY) === before) fast++;
        hint = id;
      }
    }
    expect(fast).toBeGreaterThan(250 * 5); // else the walk left the hinted cell at almost every step
  });

  it.each([7, 8])('G6 the hint holds right up to the rim of the inner circle (seed %d)', (seed) => {
    const random = createRandom(seed);
    const table = new CellTable();
    for (let i = 0; i < 1500; i++) {
      const start = createStart(random);
      const hint = table.cellAt(start[0], start[1]);
      const centre = table.centre(CITY, hint);
      // places hugging the middle of an edge, just inside and just outside of the cell
      const corners = cellCorners(cellOfIndex(table.h3Index(CITY, hint)));
      const n = Math.floor(random() * corners.length);
      const edge = midpoint(corners[n], corners[(n + 1) % corners.length]);
      const [lon, lat] = between(centre, edge, 0.99 + random() * 0.02);
      const expected = h3IndexOf(cellOf(lon, lat, LEVEL_RES[CITY]));
      expect(table.h3Index(CITY, table.cellAt(lon, lat, hint)), `seed ${seed}, case ${i}: ${lon} ${lat}`).toBe(
        expected,
      );
    }
  });

  it('G6 a hint that is far off, or of no cell, is harmless', () => {
    const table = new CellTable();
    const riga = table.cellAt(24.1, 56.95);
    const fiji = table.cellAt(180, -17);
    expect(table.cellAt(-180, -17, fiji)).toBe(fiji);
    expect(table.cellAt(24.1, 56.95, fiji)).toBe(riga);
    expect(table.cellAt(24.1, 56.95, 999_999)).toBe(riga);
    expect(table.cellAt(24.1, 56.95, -1)).toBe(riga);
  });

  it('G7 parents are logical, so that the cells of a unit are one tree', () => {
    const random = createRandom(9);
    const table = new CellTable();
    let sticksOut = 0;
    for (let i = 0; i < 3000; i++) {
      const [lon, lat] = i % 10 === 0 ? pick(random, PENTAGONS) : createPlace(random);
      const city = table.cellAt(lon, lat);
      const cell = cellOf(lon, lat, LEVEL_RES[CITY]);
      for (const level of [NATION, REGION, CITY] as const) {
        const parent = table.h3Index(level, table.parent(city, level));
        expect(parent, `seed 9, case ${i}`).toBe(h3IndexOf(cellParent(cell, LEVEL_RES[level])));
      }
      if (cellParent(cell, LEVEL_RES[NATION]) !== cellOf(lon, lat, LEVEL_RES[NATION])) sticksOut++;
    }
    expect(sticksOut).toBeGreaterThan(20); // else geometry and logic were never told apart
  });

  it('G7 ids are dense from 0, stay, and lead back from the H3 index', () => {
    const random = createRandom(10);
    const table = new CellTable();
    const seen = new Map<bigint, number>();
    for (let i = 0; i < 3000; i++) {
      const [lon, lat] = createPlaceNear(random, CENTRES.riga, 1);
      const id = table.cellAt(lon, lat);
      const index = table.h3Index(CITY, id);
      expect(seen.get(index) ?? id).toBe(id);
      seen.set(index, id);
    }
    expect(table.count(CITY)).toBe(seen.size);
    expect([...seen.values()].sort((a, b) => a - b)).toEqual([...seen.values()].map((_, i) => i));
    for (const [index, id] of seen) expect(table.idOf(CITY, index)).toBe(id);
    for (const level of [NATION, REGION] as const) {
      for (let id = 0; id < table.count(level); id++) expect(table.idOf(level, table.h3Index(level, id))).toBe(id);
    }
    expect(table.idOf(CITY, h3IndexOf(cellOf(-60, -30, LEVEL_RES[CITY])))).toBeUndefined();
  });

  it('G8 no place of a cell lies beyond the reach of any of its ancestors', () => {
    const random = createRandom(11);
    const table = new CellTable();
    const at = new Float64Array(3);
    for (let i = 0; i < 5000; i++) {
      const [lon, lat] = createStart(random);
      const city = table.cellAt(lon, lat);
      writeUnitVector(at, 0, lon, lat);
      for (const level of [NATION, REGION, CITY] as const) {
        const { centre, reach } = table.columns(level);
        const id = table.parent(city, level);
        expect(chord(at, 0, centre, id) <= reach[id], `seed 11, case ${i}, level ${level}: ${lon} ${lat}`).toBe(true);
        expect(lowerBoundM(reach[id]) < [90_000, 12_500, 1_650][level], `reach at level ${level}`).toBe(true);
      }
    }
  });
});

/** All over the world, with a share in pentagons and their neighbours, and at the awkward places. */
function createStart(random: () => number): LonLat {
  const kind = random();
  if (kind < 0.3) return createPlaceNear(random, pick(random, PENTAGONS), 0.02);
  if (kind < 0.5) return createPlaceNear(random, pick(random, Object.values(CENTRES)), 0.05);
  return createPlace(random);
}

/** The point a share of the way from one place to another, past it for a share over 1. Short ways only. */
function between(from: LonLat, to: LonLat, share: number): LonLat {
  const dLon = to[0] - from[0] - 360 * Math.round((to[0] - from[0]) / 360);
  const lon = from[0] + dLon * share;
  return lonLat(lon - 360 * Math.round(lon / 360), Math.max(-90, Math.min(90, from[1] + (to[1] - from[1]) * share)));
}

function midpoint(a: LonLat, b: LonLat): LonLat {
  const middle = between(a, b, 0.5);
  expect(distanceM(a, middle)).toBeLessThan(2000);
  return middle;
}

/** The cell at the heart of a base cell: mode 1, the resolution, the base cell, digits 0, unused digits 7. */
function centreChild(base: number, res: number) {
  const unused = (1n << BigInt(3 * (15 - res))) - 1n;
  return cellOfIndex((1n << 59n) | (BigInt(res) << 52n) | (BigInt(base) << 45n) | unused);
}
