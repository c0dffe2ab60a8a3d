import { z } from 'zod';
import { type RouteRefusalCode, RouterError } from '../errors.js';
import { UNREACHABLE_MS } from '../graph/road-graph.js';
import { offRoadMs } from './off-road.js';
import type { DriveEnd } from './road-place.js';
import type {
  AnswerOrigin,
  Manoeuvre,
  RoadEnd,
  Route,
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

// Source of the protocol: OSRM's HTTP API, v1 (project-osrm.org/docs).

const NAME = 'osrm';

export interface OsrmOptions extends Partial<RouterHttp> {
  readonly url: string;
  /** By code of our profiles: the profile that the server was prepared with. */
  readonly profiles: Readonly<Record<string, string>>;
  /** Most places in one table (the server's `--max-table-size`). */
  readonly maxTablePlaces?: number;
}

const TABLE_PLACES = 100;

const Place = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);
const Seconds = z.number().min(0).max(LONGEST_S);
const Metres = z.number().min(0).max(FARTHEST_M);
const Waypoint = z.object({ location: Place, distance: Metres.optional() });
const Bearing = z.number().min(0).max(360).optional();

const RouteFound = z.object({
  waypoints: z.array(Waypoint).length(2),
  routes: z
    .array(
      z.object({
        duration: Seconds,
        distance: z
          .number()
          .min(0)
          .max(10 * FARTHEST_M),
        geometry: z.object({ type: z.literal('LineString'), coordinates: z.array(Place).min(2) }),
        legs: z
          .array(
            z.object({
              steps: z.array(
                z.object({
                  duration: Seconds,
                  distance: z.number().min(0),
                  name: z.string().default(''),
                  ref: z.string().default(''),
                  mode: z.string().default(''),
                  geometry: z.object({ coordinates: z.array(Place) }),
                  maneuver: z.object({
                    type: z.string(),
                    modifier: z.string().optional(),
                    exit: z.number().int().min(1).optional(),
                    bearing_before: Bearing,
                    bearing_after: Bearing,
                  }),
                }),
              ),
            }),
          )
          .length(1),
      }),
    )
    .min(1),
});
type FoundRoute = z.infer<typeof RouteFound>['routes'][number];
type FoundStep = FoundRoute['legs'][number]['steps'][number];

const TableFound = z.object({
  durations: z.array(z.array(Seconds.nullable())),
  sources: z.array(Waypoint.nullable()),
  destinations: z.array(Waypoint.nullable()),
});

const Code = z.object({ code: z.string() });
/** Codes that are answers. Everything else but Ok is a failure of ours or of the server. */
const REFUSALS: Readonly<Record<string, RouteRefusalCode>> = {
  NoRoute: 'unreachable',
  NoTable: 'unreachable',
  NoSegment: 'no_road_near',
};

/** An OSRM server behind our interface. Its times are those of its own profile; of our closures it knows nothing. */
export class OsrmRouter implements Router {
  readonly #http: RouterHttp;
  readonly #profiles: Readonly<Record<string, string>>;
  readonly #maxPlaces: number;

  constructor({
    url,
    profiles,
    waitMs = ROUTER_WAIT_MS,
    maxBytes = ROUTER_MAX_BYTES,
    maxTablePlaces = TABLE_PLACES,
  }: OsrmOptions) {
    this.#http = { url, waitMs, maxBytes };
    this.#profiles = profiles;
    this.#maxPlaces = Math.max(2, maxTablePlaces);
  }

  async route({ from, to, profile }: RouteQuestion, signal?: AbortSignal): Promise<RouteAnswer> {
    const served = this.#profiles[profile];
    if (served === undefined) return refused('profile_unknown');
    const options = `overview=full&geometries=geojson&steps=true&alternatives=false${bearings(from)}`;
    const heard = await this.#ask(`/route/v1/${served}/${coordinates([from, to])}?${options}`, signal);
    if ('refusal' in heard) return refused(heard.refusal);
    const { routes, waypoints } = readAnswer(NAME, RouteFound, heard.json);
    const start = roadEnd('start', waypoints[0]);
    const end = roadEnd('end', waypoints[1]);
    const travelMs = Math.round(routes[0].duration * 1000);
    checkSpeed(NAME, start.at, end.at, travelMs);
    return {
      ...ORIGIN,
      kind: 'route',
      travelMs,
      distanceM: routes[0].distance,
      start,
      end,
      ...lineAndSteps(routes[0]),
    };
  }

