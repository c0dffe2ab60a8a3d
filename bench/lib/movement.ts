/** A crew that drives in a circle: where it is follows from the time alone, so that any process can say what any fix held. */
import { UNKNOWN_ALTITUDE, type WireFix } from './fix-encoder.js';

const M_PER_DEG = 111_195;
const RADIUS_M = 2000;
const SPEED_MPS = 14;
const RAD_PER_MS = SPEED_MPS / RADIUS_M / 1000;
/** Epoch ms from which angles are counted, to keep them small. */
const EPOCH = 1_767_225_600_000;
const CDEG_PER_RAD = 18_000 / Math.PI;
const FLAGS_MOVING_IGNITION = 3;

/** Where a crew's circle lies, degrees, and where on it the crew was at the epoch, radians. */
export interface Route {
  readonly lon: number;
  readonly lat: number;
  readonly phase: number;
}

/** Writes the fix that the crew makes at a time (whole epoch ms) into `to`. */
export function fixInto(to: WireFix, { lon, lat, phase }: Route, timeMs: number): void {
  const angle = phase + (timeMs - EPOCH) * RAD_PER_MS;
  const radiusDeg = RADIUS_M / M_PER_DEG;
  to.timeMs = timeMs;
  to.lonE7 = Math.round((lon + (radiusDeg / Math.cos((lat * Math.PI) / 180)) * Math.sin(angle)) * 1e7);
  to.latE7 = Math.round((lat + radiusDeg * Math.cos(angle)) * 1e7);
  to.speedCmps = SPEED_MPS * 100;
  // clockwise round the circle: from its north point it goes east
  to.headingCdeg = (((Math.round(angle * CDEG_PER_RAD) + 9000) % 36_000) + 36_000) % 36_000;
  to.accuracyDm = 42;
  to.altitudeM = UNKNOWN_ALTITUDE;
  to.flags = FLAGS_MOVING_IGNITION;
}

/**
 * What was sent and what is stored are compared by count and by these sums over every row. `mix` binds the columns of a row together, so that
 * two rows that swapped a column are noticed; stored-sums.ts says the same in SQL.
 */
export interface ContentSums {
  rows: number;
  seq: number;
  mix: number;
}

export const MIX_MODULUS = 1_000_003;

export function addToSums(sums: ContentSums, seq: number, fix: WireFix): void {
  sums.rows++;
  sums.seq += seq;
  sums.mix +=
    (fix.lonE7 * 31 + fix.latE7 * 17 + fix.timeMs * 7 + seq * 3 + fix.speedCmps * 13 + fix.headingCdeg * 11) %
    MIX_MODULUS;
}
