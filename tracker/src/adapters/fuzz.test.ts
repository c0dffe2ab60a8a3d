/**
 * Every decoder on broken input: mutations of what clients send, and rubbish. FUZZ_INPUTS sets how many for each decoder (10 000 unless it
 * says otherwise), FUZZ_SEED which ones.
 */
import { describe, expect, it } from 'vitest';
import type { CrewEvent, FixItem } from '../protocol/crew.js';
import { NAME_UNITS } from './foreign-values.js';
import { geoPos } from './geo-pos.js';
import { gpslogger } from './gpslogger.js';
import { type Adapter, type AdapterRequest, type Decoded, MAX_MESSAGES } from './message.js';
import { osmand } from './osmand.js';
import { overland } from './overland.js';
import { owntracks } from './owntracks.js';

const INPUTS = Number(process.env.FUZZ_INPUTS ?? 10_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_101);
const NOW = 1_767_225_600_000;

/** Who sends; and somebody else, whose name stands in fields that name nobody. */
const OWN = 'q3J9vXo1-own-token-K7_tTz0aBcDeFgHiJkLmNoPqRs';
const OTHER = 'zz81mQw4-other-token-P2_yYx9aBcDeFgHiJkLmNo';
/** What stands before a part of a name: the field that holds it, of a query or of JSON, and as much of the name as comes first. */
const NAMING =
  /(?:(?:^|&)(?:id|deviceid|u|d)=[^&]*|"(?:device_id|uniqueId|topic|tid|resourceId)"\s*:\s*"(?:[^"\\]|\\.)*)$/i;

type Input = Pick<AdapterRequest, 'query' | 'contentType' | 'body'>;
const asJson = (value: unknown): Input => ({ query: '', contentType: 'application/json', body: JSON.stringify(value) });
const asForm = (body: string): Input => ({ query: '', contentType: 'application/x-www-form-urlencoded', body });

const query = `id=${OWN}&lat=56.946&lon=24.1059&timestamp=1767225600&speed=10&bearing=271.5&altitude=12&accuracy=4.2&batt=83&charge=true&alarm=sos&driverUniqueId=${OTHER}&desc=${OTHER}`;
const clientLocation = {
  timestamp: '2026-01-01T00:00:00.000Z',
  coords: { latitude: 56.946, longitude: 24.1059, accuracy: 4.2, speed: 13.89, heading: 271.5, altitude: 12 },
  is_moving: true,
  event: OTHER,
  battery: { level: 0.83, is_charging: true },
  alarm: 'sos',
  extras: { name: OTHER },
};
const feature = {
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [24.1059, 56.946] },
  properties: {
    timestamp: '2026-01-01T00:00:00Z',
    speed: 13.89,
    horizontal_accuracy: 5,
    battery_level: 0.83,
    motion: ['driving'],
    wifi: OTHER,
    device_id: OWN,
  },
};
const resource = {
  resourceId: 'fr.health.samu440.resource.VLM250',
  datetime: '2026-01-01T01:00:00+01:00',
  coord: { lat: 56.946, lon: 24.1059, height: 12 },
  speed: 50,
  cap: 271,
  move: 'MOBILE',
  status: 'INDISPONIBLE',
  engagedStatus: 'PARTIE',
  note: OTHER,
};

const CORPUS: readonly (readonly [Adapter, readonly Input[]])[] = [
  [
    osmand,
    [
      { query, contentType: '', body: '' },
      asForm(query),
      asJson({ device_id: OWN, location: clientLocation }),
      asJson({ device_id: OWN, location: [clientLocation, clientLocation] }),
      asJson({
        position: {
          fixTime: '2026-01-01T00:00:00.000+00:00',
          latitude: 56.946,
          longitude: 24.1059,
          speed: 27,
          valid: true,
          attributes: { alarm: 'sos', driver: OTHER },
        },
        device: { uniqueId: OWN, name: OTHER },
      }),
    ],
  ],
  [gpslogger, [{ query: `${query}&spd=3&direction=4`, contentType: '', body: '' }, asForm(query)]],
  [
    owntracks,
    [
      asJson({
        _type: 'location',
        lat: 56.946,
        lon: 24.1059,
        tst: 1_767_225_600,
        acc: 5,
        vel: 50,
        cog: 271,
        batt: 83,
        topic: OWN,
        tid: 'jb',
        SSID: OTHER,
      }),
      asJson({
        _type: 'transition',
        event: 'enter',
        desc: OTHER,
        tst: 1_767_225_600,
        lat: 56.946,
        lon: 24.1059,
        tid: 'jb',
      }),
      asJson([
        { _type: 'lwt', tst: 1, name: OTHER },
        { _type: 'card', name: OTHER },
      ]),
    ],
  ],
  [overland, [asJson({ locations: [feature, feature], current: feature, trip: { mode: OTHER } })]],
  [
    geoPos,
    [
      asJson({ geoPositionsUpdate: { position: [resource, resource] } }),
      asJson({
        content: [
          { jsonContent: { embeddedJsonContent: { message: { geoPositionsUpdate: { position: [resource] } } } } },
        ],
      }),
    ],
  ],
];

