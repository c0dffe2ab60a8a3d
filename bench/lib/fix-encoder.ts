/**
 * The bench's own writer of binary fix frames (PROTOCOL.md, "Binary frames"), made for load: from wire units straight into the bytes of one
 * WebSocket frame, nothing in between. A second reading of the document beside that of fixtures/crew-client.
 */

/** A fix in the units of the wire. */
export interface WireFix {
  timeMs: number;
  lonE7: number;
  latE7: number;
  speedCmps: number; // UNKNOWN where not known; so too the next three, altitude UNKNOWN_ALTITUDE
  headingCdeg: number;
  accuracyDm: number;
  altitudeM: number;
  flags: number;
}

export const UNKNOWN = 0xffff;
export const UNKNOWN_ALTITUDE = -0x8000;
export const HEAD_BYTES = 8;
export const FIX_BYTES = 24;
const TYPE_FIXES = 1;

export function writeHead(to: Buffer, at: number, lane: number, items: number, firstSeq: number): void {
  to[at] = TYPE_FIXES;
  to[at + 1] = lane;
  to.writeUInt16LE(items, at + 2);
  to.writeUInt32LE(firstSeq, at + 4);
}

export function writeFix(to: Buffer, at: number, fix: WireFix): void {
  to.writeUInt32LE(fix.timeMs % 0x1_0000_0000, at);
  to.writeUInt16LE(Math.floor(fix.timeMs / 0x1_0000_0000), at + 4);
  to.writeInt32LE(fix.lonE7, at + 6);
  to.writeInt32LE(fix.latE7, at + 10);
  to.writeUInt16LE(fix.speedCmps, at + 14);
  to.writeUInt16LE(fix.headingCdeg, at + 16);
  to.writeUInt16LE(fix.accuracyDm, at + 18);
  to.writeInt16LE(fix.altitudeM, at + 20);
  to[at + 22] = fix.flags;
  to[at + 23] = 0;
}

/** RFC 6455, section 5: a final frame of a client, whose mask is all zeros and so leaves the payload as it is. */
const FIN = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;

/** A WebSocket frame with room for a payload of so many bytes; the payload begins at the returned offset. */
export function clientFrame(
  opcode: number,
  payloadBytes: number,
): { readonly frame: Buffer; readonly payloadAt: number } {
  const lengthBytes = payloadBytes < 126 ? 0 : payloadBytes < 0x1_0000 ? 2 : 8;
  const payloadAt = 2 + lengthBytes + MASK_BYTES;
  const frame = Buffer.allocUnsafe(payloadAt + payloadBytes);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (lengthBytes === 0 ? payloadBytes : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(payloadBytes, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(payloadBytes), 2);
  frame.fill(0, 2 + lengthBytes, payloadAt);
  return { frame, payloadAt };
}
