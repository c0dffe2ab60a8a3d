import { lonLat } from '../geo/lon-lat.js';
import type { UnitFix } from './dispatch-unit.js';

/**
 * The newest fix of every slot, in flat arrays. As objects they lived for a second each, and were most of what the collector of young
 * objects had to copy while a large fleet reports.
 */
export class FixColumns {
  #lon: Float64Array; //        [slots] degrees; NaN: no place
  #lat: Float64Array; //        [slots] degrees
  #fixTime: Float64Array; //    [slots] epoch ms
  #receivedAt: Float64Array; // [slots] epoch ms
  #accuracyM: Float64Array; //  [slots] NaN: unknown
  #speedMps: Float64Array; //   [slots] NaN: unknown
  #headingDeg: Float64Array; // [slots] NaN: unknown
  readonly #suspect: (readonly string[])[] = []; // [slots]

  constructor(slots: number) {
    this.#lon = new Float64Array(slots).fill(Number.NaN);
    this.#lat = new Float64Array(slots);
    this.#fixTime = new Float64Array(slots);
    this.#receivedAt = new Float64Array(slots);
    this.#accuracyM = new Float64Array(slots);
    this.#speedMps = new Float64Array(slots);
    this.#headingDeg = new Float64Array(slots);
  }

  put(slot: number, { place, fixTime, receivedAt, accuracyM, speedMps, headingDeg, suspect }: UnitFix): void {
    this.#lon[slot] = place[0];
    this.#lat[slot] = place[1];
    this.#fixTime[slot] = fixTime;
    this.#receivedAt[slot] = receivedAt;
    this.#accuracyM[slot] = accuracyM ?? Number.NaN;
    this.#speedMps[slot] = speedMps ?? Number.NaN;
    this.#headingDeg[slot] = headingDeg ?? Number.NaN;
    this.#suspect[slot] = suspect;
  }

  clear(slot: number): void {
    this.#lon[slot] = Number.NaN;
  }

  /** undefined: no place. */
  at(slot: number): UnitFix | undefined {
    const lon = this.#lon[slot]!;
    if (Number.isNaN(lon)) return undefined;
    return {
      place: lonLat(lon, this.#lat[slot]!),
      fixTime: this.#fixTime[slot]!,
      receivedAt: this.#receivedAt[slot]!,
      accuracyM: known(this.#accuracyM[slot]!),
      speedMps: known(this.#speedMps[slot]!),
      headingDeg: known(this.#headingDeg[slot]!),
      suspect: this.#suspect[slot]!,
    };
  }

  grow(slots: number): void {
    const old = this.#lon;
    this.#lon = new Float64Array(slots).fill(Number.NaN);
    this.#lon.set(old);
    this.#lat = wider(this.#lat, slots);
    this.#fixTime = wider(this.#fixTime, slots);
    this.#receivedAt = wider(this.#receivedAt, slots);
    this.#accuracyM = wider(this.#accuracyM, slots);
    this.#speedMps = wider(this.#speedMps, slots);
    this.#headingDeg = wider(this.#headingDeg, slots);
  }
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function wider(old: Float64Array, slots: number): Float64Array {
  const room = new Float64Array(slots);
  room.set(old);
  return room;
}
