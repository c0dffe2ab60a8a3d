/**
 * How long does it take to prepare the roads of a country, and how long is a question then? First whether the answers are right, against
 * searches that know nothing of hierarchies; then times on an invented country; then pgRouting on the same roads of a real one.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRandom, type SeededRandom } from '../fixtures/world/seeded-random.js';
import {
  buildGraph,
  contractGraph,
  importOsm,
  indexNetwork,
  lonLat,
  NearestSweep,
  NOTHING_IN_FORCE,
  PathSearch,
  type PreparedRoads,
  preparedProfile,
  ReachSearch,
  type RoadGraph,
  type RoadNetwork,
  Roads,
  type RoutePlace,
  readHierarchy,
  readNetwork,
  SeedLists,
  standardProfiles,
  TableSearch,
  UNREACHABLE_MS,
  type VehicleProfile,
} from '../geo-engine/src/index.js';
import { RoadOracle } from '../geo-engine/test/road-oracle.js';
import { type Between, createLargeRoadWorld } from './lib/large-road-world.js';
import { pgRoutingPeer } from './lib/pgrouting-peer.js';
import { nearestTwoTimes, timesFrom } from './lib/plain-dijkstra.js';
import type { Prepared, PrepareOrder } from './lib/roads-worker.js';
import type { BenchRun } from './lib/run.js';
import { median, quantile } from './lib/statistics.js';
import { Worker } from './lib/worker.js';

/** Points of all roads: Latvia's, and as many as a look may take. */
const POINTS = { quick: 150_000, full: 1_400_000 };
/** An ordinary car obeys every one-way street and turn restriction: the profile that asks most. */
const PROFILE = 'car';
const EXTRACTS_DIR = process.env.TEST_DATA ?? path.resolve(import.meta.dirname, '../../shared/data');
const EXTRACTS = {
  Liechtenstein: 'osm/liechtenstein-latest.osm.pbf',
  Monaco: 'osm/monaco.osm.pbf',
  "Rīga's bus roads": 'riga/riga_transit_twoway.osm.pbf',
};
/** Pairs compared with the oracle on each of the smaller networks, and the starts they share. */
const ORACLE = { quick: { starts: 4, ends: 1000 }, full: { starts: 25, ends: 2000 } };
const PAIRS = { quick: 5000, full: 50_000 };
const UNITS = 500;
const REACH_MS = 600_000;
const HEAP_QUESTIONS = { quick: 50_000, full: 1_000_000 };
/** One in so many times of the clock is kept to itself: the first ones measure the compiler. */
const WARM_UP = 2000;

export async function bench(run: BenchRun): Promise<void> {
  const { quick, seed } = run.options;
  const length = quick ? 'quick' : 'full';
  const profile = standardProfiles.find(({ code }) => code === PROFILE)!;
  const extracts = readExtracts(run);

  const invented = createLargeRoadWorld(seed, quick ? 20_000 : 60_000);
  for (const [name, network] of [...extracts, ['an invented region', invented] as const]) {
    if (!run.hasTimeFor(`the oracle on ${name}`)) continue;
    run.progress(`the oracle on ${name}`);
    for (const code of [PROFILE, `${PROFILE}-emergency`])
      compareWithOracle(run, name, network, standardProfiles.find((one) => one.code === code)!, ORACLE[length]);
  }
  const kinds: Between[] = quick ? ['bends'] : ['bends', 'nodes'];
  for (const between of kinds) {
    if (run.hasTimeFor('the invented country')) await measureCountry(run, POINTS[length], between, profile, length);
  }
  const real = extracts.get('Liechtenstein');
  if (real === undefined) run.note('pgRouting was not asked: no real extract');
  else if (run.hasTimeFor('pgRouting')) await besidePgRouting(run, real, profile);
}

function readExtracts(run: BenchRun): Map<string, RoadNetwork> {
  const networks = new Map<string, RoadNetwork>();
  for (const [name, file] of Object.entries(EXTRACTS)) {
    const at = path.join(EXTRACTS_DIR, file);
    if (existsSync(at)) networks.set(name, importOsm(at));
    else run.note(`absent: the extract of ${name} (${file} below TEST_DATA)`);
  }
  return networks;
}

