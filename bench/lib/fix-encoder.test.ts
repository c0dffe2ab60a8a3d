import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  clientFrame,
  FIX_BYTES,
  HEAD_BYTES,
  UNKNOWN,
  UNKNOWN_ALTITUDE,
  type WireFix,
  writeFix,
  writeHead,
} from './fix-encoder.js';

const LANES = ['live', 'backlog', 'alarm'];

/** The fields of a golden that are needed here: what the hub must read, in wire units. */
interface Golden {
  readonly message: { readonly lane: string; readonly seq: number };
  readonly items: readonly {
    readonly seq: number;
    readonly fix: {
      readonly fixTime: number;
      readonly lonE7: number;
      readonly latE7: number;
      readonly speedCmps: number | null;
      readonly headingCdeg: number | null;
      readonly accuracyDm: number | null;
      readonly altitudeM: number | null;
      readonly flags: number;
    };
  }[];
}

const read = (file: string) => readFileSync(new URL(`../../fixtures/golden/crew/${file}`, import.meta.url), 'utf8');

function encode({ message, items }: Golden): Buffer {
  const bytes = Buffer.alloc(HEAD_BYTES + items.length * FIX_BYTES, 0xee); // whatever stood there before
  writeHead(bytes, 0, LANES.indexOf(message.lane), items.length, message.seq);
  for (const [i, { fix }] of items.entries()) {
    const wire: WireFix = {
      timeMs: fix.fixTime,
      lonE7: fix.lonE7,
      latE7: fix.latE7,
      speedCmps: fix.speedCmps ?? UNKNOWN,
      headingCdeg: fix.headingCdeg ?? UNKNOWN,
      accuracyDm: fix.accuracyDm ?? UNKNOWN,
      altitudeM: fix.altitudeM ?? UNKNOWN_ALTITUDE,
      flags: fix.flags,
    };
    writeFix(bytes, HEAD_BYTES + i * FIX_BYTES, wire);
  }
  return bytes;
}

describe('the bench writes fix frames', () => {
  it.each(['fix-single', 'fix-ten', 'fix-unknown', 'fix-extremes'])('%s byte for byte', (name) => {
    const golden = JSON.parse(read(`${name}.json`)) as Golden;
    expect(encode(golden).toString('hex')).toBe(read(`${name}.hex`).replaceAll(/\s/g, ''));
  });
});

describe('clientFrame', () => {
  it.each([
    [0, '8280' + '00000000'],
    [125, '82fd' + '00000000'],
    [126, '82fe' + '007e' + '00000000'],
    [65_535, '82fe' + 'ffff' + '00000000'],
    [65_536, '82ff' + '0000000000010000' + '00000000'],
  ])('of %i bytes has the head of RFC 6455 and a mask of zeros', (payloadBytes, head) => {
    const { frame, payloadAt } = clientFrame(2, payloadBytes);
    expect(frame.subarray(0, payloadAt).toString('hex')).toBe(head);
    expect(frame.length - payloadAt).toBe(payloadBytes);
  });
});
