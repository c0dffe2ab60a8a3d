import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Core } from '../core.js';

/** The state in NENA ServiceState words, with why it is not Normal. */
export function serviceState({ intake, database }: Core): { state: 'Normal' | 'Partial'; reasons: string[] } {
  const reasons: string[] = [];
  if (intake.writer.awaySince !== undefined || database.awaySince !== undefined) reasons.push('database_unavailable');
  if (!intake.writer.hasRoom) reasons.push('intake_buffer_full');
  return { state: reasons.length === 0 ? 'Normal' : 'Partial', reasons };
}

/** Counters of the parts, read when asked: the hot paths only count. */
export class Metrics {
  readonly #registry = new Registry();
  readonly contentType = this.#registry.contentType;

  constructor(core: Core) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, prefix: 'vanags_' });
    const counter = (name: string, help: string, value: () => number) => {
      new Counter({
        name: `vanags_${name}`,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    };
    const gauge = (name: string, help: string, value: () => number) => {
      new Gauge({
        name: `vanags_${name}`,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    const { intake, picture, feed, directory, database } = core;
    const { counters, writer } = intake;
    counter('crew_frames_total', 'Frames received from crews', () => counters.frames);
    counter('fixes_total', 'Fixes taken in', () => counters.fixes);
    counter('crew_events_total', 'Status changes, SOS, messages and receipts taken in', () => counters.events);
    counter('rejected_items_total', 'Items stored as rejected', () => counters.rejected);
    counter('duplicate_items_total', 'Items that were durable already', () => counters.duplicates);
    counter('frame_errors_total', 'Sockets closed with an error code', () => counters.frameErrors);
    counter('flushes_total', 'Group commits', () => writer.counters.flushes);
    counter('flushed_items_total', 'Items committed', () => writer.counters.items);
    counter('flush_retries_total', 'Flushes repeated', () => writer.counters.retries);
    counter('flush_seconds_total', 'Time spent in group commits', () => writer.counters.flushMs / 1000);
    gauge('items_waiting', 'Items that wait for a group commit', () => writer.waiting);
    gauge('database_away', '1 while the database does not answer', () =>
      writer.awaySince === undefined && database.awaySince === undefined ? 0 : 1,
    );
    counter('bundles_total', 'Bundles sent to consoles', () => picture.counters.bundles);
    counter('bundle_bytes_total', 'Bytes of bundles', () => picture.counters.bundleBytes);
    counter('blocks_encoded_total', 'Cell blocks encoded', () => picture.counters.blocksEncoded);
    counter(
      'bundles_conflated_total',
      'Bundles not sent because the console had not read',
      () => picture.counters.conflated,
    );
    counter('consoles_dropped_total', 'Consoles dropped as too slow', () => picture.counters.dropped);
    gauge('consoles', 'Consoles that watch', () => picture.viewers);
    gauge('crew_streams', 'Streams owned by connected crews', () => intake.owners.size);
    gauge('units', 'Units known', () => directory.units.size);
    gauge('feed_position', 'Last position handed on by this node', () => feed.position);
    gauge(
      'feed_lag_seconds',
      'Age of the oldest event without a position, as last measured',
      () => core.sequencer.lastLagMs / 1000,
    );
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
