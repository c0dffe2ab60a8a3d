import { lookup as dnsLookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Networks } from '../ip-network.js';
import { isPublicAddress } from './public-address.js';
import type { AttemptCode } from './webhook.js';

/** All of it: the name, the connection, the request and the head of the answer. */
export const POST_TIMEOUT_MS = 10_000;
/** An answer says nothing that we want but its status; a longer one costs its sender the connection. */
const MAX_ANSWER_BYTES = 16 * 1024;
const MOST_RETRY_AFTER_S = 3600;

export type PostAnswer =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: AttemptCode;
      readonly detail: string;
      /** What the receiver asked for, milliseconds; 0: nothing. */
      readonly retryAfterMs: number;
    };

class AddressRefused extends Error {}

/**
 * Posts to receivers out there, with all that they do bounded. Which address a name stands for is judged where the connection is made,
 * so that a name that means something else by then leads nowhere. Redirects are not followed: they are answers like others.
 */
export class Poster {
  readonly #allowed: Networks;
  readonly #resolve: typeof dnsLookup;
  readonly #timeoutMs: number;
  // one pool for all: a connection is kept for the name it was made for, to an address that was judged
  readonly #plain = new http.Agent({ keepAlive: true });
  readonly #secure = new https.Agent({ keepAlive: true });

  /**
   * @param allowed private networks that may be posted to, also without TLS
   * @param resolve how names are looked up
   */
  constructor(allowed: Networks, resolve: typeof dnsLookup = dnsLookup, timeoutMs = POST_TIMEOUT_MS) {
    this.#allowed = allowed;
    this.#resolve = resolve;
    this.#timeoutMs = timeoutMs;
  }

  #mayConnect(address: string, secure: boolean): boolean {
    return this.#allowed.has(address) || (secure && isPublicAddress(address));
  }

  #lookup(secure: boolean): LookupFunction {
    return (hostname, options, callback) => {
      this.#resolve(hostname, { ...options, all: true }, (error, found) => {
        if (error !== null) return callback(error, []);
        const good = found.filter(({ address }) => this.#mayConnect(address, secure));
        const first = good[0];
        if (first === undefined)
          return callback(new AddressRefused(`${hostname} is at no address that may be posted to`), []);
        if (options.all === true) callback(null, good);
        else callback(null, first.address, first.family);
      });
    };
  }

  /** Never throws: whatever happens out there is an answer. */
  async post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<PostAnswer> {
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    // an address in the place of a name is never looked up
    if (isIP(host) !== 0 && !this.#mayConnect(host, secure))
      return failed('address_refused', `${host} may not be posted to`);
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    return new Promise((resolve) => {
      const request = (secure ? https : http).request(url, {
        method: 'POST',
        agent: secure ? this.#secure : this.#plain,
        lookup: this.#lookup(secure),
        signal: deadline,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      request.on('error', (error) => {
        if (error instanceof AddressRefused) resolve(failed('address_refused', error.message));
        else if (deadline.aborted) resolve(failed('timeout', `no answer within ${this.#timeoutMs} ms`));
        else resolve(failed('unreachable', error.message));
      });
      request.on('response', (response) => {
        resolve(answerOf(response));
        let bytes = 0;
        response.on('error', () => {}); // the status is all that was wanted
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy();
        });
      });
      request.end(body);
    });
  }

  /** Lets go of kept connections, and of requests under way. */
  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

function failed(code: AttemptCode, detail: string, retryAfterMs = 0): PostAnswer {
  return { ok: false, code, detail, retryAfterMs };
}

function answerOf({ statusCode = 0, headers }: http.IncomingMessage): PostAnswer {
  if (statusCode >= 200 && statusCode < 300) return { ok: true };
  const code = statusCode === 410 ? 'receiver_gone' : 'http_status';
  return failed(code, `answered ${statusCode}`, retryAfterMs(headers['retry-after']));
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfterMs(header: string | undefined): number {
  if (header === undefined) return 0;
  const s = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return s > 0 ? Math.min(s, MOST_RETRY_AFTER_S) * 1000 : 0;
}
