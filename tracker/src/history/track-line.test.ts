import { describe, expect, it } from 'vitest';
import { haversineM } from '../../../geo-engine/src/index.js';
import { keptPoints } from './simplify.js';
import { drawLines, lineEwkb, lineVertices, pointsOf } from './track-line.js';
import { movementsOf, placeBetween, type TrackPoint } from './track-point.js';

const T0 = 1_767_225_600_000;

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

/** A drive as devices report it: steady legs, stops, noise of some metres, silences, whole 10⁻⁷ degrees. */
function drive(random: () => number, from: readonly [number, number], fixes: number): TrackPoint[] {
  let [lon, lat] = from;
  let timeMs = T0;
  let heading = random() * 2 * Math.PI;
  let speedMps = 14;
  return Array.from({ length: fixes }, () => {
    const seconds = random() < 0.01 ? 1 + random() * 1500 : 1 + Math.floor(random() * 4);
    timeMs += Math.round(seconds * 1000);
    if (random() < 0.05) heading += (random() - 0.5) * 3;
    if (random() < 0.03) speedMps = random() < 0.3 ? 0 : random() * 35;
    const metres = Math.min(seconds, 60) * speedMps + random() * 4;
    lat += (metres * Math.cos(heading)) / 111_195;
    lon += (metres * Math.sin(heading)) / (111_195 * Math.cos((lat * Math.PI) / 180));
    if (lon > 180) lon -= 360;
    return { timeMs, lon: Math.round(lon * 1e7) / 1e7, lat: Math.round(lat * 1e7) / 1e7 };
  });
}

const STARTS: readonly [string, readonly [number, number]][] = [
  ['Riga', [24.1, 56.95]],
  ['west of Greenwich', [-21.9, 64.15]],
  ['south of the equator', [-78.5, -0.2]],
  ['the antimeridian', [179.99, -16.8]],
];

describe('lines of tracks', () => {
  it.each(STARTS)('H1 every fix is on its line at its own instant, to the tolerance: %s', (_name, from) => {
    for (const toleranceM of [0, 1, 10, 100])
      for (let seed = 1; seed <= 20; seed++) {
        const points = drive(seeded(seed), from, 1500);
        const lines = drawLines(points, toleranceM);
        const read = lines.flatMap((line) => pointsOf({ ...line, vertices: lineVertices(lineEwkb(line.vertices)) }));
        expect(
          read.map(({ timeMs }) => timeMs),
          `seed ${seed}: none of the times is lost`,
        ).toEqual(points.map(({ timeMs }) => timeMs));
        const worstM = Math.max(...read.map(({ lon, lat }, i) => haversineM(lon, lat, points[i]!.lon, points[i]!.lat)));
        expect(worstM, `seed ${seed}, tolerance ${toleranceM} m`).toBeLessThanOrEqual(toleranceM + 1e-6);
      }
  });

  it('H1 is much smaller than what it is made from', () => {
    const points = drive(seeded(1), [24.1, 56.95], 1500);
    const vertices = drawLines(points, 10).reduce((sum, line) => sum + line.vertices.length, 0);
    expect(vertices).toBeLessThan(points.length / 4);
  });

  it('H1 a lone fix is a line of two equal vertices, an hour or a thousand fixes end one', () => {
    const at = (s: number): TrackPoint => ({ timeMs: T0 + s * 1000, lon: 24.1, lat: 56.95 });
    expect(drawLines([at(0)], 10)).toEqual([{ vertices: [at(0), at(0)], times: [T0] }]);
    expect(pointsOf(drawLines([at(0)], 10)[0]!)).toEqual([at(0)]);
    expect(
      drawLines(
        Array.from({ length: 2500 }, (_, i) => at(i)),
        10,
      ).map(({ times }) => times.length),
    ).toEqual([1000, 1000, 500]);
    const everyFiveMinutes = Array.from({ length: 14 }, (_, i) => at(i * 300));
    expect(drawLines(everyFiveMinutes, 10).map(({ times }) => times.length)).toEqual([13, 1]);
    expect(drawLines([at(0), at(601)], 10).map(({ times }) => times.length)).toEqual([1, 1]);
  });

  it('H1 no line crosses the antimeridian', () => {
    for (const line of drawLines(drive(seeded(3), [179.999, -16.8], 500), 10))
      for (const [i, vertex] of line.vertices.slice(1).entries())
        expect(Math.abs(vertex.lon - line.vertices[i]!.lon)).toBeLessThan(1);
  });

  it('H1 keeps what the slow way keeps: the same bound by checking every point', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const points = drive(seeded(seed), [24.1, 56.95], 40);
      const kept = keptPoints(points, 25);
      expect([kept[0], kept.at(-1)]).toEqual([0, 39]);
      for (const [nth, b] of kept.slice(1).entries()) {
        const a = kept[nth]!;
        for (let i = a + 1; i < b; i++) {
          const drawn = placeBetween(points[a]!, points[b]!, points[i]!.timeMs);
          expect(
            haversineM(drawn.lon, drawn.lat, points[i]!.lon, points[i]!.lat),
            `seed ${seed}, point ${i}`,
          ).toBeLessThanOrEqual(25);
        }
      }
    }
  });
});

describe('movements', () => {
  const at = (s: number, northM: number): TrackPoint => ({
    timeMs: T0 + s * 1000,
    lon: 24.1,
    lat: 56.95 + northM / 111_195,
  });

  it('H2 a silence that is too long, or a jump, ends one and begins another', () => {
    const points = [at(0, 0), at(100, 1000), at(221, 1000), at(341, 2000), at(342, 9000), at(343, 9100)];
    expect(movementsOf(points, 120_000).map((movement) => movement.length)).toEqual([2, 2, 2]);
    expect(movementsOf(points, 121_000).map((movement) => movement.length)).toEqual([4, 2]);
    expect(movementsOf([], 1)).toEqual([]);
  });

  it('H2 a step over the antimeridian goes the short way', () => {
    const [a, b] = [
      { timeMs: 0, lon: 179.9, lat: -16 },
      { timeMs: 1000, lon: -179.9, lat: -17 },
    ];
    expect(placeBetween(a, b, 250).lon).toBeCloseTo(179.95, 9);
    expect(placeBetween(a, b, 750).lon).toBeCloseTo(-179.95, 9);
    expect(placeBetween(b, { ...a, timeMs: 2000 }, 1750).lon).toBeCloseTo(179.95, 9);
  });
});
