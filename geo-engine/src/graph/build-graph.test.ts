import { describe, expect, it } from 'vitest';
import { type DrawnRoads, drawRoads, STEADY, STEADY_EMERGENCY } from '../../test/drawn-roads.js';
import { searchGraph } from '../../test/plain-search.js';
import { NEVER } from '../../test/road-oracle.js';
import { createRoadWorld, ROAD_SHAPES } from '../../test/road-worlds.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { buildGraph } from './build-graph.js';
import { headOf, tailOf } from './road-ends.js';
import { CLOSED } from './road-graph.js';
import type { SpeedOverlay } from './speed-overlay.js';

/** With lights and siren, but heeding turns: those from which emergency vehicles are excepted are free, the others are not. */
const HEEDS_TURNS: VehicleProfile = {
  ...STEADY_EMERGENCY,
  emergency: { ...STEADY_EMERGENCY.emergency!, forbiddenTurns: false },
};

/** Fastest drive from the end of one road onto the end of another, by letters, and its time without the first road. */
function fastest(
  roads: DrawnRoads,
  from: string,
  to: string,
  profile = STEADY,
  overlay?: SpeedOverlay,
): string | undefined {
  const graph = buildGraph(roads.network, profile, overlay);
  const { drivenMs, drive } = searchGraph(graph, { directed: roads.directed(from), restMs: 0 });
  const directed = roads.directed(to);
  if (drivenMs[directed] === NEVER) return undefined;
  return `${roads.letters([roads.directed(from), ...drive(directed)])} ${drivenMs[directed]}`;
}

function closed(roads: DrawnRoads, ...names: string[]): SpeedOverlay {
  return { directed: Uint32Array.from(names, roads.directed), speedShare: new Float64Array(names.length) };
}

