const utf8 = new TextDecoder();
const NO_BYTES = new Uint8Array(0);

/** What has arrived of a request, its body whole. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Fires when whoever asked is gone. */
  readonly signal: AbortSignal;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * A request that has arrived whole, with what Hono and our routes read of the web's Request. The web's own makes a stream and a second
 * signal of it and reads the stream back: more work than most answers.
 */
export class PlainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  private constructor({ method, url, headers, signal, body = NO_BYTES }: Arrived) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.signal = signal;
    this.#bytes = body;
  }

  /** As the API takes it. */
  static of(arrived: Arrived): Request {
    return new PlainRequest(arrived) as unknown as Request;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#web().body;
  }

  async text(): Promise<string> {
    return utf8.decode(this.#bytes);
  }

  async json(): Promise<unknown> {
    return JSON.parse(utf8.decode(this.#bytes));
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }

  blob(): Promise<Blob> {
    return this.#web().blob();
  }

  formData(): Promise<FormData> {
    return this.#web().formData();
  }

  clone(): PlainRequest {
    return this; // a body that is whole can be read again
  }

  #web(): Response {
    const type = this.headers.get('content-type');
    return new Response(this.#bytes, type === null ? {} : { headers: { 'content-type': type } });
  }
}
