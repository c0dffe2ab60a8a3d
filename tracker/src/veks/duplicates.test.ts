import { describe, expect, it } from 'vitest';
import { duplicateScore, type Reported } from './duplicates.js';

const MINUTE = 60_000;
/** 56.95° N: a hundredth of a degree of latitude is 1112 m, of longitude 607 m. */
const report = (fields: Partial<Reported> = {}): Reported => ({
  lon: 24.1,
  lat: 56.95,
  accuracyM: 20,
  typeCode: 'fire.building',
  receivedAt: 1_800_000_000_000,
  ...fields,
});
const card = (fields: Partial<Reported & { open: boolean }> = {}) => ({ ...report(fields), open: fields.open ?? true });

describe('how likely two reports are of one emergency', () => {
  it('V7 the same place, minute and type is nearly sure, and says why', () => {
    const { score, distanceM, reasons } = duplicateScore(report(), card({ receivedAt: 1_800_000_000_000 - MINUTE }));
    expect(score).toBeCloseTo((1 / 1.04) * 2 ** (-1 / 60), 10);
    expect(distanceM).toBe(0);
    expect(reasons).toEqual(['same_place', 'minutes_apart', 'still_open', 'same_type']);
  });

  it('V7 circles that touch are one place, beyond them it falls to nothing within a kilometre', () => {
    const at = (lat: number, accuracyM: number) => duplicateScore(report(), card({ lat, accuracyM }));
    expect(at(56.951, 200).reasons[0]).toBe('circles_overlap'); // 111 m apart, circles of 220 m
    expect(at(56.953, 20).reasons[0]).toBe('near'); // 334 m apart, 40 m of circles
    const scores = [56.95, 56.953, 56.956, 56.959, 56.962].map((lat) => at(lat, 20).score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores[4]).toBe(0); // 1334 m apart
    expect(duplicateScore(report(), card({ lon: null, lat: null }))).toMatchObject({
      distanceM: null,
      reasons: ['place_unknown', 'minutes_apart', 'still_open', 'same_type'],
    });
  });

  it('V7 a wide circle says little, wherever its middle is', () => {
    const wide = duplicateScore(report(), card({ accuracyM: 5000 }));
    expect(wide.score).toBeLessThan(0.2);
    expect(wide.score).toBeGreaterThan(0);
  });

  it('V7 by age it halves with each hour, and one that is open never counts less than a half', () => {
    const apart = (minutes: number, open: boolean) =>
      duplicateScore(report(), card({ receivedAt: 1_800_000_000_000 - minutes * MINUTE, open })).score * 1.04;
    expect(apart(60, false)).toBeCloseTo(0.5, 10);
    expect(apart(120, false)).toBeCloseTo(0.25, 10);
    expect(apart(120, true)).toBeCloseTo(0.5, 10);
    expect(apart(-120, true), 'reported before').toBeCloseTo(0.5, 10);
  });

  it('V7 what callers call the same thing counts as related', () => {
    const reason = (a: string | null, b: string | null) =>
      duplicateScore(report({ typeCode: a }), card({ typeCode: b })).reasons.at(-1);
    expect(reason('rescue.road_crash', 'police.crash_injury')).toBe('related_type');
    expect(reason('fire.building', 'fire.waste')).toBe('related_type');
    expect(reason('fire.building', 'police.theft')).toBe('other_type');
    expect(reason(null, 'police.theft')).toBe('type_unknown');
    expect(reason('police.theft', 'police.theft')).toBe('same_type');
  });

  it('V7 west of Greenwich, in the south and across the antimeridian it is the same', () => {
    const near = [
      { at: [-8.61, 41.15], other: [-8.61, 41.151] },
      { at: [18.42, -33.92], other: [18.42, -33.921] },
      { at: [179.9999, -16.5], other: [-179.9999, -16.5] },
    ] as const;
    for (const { at, other } of near) {
      const { distanceM, score } = duplicateScore(
        report({ lon: at[0], lat: at[1] }),
        card({ lon: other[0], lat: other[1] }),
      );
      expect(distanceM).toBeLessThan(130);
      expect(score).toBeGreaterThan(0.8);
    }
  });
});
