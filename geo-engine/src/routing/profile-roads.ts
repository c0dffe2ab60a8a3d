import type { RouteRefusalCode } from '../errors.js';
import { type RoadGraph, UNREACHABLE_MS } from '../graph/road-graph.js';
import type { SpeedOverlay } from '../graph/speed-overlay.js';
import { NearestSweep, NO_SOURCE } from '../hierarchy/nearest-sweep.js';
import { PathSearch } from '../hierarchy/path-search.js';
import { type ReachDirection, ReachSearch } from '../hierarchy/reach-search.js';
import { TableSearch } from '../hierarchy/table-search.js';
import type { RoadNetwork } from '../roads/road-network.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { CutOffEnds } from './cut-off-ends.js';
import { type DrivePart, driveLine, partM, trimDrive } from './drive.js';
import { type ArrivingSegments, arrivingSegments, defaultCellM, type IsochroneDrawer } from './isochrone.js';
import { GAVE_UP, LiveSearch } from './live-search.js';
import { isTightened, type LiveTimes, LiveTimesWriter, NOTHING_IN_FORCE } from './live-times.js';
import { AT_ROAD_M, offRoadMs } from './off-road.js';
import { PlaceSeeds } from './place-seeds.js';
import type { PreparedProfile } from './prepared-profile.js';
import type { RingBound } from './ring-bound.js';
import type { DriveEnd, RoadPlace } from './road-place.js';
import { routeSteps } from './route-steps.js';
import type {
  AnswerOrigin,
  ClosureState,
  IsochroneAnswer,
  IsochroneQuestion,
  NearestSourcesAnswer,
  NearestSourcesQuestion,
  RoadEnd,
  RouteAnswer,
  RoutePlace,
  RouteQuestion,
  RouteRefusal,
  TableAnswer,
  TableQuestion,
} from './router.js';
import { LARGEST, type Snapper } from './snapper.js';
import { type DriveTarget, TargetDrives, type VehicleDrive } from './target-drives.js';
import { type Vehicle, VehicleStarts } from './vehicle-starts.js';
import { beforeMs, directWay, drivenShare, restMs } from './waypoint.js';

/** A drive between two snapped places. */
interface Drive {
  readonly travelMs: number;
  readonly parts: readonly DrivePart[];
}

type Found = Drive | 'none' | 'gave_up';

/**
 * Answers for one profile. One per thread: its searches are reused and allocate nothing once they have grown; what is seldom asked for
 * is made when it first is.
 *
 * Where the closures in force are not those that it was made with, drives are still exact: if one goes over a road that is slower
 * now, it is sought again in full view of the closures. Roads that are open again are not used before the hierarchy is made anew.
 */
export class ProfileRoads {
  readonly profile: VehicleProfile;
  readonly #network: RoadNetwork;
  readonly #snapper: Snapper;
  readonly #drawer: IsochroneDrawer;
  readonly #prepared: PreparedProfile;
  readonly #liveWriter: LiveTimesWriter;
  #live: LiveTimes;
  readonly #sources = new PlaceSeeds('start');
  readonly #targets = new PlaceSeeds('end');
  #paths: PathSearch | undefined;
  #tables: TableSearch | undefined;
  #liveSearch: LiveSearch | undefined;
  #drives: TargetDrives | undefined;
  #cutOff: CutOffEnds | undefined;
  #arriving: ArrivingSegments | undefined;
  readonly #reach = new Map<ReachDirection, ReachSearch>();
  readonly #sweeps = new Map<number, NearestSweep>();
  readonly #vehicles: VehicleStarts;

  constructor(network: RoadNetwork, snapper: Snapper, drawer: IsochroneDrawer, prepared: PreparedProfile) {
    this.profile = prepared.profile;
    this.#network = network;
    this.#snapper = snapper;
    this.#vehicles = new VehicleStarts(snapper);
    this.#drawer = drawer;
    this.#prepared = prepared;
    this.#liveWriter = new LiveTimesWriter(network, prepared.profile, prepared.graph, prepared.made);
    this.#live = this.#liveWriter.write(prepared.made);
  }

  get prepared(): PreparedProfile {
    return this.#prepared;
  }

