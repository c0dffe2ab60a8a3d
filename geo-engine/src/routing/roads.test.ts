import { describe, expect, it } from 'vitest';
import { OracleDrives } from '../../test/oracle-drives.js';
import { createRoads } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom, pick } from '../../test/random.js';
import { NEVER, RoadOracle } from '../../test/road-oracle.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { haversineM } from '../geo/distance.js';
import { type LonLat, lonLat } from '../geo/lon-lat.js';
import { CLOSED } from '../graph/road-graph.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { NearestSegments } from './nearest-segments.js';
import type { DriveEnd, RoadPlace } from './road-place.js';
import type { Roads } from './roads.js';
import { type Route, type RouteAnswer, type RoutePlace, type TravelTable, travelCell } from './router.js';
import { inLargestPart, Snapper } from './snapper.js';

const PROFILES = standardProfiles.filter(({ code }) => code === 'car' || code === 'heavy-emergency');
const CASES = ROAD_SHAPES.flatMap((shape, i) =>
  [0, 1, 2, 3].map((seed) => [shape, seed, PROFILES[(i + seed) % 2]] as const),
);
const PLACES = 9;

/** Anywhere round a network's roads, at times exactly at a junction, at times moving. */
function createPlace(random: () => number, network: RoadNetwork): RoutePlace {
  const p = Math.floor(random() * (network.pointLonLat.length / 2));
  const point = lonLat(network.pointLonLat[2 * p] / 1e7, network.pointLonLat[2 * p + 1] / 1e7);
  const at: LonLat = random() < 0.2 ? point : createPlaceNear(random, point, 0.003);
  const moving = random() < 0.4 ? { headingDeg: random() * 360, speedMps: pick(random, [0, 2, 15]) } : {};
  return { at, ...moving };
}

describe('Roads', () => {
  it.each(CASES)(
    'G61 G62 a drive takes what the oracle says, and a table the same: %s, seed %i',
    (shape, seed, profile) => {
      const network = createRoadWorld(seed, shape, 40);
      const roads = createRoads(network, profile);
      const { graph } = roads.profile(profile.code)!.prepared;
      const snapper = new Snapper(network, roads.data.index);
      const drives = new OracleDrives(new RoadOracle(network, profile));
      const random = createRandom(seed);
      const sources = Array.from({ length: PLACES }, () => createPlace(random, network));
      const targets = Array.from({ length: PLACES }, () => createPlace(random, network));
      const table = roads.table({ sources, targets, profile: profile.code }) as TravelTable;
      sources.forEach((from, i) => {
        targets.forEach((to, j) => {
          const note = `${shape}, seed ${seed}, ${profile.code}, from ${i} (${from.at}) to ${j} (${to.at})`;
          const answer = roads.route({ from, to, profile: profile.code });
          const cell = travelCell(table, i, j);
          const start = snapper.snap(graph, from, 'start');
          const end = snapper.snap(graph, to, 'end');
          if (start === undefined || end === undefined) {
            expect(answer, note).toMatchObject({ kind: 'refused', code: 'no_road_near', place: start ? 'to' : 'from' });
            expect(cell, note).toMatchObject({ kind: 'refused', code: 'no_road_near', place: start ? 'to' : 'from' });
            return;
          }
          if (answer.kind === 'refused') expect(cell, note).toEqual({ kind: 'refused', code: answer.code });
          else
            expect(cell, note).toEqual({
              kind: 'reached',
              travelMs: answer.travelMs,
              start: answer.start,
              end: answer.end,
            });

          const nearestMs = drives.leastMs(start, end);
          if (nearestMs !== NEVER) {
            expect(answer, note).toMatchObject({
              kind: 'route',
              travelMs: nearestMs,
              closures: 'in_force',
              source: 'built-in',
            });
            expect((answer as Route).start.snappedElsewhere || (answer as Route).end.snappedElsewhere, note).toBe(
              false,
            );
          } else expectElsewhere(answer, roads, snapper, drives, from, start, to, end, note);
          if (answer.kind === 'route') expectWhole(answer, note);
        });
      });
    },
  );
});

