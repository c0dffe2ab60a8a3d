import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../fixtures/world/seeded-random.js';
import { lonLat } from '../../../geo-engine/src/index.js';
import { takeDatabaseAway } from '../harness/database-away.js';
import {
  createAgency,
  createHome,
  databaseIsThere,
  eventually,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const SEED = 7;
const POINTS = 400;

interface Facts {
  readonly territories: readonly { readonly code: string }[];
  readonly norms: readonly {
    readonly service: string;
    readonly zone: string | null;
    readonly targetMs: number | null;
  }[];
  readonly source: string;
}

/** A star of random rays round a centre, with a hole: concave, and in whole millionths of a degree. */
function starAround(random: ReturnType<typeof createRandom>, lon: number, lat: number, radius: number) {
  const ring = (scale: number) => {
    const corners = 8 + random.below(12);
    const points = Array.from({ length: corners }, (_, i) => {
      const angle = ((i + random.between(0, 0.8)) / corners) * 2 * Math.PI;
      const reach = radius * scale * random.between(0.7, 1);
      const round = (value: number) => Math.round(value * 1e6) / 1e6;
      return [round(lon + reach * Math.cos(angle)), round(lat + reach * Math.sin(angle))];
    });
    return [...points, points[0]!];
  };
  return { type: 'Polygon', coordinates: [ring(1), ring(0.2)] };
}

describe.skipIf(!databaseIsThere)('whose ground a place is', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let dispatcher: string;
  const corners: (readonly number[])[] = [];

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home);
    admin = await hub.api.admin();
    for (const [code, kind] of [
      ['VUGD', 'fire_rescue'],
      ['PP-1', 'municipal_police'],
      ['PP-2', 'municipal_police'],
    ] as const)
      await createAgency(hub.api, admin, code, kind);
    dispatcher = await hub.api.token('VUGD', 'dispatcher');
    const random = createRandom(SEED, 'territories');
    const kinds = ['region', 'municipality', 'town', 'norm_zone'];
    const rows = Array.from({ length: 40 }, (_, i) => {
      const [lon, lat] = [random.between(23.5, 25.5), random.between(56, 57)];
      const boundary = starAround(random, lon, lat, random.between(0.05, 0.6));
      corners.push(...boundary.coordinates.flat());
      const names = { code: `T${i}`, nameLv: `T${i}`, nameEn: `T${i}` };
      return { id: uuidv7(), agencyCode: 'IEMIC', kind: kinds[i % 4], ...names, approximate: false, boundary };
    });
    await add('territories', rows);
    const { places } = hub.tracker.core.dispatch;
    await eventually('all are known', () => places.known === rows.length);
  });
  afterAll(async () => {
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  const ids = new Map<string, string>();
  /** A row's id, each time the same: added again by a second try, it changes nothing. */
  function idOf(kind: string, name: string): string {
    const key = `${kind} ${name}`;
    if (!ids.has(key)) ids.set(key, uuidv7());
    return ids.get(key)!;
  }
  const add = (kind: string, rows: object[]) =>
    hub.api.ok('POST', `/api/v1/import/${kind}`, rows.map((row) => JSON.stringify(row)).join('\n'), admin);
  const at = (lon: number, lat: number, priority = 'P1') =>
    hub.api.ok<Facts>('GET', `/api/v1/territories?lon=${lon}&lat=${lat}&priority=${priority}`, undefined, dispatcher);

  it(`D5 memory and PostGIS name the same territories, on corners too (seed ${SEED})`, async () => {
    const random = createRandom(SEED, 'points');
    const { places } = hub.tracker.core.dispatch;
    let inside = 0;
    for (let i = 0; i < POINTS; i++) {
      const corner = corners[random.below(corners.length)]!;
      const place =
        i % 4 === 0 ? lonLat(corner[0]!, corner[1]!) : lonLat(random.between(23.3, 25.7), random.between(55.9, 57.1));
      const stored = await places.at(place);
      const remembered = places.lastKnown(place);
      expect(stored.source).toBe('database');
      const codes = stored.grounds.map(({ code }) => code);
      expect(
        remembered.grounds.map(({ code }) => code),
        `seed ${SEED}, point ${i}, ${place}`,
      ).toEqual(codes);
      inside += codes.length;
    }
    expect(inside).toBeGreaterThan(POINTS / 4);
  });

  it('D6 norms hold by zone and priority; the narrowest territory says the zone, and elsewhere the zone without ground holds', async () => {
    const square = (code: string, kind: string, size: number) => ({
      id: idOf('territory', code),
      agencyCode: 'IEMIC',
      kind,
      code,
      nameLv: code,
      nameEn: code,
      approximate: false,
      boundary: {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [size, 0],
            [size, size],
            [0, size],
            [0, 0],
          ],
        ],
      },
    });
    await add('territories', [square('D6-M', 'municipality', 2), square('D6-T', 'town', 1)]);
    const zone = (territoryKind: string, territoryCode: string, name: string) => ({
      id: idOf('zone', territoryCode),
      agencyCode: 'IEMIC',
      service: 'VP',
      zone: name,
      territoryKind,
      territoryCode,
    });
    await add('norm-zones', [zone('municipality', 'D6-M', 'town'), zone('town', 'D6-T', 'city')]);
    const norm = (more: object) => ({
      id: idOf('norm', JSON.stringify(more)),
      agencyCode: 'IEMIC',
      service: 'VP',
      phase: 'reaction',
      source: 'test',
      certainty: 'assumed',
      validFrom: '2020-01-01',
      ...more,
    });
    await add('norms', [
      norm({ priority: 'P1', zone: 'city', limitS: 900 }),
      norm({ priority: 'P1', zone: 'town', limitS: 1500 }),
      norm({ priority: 'P1', zone: 'rural', limitS: 2000 }),
      norm({ zone: 'rural', limitS: 4000 }),
      norm({ priority: 'P1', zone: 'city', limitS: 60, validTo: '2021-01-01' }),
      norm({ service: 'VUGD', phase: 'turnout', limitS: 90 }),
      norm({ service: 'VUGD', phase: 'travel', limitS: 480 }),
    ]);
    const targets = async (lon: number, priority: string) =>
      Object.fromEntries((await at(lon, 0.5, priority)).norms.map(({ service, targetMs }) => [service, targetMs]));
    await eventually('the norms are known', async () => (await targets(0.5, 'P1')).VUGD !== undefined);
    expect(await targets(0.5, 'P1')).toEqual({ VP: 900_000, VUGD: 570_000 });
    expect(await targets(1.5, 'P1')).toEqual({ VP: 1_500_000, VUGD: 570_000 });
    expect(await targets(3, 'P1')).toEqual({ VP: 2_000_000, VUGD: 570_000 });
    expect(await targets(3, 'P2')).toEqual({ VP: 4_000_000, VUGD: 570_000 });
    expect(await targets(0.5, 'P2')).toEqual({ VUGD: 570_000 });
  });

  it('D7 an agency with duty areas serves those alone; one without serves everywhere', async () => {
    const area = (agencyCode: string, territoryCode: string) => ({
      id: idOf('area', agencyCode),
      agencyCode,
      territoryKind: 'municipality',
      territoryCode,
    });
    await add('duty-areas', [area('PP-1', 'D6-M'), area('PP-2', 'T1')]);
    const { places } = hub.tracker.core.dispatch;
    const { agenciesByCode } = hub.tracker.core.directory;
    const serve = (code: string) => places.serves(agenciesByCode.get(code)!.id, places.lastKnown(lonLat(1.5, 1.5)));
    await eventually('the areas are known', () => !serve('PP-2'));
    expect([serve('PP-1'), serve('VUGD')]).toEqual([true, true]);
  });

  it('D61 ground that is added is in memory too, in its place among those that overlap it', async () => {
    const ring = [
      [10, 10],
      [11, 10],
      [11, 11],
      [10, 11],
      [10, 10],
    ];
    const territory = (code: string, kind: string) => {
      const names = { code, nameLv: code, nameEn: code };
      const boundary = { type: 'Polygon', coordinates: [ring] };
      return { id: idOf('territory', code), agencyCode: 'IEMIC', kind, ...names, approximate: false, boundary };
    };
    const { places } = hub.tracker.core.dispatch;
    const codes = (lon: number, lat: number) => places.lastKnown(lonLat(lon, lat)).grounds.map(({ code }) => code);
    await add('territories', [territory('D61-T', 'town')]);
    await eventually('the town is known', () => codes(10.5, 10.5).includes('D61-T'));
    await add('territories', [territory('D61-R', 'region'), territory('D61-M', 'municipality')]);
    await eventually('all are known', () => codes(10.5, 10.5).length === 3);
    for (const [lon, lat] of [
      [10.5, 10.5],
      [11, 10.3],
      [10, 11],
      [11.001, 10.5],
    ]) {
      const stored = await places.at(lonLat(lon!, lat!));
      expect(codes(lon!, lat!)).toEqual(stored.grounds.map(({ code }) => code));
    }
    expect(codes(11, 11)).toEqual(['D61-R', 'D61-M', 'D61-T']);
  });

  it('D8 with the database away the answer goes on as last known, and says so', async () => {
    const before = await at(0.5, 0.5);
    expect(before.source).toBe('database');
    const requirements = [{ capability: 'pump', quantity: 1, service: 'VUGD', need: 'must' }];
    const question = { incidents: [{ place: { lon: 0.5, lat: 0.5 }, priority: 'P1', requirements }] };
    interface Answer {
      readonly basis: { readonly state: string };
      readonly record: string;
      readonly decisionId: string;
      readonly incidents: readonly { readonly territories: readonly { readonly code: string }[] }[];
    }
    const ask = () => hub.api.ok<Answer>('POST', '/api/v1/recommendations', question, dispatcher);
    expect((await ask()).basis.state).toBe('current');
    const bringBack = await takeDatabaseAway(hub, home);
    let meanwhile: Answer | undefined;
    try {
      const away = await eventually(
        'it is noticed',
        async () => hub.tracker.core.database.awaySince !== undefined,
        60_000,
      );
      expect(away).toBe(true);
      meanwhile = await ask();
      expect(meanwhile.basis.state).toBe('last_known');
      expect(meanwhile.record).toBe('queued');
      expect(meanwhile.incidents[0]!.territories.map(({ code }) => code)).toEqual(
        before.territories.map(({ code }) => code),
      );
    } finally {
      await bringBack();
    }
    await eventually('the database is back', async () => (await at(0.5, 0.5)).source === 'database', 60_000);
    // what was decided meanwhile is written afterwards
    await eventually(
      'the decision is stored',
      async () =>
        (
          await hub.api.call<{ state?: string }>(
            'GET',
            `/api/v1/decisions/${meanwhile!.decisionId}`,
            undefined,
            dispatcher,
          )
        ).body.state === 'stored',
      60_000,
    );
  });
});
