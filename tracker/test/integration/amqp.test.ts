import { type ChannelModel, connect, type Message } from 'amqplib';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RabbitServer, rabbitIsThere, startRabbit } from '../harness/rabbitmq.js';
import {
  createAgency,
  createHome,
  databaseKind,
  eventually,
  feedIsRead,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';

const EXCHANGE = 'events';
/** A broker's start and a tracker's pauses on a machine ten times slower. */
const LIMIT_MS = 150_000;

interface Received {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly message: Message;
}

/** A consumer as RabbitMQ's people write them: a durable queue of its own, acknowledged by hand, opened again when it is lost. */
class QueueReader {
  readonly received: Received[] = [];
  readonly #url: string;
  readonly #pattern: string;
  #connection: ChannelModel | undefined;

  constructor(url: string, pattern: string) {
    this.#url = url;
    this.#pattern = pattern;
  }

  async open(): Promise<void> {
    this.#connection = await connect(this.#url);
    this.#connection.on('error', () => {});
    const channel = await this.#connection.createChannel();
    channel.on('error', () => {});
    await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
    const { queue } = await channel.assertQueue(`of ${this.#pattern}`, { durable: true });
    await channel.bindQueue(queue, EXCHANGE, this.#pattern);
    await channel.prefetch(50);
    await channel.consume(queue, (message) => {
      if (message === null) return;
      const { id, type, subject } = JSON.parse(message.content.toString());
      this.received.push({ id, type, subject, message });
      channel.ack(message);
    });
  }

  has(vekId: string): boolean {
    return this.received.some(({ subject }) => subject === `vek/${vekId}`);
  }

  async close(): Promise<void> {
    await this.#connection?.close().catch(() => {});
  }
}

// a broker's start costs seconds, and nothing here depends on the kind of database: once is enough, on the one that starts again sooner
describe.skipIf(!rabbitIsThere || databaseKind !== 'postgres')('the feed on a RabbitMQ', () => {
  let home: TestHome;
  let hub: TestTracker;
  let rabbit: RabbitServer;
  let token: string;
  let everything: QueueReader;
  let closings: QueueReader;

  const start = async () => {
    hub = await startTestTracker(home, { AMQP_URL: rabbit.url, AMQP_EXCHANGE: EXCHANGE });
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator');
  };
  beforeAll(async () => {
    [rabbit, home] = await Promise.all([startRabbit(), createHome()]);
    everything = new QueueReader(rabbit.url, '#');
    closings = new QueueReader(rabbit.url, 'lv.vanags.vek.closed.*');
    await everything.open();
    await closings.open();
    await start();
    await createAgency(hub.api, await hub.api.admin(), 'VUGD');
  }, LIMIT_MS);
  afterAll(async () => {
    await hub.stop();
    await everything.close();
    await closings.close();
    await rabbit.stop();
    await home.remove();
    expect(hub.errors).toEqual([]);
  }, LIMIT_MS);

  const newVek = async () => {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice' }, token);
    return id;
  };
  const arrives = (vekId: string) => eventually(`${vekId} in the queue`, () => everything.has(vekId), LIMIT_MS);
  /** Ids of all events up to the first about a VEK, in the order of the feed. */
  const expected = async (vekId: string) => {
    const { rows } = await hub.database.query<{ id: string }>(
      `SELECT id FROM feed_event
       WHERE position <= (SELECT min(position) FROM feed_event WHERE aggregate_id = $1) ORDER BY position`,
      [vekId],
    );
    return rows.map(({ id }) => id);
  };
  /** The same as the queue had them, each where it came first. */
  const firsts = (upTo: number) => [...new Set(everything.received.map(({ id }) => id))].slice(0, upTo);

  it('F40 F41 every event is published in order, as the CloudEvent that it is over HTTP, under its type', async () => {
    const ids = [await newVek(), await newVek(), await newVek()];
    await hub.api.ok('POST', `/api/v1/veks/${ids[0]}/close`, { version: 1 }, token);
    const last = await newVek();
    await arrives(last);
    const all = await expected(last);
    expect(firsts(all.length)).toEqual(all);
    const { fields, properties, content } = everything.received.find(
      ({ subject }) => subject === `vek/${ids[1]}`,
    )!.message;
    await feedIsRead(hub);
    const overHttp = await hub.api.ok<{ events: { id: string }[] }>(
      'GET',
      `/api/v1/feed?subjects=vek/${ids[1]}`,
      undefined,
      token,
    );
    expect(JSON.parse(content.toString())).toEqual(overHttp.events[0]);
    expect(fields).toMatchObject({ exchange: EXCHANGE, routingKey: 'lv.vanags.vek.created.v1' });
    expect(properties).toMatchObject({
      contentType: 'application/cloudevents+json; charset=utf-8',
      messageId: overHttp.events[0]!.id,
      type: 'lv.vanags.vek.created.v1',
      deliveryMode: 2,
    });
    await eventually('the closing', () => closings.received.length > 0);
    expect(closings.received.map(({ subject }) => subject)).toEqual([`vek/${ids[0]}`]);
  });

  it(
    'F42 F43 while the broker is killed nothing is lost and nothing changes its order; the lag is told',
    async () => {
      await rabbit.kill();
      for (let i = 0; i < 20; i++) await newVek();
      const metric = async (name: string) =>
        Number(
          new RegExp(`^vanags_${name} (\\d+)`, 'm').exec(await (await fetch(`${hub.api.url}/metrics`)).text())?.[1],
        );
      await eventually('the tries to fail', async () => (await metric('amqp_failures_total')) > 0, LIMIT_MS);
      await eventually('the lag', async () => (await metric('amqp_lag_events')) >= 20);
      expect(await metric('amqp_connected')).toBe(0);
      await rabbit.start();
      await everything.open();
      const last = await newVek();
      await arrives(last);
      const all = await expected(last);
      expect(firsts(all.length)).toEqual(all);
      await eventually('no lag', async () => (await metric('amqp_lag_events')) === 0, LIMIT_MS);
    },
    LIMIT_MS,
  );

  it('F44 another process goes on from the cursor that is kept', async () => {
    await hub.stop();
    const before = everything.received.length;
    await start();
    const last = await newVek();
    await arrives(last);
    const all = await expected(last);
    expect(firsts(all.length)).toEqual(all);
    // an orderly end saved the cursor: nothing came twice
    expect(everything.received.length).toBeLessThan(before + all.length);
    expect(new Set(everything.received.slice(before).map(({ id }) => id)).size).toBe(
      everything.received.length - before,
    );
  });
});
