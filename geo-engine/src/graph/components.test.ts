import { describe, expect, it } from 'vitest';
import { createRandom, pick } from '../../test/random.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import { standardProfiles } from '../roads/standard-profiles.js';
import { buildGraph } from './build-graph.js';
import { type ArcRows, stronglyConnected } from './components.js';

/** Arcs as pairs of nodes, in compressed sparse rows. */
function rows(nodeCount: number, arcs: readonly (readonly [from: number, to: number])[]): ArcRows {
  const sorted = [...arcs].sort(([a], [b]) => a - b);
  const firstArc = Uint32Array.from(
    { length: nodeCount + 1 },
    (_, node) => sorted.filter(([from]) => from < node).length,
  );
  return { nodeCount, firstArc, arcHead: Uint32Array.from(sorted, ([, to]) => to) };
}

/** Components by their meaning: who reaches each other, from every node by itself. */
function byReachability({ nodeCount, firstArc, arcHead }: ArcRows): { component: number[]; componentSize: number[] } {
  const reached = Array.from({ length: nodeCount }, (_, from) => {
    const seen = new Set([from]);
    for (const node of seen) for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) seen.add(arcHead[arc]);
    return seen;
  });
  const members = reached.map((seen, from) => [...seen].filter((to) => reached[to].has(from)).sort((a, b) => a - b));
  const distinct = members
    .filter(([lowest], node) => lowest === node)
    .sort((a, b) => b.length - a.length || a[0] - b[0]);
  return {
    component: members.map(([lowest]) => distinct.findIndex(([first]) => first === lowest)),
    componentSize: distinct.map(({ length }) => length),
  };
}

describe('stronglyConnected', () => {
  it('G44 numbers by size, ties by lowest node', () => {
    //  0 ⇄ 1 → 2 ⇄ 3     4     5 → 6 → 7 → 5
    const arcs = ['01', '10', '12', '23', '32', '56', '67', '75'].map(
      ([from, to]) => [Number(from), Number(to)] as const,
    );
    const found = stronglyConnected(rows(8, arcs));
    expect([...found.component]).toEqual([1, 1, 2, 2, 3, 0, 0, 0]);
    expect([...found.componentSize]).toEqual([3, 2, 2, 1]);
  });

  it('G44 equals reachability from every node, on random graphs', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = createRandom(seed);
      const nodeCount = Math.floor(random() * 30);
      const arcCount = nodeCount * pick(random, [0, 0.7, 1, 1.3, 2, 4]);
      const graph = rows(
        nodeCount,
        Array.from({ length: arcCount }, () => [Math.floor(random() * nodeCount), Math.floor(random() * nodeCount)]),
      );
      const { component, componentSize } = stronglyConnected(graph);
      expect({ component: [...component], componentSize: [...componentSize] }, `seed ${seed}`).toEqual(
        byReachability(graph),
      );
    }
  });

  it.each(ROAD_SHAPES)('G44 equals reachability from every node, on roads: %s', (shape) => {
    for (const seed of [1, 2, 3, 4]) {
      const graph = buildGraph(createRoadWorld(seed, shape), standardProfiles[0]);
      const { component, componentSize } = byReachability(graph);
      expect([...graph.component], `${shape}, seed ${seed}`).toEqual(component);
      expect([...graph.componentSize], `${shape}, seed ${seed}`).toEqual(componentSize);
    }
  });

  it('G44 a chain longer than any stack of calls', () => {
    const nodeCount = 300_000;
    const isRing = (last: number) => {
      const firstArc = Uint32Array.from({ length: nodeCount + 1 }, (_, node) => node);
      const arcHead = Uint32Array.from({ length: nodeCount }, (_, node) => (node + 1 < nodeCount ? node + 1 : last));
      return stronglyConnected({ nodeCount, firstArc, arcHead }).componentSize;
    };
    expect([...isRing(0)]).toEqual([nodeCount]);
    expect(isRing(nodeCount - 1)).toHaveLength(nodeCount);
  });
});
