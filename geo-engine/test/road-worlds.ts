import { headOf, roadEnds } from '../src/graph/road-ends.js';
import type { RoadMeaning } from '../src/roads/map-road.js';
import { ACCESS, RESTRICTION, ROAD_CLASS, type RoadNetwork, SURFACE } from '../src/roads/road-network.js';
import { DrawnMap } from './drawn-map.js';
import { type TurnRestriction, withRestrictions } from './drawn-roads.js';
import { CENTRES, createRandom, pick } from './random.js';

type Random = () => number;
type Meaning = Partial<RoadMeaning>;

/** How networks of each kind are drawn, with about `size` nodes. */
const DRAWINGS = {
  'grid with one-ways': (random, map, size) => drawGrid(random, map, size, 0.3),
  'one-way maze': (random, map, size) => drawGrid(random, map, size, 0.9),
  islands: (random, map, size) => {
    for (let island = 0; island < 4; island++) {
      map.moveTo(island * 9000, 0);
      pick(random, [drawGrid, drawTree, drawPlanar])(random, map, size / 4, 0.2);
    }
    // one bridge that can be crossed one way only: there, and no way back
    map.street(pick(random, map.nodes), pick(random, map.nodes), ONEWAY);
  },
  tree: (random, map, size) => drawTree(random, map, size, 0.05),
  star: drawStar,
  'ring roads': drawRings,
  'duplicate edges': (random, map, size) => {
    drawGrid(random, map, size / 2, 0.1);
    // the same street again, with other tags, with bends, or exactly the same
    for (const { from, to } of [...map.streets]) {
      const meaning = pick(random, [{}, createMeaning(random), withOneway(random, {}, 1)]);
      const bends = random() < 0.3 ? map.bends(random, from) : [];
      for (let copies = Math.floor(random() * 3); copies > 0; copies--) map.street(from, to, meaning, bends);
    }
  },
  'zero-length edges': (random, map, size) => {
    drawGrid(random, map, size / 2, 0.2);
    for (const node of [...map.nodes]) {
      const upon = map.nodeUpon(node);
      map.street(node, upon, withOneway(random, createMeaning(random), 0.3));
      map.street(upon, pick(random, map.nodes), withOneway(random, createMeaning(random), 0.3));
    }
  },
  'self-loops': (random, map, size) => {
    drawTree(random, map, size / 2, 0.1);
    addLoops(random, map, size / 3);
  },
  'dead ends': (random, map, size) => {
    drawGrid(random, map, size / 2, 0.2);
    addDeadEnds(random, map, size / 2);
  },
  barriers: (random, map, size) => {
    drawGrid(random, map, size, 0.15);
    addLoops(random, map, 2);
    map.addBarriers(random, 0.3);
  },
  'contraflow and private roads': (random, map, size) => {
    drawGrid(random, map, size, 0.7, createGuardedMeaning);
    map.addBarriers(random, 0.1);
  },
  'random planar': (random, map, size) => drawPlanar(random, map, size, 0.15),
  'mapped restrictions': (random, map, size) => {
    drawGrid(random, map, size, 0.15);
    addMappedRestrictions(random, map, 2 * size);
  },
  'tangled restrictions': (random, map, size) => {
    drawGrid(random, map, size / 2, 0.1);
    addLoops(random, map, 3);
  },
  everything: (random, map, size) => {
    drawPlanar(random, map, size / 2, 0.3);
    map.moveTo(4000, 0);
    drawGrid(random, map, size / 2, 0.4, createGuardedMeaning);
    for (let bridge = 0; bridge < 3; bridge++) {
      map.street(pick(random, map.nodes), pick(random, map.nodes), withOneway(random, createMeaning(random), 0.3));
    }
    addLoops(random, map, 3);
    addDeadEnds(random, map, 4);
    map.addBarriers(random, 0.1);
    addMappedRestrictions(random, map, size);
  },
} satisfies Record<string, (random: Random, map: DrawnMap, size: number) => void>;

export type RoadShape = keyof typeof DRAWINGS;
export const ROAD_SHAPES = Object.keys(DRAWINGS) as RoadShape[];

/** Restrictions over random drives, which no map holds in such numbers, for each node. */
const TANGLES_A_NODE: Partial<Record<RoadShape, number>> = { 'tangled restrictions': 1, everything: 1 / 3 };

const WORLD_CENTRES = ['riga', 'west of Greenwich', 'south of the equator', 'the antimeridian'];

