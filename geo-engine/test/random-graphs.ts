import type { RoadGraph } from '../src/graph/road-graph.js';
import { createRandom, pick } from './random.js';

interface Arc {
  readonly from: number;
  readonly to: number;
  readonly ms: number;
}

/** Arcs between n nodes, none of them special: what a search must cope with whatever a map looks like. */
const SHAPES: Readonly<Record<string, (random: () => number, n: number) => Arc[]>> = {
  /** Streets with one-ways among them. */
  grid(random, n) {
    const width = Math.max(2, Math.round(Math.sqrt(n)));
    const arcs: Arc[] = [];
    for (let node = 0; node < n; node++) {
      for (const to of [(node + 1) % width === 0 ? n : node + 1, node + width])
        if (to < n) arcs.push(...road(random, node, to, 0.3));
    }
    return arcs;
  },
  /** Anything with anything, islands too. */
  tangle: (random, n) => Array.from({ length: 2 * n }, () => arc(random, below(random, n), below(random, n))),
  /** Dead ends only. */
  tree(random, n) {
    return Array.from({ length: n - 1 }, (_, i) => road(random, i + 1, below(random, i + 1), 0.1)).flat();
  },
  /** One way round, with a few roads across. */
  ring(random, n) {
    const arcs = Array.from({ length: n }, (_, node) => arc(random, node, (node + 1) % n));
    for (let i = 0; i < n / 8; i++) arcs.push(...road(random, below(random, n), below(random, n), 0.5));
    return arcs;
  },
  /** Everybody passes one node. */
  star: (random, n) => Array.from({ length: n - 1 }, (_, i) => road(random, 0, i + 1, 0.4)).flat(),
  /** All roads take equally long, so that ties are everywhere. */
  ties: (random, n) => SHAPES.grid(random, n).map((one) => ({ ...one, ms: 1 })),
  /** Several arcs between the same nodes, and from nodes to themselves. */
  parallel(random, n) {
    return SHAPES.grid(random, n).flatMap((one) => [
      one,
      { ...one, ms: 1 + below(random, 50) },
      { ...one, to: one.from },
    ]);
  },
  /** Times so long that sums come near what 32 bits hold. */
  long: (random, n) => SHAPES.ring(random, n).map((one) => ({ ...one, ms: one.ms * 20_000_000 })),
  lonely: () => [],
};
export const GRAPH_SHAPES = Object.keys(SHAPES);

/** A graph of up to `most` nodes, the same for the same seed and shape; arcs are numbered as directed segments in their order. */
export function createRandomGraph(seed: number, shape: string, most = 120): RoadGraph {
  const random = createRandom(seed);
  const nodeCount = 2 + below(random, most - 1);
  const arcs = SHAPES[shape](random, nodeCount).sort((a, b) => a.from - b.from);
  const firstArc = new Uint32Array(nodeCount + 1);
  for (const { from } of arcs) firstArc[from + 1]++;
  for (let node = 0; node < nodeCount; node++) firstArc[node + 1] += firstArc[node];
  const arcMs = Uint32Array.from(arcs, ({ ms }) => ms);
  return {
    profile: 'random',
    networkId: `${shape} ${seed}`,
    nodeCount,
    networkNodeCount: nodeCount,
    nodeOf: Uint32Array.from({ length: nodeCount }, (_, node) => node),
    firstArc,
    arcHead: Uint32Array.from(arcs, ({ to }) => to),
    arcMs,
    arcDirected: Uint32Array.from(arcs, (_, i) => i),
    directedMs: arcMs,
    directedHead: Uint32Array.from(arcs, ({ to }) => to),
    firstTail: Uint32Array.from({ length: arcs.length + 1 }, (_, i) => i),
    tails: Uint32Array.from(arcs, ({ from }) => from),
    component: new Uint32Array(nodeCount), // not looked at by searches
    componentSize: Uint32Array.of(nodeCount),
  };
}

function below(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

function arc(random: () => number, from: number, to: number): Arc {
  return { from, to, ms: 1 + below(random, 100) };
}

/** Both ways, or with some chance one. */
function road(random: () => number, a: number, b: number, oneWay: number): Arc[] {
  const there = arc(random, a, b);
  if (random() < oneWay) return [pick(random, [there, { ...there, from: b, to: a }])];
  return [there, arc(random, b, a)];
}
