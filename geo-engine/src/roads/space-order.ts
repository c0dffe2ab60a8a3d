/** Cells along an axis: 2^16, so that a place on the curve is 32 bits. */
const SIDE = 0x10000;

/**
 * Place of a cell along the Hilbert curve through a square of 65 536 × 65 536 cells, 0 … 2^32 - 1: cells that follow each
 * other are neighbours. Source: Hilbert, "Über die stetige Abbildung einer Linie auf ein Flächenstück", Math. Ann. 38, 1891.
 */
export function hilbertPlace(x: number, y: number): number {
  let place = 0;
  for (let half = SIDE / 2; half >= 1; half /= 2) {
    const right = (x & half) !== 0;
    const upper = (y & half) !== 0;
    // quarters are visited lower left, upper left, upper right, lower right
    place = place * 4 + (right ? (upper ? 2 : 3) : upper ? 1 : 0);
    if (upper) continue;
    // the curve through the lower quarters is mirrored at a diagonal
    if (right) {
      x = SIDE - 1 - x;
      y = SIDE - 1 - y;
    }
    [x, y] = [y, x];
  }
  return place;
}

/**
 * Numbers of places so that those near each other on the ground get near numbers, which is what caches like.
 * lonLat [2 * places] in 1e-7 degrees; returns for each rank the place that has it. Equal cells go by place, ascending.
 */
export function orderInSpace(lonLat: Int32Array): Uint32Array {
  const count = lonLat.length / 2;
  let [west, south, east, north] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1 / 0, -1 / 0];
  for (let i = 0; i < count; i++) {
    west = Math.min(west, lonLat[2 * i]);
    east = Math.max(east, lonLat[2 * i]);
    south = Math.min(south, lonLat[2 * i + 1]);
    north = Math.max(north, lonLat[2 * i + 1]);
  }
  const cellsAUnit = (SIDE - 1) / Math.max(1, east - west, north - south);
  const curve = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const x = Math.floor((lonLat[2 * i] - west) * cellsAUnit);
    const y = Math.floor((lonLat[2 * i + 1] - south) * cellsAUnit);
    curve[i] = hilbertPlace(x, y);
  }
  return orderByKey(curve);
}

/** The indices of keys in the order of their keys, equal ones ascending: a radix sort by halves of 16 bits. */
function orderByKey(keys: Uint32Array): Uint32Array {
  let order = Uint32Array.from(keys.keys());
  let sorted = new Uint32Array(keys.length);
  for (const shift of [0, 16]) {
    const next = new Uint32Array(0x10000 + 1); // where the next key with this half goes
    for (const key of keys) next[((key >>> shift) & 0xffff) + 1]++;
    for (let half = 0; half < 0x10000; half++) next[half + 1] += next[half];
    for (const i of order) sorted[next[(keys[i] >>> shift) & 0xffff]++] = i;
    [order, sorted] = [sorted, order];
  }
  return order;
}
