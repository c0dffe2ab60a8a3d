import { describe, expect, it } from 'vitest';
import { createPlaceNear, createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { haversineM } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { NearestSegments } from './nearest-segments.js';
import { forSegmentsInBox, indexSegments } from './segment-index.js';
import { placeAt } from './segment-line.js';

const WORLD_M = 6_371_008.8;
const RAD = Math.PI / 180;
/** Of the plane on which distances are measured, up to 5 km away. */
const MAX_REL_ERROR = 0.0025;

/** On the plane that touches `at`, x east and y north in metres. */
function onPlane(at: LonLat, lon: number, lat: number): [number, number] {
  const east = lon - at[0] - 360 * Math.round((lon - at[0]) / 360);
  return [east * RAD * WORLD_M * Math.cos(at[1] * RAD), (lat - at[1]) * RAD * WORLD_M];
}

function planeDistanceM(network: RoadNetwork, segment: number, at: LonLat): number {
  const { firstPoint, pointLonLat } = network;
  let least = Number.POSITIVE_INFINITY;
  for (let p = firstPoint[segment]; p + 1 < firstPoint[segment + 1]; p++) {
    const [ax, ay] = onPlane(at, pointLonLat[2 * p] / 1e7, pointLonLat[2 * p + 1] / 1e7);
    const [bx, by] = onPlane(at, pointLonLat[2 * p + 2] / 1e7, pointLonLat[2 * p + 3] / 1e7);
    const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
    const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, -(ax * (bx - ax) + ay * (by - ay)) / length2));
    least = Math.min(least, Math.hypot(ax + t * (bx - ax), ay + t * (by - ay)));
  }
  return least;
}

/** Least great-circle distance to any place of a segment, by trying 2 000 of them. */
function sampledDistanceM(network: RoadNetwork, segment: number, at: LonLat): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= 2000; i++) {
    const [lon, lat] = placeAt(network, segment, i / 2000);
    least = Math.min(least, haversineM(at[0], at[1], lon, lat));
  }
  return least;
}

function createQuestion(random: () => number, network: RoadNetwork): LonLat {
  const p = Math.floor(random() * (network.pointLonLat.length / 2));
  const at = lonLat(network.pointLonLat[2 * p] / 1e7, network.pointLonLat[2 * p + 1] / 1e7);
  return random() < 0.2 ? at : createPlaceNear(random, at, 0.02);
}

