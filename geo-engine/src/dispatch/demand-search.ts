import {
  blocksByRow,
  kindsOf,
  leanParts,
  type OptionKinds,
  type Part,
  partsOfBlocks,
  partWithin,
  SHORT_EPSILON,
} from './demand-parts.js';
import { type DemandProblem, leastShortOf, shortOf } from './demand-problem.js';
import { chooseSlots } from './demand-slots.js';
import { searchJoint } from './joint-search.js';

/** Weights are whole numbers; a bound is a float that is right to far better than this. */
const WEIGHT_EPSILON = 0.5;
/** Nodes that the cheap bounds alone are tried on before prices are worth their cost. */
const NODES_WITHOUT_PRICES = 200;
/** A visit of a problem with so many options counts as one node. */
const OPTIONS_A_NODE = 64;
/** Price updates: at first, and at every node after. */
const FIRST_PRICE_STEPS = 80;
const NODE_PRICE_STEPS = 8;

export interface DemandSettings {
  /** How many nodes may be looked at. Nodes and not milliseconds, so that the same input always gives the same answer. */
  readonly nodeLimit: number;
  /** `first`: of equal choices the one with the earliest option in which they differ. `any`: whichever is met first. */
  readonly equals: 'first' | 'any';
  /** A choice to begin with, options in any order. */
  readonly start?: readonly number[];
}

/** Another weight of the options [options] that may sum up to so much. */
interface Limit {
  readonly weight: Float64Array;
  readonly atMost: number;
}

export interface DemandAnswer {
  /** Options taken, ascending. */
  readonly taken: readonly number[];
  /** Sum over lines of the share that is not met. */
  readonly short: number;
  readonly weight: number;
  /** Nothing falls less short, nothing as short weighs less. */
  readonly proven: boolean;
  /** No choice falls less short than this; none as short as the answer weighs less than `leastWeight`. */
  readonly leastShort: number;
  readonly leastWeight: number;
  readonly nodes: number;
}

/**
 * The choice that falls least short, and among those weighs least: exact while the node limit lasts, after it the best
 * met so far with a proven bound. Parts of the problem that share nothing are solved one by one.
 */
export function searchDemand(problem: DemandProblem, { nodeLimit, equals, start }: DemandSettings): DemandAnswer {
  let nodes = 0;
  const answers = leanParts(problem, start).map((part) => {
    const left = nodeLimit - nodes;
    const answer =
      (equals === 'any' ? (slotAnswer(part) ?? jointAnswer(part, left)) : undefined) ??
      searchPart(part, part.problem.weight, [], left, equals);
    nodes += answer.nodes;
    return answer;
  });
  return {
    taken: answers.flatMap(({ taken }) => taken).sort((a, b) => a - b),
    short: sum(answers, ({ short }) => short),
    weight: sum(answers, ({ weight }) => weight),
    proven: answers.every(({ proven }) => proven),
    leastShort: sum(answers, ({ leastShort }) => leastShort),
    leastWeight: sum(answers, ({ leastWeight }) => leastWeight),
    nodes,
  };
}

/**
 * Among the choices as short as the best and at most `slack` heavier, the one of least `loss` [options], and of those the
 * lightest. `best` is a best choice; options that are `closed` [options] may not be taken, and none of its own is.
 */
export function searchNearBest(
  problem: DemandProblem,
  best: DemandAnswer,
  slack: number,
  loss: Float64Array,
  closed: Uint8Array,
  nodeLimit: number,
): { answer: DemandAnswer; leastLoss: number } {
  const part = partWithin(problem, best.taken, slack);
  const atMost = best.weight + slack;
  const inPart = (values: Float64Array) => Float64Array.from(part.options, (option) => values[option]!);
  const cost = Float64Array.from(part.options, (option) =>
    closed[option] === 1 ? atMost + 1 : problem.weight[option]!,
  );
  const costLimit = { weight: cost, atMost };
  const losses = inPart(loss);
  const kept = searchPart(part, losses, [costLimit], nodeLimit, 'any');
  const again = { ...part, starts: [kept.taken.map((option) => part.options.indexOf(option))] };
  const limits = [costLimit, { weight: losses, atMost: kept.weight }];
  const answer = searchPart(again, part.problem.weight, limits, nodeLimit, 'first');
  return {
    answer: { ...answer, proven: kept.proven && answer.proven, nodes: kept.nodes + answer.nodes },
    leastLoss: kept.leastWeight,
  };
}

