/** The engine and PostGIS with pgRouting asked the same in turn: for each line of a card the quickest of the units that stand on nodes. */
import { createRandom } from '../../fixtures/world/seeded-random.js';
import {
  buildGraph,
  decide,
  gatherInput,
  lonLat,
  type Requirement,
  RoadsKeeper,
  RoadWays,
  standardProfiles,
} from '../../geo-engine/src/index.js';
import { createQuestion, createRoster, moveUnit } from './engine-fleet.js';
import { createLargeRoadWorld } from './large-road-world.js';
import { type LonLatPair, pgRoutingPeer } from './pgrouting-peer.js';

export interface DispatchPeerOrder {
  /** ROADS_DIR, prepared from this seed and so many points. */
  readonly dir: string;
  readonly seed: number;
  readonly points: number;
  readonly profile: string;
  readonly fleet: number;
  readonly capabilities: readonly string[];
  /** A line for each capability. */
  readonly card: readonly Requirement[];
  readonly questions: number;
  /** So many of each capability, nearest by straight line, are asked ways for. */
  readonly near: number;
}

export type DispatchPeerAnswer =
  | { readonly missing: string }
  | {
      readonly version: string;
      readonly ourMs: readonly number[];
      readonly theirMs: readonly number[];
      readonly lines: number;
      /** Lines with the same times, and those where theirs are quicker, which would be a way that the engine missed. */
      readonly equal: number;
      readonly quicker: number;
    };

const WARM_UP = 3;
const NOW = Date.UTC(2026, 5, 1, 12);
/** Rounding of a way's two ends. */
const SAME_MS = 3;

process.once('message', async (order: DispatchPeerOrder) => {
  process.send!(await compare(order));
});

async function compare(order: DispatchPeerOrder): Promise<DispatchPeerAnswer> {
  const { dir, seed, points, profile, fleet, capabilities, card, questions, near } = order;
  const network = createLargeRoadWorld(seed, points, 'nodes');
  const graph = buildGraph(network, standardProfiles.find(({ code }) => code === profile)!);
  const placeOf = (node: number): LonLatPair => {
    const of = graph.nodeOf[node]!;
    return [network.nodeLonLat[2 * of]! / 1e7, network.nodeLonLat[2 * of + 1]! / 1e7];
  };
  const peer = await pgRoutingPeer(graph, placeOf);
  if ('missing' in peer) return peer;
  const random = createRandom(seed, 'peer');
  const plain = plainNodes(graph);
  const nodes = Array.from({ length: fleet }, () => random.pick(plain));
  const roster = createRoster(fleet, capabilities, profile);
  for (const [i, node] of nodes.entries()) moveUnit(roster, i + 1, placeOf(node), NOW, null);
  await peer.placeUnits(
    nodes.map((node, i) => ({ capability: capabilities[i % capabilities.length]!, node, place: placeOf(node) })),
  );
  const keeper = await RoadsKeeper.open({ dir });
  const ourMs: number[] = [];
  const theirMs: number[] = [];
  let lines = 0;
  let equal = 0;
  let quicker = 0;
  for (let i = -WARM_UP; i < questions; i++) {
    const node = random.pick(plain);
    const place = placeOf(node);
    const begun = performance.now();
    const question = createQuestion(lonLat(...place), card, NOW);
    const answer = decide(gatherInput(question, { roster, ways: new RoadWays(keeper, question.place) }));
    const between = performance.now();
    const theirs = await peer.shortlist(place, node, capabilities, near);
    const ended = performance.now();
    if (i < 0) continue;
    ourMs.push(between - begun);
    theirMs.push(ended - between);
    const wholeMs = new Map(
      answer.units.map(({ unitId, response }) => [unitId, response.travelMs + response.offRoadMs]),
    );
    for (const [line, { served }] of answer.lines.entries()) {
      const ours = served.map(({ unitId }) => wholeMs.get(unitId)!).sort((a, b) => a - b);
      const best = theirs[line]!.slice(0, ours.length);
      lines++;
      if (best.some((ms, n) => ms < ours[n]! - SAME_MS)) quicker++;
      else if (best.length === ours.length && best.every((ms, n) => ms <= ours[n]! + SAME_MS)) equal++;
    }
  }
  await peer.stop();
  return { version: peer.version, ourMs, theirMs, lines, equal, quicker };
}

/** Nodes of the largest component without copies for turn restrictions: whoever stands there may leave by every road. */
function plainNodes({ nodeCount, nodeOf, component }: ReturnType<typeof buildGraph>): number[] {
  const copies = new Uint8Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) copies[nodeOf[node]!]!++;
  return Array.from({ length: nodeCount }, (_, node) => node).filter(
    (node) => nodeOf[node] === node && copies[node] === 1 && component[node] === 0,
  );
}