/** A network of one shape with about `size` nodes, the same for the same seed. */
export function createRoadWorld(seed: number, shape: RoadShape, size = 30): RoadNetwork {
  const random = createRandom(seed * 1009 + ROAD_SHAPES.indexOf(shape));
  const map = new DrawnMap(CENTRES[WORLD_CENTRES[seed % WORLD_CENTRES.length]]);
  DRAWINGS[shape](random, map, size);
  const network = map.freeze(`${shape}, seed ${seed}`);
  const tangles = (TANGLES_A_NODE[shape] ?? 0) * size;
  return tangles === 0 ? network : withRestrictions(network, createTangles(random, network, tangles));
}

const BLOCK_M = 180;

/** Streets between most neighbours of a square grid; `oneway` is the share that is one-way, in either direction. */
function drawGrid(random: Random, map: DrawnMap, size: number, oneway: number, meaningOf = createMeaning): void {
  const side = Math.max(2, Math.round(Math.sqrt(size)));
  const nodes: number[][] = [];
  for (let y = 0; y < side; y++) {
    nodes.push([]);
    for (let x = 0; x < side; x++) {
      const node = map.node((x + 0.4 * random()) * BLOCK_M, (y + 0.4 * random()) * BLOCK_M);
      nodes[y].push(node);
      for (const neighbour of [nodes[y][x - 1], nodes[y - 1]?.[x]]) {
        if (neighbour === undefined || random() < 0.1) continue;
        const bends = random() < 0.2 ? map.bends(random, node) : [];
        map.street(neighbour, node, withOneway(random, meaningOf(random), oneway), bends);
      }
    }
  }
}

function drawTree(random: Random, map: DrawnMap, size: number, oneway: number): void {
  const nodes = [map.node(0, 0)];
  while (nodes.length < size) {
    const child = map.nodeNear(random, pick(random, nodes));
    map.street(pick(random, nodes), child, withOneway(random, createMeaning(random), oneway));
    nodes.push(child);
  }
}

/** Arms of one to four streets from one hub. */
function drawStar(random: Random, map: DrawnMap, size: number): void {
  const hub = map.node(0, 0);
  while (map.nodes.length < size) {
    const turn = random() * 2 * Math.PI;
    const length = 1 + Math.floor(random() * 4);
    for (let i = 1, last = hub; i <= length; i++) {
      const tip = map.node(Math.sin(turn) * i * BLOCK_M, Math.cos(turn) * i * BLOCK_M);
      map.street(last, tip, withOneway(random, createMeaning(random), 0.1));
      last = tip;
    }
  }
}

