import { partWithin, SHORT_EPSILON, splitByOwner } from './demand-parts.js';
import type { DemandProblem } from './demand-problem.js';

/** Steps of the prices at the root, and again at every node. */
const ROOT_PRICE_STEPS = 20;
const NODE_PRICE_STEPS = 2;
/** What solving one owner's part costs at least, in nodes of the search. */
const NODES_A_SOLUTION = 20;

/** The best choice of one owner's problem, options ascending. */
export interface OwnChoice {
  readonly taken: readonly number[];
  readonly short: number;
  readonly weight: number;
  readonly proven: boolean;
  readonly nodes: number;
}

export interface JointChoice {
  readonly taken: readonly number[];
  readonly short: number;
  readonly weight: number;
  readonly proven: boolean;
  readonly leastWeight: number;
  readonly nodes: number;
}

type Solve = (problem: DemandProblem, nodeLimit: number) => OwnChoice;

/**
 * Solves a problem of several owners (VEKs) that share nothing but groups (crews). Every owner is solved by itself, exactly;
 * where two want one crew, crews get prices that the owners pay, and the sum of what the owners then do, less the prices, bounds
 * every joint choice (Lagrangian decomposition: Guignard and Kim, Mathematical Programming 39, 1987). What is still in
 * conflict is branched on: the crew is for one of those that want it, or for none of them.
 *
 * `best` is a choice to begin with. Undefined when owners alone would fall less short than it: then crews are scarce, and
 * prices in weight say nothing.
 */
export function searchJoint(
  problem: DemandProblem,
  best: { readonly taken: readonly number[]; readonly short: number; readonly weight: number },
  nodeLimit: number,
  solve: Solve,
): JointChoice | undefined {
  const search = new JointSearch(problem, best, nodeLimit, solve);
  return search.run();
}

/** One owner's own problem. */
interface Owner {
  readonly problem: DemandProblem;
  /** Options of the joint problem. */
  readonly options: readonly number[];
  /** Crew of each option. */
  readonly crewOf: readonly number[];
}

interface Node {
  /** Owners that may still use each crew, as bits. */
  readonly allowed: Float64Array; // [crews]
  readonly choices: readonly OwnChoice[]; // at the prices, by owner
}

class JointSearch {
  readonly #weight: Float64Array;
  readonly #groupOf: Uint32Array;
  readonly #solve: Solve;
  readonly #nodeLimit: number;
  readonly #price: Float64Array; // [crews] whole
  #owners: Owner[];
  #best: { taken: readonly number[]; short: number; weight: number };
  #nodes = 0;
  #stopped = false;
  #openWeight = Number.POSITIVE_INFINITY;

  constructor(
    problem: DemandProblem,
    best: { readonly taken: readonly number[]; readonly short: number; readonly weight: number },
    nodeLimit: number,
    solve: Solve,
  ) {
    this.#weight = problem.weight;
    this.#groupOf = problem.groupOf;
    this.#solve = solve;
    this.#nodeLimit = nodeLimit;
    this.#price = new Float64Array(problem.groupCount);
    this.#best = best;
    this.#owners = splitByOwner(problem).map((part) => this.#owner(part.problem, part.options));
  }

  run(): JointChoice | undefined {
    const alone = this.#owners.map((owner) => this.#count(this.#solve(owner.problem, this.#nodeLimit)));
    const short = sum(alone, (choice) => choice.short);
    const weight = sum(alone, (choice) => choice.weight);
    if (short < this.#best.short - SHORT_EPSILON || alone.some(({ proven }) => !proven)) return undefined;
    // no owner can spend more over its own best than all together have to spare
    const spare = Math.max(0, this.#best.weight - weight);
    this.#owners = this.#owners.map(({ problem, options }, i) => {
      const part = partWithin(problem, alone[i]!.taken, spare);
      return this.#owner(
        part.problem,
        part.options.map((option) => options[option]!),
      );
    });
    const crews = this.#price.length;
    const allowed = new Float64Array(crews);
    for (const [i, { crewOf }] of this.#owners.entries())
      for (const crew of crewOf) allowed[crew] = allowed[crew]! | (1 << i);
    const root = { allowed, choices: this.#owners.map((_, i) => this.#solveOwner(i, allowed)) };
    this.#visit(this.#raisePrices(root, ROOT_PRICE_STEPS));
    return {
      ...this.#best,
      proven: !this.#stopped,
      leastWeight: this.#stopped ? Math.min(this.#best.weight, Math.max(weight, this.#openWeight)) : this.#best.weight,
      nodes: this.#nodes,
    };
  }

  #owner(problem: DemandProblem, options: readonly number[]): Owner {
    return { problem, options, crewOf: options.map((option) => this.#groupOf[option]!) };
  }

  #count(choice: OwnChoice): OwnChoice {
    this.#nodes += choice.nodes + NODES_A_SOLUTION;
    return choice;
  }

  /** The owner's best at the prices, without crews that it may not use. Its taken options are those of the joint problem. */
  #solveOwner(owner: number, allowed: Float64Array): OwnChoice {
    const { problem, options, crewOf } = this.#owners[owner]!;
    const priced = new Float64Array(options.length);
    const order: number[] = [];
    for (let option = 0; option < options.length; option++) {
      const crew = crewOf[option]!;
      if ((allowed[crew]! & (1 << owner)) === 0) continue;
      priced[option] = problem.weight[option]! + this.#priceOf(crew, allowed);
      order.push(option);
    }
    order.sort((a, b) => priced[a]! - priced[b]! || a - b);
    const choice = this.#count(this.#solve(reorder(problem, order, priced), this.#nodeLimit));
    return { ...choice, taken: choice.taken.map((i) => options[order[i]!]!) };
  }

