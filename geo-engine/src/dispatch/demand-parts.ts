import { type DemandBlock, type DemandProblem, leastShortOf, shortOf } from './demand-problem.js';

/** Shortfalls are sums of fractions; closer than this they are equal. Real ones differ by more than 1e-10. */
export const SHORT_EPSILON = 1e-11;

/** A problem with choices to begin with, and where its options stand in a larger one. */
export interface Part {
  readonly problem: DemandProblem;
  readonly options: readonly number[];
  /** Options of the part, each a whole choice. */
  readonly starts: readonly (readonly number[])[];
}

/**
 * Splits a problem into parts that share neither rows nor groups, without the options that no best choice needs. Each part
 * begins with a greedy choice, and with its share of `start` if one is given.
 */
export function leanParts(problem: DemandProblem, start?: readonly number[]): Part[] {
  const layout = layOut(problem);
  const greedy = greedyChoice(problem);
  const useful = usefulOptions(layout, greedy, 0);
  const starts = start ? [greedy, start] : [greedy];
  for (const choice of starts) for (const option of choice) useful[option] = 1;
  return layout.roots.map((root) => {
    const draft = new PartDraft(problem);
    for (const [block, part] of layout.partOfBlock.entries()) if (part === root) draft.addBlock(block);
    for (let option = 0; option < useful.length; option++) {
      if (useful[option] === 1 && layout.partOfOption[option] === root) draft.addOption(option);
    }
    return draft.build(starts);
  });
}

/**
 * The whole problem without the options that are in no choice as short as the best and at most `slack` heavier.
 * `best` must be a best choice of the problem.
 */
export function partWithin(problem: DemandProblem, best: readonly number[], slack: number): Part {
  const useful = usefulOptions(layOut(problem), best, slack);
  for (const option of best) useful[option] = 1;
  const draft = new PartDraft(problem);
  for (const block of problem.blocks.keys()) draft.addBlock(block);
  for (let option = 0; option < useful.length; option++) if (useful[option] === 1) draft.addOption(option);
  return draft.build([best]);
}

/** The problem of each owner by itself, in the order in which owners come first. An option serves one owner only. */
export function splitByOwner(problem: DemandProblem): Part[] {
  const { blocks, weight, firstEntry, entryRow } = problem;
  const blockOfRow = blocksByRow(problem);
  const drafts = new Map<number, PartDraft>();
  for (const [number, { owner }] of blocks.entries()) {
    const draft = drafts.get(owner) ?? new PartDraft(problem);
    drafts.set(owner, draft);
    draft.addBlock(number);
  }
  for (let option = 0; option < weight.length; option++) {
    const { owner } = blocks[blockOfRow[entryRow[firstEntry[option]!]!]!]!;
    drafts.get(owner)!.addOption(option);
  }
  return [...drafts.values()].map((draft) => draft.build([]));
}

/** Options that bring the same are of one kind. */
export interface OptionKinds {
  readonly kindOf: Uint32Array; //          [options]
  readonly options: readonly number[][]; // of each kind, ascending
  /** Kinds that bring nowhere more than a kind does, the kind itself among them. */
  readonly weaker: readonly number[][];
}

export function kindsOf({ firstEntry, entryRow, entryAmount, weight, rowNeed }: DemandProblem): OptionKinds {
  const kindOf = new Uint32Array(weight.length);
  const options: number[][] = [];
  const byContent = new Map<string, number>();
  const amounts: Float64Array[] = []; // [kinds][rows]
  for (let option = 0; option < weight.length; option++) {
    let content = '';
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) content += `${entryRow[e]} ${entryAmount[e]} `;
    let kind = byContent.get(content);
    if (kind === undefined) {
      kind = options.length;
      byContent.set(content, kind);
      options.push([]);
      const brings = new Float64Array(rowNeed.length);
      for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) brings[entryRow[e]!] = entryAmount[e]!;
      amounts.push(brings);
    }
    kindOf[option] = kind;
    options[kind]!.push(option);
  }
  const isWeaker = (weak: Float64Array, strong: Float64Array): boolean => {
    for (let row = 0; row < weak.length; row++) if (weak[row]! > strong[row]!) return false;
    return true;
  };
  const weaker = amounts.map((strong) => {
    const found: number[] = [];
    for (let kind = 0; kind < amounts.length; kind++) if (isWeaker(amounts[kind]!, strong)) found.push(kind);
    return found;
  });
  return { kindOf, options, weaker };
}

