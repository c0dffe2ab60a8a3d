import hdr, { type Histogram } from 'hdr-histogram-js';

/** Microseconds: what is longer counts as this. */
const LONGEST_US = 600_000_000;

/** Percentiles of a set of latencies, milliseconds. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Latencies in an HDR histogram: three digits from a microsecond to ten minutes, whatever the count. */
export class LatencyRecorder {
  readonly #histogram: Histogram = hdr.build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
  });

  /** A latency in milliseconds; one below zero (two clocks of one machine differ by microseconds) counts as zero. */
  record(ms: number): void {
    this.#histogram.recordValue(Math.min(LONGEST_US, Math.max(0, Math.round(ms * 1000))));
  }

  /** To be sent to another process, for `add`. */
  encoded(): string {
    return hdr.encodeIntoCompressedBase64(this.#histogram);
  }

  add(encoded: string): void {
    const other = hdr.decodeFromCompressedBase64(encoded, 32, false);
    if (other.totalCount > 0) this.#histogram.add(other);
  }

  reset(): void {
    this.#histogram.reset();
  }

  /** Milliseconds at a percentile; 0 when there is nothing. */
  at(percentile: number): number {
    return this.#histogram.totalCount === 0 ? 0 : this.#histogram.getValueAtPercentile(percentile) / 1000;
  }

  get summary(): Latency {
    return {
      count: this.#histogram.totalCount,
      p50: this.at(50),
      p90: this.at(90),
      p99: this.at(99),
      p999: this.at(99.9),
      max: this.#histogram.totalCount === 0 ? 0 : this.#histogram.maxValue / 1000,
    };
  }

  /** Points for a plot: [percentile, ms], denser towards 100. */
  curve(): [number, number][] {
    return [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99].map((p) => [p, this.at(p)]);
  }
}

/** The merged histogram of several processes. */
export function merged(encoded: readonly string[]): LatencyRecorder {
  const all = new LatencyRecorder();
  for (const one of encoded) all.add(one);
  return all;
}
