import { BLOCK, BUNDLE, BUNDLE_TYPE, type DELTA, HAS_DIGEST, type SNAPSHOT, UNIT } from '../protocol/live-frame.js';
import type { LiveTable } from './live-table.js';

/** One cell's block: encoded once per (audience, cell) and tick, and laid into the bundle of every console that watches it. */
export function writeBlock(
  kind: typeof DELTA | typeof SNAPSHOT,
  cell: bigint,
  prevTick: number,
  tick: number,
  table: LiveTable,
  slots: readonly number[],
  leaves: readonly number[],
): Buffer {
  const buffer = Buffer.allocUnsafe(BLOCK.headBytes + slots.length * UNIT.bytes + leaves.length * 4);
  buffer.fill(0, 0, BLOCK.headBytes);
  buffer[BLOCK.kind] = kind;
  buffer.writeUInt32LE(slots.length, BLOCK.units);
  buffer.writeUInt32LE(leaves.length, BLOCK.leaves);
  buffer.writeUInt32LE(prevTick, BLOCK.prevTick);
  buffer.writeUInt32LE(tick, BLOCK.tick);
  buffer.writeBigUInt64LE(cell, BLOCK.cell);
  let at = BLOCK.headBytes;
  for (const slot of slots) {
    writeUnit(buffer, at, table, slot);
    at += UNIT.bytes;
  }
  for (const handle of leaves) {
    buffer.writeUInt32LE(handle, at);
    at += 4;
  }
  return buffer;
}

function writeUnit(buffer: Buffer, at: number, table: LiveTable, slot: number): void {
  buffer.writeUInt32LE(table.handle[slot], at + UNIT.handle);
  buffer.writeInt32LE(table.lonE7[slot], at + UNIT.lon);
  buffer.writeInt32LE(table.latE7[slot], at + UNIT.lat);
  buffer.writeUInt16LE(table.speedCmps[slot], at + UNIT.speed);
  buffer.writeUInt16LE(table.headingCdeg[slot], at + UNIT.heading);
  buffer.writeDoubleLE(table.fixTime[slot], at + UNIT.fixTime);
  const lag = table.receivedAt[slot] - table.fixTime[slot];
  buffer.writeInt32LE(Math.max(-0x8000_0000, Math.min(0x7fff_ffff, Math.round(lag))), at + UNIT.lag);
  buffer[at + UNIT.status] = table.status[slot];
  buffer[at + UNIT.flags] = table.flags[slot];
  buffer.writeUInt16LE(table.intervalS[slot], at + UNIT.interval);
}

/** A console's bundle: the head and its cells' blocks, one after another. */
export function writeBundle(
  level: number,
  view: number,
  time: number,
  blocks: readonly Buffer[],
  digest: number | undefined,
): Buffer {
  const head = Buffer.alloc(BUNDLE.headBytes);
  head[BUNDLE.type] = BUNDLE_TYPE;
  head[BUNDLE.level] = level;
  head[BUNDLE.flags] = digest === undefined ? 0 : HAS_DIGEST;
  head.writeUInt32LE(view, BUNDLE.view);
  head.writeDoubleLE(time, BUNDLE.time);
  head.writeUInt32LE(blocks.length, BUNDLE.blocks);
  head.writeUInt32LE(digest ?? 0, BUNDLE.digest);
  return Buffer.concat([head, ...blocks]);
}
