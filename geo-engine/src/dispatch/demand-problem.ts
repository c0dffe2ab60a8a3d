import { MAX_BLOCK_LINES } from '../run-cards/demand.js';

/**
 * What must be met by choosing, as numbers: rows that ask for amounts, options that bring some at a weight, and groups of
 * which at most one option is taken (a unit in its ways to be used; vehicles that share a crew). Frozen when built.
 *
 * Lines that draw on the same quantities form a block of up to six. What one option brings of a resource is spent once, so
 * a choice meets the lines of a block if, and only if, for every set of them all that can serve some of the set is enough
 * for the set (Gale, "A theorem on flows in networks", Pacific J. Math. 7, 1957). Each such set is one row: the set with bits
 * `s` (line i of the block: bit i) is row `firstRow + s - 1`.
 */
export interface DemandProblem {
  readonly blocks: readonly DemandBlock[];
  /** Amount still asked; not above 0: met already. */
  readonly rowNeed: Float64Array; //    [rows]
  readonly groupOf: Uint32Array; //     [options] groups are numbered from 0
  readonly groupCount: number;
  /** Whole numbers > 0, so that equal means equal. Options stand in the order in which equals are preferred. */
  readonly weight: Float64Array; //     [options]
  /** Entries of option o: firstEntry[o] up to, not including, firstEntry[o + 1]. */
  readonly firstEntry: Uint32Array; //  [options + 1]
  readonly entryRow: Uint32Array; //    [entries]
  readonly entryAmount: Float64Array; //[entries] > 0
}

export interface DemandBlock {
  readonly firstRow: number;
  /** Whose lines they are: number of the VEK. */
  readonly owner: number;
  /** What each line asks, in the order in which the lines are served. */
  readonly lineNeed: readonly number[];
  /** What one unit of quantity counts in a shortfall: 1 / the quantity of the line. */
  readonly lineShare: readonly number[];
}

/** An amount of one resource, and the lines of its block that it can serve, as bits. */
export interface Supply {
  readonly block: number;
  readonly lines: number;
  readonly amount: number;
}

/** Collects blocks, then options in the order of preference among equals. */
export class DemandProblemBuilder {
  readonly #blocks: DemandBlock[] = [];
  readonly #rowNeed: number[] = [];
  readonly #groupOf: number[] = [];
  readonly #weight: number[] = [];
  readonly #firstEntry: number[] = [0];
  readonly #entryRow: number[] = [];
  readonly #entryAmount: number[] = [];
  readonly #amounts: number[] = []; // [rows] scratch of addOption, 0 between calls
  readonly #touched: number[] = []; // its rows
  #groupCount = 0;

  /** Adds lines that share resources; returns the number of the block. */
  addBlock(owner: number, lineNeed: readonly number[], lineShare: readonly number[]): number {
    const firstRow = this.#rowNeed.length;
    for (let set = 1; set < 1 << lineNeed.length; set++) this.#rowNeed.push(sumOver(lineNeed, set));
    this.#blocks.push({ firstRow, owner, lineNeed, lineShare });
    return this.#blocks.length - 1;
  }

  /** Takes what is there already off what is asked. Comes before the options. */
  supply({ block, lines, amount }: Supply): void {
    const { firstRow, lineNeed } = this.#blocks[block]!;
    for (let set = 1; set < 1 << lineNeed.length; set++) {
      if ((set & lines) !== 0) this.#rowNeed[firstRow + set - 1]! -= amount;
    }
  }

