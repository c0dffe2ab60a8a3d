/** Units found by a search, nearest first, equal distances by handle ascending. Both arrays have the same length. */
export interface FoundUnits {
  readonly handles: number[];
  readonly distancesM: number[];
}

/**
 * The nearest k units met so far: a binary max-heap over (distance, handle), worst on top.
 * Reused between searches; takes memory for as many as were ever held at once.
 */
export class NearestHeld {
  readonly #distancesM: number[] = [];
  readonly #handles: number[] = [];
  #length = 0;
  #limit = 0;

  /** Empties it, and from now on holds at most `limit` units (1 up). */
  reset(limit: number): void {
    this.#length = 0;
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#length === this.#limit;
  }

  /** Distance in metres of the worst unit held. Meaningless while nothing is held. */
  get worstM(): number {
    return this.#distancesM[0];
  }

  /** Whether hold() would keep this unit. */
  wants(distanceM: number, handle: number): boolean {
    return !this.full || isBefore(distanceM, handle, this.#distancesM[0], this.#handles[0]);
  }

  /** Keeps a unit that is wanted; the worst one makes room if need be. */
  hold(distanceM: number, handle: number): void {
    if (this.full) {
      this.#sink(distanceM, handle, this.#length);
      return;
    }
    let at = this.#length++;
    // let nearer parents sink into the hole until the new unit fits
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(this.#distancesM[above], this.#handles[above], distanceM, handle)) break;
      this.#put(at, this.#distancesM[above], this.#handles[above]);
      at = above;
    }
    this.#put(at, distanceM, handle);
  }

  /** Moves everything held into out, replacing what it had, nearest first. Returns how many. */
  drainInto(out: FoundUnits): number {
    const count = this.#length;
    out.handles.length = count;
    out.distancesM.length = count;
    // the worst comes off the top, so the answer fills from its end
    for (let i = count - 1; i >= 0; i--) {
      out.handles[i] = this.#handles[0];
      out.distancesM[i] = this.#distancesM[0];
      this.#length = i;
      this.#sink(this.#distancesM[i], this.#handles[i], i);
    }
    return count;
  }

  /** Replaces the top by the given unit and restores the order among the first `length` entries. */
  #sink(distanceM: number, handle: number, length: number): void {
    const distances = this.#distancesM;
    const handles = this.#handles;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      const right = child + 1;
      if (right < length && isBefore(distances[child], handles[child], distances[right], handles[right])) child = right;
      if (!isBefore(distanceM, handle, distances[child], handles[child])) break;
      this.#put(at, distances[child], handles[child]);
      at = child;
    }
    this.#put(at, distanceM, handle);
  }

  #put(at: number, distanceM: number, handle: number): void {
    this.#distancesM[at] = distanceM;
    this.#handles[at] = handle;
  }
}

function isBefore(distanceA: number, handleA: number, distanceB: number, handleB: number): boolean {
  return distanceA < distanceB || (distanceA === distanceB && handleA < handleB);
}
