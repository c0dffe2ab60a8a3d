import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeOsmPbf } from '../../../../fixtures/world/osm-pbf-writer.js';
import { readOsmPbf } from '../../../../fixtures/world/test/osm-pbf-reader.js';
import { createWorld, type World } from '../../../../fixtures/world/world.js';
import { writeOsmCountry } from '../../../test/osm-country.js';
import { haversineM } from '../../geo/distance.js';
import { ACCESS, ROAD_CLASS, type RoadClass, type RoadNetwork, SEGMENT_FLAG } from '../road-network.js';
import { directedAccess } from '../travel-time.js';
import { importOsm } from './import-osm.js';

// Whole maps: the fixture world, and real extracts where they are at hand.

const TEST_DATA = process.env.TEST_DATA ?? join(import.meta.dirname, '../../../../../shared/data');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'import-maps-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const isOpen = (access: number): boolean => access === ACCESS.yes || access === ACCESS.destination;
const isDriven = (access: number): boolean => access !== ACCESS.contraflow && access !== ACCESS.no;

/** Roads of these classes that anybody may drive, every point counted as a vertex and every stretch between two as an edge. */
function publicRoads(network: RoadNetwork, classes: readonly RoadClass[]) {
  const wanted = new Set<number>(classes.map((name) => ROAD_CLASS[name]));
  const vertices = new Set<string>();
  let [edges, directed, onewayEdges, lengthKm] = [0, 0, 0, 0];
  for (let s = 0; s < network.segmentCount; s++) {
    const access = [directedAccess(network, 2 * s), directedAccess(network, 2 * s + 1)];
    if (!wanted.has(network.segmentClass[s]) || !access.some(isOpen)) continue;
    const [from, to] = [network.firstPoint[s], network.firstPoint[s + 1]];
    for (let p = from; p < to; p++) vertices.add(`${network.pointLonLat[2 * p]} ${network.pointLonLat[2 * p + 1]}`);
    edges += to - from - 1;
    directed += (to - from - 1) * access.filter(isDriven).length;
    if (network.segmentFlags[s] & SEGMENT_FLAG.oneway) onewayEdges += to - from - 1;
    lengthKm += network.segmentCm[s] / 100_000;
  }
  return { vertices: vertices.size, edges, directed, onewayShare: onewayEdges / edges, lengthKm };
}

const THROUGH: readonly RoadClass[] = [
  'motorway',
  'trunk',
  'primary',
  'secondary',
  'tertiary',
  'unclassified',
  'residential',
  'motorway_link',
  'trunk_link',
  'primary_link',
  'secondary_link',
  'tertiary_link',
];

/** Way id → its points in order, as the network has them. */
function waysOf(network: RoadNetwork): Map<number, { lengthM: number; stretches: Set<string> }> {
  const ways = new Map<number, { lengthM: number; stretches: Set<string> }>();
  for (let s = 0; s < network.segmentCount; s++) {
    const id = network.segmentWay[s];
    const way = ways.get(id) ?? { lengthM: 0, stretches: new Set() };
    ways.set(id, way);
    way.lengthM += network.segmentCm[s] / 100;
    for (let p = network.firstPoint[s]; p + 1 < network.firstPoint[s + 1]; p++) {
      way.stretches.add([...network.pointLonLat.subarray(2 * p, 2 * p + 4)].join(' '));
    }
  }
  return ways;
}

