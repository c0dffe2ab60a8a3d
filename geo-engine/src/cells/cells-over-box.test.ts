import { describe, expect, it } from 'vitest';
import { CENTRES, createPlaceNear, createRandom, pick } from '../../test/random.js';
import { type Box, box, boxWidthDeg } from '../geo/box.js';
import { CellTable, CITY, type Level, NATION, REGION } from './cell-table.js';
import { cellsOverBox } from './cells-over-box.js';

/** Half the height, in degrees, of boxes that hold some ten to some hundred cells of the level. */
const HALF_HEIGHT_DEG = [6, 0.9, 0.13] as const;

describe('cellsOverBox', () => {
  it.each(
    Object.keys(CENTRES).flatMap((centre) => [NATION, REGION, CITY].map((level) => [centre, level] as [string, Level])),
  )('G9 holds the cell of every unit inside the box, near %s, level %d', (centre, level) => {
    for (let seed = 1; seed <= 3; seed++) {
      const random = createRandom(seed);
      const table = new CellTable();
      const over = createBoxNear(random, centre, HALF_HEIGHT_DEG[level]);
      const found = cellsOverBox(table, over, level);
      if (!found.ok) expect.fail(`seed ${seed}: ${found.code}`);
      const cells = new Set(found.cells);
      expect(cells.size, 'no cell twice').toBe(found.cells.length);
      for (let i = 0; i < 1500; i++) {
        const [lon, lat] = placeInside(random, over);
        const cell = table.parent(table.cellAt(lon, lat), level);
        expect(cells.has(cell), `seed ${seed}, case ${i}: box ${over}, place ${lon} ${lat}`).toBe(true);
      }
    }
  });

  it('G9 brings no more than the rim along', () => {
    // Latvia, roughly: 2 300 city cells of 4.21 km² would tile a tenth of it; the rim of such a box is some 200 cells
    const over = box(24, 56.8, 25.5, 57.6);
    const found = cellsOverBox(new CellTable(), over, CITY);
    if (!found.ok) expect.fail(found.code);
    const areaKm2 = 1.5 * 111.2 * Math.cos((57.2 * Math.PI) / 180) * 0.8 * 111.2;
    expect(found.cells.length).toBeGreaterThan(areaKm2 / 4.5);
    expect(found.cells.length).toBeLessThan((areaKm2 / 4.0) * 1.15);
  });

  it('G9 answers too_many_cells instead of more than it may, and then has learnt none', () => {
    const table = new CellTable();
    const world = box(-180, -90, 180, 90);
    expect(cellsOverBox(table, world, CITY)).toEqual({ ok: false, code: 'too_many_cells' });
    expect(table.count(CITY)).toBe(0);
    const few = box(24, 56.9, 24.01, 56.91);
    const cells = cellsOverBox(table, few, CITY);
    if (!cells.ok) expect.fail(cells.code);
    expect(cellsOverBox(table, few, CITY, cells.cells.length).ok).toBe(true);
    expect(cellsOverBox(table, few, CITY, cells.cells.length - 1).ok).toBe(false);
  });

  it('G9 the whole world has its 41 162 nation cells', () => {
    // 2 + 120 × 7³, h3geo.org, "Tables of cell statistics across resolutions"
    const found = cellsOverBox(new CellTable(), box(-180, -90, 180, 90), NATION, 50_000);
    if (!found.ok) expect.fail(found.code);
    expect(found.cells.length).toBe(41_162);
  });

  it('G9 a box without width is a place', () => {
    const table = new CellTable();
    const found = cellsOverBox(table, box(24.1, 56.95, 24.1, 56.95), CITY);
    if (!found.ok) expect.fail(found.code);
    expect(found.cells).toContain(table.cellAt(24.1, 56.95));
    expect(found.cells.length).toBeLessThanOrEqual(3);
  });
});

function createBoxNear(random: () => number, centre: string, halfHeightDeg: number): Box {
  const [lon, lat] = createPlaceNear(random, CENTRES[centre], halfHeightDeg / 4);
  const half = halfHeightDeg * (0.2 + random());
  const halfWidth = Math.min(170, half / Math.max(0.05, Math.cos((lat * Math.PI) / 180)));
  const wrap = (deg: number) => deg - 360 * Math.round(deg / 360);
  return box(wrap(lon - halfWidth), Math.max(-90, lat - half), wrap(lon + halfWidth), Math.min(90, lat + half));
}

/** Half of the places lie on the rim, where it matters. */
function placeInside(random: () => number, of: Box): [number, number] {
  const x = random() < 0.5 ? random() : pick(random, [0, 1]);
  const y = random() < 0.5 ? random() : pick(random, [0, 1]);
  const lon = of[0] + boxWidthDeg(of) * x;
  return [lon > 180 ? lon - 360 : lon, Math.min(of[3], of[1] + (of[3] - of[1]) * y)];
}
