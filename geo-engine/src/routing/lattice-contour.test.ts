import { describe, expect, it } from 'vitest';
import { isInside, polygonFault } from '../../test/polygon-checks.js';
import { createRandom } from '../../test/random.js';
import { type HalfStepRing, type Lattice, latticeContours } from './lattice-contour.js';

/** '#' is inside; drawn from north to south as on paper, framed by what is outside. */
function createLattice(rows: readonly string[]): Lattice {
  const width = rows[0].length + 2;
  const height = rows.length + 2;
  const inside = new Uint8Array(width * height);
  rows.forEach((row, r) => {
    [...row].forEach((mark, x) => {
      inside[(height - 2 - r) * width + x + 1] = mark === '#' ? 1 : 0;
    });
  });
  return { width, height, inside };
}

function positions(ring: HalfStepRing): [number, number][] {
  return Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i], ring[2 * i + 1]]);
}

const polygonsOf = (lattice: Lattice) =>
  latticeContours(lattice).map(({ outer, holes }) => [outer, ...holes].map(positions));

/** Everything that must be true of the outlines of a lattice, or what is not. */
function fault({ width, height, inside }: Lattice): string | undefined {
  const polygons = polygonsOf({ width, height, inside });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const within = polygons.filter((rings) => isInside(rings, [2 * x, 2 * y + 1e-9])).length;
      if (within !== inside[y * width + x]) return `point ${x}, ${y} lies in ${within} polygons`;
    }
  }
  return polygonFault(polygons);
}

describe('latticeContours', () => {
  it('G66 one point is a diamond, anticlockwise', () => {
    expect(polygonsOf(createLattice(['#']))).toEqual([
      [
        [
          [3, 2],
          [2, 3],
          [1, 2],
          [2, 1],
          [3, 2],
        ],
      ],
    ]);
  });

  it('G66 a straight side is one piece', () => {
    const [[ring]] = polygonsOf(createLattice(['####', '####']));
    expect(ring.length).toBe(9);
  });

  it('G66 holes and islands in them stand where they belong', () => {
    const lattice = createLattice([
      '#######', //
      '#.....#',
      '#.###.#',
      '#.#.#.#',
      '#.###.#',
      '#.....#',
      '#######',
    ]);
    expect(polygonsOf(lattice).map((rings) => rings.length)).toEqual([2, 2]);
    expect(fault(lattice)).toBeUndefined();
  });

  it('G66 corners that touch across are two polygons, or one hole', () => {
    const touching = createLattice(['#.', '.#']);
    expect(polygonsOf(touching).length).toBe(2);
    expect(fault(touching)).toBeUndefined();
    const holes = createLattice(['####', '##.#', '#.##', '####']);
    expect(polygonsOf(holes).map((rings) => rings.length)).toEqual([2]);
    expect(fault(holes)).toBeUndefined();
  });

  it('G66 nothing inside has no outline', () => {
    expect(latticeContours(createLattice(['..', '..']))).toEqual([]);
  });

  it.each([0.1, 0.3, 0.5, 0.6, 0.8, 0.95])(
    'G66 every outline is valid and holds exactly what is inside, density %d',
    (density) => {
      for (let seed = 0; seed < 25; seed++) {
        const random = createRandom(seed);
        const rows = Array.from({ length: 2 + Math.floor(random() * 12) }, () => 0);
        const width = 1 + Math.floor(random() * 12);
        const lattice = createLattice(
          rows.map(() => Array.from({ length: width }, () => (random() < density ? '#' : '.')).join('')),
        );
        expect(fault(lattice), `seed ${seed}, density ${density}`).toBeUndefined();
      }
    },
  );
});
