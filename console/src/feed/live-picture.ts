import {
  BLOCK,
  BUNDLE,
  BUNDLE_TYPE,
  DELTA,
  digestOf,
  HAS_DIGEST,
  LIVE_LEVELS,
  SNAPSHOT,
  STALE_AFTER_INTERVALS,
  UNIT,
} from '../../../tracker/src/protocol/live-frame.js';

const UNKNOWN_U16 = 0xffff;
const FIRST_CAPACITY = 1024;

/** One cell of the view, with the tick up to which it is known. */
interface Cell {
  readonly low: number;
  readonly high: number;
  tick: number;
  /** A link of its chain of ticks is missing: only a snapshot mends it. */
  broken: boolean;
  /** Handles of the units that are in it now. */
  readonly units: Set<number>;
}

/** Why the picture must be sent again. */
export type ResyncReason = 'chain_broken' | 'digest_differs';

export type Applied =
  | { readonly kind: 'ignored'; readonly reason: 'other_view' | 'malformed' }
  | {
      readonly kind: 'applied';
      /** The hub's clock when it made the bundle, epoch ms. */
      readonly time: number;
      /** Set when something is missing and the hub must be asked for all of it. */
      readonly resync: ResyncReason | undefined;
    };

/**
 * What the hub has sent of the view, as arrays: units in slots 0 up to, not including, `length`. A slot is a unit's until one
 * leaves; the last unit then moves into the freed slot. Arrays are replaced when they must grow: take them anew after `apply`.
 */
export class LivePicture {
  length = 0;
  handle = new Uint32Array(FIRST_CAPACITY); //       [capacity]
  position = new Float32Array(FIRST_CAPACITY * 2); // [capacity × 2] lon, lat in degrees; off by at most 0.25 m from what was sent
  speedMps = new Float32Array(FIRST_CAPACITY); //     [capacity] NaN: unknown
  headingDeg = new Float32Array(FIRST_CAPACITY); //   [capacity] clockwise from north, NaN: unknown
  fixTime = new Float64Array(FIRST_CAPACITY); //      [capacity] the device's clock, epoch ms
  receivedAt = new Float64Array(FIRST_CAPACITY); //   [capacity] the hub's clock, epoch ms
  intervalS = new Uint16Array(FIRST_CAPACITY); //     [capacity] seconds between reports
  status = new Uint8Array(FIRST_CAPACITY); //         [capacity] index of UNIT_STATUSES
  flags = new Uint8Array(FIRST_CAPACITY); //          [capacity] UNIT_FLAG
  /** Grows with every bundle that was applied. */
  revision = 0;

  readonly #slotOf = new Map<number, number>();
  readonly #cellOf = new Map<number, Cell>(); // by handle
  readonly #cells = new Map<bigint, Cell>();
  #view = 0;
  #level = -1;
  #startOver = true;
  /** False after a pan until the hub has named the view's cells: only then is a digest over those that are held. */
  #settled = true;

  get view(): number {
    return this.#view;
  }

  /** Index of LIVE_LEVELS, -1 before the first bundle. */
  get level(): number {
    return this.#level;
  }

  get cellCount(): number {
    return this.#cells.size;
  }

  /** The unit's slot, or undefined if it is not in the picture. Good until the next `apply`. */
  slotOf(handle: number): number | undefined {
    return this.#slotOf.get(handle);
  }

  /** Age of the slot's position in ms, by the older of both clocks. */
  ageMs(slot: number, now: number): number {
    return now - Math.min(this.fixTime[slot], this.receivedAt[slot]);
  }

  isStale(slot: number, now: number): boolean {
    return this.ageMs(slot, now) > this.intervalS[slot] * 1000 * STALE_AFTER_INTERVALS;
  }

  /**
   * From now on this view counts. `startOver`: the connection is a new one, so nothing that is known
   * goes on; what was there stays visible until the first bundle of the view.
   */
  setView(view: number, startOver: boolean): void {
    this.#view = view;
    this.#startOver ||= startOver;
    this.#settled = this.#startOver;
  }

