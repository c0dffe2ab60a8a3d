import { describe, expect, it } from 'vitest';
import { STEADY, STEADY_EMERGENCY } from '../../test/drawn-roads.js';
import { drawTown } from '../../test/drawn-town.js';
import { createRoadsData } from '../../test/prepared-roads.js';
import { CENTRES, createPlaceNear, createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { lonLat } from '../geo/lon-lat.js';
import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import { ACCESS, ROAD_CLASS, SEGMENT_FLAG } from '../roads/road-network.js';
import { NearestSegments } from './nearest-segments.js';
import { MAX_OFF_ROAD_M, offRoadMs } from './off-road.js';
import type { DriveEnd } from './road-place.js';
import type { RoutePlace } from './router.js';
import { inLargestPart, isMoving, Snapper, turnDeg } from './snapper.js';

//        F ≈≈≈≈ G         ferry
//
//   A--------------B      two-way, 400 m
//   D<<<<<<<<<<<<<<C      one-way to the west, 15 m south of it
//   H--------------I      private, 60 m south
const TOWN = drawTown(
  CENTRES['south of the equator'],
  { A: [0, 0], B: [400, 0], C: [400, -15], D: [0, -15], F: [50, 100], G: [350, 100], H: [0, -60], I: [400, -60] },
  [
    { way: 'A-B' },
    { way: 'C>D' },
    { way: 'F-G', flags: SEGMENT_FLAG.ferry, roadClass: ROAD_CLASS.ferry },
    { way: 'H-I', accessForward: ACCESS.private, accessBackward: ACCESS.private },
  ],
);
const DATA = createRoadsData(TOWN.network, [STEADY, STEADY_EMERGENCY]);
const [CAR, EMERGENCY] = DATA.profiles.map(({ graph }) => graph);
const snapper = new Snapper(TOWN.network, DATA.index);

function snap(place: Omit<RoutePlace, 'at'> & { east: number; north: number }, end: DriveEnd = 'start', graph = CAR) {
  const found = snapper.snap(graph, { ...place, at: TOWN.place(place.east, place.north) }, end);
  return (
    found && {
      stands: found.stands.map(({ directed }) => TOWN.letters([directed])).sort(),
      offRoadM: Math.round(found.snap.distanceM),
      headingHeeded: found.headingHeeded,
    }
  );
}

describe('Snapper', () => {
  it('G57 takes the nearest road that may be driven, in every direction that may be driven', () => {
    expect(snap({ east: 100, north: 4 })).toEqual({ stands: ['AB', 'BA'], offRoadM: 4, headingHeeded: null });
    expect(snap({ east: 100, north: -12 })).toEqual({ stands: ['CD'], offRoadM: 3, headingHeeded: null });
  });

  it('G57 what is closed to one profile is open to another', () => {
    expect(snap({ east: 100, north: -55 })).toMatchObject({ stands: ['CD'], offRoadM: 40 });
    expect(snap({ east: 100, north: -55 }, 'start', EMERGENCY)).toMatchObject({ stands: ['HI', 'IH'], offRoadM: 5 });
    // who may drive contraflow has both directions
    expect(snap({ east: 100, north: -14 }, 'end', EMERGENCY)).toMatchObject({ stands: ['CD', 'DC'] });
  });

  it('G57 nobody is snapped onto a ferry', () => {
    expect(snap({ east: 200, north: 100 })).toMatchObject({ stands: ['AB', 'BA'], offRoadM: 100 });
  });

  it('G58 a moving vehicle starts the way it goes, also on the carriageway that is a little farther', () => {
    expect(snap({ east: 100, north: 2, headingDeg: 80, speedMps: 10 })).toEqual({
      stands: ['AB'],
      offRoadM: 2,
      headingHeeded: true,
    });
    expect(snap({ east: 100, north: 2, headingDeg: 330, speedMps: 10 })).toMatchObject({
      stands: ['BA'],
      headingHeeded: true,
    });
    // nearest is the one-way street to the west, but it goes east
    expect(snap({ east: 100, north: -14, headingDeg: 95, speedMps: 10 })).toEqual({
      stands: ['AB'],
      offRoadM: 14,
      headingHeeded: true,
    });
  });

  it('G58 where no road goes that way, the nearest counts, and it is said', () => {
    expect(snap({ east: 100, north: 2, headingDeg: 180, speedMps: 10 })).toEqual({
      stands: ['AB', 'BA'],
      offRoadM: 2,
      headingHeeded: false,
    });
  });

  it.each([
    [29, true],
    [35, false],
  ])(
    'G58 the road that fits the heading may be 30 m farther than the nearest, no more: %d m between them',
    (apartM, heeded) => {
      const town = drawTown(CENTRES.riga, { A: [0, 0], B: [400, 0], C: [400, -apartM], D: [0, -apartM] }, [
        { way: 'B>A' },
        { way: 'C-D' },
      ]);
      const data = createRoadsData(town.network, [STEADY]);
      const place = { at: town.place(100, 0), headingDeg: 90, speedMps: 10 };
      const found = new Snapper(town.network, data.index).snap(data.profiles[0].graph, place, 'start')!;
      expect(found.stands.map(({ directed }) => town.letters([directed]))).toEqual([heeded ? 'DC' : 'BA']);
      expect(found.headingHeeded).toBe(heeded);
    },
  );

  it('G58 the heading of who stands, of an end, or of nobody knows how fast, is not heeded', () => {
    for (const speedMps of [0, 2.9, null, undefined]) {
      expect(snap({ east: 100, north: 2, headingDeg: 90, speedMps })).toMatchObject({ headingHeeded: null });
    }
    expect(snap({ east: 100, north: 2, headingDeg: 90, speedMps: 20 }, 'end')).toMatchObject({ headingHeeded: null });
    expect(isMoving({ at: TOWN.at('A'), headingDeg: 0, speedMps: 3 })).toBe(true);
  });

  it('G57 a place too far from any road has none', () => {
    expect(snap({ east: 100, north: 4990 })).toMatchObject({ stands: ['AB', 'BA'] });
    expect(snap({ east: 100, north: 5010 })).toBeUndefined();
  });

  it.each(Object.entries(CENTRES).filter(([where]) => !/pole/.test(where)))(
    'G59 a junction is on all the roads that meet there, %s',
    (_where, origin) => {
      const cross = drawTown(origin, { A: [-80, 0], B: [0, 0], C: [90, 10], D: [5, 70] }, [
        { way: 'A-B-C' },
        { way: 'D>B' },
      ]);
      const data = createRoadsData(cross.network, [STEADY]);
      const found = new Snapper(cross.network, data.index).snap(data.profiles[0].graph, { at: cross.at('B') }, 'start');
      expect(found!.stands.map(({ directed }) => cross.letters([directed])).sort()).toEqual([
        'AB',
        'BA',
        'BC',
        'CB',
        'DB',
      ]);
    },
  );
});

describe('Snapper.alternatives', () => {
  it('G59 are the nearest places in parts of the network not tried before, up to four, the largest part last: as a scan says', () => {
    let sought = 0;
    for (let seed = 1; seed <= 4 * ROAD_SHAPES.length; seed++) {
      const random = createRandom(seed);
      const shape = seed % 2 === 0 ? 'islands' : ROAD_SHAPES[seed % ROAD_SHAPES.length];
      const network = createRoadWorld(seed, shape, 60);
      const { index, profiles } = createRoadsData(network, [STEADY]);
      const { graph } = profiles[0];
      const nearest = new NearestSegments(network, index);
      const worldSnapper = new Snapper(network, index);
      for (let question = 0; question < 10; question++) {
        const point = Math.floor(random() * (network.pointLonLat.length / 2));
        const near = lonLat(network.pointLonLat[2 * point] / 1e7, network.pointLonLat[2 * point + 1] / 1e7);
        const place = { at: createPlaceNear(random, near, 0.003) };
        const end = pick(random, ['start', 'end'] as const);
        const first = worldSnapper.snap(graph, place, end);
        if (first === undefined) continue;
        const found = worldSnapper.alternatives(graph, place, end, first);
        const note = `${shape}, seed ${seed}, question ${question}`;
        expect(found[0], note).toBe(first);
        // all that may be driven, one by one
        const roads = nearest
          .find(place.at, network.segmentCount, MAX_OFF_ROAD_M, () => true)
          .filter(({ segment }) => !(network.segmentFlags[segment] & SEGMENT_FLAG.ferry))
          .flatMap(({ segment, distanceM }) =>
            [2 * segment, 2 * segment + 1].map((directed) => ({ directed, distanceM })),
          )
          .filter(({ directed }) => graph.directedMs[directed] !== CLOSED)
          .map((road) => ({ ...road, parts: partsOf(graph, road.directed, end) }));
        const tried = new Set<number>();
        for (let i = 0; i < found.length; i++) {
          const parts = found[i].stands.flatMap(({ directed }) => partsOf(graph, directed, end));
          if (i > 0) {
            const next = roads.find(({ parts }) => parts.some((part) => !tried.has(part)));
            expect(found[i].snap.distanceM, note).toBe(next?.distanceM);
            expect(
              parts.some((part) => !tried.has(part)),
              note,
            ).toBe(true);
            sought++;
          }
          for (const part of parts) tried.add(part);
        }
        const isWhole = inLargestPart(graph, found[found.length - 1], end) || found.length === 4;
        if (!isWhole)
          expect(
            roads.some(({ parts }) => parts.some((part) => !tried.has(part))),
            note,
          ).toBe(false);
      }
    }
    expect(sought).toBeGreaterThan(100);
  });
});

/** Parts of a network that a drive comes to from a directed segment, or from which one may come to its end there. */
function partsOf({ component, directedHead, firstTail, tails }: RoadGraph, directed: number, end: DriveEnd): number[] {
  if (end === 'start') return [component[directedHead[directed]]];
  return Array.from(tails.subarray(firstTail[directed], firstTail[directed + 1]), (tail) => component[tail]);
}

describe('turnDeg', () => {
  it.each([
    [0, 90, 90],
    [350, 10, 20],
    [10, 350, -20],
    [0, 180, 180],
    [180, 0, 180],
    [-170, 170, -20],
    [719, 0, 1],
  ])('from %d to %d is %d', (from, to, turn) => {
    expect(turnDeg(from, to)).toBeCloseTo(turn, 9);
  });
});

describe('offRoadMs', () => {
  it('G60 costs nothing at the road, then a slow drive at the start and a walk at the end', () => {
    expect([0, 25].map((m) => offRoadMs('start', m))).toEqual([0, 0]);
    expect(offRoadMs('start', 25 + 28)).toBe(10_000); // 2.8 m/s
    expect(offRoadMs('end', 25 + 12)).toBe(10_000); // 1.2 m/s
  });
});
