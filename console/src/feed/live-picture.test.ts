import { describe, expect, it } from 'vitest';
import {
  BLOCK,
  BUNDLE,
  BUNDLE_TYPE,
  DELTA,
  digestOf,
  HAS_DIGEST,
  SNAPSHOT,
  UNIT,
  UNIT_FLAG,
} from '../../../tracker/src/protocol/live-frame.js';
import { unitStatusCode } from '../../../tracker/src/protocol/status.js';
import { LivePicture } from './live-picture.js';

/** A cell by a small number; real ones are H3 indexes, with something in both halves. */
const cellKey = (cell: number) => 0x0837_0000_0000_0000n + BigInt(cell);
/** As the hub names them in its answer to a view. */
const named = (...cells: number[]) => cells.map((cell) => cellKey(cell).toString(16));

interface UnitRecord {
  readonly handle: number;
  readonly lon?: number;
  readonly lat?: number;
  readonly heading?: number;
  readonly speed?: number;
  readonly fixTime?: number;
  readonly lag?: number;
  readonly status?: number;
  readonly flags?: number;
  readonly interval?: number;
}
interface Block {
  readonly kind: typeof DELTA | typeof SNAPSHOT;
  readonly cell: number;
  readonly prevTick?: number;
  readonly tick: number;
  readonly units?: readonly UnitRecord[];
  readonly leaves?: readonly number[];
}

