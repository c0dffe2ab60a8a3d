import type { RoadClass } from './road-network.js';
import type { EmergencyRights, VehicleProfile } from './vehicle-profile.js';

// "Assumed" below means: chosen here for want of a published figure, to be replaced by an agency's own profile file.

/** Speeds in use elsewhere for Latvian roads without a signed limit. Links, pedestrian streets, paths and ferries: assumed. */
const CAR_KMH: Readonly<Record<RoadClass, number>> = {
  motorway: 110,
  trunk: 90,
  primary: 90,
  secondary: 80,
  tertiary: 70,
  unclassified: 60,
  residential: 50,
  living_street: 20,
  service: 20,
  track: 25,
  pedestrian: 10, // people stand in the way
  path: 10, // as wide as the vehicle
  ferry: 10, // a cable ferry over the Daugava takes minutes for some 300 m, a sea ferry has a timetable and a duration
  motorway_link: 60, // a ramp is a curve that begins and ends with another speed
  trunk_link: 60,
  primary_link: 50,
  secondary_link: 50,
  tertiary_link: 40,
};

/** Assumed: a loaded tender of 16 to 18 t gathers speed slowly and takes bends at less; it does not gain from better roads. */
const HEAVY_KMH: Readonly<Record<RoadClass, number>> = {
  ...CAR_KMH,
  motorway: 80,
  trunk: 80,
  primary: 80,
  secondary: 70,
  tertiary: 60,
  unclassified: 50,
  residential: 40,
  living_street: 15,
  service: 15,
  track: 15,
  pedestrian: 5,
  path: 5,
  motorway_link: 50,
  trunk_link: 50,
  primary_link: 40,
  secondary_link: 40,
  tertiary_link: 30,
};

const CAR: VehicleProfile = {
  code: 'car',
  labelLv: 'Vieglais automobilis',
  labelEn: 'Car',
  fallbackKmh: CAR_KMH,
  topKmh: 110, // the highest limit on any Latvian road
  surfaceShare: { cobbled: 0.7, compacted: 0.9, gravel: 0.8, ground: 0.6, sand: 0.4 }, // assumed
  trackShare: [1, 0.9, 0.8, 0.6, 0.4], // assumed; from paved to a trace in the grass
  weightT: 2.5, // patrol car or small van, loaded
  heightM: 2, // with a light bar
  ferries: true,
  ferryBoardingS: 600, // assumed: waiting for the boat and driving on
  destinationFactor: 2, // assumed: passing through must save half of the way
  emergency: null,
};

const AMBULANCE: VehicleProfile = {
  ...CAR,
  code: 'ambulance',
  labelLv: 'Neatliekamās palīdzības automobilis',
  labelEn: 'Ambulance',
  fallbackKmh: { ...CAR_KMH, track: 20 }, // assumed: somebody lies in it
  surfaceShare: { cobbled: 0.6, compacted: 0.85, gravel: 0.75, ground: 0.5, sand: 0.3 }, // assumed
  weightT: 3.5, // vans of class M1; a heavier one needs a profile of its own
  heightM: 2.9, // high-roof van with lights
};

const HEAVY: VehicleProfile = {
  ...CAR,
  code: 'heavy',
  labelLv: 'Smagais automobilis',
  labelEn: 'Heavy appliance',
  fallbackKmh: HEAVY_KMH,
  topKmh: 80, // assumed: what lorries may drive outside towns
  surfaceShare: { cobbled: 0.7, compacted: 0.8, gravel: 0.7, ground: 0.4, sand: 0.2 }, // assumed
  trackShare: [0.9, 0.8, 0.6, 0.4, 0.2], // assumed
  weightT: 18, // two axles, the most the law allows them
  heightM: 3.4, // appliance with equipment on its roof; platforms and ladders are higher
};

/** What driving with lights and siren allows. The factor: 1.0 to 1.2 are in use elsewhere. */
const RIGHTS: Omit<EmergencyRights, 'speedFactor'> = {
  contraflowShare: 0.15, // assumed: 7 km/h in a street for 50, a brisk walk
  restrictedAccess: true,
  forbiddenTurns: true,
};

function withRights(profile: VehicleProfile, topKmh: number, speedFactor: number): VehicleProfile {
  return {
    ...profile,
    code: `${profile.code}-emergency`,
    labelLv: `${profile.labelLv} ar zilajām bākugunīm`,
    labelEn: `${profile.labelEn}, lights and siren`,
    topKmh,
    ferryBoardingS: profile.ferryBoardingS / 2, // assumed: first on board, but the boat must come
    destinationFactor: 1,
    emergency: { ...RIGHTS, speedFactor },
  };
}

/** The profiles that an import builds when nobody names others. Speeds are of free roads: no traffic, no weather. */
export const standardProfiles: readonly VehicleProfile[] = [
  CAR,
  AMBULANCE,
  HEAVY,
  withRights(CAR, 130, 1.2), // the upper end of the factors in use
  withRights(AMBULANCE, 120, 1.1), // the crew works while driving
  withRights(HEAVY, 90, 1.05), // the speed limiter of heavy vehicles; a tender has little to add
];
