/** Who is nearest? The live index against a scan of flat arrays, Redis, PostGIS and Tile38: same points, same questions, same answers. */
import { rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createClient } from 'redis';
import { killProcess, logTail, serverFolder, startGuarded } from '../fixtures/servers/guarded-process.js';
import { startPostgres, startRedis } from '../fixtures/servers/index.js';
import { createRandom, type SeededRandom } from '../fixtures/world/seeded-random.js';
import { CellTable, type FoundUnits, LiveIndex, lonLat } from '../geo-engine/src/index.js';
import { townPlaces } from './lib/fleet.js';
import { childrenOf, cpuMs } from './lib/processes.js';
import { type BenchRun, isOnPath } from './lib/run.js';
import { median, quantile } from './lib/statistics.js';
import type { PlotLine } from './lib/svg-plot.js';

const SIZES = [1000, 10_000, 100_000];
const K = 10;
const QUESTIONS = { quick: 200, full: 1000 };
/** Rounds of a size, in each of which every peer answers all questions once, go on for so many seconds. */
const ROUNDS_S = { quick: 9, full: 60 };
const LEAST_ROUNDS = 5;
/** Questions of one turn, and of a scan's, whose time hardly varies with them: of short turns more are not disturbed. */
const TURN = 10;
const SCAN_TURN = 2;
const MOST_ROUNDS = 4001;
/** The live index answers a turn's questions again and again for this long, before a peer does and after. */
const OURS_MS = 4;
/** Odd. */
const MOVE_ROUNDS = 3;
const MOVES = { quick: 2000, full: 20_000 };
/** Degrees of a step: some 15 m. */
const STEP_DEG = 0.000135;
/** Commands sent before their answers are awaited, where a peer allows it: asked so in every fourth round. */
const PIPELINE = 100;
const REDIS_RADII_KM = [2, 8, 32, 128, 1000];
const EARTH_RADIUS_M = 6_371_008.8;
const RAD = Math.PI / 180;

interface Points {
  readonly lon: Float64Array; // [points] degrees
  readonly lat: Float64Array;
}

/** One way to keep and ask points. Point i is called i + 1. */
interface Peer {
  readonly name: string;
  /** How far its distances may be off, metres: ranks may differ between points that are this close to each other. */
  readonly toleranceM: number;
  load(points: Points): Promise<void>;
  /** The K nearest of each place; one after another. */
  ask(places: Points): Promise<number[][]>;
  /** The same with many questions under way at once, where that can be done. */
  askMany?(places: Points): Promise<number[][]>;
  /** Moves points, given by number, to new places. */
  move(numbers: Uint32Array, to: Points): Promise<void>;
  /** CPU of its own process so far, milliseconds; undefined: it runs in this one. */
  cpuMs?(): number;
  /** It looks at every point, whatever it is asked: so a part of the questions is enough to time it. */
  readonly isScan?: true;
  stop(): Promise<void>;
}

function haversineM(lonA: number, latA: number, lonB: number, latB: number): number {
  const h =
    Math.sin(((latB - latA) * RAD) / 2) ** 2 +
    Math.cos(latA * RAD) * Math.cos(latB * RAD) * Math.sin(((lonB - lonA) * RAD) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(Math.min(1, h)));
}

/** Keeps the K least by insertion; equal ones by number. Shared by both scans. */
class Best {
  readonly key = new Float64Array(K);
  readonly number = new Int32Array(K);
  count = 0;

  offer(key: number, number: number): void {
    if (this.count === K && key >= this.key[K - 1]!) return;
    let at = this.count < K ? this.count++ : K - 1;
    for (; at > 0 && this.key[at - 1]! > key; at--) {
      this.key[at] = this.key[at - 1]!;
      this.number[at] = this.number[at - 1]!;
    }
    this.key[at] = key;
    this.number[at] = number;
  }
}

/** Every point by the haversine: the oracle. */
class HaversineScan implements Peer {
  readonly name = 'scan, haversine';
  readonly isScan = true;
  readonly toleranceM = 0;
  #points!: Points;

  async load(points: Points): Promise<void> {
    this.#points = { lon: points.lon.slice(), lat: points.lat.slice() };
  }

