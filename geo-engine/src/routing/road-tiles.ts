import { RAD_PER_DEG } from '../geo/distance.js';
import { ROAD_CLASS, type RoadClass, type RoadNetwork, SEGMENT_FLAG } from '../roads/road-network.js';
import { encodeTile, type MapPart } from '../store/map-tile.js';
import { forSegmentsInBox, type SegmentIndex } from './segment-index.js';
import { E7, shortWayE7 } from './segment-line.js';

/** First zoom that shows a class. */
const MIN_ZOOM: Readonly<Record<RoadClass, number>> = {
  motorway: 5,
  trunk: 5,
  primary: 7,
  ferry: 8,
  secondary: 8,
  motorway_link: 9,
  trunk_link: 9,
  tertiary: 9,
  primary_link: 10,
  secondary_link: 10,
  unclassified: 11,
  tertiary_link: 11,
  residential: 12,
  living_street: 13,
  pedestrian: 13,
  service: 13,
  track: 13,
  path: 14,
};
/** Streets are named from here on; before, only numbered roads are. */
const NAMES_ZOOM = 13;

const CLASS_NAMES = Object.keys(ROAD_CLASS) as RoadClass[];
const MIN_ZOOM_OF = Uint8Array.from(CLASS_NAMES, (name) => MIN_ZOOM[name]);

/** Width of a tile in its own numbers, and of the rim drawn beyond it, so that line ends are not seen. */
const EXTENT = 4096;
const RIM = 64;
/** Half a pixel of a tile that is 512 wide: no line leaves its road by more. */
const TOLERANCE = 4;
/** A tile of more segments leaves out the least important classes: bounds its time to some 50 ms and its size to about 1 MB. */
const MAX_SEGMENTS = 40_000;
/** Northern edge of Web Mercator's square. */
const MAX_LAT = 85.05112877980659;

/** Rank of a segment in an index made for tiles: the first zoom that shows it. */
export function tileRank({ segmentClass }: RoadNetwork): (segment: number) => number {
  return (segment) => MIN_ZOOM_OF[segmentClass[segment]];
}

/** The roads of tile z/x/y as a vector tile with one layer, `road`: class, name, ref, oneway, generated. No roads: no bytes. */
export function roadTile(network: RoadNetwork, index: SegmentIndex, z: number, x: number, y: number): Uint8Array {
  const tile = new TilePlane(z, x, y);
  const parts: MapPart[] = [];
  for (const road of roadsOf(network, segmentsOf(network, index, tile), z)) {
    const coordinates = road.chains.flatMap((chain) => tile.draw(network, chain));
    if (coordinates.length > 0)
      parts.push({ layer: 'road', tags: road.tags, geometry: { type: 'MultiLineString', coordinates } });
  }
  return encodeTile(parts);
}

function segmentsOf(network: RoadNetwork, index: SegmentIndex, tile: TilePlane): number[] {
  const found: number[] = [];
  forSegmentsInBox(index, tile.box, tile.z, (segment) => found.push(segment));
  if (found.length <= MAX_SEGMENTS) return found;
  const rankOf = tileRank(network);
  const counts = new Uint32Array(32);
  for (const segment of found) counts[rankOf(segment)]++;
  let kept = 0;
  let rank = 0;
  while (kept + counts[rank] <= MAX_SEGMENTS) kept += counts[rank++];
  return found.filter((segment) => rankOf(segment) < rank);
}

interface TileRoad {
  readonly tags: MapPart['tags'];
  /** Directed segments that follow each other. */
  readonly chains: readonly (readonly number[])[];
}

