type NumberArray = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** Numbers in a typed array that doubles when it is full: a few bytes a number where a plain array takes eight and more. */
export class NumberList<A extends NumberArray> {
  readonly #make: new (
    length: number,
  ) => A;
  #values: A;
  #length = 0;

  constructor(make: new (length: number) => A) {
    this.#make = make;
    this.#values = new make(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new this.#make(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  /** Empties the list and keeps its memory. */
  clear(): void {
    this.#length = 0;
  }

  at(index: number): number {
    return this.#values[index];
  }

  /** What is in the list now, without a copy: valid until the next push. */
  view(): A {
    return this.#values.subarray(0, this.#length) as A;
  }
}