  /** Whether some line of the block still lacks something. */
  isOpen(block: number): boolean {
    const { firstRow, lineNeed } = this.#blocks[block]!;
    for (let set = 1; set < 1 << lineNeed.length; set++) if (this.#rowNeed[firstRow + set - 1]! > 0) return true;
    return false;
  }

  /**
   * Adds an option of a group; `supplies` hold each resource once, `already` what the same unit brings without the option.
   * Returns false, and adds nothing, if it would bring nothing.
   */
  addOption(group: number, weight: number, supplies: readonly Supply[], already: readonly Supply[]): boolean {
    const amounts = this.#amounts;
    const rows = this.#touched;
    rows.length = 0;
    for (const supply of supplies) this.#count(supply, 1);
    for (const supply of already) this.#count(supply, -1);
    const before = this.#entryRow.length;
    for (const row of rows) {
      // more than is asked is worth no more; a met row needs nobody
      const useful = Math.min(this.#rowNeed[row]!, amounts[row]!);
      amounts[row] = 0;
      if (useful <= 0) continue;
      this.#entryRow.push(row);
      this.#entryAmount.push(useful);
    }
    if (this.#entryRow.length === before) return false;
    this.#groupOf.push(group);
    this.#groupCount = Math.max(this.#groupCount, group + 1);
    this.#weight.push(weight);
    this.#firstEntry.push(this.#entryRow.length);
    return true;
  }

  /** Adds up one supply in #amounts, noting the rows in #touched. */
  #count({ block, lines, amount }: Supply, sign: 1 | -1): void {
    const { firstRow, lineNeed } = this.#blocks[block]!;
    for (let set = 1; set < 1 << lineNeed.length; set++) {
      if ((set & lines) === 0) continue;
      const row = firstRow + set - 1;
      if (!this.#amounts[row]) {
        if (!this.#touched.includes(row)) this.#touched.push(row);
        this.#amounts[row] = 0;
      }
      this.#amounts[row]! += sign * amount;
    }
  }

  build(): DemandProblem {
    return {
      blocks: this.#blocks,
      rowNeed: Float64Array.from(this.#rowNeed),
      groupOf: Uint32Array.from(this.#groupOf),
      groupCount: this.#groupCount,
      weight: Float64Array.from(this.#weight),
      firstEntry: Uint32Array.from(this.#firstEntry),
      entryRow: Uint32Array.from(this.#entryRow),
      entryAmount: Float64Array.from(this.#entryAmount),
    };
  }
}

function sumOver(values: readonly number[], set: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) if ((set & (1 << i)) !== 0) sum += values[i]!;
  return sum;
}

/**
 * How much of each line of a block is met when earlier lines are served first, given what the rows still lack.
 * Writes into met [lines] from its start. Lines are few, so all sets of earlier lines are looked at.
 */
export function fillLines({ firstRow, lineNeed }: DemandBlock, rowLack: ArrayLike<number>, met: Float64Array): void {
  for (let i = 0; i < lineNeed.length; i++) {
    let most = lineNeed[i]!;
    const bit = 1 << i;
    for (let earlier = 0; earlier < bit; earlier++) {
      const set = earlier | bit;
      let left = -rowLack[firstRow + set - 1]!;
      for (let j = 0; j <= i; j++) if ((set & (1 << j)) !== 0) left += lineNeed[j]!;
      for (let j = 0; j < i; j++) if ((earlier & (1 << j)) !== 0) left -= met[j]!;
      if (left < most) most = left;
    }
    met[i] = most;
  }
}

/** Room for the lines of one block. */
const blockMet = new Float64Array(MAX_BLOCK_LINES);

/** Sum over the lines of a block of the share that is not met, given what the rows still lack. */
export function shortOf(block: DemandBlock, rowLack: ArrayLike<number>): number {
  const { firstRow, lineNeed, lineShare } = block;
  if (lineNeed.length === 1) return Math.max(0, rowLack[firstRow]!) * lineShare[0]!;
  fillLines(block, rowLack, blockMet);
  let short = 0;
  for (let i = 0; i < lineNeed.length; i++) short += (lineNeed[i]! - blockMet[i]!) * lineShare[i]!;
  return short;
}

/** What a block falls short at least, if its rows can be brought `rowReach` more at most. */
export function leastShortOf(block: DemandBlock, rowLack: ArrayLike<number>, rowReach: ArrayLike<number>): number {
  const { firstRow, lineNeed, lineShare } = block;
  if (lineNeed.length === 1) return Math.max(0, rowLack[firstRow]! - rowReach[firstRow]!) * lineShare[0]!;
  let byLines = 0;
  let bySets = 0;
  for (let set = 1; set < 1 << lineNeed.length; set++) {
    const missing = rowLack[firstRow + set - 1]! - rowReach[firstRow + set - 1]!;
    if (missing <= 0) continue;
    // what a set misses falls, at the least, on the line where it counts least
    let share = Number.POSITIVE_INFINITY;
    for (let i = 0; i < lineNeed.length; i++) if ((set & (1 << i)) !== 0) share = Math.min(share, lineShare[i]!);
    bySets = Math.max(bySets, missing * share);
    if ((set & (set - 1)) === 0) byLines += missing * share;
  }
  return Math.max(byLines, bySets);
}
