import type { Priority, Ways } from '../../../../geo-engine/src/index.js';

/** Priorities to which crews drive with lights and siren. */
const URGENT: readonly Priority[] = ['P1', 'P2'];
const SUFFIX = '-emergency';

/** The ways as they are driven to an event of the priority: by a profile's twin with rights of way, where the network has it. */
export function waysFor(priority: Priority, ways: Ways, networkProfiles: readonly string[]): Ways {
  if (!URGENT.includes(priority) || !networkProfiles.some((code) => code.endsWith(SUFFIX))) return ways;
  const driven = (profile: string) => {
    const twin = `${profile}${SUFFIX}`;
    return networkProfiles.includes(twin) ? twin : profile;
  };
  return {
    place: ways.place,
    get basis() {
      return ways.basis;
    },
    get closures() {
      return ways.closures;
    },
    topPace: (profile) => ways.topPace(driven(profile)),
    ringBound: (profile, radiusM) => ways.ringBound?.(driven(profile), radiusM),
    leastOffRoadM: (profile, handle, vec, i) => ways.leastOffRoadM?.(driven(profile), handle, vec, i) ?? 0,
    table: (starts) =>
      ways.table(
        starts.map(({ handle, profile, place, headingDeg, speedMps }) => {
          return { handle, profile: driven(profile), place, headingDeg, speedMps };
        }),
      ),
  };
}
