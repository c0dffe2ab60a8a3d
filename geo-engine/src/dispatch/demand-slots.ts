import type { DemandProblem } from './demand-problem.js';
import { assignLinear } from './linear-assignment.js';

/** Sums of costs stay exact below this. */
const MAX_COST = 2 ** 52;

/** A best choice of a problem whose rows are slots, found without a search. */
export interface SlotChoice {
  readonly taken: readonly number[];
  readonly short: number;
  readonly weight: number;
}

/**
 * Solves a problem whose options each fill one slot: one row, and of a row all bring the same amount. Rows that are full
 * whenever another row is full are left out first (two tankers bring 6000 l if each brings 3000), and the answer holds only
 * if all slots are then filled. Undefined when the rows are no slots, or when left-out rows might fall short.
 */
export function chooseSlots(problem: DemandProblem): SlotChoice | undefined {
  const { blocks, rowNeed, groupOf, groupCount, weight, firstEntry, entryRow, entryAmount } = problem;
  if (blocks.some(({ lineNeed }) => lineNeed.length > 1)) return undefined;
  const implied = impliedRows(problem);
  const rowOf = new Int32Array(weight.length).fill(-1);
  const pieceOf = new Float64Array(rowNeed.length); // [rows] amount that an option brings
  const servers = new Uint32Array(rowNeed.length); //  [rows] options that could fill a slot
  for (let option = 0; option < weight.length; option++) {
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
      const row = entryRow[e]!;
      if (implied[row] === 1) continue;
      if (rowOf[option]! >= 0 || (servers[row]! > 0 && pieceOf[row] !== entryAmount[e])) return undefined;
      rowOf[option] = row;
      pieceOf[row] = entryAmount[e]!;
      servers[row]!++;
    }
  }
  const slots: { row: number; share: number }[] = [];
  let sharesInOne = 1; // every share is a whole number of these parts of one
  let short = 0;
  for (const { firstRow: row, lineShare } of blocks) {
    if (implied[row] === 1) continue;
    let left = rowNeed[row]!;
    sharesInOne = leastCommonMultiple(sharesInOne, Math.round(1 / lineShare[0]!));
    for (let i = 0; i < servers[row]! && left > 0; i++) {
      // the last slot of a row may be less than a whole piece; it is the first to stay empty
      const share = Math.min(left, pieceOf[row]!) * lineShare[0]!;
      slots.push({ row, share });
      left -= pieceOf[row]!;
    }
    short += Math.max(0, left) * lineShare[0]!; // more than anybody could bring
  }
  // the least by which shortfalls can differ costs more than all that could be saved by it
  const heaviest = weight.reduce((most, one) => Math.max(most, one), 0);
  const emptyCost = (slots.length * heaviest + 1) * sharesInOne;
  if (emptyCost * slots.length > MAX_COST) return undefined;

  const columns = groupCount + slots.length;
  const cost = new Float64Array(slots.length * columns).fill(Number.POSITIVE_INFINITY);
  const optionAt = new Int32Array(rowNeed.length * groupCount).fill(-1); // [rows * groups] lightest option of the pair
  for (let option = weight.length - 1; option >= 0; option--) {
    const row = rowOf[option]!;
    if (row < 0) continue;
    const at = row * groupCount + groupOf[option]!;
    if (optionAt[at]! < 0 || weight[option]! <= weight[optionAt[at]!]!) optionAt[at] = option;
  }
  for (const [slot, { row, share }] of slots.entries()) {
    for (let group = 0; group < groupCount; group++) {
      const option = optionAt[row * groupCount + group]!;
      if (option >= 0) cost[slot * columns + group] = weight[option]!;
    }
    cost[slot * columns + groupCount + slot] = Math.round(emptyCost * share);
  }
  const assignment = assignLinear(cost, slots.length, columns);
  if (assignment === undefined) return undefined;
  const taken: number[] = [];
  let sum = 0;
  for (const [slot, { row, share }] of slots.entries()) {
    const column = assignment.columnOf[slot]!;
    if (column >= groupCount) {
      short += share;
      continue;
    }
    const option = optionAt[row * groupCount + column]!;
    taken.push(option);
    sum += weight[option]!;
  }
  if (short > 0 && implied.includes(1)) return undefined;
  return { taken: taken.sort((a, b) => a - b), short, weight: sum };
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}

/** Marks rows that are full whenever one row that stays is full, whoever fills it. */
function impliedRows({ rowNeed, weight, firstEntry, entryRow, entryAmount }: DemandProblem): Uint8Array {
  const rows = rowNeed.length;
  const amounts = new Float64Array(weight.length * rows);
  for (let option = 0; option < weight.length; option++) {
    for (let e = firstEntry[option]!; e < firstEntry[option + 1]!; e++) {
      amounts[option * rows + entryRow[e]!] = entryAmount[e]!;
    }
  }
  const implied = new Uint8Array(rows);
  const implies = (strong: number, weak: number): boolean => {
    for (let at = 0; at < amounts.length; at += rows) {
      if (amounts[at + weak]! * rowNeed[strong]! < amounts[at + strong]! * rowNeed[weak]!) return false;
    }
    return true;
  };
  for (let row = 0; row < rows; row++) {
    if (rowNeed[row]! <= 0) implied[row] = 1;
  }
  for (let row = 0; row < rows; row++) {
    for (let other = 0; other < rows && implied[row] === 0; other++) {
      if (other !== row && implied[other] === 0 && implies(other, row)) implied[row] = 1;
    }
  }
  return implied;
}
