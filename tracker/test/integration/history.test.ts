/** Where units were, asked over HTTP and compared with a slow look at everything, before and after fixes became lines and were dropped. */
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { destination, haversineM, lonLat } from '../../../geo-engine/src/index.js';
import { Compaction } from '../../src/history/compaction.js';
import { TrackUpkeep } from '../../src/history/track-upkeep.js';
import { newName } from '../harness/new-name.js';
import { startWithRoom } from '../harness/room-in-period.js';
import {
  createAgency,
  createCrew,
  createHome,
  databaseIsThere,
  databaseKind,
  eventually,
  spawnTracker,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const SEED = 20_260_101;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TOLERANCE_M = 10;
const MAX_SPEED_MPS = 350 / 3.6;
const UNITS = 16;
const VERDICT_CODES = ['good', 'future', 'null_island', 'implied_speed', 'untrusted_source'];

/** mulberry32 (Ettinger, public domain). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Place = readonly [lon: number, lat: number];
const CENTRES: Readonly<Record<string, Place>> = {
  riga: [24.1059, 56.946],
  west: [-21.9, 64.15],
  south: [-78.5, -0.2],
  antimeridian: [179.999, -16.8],
};

interface Row {
  readonly unit: number; // handle
  readonly device: number; // handle
  readonly fixTime: number;
  readonly receivedAt: number;
  readonly lonE7: number;
  readonly latE7: number;
  readonly verdict: number;
}
interface Fix {
  readonly t: number;
  readonly lon: number;
  readonly lat: number;
}

const today = await startWithRoom(DAY_MS, 180_000);
/** Midnight UTC so many days ago. */
const daysAgo = (days: number) => today - days * DAY_MS;

/** One device's shift: it drives around a centre, stops, falls silent, sends some of it a day later, and now and then a bad fix. */
function drive(random: () => number, unit: number, device: number, centre: Place, from: number, hours: number): Row[] {
  const rows: Row[] = [];
  let at: Place = destination(lonLat(...centre), random() * 360, random() * 2500);
  let bearing = random() * 360;
  let late = false;
  for (let t = from; t < from + hours * 3_600_000; ) {
    t += Math.round((2 + random() * 40) * 1000);
    if (random() < 0.01) t += Math.round(random() * 1200_000);
    if (random() < 0.02) late = !late;
    if (random() < 0.2) bearing = random() * 360;
    const home = haversineM(...at, ...centre) > 4000;
    const next =
      random() < 0.2 ? at : destination(lonLat(...at), home ? bearingTo(at, centre) : bearing, random() * 400);
    at = [next[0], next[1]];
    const verdict = random() < 0.02 ? 1 + Math.floor(random() * 4) : 0;
    const shown = verdict === 3 ? destination(lonLat(...at), 90, 80_000) : lonLat(...at);
    rows.push({
      unit,
      device,
      fixTime: t,
      receivedAt: late ? t + DAY_MS * 0.7 : t + 300,
      lonE7: Math.round(shown[0] * 1e7),
      latE7: Math.round(shown[1] * 1e7),
      verdict,
    });
  }
  return rows;
}

function bearingTo([lon, lat]: Place, [toLon, toLat]: Place): number {
  const step = ((toLon - lon + 540) % 360) - 180;
  return (Math.atan2(step * Math.cos((lat * Math.PI) / 180), toLat - lat) * 180) / Math.PI;
}

interface World {
  readonly rows: readonly Row[];
  readonly units: readonly { id: string; handle: number; callsign: string; deviceIds: Map<number, string> }[];
}

async function insert(hub: TestTracker, rows: readonly Row[]): Promise<void> {
  const days = [...new Set(rows.map(({ receivedAt }) => Math.floor(receivedAt / DAY_MS)))];
  for (const day of days)
    await hub.database.query('SELECT ensure_fix_partitions($1::date, 1)', [
      new Date(day * DAY_MS).toISOString().slice(0, 10),
    ]);
  for (let i = 0; i < rows.length; i += 5000) {
    const part = rows.slice(i, i + 5000);
    await hub.database.query(
      `INSERT INTO fix (unit_handle, agency_no, device_handle, stream_id, seq, fix_time, received_at, lon_e7, lat_e7, verdict)
       SELECT u, 1, d, d, s, to_timestamp(f / 1000.0), to_timestamp(r / 1000.0), lon, lat, v
       FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::smallint[]) AS t(u, d, s, f, r, lon, lat, v)`,
      [
        part.map((row) => row.unit),
        part.map((row) => row.device),
        part.map((_row, k) => i + k + 1),
        part.map((row) => row.fixTime),
        part.map((row) => Math.round(row.receivedAt)),
        part.map((row) => row.lonE7),
        part.map((row) => row.latE7),
        part.map((row) => row.verdict),
      ],
    );
  }
}

async function createUnits(hub: TestTracker, admin: string, count: number): Promise<World['units']> {
  const { directory } = hub.tracker.core;
  const units = [];
  for (let i = 0; i < count; i++) {
    const crew = await createCrew(hub.api, admin, 'VUGD');
    const deviceIds = new Map([[directory.devices.get(crew.deviceId)!.handle, crew.deviceId]]);
    if (i % 4 === 0) {
      const id = uuidv7();
      await hub.api.ok('POST', '/api/v1/devices', { id, agencyCode: 'VUGD', kind: 'phone', name: 'second' }, admin);
      deviceIds.set(directory.devices.get(id)!.handle, id);
    }
    const { handle, callsign } = directory.units.get(crew.unitId)!;
    units.push({ id: crew.unitId, handle, callsign, deviceIds });
  }
  return units;
}

const fixesOfRows = new WeakMap<readonly Row[], Map<number, Map<number, Fix[]>>>();

/** Good fixes of each device of each unit, ascending, each instant once. */
function fixesOf(rows: readonly Row[]): Map<number, Map<number, Fix[]>> {
  const known = fixesOfRows.get(rows);
  if (known !== undefined) return known;
  const units = new Map<number, Map<number, Fix[]>>();
  fixesOfRows.set(rows, units);
  for (const row of rows.toSorted((a, b) => a.fixTime - b.fixTime)) {
    if (row.verdict !== 0) continue;
    const devices = units.get(row.unit) ?? new Map<number, Fix[]>();
    units.set(row.unit, devices);
    const fixes = devices.get(row.device) ?? [];
    devices.set(row.device, fixes);
    if (fixes.at(-1)?.t !== row.fixTime) fixes.push({ t: row.fixTime, lon: row.lonE7 / 1e7, lat: row.latE7 / 1e7 });
  }
  return units;
}

const shortWay = (from: number, to: number) => ((to - from + 540) % 360) - 180;
const between = (a: Fix, b: Fix, t: number): Fix => {
  const share = b.t === a.t ? 0 : (t - a.t) / (b.t - a.t);
  return { t, lon: a.lon + shortWay(a.lon, b.lon) * share, lat: a.lat + (b.lat - a.lat) * share };
};

/** The slow way: every second of every device, and every fix. */
function nearBySeconds(rows: readonly Row[], place: Place, radiusM: number, from: number, to: number, gapMs: number) {
  const found = new Map<number, { closestM: number; firstAt: number; lastAt: number }>();
  for (const [unit, devices] of fixesOf(rows))
    for (const fixes of devices.values())
      for (const [i, a] of fixes.entries()) {
        const next = fixes[i + 1];
        const joins =
          next !== undefined &&
          next.t - a.t <= gapMs &&
          haversineM(a.lon, a.lat, next.lon, next.lat) <= 200 + ((next.t - a.t) / 1000) * MAX_SPEED_MPS;
        const b = joins ? next : a;
        if (b.t < from || a.t > to) continue;
        const times = [a.t, b.t, from, to];
        for (let t = a.t; t < b.t; t += 1000) times.push(t);
        for (const t of times) {
          if (t < Math.max(a.t, from) || t > Math.min(b.t, to)) continue;
          const at = between(a, b, t);
          const distanceM = haversineM(at.lon, at.lat, ...place);
          if (distanceM > radiusM) continue;
          const known = found.get(unit) ?? { closestM: Infinity, firstAt: Infinity, lastAt: -Infinity };
          found.set(unit, {
            closestM: Math.min(known.closestM, distanceM),
            firstAt: Math.min(known.firstAt, t),
            lastAt: Math.max(known.lastAt, t),
          });
        }
      }
  return found;
}

interface NearAnswer {
  readonly units: readonly {
    readonly unitId: string;
    readonly closestM: number;
    readonly firstAt: number;
    readonly lastAt: number;
    readonly closestAt: number;
  }[];
}
interface TrackAnswer {
  readonly features: readonly {
    readonly geometry: { readonly type: string; readonly coordinates: unknown };
    readonly properties: {
      readonly deviceId: string;
      readonly times: number[] | number[][];
      readonly suspect?: string;
    };
  }[];
}

describe.skipIf(!databaseIsThere)('history', () => {
  let home: TestHome;
  let hub: TestTracker;
  let admin: string;
  let commander: string;
  let world: World;

  beforeAll(async () => {
    home = await createHome();
    hub = await startTestTracker(home, { TRACK_AFTER_HOURS: '720' }); // its own upkeep has nothing to do here
    admin = await hub.api.admin();
    await createAgency(hub.api, admin, 'VUGD');
    commander = await hub.api.token('VUGD', 'commander');
    const units = await createUnits(hub, admin, UNITS);
    const random = seeded(SEED);
    const centres = Object.values(CENTRES);
    const rows = units.flatMap(({ handle, deviceIds }, i) =>
      // from five days ago to the day before yesterday, some of it over midnight; then yesterday and today
      [5, 4, 3, 2, 1].flatMap((days) =>
        [...deviceIds.keys()].flatMap((device) =>
          drive(random, handle, device, centres[i % 4]!, daysAgo(days) + (days % 2 === 0 ? 22 : 9) * 3_600_000, 4),
        ),
      ),
    );
    world = { units, rows: rows.filter(({ receivedAt }) => receivedAt < Date.now()) };
    await insert(hub, world.rows);
    await hub.database.query('ANALYZE fix');
  });
  afterAll(async () => {
    await hub.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  });

  const idOf = (handle: number) => world.units.find((unit) => unit.handle === handle)!.id;
  const near = (body: object) => hub.api.ok<NearAnswer>('POST', '/api/v1/history/near', body, commander);
  const track = (unitId: string, query: string) =>
    hub.api.ok<TrackAnswer>('GET', `/api/v1/units/${unitId}/track?${query}`, undefined, commander);
  const daysWithFixes = async () =>
    (
      await hub.database.query<{ day: string }>(
        "SELECT substring(relname FROM 5) AS day FROM pg_class WHERE relname ~ '^fix_[0-9]{8}$' ORDER BY 1",
      )
    ).rows.map(({ day }) => day);
  const dayText = (days: number) => new Date(daysAgo(days)).toISOString().slice(0, 10);
  const dayName = (days: number) => dayText(days).replaceAll('-', '');
  const upkeep = (fixDays: number) =>
    new TrackUpkeep(
      hub.database,
      { toleranceM: TOLERANCE_M, afterHours: 0, fixDays, trackDays: 400 },
      'test',
      (text, error) => {
        throw new Error(text, { cause: error });
      },
      0,
    );

  /** All that is asked of history, compared with the slow way. @param offM how far a place may be off */
  function describeAnswers(offM: number): void {
    it('H10 who was near a place is what a look at every second finds', async () => {
      const random = seeded(SEED + 1);
      let found = 0;
      for (let n = 0; n < 28; n++) {
        const centre = Object.values(CENTRES)[n % 4]!;
        const place = destination(lonLat(...centre), random() * 360, random() * 3000);
        const radiusM = 50 + random() * 1200;
        const days = 1 + (n % 5);
        const shiftStarts = daysAgo(days) + (days % 2 === 0 ? 22 : 9) * 3_600_000;
        const from = Math.round(shiftStarts + (random() - 0.2) * 3 * 3_600_000);
        const to = Math.round(from + (n % 7 === 0 ? 2 * DAY_MS : random() * 2 * 3_600_000));
        const gapS = [30, 120, 600][n % 3]!;
        const note = `seed ${SEED + 1}, question ${n}`;
        const { units } = await near({ place: { lon: place[0], lat: place[1] }, radiusM, from, to, gapS });
        // half a step of a second at the speeds here is 20 m
        const slackM = 25 + offM;
        const surely = nearBySeconds(world.rows, place, radiusM - offM, from, to, gapS * 1000);
        const possibly = nearBySeconds(world.rows, place, radiusM + slackM, from, to, gapS * 1000);
        const ids = units.map(({ unitId }) => unitId);
        expect(ids, note).toEqual(expect.arrayContaining([...surely.keys()].map(idOf)));
        expect([...possibly.keys()].map(idOf), note).toEqual(expect.arrayContaining(ids));
        expect(
          units.map(({ closestM }) => closestM),
          `${note}: closest first`,
        ).toEqual(units.map(({ closestM }) => closestM).sort((a, b) => a - b));
        for (const unit of units) {
          found++;
          const handle = world.units.find(({ id }) => id === unit.unitId)!.handle;
          const wide = possibly.get(handle)!;
          expect(unit.closestM, note).toBeLessThanOrEqual(Math.min(radiusM, wide.closestM + offM) + 0.05);
          expect(unit.closestM, note).toBeGreaterThanOrEqual(wide.closestM - slackM);
          expect(unit.firstAt, note).toBeGreaterThanOrEqual(wide.firstAt - 1000);
          expect(unit.lastAt, note).toBeLessThanOrEqual(wide.lastAt + 1000);
          const strict = surely.get(handle);
          if (strict !== undefined) {
            expect(unit.firstAt, note).toBeLessThanOrEqual(strict.firstAt + 1);
            expect(unit.lastAt, note).toBeGreaterThanOrEqual(strict.lastAt - 1);
          }
        }
      }
      expect(found, 'questions that found somebody').toBeGreaterThan(20);
    });

    it('H10 who was in an area is who was near it at 0 m', async () => {
      const from = daysAgo(3);
      const to = daysAgo(1);
      for (const centre of Object.values(CENTRES).slice(0, 2)) {
        const ring = [45, 135, 225, 315, 45].map((bearing): Place => {
          const [lon, lat] = destination(lonLat(...centre), bearing, 900);
          return [lon, lat];
        });
        const area = { type: 'Polygon', coordinates: [ring] };
        const { units } = await near({ area, from, to });
        // the square holds the circle of 600 m, and lies in that of 900 m
        const inside = (await near({ place: { lon: centre[0], lat: centre[1] }, radiusM: 600, from, to })).units;
        const around = (await near({ place: { lon: centre[0], lat: centre[1] }, radiusM: 905, from, to })).units;
        const ids = units.map(({ unitId }) => unitId);
        expect(ids.length).toBeGreaterThan(0);
        expect(ids).toEqual(expect.arrayContaining(inside.map(({ unitId }) => unitId)));
        expect(around.map(({ unitId }) => unitId)).toEqual(expect.arrayContaining(ids));
        for (const { closestM } of units) expect(closestM).toBeLessThan(1e-6);
      }
    });

    it('H11 a track holds every good fix at its own instant, without a seam', async () => {
      const fixes = fixesOf(world.rows);
      for (const { id, handle, deviceIds } of world.units) {
        const [from, to] = [daysAgo(5) + 1000, Date.now()];
        const { features } = await track(id, `from=${from}&to=${to}&gapS=300`);
        for (const [device, deviceId] of deviceIds) {
          const expected = (fixes.get(handle)?.get(device) ?? []).filter(({ t }) => t >= from && t <= to);
          const mine = features.filter(({ properties }) => properties.deviceId === deviceId);
          const got = mine.flatMap(({ geometry, properties }) => positionsOf(geometry, properties.times));
          const atFixes = got.filter(({ t, cut }) => !cut || expected.some((fix) => fix.t === t));
          expect(
            atFixes.filter(({ cut }) => !cut).map(({ t }) => t),
            id,
          ).toEqual(expected.map(({ t }) => t));
          const byTime = new Map(expected.map((fix) => [fix.t, fix]));
          const worstM = Math.max(
            0,
            ...got
              .filter(({ cut }) => !cut)
              .map(({ t, lon, lat }) => haversineM(lon, lat, byTime.get(t)!.lon, byTime.get(t)!.lat)),
          );
          expect(worstM, id).toBeLessThanOrEqual(offM + 0.02);
          const cuts = expected.filter((fix, i) => {
            const last = expected[i - 1];
            return last !== undefined && fix.t - last.t > 300_000;
          });
          expect(mine.length, `${id}: pieces`).toBeGreaterThanOrEqual(cuts.length + 1);
        }
      }
    });

    it('H12 fixes that were set aside are left out, or marked with why', async () => {
      let marked = 0;
      for (const { id, handle } of world.units) {
        const range = `from=${daysAgo(5)}&to=${Date.now()}`;
        const omitted = await track(id, range);
        expect(omitted.features.filter(({ properties }) => properties.suspect !== undefined)).toEqual([]);
        const { features } = await track(id, `${range}&suspect=mark`);
        const got = features.flatMap(({ properties }) =>
          properties.suspect === undefined ? [] : [[properties.times[0], properties.suspect]],
        );
        const expected = world.rows
          .filter((row) => row.unit === handle && row.verdict !== 0)
          .sort((a, b) => a.fixTime - b.fixTime)
          .map((row) => [row.fixTime, VERDICT_CODES[row.verdict]]);
        expect(got, id).toEqual(expected);
        marked += got.length;
      }
      expect(marked).toBeGreaterThan(20);
    });

    it('H13 the picture at an instant is every unit’s last good fix by then', async () => {
      const random = seeded(SEED + 2);
      const fixes = fixesOf(world.rows);
      for (let n = 0; n < 15; n++) {
        const at = Math.round(daysAgo(5) + random() * 5.2 * DAY_MS);
        const maxAgeS = [3600, 86_400, 7 * 86_400][n % 3]!;
        const { units } = await hub.api.ok<{
          units: { unitId: string; fixTime: number | null; lon: number; lat: number; ageS: number }[];
        }>('GET', `/api/v1/history/picture?at=${at}&maxAgeS=${maxAgeS}`, undefined, commander);
        for (const { id, handle } of world.units) {
          const last = [...(fixes.get(handle) ?? new Map<number, Fix[]>()).values()]
            .flat()
            .filter(({ t }) => t <= at && t >= at - maxAgeS * 1000)
            .reduce<Fix | undefined>((best, fix) => (best === undefined || fix.t > best.t ? fix : best), undefined);
          const shown = units.find(({ unitId }) => unitId === id);
          expect(shown?.fixTime ?? null, `seed ${SEED + 2}, question ${n}, ${id}`).toBe(last?.t ?? null);
          if (last === undefined) continue;
          expect(shown!.ageS).toBeCloseTo((at - last.t) / 1000, 6);
          expect(haversineM(shown!.lon, shown!.lat, last.lon, last.lat)).toBeLessThanOrEqual(offM + 0.02);
        }
      }
    });
  }

  /** Positions with their times; those where the line was cut at the antimeridian are marked. */
  function positionsOf(
    geometry: { type: string; coordinates: unknown },
    times: number[] | number[][],
  ): { t: number; lon: number; lat: number; cut: boolean }[] {
    const lines = (
      geometry.type === 'Point'
        ? [[geometry.coordinates]]
        : geometry.type === 'LineString'
          ? [geometry.coordinates]
          : geometry.coordinates
    ) as number[][][];
    const timesOf = (Array.isArray(times[0]) ? times : [times]) as number[][];
    return lines.flatMap((line, i) =>
      line.map(([lon, lat], k) => ({
        t: timesOf[i]![k]!,
        lon: lon!,
        lat: lat!,
        cut: lines.length > 1 && Math.abs(lon!) === 180,
      })),
    );
  }

  describe('while all fixes are kept', () => describeAnswers(0));

  describe('once days have become lines, with their fixes still there', () => {
    beforeAll(async () => {
      await upkeep(400).run();
    });

    it('H20 every day that is over is compacted, and none is dropped', async () => {
      const { rows } = await hub.database.query<{ day: string }>('SELECT day::text AS day FROM track_day ORDER BY 1');
      expect(rows.map(({ day }) => day.replaceAll('-', ''))).toEqual([5, 4, 3, 2, 1].map(dayName));
      expect(await daysWithFixes()).toEqual(expect.arrayContaining([5, 4, 3, 2, 1, 0].map(dayName)));
      const counted = await hub.database.query<{ fixes: number; lines: number; vertices: number }>(
        `SELECT (SELECT sum(fixes) FROM track_unit_day) AS fixes, (SELECT sum(cardinality(fix_ms)) FROM unit_track) + (SELECT count(*) FROM suspect_fix) AS lines,
                (SELECT sum(ST_NPoints(line)) FROM unit_track) AS vertices`,
      );
      const past = world.rows.filter(({ receivedAt }) => receivedAt < today);
      expect(Number(counted.rows[0]!.fixes)).toBe(past.length);
      expect(Number(counted.rows[0]!.lines)).toBe(past.length);
      expect(Number(counted.rows[0]!.vertices)).toBeLessThan(past.length);
    });

    it('H20 the lines are what PostGIS takes for trajectories, each within its own times', async () => {
      const { rows } = await hub.database.query<{ wrong: number; all: number }>(
        `SELECT count(*) FILTER (WHERE NOT (ST_IsValidTrajectory(line) OR ST_NPoints(line) = 2 AND from_time = to_time)
                                  OR round(ST_M(ST_StartPoint(line)) * 1000) <> round(extract(epoch FROM from_time) * 1000)
                                  OR round(ST_M(ST_EndPoint(line)) * 1000) <> round(extract(epoch FROM to_time) * 1000)) AS wrong, count(*) AS all
         FROM unit_track`,
      );
      expect(rows[0]!.all).toBeGreaterThan(50);
      expect(rows[0]!.wrong).toBe(0);
    });

    const day = () => dayText(3);
    const linesOfDay = async () =>
      (
        await hub.database.query(
          'SELECT unit_handle, device_handle, from_time, to_time, line::text, fix_ms FROM unit_track WHERE day = $1 ORDER BY 1, 2, 3',
          [day()],
        )
      ).rows;

    it('H21 compacted again, or by two at once, a day is the same', async () => {
      const before = await linesOfDay();
      await hub.database.query('DELETE FROM track_unit_day WHERE day = $1', [day()]);
      const compact = () => new Compaction(hub.database, TOLERANCE_M).compactDay(day(), async () => {});
      await Promise.all([compact(), compact(), compact()]);
      expect(await linesOfDay()).toEqual(before);
    });

    it('H25 broken off anywhere, it goes on where it was', async () => {
      const before = await linesOfDay();
      for (const table of ['track_unit_day', 'unit_track', 'suspect_fix'])
        await hub.database.query(`DELETE FROM ${table} WHERE day = $1`, [day()]);
      const random = seeded(SEED + 4);
      let attempts = 0;
      for (let done = false; !done; attempts++) {
        let breaths = Math.floor(random() * 40);
        done = await new Compaction(hub.database, TOLERANCE_M)
          .compactDay(day(), async () => {
            if (breaths-- === 0) throw new Error('broken off');
          })
          .then(
            () => true,
            (error: Error) => {
              if (error.message !== 'broken off') throw error;
              return false;
            },
          );
      }
      expect(attempts).toBeGreaterThan(1);
      expect(await linesOfDay()).toEqual(before);
    });

    it('H22 a box of place and time is found by its index', async () => {
      const client = await home.connect();
      await client.query('SET enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT unit_handle FROM unit_track
         WHERE line &&& ST_SetSRID(ST_MakeLine(ST_MakePointM(24.0, 56.9, ${daysAgo(4) / 1000}), ST_MakePointM(24.2, 57.0, ${daysAgo(3) / 1000})), 4326)`,
      );
      await client.end();
      expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('unit_track_line');
    });

    describeAnswers(0);
  });

  describe('once the fixes of old days are gone', () => {
    const straggler = (): Row => ({
      unit: world.units[0]!.handle,
      device: [...world.units[0]!.deviceIds.keys()][0]!,
      fixTime: daysAgo(3) + 1_234_567,
      receivedAt: daysAgo(3) + 1_234_567,
      lonE7: 241_059_000,
      latE7: 569_460_000,
      verdict: 0,
    });

    beforeAll(async () => {
      // a hub that was cut off hands in what it held back, after the day was compacted
      world = { ...world, rows: [...world.rows, straggler()] };
      await insert(hub, [straggler()]);
      await upkeep(1).run();
    });

    it('H23 their partitions are, and nobody else’s; what came in after the compaction is in the lines', async () => {
      const days = await daysWithFixes();
      for (const gone of [5, 4, 3, 2]) expect(days).not.toContain(dayName(gone));
      for (const kept of [1, 0]) expect(days).toContain(dayName(kept));
      const { features } = await track(world.units[0]!.id, `from=${straggler().fixTime}&to=${straggler().fixTime}`);
      expect(features.map(({ geometry }) => geometry)).toEqual([{ type: 'Point', coordinates: [24.1059, 56.946] }]);
    });

    describeAnswers(TOLERANCE_M);

    it('H24 lines go when they have outlived their time, and the last status before it stays', async () => {
      const { unitId: id } = await createCrew(hub.api, admin, 'VUGD');
      await hub.database.query(
        `INSERT INTO unit_status_change (unit_id, agency_id, status, since)
         SELECT u.id, u.agency_id, s.status, now() - s.days * interval '1 day' FROM unit u, (VALUES ('available', 900), ('returning', 800), ('on_scene', 1)) AS s(status, days) WHERE u.id = $1`,
        [id],
      );
      const short = new TrackUpkeep(
        hub.database,
        { toleranceM: 10, afterHours: 0, fixDays: 1, trackDays: 4 },
        'test',
        () => {},
        0,
      );
      await hub.database.query(
        `INSERT INTO unit_track SELECT unit_handle, agency_no, device_handle, $1::date, from_time, to_time, line, fix_ms
         FROM unit_track LIMIT 10`,
        [dayText(5)],
      );
      const old = async () =>
        (await hub.database.query('SELECT 1 FROM unit_track WHERE day < $1', [dayText(4)])).rowCount;
      expect(await old()).toBeGreaterThan(0);
      await short.run();
      expect(await old()).toBe(0);
      expect((await hub.database.query('SELECT 1 FROM unit_track')).rowCount).toBeGreaterThan(0);
      const statuses = await hub.database.query<{ status: string }>(
        'SELECT status FROM unit_status_change WHERE unit_id = $1 ORDER BY since',
        [id],
      );
      expect(statuses.rows.map(({ status }) => status)).toEqual(['returning', 'on_scene', 'available']);
    });
  });

  describe('the answers', () => {
    it('H14 GPX holds the same fixes, and an escaped name', async () => {
      const callsign = newName('<R&"1>');
      const crew = await createCrew(hub.api, admin, 'VUGD', { callsign });
      const name = `<name>${callsign.replace('<R&"1>', '&lt;R&amp;&quot;1&gt;')}</name>`;
      const { handle } = hub.tracker.core.directory.units.get(crew.unitId)!;
      const device = hub.tracker.core.directory.devices.get(crew.deviceId)!.handle;
      const at = Date.now() - 60_000;
      const row = { unit: handle, device, receivedAt: at, lonE7: 241_059_000, latE7: 569_460_000 };
      await insert(hub, [
        { ...row, fixTime: at, verdict: 0 },
        { ...row, fixTime: at + 1000, verdict: 0 },
        { ...row, fixTime: at + 2000, verdict: 2 },
      ]);
      const answer = await fetch(
        `${hub.api.url}/api/v1/units/${crew.unitId}/track?from=${new Date(at).toISOString()}&to=${at + 5000}&format=gpx&suspect=mark`,
        {
          headers: { authorization: `Bearer ${commander}` },
        },
      );
      expect(answer.headers.get('content-type')).toBe('application/gpx+xml');
      const iso = (ms: number) => new Date(ms).toISOString();
      expect(await answer.text()).toBe(
        [
          '<?xml version="1.0" encoding="UTF-8"?>',
          '<gpx version="1.1" creator="Vanags" xmlns="http://www.topografix.com/GPX/1/1">',
          `<wpt lat="56.946" lon="24.1059"><time>${iso(at + 2000)}</time>${name}<type>suspect: null_island</type></wpt>`,
          `<trk>${name}<src>${crew.deviceId}</src>`,
          `<trkseg><trkpt lat="56.946" lon="24.1059"><time>${iso(at)}</time></trkpt><trkpt lat="56.946" lon="24.1059"><time>${iso(at + 1000)}</time></trkpt></trkseg>`,
          '</trk>',
          '</gpx>',
          '',
        ].join('\n'),
      );
    });

    it('H15 what units showed then, and a unit that was not there yet is not in the picture', async () => {
      const crew = await createCrew(hub.api, admin, 'VUGD', { statusAtRest: 'available' });
      const picture = async (at: number) =>
        (
          await hub.api.ok<{ units: { unitId: string; status: string; statusSince: number }[] }>(
            'GET',
            `/api/v1/history/picture?at=${at}`,
            undefined,
            commander,
          )
        ).units.find(({ unitId }) => unitId === crew.unitId);
      const dispatcher = await hub.api.token('VUGD', 'dispatcher');
      const first = Date.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await hub.api.ok(
        'POST',
        `/api/v1/units/${crew.unitId}/status`,
        { status: 'out_of_service', reason: 'riepa' },
        dispatcher,
      );
      const unit = hub.tracker.core.directory.units.get(crew.unitId)!;
      await eventually('the status', () => unit.status === 'out_of_service');
      expect(await picture(Date.now())).toMatchObject({ status: 'out_of_service' });
      expect(await picture(first)).toMatchObject({ status: 'available' });
      expect(await picture(first - 3_600_000)).toBeUndefined();
    });

    it('H16 every read is in the audit log, before it is answered', async () => {
      const { id } = world.units[0]!;
      await track(id, `from=1000&to=2000`);
      await near({ place: { lon: 24.10591234, lat: 56.94 }, radiusM: 200, from: 1000, to: 2000 });
      await hub.api.ok('GET', '/api/v1/history/picture?at=3000', undefined, commander);
      const { rows } = await hub.database.query(
        `SELECT actor, action, subject_kind, subject_id, source_ip, detail FROM audit_entry WHERE action LIKE 'read_%' ORDER BY seq DESC LIMIT 3`,
      );
      const agencyId = hub.tracker.core.directory.agenciesByCode.get('VUGD')!.id;
      const entry = (action: string, kind: string, subject: string, detail: object) => ({
        actor: 'VUGD-commander',
        action,
        subject_kind: kind,
        subject_id: subject,
        source_ip: '127.0.0.1',
        detail,
      });
      expect(rows).toEqual([
        entry('read_history_picture', 'agency', agencyId, { at: 3000 }),
        entry('read_history_near', 'place', '24.1059,56.94', { from: 1000, to: 2000, radiusM: 200 }),
        entry('read_track', 'unit', id, { from: 1000, to: 2000 }),
      ]);
    });

    it.each([
      ['a window that is too long', { from: 0, to: 32 * DAY_MS }, 'window_too_long'],
      [
        'an area without an end',
        {
          area: {
            type: 'Polygon',
            coordinates: [
              [
                [24, 56],
                [24.1, 56],
                [24.1, 56.1],
              ],
            ],
          },
          place: undefined,
        },
        'area_malformed',
      ],
      [
        'an area of half a country',
        {
          area: {
            type: 'Polygon',
            coordinates: [
              [
                [20, 55],
                [28, 55],
                [28, 56.9],
                [20, 55],
              ],
            ],
          },
          place: undefined,
        },
        'radius_too_large',
      ],
      [
        'an area and a place',
        {
          area: {
            type: 'Polygon',
            coordinates: [
              [
                [24, 56],
                [24.1, 56],
                [24.1, 56.1],
                [24, 56],
              ],
            ],
          },
        },
        'request_malformed',
      ],
      ['an end before the beginning', { from: 2000, to: 1000 }, 'request_malformed'],
      ['a radius of a country', { radiusM: 60_000 }, 'request_malformed'],
    ])('H17 %s is refused with a code', async (_name, fields, code) => {
      const question = { place: { lon: 24.1, lat: 56.9 }, radiusM: 10, from: 1000, to: 2000, ...fields };
      const { status, body } = await hub.api.call('POST', '/api/v1/history/near', question, commander);
      expect([status >= 400 && status < 500, body.code]).toEqual([true, code]);
    });

    it('H17 a track that is too long is refused with a code', async () => {
      const { id } = world.units[0]!;
      const { status, body } = await hub.api.call(
        'GET',
        `/api/v1/units/${id}/track?from=0&to=${32 * DAY_MS}`,
        undefined,
        commander,
      );
      expect([status, body.code]).toEqual([422, 'window_too_long']);
    });

    it('H17 a track with more set aside than is told at once is refused, not cut short', async () => {
      const crew = await createCrew(hub.api, admin, 'VUGD');
      const { handle } = hub.tracker.core.directory.units.get(crew.unitId)!;
      const from = Date.now() - HOUR_MS;
      await hub.database.query(
        `INSERT INTO fix (unit_handle, agency_no, device_handle, stream_id, seq, fix_time, received_at, lon_e7, lat_e7, verdict)
         SELECT $1, 1, 1, 1, n, to_timestamp(($2::bigint + n * 30) / 1000.0), now(), 241059000, 569460000, 3 FROM generate_series(0, 100000) AS n`,
        [handle, from],
      );
      const read = (to: number) =>
        hub.api.call<{ code?: string; features?: unknown[] }>(
          'GET',
          `/api/v1/units/${crew.unitId}/track?suspect=mark&from=${from}&to=${to}`,
          undefined,
          commander,
        );
      const whole = await read(from + HOUR_MS);
      expect([whole.status, whole.body.code]).toEqual([422, 'too_much_history']);
      const part = await read(from + 11_999 * 30);
      expect([part.status, part.body.features?.length]).toEqual([200, 12_000]);
    });
  });
});

// on the embedded database each start takes long, and what is killed there is the database too: faults.test.ts does that
describe.skipIf(databaseKind !== 'postgres')('compaction that is killed', () => {
  it('H25 goes on where it was: every fix is in one line, once, and fixes go only when their lines are there', async () => {
    const home = await createHome();
    const first = await startTestTracker(home, { TRACK_AFTER_HOURS: '720' });
    const random = seeded(SEED + 3);
    let expected = 0;
    try {
      const admin = await first.api.admin();
      await createAgency(first.api, admin, 'VUGD');
      const units = await createUnits(first, admin, 8);
      const rows = units.flatMap(({ handle, deviceIds }) =>
        [4, 3].flatMap((days) =>
          [...deviceIds.keys()].flatMap((device) =>
            drive(random, handle, device, CENTRES.riga!, daysAgo(days) + 3_600_000, 3),
          ),
        ),
      );
      await insert(first, rows);
      expected = rows.length;
    } finally {
      await first.stop();
    }
    const env = {
      ...home.env,
      PORT: '0',
      TRACK_AFTER_HOURS: '0',
      FIX_RETENTION_DAYS: '1',
      TRACK_RETENTION_DAYS: '100',
    };
    try {
      // where in the work a kill falls is left to chance
      for (let round = 0; round < 3; round++) {
        const tracker = await spawnTracker(env);
        await new Promise((resolve) => setTimeout(resolve, random() * 1000));
        // the lease of who was killed would run out by itself, half a minute later
        const client = await eventually('the database answers', () => home.connect().catch(() => undefined));
        await client.query("UPDATE lease SET expires_at = '-infinity' WHERE name = 'tracks'");
        await client.end();
        await tracker.kill();
      }
      const last = await spawnTracker(env);
      try {
        const client = await eventually('the database answers', () => home.connect().catch(() => undefined));
        await eventually(
          'the fixes are gone',
          async () =>
            Number(
              (await client.query('SELECT count(*) AS n FROM track_day WHERE fixes_gone_at IS NOT NULL')).rows[0].n,
            ) >= 2,
          150_000,
        );
        const { rows } = await client.query(
          `SELECT (SELECT sum(cardinality(fix_ms)) FROM unit_track) + (SELECT count(*) FROM suspect_fix) AS kept,
                  (SELECT count(*) FROM (SELECT unit_handle, device_handle, from_time + ms * interval '1 millisecond' FROM unit_track, unnest(fix_ms) AS ms GROUP BY 1, 2, 3) AS t)
                  + (SELECT count(*) FROM suspect_fix) AS different`,
        );
        await client.end();
        expect([Number(rows[0].kept), Number(rows[0].different)]).toEqual([expected, expected]);
      } finally {
        await last.kill();
      }
    } finally {
      await home.remove();
    }
  }, 240_000);
});
