import { expect, it } from 'vitest';
import { createRandom } from '../../test/random.js';
import { type PolygonCoordinates, polygonsContain } from './polygons.js';
import { PreparedPolygons } from './prepared-polygons.js';

/** A star in whole thousandths of a degree, so that places fall on its sides and level with its corners, also level ones. */
function star(random: () => number, corners: number, scale: number): number[][] {
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = (i / corners) * 2 * Math.PI;
    const reach = scale * (0.4 + 0.6 * random());
    return [Math.round(1000 * reach * Math.cos(angle)) / 1000 - 60, Math.round(50 * reach * Math.sin(angle)) / 50 - 30];
  });
  return [...points, points[0]!];
}

it('prepared polygons hold the places that the plain test says, on corners, on sides and level with them', () => {
  const differing: string[] = [];
  for (let seed = 1; seed <= 40; seed++) {
    const random = createRandom(seed);
    const corners = [3, 7, 60, 900][seed % 4]!;
    const polygons: PolygonCoordinates = [
      [star(random, corners, 1), star(random, corners, 0.3)],
      [star(random, 5, 0.5)],
    ];
    const prepared = new PreparedPolygons(polygons);
    const all = polygons.flat();
    for (let i = 0; i < 200; i++) {
      const ring = all[Math.floor(random() * all.length)]!;
      const [a, b] = [ring[Math.floor(random() * (ring.length - 1))]!, ring[0]!];
      const places = [
        [a[0]!, a[1]!],
        [(a[0]! + b[0]!) / 2, (a[1]! + b[1]!) / 2],
        [-60 + 2 * (random() - 0.5), a[1]!],
        [-60 + 2.5 * (random() - 0.5), -30 + 2.5 * (random() - 0.5)],
      ];
      for (const [lon, lat] of places)
        if (prepared.contain(lon!, lat!) !== polygonsContain(polygons, lon!, lat!))
          differing.push(`seed ${seed}: ${lon}, ${lat}`);
    }
  }
  expect(differing).toEqual([]);
});

it('nothing is in polygons without sides', () => {
  expect(new PreparedPolygons([]).contain(0, 0)).toBe(false);
  expect(new PreparedPolygons([[[]]]).contain(0, 0)).toBe(false);
});
