const FIRST_ROOM = 256;
/** Of what is not in order yet so many are looked at to find out how much to order next. */
const SAMPLE = 64;
/** Place among the sampled up to which entries are ordered: one in eleven. */
const STAGE = 6;
/** So few are ordered at once. */
const FEW = 256;

/**
 * Min-queue of numbers by a bound, all of them appended before the first is taken out. Of thousands only the first few are ever
 * asked for, so entries are brought into order in stages: the heap holds those up to a bound, all others stand behind it as they came.
 * Reused: clear() keeps the memory.
 */
export class StagedQueue {
  #bounds = new Float64Array(FIRST_ROOM);
  #slots = new Int32Array(FIRST_ROOM);
  readonly #sample = new Float64Array(SAMPLE);
  #length = 0; // entries, those taken out included
  #heap = 0; //   where the heap begins
  #behind = 0; // where what is not in order begins
  #end = 0; //    where the heap ends

  /** Entries that were not taken out. */
  get length(): number {
    return this.#end - this.#heap + this.#length - this.#behind;
  }

  clear(): void {
    this.#length = 0;
    this.#heap = 0;
    this.#end = 0;
    this.#behind = 0;
  }

  append(slot: number, bound: number): void {
    const at = this.#length++;
    if (at === this.#bounds.length) this.#grow();
    this.#bounds[at] = bound;
    this.#slots[at] = slot;
  }

  /** Everything is appended. */
  order(): void {
    this.#order();
  }

  /** Least bound. Meaningless while the queue is empty. */
  peekBound(): number {
    return this.#bounds[this.#heap]!;
  }

  /** Sum of `weights` [slots] over the entries whose bound is at most `limit`. */
  sumUpTo(limit: number, weights: Uint32Array): number {
    let sum = 0;
    for (let at = this.#heap; at < this.#end; at++) if (this.#bounds[at]! <= limit) sum += weights[this.#slots[at]!]!;
    for (let at = this.#behind; at < this.#length; at++)
      if (this.#bounds[at]! <= limit) sum += weights[this.#slots[at]!]!;
    return sum;
  }

  /** Takes out the slot of the least bound. The queue must not be empty. */
  pop(): number {
    const slots = this.#slots;
    const slot = slots[this.#heap]!;
    const last = --this.#end;
    if (last > this.#heap) this.#sink(this.#heap, slots[last]!, this.#bounds[last]!);
    else this.#order();
    return slot;
  }

  /** Makes a heap of the least of what is behind. Source: Floyd, "Algorithm 245: Treesort 3", CACM 7(12), 1964, p. 701. */
  #order(): void {
    const bounds = this.#bounds;
    const slots = this.#slots;
    const from = this.#behind;
    const limit = this.#stageLimit();
    let end = from;
    for (let at = from; at < this.#length; at++) {
      const bound = bounds[at]!;
      if (bound > limit) continue;
      const slot = slots[at]!;
      bounds[at] = bounds[end]!;
      slots[at] = slots[end]!;
      bounds[end] = bound;
      slots[end++] = slot;
    }
    this.#heap = from;
    this.#end = end;
    this.#behind = end;
    for (let at = ((end - from) >> 1) - 1; at >= 0; at--) this.#sink(from + at, slots[from + at]!, bounds[from + at]!);
  }

  /** The bound up to which entries are brought into order next; at least one is. */
  #stageLimit(): number {
    const count = this.#length - this.#behind;
    if (count <= FEW) return Number.POSITIVE_INFINITY;
    const sample = this.#sample;
    for (let i = 0; i < SAMPLE; i++) sample[i] = this.#bounds[this.#behind + Math.floor((i * count) / SAMPLE)]!;
    sample.sort();
    return sample[STAGE]!;
  }

  /** Puts an entry into a hole: lesser children rise until it fits. */
  #sink(hole: number, slot: number, bound: number): void {
    const bounds = this.#bounds;
    const slots = this.#slots;
    const heap = this.#heap;
    const end = this.#end;
    let at = hole;
    for (let child = 2 * at - heap + 1; child < end; child = 2 * at - heap + 1) {
      if (child + 1 < end && bounds[child + 1]! < bounds[child]!) child++;
      if (bounds[child]! >= bound) break;
      bounds[at] = bounds[child]!;
      slots[at] = slots[child]!;
      at = child;
    }
    bounds[at] = bound;
    slots[at] = slot;
  }

  #grow(): void {
    const bounds = new Float64Array(2 * this.#bounds.length);
    const slots = new Int32Array(bounds.length);
    bounds.set(this.#bounds);
    slots.set(this.#slots);
    this.#bounds = bounds;
    this.#slots = slots;
  }
}
