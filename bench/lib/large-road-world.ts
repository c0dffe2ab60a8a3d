import { createRandom, type SeededRandom } from '../../fixtures/world/seeded-random.js';
import {
  ACCESS,
  BARRIER,
  RESTRICTION,
  ROAD_CLASS,
  type RoadMeaning,
  type RoadNetwork,
  RoadNetworkBuilder,
  SEGMENT_FLAG,
  SURFACE,
} from '../../geo-engine/src/index.js';

/** What stands between two junctions in a network: bends, as in a map, or nodes as well. */
export type Between = 'bends' | 'nodes';

/** A little more than the points of all drivable roads of Latvia (some 1 350 000); the figures below are for this size. */
const COUNTRY_POINTS = 1_400_000;
const COUNTRY_TOWNS = 300;
const COUNTRY_TOWN_JUNCTIONS = 45_000;
/** Junctions of country roads, 2.6 km apart: about 420 km by 160 km. */
const COUNTRY_COLUMNS = 160;
const COUNTRY_ROWS = 63;

const COUNTRY_STEP_M = 2600;
const BLOCK_M = 95;
/** Metres between points: mappers put them closer in towns. */
const TOWN_HOP_M = 32;
const COUNTRY_HOP_M = 52;
const M_PER_DEG = 111_195;
const WEST = 21;
const SOUTH = 55.7;

/**
 * An invented country in the likeness of Latvia's roads, the same for the same seed: towns of all sizes with dense streets, country
 * roads with dual carriageways among them, and dead ends on everything; about a tenth is one-way. Its roads have `points` points, of
 * which with 'bends' a sixth become nodes (junctions, ends, barriers) and with 'nodes' all; 2 to 3 % more stretches than points, as
 * in the real country; a turn restriction at every sixth junction of a town. Roads that cross without a junction are bridges.
 */
export function createLargeRoadWorld(seed: number, points = COUNTRY_POINTS, between: Between = 'bends'): RoadNetwork {
  const random = createRandom(seed, 'large road world');
  const country = new Country(random, points, between);
  const size = points / COUNTRY_POINTS;
  const grid = createGrid(random, Math.sqrt(size));
  drawTowns(country, random, grid, size);
  const townPoints = country.pointCount;
  drawCountryRoads(country, random, grid);
  const roadPoints = country.pointCount;
  drawDeadEnds(country, random, townPoints, roadPoints);
  return country.freeze(`large road world, seed ${seed}, ${points} ${between}`);
}

interface Road {
  readonly from: number;
  readonly to: number;
  /** Ids of its ways are consecutive. */
  readonly firstWay: number;
  readonly lastWay: number;
}

/** Points and ways by consecutive ids, on a plane of metres. */
class Country {
  readonly #random: SeededRandom;
  readonly #between: Between;
  readonly #builder = new RoadNetworkBuilder();
  readonly #x: Float64Array; // [points] metres
  readonly #y: Float64Array;
  readonly #barrier: Uint8Array;
  #pointCount = 0;
  #wayCount = 0;

  constructor(random: SeededRandom, room: number, between: Between) {
    this.#random = random;
    this.#between = between;
    this.#x = new Float64Array(room);
    this.#y = new Float64Array(room);
    this.#barrier = new Uint8Array(room);
  }

  get pointCount(): number {
    return this.#pointCount;
  }

  /** Points that may still be drawn. */
  get room(): number {
    return this.#x.length - this.#pointCount;
  }

  point(x: number, y: number): number {
    if (this.room === 0) throw new RangeError(`the country has more than its ${this.#x.length} points`);
    this.#x[this.#pointCount] = x;
    this.#y[this.#pointCount] = y;
    return this.#pointCount++;
  }

  x(point: number): number {
    return this.#x[point]!;
  }

  y(point: number): number {
    return this.#y[point]!;
  }

  block(point: number, barrier: number): void {
    this.#barrier[point] = barrier;
  }

