import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newName } from '../harness/new-name.js';
import { clearStage, setStage } from '../harness/test-stage.js';
import {
  createAgency,
  databaseIsThere,
  eventually,
  feedIsRead,
  startTestTracker,
  type TestHome,
  type TestTracker,
} from '../harness/test-tracker.js';
import { signatureOf, WebhookReceiver } from '../harness/webhook-receiver.js';

const TRIES = 3;
const CONSUMERS = 200;

interface WebhookState {
  readonly id: string;
  readonly parked: { readonly code: string } | null;
  readonly failures: number | null;
  readonly lastFailure: string | null;
  readonly behind: number;
  readonly cursor: string;
}

describe.skipIf(!databaseIsThere)('webhooks', () => {
  let home: TestHome;
  let hub: TestTracker;
  let token: string;
  const receiver = new WebhookReceiver();
  const env = { WEBHOOK_TRIES: String(TRIES), WEBHOOK_ALLOW: '127.0.0.0/8' };

  beforeAll(async () => {
    await receiver.start();
    ({ home, hub } = await setStage(['VUGD', 'VP'], env));
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator', 'admin');
  });
  afterAll(async () => {
    await clearStage({ home, hub });
    await receiver.stop();
  });

  const newVek = async () => {
    const id = uuidv7();
    await hub.api.ok('POST', '/api/v1/veks', { id, channel: 'voice' }, token);
    return `vek/${id}`;
  };
  const create = async (path: string, fields: object = {}) => {
    await feedIsRead(hub); // it begins here, after the VEKs of the tests before
    const id = uuidv7();
    const body = { id, url: receiver.url(path), subjects: ['vek'], ...fields };
    return hub.api.ok<{ id: string; secret: string }>('POST', '/api/v1/webhooks', body, token);
  };
  const states = async () =>
    (await hub.api.ok<{ webhooks: WebhookState[] }>('GET', '/api/v1/webhooks', undefined, token)).webhooks;
  const stateOf = async (id: string) => (await states()).find((webhook) => webhook.id === id)!;
  const parkedAs = (id: string) => eventually(`${id} is parked`, async () => (await stateOf(id)).parked?.code);
  const subjects = (path: string) => receiver.received(path).flatMap(({ events }) => events.map((e) => e.subject));
  const has = (path: string, subject: string) =>
    eventually(`${subject} at ${path}`, () => subjects(path).includes(subject));
  const remove = (id: string) => hub.api.ok('DELETE', `/api/v1/webhooks/${id}`, undefined, token);

  it('F30 what happens is posted, in order and each once, as a batch of CloudEvents', async () => {
    const path = newName('/order');
    const { id } = await create(path);
    const veks = [];
    for (let i = 0; i < 12; i++) veks.push(await newVek());
    await has(path, veks.at(-1)!);
    expect(subjects(path)).toEqual(veks);
    for (const { contentType, events } of receiver.received(path)) {
      expect(contentType).toBe('application/cloudevents-batch+json; charset=utf-8');
      for (const event of events) expect(event).toMatchObject({ specversion: '1.0', source: '/vanags' });
    }
    await eventually('the cursor to be kept', async () => (await stateOf(id)).behind < 12);
    await remove(id);
    const after = subjects(path).length;
    await newVek();
    await newVek();
    expect(subjects(path)).toHaveLength(after);
  });

  it('F31 each request is signed with the secret that was shown; while it is changed, with both', async () => {
    const path = newName('/signed');
    const { id, secret } = await create(path);
    await has(path, await newVek());
    const first = receiver.received(path).at(-1)!;
    expect(first.signatures).toEqual([signatureOf(secret, first)]);
    expect(Math.abs(Date.now() / 1000 - first.timestampS)).toBeLessThan(60);

    const rotate = (overlapS: number) =>
      hub.api.ok<{ secret: string }>('POST', `/api/v1/webhooks/${id}/secret`, { overlapS }, token);
    const { secret: second } = await rotate(3600);
    const both = await eventually('a request with both', async () => {
      await newVek();
      return receiver.received(path).find(({ signatures }) => signatures.length === 2);
    });
    expect(both.signatures).toEqual([signatureOf(second, both), signatureOf(secret, both)]);

    const { secret: third } = await rotate(0);
    await eventually('a request with the third alone', async () => {
      await newVek();
      const last = receiver.received(path).at(-1)!;
      return last.signatures.length === 1 && last.signatures[0] === signatureOf(third, last);
    });
    await remove(id);
  });

  it('F32 what was not accepted is sent again, the same and first; nothing overtakes it', async () => {
    const path = newName('/flaky');
    const { id } = await create(path);
    let failures = 2;
    receiver.answer(path, (response) => response.writeHead(failures-- > 0 ? 500 : 204).end());
    const veks = [await newVek()];
    await eventually('the first try', () => receiver.received(path).length > 0);
    veks.push(await newVek(), await newVek());
    await has(path, veks[2]!);
    const tries = receiver.received(path);
    expect(tries.slice(0, 3).map((delivery) => delivery.id)).toEqual(Array(3).fill(tries[0]!.id));
    expect(new Set(tries.slice(0, 3).map(({ body }) => body)).size).toBe(1);
    expect([...new Set(subjects(path))]).toEqual(veks);
    expect((await stateOf(id)).failures).toBe(0);
    await remove(id);
  });

  it('F33 after so many failures it is parked with the reason, told on the feed, and goes on from there when resumed', async () => {
    const path = newName('/broken');
    const { cursor } = await hub.api.ok<{ cursor: string }>('GET', '/api/v1/feed?after=now', undefined, token);
    const { id } = await create(path);
    receiver.answer(path, (response) => response.writeHead(503).end());
    const missed = [await newVek()];
    expect(await parkedAs(id)).toBe('http_status');
    expect(receiver.received(path)).toHaveLength(TRIES);
    const parked = await eventually('the event', async () => {
      const { events } = await hub.api.ok<{ events: { type: string; data: { webhookId: string } }[] }>(
        'GET',
        `/api/v1/feed?after=${cursor}&types=lv.vanags.webhook.parked.v1`,
        undefined,
        token,
      );
      return events.find(({ data }) => data.webhookId === id);
    });
    expect(parked.data).toEqual({ webhookId: id, code: 'http_status' });

    missed.push(await newVek());
    receiver.answer(path, undefined);
    await hub.api.ok('POST', `/api/v1/webhooks/${id}/resume`, {}, token);
    await has(path, missed[1]!);
    expect(subjects(path).slice(TRIES)).toEqual(missed);
    expect((await stateOf(id)).parked).toBeNull();
    await remove(id);
  });

  it('F33 a receiver that is gone for good (410) is parked at once', async () => {
    const path = newName('/gone');
    const { id } = await create(path);
    receiver.answer(path, (response) => response.writeHead(410).end());
    await newVek();
    expect(await parkedAs(id)).toBe('receiver_gone');
    expect(receiver.received(path)).toHaveLength(1);
    await remove(id);
  });

  it('F36 all is sent once more from a cursor', async () => {
    const path = newName('/again');
    const { id } = await create(path);
    const { cursor } = await hub.api.ok<{ cursor: string }>('GET', '/api/v1/feed?after=now', undefined, token);
    const veks = [await newVek(), await newVek(), await newVek()];
    await has(path, veks[2]!);
    await hub.api.ok('POST', `/api/v1/webhooks/${id}/resume`, { after: cursor }, token);
    await eventually('all again', () => subjects(path).length >= 6);
    expect(subjects(path)).toEqual([...veks, ...veks]);
    const rubbish = await hub.api.call('POST', `/api/v1/webhooks/${id}/resume`, { after: 'rubbish' }, token);
    expect([rubbish.status, rubbish.body.code]).toEqual([400, 'cursor_malformed']);
    await remove(id);
  });

  it('F37 it gets what its agency may read, of the types and subjects it wants', async () => {
    const path = newName('/theirs');
    const theirs = await hub.api.token('VP', 'dispatcher', 'integrator');
    const id = uuidv7();
    const body = { id, url: receiver.url(path), types: ['lv.vanags.vek.*'] };
    await hub.api.ok('POST', '/api/v1/webhooks', body, theirs);
    await newVek();
    const shared = await newVek();
    await hub.api.ok('POST', `/api/v1/${shared.replace('vek', 'veks')}/services`, { agencyCode: 'VP' }, token);
    await has(path, shared);
    expect(receiver.received(path).flatMap(({ events }) => events.map((e) => [e.type, e.subject]))).toEqual([
      ['lv.vanags.vek.service_offered.v1', shared],
    ]);
    // and nobody else sees that it is there
    expect((await states()).map((webhook) => webhook.id)).not.toContain(id);
    const hidden = await hub.api.call('DELETE', `/api/v1/webhooks/${id}`, undefined, token);
    expect([hidden.status, hidden.body.code]).toEqual([404, 'webhook_unknown']);
    await hub.api.ok('DELETE', `/api/v1/webhooks/${id}`, undefined, theirs);
  });

  it('F38 after a restart it goes on where it was: nothing is missing', async () => {
    const path = newName('/restart');
    const { id } = await create(path);
    const veks = [await newVek()];
    await has(path, veks[0]!);
    await hub.stop();
    hub = await startTestTracker(home, env);
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator', 'admin');
    veks.push(await newVek());
    await has(path, veks[1]!);
    expect([...new Set(subjects(path))]).toEqual(veks);
    await remove(id);
  });

  it(`F39 of ${CONSUMERS} receivers one is stuck: all the others, and the core, go on meanwhile`, async () => {
    const agencies = ['VUGD', 'AG-1', 'AG-2'];
    const admin = await hub.api.admin();
    const made: { path: string; id: string; token: string }[] = [];
    const many = newName('/of-many');
    for (const code of agencies) await createAgency(hub.api, admin, code);
    await feedIsRead(hub); // they begin here, after the VEKs of the tests before
    const tokens = await Promise.all(agencies.map((code) => hub.api.token(code, 'integrator')));
    for (let i = 0; i < CONSUMERS; i++) {
      const by = tokens[i % tokens.length]!;
      const [id, path] = [uuidv7(), `${many}/${i}`];
      await hub.api.ok('POST', '/api/v1/webhooks', { id, url: receiver.url(path), subjects: ['vek'] }, by);
      made.push({ path, id, token: by });
    }
    const stuck = made[7]!;
    let answered = false;
    let letGo: () => void = () => {};
    receiver.answer(stuck.path, (response) => {
      letGo = () => {
        answered = true;
        response.writeHead(204).end();
      };
    });
    const veks: string[] = [];
    for (let i = 0; i < 10; i++) {
      const id = uuidv7();
      const vek = { id, channel: 'voice', offerTo: agencies };
      await hub.api.ok('POST', '/api/v1/veks', vek, token);
      veks.push(`vek/${id}`);
    }
    const others = made.filter(({ path }) => path !== stuck.path);
    await eventually('the others have all of it', () => others.every(({ path }) => subjects(path).includes(veks[9]!)));
    for (const { path } of others) expect([...new Set(subjects(path))], path).toEqual(veks);
    // all this while the stuck one held its first request, and no second was sent over it
    expect(answered).toBe(false);
    receiver.answer(stuck.path, undefined);
    letGo();
    // where the others took long, it has been given up
    await hub.api.ok('POST', `/api/v1/webhooks/${stuck.id}/resume`, {}, stuck.token);
    await has(stuck.path, veks[9]!);
    expect([...new Set(subjects(stuck.path))]).toEqual(veks);
    for (const webhook of made) await hub.api.ok('DELETE', `/api/v1/webhooks/${webhook.id}`, undefined, webhook.token);
  });

  it('F35 a URL that holds a password, or leads nowhere on the web, is refused; one that leads inside is parked', async () => {
    const refused = async (url: string) =>
      (await hub.api.call('POST', '/api/v1/webhooks', { id: uuidv7(), url }, token)).status;
    expect(await refused('https://anna:secret@example.org/')).toBe(400);
    expect(await refused('file:///etc/passwd')).toBe(400);
    expect(await refused('gopher://example.org/')).toBe(400);
    expect(await refused('example')).toBe(400);
    const { id } = await create('/', { url: 'http://10.0.0.1/' });
    await newVek();
    expect(await parkedAs(id)).toBe('address_refused');
    await remove(id);
  });

  it('F31 the secret is shown once, and stands in no answer, event or log after', async () => {
    const path = newName('/secret');
    const { id, secret } = await create(path);
    const repeated = await hub.api.call('POST', '/api/v1/webhooks', { id, url: receiver.url(path) }, token);
    expect([repeated.status, repeated.body.code]).toEqual([409, 'already_exists']);
    const raw = Buffer.from(secret.slice(6), 'base64');
    for (const table of ['feed_event', 'audit_entry']) {
      const { rows } = await hub.database.query<{ text: string }>(`SELECT t::text AS text FROM ${table} AS t`);
      for (const { text } of rows)
        for (const form of [secret, raw.toString('hex'), raw.toString('base64')]) expect(text).not.toContain(form);
    }
    expect(JSON.stringify(await states())).not.toContain(secret.slice(6));
    await remove(id);
  });

  // last: it removes what the others read
  it('F47 events that went before it was resumed are told; it goes on from the snapshot', async () => {
    const path = newName('/late');
    const { cursor: old } = await hub.api.ok<{ cursor: string }>('GET', '/api/v1/feed?after=now', undefined, token);
    const { id } = await create(path);
    receiver.answer(path, (response) => response.writeHead(410).end());
    const lost = await newVek();
    expect(await parkedAs(id)).toBe('receiver_gone');
    receiver.answer(path, undefined);
    await feedIsRead(hub);
    await hub.database.query("UPDATE feed_event SET recorded_at = now() - interval '40 days'");
    await hub.tracker.core.feed.prune(30);
    await hub.stop(); // a node that has read them has them in memory still
    hub = await startTestTracker(home, env);
    token = await hub.api.token('VUGD', 'dispatcher', 'integrator', 'admin');

    const resume = (body: object) => hub.api.call('POST', `/api/v1/webhooks/${id}/resume`, body, token);
    expect((await resume({})).status).toBe(204);
    expect(await eventually('it is parked again', async () => (await stateOf(id)).parked?.code === 'cursor_gone')).toBe(
      true,
    );
    const gone = await resume({ after: old });
    expect([gone.status, gone.body.code]).toEqual([410, 'cursor_gone']);
    const { cursor, items } = await hub.api.ok<{ cursor: string; items: { subject: string }[] }>(
      'GET',
      '/api/v1/feed/snapshot?subjects=vek',
      undefined,
      token,
    );
    expect(items.map(({ subject }) => subject)).toContain(lost);
    expect((await resume({ after: cursor })).status).toBe(204);
    const next = await newVek();
    await has(path, next);
    expect(subjects(path).filter((subject) => subject !== lost)).toEqual([next]);
    await remove(id);
  });
});
