import type { Demand } from '../run-cards/demand.js';
import { type Candidate, compareCandidates } from './candidate.js';
import { type DemandProblem, DemandProblemBuilder, fillLines, type Supply } from './demand-problem.js';
import type { DemandAnswer } from './demand-search.js';
import { crewKey } from './dispatch-unit.js';

/** Weight of one millisecond. The rest of a weight counts units, so that of equal times the fewer units win. */
export const WEIGHT_A_MS = 4096;

export type Need = 'must' | 'should';

/** One VEK: what it demands, and who could go. */
export interface VekDemand {
  readonly demand: Demand;
  readonly candidates: readonly Candidate[];
}

/** A unit that goes, and as what. */
export interface Taken {
  readonly candidate: Candidate;
  /** Lines of the demand for which it makes do with a substitute, as bits. */
  readonly standsIn: number;
  /** What that costs, ms. */
  readonly penaltyMs: number;
  /** Of which lines it was taken for. */
  readonly need: Need;
}

/** One way to use a unit: an option of the problem. */
export interface Way extends Taken {
  readonly vek: number;
  /** Whether the unit did not go yet. */
  readonly isNew: boolean;
  /** What it weighs: milliseconds times WEIGHT_A_MS, plus one for a unit that did not go yet. */
  readonly weight: number;
}

interface BuiltWay {
  readonly way: Way;
  readonly group: number;
  readonly supplies: readonly Supply[];
  readonly already: readonly Supply[];
}

const NOTHING: readonly Supply[] = [];

/** Lines of one block that a stage serves; they are the first of the block. */
interface StageBlock {
  readonly number: number;
  readonly lines: readonly number[];
}

/**
 * The must lines, or after them the should lines, of one or more VEKs as one problem. Who was taken before stays taken,
 * brings what it brings for nothing more, and may at a penalty stand in for further lines of its own VEK. Crews that are
 * `busy` (crewKey) are no options.
 */
export class Stage {
  readonly problem: DemandProblem;
  /** By option of the problem. */
  readonly ways: readonly Way[];

  constructor(
    veks: readonly VekDemand[],
    taken: readonly (readonly Taken[])[],
    need: Need,
    busy: ReadonlySet<string> = new Set(),
  ) {
    const builder = new DemandProblemBuilder();
    const ways: BuiltWay[] = [];
    const gone = new Map<string, Taken>();
    for (const ofVek of taken) for (const one of ofVek) gone.set(crewKey(one.candidate.unit), one);
    const groups = new Map<string, number>();
    for (let vek = 0; vek < veks.length; vek++) {
      const { demand, candidates } = veks[vek]!;
      const blocks = addBlocks(builder, vek, demand, taken[vek]!, need);
      for (const { candidate, standsIn } of taken[vek]!) {
        for (const supply of suppliesOf(candidate, blocks, candidate.servesFreely | standsIn)) builder.supply(supply);
      }
      // who serves no line that still lacks something is no option
      let open = 0;
      for (const { lines, number } of blocks) if (builder.isOpen(number)) for (const line of lines) open |= 1 << line;
      for (const candidate of candidates) {
        const { servesFreely, servesAtPenalty } = candidate;
        if (((servesFreely | servesAtPenalty) & open) === 0) continue;
        const key = crewKey(candidate.unit);
        const before = gone.get(key);
        // the crew goes elsewhere
        if (busy.has(key) || (before !== undefined && before.candidate !== candidate)) continue;
        const group = groups.get(key) ?? groups.size;
        groups.set(key, group);
        const already = before ? suppliesOf(candidate, blocks, servesFreely | before.standsIn) : NOTHING;
        for (const way of waysOf(candidate, before, open, need, vek)) {
          ways.push({ way, group, supplies: suppliesOf(candidate, blocks, servesFreely | way.standsIn), already });
        }
      }
    }
    ways.sort((a, b) => a.way.weight - b.way.weight || compareWays(a.way, b.way));
    this.ways = ways
      .filter(({ way, group, supplies, already }) => builder.addOption(group, way.weight, supplies, already))
      .map(({ way }) => way);
    this.problem = builder.build();
  }

  /** Who is taken after an answer of the problem, in addition to or in place of who was before. */
  takenAfter(options: readonly number[], before: readonly (readonly Taken[])[]): Taken[][] {
    const after = before.map((ofVek) => [...ofVek]);
    for (const option of options) {
      const { vek, candidate, standsIn, penaltyMs, need } = this.ways[option]!;
      const taken: Taken = { candidate, standsIn, penaltyMs, need };
      const known = after[vek]!.findIndex(({ candidate }) => candidate === taken.candidate);
      if (known < 0) after[vek]!.push(taken);
      else after[vek]![known] = { ...taken, need: after[vek]![known]!.need };
    }
    return after;
  }
}

