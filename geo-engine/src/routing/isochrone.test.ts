import { describe, expect, it } from 'vitest';
import { OracleDrives } from '../../test/oracle-drives.js';
import { isInside, polygonFault } from '../../test/polygon-checks.js';
import { createRoads } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom } from '../../test/random.js';
import { NEVER, RoadOracle } from '../../test/road-oracle.js';
import { createRoadWorld, type RoadShape } from '../../test/road-worlds.js';
import { haversineM } from '../geo/distance.js';
import { lonLat } from '../geo/lon-lat.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import type { MultiPolygon } from './reach-raster.js';
import type { RoadPlace } from './road-place.js';
import type { Isochrone, RoutePlace } from './router.js';
import { type Position, placeAt } from './segment-line.js';
import { Snapper } from './snapper.js';

const SHAPES: RoadShape[] = ['grid with one-ways', 'one-way maze', 'islands', 'ring roads', 'everything'];
const CASES = SHAPES.flatMap((shape) => [0, 1, 2, 3].map((seed) => [shape, seed] as const));
/** Places looked at on every segment, and how far from one of them a place of the segment can be. */
const SAMPLES = 15;

interface Sample {
  readonly at: Position;
  readonly ms: number;
}

/** Places along all roads with the time from or to a place, by the oracle. */
function createSamples(
  network: RoadNetwork,
  drives: OracleDrives,
  place: RoadPlace,
  direction: 'from' | 'to',
): Sample[] {
  const samples: Sample[] = [];
  for (let directed = 0; directed < 2 * network.segmentCount; directed++) {
    for (let i = 0; i <= SAMPLES; i++) {
      const fraction = i / SAMPLES;
      const there = { directed, fraction };
      const ms =
        direction === 'from' ? drives.leastMs(place, { ...place, stands: [there] }) : drives.leastMsFrom(there, place);
      if (ms !== NEVER) samples.push({ at: placeAt(network, directed >> 1, fraction), ms });
    }
  }
  return samples;
}

function isIn({ coordinates }: MultiPolygon, at: Position): boolean {
  return coordinates.some((rings) => isInside(rings, at));
}

describe('isochrones', () => {
  it.each(
    CASES.flatMap(([shape, seed]) => (['from', 'to'] as const).map((direction) => [shape, seed, direction] as const)),
  )(
    'G65 G66 hold every place reached and nothing far from one, as valid polygons: %s, seed %i, %s',
    (shape, seed, direction) => {
      const network = createRoadWorld(seed, shape, 30);
      const profile = standardProfiles[seed % 2 === 0 ? 0 : 5];
      const roads = createRoads(network, profile);
      const { graph } = roads.profile(profile.code)!.prepared;
      const random = createRandom(seed);
      const drives = new OracleDrives(new RoadOracle(network, profile));
      const snapper = new Snapper(network, roads.data.index);
      const p = Math.floor(random() * network.nodeCount);
      const node = lonLat(network.nodeLonLat[2 * p] / 1e7, network.nodeLonLat[2 * p + 1] / 1e7);
      const place: RoutePlace = { at: createPlaceNear(random, node, 0.002) };
      const limitsS = [0, 20 + Math.round(random() * 30), 60 + Math.round(random() * 60)];
      const cellM = 30 + random() * 60;
      const answer = roads.isochrone({ place, profile: profile.code, limitsS, direction, cellM });
      const note = `${shape}, seed ${seed}, ${direction} ${place.at}, cells of ${cellM} m`;
      const at = snapper.snap(graph, place, direction === 'from' ? 'start' : 'end');
      if (at === undefined) {
        expect(answer, note).toMatchObject({ kind: 'refused', code: 'no_road_near', place: direction });
        return;
      }
      const { areas, withinM, end } = answer as Isochrone;
      expect(withinM, note).toBeCloseTo(2.15 * cellM, 6);
      const samples = createSamples(network, drives, at, direction);
      const [west, south, east, north] = boundsOf(samples, withinM);
      areas.forEach(({ limitS, geometry }, level) => {
        expect(limitS, note).toBe(limitsS[level]);
        const fault = polygonFault(geometry.coordinates, [180, -180]);
        expect(fault, `${note}, ${limitS} s`).toBeUndefined();
        // times are whole milliseconds, places are not
        const leftMs = limitS * 1000 - end.offRoadMs;
        const reached = samples.filter(({ ms }) => ms <= leftMs - 2);
        const perhaps = samples.filter(({ ms }) => ms <= leftMs + 2);
        for (const sample of reached) {
          expect(isIn(geometry, sample.at), `${note}, ${limitS} s: ${sample.at} reached in ${sample.ms} ms`).toBe(true);
        }
        const nearestM = ([lon, lat]: Position) =>
          Math.min(
            ...[{ at: [at.snap.lon, at.snap.lat] }, ...perhaps].map((sample) =>
              haversineM(lon, lat, sample.at[0], sample.at[1]),
            ),
          );
        // between two samples on a road lie at most 1 / SAMPLES of the longest segment
        const slackM = Math.max(...network.segmentCm) / 100 / SAMPLES;
        for (const ring of geometry.coordinates.flat()) {
          for (const corner of ring) {
            expect(nearestM(corner), `${note}, ${limitS} s: corner ${corner}`).toBeLessThan(withinM + slackM);
          }
        }
        for (let i = 0; i < 100; i++) {
          const anywhere: Position = [turned(west + random() * (east - west)), south + random() * (north - south)];
          const inside = isIn(geometry, anywhere);
          if (inside) {
            expect(nearestM(anywhere), `${note}, ${limitS} s: ${anywhere} is inside`).toBeLessThan(withinM + slackM);
            // a longer time reaches no less
            for (const wider of areas.slice(level + 1)) {
              expect(isIn(wider.geometry, anywhere), `${note}: ${anywhere}, ${limitS} s, not ${wider.limitS} s`).toBe(
                true,
              );
            }
          }
        }
      });
    },
  );

  it('G66 an area over the antimeridian is cut there', () => {
    const network = createRoadWorld(3, 'grid with one-ways', 60);
    const roads = createRoads(network, standardProfiles[0]);
    const question = { profile: 'car', limitsS: [600], direction: 'from' } as const;
    const answer = roads.isochrone({ ...question, place: { at: lonLat(179.9999, -16.797) } }) as Isochrone;
    const polygons = answer.areas[0].geometry.coordinates;
    const sides = polygons.map((rings) => Math.sign(rings[0].reduce((sum, [lon]) => sum + lon, 0)));
    expect(new Set(sides)).toEqual(new Set([1, -1]));
    for (const ring of polygons.flat()) {
      const lons = ring.map(([lon]) => lon);
      expect(Math.max(...lons) - Math.min(...lons)).toBeLessThan(1);
    }
  });
});

function boundsOf(samples: readonly Sample[], marginM: number): [number, number, number, number] {
  // carried on over the antimeridian from the first sample
  const lons = samples.map(({ at }) => samples[0].at[0] + turned(at[0] - samples[0].at[0]));
  const lats = samples.map(({ at }) => at[1]);
  const margin = marginM / 50_000;
  return [
    Math.min(...lons) - margin,
    Math.min(...lats) - margin,
    Math.max(...lons) + margin,
    Math.max(...lats) + margin,
  ];
}

function turned(lon: number): number {
  return lon - 360 * Math.round(lon / 360);
}
