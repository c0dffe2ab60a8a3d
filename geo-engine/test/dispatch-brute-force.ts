import type { Candidate } from '../src/dispatch/candidate.js';
import type { Demand } from '../src/run-cards/demand.js';

/**
 * The slow twin of the choice: every set of candidates, in every way in which substitutes could be used, with the people and
 * litres handed to the lines by augmenting paths. It shares no code with the search, only the facts of the candidates.
 */

/** A unit of a set, and the lines for which it makes do, as bits. */
export interface BruteTaken {
  readonly candidate: Candidate;
  readonly standsIn: number;
}

export interface BruteStage {
  readonly short: number;
  /** Cost of what the stage added, ms. */
  readonly costMs: number;
  readonly taken: readonly BruteTaken[];
}

export interface BruteRules {
  readonly regretMs: number;
  /** Norm by service, ms. */
  readonly targetMs: Readonly<Record<string, number>>;
}

/** Best first stage, and the best second stage on top of it. */
export function bruteChoice(
  demand: Demand,
  candidates: readonly Candidate[],
  rules: BruteRules,
): { must: BruteStage; should: BruteStage } {
  const must = bruteStage(demand, candidates, [], 'must', rules);
  const should = bruteStage(demand, candidates, must.taken, 'should', rules);
  return { must, should };
}

/** One of several VEKs that share units. */
export interface BruteVek {
  readonly demand: Demand;
  readonly candidates: readonly Candidate[];
}

export interface BruteTier {
  readonly short: number;
  readonly costMs: number;
  readonly taken: readonly (readonly BruteTaken[])[];
}

/** The best for the must, or should, lines of several VEKs together; crews in `busy` are elsewhere. */
export function bruteTier(
  veks: readonly BruteVek[],
  before: readonly (readonly BruteTaken[])[],
  busy: ReadonlySet<string>,
  need: 'must' | 'should',
): BruteTier {
  const vekOf = new Map(veks.flatMap(({ candidates }, vek) => candidates.map((candidate) => [candidate, vek])));
  const all = before.flat();
  const linesOf = veks.map(({ demand }) => linesFor(demand, need));
  const picks = veks.flatMap(({ candidates }, vek) => {
    const free = candidates.filter((candidate) => {
      const goes = all.some((one) => one.candidate === candidate);
      return goes || !(busy.has(crew(candidate)) || all.some((one) => crew(one.candidate) === crew(candidate)));
    });
    return waysToUse(free, before[vek]!, linesOf[vek]!);
  });
  let best: { short: number; costMs: number; units: number; taken: BruteTaken[][] } | undefined;
  walk(picks, [], 0, (chosen) => {
    const taken = veks.map((_, vek) => {
      const added = chosen.filter(({ candidate }) => vekOf.get(candidate) === vek);
      return [
        ...before[vek]!.filter(({ candidate }) => !added.some((one) => one.candidate === candidate)),
        ...added,
      ] as BruteTaken[];
    });
    let short = 0;
    for (const [vek, { demand }] of veks.entries()) short += shortOf(demand, linesOf[vek]!, taken[vek]!, need);
    const costMs = chosen.reduce((sum, { addsMs }) => sum + addsMs, 0);
    const units = chosen.filter(({ isNew }) => isNew).length;
    const byShort = best === undefined ? -1 : short - best.short;
    if (byShort > 1e-9) return;
    if (byShort > -1e-9 && (costMs - best!.costMs || units - best!.units) >= 0) return;
    best = { short, costMs, units, taken };
  });
  return best!;
}

function linesFor({ lines }: Demand, need: 'must' | 'should'): number[] {
  return lines.flatMap(({ requirement }, line) => (need === 'should' || requirement.need === 'must' ? [line] : []));
}

