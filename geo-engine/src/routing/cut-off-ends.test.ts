import { describe, expect, it } from 'vitest';
import { createRoadsData } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom } from '../../test/random.js';
import { createRoadWorld } from '../../test/road-worlds.js';
import { haversineM } from '../geo/distance.js';
import { lonLat } from '../geo/lon-lat.js';
import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { CutOffEnds } from './cut-off-ends.js';
import { LEAST_SHARE } from './nearest-segments.js';
import { MAX_OFF_ROAD_M } from './off-road.js';
import { inLargestPart, LARGEST, Snapper } from './snapper.js';

const CAR = standardProfiles.find(({ code }) => code === 'car')!;

describe('CutOffEnds', () => {
  it('G126 tells the farthest point of all roads from which a drive comes there, as a search from every one of them says', () => {
    let compared = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = createRandom(seed);
      const network = createRoadWorld(seed, 'islands', 80);
      const { index, profiles } = createRoadsData(network, [CAR]);
      const { graph, cutOff } = profiles[0];
      const snapper = new Snapper(network, index);
      const ends = new CutOffEnds(network, graph, cutOff);
      for (let question = 0; question < 10; question++) {
        const p = Math.floor(random() * (network.pointLonLat.length / 2));
        const point = lonLat(network.pointLonLat[2 * p] / 1e7, network.pointLonLat[2 * p + 1] / 1e7);
        const at = createPlaceNear(random, point, 0.003);
        const end = snapper.snap(graph, { at }, 'end');
        if (end === undefined || inLargestPart(graph, end, 'end')) continue;
        const last = end.stands.map(({ directed }) => directed);
        let farthestM = 0;
        let comesFromLargest = false;
        for (let directed = 0; directed < graph.directedMs.length; directed++) {
          if (graph.directedMs[directed] === CLOSED) continue;
          const head = graph.directedHead[directed];
          if (!last.includes(directed) && !leadsTo(graph, head, last)) continue;
          if (graph.component[head] === LARGEST && !last.includes(directed)) comesFromLargest = true;
          const segment = directed >> 1;
          for (let i = network.firstPoint[segment]; i < network.firstPoint[segment + 1]; i++) {
            const lon = network.pointLonLat[2 * i] / 1e7;
            farthestM = Math.max(farthestM, haversineM(...at, lon, network.pointLonLat[2 * i + 1] / 1e7));
          }
        }
        if (comesFromLargest) continue; // nobody is cut off
        const note = `seed ${seed}, question ${question}`;
        expect(ends.farthestStartM(at, [end]), note).toBeCloseTo(farthestM + MAX_OFF_ROAD_M / LEAST_SHARE + 1, 6);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });
});

/** Whether a way leads from a node to where one of some directed segments begins. */
function leadsTo({ firstArc, arcHead, firstTail, tails }: RoadGraph, from: number, directed: readonly number[]) {
  const wanted = new Set(directed.flatMap((d) => [...tails.subarray(firstTail[d], firstTail[d + 1])]));
  const seen = new Set([from]);
  for (const node of seen) {
    if (wanted.has(node)) return true;
    for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) seen.add(arcHead[arc]);
  }
  return false;
}
