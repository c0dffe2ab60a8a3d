import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LivePicture, unitNumbers } from './live-picture.js';

/** The worked example of PROTOCOL.md: a bundle of one delta with a digest. */
function exampleBundle(): Buffer {
  const page = readFileSync(new URL('../../tracker/PROTOCOL.md', import.meta.url), 'utf8');
  const hex = /```hex name=bundle\n([\s\S]*?)```/.exec(page)![1]!;
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

/** The same cell as a snapshot with other units, at a tick. */
function snapshotOf(delta: Buffer, tick: number, handles: readonly number[]): Buffer {
  const unit = delta.subarray(56, 88);
  const head = Buffer.from(delta.subarray(0, 56));
  head[2] = 0; // no digest
  head[24] = 2;
  head.writeUInt32LE(handles.length, 28);
  head.writeUInt32LE(0, 32);
  head.writeUInt32LE(tick, 40);
  const records = handles.map((handle) => {
    const record = Buffer.from(unit);
    record.writeUInt32LE(handle, 0);
    record.writeDoubleLE(1000, 16);
    return record;
  });
  return Buffer.concat([head, ...records]);
}

const SEEN = Uint32Array.of(17, 23, 40);
const createPicture = () => new LivePicture(unitNumbers(SEEN), SEEN.length);

describe('LivePicture', () => {
  it('applies the example of the document: who moved, who left, and a digest that agrees', () => {
    const delta = exampleBundle();
    const picture = createPicture();
    expect(picture.take(snapshotOf(delta, 40, [23, 40]), () => {})).toBe(false);
    expect([...picture.fixTime]).toEqual([0, 1000, 1000]);
    const times: number[] = [];
    expect(picture.take(delta, (fixTime) => times.push(fixTime))).toBe(false);
    expect(times).toEqual([1_767_225_600_000]);
    expect([...picture.fixTime]).toEqual([1_767_225_600_000, 0, 1000]);
    expect([picture.lonE7[0], picture.latE7[0]]).toEqual([241_051_846, 569_496_487]);
  });

  it('asks for all of it when a link of the chain is missing, and shows nothing until it comes', () => {
    const delta = exampleBundle();
    const picture = createPicture();
    picture.take(snapshotOf(delta, 39, [23]), () => {});
    expect(picture.take(delta, () => {})).toBe(true);
    expect([...picture.fixTime]).toEqual([0, 0, 0]);
    expect(picture.resyncs).toBe(1);
  });
});
