/**
 * Both decoders of the crew protocol on broken input: mutations of golden frames, and rubbish. FUZZ_INPUTS sets how many for each decoder
 * (10 000 unless it says otherwise), FUZZ_SEED which ones.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom, type SeededRandom } from '../../../fixtures/world/seeded-random.js';
import {
  CLOSE_CODES,
  type CrewEvent,
  DEVICE_FLAGS,
  type FixItem,
  type ItemSink,
  LANE_COUNT,
  LIMITS,
  type RejectedItem,
  TEXT_UNITS,
} from './crew.js';
import { readHead, readItems } from './crew-binary.js';
import { readJson, readJsonItems } from './crew-json.js';
import { UNIT_STATUSES } from './status.js';

const INPUTS = Number(process.env.FUZZ_INPUTS ?? 10_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_101);
const TIME_LIMIT_MS = 60_000 + INPUTS;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const folder = fileURLToPath(new URL('../../../fixtures/golden/crew/', import.meta.url));
const goldens = (ending: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(`${folder}${file}`, 'utf8'));
const BINARY = goldens('.hex').map((hex) => Buffer.from(hex.replaceAll('\n', ''), 'hex'));
const HELLO =
  '{"type":"hello","version":1,"epoch":"8c0f3a5be1d24796","encoding":"binary","firstHeld":{"live":4711,"alarm":18}}';
const JSON_TEXTS = [
  HELLO,
  ...goldens('.json').flatMap((text) => {
    const golden = JSON.parse(text) as { message?: object; text?: string };
    return golden.message === undefined ? (golden.text ?? []) : JSON.stringify(golden.message);
  }),
];

/** Judges what a decoder hands over; throws with what is wrong of it. */
class StrictSink implements ItemSink {
  items = 0;
  #next = 0;
  #bytes = 0;
  #most = 0;

  /** Before a frame whose first item has this seq and that is so long. */
  begin(firstSeq: number, frameBytes: number): void {
    this.items = 0;
    this.#next = firstSeq;
    this.#bytes = 0;
    this.#most = frameBytes;
  }

  #follows(seq: number): void {
    if (seq !== this.#next++) throw new Error(`seq ${seq}; ${this.#next - 1} expected`);
    if (++this.items > LIMITS.frameItems) throw new Error(`${this.items} items`);
  }

  /** What is kept of a frame is no longer than the frame: a byte of bad UTF-8 becomes three at most. */
  #keeps(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > 3 * this.#most) throw new Error(`${this.#bytes} bytes kept of ${this.#most}`);
  }

  fix(seq: number, fix: FixItem): void {
    this.#follows(seq);
    const { fixTime, lonE7, latE7, speedCmps, headingCdeg, accuracyDm, altitudeM, flags } = fix;
    const within = (value: number | null, least: number, most: number) =>
      value === null || (Number.isInteger(value) && value >= least && value <= most);
    const good =
      within(fixTime, 0, 2 ** 48 - 1) &&
      within(lonE7, -1.8e9, 1.8e9) &&
      within(latE7, -0.9e9, 0.9e9) &&
      within(speedCmps, 0, 65_534) &&
      within(headingCdeg, 0, 35_999) &&
      within(accuracyDm, 0, 65_534) &&
      within(altitudeM, -32_767, 32_767) &&
      within(flags, 0, DEVICE_FLAGS);
    if (!good) throw new Error(`fix ${JSON.stringify(fix)}`);
  }

  event(seq: number, event: CrewEvent): void {
    this.#follows(seq);
    const { kind, time, lonE7, latE7 } = event;
    if (!(Number.isInteger(time) && time >= 0 && time < 2 ** 48)) throw new Error(`time ${time}`);
    if ((lonE7 === null) !== (latE7 === null)) throw new Error('half a place');
    if (lonE7 !== null && !(Math.abs(lonE7) <= 1.8e9 && Math.abs(latE7!) <= 0.9e9)) throw new Error('a place outside');
    if (kind === 'status' && !UNIT_STATUSES.includes(event.status)) throw new Error(`status ${event.status}`);
    // an id is one that stands in the frame, or none: nothing is made of another's
    if ('assignmentId' in event && event.assignmentId !== null && !UUID.test(event.assignmentId))
      throw new Error(`id ${event.assignmentId}`);
    if ('text' in event) {
      if (event.text.length > TEXT_UNITS || event.text.includes('\0') || !event.text.isWellFormed())
        throw new Error('a text that no table holds');
      this.#keeps(Buffer.byteLength(event.text));
    }
  }

  rejected(seq: number, { raw }: RejectedItem): void {
    this.#follows(seq);
    this.#keeps(raw.length);
  }
}

const pick = (random: SeededRandom, from: readonly number[]) => from[random.below(from.length)]!;

