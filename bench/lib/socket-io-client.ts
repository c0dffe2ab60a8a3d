import { WebSocket } from 'ws';

export interface SocketIoEvents {
  /** An event with its arguments, and what acknowledges it where the hub waits for that; the bytes of a binary one come apart. */
  event(name: string, args: readonly unknown[], acknowledge?: () => void): void;
  bytes(name: string, payload: Buffer): void;
  closed(reason: string): void;
}

/**
 * A socket.io client with no more than the bench needs: one namespace over a WebSocket, events, one binary part, acks (engine.io
 * protocol 4, socket.io protocol 5). The usual client costs several times as much CPU, and it shares the machine with the hub.
 */
export class SocketIoClient {
  readonly #socket: WebSocket;
  readonly #namespace: string;
  readonly #events: SocketIoEvents;
  readonly #answers = new Map<number, (value: unknown) => void>();
  #nextAck = 0;
  #expectsBytes: string | undefined;
  #over = false;

  private constructor(url: string, namespace: string, auth: object, events: SocketIoEvents, connected: () => void) {
    this.#namespace = namespace;
    this.#events = events;
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) {
        const name = this.#expectsBytes;
        this.#expectsBytes = undefined;
        if (name !== undefined) events.bytes(name, data);
        return;
      }
      const text = data.toString('utf8');
      if (text === '2') this.#socket.send('3');
      else if (text.startsWith('0')) this.#socket.send(`40${namespace},${JSON.stringify(auth)}`);
      else if (text.startsWith(`40${namespace}`)) connected();
      else if (text.startsWith('44')) this.#end(`refused: ${text.slice(2)}`);
      else if (text.startsWith('41')) this.#end('the hub ended it');
      else this.#take(text);
    });
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', (code) => this.#end(`closed ${code}`));
  }

  /** @throws Error when the hub refuses */
  static connect(url: string, namespace: string, auth: object, events: SocketIoEvents): Promise<SocketIoClient> {
    return new Promise((resolve, reject) => {
      const client: SocketIoClient = new SocketIoClient(
        url,
        namespace,
        auth,
        {
          ...events,
          closed: (reason) => {
            reject(new Error(reason)); // of no effect once it has resolved
            events.closed(reason);
          },
        },
        () => resolve(client),
      );
    });
  }

  #take(text: string): void {
    const at = text.indexOf(',') + 1;
    const body = text.slice(at);
    if (text.startsWith('45')) {
      // 451-/console,["bundle",{"_placeholder":true,"num":0}]: its bytes come next
      this.#expectsBytes = body.slice(2, body.indexOf('"', 2));
    } else if (text.startsWith('43')) {
      const bracket = body.indexOf('[');
      const no = Number(body.slice(0, bracket));
      this.#answers.get(no)?.((JSON.parse(body.slice(bracket)) as unknown[])[0]);
      this.#answers.delete(no);
    } else if (text.startsWith('42')) {
      const bracket = body.indexOf('[');
      const [name, ...args] = JSON.parse(body.slice(bracket)) as [string, ...unknown[]];
      const no = body.slice(0, bracket);
      if (no === '') this.#events.event(name, args);
      else this.#events.event(name, args, () => this.#socket.send(`43${this.#namespace},${no}[]`));
    }
  }

  emit(name: string, ...args: readonly unknown[]): void {
    this.#socket.send(`42${this.#namespace},${JSON.stringify([name, ...args])}`);
  }

  /** The answer's type is what the caller says it is. */
  ask<Answer>(name: string, ...args: readonly unknown[]): Promise<Answer> {
    const no = this.#nextAck++;
    this.#socket.send(`42${this.#namespace},${no}${JSON.stringify([name, ...args])}`);
    return new Promise((resolve) => this.#answers.set(no, (value) => resolve(value as Answer)));
  }

  close(): void {
    this.#over = true;
    this.#socket.terminate();
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.close();
    this.#events.closed(reason);
  }
}