/** mulberry32 (Ettinger, public domain). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const NASTY_TEXT = [
  '',
  '%',
  '%00',
  '%zz',
  '&',
  '=',
  '&&&&',
  '\0',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'NaN',
  '-0',
  '1e999',
  '-1',
  '99999999999999999999',
  '\uD800',
  '\u2028',
  '+',
  '🚨',
  'null',
  'true',
  '1e-400',
  '0x1F',
];
const NASTY_VALUES: readonly unknown[] = [
  null,
  true,
  -0,
  -1,
  0.5,
  1e308,
  -1e308,
  2 ** 53,
  1e-320,
  '',
  '\0',
  '1e5',
  ' 7 ',
  [],
  {},
  [[]],
  { length: 5 },
  { toString: 1 },
  { __proto__: 1 },
  'x'.repeat(5000),
  ['', ''],
  '-0.00000001',
];

class Mutator {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  rubbish(length: number): string {
    return Array.from({ length }, () => String.fromCharCode(this.below(this.random() < 0.8 ? 128 : 0xffff))).join('');
  }

  text(text: string): string {
    const at = this.below(text.length + 1);
    const end = Math.min(text.length, at + this.below(this.random() < 0.7 ? 4 : 60));
    switch (this.below(6)) {
      case 0:
        return text.slice(0, at) + text.slice(end);
      case 1:
        return text.slice(0, at) + this.pick(NASTY_TEXT) + text.slice(end);
      case 2:
        return text.slice(0, end) + text.slice(at);
      case 3:
        return text.slice(0, at);
      case 4:
        return text.slice(0, at) + this.rubbish(1 + this.below(8)) + text.slice(end);
      default:
        return text.slice(0, at) + text.slice(at, end).repeat(1 + this.below(20)) + text.slice(end);
    }
  }

  /** Puts something else in one place of a JSON value. */
  value(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.random() < 0.1) return this.pick(NASTY_VALUES);
    if (Array.isArray(value)) {
      const copy = [...value];
      if (this.random() < 0.1)
        return Array.from({ length: this.below(40) }, () => this.pick(copy.length > 0 ? copy : NASTY_VALUES));
      if (copy.length > 0) {
        const i = this.below(copy.length);
        copy[i] = this.value(copy[i]);
      }
      return copy;
    }
    const entries = Object.entries(value);
    if (entries.length === 0) return this.pick(NASTY_VALUES);
    const i = this.below(entries.length);
    if (this.random() < 0.15) entries.splice(i, 1);
    else entries[i] = [entries[i]![0], this.value(entries[i]![1])];
    return Object.fromEntries(entries);
  }

  input(corpus: readonly Input[]): Input {
    const { query: asked, contentType, body } = this.pick(corpus);
    if (this.random() < 0.1) {
      const rubbish = this.rubbish(this.below(300));
      return this.random() < 0.5
        ? { query: rubbish, contentType, body: '' }
        : { query: '', contentType, body: rubbish };
    }
    let [changedQuery, changedBody] = [asked, body];
    for (let n = 1 + this.below(4); n > 0; n--) {
      if (changedBody.startsWith('{') && this.random() < 0.6) {
        try {
          changedBody = JSON.stringify(this.value(JSON.parse(changedBody)));
          continue;
        } catch {
          // broken by an earlier step: go on as with text
        }
      }
      if (changedBody !== '') changedBody = this.text(changedBody);
      else changedQuery = this.text(changedQuery);
    }
    return { query: changedQuery, contentType: this.random() < 0.9 ? contentType : this.rubbish(5), body: changedBody };
  }
}