/** The answer of a part that is an assignment of slots, undefined if it is none. */
function slotAnswer({ problem, options }: Part): DemandAnswer | undefined {
  const choice = chooseSlots(problem);
  if (choice === undefined) return undefined;
  const { short, weight } = choice;
  const taken = choice.taken.map((option) => options[option]!);
  return { taken, short, weight, proven: true, leastShort: short, leastWeight: weight, nodes: 0 };
}

/** The answer of a part that several owners share, undefined if crews are too scarce for its bounds. */
function jointAnswer({ problem, options, starts }: Part, nodeLimit: number): DemandAnswer | undefined {
  if (problem.blocks.every(({ owner }) => owner === problem.blocks[0]!.owner)) return undefined;
  const [best] = starts.map((taken) => weigh(problem, taken)).sort((a, b) => a.short - b.short || a.weight - b.weight);
  const solve = (own: DemandProblem, limit: number) => searchDemand(own, { nodeLimit: limit, equals: 'any' });
  const choice = searchJoint(problem, best!, nodeLimit, solve);
  return choice && { ...choice, taken: choice.taken.map((option) => options[option]!), leastShort: choice.short };
}

/** What a choice falls short and weighs. */
function weigh(
  { blocks, rowNeed, firstEntry, entryRow, entryAmount, weight }: DemandProblem,
  taken: readonly number[],
) {
  const lack = rowNeed.slice();
  for (const option of taken) {
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) lack[entryRow[e]!]! -= entryAmount[e]!;
  }
  return {
    taken,
    short: sum(blocks, (block) => shortOf(block, lack)),
    weight: sum(taken, (option) => weight[option]!),
  };
}

/** Solves one part by the given weights [options of the part]; the answer's options are those of the whole. */
function searchPart(
  { problem, options, starts }: Part,
  weight: Float64Array,
  limits: readonly Limit[],
  nodeLimit: number,
  equals: DemandSettings['equals'],
): DemandAnswer {
  const answer = new DemandSearch({ ...problem, weight }, limits, equals).run(starts, nodeLimit);
  return { ...answer, taken: answer.taken.map((option) => options[option]!) };
}

/**
 * Branch and bound. A node holds what is taken, what is barred, and what rows still lack. It branches over the options
 * that bring something to one row: take the first, or bar it and take the second, … or bar them all.
 *
 * Three bounds cut a node off: what would fall short if everything still free were taken; the cheapest way to fill each
 * single row, in fractions; and prices on all rows together (Lagrangian relaxation with subgradient steps: Fisher, "The
 * Lagrangian relaxation method for solving integer programming problems", Management Science 27(1), 1981). And where an
 * option could always stand for another one at no loss, barring the first bars the second.
 */
