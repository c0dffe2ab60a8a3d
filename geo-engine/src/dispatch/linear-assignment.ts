/** Which column each row got, and what it costs together. */
export interface LinearAssignment {
  readonly columnOf: Int32Array; // [rows]
  readonly cost: number;
}

/**
 * Gives every row a column of its own so that the sum of costs is least. `cost` is [rows * columns], row by row;
 * Infinity forbids a pair. Exact for whole costs whose sums stay below 2^53. Undefined when some row can have no column.
 * Equal sums: rows are served in order and take the lowest of equal columns, so the same input gives the same answer.
 *
 * Shortest augmenting paths with row and column prices, O(rows² · columns): Jonker and Volgenant, "A shortest augmenting
 * path algorithm for dense and sparse linear assignment problems", Computing 38, 1987; for fewer rows than columns: Crouse,
 * "On implementing 2D rectangular assignment algorithms", IEEE Trans. Aerospace and Electronic Systems 52(4), 2016.
 */
export function assignLinear(cost: Float64Array, rows: number, columns: number): LinearAssignment | undefined {
  if (rows > columns) return undefined;
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  const columnOf = new Int32Array(rows).fill(-1);
  const pathCost = new Float64Array(columns); // cheapest way from the new row to the column, prices taken off
  const cameFrom = new Int32Array(columns); //   row before the column on that way
  const settled = new Uint8Array(columns);
  const open = new Int32Array(columns); //       columns not settled, the first openCount of it

  for (let newRow = 0; newRow < rows; newRow++) {
    pathCost.fill(Number.POSITIVE_INFINITY);
    settled.fill(0);
    for (let column = 0; column < columns; column++) open[column] = column;
    let openCount = columns;
    let row = newRow;
    let reached = 0;
    let sink = -1;
    while (sink < 0) {
      // go on from the row to every open column
      const offset = row * columns;
      const base = reached - rowPrice[row]!;
      let least = Number.POSITIVE_INFINITY;
      let leastAt = -1;
      for (let i = 0; i < openCount; i++) {
        const column = open[i]!;
        const viaRow = base + cost[offset + column]! - columnPrice[column]!;
        if (viaRow < pathCost[column]!) {
          pathCost[column] = viaRow;
          cameFrom[column] = row;
        }
        const now = pathCost[column]!;
        // a free column ends the search: it goes before a taken one of the same cost
        if (now < least || (now === least && leastAt >= 0 && isBetterEnd(column, open[leastAt]!, rowOf))) {
          least = now;
          leastAt = i;
        }
      }
      if (least === Number.POSITIVE_INFINITY) return undefined;
      const column = open[leastAt]!;
      open[leastAt] = open[--openCount]!;
      settled[column] = 1;
      reached = least;
      if (rowOf[column]! < 0) sink = column;
      else row = rowOf[column]!;
    }
    // prices that keep every taken pair at reduced cost zero
    rowPrice[newRow]! += reached;
    for (let column = 0; column < columns; column++) {
      if (settled[column] === 0 || column === sink) continue;
      const gain = reached - pathCost[column]!;
      rowPrice[rowOf[column]!]! += gain;
      columnPrice[column]! -= gain;
    }
    // hand the columns along the way on, back to the new row
    for (let column = sink; ; ) {
      const from = cameFrom[column]!;
      const next = columnOf[from]!;
      rowOf[column] = from;
      columnOf[from] = column;
      if (from === newRow) break;
      column = next;
    }
  }
  let total = 0;
  for (let row = 0; row < rows; row++) total += cost[row * columns + columnOf[row]!]!;
  return { columnOf, cost: total };
}

function isBetterEnd(column: number, other: number, rowOf: Int32Array): boolean {
  const free = rowOf[column]! < 0;
  return free === rowOf[other]! < 0 ? column < other : free;
}
