import type { RoadNetwork } from '../roads/road-network.js';
import { sharedUint32 } from '../roads/shared-array.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { stronglyConnected } from './components.js';
import { forbiddenTurns } from './forbidden-turns.js';
import { headOf, type RoadEnds, roadEnds } from './road-ends.js';
import { CLOSED, type RoadGraph } from './road-graph.js';
import { type SpeedOverlay, slowDown, travelTimes } from './speed-overlay.js';
import { FORBIDDEN, ROOT, TurnAutomaton, type TurnRules } from './turn-rules.js';

/**
 * The roads as one profile may drive them, today's closures included. Nodes and copies follow from network and profile alone,
 * so an order of contraction found without closures serves with them too.
 */
export function buildGraph(network: RoadNetwork, profile: VehicleProfile, overlay?: SpeedOverlay): RoadGraph {
  const ownMs = travelTimes(network, profile);
  const directedMs = sharedUint32(ownMs.length);
  directedMs.set(ownMs);
  if (overlay !== undefined) slowDown(directedMs, ownMs, overlay);
  const ends = roadEnds(network);
  const rules = forbiddenTurns(network, profile, ends, { ownMs, directedMs });
  const nodes = nodesWithCopies(network, rules);
  const arcs = drawArcs(nodes, ends, rules, directedMs);
  return {
    profile: profile.code,
    networkId: network.info.id,
    networkNodeCount: network.nodeCount,
    directedMs,
    ...nodes,
    ...arcs,
    ...tailsOfDirected(nodes.nodeCount, arcs, directedMs.length),
    ...stronglyConnected({ nodeCount: nodes.nodeCount, ...arcs }),
  };
}

type Nodes = Pick<RoadGraph, 'nodeCount' | 'nodeOf' | 'directedHead'>;
type Arcs = Pick<RoadGraph, 'firstArc' | 'arcHead' | 'arcMs' | 'arcDirected'>;
type Tails = Pick<RoadGraph, 'firstTail' | 'tails'>;

/** The network's nodes, and behind them one copy for every beginning of a forbidden sequence but the empty one. */
function nodesWithCopies(network: RoadNetwork, rules: TurnRules): Nodes {
  const nodeCount = network.nodeCount + rules.count - 1;
  const nodeOf = sharedUint32(nodeCount);
  for (let node = 0; node < network.nodeCount; node++) nodeOf[node] = node;
  for (let at = 1; at < rules.count; at++) nodeOf[network.nodeCount + at - 1] = headOf(network, rules.step[at]);
  const directedHead = sharedUint32(2 * network.segmentCount);
  for (let directed = 0; directed < directedHead.length; directed++) {
    const at = rules.longer(ROOT, directed);
    directedHead[directed] = at === ROOT ? headOf(network, directed) : network.nodeCount + at - 1;
  }
  return { nodeCount, nodeOf, directedHead };
}

/** From every node the open segments that begin there, each to the copy that remembers what the drive has begun. */
function drawArcs(
  { nodeCount, nodeOf, directedHead }: Nodes,
  ends: RoadEnds,
  rules: TurnRules,
  directedMs: Uint32Array,
): Arcs {
  const { firstOut, out } = ends;
  const automaton = new TurnAutomaton(rules);
  const networkNodeCount = nodeCount - (rules.count - 1);
  let room = 0;
  for (const node of nodeOf) room += firstOut[node + 1] - firstOut[node];
  const heads = new Uint32Array(room);
  const driven = new Uint32Array(room);
  const firstArc = sharedUint32(nodeCount + 1);
  let arcCount = 0;
  for (let node = 0; node < nodeCount; node++) {
    const state = node < networkNodeCount ? ROOT : node - networkNodeCount + 1;
    for (let i = firstOut[nodeOf[node]], end = firstOut[nodeOf[node] + 1]; i < end; i++) {
      const directed = out[i];
      if (directedMs[directed] === CLOSED) continue;
      const next = automaton.next(state, directed);
      if (next === FORBIDDEN) continue;
      // where nothing forbidden has begun, that is the network's own node
      heads[arcCount] = next === ROOT ? directedHead[directed] : networkNodeCount + next - 1;
      driven[arcCount++] = directed;
    }
    firstArc[node + 1] = arcCount;
  }
  const arcHead = sharedUint32(arcCount);
  const arcDirected = sharedUint32(arcCount);
  const arcMs = sharedUint32(arcCount);
  arcHead.set(heads.subarray(0, arcCount));
  arcDirected.set(driven.subarray(0, arcCount));
  for (let arc = 0; arc < arcCount; arc++) arcMs[arc] = directedMs[arcDirected[arc]];
  return { firstArc, arcHead, arcMs, arcDirected };
}

/** The arcs' tails in order of the directed segment they drive. */
function tailsOfDirected(nodeCount: number, { firstArc, arcDirected }: Arcs, directedCount: number): Tails {
  const firstTail = sharedUint32(directedCount + 1);
  for (const directed of arcDirected) firstTail[directed + 1]++;
  for (let directed = 0; directed < directedCount; directed++) firstTail[directed + 1] += firstTail[directed];
  const tails = sharedUint32(arcDirected.length);
  const next = firstTail.slice(0, directedCount);
  for (let node = 0; node < nodeCount; node++) {
    for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) tails[next[arcDirected[arc]]++] = node;
  }
  return { firstTail, tails };
}