describe('buildGraph, drawn', () => {
  //      C
  //      |
  //  A - B - D      100 m each, 100 ms a metre
  const crossing = ['AB 100', 'BC 100', 'BD 100'];

  it('G37 no_left_turn holds for who comes by the one road, and not at the start on the node', () => {
    const roads = drawRoads(...crossing, 'no ABC');
    expect(fastest(roads, 'AB', 'BD')).toBe('ABD 10000');
    expect(fastest(roads, 'AB', 'BC')).toBe('ABDBC 30000');
    expect(fastest(roads, 'DB', 'BC')).toBe('DBC 10000');
    expect(searchGraph(buildGraph(roads.network, STEADY), { node: roads.node('B') }).nodeMs[roads.node('C')]).toBe(
      10_000,
    );
  });

  it('G37 only_straight_on forbids every other road, the way back too', () => {
    const roads = drawRoads(...crossing, 'only ABD');
    expect(fastest(roads, 'AB', 'BD')).toBe('ABD 10000');
    expect(fastest(roads, 'AB', 'BC')).toBe('ABDBC 30000');
    expect(fastest(roads, 'AB', 'BA')).toBe('ABDBA 30000');
    expect(fastest(roads, 'CB', 'BA')).toBe('CBA 10000');
  });

  it('G37 several only_* with one beginning leave all of their ends', () => {
    const roads = drawRoads(...crossing, 'BE 100', 'only ABC', 'only ABD');
    expect(fastest(roads, 'AB', 'BC')).toBe('ABC 10000');
    expect(fastest(roads, 'AB', 'BD')).toBe('ABD 10000');
    expect(fastest(roads, 'AB', 'BE')).toBe('ABCBE 30000');
    expect(fastest(roads, 'AB', 'BA')).toBe('ABCBA 30000');
  });

  //  A       D
  //   \     /
  //    B - C
  //   /     \
  //  X       E      100 m each
  const viaRoad = ['AB 100', 'XB 100', 'BC 100', 'CD 100', 'CE 100'];

  it('G37 a way as via: forbidden is the whole sequence, from where it begins', () => {
    const roads = drawRoads(...viaRoad, 'no ABCD');
    expect(fastest(roads, 'AB', 'CE')).toBe('ABCE 20000');
    expect(fastest(roads, 'XB', 'CD')).toBe('XBCD 20000');
    expect(fastest(roads, 'BC', 'CD')).toBe('BCD 10000');
    // who turns in E has come to C by another road
    expect(fastest(roads, 'AB', 'CD')).toBe('ABCECD 40000');
  });

  it('G37 only_* over a way: who leaves it before its end is free', () => {
    const roads = drawRoads(...viaRoad, 'only ABCD');
    expect(fastest(roads, 'AB', 'BX')).toBe('ABX 10000');
    expect(fastest(roads, 'AB', 'CE')).toBe('ABCDCE 40000');
    expect(fastest(roads, 'XB', 'CE')).toBe('XBCE 20000');
  });

  it('G37 restrictions that overlap all hold', () => {
    const roads = drawRoads(...viaRoad, 'no ABCD', 'no BCE', 'no XBCB', 'no ABCD');
    expect(fastest(roads, 'AB', 'CD')).toBe('ABCBCD 40000');
    expect(fastest(roads, 'AB', 'CE')).toBe('ABCBCDCE 60000');
    expect(fastest(roads, 'XB', 'CE')).toBe('XBCDCE 40000');
  });

  it('G37 a sequence may pass a loop and a node twice', () => {
    //  A - B - C, and a one-way loop of 50 m from B to B
    const roads = drawRoads('AB 100', 'BC 100', 'B>B 50', 'no ABC', 'no ABBC');
    expect(fastest(roads, 'AB', 'BC')).toBe('ABBBC 20000');
  });

  it('G38 what cannot be driven forbids nothing: an only_* onto a closed road, or past a barrier', () => {
    const roads = drawRoads(...crossing, 'only ABD');
    expect(fastest(roads, 'AB', 'BC', STEADY, closed(roads, 'BD'))).toBe('ABC 10000');
    expect(fastest(roads, 'AB', 'BC', STEADY, closed(roads, 'DB'))).toBeUndefined();
    const oneway = drawRoads('AB 100', 'BC 100', 'D>B 100', 'only ABD');
    expect(fastest(oneway, 'AB', 'BC')).toBe('ABC 10000');
    const past = drawRoads(...crossing, 'only ABD', 'closed B');
    expect(fastest(past, 'AB', 'BA')).toBe('ABA 10000');
    expect(fastest(past, 'AB', 'BD')).toBeUndefined();
  });

  it('G39 emergency vehicles are excepted where the sign or their right says so', () => {
    const roads = drawRoads(...crossing, 'no ABC', 'no ABD!');
    expect(fastest(roads, 'AB', 'BC', STEADY)).toBeUndefined();
    expect(fastest(roads, 'AB', 'BC', HEEDS_TURNS)).toBe('ABDBC 30000');
    expect(fastest(roads, 'AB', 'BC', STEADY_EMERGENCY)).toBe('ABC 10000');
  });

  it('G40 turning round costs nothing, unless it is forbidden', () => {
    expect(fastest(drawRoads(...crossing), 'AB', 'BA')).toBe('ABA 10000');
    expect(fastest(drawRoads(...crossing, 'no ABA'), 'AB', 'BA')).toBe('ABCBA 30000');
  });

  it('G41 a barrier is reached from every side and passed by nobody whom it stops', () => {
    //  A - B - C      with a gate at B, and A - D - C around it
    const gate = drawRoads('AB 100', 'BC 100', 'AD 400', 'DC 400', 'gate B');
    expect(fastest(gate, 'AB', 'BC')).toBe('ABADCBC 110000');
    expect(fastest(gate, 'AB', 'BC', STEADY_EMERGENCY)).toBe('ABC 10000');
    expect(searchGraph(buildGraph(gate.network, STEADY), { node: gate.node('B') }).nodeMs[gate.node('C')]).toBe(10_000);
    const wall = drawRoads('AB 100', 'BC 100', 'closed B');
    expect(fastest(wall, 'AB', 'BC', STEADY_EMERGENCY)).toBeUndefined();
    expect(fastest(wall, 'AB', 'BA', STEADY_EMERGENCY)).toBe('ABA 10000');
  });

  it('G41 a barrier stops a loop at both of its ends', () => {
    const roads = drawRoads('AB 100', 'BB 50', 'closed B');
    expect(fastest(roads, 'AB', 'BB')).toBeUndefined();
    expect(fastest(roads, 'BB', 'BA')).toBeUndefined();
    expect(fastest(roads, 'BB', 'BB')).toBe('BBBB 10000');
  });
});