/** One or a few changes of a frame's bytes, or bytes of no sense at all. */
function brokenBytes(random: SeededRandom): Uint8Array {
  if (random.chance(0.05)) return Uint8Array.from({ length: random.below(200) }, () => random.below(256));
  let bytes = Buffer.from(random.pick(BINARY));
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(bytes.length + 1);
    switch (random.below(6)) {
      case 0:
        if (at < bytes.length) bytes[at] = random.below(256);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = pick(random, [0, 1, 2, 127, 128, 254, 255]);
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          Buffer.alloc(random.below(40), random.below(256)),
          bytes.subarray(at),
        ]);
        break;
      case 4: {
        const other = random.pick(BINARY);
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length))]);
        break;
      }
      case 5: // the count, or the length of the first event
        if (bytes.length >= 10) bytes.writeUInt16LE(random.below(1100), pick(random, [2, 8]));
    }
  }
  return bytes;
}

const TOKENS = [
  'null',
  'true',
  '-1',
  '1e400',
  '-0',
  '0.1',
  '9007199254740993',
  '281474976710656',
  '181',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '[]',
  '{}',
  '[[[[',
  '}}',
  ',',
  ':',
  '"lon"',
  '"lat"',
  '"time"',
  '"kind"',
  '"sos"',
  '"status"',
  '"assignmentId"',
  '"__proto__"',
  '"019b76da-a800-7cc3-98c4-dc0c0c07398f"',
];

function brokenText(random: SeededRandom): string {
  let text = random.pick(JSON_TEXTS);
  for (let n = 1 + random.below(4); n > 0; n--) {
    const at = random.below(text.length + 1);
    const to = Math.min(text.length, at + random.below(30));
    switch (random.below(6)) {
      case 0:
        text = text.slice(0, at) + random.pick(TOKENS) + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(to);
        break;
      case 2:
        text = text.slice(0, to) + text.slice(at);
        break;
      case 3: {
        // a whole value for another: what is still JSON gets further in
        const values = [...text.matchAll(/(?<=:)("(?:[^"\\]|\\.)*"|-?[\d.e+]+|true|false|null)/gi)];
        if (values.length === 0) break;
        const value = values[random.below(values.length)]!;
        text = text.slice(0, value.index) + random.pick(TOKENS) + text.slice(value.index + value[0].length);
        break;
      }
      case 4:
        text =
          text.slice(0, at) + String.fromCharCode(random.below(random.chance(0.5) ? 128 : 65_536)) + text.slice(at + 1);
        break;
      case 5:
        text = text.replace(/"seq":\d+/, `"seq":${pick(random, [0, -1, 1.5, 2 ** 32 - 1, 2 ** 32, 1e300])}`);
    }
  }
  return text;
}

describe('T57 broken input', () => {
  it(
    `of ${INPUTS} binary frames none throws, keeps more than it holds, or makes what cannot be (seed ${SEED})`,
    () => {
      const random = createRandom(SEED, 'crew binary');
      const sink = new StrictSink();
      let [items, errors] = [0, 0];
      for (let n = 0; n < INPUTS; n++) {
        const bytes = brokenBytes(random);
        try {
          const view = new DataView(Uint8Array.from(bytes).buffer);
          const head = readHead(view);
          if ('kind' in head) {
            errors++;
            if (!(head.code in CLOSE_CODES)) throw new Error(`code ${head.code}`);
            continue;
          }
          if (!(head.lane >= 0 && head.lane < LANE_COUNT)) throw new Error(`lane ${head.lane}`);
          sink.begin(head.firstSeq, bytes.length);
          readItems(view, head, head.firstSeq, sink);
          if (sink.items !== head.count) throw new Error(`${sink.items} items of ${head.count}`);
          items += sink.items;
        } catch (error) {
          expect.fail(`seed ${SEED}, input ${n}, ${Buffer.from(bytes).toString('hex')}: ${(error as Error).stack}`);
        }
      }
      // both ways were walked: it is no test of one early return
      expect(Math.min(items, errors)).toBeGreaterThan(INPUTS / 20);
    },
    TIME_LIMIT_MS,
  );

  it(
    `of ${INPUTS} JSON frames none throws, keeps more than it holds, or makes what cannot be (seed ${SEED})`,
    () => {
      const random = createRandom(SEED, 'crew json');
      const sink = new StrictSink();
      let [items, errors, hellos] = [0, 0, 0];
      for (let n = 0; n < INPUTS; n++) {
        const text = brokenText(random);
        try {
          const frame = readJson(text);
          switch (frame.kind) {
            case 'error':
              errors++;
              if (!(frame.code in CLOSE_CODES)) throw new Error(`code ${frame.code}`);
              break;
            case 'hello':
              hellos++;
              if (!/^[0-9a-f]{16}$/.test(frame.hello.epoch)) throw new Error(`epoch ${frame.hello.epoch}`);
              if (!frame.hello.firstHeld.every((seq) => Number.isInteger(seq) && seq > 0)) throw new Error('firstHeld');
              break;
            case 'items':
              sink.begin(frame.head.firstSeq, Buffer.byteLength(text));
              readJsonItems(frame, frame.head.firstSeq, sink);
              if (sink.items !== frame.head.count) throw new Error(`${sink.items} items of ${frame.head.count}`);
              items += sink.items;
          }
        } catch (error) {
          expect.fail(`seed ${SEED}, input ${n}, ${JSON.stringify(text)}: ${(error as Error).stack}`);
        }
      }
      expect(Math.min(items, errors, hellos)).toBeGreaterThan(INPUTS / 500);
    },
    TIME_LIMIT_MS,
  );
});
