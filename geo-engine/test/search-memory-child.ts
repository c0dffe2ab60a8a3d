/**
 * Asks every kind of question over and over, in a process of its own so that nobody else's memory is counted, and tells how many bytes
 * are held before and after. Started by name, with --expose-gc.
 */
import { contractGraph } from '../src/hierarchy/contract.js';
import { NearestSweep } from '../src/hierarchy/nearest-sweep.js';
import { PathSearch } from '../src/hierarchy/path-search.js';
import { ReachSearch } from '../src/hierarchy/reach-search.js';
import { SeedLists } from '../src/hierarchy/seeds.js';
import { TableSearch } from '../src/hierarchy/table-search.js';
import { createRandom } from './random.js';
import { createRandomGraph } from './random-graphs.js';

export interface MemoryReport {
  readonly questions: number;
  /** On the heap and in array buffers outside it, after a full collection. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** So that nothing asked is left out as unused. */
  readonly sum: number;
}

/** All buffers have grown by then. */
const WARM_UP = 20_000;
const QUESTIONS = 200_000;
/** One in so many questions is also each of a table, a sweep and a reach: they cost more. */
const EVERY = 100;
const REACH_MS = 300;

const random = createRandom(1);
const graph = createRandomGraph(1, 'grid', 2000);
const hierarchy = contractGraph(graph);
const paths = new PathSearch(hierarchy);
const tables = new TableSearch(hierarchy);
const sweep = new NearestSweep(hierarchy, 2);
const reach = new ReachSearch(graph, 'from');
const sources = new SeedLists();
const targets = new SeedLists();
const table = new Uint32Array(12 * 3);
let sum = 0;

function fill(lists: SeedLists, count: number): void {
  lists.clear();
  for (let i = 0; i < count; i++) {
    lists.begin();
    lists.add(Math.floor(random() * graph.nodeCount), i);
  }
}

function ask(questions: number): void {
  for (let i = 0; i < questions; i++) {
    fill(sources, 12);
    fill(targets, 3);
    sum += paths.timeMs(sources, i % 12, targets, i % 3) % 1000;
    sum += paths.path().length;
    if (i % EVERY !== 0) continue;
    tables.tableInto(sources, targets, table);
    sweep.sweep(sources);
    sum += (table[i % table.length] % 1000) + reach.reach(sources, 0, REACH_MS) + sweep.source(0, 0);
  }
}

function heldBytes(): number {
  globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

ask(WARM_UP);
const beforeBytes = heldBytes();
ask(QUESTIONS);
const report: MemoryReport = { questions: QUESTIONS, beforeBytes, afterBytes: heldBytes(), sum };
process.send!(report);
