import { CellTable } from '../src/cells/cell-table.js';
import type { LonLat } from '../src/geo/lon-lat.js';
import { LiveIndex } from '../src/live-index/live-index.js';
import type { NearestSuitableQuestion } from '../src/suitability/nearest-suitable.js';
import type { UnitFacts } from '../src/suitability/unit-facts.js';
import { CENTRES, createPlaceNear, pick } from './random.js';

/** A unit with everything a question can look at, as the tables and the live picture both know it. */
export interface WorldUnit extends UnitFacts {
  /** null: it has never reported. */
  readonly at: LonLat | null;
}

export interface World {
  readonly now: number;
  readonly centre: LonLat;
  readonly agencyIds: readonly string[];
  readonly vekIds: readonly string[];
  readonly units: readonly WorldUnit[];
}

/** Noon UTC, so that fixes of the last hours fall on one day. */
export const NOW = Date.UTC(2026, 4, 12, 12);
const STATUSES = ['available_at_station', 'available', 'returning', 'en_route', 'on_scene', 'off_duty'];
const DISPATCHABLE = ['available_at_station', 'available', 'returning'];
const KINDS = ['tanker', 'ladder', 'patrol', 'medical_team'];
const CAPABILITIES = ['pump', 'water', 'ladder', 'als'];

/** A fleet round one centre; every reason to be refused occurs, and some units stand on one spot. */
export function createWorld(random: () => number, centre: LonLat, size: number): World {
  const agencyIds = [1, 2, 3].map((n) => uuid(1, n));
  const vekIds = [1, 2].map((n) => uuid(2, n));
  const units: WorldUnit[] = [];
  for (let i = 0; i < size; i++) {
    const neighbour = units.length > 0 && random() < 0.15 ? pick(random, units).at : null;
    const at = random() < 0.06 ? null : (neighbour ?? createPlaceNear(random, centre, pick(random, [0.02, 0.5, 3])));
    const receivedAt = NOW - Math.floor(random() ** 3 * 900) * 1000;
    const late = pick(random, [0, 0, 40, 2000, -3000, 400_000]); // a device's clock may run ahead, or a fix come late
    units.push({
      handle: 10 + i * 3,
      unitId: uuid(3, i),
      callsign: `V-${i}`,
      agencyId: pick(random, agencyIds),
      kind: pick(random, KINDS),
      status: random() < 0.8 ? pick(random, DISPATCHABLE) : pick(random, STATUSES),
      capabilities: createCapabilities(random),
      held: random() < 0.08,
      vekId: random() < 0.15 ? pick(random, vekIds) : null,
      onShift: random() < 0.3 ? null : random() < 0.85,
      headCount: null,
      fixTime: at === null ? null : receivedAt - late,
      receivedAt: at === null ? null : receivedAt,
      accuracyM: random() < 0.2 ? null : Math.round(random() * 30),
      suspect: [],
      at,
    });
  }
  // who is on shift has a head-count
  const manned = units.map((unit) => ({ ...unit, headCount: unit.onShift ? 1 + Math.floor(random() * 6) : null }));
  return { now: NOW, centre, agencyIds, vekIds, units: manned };
}

export function createQuestion(random: () => number, world: World): NearestSuitableQuestion {
  const asks = CAPABILITIES.filter(() => random() < 0.2);
  return {
    place: random() < 0.8 ? createPlaceNear(random, world.centre, 1) : pick(random, Object.values(CENTRES)),
    k: pick(random, [1, 3, 8, 1000]),
    now: world.now,
    maxFixAgeS: pick(random, [60, 300, 3600]),
    dispatchableStatuses: random() < 0.9 ? DISPATCHABLE : [],
    capabilities: asks.map((code) => ({ code, quantity: pick(random, [1, 1, 2000]) })),
    agencyIds: pick(random, [null, undefined, world.agencyIds.slice(0, 2)]),
    kinds: pick(random, [null, undefined, KINDS.slice(0, 3)]),
    minHeadCount: pick(random, [undefined, 0, 3]),
    vekId: pick(random, [null, undefined, ...world.vekIds]),
  };
}

/** The live side of a world: an index of the places. */
export function createIndex(world: World): LiveIndex {
  const cells = new CellTable();
  const index = new LiveIndex(cells);
  for (const { handle, at } of world.units) {
    if (at !== null) index.upsert(handle, at[0], at[1], cells.cellAt(at[0], at[1]));
  }
  return index;
}

export function createRoster(world: World): Map<number, UnitFacts> {
  return new Map(world.units.map((unit) => [unit.handle, unit]));
}

function createCapabilities(random: () => number): Map<string, number> {
  const has = CAPABILITIES.filter(() => random() < 0.7);
  return new Map(has.map((code) => [code, code === 'water' ? pick(random, [1500, 2000, 4000]) : 1]));
}

/** Family and number, told apart at sight. */
export function uuid(family: number, n: number): string {
  return `${family.toString(16).padStart(8, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}
