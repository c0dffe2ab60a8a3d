/**
 * The smallest client that loses nothing, written from PROTOCOL.md and from nothing else: what this file needed and the document did
 * not say was a fault of the document. It keeps everything in memory and has one lane for fixes.
 */
import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';

const LANES = ['live', 'backlog', 'alarm'] as const;
const KINDS = ['status', 'sos', 'message', 'receipt'];
const FENCED = 4409;
const FRAME_ITEMS = 500;

/** A fix, or with a kind an event. */
interface Item {
  readonly kind?: 'status' | 'sos' | 'message' | 'receipt';
  readonly time: number;
  readonly lon?: number;
  readonly lat?: number;
  readonly speedMps?: number;
  readonly text?: string;
  readonly status?: string;
  readonly assignmentId?: string;
}
type OwnLane = 'live' | 'alarm';
interface Hub {
  readonly url: string;
  readonly token: string;
  readonly encoding: 'binary' | 'json';
}

export class PlainClient {
  /** What the hub said besides resume and acks. */
  readonly heard: { readonly type: string; readonly [field: string]: unknown }[] = [];
  readonly #hub: Hub;
  readonly #epoch = randomBytes(8).toString('hex');
  /** Items that were not acknowledged; the first of them has this seq. */
  readonly #held = { live: [] as Item[], alarm: [] as Item[] };
  readonly #first = { live: 1, alarm: 1 };
  /** Next seq to send on this connection. */
  readonly #next = { live: 1, alarm: 1 };
  /** Sends what has gathered: with two lanes, 20 frames a second. Runs once the hub has said from where. */
  #turns: NodeJS.Timeout | undefined;
  #socket: WebSocket | undefined;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  get pending(): number {
    return this.#held.live.length + this.#held.alarm.length;
  }

  connect(): void {
    const { url, token, encoding } = this.#hub;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    this.#socket = socket;
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'hello', version: 1, epoch: this.#epoch, encoding, firstHeld: this.#first }));
    });
    socket.on('message', (data: Buffer, isBinary) => (isBinary ? this.#acks(data) : this.#take(JSON.parse(`${data}`))));
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearInterval(this.#turns);
      if (this.#socket === socket && code !== FENCED) setTimeout(() => this.connect(), 100 + 100 * Math.random());
    });
  }

  /** Pulls the plug. It comes back by itself, unless for good. */
  cut({ forGood = false } = {}): void {
    const socket = this.#socket;
    if (forGood) this.#socket = undefined;
    socket?.terminate();
  }

  say(item: Item): void {
    this.#held[item.kind === undefined ? 'live' : 'alarm'].push(item);
  }

  #take(message: { type: string; durable?: Record<string, number> }): void {
    if (message.type === 'ack') for (const [lane, seq] of Object.entries(message.durable!)) this.#acked(lane, seq);
    else if (message.type === 'resume') {
      for (const lane of ['live', 'alarm'] as const) {
        this.#acked(lane, message.durable![lane]!);
        this.#next[lane] = this.#first[lane];
      }
      clearInterval(this.#turns);
      this.#turns = setInterval(() => {
        this.#send('alarm');
        this.#send('live');
      }, 100);
    } else this.heard.push(message);
  }

  #acks(data: Buffer): void {
    for (let at = 0; at < data.length; at += 8) this.#acked(LANES[data[at + 1]!]!, data.readUInt32LE(at + 4));
  }

  #acked(lane: string, seq: number): void {
    if (lane !== 'live' && lane !== 'alarm') return;
    const count = Math.max(0, seq - this.#first[lane] + 1);
    this.#held[lane].splice(0, count);
    this.#first[lane] += count;
    this.#next[lane] = Math.max(this.#next[lane], this.#first[lane]);
  }

  #send(lane: OwnLane): void {
    const seq = this.#next[lane];
    const items = this.#held[lane].slice(seq - this.#first[lane], seq - this.#first[lane] + FRAME_ITEMS);
    if (items.length === 0) return;
    const type = lane === 'live' ? 'fixes' : 'events';
    const isJson = this.#hub.encoding === 'json';
    this.#socket?.send(isJson ? JSON.stringify({ type, lane, seq, items }) : binary(lane, seq, items));
    this.#next[lane] += items.length;
  }
}

function binary(lane: OwnLane, seq: number, items: readonly Item[]): Buffer {
  const head = Buffer.alloc(8);
  head[0] = lane === 'live' ? 1 : 2;
  head[1] = LANES.indexOf(lane);
  head.writeUInt16LE(items.length, 2);
  head.writeUInt32LE(seq, 4);
  return Buffer.concat([head, ...items.map((item) => (item.kind === undefined ? binaryFix(item) : binaryEvent(item)))]);
}

function binaryFix({ time, lon = 0, lat = 0, speedMps }: Item): Buffer {
  const fix = Buffer.alloc(24);
  fix.writeUIntLE(time, 0, 6);
  fix.writeInt32LE(Math.round(lon * 1e7), 6);
  fix.writeInt32LE(Math.round(lat * 1e7), 10);
  fix.writeUInt16LE(speedMps === undefined ? 65_535 : Math.round(speedMps * 100), 14);
  fix.fill(0xff, 16, 20);
  fix.writeInt16LE(-32_768, 20);
  return fix;
}

function binaryEvent({ kind, time, lon, lat, assignmentId, status, text }: Item): Buffer {
  const fixed = Buffer.alloc(10);
  fixed[2] = KINDS.indexOf(kind!) + 1;
  fixed[3] = (lon === undefined ? 0 : 1) | (assignmentId === undefined ? 0 : 2);
  fixed.writeUIntLE(time, 4, 6);
  const place = Buffer.alloc(lon === undefined ? 0 : 8);
  if (lon !== undefined) place.writeInt32LE(Math.round(lon * 1e7), 0);
  if (lat !== undefined) place.writeInt32LE(Math.round(lat * 1e7), 4);
  const id = Buffer.from((assignmentId ?? '').replaceAll('-', ''), 'hex');
  const event = Buffer.concat([fixed, place, id, Buffer.from(status ?? text ?? '')]);
  event.writeUInt16LE(event.length - 2, 0);
  return event;
}
