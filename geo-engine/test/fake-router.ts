import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { haversineM } from '../src/geo/distance.js';

/** How the fake answers until it is told otherwise. */
export type Manner =
  | 'right'
  | 'slow' /* rightly, after slowMs */
  | 'never'
  | 'reset' /* takes the question and cuts the connection */
  | 'half' /* announces a whole answer, sends the first half, cuts */
  | 'html' /* a page, with status 200 */
  | 'error' /* a page, with status 502 */
  | 'huge' /* JSON without end */
  | { readonly json: unknown; readonly status?: number } /* this */
  | { readonly changed: (answer: Answer) => unknown }; /* the right answer with something wrong in it */

// biome-ignore lint/suspicious/noExplicitAny: tests break any part of an answer
type Answer = any;

/** Metres a second as the crow flies: what the fake takes for driving. */
export const FAKE_MPS = 12.5;
/** Everything north of this has no road to the rest. */
export const CUT_OFF_LAT = 60;

type Lon = number;
type Lat = number;
type At = [Lon, Lat];

/**
 * A small server that speaks what OSRM and Valhalla document of /route/v1, /table/v1, /route and /sources_to_targets. It drives straight
 * lines. Written from the documents, apart from the clients.
 */
export class FakeRouter {
  manner: Manner = 'right';
  slowMs = 50;
  /** Paths asked for, in order. */
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#take(request, response));
  }

  static async start(): Promise<FakeRouter> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeRouter(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url!, 'http://fake');
    this.asked.push(url.pathname);
    const { manner } = this;
    switch (manner) {
      case 'never':
        return;
      case 'reset':
        request.socket.destroy();
        return;
      case 'html':
      case 'error':
        response.writeHead(manner === 'html' ? 200 : 502, { 'content-type': 'text/html' });
        response.end('<html><body>It works!</body></html>');
        return;
      case 'huge':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.on('drain', () => pour(response));
        pour(response);
        return;
    }
    const [status, right] = answerTo(url, body === '' ? undefined : JSON.parse(body));
    if (typeof manner === 'object' && 'json' in manner)
      return send(response, manner.status ?? 200, JSON.stringify(manner.json));
    const answer = typeof manner === 'object' ? manner.changed(structuredClone(right)) : right;
    const text = JSON.stringify(answer);
    if (manner === 'slow') await new Promise((resolve) => setTimeout(resolve, this.slowMs));
    if (manner === 'half') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.write(text.slice(0, text.length / 2), () => request.socket.destroy());
      return;
    }
    send(response, status, text);
  }
}

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write('['.repeat(65_536)));
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}

function answerTo(url: URL, body: Answer): [status: number, answer: Answer] {
  const [, service, version, , coordinates] = url.pathname.split('/');
  if (version === 'v1' && service === 'route') return osrmRoute(url, osrmPlaces(coordinates));
  if (version === 'v1' && service === 'table') return osrmTable(url, osrmPlaces(coordinates));
  if (url.pathname === '/route') return valhallaRoute(body);
  if (url.pathname === '/sources_to_targets') return valhallaTable(body);
  return [404, { error: 'no such path' }];
}

function osrmPlaces(coordinates: string): At[] {
  return coordinates.split(';').map((pair) => pair.split(',').map(Number) as At);
}

function seconds([lonA, latA]: At, [lonB, latB]: At): number | null {
  if (latA > CUT_OFF_LAT !== latB > CUT_OFF_LAT) return null;
  return haversineM(lonA, latA, lonB, latB) / FAKE_MPS;
}

function waypoint(location: At): Answer {
  return { hint: 'AAAA', distance: 4.2, name: 'Brīvības iela', location };
}

