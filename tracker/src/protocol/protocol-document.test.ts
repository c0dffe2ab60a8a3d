/** PROTOCOL.md is executed: its examples are read by the hub's decoders and by the client's, and its tables hold the code's numbers. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decodeAcks, decodeMessage } from '../../../fixtures/crew-client/index.js';
import { cloudEvent } from '../feed/event.js';
import { CLOSE_CODES, type CrewEvent, type FixItem, LANES, type Lane, LIMITS } from './crew.js';
import { readHead, readItems, writeAck } from './crew-binary.js';
import { readJson, readJsonItems } from './crew-json.js';
import { BLOCK, BUNDLE, BUNDLE_TYPE, DELTA, digestOf, HAS_DIGEST, LIVE_LEVELS, TICK_MS, UNIT } from './live-frame.js';
import { UNIT_STATUSES } from './status.js';

const text = readFileSync(fileURLToPath(new URL('../../PROTOCOL.md', import.meta.url)), 'utf8');

const ITEM_FRAMES = ['fix-single', 'event-status', 'event-sos', 'event-two'];
const HUB_MESSAGES = ['hello', 'resume', 'assignment', 'cancel', 'message', 'config', 'outcome', 'error'].map(
  (type) => `hub-${type}`,
);

interface Block {
  readonly language: 'hex' | 'json';
  readonly name: string;
  readonly body: string;
}

const blocks: Block[] = [...text.matchAll(/^```(hex|json) name=(\S+)\n([\s\S]*?)^```$/gm)].map((match) => ({
  language: match[1] as Block['language'],
  name: match[2]!,
  body: match[3]!,
}));
const named = (language: Block['language'], name: string): string => {
  const block = blocks.find((each) => each.language === language && each.name === name);
  if (block === undefined) throw new Error(`PROTOCOL.md has no ${language} example ${name}`);
  return block.body;
};
const hexOf = (name: string) => named('hex', name).replaceAll(/\s/g, '');
const viewOf = (name: string) => new DataView(Uint8Array.from(Buffer.from(hexOf(name), 'hex')).buffer);
const jsonOf = (name: string) => JSON.parse(named('json', name));

/** Cells of the rows of the table whose header row begins so. */
function table(header: string): string[][] {
  const from = text.indexOf(`\n| ${header}`);
  if (from < 0) throw new Error(`PROTOCOL.md has no table ${header}`);
  const rows = text.slice(from + 1).split('\n');
  const end = rows.findIndex((row) => !row.startsWith('|'));
  return rows.slice(2, end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function collect() {
  const items: ({ seq: number } & ({ fix: FixItem } | { event: CrewEvent } | { rejected: string }))[] = [];
  const sink = {
    fix: (seq: number, fix: FixItem) => void items.push({ seq, fix: { ...fix } }),
    event: (seq: number, event: CrewEvent) => void items.push({ seq, event }),
    rejected: (seq: number, { code }: { code: string }) => void items.push({ seq, rejected: code }),
  };
  return { items, sink };
}

describe('the examples', () => {
  it('all have a name and are executed below', () => {
    expect(text.match(/^```(hex|json)/gm)).toHaveLength(blocks.length);
    const executed = [...ITEM_FRAMES, ...HUB_MESSAGES, 'hello', 'ack', 'bundle', 'cloud-event'];
    expect([...new Set(blocks.map(({ name }) => name))].sort()).toEqual(executed.sort());
    const keys = blocks.map(({ language, name }) => `${language} ${name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(ITEM_FRAMES)('%s is the same in hex and in JSON', (name) => {
    const view = viewOf(name);
    const head = readHead(view);
    if ('kind' in head) return expect.fail(`the hub refuses the bytes: ${head.code}, ${head.detail}`);
    const fromHex = collect();
    readItems(view, head, head.firstSeq, fromHex.sink);
    const frame = readJson(named('json', name));
    if (frame.kind !== 'items') return expect.fail(`the hub does not take the JSON for items: ${frame.kind}`);
    const fromJson = collect();
    readJsonItems(frame, frame.head.firstSeq, fromJson.sink);
    expect(fromHex.items).toHaveLength(head.count);
    expect(fromHex.items.filter((item) => 'rejected' in item)).toEqual([]);
    expect(fromJson.items).toEqual(fromHex.items);
    expect(frame.head).toEqual(head);
  });

  it.each(ITEM_FRAMES)('%s is the golden file of that name', (name) => {
    const golden = readFileSync(
      fileURLToPath(new URL(`../../../fixtures/golden/crew/${name}.hex`, import.meta.url)),
      'utf8',
    );
    expect(hexOf(name)).toBe(golden.replaceAll(/\s/g, ''));
  });

  it('hello is one that the hub takes', () => {
    const { epoch } = jsonOf('hello');
    expect(readJson(named('json', 'hello'))).toEqual({
      kind: 'hello',
      hello: { version: 1, epoch, encoding: 'binary', firstHeld: [4711, 1, 18] },
    });
  });

  it('the ack is written so by the hub, and read so by the client', () => {
    const { durable } = jsonOf('ack') as { durable: Record<Lane, number> };
    const lanes = (Object.keys(durable) as Lane[]).map((lane) => ({ lane, durable: durable[lane] }));
    const written = writeAck(lanes.map(({ lane, durable: seq }) => ({ lane: LANES.indexOf(lane), durable: seq })));
    expect(Buffer.from(written).toString('hex')).toBe(hexOf('ack'));
    expect(decodeAcks(Buffer.from(hexOf('ack'), 'hex'))).toEqual(lanes);
    expect(decodeMessage(named('json', 'ack'))).toEqual(jsonOf('ack'));
  });

  it.each(HUB_MESSAGES)('%s is a message that the client knows', (name) => {
    expect(decodeMessage(named('json', name))).toEqual(jsonOf(name));
    expect(name).toBe(`hub-${jsonOf(name).type}`);
  });

  it('the limits and the error of the examples are the hub’s', () => {
    expect(jsonOf('hub-hello').limits).toEqual(LIMITS);
    expect(CLOSE_CODES).toHaveProperty(jsonOf('hub-error').code);
    expect(UNIT_STATUSES).toContain(jsonOf('hub-hello').unit.status);
    for (const status of jsonOf('hub-outcome').allowed) expect(UNIT_STATUSES).toContain(status);
  });

  it('the bundle is read as its twin says, and its digest is that of its cell', () => {
    const bundle = readBundle(viewOf('bundle'));
    expect(bundle).toEqual(jsonOf('bundle'));
    const [block] = bundle.blocks;
    const cell = BigInt(`0x${block!.cell}`);
    expect(bundle.digest).toBe(digestOf(Number(cell & 0xffff_ffffn), Number(cell >> 32n), block!.tick));
  });

  it('the CloudEvent is what the feed makes of an event', () => {
    const { id, type, data, time } = jsonOf('cloud-event');
    const made = cloudEvent({
      position: 1234,
      id,
      type,
      agencyId: '019b76da-a800-7cc3-98c4-dc0c0c073994',
      concerned: [],
      aggregate: { kind: 'unit', id: data.unitId, version: 5 },
      data,
      at: Date.parse(time),
      recordedAt: 0,
    });
    expect(made).toEqual(jsonOf('cloud-event'));
  });
});

describe('the tables', () => {
  it('name every error with its close code, and no other', () => {
    const rows = table('code | close').map(([code, close]) => [code!.replaceAll('`', ''), Number(close)]);
    expect(Object.fromEntries(rows)).toEqual(CLOSE_CODES);
  });

  it('name every limit with its value', () => {
    const rows = table('name | value').map(([name, value]) => [name!.replaceAll('`', ''), Number(value)]);
    expect(Object.fromEntries(rows)).toEqual(LIMITS);
  });

  it('number the lanes', () => {
    const rows = table('lane | number').map(([lane, number]) => [lane!.replaceAll('`', ''), Number(number)]);
    expect(rows).toEqual(LANES.map((lane, i) => [lane, i]));
  });

  it('list the statuses in the order of their codes', () => {
    const list = /^Statuses: ([\s\S]*?)\.$/m.exec(text)![1]!;
    expect([...list.matchAll(/`(\w+)`/g)].map((match) => match[1])).toEqual([...UNIT_STATUSES]);
  });

  it('give the offsets of live frames', () => {
    const offsets = (header: string) =>
      table(header).flatMap(([offset]) => offset!.split(',').map((each) => Number(each)));
    const { headBytes: bundleBytes, ...bundle } = BUNDLE;
    const { headBytes: blockBytes, ...block } = BLOCK;
    const { bytes: unitBytes, ...unit } = UNIT;
    expect(offsets(`offset | type | bundle head, ${bundleBytes} bytes`)).toEqual(Object.values(bundle));
    expect(offsets(`offset | type | block head, ${blockBytes} bytes`)).toEqual(Object.values(block));
    expect(offsets(`offset | type | unit record, ${unitBytes} bytes`)).toEqual(Object.values(unit));
  });

  it('give the levels with their intervals', () => {
    expect(text).toContain(`\`${LIVE_LEVELS[0]}\`, \`${LIVE_LEVELS[1]}\` or \`${LIVE_LEVELS[2]}\``);
    expect(text.replaceAll('\n', ' ')).toContain(`bundles every ${TICK_MS[0]}, ${TICK_MS[1]} and ${TICK_MS[2]} ms`);
  });
});

/** A reader by the layout constants; only as strict as the example needs. */
function readBundle(view: DataView) {
  expect(view.getUint8(BUNDLE.type)).toBe(BUNDLE_TYPE);
  expect(view.getUint8(BUNDLE.flags)).toBe(HAS_DIGEST);
  let at: number = BUNDLE.headBytes;
  const found = Array.from({ length: view.getUint32(BUNDLE.blocks, true) }, () => {
    const head = at;
    at += BLOCK.headBytes;
    const units = Array.from({ length: view.getUint32(head + BLOCK.units, true) }, () => {
      const unit = at;
      at += UNIT.bytes;
      return {
        handle: view.getUint32(unit + UNIT.handle, true),
        lonE7: view.getInt32(unit + UNIT.lon, true),
        latE7: view.getInt32(unit + UNIT.lat, true),
        speedCmps: view.getUint16(unit + UNIT.speed, true),
        headingCdeg: view.getUint16(unit + UNIT.heading, true),
        fixTime: view.getFloat64(unit + UNIT.fixTime, true),
        lagMs: view.getInt32(unit + UNIT.lag, true),
        status: UNIT_STATUSES[view.getUint8(unit + UNIT.status)],
        flags: view.getUint8(unit + UNIT.flags),
        intervalS: view.getUint16(unit + UNIT.interval, true),
      };
    });
    const leaves = Array.from({ length: view.getUint32(head + BLOCK.leaves, true) }, () => {
      at += 4;
      return view.getUint32(at - 4, true);
    });
    return {
      kind: view.getUint8(head + BLOCK.kind) === DELTA ? 'delta' : 'snapshot',
      cell: view.getBigUint64(head + BLOCK.cell, true).toString(16),
      prevTick: view.getUint32(head + BLOCK.prevTick, true),
      tick: view.getUint32(head + BLOCK.tick, true),
      units,
      leaves,
    };
  });
  expect(at).toBe(view.byteLength);
  return {
    level: LIVE_LEVELS[view.getUint8(BUNDLE.level)],
    view: view.getUint32(BUNDLE.view, true),
    time: view.getFloat64(BUNDLE.time, true),
    digest: view.getUint32(BUNDLE.digest, true),
    blocks: found,
  };
}
