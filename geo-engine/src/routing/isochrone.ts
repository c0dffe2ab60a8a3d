import { CLOSED, type RoadGraph } from '../graph/road-graph.js';
import type { ReachDirection, ReachSearch } from '../hierarchy/reach-search.js';
import type { RoadNetwork } from '../roads/road-network.js';
import { type RasterBounds, ReachRaster, SPREAD_CELLS } from './reach-raster.js';
import type { Stand } from './road-place.js';
import type { ReachAreas } from './router.js';
import { E7, placeAt, segmentLine, shortWayE7 } from './segment-line.js';
import { beforeMs, drivenShare, restMs } from './waypoint.js';

/** Width of a cell when nobody asks for another: finer than needed on a map that shows the whole area. */
const CELL_M_PER_S = 0.25;
const LEAST_CELL_M = 50;

export function defaultCellM(limitS: number): number {
  return Math.max(LEAST_CELL_M, CELL_M_PER_S * limitS);
}

/** Packed record of a part of a segment: segment, shares of its length along its points, level of the limit. */
const PART_STRIDE = 4;
const SEGMENT = 0;
const FROM = 1;
const TO = 2;
const LEVEL = 3;

/**
 * Areas around the roads that are reached. Reusable, one per thread.
 *
 * Roads are drawn into square cells, the last ones as far as the time goes, and the area is the outline of the cells they touch
 * (ReachRaster): a field between roads is not reached by road and stays a hole.
 */
export class IsochroneDrawer {
  readonly #network: RoadNetwork;
  readonly #raster = new ReachRaster();
  #parts = new Float64Array(4096 * PART_STRIDE);
  #partCount = 0;
  readonly #wholeLevel: Uint8Array; //  [segments] level at which all of a segment is drawn, where stamp matches
  readonly #wholeStamp: Uint32Array; // [segments] number of the drawing that said so
  #drawing = 0;
  #originE7 = 0;
  readonly #bounds: RasterBounds = { west: 0, south: 0, east: 0, north: 0 };

  constructor(network: RoadNetwork) {
    this.#network = network;
    this.#wholeLevel = new Uint8Array(network.segmentCount);
    this.#wholeStamp = new Uint32Array(network.segmentCount);
  }