function osrmRoute(url: URL, [from, to]: At[]): [number, Answer] {
  if (url.searchParams.get('geometries') !== 'geojson')
    return [400, { code: 'InvalidOptions', message: 'only GeoJSON here' }];
  const duration = seconds(from, to);
  if (duration === null) return [400, { code: 'NoRoute', message: 'Impossible route between points' }];
  const distance = duration * FAKE_MPS;
  const middle: At = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const half = (begin: At, end: At, maneuver: Answer) => ({
    distance: distance / 2,
    duration: duration / 2,
    weight: duration / 2,
    mode: 'driving',
    name: 'Brīvības iela',
    geometry: { type: 'LineString', coordinates: [begin, end] },
    maneuver: { location: begin, bearing_before: 0, bearing_after: 90, ...maneuver },
  });
  const steps = [
    half(from, middle, { type: 'depart', modifier: 'left' }),
    { ...half(middle, to, { type: 'turn', modifier: 'slight right' }), ref: 'A1' },
    { ...half(to, to, { type: 'arrive' }), distance: 0, duration: 0 },
  ];
  return [
    200,
    {
      code: 'Ok',
      waypoints: [waypoint(from), waypoint(to)],
      routes: [
        {
          distance,
          duration,
          weight: duration,
          weight_name: 'duration',
          geometry: { type: 'LineString', coordinates: [from, middle, to] },
          legs: [{ distance, duration, weight: duration, summary: '', steps }],
        },
      ],
    },
  ];
}

function osrmTable(url: URL, places: At[]): [number, Answer] {
  const chosen = (name: string) =>
    url.searchParams
      .get(name)!
      .split(';')
      .map((index) => places[Number(index)]);
  if (places.length > 100) return [400, { code: 'TooBig', message: 'Too many table coordinates' }];
  const sources = chosen('sources');
  const destinations = chosen('destinations');
  return [
    200,
    {
      code: 'Ok',
      durations: sources.map((from) => destinations.map((to) => seconds(from, to))),
      sources: sources.map(waypoint),
      destinations: destinations.map(waypoint),
    },
  ];
}

function valhallaRoute(body: Answer): [number, Answer] {
  const [from, to]: At[] = body.locations.map(({ lon, lat }: { lon: Lon; lat: Lat }) => [lon, lat]);
  const time = seconds(from, to);
  if (time === null)
    return [
      400,
      { error_code: 442, error: 'No path could be found for input', status_code: 400, status: 'Bad Request' },
    ];
  const length = (time * FAKE_MPS) / 1000;
  const summary = { time, length, has_toll: false, has_highway: false, has_ferry: false };
  const maneuvers = [
    {
      type: 2,
      time,
      length,
      begin_shape_index: 0,
      end_shape_index: 1,
      street_names: ['Brīvības iela'],
      instruction: 'Drive.',
    },
    { type: 4, time: 0, length: 0, begin_shape_index: 1, end_shape_index: 1, instruction: 'There.' },
  ];
  const legs = [{ summary, shape: polyline6([from, to]), maneuvers }];
  return [
    200,
    {
      trip: {
        status: 0,
        status_message: 'Found route between points',
        units: 'kilometers',
        language: 'en-US',
        summary,
        legs,
      },
    },
  ];
}

function valhallaTable(body: Answer): [number, Answer] {
  const places = (list: { lon: Lon; lat: Lat }[]) => list.map(({ lon, lat }): At => [lon, lat]);
  const targets = places(body.targets);
  if (body.sources.length * targets.length > 2500)
    return [400, { error_code: 150, error: 'Exceeded max locations', status_code: 400, status: 'Bad Request' }];
  const rows = places(body.sources).map((from, from_index) =>
    targets.map((to, to_index) => {
      const time = seconds(from, to);
      return { from_index, to_index, time, distance: time === null ? null : (time * FAKE_MPS) / 1000 };
    }),
  );
  return [200, { sources_to_targets: rows, units: 'kilometers', sources: body.sources, targets: body.targets }];
}

function polyline6(line: At[]): string {
  let text = '';
  let before = [0, 0];
  for (const [lon, lat] of line) {
    const now = [Math.round(lat * 1e6), Math.round(lon * 1e6)];
    for (let i = 0; i < 2; i++) {
      const change = now[i] - before[i];
      let bits = BigInt(change < 0 ? -2 * change - 1 : 2 * change);
      for (; bits >= 32n; bits >>= 5n) text += String.fromCharCode(Number((bits & 31n) | 32n) + 63);
      text += String.fromCharCode(Number(bits) + 63);
    }
    before = now;
  }
  return text;
}