class DemandSearch {
  readonly #problem: DemandProblem;
  readonly #limits: readonly Limit[];
  readonly #equals: DemandSettings['equals'];
  readonly #lack: Float64Array; //         [rows] asked and not yet brought
  readonly #reach: Float64Array; //        [rows] what all free groups could still bring, at most
  readonly #fill: Float64Array; //         [rows] what every answer as good as the best brings to the row; 0: not known
  readonly #barred: Uint8Array; //         [options] how many times; 0: free
  readonly #groupTaken: Uint8Array; //     [groups]
  readonly #groupOptions: readonly number[][]; // options of each group, ascending
  readonly #kinds: OptionKinds;
  readonly #cheapest: readonly RowOrder[]; // by weight, then by each limit's weight
  readonly #limitLeft: number[];
  readonly #price: Float64Array; //        [rows] per unit of amount
  readonly #slack: Float64Array; //        [rows] scratch of the price steps
  readonly #charge: Float64Array; //       [limits] price of each limit's weight
  readonly #used: Float64Array; //         [limits] scratch of the price steps
  readonly #most: Float64Array; //         [rows] scratch of #addReach, zero between calls
  readonly #partOfRow: Uint32Array; //     [rows] parts are tied together by limits only
  readonly #hardest: Float64Array; //      [blocks] scratch of #weightByRows
  readonly #taken: number[] = [];
  readonly #nodesAVisit: number; // large problems count their nodes for more: they take longer
  #usesPrices = false;
  #nodeLimit = 0;
  #nodes = 0;
  #stopped = false;
  #bestTaken: number[] = [];
  #bestShort = Number.POSITIVE_INFINITY;
  #bestWeight = Number.POSITIVE_INFINITY;
  #openShort = Number.POSITIVE_INFINITY;
  #openWeight = Number.POSITIVE_INFINITY;

  constructor(problem: DemandProblem, limits: readonly Limit[], equals: DemandSettings['equals']) {
    const { rowNeed, groupOf, groupCount, weight } = problem;
    const rows = rowNeed.length;
    this.#problem = problem;
    this.#limits = limits;
    this.#equals = equals;
    this.#nodesAVisit = Math.ceil(problem.weight.length / OPTIONS_A_NODE);
    this.#lack = rowNeed.slice();
    this.#reach = new Float64Array(rows);
    this.#fill = new Float64Array(rows);
    this.#barred = new Uint8Array(weight.length);
    this.#groupTaken = new Uint8Array(groupCount);
    this.#groupOptions = Array.from({ length: groupCount }, () => []);
    for (const [option, group] of groupOf.entries()) this.#groupOptions[group]!.push(option);
    this.#kinds = kindsOf(problem);
    this.#cheapest = [weight, ...this.#limits.map((limit) => limit.weight)].map((by) => orderByRow(problem, by));
    this.#limitLeft = this.#limits.map(({ atMost }) => atMost);
    this.#price = new Float64Array(rows);
    this.#slack = new Float64Array(rows);
    this.#charge = new Float64Array(limits.length);
    this.#used = new Float64Array(limits.length);
    this.#most = new Float64Array(rows);
    const partOfBlock = partsOfBlocks(problem);
    this.#partOfRow = blocksByRow(problem).map((block) => partOfBlock[block]!);
    this.#hardest = new Float64Array(problem.blocks.length);
    for (let group = 0; group < groupCount; group++) this.#addReach(group, 1);
  }

  run(starts: readonly (readonly number[])[], nodeLimit: number): DemandAnswer {
    for (const start of starts) this.#offer(start);
    // small problems are done before prices have paid for themselves
    this.#search(Math.min(nodeLimit, NODES_WITHOUT_PRICES));
    if (this.#stopped && nodeLimit > NODES_WITHOUT_PRICES) {
      this.#usesPrices = true;
      this.#search(nodeLimit);
    }
    const proven = !this.#stopped;
    return {
      taken: this.#bestTaken,
      short: this.#bestShort,
      weight: this.#bestWeight,
      proven,
      leastShort: proven ? this.#bestShort : Math.min(this.#bestShort, this.#openShort),
      leastWeight: proven ? this.#bestWeight : Math.min(this.#bestWeight, Math.ceil(this.#openWeight - WEIGHT_EPSILON)),
      nodes: this.#nodes,
    };
  }

  #search(nodeLimit: number): void {
    this.#nodeLimit = nodeLimit;
    this.#stopped = false;
    this.#openShort = Number.POSITIVE_INFINITY;
    this.#openWeight = Number.POSITIVE_INFINITY;
    if (this.#usesPrices) this.#startPrices();
    this.#visit(0);
  }