/** By block the first block of its part: blocks are joined by groups that serve both. */
export function partsOfBlocks(problem: DemandProblem): Uint32Array {
  const { blocks, groupOf, groupCount, weight, firstEntry, entryRow } = problem;
  const blockOfRow = blocksByRow(problem);
  const joined = Uint32Array.from(blocks.keys());
  const rootOf = (block: number): number => {
    let root = block;
    while (joined[root] !== root) root = joined[root]!;
    return root;
  };
  const blockOfGroup = new Int32Array(groupCount).fill(-1);
  for (let option = 0; option < weight.length; option++) {
    const group = groupOf[option]!;
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
      const block = blockOfRow[entryRow[e]!]!;
      if (blockOfGroup[group]! < 0) blockOfGroup[group] = block;
      if (blockOfGroup[group] === block) continue;
      const a = rootOf(block);
      const b = rootOf(blockOfGroup[group]!);
      joined[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return joined.map(rootOf);
}

export function blocksByRow({ blocks, rowNeed }: DemandProblem): Uint32Array {
  const blockOfRow = new Uint32Array(rowNeed.length);
  for (const [i, { firstRow, lineNeed }] of blocks.entries()) {
    blockOfRow.fill(i, firstRow, firstRow + (1 << lineNeed.length) - 1);
  }
  return blockOfRow;
}

interface Layout {
  readonly problem: DemandProblem;
  readonly roots: readonly number[]; // first block of each part
  readonly partOfBlock: Uint32Array; // [blocks] root
  readonly partOfOption: Uint32Array; // [options] root
}

function layOut(problem: DemandProblem): Layout {
  const { weight, firstEntry, entryRow } = problem;
  const blockOfRow = blocksByRow(problem);
  const partOfBlock = partsOfBlocks(problem);
  const partOfOption = new Uint32Array(weight.length);
  for (let option = 0; option < weight.length; option++) {
    partOfOption[option] = partOfBlock[blockOfRow[entryRow[firstEntry[option]!]!]!]!;
  }
  return { problem, roots: [...new Set(partOfBlock)], partOfBlock, partOfOption };
}

/**
 * Marks the options that a choice needs which is as short as the given one and at most `slack` heavier. Such a choice takes
 * at most so many options as the lightest ones sum up to. Where so many could stand for an option, one of them is left over
 * by the choice: in its place the choice would be lighter by the difference, which may not be more than the slack.
 */
function usefulOptions(
  { problem, roots, partOfBlock, partOfOption }: Layout,
  choice: readonly number[],
  slack: number,
): Uint8Array {
  const { blocks, rowNeed, firstEntry, entryRow, entryAmount, weight, groupOf, groupCount } = problem;
  const options = weight.length;
  const useful = new Uint8Array(options).fill(1);
  for (let option = 1; option < options; option++) if (weight[option]! < weight[option - 1]!) return useful; // not in order
  const lack = rowNeed.slice();
  const most = new Float64Array(blocks.length); // [roots] weight that a choice may have
  for (const option of choice) {
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) lack[entryRow[e]!]! -= entryAmount[e]!;
    most[partOfOption[option]!]! += weight[option]!;
  }
  const reach = new Float64Array(rowNeed.length);
  for (let e = 0; e < entryRow.length; e++) reach[entryRow[e]!]! += entryAmount[e]!;
  const inDoubt = new Uint8Array(blocks.length); // [roots] whether less shortfall might be possible
  for (const [i, block] of blocks.entries()) {
    if (shortOf(block, lack) > leastShortOf(block, rowNeed, reach) + SHORT_EPSILON) inDoubt[partOfBlock[i]!] = 1;
  }
  const count = new Uint32Array(blocks.length); // [roots] options that a choice takes at most
  for (const root of roots) most[root]! += slack;
  for (let option = 0; option < options; option++) {
    const root = partOfOption[option]!;
    if (most[root]! < weight[option]!) continue;
    most[root]! -= weight[option]!;
    count[root]!++;
  }
  const inGroup = new Uint32Array(groupCount);
  for (const group of groupOf) inGroup[group]!++;
  const { kindOf, weaker } = kindsOf(problem);
  const stronger = new Uint32Array(weaker.length); // options so far that could stand for one of the kind
  const light = new Float64Array(weaker.length).fill(-1); // [kinds] weight of the one that made them enough; -1: not enough yet
  for (let option = 0; option < options; option++) {
    const kind = kindOf[option]!;
    const root = partOfOption[option]!;
    if (inDoubt[root] === 1) continue;
    if (light[kind]! >= 0 && (slack === 0 || weight[option]! > light[kind]! + slack)) {
      useful[option] = 0;
      continue;
    }
    if (inGroup[groupOf[option]!]! > 1) continue; // its group may be taken otherwise
    for (const other of weaker[kind]!) {
      if (++stronger[other]! === count[root]!) light[other] = weight[option]!;
    }
  }
  return useful;
}

/** Takes again and again what brings most for its weight, then leaves out what turned out not to be needed. */
export function greedyChoice(problem: DemandProblem): number[] {
  const { blocks, groupOf, groupCount, firstEntry, entryRow, entryAmount, rowNeed, weight } = problem;
  const lack = rowNeed.slice();
  const groupTaken = new Uint8Array(groupCount);
  const bring = (option: number, sign: 1 | -1): void => {
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) lack[entryRow[e]!]! -= sign * entryAmount[e]!;
  };
  const picked: number[] = [];
  for (;;) {
    let best = -1;
    let bestRate = 0;
    for (let option = 0; option < weight.length; option++) {
      if (groupTaken[groupOf[option]!] === 1) continue;
      let gain = 0;
      for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
        const row = entryRow[e]!;
        if (lack[row]! > 0) gain += Math.min(entryAmount[e]!, lack[row]!) / rowNeed[row]!;
      }
      if (gain <= bestRate * weight[option]!) continue;
      best = option;
      bestRate = gain / weight[option]!;
    }
    if (best < 0) break;
    groupTaken[groupOf[best]!] = 1;
    bring(best, 1);
    picked.push(best);
  }
  const short = (): number => blocks.reduce((sum, block) => sum + shortOf(block, lack), 0);
  const least = short();
  picked.sort((a, b) => weight[b]! - weight[a]! || b - a);
  return picked.filter((option) => {
    bring(option, -1);
    const needed = short() > least + SHORT_EPSILON;
    if (needed) bring(option, 1);
    return needed;
  });
}

