/** Metres; stands in for an accuracy nobody stated: a phone between houses. */
export const UNSTATED_ACCURACY_M = 50;

/** How a unit stands, wherever it is. Read only: whoever keeps the live picture owns it. */
export interface StandingFacts {
  /** 32-bit, issued by the database; the key of the unit in the live index. */
  readonly handle: number;
  readonly unitId: string;
  readonly callsign: string;
  readonly agencyId: string;
  readonly kind: string;
  readonly status: string;
  /** Quantity by capability code, in the code's own measure: litres, metres, pieces. */
  readonly capabilities: ReadonlyMap<string, number>;
  /** Offered to some desk, and the offer has not expired. */
  readonly held: boolean;
  /** The incident it works on, if any. */
  readonly vekId: string | null;
  /** null: the agency keeps no shifts for this unit. */
  readonly onShift: boolean | null;
  /** null: unknown. */
  readonly headCount: number | null;
}

/** What the choice needs to know of a unit, besides where it is. */
export interface UnitFacts extends StandingFacts {
  /** The device's GNSS clock for the place in the index; null: no fix yet. */
  readonly fixTime: number | null;
  /** Our clock for the same fix. */
  readonly receivedAt: number | null;
  /** Radius in metres as the device claims; null: unknown. */
  readonly accuracyM: number | null;
  /** Marks that ingest left on the fix. Told in the answer; they rule nothing out. */
  readonly suspect: readonly string[];
}

/** All units a question may be answered with, by handle. A Map is one. */
export interface UnitRoster {
  get(handle: number): UnitFacts | undefined;
  values(): Iterable<UnitFacts>;
}

/**
 * Age of a unit's fix in seconds at the instant `at`, or undefined without a fix.
 * The older of the two clocks counts: a device whose clock runs ahead is never fresher than its last message.
 */
export function fixAgeS(unit: UnitFacts, at: number): number | undefined {
  if (unit.fixTime === null || unit.receivedAt === null) return undefined;
  return Math.max(0, at - Math.min(unit.fixTime, unit.receivedAt)) / 1000;
}