  /**
   * Areas by limit. `stands` is where the place lies, `search` has reached all within the last limit, `spentMs` are gone before the drive
   * begins or will be after it. Limits ascend; at most 250 of them. `arriving` is needed for 'to'.
   */
  draw(
    graph: RoadGraph,
    direction: ReachDirection,
    stands: readonly Stand[],
    search: ReachSearch,
    spentMs: number,
    limitsS: readonly number[],
    cellM: number,
    arriving?: ArrivingSegments,
  ): ReachAreas {
    const limitsMs = limitsS.map((limitS) => limitS * 1000 - spentMs);
    this.#begin(stands[0]);
    for (const stand of stands) this.#addStand(graph, direction, stand, limitsMs);
    if (direction === 'from') this.#addLeaving(graph, search, limitsMs);
    else this.#addArriving(graph, search, limitsMs, arriving!);
    this.#raster.start(this.#originE7, this.#bounds, cellM);
    for (let part = 0; part < this.#partCount; part++) this.#mark(part * PART_STRIDE);
    return {
      areas: limitsS.map((limitS, level) => ({ limitS, geometry: this.#raster.outline(level) })),
      withinM: SPREAD_CELLS * this.#raster.cellM,
    };
  }

  #begin(stand: Stand): void {
    const [lon, lat] = placeAt(this.#network, stand.directed >> 1, stand.fraction);
    this.#originE7 = Math.round(lon * E7);
    this.#partCount = 0;
    this.#drawing++;
    const latE7 = Math.round(lat * E7);
    Object.assign(this.#bounds, { west: 0, south: latE7, east: 0, north: latE7 });
  }

  /** The segment that the place is on, as far as the time goes. */
  #addStand(graph: RoadGraph, direction: ReachDirection, stand: Stand, limitsMs: readonly number[]): void {
    const share = drivenShare(stand);
    const ms = direction === 'from' ? restMs(graph, stand) : beforeMs(graph, stand);
    const length = direction === 'from' ? 1 - share : share;
    let doneShare = 0;
    for (let level = 0; level < limitsMs.length; level++) {
      if (limitsMs[level] < 0) continue;
      const newShare = ms === 0 ? length : length * Math.min(1, limitsMs[level] / ms);
      // the place itself, even where there is no time to leave it
      if (newShare <= doneShare && doneShare > 0) continue;
      if (direction === 'from') this.#addPart(stand.directed, share + doneShare, share + newShare, level);
      else this.#addPart(stand.directed, share - newShare, share - doneShare, level);
      doneShare = newShare;
    }
  }

  #addLeaving(
    { firstArc, arcDirected, directedMs }: RoadGraph,
    search: ReachSearch,
    limitsMs: readonly number[],
  ): void {
    for (let i = 0; i < search.count; i++) {
      const node = search.node[i];
      const atMs = search.timeMs(node);
      for (let arc = firstArc[node]; arc < firstArc[node + 1]; arc++) {
        const directed = arcDirected[arc];
        if (directedMs[directed] !== CLOSED) this.#addDriven(directed, atMs, directedMs[directed], limitsMs, false);
      }
    }
  }

  /** Every directed segment from whose end the place is reached: who stands on it drives on to that end. */
  #addArriving(
    { directedMs }: RoadGraph,
    search: ReachSearch,
    limitsMs: readonly number[],
    { first, directed }: ArrivingSegments,
  ): void {
    for (let i = 0; i < search.count; i++) {
      const node = search.node[i];
      const atMs = search.timeMs(node);
      for (let at = first[node]; at < first[node + 1]; at++) {
        const ms = directedMs[directed[at]];
        if (ms !== CLOSED) this.#addDriven(directed[at], atMs, ms, limitsMs, true);
      }
    }
  }

  /** A segment driven away from a node that is reached after atMs, or driven towards one from which atMs are left to drive. */
  #addDriven(directed: number, atMs: number, ms: number, limitsMs: readonly number[], towards: boolean): void {
    const segment = directed >> 1;
    const known = this.#wholeStamp[segment] === this.#drawing ? this.#wholeLevel[segment] : limitsMs.length;
    let done = 0;
    for (let level = 0; level < known; level++) {
      if (limitsMs[level] < atMs) continue;
      const share = Math.min(1, (limitsMs[level] - atMs) / ms);
      if (towards) this.#addPart(directed, 1 - share, 1 - done, level);
      else this.#addPart(directed, done, share, level);
      done = share;
      if (share < 1) continue;
      this.#wholeStamp[segment] = this.#drawing;
      this.#wholeLevel[segment] = level;
      return;
    }
  }

  /** Notes a part, by shares in the direction of the drive, and widens the bounds by all of its segment. */
  #addPart(directed: number, from: number, to: number, level: number): void {
    if ((this.#partCount + 1) * PART_STRIDE > this.#parts.length) {
      const larger = new Float64Array(this.#parts.length * 2);
      larger.set(this.#parts);
      this.#parts = larger;
    }
    const at = this.#partCount++ * PART_STRIDE;
    const segment = directed >> 1;
    this.#parts[at + SEGMENT] = segment;
    this.#parts[at + FROM] = Math.max(0, directed & 1 ? 1 - to : from);
    this.#parts[at + TO] = Math.min(1, directed & 1 ? 1 - from : to);
    this.#parts[at + LEVEL] = level;
    const { firstPoint, pointLonLat } = this.#network;
    const bounds = this.#bounds;
    for (let p = firstPoint[segment]; p < firstPoint[segment + 1]; p++) {
      const lon = shortWayE7(pointLonLat[2 * p] - this.#originE7);
      const lat = pointLonLat[2 * p + 1];
      if (lon < bounds.west) bounds.west = lon;
      if (lon > bounds.east) bounds.east = lon;
      if (lat < bounds.south) bounds.south = lat;
      if (lat > bounds.north) bounds.north = lat;
    }
  }

  #mark(at: number): void {
    const { firstPoint, pointLonLat } = this.#network;
    const segment = this.#parts[at + SEGMENT];
    const from = this.#parts[at + FROM];
    const to = this.#parts[at + TO];
    const level = this.#parts[at + LEVEL];
    if (from > 0 || to < 1) {
      this.#markCut(segment, from, to, level);
      return;
    }
    // most segments are driven whole: their points as they lie
    let lon = shortWayE7(pointLonLat[2 * firstPoint[segment]] - this.#originE7);
    let lat = pointLonLat[2 * firstPoint[segment] + 1];
    for (let p = firstPoint[segment] + 1; p < firstPoint[segment + 1]; p++) {
      const nextLon = shortWayE7(pointLonLat[2 * p] - this.#originE7);
      const nextLat = pointLonLat[2 * p + 1];
      this.#raster.mark(lon, lat, nextLon, nextLat, level);
      lon = nextLon;
      lat = nextLat;
    }
  }

  #markCut(segment: number, from: number, to: number, level: number): void {
    const line = segmentLine(this.#network, segment, from, to);
    let lon = shortWayE7(line[0][0] * E7 - this.#originE7);
    let lat = line[0][1] * E7;
    for (const [nextLonDeg, nextLatDeg] of line) {
      const nextLon = shortWayE7(nextLonDeg * E7 - this.#originE7);
      const nextLat = nextLatDeg * E7;
      this.#raster.mark(lon, lat, nextLon, nextLat, level);
      lon = nextLon;
      lat = nextLat;
    }
  }
}

/** Open directed segments by the node at which a drive that began on them arrives: those of n from first[n] up to first[n + 1]. */
export interface ArrivingSegments {
  readonly first: Uint32Array; //    [nodes + 1]
  readonly directed: Uint32Array; // [open directed segments]
}

export function arrivingSegments({ nodeCount, directedMs, directedHead }: RoadGraph): ArrivingSegments {
  const first = new Uint32Array(nodeCount + 1);
  for (let d = 0; d < directedMs.length; d++) if (directedMs[d] !== CLOSED) first[directedHead[d] + 1]++;
  for (let node = 0; node < nodeCount; node++) first[node + 1] += first[node];
  const next = first.slice(0, nodeCount);
  const directed = new Uint32Array(first[nodeCount]);
  for (let d = 0; d < directedMs.length; d++) if (directedMs[d] !== CLOSED) directed[next[directedHead[d]]++] = d;
  return { first, directed };
}