  #visit(weight: number): void {
    if (this.#nodes >= this.#nodeLimit) {
      this.#stopped = true;
      this.#leaveOpen(weight);
      return;
    }
    this.#nodes += this.#nodesAVisit;
    const leastShort = this.#leastShort();
    if (leastShort > this.#bestShort + SHORT_EPSILON) return;
    const short = this.#short();
    this.#hold(this.#taken, short, weight);
    if (short <= leastShort + SHORT_EPSILON) return; // more would only weigh more
    if (this.#isBeaten(leastShort, weight)) return;
    const row = this.#hardestRow();
    if (row >= 0) this.#branch(row, weight);
  }

  #branch(row: number, weight: number): void {
    const { first, options } = this.#cheapest[0]!;
    const barredHere: number[] = [];
    for (let i = first[row]!; i < first[row + 1]!; i++) {
      const option = options[i]!;
      if (!this.#isFree(option)) continue;
      if (this.#take(option)) this.#visit(weight + this.#problem.weight[option]!);
      this.#giveBack(option);
      this.#barWithReplaced(option, barredHere);
      if (this.#stopped) break;
    }
    if (this.#stopped) this.#leaveOpen(weight);
    else this.#visit(weight); // without any of them: other rows may still want somebody
    for (const option of barredHere) this.#unbar(option);
  }

  /** The search ends with this node unfinished: what may still be in it bounds the answer. */
  #leaveOpen(weight: number): void {
    const leastShort = this.#leastShort();
    if (leastShort > this.#bestShort + SHORT_EPSILON) return;
    this.#openShort = Math.min(this.#openShort, leastShort);
    const comparable = leastShort >= this.#bestShort - SHORT_EPSILON;
    const bound = comparable ? Math.max(this.#weightByRows(0, weight), this.#weightByPrices(weight, 0)) : weight;
    this.#openWeight = Math.min(this.#openWeight, bound);
  }

  #isFree(option: number): boolean {
    return this.#barred[option] === 0 && this.#groupTaken[this.#problem.groupOf[option]!] === 0;
  }

  /** Takes a free option. Returns false when that passes a limit; giveBack undoes it either way. */
  #take(option: number): boolean {
    const group = this.#problem.groupOf[option]!;
    this.#addReach(group, -1);
    this.#groupTaken[group] = 1;
    this.#bring(option, 1);
    this.#taken.push(option);
    let within = true;
    for (let i = 0; i < this.#limits.length; i++) {
      this.#limitLeft[i]! -= this.#limits[i]!.weight[option]!;
      if (this.#limitLeft[i]! < 0) within = false;
    }
    return within;
  }

  #giveBack(option: number): void {
    const group = this.#problem.groupOf[option]!;
    this.#taken.pop();
    this.#bring(option, -1);
    this.#groupTaken[group] = 0;
    this.#addReach(group, 1);
    for (let i = 0; i < this.#limits.length; i++) this.#limitLeft[i]! += this.#limits[i]!.weight[option]!;
  }

  #bring(option: number, sign: 1 | -1): void {
    const { firstEntry, entryRow, entryAmount } = this.#problem;
    const lack = this.#lack;
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) lack[entryRow[e]!]! -= sign * entryAmount[e]!;
  }

  #bar(option: number): void {
    const group = this.#problem.groupOf[option]!;
    if (this.#barred[option]! > 0 || this.#groupTaken[group] === 1) {
      this.#barred[option]!++;
      return;
    }
    this.#addReach(group, -1);
    this.#barred[option]!++;
    this.#addReach(group, 1);
  }

  #unbar(option: number): void {
    const group = this.#problem.groupOf[option]!;
    if (this.#barred[option]! > 1 || this.#groupTaken[group] === 1) {
      this.#barred[option]!--;
      return;
    }
    this.#addReach(group, -1);
    this.#barred[option]!--;
    this.#addReach(group, 1);
  }

