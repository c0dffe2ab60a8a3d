import type { RouteRefusalCode, RouterFailureCode } from '../errors.js';
import type { LonLat } from '../geo/lon-lat.js';
import { UNREACHABLE_MS } from '../graph/road-graph.js';
import type { ReachDirection } from '../hierarchy/reach-search.js';
import type { MultiPolygon } from './reach-raster.js';
import type { Position } from './segment-line.js';

/** A place asked about. */
export interface RoutePlace {
  readonly at: LonLat;
  /** Direction of travel, clockwise from north; heeded where a drive starts and `speedMps` says that the vehicle moves. */
  readonly headingDeg?: number | null;
  readonly speedMps?: number | null;
}

export interface RouteQuestion {
  readonly from: RoutePlace;
  readonly to: RoutePlace;
  /** Code of a VehicleProfile. */
  readonly profile: string;
}

export interface TableQuestion {
  readonly sources: readonly RoutePlace[];
  readonly targets: readonly RoutePlace[];
  readonly profile: string;
}

/** Where a drive begins or ends on the roads, and the way between there and the place asked about. */
export interface RoadEnd {
  readonly at: Position;
  readonly offRoadM: number;
  /** Time of that way; added to the drive it makes the whole. */
  readonly offRoadMs: number;
  /** The nearest road does not connect with the other end; this is the next that does. */
  readonly snappedElsewhere: boolean;
}

/** What a driver does at the beginning of a step. */
export type Manoeuvre =
  | { readonly kind: 'depart' }
  | { readonly kind: 'turn'; readonly turn: Turn }
  /** The road goes on under another name, or one of several goes on as it came. */
  | { readonly kind: 'continue'; readonly turn: Turn }
  /** Into a roundabout and out by its n-th exit; null: the drive ends on it. */
  | { readonly kind: 'roundabout'; readonly exit: number | null }
  | { readonly kind: 'ferry' }
  | { readonly kind: 'arrive' };

export type Turn =
  | 'straight'
  | 'slight_right'
  | 'right'
  | 'sharp_right'
  | 'u_turn'
  | 'sharp_left'
  | 'left'
  | 'slight_left';

/** A stretch of a route that needs one instruction. */
export interface RouteStep {
  readonly manoeuvre: Manoeuvre;
  /** Of the road driven after the manoeuvre; '' where it has none. */
  readonly name: string;
  readonly ref: string;
  readonly distanceM: number;
  readonly travelMs: number;
  /** Where the step begins, as an index into the route's line. */
  readonly fromPosition: number;
  /** Directions of travel before and after the manoeuvre, clockwise from north, 0 up to 360; null where there is none. */
  readonly bearingBeforeDeg: number | null;
  readonly bearingAfterDeg: number | null;
}

/** Who computed an answer. */
export type RouterSource = 'built-in' | 'osrm' | 'valhalla';

/**
 * Why an outside router was not the one who answered. `router_not_asked`: closures are in force that it does not know.
 * `router_refused`: it says that there is no answer.
 */
export type FallbackReason = RouterFailureCode | 'router_not_asked' | 'router_refused';

/**
 * How an answer stands to the closures that are in force now. `in_force`: computed with all of them. `checked`: some are not in the
 * prepared network yet, and the answer was found with them all the same. `pending`: some are not in it yet and may change the answer.
 * `unknown`: the router that answered does not know them.
 */
export type ClosureState = 'in_force' | 'checked' | 'pending' | 'unknown';

/** What every answer says of its origin. */
export interface AnswerOrigin {
  readonly source: RouterSource;
  /** The outside router that should have answered did not. */
  readonly fallback?: FallbackReason;
  readonly closures: ClosureState;
}

export interface Route extends AnswerOrigin {
  readonly kind: 'route';
  /** Drive from road to road; whole milliseconds. */
  readonly travelMs: number;
  readonly distanceM: number;
  readonly start: RoadEnd;
  readonly end: RoadEnd;
  /** Longitude, latitude; at least two positions, the same twice where start and end are one place. */
  readonly line: readonly Position[];
  readonly steps: readonly RouteStep[];
}

/** An answer too: there is none, and why. */
export interface RouteRefusal {
  readonly kind: 'refused';
  readonly code: RouteRefusalCode;
  /** For `no_road_near`: which of the two places. */
  readonly place?: 'from' | 'to';
}