describe('the fixture world', () => {
  let world: World;
  let network: RoadNetwork;
  beforeAll(() => {
    world = createWorld({ seed: 112 });
    const path = join(dir, 'generated-latvia.osm.pbf');
    writeFileSync(path, writeOsmPbf(world.roads));
    network = importOsm(path);
  });

  test('G23 all of its ways are there, whole', () => {
    const { lon, lat, ways } = world.roads;
    const found = waysOf(network);
    expect(found.size).toBe(ways.length);
    const broken: number[] = [];
    for (const { id, nodeIds } of ways) {
      let lengthM = 0;
      for (let i = 1; i < nodeIds.length; i++) {
        const [a, b] = [nodeIds[i - 1] - 1, nodeIds[i] - 1];
        lengthM += haversineM(lon[a], lat[a], lon[b], lat[b]);
      }
      const way = found.get(id)!;
      const isWhole =
        way.stretches.size === nodeIds.length - 1 && Math.abs(way.lengthM - lengthM) < 0.01 * nodeIds.length;
      if (!isWhole) broken.push(id);
    }
    expect(broken).toEqual([]);
    expect(network.info).toMatchObject({ generated: true, attribution: 'Generated map, not surveyed' });
    expect(network.info.counts.leftOut).toEqual({});
  });

  test('G25 every one-way street is one, in its direction', () => {
    const oneways = new Set(world.roads.ways.filter(({ tags }) => tags.oneway === 'yes').map(({ id }) => id));
    expect(oneways.size).toBeGreaterThan(100);
    const wrong: number[] = [];
    for (let s = 0; s < network.segmentCount; s++) {
      const isOneway = oneways.has(network.segmentWay[s]);
      const isAsTagged =
        directedAccess(network, 2 * s) === ACCESS.yes &&
        directedAccess(network, 2 * s + 1) === (isOneway ? ACCESS.contraflow : ACCESS.yes) &&
        (network.segmentFlags[s] & SEGMENT_FLAG.oneway) === (isOneway ? SEGMENT_FLAG.oneway : 0);
      if (!isAsTagged) wrong.push(network.segmentWay[s]);
    }
    expect(wrong).toEqual([]);
  });

  test('G29 every turn restriction is found, of its ways and at its node', () => {
    const { lon, lat, restrictions } = world.roads;
    expect(restrictions.length).toBeGreaterThan(100);
    const found = Array.from({ length: network.restrictionCount }, (_, r) => {
      const [from, to] = network.restrictionSteps.subarray(
        network.firstRestrictionStep[r],
        network.firstRestrictionStep[r + 1],
      );
      const via = to & 1 ? network.segmentTo[to >>> 1] : network.segmentFrom[to >>> 1];
      const arrivesAt = from & 1 ? network.segmentFrom[from >>> 1] : network.segmentTo[from >>> 1];
      expect(arrivesAt).toBe(via);
      const at = network.nodeLonLat.subarray(2 * via, 2 * via + 2).join(' ');
      return `${network.segmentWay[from >>> 1]} ${network.segmentWay[to >>> 1]} at ${at} only ${network.restrictionKind[r] & 1}`;
    });
    const wanted = restrictions.map(({ kind, fromWayId, toWayId, viaNodeId }) => {
      const e7 = [lon[viaNodeId - 1], lat[viaNodeId - 1]].map((degrees) => Math.round(degrees * 1e7));
      return `${fromWayId} ${toWayId} at ${e7.join(' ')} only ${kind.startsWith('only_') ? 1 : 0}`;
    });
    expect(found.sort()).toEqual([...new Set(wanted)].sort());
  });
});

describe('a drawn country of many blocks', () => {
  test.each([
    [1, 2],
    [2, 0],
    [3, 5],
  ])('G23 has each stretch of its grid, gates and restrictions, and no houses (seed %i, %i bends)', (seed, bends) => {
    const path = join(dir, `country-${seed}.osm.pbf`);
    const { side, ways, gates, restrictions } = writeOsmCountry(path, 30_000, seed, bends);
    const network = importOsm(path);
    const stretches = 2 * side * (side - 1); // of streets, from crossing to crossing
    expect(network.segmentCount).toBe(stretches + gates);
    expect(network.nodeCount).toBe(side * side + gates);
    expect(network.info.counts.points).toBe(stretches * (bends + 2) + gates);
    expect(waysOf(network).size).toBe(ways);
    const { restriction_against_oneway: idle = 0, ...others } = network.info.counts.leftOut;
    expect(others).toEqual({});
    expect(network.restrictionCount + idle).toBe(restrictions);
    expect(network.restrictionCount).toBeGreaterThan(0);
  });
});

