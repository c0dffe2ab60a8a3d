import type { DispatchRoster } from './dispatch-roster.js';
import type { DrivenProfile, ProfiledRoads } from './road-ways.js';

/**
 * Finds where on the roads the units that moved start, before anybody asks for their ways: as many as there is time for, those who have
 * waited longest first. Whoever is not reached in time is looked up when asked about. Returns whether some are left.
 * @param until by performance.now()
 */
export function findStarts(
  roster: DispatchRoster,
  roads: ProfiledRoads,
  driven: DrivenProfile,
  until: number,
): boolean {
  const { moved } = roster;
  while (moved.length > 0) {
    const slot = moved.take();
    if (roster.isPlaced(slot)) {
      const { handle, profile, place, headingDeg, speedMps } = roster.startAt(slot);
      roads.profile(driven(profile))?.findStart({ key: handle, at: place!, headingDeg, speedMps });
    }
    if (performance.now() >= until) break; // most take some microseconds; one in ten thousand, milliseconds
  }
  return moved.length > 0;
}
