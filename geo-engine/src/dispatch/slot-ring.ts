/** Slots in the order in which they were added; one that is among them already keeps its place. */
export class SlotRing {
  #slots: Int32Array; // [capacity] a ring: no slot is in it twice, so it never runs over
  #isIn: Uint8Array; //  [capacity] by slot
  #first = 0;
  #length = 0;

  /** @param capacity slots are below it */
  constructor(capacity: number) {
    this.#slots = new Int32Array(capacity);
    this.#isIn = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  add(slot: number): void {
    if (this.#isIn[slot] === 1) return;
    this.#isIn[slot] = 1;
    this.#slots[(this.#first + this.#length++) % this.#slots.length] = slot;
  }

  /** Takes out the one that was added first. There must be one. */
  take(): number {
    const slot = this.#slots[this.#first]!;
    this.#first = (this.#first + 1) % this.#slots.length;
    this.#length--;
    this.#isIn[slot] = 0;
    return slot;
  }

  grow(capacity: number): void {
    const slots = new Int32Array(capacity);
    for (let i = 0; i < this.#length; i++) slots[i] = this.#slots[(this.#first + i) % this.#slots.length]!;
    const isIn = new Uint8Array(capacity);
    isIn.set(this.#isIn);
    this.#slots = slots;
    this.#isIn = isIn;
    this.#first = 0;
  }
}
