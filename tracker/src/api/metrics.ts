import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { NOT_STORED_CODES } from '../adapters/index.js';
import type { Core } from '../core.js';

/**
 * The state in NENA ServiceState words, with why it is not Normal. What is said of the roads comes with it and takes nothing from the
 * state: crews, dispatch and the picture do without them.
 */
export function serviceState({ intake, database, roads }: Core): { state: 'Normal' | 'Partial'; reasons: string[] } {
  const reasons: string[] = [];
  if (intake.writer.awaySince !== undefined || database.awaySince !== undefined) reasons.push('database_unavailable');
  if (!intake.writer.hasRoom) reasons.push('intake_buffer_full');
  return { state: reasons.length === 0 ? 'Normal' : 'Partial', reasons: [...reasons, ...roads.reasons()] };
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
    const { intake, picture, feed, directory, database, roads } = core;
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
    gauge('crew_streams', 'Streams owned by connected crews', () => intake.ownedStreams);
    gauge('units', 'Units known', () => directory.units.size);
    const { adapters, trackUpkeep } = core;
    gauge(
      'adapter_devices',
      'Devices whose streams this node holds, because their clients have none',
      () => adapters.intake.devices,
    );
    for (const code of NOT_STORED_CODES)
      counter(`adapter_${code}_total`, 'Requests of other clients answered so', () => adapters.intake.counters[code]);
    const { counters: compacted } = trackUpkeep.compaction;
    counter('compacted_fixes_total', 'Fixes that became lines', () => compacted.fixes);
    counter('track_vertices_total', 'Vertices of these lines', () => compacted.vertices);
    counter('fix_days_dropped_total', 'Days of fixes dropped once they were lines', () => compacted.daysDropped);
    gauge('road_network', '1 while a road network is in use', () => (roads.state === 'ready' ? 1 : 0));
    gauge('road_network_refused', '1 while a newer road network cannot be used', () => (roads.refused ? 1 : 0));
    gauge('road_network_age_seconds', 'Since the instant of the map, or of its import', () => {
      const { mapTime, builtAt } = roads.inUse?.network ?? { mapTime: null, builtAt: Date.now() };
      return (Date.now() - (mapTime ?? builtAt)) / 1000;
    });
    gauge(
      'road_profiles_pending',
      'Profiles whose prepared roads do not hold all closures in force',
      () => roads.closureProgress?.pending.length ?? 0,
    );
    counter(
      'router_failures_total',
      'Questions that the external router did not answer',
      () => roads.routerState?.failures ?? 0,
    );
    gauge('feed_position', 'Last position handed on by this node', () => feed.position);
    gauge(
      'feed_lag_seconds',
      'Age of the oldest event without a position, as last measured',
      () => core.sequencer.lastLagMs / 1000,
    );
    const { decisions, cards, engine } = core.dispatch;
    gauge('run_cards', 'Run cards in use', () => cards.all().length);
    gauge('decisions_waiting', 'Decisions given and not stored yet', () => decisions.waiting);
    counter('decisions_not_kept_total', 'Decisions given that could not be kept', () => decisions.notKept);
    gauge('engine_questions_waiting', 'Questions that the engine has not answered yet', () => engine.waiting);
    counter('engine_ends_total', 'How often the thread of the engine ended', () => engine.ends);
    const { webhookSender } = core;
    gauge('webhooks', 'Webhooks that this node sends to', () => webhookSender.active);
    counter('webhook_batches_total', 'Batches that receivers accepted', () => webhookSender.counters.accepted);
    counter('webhook_failures_total', 'Tries that failed', () => webhookSender.counters.failed);
    counter('webhooks_parked_total', 'Webhooks parked after too many failures', () => webhookSender.counters.parked);
    const { amqpOutlet } = core;
    if (amqpOutlet !== undefined) {
      gauge('amqp_connected', '1 while this node publishes to the broker', () => (amqpOutlet.isConnected ? 1 : 0));
      gauge(
        'amqp_lag_events',
        'Events that the broker has not confirmed, on the node that publishes',
        () => amqpOutlet.lag ?? 0,
      );
      counter('amqp_published_total', 'Events that the broker confirmed', () => amqpOutlet.counters.published);
      counter('amqp_failures_total', 'Batches that the broker did not confirm', () => amqpOutlet.counters.failures);
      counter(
        'amqp_gaps_total',
        'Times that events had outlived their retention before the broker had them',
        () => amqpOutlet.counters.gaps,
      );
    }
    const { attentionWatch } = core;
    new Gauge({
      name: 'vanags_attention_open',
      help: 'What waits for a person, by kind',
      labelNames: ['kind'],
      registers,
      collect() {
        this.reset();
        for (const { kind, open } of attentionWatch.open) this.set({ kind }, open);
      },
    });
    new Gauge({
      name: 'vanags_attention_oldest_seconds',
      help: 'Since the oldest of a kind was raised',
      labelNames: ['kind'],
      registers,
      collect() {
        this.reset();
        for (const { kind, oldest_at } of attentionWatch.open) this.set({ kind }, (Date.now() - oldest_at) / 1000);
      },
    });
    gauge(
      'audit_lag_seconds',
      'Age of the oldest audit entry that is not chained yet, as last measured',
      () => core.sequencer.lastAuditLagMs / 1000,
    );
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
