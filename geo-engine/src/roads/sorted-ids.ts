/**
 * Ids of a map (whole numbers up to 2^53, gaps of any size) numbered 0, 1, 2 … in ascending order, 8 bytes each.
 * Questions in ascending order cost a step or two, as in a merge; others a binary search.
 */
export class SortedIds {
  readonly #ids: Float64Array;
  /** Where the last question was answered. */
  #last = 0;

  /** Ids in any order, repeated as they like. The array is not changed. */
  constructor(ids: Float64Array) {
    const sorted = ids.slice().sort();
    let count = 0;
    for (let i = 0; i < sorted.length; i++) {
      if (count === 0 || sorted[i] !== sorted[count - 1]) sorted[count++] = sorted[i];
    }
    this.#ids = sorted.slice(0, count);
  }

  get count(): number {
    return this.#ids.length;
  }

  /** The number of an id, or -1. */
  find(id: number): number {
    const ids = this.#ids;
    // an interval that holds the first id that is not less: gallop up from the last answer, or all below it
    let low = 0;
    let high = Math.min(this.#last, ids.length);
    if (high < ids.length && ids[high] < id) {
      let step = 1;
      do {
        low = high + 1;
        high = Math.min(ids.length, low + step);
        step *= 2;
      } while (high < ids.length && ids[high] < id);
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ids[middle] < id) low = middle + 1;
      else high = middle;
    }
    this.#last = low;
    return ids[low] === id ? low : -1;
  }
}