/** How good the choice for the must lines, or for the should lines after them, is known to be. */
export interface StageProof {
  /** Sum over the lines of the share that is not met. */
  readonly short: number;
  /** Response times, penalties and substitutes of the units taken in this stage, ms. */
  readonly costMs: number;
  /** The exact answer: nothing falls less short, and nothing that falls as short costs less. */
  readonly proven: boolean;
  /** Bounds that were proven; equal to short and costMs if the answer is. */
  readonly leastShort: number;
  readonly leastCostMs: number;
  readonly nodes: number;
}

export function stageProof({ short, weight, proven, leastShort, leastWeight, nodes }: DemandAnswer): StageProof {
  return { short, costMs: weightMs(weight), proven, leastShort, leastCostMs: weightMs(leastWeight), nodes };
}

/** The milliseconds in a weight. */
export function weightMs(weight: number): number {
  return Math.floor(weight / WEIGHT_A_MS);
}

/** How much of each line of the demand those taken meet, earlier lines first. */
export function metLines(demand: Demand, taken: readonly Taken[]): Float64Array {
  const builder = new DemandProblemBuilder();
  const blocks = demand.blocks.map((lines): StageBlock => {
    const quantities = lines.map((line) => demand.lines[line]!.quantity);
    return { lines, number: builder.addBlock(0, quantities, quantities) };
  });
  for (const { candidate, standsIn } of taken) {
    for (const supply of suppliesOf(candidate, blocks, candidate.servesFreely | standsIn)) builder.supply(supply);
  }
  const { rowNeed, blocks: built } = builder.build();
  const met = new Float64Array(demand.lines.length);
  const inBlock = new Float64Array(demand.lines.length);
  for (const [i, { lines }] of blocks.entries()) {
    fillLines(built[i]!, rowNeed, inBlock);
    for (const [j, line] of lines.entries()) met[line] = inBlock[j]!;
  }
  return met;
}

/** What a unit used for some lines brings to each resource of the blocks. */
function suppliesOf({ supplies }: Candidate, blocks: readonly StageBlock[], uses: number): Supply[] {
  const out: Supply[] = [];
  for (const { number, lines } of blocks) {
    const from = out.length;
    const resources: string[] = [];
    for (let i = 0; i < lines.length; i++) {
      const supply = supplies[lines[i]!];
      if (!supply || (uses & (1 << lines[i]!)) === 0) continue;
      const known = resources.indexOf(supply.resource);
      if (known >= 0) {
        const before = out[from + known]!;
        out[from + known] = { ...before, lines: before.lines | (1 << i) };
      } else {
        resources.push(supply.resource);
        out.push({ block: number, lines: 1 << i, amount: supply.amount });
      }
    }
  }
  return out;
}

function addBlocks(
  builder: DemandProblemBuilder,
  vek: number,
  demand: Demand,
  taken: readonly Taken[],
  need: Need,
): StageBlock[] {
  const isMust = (line: number) => demand.lines[line]!.requirement.need === 'must';
  const met = need === 'should' ? metLines(demand, taken) : undefined;
  return demand.blocks.flatMap((block): StageBlock[] => {
    const lines = need === 'must' ? block.filter(isMust) : block;
    if (!lines.some((line) => isMust(line) === (need === 'must'))) return [];
    const needs = lines.map((line) => (need === 'should' && isMust(line) ? met![line]! : demand.lines[line]!.quantity));
    const shares = lines.map((line) => 1 / demand.lines[line]!.quantity);
    return [{ lines, number: builder.addBlock(vek, needs, shares) }];
  });
}

/** The ways to use a unit in a stage: for every set of lines that it could serve at a penalty. */
function waysOf(candidate: Candidate, before: Taken | undefined, open: number, need: Need, vek: number): Way[] {
  const { supplies, costMs, servesAtPenalty } = candidate;
  const already = before?.standsIn ?? 0;
  const extra = servesAtPenalty & open & ~already;
  const ways: Way[] = [];
  // every subset of the bits of extra, the empty one last: (set - 1) & extra walks them downwards
  for (let set = extra; ; set = (set - 1) & extra) {
    if (set === 0 && before) break; // it goes as it is
    let addedMs = 0;
    for (let line = 0; set >> line > 0; line++) if ((set & (1 << line)) !== 0) addedMs += supplies[line]!.penaltyMs;
    const weight = before ? addedMs * WEIGHT_A_MS : (costMs + addedMs) * WEIGHT_A_MS + 1;
    ways.push({
      vek,
      candidate,
      standsIn: already | set,
      penaltyMs: (before?.penaltyMs ?? 0) + addedMs,
      need,
      isNew: !before,
      weight,
    });
    if (set === 0) break;
  }
  return ways;
}

function compareWays(a: Way, b: Way): number {
  return compareCandidates(a.candidate, b.candidate) || a.vek - b.vek || a.standsIn - b.standsIn;
}
