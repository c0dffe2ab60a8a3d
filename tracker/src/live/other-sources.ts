import { haversineM } from '../../../geo-engine/src/index.js';
import { STALE_AFTER_INTERVALS } from '../protocol/live-frame.js';

/** Two good receivers in one vehicle, and the crew that stands around it. */
const TOGETHER_M = 100;
/** 150 km/h: what two fixes of one vehicle that were not made at the same instant may lie apart besides. */
const MAX_SPEED_MPS = 150 / 3.6;
/** So long may a message take that goes by satellite or a mobile network in the country. */
const SLOW_NETWORK_MS = 10_000;
/** Taken where a device does not say how far off it may be. */
const USUAL_ACCURACY_M = 30;

/** A device's last good fix, which is not the unit's live position. */
export interface SourceSighting {
  readonly deviceHandle: number;
  readonly priority: number;
  readonly intervalS: number;
  readonly lonE7: number;
  readonly latE7: number;
  readonly accuracyDm: number; // 0xffff unknown
  /** By the device's clock and by ours, epoch ms. */
  readonly fixTime: number;
  readonly receivedAt: number;
}

/** What the devices of a unit say that did not give its live position: most units have one device and are not here. */
export class OtherSources {
  readonly #bySlot = new Map<number, Map<number, SourceSighting>>();

  /** Nothing is kept of units with one device. */
  has(slot: number): boolean {
    return this.#bySlot.has(slot);
  }

  put(slot: number, sighting: SourceSighting): void {
    const others = this.#bySlot.get(slot);
    if (others === undefined) this.#bySlot.set(slot, new Map([[sighting.deviceHandle, sighting]]));
    else if (sighting.fixTime > (others.get(sighting.deviceHandle)?.fixTime ?? Number.NEGATIVE_INFINITY))
      others.set(sighting.deviceHandle, sighting);
  }

  /** This device gives the live position now. */
  remove(slot: number, deviceHandle: number): void {
    this.#bySlot.get(slot)?.delete(deviceHandle);
  }

  /** Nothing is known any more of where the unit's devices are. */
  clear(slot: number): void {
    this.#bySlot.delete(slot);
  }

  get(slot: number, deviceHandle: number): SourceSighting | undefined {
    return this.#bySlot.get(slot)?.get(deviceHandle);
  }

  of(slot: number): Iterable<SourceSighting> {
    return this.#bySlot.get(slot)?.values() ?? [];
  }
}

export function isFresh({ fixTime, receivedAt, intervalS }: SourceSighting, now: number): boolean {
  return now - Math.min(fixTime, receivedAt) <= intervalS * 1000 * STALE_AFTER_INTERVALS;
}

/** True if it came as soon as it was made, but for a slow network: what waited for a connection longer is not where its device is now. */
export function isPrompt({ fixTime, receivedAt, intervalS }: SourceSighting): boolean {
  return receivedAt - fixTime <= Math.max(intervalS * 1000, SLOW_NETWORK_MS);
}

/** Great-circle distance in metres between what two devices say. */
export function distanceBetweenM(a: SourceSighting, b: SourceSighting): number {
  return haversineM(a.lonE7 / 1e7, a.latE7 / 1e7, b.lonE7 / 1e7, b.latE7 / 1e7);
}

/** True if two devices that both report cannot be in the same vehicle: the phone has left it, or one of them is wrong. */
export function areApart(a: SourceSighting, b: SourceSighting, now: number): boolean {
  if (!isFresh(a, now) || !isFresh(b, now)) return false;
  const betweenS = Math.abs(a.fixTime - b.fixTime) / 1000;
  return distanceBetweenM(a, b) > TOGETHER_M + accuracyM(a) + accuracyM(b) + betweenS * MAX_SPEED_MPS;
}

function accuracyM({ accuracyDm }: SourceSighting): number {
  return accuracyDm === 0xffff ? USUAL_ACCURACY_M : accuracyDm / 10;
}
