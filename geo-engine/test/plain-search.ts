import type { RoadGraph } from '../src/graph/road-graph.js';
import { BoundQueue } from '../src/live-index/bound-queue.js';
import { type DriveStart, NEVER, type OracleTimes } from './road-oracle.js';

/** Plain Dijkstra over the nodes of a graph, which knows nothing of restrictions, with the answers of the oracle. */
export function searchGraph(graph: RoadGraph, start: DriveStart): OracleTimes {
  const bestMs = new Float64Array(graph.nodeCount).fill(NEVER);
  const arcTo = new Int32Array(graph.nodeCount).fill(-1);
  const tailOfArc = new Uint32Array(graph.arcHead.length);
  const queue = new BoundQueue();
  const reach = (node: number, ms: number, arc: number) => {
    if (ms >= bestMs[node]) return;
    bestMs[node] = ms;
    arcTo[node] = arc;
    queue.push(node, ms);
  };
  if ('node' in start) reach(start.node, 0, -1);
  else reach(graph.directedHead[start.directed], start.restMs, -1);
  while (queue.length > 0) {
    const atMs = queue.peekBound();
    const node = queue.pop();
    if (atMs > bestMs[node]) continue;
    for (let arc = graph.firstArc[node]; arc < graph.firstArc[node + 1]; arc++) {
      tailOfArc[arc] = node;
      reach(graph.arcHead[arc], atMs + graph.arcMs[arc], arc);
    }
  }
  /** Of the nodes from which a directed segment can be entered, the first to be reached; -1 when it is closed. */
  const entry = (directed: number) => {
    let first = -1;
    for (const tail of graph.tails.subarray(graph.firstTail[directed], graph.firstTail[directed + 1])) {
      if (first < 0 || bestMs[tail] < bestMs[first]) first = tail;
    }
    return first;
  };
  const nodeMs = new Float64Array(graph.networkNodeCount).fill(NEVER);
  bestMs.forEach((ms, node) => {
    nodeMs[graph.nodeOf[node]] = Math.min(nodeMs[graph.nodeOf[node]], ms);
  });
  return {
    drivenMs: Float64Array.from(graph.directedMs, (ms, d) => (entry(d) < 0 ? NEVER : bestMs[entry(d)] + ms)),
    nodeMs,
    drive: (directed) => {
      const backwards = [directed];
      for (let node = entry(directed); arcTo[node] !== -1; node = tailOfArc[arcTo[node]]) {
        backwards.push(graph.arcDirected[arcTo[node]]);
      }
      return backwards.reverse();
    },
  };
}