  /** A road in about so many metres a hop, in an arc that bulges by a share of its length. */
  road(from: number, to: number, hopM: number, meaning: RoadMeaning, name: string, bulge: number): Road {
    const dx = this.x(to) - this.x(from);
    const dy = this.y(to) - this.y(from);
    const hops = Math.max(1, Math.round(Math.hypot(dx, dy) / hopM));
    const points = [from];
    for (let i = 1; i < hops; i++) {
      const along = i / hops;
      const aside = bulge * Math.sin(Math.PI * along) + this.#random.between(-0.1, 0.1) / hops;
      points.push(this.point(this.x(from) + along * dx - aside * dy, this.y(from) + along * dy + aside * dx));
    }
    points.push(to);
    return this.drive(points, meaning, name);
  }

  /** A road over points that are there. */
  drive(points: readonly number[], meaning: RoadMeaning, name: string): Road {
    const firstWay = this.#wayCount;
    if (this.#between === 'bends') this.#way(points, meaning, name);
    else for (let i = 1; i < points.length; i++) this.#way([points[i - 1]!, points[i]!], meaning, name);
    return { from: points[0]!, to: points.at(-1)!, firstWay, lastWay: this.#wayCount - 1 };
  }

  restrict(from: Road, node: number, to: Road, bits: number): void {
    const turn = from === to ? ('u_turn' as const) : ('other' as const);
    const via = { kind: 'node' as const, node };
    this.#builder.addRestriction({ from: [wayAt(from, node)], via, to: [wayAt(to, node)], bits, turn });
  }

  /** A restriction over a whole road; `node` is where `from` meets it. */
  restrictOver(from: Road, node: number, over: Road, to: Road, bits: number): void {
    const ways = Array.from({ length: over.lastWay - over.firstWay + 1 }, (_, i) => over.firstWay + i);
    if (over.to === node) ways.reverse();
    const via = { kind: 'ways' as const, ways };
    const end = otherEnd(over, node);
    this.#builder.addRestriction({ from: [wayAt(from, node)], via, to: [wayAt(to, end)], bits, turn: 'other' });
  }

  freeze(source: string): RoadNetwork {
    for (let point = 0; point < this.#pointCount; point++) {
      const lat = SOUTH + this.y(point) / M_PER_DEG;
      const lon = WEST + this.x(point) / (M_PER_DEG * Math.cos((lat * Math.PI) / 180));
      this.#builder.addNode(point, Math.round(lon * 1e7), Math.round(lat * 1e7), this.#barrier[point]!);
    }
    return this.#builder.freeze({ source, mapTime: null, builtAt: 0 });
  }

  #way(nodeIds: readonly number[], meaning: RoadMeaning, name: string): void {
    this.#builder.addWay({ id: this.#wayCount++, nodeIds, meaning, name, ref: '' });
  }
}

function wayAt(road: Road, end: number): number {
  return road.from === end ? road.firstWay : road.lastWay;
}

function otherEnd(road: Road, end: number): number {
  return road.from === end ? road.to : road.from;
}

/** Junctions of country roads by column and row; a town stands in the place of some and is entered at one of four gates. */
interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly x: Float64Array; // [columns * rows] metres
  readonly y: Float64Array;
  /** By cell: where roads from north, east, south, west end. */
  readonly gates: Map<number, Gates>;
}

type Gates = readonly [north: number, east: number, south: number, west: number];

function createGrid(random: SeededRandom, scale: number): Grid {
  const columns = Math.max(4, Math.round(COUNTRY_COLUMNS * scale));
  const rows = Math.max(4, Math.round(COUNTRY_ROWS * scale));
  const x = new Float64Array(columns * rows);
  const y = new Float64Array(columns * rows);
  for (let cell = 0; cell < x.length; cell++) {
    x[cell] = ((cell % columns) + random.between(-0.35, 0.35)) * COUNTRY_STEP_M;
    y[cell] = (Math.floor(cell / columns) + random.between(-0.35, 0.35)) * COUNTRY_STEP_M;
  }
  return { columns, rows, x, y, gates: new Map() };
}

