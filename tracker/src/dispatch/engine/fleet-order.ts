import { LRUCache } from 'lru-cache';
import { type DispatchRoster, lonLat, type StandingUnit } from '../../../../geo-engine/src/index.js';

/** What has become of the fleet since the thread was last told. */
export interface FleetOrder {
  /** Handles of units that are gone. */
  readonly gone: readonly number[];
  readonly standing: readonly StandingUnit[];
  /** [units × FIX_STRIDE] newest fixes; handed over, not copied. */
  readonly fixes: Float64Array;
}

/** Columns of a fix; what is unknown is NaN, and without a place LON is. */
export const HANDLE = 0;
export const LON = 1; //         degrees
export const LAT = 2; //         degrees
export const FIX_TIME = 3; //    epoch ms
export const RECEIVED_AT = 4; // epoch ms
export const ACCURACY_M = 5;
export const SPEED_MPS = 6;
export const HEADING_DEG = 7;
export const IS_SUSPECT = 8; //  1: fixes of it are set aside
export const FIX_STRIDE = 9;

/** Texts and tables that units of a fleet have in common, of each kind. */
const MOST_IN_COMMON = 10_000;
const texts = new LRUCache<string, string>({ max: MOST_IN_COMMON });
const tables = new LRUCache<string, ReadonlyMap<string, number>>({ max: MOST_IN_COMMON });

const NO_MARKS: readonly string[] = [];
const SET_ASIDE: readonly string[] = ['fixes_set_aside'];

/** Brings a roster up to date, in the thread that asks it. */
export function takeFleetOrder({ gone, standing, fixes }: FleetOrder, roster: DispatchRoster): void {
  for (const handle of gone) roster.remove(handle);
  for (const unit of standing) roster.upsert(lean(unit));
  for (let at = 0; at < fixes.length; at += FIX_STRIDE) {
    const handle = fixes[at + HANDLE]!;
    const lon = fixes[at + LON]!;
    if (Number.isNaN(lon)) {
      roster.unplace(handle);
      continue;
    }
    roster.move(handle, {
      place: lonLat(lon, fixes[at + LAT]!),
      fixTime: fixes[at + FIX_TIME]!,
      receivedAt: fixes[at + RECEIVED_AT]!,
      accuracyM: known(fixes[at + ACCURACY_M]!),
      speedMps: known(fixes[at + SPEED_MPS]!),
      headingDeg: known(fixes[at + HEADING_DEG]!),
      suspect: fixes[at + IS_SUSPECT] === 1 ? SET_ASIDE : NO_MARKS,
    });
  }
}

/** The unit with what others have too in one copy: each came with its own. */
function lean(unit: StandingUnit): StandingUnit {
  return {
    ...unit,
    agencyId: shared(texts, unit.agencyId, unit.agencyId),
    kind: shared(texts, unit.kind, unit.kind),
    status: shared(texts, unit.status, unit.status),
    service: shared(texts, unit.service, unit.service),
    profile: shared(texts, unit.profile, unit.profile),
    capabilities: sharedTable(unit.capabilities),
    qualifications: sharedTable(unit.qualifications),
    equipment: sharedTable(unit.equipment),
  };
}

function sharedTable(table: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return shared(tables, JSON.stringify([...table]), table);
}

function shared<Value extends object | string>(known: LRUCache<string, Value>, key: string, value: Value): Value {
  const before = known.get(key);
  if (before === undefined) known.set(key, value);
  return before ?? value;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
