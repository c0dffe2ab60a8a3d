import type { DrivenProfile, Priority } from '../../../../geo-engine/src/index.js';

/** Priorities to which crews drive with lights and siren. */
const URGENT: readonly Priority[] = ['P1', 'P2'];
const SUFFIX = '-emergency';

/** By which profile units drive to an event of the priority: by their own's twin with rights of way, where the network has it. */
export function drivenTo(priority: Priority, networkProfiles: readonly string[]): DrivenProfile {
  if (!URGENT.includes(priority)) return (profile) => profile;
  return (profile) => {
    const twin = `${profile}${SUFFIX}`;
    return networkProfiles.includes(twin) ? twin : profile;
  };
}