/** The n-th town has a share of 1 / n: as towns are (Auerbach, "Das Gesetz der Bevölkerungskonzentration", 1913). */
function drawTowns(country: Country, random: SeededRandom, grid: Grid, size: number): void {
  const towns = Math.max(2, Math.round(COUNTRY_TOWNS * size));
  let shares = 0;
  for (let n = 1; n <= towns; n++) shares += 1 / n;
  for (let n = 1; n <= towns; n++) {
    const cell = random.below(grid.x.length);
    const side = Math.max(3, Math.round(Math.sqrt((COUNTRY_TOWN_JUNCTIONS * size) / n / shares)));
    if (!grid.gates.has(cell))
      grid.gates.set(cell, drawTown(country, random, grid.x[cell]!, grid.y[cell]!, side, `Town ${n}`));
  }
}

/** Every fifth street is a main one, whole and for both directions; of the others some stretches are missing and some are one-way. */
function drawTown(country: Country, random: SeededRandom, x: number, y: number, side: number, name: string): Gates {
  const middle = Math.floor(side / 2);
  const junctions: number[] = [];
  const streets: Road[][] = []; // by junction of the town
  const at = (column: number, row: number) => row * side + column;
  const lines = Array.from({ length: 2 * side }, (_, line) => createStreet(random, line % side, middle));
  const draw = (a: number, b: number, line: number) => {
    const { meaning, isMain } = lines[line]!;
    if (!isMain && random.chance(0.15)) return;
    const street = country.road(junctions[a]!, junctions[b]!, TOWN_HOP_M, meaning, `${name}, street ${line}`, 0);
    streets[a]!.push(street);
    streets[b]!.push(street);
  };
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [dx, dy] = [column - middle + random.between(-0.2, 0.2), row - middle + random.between(-0.2, 0.2)];
      junctions.push(country.point(x + dx * BLOCK_M, y + dy * BLOCK_M));
      streets.push([]);
      if (column > 0) draw(at(column - 1, row), at(column, row), row);
      if (row > 0) draw(at(column, row - 1), at(column, row), side + column);
    }
  }
  junctions.forEach((junction, i) => {
    if (random.chance(0.2))
      restrictTurn(country, random, junction, streets[i]!, (end) => streets[junctions.indexOf(end)]!);
    else if (random.chance(0.01)) country.block(junction, BARRIER.closed);
  });
  const last = side - 1;
  return [at(middle, last), at(last, middle), at(middle, 0), at(0, middle)].map(
    (i) => junctions[i]!,
  ) as unknown as Gates;
}

function createStreet(random: SeededRandom, line: number, middle: number): { meaning: RoadMeaning; isMain: boolean } {
  const isMain = (line - middle) % 5 === 0;
  if (isMain) return { isMain, meaning: random.chance(0.5) ? SECONDARY_50 : TERTIARY_50 };
  if (!random.chance(0.2)) return { isMain, meaning: random.chance(0.2) ? ZONE_30 : STREET };
  // neighbours run in opposite directions, so that there is a way back
  return { isMain, meaning: line % 2 === 0 ? STREET_FORWARD : STREET_BACKWARD };
}

/** Mostly a turn that is forbidden, sometimes the only one left, now and then over a whole street. */
function restrictTurn(
  country: Country,
  random: SeededRandom,
  junction: number,
  streets: readonly Road[],
  streetsAt: (junction: number) => readonly Road[],
): void {
  if (streets.length < 2) return;
  const from = random.pick(streets);
  const to = random.pick(streets);
  const bits = random.chance(0.1) && from !== to ? RESTRICTION.only : 0;
  const onward = streetsAt(otherEnd(to, junction));
  if (from === to || !random.chance(0.06)) country.restrict(from, junction, to, bits);
  else country.restrictOver(from, junction, to, random.pick(onward), bits);
}

