import { z } from 'zod';
import { type RouteRefusalCode, RouterError } from '../errors.js';
import { haversineM } from '../geo/distance.js';
import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { offRoadMs } from './off-road.js';
import type { DriveEnd } from './road-place.js';
import type {
  AnswerOrigin,
  Manoeuvre,
  RoadEnd,
  RouteAnswer,
  RoutePlace,
  RouteQuestion,
  RouteRefusal,
  Router,
  RouteStep,
  TableAnswer,
  TableQuestion,
  Turn,
} from './router.js';
import {
  askRouter,
  checkSpeed,
  FARTHEST_M,
  type Heard,
  LONGEST_S,
  ROUTER_MAX_BYTES,
  ROUTER_WAIT_MS,
  type RouterHttp,
  readAnswer,
} from './router-http.js';
import type { Position } from './segment-line.js';
import { HEADING_RANGE_DEG, isMoving } from './snapper.js';
import { joinTable, type TablePart } from './table-parts.js';

// Source of the protocol: Valhalla's API reference for routes and matrices (valhalla.github.io/valhalla/api).

const NAME = 'valhalla';

export interface ValhallaOptions extends Partial<RouterHttp> {
  readonly url: string;
  /** By code of our profiles: the costing to ask for, e.g. `auto` or `truck`. */
  readonly costings: Readonly<Record<string, string>>;
  /** Most sources times targets in one matrix (the server's `max_matrix_location_pairs`). */
  readonly maxTablePairs?: number;
}

const TABLE_PAIRS = 2500;
const M_PER_KM = 1000;

const Seconds = z.number().min(0).max(LONGEST_S);
const Kilometres = z
  .number()
  .min(0)
  .max((10 * FARTHEST_M) / M_PER_KM);
const Summary = z.object({ time: Seconds, length: Kilometres });

const RouteFound = z.object({
  trip: z.object({
    status: z.literal(0),
    units: z.literal('kilometers'),
    summary: Summary,
    legs: z
      .array(
        z.object({
          shape: z.string().min(2),
          maneuvers: z.array(
            z.object({
              type: z.number().int(),
              time: Seconds,
              length: Kilometres,
              begin_shape_index: z.number().int().min(0),
              street_names: z.array(z.string()).optional(),
              roundabout_exit_count: z.number().int().min(1).optional(),
              bearing_before: z.number().min(0).max(360).optional(),
              bearing_after: z.number().min(0).max(360).optional(),
            }),
          ),
        }),
      )
      .length(1),
  }),
});
type FoundStep = z.infer<typeof RouteFound>['trip']['legs'][number]['maneuvers'][number];

const TableFound = z.object({
  sources_to_targets: z.array(
    z.array(z.object({ time: Seconds.nullable(), from_index: z.number().int(), to_index: z.number().int() })),
  ),
});

const Failed = z.object({ error_code: z.number().int() });
/** Error codes that are answers. Everything else is a failure of ours or of the server. */
const REFUSALS: Readonly<Record<number, RouteRefusalCode>> = {
  170: 'unreachable', // in unconnected regions
  171: 'no_road_near',
  441: 'unreachable',
  442: 'unreachable', // no path
};

/** A Valhalla server behind our interface. Its times are those of its own costing; of our closures it knows nothing. */
export class ValhallaRouter implements Router {
  readonly #http: RouterHttp;
  readonly #costings: Readonly<Record<string, string>>;
  readonly #maxSide: number;

  constructor({
    url,
    costings,
    waitMs = ROUTER_WAIT_MS,
    maxBytes = ROUTER_MAX_BYTES,
    maxTablePairs = TABLE_PAIRS,
  }: ValhallaOptions) {
    this.#http = { url, waitMs, maxBytes };
    this.#costings = costings;
    this.#maxSide = Math.max(1, Math.floor(Math.sqrt(maxTablePairs)));
  }

  async route({ from, to, profile }: RouteQuestion, signal?: AbortSignal): Promise<RouteAnswer> {
    const costing = this.#costings[profile];
    if (costing === undefined) return refused('profile_unknown');
    const heading = isMoving(from) && {
      heading: Math.round(from.headingDeg!) % 360,
      heading_tolerance: HEADING_RANGE_DEG,
    };
    const body = { locations: [{ ...location(from), ...heading }, location(to)], costing, units: 'kilometers' };
    const heard = await this.#ask('/route', body, signal);
    if ('refusal' in heard) return refused(heard.refusal);
    const { legs, summary } = readAnswer(NAME, RouteFound, heard.json).trip;
    const line = decodePolyline6(legs[0].shape);
    const start = roadEnd('start', from, line[0]);
    const end = roadEnd('end', to, line[line.length - 1]);
    const travelMs = Math.round(summary.time * 1000);
    checkSpeed(NAME, start.at, end.at, travelMs);
    const steps = legs[0].maneuvers.map((step) => stepOf(step, line.length - 1));
    return { ...ORIGIN, kind: 'route', travelMs, distanceM: summary.length * M_PER_KM, start, end, line, steps };
  }

  /** Valhalla does not say where on the roads it takes the places of a table to be: they count as lying on one. */
  async table(question: TableQuestion, signal?: AbortSignal): Promise<TableAnswer> {
    const costing = this.#costings[question.profile];
    if (costing === undefined) return refused('profile_unknown');
    const joined = await joinTable(NAME, question, this.#maxSide, this.#maxSide, (sources, targets) =>
      this.#tablePart(costing, sources, targets, signal),
    );
    return typeof joined === 'string' ? refused(joined) : { ...ORIGIN, kind: 'table', ...joined };
  }

