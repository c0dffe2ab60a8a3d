import { describe, expect, test } from 'vitest';
import { Sketch } from '../../test/osm-sketch.js';
import { createRandom, pick } from '../../test/random.js';
import { RoadsError } from './errors.js';
import type { MapRoad, RoadMeaning } from './map-road.js';
import { RoadNetworkBuilder } from './network-builder.js';
import { ACCESS, BARRIER, ROAD_CLASS, type RoadNetwork, SEGMENT_FLAG } from './road-network.js';

const street = { highway: 'residential' };

const STREET: RoadMeaning = {
  roadClass: ROAD_CLASS.residential,
  surface: 0,
  track: 0,
  flags: 0,
  accessForward: ACCESS.yes,
  accessBackward: ACCESS.yes,
  forwardKmh: 0,
  backwardKmh: 0,
  maxWeight: 0,
  maxHeight: 0,
  durationS: 0,
};
const way = (id: number, nodeIds: number[]): MapRoad => ({ id, nodeIds, meaning: STREET, name: '', ref: '' });
const ORIGIN = { source: 'test', mapTime: null, builtAt: 0 };

describe('where a road is cut', () => {
  test('G23 at crossings and ends, not at bends', () => {
    //        f
    //        |
    //  a--b--c--d
    //        |
    //        e
    const sketch = new Sketch('   f\n\na-bcd\n\n   e', { abcd: street, fce: street });
    expect(sketch.segments()).toEqual(['abc', 'cd', 'ce', 'fc']);
    expect(sketch.network.nodeCount).toBe(5);
    expect(sketch.node('b')).toBe(-1);
  });

  test('G23 where one way follows another, so that each has its own tags', () => {
    const sketch = new Sketch('abcde', { abc: { ...street, name: 'Vecā' }, cde: { highway: 'primary', ref: 'A1' } });
    expect(sketch.segments()).toEqual(['abc', 'cde']);
    const { names, segmentName, segmentRef, segmentClass, segmentWay } = sketch.network;
    const [first, second] = [sketch.directed('abc') >>> 1, sketch.directed('cde') >>> 1];
    expect([names[segmentName[first]], names[segmentRef[first]]]).toEqual(['Vecā', '']);
    expect([names[segmentName[second]], names[segmentRef[second]]]).toEqual(['', 'A1']);
    expect([segmentClass[first], segmentClass[second]]).toEqual([ROAD_CLASS.residential, ROAD_CLASS.primary]);
    expect([segmentWay[first], segmentWay[second]]).toEqual([100, 101]);
  });

  test('G23 at a barrier', () => {
    const sketch = new Sketch('abc', { abc: street }, { nodes: { b: { barrier: 'bollard' } } });
    expect(sketch.segments()).toEqual(['ab', 'bc']);
    expect(sketch.network.nodeBarrier[sketch.node('b')]).toBe(BARRIER.closed);
    expect(sketch.network.nodeBarrier[sketch.node('a')]).toBe(BARRIER.none);
  });

  test('G23 at the via of a restriction, although no other road meets there', () => {
    const sketch = new Sketch(
      'abc',
      { abc: street },
      {
        restrictions: [{ from: 'abc', via: 'b', to: 'abc', tags: { restriction: 'no_u_turn' } }],
      },
    );
    expect(sketch.segments()).toEqual(['ab', 'bc']);
    // turning back is meant whichever way one comes
    expect(sketch.restrictions()).toEqual(['ab>ba', 'cb>bc']);
  });

  test('G23 where a way meets itself: a lasso and a figure of eight', () => {
    //  a--b--c
    //     |  |
    //     e--d
    const lasso = new Sketch('abc\n\n ed', { abcdeb: street });
    expect(lasso.segments()).toEqual(['ab', 'bcdeb']);
    const eight = new Sketch('ab\ndcf\n  g', { abcdacfg: street, gc: street });
    expect(eight.segments()).toEqual(['abc', 'cda', 'ac', 'cfg', 'gc'].sort());
  });

  test('G23 a ring that nothing meets is one segment from a node to itself', () => {
    const ring = new Sketch('ab\ndc', { abcda: { ...street, junction: 'roundabout' } });
    expect(ring.segments()).toEqual(['abcda']);
    expect(ring.network.segmentFrom[0]).toBe(ring.network.segmentTo[0]);
    expect(ring.network.segmentFlags[0]).toBe(SEGMENT_FLAG.roundabout | SEGMENT_FLAG.oneway);
  });

  test('G23 a way that goes there and back is driven there and back', () => {
    expect(new Sketch('abc', { abcba: street }).segments()).toEqual(['ab', 'ba', 'bcb']);
  });

  test('G23 two ways over the same nodes are two segments', () => {
    const sketch = new Sketch('abc', { abc: street, 'abc#2': { highway: 'service' } });
    expect(sketch.segments()).toEqual(['ab', 'ab', 'bc', 'bc']);
  });

  test('G23 what the map does not hold cuts the way there and is counted', () => {
    const sketch = new Sketch('abcdef', { abcdef: street, cb: street }, { missing: 'd' });
    expect(sketch.segments()).toEqual(['ab', 'bc', 'cb', 'ef']);
    expect(sketch.leftOut).toEqual({ missing_node: 1 });
  });

  test('G23 ends that the map does not hold, and what is left of a single node', () => {
    const sketch = new Sketch('abcdef', { abcdef: street, af: street }, { missing: 'bf' });
    expect(sketch.segments()).toEqual(['cde']);
    expect(sketch.leftOut).toEqual({ missing_node: 3, short_way: 2 });
  });

  test('G23 a node twice in a row is one, a way of one node none, an id counts once', () => {
    const builder = new RoadNetworkBuilder();
    builder.addWay(way(1, [1, 1, 2, 2, 2, 3]));
    builder.addWay(way(2, [3]));
    builder.addWay(way(3, []));
    builder.addWay(way(4, [3, 3]));
    builder.addWay(way(1, [3, 1]));
    for (const id of [1, 2, 3]) builder.addNode(id, id * 1000, 0);
    const { segmentCount, firstPoint, info } = builder.freeze(ORIGIN);
    expect([segmentCount, firstPoint[1]]).toEqual([1, 3]);
    expect(info.counts.leftOut).toEqual({ duplicate_way: 1, repeated_node: 4, short_way: 3 });
  });

  test('G23 two nodes of one place stay two, and the road between them has length 0', () => {
    const builder = new RoadNetworkBuilder();
    builder.addWay(way(1, [1, 2]));
    builder.addNode(1, 5, 5);
    builder.addNode(2, 5, 5);
    const { nodeCount, segmentCm } = builder.freeze(ORIGIN);
    expect([nodeCount, ...segmentCm]).toEqual([2, 0]);
  });

  test('G23 a node outside the world is no node', () => {
    const builder = new RoadNetworkBuilder();
    builder.addWay(way(1, [1, 2, 3]));
    builder.addNode(1, 0, 0);
    builder.addNode(2, 0, 10);
    builder.addNode(3, 0, 91e7);
    expect(builder.freeze(ORIGIN).info.counts.leftOut).toEqual({ invalid_place: 1, missing_node: 1 });
  });

  test('a map without roads is refused', () => {
    const builder = new RoadNetworkBuilder();
    builder.addWay(way(1, [1, 2]));
    expect(() => builder.freeze(ORIGIN)).toThrow(RoadsError);
    expect(() => builder.freeze(ORIGIN)).toThrow(expect.objectContaining({ code: 'map_without_roads' }));
  });

  test('asking which nodes are wanted ends the ways', () => {
    const builder = new RoadNetworkBuilder();
    builder.addWay(way(1, [2 ** 40, 7]));
    expect([builder.wants(2 ** 40), builder.wants(7), builder.wants(8)]).toEqual([true, true, false]);
    expect(() => builder.addWay(way(2, [7, 8]))).toThrow('way 2');
  });
});

