import { createHash, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { createRandom, type SeededRandom } from '../../fixtures/world/seeded-random.js';
import { KNOWN_TOWNS, type Town } from '../../fixtures/world/towns.js';
import type { BenchCrew } from './crew-messages.js';
import type { HttpApi } from './http-api.js';

/** Kilometres from a town's centre: more people, more ground. */
const spreadKm = ({ population }: Town) => 0.6 + Math.sqrt(population) / 120;
const KM_PER_DEG = 111.195;
/** Rows of one import; the tracker takes no more. */
const IMPORT_ROWS = 5000;

/** Places spread as people are over the towns of Latvia, the same for the same seed. Degrees. */
export function townPlaces(random: SeededRandom, count: number): { lon: number; lat: number }[] {
  const upTo: number[] = [];
  let people = 0;
  for (const { population } of KNOWN_TOWNS) {
    people += population;
    upTo.push(people);
  }
  return Array.from({ length: count }, () => {
    const drawn = random.next() * people;
    const town = KNOWN_TOWNS[upTo.findIndex((sum) => drawn < sum)]!;
    const km = spreadKm(town);
    const lat = town.lat + (random.normal() * km) / KM_PER_DEG;
    const lon = town.lon + (random.normal() * km) / KM_PER_DEG / Math.cos((lat * Math.PI) / 180);
    return { lon, lat };
  });
}

/** Crews whose rounds lie where people live. Tokens are secrets and not seeded. */
export function createCrews(seed: number, count: number): BenchCrew[] {
  const random = createRandom(seed, 'bench crews');
  return townPlaces(random, count).map(({ lon, lat }) => ({
    unitId: uuidv7(),
    deviceId: uuidv7(),
    token: randomBytes(32).toString('base64url'),
    route: { lon, lat, phase: random.between(0, 2 * Math.PI) },
  }));
}

/** Registers an agency of the bench's own with a unit and a device for each crew. Returns the agency's code. */
export async function registerCrews(
  api: HttpApi,
  crews: readonly BenchCrew[],
  reportIntervalS = 1,
  capabilitiesOf: (crew: number) => readonly { readonly code: string; readonly quantity: number }[] = () => [],
): Promise<string> {
  const code = `BENCH-${randomBytes(4).toString('hex').toUpperCase()}`;
  await api.post('/api/v1/agencies', { id: uuidv7(), code, kind: 'other', nameLv: code, nameEn: code });
  const rows = {
    units: ({ unitId }: BenchCrew, i: number) => ({
      id: unitId,
      agencyCode: code,
      callsign: `B${i}`,
      kind: 'tanker',
      statusAtRest: 'available',
      capabilities: capabilitiesOf(i),
    }),
    devices: ({ deviceId, token }: BenchCrew, i: number) => ({
      id: deviceId,
      agencyCode: code,
      kind: 'vehicle',
      name: `B${i}`,
      tokenSha256: createHash('sha256').update(token).digest('hex'),
      reportIntervalS,
    }),
    'device-bindings': ({ deviceId, unitId }: BenchCrew) => ({ id: uuidv7(), agencyCode: code, deviceId, unitId }),
  };
  for (const [kind, row] of Object.entries(rows)) {
    for (let from = 0; from < crews.length; from += IMPORT_ROWS) {
      const lines = crews.slice(from, from + IMPORT_ROWS).map((crew, i) => JSON.stringify(row(crew, from + i)));
      await api.post(`/api/v1/import/${kind}`, lines.join('\n'));
    }
  }
  return code;
}
