import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CrewEvent as ClientEvent,
  encodeBinary,
  encodeJson,
  type Fix,
  type ItemFrame,
} from '../../../fixtures/crew-client/index.js';
import { CLOSE_CODES, type CrewEvent, type FixItem, type ItemErrorCode, LANES, LIMITS } from './crew.js';
import { readHead, readItems, writeAck } from './crew-binary.js';
import { readJson, readJsonItems } from './crew-json.js';
import { UNIT_STATUSES } from './status.js';

type Read =
  | { readonly seq: number; readonly fix: FixItem }
  | { readonly seq: number; readonly event: CrewEvent }
  | { readonly seq: number; readonly rejected: ItemErrorCode };

interface Understood {
  readonly lane?: string;
  readonly items?: Read[];
  readonly error?: string;
}

/** Copies what a sink is given, because the decoder reuses its objects. */
function collect(): { items: Read[]; sink: Parameters<typeof readItems>[3] } {
  const items: Read[] = [];
  return {
    items,
    sink: {
      fix: (seq, fix) => items.push({ seq, fix: { ...fix } }),
      event: (seq, event) => items.push({ seq, event: { ...event } }),
      rejected: (seq, { code }) => items.push({ seq, rejected: code }),
    },
  };
}

/** As the hub does: a view over exactly the frame's own buffer. */
function understandBytes(bytes: Uint8Array, fromSeq?: number): Understood {
  const view = new DataView(Uint8Array.from(bytes).buffer);
  const head = readHead(view);
  if ('kind' in head) return { error: head.code };
  const { items, sink } = collect();
  readItems(view, head, fromSeq ?? head.firstSeq, sink);
  return { lane: LANES[head.lane], items };
}

function understandText(text: string, fromSeq?: number): Understood {
  const frame = readJson(text);
  if (frame.kind === 'error') return { error: frame.code };
  if (frame.kind === 'hello') return { items: [] };
  const { items, sink } = collect();
  readJsonItems(frame, fromSeq ?? frame.head.firstSeq, sink);
  return { lane: LANES[frame.head.lane], items };
}

const folder = fileURLToPath(new URL('../../../fixtures/golden/crew/', import.meta.url));
const goldens = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const hexFile = `${folder}${file.replace('.json', '.hex')}`;
    const golden = JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as {
      message?: { lane: string };
      text?: string;
      items?: unknown[];
      error?: string;
      acks?: { lane: 'live' | 'backlog' | 'alarm'; durable: number }[];
    };
    const hex = golden.text === undefined ? readFileSync(hexFile, 'utf8').replaceAll('\n', '') : undefined;
    return { name: file.replace('.json', ''), hex, ...golden };
  });

describe('golden files', () => {
  it('there are some of every sort', () => {
    expect(goldens.filter(({ message }) => message).length).toBeGreaterThan(8);
    expect(goldens.filter(({ error }) => error).length).toBeGreaterThan(8);
    expect(goldens.filter(({ acks }) => acks).length).toBeGreaterThan(1);
  });

  it.each(goldens.filter(({ acks }) => acks === undefined))('$name is read as it says', (golden) => {
    const { hex, message, text, items, error } = golden;
    const expected = error === undefined ? items : undefined;
    const check = (understood: Understood) => {
      expect(understood.error).toBe(error);
      expect(understood.items).toEqual(expected);
      if (message !== undefined) expect(understood.lane).toBe(message.lane);
    };
    if (hex !== undefined) check(understandBytes(Buffer.from(hex, 'hex')));
    if (message !== undefined) check(understandText(JSON.stringify(message)));
    if (text !== undefined) check(understandText(text));
  });

  it.each(goldens.filter(({ acks }) => acks !== undefined))('$name is written so', ({ acks, hex }) => {
    const lanes = acks!.map(({ lane, durable }) => ({ lane: LANES.indexOf(lane), durable }));
    expect(Buffer.from(writeAck(lanes)).toString('hex')).toBe(hex);
  });
});

// what any device may say

const place = {
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
};
const time = fc.integer({ min: 0, max: 0xffff_ffff_ffff });
const seq = fc.integer({ min: 1, max: 0xffff_ffff - LIMITS.frameItems });
const quantity = (min: number, max: number) =>
  fc.oneof(fc.double({ min, max, noNaN: true }), fc.constant(null), fc.constant(undefined));
const fixArbitrary: fc.Arbitrary<Fix> = fc.record({
  time,
  ...place,
  speedMps: quantity(0, 655),
  headingDeg: quantity(0, 360),
  accuracyM: quantity(0, 6553),
  altitudeM: quantity(-32_767, 32_767),
  moving: fc.boolean(),
  ignition: fc.boolean(),
  enteredByHand: fc.boolean(),
  estimated: fc.boolean(),
});
const maybePlace = fc.option(fc.record(place), { nil: undefined });
const text = fc.string({ unit: 'binary', maxLength: 60 });
const eventArbitrary: fc.Arbitrary<ClientEvent> = fc
  .tuple(
    time,
    maybePlace,
    fc.oneof(
      fc.record({
        kind: fc.constant('status' as const),
        status: fc.constantFrom(...UNIT_STATUSES),
        assignmentId: fc.option(fc.uuid(), { nil: undefined }),
      }),
      fc.record({ kind: fc.constant('sos' as const), text: fc.option(text, { nil: undefined }) }),
      fc.record({ kind: fc.constant('message' as const), text }),
      fc.record({ kind: fc.constant('receipt' as const), assignmentId: fc.uuid() }),
    ),
  )
  .map(([at, where, body]) => ({ time: at, ...where, ...body }));