  async ask(places: Points): Promise<number[][]> {
    const { lon, lat } = this.#points;
    return Array.from(places.lon, (placeLon, q) => {
      const best = new Best();
      for (let i = 0; i < lon.length; i++) best.offer(haversineM(placeLon, places.lat[q]!, lon[i]!, lat[i]!), i + 1);
      return [...best.number];
    });
  }

  async move(numbers: Uint32Array, to: Points): Promise<void> {
    for (let i = 0; i < numbers.length; i++) {
      this.#points.lon[numbers[i]! - 1] = to.lon[i]!;
      this.#points.lat[numbers[i]! - 1] = to.lat[i]!;
    }
  }

  async stop(): Promise<void> {}
}

/** Every point by its unit vector: the fastest scan we know. */
class VectorScan implements Peer {
  readonly name = 'scan, unit vectors';
  readonly isScan = true;
  readonly toleranceM = 0.1; // a chord of a few metres loses its last digits
  #vec!: Float64Array; // [points × 3]

  async load({ lon, lat }: Points): Promise<void> {
    this.#vec = new Float64Array(lon.length * 3);
    for (let i = 0; i < lon.length; i++) this.#set(i, lon[i]!, lat[i]!);
  }

  #set(i: number, lon: number, lat: number): void {
    const flat = Math.cos(lat * RAD);
    this.#vec[i * 3] = flat * Math.cos(lon * RAD);
    this.#vec[i * 3 + 1] = flat * Math.sin(lon * RAD);
    this.#vec[i * 3 + 2] = Math.sin(lat * RAD);
  }

  async ask(places: Points): Promise<number[][]> {
    const vec = this.#vec;
    return Array.from(places.lon, (lon, q) => {
      const flat = Math.cos(places.lat[q]! * RAD);
      const [x, y, z] = [flat * Math.cos(lon * RAD), flat * Math.sin(lon * RAD), Math.sin(places.lat[q]! * RAD)];
      const best = new Best();
      for (let at = 0, i = 1; at < vec.length; at += 3, i++) {
        const [dx, dy, dz] = [vec[at]! - x, vec[at + 1]! - y, vec[at + 2]! - z];
        best.offer(dx * dx + dy * dy + dz * dz, i);
      }
      return [...best.number];
    });
  }

  async move(numbers: Uint32Array, to: Points): Promise<void> {
    for (let i = 0; i < numbers.length; i++) this.#set(numbers[i]! - 1, to.lon[i]!, to.lat[i]!);
  }

  async stop(): Promise<void> {}
}

const OUR_NAME = 'live index';

class OurIndex implements Peer {
  readonly name = OUR_NAME;
  readonly toleranceM = 0;
  #cells!: CellTable;
  #index!: LiveIndex;

  async load({ lon, lat }: Points): Promise<void> {
    this.#cells = new CellTable();
    this.#index = new LiveIndex(this.#cells);
    for (let i = 0; i < lon.length; i++)
      this.#index.upsert(i + 1, lon[i]!, lat[i]!, this.#cells.cellAt(lon[i]!, lat[i]!));
  }

  async ask(places: Points): Promise<number[][]> {
    const found: FoundUnits = { handles: [], distancesM: [] };
    const all = () => true;
    return Array.from(places.lon, (lon, q) => {
      this.#index.nearest(lonLat(lon, places.lat[q]!), K, all, found);
      return [...found.handles];
    });
  }

  async move(numbers: Uint32Array, { lon, lat }: Points): Promise<void> {
    const index = this.#index;
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i]!;
      index.upsert(number, lon[i]!, lat[i]!, this.#cells.cellAt(lon[i]!, lat[i]!, index.cell(number)));
    }
  }

  async stop(): Promise<void> {}
}