  /** Nobody pays for a crew that only one owner may still use. */
  #priceOf(crew: number, allowed: Float64Array): number {
    const owners = allowed[crew]!;
    return (owners & (owners - 1)) === 0 ? 0 : this.#price[crew]!;
  }

  #boundOf({ allowed, choices }: Node): number {
    let bound = sum(choices, (choice) => choice.weight);
    for (let crew = 0; crew < allowed.length; crew++) bound -= this.#priceOf(crew, allowed);
    return bound;
  }

  #visit(from: Node): void {
    let node = from;
    let bound = this.#boundOf(node);
    if (this.#isBeaten(node, bound)) return;
    if (this.#nodes >= this.#nodeLimit) {
      this.#stopped = true;
      this.#openWeight = Math.min(this.#openWeight, bound);
      return;
    }
    node = this.#raisePrices(node, NODE_PRICE_STEPS);
    bound = this.#boundOf(node);
    if (this.#isBeaten(node, bound)) return;
    const crew = this.#crewToBranchOn(node);
    if (crew < 0) return; // the node's choices are a joint choice that costs its bound
    const wanting = this.#wanting(node, crew);
    const others = node.allowed[crew]! & ~wanting;
    const prices = this.#price.slice();
    const visitWith = (owners: number): void => {
      this.#price.set(prices); // the node's choices, which its children keep, are at these prices
      this.#visit(this.#withOwners(node, crew, owners));
    };
    for (let owner = 0; owner < this.#owners.length; owner++) {
      if ((wanting & (1 << owner)) !== 0) visitWith(1 << owner);
    }
    // for none of those that want it; if nobody wants it, for each of the others, or nobody
    if (wanting !== 0) {
      visitWith(others);
      return;
    }
    for (let owner = 0; owner < this.#owners.length; owner++) {
      if ((others & (1 << owner)) !== 0) visitWith(1 << owner);
    }
    visitWith(0);
  }

  #isBeaten({ choices }: Node, bound: number): boolean {
    const short = sum(choices, (choice) => choice.short);
    if (short > this.#best.short + SHORT_EPSILON) return true;
    return bound >= this.#best.weight || choices.some(({ proven }) => !proven && this.#giveUp(bound));
  }

  /** An owner's problem was too hard to be solved: nothing is proven any more. */
  #giveUp(bound: number): boolean {
    this.#stopped = true;
    this.#openWeight = Math.min(this.#openWeight, bound);
    return true;
  }

  /** The node with a crew kept for some owners (bits); those that this concerns choose anew. */
  #withOwners(node: Node, crew: number, owners: number): Node {
    const allowed = node.allowed.slice();
    const before = allowed[crew]!;
    const paidBefore = this.#priceOf(crew, allowed);
    allowed[crew] = owners;
    const paysOther = this.#priceOf(crew, allowed) !== paidBefore;
    const choices = node.choices.map((choice, i) => {
      const may = (before & (1 << i)) !== 0;
      const loses = may && (owners & (1 << i)) === 0 && this.#takes(choice, crew);
      return loses || (may && paysOther && (owners & (1 << i)) !== 0) ? this.#solveOwner(i, allowed) : choice;
    });
    return this.#noted({ allowed, choices });
  }

  /** Moves the prices towards a better bound: dearer what several want, cheaper what nobody takes. */
  #raisePrices(from: Node, steps: number): Node {
    let node = this.#noted(from);
    let stride = 1;
    for (let step = 0; step < steps && this.#nodes < this.#nodeLimit; step++) {
      const bound = this.#boundOf(node);
      if (this.#isBeaten(node, bound)) return node;
      const demand = this.#demand(node);
      let square = 0;
      for (let crew = 0; crew < demand.length; crew++) {
        if (this.#isPriced(crew, node.allowed, demand)) square += (demand[crew]! - 1) ** 2;
      }
      if (square === 0) return node;
      const length = (stride * (this.#best.weight - bound)) / square;
      const before = this.#price.slice();
      const changed = new Set<number>();
      for (let crew = 0; crew < demand.length; crew++) {
        if (!this.#isPriced(crew, node.allowed, demand) || demand[crew] === 1) continue;
        this.#price[crew] = Math.max(0, Math.round(before[crew]! + length * (demand[crew]! - 1)));
        if (this.#price[crew] !== before[crew]) changed.add(crew);
      }
      const choices = node.choices.map((choice, i) => {
        const { crewOf } = this.#owners[i]!;
        return crewOf.some((crew) => changed.has(crew)) ? this.#solveOwner(i, node.allowed) : choice;
      });
      const next = this.#noted({ allowed: node.allowed, choices });
      if (this.#boundOf(next) > bound) {
        node = next;
      } else {
        this.#price.set(before);
        stride /= 2;
      }
    }
    return node;
  }

  #isPriced(crew: number, allowed: Float64Array, demand: Uint32Array): boolean {
    const owners = allowed[crew]!;
    if ((owners & (owners - 1)) === 0) return false;
    return demand[crew]! > 1 || (demand[crew] === 0 && this.#price[crew]! > 0);
  }

  /** Keeps the node's choices if they are a joint choice that is better than the best. */
  #noted(node: Node): Node {
    const taken = node.choices.flatMap((choice) => choice.taken);
    const crews = new Set(taken.map((option) => this.#groupOf[option]!));
    if (crews.size < taken.length) return node;
    const short = sum(node.choices, (choice) => choice.short);
    const weight = sum(taken, (option) => this.#weight[option]!);
    if (short > this.#best.short + SHORT_EPSILON) return node;
    if (short >= this.#best.short - SHORT_EPSILON && weight >= this.#best.weight) return node;
    this.#best = { taken: taken.sort((a, b) => a - b), short, weight };
    return node;
  }

  #demand({ choices }: Node): Uint32Array {
    const demand = new Uint32Array(this.#price.length);
    for (const { taken } of choices) for (const option of taken) demand[this.#groupOf[option]!]!++;
    return demand;
  }

  #takes(choice: OwnChoice, crew: number): boolean {
    return choice.taken.some((option) => this.#groupOf[option] === crew);
  }

  #wanting({ choices }: Node, crew: number): number {
    return choices.reduce((bits, choice, i) => (this.#takes(choice, crew) ? bits | (1 << i) : bits), 0);
  }

  /** The crew that most want, then one that is paid for and taken by nobody; -1: there is neither. */
  #crewToBranchOn(node: Node): number {
    const demand = this.#demand(node);
    let found = -1;
    let most = 1;
    for (let crew = 0; crew < demand.length; crew++) {
      if (demand[crew]! <= most) continue;
      most = demand[crew]!;
      found = crew;
    }
    if (found >= 0) return found;
    let dearest = 0;
    for (let crew = 0; crew < demand.length; crew++) {
      const price = demand[crew] === 0 ? this.#priceOf(crew, node.allowed) : 0;
      if (price <= dearest) continue;
      dearest = price;
      found = crew;
    }
    return found;
  }
}

/** A problem with only these options, in this order, at these weights [options of the whole]. */
function reorder(problem: DemandProblem, order: readonly number[], weight: Float64Array): DemandProblem {
  const { firstEntry, entryRow, entryAmount, groupOf } = problem;
  const first = new Uint32Array(order.length + 1);
  for (const [i, option] of order.entries()) first[i + 1] = first[i]! + firstEntry[option + 1]! - firstEntry[option]!;
  const rows = new Uint32Array(first[order.length]!);
  const amounts = new Float64Array(first[order.length]!);
  for (const [i, option] of order.entries()) {
    rows.set(entryRow.subarray(firstEntry[option]!, firstEntry[option + 1]!), first[i]!);
    amounts.set(entryAmount.subarray(firstEntry[option]!, firstEntry[option + 1]!), first[i]!);
  }
  return {
    ...problem,
    groupOf: Uint32Array.from(order, (option) => groupOf[option]!),
    weight: Float64Array.from(order, (option) => weight[option]!),
    firstEntry: first,
    entryRow: rows,
    entryAmount: amounts,
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