/** Random starts on segments and ends at segments' ends: the search on graph and hierarchy against edge-based Dijkstra on the network. */
function compareWithOracle(
  run: BenchRun,
  name: string,
  network: RoadNetwork,
  profile: VehicleProfile,
  { starts, ends }: { starts: number; ends: number },
): void {
  const random = createRandom(run.options.seed, `oracle ${name}`);
  const graph = buildGraph(network, profile);
  const hierarchy = contractGraph(graph);
  const oracle = new RoadOracle(network, profile);
  const search = new PathSearch(hierarchy);
  const tables = new TableSearch(hierarchy);
  const open = Array.from(graph.directedMs.keys()).filter((directed) => graph.directedMs[directed] !== UNREACHABLE_MS);
  let pairs = 0;
  let wrong = 0;
  let unreachable = 0;
  let first = '';
  for (let s = 0; s < starts; s++) {
    const start = random.pick(open);
    const restMs = random.below(graph.directedMs[start]! + 1);
    const { drivenMs } = oracle.timesFrom({ directed: start, restMs });
    const targets = Array.from({ length: ends }, () => random.pick(open));
    const from = new SeedLists();
    from.begin();
    from.add(graph.directedHead[start]!, restMs);
    const to = new SeedLists();
    for (const directed of targets) {
      to.begin();
      for (let i = graph.firstTail[directed]!; i < graph.firstTail[directed + 1]!; i++)
        to.add(graph.tails[i]!, graph.directedMs[directed]!);
    }
    const table = new Uint32Array(ends);
    tables.tableInto(from, to, table);
    targets.forEach((directed, t) => {
      const wanted = Number.isFinite(drivenMs[directed]) ? drivenMs[directed]! : UNREACHABLE_MS;
      if (wanted === UNREACHABLE_MS) unreachable++;
      pairs++;
      let got = table[t]!;
      // every tenth also one by one, and its drive looked over
      if (got === wanted && t % 10 === 0) {
        got = search.timeMs(from, 0, to, t);
        if (got === wanted && got !== UNREACHABLE_MS) {
          const drive = [start, ...search.path(), directed];
          const offence = oracle.offence(drive);
          if (offence !== undefined) {
            wrong++;
            first ||= `from ${start} to ${directed}: ${offence}`;
          }
        }
      }
      if (got === wanted) return;
      wrong++;
      first ||= `from ${start} to ${directed}: ${got} ms, not ${wanted}`;
    });
  }
  run.check(
    `${name}, ${profile.code}: the times of edge-based Dijkstra`,
    wrong === 0,
    wrong === 0
      ? `${pairs} pairs equal, ${unreachable} of them unreachable in both; ${network.nodeCount} nodes, ${network.restrictionCount} restrictions`
      : `${wrong} of ${pairs} differ; ${first}`,
  );
}