async function redisPeer(): Promise<Peer | { readonly missing: string }> {
  const server = await startRedis();
  if ('missing' in server) return server;
  const client = createClient({ url: server.url() });
  await client.connect();
  // it looks at all points within the radius: so from small to large, until there are enough; that is exact
  const ask = async (places: Points, q: number) => {
    const place = { longitude: places.lon[q]!, latitude: places.lat[q]! };
    for (const radius of REDIS_RADII_KM) {
      const found = await client.geoSearch('units', place, { radius, unit: 'km' }, { SORT: 'ASC', COUNT: K });
      if (found.length === K) return found;
    }
    return [];
  };
  const add = async (numbers: Uint32Array, { lon, lat }: Points) => {
    for (let from = 0; from < numbers.length; from += PIPELINE * 10) {
      const chunk = Array.from(numbers.subarray(from, from + PIPELINE * 10), (number, i) => ({
        member: String(number),
        longitude: lon[from + i]!,
        latitude: lat[from + i]!,
      }));
      await client.geoAdd('units', chunk);
    }
  };
  return {
    name: 'Redis GEO',
    toleranceM: 2, // places are kept in 52 bits, off by up to 0.6 m each
    async load(points) {
      await client.flushAll();
      await add(
        Uint32Array.from(points.lon, (_, i) => i + 1),
        points,
      );
    },
    async ask(places) {
      const answers: number[][] = [];
      for (let q = 0; q < places.lon.length; q++) answers.push((await ask(places, q)).map(Number));
      return answers;
    },
    async askMany(places) {
      const answers: number[][] = [];
      for (let from = 0; from < places.lon.length; from += PIPELINE) {
        const chunk = Array.from(places.lon.subarray(from, from + PIPELINE), (_, i) => ask(places, from + i));
        for (const answer of await Promise.all(chunk)) answers.push(answer.map(Number));
      }
      return answers;
    },
    move: add,
    cpuMs: () => cpuMs(server.pid),
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}

async function postgisPeer(): Promise<Peer | { readonly missing: string }> {
  const server = await startPostgres({ fsync: false, settings: { shared_buffers: '256MB' } }); // kindest to it: nothing of this must last
  if ('missing' in server) return server;
  const client = new pg.Client({ connectionString: server.url() });
  client.on('error', () => {});
  await client.connect();
  await client.query('CREATE EXTENSION postgis');
  const values = (points: Points, numbers: ArrayLike<number>) => [
    Array.from(numbers),
    Array.from(points.lon),
    Array.from(points.lat),
  ];
  return {
    name: 'PostGIS KNN',
    toleranceM: 0.01, // its radius is 2 cm shorter, and it asks on the sphere
    async load(points) {
      await client.query('DROP TABLE IF EXISTS unit');
      await client.query('CREATE UNLOGGED TABLE unit (no int PRIMARY KEY, place geography(Point) NOT NULL)');
      await client.query(
        `INSERT INTO unit SELECT no, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography FROM unnest($1::int[], $2::float8[], $3::float8[]) AS p(no, lon, lat)`,
        values(
          points,
          Uint32Array.from(points.lon, (_, i) => i + 1),
        ),
      );
      await client.query('CREATE INDEX unit_place ON unit USING gist (place)');
      await client.query('VACUUM ANALYZE unit');
    },
    async ask(places) {
      const answers: number[][] = [];
      for (let q = 0; q < places.lon.length; q++) {
        const { rows } = await client.query<{ no: number }>({
          name: 'nearest',
          text: `SELECT no FROM unit ORDER BY place <-> ST_SetSRID(ST_MakePoint($1, $2), 4326)::geography LIMIT ${K}`,
          values: [places.lon[q], places.lat[q]],
        });
        answers.push(rows.map(({ no }) => no));
      }
      return answers;
    },
    async move(numbers, to) {
      for (let from = 0; from < numbers.length; from += PIPELINE * 10) {
        // of two moves of one point in a statement the database may take either: the last one counts
        const last = new Map<number, number>();
        for (let i = from; i < Math.min(numbers.length, from + PIPELINE * 10); i++) last.set(numbers[i]!, i);
        const pick = (column: Float64Array) => Float64Array.from(last.values(), (i) => column[i]!);
        await client.query(
          `UPDATE unit SET place = ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326)::geography
           FROM unnest($1::int[], $2::float8[], $3::float8[]) AS p(no, lon, lat) WHERE unit.no = p.no`,
          values({ lon: pick(to.lon), lat: pick(to.lat) }, Uint32Array.from(last.keys())),
        );
      }
    },
    cpuMs: () => [server.pid, ...childrenOf(server.pid)].reduce((sum, pid) => sum + cpuMs(pid), 0),
    async stop() {
      await client.end().catch(() => {});
      await server.stop();
    },
  };
}

/** Tile38 speaks Redis's protocol; its own commands go as plain lines with JSON answers. */
async function tile38Peer(): Promise<Peer | { readonly missing: string }> {
  if (!(await isOnPath('tile38-server'))) return { missing: 'no tile38-server on the PATH' };
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const folder = serverFolder('vanags-bench-tile38-', undefined);
  const server = await startGuarded(
    ['tile38-server', '-h', '127.0.0.1', '-p', String(port), '--appendonly', 'no', '-d', folder],
    folder,
    undefined,
    'TERM',
  );
  const stop = async () => {
    if (server.isRunning()) await killProcess(server);
    await rm(folder, { recursive: true, force: true });
  };
  let socket: Socket | undefined;
  for (let tries = 0; socket === undefined && server.isRunning() && tries < 200; tries++) {
    await sleep(50);
    socket = await new Promise((resolve) => {
      const trial = createConnection(port, '127.0.0.1', () => resolve(trial)).on('error', () => resolve(undefined));
    });
  }
  if (socket === undefined) {
    const missing = `tile38-server did not start: ${logTail(folder)}`;
    await stop();
    return { missing };
  }
  const lines = new RespLines(socket);
  await lines.send(['OUTPUT', 'json']);
  const nearby = (lon: number, lat: number) => [
    'NEARBY',
    'units',
    'LIMIT',
    String(K),
    'IDS',
    'POINT',
    String(lat),
    String(lon),
  ];
  const set = async (numbers: Uint32Array, { lon, lat }: Points) => {
    for (let from = 0; from < numbers.length; from += PIPELINE)
      await Promise.all(
        Array.from(numbers.subarray(from, from + PIPELINE), (number, i) =>
          lines.send(['SET', 'units', String(number), 'POINT', String(lat[from + i]), String(lon[from + i])]),
        ),
      );
  };
  const ids = (answer: string) => (JSON.parse(answer) as { ids: string[] }).ids.map(Number);
  return {
    name: 'Tile38',
    toleranceM: 0.5,
    async load(points) {
      await lines.send(['FLUSHDB']);
      await set(
        Uint32Array.from(points.lon, (_, i) => i + 1),
        points,
      );
    },
    async ask(places) {
      const answers: number[][] = [];
      for (let q = 0; q < places.lon.length; q++)
        answers.push(ids(await lines.send(nearby(places.lon[q]!, places.lat[q]!))));
      return answers;
    },
    move: set,
    cpuMs: () => cpuMs(server.pid),
    async stop() {
      socket.destroy();
      await stop();
    },
  };
}

/** Just enough of Redis's protocol for bulk and simple strings, in order. */
class RespLines {
  readonly #socket: Socket;
  readonly #waiting: ((answer: string) => void)[] = [];
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (;;) {
        const end = this.#rest.indexOf('\r\n');
        if (end < 0) return;
        const head = this.#rest.toString('utf8', 0, end);
        const length = head.startsWith('$') ? Number(head.slice(1)) : -1;
        const total = length < 0 ? end + 2 : end + 2 + length + 2;
        if (this.#rest.length < total) return;
        this.#waiting.shift()?.(length < 0 ? head.slice(1) : this.#rest.toString('utf8', end + 2, end + 2 + length));
        this.#rest = this.#rest.subarray(total);
      }
    });
  }

  send(words: readonly string[]): Promise<string> {
    this.#socket.write(
      `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    );
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const points = (places: readonly { readonly lon: number; readonly lat: number }[]): Points => ({
  lon: Float64Array.from(places, ({ lon }) => lon),
  lat: Float64Array.from(places, ({ lat }) => lat),
});

/** How many answers are not those of the oracle: another number of points, or a rank whose point is farther than its tolerance allows. */
export function wrongAnswers(
  at: Points,
  places: Points,
  expected: readonly number[][],
  got: readonly number[][],
  toleranceM: number,
): number {
  const distance = (q: number, number: number) =>
    haversineM(places.lon[q]!, places.lat[q]!, at.lon[number - 1]!, at.lat[number - 1]!);
  let wrong = 0;
  for (let q = 0; q < expected.length; q++) {
    const [want, have] = [expected[q]!, got[q] ?? []];
    const same =
      have.length === want.length &&
      new Set(have).size === have.length &&
      want.every((number, rank) => {
        if (number === have[rank]) return true;
        return toleranceM > 0 && Math.abs(distance(q, have[rank]!) - distance(q, number)) <= toleranceM;
      });
    if (!same) wrong++;
  }
  return wrong;
}

/** Points, questions about them, and a short move of some of them. */
interface World {
  readonly at: Points;
  readonly places: Points;
  /** Who moves, to where, and where from. */
  readonly numbers: Uint32Array;
  readonly moved: Points;
  readonly back: Points;
  /** Where all are after the move. */
  readonly after: Points;
}

function createWorld(random: SeededRandom, size: number, questions: number, moves: number): World {
  const at = points(townPlaces(random, size));
  const places = points(townPlaces(random, questions));
  const numbers = Uint32Array.from({ length: moves }, () => 1 + random.below(size));
  const from = (column: Float64Array) => Float64Array.from(numbers, (number) => column[number - 1]!);
  const back: Points = { lon: from(at.lon), lat: from(at.lat) };
  const step = (value: number) => value + (random.next() - 0.5) * STEP_DEG * 2;
  const moved: Points = { lon: back.lon.map(step), lat: back.lat.map(step) };
  const after: Points = { lon: at.lon.slice(), lat: at.lat.slice() };
  for (let i = 0; i < numbers.length; i++) {
    after.lon[numbers[i]! - 1] = moved.lon[i]!;
    after.lat[numbers[i]! - 1] = moved.lat[i]!;
  }
  return { at, places, numbers, moved, back, after };
}

function judge(run: BenchRun, peer: Peer, world: World, expected: readonly number[][], got: readonly number[][]): void {
  const wrong = wrongAnswers(world.after, world.places, expected, got, peer.toleranceM);
  run.check(
    `${peer.name}, ${world.at.lon.length} points: the neighbours of the scan`,
    wrong === 0,
    wrong === 0
      ? `${expected.length} questions, equal${peer.toleranceM > 0 ? ` within ${peer.toleranceM} m` : ''}`
      : `${wrong} of ${expected.length} differ`,
  );
}

/** How long one peer took, microseconds a question or move. */
interface Timing {
  readonly peer: Peer;
  readonly moveUs: number;
  /** By round. */
  readonly us: number[];
  readonly pipelinedUs: number[];
  /** What the live index took for the same questions just before and just after. */
  readonly oursUs: number[];
  cpuMs: number;
}

/** Microseconds of each of so many pieces of work. */
async function timed(pieces: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return ((performance.now() - started) * 1000) / pieces;
}

/** A turn's questions: as many from the given one on, from the beginning again after the last. */
function turnOf({ lon, lat }: Points, from: number, count: number): Points {
  const pick = (column: Float64Array) =>
    Float64Array.from({ length: count }, (_, i) => column[(from + i) % column.length]!);
  return { lon: pick(lon), lat: pick(lat) };
}

/**
 * All peers take short turns, and the live index answers the same questions just before and just after each: what slows the machine for a
 * while slows both sides, and of many short turns some are not disturbed.
 */
async function takeTurns(timings: readonly Timing[], places: Points, length: 'quick' | 'full'): Promise<void> {
  const ours = timings.find(({ peer }) => peer.name === OUR_NAME)!;
  const askOurs = async (questions: Points) => {
    const us: number[] = [];
    const begun = performance.now();
    while (us.length < 3 || performance.now() - begun < OURS_MS)
      us.push(await timed(questions.lon.length, () => ours.peer.ask(questions)));
    return median(us);
  };
  await askOurs(places); // the compiler's share
  const begun = performance.now();
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (round >= LEAST_ROUNDS && performance.now() - begun > ROUNDS_S[length] * 1000) return;
    for (const timing of timings) {
      if (timing === ours) continue;
      await nextTurn(); // without a peer across a socket nobody else would have one, a Ctrl-C neither
      const { peer } = timing;
      const count = peer.isScan ? SCAN_TURN : TURN;
      const questions = turnOf(places, round * count, count);
      const before = await askOurs(questions);
      const cpuBefore = peer.cpuMs?.() ?? 0;
      const us = await timed(count, () => peer.ask(questions));
      timing.cpuMs += (peer.cpuMs?.() ?? 0) - cpuBefore;
      timing.us.push(us);
      const after = await askOurs(questions);
      timing.oursUs.push(before, after);
      if (!peer.isScan) ours.us.push(after);
      if (peer.askMany === undefined || round % 4 !== 0) continue;
      const many = turnOf(places, round * TURN, PIPELINE);
      timing.pipelinedUs.push(await timed(PIPELINE, () => peer.askMany!(many)));
    }
  }
}

/** What a turn takes when nothing else is at work: whatever disturbs it only adds, and most to those who answer across a socket. */
const undisturbed = (us: readonly number[]) => quantile(us, 0.1);

function reportPeer(run: BenchRun, { peer, moveUs, us, pipelinedUs, oursUs, cpuMs: used }: Timing, size: number): void {
  const slug = peer.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const id = `index.${size}.${slug}`;
  const figure = (suffix: string, what: string, value: number, note?: string) =>
    run.figure({ id: id + suffix, what, value, unit: 'µs', better: 'less', ...(note === undefined ? {} : { note }) });
  const spread = `min ${Math.min(...us).toPrecision(3)}, max ${Math.max(...us).toPrecision(3)} of ${us.length} rounds`;
  figure('', `nearest ${K} of ${size}, ${peer.name}, median`, median(us), spread);
  if (pipelinedUs.length > 0) figure('.pipelined', `the same, ${PIPELINE} under way at once`, median(pipelinedUs));
  if (peer.cpuMs !== undefined)
    figure('.server-cpu', `CPU of the server a question, ${peer.name}, ${size}`, (used * 1000) / (us.length * TURN));
  figure('.move', `one point moved some 15 m, ${peer.name}, ${size}, median of ${MOVE_ROUNDS}`, moveUs);
  if (oursUs.length > 0)
    run.figure({
      id: `index.${size}.ratio.${slug}`,
      what: `${peer.name} takes so many times as long as the live index for the same questions, ${size} points, ${us.length} turns`,
      value: undisturbed(us) / undisturbed(oursUs),
      unit: '×',
      better: 'more',
    });
}

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed } = run.options;
  const length = quick ? 'quick' : 'full';
  const peers: Peer[] = [new HaversineScan(), new VectorScan(), new OurIndex()];
  for (const make of [redisPeer, postgisPeer, tile38Peer]) {
    run.progress('starting the peers');
    const peer = await make();
    if ('missing' in peer) run.note(`absent: ${peer.missing}`);
    else {
      run.ending(() => peer.stop());
      peers.push(peer);
    }
  }
  run.note(
    'the scans and the live index answer in this process; the others across a socket, one question after another, and pipelined where they can',
  );
  const byPeer = new Map<string, [number, number][]>(peers.map(({ name }) => [name, []]));
  for (const size of SIZES) {
    if (!run.hasTimeFor(`${size} points`)) break;
    const world = createWorld(createRandom(seed, `index ${size}`), size, QUESTIONS[length], MOVES[length]);
    const timings: Timing[] = [];
    let expected: number[][] = [];
    for (const peer of peers) {
      run.progress(`${peer.name}, ${size} points: loading and asking`);
      await peer.load(world.at);
      // an odd number of moves to and fro, so that they end where the answers are asked for
      const moveUs: number[] = [];
      for (let i = 0; i < MOVE_ROUNDS; i++)
        moveUs.push(
          await timed(world.numbers.length, () => peer.move(world.numbers, i % 2 === 0 ? world.moved : world.back)),
        );
      // the answers first: a faster wrong one is a failure
      const got = await peer.ask(world.places);
      if (expected.length === 0) expected = got;
      else judge(run, peer, world, expected, got);
      timings.push({ peer, moveUs: median(moveUs), us: [], pipelinedUs: [], oursUs: [], cpuMs: 0 });
    }
    run.progress(`${size} points: all in turn`);
    await takeTurns(timings, world.places, length);
    for (const timing of timings) {
      reportPeer(run, timing, size);
      byPeer.get(timing.peer.name)!.push([size, median(timing.us)]);
    }
  }
  run.plot({
    title: `Nearest ${K}: time a question`,
    x: { label: 'points', log: true },
    y: { label: 'µs', log: true },
    lines: [...byPeer].map(([name, line]): PlotLine => ({ name, points: line })),
  });
}
