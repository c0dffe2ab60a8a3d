import { z } from 'zod';
import { RoadsError } from './errors.js';
import { ROAD_CLASS, type RoadClass } from './road-network.js';

/** How one kind of vehicle drives. Everything that turns a road into milliseconds, or closes it, is here. */
export interface VehicleProfile {
  /** Name in files, settings and the API: lower case, digits and dashes. */
  readonly code: string;
  readonly labelLv: string;
  readonly labelEn: string;
  /** Speed on a road of the class without a signed limit, km/h. Ferries: speed of the boat. */
  readonly fallbackKmh: Readonly<Record<RoadClass, number>>;
  /** The vehicle is never faster, km/h. */
  readonly topKmh: number;
  /** Share of the speed that remains on a surface (paved is 1) and on a track of grade 1 to 5. */
  readonly surfaceShare: Readonly<Record<'cobbled' | 'compacted' | 'gravel' | 'ground' | 'sand', number>>;
  readonly trackShare: readonly [number, number, number, number, number];
  /** Total weight in tonnes and height in metres, held against signed limits; null: not looked at. */
  readonly weightT: number | null;
  readonly heightM: number | null;
  /** May use car ferries; boarding costs this long, seconds, once a segment. */
  readonly ferries: boolean;
  readonly ferryBoardingS: number;
  /** Weight factor on roads that are for residents and visitors only (`access=destination`). */
  readonly destinationFactor: number;
  /** Rights of an emergency vehicle under way with lights and siren; null: drives like anybody. */
  readonly emergency: EmergencyRights | null;
}

/** Each right is a setting of its own: agencies and countries differ. */
export interface EmergencyRights {
  /** May drive against a one-way street, at this share of the speed; null: may not. */
  readonly contraflowShare: number | null;
  /** May use private and restricted roads and open gates. */
  readonly restrictedAccess: boolean;
  /** Need not heed turn restrictions. */
  readonly forbiddenTurns: boolean;
  /** Factor on the speed of a free road (1.0 to 1.2 in use elsewhere). */
  readonly speedFactor: number;
}

const Kmh = z.number().positive().max(200);
const Share = z.number().positive().max(1);
const label = z.string().min(1).max(80);

const Profile: z.ZodType<VehicleProfile> = z.strictObject({
  code: z
    .string()
    .max(40)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  labelLv: label,
  labelEn: label,
  fallbackKmh: z.strictObject(
    Object.fromEntries(Object.keys(ROAD_CLASS).map((name) => [name, Kmh])) as Record<RoadClass, typeof Kmh>,
  ),
  topKmh: Kmh,
  surfaceShare: z.strictObject({ cobbled: Share, compacted: Share, gravel: Share, ground: Share, sand: Share }),
  trackShare: z.tuple([Share, Share, Share, Share, Share]),
  weightT: z.number().positive().max(200).nullable(),
  heightM: z.number().positive().max(10).nullable(),
  ferries: z.boolean(),
  ferryBoardingS: z.number().min(0).max(86_400),
  destinationFactor: z.number().min(1).max(100),
  emergency: z
    .strictObject({
      contraflowShare: Share.nullable(),
      restrictedAccess: z.boolean(),
      forbiddenTurns: z.boolean(),
      speedFactor: z.number().min(0.5).max(2),
    })
    .nullable(),
});

/** Profiles as they stand in files: whole, each code once. */
export const Profiles = z
  .array(Profile)
  .min(1)
  .refine((profiles) => new Set(profiles.map(({ code }) => code)).size === profiles.length, 'a code stands twice');

/** Reads profiles from JSON text. `source` names it in the error `profile_invalid`, which names the field too. */
export function parseProfiles(text: string, source: string): readonly VehicleProfile[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RoadsError('profile_invalid', `${source} is not JSON: ${(cause as Error).message}`, cause);
  }
  const parsed = Profiles.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new RoadsError('profile_invalid', `${source}: ${path.join('.') || 'top level'}: ${message}`, parsed.error);
}
