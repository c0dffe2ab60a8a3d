import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { type AmlReport, bestPlace, decodeAmlForm, decodeAmlSms, isSignedForm } from './aml.js';
import { textOfSeptets } from './gsm7.js';
import { e164 } from './phone-number.js';

/** Messages that phones really send (ETSI TS 103 625 and the makers' examples). */
const SMS_GNSS =
  'A"ML=1;lt=48.82639;lg=-2.36619;rd=52;top=20191112112928;lc=68;pm=G;si=208201771948415;ei=353472104343540;mcc=208;mnc=20;ml=128';
const SMS_NULL =
  'A"ML=1;lt=+00.00000;lg=+000.00000;rd=N;top=20220131173734;lc=0;pm=N;si=234159000000000;ei=123456789012345;mcc=234;mnc=15;ml=127';
const SMS_V2 =
  'A"ML=2;en=+15555555555;et=1593187189;lo=-37.42175,-122.08461,2000.1;lt=-9999;lc=68;lz=-100.1,100.1;ls=G;ei=358239059042542;nc=310260;hc=310260;lg=en-US';
const DATA_SMS =
  '415193D98BEDD8F4DEECE6A2C962B7DA8E7DEEB56232990B86A3D9623B39B92783EDE86F784F068BD560B6D80C1683E568B81D7BDCB3E176F076EFB89BA77B39DCCD56A3C966B15D39DD9BD570B2590E56CBC168B21A4DB66B8FC7BD590CB66BBBC73D990DB66BB37B31D90C';
const FORM =
  'v=1&device_number=%2B33611223344&location_latitude=0.85732&location_longitude=-4.26325&location_time=1604912121000&location_accuracy=10.4&location_source=GPS&location_certainty=83&hmac=f64c70eb238bb239e00e8ac8c023bf2b5d3c41dd';

const SEED = 103_625;

/** What must hold of anything that is decoded. */
function expectSane({ phone, imei, callTime, place }: AmlReport, told: string): void {
  for (const digits of [phone, imei]) if (digits !== null) expect(digits, told).toMatch(/^\+?\d{3,20}$/);
  if (callTime !== null) expect(Number.isFinite(callTime), told).toBe(true);
  if (place === null) return;
  expect(Math.abs(place.lat), told).toBeLessThanOrEqual(90);
  expect(Math.abs(place.lon), told).toBeLessThanOrEqual(180);
  expect(place.lat !== 0 || place.lon !== 0, told).toBe(true);
  if (place.accuracyM !== null) expect(place.accuracyM, told).toBeGreaterThanOrEqual(0);
  if (place.confidencePct !== null) expect(place.confidencePct >= 0 && place.confidencePct <= 100, told).toBe(true);
}

