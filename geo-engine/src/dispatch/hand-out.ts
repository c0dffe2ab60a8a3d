import type { Demand } from '../run-cards/demand.js';
import { crewKey } from './dispatch-unit.js';
import type { Taken } from './stage.js';

/** What a unit gives to a line of the demand. */
export interface Given {
  readonly taken: Taken;
  readonly amount: number;
}

interface Source {
  readonly taken: Taken;
  readonly lines: readonly number[];
  left: number;
  readonly given: Map<number, number>; // by line
}

/**
 * Hands what the units bring to the lines: lines in order, each as far as `met` says, out of the units in the order given
 * (who is there first gives first). What is given to one line is moved to another where only that fills both, by
 * augmenting paths (Ford and Fulkerson, "Maximal flow through a network", Canadian J. Math. 8, 1956).
 */
export function handOut(demand: Demand, taken: readonly Taken[], met: readonly number[]): Given[][] {
  const sources = taken.flatMap(sourcesOf);
  for (const [line, amount] of met.entries()) {
    let left = amount;
    while (left > 0) {
      const moved = bringTo(line, left, sources, new Set());
      if (moved === 0) throw new Error(`line ${line} is said to be met by ${amount}, ${left} of it cannot be found`);
      left -= moved;
    }
  }
  return demand.lines.map((_, line) =>
    sources.flatMap(({ taken: from, given }) => {
      const amount = given.get(line) ?? 0;
      return amount > 0 ? [{ taken: from, amount }] : [];
    }),
  );
}

/** Crews of those taken, for finding who shares one. */
export function crewsOf(taken: readonly Taken[]): Map<string, Taken> {
  return new Map(taken.map((one) => [crewKey(one.candidate.unit), one]));
}

function sourcesOf(taken: Taken): Source[] {
  const { candidate, standsIn } = taken;
  const uses = candidate.servesFreely | standsIn;
  const byResource = new Map<string, { lines: number[]; amount: number }>();
  for (const [line, supply] of candidate.supplies.entries()) {
    if (supply === null || (uses & (1 << line)) === 0) continue;
    const source = byResource.get(supply.resource) ?? { lines: [], amount: supply.amount };
    source.lines.push(line);
    byResource.set(supply.resource, source);
  }
  return [...byResource.values()].map(({ lines, amount }) => ({ taken, lines, left: amount, given: new Map() }));
}

/** Brings up to `asked` to a line; returns how much. `seen` lines are on the path already. */
function bringTo(line: number, asked: number, sources: readonly Source[], seen: Set<number>): number {
  seen.add(line);
  for (const source of sources) {
    if (source.left === 0 || !source.lines.includes(line)) continue;
    const amount = Math.min(asked, source.left);
    source.left -= amount;
    give(source, line, amount);
    return amount;
  }
  for (const source of sources) {
    if (!source.lines.includes(line)) continue;
    for (const [other, has] of source.given) {
      if (has === 0 || seen.has(other)) continue;
      const amount = bringTo(other, Math.min(asked, has), sources, seen);
      if (amount === 0) continue;
      give(source, other, -amount);
      give(source, line, amount);
      return amount;
    }
  }
  return 0;
}

function give({ given }: Source, line: number, amount: number): void {
  given.set(line, (given.get(line) ?? 0) + amount);
}
