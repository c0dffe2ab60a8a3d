import type { z } from 'zod';
import { type RouteRefusalCode, RouterError } from '../errors.js';
import { EARTH_RADIUS_M, haversineM } from '../geo/distance.js';
import type { Position } from './segment-line.js';

/** How an outside router is asked. */
export interface RouterHttp {
  /** Of the service, with or without a path: what it serves hangs below. A user and password in it become an Authorization header. */
  readonly url: string;
  /** Longest wait for a whole answer. */
  readonly waitMs: number;
  /** Longest answer that is read. */
  readonly maxBytes: number;
}

/** A dispatcher waits: what takes longer than this is answered by the built-in network. */
export const ROUTER_WAIT_MS = 500;
/** A route across a country with all its steps is about 1 MB. */
export const ROUTER_MAX_BYTES = 8 * 1024 * 1024;
/** No road vehicle goes as fast from place to place; an answer that says so is nonsense. */
const FASTEST_MPS = 100;
/** Rounding of times to seconds must not make a short way look fast. */
const SLACK_S = 2;

/** What an HTTP server answered: its status, and the JSON it sent. */
export interface HttpAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** What of an answer counts: its JSON, or the code of one that says that there is none. */
export type Heard = { readonly json: unknown } | { readonly refusal: RouteRefusalCode };

/**
 * Asks an outside router by GET, or by POST when there is a body, and reads its JSON whatever the status. `signal` ends the wait early.
 * @throws RouterError `router_timeout`, `router_connection`, `router_answer_too_large`, `router_not_json`
 */
export async function askRouter(
  router: string,
  http: RouterHttp,
  path: string,
  { body, signal: stop }: { readonly body?: object; readonly signal?: AbortSignal | undefined } = {},
): Promise<HttpAnswer> {
  const timeout = AbortSignal.timeout(http.waitMs);
  const signal = stop === undefined ? timeout : AbortSignal.any([timeout, stop]);
  try {
    const { url, headers } = addressed(http.url, path);
    const response = await fetch(url, {
      signal,
      redirect: 'error', // a router has no reason to send us elsewhere
      headers: { ...headers, accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await readText(router, response, http.maxBytes);
    return { status: response.status, json: parseJson(router, text, response.status) };
  } catch (error) {
    if (error instanceof RouterError) throw error;
    if (signal.aborted) throw new RouterError('router_timeout', router, 'no answer in time', error);
    throw new RouterError('router_connection', router, 'connection failed', error);
  }
}

/** What a schema makes of an answer. @throws RouterError `router_malformed` */
export function readAnswer<Schema extends z.ZodType>(router: string, schema: Schema, json: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new RouterError('router_malformed', router, `${path.join('.') || 'answer'}: ${message}`);
}

/** Refuses a drive that is faster than anything drives, as the crow flies. @throws RouterError `router_malformed` */
export function checkSpeed(router: string, from: Position, to: Position, travelMs: number): void {
  const straightM = haversineM(from[0], from[1], to[0], to[1]);
  if (straightM <= FASTEST_MPS * (travelMs / 1000 + SLACK_S)) return;
  throw new RouterError('router_malformed', router, `${Math.round(straightM)} m in ${travelMs} ms`);
}

/** Half the circumference: nothing on earth is farther from anything. */
export const FARTHEST_M = Math.PI * EARTH_RADIUS_M;
/** The longest drive that is believed, seconds: a month. */
export const LONGEST_S = 31 * 24 * 3600;

/** fetch refuses a URL with credentials in it; they belong into a header. */
function addressed(base: string, path: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path.replace(/\?.*$/, '')}`;
  url.search = /\?.*$/.exec(path)?.[0] ?? '';
  const { username, password } = url;
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url, headers: {} };
  const secret = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  return { url, headers: { authorization: `Basic ${secret}` } };
}

async function readText(router: string, response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // leaving the loop by a throw cancels the rest of the stream
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RouterError('router_answer_too_large', router, `more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(router: string, text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (status >= 400) throw new RouterError('router_status', router, `HTTP ${status}`);
    throw new RouterError(
      'router_not_json',
      router,
      `HTTP ${status} with ${text.length} characters that are not JSON`,
      cause,
    );
  }
}
