import { type Requirement, substitutesOf } from './requirement.js';

/** Most lines that may compete for the same quantities: the exact count looks at all their subsets. */
export const MAX_BLOCK_LINES = 6;

/** Lines that are alike in all but level and quantity are one: their quantities add up. */
export interface DemandLine {
  /** The first of the lines that are one. */
  readonly requirement: Requirement;
  /** Places of all of them in the list that was asked, ascending. */
  readonly members: readonly number[];
  /** Their quantities together, > 0. */
  readonly quantity: number;
}

/** What is to be covered, made ready for counting. */
export interface Demand {
  readonly requirements: readonly Requirement[];
  /** Every must line before every should line, otherwise in the order asked. */
  readonly lines: readonly DemandLine[];
  /** Places in `lines`, ascending, of lines that draw on the same quantities. Every line is in one block. */
  readonly blocks: readonly (readonly number[])[];
}

/**
 * What a line counts, by name: what one unit has of a resource is spent once, however many lines would count it.
 * Sums and counts of one capability are two resources: "two tankers of 3000 l each" and "10 000 l together" share nothing.
 */
export function resourceOf(line: Requirement): string {
  switch (line.kind) {
    case 'capability':
      return capabilityResource(line.capability, line.each);
    case 'crew':
      return `crew ${line.qualification ?? '*'}`;
    case 'equipment':
      return `equipment ${line.equipment}`;
  }
}

export function capabilityResource(capability: string, each: number | null): string {
  return `${each === null ? 'sum' : 'count'} ${capability}`;
}

/**
 * Merges like lines and finds those that compete.
 * @throws RangeError when more than MAX_BLOCK_LINES compete; cards and questions that passed their schema never do.
 */
export function compileDemand(requirements: readonly Requirement[]): Demand {
  const merged = mergeLines(requirements);
  const lines = [...merged.filter(({ requirement }) => requirement.need === 'must')];
  lines.push(...merged.filter(({ requirement }) => requirement.need === 'should'));
  const blocks = findBlocks(lines);
  const tooLarge = blocks.find((block) => block.length > MAX_BLOCK_LINES);
  if (tooLarge)
    throw new RangeError(`${tooLarge.length} lines compete for one resource, at most ${MAX_BLOCK_LINES} may`);
  return { requirements, lines, blocks };
}

/** Place of a line that competes with too many others, undefined if there is none. */
export function entangledLine(requirements: readonly Requirement[]): number | undefined {
  const lines = mergeLines(requirements);
  const tooLarge = findBlocks(lines).find((block) => block.length > MAX_BLOCK_LINES);
  return tooLarge && lines[tooLarge[MAX_BLOCK_LINES]!]!.members[0];
}

function mergeLines(requirements: readonly Requirement[]): DemandLine[] {
  const byKind = new Map<string, { requirement: Requirement; members: number[]; quantity: number }>();
  for (const [place, requirement] of requirements.entries()) {
    const alike = likeness(requirement);
    const known = byKind.get(alike);
    if (known) {
      known.members.push(place);
      known.quantity += requirement.quantity;
    } else {
      byKind.set(alike, { requirement, members: [place], quantity: requirement.quantity });
    }
  }
  return [...byKind.values()];
}

/** Equal for lines that differ in level and quantity at most. */
function likeness(line: Requirement): string {
  const who = [line.service, line.need, resourceOf(line)];
  if (line.kind !== 'capability') return JSON.stringify(who);
  const onBoard = line.onBoard.map(({ equipment, quantity }) => [equipment, quantity]);
  const standIns = line.substitutes.map((one) => [one.capability, one.service, one.each, one.penaltyS]);
  return JSON.stringify([...who, line.each, line.minCrew, onBoard, standIns]);
}

/** Groups lines that some unit could serve out of one quantity. */
function findBlocks(lines: readonly DemandLine[]): number[][] {
  const blocks: { keys: Set<string>; lines: number[] }[] = [];
  for (const [i, { requirement }] of lines.entries()) {
    const draws = drawsOn(requirement);
    const block = { keys: new Set(draws), lines: [i] };
    for (const other of blocks.filter(({ keys }) => draws.some((key) => keys.has(key)))) {
      for (const key of other.keys) block.keys.add(key);
      block.lines.push(...other.lines);
      blocks.splice(blocks.indexOf(other), 1);
    }
    blocks.push(block);
  }
  return blocks.map((block) => block.lines.sort((a, b) => a - b)).sort((a, b) => a[0]! - b[0]!);
}

/** Resources by service: units of two services share none. */
function drawsOn(line: Requirement): string[] {
  const standIns = substitutesOf(line).map(({ capability, service }) => {
    const each = line.kind === 'capability' ? line.each : null;
    return `${service ?? line.service} ${capabilityResource(capability, each)}`;
  });
  return [`${line.service} ${resourceOf(line)}`, ...standIns];
}
