import { describe, expect, it } from 'vitest';
import { ACCESS, buildGraph, standardProfiles } from '../../geo-engine/src/index.js';
import { createLargeRoadWorld } from './large-road-world.js';

const POINTS = 40_000;

describe('createLargeRoadWorld', () => {
  it('is the same for the same seed and another for another', () => {
    const id = (seed: number) => createLargeRoadWorld(seed, POINTS).info.id;
    expect(id(7)).toBe(id(7));
    expect(id(8)).not.toBe(id(7));
  });

  it.each(['bends', 'nodes'] as const)('has the proportions of a country, with %s between junctions', (between) => {
    const network = createLargeRoadWorld(1, POINTS, between);
    const { counts } = network.info;
    const bends = counts.points - 2 * counts.segments;
    // a junction whose streets are all missing is no point of a road
    expect(counts.nodes + bends).toBeGreaterThan(0.999 * POINTS);
    expect(counts.nodes + bends).toBeLessThanOrEqual(POINTS);
    const stretches = counts.points - counts.segments;
    expect(stretches / POINTS).toBeGreaterThan(1.015);
    expect(stretches / POINTS).toBeLessThan(1.035);
    expect(counts.nodes / POINTS).toSatisfy((share: number) => (between === 'nodes' ? share > 0.999 : share < 0.3));
    const isOneway = (access: number) => (access & 0xf) === ACCESS.contraflow || access >> 4 === ACCESS.contraflow;
    const oneways = network.segmentAccess.filter(isOneway).length / counts.segments;
    expect(oneways).toBeGreaterThan(0.07);
    expect(oneways).toBeLessThan(0.16);
    expect(counts.restrictions).toBeGreaterThan(0.003 * POINTS);
    // nearly all of it can be driven from everywhere to everywhere
    const graph = buildGraph(network, standardProfiles[0]!);
    expect(graph.componentSize[0]! / graph.networkNodeCount).toBeGreaterThan(0.9);
  });
});
