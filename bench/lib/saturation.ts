/** A generator that is later than this at its p99, milliseconds, or busier than this share of its loop, is the bottleneck itself. */
const LATE_MS = 20;
const BUSY = 0.9;

/** Why the generator, not the server, may have set a figure; undefined: it did not. */
export function saturation(busy: number, lateMs: number): string | undefined {
  if (busy > BUSY) return `its loop was busy ${Math.round(busy * 100)} % of the time`;
  return lateMs > LATE_MS ? `it sent ${Math.round(lateMs)} ms late (p99)` : undefined;
}