describe('turn restrictions', () => {
  //        e
  //        |
  //  a--b--c--d
  //        |
  //        f--g
  const drawing = '  e\n\nabcd\n\n  fg';
  const ways = { abc: street, cd: street, ec: street, cf: street, fg: street };
  const sketched = (
    from: string | string[],
    via: string | string[],
    to: string | string[],
    restriction: string,
    tags: Record<string, string> = {},
  ) =>
    new Sketch(drawing, { ...ways, fd: street }, { restrictions: [{ from, via, to, tags: { restriction, ...tags } }] });

  test.each([
    ['no_left_turn', ['abc>ce']],
    ['only_left_turn', ['only:abc>ce']],
    ['no_u_turn', ['abc>ce']], // a carriageway drawn as another way
  ])('G29 %s by a node', (kind, expected) => {
    expect(sketched('abc', 'c', 'ec', kind).restrictions()).toEqual(expected);
  });

  test('G29 turning back into the same way', () => {
    expect(sketched('abc', 'c', 'abc', 'no_u_turn').restrictions()).toEqual(['abc>cba']);
  });

  test('G29 every from of no_entry and every to of no_exit', () => {
    expect(sketched(['abc', 'ec'], 'c', 'cf', 'no_entry').restrictions()).toEqual(['abc>cf', 'ec>cf']);
    expect(sketched('abc', 'c', ['cf', 'cd'], 'no_exit').restrictions()).toEqual(['abc>cd', 'abc>cf']);
  });

  test('G29 by one way, and by several in any order', () => {
    expect(sketched('abc', ['cf'], 'fg', 'no_right_turn').restrictions()).toEqual(['abc>cf>fg']);
    expect(sketched('abc', ['cf', 'fd'], 'cd', 'no_u_turn').restrictions()).toEqual(['abc>cf>fd>dc']);
    expect(sketched('abc', ['fd', 'cf'], 'cd', 'only_straight_on').restrictions()).toEqual(['only:abc>cf>fd>dc']);
  });

  test('G29 by a way of several segments, each of them a step', () => {
    //  a--b--c--d      via bcd is cut at c
    //        |
    //        e
    const sketch = new Sketch(
      'abcdf\n\n  e',
      { ab: street, bcd: street, df: street, ce: street },
      {
        restrictions: [{ from: 'df', via: ['bcd'], to: 'ab', tags: { restriction: 'no_straight_on' } }],
      },
    );
    expect(sketch.restrictions()).toEqual(['fd>dc>cb>ba']);
  });

  test('G29 the nearest part of long ways counts', () => {
    //  a--b--c--d--e    crossings at b, c and d
    //     |  |  |
    //     f  g  h
    const sketch = new Sketch(
      'abcde\n\n fgh',
      { abc: street, cde: street, bf: street, cg: street, dh: street },
      {
        restrictions: [{ from: 'abc', via: 'c', to: 'cde', tags: { restriction: 'no_straight_on' } }],
      },
    );
    expect(sketch.restrictions()).toEqual(['bc>cd']);
  });

  test('G29 a way that only passes the via fits two turns: left out; one-way it fits one', () => {
    const passing = (tags: Record<string, string>) =>
      new Sketch(
        'abc\n\n d',
        { abc: tags, bd: street },
        {
          restrictions: [{ from: 'abc', via: 'b', to: 'bd', tags: { restriction: 'no_right_turn' } }],
        },
      );
    expect(passing(street).restrictions()).toEqual([]);
    expect(passing(street).leftOut).toEqual({ restriction_ambiguous: 1 });
    expect(passing({ ...street, oneway: 'yes' }).restrictions()).toEqual(['ab>bd']);
    expect(passing({ ...street, oneway: '-1' }).restrictions()).toEqual(['cb>bd']);
  });

  test('G29 a turn that a one-way forbids already', () => {
    const sketch = new Sketch(
      drawing,
      { ...ways, ec: { ...street, oneway: 'yes' } },
      {
        restrictions: [{ from: 'abc', via: 'c', to: 'ec', tags: { restriction: 'no_left_turn' } }],
      },
    );
    expect(sketch.restrictions()).toEqual([]);
    expect(sketch.leftOut).toEqual({ restriction_against_oneway: 1 });
  });

  test('G29 said twice it counts once; emergency services may be excepted', () => {
    const restriction = { from: 'abc', via: 'c', to: 'ec', tags: { restriction: 'no_left_turn' } };
    expect(new Sketch(drawing, ways, { restrictions: [restriction, restriction] }).restrictions()).toEqual(['abc>ce']);
    expect(sketched('abc', 'c', 'ec', 'no_left_turn', { except: 'psv;emergency' }).restrictions()).toEqual(['abc>ce*']);
  });

  test.each([
    ['a way that is no road', 'abc', 'c', 'xy', 'restriction_way_absent'],
    ['a via elsewhere', 'abc', 'g', 'ec', 'restriction_not_connected'],
    ['a via that is nowhere', 'abc', 'z', 'ec', 'restriction_not_connected'],
    ['via ways that do not meet', 'abc', ['fg'], 'ec', 'restriction_not_connected'],
    ['no way in', [], 'c', 'ec', 'restriction_without_member'],
    ['no way out', 'abc', 'c', [], 'restriction_without_member'],
    ['nothing between', 'abc', [], 'ec', 'restriction_without_member'],
    ['two nodes between', 'abc', ['c', 'f'], 'ec', 'restriction_ambiguous'],
  ])('G29 broken by %s: counted, the rest of the map stands', (_, from, via, to, reason) => {
    const sketch = sketched(from, via, to, 'no_left_turn');
    expect(sketch.leftOut).toEqual({ [reason]: 1 });
    expect(sketch.network.restrictionCount).toBe(0);
  });
});

