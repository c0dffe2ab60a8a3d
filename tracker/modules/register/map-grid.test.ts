import { expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { mapGrid, wholeYears, yearBegins } from './map-grid.js';

const SEED = 4_550_000;

it('M26 a map has the finest cells of which few enough lie along its longer side; they cover its box, and no cell more', () => {
  const random = createRandom(SEED, 'map grid');
  for (let i = 0; i < 500; i++) {
    const [west, south] = [random.between(-180, 179), random.between(-90, 89)];
    const sideDeg = 10 ** random.between(-4, 2);
    const [east, north] = [Math.min(180, west + sideDeg), Math.min(90, south + sideDeg * random.next())];
    if (north <= south) continue;
    const { level, cellDeg, x, y, box } = mapGrid(west, south, east, north);
    const told = `${[west, south, east, north]}, seed ${SEED}`;
    expect(cellDeg, told).toBe(1 / 2 ** level);
    expect(box, told).toEqual([x[0] * cellDeg, y[0] * cellDeg, x[1] * cellDeg, y[1] * cellDeg]);
    for (const margin of [west - box[0], south - box[1], box[2] - east, box[3] - north]) {
      expect(margin, told).toBeGreaterThanOrEqual(0);
      expect(margin, told).toBeLessThan(cellDeg);
    }
    const along = Math.max(east - west, north - south) / cellDeg;
    if (level > 0) expect(along, told).toBeLessThanOrEqual(64);
    if (level < 9) expect(along * 2, told).toBeGreaterThan(64);
  }
});

it('M26 whole years are those that a period holds from their first to their last millisecond', () => {
  const at = (iso: string) => Date.parse(iso);
  expect(wholeYears(at('2020-01-01T00:00:00Z'), at('2023-01-01T00:00:00Z'))).toEqual([2020, 2023]);
  expect(wholeYears(at('2020-01-01T00:00:00.001Z'), at('2022-12-31T23:59:59.999Z'))).toEqual([2021, 2022]);
  const [from, to] = wholeYears(at('2020-03-01T00:00:00Z'), at('2020-11-01T00:00:00Z'));
  expect(from).toBe(to);
  expect(yearBegins(2021)).toBe(at('2021-01-01T00:00:00Z'));
  expect(yearBegins(50)).toBe(at('0050-01-01T00:00:00Z'));
});