  /** The hub's answer to the view: its cells' H3 indexes, hexadecimal. What is held besides has left the view. */
  confirmView(view: number, h3: readonly string[]): void {
    if (view !== this.#view) return;
    const kept = new Set(h3.map((index) => BigInt(`0x${index}`)));
    for (const [key, cell] of this.#cells) {
      if (kept.has(key)) continue;
      for (const handle of cell.units) this.#remove(handle);
      this.#cells.delete(key);
    }
    this.#settled = true;
    this.revision++;
  }

  /** Everything is forgotten. */
  clear(): void {
    this.length = 0;
    this.#slotOf.clear();
    this.#cellOf.clear();
    this.#cells.clear();
    this.revision++;
  }

  /** Takes one bundle. Never throws: what is cut off or of another view is ignored, and said. */
  apply(bundle: ArrayBuffer | Uint8Array): Applied {
    const frame =
      bundle instanceof ArrayBuffer
        ? new DataView(bundle)
        : new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
    if (!isWellFormed(frame)) return { kind: 'ignored', reason: 'malformed' };
    const level = frame.getUint8(BUNDLE.level);
    const view = frame.getUint32(BUNDLE.view, true);
    // a bundle of the view before is a link in the chains of the cells that go on
    if (view !== this.#view && (this.#startOver || level !== this.#level))
      return { kind: 'ignored', reason: 'other_view' };
    if (this.#startOver || level !== this.#level) {
      this.clear();
      this.#level = level;
      this.#startOver = false;
    }
    this.#applyBlocks(frame);
    this.revision++;
    return { kind: 'applied', time: frame.getFloat64(BUNDLE.time, true), resync: this.#missing(frame) };
  }

  #applyBlocks(frame: DataView): void {
    const blocks = frame.getUint32(BUNDLE.blocks, true);
    let at: number = BUNDLE.headBytes;
    for (let b = 0; b < blocks; b++) {
      const units = frame.getUint32(at + BLOCK.units, true);
      const leaves = frame.getUint32(at + BLOCK.leaves, true);
      const cell = this.#cell(frame, at);
      const tick = frame.getUint32(at + BLOCK.tick, true);
      const isSnapshot = frame.getUint8(at + BLOCK.kind) === SNAPSHOT;
      if (isSnapshot) {
        // units that are still in it come back with the records below
        for (const handle of cell.units) this.#remove(handle);
        cell.units.clear();
        cell.broken = false;
      } else if (cell.tick !== frame.getUint32(at + BLOCK.prevTick, true)) {
        cell.broken = true;
      }
      cell.tick = tick;
      at += BLOCK.headBytes;
      for (let i = 0; i < units; i++, at += UNIT.bytes) this.#put(frame, at, cell);
      for (let i = 0; i < leaves; i++, at += 4) {
        const handle = frame.getUint32(at, true);
        if (this.#cellOf.get(handle) !== cell) continue; // it has entered another cell already
        cell.units.delete(handle);
        this.#remove(handle);
      }
    }
  }

  #cell(frame: DataView, at: number): Cell {
    const key = frame.getBigUint64(at + BLOCK.cell, true);
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      const low = frame.getUint32(at + BLOCK.cell, true);
      const high = frame.getUint32(at + BLOCK.cell + 4, true);
      // no tick is -1: a delta of a cell that never came as a snapshot breaks the chain
      cell = { low, high, tick: -1, broken: false, units: new Set() };
      this.#cells.set(key, cell);
    }
    return cell;
  }

  /** Writes the unit record at `at` into the unit's slot, and the unit into the cell. */
  #put(frame: DataView, at: number, cell: Cell): void {
    const handle = frame.getUint32(at + UNIT.handle, true);
    let slot = this.#slotOf.get(handle);
    if (slot === undefined) {
      slot = this.length++;
      if (slot >= this.handle.length) this.#grow();
      this.handle[slot] = handle;
      this.#slotOf.set(handle, slot);
    }
    const before = this.#cellOf.get(handle);
    if (before !== cell) {
      before?.units.delete(handle);
      cell.units.add(handle);
      this.#cellOf.set(handle, cell);
    }
    this.position[slot * 2] = frame.getInt32(at + UNIT.lon, true) / 1e7;
    this.position[slot * 2 + 1] = frame.getInt32(at + UNIT.lat, true) / 1e7;
    const speed = frame.getUint16(at + UNIT.speed, true);
    this.speedMps[slot] = speed === UNKNOWN_U16 ? Number.NaN : speed / 100;
    const heading = frame.getUint16(at + UNIT.heading, true);
    this.headingDeg[slot] = heading === UNKNOWN_U16 ? Number.NaN : heading / 100;
    const fixTime = frame.getFloat64(at + UNIT.fixTime, true);
    this.fixTime[slot] = fixTime;
    this.receivedAt[slot] = fixTime + frame.getInt32(at + UNIT.lag, true);
    this.intervalS[slot] = frame.getUint16(at + UNIT.interval, true);
    this.status[slot] = frame.getUint8(at + UNIT.status);
    this.flags[slot] = frame.getUint8(at + UNIT.flags);
  }

