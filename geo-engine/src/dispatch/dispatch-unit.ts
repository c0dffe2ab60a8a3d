import type { LonLat } from '../geo/lon-lat.js';
import type { Priority } from '../run-cards/run-card.js';
import type { StandingFacts, UnitFacts } from '../suitability/unit-facts.js';

/** What is known of where a unit is: one fix. */
export interface UnitFix {
  readonly place: LonLat;
  /** The device's GNSS clock. */
  readonly fixTime: number;
  /** Our clock for the same fix. */
  readonly receivedAt: number;
  /** Radius in metres as the device claims; null: unknown. */
  readonly accuracyM: number | null;
  /** null: unknown. */
  readonly speedMps: number | null;
  /** Direction of travel, clockwise from north; null: unknown, or it stands still. */
  readonly headingDeg: number | null;
  /** Marks that ingest left on the fix. Told in the answer; they rule nothing out. */
  readonly suspect: readonly string[];
}

/** Where a unit frees up: the hospital, the station … that it is bound for. */
export interface FreePlace {
  readonly at: LonLat;
  /** As people call it; null: nobody has said. */
  readonly name: string | null;
}

/** All that the choice for a run card needs to know of a unit, except for where it is. */
export interface StandingUnit extends StandingFacts {
  /** Code of the service it belongs to, as run cards name it. */
  readonly service: string;
  /** Code of the VehicleProfile by which it drives. */
  readonly profile: string;
  /** People of the crew by qualification; a person with two counts under both. */
  readonly qualifications: ReadonlyMap<string, number>;
  /** Pieces and stocks on board by code, in the code's own measure. */
  readonly equipment: ReadonlyMap<string, number>;
  /** The crew that mans it. Units of one crew cannot go together. null: a crew of its own. */
  readonly crewId: string | null;
  /** The other unit its crew is out with; null: the crew is at hand. */
  readonly crewOutWith: string | null;
  /** End of the crew's shift, epoch ms; null: unknown. */
  readonly shiftEndsAt: number | null;
  /** Until when its crew should rest, epoch ms; null: no rest owed. */
  readonly restUntil: number | null;
  /** End of its last call, epoch ms; null: none this shift, which counts as idle longest. */
  readonly idleSince: number | null;
  /** A later event it is kept for. */
  readonly reservedFor: { readonly vekId: string; readonly from: number } | null;
  /** When a busy unit is expected to be free, epoch ms; null: it is free, or nobody knows. */
  readonly freeAt: number | null;
  /** From where it is counted, as it sets out no sooner than it is free; null: from its fix. Known only together with freeAt. */
  readonly freePlace: FreePlace | null;
  /** Priority of the incident it works on; null: on none. */
  readonly workPriority: Priority | null;
  /** What is left of its turnout before wheels roll, ms; 0 for a unit on the road. */
  readonly turnoutMs: number;
}

/** A unit at one instant: how it stands, and its last fix. Without a fix `place` and both clocks are null. */
export interface DispatchUnit extends StandingUnit, UnitFacts {
  readonly place: LonLat | null;
  readonly speedMps: number | null;
  readonly headingDeg: number | null;
}

/** Key of the crew: units with the same key cannot go together. */
export function crewKey({ crewId, unitId }: StandingUnit): string {
  return crewId === null ? `unit ${unitId}` : `crew ${crewId}`;
}

/** Equal cost: who has been idle longer goes first, then the unit id in the alphabet. */
export function compareIdle(a: StandingUnit, b: StandingUnit): number {
  const byIdle = (a.idleSince ?? Number.NEGATIVE_INFINITY) - (b.idleSince ?? Number.NEGATIVE_INFINITY);
  return byIdle || (a.unitId < b.unitId ? -1 : a.unitId > b.unitId ? 1 : 0);
}