describe('the arrays of a graph', () => {
  it("G35 times are the profile's, and today's are never shorter", () => {
    const roads = drawRoads('A>B 100', 'BC 100', 'CD 100', 'DE 90000');
    const [ab, ba, bc, cd, de] = ['AB', 'BA', 'BC', 'CD', 'DE'].map(roads.directed);
    const msOf = (profile: VehicleProfile, overlay?: SpeedOverlay) =>
      buildGraph(roads.network, profile, overlay).directedMs;
    expect([...msOf(STEADY)].slice(0, 4)).toEqual([10_000, CLOSED, 10_000, 10_000]);
    expect(msOf(STEADY_EMERGENCY)[ba]).toBe(20_000);
    // the least share of several counts, what takes over a day is closed, and closed stays closed
    const overlay = (directed: number[], speedShare: number[]) => ({
      directed: Uint32Array.from(directed),
      speedShare: Float64Array.from(speedShare),
    });
    const today = msOf(STEADY, overlay([ab, bc, bc, cd, de, ba], [1, 0.3, 0.5, 0, 0.1, 0.5]));
    expect([ab, bc, cd, de, ba].map((d) => today[d])).toEqual([10_000, 33_333, CLOSED, CLOSED, CLOSED]);
    expect(today[bc + 1]).toBe(10_000);
    for (const share of [-0.1, 1.01, Number.NaN])
      expect(() => msOf(STEADY, overlay([ab], [share]))).toThrow(RangeError);
    expect(() => msOf(STEADY, overlay([8], [0.5]))).toThrow(RangeError);
  });

  it('G42 one copy for each beginning of a forbidden sequence, however many share it', () => {
    const viaRoad = ['AB 100', 'XB 100', 'BC 100', 'CD 100', 'CE 100'];
    const copies = (...lines: string[]) => {
      const graph = buildGraph(drawRoads(...viaRoad, ...lines).network, STEADY);
      return graph.nodeCount - graph.networkNodeCount;
    };
    expect(copies()).toBe(0);
    expect(copies('no ABX')).toBe(1);
    expect(copies('no ABX', 'no ABC', 'only XBC')).toBe(2);
    expect(copies('no ABCD')).toBe(2);
    expect(copies('no ABCD', 'no ABCE', 'no ABX', 'no BCB')).toBe(3);
    expect(copies('closed B')).toBe(3);
  });

  it.each(ROAD_SHAPES)('G43 seeds name every way into and out of a directed segment: %s', (shape) => {
    for (const seed of [1, 2, 3]) {
      const network = createRoadWorld(seed, shape);
      const graph = buildGraph(network, HEEDS_TURNS);
      const note = `${shape}, seed ${seed}`;
      const entered: number[][] = Array.from(graph.directedMs, () => []);
      for (let node = 0; node < graph.nodeCount; node++) {
        for (let arc = graph.firstArc[node]; arc < graph.firstArc[node + 1]; arc++) {
          const directed = graph.arcDirected[arc];
          entered[directed].push(node);
          expect(graph.arcMs[arc], note).toBe(graph.directedMs[directed]);
          expect(graph.nodeOf[node], note).toBe(tailOf(network, directed));
          expect(graph.nodeOf[graph.arcHead[arc]], note).toBe(headOf(network, directed));
          // who begins on a segment has come by it, as has who drives all of it from a node without a past
          if (node < graph.networkNodeCount) expect(graph.arcHead[arc], note).toBe(graph.directedHead[directed]);
        }
      }
      entered.forEach((tails, directed) => {
        const [from, to] = [graph.firstTail[directed], graph.firstTail[directed + 1]];
        expect([...graph.tails.subarray(from, to)], note).toEqual(tails);
        expect(tails.includes(tailOf(network, directed)), note).toBe(graph.directedMs[directed] !== CLOSED);
      });
    }
  });

  it('G43 all of them stand on shared memory', () => {
    const graph = buildGraph(createRoadWorld(1, 'everything'), STEADY);
    const arrays = Object.values(graph).filter((value) => ArrayBuffer.isView(value));
    expect(arrays).toHaveLength(11);
    for (const { buffer } of arrays) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});