  /** Frees the unit's slot; the last unit moves into it. The caller takes the handle out of its cell. */
  #remove(handle: number): void {
    const slot = this.#slotOf.get(handle);
    if (slot === undefined) return;
    this.#slotOf.delete(handle);
    this.#cellOf.delete(handle);
    const last = --this.length;
    if (slot === last) return;
    this.position.copyWithin(slot * 2, last * 2, last * 2 + 2);
    for (const column of this.#columns()) column[slot] = column[last]!;
    this.#slotOf.set(this.handle[slot]!, slot);
  }

  #columns() {
    return [
      this.handle,
      this.speedMps,
      this.headingDeg,
      this.fixTime,
      this.receivedAt,
      this.intervalS,
      this.status,
      this.flags,
    ] as const;
  }

  #grow(): void {
    const capacity = this.handle.length * 2;
    const grown = <T extends Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array>(
      old: T,
      into: T,
    ): T => {
      into.set(old);
      return into;
    };
    this.handle = grown(this.handle, new Uint32Array(capacity));
    this.position = grown(this.position, new Float32Array(capacity * 2));
    this.speedMps = grown(this.speedMps, new Float32Array(capacity));
    this.headingDeg = grown(this.headingDeg, new Float32Array(capacity));
    this.fixTime = grown(this.fixTime, new Float64Array(capacity));
    this.receivedAt = grown(this.receivedAt, new Float64Array(capacity));
    this.intervalS = grown(this.intervalS, new Uint16Array(capacity));
    this.status = grown(this.status, new Uint8Array(capacity));
    this.flags = grown(this.flags, new Uint8Array(capacity));
  }

  #missing(frame: DataView): ResyncReason | undefined {
    for (const cell of this.#cells.values()) if (cell.broken) return 'chain_broken';
    if (!this.#settled || (frame.getUint8(BUNDLE.flags) & HAS_DIGEST) === 0) return undefined;
    let digest = 0;
    for (const { low, high, tick } of this.#cells.values()) digest = (digest + digestOf(low, high, tick)) >>> 0;
    return digest === frame.getUint32(BUNDLE.digest, true) ? undefined : 'digest_differs';
  }
}

/** True when head, blocks and records fill the frame exactly. */
function isWellFormed(frame: DataView): boolean {
  const { byteLength } = frame;
  if (byteLength < BUNDLE.headBytes || frame.getUint8(BUNDLE.type) !== BUNDLE_TYPE) return false;
  if (frame.getUint8(BUNDLE.level) >= LIVE_LEVELS.length) return false;
  let at: number = BUNDLE.headBytes;
  for (let blocks = frame.getUint32(BUNDLE.blocks, true); blocks > 0; blocks--) {
    if (at + BLOCK.headBytes > byteLength) return false;
    const kind = frame.getUint8(at + BLOCK.kind);
    if (kind !== DELTA && kind !== SNAPSHOT) return false;
    const units = frame.getUint32(at + BLOCK.units, true);
    const leaves = frame.getUint32(at + BLOCK.leaves, true);
    at += BLOCK.headBytes + units * UNIT.bytes + leaves * 4;
    if (at > byteLength) return false;
  }
  return at === byteLength;
}
