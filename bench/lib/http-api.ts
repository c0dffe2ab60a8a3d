/** An answer of whatever status. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The tracker's HTTP API, as far as the bench needs it. */
export class HttpApi {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url.replace(/\/$/, '');
    this.#token = token;
  }

  /** Asks, and gives back the answer whatever it is. @throws Error when there is none */
  async exchange(method: string, path: string, body?: object | string, token = this.#token): Promise<HttpAnswer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
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
