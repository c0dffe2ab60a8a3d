import { z } from '@hono/zod-openapi';

/** In the order of their numbers, from 1 (EN 15722, vehicleType). */
const VEHICLE_TYPES = ['M1', 'M2', 'M3', 'N1', 'N2', 'N3', 'L1e', 'L2e', 'L3e', 'L4e', 'L5e', 'L6e', 'L7e'] as const;
/** In the order of the standard. */
const PROPULSIONS = ['gasoline', 'diesel', 'cng', 'lpg', 'electric', 'hydrogen', 'other'] as const;
/** PrintableString of a VIN, in the order in which six bits number it: without I, O and Q (ISO 3779). */
const VIN_ALPHABET = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ';
const VIN_LENGTH = 17;
const LOCATION_UNKNOWN = 0x7fff_ffff;
const MAS_PER_DEG = 3_600_000;
/** Of a recent location, thousandths of a second of arc. */
const DELTA_MAS = 100;

const whole = (least: number, most: number) => z.number().int().min(least).max(most);
const Delta = z.object({ latitudeDelta: whole(-512, 511), longitudeDelta: whole(-512, 511) });

/** The minimum set of data under the names and in the units of EN 15722, as a PSAP's modem hands it on. */
export const MsdFieldsSchema = z
  .object({
    messageIdentifier: whole(0, 255),
    automaticActivation: z.boolean(),
    testCall: z.boolean(),
    positionCanBeTrusted: z.boolean(),
    vehicleType: z.enum(VEHICLE_TYPES).nullable(),
    vehicleIdentificationNumber: z.string().regex(/^[0-9A-HJ-NPR-Z]{17}$/, 'not a VIN (ISO 3779)'),
    vehiclePropulsionStorage: z.array(z.enum(PROPULSIONS)),
    timestamp: whole(0, 0xffff_ffff).openapi({ description: 'Seconds since 1970; 0: not known' }),
    vehicleLocation: z
      .object({
        positionLatitude: whole(-0x8000_0000, 0x7fff_ffff),
        positionLongitude: whole(-0x8000_0000, 0x7fff_ffff),
      })
      .openapi({ description: 'Thousandths of a second of arc' }),
    vehicleDirection: whole(0, 255).openapi({ description: 'Two degrees each, from north; 255: not known' }),
    recentVehicleLocationN1: Delta.nullish(),
    recentVehicleLocationN2: Delta.nullish(),
    numberOfPassengers: whole(0, 255).nullish(),
  })
  .openapi('Msd');
export type MsdFields = Readonly<z.output<typeof MsdFieldsSchema>>;

/** Reads bits, highest first. Past the end it is `isOver`, and all it reads is 0. */
class Bits {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get isOver(): boolean {
    return this.#at > this.#octets.length * 8;
  }

  /** @param count up to 32 */
  number(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++)
      value = value * 2 + (((this.#octets[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    return value;
  }

  flag(): boolean {
    return this.number(1) === 1;
  }

  /** A whole number of a constrained range: its distance from the least. */
  from(least: number, bits: number): number {
    return least + this.number(bits);
  }
}

/**
 * Decodes the octets of an MSD of version 2 (EN 15722:2015, unaligned PER). What stands after the standard's own fields is left out.
 * Undefined: they are none. Never throws.
 */
export function decodeMsd(octets: Uint8Array): MsdFields | undefined {
  const [version, length] = octets;
  // the message is an octet string of its own; with less than 128 octets its length is one
  if (version !== 2 || length === undefined || length > 127 || octets.length < 2 + length) return undefined;
  const bits = new Bits(octets.subarray(2, 2 + length));
  if (bits.flag()) return undefined; // an extension of the message: another version
  bits.flag(); // additional data, after all that is read here
  if (bits.flag()) return undefined;
  const hasN1 = bits.flag();
  const hasN2 = bits.flag();
  const hasPassengers = bits.flag();
  const messageIdentifier = bits.number(8);
  const automaticActivation = bits.flag();
  const testCall = bits.flag();
  const positionCanBeTrusted = bits.flag();
  const isNewType = bits.flag(); // added to the standard later: six bits, as a small number
  const typeNumber = bits.number(isNewType ? 7 : 4);
  const vehicleType = isNewType ? null : VEHICLE_TYPES[typeNumber];
  if (vehicleType === undefined) return undefined;
  let vin = '';
  for (let i = 0; i < VIN_LENGTH; i++) vin += VIN_ALPHABET[bits.number(6)] ?? '?';
  if (bits.flag()) return undefined; // a propulsion that this version does not know
  const told = PROPULSIONS.map((kind) => ({ kind, isTold: bits.flag() }));
  const vehiclePropulsionStorage = told.filter(({ isTold }) => isTold && bits.flag()).map(({ kind }) => kind);
  const timestamp = bits.number(32);
  const vehicleLocation = {
    positionLatitude: bits.from(-0x8000_0000, 32),
    positionLongitude: bits.from(-0x8000_0000, 32),
  };
  const vehicleDirection = bits.number(8);
  const delta = () => ({ latitudeDelta: bits.from(-512, 10), longitudeDelta: bits.from(-512, 10) });
  const recentVehicleLocationN1 = hasN1 ? delta() : null;
  const recentVehicleLocationN2 = hasN2 ? delta() : null;
  const numberOfPassengers = hasPassengers ? bits.number(8) : null;
  if (bits.isOver || vin.includes('?')) return undefined;
  return {
    messageIdentifier,
    automaticActivation,
    testCall,
    positionCanBeTrusted,
    vehicleType,
    vehicleIdentificationNumber: vin,
    vehiclePropulsionStorage,
    timestamp,
    vehicleLocation,
    vehicleDirection,
    recentVehicleLocationN1,
    recentVehicleLocationN2,
    numberOfPassengers,
  };
}

interface Place {
  readonly lon: number;
  readonly lat: number;
}

/** What a desk needs of an eCall, in our units. */
export interface CarReport {
  readonly place: Place | null;
  readonly headingDeg: number | null;
  /** Where the car came from, the last place first. */
  readonly before: readonly Place[];
  /** Epoch ms; null: the car did not know. */
  readonly at: number | null;
}

/** Places and time of a minimum set of data. A place outside the world is not told. */
export function carReport(msd: MsdFields): CarReport {
  const { positionLatitude, positionLongitude } = msd.vehicleLocation;
  const isKnown = positionLatitude !== LOCATION_UNKNOWN && positionLongitude !== LOCATION_UNKNOWN;
  const degrees = (latMas: number, lonMas: number): Place | undefined => {
    const [lat, lon] = [latMas / MAS_PER_DEG, lonMas / MAS_PER_DEG];
    return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lon, lat } : undefined;
  };
  const place = isKnown ? degrees(positionLatitude, positionLongitude) : undefined;
  const before: Place[] = [];
  let [lat, lon] = [positionLatitude, positionLongitude];
  // each is told from the one after it in time
  for (const delta of [msd.recentVehicleLocationN1, msd.recentVehicleLocationN2]) {
    if (place === undefined || delta == null) break;
    lat += delta.latitudeDelta * DELTA_MAS;
    lon += delta.longitudeDelta * DELTA_MAS;
    const earlier = degrees(lat, lon);
    if (earlier !== undefined) before.push(earlier);
  }
  return {
    place: place ?? null,
    headingDeg: msd.vehicleDirection >= 180 ? null : msd.vehicleDirection * 2,
    before,
    at: msd.timestamp === 0 ? null : msd.timestamp * 1000,
  };
}
