import { type PolygonCoordinates, polygonsContain } from '../geo/polygons.js';
import type { CapabilityNeed } from '../suitability/hard-filters.js';
import type { StandingNeed } from './dispatch-question.js';
import { compareIdle, type DispatchUnit } from './dispatch-unit.js';
import { fixRefusal, type Ineligible, standingRefusal } from './eligibility.js';
import { againstTarget, type ResponseTime, responseTime, type TravelCorrection } from './eta.js';
import { type Ways, type WaysBasis, wayStartOf } from './ways.js';

/** Ways asked for in one table query. */
const BATCH = 256;

/** What have we: near enough to a place, or in an area? */
export type AvailableWithin =
  | { readonly kind: 'time'; readonly ways: Ways; readonly limitMs: number; readonly correction: TravelCorrection }
  | { readonly kind: 'area'; readonly polygons: PolygonCoordinates };

export interface AvailableQuestion extends StandingNeed {
  /** The instant meant, epoch ms; `now` for now. Until then a unit counts as where it was seen last, or will be free. */
  readonly at: number;
  readonly within: AvailableWithin;
  /** What every unit must have alone; empty: nothing. */
  readonly capabilities: readonly CapabilityNeed[];
  /** Codes of services; null: all. */
  readonly services: readonly string[] | null;
}

export interface AvailableUnit {
  readonly unit: DispatchUnit;
  /** null where an area was asked about: nobody said where to. */
  readonly response: ResponseTime | null;
  /** `uncertain`: within by the expected time, and late by the greatest. */
  readonly verdict: 'within' | 'uncertain';
}

/** Why a unit is not among them: not asked for, may not go, no way, or `outside` the time or area. */
export type UnavailableCode = Ineligible['code'] | 'outside';

export interface AvailableAnswer {
  /** null: no ways were asked for. */
  readonly basis: WaysBasis | null;
  /** First to arrive first; in an area those idle longest first. */
  readonly units: readonly AvailableUnit[];
  /** Of these units: how many have a capability, and how much of it together. */
  readonly byCapability: Readonly<Record<string, { readonly units: number; readonly quantity: number }>>;
  /** Everybody else. With the units above it is the whole roster. */
  readonly restByReason: Readonly<Partial<Record<UnavailableCode, number>>>;
}

/**
 * What is available at an instant, of `roster` as it stands then. Units whose expected response is within the limit are; a busy one is
 * once it is expected to be free.
 */
export function available(question: AvailableQuestion, roster: Iterable<DispatchUnit>): AvailableAnswer {
  const { within } = question;
  const rest: Partial<Record<UnavailableCode, number>> = {};
  const able: DispatchUnit[] = [];
  for (const unit of roster) {
    const code = refusalOf(unit, question)?.code;
    if (code === undefined) able.push(unit);
    else rest[code] = (rest[code] ?? 0) + 1;
  }
  const units: AvailableUnit[] = [];
  const judge = (one: AvailableUnit | 'no_route' | 'outside') => {
    if (typeof one === 'string') rest[one] = (rest[one] ?? 0) + 1;
    else units.push(one);
  };
  if (within.kind === 'area') for (const unit of able) judge(inArea(unit, within.polygons));
  else for (const one of inTime(able, within, question.at)) judge(one);
  units.sort((a, b) => responseMs(a) - responseMs(b) || compareIdle(a.unit, b.unit));
  const basis = within.kind === 'time' ? within.ways.basis : null;
  return { basis, units, byCapability: sumByCapability(units), restByReason: rest };
}

/** The first reason for which a unit is not available, wherever it is asked for. */
function refusalOf(unit: DispatchUnit, question: AvailableQuestion): Ineligible | undefined {
  const { services, capabilities, at } = question;
  const { service } = unit;
  if (services !== null && !services.includes(service)) return { code: 'service_not_asked', service };
  for (const { code: capability, quantity } of capabilities) {
    const has = unit.capabilities.get(capability);
    if (has === undefined) return { code: 'capability_missing', capability };
    if (has < quantity) return { code: 'capability_short', capability, wanted: quantity, has };
  }
  // how old a fix is counts today; all else counts then
  return fixRefusal(unit, question) ?? standingRefusal(unit, { ...question, now: at });
}

function inArea(unit: DispatchUnit, polygons: PolygonCoordinates): AvailableUnit | 'outside' {
  const [lon, lat] = wayStartOf(unit).place!;
  return polygonsContain(polygons, lon, lat) ? { unit, response: null, verdict: 'within' } : 'outside';
}

/** Units near enough that they might be in time, with their ways. */
function* inTime(
  units: readonly DispatchUnit[],
  { ways, limitMs, correction }: Extract<AvailableWithin, { kind: 'time' }>,
  at: number,
): Generator<AvailableUnit | 'no_route' | 'outside'> {
  for (let from = 0; from < units.length; from += BATCH) {
    const batch = units.slice(from, from + BATCH);
    const table = ways.table(batch.map(wayStartOf));
    for (const [i, unit] of batch.entries()) {
      const travel = table[i] ?? null;
      const response = travel && responseTime(unit, travel, at, correction);
      if (response === null) yield 'no_route';
      else if (response.responseMs > limitMs) yield 'outside';
      else yield { unit, response, verdict: againstTarget(response, limitMs) === 'within' ? 'within' : 'uncertain' };
    }
  }
}

function responseMs({ response }: AvailableUnit): number {
  return response?.responseMs ?? 0;
}

function sumByCapability(units: readonly AvailableUnit[]): AvailableAnswer['byCapability'] {
  const sums: Record<string, { units: number; quantity: number }> = {};
  for (const { unit } of units) {
    for (const [code, quantity] of unit.capabilities) {
      const { units: before, quantity: known } = sums[code] ?? { units: 0, quantity: 0 };
      sums[code] = { units: before + 1, quantity: known + quantity };
    }
  }
  return sums;
}
