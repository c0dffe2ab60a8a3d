import { type ChannelModel, connect, type Message } from 'amqplib';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newName } from '../harness/new-name.js';
import { type RabbitServer, rabbitIsThere, startRabbit } from '../harness/rabbitmq.js';
import {
  createAgency,
  createHome,
  databaseKind,
  eventually,
  feedIsRead,
  type SpawnedTracker,
  spawnTracker,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';
import { WebhookReceiver } from '../harness/webhook-receiver.js';

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

if (databaseKind === 'embedded')
  console.warn('\n!!! the tests on a RabbitMQ are SKIPPED on the embedded database: they run on a PostgreSQL alone\n');
// a broker's start costs seconds, and nothing here depends on the kind of database: once is enough, on the one that starts again sooner
describe.skipIf(!rabbitIsThere || databaseKind !== 'postgres')('the feed on a RabbitMQ', () => {
  let home: TestHome;
  let hub: TestTracker;
  let rabbit: RabbitServer;
  let token: string;
  let everything: QueueReader;
  let closings: QueueReader;
  let other: SpawnedTracker | undefined;
  const receiver = new WebhookReceiver();

  const outlets = () => ({ AMQP_URL: rabbit.url, AMQP_EXCHANGE: EXCHANGE, WEBHOOK_ALLOW: '127.0.0.0/8' });
  const start = async (env: Readonly<Record<string, string>> = outlets()) => {
    hub = await startTestTracker(home, env);
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator');
  };
  beforeAll(async () => {
    [rabbit, home] = await Promise.all([startRabbit(), createHome()]);
    everything = new QueueReader(rabbit.url, '#');
    closings = new QueueReader(rabbit.url, 'lv.vanags.vek.closed.*');
    await receiver.start();
    await everything.open();
    await closings.open();
    await start();
    await createAgency(hub.api, await hub.api.admin(), 'VUGD');
  }, LIMIT_MS);
  afterAll(async () => {
    await other?.kill();
    await hub.stop();
    await receiver.stop();
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
    const closed = () =>
      closings.received.map(({ subject }) => subject).filter((subject) => ids.includes(subject.slice(4)));
    await eventually('the closing', () => closed().length > 0);
    expect(closed()).toEqual([`vek/${ids[0]}`]);
    expect(new Set(closings.received.map(({ type }) => type))).toEqual(new Set(['lv.vanags.vek.closed.v1']));
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

  it(
    'F46 F44 F38 V31 the node that publishes, posts and watches is killed while VEKs flow: another goes on, nothing is missing',
    async () => {
      await other?.kill(); // that of a first try
      await hub.stop();
      other = await spawnTracker({ ...home.env, ...outlets(), PORT: '0', HOST: '127.0.0.1' }); // has every lease before we ask
      await start();
      const path = newName('/all');
      const webhook = { id: uuidv7(), url: receiver.url(path), subjects: ['vek'] };
      await hub.api.ok('POST', '/api/v1/webhooks', webhook, token);
      const posted = () => receiver.received(path).flatMap(({ events }) => events.map(({ id }) => id));
      const first = await newVek();
      await arrives(first);
      await eventually('it is posted', () => posted().length > 0, LIMIT_MS);

      let flowing = true;
      const flow = (async () => {
        while (flowing) await newVek();
      })();
      const [before, postedBefore] = [everything.received.length, posted().length];
      const isInTheMiddle = () => everything.received.length > before + 5 && posted().length > postedBefore + 5;
      await eventually('events flow', isInTheMiddle, LIMIT_MS);
      // so many seconds ago that it is due now
      const due = await newVek();
      const wait = "UPDATE vek SET created_at = clock_timestamp() - interval '10 min' WHERE id = $1";
      await hub.database.query(wait, [due]);
      await other.kill();
      flowing = false;
      await flow;
      await hub.database.query('UPDATE lease SET expires_at = clock_timestamp()'); // in the place of waiting for their end
      const last = await newVek();
      await arrives(last);
      const all = await expected(last);
      expect(firsts(all.length)).toEqual(all);
      await eventually('the last is posted', () => posted().includes(all.at(-1)!), LIMIT_MS);
      const { rows } = await hub.database.query<{ id: string }>(
        `SELECT id FROM feed_event WHERE aggregate_kind = 'vek' AND id = ANY ($1::uuid[])
           AND position >= (SELECT min(position) FROM feed_event WHERE aggregate_id = $2) ORDER BY position`,
        [all, first],
      );
      const wanted = rows.map(({ id }) => id);
      expect([...new Set(posted())].slice(0, wanted.length)).toEqual(wanted);

      const raised = async (vekId: string) =>
        (
          await hub.database.query(
            `SELECT e.id FROM feed_event e JOIN attention a ON a.id = e.aggregate_id
             WHERE e.type = 'lv.vanags.attention.raised.v1' AND a.kind = 'vek_unopened' AND a.vek_id = $1`,
            [vekId],
          )
        ).rows.length;
      await hub.database.query(wait, [last]); // once this is raised, the other node has looked at all
      await eventually('the last is raised', async () => (await raised(last)) > 0, LIMIT_MS);
      expect(await raised(due)).toBe(1);
    },
    LIMIT_MS,
  );

  it('F47 events that went while nothing was published are told and counted; the broker gets those that are left', async () => {
    await hub.stop();
    await start({}); // without a broker for a time
    const lost = [await newVek(), await newVek()];
    await feedIsRead(hub);
    await hub.database.query("UPDATE feed_event SET recorded_at = now() - interval '40 days'");
    const kept = await newVek();
    await feedIsRead(hub);
    await hub.tracker.core.feed.prune(30);
    await hub.stop();
    await start();
    await arrives(kept);
    for (const vekId of lost) expect(everything.has(vekId)).toBe(false);
    expect(hub.errors.splice(0).map((text) => text.split(':')[0])).toEqual([
      'events went before the broker had them; it gets those that are left',
    ]);
    expect(await (await fetch(`${hub.api.url}/metrics`)).text()).toMatch(/^vanags_amqp_gaps_total 1$/m);
  });
});