  async table(question: TableQuestion, signal?: AbortSignal): Promise<TableAnswer> {
    const served = this.#profiles[question.profile];
    if (served === undefined) return refused('profile_unknown');
    const half = Math.floor(this.#maxPlaces / 2);
    const joined = await joinTable(NAME, question, half, half, (sources, targets) =>
      this.#tablePart(served, sources, targets, signal),
    );
    return typeof joined === 'string' ? refused(joined) : { ...ORIGIN, kind: 'table', ...joined };
  }

  async #tablePart(
    served: string,
    sources: readonly RoutePlace[],
    targets: readonly RoutePlace[],
    signal?: AbortSignal,
  ): Promise<TablePart | RouteRefusalCode> {
    const places = [...sources, ...targets];
    const indices = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i).join(';');
    const heard = await this.#ask(
      `/table/v1/${served}/${coordinates(places)}?sources=${indices(0, sources.length)}` +
        `&destinations=${indices(sources.length, targets.length)}&annotations=duration`,
      signal,
    );
    if ('refusal' in heard) return heard.refusal;
    const found = readAnswer(NAME, TableFound, heard.json);
    return {
      starts: found.sources.map((waypoint) => (waypoint ? roadEnd('start', waypoint) : undefined)),
      ends: found.destinations.map((waypoint) => (waypoint ? roadEnd('end', waypoint) : undefined)),
      travelMs: found.durations.map((row) =>
        row.map((seconds) => (seconds === null ? UNREACHABLE_MS : Math.round(seconds * 1000))),
      ),
    };
  }

  async #ask(path: string, signal?: AbortSignal): Promise<Heard> {
    const { status, json } = await askRouter(NAME, this.#http, path, { signal });
    const { code } = readAnswer(NAME, Code, json);
    if (code === 'Ok') return { json };
    const refusal = REFUSALS[code];
    if (refusal === undefined) throw new RouterError('router_status', NAME, `${code}, HTTP ${status}`);
    return { refusal };
  }
}

const ORIGIN = { source: 'osrm', closures: 'unknown' } as const;

function refused(code: RouteRefusalCode): RouteRefusal & AnswerOrigin {
  return { ...ORIGIN, kind: 'refused', code };
}

function coordinates(places: readonly RoutePlace[]): string {
  return places.map(({ at: [lon, lat] }) => `${lon.toFixed(6)},${lat.toFixed(6)}`).join(';');
}

function bearings(from: RoutePlace): string {
  if (!isMoving(from)) return '';
  return `&bearings=${Math.round(from.headingDeg!) % 360},${HEADING_RANGE_DEG};`;
}

function roadEnd(end: DriveEnd, { location, distance = 0 }: z.infer<typeof Waypoint>): RoadEnd {
  return { at: location, offRoadM: distance, offRoadMs: offRoadMs(end, distance), snappedElsewhere: false };
}

function lineAndSteps({ geometry, legs }: FoundRoute): Pick<Route, 'line' | 'steps'> {
  let fromPosition = 0;
  const steps = legs[0].steps.map((step): RouteStep => {
    const made: RouteStep = {
      manoeuvre: manoeuvreOf(step),
      name: step.name,
      ref: step.ref,
      distanceM: step.distance,
      travelMs: Math.round(step.duration * 1000),
      fromPosition: Math.min(fromPosition, geometry.coordinates.length - 1),
      bearingBeforeDeg: step.maneuver.type === 'depart' ? null : (step.maneuver.bearing_before ?? null),
      bearingAfterDeg: step.maneuver.type === 'arrive' ? null : (step.maneuver.bearing_after ?? null),
    };
    fromPosition += Math.max(0, step.geometry.coordinates.length - 1);
    return made;
  });
  return { line: geometry.coordinates as Position[], steps };
}

/** By modifier; what the server may come to call otherwise is straight on. */
const TURNS: Readonly<Record<string, Turn>> = {
  uturn: 'u_turn',
  'sharp right': 'sharp_right',
  right: 'right',
  'slight right': 'slight_right',
  'slight left': 'slight_left',
  left: 'left',
  'sharp left': 'sharp_left',
};

function manoeuvreOf({ maneuver: { type, modifier = 'straight', exit }, mode }: FoundStep): Manoeuvre {
  if (type === 'depart' || type === 'arrive') return { kind: type };
  if (mode === 'ferry') return { kind: 'ferry' };
  if (type === 'roundabout' || type === 'rotary') return { kind: 'roundabout', exit: exit ?? null };
  const turn = TURNS[modifier] ?? 'straight';
  return { kind: type === 'new name' || turn === 'straight' ? 'continue' : 'turn', turn };
}
