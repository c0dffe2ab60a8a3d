import { describe, expect, it } from 'vitest';
import { createPlace, createRandom } from '../../test/random.js';
import { type Box, box, boxCentre, boxContains, boxWidthDeg, distanceToBoxM } from './box.js';
import { distanceM } from './distance.js';
import { lonLat } from './lon-lat.js';

const RIGA = box(23.9, 56.85, 24.4, 57.1);
const FIJI = box(177, -20, -178, -15); // crosses the antimeridian
const LIMA = box(-77.2, -12.3, -76.8, -11.9); // west of Greenwich, south of the equator
const WORLD = box(-180, -90, 180, 90);

describe('box', () => {
  it('G4 knows its width and middle, also across the antimeridian', () => {
    expect(boxWidthDeg(FIJI)).toBe(5);
    expect(boxCentre(FIJI)).toEqual([179.5, -17.5]);
    expect(boxCentre(box(179, 0, -177, 2))).toEqual([-179, 1]);
    expect(boxWidthDeg(WORLD)).toBe(360);
    expect(boxCentre(LIMA)[0]).toBeCloseTo(-77, 12);
  });

  it('G4 contains its edges, and 180 is the same as -180', () => {
    expect(boxContains(RIGA, 23.9, 57.1)).toBe(true);
    expect(boxContains(RIGA, 23.8999, 57)).toBe(false);
    expect(boxContains(RIGA, 24, 57.1001)).toBe(false);
    expect(boxContains(FIJI, 180, -16)).toBe(true);
    expect(boxContains(FIJI, -180, -16)).toBe(true);
    expect(boxContains(FIJI, -178.5, -16)).toBe(true);
    expect(boxContains(FIJI, -177.5, -16)).toBe(false);
    expect(boxContains(FIJI, 0, -16)).toBe(false);
    expect(boxContains(box(170, -1, 180, 1), -180, 0)).toBe(true);
    expect(boxContains(box(-180, -1, -170, 1), 180, 0)).toBe(true);
    expect(boxContains(WORLD, 180, 90)).toBe(true);
    expect(boxContains(WORLD, 0, 0)).toBe(true);
  });

  it('G4 refuses what is no box', () => {
    expect(() => box(24, 57.1, 25, 56.9)).toThrow(RangeError);
    expect(() => box(181, 0, 182, 1)).toThrow(RangeError);
    expect(() => box(0, Number.NaN, 1, 1)).toThrow(RangeError);
  });
});

describe('distanceToBoxM', () => {
  it('G4 is the least distance to any point of the box', () => {
    const MAX_REL_ERROR = 0.001; // of the samples: 1 000 points a side
    const random = createRandom(5);
    for (let i = 0; i < 200; i++) {
      const of = createBox(random);
      const [lon, lat] = createPlace(random);
      const found = distanceToBoxM(of, lon, lat);
      const note = `seed 5, case ${i}: box ${of}, place ${lon} ${lat}`;
      if (boxContains(of, lon, lat)) {
        expect(found, note).toBe(0);
        continue;
      }
      const sampled = leastSampledM(of, lon, lat);
      expect(found <= sampled + 1e-6, `${note}: ${found} m, an edge point is at ${sampled} m`).toBe(true);
      expect(found >= sampled * (1 - MAX_REL_ERROR), `${note}: ${found} m against ${sampled} m`).toBe(true);
    }
  });
});

function createBox(random: () => number): Box {
  const [west, south] = createPlace(random);
  const width = random() * 60;
  const east = west + width > 180 ? west + width - 360 : west + width;
  return box(west, south, east, Math.min(90, south + random() * 40));
}

function leastSampledM(of: Box, lon: number, lat: number): number {
  const at = lonLat(lon, lat);
  const [west, south, east, north] = of;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= 1000; i++) {
    const alongLat = south + ((north - south) * i) / 1000;
    const turned = west + (boxWidthDeg(of) * i) / 1000;
    const alongLon = turned > 180 ? turned - 360 : turned;
    for (const edge of [
      lonLat(west, alongLat),
      lonLat(east, alongLat),
      lonLat(alongLon, south),
      lonLat(alongLon, north),
    ]) {
      least = Math.min(least, distanceM(at, edge));
    }
  }
  return least;
}
