import { describe, expect, it } from 'vitest';
import { OracleDrives } from '../../test/oracle-drives.js';
import { prepareProfile } from '../../test/prepared-roads.js';
import { createPlaceNear, createRandom, pick } from '../../test/random.js';
import { NEVER, RoadOracle } from '../../test/road-oracle.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { lonLat } from '../geo/lon-lat.js';
import type { SpeedOverlay } from '../graph/speed-overlay.js';
import { RESTRICTION, type RoadNetwork } from '../roads/road-network.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { joinOverlays } from './closures.js';
import { NOTHING_IN_FORCE } from './live-times.js';
import { indexNetwork } from './load-roads.js';
import { rebuildProfile } from './prepare-roads.js';
import { Roads } from './roads.js';
import type { RouteAnswer, RoutePlace } from './router.js';
import { Snapper } from './snapper.js';

const CASES = ROAD_SHAPES.flatMap((shape, i) =>
  [0, 1, 2, 3].map((seed) => [shape, seed, standardProfiles[(i + seed) % 4]] as const),
);

function createOverlay(random: () => number, network: RoadNetwork, share: number): SpeedOverlay {
  const directed: number[] = [];
  const speedShare: number[] = [];
  for (let d = 0; d < 2 * network.segmentCount; d++) {
    if (random() >= share) continue;
    directed.push(d);
    speedShare.push(pick(random, [0, 0, 0.1, 0.5, 0.9]));
  }
  return { directed: Uint32Array.from(directed), speedShare: Float64Array.from(speedShare) };
}

/** Whether an order to turn somewhere can not be obeyed because that road is closed: it is void when the graph is made anew. */
function voidsAnOrder(
  { restrictionCount, firstRestrictionStep, restrictionSteps, restrictionKind }: RoadNetwork,
  overlay: SpeedOverlay,
) {
  const closed = new Set(overlay.directed.filter((_, i) => overlay.speedShare[i] === 0));
  for (let r = 0; r < restrictionCount; r++) {
    const steps = restrictionSteps.subarray(firstRestrictionStep[r], firstRestrictionStep[r + 1]);
    if (restrictionKind[r] & RESTRICTION.only && steps.some((d) => closed.has(d))) return true;
  }
  return false;
}

function createPlaces(random: () => number, network: RoadNetwork, count: number): RoutePlace[] {
  return Array.from({ length: count }, () => {
    const p = Math.floor(random() * (network.pointLonLat.length / 2));
    const point = lonLat(network.pointLonLat[2 * p] / 1e7, network.pointLonLat[2 * p + 1] / 1e7);
    return { at: random() < 0.2 ? point : createPlaceNear(random, point, 0.002) };
  });
}

describe('closures that are not in the hierarchy yet', () => {
  it.each(CASES)('G69 are in every drive at once, and rebuilt in tables too: %s, seed %i', (shape, seed, profile) => {
    const network = createRoadWorld(seed, shape, 40);
    const index = indexNetwork(network);
    const random = createRandom(seed);
    const made = seed % 2 === 0 ? NOTHING_IN_FORCE : createOverlay(random, network, 0.1);
    const now = createOverlay(random, network, 0.15);
    const roads = new Roads({ network, index, profiles: [prepareProfile(network, profile, made)] });
    roads.setInForce(profile.code, now);
    const snapper = new Snapper(network, index);
    // what is open again is used only after the rebuild: until then the worse of both times holds
    const worst = joinOverlays([made, now]);
    const mayDiffer = voidsAnOrder(network, worst);
    const live = new OracleDrives(new RoadOracle(network, profile, worst));
    const { tightened, loosened } = roads.profile(profile.code)!.pending;
    const state = loosened > 0 ? 'pending' : tightened > 0 ? 'checked' : 'in_force';
    const liveGraph = prepareProfile(network, profile, worst).graph;
    const places = createPlaces(random, network, 12);
    const ask = (from: RoutePlace, to: RoutePlace) => roads.route({ from, to, profile: profile.code });
    for (const [i, from] of places.entries()) {
      for (const [j, to] of places.entries()) {
        const note = `${shape}, seed ${seed}, ${profile.code}, from ${i} to ${j}`;
        const start = snapper.snap(liveGraph, from, 'start');
        const end = snapper.snap(liveGraph, to, 'end');
        const answer = ask(from, to);
        expect(answer.closures, note).toBe(state);
        if (start === undefined || end === undefined) {
          expect(answer, note).toMatchObject({ kind: 'refused', code: 'no_road_near' });
          continue;
        }
        const leastMs = live.leastMs(start, end);
        if (leastMs === NEVER || isElsewhere(answer)) continue; // what is tried then is another test's matter
        if (!mayDiffer) expect(answer, note).toMatchObject({ kind: 'route', travelMs: leastMs });
        else if (answer.kind === 'route') expect(answer.travelMs, note).toBeGreaterThanOrEqual(leastMs);
      }
    }
    expect(roads.table({ sources: places, targets: places, profile: profile.code }).closures).toBe(
      tightened + loosened > 0 ? 'pending' : 'in_force',
    );

    // made anew with what is in force, everything is exact and nothing is pending
    roads.setProfile(rebuildProfile(network, roads.profile(profile.code)!.prepared, now));
    roads.setInForce(profile.code, now);
    expect(roads.profile(profile.code)!.pending).toEqual({ tightened: 0, loosened: 0 });
    const { graph } = roads.profile(profile.code)!.prepared;
    const rebuilt = new OracleDrives(new RoadOracle(network, profile, now));
    for (const from of places) {
      for (const to of places) {
        const start = snapper.snap(graph, from, 'start');
        const end = snapper.snap(graph, to, 'end');
        const answer = ask(from, to);
        expect(answer.closures).toBe('in_force');
        if (start === undefined || end === undefined || isElsewhere(answer)) continue;
        const leastMs = rebuilt.leastMs(start, end);
        expect(answer.kind === 'route' ? answer.travelMs : NEVER, `${shape}, seed ${seed}`).toBe(leastMs);
      }
    }
  });

  it('G69 a drive that would have to look too far is left to somebody who has the time', () => {
    const network = createRoadWorld(1, 'grid with one-ways', 100);
    const profile = standardProfiles[0];
    const roads = new Roads({ network, index: indexNetwork(network), profiles: [prepareProfile(network, profile)] });
    const random = createRandom(1);
    roads.setInForce(profile.code, createOverlay(random, network, 0.3));
    const places = createPlaces(random, network, 10);
    let left = 0;
    for (const from of places) {
      for (const to of places) {
        const question = { from, to, profile: profile.code };
        const bounded = roads.route(question, 5);
        if (bounded === undefined) left++;
        else expect(bounded).toEqual(roads.route(question));
      }
    }
    expect(left).toBeGreaterThan(10);
  });
});

function isElsewhere(answer: RouteAnswer): boolean {
  return answer.kind === 'route' && (answer.start.snappedElsewhere || answer.end.snappedElsewhere);
}
