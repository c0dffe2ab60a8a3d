import type { StandingUnit } from '../../../geo-engine/src/index.js';

/** A tanker that may go at once and has nothing; changes say what it has. Called B7 by its handle, 7. */
export function createStandingUnit(handle: number, changes: Partial<StandingUnit> = {}): StandingUnit {
  return {
    handle,
    unitId: `unit ${handle}`,
    callsign: `B${handle}`,
    agencyId: 'agency',
    kind: 'tanker',
    status: 'available',
    capabilities: new Map(),
    held: false,
    vekId: null,
    onShift: null,
    headCount: null,
    service: 'service',
    profile: 'car',
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
    ...changes,
  };
}
