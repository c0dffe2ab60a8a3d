import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpConnections } from './http-connections.js';

async function serve(answer: (path: string, body: string) => Promise<string>) {
  let open = 0;
  let most = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === '/cut') return request.socket.destroy();
    const text = await answer(request.url!, Buffer.concat(chunks).toString());
    response.statusCode = request.url === '/none' ? 404 : 200;
    response.setHeader('content-length', Buffer.byteLength(text));
    // in pieces, the head by itself
    response.flushHeaders();
    await sleep(2);
    for (let at = 0; at < text.length; at += 7) response.write(text.slice(at, at + 7));
    response.end();
  });
  server.on('connection', (socket) => {
    most = Math.max(most, ++open);
    socket.on('close', () => open--);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, most: () => most };
}

describe('HttpConnections', () => {
  it('gives each request its own answer, whole, over no more connections than were allowed', async () => {
    const { url, most } = await serve(async (path, body) => `${path} ${body} ā`);
    const connections = new HttpConnections(url, 3);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => connections.ask('POST', `/${i}`, { 'x-i': String(i) }, `body ${i} ē`)),
    );
    expect(answers.map(({ status, text }) => [status, text])).toEqual(
      Array.from({ length: 20 }, (_, i) => [200, `/${i} body ${i} ē ā`]),
    );
    expect(most()).toBe(3);
  });

  it('tells the status, and of a connection that ends before the answer', async () => {
    const { url } = await serve(async () => '');
    const connections = new HttpConnections(url, 1);
    expect((await connections.ask('GET', '/none', {}, '')).status).toBe(404);
    await expect(connections.ask('GET', '/cut', {}, '')).rejects.toThrow();
    expect((await connections.ask('GET', '/', {}, '')).status).toBe(200);
  });
});