const frameArbitrary: fc.Arbitrary<ItemFrame> = fc.oneof(
  fc.record({
    type: fc.constant('fixes' as const),
    lane: fc.constantFrom(...LANES),
    seq,
    items: fc.array(fixArbitrary, { minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    type: fc.constant('events' as const),
    lane: fc.constantFrom(...LANES),
    seq,
    items: fc.array(eventArbitrary, { minLength: 1, maxLength: 20 }),
  }),
);

/** Half of the last digit of each quantity, and the noise of one multiplication. */
const HALF = 0.5 + 1e-6;

function expectFix(fix: FixItem, said: Fix): void {
  const near = (got: number | null, value: number | null | undefined, scale: number) => {
    if (value === null || value === undefined) expect(got).toBeNull();
    else expect(Math.abs(got! - value * scale)).toBeLessThanOrEqual(HALF);
  };
  expect(fix.fixTime).toBe(said.time);
  near(fix.lonE7, said.lon, 1e7);
  near(fix.latE7, said.lat, 1e7);
  near(fix.speedCmps, said.speedMps, 100);
  near(fix.accuracyDm, said.accuracyM, 10);
  near(fix.altitudeM, said.altitudeM, 1);
  if (said.headingDeg === null || said.headingDeg === undefined) expect(fix.headingCdeg).toBeNull();
  else {
    const off = Math.abs(fix.headingCdeg! - said.headingDeg * 100);
    expect(Math.min(off, 36_000 - off)).toBeLessThanOrEqual(HALF); // 360 is north
    expect(fix.headingCdeg).toBeLessThan(36_000);
  }
  const flags = [said.moving, said.ignition, said.enteredByHand, said.estimated];
  expect(fix.flags).toBe(flags.reduce((bits, flag, i) => bits | (flag ? 1 << i : 0), 0));
}

function expectEvent(event: CrewEvent, said: ClientEvent): void {
  expect(event.kind).toBe(said.kind);
  expect(event.time).toBe(said.time);
  if (said.lon === undefined) expect([event.lonE7, event.latE7]).toEqual([null, null]);
  else {
    expect(Math.abs(event.lonE7! - said.lon * 1e7)).toBeLessThanOrEqual(HALF);
    expect(Math.abs(event.latE7! - said.lat! * 1e7)).toBeLessThanOrEqual(HALF);
  }
  if (event.kind === 'sos' || event.kind === 'message')
    expect(event.text).toBe(((said as { text?: string }).text ?? '').replaceAll('\0', '').toWellFormed());
  if (event.kind === 'status') expect(event.status).toBe((said as { status: string }).status);
  if (event.kind === 'status' || event.kind === 'receipt')
    expect(event.assignmentId).toBe((said as { assignmentId?: string }).assignmentId ?? null);
}

function expectUnderstood({ error, lane, items }: Understood, frame: ItemFrame): void {
  expect(error).toBeUndefined();
  expect(lane).toBe(frame.lane);
  expect(items!.map((item) => item.seq)).toEqual(frame.items.map((_, i) => frame.seq + i));
  for (const [i, item] of items!.entries()) {
    if ('fix' in item) expectFix(item.fix, frame.items[i] as Fix);
    else if ('event' in item) expectEvent(item.event, frame.items[i] as ClientEvent);
    else expect.fail(`item ${i} was rejected: ${item.rejected}`);
  }
}

describe('what the client writes, the hub reads within half a last digit', () => {
  it('in binary', () => {
    fc.assert(fc.property(frameArbitrary, (frame) => expectUnderstood(understandBytes(encodeBinary(frame)), frame)));
  });

  it('in JSON', () => {
    fc.assert(fc.property(frameArbitrary, (frame) => expectUnderstood(understandText(encodeJson(frame)), frame)));
  });

  it('and the same in both', () => {
    fc.assert(
      fc.property(frameArbitrary, (frame) => {
        expect(understandText(encodeJson(frame)).items).toEqual(understandBytes(encodeBinary(frame)).items);
      }),
    );
  });

  it('from any seq on', () => {
    fc.assert(
      fc.property(frameArbitrary, fc.nat(25), (frame, skip) => {
        const from = frame.seq + skip;
        const whole = understandBytes(encodeBinary(frame)).items!;
        const expected = whole.filter((item) => item.seq >= from);
        expect(understandBytes(encodeBinary(frame), from).items).toEqual(expected);
        expect(understandText(encodeJson(frame), from).items).toEqual(expected);
      }),
    );
  });
});

// what nobody should say

/** Every outcome is items, each with its own seq, or an error with a close code; nothing is thrown. */
function expectBounded({ error, items }: Understood): void {
  if (error !== undefined) {
    expect(CLOSE_CODES).toHaveProperty(error);
    expect(items).toBeUndefined();
    return;
  }
  expect(items!.length).toBeLessThanOrEqual(LIMITS.frameItems);
  for (const [i, item] of items!.entries()) {
    expect(item.seq).toBe(items![0]!.seq + i);
    if ('fix' in item) {
      expect(Math.abs(item.fix.lonE7)).toBeLessThanOrEqual(1_800_000_000);
      expect(Math.abs(item.fix.latE7)).toBeLessThanOrEqual(900_000_000);
      expect(Object.values(item.fix).every((value) => value === null || Number.isInteger(value))).toBe(true);
    }
    if ('event' in item && 'text' in item.event) {
      expect(item.event.text).not.toContain('\0');
      expect(item.event.text.isWellFormed()).toBe(true);
    }
  }
}

describe('garbage', () => {
  const head = fc.record({ type: fc.constantFrom(1, 2), lane: fc.nat(3), count: fc.nat(4), firstSeq: fc.nat(3) });

  it('of random bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => expectBounded(understandBytes(bytes))),
      { numRuns: 500 },
    );
  });

  it('behind a plausible head never throws', () => {
    fc.assert(
      fc.property(
        head,
        fc.uint8Array({ minLength: 24, maxLength: 24 * 4 }),
        ({ type, lane, count, firstSeq }, body) => {
          const bytes = Uint8Array.of(type, lane, count, 0, firstSeq, 0, 0, 0, ...body.subarray(0, count * 24));
          expectBounded(understandBytes(bytes));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('inside events whose lengths are right never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 5 }), (bodies) => {
        const bytes = [2, 2, bodies.length, 0, 1, 0, 0, 0];
        for (const body of bodies) bytes.push(body.length, 0, ...body);
        const understood = understandBytes(Uint8Array.from(bytes));
        expect(understood.items).toHaveLength(bodies.length);
        expectBounded(understood);
      }),
      { numRuns: 1000 },
    );
  });

  it('made of a good frame with bytes changed never throws', () => {
    fc.assert(
      fc.property(frameArbitrary, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), (frame, changes) => {
        const bytes = encodeBinary(frame);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        expectBounded(understandBytes(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('in JSON never throws', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (json) => expectBounded(understandText(json))),
      { numRuns: 500 },
    );
  });

  it('as items of a JSON frame becomes an item each', () => {
    const key = fc.constantFrom('time', 'lon', 'lat', 'speedMps', 'kind', 'status', 'text', 'assignmentId', 'moving');
    const value = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom(...UNIT_STATUSES, 'status', 'sos', 'receipt'));
    const items = fc.array(fc.oneof(fc.jsonValue(), fc.dictionary(key, value)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.constantFrom('fixes', 'events'), items, (type, list) => {
        const understood = understandText(JSON.stringify({ type, lane: 'live', seq: 1, items: list }));
        expect(understood.items).toHaveLength(list.length);
        expectBounded(understood);
      }),
      { numRuns: 1000 },
    );
  });

  it('nested as deeply as a frame allows becomes an item or an error', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    expect(understandText(`{"type":"fixes","lane":"live","seq":1,"items":[${deep}]}`).items).toEqual([
      { seq: 1, rejected: 'item_malformed' },
    ]);
    expect(understandText(`{"type":${deep}}`).error).toBe('frame_unknown');
  });
});

describe('hello', () => {
  const hello = { type: 'hello', version: 1, epoch: '00ff00ff00ff00ff', encoding: 'binary' };

  it('counts from 1 where nothing is said of what is held', () => {
    expect(readJson(JSON.stringify(hello))).toEqual({
      kind: 'hello',
      hello: { version: 1, epoch: '00ff00ff00ff00ff', encoding: 'binary', firstHeld: [1, 1, 1] },
    });
    expect(readJson(JSON.stringify({ ...hello, firstHeld: { alarm: 9 } }))).toMatchObject({
      hello: { firstHeld: [1, 1, 9] },
    });
  });

  it.each([
    ['an epoch that is too short', { epoch: '00ff' }],
    ['an epoch in capitals', { epoch: '00FF00FF00FF00FF' }],
    ['an encoding that there is not', { encoding: 'xml' }],
    ['a first held seq of 0', { firstHeld: { live: 0 } }],
  ])('with %s is malformed', (_, wrong) => {
    expect(readJson(JSON.stringify({ ...hello, ...wrong }))).toMatchObject({ kind: 'error', code: 'frame_malformed' });
  });
});

it('no two errors share a close code, and all are in the range of applications', () => {
  const codes = Object.values(CLOSE_CODES);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code >= 4000 && code <= 4999).toBe(true);
});