async function measureCountry(
  run: BenchRun,
  points: number,
  between: Between,
  profile: VehicleProfile,
  length: 'quick' | 'full',
): Promise<void> {
  const { seed } = run.options;
  const id = `roads.${between}`;
  const dir = await run.folder('vanags-bench-roads-');
  run.progress(`preparing ${points} points, ${between}`);
  const worker = Worker.start('roads-worker.ts');
  run.ending(() => worker.stop());
  const order: PrepareOrder = { dir, seed, points, between, profile: profile.code };
  const made = await worker.ask<Prepared>(order);
  await worker.stop();
  const country = `${(points / 1e6).toLocaleString('en')} million points, ${made.nodes.toLocaleString('en')} nodes (and ${made.copies} copies for ${made.restrictions} restrictions), ${made.arcs.toLocaleString('en')} arcs, ${Math.round(100 * made.oneWayShare)} % of segments one-way`;
  const figure = (name: string, what: string, value: number, unit: string, note = country) =>
    run.figure({ id: `${id}.${name}`, what: `${what} (${between})`, value, unit, better: 'less', note });
  figure(
    'build',
    'graph and hierarchy of one profile',
    made.graphS + made.contractS + made.writeS,
    's',
    `graph ${made.graphS.toFixed(1)}, contraction ${made.contractS.toFixed(1)}, writing ${made.writeS.toFixed(1)}; ${made.cpuS.toFixed(1)} CPU seconds; ${country}`,
  );
  figure(
    'build-memory',
    'resident memory at its largest while building',
    made.peakBytes / 2 ** 30,
    'GiB',
    `${(made.networkPeakBytes / 2 ** 30).toFixed(2)} of it had been needed to make the network`,
  );
  figure('rebuild', 'the same with every fiftieth segment closed, in the known order', made.againS, 's');

  run.progress('loading');
  const begun = performance.now();
  const network = readNetwork(path.join(dir, 'network.bin'));
  const prepared = readHierarchy(path.join(dir, 'hierarchy.bin'), { networkId: network.info.id, profile });
  figure('load', 'network, graph and hierarchy read and verified', (performance.now() - begun) / 1000, 's');

  checkCountry(run, between, prepared, length);
  timeQuestions(run, prepared, figure, length);
  timeAnswers(run, network, prepared, profile, figure, length);
  checkHeap(run, between, prepared, HEAP_QUESTIONS[length]);
}

/** The times of plain Dijkstra on the same graph, for enough pairs; and both nearest units of every node. */
function checkCountry(
  run: BenchRun,
  between: Between,
  { graph, hierarchy }: PreparedRoads,
  length: 'quick' | 'full',
): void {
  run.progress('plain Dijkstra on the country');
  const random = createRandom(run.options.seed, `country ${between}`);
  const starts = length === 'quick' ? 4 : 10;
  const ends = length === 'quick' ? 1000 : 10_000;
  const search = new PathSearch(hierarchy);
  const tables = new TableSearch(hierarchy);
  let wrong = 0;
  for (let s = 0; s < starts; s++) {
    const start = random.below(graph.nodeCount);
    const times = timesFrom(graph, start);
    const targets = Array.from({ length: ends }, () => random.below(graph.nodeCount));
    const from = new SeedLists().setNodes([start]);
    const to = new SeedLists().setNodes(targets);
    const table = new Uint32Array(ends);
    tables.tableInto(from, to, table);
    targets.forEach((node, t) => {
      const wanted = Math.min(times[node]!, UNREACHABLE_MS);
      if (table[t] !== wanted || (t % 10 === 0 && search.timeMs(from, 0, to, t) !== wanted)) wrong++;
    });
  }
  run.check(
    `country of ${between}: the times of plain Dijkstra`,
    wrong === 0,
    wrong === 0 ? `${starts * ends} pairs equal` : `${wrong} of ${starts * ends} differ`,
  );
  const units = Array.from({ length: UNITS }, () => random.below(graph.nodeCount));
  const sweep = new NearestSweep(hierarchy, 2);
  sweep.sweep(new SeedLists().setNodes(units));
  const { first, second } = nearestTwoTimes(graph, units);
  let off = 0;
  for (let node = 0; node < graph.nodeCount; node++) {
    if (sweep.timeMs(node, 0) !== Math.min(first[node]!, UNREACHABLE_MS)) off++;
    else if (sweep.timeMs(node, 1) !== Math.min(second[node]!, UNREACHABLE_MS)) off++;
  }
  run.check(
    `country of ${between}: the two nearest of ${UNITS} for every node`,
    off === 0,
    off === 0 ? `${graph.nodeCount} nodes equal to plain Dijkstra` : `${off} of ${graph.nodeCount} nodes differ`,
  );
}

type AddFigure = (name: string, what: string, value: number, unit: string, note?: string) => void;

