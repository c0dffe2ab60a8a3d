import type { UnitFacts } from '../../../geo-engine/src/index.js';
import type { LiveTable } from '../live/live-table.js';
import { UNIT_FLAG } from '../protocol/live-frame.js';
import { isAssignmentStatus } from '../protocol/status.js';
import { type CrewUnit, holdAt } from './directory.js';

/** What the geo-engine asks of a unit, as of now. */
export function unitFacts(unit: CrewUnit, live: LiveTable, now: number): UnitFacts {
  const { slot, shifts } = unit;
  const placed = live.hasPosition(slot);
  const shift = shifts.find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
  const accuracyDm = live.accuracyDm[slot];
  return {
    handle: unit.handle,
    unitId: unit.id,
    callsign: unit.callsign,
    agencyId: unit.agencyId,
    kind: unit.kind,
    status: unit.status,
    capabilities: unit.capabilities,
    held: holdAt(unit, now) !== null,
    vekId: isAssignmentStatus(unit.status) ? (unit.work?.vekId ?? null) : null,
    onShift: shifts.length === 0 ? null : shift !== undefined,
    headCount: shift?.headCount ?? null,
    fixTime: placed ? live.fixTime[slot] : null,
    receivedAt: placed ? live.receivedAt[slot] : null,
    accuracyM: placed && accuracyDm !== 0xffff ? accuracyDm / 10 : null,
    suspect: live.flags[slot] & UNIT_FLAG.setAside ? ['fixes_set_aside'] : [],
  };
}
