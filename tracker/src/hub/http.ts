import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { MAX_REQUEST_BYTES } from '../adapters/index.js';
import type { Api } from '../api/operation.js';
import { problemBody } from '../api/problem.js';
import { WholeResponse } from '../api/whole-response.js';
import type { Log } from '../log.js';
import type { Settings } from '../settings.js';
import { remoteAddress } from './app.js';
import { PlainRequest } from './plain-request.js';

/** One import of territories with their boundaries is the largest body there is. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** The methods that the web's Request can be; TRACE and CONNECT are none of them. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
/** A name or address, and a port: whatever else stands in Host would change what the URL means. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Gives every request that no socket route took to the API: a thin way between uWebSockets.js and the web's Request and Response. */
export function attachHttp(
  app: TemplatedApp,
  api: Api,
  { trustedProxies, tls }: Settings,
  log: Log,
  mostBytes: (path: string) => number = (path) => (path.startsWith('/ingest/') ? MAX_REQUEST_BYTES : MAX_BODY_BYTES),
): void {
  app.any('/*', (res, req) => {
    // nothing may be thrown in here, now or later: it would end the process
    // everything is read from req before the first await: it is gone after
    const method = req.getMethod().toUpperCase();
    const path = req.getUrl();
    const query = req.getQuery();
    const headers = new Headers();
    let readable = true;
    req.forEach((name, value) => {
      try {
        headers.append(name, value);
      } catch {
        readable = false;
      }
    });
    const host = headers.get('host') ?? 'localhost';
    const url = `${tls === undefined ? 'http' : 'https'}://${host}${path}${query ? `?${query}` : ''}`;
    const address = remoteAddress(res, req, trustedProxies);
    const gone = new AbortController();
    res.onAborted(() => gone.abort());
    if (!readable || !HOST.test(host) || !URL.canParse(url))
      return end(res, 400, 'request_malformed', 'the Host header, another header or the path cannot be read');
    if (!METHODS.includes(method)) return end(res, 404, 'not_found', 'there is no such method');

    const answer = async (body: Uint8Array<ArrayBuffer> | undefined) => {
      const request = PlainRequest.of({ method, url, headers, signal: gone.signal, body });
      const response = await api.fetch(request, { remoteAddress: address });
      const content =
        response instanceof WholeResponse ? response.content : new Uint8Array(await response.arrayBuffer());
      if (gone.signal.aborted) return;
      res.cork(() => {
        res.writeStatus(`${response.status} ${response.statusText}`.trim());
        response.headers.forEach((value, name) => {
          if (name !== 'content-length') res.writeHeader(name, value);
        });
        // the length that the content would have is not known, and that of no body would be false
        if (method === 'HEAD' || response.status === 304) res.endWithoutBody();
        else res.end(content);
      });
    };
    const answerOrSaySo = (body: Uint8Array<ArrayBuffer> | undefined) => {
      answer(body).catch((error) => {
        log.error(`${method} ${path}`, error);
        if (!gone.signal.aborted) end(res, 500, 'internal', 'something broke here; it has been logged');
      });
    };
    if (method === 'GET' || method === 'HEAD') return answerOrSaySo(undefined);
    const most = mostBytes(path);
    const tooLarge = () => end(res, 413, 'body_too_large', `at most ${most} bytes`);
    if (Number(headers.get('content-length') ?? 0) > most) return tooLarge();
    readBody(res, most, (body) => (body === undefined ? tooLarge() : answerOrSaySo(body)));
  });
}

/** Gathers the body, or answers undefined as soon as it is too large. */
function readBody(res: HttpResponse, most: number, done: (body: Uint8Array<ArrayBuffer> | undefined) => void): void {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let over = false;
  res.onData((chunk, isLast) => {
    if (over) return;
    length += chunk.byteLength;
    if (length > most) {
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

/** Answers with a problem. The connection stays: what is left of a body is read and dropped, so that its sender gets to see this. */
function end(res: HttpResponse, status: number, code: string, detail: string): void {
  res.cork(() => {
    res
      .writeStatus(String(status))
      .writeHeader('content-type', 'application/problem+json')
      .end(JSON.stringify(problemBody(status, code, detail)));
  });
}