function timeQuestions(
  run: BenchRun,
  { graph, hierarchy }: PreparedRoads,
  figure: AddFigure,
  length: 'quick' | 'full',
): void {
  const random = createRandom(run.options.seed, 'questions');
  const nodes = (count: number) => Array.from({ length: count }, () => random.below(graph.nodeCount));

  run.progress('one to one');
  const pairs = PAIRS[length];
  const sources = new SeedLists().setNodes(nodes(pairs));
  const targets = new SeedLists().setNodes(nodes(pairs));
  const search = new PathSearch(hierarchy);
  const timesMs: number[] = [];
  const pathMs: number[] = [];
  for (let i = 0; i < pairs; i++) {
    const begun = performance.now();
    search.timeMs(sources, i, targets, i);
    const found = performance.now();
    search.path();
    if (i < WARM_UP) continue;
    timesMs.push(found - begun);
    pathMs.push(performance.now() - begun);
  }
  figure('one-to-one.p50', 'one to one, random pairs, p50', quantile(timesMs, 0.5), 'ms');
  figure('one-to-one.p99', 'one to one, random pairs, p99', quantile(timesMs, 0.99), 'ms');
  figure('path.p50', 'the same with all directed segments of the drive, p50', quantile(pathMs, 0.5), 'ms');

  const tables = new TableSearch(hierarchy);
  const table = (name: string, rows: number, columns: number, rounds: number) => {
    run.progress(`table ${rows} × ${columns}`);
    const out = new Uint32Array(rows * columns);
    const from = new SeedLists();
    const to = new SeedLists();
    const ms = repeat(rounds, () => {
      from.setNodes(nodes(rows));
      to.setNodes(nodes(columns));
      return () => tables.tableInto(from, to, out);
    });
    figure(name, `table ${rows} × ${columns}, median`, median(ms), 'ms', spread(ms));
  };
  table('table-100x1', 100, 1, length === 'quick' ? 100 : 500);
  table('table-1000x1000', 1000, 1000, length === 'quick' ? 2 : 7);

  run.progress('sweep');
  const sweep = new NearestSweep(hierarchy, 2);
  const units = new SeedLists();
  const swept = repeat(length === 'quick' ? 5 : 21, () => {
    units.setNodes(nodes(UNITS));
    return () => sweep.sweep(units);
  });
  figure('sweep', `nearest two of ${UNITS} for every node, median`, median(swept), 'ms', spread(swept));

  run.progress('reach');
  const reach = new ReachSearch(graph, 'from');
  const places = new SeedLists();
  let reached = 0;
  const rounds = length === 'quick' ? 100 : 1000;
  const reachMs = repeat(rounds, () => {
    places.setNodes(nodes(1));
    return () => {
      reached += reach.reach(places, 0, REACH_MS);
    };
  });
  figure(
    'reach.p50',
    'nodes within ten minutes, p50',
    quantile(reachMs, 0.5),
    'ms',
    `${Math.round(reached / rounds)} nodes on average`,
  );
  figure('reach.p99', 'nodes within ten minutes, p99', quantile(reachMs, 0.99), 'ms');
}

