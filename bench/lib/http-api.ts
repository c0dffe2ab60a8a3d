import http from 'node:http';
import https from 'node:https';

/** Connections are kept, as a desk's browser keeps them. */
const HTTP = { request: http.request, agent: new http.Agent({ keepAlive: true }) };
const HTTPS = { request: https.request, agent: new https.Agent({ keepAlive: true }) };

/** An answer of whatever status. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The tracker's HTTP API, as far as the bench needs it. */
export class HttpApi {
  readonly url: string;
  readonly #token: string;
  readonly #client: { readonly request: typeof http.request; readonly agent: http.Agent };

  constructor(url: string, token: string) {
    this.url = url.replace(/\/$/, '');
    this.#client = this.url.startsWith('https:') ? HTTPS : HTTP;
    this.#token = token;
  }

  /** Asks, and gives back the answer whatever it is. @throws Error when there is none */
  async exchange(method: string, path: string, body?: object | string, token = this.#token): Promise<HttpAnswer> {
    const { status, text } = await this.#send(
      method,
      path,
      body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      token,
    );
    return { status, body: text === '' ? {} : JSON.parse(text) };
  }

  /** By the platform's own client: `fetch` takes five times its CPU time, and the tracker stands on the same cores. */
  #send(
    method: string,
    path: string,
    body: string | undefined,
    token: string,
  ): Promise<{ status: number; text: string }> {
    const { request, agent } = this.#client;
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.url}${path}`,
        {
          method,
          agent,
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode!, text }));
          response.on('error', reject);
        },
      );
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // a kept connection that the tracker was just closing, as it had been idle: the next one is tried
        if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(this.#send(method, path, body, token));
        else reject(error);
      });
      sent.end(body);
    });
  }

  async #call(method: string, path: string, body?: object | string, token?: string): Promise<unknown> {
    const answer = await this.exchange(method, path, body, token);
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
    return answer.body;
  }

  post(path: string, body: object | string): Promise<unknown> {
    return this.#call('POST', path, body);
  }

  /** The answer's type is what the caller says it is. */
  async get<Answer>(path: string, token?: string): Promise<Answer> {
    return (await this.#call('GET', path, undefined, token)) as Answer;
  }

  /** Counters and gauges of /metrics by name. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return new Map([...text.matchAll(/^(vanags_\w+) (\S+)$/gm)].map(([, name, value]) => [name!, Number(value)]));
  }

  /** A token of the demo's issuer. @throws Error where there is none */
  static async demoToken(url: string, agency: string, roles: readonly string[]): Promise<string> {
    const response = await fetch(`${url}/api/v1/demo/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ agency, roles, subject: 'bench' }),
    });
    if (!response.ok) throw new Error(`no demo issuer at ${url} (${response.status}); give a token`);
    return ((await response.json()) as { token: string }).token;
  }
}
