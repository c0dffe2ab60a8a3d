import { describe, expect, it } from 'vitest';
import { searchGraph } from '../../test/plain-search.js';
import { createRandom } from '../../test/random.js';
import { createRandomGraph, GRAPH_SHAPES } from '../../test/random-graphs.js';
import { type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';
import { contractGraph } from './contract.js';
import { NearestSweep, NO_SOURCE } from './nearest-sweep.js';
import { PathSearch } from './path-search.js';
import { ReachSearch } from './reach-search.js';
import { SeedLists } from './seeds.js';
import { TableSearch } from './table-search.js';
import { TargetTimes } from './target-times.js';

/** Graphs a shape; ROADS_GRAPHS=400 takes some minutes and compares more than a hundred thousand pairs. */
const GRAPHS = Number(process.env.ROADS_GRAPHS ?? 12);
const SEEDS = Array.from({ length: GRAPHS }, (_, i) => i + 1);
const CASES = GRAPH_SHAPES.flatMap((shape) => SEEDS.map((seed) => [shape, seed] as const));
const PLACES = 12;

describe('searches on a hierarchy', () => {
  it.each(CASES)(
    'G49 G50 one to one: the time of plain Dijkstra, and a drive that takes it (%s, seed %d)',
    (shape, seed) => {
      const graph = createRandomGraph(seed, shape);
      const { sources, targets } = createPlaces(seed, graph);
      const search = new PathSearch(contractGraph(graph));
      for (let s = 0; s < sources.count; s++) {
        const plain = plainMs(graph, sources, s);
        for (let t = 0; t < targets.count; t++) {
          const ms = search.timeMs(sources, s, targets, t);
          expect(ms, `from ${s} to ${t}`).toBe(leastMs(plain, targets, t));
          if (ms === UNREACHABLE_MS) continue;
          // each directed segment is one arc here, so the drive can be followed node by node
          let node = sources.node[search.sourceSeed];
          let drivenMs = sources.ms[search.sourceSeed] + targets.ms[search.targetSeed];
          for (const arc of search.path()) {
            expect(graph.tails[arc], `drive from ${s} to ${t} is broken`).toBe(node);
            node = graph.arcHead[arc];
            drivenMs += graph.arcMs[arc];
          }
          expect(node).toBe(targets.node[search.targetSeed]);
          expect(drivenMs).toBe(ms);
        }
      }
    },
  );

  it.each(CASES)(
    'G51 a table holds what single questions answer, whichever side is longer (%s, seed %d)',
    (shape, seed) => {
      const graph = createRandomGraph(seed, shape);
      const { sources, targets } = createPlaces(seed, graph);
      const search = new TableSearch(contractGraph(graph));
      const few = new SeedLists().setNodes([targets.node[0]]);
      for (const [from, to] of [
        [sources, targets],
        [sources, few],
        [few, targets],
      ]) {
        const table = new Uint32Array(from.count * to.count);
        search.tableInto(from, to, table);
        for (let s = 0; s < from.count; s++) {
          const plain = plainMs(graph, from, s);
          for (let t = 0; t < to.count; t++)
            expect(table[s * to.count + t], `from ${s} to ${t}`).toBe(leastMs(plain, to, t));
        }
      }
    },
  );

  it.each(CASES)(
    'G111 times to one target, in whatever order they are asked for, are those of plain Dijkstra (%s, seed %d)',
    (shape, seed) => {
      const graph = createRandomGraph(seed, shape);
      const { sources, targets } = createPlaces(seed, graph);
      const times = new TargetTimes(contractGraph(graph));
      const plain = Array.from({ length: sources.count }, (_, s) => plainMs(graph, sources, s));
      for (let t = 0; t < targets.count; t++) {
        times.begin(targets, t);
        for (let s = 0; s < sources.count; s++) {
          let ms = UNREACHABLE_MS;
          for (let seed = sources.first[s]; seed < sources.first[s + 1]; seed++)
            ms = Math.min(ms, sources.ms[seed] + times.fromNode(sources.node[seed]));
          expect(ms, `from ${s} to ${t}`).toBe(leastMs(plain[s], targets, t));
        }
      }
    },
  );

  it.each([1, 2, 3, 8, 9, 10, 11, 16, 19])('G51 however many are carried down at once (%d places)', (few) => {
    const graph = createRandomGraph(few, 'grid', 400);
    const random = createRandom(few);
    const places = (count: number) =>
      new SeedLists().setNodes(Array.from({ length: count }, () => Math.floor(random() * graph.nodeCount)));
    const [shorter, longer] = [places(few), places(few + 5)];
    const search = new TableSearch(contractGraph(graph));
    for (const [from, to] of [
      [shorter, longer],
      [longer, shorter],
    ]) {
      const table = new Uint32Array(from.count * to.count);
      search.tableInto(from, to, table);
      for (let s = 0; s < from.count; s++) {
        const plain = plainMs(graph, from, s);
        const wanted = Array.from({ length: to.count }, (_, t) => leastMs(plain, to, t));
        expect([...table.subarray(s * to.count, (s + 1) * to.count)], `from ${s}`).toEqual(wanted);
      }
    }
  });

  it.each(CASES)(
    'G52 the k nearest sources of every node are those of k Dijkstras, ties by number (%s, seed %d)',
    (shape, seed) => {
      const graph = createRandomGraph(seed, shape);
      const { sources } = createPlaces(seed, graph);
      const hierarchy = contractGraph(graph);
      const plain = Array.from({ length: sources.count }, (_, s) => plainMs(graph, sources, s));
      for (const k of [1, 2, 3, 16]) {
        const sweep = new NearestSweep(hierarchy, k);
        sweep.sweep(sources);
        for (let node = 0; node < graph.nodeCount; node++) {
          const wanted = plain
            .map((times, source) => [Math.min(times[node], UNREACHABLE_MS), source])
            .filter(([ms]) => ms < UNREACHABLE_MS)
            .sort(([a, i], [b, j]) => a - b || i - j)
            .slice(0, k);
          const found = Array.from({ length: k }, (_, i) => [sweep.timeMs(node, i), sweep.source(node, i)]);
          while (wanted.length < k) wanted.push([UNREACHABLE_MS, NO_SOURCE]);
          expect(found, `k ${k}, node ${node}`).toEqual(wanted);
        }
      }
    },
  );

  it.each(CASES)(
    'G53 what is reached within a time is what Dijkstra reaches, nearest first (%s, seed %d)',
    (shape, seed) => {
      const graph = createRandomGraph(seed, shape);
      const { sources } = createPlaces(seed, graph);
      const limits = [0, 60, 400, UNREACHABLE_MS - 1];
      const from = new ReachSearch(graph, 'from');
      const to = new ReachSearch(turnedRound(graph), 'to'); // turned round twice, it is the same
      for (let s = 0; s < sources.count; s++) {
        const plain = plainMs(graph, sources, s);
        for (const limitMs of limits) {
          const wanted = plain.flatMap((ms, node) => (ms <= limitMs ? [[node, ms]] : [])).sort(byTimeThenNode);
          for (const search of [from, to]) {
            const count = search.reach(sources, s, limitMs);
            const found = Array.from(search.node.subarray(0, count), (node) => [node, search.timeMs(node)]);
            expect(
              found.every(([, ms], i) => i === 0 || found[i - 1][1] <= ms),
              'nearest first',
            ).toBe(true);
            expect(found.sort(byTimeThenNode), `from ${s} within ${limitMs}`).toEqual(wanted);
          }
        }
      }
    },
  );

  it('G49 a place without a seed is reached from nowhere', () => {
    const graph = createRandomGraph(1, 'grid');
    const nowhere = new SeedLists();
    nowhere.begin();
    const somewhere = new SeedLists().setNodes([0]);
    const hierarchy = contractGraph(graph);
    const search = new PathSearch(hierarchy);
    expect(search.timeMs(nowhere, 0, somewhere, 0)).toBe(UNREACHABLE_MS);
    expect(search.timeMs(somewhere, 0, nowhere, 0)).toBe(UNREACHABLE_MS);
    expect(search.path().length).toBe(0);
    const cell = new Uint32Array(1);
    new TableSearch(hierarchy).tableInto(nowhere, somewhere, cell);
    expect(cell[0]).toBe(UNREACHABLE_MS);
  });
});

/** Places of up to three seeds each, some far into a segment. */
function createPlaces(seed: number, { nodeCount }: RoadGraph): { sources: SeedLists; targets: SeedLists } {
  const random = createRandom(seed + 1000);
  const create = () => {
    const lists = new SeedLists();
    for (let i = 0; i < PLACES; i++) {
      lists.begin();
      for (let seeds = 1 + Math.floor(random() * 3); seeds > 0; seeds--)
        lists.add(Math.floor(random() * nodeCount), Math.floor(random() * 80));
    }
    return lists;
  };
  return { sources: create(), targets: create() };
}

/** Times from a list's seeds to all nodes, by one Dijkstra a seed. */
function plainMs(graph: RoadGraph, seeds: SeedLists, list: number): number[] {
  const best = new Array<number>(graph.nodeCount).fill(Number.POSITIVE_INFINITY);
  for (let seed = seeds.first[list]; seed < seeds.first[list + 1]; seed++) {
    const { nodeMs } = searchGraph(graph, { node: seeds.node[seed] });
    for (let node = 0; node < best.length; node++) best[node] = Math.min(best[node], nodeMs[node] + seeds.ms[seed]);
  }
  return best;
}

/** Time to the best seed of a list; what 32 bits cannot hold counts as unreachable. */
function leastMs(plain: readonly number[], seeds: SeedLists, list: number): number {
  let best = UNREACHABLE_MS;
  for (let seed = seeds.first[list]; seed < seeds.first[list + 1]; seed++)
    best = Math.min(best, plain[seeds.node[seed]] + seeds.ms[seed]);
  return best;
}

function turnedRound(graph: RoadGraph): RoadGraph {
  const arcs = Array.from(graph.arcHead, (head, arc) => ({ from: head, to: graph.tails[arc], ms: graph.arcMs[arc] }));
  arcs.sort((a, b) => a.from - b.from);
  const firstArc = new Uint32Array(graph.nodeCount + 1);
  for (const { from } of arcs) firstArc[from + 1]++;
  for (let node = 0; node < graph.nodeCount; node++) firstArc[node + 1] += firstArc[node];
  return {
    ...graph,
    firstArc,
    arcHead: Uint32Array.from(arcs, ({ to }) => to),
    arcMs: Uint32Array.from(arcs, ({ ms }) => ms),
  };
}

function byTimeThenNode([nodeA, msA]: number[], [nodeB, msB]: number[]): number {
  return msA - msB || nodeA - nodeB;
}