/** Sum over the lines of a need of the share that is not met. */
function shortOf(
  demand: Demand,
  lines: readonly number[],
  users: readonly BruteTaken[],
  need: 'must' | 'should',
): number {
  const met = handOut(demand, lines, users);
  let short = 0;
  for (const line of lines) {
    const { requirement, quantity } = demand.lines[line]!;
    if (requirement.need === need) short += 1 - met.get(line)! / quantity;
  }
  return short;
}

interface Pick {
  readonly candidate: Candidate;
  readonly standsIn: number;
  readonly addsMs: number;
  readonly isNew: boolean;
}

function bruteStage(
  demand: Demand,
  candidates: readonly Candidate[],
  before: readonly BruteTaken[],
  need: 'must' | 'should',
  { regretMs, targetMs }: BruteRules,
): BruteStage {
  const lines = linesFor(demand, need);
  const picks = waysToUse(candidates, before, lines);
  let sets: { picks: Pick[]; short: number; costMs: number; units: number; loss: number }[] = [];
  let leastShort = Number.POSITIVE_INFINITY;
  walk(picks, [], 0, (chosen) => {
    const users = before.filter(({ candidate }) => !chosen.some((one) => one.candidate === candidate)).concat(chosen);
    const short = shortOf(demand, lines, users, need);
    if (short > leastShort + 1e-9) return;
    leastShort = Math.min(leastShort, short);
    const costMs = chosen.reduce((sum, { addsMs }) => sum + addsMs, 0);
    const loss = chosen.reduce((sum, one) => sum + (one.isNew ? Math.round(one.candidate.coverageLoss * 1e6) : 0), 0);
    sets.push({ picks: [...chosen], short, costMs, units: chosen.filter(({ isNew }) => isNew).length, loss });
  });
  sets = sets.filter(({ short }) => short <= leastShort + 1e-9);
  sets.sort((a, b) => a.costMs - b.costMs || a.units - b.units || compareSets(a.picks, b.picks));
  let best = sets[0]!;
  if (regretMs > 0) {
    const cheapest = new Set(best.picks.map(({ candidate }) => candidate));
    const inTime = ({ candidate }: Pick) =>
      cheapest.has(candidate) ||
      candidate.response.responseMs <= (targetMs[candidate.unit.service] ?? Number.POSITIVE_INFINITY);
    const allowed = sets.filter((set) => set.costMs <= best.costMs + regretMs && set.picks.every(inTime));
    const leastLoss = Math.min(...allowed.map(({ loss }) => loss));
    best = allowed.find(({ loss }) => loss === leastLoss)!;
  }
  const replaced = before.filter(({ candidate }) => !best.picks.some((one) => one.candidate === candidate));
  return { short: best.short, costMs: best.costMs, taken: [...replaced, ...best.picks] };
}

/** By candidate all ways to use it; the first entry of each list stands for leaving it as it is. */
function waysToUse(
  candidates: readonly Candidate[],
  before: readonly BruteTaken[],
  lines: readonly number[],
): Pick[][] {
  return candidates.flatMap((candidate) => {
    const known = before.find((one) => one.candidate === candidate);
    const crewGone = before.some((one) => crew(one.candidate) === crew(candidate));
    if (!known && crewGone) return [];
    const penal = lines.filter(
      (line) => (candidate.supplies[line]?.penaltyMs ?? 0) > 0 && !((known?.standsIn ?? 0) & (1 << line)),
    );
    const ways: Pick[] = [];
    for (let set = known ? 1 : 0; set < 1 << penal.length; set++) {
      const used = penal.filter((_, i) => set & (1 << i));
      const penaltyMs = used.reduce((sum, line) => sum + candidate.supplies[line]!.penaltyMs, 0);
      const standsIn = used.reduce((bits, line) => bits | (1 << line), known?.standsIn ?? 0);
      ways.push({ candidate, standsIn, addsMs: penaltyMs + (known ? 0 : candidate.costMs), isNew: !known });
    }
    return ways.length > 0 ? [ways] : [];
  });
}