  async #tablePart(
    costing: string,
    sources: readonly RoutePlace[],
    targets: readonly RoutePlace[],
    signal?: AbortSignal,
  ): Promise<TablePart | RouteRefusalCode> {
    const body = { sources: sources.map(location), targets: targets.map(location), costing, units: 'kilometers' };
    const heard = await this.#ask('/sources_to_targets', body, signal);
    if ('refusal' in heard) return heard.refusal;
    const rows = readAnswer(NAME, TableFound, heard.json).sources_to_targets;
    const inOrder = rows.every((row, i) => row.every((cell, j) => cell.from_index === i && cell.to_index === j));
    if (!inOrder)
      throw new RouterError('router_malformed', NAME, 'cells of the matrix are not in the order of the question');
    return {
      starts: sources.map((place) => roadEnd('start', place, [...place.at])),
      ends: targets.map((place) => roadEnd('end', place, [...place.at])),
      travelMs: rows.map((row) => row.map(({ time }) => (time === null ? UNREACHABLE_MS : Math.round(time * 1000)))),
    };
  }

  async #ask(path: string, body: object, signal?: AbortSignal): Promise<Heard> {
    const { status, json } = await askRouter(NAME, this.#http, path, { body, signal });
    if (status < 400) return { json };
    const refusal = REFUSALS[readAnswer(NAME, Failed, json).error_code];
    if (refusal === undefined) throw new RouterError('router_status', NAME, `HTTP ${status}`);
    return { refusal };
  }
}

const ORIGIN = { source: 'valhalla', closures: 'unknown' } as const;

function refused(code: RouteRefusalCode): RouteRefusal & AnswerOrigin {
  return { ...ORIGIN, kind: 'refused', code };
}

function location({ at: [lon, lat] }: RoutePlace): { lon: number; lat: number } {
  return { lon, lat };
}

function roadEnd(end: DriveEnd, { at }: RoutePlace, onRoad: Position): RoadEnd {
  const offRoadM = haversineM(at[0], at[1], onRoad[0], onRoad[1]);
  return { at: onRoad, offRoadM, offRoadMs: offRoadMs(end, offRoadM), snappedElsewhere: false };
}

function stepOf(step: FoundStep, lastPosition: number): RouteStep {
  const manoeuvre = manoeuvreOf(step);
  return {
    manoeuvre,
    name: step.street_names?.[0] ?? '',
    ref: '',
    distanceM: step.length * M_PER_KM,
    travelMs: Math.round(step.time * 1000),
    fromPosition: Math.min(step.begin_shape_index, lastPosition),
    bearingBeforeDeg: manoeuvre.kind === 'depart' ? null : (step.bearing_before ?? null),
    bearingAfterDeg: manoeuvre.kind === 'arrive' ? null : (step.bearing_after ?? null),
  };
}

/** Valhalla's numbers of manoeuvres, by what they are to us; all others go on as they come. */
const TURNS: Readonly<Record<number, Turn>> = {
  9: 'slight_right',
  10: 'right',
  11: 'sharp_right',
  12: 'u_turn',
  13: 'u_turn',
  14: 'sharp_left',
  15: 'left',
  16: 'slight_left',
  18: 'slight_right', // ramps, exits and keeping to one side
  19: 'slight_left',
  20: 'slight_right',
  21: 'slight_left',
  23: 'slight_right',
  24: 'slight_left',
};

function manoeuvreOf({ type, roundabout_exit_count: exit }: FoundStep): Manoeuvre {
  if (type >= 1 && type <= 3) return { kind: 'depart' };
  if (type >= 4 && type <= 6) return { kind: 'arrive' };
  if (type === 26) return { kind: 'roundabout', exit: exit ?? null };
  if (type === 28) return { kind: 'ferry' };
  const turn = TURNS[type];
  return turn === undefined ? { kind: 'continue', turn: 'straight' } : { kind: 'turn', turn };
}

/**
 * Positions of an encoded line with six decimals: differences, latitude first, in groups of five bits from the lowest.
 * Source: Google, "Encoded Polyline Algorithm Format". @throws RouterError `router_malformed`
 */
function decodePolyline6(text: string): Position[] {
  const line: Position[] = [];
  let at = 0;
  let lat = 0;
  let lon = 0;
  const difference = (): number => {
    let bits = 0;
    for (let shift = 0; ; shift += 5) {
      const group = text.charCodeAt(at++) - 63;
      // also when the text has ended: NaN is in no range
      if (!(group >= 0 && group < 64) || shift > 30)
        throw new RouterError('router_malformed', NAME, 'shape is no polyline');
      bits += (group & 31) * 2 ** shift;
      if (group < 32) break;
    }
    return bits % 2 === 1 ? -(bits + 1) / 2 : bits / 2;
  };
  while (at < text.length) {
    lat += difference();
    lon += difference();
    if (!(Math.abs(lat) <= 90e6 && Math.abs(lon) <= 180e6))
      throw new RouterError('router_malformed', NAME, 'shape leaves the world');
    line.push([lon / 1e6, lat / 1e6]);
  }
  // one position alone is a way of no length
  return line.length === 1 ? [line[0], line[0]] : line;
}
