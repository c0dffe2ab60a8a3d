import { describe, expect, it } from 'vitest';
import { destination, haversineM, lonLat } from '../../../geo-engine/src/index.js';
import { approachOf, areaTarget, placeTarget } from './closest-approach.js';
import { lonStepDeg, placeBetween, type TrackPoint } from './track-point.js';

const T0 = 1_767_225_600_000;
const SECOND = 1000;

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
const CENTRES: readonly [string, Place][] = [
  ['Riga', [24.1, 56.95]],
  ['west of Greenwich', [-21.9, 64.15]],
  ['south of the equator', [-78.5, -0.2]],
  ['the antimeridian', [179.999, -16.8]],
];

const off = ([lon, lat]: Place, bearingDeg: number, metres: number): Place =>
  destination(lonLat(lon, lat), bearingDeg, metres);

/** A drive around a centre: some kilometres, steps of up to two minutes. */
function drive(random: () => number, centre: Place, fixes: number): TrackPoint[] {
  let timeMs = T0;
  let [lon, lat] = off(centre, random() * 360, random() * 3000);
  return Array.from({ length: fixes }, () => {
    timeMs += Math.round((1 + random() * 119) * SECOND);
    [lon, lat] = off([lon, lat], random() * 360, random() * 1500);
    return { timeMs, lon, lat };
  });
}

/** All places of a movement, one every so many milliseconds, its fixes among them. */
function sampled(movement: readonly TrackPoint[], stepMs: number, fromMs: number, toMs: number): TrackPoint[] {
  const places: TrackPoint[] = [];
  for (const [i, a] of movement.entries()) {
    const b = movement[i + 1] ?? a;
    for (let t = Math.max(a.timeMs, fromMs); t <= Math.min(b.timeMs, toMs); t += stepMs)
      places.push(placeBetween(a, b, t));
    if (b.timeMs >= fromMs && b.timeMs <= toMs) places.push(b);
  }
  return places;
}

const STEP_MS = 20;
/** Speeds stay below 1500 m/s here: so far may a sample be from what lies between two of them. */
const STEP_M = (STEP_MS / SECOND) * 1500;

describe('who came near a place', () => {
  it.each(CENTRES)('H3 is what a look at every 20 ms finds: %s', (_name, centre) => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = seeded(seed);
      const movement = drive(random, centre, 12);
      const radiusM = 50 + random() * 1500;
      const [fromMs, toMs] = [T0 + random() * 200_000, T0 + 300_000 + random() * 400_000];
      const note = `seed ${seed}, ${radiusM} m`;
      const seen = sampled(movement, STEP_MS, fromMs, toMs).map((place) => ({
        timeMs: place.timeMs,
        distanceM: haversineM(place.lon, place.lat, ...centre),
      }));
      const near = seen.filter(({ distanceM }) => distanceM <= radiusM);
      const closest = seen.reduce((a, b) => (b.distanceM < a.distanceM ? b : a), { timeMs: 0, distanceM: Infinity });
      const found = approachOf(movement, placeTarget(...centre), radiusM, fromMs, toMs);
      if (found === undefined) {
        expect(near, note).toEqual([]);
        continue;
      }
      expect(found.closestM, note).toBeLessThanOrEqual(Math.min(radiusM, closest.distanceM) + 0.05);
      expect(found.closestM, note).toBeGreaterThanOrEqual(closest.distanceM - STEP_M);
      if (near.length === 0) continue; // it was inside for less than a sample
      expect(Math.abs(found.firstAt - near[0]!.timeMs), note).toBeLessThanOrEqual(STEP_MS + 1);
      expect(Math.abs(found.lastAt - near.at(-1)!.timeMs), note).toBeLessThanOrEqual(STEP_MS + 1);
      const at = placeAt(movement, found.closestAt);
      expect(Math.abs(haversineM(at.lon, at.lat, ...centre) - found.closestM), note).toBeLessThan(0.05);
    }
  });

  it('H3 a lone fix is near for an instant', () => {
    const fix = { timeMs: T0, lon: 24.1, lat: 56.95 };
    const place = placeTarget(24.1, 56.951);
    const found = approachOf([fix], place, 200, T0 - 1, T0 + 1)!;
    expect([found.firstAt, found.lastAt, found.closestAt]).toEqual([T0, T0, T0]);
    expect(found.closestM).toBeCloseTo(haversineM(24.1, 56.95, 24.1, 56.951), 6);
    expect(approachOf([fix], place, 100, T0 - 1, T0 + 1)).toBeUndefined();
    expect(approachOf([fix], place, 200, T0 + 1, T0 + 2)).toBeUndefined();
  });

  it('H3 passing between two fixes counts, with both of them far away', () => {
    const [west, east] = [off([24.1, 56.95], 270, 1000), off([24.1, 56.95], 90, 1000)];
    const movement = [west, east].map(([lon, lat], i) => ({ timeMs: T0 + i * 100 * SECOND, lon, lat }));
    const found = approachOf(movement, placeTarget(24.1, 56.95), 200, T0, T0 + 100 * SECOND)!;
    expect(found.closestM).toBeLessThan(0.5);
    expect(found.firstAt - T0).toBeCloseTo(40 * SECOND, -1);
    expect(found.lastAt - T0).toBeCloseTo(60 * SECOND, -1);
  });
});

