import { createHmac, timingSafeEqual } from 'node:crypto';

/** How a phone found where it is. */
export type AmlMethod = 'gnss' | 'wifi' | 'cell' | 'fused' | 'unknown';

/** Where a phone says it is: somewhere in a circle, with a probability. */
export interface AmlPlace {
  readonly lon: number;
  readonly lat: number;
  /** Radius of the circle; null: not told. */
  readonly accuracyM: number | null;
  /** That the phone is inside of it, 0 to 100; null: not told. */
  readonly confidencePct: number | null;
  readonly method: AmlMethod;
  /** Epoch ms; null: not told. */
  readonly fixTime: number | null;
}

/** One message of Advanced Mobile Location (ETSI TS 103 625), in either of its forms. */
export interface AmlReport {
  /** As the phone gives it, or null; an SMS has its sender instead. */
  readonly phone: string | null;
  readonly imei: string | null;
  /** Beginning of the call, epoch ms; null: not told. */
  readonly callTime: number | null;
  /** Null: the phone did not find itself. */
  readonly place: AmlPlace | null;
}

/** What is told beyond this is nonsense: the circle would not fit on the earth. */
const MOST_ACCURACY_M = 1_000_000;

const METHODS: Readonly<Record<string, AmlMethod>> = {
  g: 'gnss',
  gps: 'gnss',
  gnss: 'gnss',
  w: 'wifi',
  wifi: 'wifi',
  c: 'cell',
  cell: 'cell',
  f: 'fused',
  fused: 'fused',
};
const methodOf = (text: string | undefined): AmlMethod => METHODS[text?.toLowerCase() ?? ''] ?? 'unknown';

/** A number in decimal notation within bounds; null: anything else. */
function numberIn(text: string | undefined, least: number, most: number): number | null {
  if (text === undefined || !/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}

/** Digits with an optional plus, as phone numbers and IMEIs are; null: anything else. */
const digitsOf = (text: string | undefined): string | null =>
  text !== undefined && /^\+?\d{3,20}$/.test(text) ? text : null;

function placeOf(lat: number | null, lon: number | null, rest: Omit<AmlPlace, 'lon' | 'lat'>): AmlPlace | null {
  // a phone without a fix sends zeros: nobody calls from that point of the Gulf of Guinea
  return lat === null || lon === null || (lat === 0 && lon === 0) ? null : { lon, lat, ...rest };
}

/**
 * Reads the form that phones post over HTTPS. Never throws: a field that is missing or malformed is not told.
 * Source: ETSI TS 103 625, clause 6 (HTTPS POST), and the field list of Android's Emergency Location Service.
 */
export function decodeAmlForm(body: string): AmlReport {
  const form = new URLSearchParams(body);
  const field = (name: string) => form.get(name)?.trim();
  const instant = (name: string) => numberIn(field(name), 0, 8.64e15);
  // a certainty is a share in some versions, and per cent in others
  const share = numberIn(field('location_confidence') ?? field('location_certainty'), 0, 100);
  return {
    phone: digitsOf(field('device_number')),
    imei: digitsOf(field('device_imei')),
    callTime: instant('time'),
    place: placeOf(numberIn(field('location_latitude'), -90, 90), numberIn(field('location_longitude'), -180, 180), {
      accuracyM: numberIn(field('location_accuracy'), 0, MOST_ACCURACY_M),
      confidencePct: share !== null && share > 0 && share <= 1 ? share * 100 : share,
      method: methodOf(field('location_source')),
      fixTime: instant('location_time'),
    }),
  };
}

/** True when the form ends in `hmac`, the hexadecimal HMAC-SHA1 under the key of all that stands before it. */
export function isSignedForm(body: string, key: string): boolean {
  const at = body.lastIndexOf('&hmac=');
  if (at < 0) return false;
  const given = Buffer.from(body.slice(at + '&hmac='.length), 'hex');
  const expected = createHmac('sha1', key).update(body.slice(0, at)).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** `yyyyMMddHHmmss` in UTC, as epoch ms; null: no such instant. */
function utcOf(text: string | undefined): number | null {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text ?? '');
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC makes the 3rd of March of the 31st of February
  return new Date(at).getUTCDate() === day && hour < 24 && minute < 60 && second < 60 ? at : null;
}

/** How long before the call a fix of version 2 was made: at most so many seconds, and then it says only "before". */
const OLDEST_FIX_S = -9999;

/**
 * Reads the text of an AML SMS, of version 1 or 2. Undefined: it is none. Never throws.
 * Source: ETSI TS 103 625, clause 5 (SMS); version 2 after Android's Emergency Location Service.
 */
export function decodeAmlSms(text: string): AmlReport | undefined {
  const version = /^\s*A"ML=([12]);/.exec(text)?.[1];
  if (version === undefined) return undefined;
  const fields = new Map(
    text
      .trim()
      .split(';')
      .map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, Math.max(at, 0)), pair.slice(at + 1)] as const;
      }),
  );
  const field = (name: string) => fields.get(name);
  const imei = digitsOf(field('ei'));
  const confidencePct = numberIn(field('lc'), 0, 100);
  if (version === '1') {
    const method = field('pm');
    const place = placeOf(numberIn(field('lt'), -90, 90), numberIn(field('lg'), -180, 180), {
      accuracyM: numberIn(field('rd'), 0, MOST_ACCURACY_M),
      confidencePct,
      method: methodOf(method),
      fixTime: utcOf(field('top')),
    });
    return { phone: null, imei, callTime: null, place: method === 'N' || field('rd') === 'N' ? null : place };
  }
  const callTimeS = numberIn(field('et'), 0, 8.64e12);
  const [lat, lon, accuracy] = (field('lo') ?? '').split(',');
  const sinceCallS = numberIn(field('lt'), OLDEST_FIX_S, -OLDEST_FIX_S);
  const accuracyM = numberIn(accuracy, 0, MOST_ACCURACY_M);
  return {
    phone: null,
    imei,
    callTime: callTimeS === null ? null : callTimeS * 1000,
    place: placeOf(numberIn(lat, -90, 90), numberIn(lon, -180, 180), {
      accuracyM: accuracyM === 0 ? null : accuracyM, // its way to say that it is not known
      confidencePct,
      method: methodOf(field('ls')),
      fixTime:
        callTimeS === null || sinceCallS === null || sinceCallS === OLDEST_FIX_S
          ? null
          : (callTimeS + sinceCallS) * 1000,
    }),
  };
}

/** A fix this much older than the newest is of where the caller was before. */
const SAME_PLACE_MS = 60_000;

/** Of several places of one caller the one to go to: the smallest circle among those that are not a minute older than the newest. */
export function bestPlace<P extends { readonly fixTime: number | null; readonly accuracyM: number | null }>(
  places: readonly P[],
): P | undefined {
  const newest = Math.max(...places.map(({ fixTime }) => fixTime ?? 0));
  return places
    .filter(({ fixTime }) => (fixTime ?? 0) >= newest - SAME_PLACE_MS)
    .reduce<P | undefined>(
      (best, place) =>
        best === undefined ||
        (place.accuracyM ?? Number.POSITIVE_INFINITY) < (best.accuracyM ?? Number.POSITIVE_INFINITY)
          ? place
          : best,
      undefined,
    );
}
