import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { Api } from '../api/operation.js';
import { problemBody } from '../api/problem.js';
import type { Settings } from '../settings.js';
import { remoteAddress } from './app.js';

/** One import of territories with their boundaries is the largest body there is. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Gives every request that no socket route took to the API: a thin way between uWebSockets.js and the web's Request and Response. */
export function attachHttp(app: TemplatedApp, api: Api, { trustedProxies, tls }: Settings): void {
  app.any('/*', (res, req) => {
    // everything is read from req before the first await: it is gone after
    const method = req.getMethod().toUpperCase();
    const query = req.getQuery();
    const headers = new Headers();
    req.forEach((name, value) => {
      headers.append(name, value);
    });
    const url = `${tls === undefined ? 'http' : 'https'}://${headers.get('host') ?? 'localhost'}${req.getUrl()}${query ? `?${query}` : ''}`;
    const address = remoteAddress(res, req, trustedProxies);
    const gone = new AbortController();
    res.onAborted(() => gone.abort());
    if (!URL.canParse(url)) return end(res, 400, 'request_malformed', 'the Host header or the path is not a URL');

    const answer = async (body: Uint8Array<ArrayBuffer> | undefined) => {
      const request = new Request(url, {
        method,
        headers,
        signal: gone.signal,
        ...(body === undefined || method === 'GET' || method === 'HEAD' ? {} : { body }),
      });
      const response = await api.fetch(request, { remoteAddress: address });
      const content = new Uint8Array(await response.arrayBuffer());
      if (gone.signal.aborted) return;
      res.cork(() => {
        res.writeStatus(`${response.status} ${response.statusText}`.trim());
        response.headers.forEach((value, name) => {
          if (name !== 'content-length') res.writeHeader(name, value);
        });
        if (method === 'HEAD') res.endWithoutBody(content.length);
        else res.end(content);
      });
    };
    if (method === 'GET' || method === 'HEAD') void answer(undefined);
    else
      readBody(res, (body) =>
        body === undefined ? end(res, 413, 'body_too_large', `at most ${MAX_BODY_BYTES} bytes`) : void answer(body),
      );
  });
}

/** Gathers the body, or answers undefined as soon as it is too large. */
function readBody(res: HttpResponse, done: (body: Uint8Array<ArrayBuffer> | undefined) => void): void {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let over = false;
  res.onData((chunk, isLast) => {
    if (over) return;
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) {
      over = true;
      return done(undefined);
    }
    chunks.push(new Uint8Array(chunk.slice(0))); // the chunk is only lent
    if (!isLast) return;
    const body = new Uint8Array(length);
    let at = 0;
    for (const part of chunks) {
      body.set(part, at);
      at += part.length;
    }
    done(body);
  });
}

function end(res: HttpResponse, status: number, code: string, detail: string): void {
  res.cork(() => {
    res
      .writeStatus(String(status))
      .writeHeader('content-type', 'application/problem+json')
      .end(JSON.stringify(problemBody(status, code, detail)), true);
  });
}
