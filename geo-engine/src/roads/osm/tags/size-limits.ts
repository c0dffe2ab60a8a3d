import type { LeaveOut } from '../../map-road.js';
import type { Tags } from './tags.js';

// Source of the spellings: wiki.openstreetmap.org/wiki/Key:maxweight, …/Key:maxheight.

const T_PER_KG = 0.001;
const T_PER_LB = 0.00045359237;
/** A short ton, as signed in North America. */
const T_PER_SHORT_TON = 0.90718474;
const M_PER_FOOT = 0.3048;
const INCHES_A_FOOT = 12;

/** The network holds half tonnes and decimetres in a byte each; what does not fit limits nobody. */
const HALF_TONNES_PER_T = 2;
const DM_PER_M = 10;
const MOST = 255;
/** Against 3.3 * 10 = 32.99…: less than a gram and a micrometre. */
const ROUNDING = 1e-6;

/** Values that say that there is no figure. */
const WITHOUT_FIGURE: ReadonlySet<string> = new Set([
  'none',
  'no',
  'default',
  'unsigned',
  'below_default',
  'no_indications',
  'no_sign',
]);

/** Tonnes, or undefined when the value is not understood. */
export function weightT(value: string): number | undefined {
  const [, figure, unit] = /^(\d+(?:[.,]\d+)?)\s*(t|tons?|tonnes?|kg|lbs?|st)?$/.exec(value.toLowerCase()) ?? [];
  if (figure === undefined) return undefined;
  const factor = unit === 'kg' ? T_PER_KG : unit?.startsWith('lb') ? T_PER_LB : unit === 'st' ? T_PER_SHORT_TON : 1;
  return Number(figure.replace(',', '.')) * factor;
}

/** Metres, or undefined when the value is not understood. */
export function heightM(value: string): number | undefined {
  const [, feet, inches] =
    /^(\d+(?:\.\d+)?)\s*(?:'|ft)\s*(?:(\d+(?:\.\d+)?)\s*(?:"|''|in)?)?$/.exec(value.toLowerCase()) ?? [];
  if (feet !== undefined) return (Number(feet) + Number(inches ?? 0) / INCHES_A_FOOT) * M_PER_FOOT;
  const [, figure, unit] = /^(\d+(?:[.,]\d+)?)\s*(m|cm)?$/.exec(value.toLowerCase()) ?? [];
  if (figure === undefined) return undefined;
  return Number(figure.replace(',', '.')) * (unit === 'cm' ? 0.01 : 1);
}

/** The least of several signs in whole units, rounded down: a vehicle that passes the rounded limit passes the sign. */
function least(
  values: readonly (string | undefined)[],
  read: (value: string) => number | undefined,
  unitsEach: number,
  unreadable: () => void,
): number {
  let result = 0;
  for (const value of values) {
    if (value === undefined || WITHOUT_FIGURE.has(value)) continue;
    const figure = read(value);
    if (figure === undefined || figure === 0) {
      unreadable();
      continue;
    }
    const units = Math.max(1, Math.floor(figure * unitsEach + ROUNDING));
    if (units <= MOST && (result === 0 || units < result)) result = units;
  }
  return result;
}

/** Limit of the vehicle's weight in half tonnes, 0 none. */
export function maxWeightOf(tags: Tags, leaveOut: LeaveOut): number {
  const signs = [tags.get('maxweight'), tags.get('maxweightrating')];
  return least(signs, weightT, HALF_TONNES_PER_T, () => leaveOut('unreadable_maxweight'));
}

/** Limit of the vehicle's height in decimetres, 0 none. */
export function maxHeightOf(tags: Tags, leaveOut: LeaveOut): number {
  const signs = [tags.get('maxheight'), tags.get('maxheight:physical')];
  return least(signs, heightM, DM_PER_M, () => leaveOut('unreadable_maxheight'));
}
