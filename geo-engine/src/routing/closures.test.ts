import { describe, expect, it } from 'vitest';
import { STEADY, STEADY_EMERGENCY } from '../../test/drawn-roads.js';
import { drawTown } from '../../test/drawn-town.js';
import { CENTRES, createPlaceNear, createRandom } from '../../test/random.js';
import { createRoadWorld } from '../../test/road-worlds.js';
import { lonLat } from '../geo/lon-lat.js';
import {
  type ClosureShape,
  closureOverlay,
  closuresAt,
  concerns,
  joinOverlays,
  nextClosureChange,
  type RoadClosure,
} from './closures.js';
import { indexSegments } from './segment-index.js';
import { placeAt } from './segment-line.js';

function createClosure(parts: Partial<RoadClosure>): RoadClosure {
  return { id: 'c', shape: null, wayIds: null, speedShare: 0, validFrom: 0, validUntil: null, ...parts };
}

//   E       F
//   |       |
//   A---B---C---D     100 m each way, way 1 A-B-C-D, way 2 A-E, way 3 C-F, way 4 B>G
//       |
//       G
const PLACES = {
  A: [0, 0],
  B: [100, 0],
  C: [200, 0],
  D: [300, 0],
  E: [0, 100],
  F: [200, 100],
  G: [100, -100],
} as const;
const STREETS = [{ way: 'A-B-C-D' }, { way: 'A-E' }, { way: 'C-F' }, { way: 'B>G' }];

describe.each(Object.entries(CENTRES).filter(([where]) => !/pole|pentagon/.test(where)))(
  'closures in %s',
  (_where, origin) => {
    const town = drawTown(origin, PLACES, STREETS);
    const index = indexSegments(town.network, () => 0);
    const positions = (...metres: [number, number][]) =>
      metres.map(([x, y]) => [...town.place(x, y)] as [number, number]);
    const ring = (west: number, south: number, east: number, north: number) =>
      positions([west, south], [east, south], [east, north], [west, north], [west, south]);
    const area = (...sides: [number, number, number, number]): ClosureShape => ({
      type: 'Polygon',
      coordinates: [ring(...sides)],
    });
    const line = (...metres: [number, number][]): ClosureShape => ({
      type: 'LineString',
      coordinates: positions(...metres),
    });

    /** By letters, with the share of speed that remains. */
    function changes(parts: Partial<RoadClosure>): Record<string, number> {
      const { directed, speedShare } = closureOverlay(town.network, index, createClosure(parts));
      const named = Array.from(
        directed,
        (d, i) => [town.letters([d]), Math.round(speedShare[i] * 1000) / 1000] as const,
      );
      return Object.fromEntries(named.sort(([a], [b]) => (a < b ? -1 : 1)));
    }

    it('G67 an area closes every segment that has a part in it', () => {
      expect(changes({ shape: area(130, -10, 160, 10) })).toEqual({ BC: 0, CB: 0 });
      expect(changes({ shape: area(180, -10, 220, 10) })).toEqual({ BC: 0, CB: 0, CD: 0, CF: 0, DC: 0, FC: 0 });
      expect(changes({ shape: area(-20, -120, 320, 120) })).toMatchObject({ AE: 0, GB: 0, CF: 0, DC: 0 });
      expect(changes({ shape: area(120, 20, 180, 80) })).toEqual({});
    });

    it('G67 an area slows a segment by the share of it that lies inside', () => {
      // half of 100 m at a quarter of the speed: 50 + 200 instead of 100
      expect(changes({ shape: area(125, -10, 175, 10), speedShare: 0.25 })).toEqual({ BC: 0.4, CB: 0.4 });
    });

    it('G67 a hole of an area is outside', () => {
      const shape: ClosureShape = {
        type: 'Polygon',
        coordinates: [ring(-20, -20, 320, 20), ring(105, -15, 195, 15)],
      };
      // 10 m of B-C lie outside of the hole: 10 % at half the speed
      expect(changes({ shape, speedShare: 0.5 })).toMatchObject({ AB: 0.5, BC: 0.909, CD: 0.5 });
    });

    it('G67 a line along a road closes what it runs along and nothing that merely meets it', () => {
      expect(changes({ shape: line([2, 3], [98, -4]) })).toEqual({ AB: 0, BA: 0 });
      // 10 m too far at both ends: side roads and the next segment stay open
      expect(changes({ shape: line([-10, 2], [110, 2]) })).toEqual({ AB: 0, BA: 0 });
      expect(changes({ shape: line([0, 0], [200, 0]) })).toEqual({ AB: 0, BA: 0, BC: 0, CB: 0 });
      // a short line on a long segment
      expect(changes({ shape: line([240, 0], [260, 0]) })).toEqual({ CD: 0, DC: 0 });
    });

    it('G67 a line along a road may mean one direction', () => {
      const shape = line([198, 0], [102, 0]); // from C to B
      expect(changes({ shape, direction: 'forward' })).toEqual({ CB: 0 });
      expect(changes({ shape, direction: 'backward' })).toEqual({ BC: 0 });
    });

    it('G67 a line across roads closes them, however near to a junction', () => {
      expect(changes({ shape: line([50, -20], [50, 20]) })).toEqual({ AB: 0, BA: 0 });
      expect(changes({ shape: line([105, -20], [105, 20]) })).toEqual({ BC: 0, CB: 0 });
      expect(changes({ shape: line([-30, 50], [230, 50]) })).toEqual({ AE: 0, CF: 0, EA: 0, FC: 0 });
      expect(changes({ shape: line([130, 30], [170, 60]) })).toEqual({});
    });

    it('G67 ways close all their segments, or one direction of them', () => {
      expect(changes({ wayIds: [3, 4] })).toEqual({ BG: 0, CF: 0, FC: 0, GB: 0 });
      expect(changes({ wayIds: [1], direction: 'forward', speedShare: 0.5 })).toEqual({ AB: 0.5, BC: 0.5, CD: 0.5 });
      expect(changes({ wayIds: [99] })).toEqual({});
    });
  },
);

