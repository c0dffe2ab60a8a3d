import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { carReport, decodeMsd, type MsdFields, MsdFieldsSchema } from './msd.js';

const SEED = 15_722;
/** The example that makers of modems test with. */
const EXAMPLE = '02251C0680E30A51439E2955D43800800437F80A3105669023F8A71166932185B004150043C040';
const VIN = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ';
const TYPES = ['M1', 'M2', 'M3', 'N1', 'N2', 'N3', 'L1e', 'L2e', 'L3e', 'L4e', 'L5e', 'L6e', 'L7e'] as const;
const PROPULSIONS = ['gasoline', 'diesel', 'cng', 'lpg', 'electric', 'hydrogen', 'other'] as const;

/** The slow twin: one long string of ones and zeros, written as EN 15722 lists the fields. `spells` writes defaults that need not be there. */
function encode(msd: MsdFields, spells: boolean): Uint8Array {
  const bits = (value: number, count: number) => value.toString(2).padStart(count, '0');
  const flag = (is: boolean) => (is ? '1' : '0');
  const delta = (d: MsdFields['recentVehicleLocationN1']) =>
    d == null ? '' : bits(d.latitudeDelta + 512, 10) + bits(d.longitudeDelta + 512, 10);
  const has = (kind: (typeof PROPULSIONS)[number]) => msd.vehiclePropulsionStorage.includes(kind);
  const message = [
    '00', // no extension, no additional data
    '0',
    flag(msd.recentVehicleLocationN1 != null),
    flag(msd.recentVehicleLocationN2 != null),
    flag(msd.numberOfPassengers != null),
    bits(msd.messageIdentifier, 8),
    flag(msd.automaticActivation),
    flag(msd.testCall),
    flag(msd.positionCanBeTrusted),
    '0',
    bits(TYPES.indexOf(msd.vehicleType!), 4),
    ...[...msd.vehicleIdentificationNumber].map((c) => bits(VIN.indexOf(c), 6)),
    '0',
    ...PROPULSIONS.map((kind) => flag(spells || has(kind))),
    ...PROPULSIONS.map((kind) => (spells || has(kind) ? flag(has(kind)) : '')),
    bits(msd.timestamp, 32),
    bits(msd.vehicleLocation.positionLatitude + 2 ** 31, 32),
    bits(msd.vehicleLocation.positionLongitude + 2 ** 31, 32),
    bits(msd.vehicleDirection, 8),
    delta(msd.recentVehicleLocationN1),
    delta(msd.recentVehicleLocationN2),
    msd.numberOfPassengers == null ? '' : bits(msd.numberOfPassengers, 8),
  ].join('');
  const octets = message.match(/.{1,8}/g)!.map((octet) => Number.parseInt(octet.padEnd(8, '0'), 2));
  return Uint8Array.from([2, octets.length, ...octets]);
}

describe('the minimum set of data of an eCall', () => {
  it('M10 the example that modems are tested with', () => {
    const msd = decodeMsd(Buffer.from(EXAMPLE, 'hex'))!;
    expect(msd).toEqual({
      messageIdentifier: 1,
      automaticActivation: true,
      testCall: false,
      positionCanBeTrusted: true,
      vehicleType: 'M1',
      vehicleIdentificationNumber: 'ECALLEXAMPLE02013',
      vehiclePropulsionStorage: ['gasoline'],
      timestamp: 1_367_878_452,
      vehicleLocation: { positionLatitude: 18_859_320, positionLongitude: 187_996_428 },
      vehicleDirection: 45,
      recentVehicleLocationN1: { latitudeDelta: 0, longitudeDelta: 10 },
      recentVehicleLocationN2: { latitudeDelta: 0, longitudeDelta: 30 },
      numberOfPassengers: 2,
    });
    const { place, headingDeg, before, at } = carReport(msd);
    expect(place!.lat).toBeCloseTo(18_859_320 / 3_600_000, 9);
    expect(place!.lon).toBeCloseTo(187_996_428 / 3_600_000, 9);
    expect([headingDeg, at]).toEqual([90, 1_367_878_452_000]);
    // the second is told from the first
    expect(before.map(({ lon }) => Math.round(lon * 3_600_000))).toEqual([187_997_428, 188_000_428]);
  });

  it('M10 every field of every message is read as it was written', () => {
    const random = createRandom(SEED, 'messages');
    const delta = () => ({ latitudeDelta: random.below(1024) - 512, longitudeDelta: random.below(1024) - 512 });
    for (let round = 0; round < 500; round++) {
      const msd: MsdFields = {
        messageIdentifier: random.below(256),
        automaticActivation: random.chance(0.5),
        testCall: random.chance(0.5),
        positionCanBeTrusted: random.chance(0.5),
        vehicleType: random.pick(TYPES),
        vehicleIdentificationNumber: Array.from({ length: 17 }, () => random.pick([...VIN])).join(''),
        vehiclePropulsionStorage: PROPULSIONS.filter(() => random.chance(0.4)),
        timestamp: random.below(2 ** 32),
        vehicleLocation: {
          positionLatitude: random.below(2 ** 32) - 2 ** 31,
          positionLongitude: random.below(2 ** 32) - 2 ** 31,
        },
        vehicleDirection: random.below(256),
        recentVehicleLocationN1: random.chance(0.5) ? delta() : null,
        recentVehicleLocationN2: random.chance(0.5) ? delta() : null,
        numberOfPassengers: random.chance(0.5) ? random.below(256) : null,
      };
      const told = `seed ${SEED}, round ${round}`;
      expect(decodeMsd(encode(msd, random.chance(0.5))), told).toEqual(msd);
      const { place, before } = carReport(msd);
      for (const each of [...before, ...(place === null ? [] : [place])]) {
        expect(Math.abs(each.lat), told).toBeLessThanOrEqual(90);
        expect(Math.abs(each.lon), told).toBeLessThanOrEqual(180);
      }
    }
  });

  it('M11 a car that does not know says so: no place, no direction, no time', () => {
    const msd: MsdFields = {
      ...decodeMsd(Buffer.from(EXAMPLE, 'hex'))!,
      timestamp: 0,
      vehicleLocation: { positionLatitude: 0x7fff_ffff, positionLongitude: 0x7fff_ffff },
      vehicleDirection: 255,
    };
    expect(carReport(msd)).toEqual({ place: null, headingDeg: null, before: [], at: null });
  });

  it('M7 no octets make it throw, and what it reads is a minimum set of data', () => {
    const random = createRandom(SEED, 'fuzz');
    const example = Buffer.from(EXAMPLE, 'hex');
    let read = 0;
    for (let round = 0; round < 5000; round++) {
      const octets = random.chance(0.3)
        ? Uint8Array.from({ length: random.below(60) }, () => random.below(256))
        : Uint8Array.from(example.subarray(0, random.chance(0.2) ? random.below(example.length) : undefined));
      for (let edit = random.below(4); edit > 0 && octets.length > 0; edit--)
        octets[random.below(octets.length)] = random.below(256);
      const msd = decodeMsd(octets);
      if (msd === undefined) continue;
      read++;
      expect(MsdFieldsSchema.safeParse(msd).success, `seed ${SEED}, round ${round}`).toBe(true);
      carReport(msd);
    }
    expect(read).toBeGreaterThan(100);
    for (let length = 0; length < example.length; length++)
      expect(decodeMsd(example.subarray(0, length)), `${length} octets`).toBeUndefined();
  });
});
