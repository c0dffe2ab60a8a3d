import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { clientFrame } from './fix-encoder.js';

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const LOOPBACK = /^(127\.|localhost$)/;
/** Sockets from one source address. The system has some 28 000 ports for it, and looks the longer for a free one the more are taken. */
const PER_ADDRESS = 500;

export interface CrewSocketEvents {
  opened(): void;
  text(message: string): void;
  /** Payload of a binary message; valid only during the call. */
  binary(payload: Buffer): void;
  /** Once, for whatever reason. */
  closed(reason: string): void;
}

/**
 * A WebSocket client that does as little as it may, because the load generator shares the machine with what it measures: frames come
 * ready-made with a mask of zeros, one write each. It takes no fragmented messages; the hub sends none.
 */
export class CrewSocket {
  readonly #socket: Socket;
  readonly #events: CrewSocketEvents;
  #upgraded = false;
  #rest: Buffer | undefined;
  #over = false;

  /** `number` tells sockets apart: on this machine every 500 of them come from a loopback address of their own, up to 127 000. */
  constructor(url: URL, token: string, number: number, events: CrewSocketEvents) {
    this.#events = events;
    const port = Number(url.port || (url.protocol === 'wss:' ? 443 : 80));
    const from = LOOPBACK.test(url.hostname)
      ? {
          localAddress: `127.${1 + (process.pid % 254)}.${(process.pid >> 8) % 256}.${1 + Math.floor(number / PER_ADDRESS)}`,
        }
      : {};
    const target = { host: url.hostname === 'localhost' ? '127.0.0.1' : url.hostname, port, ...from };
    this.#socket =
      url.protocol === 'wss:'
        ? connectTls({ ...target, servername: url.hostname })
        : connect({ ...target, noDelay: true });
    this.#socket.on(url.protocol === 'wss:' ? 'secureConnect' : 'connect', () => {
      this.#socket.write(
        `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer ${token}\r\n\r\n`,
      );
    });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('closed'));
  }

  /** Bytes that the network has not taken yet. */
  get waiting(): number {
    return this.#socket.writableLength;
  }

  /** A frame made by clientFrame. */
  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  sendText(text: string): void {
    const { frame, payloadAt } = clientFrame(TEXT, Buffer.byteLength(text));
    frame.write(text, payloadAt);
    this.#socket.write(frame);
  }

  /** Takes nothing more from the network: what the hub says waits on its side. */
  pause(): void {
    this.#socket.pause();
  }

  /** Gone at once, without a goodbye. */
  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.destroy();
    this.#events.closed(reason);
  }

  #take(chunk: Buffer): void {
    let data = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = undefined;
    if (!this.#upgraded) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = data;
        return;
      }
      const status = data.toString('latin1', 0, data.indexOf('\r\n'));
      if (!status.startsWith('HTTP/1.1 101')) return this.#end(status);
      this.#upgraded = true;
      data = data.subarray(end + 4);
      this.#events.opened();
    }
    let at = 0;
    while (data.length - at >= 2) {
      const short = data[at + 1]! & 0x7f;
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (data.length - at < headBytes) break;
      const length =
        short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
      if (data.length - at < headBytes + length) break;
      const opcode = data[at]! & 0x0f;
      const payload = data.subarray(at + headBytes, at + headBytes + length);
      at += headBytes + length;
      if (opcode === BINARY) this.#events.binary(payload);
      else if (opcode === TEXT) this.#events.text(payload.toString('utf8'));
      else if (opcode === PING) this.#pong(payload);
      else if (opcode === CLOSE)
        return this.#end(`close ${length >= 2 ? payload.readUInt16BE(0) : 1005} ${payload.toString('utf8', 2)}`);
      if (this.#over) return;
    }
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at));
  }

  #pong(payload: Buffer): void {
    const { frame, payloadAt } = clientFrame(PONG, payload.length);
    payload.copy(frame, payloadAt);
    this.#socket.write(frame);
  }
}