describe('an area in a generated world', () => {
  it.each([0, 1, 2, 3])('G67 closes exactly the segments with a place inside, seed %i', (seed) => {
    const network = createRoadWorld(seed, 'random planar', 50);
    const index = indexSegments(network, () => 0);
    const random = createRandom(seed);
    for (let i = 0; i < 20; i++) {
      const p = Math.floor(random() * network.nodeCount);
      const centre = lonLat(network.nodeLonLat[2 * p] / 1e7, network.nodeLonLat[2 * p + 1] / 1e7);
      // a triangle; none across the antimeridian, as GeoJSON has it
      const corners = [0, 0, 0].map(() => [...createPlaceNear(random, centre, 0.008)] as [number, number]);
      if (corners.some(([lon]) => lon > 0 !== corners[0][0] > 0)) continue;
      const shape: ClosureShape = { type: 'Polygon', coordinates: [[...corners, corners[0]]] };
      const { directed } = closureOverlay(network, index, createClosure({ shape }));
      const closed = new Set(Array.from(directed, (d) => d >> 1));
      for (let segment = 0; segment < network.segmentCount; segment++) {
        let deepest = Number.NEGATIVE_INFINITY; // how deep a place of the segment is inside, share of the triangle
        for (let s = 0; s <= 400; s++) deepest = Math.max(deepest, depth(corners, placeAt(network, segment, s / 400)));
        const note = `seed ${seed}, case ${i}, segment ${segment}: deepest ${deepest}`;
        if (deepest > 0) expect(closed.has(segment), note).toBe(true);
        // between the samples it may still dip in by a little
        if (deepest < -0.05) expect(closed.has(segment), note).toBe(false);
      }
    }
  });
});

/** Least barycentric coordinate: positive inside of a triangle. */
function depth([a, b, c]: [number, number][], [x, y]: [number, number]): number {
  const cross = (p: number[], q: number[], r: number[]) =>
    (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  const whole = cross(a, b, c);
  const at = [x, y];
  return Math.min(cross(a, b, at) / whole, cross(b, c, at) / whole, cross(c, a, at) / whole);
}

describe('when and for whom', () => {
  it('G68 a closure is in force from its beginning up to, not including, its end', () => {
    const bounded = createClosure({ id: 'a', validFrom: 100, validUntil: 200 });
    const open = createClosure({ id: 'b', validFrom: 150 });
    const inForce = (now: number) =>
      closuresAt([bounded, open], now)
        .map(({ id }) => id)
        .join('');
    expect([99, 100, 149, 150, 199, 200, 1e15].map(inForce)).toEqual(['', 'a', 'a', 'ab', 'ab', 'b', 'b']);
    expect([0, 100, 150, 200].map((now) => nextClosureChange([bounded, open], now))).toEqual([100, 150, 200, null]);
  });

  it('G68 a closure may be for some profiles, and may let emergency vehicles pass', () => {
    expect(concerns(createClosure({}), STEADY)).toBe(true);
    expect(concerns(createClosure({ profiles: ['steady'] }), STEADY_EMERGENCY)).toBe(false);
    expect(concerns(createClosure({ emergencyPasses: true }), STEADY)).toBe(true);
    expect(concerns(createClosure({ emergencyPasses: true }), STEADY_EMERGENCY)).toBe(false);
  });

  it('G68 overlays are put one after the other', () => {
    const joined = joinOverlays([
      { directed: Uint32Array.of(3, 4), speedShare: Float64Array.of(0, 0.5) },
      { directed: new Uint32Array(), speedShare: new Float64Array() },
      { directed: Uint32Array.of(4), speedShare: Float64Array.of(0.25) },
    ]);
    expect([...joined.directed]).toEqual([3, 4, 4]);
    expect([...joined.speedShare]).toEqual([0, 0.5, 0.25]);
  });
});
