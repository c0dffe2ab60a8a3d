import { createHmac } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Delivered {
  readonly id: string;
  readonly subject: string;
  readonly type: string;
  readonly cursor: string;
}

export interface Delivery {
  readonly id: string;
  readonly timestampS: number;
  readonly signatures: readonly string[];
  readonly contentType: string;
  readonly body: string;
  readonly events: readonly Delivered[];
}

/** A receiver as a stranger would write it: many paths, each with what came there and with how it answers. */
export class WebhookReceiver {
  readonly #server = createServer((request, response) => {
    const path = request.url!;
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const header = (name: string) => String(request.headers[name]);
      const delivery: Delivery = {
        id: header('webhook-id'),
        timestampS: Number(header('webhook-timestamp')),
        signatures: header('webhook-signature').split(' '),
        contentType: header('content-type'),
        body,
        events: JSON.parse(body),
      };
      this.#at(this.#received, path).push(delivery);
      const answer = this.#answers.get(path);
      if (answer === undefined) response.writeHead(204).end();
      else answer(response, delivery);
    });
  });
  readonly #received = new Map<string, Delivery[]>();
  readonly #answers = new Map<string, (response: ServerResponse, delivery: Delivery) => void>();

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  /** Undefined: accept. */
  answer(path: string, how: ((response: ServerResponse, delivery: Delivery) => void) | undefined): void {
    if (how === undefined) this.#answers.delete(path);
    else this.#answers.set(path, how);
  }

  /** All that came to a path, in its order. */
  received(path: string): readonly Delivery[] {
    return this.#at(this.#received, path);
  }

  #at(map: Map<string, Delivery[]>, path: string): Delivery[] {
    let list = map.get(path);
    if (list === undefined) {
      list = [];
      map.set(path, list);
    }
    return list;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** What the document tells a receiver to work out, from the secret as it was given. */
export function signatureOf(secret: string, { id, timestampS, body }: Delivery): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`;
}
