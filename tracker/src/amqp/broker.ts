import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import type { CloudEvent } from '../feed/event.js';

const CONNECT_MS = 5000;
/** A broker that is silent for two of these is lost. */
const HEARTBEAT_S = 10;
/** How long a broker may take to confirm a batch: it writes to its disks first. */
export const CONFIRM_MS = 10_000;

/** The broker's connection was lost, or it did not confirm. */
export class BrokerError extends Error {
  readonly code: 'connection_lost' | 'not_confirmed';
  constructor(code: BrokerError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * One connection to a RabbitMQ (AMQP 0-9-1) with a durable topic exchange, and a channel on which the broker confirms each message once it
 * has it. Events go in the structured mode of CloudEvents' AMQP binding 1.0: the body is the event, as over HTTP.
 */
export class Broker {
  readonly #connection: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #exchange: string;
  readonly #lost = new AbortController();

  private constructor(connection: ChannelModel, channel: ConfirmChannel, exchange: string) {
    this.#connection = connection;
    this.#channel = channel;
    this.#exchange = exchange;
    const lose = () => this.#lost.abort();
    connection.on('close', lose);
    channel.on('error', lose); // the exchange was removed, or is no longer ours to write to
    channel.on('close', lose);
  }

  /** @throws whatever the driver says when the broker cannot be reached, or refuses us */
  static async open(url: string, exchange: string): Promise<Broker> {
    const at = new URL(url);
    at.searchParams.set('heartbeat', String(HEARTBEAT_S));
    const connection = await connect(at.href, { timeout: CONNECT_MS, clientProperties: { connection_name: 'vanags' } });
    connection.on('error', () => {}); // 'close' follows
    try {
      const channel = await connection.createConfirmChannel();
      const broker = new Broker(connection, channel, exchange);
      await channel.assertExchange(exchange, 'topic', { durable: true });
      return broker;
    } catch (error) {
      await connection.close().catch(() => {});
      throw error;
    }
  }

  get isLost(): boolean {
    return this.#lost.signal.aborted;
  }

  /**
   * Publishes in order and resolves once the broker has confirmed every event.
   * @throws BrokerError when it has not: some of them may be there all the same
   */
  async publish(events: readonly CloudEvent[]): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    try {
      for (const event of events) {
        this.#channel.publish(this.#exchange, event.type, Buffer.from(JSON.stringify(event)), {
          persistent: true,
          contentType: 'application/cloudevents+json; charset=utf-8',
          messageId: event.id,
          type: event.type,
          timestamp: Math.floor(Date.parse(event.time) / 1000),
          appId: 'vanags',
        });
      }
      const late = new Promise<never>((_, reject) => {
        limit = setTimeout(
          () => reject(new BrokerError('not_confirmed', `not confirmed within ${CONFIRM_MS} ms`)),
          CONFIRM_MS,
        );
      });
      await Promise.race([this.#channel.waitForConfirms(), late]);
    } catch (error) {
      if (error instanceof BrokerError) throw error;
      throw new BrokerError('connection_lost', (error as Error).message, error);
    } finally {
      clearTimeout(limit);
    }
  }

  /** Resolves when the connection is closed; one that is lost already, or does not answer, is left to the system. */
  async close(): Promise<void> {
    if (this.isLost) return;
    const limit = new Promise<void>((resolve) => setTimeout(resolve, 1000).unref());
    await Promise.race([this.#connection.close().catch(() => {}), limit]);
  }
}
