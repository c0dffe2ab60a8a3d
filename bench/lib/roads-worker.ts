/**
 * Makes an invented country and prepares its roads for one profile, in a process of its own, so that time and memory are those of the
 * preparation and of nothing else. Started by name; answers one order.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildGraph,
  CLOSED,
  contractGraph,
  contractionOrder,
  standardProfiles,
  writeHierarchy,
  writeNetwork,
} from '../../geo-engine/src/index.js';
import { type Between, createLargeRoadWorld } from './large-road-world.js';

export interface PrepareOrder {
  /** Where network.bin and hierarchy.bin go. */
  readonly dir: string;
  readonly seed: number;
  readonly points: number;
  readonly between: Between;
  readonly profile: string;
}

export interface Prepared {
  /** Of the network, and what turn restrictions add to them. */
  readonly nodes: number;
  readonly copies: number;
  readonly arcs: number;
  readonly oneWayShare: number;
  readonly restrictions: number;
  /** Elapsed: the graph from the network, the hierarchy from the graph, and writing both. */
  readonly graphS: number;
  readonly contractS: number;
  readonly writeS: number;
  /** The hierarchy again after one road in fifty was closed, in the order of the first: what a live closure costs. */
  readonly againS: number;
  /** CPU time of the three together. */
  readonly cpuS: number;
  /** Largest resident size of the process: when the network stood, and at the end. */
  readonly networkPeakBytes: number;
  readonly peakBytes: number;
}

process.once('message', (order: PrepareOrder) => {
  const network = createLargeRoadWorld(order.seed, order.points, order.between);
  writeNetwork(path.join(order.dir, 'network.bin'), network);
  const profile = standardProfiles.find(({ code }) => code === order.profile)!;
  const networkPeakBytes = peakResidentBytes();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const graph = buildGraph(network, profile);
  const built = performance.now();
  const hierarchy = contractGraph(graph);
  const contracted = performance.now();
  writeHierarchy(path.join(order.dir, 'hierarchy.bin'), { graph, hierarchy }, profile);
  const written = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const peakBytes = peakResidentBytes();
  const closed = Uint32Array.from({ length: Math.floor(network.segmentCount / 50) }, (_, i) => 100 * i);
  const closing = performance.now();
  const graphThen = buildGraph(network, profile, { directed: closed, speedShare: new Float64Array(closed.length) });
  contractGraph(graphThen, { order: contractionOrder(hierarchy) });
  const againS = (performance.now() - closing) / 1000;
  const { segmentCount } = network;
  let oneWay = 0;
  for (let segment = 0; segment < segmentCount; segment++) {
    const [there, back] = [graph.directedMs[2 * segment]!, graph.directedMs[2 * segment + 1]!];
    if ((there === CLOSED) !== (back === CLOSED)) oneWay++;
  }
  process.send!({
    nodes: network.nodeCount,
    copies: graph.nodeCount - network.nodeCount,
    arcs: graph.arcHead.length,
    oneWayShare: oneWay / segmentCount,
    restrictions: network.restrictionCount,
    graphS: (built - begun) / 1000,
    contractS: (contracted - built) / 1000,
    writeS: (written - contracted) / 1000,
    againS,
    cpuS: (user + system) / 1e6,
    networkPeakBytes,
    peakBytes,
  } satisfies Prepared);
});

/** VmHWM of the operating system. */
function peakResidentBytes(): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
}
