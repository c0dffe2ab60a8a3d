import { describe, expect, it } from 'vitest';
import { drawTown } from '../../test/drawn-town.js';
import { createRandom } from '../../test/random.js';
import { createRoadWorld, type RoadShape } from '../../test/road-worlds.js';
import { readTileLines } from '../../test/tile-reader.js';
import { lonLat } from '../geo/lon-lat.js';
import { ROAD_CLASS, type RoadNetwork } from '../roads/road-network.js';
import { roadTile, tileRank } from './road-tiles.js';
import { indexSegments } from './segment-index.js';

type At = readonly [x: number, y: number];

/** By how many of a tile's 4 096 units a line may leave its road: simplified, then rounded. */
const MAX_ERROR = 4 + 1;

function mercator(lon: number, lat: number, z: number): [number, number] {
  const phi = (lat * Math.PI) / 180;
  const y = 0.5 - Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI);
  return [(lon / 360 + 0.5) * 2 ** z * 4096, y * 2 ** z * 4096];
}

function distance([x, y]: At, [ax, ay]: At, [bx, by]: At): number {
  const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
  const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2));
  return Math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y);
}

function distanceToLines(at: At, lines: readonly (readonly At[])[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const line of lines)
    for (let i = 0; i + 1 < line.length; i++) least = Math.min(least, distance(at, line[i], line[i + 1]));
  return least;
}

/** Segments as lines in a tile's units, by class; those over the antimeridian by both its sides. */
function drawnRoads(network: RoadNetwork, z: number, x: number, y: number): { roadClass: number; line: At[] }[] {
  const world = 2 ** z * 4096;
  return Array.from({ length: network.segmentCount }, (_, segment) => segment).flatMap((segment) => {
    const line: [number, number][] = [];
    for (let p = network.firstPoint[segment]; p < network.firstPoint[segment + 1]; p++) {
      const at = mercator(network.pointLonLat[2 * p] / 1e7, network.pointLonLat[2 * p + 1] / 1e7, z);
      const last = line.at(-1);
      if (last !== undefined) at[0] -= world * Math.round((at[0] - last[0]) / world);
      line.push(at);
    }
    return [-world, 0, world].map((shift) => ({
      roadClass: network.segmentClass[segment],
      line: line.map(([px, py]): At => [px + shift - x * 4096, py - y * 4096]),
    }));
  });
}

const SHAPES: RoadShape[] = ['grid with one-ways', 'random planar', 'islands', 'everything'];

describe('roadTile', () => {
  it.each(SHAPES.flatMap((shape) => [0, 1, 2, 3].map((seed) => [shape, seed] as const)))(
    'G73 shows every road of its zoom, and nothing else: %s, seed %i',
    (shape, seed) => {
      const network = createRoadWorld(seed, shape, 60);
      const index = indexSegments(network, tileRank(network));
      const rankOf = tileRank(network);
      const random = createRandom(seed);
      let shown = 0;
      for (const z of [8, 10, 12, 13, 14, 15]) {
        const node = Math.floor(random() * network.nodeCount);
        const [mx, my] = mercator(network.nodeLonLat[2 * node] / 1e7, network.nodeLonLat[2 * node + 1] / 1e7, z);
        const [x, y] = [Math.floor(mx / 4096), Math.floor(my / 4096)];
        const found = readTileLines(roadTile(network, index, z, x, y));
        const roads = drawnRoads(network, z, x, y);
        const note = `${shape}, seed ${seed}, tile ${z}/${x}/${y}`;
        for (const { layer, tags, lines } of found) {
          expect(layer, note).toBe('road');
          const same = roads.filter(({ roadClass }) => roadClass === ROAD_CLASS[tags.class as keyof typeof ROAD_CLASS]);
          for (const line of lines) {
            expect(line.length, note).toBeGreaterThan(1);
            for (const at of line) {
              expect(Math.min(at[0], at[1]) >= -65 && Math.max(at[0], at[1]) <= 4096 + 65, `${note}: ${at}`).toBe(true);
              shown++;
              const off = distanceToLines(
                at,
                same.map((road) => road.line),
              );
              expect(off <= MAX_ERROR, `${note}: ${tags.class} at ${at} is ${off} units from any such road`).toBe(true);
            }
          }
        }
        roads.forEach(({ roadClass, line }, i) => {
          if (rankOf(Math.floor(i / 3)) > z) return;
          const same = found.filter(({ tags }) => ROAD_CLASS[tags.class as keyof typeof ROAD_CLASS] === roadClass);
          for (const at of samples(line)) {
            if (Math.min(at[0], at[1]) < 0 || Math.max(at[0], at[1]) > 4096) continue;
            const off = distanceToLines(
              at,
              same.flatMap(({ lines }) => lines),
            );
            // what is shorter than a unit is no line
            expect(
              off <= MAX_ERROR || lengthOf(line) < 2,
              `${note}: road ${i} at ${at} is ${off} units from any line`,
            ).toBe(true);
          }
        });
      }
      expect(shown, 'positions shown, else nothing was compared').toBeGreaterThan(50);
    },
  );

  //   A---B---C    one street of three segments, then another name
  //       |
  //       D
  const town = drawTown(
    lonLat(24.1, 56.95),
    { A: [0, 0], B: [300, 0], C: [600, 0], D: [300, -300], E: [900, 0], F: [1200, 0] },
    [
      { way: 'A-B-C-E', name: 'Brīvības iela', ref: 'A1', roadClass: ROAD_CLASS.trunk },
      { way: 'E>F', name: 'Čaka iela', roadClass: ROAD_CLASS.residential },
      { way: 'B-D', roadClass: ROAD_CLASS.service },
    ],
  );
  const index = indexSegments(town.network, tileRank(town.network));
  const tileAt = (z: number) => {
    const [x, y] = mercator(24.105, 56.9495, z).map((units) => Math.floor(units / 4096));
    return readTileLines(roadTile(town.network, index, z, x, y));
  };

  it('G73 joins what is one street into one line, names it near by, and tells one-way streets', () => {
    const found = tileAt(13);
    expect(found.map(({ tags }) => tags)).toEqual(
      expect.arrayContaining([
        { class: 'trunk', name: 'Brīvības iela', ref: 'A1' },
        { class: 'residential', name: 'Čaka iela', oneway: true },
        { class: 'service' },
      ]),
    );
    expect(found.length).toBe(3);
    const trunk = found.find(({ tags }) => tags.class === 'trunk')!;
    expect(trunk.lines.map((line) => line.length)).toEqual([2]); // straight, so two points
  });

  it('G73 shows the important roads first, by number only', () => {
    expect(tileAt(10).map(({ tags }) => tags)).toEqual([{ class: 'trunk', ref: 'A1' }]);
    expect(tileAt(4)).toEqual([]);
    expect(roadTile(town.network, index, 13, 0, 0).length).toBe(0);
  });
});

function samples(line: readonly At[]): At[] {
  return line.slice(1).flatMap((b, i) => {
    const a = line[i];
    return [0, 0.25, 0.5, 0.75, 1].map((t): At => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
  });
}

function lengthOf(line: readonly At[]): number {
  return line.slice(1).reduce((sum, b, i) => sum + Math.hypot(b[0] - line[i][0], b[1] - line[i][1]), 0);
}