describe('who was in an area', () => {
  /** A star without symmetry around the centre: it bends inwards. */
  function star(random: () => number, centre: Place): Place[] {
    const ring = Array.from({ length: 9 }, (_, i) => off(centre, i * 40, 400 + random() * 1800));
    return [...ring, ring[0]!];
  }

  /** By the winding of the ring in degrees, as a ray sees it. */
  function isInside(ring: readonly Place[], centre: Place, lon: number, lat: number): boolean {
    const east = (value: number) => lonStepDeg(centre[0], value);
    const x = east(lon);
    let inside = false;
    for (const [i, a] of ring.slice(0, -1).entries()) {
      const b = ring[i + 1]!;
      if (a[1] > lat !== b[1] > lat && x < east(a[0]) + ((east(b[0]) - east(a[0])) * (lat - a[1])) / (b[1] - a[1]))
        inside = !inside;
    }
    return inside;
  }

  it.each(CENTRES)('H3 is what a look at every 20 ms finds: %s', (_name, centre) => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = seeded(seed);
      const ring = star(random, centre);
      const movement = drive(random, centre, 12);
      const note = `seed ${seed}`;
      const [fromMs, toMs] = [T0 + random() * 200_000, T0 + 300_000 + random() * 400_000];
      const inside = sampled(movement, STEP_MS, fromMs, toMs).filter(({ lon, lat }) =>
        isInside(ring, centre, lon, lat),
      );
      const found = approachOf(movement, areaTarget(ring), 0, fromMs, toMs);
      if (inside.length === 0) {
        if (found !== undefined) expect(found.lastAt - found.firstAt, note).toBeLessThanOrEqual(STEP_MS);
        continue;
      }
      expect(found?.closestM, note).toBe(0);
      expect(Math.abs(found!.firstAt - inside[0]!.timeMs), note).toBeLessThanOrEqual(STEP_MS + 2);
      expect(Math.abs(found!.lastAt - inside.at(-1)!.timeMs), note).toBeLessThanOrEqual(STEP_MS + 2);
    }
  });

  it('H3 with a margin is who came as near to its border', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seeded(seed);
      const ring = star(random, [24.1, 56.95]);
      const border = ring.slice(1).flatMap((b, i) => {
        const a = ring[i]!;
        return Array.from(
          { length: 80 },
          (_, k): Place => [a[0] + ((b[0] - a[0]) * k) / 80, a[1] + ((b[1] - a[1]) * k) / 80],
        );
      });
      const movement = drive(random, [24.13, 56.96], 6);
      const toBorderM = ({ lon, lat }: TrackPoint) =>
        isInside(ring, [24.1, 56.95], lon, lat)
          ? 0
          : Math.min(...border.map((place) => haversineM(lon, lat, ...place)));
      const leastM = Math.min(...sampled(movement, 1000, 0, Infinity).map(toBorderM));
      const found = approachOf(movement, areaTarget(ring), 50_000, 0, Number.MAX_SAFE_INTEGER)!;
      // samples of the way lie up to 30 m apart here, those of the border up to 35 m
      expect(Math.abs(found.closestM - leastM), `seed ${seed}: ${found.closestM} against ${leastM}`).toBeLessThan(40);
      expect([found.firstAt, found.lastAt]).toEqual([movement[0]!.timeMs, movement.at(-1)!.timeMs]);
    }
  });
});

function placeAt(movement: readonly TrackPoint[], timeMs: number): TrackPoint {
  const i = Math.max(
    0,
    movement.findLastIndex((point) => point.timeMs <= timeMs),
  );
  return placeBetween(movement[i]!, movement[i + 1] ?? movement[i]!, timeMs);
}