function createBlock({ kind, cell, tick, prevTick = tick, units = [], leaves = [] }: Block): Uint8Array {
  const bytes = new Uint8Array(BLOCK.headBytes + units.length * UNIT.bytes + leaves.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(BLOCK.kind, kind);
  view.setUint32(BLOCK.units, units.length, true);
  view.setUint32(BLOCK.leaves, leaves.length, true);
  view.setUint32(BLOCK.prevTick, prevTick, true);
  view.setUint32(BLOCK.tick, tick, true);
  view.setBigUint64(BLOCK.cell, cellKey(cell), true);
  let at: number = BLOCK.headBytes;
  for (const unit of units) {
    view.setUint32(at + UNIT.handle, unit.handle, true);
    view.setInt32(at + UNIT.lon, Math.round((unit.lon ?? 24.1) * 1e7), true);
    view.setInt32(at + UNIT.lat, Math.round((unit.lat ?? 56.9) * 1e7), true);
    view.setUint16(at + UNIT.speed, unit.speed ?? 0xffff, true);
    view.setUint16(at + UNIT.heading, unit.heading ?? 0xffff, true);
    view.setFloat64(at + UNIT.fixTime, unit.fixTime ?? 1_000_000, true);
    view.setInt32(at + UNIT.lag, unit.lag ?? 0, true);
    view.setUint8(at + UNIT.status, unit.status ?? 0);
    view.setUint8(at + UNIT.flags, unit.flags ?? 0);
    view.setUint16(at + UNIT.interval, unit.interval ?? 10, true);
    at += UNIT.bytes;
  }
  for (const handle of leaves) {
    view.setUint32(at, handle, true);
    at += 4;
  }
  return bytes;
}

function createBundle(
  blocks: readonly Block[],
  { view = 1, level = 2, digest }: { view?: number; level?: number; digest?: number } = {},
): Uint8Array {
  const parts = blocks.map(createBlock);
  const bytes = new Uint8Array(BUNDLE.headBytes + parts.reduce((sum, part) => sum + part.length, 0));
  const head = new DataView(bytes.buffer);
  head.setUint8(BUNDLE.type, BUNDLE_TYPE);
  head.setUint8(BUNDLE.level, level);
  head.setUint8(BUNDLE.flags, digest === undefined ? 0 : HAS_DIGEST);
  head.setUint32(BUNDLE.view, view, true);
  head.setFloat64(BUNDLE.time, 5000, true);
  head.setUint32(BUNDLE.blocks, blocks.length, true);
  head.setUint32(BUNDLE.digest, digest ?? 0, true);
  let at: number = BUNDLE.headBytes;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const snapshot = (cell: number, tick: number, handles: readonly number[]): Block => ({
  kind: SNAPSHOT,
  cell,
  tick,
  units: handles.map((handle) => ({ handle })),
});
const delta = (
  cell: number,
  prevTick: number,
  tick: number,
  handles: readonly number[],
  leaves: number[] = [],
): Block => ({
  kind: DELTA,
  cell,
  prevTick,
  tick,
  units: handles.map((handle) => ({ handle })),
  leaves,
});
function digest(...cells: readonly (readonly [cell: number, tick: number])[]): number {
  let sum = 0;
  for (const [cell, tick] of cells) {
    const key = cellKey(cell);
    sum = (sum + digestOf(Number(key & 0xffff_ffffn), Number(key >> 32n), tick)) >>> 0;
  }
  return sum;
}

function createPicture(): LivePicture {
  const picture = new LivePicture();
  picture.setView(1, true);
  return picture;
}
const handlesOf = (picture: LivePicture) => [...picture.handle.subarray(0, picture.length)].sort((a, b) => a - b);
const resyncOf = (applied: ReturnType<LivePicture['apply']>) => (applied.kind === 'applied' ? applied.resync : applied);

describe('LivePicture', () => {
  it('reads every field of a unit into its slot', () => {
    const picture = createPicture();
    const status = unitStatusCode.get('en_route')!;
    const unit = { handle: 7, lon: -24.1234567, lat: -56.7654321, heading: 27_050, speed: 1234, status, interval: 30 };
    picture.apply(
      createBundle([
        {
          kind: SNAPSHOT,
          cell: 1,
          tick: 3,
          units: [{ ...unit, fixTime: 1_700_000_000_123.5, lag: -250, flags: UNIT_FLAG.moving | UNIT_FLAG.setAside }],
        },
      ]),
    );
    const slot = picture.slotOf(7)!;
    expect(picture.position[slot * 2]).toBeCloseTo(-24.1234567, 5);
    expect(picture.position[slot * 2 + 1]).toBeCloseTo(-56.7654321, 5);
    expect(picture.headingDeg[slot]).toBeCloseTo(270.5, 4);
    expect(picture.speedMps[slot]).toBeCloseTo(12.34, 4);
    expect(picture.fixTime[slot]).toBe(1_700_000_000_123.5);
    expect(picture.receivedAt[slot]).toBe(1_699_999_999_873.5);
    expect([picture.status[slot], picture.flags[slot], picture.intervalS[slot]]).toEqual([status, 5, 30]);
  });

  it('tells unknown speed and heading as NaN', () => {
    const picture = createPicture();
    picture.apply(createBundle([snapshot(1, 3, [7])]));
    expect([picture.speedMps[0], picture.headingDeg[0]]).toEqual([Number.NaN, Number.NaN]);
  });

  it('is stale by the older of both clocks, after three intervals', () => {
    const picture = createPicture();
    const unit = { handle: 7, fixTime: 100_000, lag: 5000, interval: 10 };
    picture.apply(createBundle([{ kind: SNAPSHOT, cell: 1, tick: 3, units: [unit] }]));
    expect([picture.isStale(0, 130_000), picture.isStale(0, 130_001)]).toEqual([false, true]);
    picture.apply(createBundle([{ kind: SNAPSHOT, cell: 1, tick: 4, units: [{ ...unit, lag: -5000 }] }]));
    expect([picture.isStale(0, 125_000), picture.isStale(0, 125_001)]).toEqual([false, true]);
  });

  it('replaces with a snapshot the units that are in the cell now, and no others', () => {
    const picture = createPicture();
    picture.apply(createBundle([snapshot(1, 3, [1, 2, 3]), snapshot(2, 3, [4])]));
    picture.apply(createBundle([snapshot(1, 5, [2, 9])]));
    expect(handlesOf(picture)).toEqual([2, 4, 9]);
  });

  it('keeps a unit that enters one cell and leaves another, in either order of the blocks', () => {
    for (const order of [0, 1]) {
      const picture = createPicture();
      picture.apply(createBundle([snapshot(1, 3, [7]), snapshot(2, 3, [])]));
      const blocks = [delta(1, 3, 4, [], [7]), delta(2, 3, 4, [7])];
      picture.apply(createBundle(order === 0 ? blocks : blocks.reverse()));
      expect(handlesOf(picture), `order ${order}`).toEqual([7]);
      // and it is cell 2 that it now leaves
      picture.apply(createBundle([delta(1, 4, 5, [], [7])]));
      expect(handlesOf(picture)).toEqual([7]);
      picture.apply(createBundle([delta(2, 4, 5, [], [7])]));
      expect(handlesOf(picture)).toEqual([]);
    }
  });

  it('keeps a unit that a snapshot of its old cell no longer has, once it is in another', () => {
    const picture = createPicture();
    picture.apply(createBundle([snapshot(1, 3, [7]), snapshot(2, 3, [])]));
    picture.apply(createBundle([delta(2, 3, 4, [7]), snapshot(1, 4, [])]));
    expect(handlesOf(picture)).toEqual([7]);
  });

  it('moves the last unit into a freed slot with all of its fields', () => {
    const picture = createPicture();
    const units = [1, 2, 3].map((handle) => ({
      handle,
      lon: 20 + handle,
      lat: 50 + handle,
      interval: handle,
      status: handle,
    }));
    picture.apply(createBundle([{ kind: SNAPSHOT, cell: 1, tick: 3, units }]));
    picture.apply(createBundle([delta(1, 3, 4, [], [1])]));
    const slot = picture.slotOf(3)!;
    expect(slot).toBe(0);
    expect([...picture.position.subarray(0, 2), picture.intervalS[slot], picture.status[slot]]).toEqual([23, 53, 3, 3]);
    expect(picture.slotOf(1)).toBeUndefined();
  });

  it('asks for all when a delta of a cell is lost, and is content with its snapshot', () => {
    const picture = createPicture();
    expect(resyncOf(picture.apply(createBundle([snapshot(1, 3, [1])])))).toBeUndefined();
    // 3 → 4 is lost
    expect(resyncOf(picture.apply(createBundle([delta(1, 4, 6, [2])])))).toBe('chain_broken');
    expect(resyncOf(picture.apply(createBundle([delta(1, 6, 7, [2])])))).toBe('chain_broken');
    expect(resyncOf(picture.apply(createBundle([snapshot(1, 7, [2])])))).toBeUndefined();
    expect(handlesOf(picture)).toEqual([2]);
  });

  it('asks for all when a delta comes for a cell that it never had', () => {
    expect(resyncOf(createPicture().apply(createBundle([delta(1, 0, 1, [2])])))).toBe('chain_broken');
  });

  it('notices by the digest that the last frame of a quiet cell was lost', () => {
    const picture = createPicture();
    picture.apply(createBundle([snapshot(1, 3, [1]), snapshot(2, 3, [2])]));
    expect(resyncOf(picture.apply(createBundle([], { digest: digest([1, 3], [2, 3]) })))).toBeUndefined();
    expect(resyncOf(picture.apply(createBundle([], { digest: digest([1, 3], [2, 4]) })))).toBe('digest_differs');
  });

  it('ignores bundles of another view, and what is cut off or not a bundle', () => {
    const picture = createPicture();
    picture.setView(2, false);
    const good = createBundle([snapshot(1, 3, [1])], { view: 2 });
    expect(picture.apply(createBundle([snapshot(1, 3, [1])], { view: 1 }))).toEqual({
      kind: 'ignored',
      reason: 'other_view',
    });
    for (let length = 0; length < good.length; length++)
      expect(picture.apply(good.subarray(0, length)), `${length} bytes`).toMatchObject({ kind: 'ignored' });
    const longer = new Uint8Array(good.length + 1);
    longer.set(good);
    expect(picture.apply(longer)).toEqual({ kind: 'ignored', reason: 'malformed' });
    expect(picture.length).toBe(0);
    expect(picture.apply(good).kind).toBe('applied');
  });

  it('reads a frame that does not begin at the start of its buffer', () => {
    const good = createBundle([snapshot(1, 3, [1])]);
    const shifted = new Uint8Array(good.length + 3);
    shifted.set(good, 3);
    const picture = createPicture();
    picture.apply(shifted.subarray(3));
    expect(handlesOf(picture)).toEqual([1]);
  });

  it('drops the cells that left the view when the hub names those that are in it', () => {
    const picture = createPicture();
    picture.apply(createBundle([snapshot(1, 3, [1]), snapshot(2, 3, [2])]));
    picture.confirmView(1, named(1, 2));
    // the view moves from cells 1, 2 to cells 2, 3: cell 3 comes, cell 2 goes on, cell 1 is out of it
    picture.setView(2, false);
    // a bundle of the view before that was on its way: a link in the chain of cell 2
    expect(resyncOf(picture.apply(createBundle([delta(2, 3, 4, [2])], { view: 1 })))).toBeUndefined();
    // the digest is over cells 2 and 3; cell 1 is still held, and nobody has said that it should not be
    expect(
      resyncOf(picture.apply(createBundle([snapshot(3, 4, [3])], { view: 2, digest: digest([2, 4], [3, 4]) }))),
    ).toBeUndefined();
    expect(handlesOf(picture)).toEqual([1, 2, 3]);
    picture.confirmView(2, named(2, 3));
    expect(handlesOf(picture)).toEqual([2, 3]);
    expect(
      resyncOf(picture.apply(createBundle([delta(2, 4, 5, [2])], { view: 2, digest: digest([2, 5], [3, 4]) }))),
    ).toBeUndefined();
    expect(picture.cellCount).toBe(2);
  });

  it('keeps the old picture after a lost connection until the first bundle of the new one', () => {
    const picture = createPicture();
    picture.apply(createBundle([snapshot(1, 300, [1, 2])]));
    picture.setView(2, true);
    expect(handlesOf(picture)).toEqual([1, 2]);
    picture.apply(createBundle([snapshot(1, 2, [2])], { view: 2 }));
    expect(handlesOf(picture)).toEqual([2]);
    expect(resyncOf(picture.apply(createBundle([delta(1, 2, 3, [2])], { view: 2 })))).toBeUndefined();
  });

  it('begins anew when the level changes', () => {
    const picture = createPicture();
    picture.apply(createBundle([snapshot(1, 3, [1])]));
    picture.setView(2, false);
    picture.apply(createBundle([snapshot(9, 3, [4])], { view: 2, level: 0 }));
    expect([handlesOf(picture), picture.cellCount]).toEqual([[4], 1]);
  });

  it('grows past its first capacity without losing anybody', () => {
    const picture = createPicture();
    const handles = Array.from({ length: 5000 }, (_, i) => i + 1);
    picture.apply(createBundle([snapshot(1, 3, handles)]));
    expect(handlesOf(picture)).toEqual(handles);
    expect(picture.slotOf(4321)).toBe(4320);
  });

  it('equals a picture that only ever got snapshots, over random moves, leaves and losses', () => {
    const seed = 20_261;
    let state = seed;
    const random = (n: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const CELLS = 5;
    const where = new Map<number, number>(); // the truth
    const tickOf = new Array<number>(CELLS).fill(0);
    const membersOf = (cell: number) => [...where].filter(([, at]) => at === cell).map(([handle]) => handle);
    const all = (tick: number) =>
      Array.from({ length: CELLS }, (_, cell) => {
        tickOf[cell] = tick;
        return snapshot(cell, tick, membersOf(cell));
      });
    const picture = createPicture();
    picture.apply(createBundle(all(1)));
    for (let tick = 2; tick < 400; tick++) {
      const enters = new Map<number, number[]>();
      const leaves = new Map<number, number[]>();
      for (let i = 0; i < 3; i++) {
        const handle = random(30);
        const from = where.get(handle);
        const to = random(CELLS + 1);
        if (from !== undefined && from !== to) leaves.set(from, [...(leaves.get(from) ?? []), handle]);
        if (to < CELLS) {
          where.set(handle, to);
          enters.set(to, [...(enters.get(to) ?? []), handle]);
        } else where.delete(handle);
      }
      const blocks: Block[] = [];
      for (const cell of new Set([...enters.keys(), ...leaves.keys()])) {
        // as the hub: a unit is in the delta of the cell where it is at the end of the tick
        const present = (enters.get(cell) ?? []).filter((handle) => where.get(handle) === cell);
        const gone = (leaves.get(cell) ?? []).filter((handle) => where.get(handle) !== cell);
        blocks.push(delta(cell, tickOf[cell]!, tick, present, gone));
        tickOf[cell] = tick;
      }
      if (random(2) === 0) blocks.reverse();
      if (random(10) === 0) continue; // lost on the way
      const told = digest(...tickOf.map((cellTick, cell) => [cell, cellTick] as const));
      if (resyncOf(picture.apply(createBundle(blocks, { digest: told }))) !== undefined)
        expect(resyncOf(picture.apply(createBundle(all(tick))))).toBeUndefined();
      const expected = [...where.keys()].sort((a, b) => a - b);
      expect(handlesOf(picture), `seed ${seed}, tick ${tick}`).toEqual(expected);
    }
  });
});