/** What the nearest roads do not connect is answered from the next ones that connect, or is unreachable. */
function expectElsewhere(
  answer: RouteAnswer,
  roads: Roads,
  snapper: Snapper,
  drives: OracleDrives,
  from: RoutePlace,
  start: RoadPlace,
  to: RoutePlace,
  end: RoadPlace,
  note: string,
) {
  const { graph } = roads.data.profiles[0];
  const startMayMove = !inLargestPart(graph, start, 'start');
  const endMayMove = !inLargestPart(graph, end, 'end');
  const starts = startMayMove ? placesTried(roads, snapper, from, start, 'start') : [start];
  const ends = endMayMove ? placesTried(roads, snapper, to, end, 'end') : [end];
  // from part to part of the network, and along one segment too, which no other part is needed for
  let betweenPartsM = Number.POSITIVE_INFINITY;
  let anyhowM = Number.POSITIVE_INFINITY;
  for (const one of starts) {
    for (const other of ends) {
      const offRoadM = one.snap.distanceM + other.snap.distanceM;
      if (offRoadM < betweenPartsM && drives.leastMs(one, other, true) !== NEVER) betweenPartsM = offRoadM;
      if (offRoadM < anyhowM && drives.leastMs(one, other) !== NEVER) anyhowM = offRoadM;
    }
  }
  if (answer.kind === 'refused') {
    expect(answer.code, note).toBe('unreachable');
    expect(betweenPartsM, note).toBe(Number.POSITIVE_INFINITY);
    return;
  }
  expect(answer.start.snappedElsewhere || answer.end.snappedElsewhere, note).toBe(true);
  expect(answer.start.snappedElsewhere && !startMayMove, note).toBe(false);
  expect(answer.end.snappedElsewhere && !endMayMove, note).toBe(false);
  const offRoadM = answer.start.offRoadM + answer.end.offRoadM;
  expect(offRoadM, note).toBeGreaterThan(anyhowM - 0.2);
  expect(offRoadM, note).toBeLessThan(betweenPartsM + 0.2);
}

/**
 * Every segment that may be driven as a place of its own, by a scan, up to the last one that is tried: four parts of the network are
 * tried and no more, and none behind the largest.
 */
function placesTried(roads: Roads, snapper: Snapper, place: RoutePlace, first: RoadPlace, end: DriveEnd): RoadPlace[] {
  const { graph } = roads.data.profiles[0];
  const tried = snapper.alternatives(graph, place, end, first);
  const last = tried[tried.length - 1];
  const isEnd = tried.length === 4 || inLargestPart(graph, last, end);
  const farthestM = isEnd ? Math.max(...tried.map(({ snap }) => snap.distanceM)) + 1e-9 : 5000;
  const isOpen = (directed: number) => graph.directedMs[directed] !== CLOSED;
  const { network, index } = roads.data;
  return new NearestSegments(network, index)
    .find(place.at, network.segmentCount, farthestM, (segment) => isOpen(2 * segment) || isOpen(2 * segment + 1))
    .map((snap) => ({
      snap,
      stands: [2 * snap.segment, 2 * snap.segment + 1]
        .filter(isOpen)
        .map((directed) => ({ directed, fraction: snap.fraction })),
      headingHeeded: null,
      nearestM: first.nearestM,
    }));
}

/** A route hangs together: its steps add up, its line is as long as it says and goes from end to end. */
function expectWhole({ travelMs, distanceM, start, end, line, steps }: Route, note: string) {
  expect(
    steps.reduce((sum, step) => sum + step.travelMs, 0),
    note,
  ).toBe(travelMs);
  const stepsM = steps.reduce((sum, step) => sum + step.distanceM, 0);
  expect(Math.abs(stepsM - distanceM), note).toBeLessThan(1e-6 * (1 + distanceM));
  const lineM = line.slice(1).reduce((sum, [lon, lat], i) => sum + haversineM(line[i][0], line[i][1], lon, lat), 0);
  expect(Math.abs(lineM - distanceM), `${note}: line of ${lineM} m, route of ${distanceM} m`).toBeLessThan(
    0.5 + 0.001 * distanceM,
  );
  expect(haversineM(...line[0], ...start.at), note).toBeLessThan(0.1);
  expect(haversineM(...line[line.length - 1], ...end.at), note).toBeLessThan(0.1);
  expect(steps[0].manoeuvre.kind, note).toBe('depart');
  expect(steps[steps.length - 1].manoeuvre.kind, note).toBe('arrive');
  expect(steps[steps.length - 1].fromPosition, note).toBe(line.length - 1);
  for (let i = 1; i < steps.length; i++) expect(steps[i].fromPosition >= steps[i - 1].fromPosition, note).toBe(true);
}