describe('what a network holds', () => {
  test('G30 a ferry of known duration sails at its pace over all its segments', () => {
    const sketch = new Sketch('abcd', { abd: { route: 'ferry', motor_vehicle: 'yes', duration: '00:06' }, bc: street });
    const { segmentKmh, segmentFlags } = sketch.network;
    // 300.2 m in 6 minutes are 3.002 km/h
    for (const letters of ['ab', 'ba', 'bd', 'db']) expect(segmentKmh[sketch.directed(letters)]).toBe(3);
    expect(segmentFlags[sketch.directed('ab') >>> 1]).toBe(SEGMENT_FLAG.ferry);
  });

  test('lengths are those of the line, in centimetres', () => {
    const sketch = new Sketch('ab\n\n c', { abc: street });
    expect(sketch.network.segmentCm[0]).toBe(30023); // one step and two, 100.0755 m each
    expect(sketch.network.info.counts.lengthKm).toBe(0.3);
  });

  test('bounds hold all points, also across the antimeridian', () => {
    const boundsOf = (...lons: number[]) => {
      const builder = new RoadNetworkBuilder();
      builder.addWay(way(1, [...lons.keys()]));
      for (const [id, lon] of lons.entries()) builder.addNode(id, lon * 1e7, -17e7 + id);
      return builder.freeze(ORIGIN).info.bounds;
    };
    expect(boundsOf(20.5, 21, 28.25)).toEqual([20.5, -17, 28.25, -16.9999998]);
    expect(boundsOf(177.5, 179.9, -179.5)).toEqual([177.5, -17, -179.5, -16.9999998]);
    expect(boundsOf(-0.5, 0.5)).toEqual([-0.5, -17, 0.5, -16.9999999]);
    expect(boundsOf(180, -179.5)).toEqual([180, -17, -179.5, -16.9999999]);
  });

  test('all memory is shared', () => {
    const { network } = new Sketch('ab', { ab: street });
    const arrays = Object.values(network).filter((value) => ArrayBuffer.isView(value));
    expect(arrays).toHaveLength(21);
    for (const { buffer } of arrays) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('a map says that it is generated, and whose it is', () => {
    const info = (tags: object) => new Sketch('ab', { ab: { ...street, ...tags } }).network.info;
    expect(info({ source: 'generated' })).toMatchObject({
      generated: true,
      attribution: 'Generated map, not surveyed',
    });
    expect(info({ source: 'survey' })).toMatchObject({ generated: false, attribution: '© OpenStreetMap contributors' });
  });
});

/** Seeded streets between seeded nodes, no two of them on one place, with names and restrictions where two streets meet. */
function createContent(seed: number) {
  const random = createRandom(seed);
  const count = 60;
  const node = () => 1 + Math.floor(random() * count);
  const ways = Array.from({ length: 80 }, (_, i) => ({
    ...way(1000 + i, Array.from({ length: 1 + Math.floor(random() * 6) }, node)),
    name: `Street ${Math.floor(random() * 20)}`,
  }));
  return {
    ways,
    nodes: Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      lonE7: ((i * 37) % count) * 1000,
      latE7: Math.floor(random() * 50) * 1000,
      barrier: random() < 0.1 ? BARRIER.gate : BARRIER.none,
    })),
    restrictions: Array.from({ length: 300 }, () => {
      const from = pick(random, ways);
      const via = from.nodeIds[from.nodeIds.length - 1];
      const to = pick(
        random,
        ways.filter(({ nodeIds }) => nodeIds[0] === via || Array.from(nodeIds).at(-1) === via),
      );
      return {
        from: [from.id],
        via: { kind: 'node' as const, node: via },
        to: [to.id],
        bits: Math.floor(random() * 4),
        turn: random() < 0.2 ? ('u_turn' as const) : ('other' as const),
      };
    }),
  };
}

