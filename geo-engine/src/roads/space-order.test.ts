import { describe, expect, test } from 'vitest';
import { createRandom } from '../../test/random.js';
import { hilbertPlace, orderInSpace } from './space-order.js';

describe('hilbertPlace', () => {
  test('the first cells of the curve, drawn by hand', () => {
    //  5--6  9-10
    //  |  |  |  |
    //  4  7--8 11
    //  |        |
    //  3--2 13-12
    //     |  |
    //  0--1 14-15
    const rows = [
      [5, 6, 9, 10],
      [4, 7, 8, 11],
      [3, 2, 13, 12],
      [0, 1, 14, 15],
    ];
    const drawn = rows.map((row, i) => row.map((_, x) => hilbertPlace(x, 3 - i)));
    expect(drawn).toEqual(rows);
  });

  test.each([0, 40_000, 65_536 - 64])(
    'each cell has its place, and the next place is a neighbour (block at %i)',
    (corner) => {
      const cells = new Map<number, [number, number]>();
      // a block of 64 × 64 at a multiple of 64 is one stretch of the curve
      const origin = Math.floor(corner / 64) * 64;
      for (let x = origin; x < origin + 64; x++)
        for (let y = origin; y < origin + 64; y++) cells.set(hilbertPlace(x, y), [x, y]);
      expect(cells.size).toBe(64 * 64);
      const first = Math.min(...cells.keys());
      for (let place = first; place < first + 64 * 64 - 1; place++) {
        const [[ax, ay], [bx, by]] = [cells.get(place)!, cells.get(place + 1)!];
        expect(Math.abs(ax - bx) + Math.abs(ay - by)).toBe(1);
      }
    },
  );

  test('the curve ends in the corner beside the one where it begins', () => {
    expect([hilbertPlace(0, 0), hilbertPlace(65_535, 0)]).toEqual([0, 2 ** 32 - 1]);
  });
});

describe('orderInSpace', () => {
  test.each([1, 2, 3])('is a permutation in the order of the curve, ties by index (seed %i)', (seed) => {
    const random = createRandom(seed);
    const count = 500;
    const lonLat = Int32Array.from({ length: 2 * count }, () => Math.floor((random() * 2 - 1) * 9e8));
    lonLat.copyWithin(200, 0, 100); // fifty places twice
    const order = orderInSpace(lonLat);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    const axis = (of: number) => lonLat.filter((_, i) => i % 2 === of);
    const [lons, lats] = [axis(0), axis(1)];
    const [west, south] = [Math.min(...lons), Math.min(...lats)];
    const scale = 65_535 / Math.max(Math.max(...lons) - west, Math.max(...lats) - south);
    const curve = (i: number) =>
      hilbertPlace(Math.floor((lons[i] - west) * scale), Math.floor((lats[i] - south) * scale));
    for (let rank = 1; rank < count; rank++) {
      const [before, after] = [order[rank - 1], order[rank]];
      expect(curve(before) < curve(after) || (curve(before) === curve(after) && before < after)).toBe(true);
    }
  });

  test('one place, and none', () => {
    expect([...orderInSpace(Int32Array.of(7, 8))]).toEqual([0]);
    expect([...orderInSpace(new Int32Array())]).toEqual([]);
  });
});