/** Roads from cell to cell: every eighteenth line a trunk road with two carriageways, every fourth an important one. */
function drawCountryRoads(country: Country, random: SeededRandom, grid: Grid): void {
  const own = new Map<number, number>(); // by cell: its junction, where no town stands
  const end = (cell: number, side: number): number => {
    const gates = grid.gates.get(cell);
    if (gates !== undefined) return gates[side]!;
    if (!own.has(cell)) own.set(cell, country.point(grid.x[cell]!, grid.y[cell]!));
    return own.get(cell)!;
  };
  const draw = (from: number, to: number, line: number, name: string) => {
    const bulge = random.between(-0.12, 0.12);
    if (line % 18 === 0) {
      country.road(from, to, COUNTRY_HOP_M, TRUNK, name, bulge);
      country.road(to, from, COUNTRY_HOP_M, TRUNK, name, -bulge - 0.01);
    } else if (line % 4 === 0) country.road(from, to, COUNTRY_HOP_M, PRIMARY, name, bulge);
    else if (!random.chance(0.3))
      country.road(from, to, COUNTRY_HOP_M, line % 2 === 0 ? SECONDARY : GRAVEL, name, bulge);
  };
  const [north, east, south, west] = [0, 1, 2, 3];
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const cell = row * grid.columns + column;
      if (column > 0) draw(end(cell - 1, east), end(cell, west), row, `Road E${row}`);
      if (row > 0) draw(end(cell - grid.columns, north), end(cell, south), column, `Road N${column}`);
    }
  }
}

/** Drives, yards and tracks, until every point is used: half of them in towns, some on other dead ends, some behind a gate. */
function drawDeadEnds(country: Country, random: SeededRandom, townPoints: number, roadPoints: number): void {
  while (country.room > 0) {
    const isTown = random.chance(0.5);
    const foot = random.chance(0.15)
      ? random.below(country.pointCount)
      : isTown
        ? random.below(townPoints)
        : townPoints + random.below(roadPoints - townPoints);
    const hops = Math.min(country.room, isTown ? 1 + random.below(4) : 1 + random.below(8));
    const hopM = random.between(20, isTown ? 40 : 70);
    const turn = random.between(0, 2 * Math.PI);
    const points = [foot];
    for (let i = 1; i <= hops; i++) {
      const bend = turn + random.between(-0.4, 0.4);
      points.push(
        country.point(
          country.x(points[i - 1]!) + hopM * Math.cos(bend),
          country.y(points[i - 1]!) + hopM * Math.sin(bend),
        ),
      );
    }
    if (random.chance(0.03)) country.block(points[1]!, BARRIER.gate);
    country.drive(points, random.chance(0.1) ? PRIVATE : isTown ? SERVICE : TRACK, '');
  }
}

function meaning(roadClass: keyof typeof ROAD_CLASS, kmh: number, more: Partial<RoadMeaning> = {}): RoadMeaning {
  return {
    roadClass: ROAD_CLASS[roadClass],
    surface: SURFACE.paved,
    track: 0,
    flags: SEGMENT_FLAG.generated,
    accessForward: ACCESS.yes,
    accessBackward: ACCESS.yes,
    forwardKmh: kmh,
    backwardKmh: kmh,
    maxWeight: 0,
    maxHeight: 0,
    durationS: 0,
    ...more,
  };
}

const ONEWAY_FLAGS = SEGMENT_FLAG.generated | SEGMENT_FLAG.oneway;
const FORWARD = { accessBackward: ACCESS.contraflow, flags: ONEWAY_FLAGS };
const TRUNK = meaning('trunk', 90, FORWARD);
const PRIMARY = meaning('primary', 90);
const SECONDARY = meaning('secondary', 80);
const GRAVEL = meaning('tertiary', 0, { surface: SURFACE.gravel });
const SECONDARY_50 = meaning('secondary', 50);
const TERTIARY_50 = meaning('tertiary', 50);
const STREET = meaning('residential', 50);
const ZONE_30 = meaning('residential', 30);
const STREET_FORWARD = meaning('residential', 50, FORWARD);
const STREET_BACKWARD = meaning('residential', 50, { accessForward: ACCESS.contraflow, flags: ONEWAY_FLAGS });
const SERVICE = meaning('service', 0);
const TRACK = meaning('track', 0, { surface: SURFACE.unknown, track: 3 });
const PRIVATE = meaning('service', 0, { accessForward: ACCESS.private, accessBackward: ACCESS.private });