/** Questions about places, answered whole: snapped to roads, with line and steps, areas with their outlines, and past closed roads. */
function timeAnswers(
  run: BenchRun,
  network: RoadNetwork,
  prepared: PreparedRoads,
  profile: VehicleProfile,
  figure: AddFigure,
  length: 'quick' | 'full',
): void {
  const random = createRandom(run.options.seed, 'answers');
  const roads = new Roads({
    network,
    index: indexNetwork(network),
    profiles: [preparedProfile(network, { profile, ...prepared, made: NOTHING_IN_FORCE })],
  });
  const place = (): RoutePlace => {
    const point = random.below(network.pointLonLat.length / 2);
    const aside = () => 2e-3 * (random.next() - 0.5);
    return {
      at: lonLat(network.pointLonLat[2 * point]! / 1e7 + aside(), network.pointLonLat[2 * point + 1]! / 1e7 + aside()),
    };
  };
  const rounds = length === 'quick' ? 200 : 2000;
  let answered = 0;
  let flagged = 0;
  const route = () => {
    const question = { from: place(), to: place(), profile: profile.code };
    return () => {
      const answer = roads.route(question);
      if (answer.kind !== 'route') return;
      answered++;
      if (answer.closures !== 'in_force') flagged++;
    };
  };
  run.progress('routes with line and steps');
  const routeMs = repeat(rounds, route);
  const share = `${answered} of ${rounds + 1} questions have a way, the others a reason`;
  figure('route.p50', 'route from place to place with line and steps, p50', quantile(routeMs, 0.5), 'ms', share);
  figure('route.p99', 'route from place to place with line and steps, p99', quantile(routeMs, 0.99), 'ms', share);

  run.progress('areas');
  let corners = 0;
  const areaRounds = rounds / 10;
  const areaMs = repeat(areaRounds, () => {
    const question = { place: place(), profile: profile.code, limitsS: [REACH_MS / 1000], direction: 'from' } as const;
    return () => {
      const answer = roads.isochrone(question);
      if (answer.kind !== 'isochrone') return;
      for (const polygon of answer.areas[0]!.geometry.coordinates) for (const ring of polygon) corners += ring.length;
    };
  });
  const outline = `snapped, reached and outlined; ${Math.round(corners / areaRounds)} corners on average`;
  figure('isochrone.p50', 'area within ten minutes, p50', quantile(areaMs, 0.5), 'ms', outline);
  figure('isochrone.p99', 'area within ten minutes, p99', quantile(areaMs, 0.99), 'ms', outline);

  run.progress('closed roads');
  const closed = Uint32Array.from({ length: Math.floor(network.segmentCount / 1000) }, () =>
    random.below(2 * network.segmentCount),
  );
  roads.setInForce(profile.code, { directed: closed, speedShare: new Float64Array(closed.length) });
  [answered, flagged] = [0, 0];
  const pastMs = repeat(rounds / 4, route);
  const ways = `${closed.length} directed segments closed a moment ago; ${flagged} of ${answered} ways found are marked`;
  figure('closed.p50', 'the same before anything is rebuilt, p50', quantile(pastMs, 0.5), 'ms', ways);
  figure('closed.p99', 'the same before anything is rebuilt, p99', quantile(pastMs, 0.99), 'ms', ways);
}