function walk(ways: readonly Pick[][], chosen: Pick[], from: number, visit: (chosen: readonly Pick[]) => void): void {
  if (from === ways.length) {
    visit(chosen);
    return;
  }
  walk(ways, chosen, from + 1, visit);
  for (const way of ways[from]!) {
    if (way.isNew && chosen.some((one) => crew(one.candidate) === crew(way.candidate))) continue;
    chosen.push(way);
    walk(ways, chosen, from + 1, visit);
    chosen.pop();
  }
}

function crew({ unit }: Candidate): string {
  return unit.crewId ?? unit.unitId;
}

/** How much each line gets when lines are served in order, each as far as what is on hand can be moved around for it. */
export function handOut(demand: Demand, lines: readonly number[], users: readonly BruteTaken[]): Map<number, number> {
  // a source is one resource of one unit; given[source] says how much of it each line has
  const sources = users.flatMap(({ candidate, standsIn }) => {
    const byResource = new Map<string, Source & { readonly lines: number[] }>();
    for (const line of lines) {
      const supply = candidate.supplies[line];
      if (!supply || (supply.penaltyMs > 0 && !(standsIn & (1 << line)))) continue;
      const source = byResource.get(supply.resource) ?? {
        left: supply.amount,
        lines: [],
        given: new Map<number, number>(),
      };
      source.lines.push(line);
      byResource.set(supply.resource, source);
    }
    return [...byResource.values()];
  });
  const met = new Map(lines.map((line) => [line, 0]));
  for (const line of lines) {
    for (;;) {
      const asked = demand.lines[line]!.quantity - met.get(line)!;
      const moved = asked > 0 ? augment(sources, line, asked, new Set()) : 0;
      if (moved === 0) break;
      met.set(line, met.get(line)! + moved);
    }
  }
  return met;
}

interface Source {
  left: number;
  readonly lines: readonly number[];
  readonly given: Map<number, number>;
}

/** Brings up to `asked` more to a line, taking from other lines what these can get elsewhere. Returns how much. */
function augment(sources: readonly Source[], line: number, asked: number, seen: Set<number>): number {
  seen.add(line);
  for (const source of sources) {
    if (!source.lines.includes(line) || source.left === 0) continue;
    const amount = Math.min(asked, source.left);
    source.left -= amount;
    source.given.set(line, (source.given.get(line) ?? 0) + amount);
    return amount;
  }
  for (const source of sources) {
    if (!source.lines.includes(line)) continue;
    for (const [other, has] of source.given) {
      if (has === 0 || seen.has(other)) continue;
      const amount = augment(sources, other, Math.min(asked, has), seen);
      if (amount === 0) continue;
      source.given.set(other, source.given.get(other)! - amount);
      source.given.set(line, (source.given.get(line) ?? 0) + amount);
      return amount;
    }
  }
  return 0;
}

/** The order of preference among equal sets: the first way in which they differ, by cost, idle time, unit id. */
function compareSets(a: readonly Pick[], b: readonly Pick[]): number {
  const mine = a.toSorted(comparePicks);
  const theirs = b.toSorted(comparePicks);
  for (let i = 0; i < mine.length; i++) {
    if (i >= theirs.length) return 1;
    const order = comparePicks(mine[i]!, theirs[i]!);
    if (order !== 0) return order;
  }
  return mine.length < theirs.length ? -1 : 0;
}

function comparePicks(a: Pick, b: Pick): number {
  return (
    a.addsMs - b.addsMs ||
    Number(a.isNew) - Number(b.isNew) ||
    a.candidate.costMs - b.candidate.costMs ||
    (a.candidate.unit.idleSince ?? -Infinity) - (b.candidate.unit.idleSince ?? -Infinity) ||
    (a.candidate.unit.unitId < b.candidate.unit.unitId
      ? -1
      : a.candidate.unit.unitId > b.candidate.unit.unitId
        ? 1
        : 0) ||
    a.standsIn - b.standsIn
  );
}
