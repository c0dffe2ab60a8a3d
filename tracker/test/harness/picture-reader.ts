import { BLOCK, BUNDLE, DELTA, digestOf, HAS_DIGEST, UNIT, type ViewAnswer } from '../../src/protocol/live-frame.js';

export interface SeenUnit {
  readonly lonE7: number;
  readonly latE7: number;
  readonly fixTime: number;
  readonly status: number;
}

/** The picture as PROTOCOL.md tells a console to keep it, the slow and simple way: maps, no arrays. */
export class PictureReader {
  readonly units = new Map<number, SeenUnit>();
  readonly #cellOf = new Map<number, bigint>();
  readonly #ticks = new Map<bigint, number>();
  bundles = 0;
  /** The hub's clock in the newest bundle, epoch ms. */
  hubTime = 0;
  /** Blocks that were whole cells, because they are new in view or something was missed. */
  snapshots = 0;

  /** Takes a bundle. Returns true when something was missed, so that `resync` must be sent. */
  take(bundle: Buffer): boolean {
    this.bundles++;
    this.hubTime = bundle.readDoubleLE(BUNDLE.time);
    let missed = false;
    let at: number = BUNDLE.headBytes;
    for (let i = bundle.readUInt32LE(BUNDLE.blocks); i > 0; i--) {
      const units = bundle.readUInt32LE(at + BLOCK.units);
      const leaves = bundle.readUInt32LE(at + BLOCK.leaves);
      const cell = bundle.readBigUInt64LE(at + BLOCK.cell);
      const records = at + BLOCK.headBytes;
      const end = records + units * UNIT.bytes + leaves * 4;
      const isDelta = bundle[at + BLOCK.kind] === DELTA;
      const fits = !isDelta || this.#ticks.get(cell) === bundle.readUInt32LE(at + BLOCK.prevTick);
      if (!fits) missed = true;
      else {
        if (!isDelta) {
          this.snapshots++;
          this.#forgetCell(cell);
        }
        for (let r = records; r < records + units * UNIT.bytes; r += UNIT.bytes) {
          const handle = bundle.readUInt32LE(r + UNIT.handle);
          this.#cellOf.set(handle, cell);
          this.units.set(handle, {
            lonE7: bundle.readInt32LE(r + UNIT.lon),
            latE7: bundle.readInt32LE(r + UNIT.lat),
            fixTime: bundle.readDoubleLE(r + UNIT.fixTime),
            status: bundle[r + UNIT.status]!,
          });
        }
        for (let l = records + units * UNIT.bytes; l < end; l += 4) {
          const handle = bundle.readUInt32LE(l);
          if (this.#cellOf.get(handle) === cell) this.#forgetUnit(handle);
        }
        this.#ticks.set(cell, bundle.readUInt32LE(at + BLOCK.tick));
      }
      at = end;
    }
    if (bundle[BUNDLE.flags]! & HAS_DIGEST && bundle.readUInt32LE(BUNDLE.digest) !== this.#digest()) missed = true;
    return missed;
  }

  #digest(): number {
    let sum = 0;
    for (const [cell, tick] of this.#ticks)
      sum = (sum + digestOf(Number(cell & 0xffff_ffffn), Number(cell >> 32n), tick)) >>> 0;
    return sum;
  }

  /** The answer to a view: cells it does not name have left it. */
  keepOnly(answer: Extract<ViewAnswer, { ok: true }>): void {
    const kept = new Set(answer.h3.map((index) => BigInt(`0x${index}`)));
    for (const cell of [...this.#ticks.keys()]) {
      if (kept.has(cell)) continue;
      this.#forgetCell(cell);
      this.#ticks.delete(cell);
    }
  }

  #forgetCell(cell: bigint): void {
    for (const [handle, of] of [...this.#cellOf]) if (of === cell) this.#forgetUnit(handle);
  }

  #forgetUnit(handle: number): void {
    this.units.delete(handle);
    this.#cellOf.delete(handle);
  }

  clear(): void {
    this.units.clear();
    this.#cellOf.clear();
    this.#ticks.clear();
  }
}