/** Collects one part of a problem, rows and groups numbered anew. */
class PartDraft {
  readonly #whole: DemandProblem;
  readonly #rowInPart = new Map<number, number>();
  readonly #groupInPart = new Map<number, number>();
  readonly #blocks: DemandBlock[] = [];
  readonly #rowNeed: number[] = [];
  readonly #options: number[] = [];
  readonly #groupOf: number[] = [];
  readonly #firstEntry: number[] = [0];
  readonly #entryRow: number[] = [];
  readonly #entryAmount: number[] = [];

  constructor(whole: DemandProblem) {
    this.#whole = whole;
  }

  addBlock(number: number): void {
    const block = this.#whole.blocks[number]!;
    const firstRow = this.#rowNeed.length;
    this.#blocks.push({ ...block, firstRow });
    for (let set = 1; set < 1 << block.lineNeed.length; set++) {
      const row = block.firstRow + set - 1;
      this.#rowInPart.set(row, this.#rowNeed.length);
      this.#rowNeed.push(this.#whole.rowNeed[row]!);
    }
  }

  addOption(option: number): void {
    const { firstEntry, entryRow, entryAmount, groupOf } = this.#whole;
    const group = this.#groupInPart.get(groupOf[option]!) ?? this.#groupInPart.size;
    this.#groupInPart.set(groupOf[option]!, group);
    this.#options.push(option);
    this.#groupOf.push(group);
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
      this.#entryRow.push(this.#rowInPart.get(entryRow[e]!)!);
      this.#entryAmount.push(entryAmount[e]!);
    }
    this.#firstEntry.push(this.#entryRow.length);
  }

  /** `starts` are choices of the whole. */
  build(starts: readonly (readonly number[])[]): Part {
    const inPart = new Map(this.#options.map((option, i) => [option, i]));
    return {
      options: this.#options,
      starts: starts.map((start) => start.flatMap((option) => inPart.get(option) ?? [])),
      problem: {
        blocks: this.#blocks,
        rowNeed: Float64Array.from(this.#rowNeed),
        groupOf: Uint32Array.from(this.#groupOf),
        groupCount: this.#groupInPart.size,
        weight: Float64Array.from(this.#options, (option) => this.#whole.weight[option]!),
        firstEntry: Uint32Array.from(this.#firstEntry),
        entryRow: Uint32Array.from(this.#entryRow),
        entryAmount: Float64Array.from(this.#entryAmount),
      },
    };
  }
}
