import { z } from 'zod';
import type { TokenSource } from './token-source.js';

const TIMEOUT_MS = 10_000;

/** The tracker refused: what was sent is wrong, not allowed, or not there. The same again would be refused again. */
export class TrackerRefusal extends Error {
  readonly status: number;
  readonly code: string;
  /** What the problem says besides. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, facts: Readonly<Record<string, unknown>>) {
    super(`${code}: ${detail}`);
    this.status = status;
    this.code = code;
    this.facts = facts;
  }
}

/** No answer, or one that says "not now": the same again may succeed later. */
export class TrackerAway extends Error {
  readonly code = 'tracker_unavailable';
  /** 0: there was no answer. */
  readonly status: number;

  constructor(message: string, status = 0, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

const Problem = z.looseObject({ code: z.string(), detail: z.string().default('') });

/** The tracker's HTTP API, as any integrator uses it. */
export class TrackerClient {
  readonly #url: string;
  readonly #token: TokenSource;
  readonly #purpose: string;

  /** @param purpose why it reads personal data, for the tracker's audit log */
  constructor(url: string, token: TokenSource, purpose: string) {
    this.#url = url;
    this.#token = token;
    this.#purpose = purpose;
  }

  /** The same tracker, for somebody else: what they may not do is refused to them. */
  as(token: string): TrackerClient {
    return new TrackerClient(this.#url, async () => token, this.#purpose);
  }

  get<T>(path: string, schema: z.ZodType<T>, timeoutMs = TIMEOUT_MS, signal?: AbortSignal): Promise<T> {
    return this.#call('GET', path, undefined, schema, timeoutMs, signal);
  }

  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#call('POST', path, body, schema, TIMEOUT_MS);
  }

  patch<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.#call('PATCH', path, body, schema, TIMEOUT_MS);
  }

  /** Of what answers nothing. */
  async put(path: string, body: unknown): Promise<void> {
    await this.#call('PUT', path, body, z.unknown(), TIMEOUT_MS);
  }

  /** @throws TrackerRefusal, TrackerAway */
  async #call<T>(
    method: string,
    path: string,
    body: unknown,
    schema: z.ZodType<T>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<T> {
    let status: number;
    let answer: unknown;
    try {
      const limit = AbortSignal.timeout(timeoutMs);
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await this.#token()}`,
          'content-type': 'application/json',
          'vanags-purpose': this.#purpose,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      status = response.status;
      const text = await response.text();
      answer = text === '' ? undefined : JSON.parse(text);
    } catch (error) {
      throw new TrackerAway(`${method} ${path}: ${(error as Error).message}`, 0, error);
    }
    if (status < 300) return schema.parse(answer);
    // a token that has run out is replaced, and an overloaded hub recovers
    if (status >= 500 || status === 401 || status === 408 || status === 429)
      throw new TrackerAway(`${method} ${path}: ${status}`, status);
    const problem = Problem.safeParse(answer);
    const { code, detail, ...facts } = problem.success ? problem.data : { code: 'unreadable', detail: '' };
    throw new TrackerRefusal(status, code, detail, facts);
  }
}