  /** Bars an option, and every later one that it could stand for. Only an option alone in its group is always at hand. */
  #barWithReplaced(option: number, barredHere: number[]): void {
    this.#bar(option);
    barredHere.push(option);
    if (this.#limits.length > 0 || this.#groupOptions[this.#problem.groupOf[option]!]!.length > 1) return;
    const { kindOf, weaker, options } = this.#kinds;
    const weight = this.#problem.weight;
    for (const kind of weaker[kindOf[option]!]!) {
      for (const other of options[kind]!) {
        if (other <= option || weight[other]! < weight[option]! || !this.#isFree(other)) continue;
        this.#bar(other);
        barredHere.push(other);
      }
    }
  }

  /** Adds (or takes off) the most that a group could bring to each row, by any one of its free options. */
  #addReach(group: number, sign: 1 | -1): void {
    const { firstEntry, entryRow, entryAmount } = this.#problem;
    const options = this.#groupOptions[group]!;
    const reach = this.#reach;
    const most = this.#most;
    for (const option of options) {
      if (this.#barred[option] !== 0) continue;
      for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
        const row = entryRow[e]!;
        if (entryAmount[e]! <= most[row]!) continue;
        reach[row]! += sign * (entryAmount[e]! - most[row]!);
        most[row] = entryAmount[e]!;
      }
    }
    if (options.length === 1 && this.#barred[options[0]!] !== 0) return;
    for (const option of options) {
      for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) most[entryRow[e]!] = 0;
    }
  }

  /** What falls short with what is taken. */
  #short(): number {
    let short = 0;
    for (const block of this.#problem.blocks) short += shortOf(block, this.#lack);
    return short;
  }

