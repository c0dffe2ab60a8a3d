/** The empty beginning. */
export const ROOT = 0;
/** Told instead of a beginning: the step would complete a forbidden sequence. */
export const FORBIDDEN = -1;

/**
 * Forbidden sequences of directed segments while they are collected: the tree of their beginnings, and at each beginning the
 * steps that complete a sequence. Its size follows the restrictions, not the roads; only first steps are looked up by an array.
 */
export class TurnRules {
  readonly step: number[] = [-1]; //         [beginnings] last directed segment of the beginning
  readonly parent: number[] = [-1]; //       [beginnings] the same less its last step; lower than the beginning itself
  readonly depth: number[] = [0]; //         [beginnings] steps in it
  readonly #firstChild: number[] = [ROOT]; // [beginnings] ROOT where there is none, since no step leads there
  readonly #sibling: number[] = [ROOT]; //   [beginnings] next child of the same parent
  readonly #completing: number[][] = [[]]; // [beginnings] steps that may not follow
  readonly #startedBy: Uint32Array; //       [directed] the beginning that is this step alone

  constructor(directedCount: number) {
    this.#startedBy = new Uint32Array(directedCount);
  }

  /** Beginnings, the empty one included. */
  get count(): number {
    return this.step.length;
  }

  /** The beginning that consists of these steps, made with all shorter ones where it was not known. */
  beginning(steps: ArrayLike<number>): number {
    let at = ROOT;
    for (let i = 0; i < steps.length; i++) at = this.longer(at, steps[i]) || this.#grow(at, steps[i]);
    return at;
  }

  /** Forbids to drive `directed` directly after a beginning. */
  forbid(beginning: number, directed: number): void {
    if (!this.forbids(beginning, directed)) this.#completing[beginning].push(directed);
  }

  forbids(beginning: number, directed: number): boolean {
    return this.#completing[beginning].includes(directed);
  }

  /** The beginning one step longer, or ROOT when there is none. */
  longer(beginning: number, directed: number): number {
    if (beginning === ROOT) return this.#startedBy[directed];
    let child = this.#firstChild[beginning];
    while (child !== ROOT && this.step[child] !== directed) child = this.#sibling[child];
    return child;
  }

  #grow(parent: number, directed: number): number {
    const made = this.step.push(directed) - 1;
    this.parent.push(parent);
    this.depth.push(this.depth[parent] + 1);
    this.#firstChild.push(ROOT);
    this.#completing.push([]);
    // children of the root are not listed: there may be as many as directed segments
    this.#sibling.push(parent === ROOT ? ROOT : this.#firstChild[parent]);
    if (parent === ROOT) this.#startedBy[directed] = made;
    else this.#firstChild[parent] = made;
    return made;
  }
}

/**
 * Follows a drive step by step through frozen rules. Its state is the longest end of the drive that is a beginning,
 * so that a sequence is noticed wherever it starts, also within another one.
 * Source: Aho, Corasick, "Efficient string matching", Communications of the ACM 18(6), 1975, pp. 333-340.
 */
export class TurnAutomaton {
  readonly #rules: TurnRules;
  /** [beginnings] longest proper end of the beginning that is a beginning too. */
  readonly #fallback: Uint32Array;

  constructor(rules: TurnRules) {
    this.#rules = rules;
    this.#fallback = new Uint32Array(rules.count);
    // the fallback of a beginning is shorter than itself, so shorter ones come first
    const shortestFirst = Uint32Array.from(rules.step.keys()).sort((a, b) => rules.depth[a] - rules.depth[b]);
    for (const at of shortestFirst) {
      if (rules.depth[at] > 1) this.#fallback[at] = this.#longestEnd(this.#fallback[rules.parent[at]], rules.step[at]);
    }
  }

  /** The state after driving `directed` in a state, or FORBIDDEN. */
  next(state: number, directed: number): number {
    for (let end = state; end !== ROOT; end = this.#fallback[end]) {
      if (this.#rules.forbids(end, directed)) return FORBIDDEN;
    }
    return this.#longestEnd(state, directed);
  }

  #longestEnd(state: number, directed: number): number {
    for (let end = state; ; end = this.#fallback[end]) {
      const longer = this.#rules.longer(end, directed);
      if (longer !== ROOT || end === ROOT) return longer;
    }
  }
}