/** What is wrong with what a decoder made, in words. */
function faultOf(decoded: Decoded, input: Input): string | undefined {
  if (decoded.kind === 'too_many')
    return decoded.count > MAX_MESSAGES ? undefined : `${decoded.count} are not too many`;
  if (decoded.messages.length > MAX_MESSAGES + 1) return `${decoded.messages.length} messages`;
  for (const name of decoded.names) {
    if (name.length === 0 || name.length > NAME_UNITS) return `a name of ${name.length}`;
    if (name.includes(OTHER) && !isNamed(input)) return 'the name of somebody else';
  }
  for (const { position, events, battery, name } of decoded.messages) {
    if (name?.includes(OTHER)) return 'a message in the name of somebody else';
    if (position.kind === 'fix') {
      const fault = fixFault(position.fix);
      if (fault !== undefined) return fault;
    }
    if (position.kind === 'heartbeat' && !isInstant(position.time)) return `a heartbeat at ${position.time}`;
    if (position.kind === 'rejected' && position.raw.length > 2000) return `${position.raw.length} units of raw text`;
    for (const event of events) if (!isEvent(event)) return `the event ${JSON.stringify(event)}`;
    const percent = battery?.percent ?? 0;
    if (!(percent >= 0 && percent <= 100)) return `a battery at ${percent} %`;
  }
  return undefined;
}

/** True when the text itself, after whatever the mutation did, puts the other's name where a name belongs. */
function isNamed({ query: asked, body }: Input): boolean {
  return [asked, body].some((text) => {
    for (let at = text.indexOf(OTHER); at >= 0; at = text.indexOf(OTHER, at + 1))
      if (NAMING.test(text.slice(0, at))) return true;
    return false;
  });
}

const isInstant = (ms: number) => Number.isInteger(ms) && ms >= 0 && ms <= 0xffff_ffff_ffff;
const isWithin = (value: number | null, least: number, most: number) =>
  value === null || (Number.isInteger(value) && !Object.is(value, -0) && value >= least && value <= most);

function fixFault(fix: FixItem): string | undefined {
  const good =
    isInstant(fix.fixTime) &&
    isWithin(fix.lonE7, -1_800_000_000, 1_800_000_000) &&
    isWithin(fix.latE7, -900_000_000, 900_000_000) &&
    isWithin(fix.speedCmps, 0, 65_500) &&
    isWithin(fix.headingCdeg, 0, 35_999) &&
    isWithin(fix.accuracyDm, 0, 65_530) &&
    isWithin(fix.altitudeM, -32_767, 32_767) &&
    isWithin(fix.flags, 0, 255);
  return good ? undefined : `the fix ${JSON.stringify(fix)}`;
}

function isEvent(event: CrewEvent): boolean {
  return (
    isInstant(event.time) &&
    (event.lonE7 === null) === (event.latE7 === null) &&
    isWithin(event.lonE7, -1_800_000_000, 1_800_000_000) &&
    isWithin(event.latE7, -900_000_000, 900_000_000) &&
    (event.kind !== 'sos' || event.text.length <= 200)
  );
}

describe('broken input', () => {
  it.each(CORPUS.map(([adapter, corpus]) => [adapter.protocol, adapter, corpus] as const))(
    `A20 ${INPUTS} inputs of %s: nothing is thrown, nothing impossible is decoded, nobody is taken for somebody else (seed ${SEED})`,
    (_protocol, adapter, corpus) => {
      for (let n = 0; n < INPUTS; n++) {
        const input = new Mutator(SEED + n).input(corpus);
        let fault: string | undefined;
        try {
          const decoded = adapter.decode({ ...input, header: () => undefined, receivedAt: NOW });
          fault = faultOf(decoded, input);
        } catch (error) {
          fault = `thrown: ${(error as Error).stack}`;
        }
        if (fault !== undefined) expect.fail(`seed ${SEED + n}: ${fault}\n${JSON.stringify(input).slice(0, 2000)}`);
      }
    },
    60_000 + INPUTS,
  );

  it('A20 what is not broken is decoded: the corpus itself is good', () => {
    for (const [adapter, corpus] of CORPUS)
      for (const input of corpus) {
        const decoded = adapter.decode({ ...input, header: () => undefined, receivedAt: NOW });
        expect(faultOf(decoded, input)).toBeUndefined();
        expect(
          decoded.kind === 'messages' && decoded.messages.every(({ position }) => position.kind !== 'rejected'),
        ).toBe(true);
      }
  });
});
