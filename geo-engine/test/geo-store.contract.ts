import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lonLat } from '../src/geo/lon-lat.js';
import { GeoStore, geoMigrationsDir, type Queryable } from '../src/store/geo-store.js';
import { nearestSuitable } from '../src/suitability/nearest-suitable.js';
import { fullScan } from './full-scan.js';
import { CENTRES, createPlaceNear, createRandom, pick } from './random.js';
import { createIndex, createQuestion, createRoster, createWorld, NOW, uuid, type World } from './suitability-world.js';

/** An empty database with PostGIS available, for this suite alone. */
export interface TestDatabase extends Queryable {
  /** Runs a script of several statements. */
  exec(script: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Radius of the index over that of PostGIS is 1 + 4.5e-9; PostGIS rounds to 1e-8 m, and lon and lat are whole 1e-7°. */
const MAX_REL_ERROR = 1e-8;
const MAX_ABS_ERROR_M = 1e-6;
/** All the model's migrations: their numbers are one sequence over both folders. */
const MIGRATION_DIRS = [geoMigrationsDir, new URL('../../tracker/src/store/migrations/', import.meta.url)];

/** What every database behind GeoStore must do. `connect` is called once. */
export function describeGeoStore(name: string, connect: () => Promise<TestDatabase>): void {
  describe(`GeoStore on ${name}`, () => {
    let db: TestDatabase;
    let store: GeoStore;

    beforeAll(async () => {
      db = await connect();
      store = new GeoStore(db);
      for (const script of migrations()) await db.exec(script);
      await db.exec(`SELECT ensure_fix_partitions('2026-05-11', 3)`);
      await seedAgencies(db);
    }, 120_000);

    afterAll(() => db?.close());

    it.each(Object.keys(CENTRES).map((where, i) => [where, i + 1] as const))(
      'G18 the tables and the index name the same units in the same order, near %s (seed %d)',
      async (where, seed) => {
        const random = createRandom(seed);
        const world = createWorld(random, CENTRES[where], 120);
        await seedUnits(db, world);
        const index = createIndex(world);
        const roster = createRoster(world);
        let named = 0;
        for (let i = 0; i < 25; i++) {
          const question = createQuestion(random, world);
          const live = nearestSuitable(index, roster, question).chosen;
          const stored = await store.nearestUnits(question);
          const note = `${where}, seed ${seed}, question ${i}`;
          expect(
            stored.map((unit) => unit.callsign),
            note,
          ).toEqual(live.map((unit) => unit.callsign));
          stored.forEach((unit, n) => {
            const offM = Math.abs(unit.distanceM - live[n].distanceM);
            const bound = `${note}: ${offM} m off, allowed ${MAX_REL_ERROR} of ${unit.distanceM} m`;
            expect(offM <= MAX_ABS_ERROR_M + MAX_REL_ERROR * unit.distanceM, bound).toBe(true);
            expect(unit.fixAgeS, note).toBeCloseTo(live[n].fixAgeS, 5);
            expect([unit.handle, unit.unitId, unit.agencyId], note).toEqual([
              live[n].handle,
              live[n].unitId,
              live[n].agencyId,
            ]);
          });
          named += stored.length;
        }
        expect(named, 'units named in all, else the questions were too strict to compare').toBeGreaterThan(50);
      },
      60_000,
    );

    it('G18 only the latest good fix counts', async () => {
      const world = createWorld(createRandom(1), CENTRES.riga, 1);
      const unit = {
        ...world.units[0],
        status: 'available',
        onShift: null,
        held: false,
        vekId: null,
        at: CENTRES.riga,
      };
      await seedUnits(db, { ...world, units: [{ ...unit, fixTime: NOW - 60_000, receivedAt: NOW - 60_000 }] });
      // older and good; newer and set aside
      await insertFix(db, unit.handle, lonLat(24, 56), NOW - 90_000, 0);
      await insertFix(db, unit.handle, lonLat(25, 56), NOW - 5_000, 3);
      const question = {
        place: CENTRES.riga,
        k: 1,
        now: NOW,
        maxFixAgeS: 100,
        dispatchableStatuses: ['available'],
        capabilities: [],
      };
      expect(await store.nearestUnits(question)).toMatchObject([{ distanceM: 0, fixAgeS: 60 }]);
      expect(await store.nearestUnits({ ...question, maxFixAgeS: 59 })).toEqual([]);
      await db.query('UPDATE unit SET retired_at = now() WHERE handle = $1', [unit.handle]);
      expect(await store.nearestUnits(question)).toEqual([]);
    });

    it('G19 names every territory that covers a place, country first', async () => {
      await seedTerritories(db);
      const codesAt = async (lon: number, lat: number) =>
        (await store.territoriesAt(lonLat(lon, lat))).map((territory) => territory.code);
      expect(await codesAt(24.15, 56.95)).toEqual(['LV', 'RIGA', 'ZONE-1', 'DUTY-A', 'DUTY-B']);
      expect(await codesAt(25, 57)).toEqual(['LV']);
      expect(await codesAt(24, 56.95)).toEqual(['LV', 'RIGA', 'ZONE-1', 'DUTY-A', 'DUTY-B']); // on the edge
      expect(await codesAt(24.27, 56.95)).toEqual(['LV']); // in the hole of Rīga
      expect(await codesAt(-70.65, -33.45)).toEqual(['SCL']); // west of Greenwich, south of the equator
      expect(await codesAt(179.5, -17)).toEqual(['FJ']); // a multipolygon on both sides of the antimeridian
      expect(await codesAt(-179.5, -17)).toEqual(['FJ']);
      expect(await codesAt(0, 0)).toEqual([]);
      expect((await store.territoriesAt(lonLat(25, 57)))[0]).toEqual({
        territoryId: uuid(5, 0),
        agencyId: uuid(1, 1),
        kind: 'country',
        code: 'LV',
        nameLv: 'LV lv',
        nameEn: 'LV en',
        approximate: true,
      });
    });

    it.each(Object.keys(CENTRES).map((where, i) => [where, i + 1] as const))(
      'G20 nearest shelters equal a full scan, near %s (seed %d)',
      async (where, seed) => {
        const random = createRandom(seed);
        const shelters = await seedShelters(db, random, where);
        for (let i = 0; i < 25; i++) {
          const at = createPlaceNear(random, CENTRES[where], pick(random, [0.05, 1]));
          const k = pick(random, [1, 5, 40]);
          const expected = fullScan(shelters, at).slice(0, k);
          const found = await store.nearestShelters(at, k);
          const note = `${where}, seed ${seed}, case ${i}, at ${at}, k ${k}`;
          expect(
            found.map((shelter) => shelter.addressLine),
            note,
          ).toEqual(expected.map(({ unit }) => `House ${unit.handle}`));
          found.forEach((shelter, n) => {
            const offM = Math.abs(shelter.distanceM - expected[n].distanceM);
            expect(offM <= MAX_ABS_ERROR_M + MAX_REL_ERROR * shelter.distanceM, `${note}: ${offM} m off`).toBe(true);
            expect(shelter.entrance, note).toEqual([expected[n].unit.lon, expected[n].unit.lat]);
          });
        }
      },
    );

    it('G20 a shelter shows only what its source publishes', async () => {
      await seedShelters(db, createRandom(1), 'riga');
      const [shelter] = await store.nearestShelters(CENTRES.riga, 1);
      expect(shelter).toMatchObject({
        municipality: null,
        useCode: 'school',
        category: null,
        capacity: null,
        accessible: null,
        entranceNote: null,
      });
    });

    it('a database that cannot answer is a GeoStoreError with its query and cause', async () => {
      const cause = new Error('connection lost');
      const broken = new GeoStore({ query: () => Promise.reject(cause) });
      await expect(broken.territoriesAt(CENTRES.riga)).rejects.toMatchObject({
        code: 'geo_store_failed',
        query: 'territories-at',
        cause,
      });
    });
  });
}

function migrations(): string[] {
  return MIGRATION_DIRS.flatMap((dir) => readdirSync(dir).map((file) => new URL(file, dir)))
    .filter((file) => file.pathname.endsWith('.sql'))
    .sort((a, b) => (basename(a.pathname) < basename(b.pathname) ? -1 : 1))
    .map((file) => readFileSync(file, 'utf8'));
}

async function seedAgencies(db: TestDatabase): Promise<void> {
  for (const n of [1, 2, 3]) {
    await db.query(`INSERT INTO agency (id, code, kind, name_lv, name_en) VALUES ($1, $2, 'other', $2, $2)`, [
      uuid(1, n),
      `A${n}`,
    ]);
  }
  for (const n of [1, 2]) {
    await db.query(`INSERT INTO vek (id, agency_id, channel, received_at) VALUES ($1, $2, 'manual', now())`, [
      uuid(2, n),
      uuid(1, 1),
    ]);
  }
}

/** Puts a world's units, and nothing of an earlier one, into the tables, by a few statements. */
async function seedUnits(db: TestDatabase, { units }: World): Promise<void> {
  await db.exec('TRUNCATE unit, unit_capability, crew_shift, unit_hold, assignment, fix CASCADE');
  const rows = JSON.stringify(units.map((unit) => ({ ...unit, capabilities: Object.fromEntries(unit.capabilities) })));
  const from = `FROM jsonb_to_recordset($1::jsonb) AS u (handle integer, "unitId" uuid, callsign text, "agencyId" uuid,
    kind text, status text, capabilities jsonb, held boolean, "vekId" uuid, "onShift" boolean, "headCount" integer,
    "fixTime" float8, "receivedAt" float8, "accuracyM" float8, at jsonb)`;
  const at = (column: string) => `to_timestamp(${column} / 1000)`;
  const now = at(`${NOW}::float8`);
  for (const statement of [
    `INSERT INTO unit (id, handle, agency_id, callsign, kind, status) OVERRIDING SYSTEM VALUE
     SELECT "unitId", handle, "agencyId", callsign, kind, status ${from}`,
    `INSERT INTO unit_capability (unit_id, agency_id, code, quantity)
     SELECT "unitId", "agencyId", c.key, c.value::float8 ${from}, jsonb_each_text(u.capabilities) c`,
    // on shift: one that runs now; off duty: one that has ended and one to come
    `INSERT INTO crew_shift (id, agency_id, unit_id, starts_at, ends_at, head_count)
     SELECT gen_random_uuid(), "agencyId", "unitId", ${now} - interval '1 h', ${now} + interval '1 h', "headCount"
     ${from} WHERE "onShift"`,
    `INSERT INTO crew_shift (id, agency_id, unit_id, starts_at, ends_at, head_count)
     SELECT gen_random_uuid(), "agencyId", "unitId", ${now} + s.from_now, ${now} + s.from_now + interval '8 h', 9
     ${from}, (VALUES (interval '-8 h'), (interval '1 h')) AS s (from_now) WHERE NOT "onShift"`,
    // held: an offer that lasts; otherwise one that has just expired
    `INSERT INTO unit_hold (unit_id, id, agency_id, vek_id, held_by, expires_at)
     SELECT "unitId", gen_random_uuid(), "agencyId", '${uuid(2, 1)}', 'test',
            ${now} + CASE WHEN held THEN interval '1 s' ELSE interval '0 s' END ${from}`,
    `INSERT INTO assignment (id, agency_id, vek_id, unit_id, status, assigned_by)
     SELECT gen_random_uuid(), "agencyId", "vekId", "unitId", 'en_route', 'test' ${from} WHERE "vekId" IS NOT NULL`,
    // work on an incident that is over, or only queued, is no work
    `INSERT INTO assignment (id, agency_id, vek_id, unit_id, status, assigned_by)
     SELECT gen_random_uuid(), "agencyId", '${uuid(2, 1)}', "unitId", s.status, 'test'
     ${from}, (VALUES ('done'), ('queued')) AS s (status) WHERE "vekId" IS NULL`,
    `INSERT INTO fix (unit_handle, agency_no, device_handle, stream_id, seq, fix_time, received_at, lon_e7, lat_e7)
     SELECT handle, 1, 1, 1, 1, ${at('"fixTime"')}, ${at('"receivedAt"')},
            round((u.at->>0)::numeric * 1e7), round((u.at->>1)::numeric * 1e7)
     ${from} WHERE "fixTime" IS NOT NULL`,
  ]) {
    await db.query(statement, [rows]);
  }
}

async function insertFix(
  db: TestDatabase,
  handle: number,
  [lon, lat]: readonly [number, number],
  fixTime: number,
  verdict: number,
): Promise<void> {
  await db.query(
    `INSERT INTO fix (unit_handle, agency_no, device_handle, stream_id, seq, fix_time, received_at, lon_e7, lat_e7, verdict)
     VALUES ($1, 1, 1, 1, 1, to_timestamp($2::float8 / 1000), to_timestamp($2::float8 / 1000), $3, $4, $5)`,
    [handle, fixTime, Math.round(lon * 1e7), Math.round(lat * 1e7), verdict],
  );
}

/** Rectangles: Latvia ⊃ Rīga with a hole, its duty areas and norm zone; Santiago; Fiji on both sides of 180°. */
async function seedTerritories(db: TestDatabase): Promise<void> {
  const riga =
    '((24 56.9, 24.3 56.9, 24.3 57, 24 57, 24 56.9), (24.25 56.94, 24.29 56.94, 24.29 56.96, 24.25 56.96, 24.25 56.94))';
  const half = '((24 56.9, 24.2 56.9, 24.2 57, 24 57, 24 56.9))';
  const rows: [kind: string, code: string, polygons: string][] = [
    ['country', 'LV', '((21 55.6, 28.3 55.6, 28.3 58.1, 21 58.1, 21 55.6))'],
    ['duty_area', 'DUTY-B', half],
    ['duty_area', 'DUTY-A', half],
    ['norm_zone', 'ZONE-1', half],
    ['municipality', 'RIGA', riga],
    ['municipality', 'SCL', '((-71 -34, -70 -34, -70 -33, -71 -33, -71 -34))'],
    [
      'country',
      'FJ',
      '((177 -20, 180 -20, 180 -15, 177 -15, 177 -20)), ((-180 -20, -178 -20, -178 -15, -180 -15, -180 -20))',
    ],
  ];
  for (const [n, [kind, code, polygons]] of rows.entries()) {
    await db.query(
      `INSERT INTO territory (id, agency_id, kind, code, name_lv, name_en, approximate, boundary)
       VALUES ($1, $2, $3, $4, $4 || ' lv', $4 || ' en', true, ST_GeomFromText($5, 4326))`,
      [uuid(5, n), uuid(1, 1), kind, code, `MULTIPOLYGON(${polygons})`],
    );
  }
}

/** Some three hundred round a centre, every fifth unpublished and so never to be found. */
async function seedShelters(db: TestDatabase, random: () => number, where: string) {
  const all = Array.from({ length: 300 }, (_, i) => {
    const [lon, lat] = createPlaceNear(random, CENTRES[where], pick(random, [0.1, 2]));
    return { handle: i + 1, id: uuid(6, i + 1), lon, lat, published: i % 5 !== 0 };
  });
  await db.exec('TRUNCATE shelter');
  await db.query(
    `INSERT INTO shelter (id, agency_id, source, source_id, address_line, use_raw, use_code, entrance, published)
     SELECT id, '${uuid(1, 1)}', 'test', handle::text, 'House ' || handle, 'Skola', 'school',
            ST_SetSRID(ST_MakePoint(lon, lat), 4326), published
     FROM jsonb_to_recordset($1::jsonb) AS s (handle integer, id uuid, lon float8, lat float8, published boolean)`,
    [JSON.stringify(all)],
  );
  return all.filter((shelter) => shelter.published);
}
