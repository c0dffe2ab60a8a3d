/** A fleet and questions as the engine takes them: units alike but for what they can do, and where they are. */
import {
  DEFAULT_POLICY,
  type DispatchQuestion,
  DispatchRoster,
  type LonLat,
  lonLat,
  type Requirement,
} from '../../geo-engine/src/index.js';

/** Of all units, as lines of a card ask for it. */
export const SERVICE = 'service';
const AGENCY = 'agency';

/** Units 1 to `count`, nowhere yet; what each can do goes by turns. */
export function createRoster(count: number, capabilities: readonly string[], profile: string): DispatchRoster {
  const roster = new DispatchRoster();
  for (let i = 0; i < count; i++) {
    roster.upsert({
      handle: i + 1,
      unitId: `unit ${i + 1}`,
      callsign: `B${i + 1}`,
      agencyId: AGENCY,
      kind: 'tanker',
      status: 'available',
      capabilities: new Map([[capabilities[i % capabilities.length]!, 1]]),
      held: false,
      vekId: null,
      onShift: null,
      headCount: null,
      service: SERVICE,
      profile,
      qualifications: new Map(),
      equipment: new Map(),
      crewId: null,
      crewOutWith: null,
      shiftEndsAt: null,
      restUntil: null,
      idleSince: null,
      reservedFor: null,
      freeAt: null,
      freePlace: null,
      workPriority: null,
      turnoutMs: 0,
    });
  }
  return roster;
}

/** A fix, told at the instant it was made. Speed null: it stands. */
export function moveUnit(
  roster: DispatchRoster,
  handle: number,
  [lon, lat]: readonly [lon: number, lat: number],
  at: number,
  moving: { readonly speedMps: number; readonly headingDeg: number } | null,
): void {
  const place = lonLat(lon, lat);
  const { speedMps, headingDeg } = moving ?? { speedMps: 0, headingDeg: null };
  roster.move(handle, { place, fixTime: at, receivedAt: at, accuracyM: 5, speedMps, headingDeg, suspect: [] });
}

export function createQuestion(place: LonLat, requirements: readonly Requirement[], now: number): DispatchQuestion {
  return {
    place,
    priority: 'P2',
    requirements,
    targetMs: {},
    skipped: {},
    ownHolds: [],
    preemption: null,
    policy: DEFAULT_POLICY,
    now,
    maxFixAgeS: 3600,
    dispatchableStatuses: ['available'],
    agencyIds: [AGENCY],
    vekId: null,
  };
}