/** An extract, or a loud word that it is not there. */
function extract(name: string): { path: string; missing: boolean } {
  const path = join(TEST_DATA, name);
  const missing = !existsSync(path);
  if (missing) console.warn(`SKIPPED: no ${path}, so the import is not tried on it`);
  return { path, missing };
}

const LIECHTENSTEIN = extract('osm/liechtenstein-latest.osm.pbf');
const MONACO = extract('osm/monaco.osm.pbf');
const RIGA = extract('riga/riga_transit_twoway.osm.pbf');

describe('real extracts', () => {
  test.skipIf(LIECHTENSTEIN.missing)(
    'Liechtenstein is within 0.5 % of what others count: 23 768 vertices, 47 272 directed, 456 km',
    () => {
      // theirs holds service roads too, and of all only those that anybody may drive
      const { vertices, directed, lengthKm } = publicRoads(importOsm(LIECHTENSTEIN.path), [
        ...THROUGH,
        'living_street',
        'service',
      ]);
      expect(Math.abs(vertices / 23_768 - 1)).toBeLessThan(0.005);
      expect(Math.abs(directed / 47_272 - 1)).toBeLessThan(0.005);
      expect(Math.abs(lengthKm / 456 - 1)).toBeLessThan(0.005);
    },
  );

  test.skipIf(MONACO.missing)(
    'Monaco is within 0.5 % of 5 093 vertices and 66 km; of its through roads 59 % are one-way',
    () => {
      const network = importOsm(MONACO.path);
      const all = publicRoads(network, [...THROUGH, 'living_street', 'service']);
      expect(Math.abs(all.vertices / 5093 - 1)).toBeLessThan(0.005);
      expect(Math.abs(all.lengthKm / 66 - 1)).toBeLessThan(0.005);
      expect(publicRoads(network, THROUGH).onewayShare).toBeCloseTo(0.59, 1);
    },
  );

  test.skipIf(RIGA.missing)('the bus lines of Rīga: 11 885 nodes, 2 871 ways, 898 km, all at 50 km/h both ways', () => {
    const network = importOsm(RIGA.path);
    const { vertices, edges, directed, lengthKm } = publicRoads(network, ['secondary']);
    expect([vertices, waysOf(network).size, Math.round(lengthKm)]).toEqual([11_885, 2871, 898]);
    expect(directed).toBe(2 * edges);
    expect(new Set(network.segmentKmh)).toEqual(new Set([50]));
  });

  test.skipIf(MONACO.missing)('G23 another reader of the format finds the same ways with the same points', () => {
    const content = readOsmPbf(readFileSync(MONACO.path));
    const network = importOsm(MONACO.path);
    const found = waysOf(network);
    expect(found.size).toBeGreaterThan(800);
    for (const [id, { stretches }] of found) {
      const { refs, tags } = content.ways.get(id)!;
      expect(tags.highway ?? tags.route, `way ${id}`).toBeDefined();
      const places = refs.map((ref) =>
        content.nodes
          .get(ref)!
          .map((degrees) => Math.round(degrees * 1e7))
          .join(' '),
      );
      const wanted = places.slice(1).map((place, i) => `${places[i]} ${place}`);
      expect([...stretches].sort(), `way ${id}`).toEqual([...new Set(wanted)].sort());
    }
    // and what it does not have are no roads for cars
    for (const [id, { tags }] of content.ways) {
      if (found.has(id) || tags.area === 'yes') continue;
      const isRoad = (THROUGH as readonly string[]).includes(tags.highway ?? '') && tags.access !== 'no';
      expect(isRoad, `way ${id} ${JSON.stringify(tags)}`).toBe(false);
    }
  });
});
