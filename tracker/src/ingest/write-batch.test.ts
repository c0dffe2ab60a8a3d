import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FixItem } from '../protocol/crew.js';
import type { Sender } from '../units/directory.js';
import { OwnedStream, WriteBatch } from './write-batch.js';

const STREAMS = 5;
const SENDERS = 3;

/** The elements of an array in PostgreSQL's binary format (store/binary-columns.test.ts has the proof of the format itself). */
function elements(param: unknown): number[] {
  const bytes = param as Buffer;
  if (bytes.readInt32BE(0) === 0) return [];
  const values: number[] = [];
  for (let at = 20; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    values.push(length === 4 ? bytes.readInt32BE(at + 4) : Number(bytes.readBigInt64BE(at + 4)));
    at += 4 + length;
  }
  return values;
}

const sender = (no: number): Sender => ({
  unitHandle: 100 + no,
  unitId: null,
  agencyNo: 200 + no,
  agencyId: `agency ${no}`,
  deviceHandle: 300 + no,
  deviceId: `device ${no}`,
});

const fixAt = (fixTime: number): FixItem => ({
  fixTime,
  lonE7: 1,
  latE7: 2,
  speedCmps: null,
  headingCdeg: 3,
  accuracyDm: null,
  altitudeM: -4,
  flags: 5,
});

/** A frame of some items of one stream, sent on by one sender, or the end of a batch: what was filling is flushed, the other one fills. */
type Act =
  | { readonly frame: true; readonly stream: number; readonly sender: number; readonly items: number }
  | { readonly frame: false };
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      frame: fc.constant(true as const),
      stream: fc.nat(STREAMS - 1),
      sender: fc.nat(SENDERS - 1),
      items: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ frame: false as const }) },
);

describe('a write batch', () => {
  it('tells of every fix its stream, session, seq and sender, and of every stream how far it goes, in two batches that take turns', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const owner = { durable() {}, fence() {}, suspend() {} };
        const streams = Array.from({ length: STREAMS }, (_, no) => new OwnedStream(2 ** 40 + no, 10 + no, 0, owner));
        const senders = Array.from({ length: SENDERS }, (_, no) => sender(no));
        const seqs = new Array<number>(STREAMS).fill(0);
        let filling = new WriteBatch(2);
        let other = new WriteBatch(2);
        let sent: number[][] = [];
        const flush = () => {
          const params = filling.params();
          const [streamId, session, upto, unit, agency, device] = params.slice(0, 6).map(elements) as number[][];
          const [entry, seq, fixTime] = params.slice(6, 9).map(elements) as number[][];
          const told = entry!.map((no, i) =>
            [streamId, session, unit, agency, device].map((column) => column![no - 1]!).concat(seq![i]!, fixTime![i]!),
          );
          expect(told).toEqual(sent);
          // the last entry of a stream goes as far as its last fix, and no entry goes further
          const last = new Map(sent.map((row) => [row[0]!, row[5]!]));
          for (const [id, seqOfLast] of last)
            expect(Math.max(...upto!.filter((_, i) => streamId![i] === id))).toBe(seqOfLast);
          expect(filling.upto).toEqual(upto);
          expect(filling.streams.map((stream) => stream.streamId)).toEqual(streamId);
          expect(new Set(streamId)).toEqual(new Set(last.keys()));
        };
        for (const step of acts) {
          if (!step.frame) {
            flush();
            const flushed = filling;
            [filling, other] = [other, filling];
            sent = [];
            flushed.clear();
            continue;
          }
          const stream = streams[step.stream]!;
          const by = senders[step.sender]!;
          const upto = seqs[step.stream]! + step.items;
          const entry = filling.entry(stream, by, upto);
          while (seqs[step.stream]! < upto) {
            const seq = ++seqs[step.stream]!;
            filling.fix(entry, seq, fixAt(1_790_000_000_000 + seq), 7, 0);
            sent.push([
              stream.streamId,
              stream.session,
              by.unitHandle,
              by.agencyNo,
              by.deviceHandle,
              seq,
              1_790_000_000_000 + seq,
            ]);
          }
        }
        flush();
      }),
      { numRuns: 300 },
    );
  });

  it('a stream whose batch is on its way gets an entry of its own in the next, and clearing the first does not disturb that', () => {
    const owner = { durable() {}, fence() {}, suspend() {} };
    const stream = new OwnedStream(1, 1, 0, owner);
    const by = sender(0);
    const [first, second] = [new WriteBatch(2), new WriteBatch(2)];
    first.entry(stream, by, 3);
    second.entry(stream, by, 5);
    first.clear();
    expect(second.entry(stream, by, 7)).toBe(1);
    expect([first.upto, second.upto]).toEqual([[], [7]]);
  });
});
