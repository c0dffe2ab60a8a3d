import { connect, type Socket } from 'node:net';

/** An answer whole, and when its last byte was there, by performance.now(). */
export interface WholeAnswer {
  readonly at: number;
  readonly status: number;
  readonly text: string;
}

interface Waiting {
  readonly request: Buffer;
  readonly resolve: (answer: WholeAnswer) => void;
  readonly reject: (error: Error) => void;
}

const HEAD_END = '\r\n\r\n';

/**
 * Connections to one server that are kept, each with one request at a time; who finds none free waits for one. Requests and answers are bytes
 * and nothing more: the client of Node takes half a millisecond of its own, which would be counted as the server's.
 */
export class HttpConnections {
  readonly #host: string;
  readonly #port: number;
  readonly #most: number;
  readonly #free: Connection[] = [];
  readonly #waiting: Waiting[] = [];
  #open = 0;

  constructor(url: string, most: number) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#most = most;
  }

  /** @throws Error when the connection ends before the answer does */
  ask(method: string, path: string, headers: Readonly<Record<string, string>>, body: string): Promise<WholeAnswer> {
    const lines = [`${method} ${path} HTTP/1.1`, `host: ${this.#host}:${this.#port}`];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    if (body !== '') lines.push(`content-length: ${Buffer.byteLength(body)}`);
    const request = Buffer.from(lines.join('\r\n') + HEAD_END + body);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    let connection = this.#free.pop();
    if (connection === undefined && this.#open < this.#most) {
      this.#open++;
      connection = new Connection(connect(this.#port, this.#host), (ended) => this.#forget(ended));
    }
    if (connection === undefined) return;
    const { request, resolve, reject } = this.#waiting.shift()!;
    connection.ask(request).then((answer) => {
      this.#free.push(connection);
      resolve(answer);
      this.#next();
    }, reject);
  }

  #forget(connection: Connection): void {
    this.#open--;
    const free = this.#free.indexOf(connection);
    if (free >= 0) this.#free.splice(free, 1);
    this.#next();
  }
}

class Connection {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;
  #headLength = 0; // 0: the head is not whole yet
  #wholeLength = 0;
  #answered: ((answer: WholeAnswer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(socket: Socket, ended: (connection: Connection) => void) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => {
      ended(this);
      this.#failed?.(new Error('the connection ended before the answer'));
    });
    socket.unref();
  }

  ask(request: Buffer): Promise<WholeAnswer> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.ref();
      this.#socket.write(request);
    });
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#headLength === 0) {
      const head = (this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)).toString('latin1');
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      this.#headLength = end + HEAD_END.length;
      const bodyLength = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))?.[1];
      this.#wholeLength = this.#headLength + Number(bodyLength ?? 0);
    }
    if (this.#length < this.#wholeLength) return;
    const at = performance.now();
    const whole = Buffer.concat(this.#chunks);
    const answer = {
      at,
      status: Number(whole.toString('latin1', 9, 12)),
      text: whole.toString('utf8', this.#headLength, this.#wholeLength),
    };
    this.#chunks = [];
    this.#length = 0;
    this.#headLength = 0;
    this.#socket.unref();
    const answered = this.#answered;
    this.#answered = undefined;
    this.#failed = undefined;
    answered?.(answer);
  }
}
