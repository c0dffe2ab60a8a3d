/** The live picture as a console of the bench keeps it: PROTOCOL.md, "Live picture", read for itself, over flat arrays. */

const BUNDLE_HEAD_BYTES = 24;
const BLOCK_HEAD_BYTES = 32;
const UNIT_BYTES = 32;
const SNAPSHOT = 2;
const HAS_DIGEST = 1;
const NOWHERE = -1;
/** Of an H3 index: resolution's reserved bits say nothing within a level; the rest fits a number exactly. */
const KEY_HIGH_BITS = 0x000f_ffff;

/** A cell as an exact number, from the halves of its H3 index. */
export const cellKey = (low: number, high: number): number => (high & KEY_HIGH_BITS) * 0x1_0000_0000 + low;

/** Units by handle in one order for all consoles of a process: their number, or -1 for handles that are not ours. */
export type UnitNumbers = Int32Array; // [highest handle + 1]

const NOT_OURS = -1;

/** Unit i has the i-th handle. */
export function unitNumbers(handles: Uint32Array): UnitNumbers {
  const numbers = new Int32Array(handles.reduce((most, handle) => Math.max(most, handle), 0) + 1).fill(NOT_OURS);
  handles.forEach((handle, unit) => {
    numbers[handle] = unit;
  });
  return numbers;
}

export class LivePicture {
  readonly #numbers: UnitNumbers;
  readonly lonE7: Int32Array; //  [units]
  readonly latE7: Int32Array; //  [units]
  readonly fixTime: Float64Array; // [units] 0: not shown
  readonly #cellOf: Int32Array; // [units] number of the cell that named it last
  readonly #cellNumbers = new Map<number, number>(); // key → number
  readonly #cellLow: number[] = [];
  readonly #cellHigh: number[] = [];
  readonly #tick: (number | undefined)[] = []; // undefined: not held
  bundles = 0;
  bytes = 0;
  records = 0;
  resyncs = 0;

  constructor(numbers: UnitNumbers, units: number) {
    this.#numbers = numbers;
    this.lonE7 = new Int32Array(units);
    this.latE7 = new Int32Array(units);
    this.fixTime = new Float64Array(units);
    this.#cellOf = new Int32Array(units).fill(NOWHERE);
  }

  #unit(handle: number): number {
    return handle < this.#numbers.length ? this.#numbers[handle]! : NOT_OURS;
  }

  /**
   * Takes a bundle; onMoved gets the fix time of each record of a delta. Returns true when something was missed: then `resync`
   * must be sent, and the picture has been emptied for it.
   */
  take(bundle: Buffer, onMoved: (fixTime: number) => void): boolean {
    this.bundles++;
    this.bytes += bundle.length;
    const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.length);
    let missed = false;
    let at = BUNDLE_HEAD_BYTES;
    for (let left = view.getUint32(16, true); left > 0; left--) {
      const isSnapshot = view.getUint8(at) === SNAPSHOT;
      const units = view.getUint32(at + 4, true);
      const leaves = view.getUint32(at + 8, true);
      const cell = this.#cell(view.getUint32(at + 24, true), view.getUint32(at + 28, true));
      const records = at + BLOCK_HEAD_BYTES;
      const leavesAt = records + units * UNIT_BYTES;
      const end = leavesAt + leaves * 4;
      if (!isSnapshot && this.#tick[cell] !== view.getUint32(at + 12, true)) {
        missed = true;
        at = end;
        continue;
      }
      if (isSnapshot && this.#tick[cell] !== undefined) this.#empty(cell);
      for (let r = records; r < leavesAt; r += UNIT_BYTES) {
        const unit = this.#unit(view.getUint32(r, true));
        if (unit === NOT_OURS) continue;
        const fixTime = view.getFloat64(r + 16, true);
        this.lonE7[unit] = view.getInt32(r + 4, true);
        this.latE7[unit] = view.getInt32(r + 8, true);
        // a unit that came over from the next cell unmoved is no news
        if (!isSnapshot && fixTime > this.fixTime[unit]!) onMoved(fixTime);
        this.fixTime[unit] = fixTime;
        this.#cellOf[unit] = cell;
      }
      this.records += units;
      for (let l = leavesAt; l < end; l += 4) {
        const unit = this.#unit(view.getUint32(l, true));
        if (unit !== NOT_OURS && this.#cellOf[unit] === cell) this.#remove(unit);
      }
      this.#tick[cell] = view.getUint32(at + 16, true);
      at = end;
    }
    if ((view.getUint8(2) & HAS_DIGEST) !== 0 && view.getUint32(20, true) !== this.#digest()) missed = true;
    if (missed) {
      this.resyncs++;
      this.clear();
    }
    return missed;
  }

  #cell(low: number, high: number): number {
    const key = cellKey(low, high);
    let number = this.#cellNumbers.get(key);
    if (number === undefined) {
      number = this.#cellLow.push(low) - 1;
      this.#cellHigh.push(high);
      this.#tick.push(undefined);
      this.#cellNumbers.set(key, number);
    }
    return number;
  }

  #empty(cell: number): void {
    for (let unit = 0; unit < this.#cellOf.length; unit++) if (this.#cellOf[unit] === cell) this.#remove(unit);
  }

  #remove(unit: number): void {
    this.#cellOf[unit] = NOWHERE;
    this.fixTime[unit] = 0;
  }

  #digest(): number {
    let sum = 0;
    for (let i = 0; i < this.#tick.length; i++) {
      const tick = this.#tick[i];
      if (tick === undefined) continue;
      let h = this.#cellLow[i]! ^ Math.imul(this.#cellHigh[i]!, 0x9e37_79b1) ^ Math.imul(tick, 0x85eb_ca77);
      h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
      h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
      sum = (sum + (h ^ (h >>> 16))) | 0;
    }
    return sum >>> 0;
  }

  clear(): void {
    this.#tick.fill(undefined);
    this.#cellOf.fill(NOWHERE);
    this.fixTime.fill(0);
  }
}
