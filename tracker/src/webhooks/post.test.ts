import type { LookupAddress, lookup } from 'node:dns';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Networks } from '../ip-network.js';
import { Poster } from './post.js';

const LOOPBACK = new Networks(['127.0.0.0/8', '::1']);
const NONE = new Networks([]);
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** A receiver; what it answers is the test's. */
async function startReceiver(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: new URL(`http://127.0.0.1:${port}/events`), requests: () => requests };
}

function poster(allowed: Networks, resolve?: typeof lookup, timeoutMs?: number): Poster {
  const made = new Poster(allowed, resolve, timeoutMs);
  endings.push(() => made.close());
  return made;
}

/** A name server that says what the test wants, each time anew. */
function names(answer: (asked: number) => LookupAddress[]): typeof lookup {
  let asked = 0;
  return ((_name: string, _options: unknown, callback: (error: null, found: LookupAddress[]) => void) =>
    setImmediate(() => callback(null, answer(++asked)))) as unknown as typeof lookup;
}

it('F32 every answer of the 200s accepts, and nothing else does', async () => {
  let status = 0;
  const { url } = await startReceiver((_request, response) => response.writeHead(status).end());
  const out = poster(LOOPBACK);
  for (status of [200, 201, 202, 204, 299]) expect(await out.post(url, {}, '[]')).toEqual({ ok: true });
  for (status of [300, 304, 400, 401, 404, 500, 503])
    expect(await out.post(url, {}, '[]')).toMatchObject({
      ok: false,
      code: 'http_status',
      detail: `answered ${status}`,
    });
  status = 410;
  expect(await out.post(url, {}, '[]')).toMatchObject({ ok: false, code: 'receiver_gone' });
});

it('F33 a receiver may say when it wants to be asked again', async () => {
  let after = '';
  const { url } = await startReceiver((_request, response) => response.writeHead(429, { 'retry-after': after }).end());
  const out = poster(LOOPBACK);
  const asked = async (text: string) => {
    after = text;
    return ((await out.post(url, {}, '[]')) as { retryAfterMs: number }).retryAfterMs;
  };
  expect(await asked('7')).toBe(7000);
  expect(await asked('999999999')).toBe(3_600_000);
  expect(await asked('soon')).toBe(0);
  expect(await asked('-5')).toBe(0);
  const inAMinute = await asked(new Date(Date.now() + 60_000).toUTCString());
  expect(inAMinute).toBeGreaterThan(0);
  expect(inAMinute).toBeLessThanOrEqual(60_000);
});

it('F34 a redirect is not followed', async () => {
  const target = await startReceiver((_request, response) => response.end());
  const { url } = await startReceiver((_request, response) =>
    response.writeHead(307, { location: target.url.href }).end(),
  );
  expect(await poster(LOOPBACK).post(url, {}, '[]')).toMatchObject({
    ok: false,
    code: 'http_status',
    detail: 'answered 307',
  });
  expect(target.requests()).toBe(0);
});

it('F34 one that never answers, or a byte of its head at a time, is given up after the time', async () => {
  const out = poster(LOOPBACK, undefined, 300);
  const silent = await startReceiver(() => {});
  expect(await out.post(silent.url, {}, '[]')).toMatchObject({ ok: false, code: 'timeout' });
  const dripping = await startReceiver((_request, response) => {
    const drip = setInterval(() => response.socket?.write('H'), 20);
    response.on('close', () => clearInterval(drip));
  });
  expect(await out.post(dripping.url, {}, '[]')).toMatchObject({
    ok: false,
    code: expect.stringMatching(/timeout|unreachable/),
  });
});

it('F34 an endless answer costs its sender the connection, and us nothing', async () => {
  let sent = 0;
  let ended: () => void = () => {};
  const cut = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const { url } = await startReceiver((_request, response) => {
    const chunk = Buffer.alloc(8192);
    const more = () => {
      while (!response.destroyed && response.write(chunk)) sent += chunk.length;
    };
    response.on('drain', more);
    response.on('close', ended);
    more();
  });
  expect(await poster(LOOPBACK).post(url, {}, '[]')).toEqual({ ok: true });
  await cut;
  expect(sent).toBeLessThan(64 * 1024 * 1024);
});

it('F34 nobody there is said as such', async () => {
  const { url } = await startReceiver(() => {});
  await endings.pop()!();
  expect(await poster(LOOPBACK).post(url, {}, '[]')).toMatchObject({ ok: false, code: 'unreachable' });
});

it('F35 an address of this machine or network is refused, however it is written', async () => {
  const { port, requests } = await startReceiver((_request, response) => response.end());
  const out = poster(NONE);
  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '127.1', '[::1]', '[::ffff:127.0.0.1]', '0', 'localhost'])
    expect(await out.post(new URL(`http://${host}:${port}/`), {}, '[]'), host).toMatchObject({
      ok: false,
      code: 'address_refused',
    });
  expect(await out.post(new URL('https://169.254.169.254/latest'), {}, '[]')).toMatchObject({
    code: 'address_refused',
  });
  expect(requests()).toBe(0);
});

it('F35 a name is judged where the connection is made: one that turns to a private address leads nowhere', async () => {
  const { port, requests } = await startReceiver((_request, response) => response.end());
  const turning = names(() => [{ address: '127.0.0.1', family: 4 }]);
  const url = new URL(`https://receiver.example:${port}/`);
  expect(await poster(NONE, turning).post(url, {}, '[]')).toMatchObject({ ok: false, code: 'address_refused' });
  // among several addresses only those that may be posted to count
  const mixed = names(() => [
    { address: '10.0.0.1', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]);
  const plain = new URL(`http://receiver.example:${port}/`);
  expect(await poster(LOOPBACK, mixed).post(plain, {}, '[]')).toEqual({ ok: true });
  expect(requests()).toBe(1);
});

it('F35 without TLS only allowed networks are posted to', async () => {
  const publicly = names(() => [{ address: '93.184.215.14', family: 4 }]);
  expect(await poster(NONE, publicly).post(new URL('http://receiver.example/'), {}, '[]')).toMatchObject({
    ok: false,
    code: 'address_refused',
  });
});
