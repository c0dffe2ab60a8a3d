import { fixAgeS, UNSTATED_ACCURACY_M } from '../suitability/unit-facts.js';
import type { DispatchUnit, StandingUnit } from './dispatch-unit.js';
import type { Travel, WaysBasis } from './ways.js';

/** Speed by road where the way's length is not known: 50 km/h. */
const USUAL_ROAD_MPS = 50 / 3.6;
/** How fast a unit whose speed is unknown may have driven since its fix. */
const UNSTATED_SPEED_MPS = 50 / 3.6;
/** No unit drives faster, 130 km/h: a reported speed above it is an error of the device. */
const TOP_SPEED_MPS = 130 / 3.6;

/** Learnt factor on travel times of this hour and zone, above 0 up to MOST_CORRECTION; null until there is history enough. */
export type TravelCorrection = number | null;
/** No hour makes a way longer than this: beyond it, history is of a closed road or wrong. */
export const MOST_CORRECTION = 5;

/** How long until a unit is there, in parts and as an instant. Whole milliseconds. */
export interface ResponseTime {
  readonly basis: WaysBasis;
  /** Until a busy unit is free. */
  readonly waitMs: number;
  /** Left of the turnout. */
  readonly turnoutMs: number;
  /** By road, the correction included. */
  readonly travelMs: number;
  readonly offRoadMs: number;
  /** The parts together: what units are ranked by. */
  readonly responseMs: number;
  /** Least and greatest response, given the age and accuracy of the fix. */
  readonly intervalMs: readonly [least: number, greatest: number];
  /** Expected arrival, epoch ms. */
  readonly etaAt: number;
  /** The factor that travelMs holds; null: none learnt yet. */
  readonly correction: TravelCorrection;
}

/** The parts of a response that do not depend on where the unit may be by now, whole milliseconds. */
function partsOf(unit: StandingUnit, travel: Travel, now: number, correction: TravelCorrection) {
  const waits = waitMs(unit, now);
  const travelMs = Math.round(travel.ms * (correction ?? 1));
  const after = Math.round(travel.offRoadMs);
  return { waits, travelMs, after, responseMs: waits + unit.turnoutMs + travelMs + after };
}

/** What responseTime says of the whole, and no more. */
export function responseMsOf(unit: StandingUnit, travel: Travel, now: number, correction: TravelCorrection): number {
  return partsOf(unit, travel, now, correction).responseMs;
}

/**
 * Response time of a unit from its entry in the travel table, at the instant `now`. Turnout runs while a busy unit waits
 * only once it is free, so the two add up. No probability is given: the spread is not learnt.
 * @param travel from where wayStartOf says
 */
export function responseTime(
  unit: DispatchUnit,
  travel: Travel,
  now: number,
  correction: TravelCorrection = null,
): ResponseTime {
  const { waits, travelMs, after, responseMs } = partsOf(unit, travel, now, correction);
  const factor = correction ?? 1;
  const before = waits + unit.turnoutMs;
  const [least, greatest] = travel.intervalMs ?? strayInterval(unit, travel, now);
  return {
    basis: travel.basis,
    waitMs: waits,
    turnoutMs: unit.turnoutMs,
    travelMs,
    offRoadMs: after,
    responseMs,
    intervalMs: [
      before + Math.min(travelMs, Math.floor(least * factor)) + after,
      before + Math.max(travelMs, Math.ceil(greatest * factor)) + after,
    ],
    etaAt: now + responseMs,
    correction,
  };
}

/** `within` only when even the greatest time is; `late` when even the least is not. */
export function againstTarget({ intervalMs }: ResponseTime, targetMs: number): 'within' | 'uncertain' | 'late' {
  if (intervalMs[1] <= targetMs) return 'within';
  return intervalMs[0] > targetMs ? 'late' : 'uncertain';
}

/** How long a busy unit is busy still. */
export function waitMs({ freeAt }: StandingUnit, now: number): number {
  return freeAt === null ? 0 : Math.max(0, Math.round(freeAt - now));
}

/** The travel time, longer and shorter by what the unit may be away from where it is counted from, at the way's own speed. */
function strayInterval(unit: DispatchUnit, { ms, lengthM }: Travel, now: number): readonly [number, number] {
  const roadMps = lengthM !== null && ms > 0 && lengthM > 0 ? (lengthM / ms) * 1000 : USUAL_ROAD_MPS;
  const strayMs = (strayM(unit, now) / roadMps) * 1000;
  return [Math.max(0, ms - strayMs), ms + strayMs];
}

/**
 * How far a unit may be from its last fix: what the device says, and what it may have driven since. A unit in turnout has not. Who sets
 * out from where it frees up is there by then.
 */
function strayM(unit: DispatchUnit, now: number): number {
  if (unit.freePlace !== null) return 0;
  const accuracyM = unit.accuracyM ?? UNSTATED_ACCURACY_M;
  if (unit.turnoutMs > 0) return accuracyM;
  const speedMps = Math.min(TOP_SPEED_MPS, unit.speedMps ?? UNSTATED_SPEED_MPS);
  return accuracyM + (fixAgeS(unit, now) ?? 0) * speedMps;
}
