import { haversineM } from '../../../geo-engine/src/index.js';
import { placeBetween, type TrackPoint } from './track-point.js';

/**
 * Which points to keep (indexes, ascending, first and last among them) so that at the instant of every point left out the even movement
 * between its kept neighbours is within toleranceM of it. Points ascend in time; O(n²) at worst, about n log n on the road.
 * Source: Meratnia and de By, "Spatiotemporal Compression Techniques for Moving Point Objects", EDBT 2004 (top-down time-ratio).
 */
export function keptPoints(points: readonly TrackPoint[], toleranceM: number): number[] {
  const kept = new Uint8Array(points.length); // 1: kept
  if (points.length === 0) return [];
  kept[0] = kept[points.length - 1] = 1;
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span;
    let worst = -1;
    let worstM = toleranceM;
    for (let i = first + 1; i < last; i++) {
      const point = points[i]!;
      const drawn = placeBetween(points[first]!, points[last]!, point.timeMs);
      const offM = haversineM(point.lon, point.lat, drawn.lon, drawn.lat);
      if (offM > worstM) [worst, worstM] = [i, offM];
    }
    if (worst < 0) continue;
    kept[worst] = 1;
    spans.push([first, worst], [worst, last]);
  }
  return [...kept.keys()].filter((i) => kept[i] === 1);
}