export type RouteAnswer = Route | (RouteRefusal & AnswerOrigin);

export interface TravelTable extends AnswerOrigin {
  readonly kind: 'table';
  readonly travelMs: Uint32Array; // [sources × targets] drive from road to road; UNREACHABLE_MS where there is none
  /** By source and by target; undefined where no road is near. */
  readonly starts: readonly (RoadEnd | undefined)[];
  readonly ends: readonly (RoadEnd | undefined)[];
  /** Cells (source × targets + target) whose drive begins or ends elsewhere than starts and ends say. */
  readonly elsewhere: ReadonlyMap<number, { readonly start: RoadEnd; readonly end: RoadEnd }>;
}

export type TableAnswer = TravelTable | (RouteRefusal & AnswerOrigin);

/** One pair of a table: the drive and both ways off the road, or why there is none. */
export type TravelCell =
  | { readonly kind: 'reached'; readonly travelMs: number; readonly start: RoadEnd; readonly end: RoadEnd }
  | { readonly kind: 'refused'; readonly code: 'no_road_near' | 'unreachable'; readonly place?: 'from' | 'to' };

export function travelCell(table: TravelTable, source: number, target: number): TravelCell {
  const cell = source * table.ends.length + target;
  const travelMs = table.travelMs[cell];
  const { start, end } = table.elsewhere.get(cell) ?? { start: table.starts[source], end: table.ends[target] };
  if (start === undefined) return { kind: 'refused', code: 'no_road_near', place: 'from' };
  if (end === undefined) return { kind: 'refused', code: 'no_road_near', place: 'to' };
  if (travelMs === UNREACHABLE_MS) return { kind: 'refused', code: 'unreachable' };
  return { kind: 'reached', travelMs, start, end };
}

/** Whole time of a route or a cell of a table: off the road, drive, off the road. */
export function wholeMs({ travelMs, start, end }: Pick<Route, 'travelMs' | 'start' | 'end'>): number {
  return start.offRoadMs + travelMs + end.offRoadMs;
}

/** What is asked of the reach of a place: where one comes to within some times, or from where one comes to it. */
export interface IsochroneQuestion {
  readonly place: RoutePlace;
  readonly profile: string;
  /** Seconds, ascending; at most 250 of them. */
  readonly limitsS: readonly number[];
  readonly direction: ReachDirection;
  /** Width in metres of the cells in which the areas are drawn; by the longest limit if not given. */
  readonly cellM?: number;
}

/** What is reached within a time. */
export interface ReachArea {
  readonly limitS: number;
  readonly geometry: MultiPolygon;
}

export interface ReachAreas {
  /** By limit, ascending; each holds all before it. */
  readonly areas: readonly ReachArea[];
  /** Every place of a road that is reached lies inside; nothing inside lies farther than this from one. */
  readonly withinM: number;
}

export interface Isochrone extends AnswerOrigin, ReachAreas {
  readonly kind: 'isochrone';
  /** Where the place is on the roads; its time off the road is part of the limits. */
  readonly end: RoadEnd;
}

export type IsochroneAnswer = Isochrone | (RouteRefusal & AnswerOrigin);

export interface NearestSourcesQuestion {
  readonly sources: readonly RoutePlace[];
  readonly profile: string;
  /** Labels a node, 1 to 16. */
  readonly k: number;
}

/** For every node of the network the nearest sources, nearest first, equal times by their number. */
export interface NearestSources extends AnswerOrigin {
  readonly kind: 'nearest_sources';
  readonly k: number;
  /** By source; undefined where no road is near. */
  readonly starts: readonly (RoadEnd | undefined)[];
  readonly nearest: Uint32Array; // [network nodes × k] number of a source; NO_SOURCE where fewer than k reach the node
  readonly ms: Uint32Array; //      [network nodes × k] time, the source's way to the road included; UNREACHABLE_MS there
}

export type NearestSourcesAnswer = NearestSources | (RouteRefusal & AnswerOrigin);

/** Answers questions about travel by road. Times are of a free road. What cannot be reached is said, never 0 and never left out. */
export interface Router {
  /** `signal` ends the wait early. @throws RouterError when the one who should answer does not. */
  route(question: RouteQuestion, signal?: AbortSignal): Promise<RouteAnswer>;
  /** As route. */
  table(question: TableQuestion, signal?: AbortSignal): Promise<TableAnswer>;
}