/** Asks until a leak of a few bytes a question would be seen. */
function checkHeap(run: BenchRun, between: Between, { graph, hierarchy }: PreparedRoads, questions: number): void {
  run.progress(`heap over ${questions} questions`);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const random = createRandom(run.options.seed, 'heap');
  const search = new PathSearch(hierarchy);
  const tables = new TableSearch(hierarchy);
  const out = new Uint32Array(20);
  const [from, to] = [new SeedLists(), new SeedLists()];
  const ask = (count: number) => {
    for (let i = 0; i < count; i++) {
      from.clear();
      to.clear();
      from.begin();
      to.begin();
      from.add(random.below(graph.nodeCount), 0);
      to.add(random.below(graph.nodeCount), 0);
      if (i % 100 !== 0) {
        search.timeMs(from, 0, to, 0);
        if (i % 10 === 0) search.path();
        continue;
      }
      for (let row = 1; row < out.length; row++) {
        from.begin();
        from.add(random.below(graph.nodeCount), 0);
      }
      tables.tableInto(from, to, out);
    }
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  ask(Math.min(questions, 20_000)); // buffers grow to what is needed
  const before = ask(1000);
  const after = ask(questions);
  const bytes = (after - before) / questions;
  run.check(
    `country of ${between}: no memory is kept by a question`,
    bytes < 1,
    `${questions} questions, ${bytes.toFixed(3)} bytes each`,
  );
}

async function besidePgRouting(run: BenchRun, network: RoadNetwork, profile: VehicleProfile): Promise<void> {
  run.progress('pgRouting');
  const graph = buildGraph(network, profile);
  const peer = await pgRoutingPeer(graph);
  if ('missing' in peer) {
    run.note(`absent: ${peer.missing}`);
    return;
  }
  run.ending(() => peer.stop());
  run.note(
    `pgRouting ${peer.version} on PostgreSQL 15, the same graph of Liechtenstein (${graph.nodeCount} nodes, ${graph.arcHead.length} arcs) as a table of edges; it reads that table for every question, which is how it works`,
  );
  const hierarchy = contractGraph(graph);
  const random = createRandom(run.options.seed, 'pgRouting');
  const search = new PathSearch(hierarchy);
  const tables = new TableSearch(hierarchy);
  const reach = new ReachSearch(graph, 'from');
  const nodes = (count: number) => nodesOf(random, graph, count);
  const [one, other] = [new SeedLists(), new SeedLists()];
  const cells = new Uint32Array(100);

  let wrong = 0;
  const compare = async (
    name: string,
    what: string,
    rounds: number,
    ours: () => unknown,
    theirs: () => Promise<unknown>,
    draw: () => void,
    same: (a: unknown, b: unknown) => boolean,
  ) => {
    const ourMs: number[] = [];
    const theirMs: number[] = [];
    for (let i = 0; i < rounds + 5; i++) {
      draw();
      const begun = performance.now();
      const answer = ours();
      const between = performance.now();
      const peers = await theirs();
      const ended = performance.now();
      if (!same(answer, peers)) wrong++;
      if (i < 5) continue;
      ourMs.push(between - begun);
      theirMs.push(ended - between);
    }
    run.figure({
      id: `roads.pgrouting.${name}`,
      what: `${what}, pgRouting, median`,
      value: median(theirMs),
      unit: 'ms',
      better: 'less',
      note: spread(theirMs),
    });
    run.figure({
      id: `roads.pgrouting.${name}.ours`,
      what: `${what}, built-in network, median`,
      value: median(ourMs),
      unit: 'ms',
      better: 'less',
      note: spread(ourMs),
    });
    run.figure({
      id: `roads.pgrouting.${name}.ratio`,
      what: `${what}: pgRouting takes so many times as long`,
      value: median(theirMs) / median(ourMs),
      unit: '×',
      better: 'more',
    });
  };
  const rounds = run.options.quick ? 10 : 50;
  let [a, b]: number[] = [];
  let many: number[] = [];
  const known = (ms: number) => (ms === UNREACHABLE_MS ? undefined : ms);
  await compare(
    'one-to-one',
    'one to one',
    rounds,
    () => known(search.timeMs(one.setNodes([a!]), 0, other.setNodes([b!]), 0)),
    () => peer.time(a!, b!),
    () => {
      [a, b] = nodes(2);
    },
    (x, y) => x === y,
  );
  await compare(
    'table',
    'one hundred to one',
    rounds,
    () => {
      tables.tableInto(one.setNodes(many), other.setNodes([b!]), cells);
      return Array.from(cells, known);
    },
    () => peer.manyToOne(many, b!),
    () => {
      many = nodes(100);
      [b] = nodes(1);
    },
    (x, y) => JSON.stringify(x) === JSON.stringify(y),
  );
  await compare(
    'reach',
    'within ten minutes',
    rounds,
    () => {
      const count = reach.reach(one.setNodes([a!]), 0, REACH_MS);
      return reach.node.subarray(0, count);
    },
    () => peer.reach(a!, REACH_MS),
    () => {
      [a] = nodes(1);
    },
    (x, y) => {
      const theirs = y as Map<number, number>;
      const ours = x as Uint32Array;
      return theirs.size === ours.length && ours.every((node) => theirs.get(node) === reach.timeMs(node));
    },
  );
  run.check(
    'pgRouting answers the same',
    wrong === 0,
    wrong === 0 ? `${3 * (rounds + 5)} questions equal` : `${wrong} differ`,
  );
  await peer.stop();
}

function nodesOf(random: SeededRandom, { nodeCount }: RoadGraph, count: number): number[] {
  return Array.from({ length: count }, () => random.below(nodeCount));
}

/** Milliseconds of each round; what a round asks is drawn before the clock starts. */
function repeat(rounds: number, draw: () => () => void): number[] {
  draw()();
  return Array.from({ length: rounds }, () => {
    const ask = draw();
    const begun = performance.now();
    ask();
    return performance.now() - begun;
  });
}

function spread(ms: readonly number[]): string {
  return `min ${Math.min(...ms).toPrecision(3)}, max ${Math.max(...ms).toPrecision(3)} of ${ms.length} rounds`;
}