/** Segments with the same tags as one road each, in chains as long as possible: names are written along lines. */
function roadsOf(network: RoadNetwork, segments: readonly number[], z: number): TileRoad[] {
  const { names, segmentClass, segmentName, segmentRef, segmentFlags } = network;
  const shown = SEGMENT_FLAG.oneway | SEGMENT_FLAG.generated;
  const byKey = new Map<string, { tags: MapPart['tags']; members: number[] }>();
  for (const segment of segments) {
    const name = z >= NAMES_ZOOM ? names[segmentName[segment]] : '';
    const ref = names[segmentRef[segment]];
    const flags = segmentFlags[segment] & shown;
    const key = `${segmentClass[segment]} ${flags} ${ref}\n${name}`;
    let road = byKey.get(key);
    if (road === undefined) {
      const tags = {
        class: CLASS_NAMES[segmentClass[segment]],
        ...(name !== '' && { name }),
        ...(ref !== '' && { ref }),
        ...((flags & SEGMENT_FLAG.oneway) !== 0 && { oneway: true }),
        ...((flags & SEGMENT_FLAG.generated) !== 0 && { generated: true }),
      };
      road = { tags, members: [] };
      byKey.set(key, road);
    }
    road.members.push(segment);
  }
  return [...byKey.values()].map(({ tags, members }) => ({ tags, chains: chainsOf(network, members) }));
}

/** Follows segments from end to end wherever exactly two of them meet. */
function chainsOf({ segmentFrom, segmentTo }: RoadNetwork, members: readonly number[]): number[][] {
  const meeting = new Map<number, number[]>();
  const meet = (node: number, segment: number) => {
    const there = meeting.get(node);
    if (there === undefined) meeting.set(node, [segment]);
    else there.push(segment);
  };
  for (const segment of members) {
    meet(segmentFrom[segment], segment);
    meet(segmentTo[segment], segment);
  }
  const used = new Set<number>();
  const follow = (start: number): number[] => {
    const chain: number[] = [];
    for (let directed = start; ; ) {
      const node = directed & 1 ? segmentFrom[directed >> 1] : segmentTo[directed >> 1];
      const there = meeting.get(node)!;
      const next = there.length === 2 ? there[there[0] === directed >> 1 ? 1 : 0] : undefined;
      if (next === undefined || used.has(next)) return chain;
      used.add(next);
      directed = segmentFrom[next] === node ? 2 * next : 2 * next + 1;
      chain.push(directed);
    }
  };
  const chains: number[][] = [];
  for (const segment of members) {
    if (used.has(segment)) continue;
    used.add(segment);
    const ahead = follow(2 * segment);
    const behind = follow(2 * segment + 1);
    chains.push([...behind.reverse().map((directed) => directed ^ 1), 2 * segment, ...ahead]);
  }
  return chains;
}

type Point = [x: number, y: number];

/** Web Mercator as the numbers of one tile: 0 to EXTENT from its north-west corner. */
class TilePlane {
  readonly z: number;
  /** The tile with its rim, 1e-7 degrees. */
  readonly box: readonly [west: number, south: number, east: number, north: number];
  readonly #x: number;
  readonly #y: number;
  readonly #unitsAround: number;
  readonly #middleE7: number;