  /** What falls short at least, whatever is taken yet; and #fill, for answers that fall no shorter than the best. */
  #leastShort(): number {
    const lack = this.#lack;
    const reach = this.#reach;
    const fill = this.#fill;
    let leastShort = 0;
    for (const block of this.#problem.blocks) {
      const { firstRow, lineNeed } = block;
      const blockShort = leastShortOf(block, lack, reach);
      leastShort += blockShort;
      if (lineNeed.length === 1) {
        fill[firstRow] = Math.max(0, Math.min(lack[firstRow]!, reach[firstRow]!));
        continue;
      }
      // of lines that compete nobody knows which one falls short
      const end = firstRow + (1 << lineNeed.length) - 1;
      for (let row = firstRow; row < end; row++) fill[row] = blockShort > 0 ? 0 : Math.max(0, lack[row]!);
    }
    return leastShort;
  }

  /** Whether nothing in this node can be better than what is held. */
  #isBeaten(leastShort: number, weight: number): boolean {
    if (leastShort < this.#bestShort - SHORT_EPSILON) return false;
    for (let i = 0; i < this.#limits.length; i++) {
      if (this.#weightByRows(i + 1, 0) > this.#limitLeft[i]! + WEIGHT_EPSILON) return true;
    }
    const enough = this.#enough();
    if (this.#weightByRows(0, weight) > enough) return true;
    return this.#usesPrices && this.#weightByPrices(weight, NODE_PRICE_STEPS) > enough;
  }

  /** Least weight with the hardest row of every part filled, in fractions, on top of `weight`. `by`: 0 the weight, 1 up the limits'. */
  #weightByRows(by: number, weight: number): number {
    const hardest = this.#hardest;
    const partOfRow = this.#partOfRow;
    hardest.fill(0);
    let bound = weight;
    for (let row = 0; row < partOfRow.length; row++) {
      if (this.#fill[row]! <= 0) continue;
      const part = partOfRow[row]!;
      const more = this.#rowWeight(by, row) - hardest[part]!;
      if (more <= 0) continue;
      bound += more;
      hardest[part]! += more;
    }
    return bound;
  }

  #rowWeight(by: number, row: number): number {
    const { first, options, amounts, weights } = this.#cheapest[by]!;
    let left = this.#fill[row]!;
    let weight = 0;
    for (let i = first[row]!; i < first[row + 1]!; i++) {
      if (!this.#isFree(options[i]!)) continue;
      if (amounts[i]! >= left) return weight + (weights[i]! * left) / amounts[i]!;
      weight += weights[i]!;
      left -= amounts[i]!;
    }
    return weight;
  }

  /** The row whose filling weighs most, of those that somebody could still serve; -1: there is none. */
  #hardestRow(): number {
    const { first, options } = this.#cheapest[0]!;
    let hardest = -1;
    let most = -1;
    for (let row = 0; row < this.#lack.length; row++) {
      if (this.#lack[row]! <= 0 || this.#reach[row]! <= 0) continue;
      const weight = this.#rowWeight(0, row);
      if (weight <= most) continue;
      let i = first[row]!;
      while (i < first[row + 1]! && !this.#isFree(options[i]!)) i++;
      if (i === first[row + 1]!) continue;
      hardest = row;
      most = weight;
    }
    return hardest;
  }

  /** Begins with each row paying its own fill, shared among the rows, and walks towards the best prices. */
  #startPrices(): void {
    this.#leastShort();
    const rows = this.#price.length;
    for (let row = 0; row < rows; row++) {
      const fill = this.#fill[row]!;
      this.#price[row] = fill > 0 ? this.#rowWeight(0, row) / (fill * rows) : 0;
    }
    this.#weightByPrices(0, FIRST_PRICE_STEPS);
    this.#barTooDear();
  }

  /** Bars for good what no answer as good as the best can take: with it the bound at the prices is already too heavy. */
  #barTooDear(): void {
    if (this.#leastShort() < this.#bestShort - SHORT_EPSILON) return;
    const bound = this.#weightByPrices(0, 0);
    for (const options of this.#groupOptions) {
      const reduced = options.map((option) => this.#reducedWeight(option));
      const least = Math.min(0, ...reduced);
      for (const [i, option] of options.entries()) {
        if (bound - least + reduced[i]! > this.#enough() && this.#barred[option] === 0) this.#bar(option);
      }
    }
  }

  /** What an option weighs, less what the rows pay for it and more what the limits charge. */
  #reducedWeight(option: number): number {
    const { firstEntry, entryRow, entryAmount, weight } = this.#problem;
    let reduced = weight[option]!;
    for (let i = 0; i < this.#limits.length; i++) reduced += this.#charge[i]! * this.#limits[i]!.weight[option]!;
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
      const row = entryRow[e]!;
      if (this.#fill[row]! > 0) reduced -= this.#price[row]! * entryAmount[e]!;
    }
    return reduced;
  }

  /** Above this weight an answer is of no use. */
  #enough(): number {
    return this.#equals === 'first' ? this.#bestWeight + WEIGHT_EPSILON : this.#bestWeight - WEIGHT_EPSILON;
  }

  /**
   * Least weight if rows were paid for, and limits charged for, at the prices; on top of `weight`, after up to `steps` steps
   * towards better prices. It ends as soon as the bound beats the best. A bound at any prices: Fisher 1981.
   */
  #weightByPrices(weight: number, steps: number): number {
    const { firstEntry, entryRow, entryAmount } = this.#problem;
    const price = this.#price;
    const fill = this.#fill;
    const slack = this.#slack;
    const limits = this.#limits;
    const charge = this.#charge;
    const used = this.#used;
    const rows = price.length;
    let best = Number.NEGATIVE_INFINITY;
    let stride = 1;
    let idle = 0;
    for (let step = 0; ; step++) {
      let bound = weight;
      for (let row = 0; row < rows; row++) {
        if (fill[row]! <= 0) continue;
        bound += price[row]! * fill[row]!;
        slack[row] = fill[row]!;
      }
      for (let i = 0; i < limits.length; i++) {
        bound -= charge[i]! * this.#limitLeft[i]!;
        used[i] = -this.#limitLeft[i]!;
      }
      // every group's best option, if it earns more than it weighs
      for (let group = 0; group < this.#groupOptions.length; group++) {
        if (this.#groupTaken[group] === 1) continue;
        let least = 0;
        let chosen = -1;
        for (const option of this.#groupOptions[group]!) {
          if (this.#barred[option] !== 0) continue;
          const reduced = this.#reducedWeight(option);
          if (reduced >= least) continue;
          least = reduced;
          chosen = option;
        }
        if (chosen < 0) continue;
        bound += least;
        for (let e = firstEntry[chosen]!; e < firstEntry[chosen + 1]!; e++) slack[entryRow[e]!]! -= entryAmount[e]!;
        for (let i = 0; i < limits.length; i++) used[i]! += limits[i]!.weight[chosen]!;
      }
      if (bound > best) {
        best = bound;
        idle = 0;
      } else if (++idle > 3) {
        stride /= 2;
        idle = 0;
      }
      if (step >= steps || best > this.#bestWeight + WEIGHT_EPSILON) return best;
      // dearer what is short, cheaper what is over; amounts of a row counted in its fill
      let square = 0;
      for (let row = 0; row < rows; row++) {
        if (fill[row]! <= 0 || (slack[row]! < 0 && price[row] === 0)) continue;
        square += (slack[row]! / fill[row]!) ** 2;
      }
      for (let i = 0; i < limits.length; i++) {
        if (used[i]! > 0 || charge[i]! > 0) square += (used[i]! / (limits[i]!.atMost + 1)) ** 2;
      }
      if (square === 0) return best;
      const length = (stride * Math.max(1, this.#bestWeight - bound)) / square;
      for (let row = 0; row < rows; row++) {
        if (fill[row]! <= 0) continue;
        price[row] = Math.max(0, price[row]! + (length * slack[row]!) / fill[row]! ** 2);
      }
      for (let i = 0; i < limits.length; i++) {
        charge[i] = Math.max(0, charge[i]! + (length * used[i]!) / (limits[i]!.atMost + 1) ** 2);
      }
    }
  }

  /** Holds a whole choice against the best. */
  #offer(options: readonly number[]): void {
    for (const option of options) this.#bring(option, 1);
    this.#hold(
      options,
      this.#short(),
      sum(options, (option) => this.#problem.weight[option]!),
    );
    for (const option of options) this.#bring(option, -1);
  }

  #hold(taken: readonly number[], short: number, weight: number): void {
    if (short > this.#bestShort + SHORT_EPSILON) return;
    if (short >= this.#bestShort - SHORT_EPSILON) {
      if (weight > this.#bestWeight) return;
      if (weight === this.#bestWeight && (this.#equals === 'any' || !comesBefore(taken, this.#bestTaken))) return;
    }
    this.#bestTaken = taken.toSorted((a, b) => a - b);
    this.#bestShort = short;
    this.#bestWeight = weight;
  }
}

/** The options of every row, those first that fill it cheapest. */
interface RowOrder {
  readonly first: Uint32Array; //    [rows + 1] into the others
  readonly options: Uint32Array; //  [entries]
  readonly amounts: Float64Array; // [entries]
  readonly weights: Float64Array; // [entries]
}

function orderByRow({ rowNeed, firstEntry, entryRow, entryAmount }: DemandProblem, weight: Float64Array): RowOrder {
  const rows = rowNeed.length;
  const byRow: { option: number; amount: number }[][] = Array.from({ length: rows }, () => []);
  for (let option = 0; option < weight.length; option++) {
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
      byRow[entryRow[e]!]!.push({ option, amount: entryAmount[e]! });
    }
  }
  const first = new Uint32Array(rows + 1);
  const options = new Uint32Array(entryRow.length);
  const amounts = new Float64Array(entryRow.length);
  const weights = new Float64Array(entryRow.length);
  let at = 0;
  for (const [row, entries] of byRow.entries()) {
    first[row] = at;
    entries.sort((a, b) => weight[a.option]! / a.amount - weight[b.option]! / b.amount || a.option - b.option);
    for (const { option, amount } of entries) {
      options[at] = option;
      amounts[at] = amount;
      weights[at++] = weight[option]!;
    }
  }
  first[rows] = at;
  return { first, options, amounts, weights };
}

/** Whether the first option in which two ascending choices differ is in the first one. */
function comesBefore(taken: readonly number[], other: readonly number[]): boolean {
  const mine = taken.toSorted((a, b) => a - b);
  for (let i = 0; i < mine.length; i++) {
    if (i >= other.length) return false;
    if (mine[i] !== other[i]) return mine[i]! < other[i]!;
  }
  return mine.length < other.length;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