describe('AML by SMS', () => {
  it('M5 a place with its circle, confidence, time and method; west of Greenwich', () => {
    expect(decodeAmlSms(SMS_GNSS)).toEqual({
      phone: null,
      imei: '353472104343540',
      callTime: null,
      place: {
        lon: -2.36619,
        lat: 48.82639,
        accuracyM: 52,
        confidencePct: 68,
        method: 'gnss',
        fixTime: Date.UTC(2019, 10, 12, 11, 29, 28),
      },
    });
  });

  it('M6 a phone that did not find itself has no place: zeros are not the Gulf of Guinea', () => {
    expect(decodeAmlSms(SMS_NULL)).toMatchObject({ place: null, imei: '123456789012345' });
    expect(decodeAmlSms('A"ML=1;lt=0;lg=0;rd=10;pm=G')!.place).toBeNull();
    expect(decodeAmlSms('A"ML=1;lt=56.9;lg=24.1;rd=N;pm=W')!.place).toBeNull();
    expect(decodeAmlForm('location_latitude=0.0&location_longitude=0.0&location_accuracy=0').place).toBeNull();
    expect(decodeAmlForm('v=1&device_number=%2B37129123456')).toMatchObject({ phone: '+37129123456', place: null });
  });

  it('M5 version 2; south of the equator; a fix of no known time', () => {
    expect(decodeAmlSms(SMS_V2)).toMatchObject({
      callTime: 1_593_187_189_000,
      place: { lat: -37.42175, lon: -122.08461, accuracyM: 2000.1, confidencePct: 68, method: 'gnss', fixTime: null },
    });
    const recent = SMS_V2.replace('lt=-9999', 'lt=-12').replace('2000.1', '0');
    expect(decodeAmlSms(recent)!.place).toMatchObject({ fixTime: 1_593_187_177_000, accuracyM: null });
  });

  it('M5 a data SMS is the same text in septets', () => {
    const text = textOfSeptets(Buffer.from(DATA_SMS, 'hex'));
    expect(text).toMatch(/^A"ML=1;lt=37\.42175;lg=-122\.08461;.*;ml=123$/);
    expect(decodeAmlSms(text)).toMatchObject({ imei: '358239059042542', place: { lat: 37.42175, accuracyM: 20 } });
  });

  it('M5 septets of any text are read back', () => {
    const random = createRandom(SEED, 'septets');
    const alphabet = 'A"ML=12;ltgrdopcWGN+-.0123456789,en@_$';
    for (let round = 0; round < 200; round++) {
      const text = `${Array.from({ length: random.below(150) }, () => random.pick([...alphabet])).join('')}x`;
      // the slow way: all bits in a row, each septet's lowest first
      const code = (c: string) => ({ '@': 0, $: 2, _: 0x11 })[c] ?? c.charCodeAt(0);
      const bits = [...text].flatMap((c) => Array.from({ length: 7 }, (_, bit) => (code(c) >> bit) & 1));
      const octets = Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
        bits.slice(i * 8, i * 8 + 8).reduce((sum, bit, n) => sum | (bit << n), 0),
      );
      expect(textOfSeptets(octets), `seed ${SEED}, round ${round}`).toBe(text);
    }
  });

  it('M7 what is no AML is none, and nothing makes the decoders throw or tell what cannot be', () => {
    expect(decodeAmlSms('Palīgā, deg māja!')).toBeUndefined();
    expect(decodeAmlSms('')).toBeUndefined();
    expect(decodeAmlSms('A"ML=1;top=20220231000000;lt=56;lg=24')!.place!.fixTime).toBeNull(); // the 31st of February
    const random = createRandom(SEED, 'fuzz');
    const seeds = [SMS_GNSS, SMS_NULL, SMS_V2, FORM];
    const junk = ['', '=', ';', '&', '%', '%zz', '-', '9'.repeat(400), 'NaN', '1e9', '\0', 'ā', 'lt=91', ';;lg'];
    for (let round = 0; round < 3000; round++) {
      let text = random.pick(seeds);
      for (let edit = random.below(5); edit >= 0; edit--) {
        const at = random.below(text.length + 1);
        text = text.slice(0, at) + random.pick(junk) + text.slice(at + random.below(6));
      }
      const told = `seed ${SEED}, round ${round}: ${text}`;
      const sms = decodeAmlSms(text);
      if (sms !== undefined) expectSane(sms, told);
      expectSane(decodeAmlForm(text), told);
      isSignedForm(text, 'AML');
      textOfSeptets(Buffer.from(text));
    }
  });
});

describe('AML over HTTPS', () => {
  it('M5 number, place, circle, confidence, time and method', () => {
    expect(decodeAmlForm(FORM)).toEqual({
      phone: '+33611223344',
      imei: null,
      callTime: null,
      place: {
        lon: -4.26325,
        lat: 0.85732,
        accuracyM: 10.4,
        confidencePct: 83,
        method: 'gnss',
        fixTime: 1_604_912_121_000,
      },
    });
    expect(
      decodeAmlForm('location_latitude=56.9&location_longitude=24.1&location_confidence=0.68').place,
    ).toMatchObject({
      confidencePct: 68,
      method: 'unknown',
    });
  });

  it('M8 a signature is that of all before it, under the key', () => {
    expect(isSignedForm(FORM, 'AML')).toBe(true);
    expect(isSignedForm(FORM, 'other')).toBe(false);
    expect(isSignedForm(FORM.replace('0.85732', '0.85733'), 'AML')).toBe(false);
    expect(isSignedForm('v=1', 'AML')).toBe(false);
    const own = 'device_number=%2B37129123456';
    expect(isSignedForm(`${own}&hmac=${createHmac('sha1', 'k').update(own).digest('hex')}`, 'k')).toBe(true);
  });
});

describe('what is made of them', () => {
  it('M9 of several places the smallest circle counts, but none of where the caller was a minute ago', () => {
    const at = (fixTime: number | null, accuracyM: number | null) => ({ fixTime, accuracyM });
    expect(bestPlace([])).toBeUndefined();
    expect(bestPlace([at(1e12, 2000), at(1e12 + 20_000, 15), at(1e12 + 30_000, 40)])).toEqual(at(1e12 + 20_000, 15));
    expect(bestPlace([at(1e12, 15), at(1e12 + 61_000, 40)])).toEqual(at(1e12 + 61_000, 40));
    expect(bestPlace([at(null, null), at(null, 300)])).toEqual(at(null, 300));
  });

  it.each([
    ['+371 29 123-456', '+37129123456'],
    ['29123456', '+37129123456'],
    ['0037129123456', '+37129123456'],
    ['37129123456', '+37129123456'],
    ['+44 (20) 7946 0958', '+442079460958'],
    ['anonymous', null],
    ['112', null],
    ['', null],
    [null, null],
  ])('M4 the number %s is %s', (told, expected) => expect(e164(told)).toBe(expected));
});