function shuffled<T>(random: () => number, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe('equal content', () => {
  test.each([1, 2, 3, 4, 5])('G22 gives the same network in whatever order it comes (seed %i)', (seed) => {
    const content = createContent(seed);
    const freeze = (random: (() => number) | undefined): RoadNetwork => {
      const order = <T>(items: readonly T[]): readonly T[] => (random ? shuffled(random, items) : items);
      const builder = new RoadNetworkBuilder();
      for (const one of order(content.ways)) builder.addWay(one);
      for (const one of order(content.restrictions)) builder.addRestriction(one);
      for (const { id, lonE7, latE7, barrier } of order(content.nodes)) builder.addNode(id, lonE7, latE7, barrier);
      return builder.freeze(ORIGIN);
    };
    const plain = freeze(undefined);
    expect(plain.restrictionCount).toBeGreaterThan(0);
    for (let again = 0; again < 3; again++) {
      const other = freeze(createRandom(seed * 100 + again));
      expect(other).toEqual(plain);
    }
  });

  test('G22 another limit, name or restriction gives another id', () => {
    const ids = [
      { ab: street, bc: street },
      { ab: street, bc: { ...street, maxspeed: '30' } },
      { ab: street, bc: { ...street, name: 'Jaunā' } },
      { ab: street, bc: { ...street, oneway: 'yes' } },
    ].map((ways) => new Sketch('abc', ways).network.info.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each([11, 12, 13, 14])('G23 every stretch of every way is in exactly one segment (seed %i)', (seed) => {
    const { ways, nodes } = createContent(seed);
    const builder = new RoadNetworkBuilder();
    for (const one of ways) builder.addWay(one);
    for (const { id, lonE7, latE7, barrier } of nodes) builder.addNode(id, lonE7, latE7, barrier);
    const network = builder.freeze(ORIGIN);
    const placeOf = new Map(nodes.map(({ id, lonE7, latE7 }) => [id, `${lonE7} ${latE7}`]));
    const wanted = ways.flatMap(({ id, nodeIds }) =>
      Array.from(nodeIds)
        .slice(1)
        .flatMap((to, i) => (to === nodeIds[i] ? [] : [`${id}: ${placeOf.get(nodeIds[i])} - ${placeOf.get(to)}`])),
    );
    const uses = new Map<string, number>(); // of a node by segments inside them
    const found: string[] = [];
    for (let s = 0; s < network.segmentCount; s++) {
      const at = (p: number) => `${network.pointLonLat[2 * p]} ${network.pointLonLat[2 * p + 1]}`;
      const [first, last] = [network.firstPoint[s], network.firstPoint[s + 1] - 1];
      for (let p = first; p < last; p++) found.push(`${network.segmentWay[s]}: ${at(p)} - ${at(p + 1)}`);
      for (let p = first + 1; p < last; p++) uses.set(at(p), (uses.get(at(p)) ?? 0) + 1);
      const nodeAt = (n: number) => `${network.nodeLonLat[2 * n]} ${network.nodeLonLat[2 * n + 1]}`;
      expect([nodeAt(network.segmentFrom[s]), nodeAt(network.segmentTo[s])]).toEqual([at(first), at(last)]);
    }
    expect(found.sort()).toEqual(wanted.sort());
    // nobody drives through a place where another road could be taken
    const ends = new Set(
      Array.from(
        { length: network.nodeCount },
        (_, n) => `${network.nodeLonLat[2 * n]} ${network.nodeLonLat[2 * n + 1]}`,
      ),
    );
    for (const [place, count] of uses) expect([count, ends.has(place)]).toEqual([1, false]);
  });
});
