/** Numbers, instants, flags and units as other people's clients write them, and what they become here. Nothing in this file throws. */
import { type CrewEvent, FIX_FLAG, type FixItem } from '../protocol/crew.js';
import { eventPlace, inWorld } from '../protocol/crew-binary.js';
import { type Position, rejected } from './message.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The value if it is an object, else an empty one: a missing part reads as one without fields. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON that any text may fail to be; undefined then. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON.parse reads any depth, but JSON.stringify runs out of stack at some thousand levels. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '"nested too deeply to be kept"';
  }
}

const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?$/i;
const DECIMAL_UNITS = 40;

/** A finite number, given as one or as decimal text. Number() alone would also take blanks (as 0), hexadecimal and true. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || value.length > DECIMAL_UNITS) return null;
  const text = value.trim();
  if (!DECIMAL.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

export function flagOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  switch (typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim().toLowerCase() : '') {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return null;
  }
}

/** A name, as text: numbers too, because some clients send theirs without quotes. */
export function nameOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length > 0 && text.length <= NAME_UNITS ? text : undefined;
}

/** Longest name of a device, UTF-16 code units (as in table device_alias). */
export const NAME_UNITS = 200;

/** Up to here a number counts seconds, above it milliseconds: 2038 in seconds, January 1970 in milliseconds. */
const MAX_EPOCH_S = 0x7fff_ffff;
/** What 48 bits hold: the range of an instant in our own protocol. */
const MAX_INSTANT_MS = 0xffff_ffff_ffff;
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|[-+ ]\d\d:?(?:\d\d)?)?$/i;

/**
 * Epoch ms from seconds, milliseconds, or ISO 8601 with `T` or a blank. Text without an offset is UTC: Date.parse would take it for the
 * server's own zone. A blank before an offset's digits is a `+` that a query string has eaten.
 */
export function instantOf(value: unknown): number | null {
  const number = numberOf(value);
  if (number !== null) {
    const ms = Math.round(number < MAX_EPOCH_S ? number * 1000 : number);
    return ms >= 0 && ms <= MAX_INSTANT_MS ? ms : null;
  }
  if (typeof value !== 'string' || value.length > DECIMAL_UNITS) return null;
  const match = ISO.exec(value.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '0', fraction = '0', offset = 'Z'] = match;
  const ms =
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
    Math.floor(Number(`0.${fraction}`) * 1000);
  // Date.UTC turns the 31st of a shorter month, or hour 25, into another day: that is a wrong instant, not a late one
  if (!new Date(ms).toISOString().startsWith(`${year}-${month}-${day}T${hour}:${minute}`)) return null;
  const utc = ms - offsetMs(offset);
  return utc >= 0 && utc <= MAX_INSTANT_MS ? utc : null;
}

function offsetMs(offset: string): number {
  const digits = offset.replaceAll(/\D/g, '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}

export const SPEED_UNITS = ['kn', 'kmh', 'mph', 'mps'] as const;
export type SpeedUnit = (typeof SPEED_UNITS)[number];
/** One of the unit in m/s: the international nautical mile is 1852 m, the statute mile 1609.344 m. */
const MPS: Readonly<Record<SpeedUnit, number>> = { kn: 1852 / 3600, kmh: 1 / 3.6, mph: 1609.344 / 3600, mps: 1 };

/** m/s from a speed in the unit; null for null. */
export function mpsFrom(unit: SpeedUnit, speed: number | null): number | null {
  return speed === null ? null : speed * MPS[unit];
}

/** A message takes so long from its fix to its sending without anything being meant by it. */
const SENT_AT_ONCE_MS = 10_000;

/** The message's own time, epoch ms, where a client tells a fix again that it made before: the device is there still. */
export function saidAgain(fixTime: number | null, said: unknown): { readonly saidAt?: number } {
  const saidAt = instantOf(said);
  return fixTime !== null && saidAt !== null && saidAt - fixTime > SENT_AT_ONCE_MS ? { saidAt } : {};
}

/** What a client says of a fix, each quantity in our unit, or null. Negative speed, heading and accuracy mean unknown to most of them. */
export interface ForeignFix {
  readonly time: number | null;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly speedMps?: number | null;
  readonly headingDeg?: number | null;
  readonly accuracyM?: number | null;
  readonly altitudeM?: number | null;
  readonly moving?: boolean | null;
  readonly ignition?: boolean | null;
  /** Not measured: a mock, a place the receiver itself calls invalid. */
  readonly estimated?: boolean;
}

/** A fix of the ranges that our own protocol has; a quantity outside them is unknown, a place outside the world is rejected. */
export function fixPosition(given: ForeignFix, raw: () => string): Position {
  const { time, lon, lat } = given;
  if (time === null || lon === null || lat === null) return rejected('item_malformed', raw());
  const [lonE7, latE7] = [wholeOf(lon * 1e7), wholeOf(lat * 1e7)];
  if (!inWorld(lonE7, latE7)) return rejected('item_out_of_range', raw());
  const headingDeg = within(given.headingDeg, 0, 360);
  const accuracyM = within(given.accuracyM, 0, 6553);
  const fix: FixItem = {
    fixTime: time,
    lonE7,
    latE7,
    speedCmps: scaled(within(given.speedMps, 0, 655), 100),
    headingCdeg: headingDeg === null ? null : wholeOf(headingDeg * 100) % 36_000,
    accuracyDm: accuracyM === 0 ? null : scaled(accuracyM, 10), // 0 is what clients send that do not know
    altitudeM: scaled(within(given.altitudeM, -32_767, 32_767), 1),
    flags:
      (given.moving ? FIX_FLAG.moving : 0) |
      (given.ignition ? FIX_FLAG.ignition : 0) |
      (given.estimated ? FIX_FLAG.estimated : 0),
  };
  return { kind: 'fix', fix };
}

function within(value: number | null | undefined, least: number, most: number): number | null {
  return value !== null && value !== undefined && value >= least && value <= most ? value : null;
}

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : wholeOf(value * factor);
}

/** Rounded, without the negative zero: the database gives back a positive one, and the two must be the same content. */
function wholeOf(value: number): number {
  return Math.round(value) + 0;
}

/** Whole percent, or null where it is none. A client that knows nothing says −1. */
export function percentOf(value: number | null): number | null {
  return value !== null && value >= 0 && value <= 100 ? Math.round(value) : null;
}

/** Alarms that are a call for help, by the words of the Traccar protocol family, and what the dispatcher reads of them. */
const CALLS_FOR_HELP: Readonly<Record<string, string>> = { sos: '', falldown: 'fallDown', accident: 'accident' };
const ALARM_UNITS = 200;

/**
 * The SOS in an `alarm` field (several stand one after another, by comma); none where it holds no call for help. It is raised without a
 * place or a good time too: the time is then ours.
 */
export function alarmEvents(alarm: unknown, { time, lon, lat }: ForeignFix, receivedAt: number): CrewEvent[] {
  if (typeof alarm !== 'string' || alarm.length > ALARM_UNITS) return [];
  const words = alarm.split(',').map((word) => CALLS_FOR_HELP[word.trim().toLowerCase()]);
  const text = words.filter((word) => word !== undefined);
  if (text.length === 0) return [];
  const known = lon !== null && lat !== null;
  const place = known ? eventPlace(wholeOf(lon * 1e7), wholeOf(lat * 1e7)) : { lonE7: null, latE7: null };
  return [{ kind: 'sos', time: time ?? receivedAt, ...place, text: text.filter((word) => word !== '').join(', ') }];
}
