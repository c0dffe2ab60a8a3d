import { App, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js';
import { OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApiEnv } from '../api/operation.js';
import { WholeResponse } from '../api/whole-response.js';
import type { Log } from '../log.js';
import { readSettings } from '../settings.js';
import { attachHttp } from './http.js';

const TEXT = 'Rīga, Brīvības iela 1 — ā'.repeat(50);
const QUIET: Log = { info: () => {}, warn: () => {}, error: () => {} };
const whole = () => new WholeResponse(new TextEncoder().encode(JSON.stringify({ text: TEXT })), 'application/json');

/** Tells back what each way of reading a body gives, and answers whole in every manner in which Hono may take that apart. */
function createApi(aborted: () => void): OpenAPIHono<ApiEnv> {
  const api = new OpenAPIHono<ApiEnv>();
  api.post('/text', async (c) => c.text(await c.req.text()));
  api.post('/json', async (c) => c.json((await c.req.json()) as object));
  api.post('/bytes', async (c) => c.body(await c.req.arrayBuffer()));
  api.post('/blob', async (c) => c.text(await (await c.req.blob()).text()));
  api.post('/form', async (c) => c.json(await c.req.parseBody()));
  api.post('/stream', async (c) => c.text(await new Response(c.req.raw.body).text()));
  api.post('/twice', async (c) => c.text((await c.req.text()) + (await c.req.raw.clone().text())));
  api.post('/both', async (c) => c.json([await c.req.json(), await c.req.text()]));
  api.get('/header', (c) => c.text(`${c.req.header('x-one')} ${c.req.query('q')} ${c.req.method}`));
  api.get('/slow', async (c) => {
    c.req.raw.signal.addEventListener('abort', aborted);
    return new Promise(() => {});
  });
  api.get('/whole', whole);
  api.use('/wrapped', async (c, next) => {
    await next();
    c.header('x-after', 'yes');
  });
  api.get('/wrapped', whole);
  api.use('/read', async (c, next) => {
    await next();
    const { text } = (await c.res.clone().json()) as { text: string };
    c.header('x-length', String(text.length));
    c.header('x-bytes', String((await c.res.clone().arrayBuffer()).byteLength));
  });
  api.get('/read', whole);
  api.onError((_, c) => c.text('', 500));
  return api;
}

async function serve(aborted = () => {}): Promise<string> {
  const app = App();
  attachHttp(app, createApi(aborted), readSettings({}), QUIET);
  const socket = await new Promise<Parameters<typeof us_socket_local_port>[0]>((resolve) =>
    app.listen('127.0.0.1', 0, (listening) => resolve(listening as never)),
  );
  onTestFinished(() => us_listen_socket_close(socket as never));
  return `http://127.0.0.1:${us_socket_local_port(socket)}`;
}

const post = (url: string, body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers });

describe('HTTP', () => {
  it('gives the API a body in every manner that it may be asked for, and as often', async () => {
    const url = await serve();
    for (const path of ['text', 'bytes', 'blob', 'stream'])
      expect(await (await post(`${url}/${path}`, TEXT)).text(), path).toBe(TEXT);
    expect(await (await post(`${url}/text`, `\ufeff${TEXT}`)).text(), 'without its byte order mark').toBe(TEXT);
    expect(await (await post(`${url}/twice`, 'a')).text()).toBe('aa');
    expect(await (await post(`${url}/json`, JSON.stringify({ TEXT }))).json()).toEqual({ TEXT });
    expect(await (await post(`${url}/both`, '{"a":1}')).json()).toEqual([{ a: 1 }, '{"a":1}']);
    const form = new FormData();
    form.set('name', TEXT);
    expect(await (await post(`${url}/form`, form)).json()).toEqual({ name: TEXT });
    expect(await (await post(`${url}/form`, new URLSearchParams({ name: TEXT }))).json()).toEqual({ name: TEXT });
    const binary = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(new Uint8Array(await (await post(`${url}/bytes`, binary)).arrayBuffer())).toEqual(binary);
    expect(await (await post(`${url}/text`, '')).text()).toBe('');
    expect((await post(`${url}/json`, '{')).status).toBe(500);
  });

  it('gives it headers, query and method, and tells it of who is gone', async () => {
    let gone = 0;
    const url = await serve(() => gone++);
    const answer = await fetch(`${url}/header?q=%C4%81`, { headers: { 'x-one': 'two' } });
    expect(await answer.text()).toBe('two ā GET');
    await expect(fetch(`${url}/slow`, { signal: AbortSignal.timeout(50) })).rejects.toThrow();
    await expect.poll(() => gone).toBe(1);
  });

  it('sends an answer that is whole as it is, whatever is done to it on the way', async () => {
    const url = await serve();
    for (const path of ['whole', 'wrapped', 'read']) {
      const answer = await fetch(`${url}/${path}`);
      expect(answer.status, path).toBe(200);
      expect(answer.headers.get('content-type'), path).toBe('application/json');
      expect(await answer.json(), path).toEqual({ text: TEXT });
    }
    expect((await fetch(`${url}/wrapped`)).headers.get('x-after')).toBe('yes');
    const read = await fetch(`${url}/read`);
    expect(read.headers.get('x-length')).toBe(String(TEXT.length));
    expect(read.headers.get('x-bytes')).toBe(String(new TextEncoder().encode(JSON.stringify({ text: TEXT })).length));
    expect((await fetch(`${url}/whole`, { method: 'HEAD' })).status).toBe(200);
  });
});