describe('NearestSegments', () => {
  it.each(ROAD_SHAPES.flatMap((shape) => [0, 1, 2, 3].map((seed) => [shape, seed] as const)))(
    'G57 finds the nearest segments of a world: %s, seed %i',
    (shape, seed) => {
      const network = createRoadWorld(seed, shape, 60);
      const nearest = new NearestSegments(
        network,
        indexSegments(network, () => 0),
      );
      const random = createRandom(seed);
      const rareOnes = (segment: number) => segment % 3 !== 0;
      for (let i = 0; i < 60; i++) {
        const at = createQuestion(random, network);
        const k = 1 + Math.floor(random() * 12);
        const maxM = random() < 0.3 ? random() * 300 : 5000;
        const accept = i % 2 === 0 ? () => true : rareOnes;
        const found = nearest.find(at, k, maxM, accept);
        const note = `${shape}, seed ${seed}, case ${i}: ${k} nearest to ${at}`;
        const expected = Array.from({ length: network.segmentCount }, (_, segment) => segment)
          .filter(accept)
          .map((segment) => ({ segment, distanceM: planeDistanceM(network, segment, at) }))
          .filter(({ distanceM }) => distanceM <= maxM)
          .sort((a, b) => a.distanceM - b.distanceM || a.segment - b.segment)
          .slice(0, k);
        expect(found.length, note).toBe(expected.length);
        found.forEach(({ segment, distanceM, fraction, lon, lat }, n) => {
          expect(Math.abs(distanceM - expected[n].distanceM), `${note}, ${n}`).toBeLessThan(1e-6);
          expect(Math.abs(planeDistanceM(network, segment, at) - distanceM), `${note}, ${n}`).toBeLessThan(1e-6);
          // what it says of the place agrees with itself: place, fraction and distance
          const [x, y] = onPlane(at, lon, lat);
          expect(Math.abs(Math.hypot(x, y) - distanceM), `${note}, ${n}`).toBeLessThan(1e-3);
          const [lonThere, latThere] = placeAt(network, segment, fraction);
          expect(haversineM(lon, lat, lonThere, latThere), `${note}, ${n}`).toBeLessThan(0.02);
        });
        expect(new Set(found.map(({ segment }) => segment)).size, note).toBe(found.length);
      }
    },
  );

  it('G57 asked for those hardly farther than the nearest, it finds just these', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const network = createRoadWorld(seed, ROAD_SHAPES[seed % ROAD_SHAPES.length]);
      const nearest = new NearestSegments(
        network,
        indexSegments(network, () => 0),
      );
      const random = createRandom(seed);
      for (let i = 0; i < 20; i++) {
        const p = Math.floor(random() * (network.pointLonLat.length / 2));
        const point = lonLat(network.pointLonLat[2 * p] / 1e7, network.pointLonLat[2 * p + 1] / 1e7);
        const at = createPlaceNear(random, point, pick(random, [0, 0.002]));
        const beyondM = pick(random, [0.1, 30, 500]);
        const all = nearest.find(at, 12, 5000, () => true);
        const near = all.filter(({ distanceM }) => distanceM <= all[0].distanceM + beyondM);
        expect(
          nearest.find(at, 12, 5000, () => true, beyondM),
          `seed ${seed}, place ${i}`,
        ).toEqual(near);
      }
    }
  });

  it('G57 distances are near to those on the sphere', () => {
    for (const seed of [0, 1, 2, 3]) {
      const network = createRoadWorld(seed, 'random planar', 40);
      const nearest = new NearestSegments(
        network,
        indexSegments(network, () => 0),
      );
      const random = createRandom(seed);
      for (let i = 0; i < 40; i++) {
        const at = createQuestion(random, network);
        const [snap] = nearest.find(at, 1, 5000, () => true);
        const sampledM = sampledDistanceM(network, snap.segment, at);
        const note = `seed ${seed}, case ${i}: ${snap.distanceM} m, ${sampledM} m on the sphere, allowed ${MAX_REL_ERROR}`;
        // samples lie a metre or so apart
        expect(Math.abs(snap.distanceM - sampledM) <= MAX_REL_ERROR * sampledM + 1, note).toBe(true);
      }
    }
  });

  it('G57 an empty network has nothing near', () => {
    const network = { ...createRoadWorld(0, 'tree', 4), segmentCount: 0 };
    const index = indexSegments(network, () => 0);
    expect(new NearestSegments(network, index).find(lonLat(24, 57), 3, 5000, () => true)).toEqual([]);
    const visited: number[] = [];
    forSegmentsInBox(index, [-1, -1, 1, 1], 255, (segment) => visited.push(segment));
    expect(visited).toEqual([]);
  });
});

describe('forSegmentsInBox', () => {
  it.each([0, 1, 2, 3])(
    'G57 names every segment whose box touches another, of the ranks asked for, seed %i',
    (seed) => {
      const network = createRoadWorld(seed, 'everything', 300);
      const rankOf = (segment: number) => segment % 7;
      const index = indexSegments(network, rankOf);
      const random = createRandom(seed);
      for (let i = 0; i < 50; i++) {
        const [lon, lat] = createQuestion(random, network).map((degrees) => Math.round(degrees * 1e7));
        const size = Math.round(random() * 50_000);
        const box = [lon - size, lat - size, lon + size, lat + size] as const;
        const maxRank = Math.floor(random() * 7);
        const found: number[] = [];
        forSegmentsInBox(index, box, maxRank, (segment) => found.push(segment));
        const expected: number[] = [];
        for (let segment = 0; segment < network.segmentCount; segment++) {
          const points = [];
          for (let p = network.firstPoint[segment]; p < network.firstPoint[segment + 1]; p++) {
            points.push([network.pointLonLat[2 * p], network.pointLonLat[2 * p + 1]]);
          }
          const lons = points.map(([x]) => x);
          const lats = points.map(([, y]) => y);
          const crosses = Math.max(...lons) - Math.min(...lons) > 180e7;
          const touches =
            (crosses || (Math.min(...lons) <= box[2] && Math.max(...lons) >= box[0])) &&
            Math.min(...lats) <= box[3] &&
            Math.max(...lats) >= box[1];
          if (touches && rankOf(segment) <= maxRank) expected.push(segment);
        }
        expect(
          found.sort((a, b) => a - b),
          `seed ${seed}, case ${i}`,
        ).toEqual(expected);
      }
    },
  );
});