  /** How many directed segments differ from what it was made with. */
  get pending(): { tightened: number; loosened: number } {
    return { tightened: this.#live.tightened, loosened: this.#live.loosened };
  }

  /** The closures in force from now on. */
  setInForce(inForce: SpeedOverlay = NOTHING_IN_FORCE): void {
    const before = this.#live.tightened;
    this.#live = this.#liveWriter.write(inForce);
    this.#vehicles.forget();
    // these hold the times that they were made with
    if (before > 0 || this.#live.tightened > 0) this.#reach.clear();
  }

  /**
   * The fastest drive. At most `maxSettled` nodes are looked at where a closure lies on the way that is prepared; if more would have to
   * be, the answer is undefined.
   */
  route({ from, to }: RouteQuestion, maxSettled: number): RouteAnswer | undefined {
    const { graph } = this.#live;
    const start = this.#snapper.snap(graph, from, 'start');
    if (start === undefined) return this.#refuse('no_road_near', 'from');
    const end = this.#snapper.snap(graph, to, 'end');
    if (end === undefined) return this.#refuse('no_road_near', 'to');
    const nearest = this.#drive(start, end, maxSettled);
    if (nearest === 'gave_up') return undefined;
    if (nearest !== 'none') return this.#routeOf(nearest, roadEnd('start', start, false), roadEnd('end', end, false));
    for (const [elsewhere, other] of this.#pairsElsewhere(from, start, to, end)) {
      const found = this.#drive(elsewhere, other, maxSettled);
      if (found === 'gave_up') return undefined;
      if (found === 'none') continue;
      return this.#routeOf(
        found,
        roadEnd('start', elsewhere, elsewhere !== start),
        roadEnd('end', other, other !== end),
      );
    }
    return this.#refuse('unreachable');
  }

  table({ sources, targets }: TableQuestion): TableAnswer {
    const { graph } = this.#live;
    const starts = sources.map((place) => this.#snapper.snap(graph, place, 'start'));
    const ends = targets.map((place) => this.#snapper.snap(graph, place, 'end'));
    const travelMs = this.#times(starts, ends);
    const elsewhere = this.#cellsElsewhere(sources, starts, targets, ends, travelMs);
    return {
      ...this.#origin('pending'),
      kind: 'table',
      travelMs,
      starts: starts.map((start) => start && roadEnd('start', start, false)),
      ends: ends.map((end) => end && roadEnd('end', end, false)),
      elsewhere,
    };
  }

  /** A place as the target of many drives; undefined when no road is near. */
  target(place: RoutePlace): DriveTarget | undefined {
    const end = this.#snapper.snap(this.#live.graph, place, 'end');
    return end && { place, end };
  }

  /** What `table` answers for a vehicle and a target; null: no road is near the vehicle, or no way leads there. */
  driveTo(target: DriveTarget, vehicle: Vehicle): VehicleDrive | null {
    return this.#drivesTo(target).drive(vehicle);
  }

  /** Finds where a vehicle starts before anybody asks: until it moves or turns, driveTo finds it done. */
  findStart(vehicle: Vehicle): void {
    this.#vehicles.find(this.#live.graph, vehicle);
  }

  /** What driveTo answers at the least from beyond a circle around the target; undefined: nothing is known of it. */
  ringBound(target: DriveTarget, radiusM: number): RingBound | undefined {
    const { graph, topMps } = this.#prepared;
    return this.#drivesTo(target).ringBound(radiusM, graph, topMps);
  }

  /** No drive to the target begins farther from its place than this, metres; Infinity: the largest part of the network reaches it. */
  farthestStartM(target: DriveTarget): number {
    const { graph, cutOff } = this.#prepared;
    // whoever is in that part is reached by all of it
    const ends = this.#drivesTo(target).endsCutOffFrom(graph.component.indexOf(LARGEST));
    if (ends === undefined) return Number.POSITIVE_INFINITY;
    this.#cutOff ??= new CutOffEnds(this.#network, graph, cutOff);
    return this.#cutOff.farthestStartM(target.place.at, ends);
  }

  /** How far a vehicle is off the road at the least, metres, by where it was when it was last asked about; 0: nothing is known. */
  leastOffRoadM(key: number, vec: Float64Array, i: number): number {
    return this.#vehicles.leastOffRoadM(key, vec, i);
  }

  #drivesTo(target: DriveTarget): TargetDrives {
    this.#drives ??= new TargetDrives(this.#prepared.hierarchy, this.#snapper, this.#vehicles);
    this.#drives.begin(this.#live.graph, target);
    return this.#drives;
  }

  /** How the times of driveTo and table stand to the closures in force. */
  get tableClosures(): ClosureState {
    return this.#origin('pending').closures;
  }

  /**
   * No drive, its ways off the road included, is faster than (straight line - freeM) / topMps. The fastest metre of any segment, its
   * length rounded up; FREE_M pays for what costs no time at the ends, and for what their snapping and rounding may be wrong by.
   */
  get topPace(): { readonly freeM: number; readonly topMps: number } {
    return { freeM: FREE_M, topMps: this.#prepared.topMps };
  }

  isochrone({ place, limitsS, direction, cellM }: IsochroneQuestion): IsochroneAnswer {
    const { graph } = this.#live;
    const driveEnd = direction === 'from' ? 'start' : 'end';
    const at = this.#snapper.snap(graph, place, driveEnd);
    if (at === undefined) return this.#refuse('no_road_near', direction);
    const end = roadEnd(driveEnd, at, false);
    const longestS = limitsS[limitsS.length - 1];
    const seeds = direction === 'from' ? this.#sources : this.#targets;
    seeds.set(graph, [at]);
    const search = this.#reachSearch(direction);
    search.reach(seeds.lists, 0, Math.max(0, longestS * 1000 - end.offRoadMs));
    if (direction === 'to') this.#arriving ??= arrivingSegments(this.#prepared.graph);
    const cell = cellM ?? defaultCellM(longestS);
    const areas = this.#drawer.draw(graph, direction, at.stands, search, end.offRoadMs, limitsS, cell, this.#arriving);
    return { ...this.#origin('checked'), kind: 'isochrone', end, ...areas };
  }

  nearestSources({ sources, k }: NearestSourcesQuestion): NearestSourcesAnswer {
    const { graph } = this.#live;
    const starts = sources.map((place) => this.#snapper.snap(graph, place, 'start'));
    this.#sources.set(graph, starts, ({ snap }) => offRoadMs('start', snap.distanceM));
    let sweep = this.#sweeps.get(k);
    if (sweep === undefined) {
      sweep = new NearestSweep(this.#prepared.hierarchy, k);
      this.#sweeps.set(k, sweep);
    }
    sweep.sweep(this.#sources.lists);
    return {
      ...this.#origin('pending'),
      kind: 'nearest_sources',
      k,
      starts: starts.map((start) => start && roadEnd('start', start, false)),
      ...labelsOfNodes(sweep, graph, k),
    };
  }

  /** Where the closures in force are not those that this was made with, an answer is `exact` at best. */
  #origin(exact: ClosureState): AnswerOrigin {
    const { tightened, loosened } = this.#live;
    const closures = loosened > 0 ? 'pending' : tightened > 0 ? exact : 'in_force';
    return { source: 'built-in', closures };
  }

  #refuse(code: RouteRefusalCode, place?: 'from' | 'to'): RouteRefusal & AnswerOrigin {
    return { ...this.#origin('checked'), kind: 'refused', code, ...(place && { place }) };
  }

  #drive(start: RoadPlace, end: RoadPlace, maxSettled: number): Found {
    const around = this.#driveOverNodes(start, end, maxSettled);
    const direct = directWay(this.#live.graph, start, end);
    if (around === 'gave_up' || direct === undefined) return around;
    if (around !== 'none' && around.travelMs < direct.travelMs) return around;
    const { travelMs, from, to } = direct;
    return { travelMs, parts: [{ directed: from.directed, from: drivenShare(from), to: drivenShare(to), travelMs }] };
  }

  #driveOverNodes(start: RoadPlace, end: RoadPlace, maxSettled: number): Found {
    const { graph } = this.#live;
    this.#sources.set(graph, [start]);
    this.#targets.set(graph, [end]);
    this.#paths ??= new PathSearch(this.#prepared.hierarchy);
    const paths = this.#paths;
    const travelMs = paths.timeMs(this.#sources.lists, 0, this.#targets.lists, 0);
    if (travelMs === UNREACHABLE_MS) return 'none';
    const path = paths.path();
    if (!isTightened(this.#prepared.graph, this.#live, path)) {
      return this.#driveOf(travelMs, paths.sourceSeed, path, paths.targetSeed);
    }
    this.#liveSearch ??= new LiveSearch(this.#prepared.hierarchy);
    const search = this.#liveSearch;
    const liveMs = search.timeMs(graph, this.#sources.lists, 0, this.#targets.lists, 0, maxSettled);
    if (liveMs === GAVE_UP) return 'gave_up';
    if (liveMs === UNREACHABLE_MS) return 'none';
    const { sourceSeed, directed, targetSeed } = search.drive(graph);
    return this.#driveOf(liveMs, sourceSeed, directed, targetSeed);
  }

  #driveOf(travelMs: number, sourceSeed: number, path: Iterable<number>, targetSeed: number): Drive {
    const { graph } = this.#live;
    const from = this.#sources.stands[sourceSeed];
    const to = this.#targets.stands[targetSeed];
    const parts: DrivePart[] = [
      { directed: from.directed, from: drivenShare(from), to: 1, travelMs: restMs(graph, from) },
    ];
    for (const directed of path) parts.push({ directed, from: 0, to: 1, travelMs: graph.directedMs[directed] });
    parts.push({ directed: to.directed, from: 0, to: drivenShare(to), travelMs: beforeMs(graph, to) });
    return { travelMs, parts: trimDrive(parts) };
  }

  #routeOf({ travelMs, parts }: Drive, start: RoadEnd, end: RoadEnd): RouteAnswer {
    const network = this.#network;
    const { line, begins } = driveLine(network, parts);
    const distanceM = parts.reduce((sum, part) => sum + partM(network, part), 0);
    const steps = routeSteps(network, this.#live.graph, parts, begins, line.length - 1);
    return { ...this.#origin('checked'), kind: 'route', travelMs, distanceM, start, end, line, steps };
  }

  /**
   * Pairs of places to try when two are not connected, those first that are the least farther off the road. A place in the largest part
   * of the network stays where it is: what keeps the two apart is the other one.
   */
  #pairsElsewhere(from: RoutePlace, start: RoadPlace, to: RoutePlace, end: RoadPlace): [RoadPlace, RoadPlace][] {
    const { graph } = this.#live;
    const starts = this.#snapper.alternatives(graph, from, 'start', start);
    const ends = this.#snapper.alternatives(graph, to, 'end', end);
    const pairs = starts.flatMap((one) => ends.map((other): [RoadPlace, RoadPlace] => [one, other]));
    const offRoadM = ([one, other]: [RoadPlace, RoadPlace]) => one.snap.distanceM + other.snap.distanceM;
    return pairs.slice(1).sort((a, b) => offRoadM(a) - offRoadM(b));
  }

  /** Drive from each start to each end, [starts × ends]; UNREACHABLE_MS where there is none or one of them is undefined. */
  #times(starts: readonly (RoadPlace | undefined)[], ends: readonly (RoadPlace | undefined)[]): Uint32Array {
    const times = new Uint32Array(starts.length * ends.length);
    this.#sources.set(this.#live.graph, starts);
    this.#targets.set(this.#live.graph, ends);
    this.#tables ??= new TableSearch(this.#prepared.hierarchy);
    this.#tables.tableInto(this.#sources.lists, this.#targets.lists, times);
    this.#shortenByDirectWays(starts, ends, times);
    return times;
  }

  #shortenByDirectWays(
    starts: readonly (RoadPlace | undefined)[],
    ends: readonly (RoadPlace | undefined)[],
    times: Uint32Array,
  ): void {
    const endsOn = new Map<number, number[]>(); // by directed segment
    ends.forEach((end, j) => {
      for (const { directed } of end?.stands ?? []) endsOn.set(directed, [...(endsOn.get(directed) ?? []), j]);
    });
    starts.forEach((start, i) => {
      for (const { directed } of start?.stands ?? []) {
        for (const j of endsOn.get(directed) ?? []) {
          const direct = directWay(this.#live.graph, start!, ends[j]!);
          const cell = i * ends.length + j;
          if (direct !== undefined && direct.travelMs < times[cell]) times[cell] = direct.travelMs;
        }
      }
    });
  }

  /** Fills the cells of places that are not connected as #pairsElsewhere says, and tells which. */
  #cellsElsewhere(
    sources: readonly RoutePlace[],
    starts: readonly (RoadPlace | undefined)[],
    targets: readonly RoutePlace[],
    ends: readonly (RoadPlace | undefined)[],
    times: Uint32Array,
  ): Map<number, { start: RoadEnd; end: RoadEnd }> {
    const elsewhere = new Map<number, { start: RoadEnd; end: RoadEnd }>();
    const cells: [i: number, j: number][] = [];
    times.forEach((ms, cell) => {
      const i = Math.floor(cell / ends.length);
      const j = cell % ends.length;
      if (ms === UNREACHABLE_MS && starts[i] !== undefined && ends[j] !== undefined) cells.push([i, j]);
    });
    if (cells.length === 0) return elsewhere;
    const { graph } = this.#live;
    const startsOf = new Map<number, RoadPlace[]>();
    const endsOf = new Map<number, RoadPlace[]>();
    for (const [i, j] of cells) {
      if (!startsOf.has(i)) startsOf.set(i, this.#snapper.alternatives(graph, sources[i], 'start', starts[i]!));
      if (!endsOf.has(j)) endsOf.set(j, this.#snapper.alternatives(graph, targets[j], 'end', ends[j]!));
    }
    // one table over all alternatives of the places concerned
    const allStarts = [...startsOf.values()].flat();
    const allEnds = [...endsOf.values()].flat();
    const row = new Map(allStarts.map((place, i) => [place, i]));
    const column = new Map(allEnds.map((place, j) => [place, j]));
    const allTimes = this.#times(allStarts, allEnds);
    for (const [i, j] of cells) {
      const pairs = startsOf.get(i)!.flatMap((start) => endsOf.get(j)!.map((end) => ({ start, end })));
      const offRoadM = ({ start, end }: { start: RoadPlace; end: RoadPlace }) =>
        start.snap.distanceM + end.snap.distanceM;
      for (const { start, end } of pairs.slice(1).sort((a, b) => offRoadM(a) - offRoadM(b))) {
        const ms = allTimes[row.get(start)! * allEnds.length + column.get(end)!];
        if (ms === UNREACHABLE_MS) continue;
        const cell = i * ends.length + j;
        times[cell] = ms;
        elsewhere.set(cell, {
          start: roadEnd('start', start, start !== starts[i]),
          end: roadEnd('end', end, end !== ends[j]),
        });
        break;
      }
    }
    return elsewhere;
  }

  #reachSearch(direction: ReachDirection): ReachSearch {
    let search = this.#reach.get(direction);
    if (search === undefined) {
      const { graph, tightened } = this.#live;
      const arcMs = tightened === 0 ? graph.arcMs : Uint32Array.from(graph.arcDirected, (d) => graph.directedMs[d]);
      search = new ReachSearch({ ...graph, arcMs }, direction);
      this.#reach.set(direction, search);
    }
    return search;
  }
}

/** Metres at each end: the free ones, 1 m for the distance to the road being off by 0.25 %, 1 m for a share of a segment. */
const FREE_M = 2 * (AT_ROAD_M + 2);
function roadEnd(end: DriveEnd, { snap }: RoadPlace, snappedElsewhere: boolean): RoadEnd {
  const { lon, lat, distanceM } = snap;
  return { at: [lon, lat], offRoadM: distanceM, offRoadMs: offRoadMs(end, distanceM), snappedElsewhere };
}

/** Labels of the network's nodes: who comes to a copy of one has come to it. */
function labelsOfNodes(sweep: NearestSweep, { nodeCount, networkNodeCount, nodeOf }: RoadGraph, k: number) {
  const nearest = new Uint32Array(networkNodeCount * k).fill(NO_SOURCE);
  const ms = new Uint32Array(networkNodeCount * k).fill(UNREACHABLE_MS);
  for (let node = 0; node < networkNodeCount; node++) {
    for (let i = 0; i < k; i++) {
      nearest[node * k + i] = sweep.source(node, i);
      ms[node * k + i] = sweep.timeMs(node, i);
    }
  }
  for (let copy = networkNodeCount; copy < nodeCount; copy++) {
    const labels = new Map<number, number>();
    const at = nodeOf[copy] * k;
    const offer = (source: number, atMs: number) => {
      if (source !== NO_SOURCE && atMs < (labels.get(source) ?? UNREACHABLE_MS)) labels.set(source, atMs);
    };
    for (let i = 0; i < k; i++) {
      offer(nearest[at + i], ms[at + i]);
      offer(sweep.source(copy, i), sweep.timeMs(copy, i));
    }
    [...labels]
      .sort(([one, oneMs], [other, otherMs]) => oneMs - otherMs || one - other)
      .slice(0, k)
      .forEach(([source, atMs], i) => {
        nearest[at + i] = source;
        ms[at + i] = atMs;
      });
  }
  return { nearest, ms };
}