  constructor(z: number, x: number, y: number) {
    this.z = z;
    this.#x = x * EXTENT;
    this.#y = y * EXTENT;
    this.#unitsAround = EXTENT * 2 ** z;
    const lonE7 = (units: number) => ((units / this.#unitsAround) * 360 - 180) * E7;
    const latE7 = (units: number) => {
      const mercator = Math.PI * (1 - (2 * units) / this.#unitsAround);
      return (Math.atan(Math.sinh(mercator)) / RAD_PER_DEG) * E7;
    };
    this.#middleE7 = lonE7(this.#x + EXTENT / 2);
    this.box = [
      lonE7(this.#x - RIM),
      latE7(this.#y + EXTENT + RIM),
      lonE7(this.#x + EXTENT + RIM),
      latE7(this.#y - RIM),
    ];
  }

  /** A chain of directed segments as lines of whole numbers, cut at the rim. */
  draw({ firstPoint, pointLonLat }: RoadNetwork, chain: readonly number[]): Point[][] {
    const points: Point[] = [];
    let lonE7 = Number.NaN; // of the last point, carried on over the antimeridian
    for (const directed of chain) {
      const segment = directed >> 1;
      const step = directed & 1 ? -1 : 1;
      const count = firstPoint[segment + 1] - firstPoint[segment];
      let p = directed & 1 ? firstPoint[segment + 1] - 1 : firstPoint[segment];
      for (let i = 0; i < count; i++, p += step) {
        const lon = pointLonLat[2 * p];
        lonE7 = Number.isNaN(lonE7)
          ? this.#middleE7 + shortWayE7(lon - this.#middleE7)
          : lonE7 + shortWayE7(shortWayE7(lon - lonE7));
        points.push([this.#across(lonE7), this.#down(pointLonLat[2 * p + 1])]);
      }
    }
    return cutAtRim(simplified(points)).flatMap(wholeNumbers);
  }

  #across(lonE7: number): number {
    return (lonE7 / E7 / 360 + 0.5) * this.#unitsAround - this.#x;
  }

  #down(latE7: number): number {
    const lat = Math.max(-MAX_LAT, Math.min(MAX_LAT, latE7 / E7));
    const mercator = Math.asinh(Math.tan(lat * RAD_PER_DEG)) / Math.PI;
    return (0.5 - mercator / 2) * this.#unitsAround - this.#y;
  }
}

/**
 * The line with fewer points, none of the others farther from it than the tolerance; both ends stay.
 * Source: Douglas, Peucker, Cartographica 10(2), 1973, p. 112.
 */
function simplified(points: readonly Point[]): Point[] {
  const keep = new Uint8Array(points.length);
  keep[0] = 1;
  keep[points.length - 1] = 1;
  const stack = [0, points.length - 1];
  while (stack.length > 0) {
    const last = stack.pop()!;
    const first = stack.pop()!;
    let farthest = TOLERANCE * TOLERANCE;
    let at = -1;
    for (let i = first + 1; i < last; i++) {
      const d2 = distance2(points[i], points[first], points[last]);
      if (d2 <= farthest) continue;
      farthest = d2;
      at = i;
    }
    if (at < 0) continue;
    keep[at] = 1;
    stack.push(first, at, at, last);
  }
  return points.filter((_, i) => keep[i] === 1);
}

/** Squared distance from a point to a straight piece. */
function distance2([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length2));
  return (ax + t * dx - x) ** 2 + (ay + t * dy - y) ** 2;
}

/**
 * The parts of a line inside the tile and its rim.
 * Source: Liang, Barsky, ACM Transactions on Graphics 3(1), 1984, p. 1.
 */
function cutAtRim(points: readonly Point[]): Point[][] {
  const lines: Point[][] = [];
  let line: Point[] = [];
  for (let i = 0; i + 1 < points.length; i++) {
    const [ax, ay] = points[i];
    const [bx, by] = points[i + 1];
    let enters = 0;
    let leaves = 1;
    for (const [from, step] of [
      [ax, bx - ax],
      [ay, by - ay],
    ]) {
      const low = (-RIM - from) / step;
      const high = (EXTENT + RIM - from) / step;
      if (step === 0) {
        if (from < -RIM || from > EXTENT + RIM) leaves = -1;
        continue;
      }
      enters = Math.max(enters, Math.min(low, high));
      leaves = Math.min(leaves, Math.max(low, high));
    }
    if (enters > leaves) continue;
    const on = (t: number): Point => [ax + t * (bx - ax), ay + t * (by - ay)];
    if (enters > 0 || line.length === 0) {
      line = [enters > 0 ? on(enters) : points[i]];
      lines.push(line);
    }
    line.push(leaves < 1 ? on(leaves) : points[i + 1]);
    if (leaves < 1) line = [];
  }
  return lines;
}

/** A line in whole numbers without repeats; none when it shrinks to a point. */
function wholeNumbers(line: readonly Point[]): Point[][] {
  const whole: Point[] = [];
  for (const [x, y] of line) {
    const point: Point = [Math.round(x), Math.round(y)];
    const last = whole.at(-1);
    if (last === undefined || last[0] !== point[0] || last[1] !== point[1]) whole.push(point);
  }
  return whole.length > 1 ? [whole] : [];
}