/** Rings one inside the other, each one-way or not, and streets across them. */
function drawRings(random: Random, map: DrawnMap, size: number): void {
  const spokes = 6;
  let inner: number[] = [];
  for (let ring = 1; ring <= Math.max(2, size / spokes); ring++) {
    const nodes = Array.from({ length: spokes }, (_, i) => {
      const turn = ((i + 0.3 * random()) / spokes) * 2 * Math.PI;
      return map.node(ring * BLOCK_M * Math.cos(turn), ring * BLOCK_M * Math.sin(turn));
    });
    const meaning = withOneway(random, { roadClass: ROAD_CLASS.primary }, 0.6);
    nodes.forEach((node, i) => {
      map.street(node, nodes[(i + 1) % spokes], meaning);
      if (inner.length > 0 && random() < 0.7)
        map.street(node, inner[i], withOneway(random, createMeaning(random), 0.3));
    });
    inner = nodes;
  }
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Random places joined by straight streets that do not cross, the shortest first. */
function drawPlanar(random: Random, map: DrawnMap, size: number, oneway: number): void {
  const places = Array.from({ length: Math.max(3, Math.round(size)) }, () => ({
    x: random() * 2500,
    y: random() * 2500,
  }));
  const nodes = places.map(({ x, y }) => map.node(x, y));
  const lines = places.flatMap((a, i) => places.slice(0, i).map((b, j) => ({ i, j, a, b })));
  const lengthM = ({ a, b }: { a: Point; b: Point }) => Math.hypot(a.x - b.x, a.y - b.y);
  const drawn: typeof lines = [];
  for (const line of lines.sort((p, q) => lengthM(p) - lengthM(q))) {
    if (drawn.length >= 2 * places.length) break;
    if (random() < 0.15 || drawn.some((other) => cross(line.a, line.b, other.a, other.b))) continue;
    drawn.push(line);
    map.street(nodes[line.i], nodes[line.j], withOneway(random, createMeaning(random), oneway));
  }
}

/** Whether two lines meet elsewhere than in a common end. */
function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  const side = (p: Point, q: Point, r: Point) => (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

/** Streets that end where they begin. */
function addLoops(random: Random, map: DrawnMap, count: number): void {
  const nodes = [...map.nodes];
  for (let i = 0; i < count; i++) {
    const node = pick(random, nodes);
    const bends = [...map.bends(random, node), ...map.bends(random, node)];
    map.street(node, node, withOneway(random, createMeaning(random), 0.4), bends);
  }
}

function addDeadEnds(random: Random, map: DrawnMap, count: number): void {
  const nodes = [...map.nodes];
  for (let i = 0; i < count; i++) {
    const node = pick(random, nodes);
    map.street(node, map.nodeNear(random, node), createMeaning(random));
  }
}

/** As mappers draw them: via a node or via a way, no_* and only_*, some twice, some not for emergency vehicles. */
function addMappedRestrictions(random: Random, map: DrawnMap, count: number): void {
  for (let i = 0; i < count; i++) {
    const from = pick(random, map.streets);
    const node = pick(random, [from.from, from.to]);
    const over = pick(random, map.streetsAt(node));
    const isViaWay = random() < 0.4 && over !== from;
    const end = isViaWay && over.from === node ? over.to : isViaWay ? over.from : node;
    const to = pick(random, map.streetsAt(end));
    const restriction = {
      from: [from.way],
      via: isViaWay ? { kind: 'ways' as const, ways: [over.way] } : { kind: 'node' as const, node },
      to: [to.way],
      bits: createRestrictionBits(random),
      turn: from === to ? ('u_turn' as const) : ('other' as const),
    };
    map.restrict(restriction);
    if (random() < 0.1) map.restrict(restriction);
  }
}

/** Any drives, forbidden or ordered: they overlap, repeat each other, turn round, and pass loops and nodes twice. */
function createTangles(random: Random, network: RoadNetwork, count: number): TurnRestriction[] {
  const { firstOut, out } = roadEnds(network);
  const tangles: TurnRestriction[] = [];
  while (tangles.length < count) {
    // half of them carry on a part of another one
    const other = random() < 0.5 && tangles.length > 0 ? pick(random, tangles).steps : [];
    const start = Math.floor(random() * other.length);
    const steps = other.slice(start, start + 1 + Math.floor(random() * 3));
    if (steps.length === 0) steps.push(Math.floor(random() * 2 * network.segmentCount));
    const length = pick(random, [2, 2, 2, 3, 3, 4, 5]);
    while (steps.length < length) {
      const node = headOf(network, steps[steps.length - 1]);
      steps.push(pick(random, [...out.subarray(firstOut[node], firstOut[node + 1])]));
    }
    if (steps.length > 1) tangles.push({ steps, kind: createRestrictionBits(random) });
  }
  return tangles;
}

function createRestrictionBits(random: Random): number {
  return (random() < 0.25 ? RESTRICTION.only : 0) | (random() < 0.2 ? RESTRICTION.exceptEmergency : 0);
}

const ONEWAY: Meaning = { accessBackward: ACCESS.contraflow };
const ONEWAY_BACKWARD: Meaning = { accessForward: ACCESS.contraflow };
const CLASSES = [
  'primary',
  'secondary',
  'tertiary',
  'unclassified',
  'residential',
  'residential',
  'service',
  'track',
] as const;
const GUARDS: readonly Meaning[] = [
  {},
  {},
  { accessForward: ACCESS.private, accessBackward: ACCESS.private },
  { accessForward: ACCESS.destination, accessBackward: ACCESS.destination },
  { accessForward: ACCESS.restricted, accessBackward: ACCESS.restricted },
  { accessForward: ACCESS.no, accessBackward: ACCESS.no },
  { maxWeight: 7 },
];

function createMeaning(random: Random): Meaning {
  const meaning: Meaning = {
    roadClass: ROAD_CLASS[pick(random, CLASSES)],
    surface: random() < 0.1 ? SURFACE.gravel : SURFACE.unknown,
  };
  const kmh = pick(random, [20, 30, 70, 90]);
  return random() < 0.2 ? { ...meaning, forwardKmh: kmh, backwardKmh: kmh } : meaning;
}

/** Streets that only some may drive, or only some as through roads. */
function createGuardedMeaning(random: Random): Meaning {
  return { ...createMeaning(random), ...pick(random, GUARDS) };
}

function withOneway(random: Random, meaning: Meaning, share: number): Meaning {
  return random() < share ? { ...meaning, ...pick(random, [ONEWAY, ONEWAY, ONEWAY_BACKWARD]) } : meaning;
}
