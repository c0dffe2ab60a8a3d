import type { OpenSocket, SocketEvents, SocketLike } from '../src/protocol-client/crew-connection.js';
import {
  CLOSE_CODES,
  type HeldItem,
  type HubMessage,
  type ItemFrame,
  LANES,
  type Lane,
  LIMITS,
} from '../src/protocol-client/wire.js';

interface Stream {
  durable: number;
  readonly stored: { readonly seq: number; readonly item: HeldItem }[];
}

/** A hub in memory, written from tracker/PROTOCOL.md and strict where it is, with faults on demand. One device. */
export class MemoryHub {
  readonly streams = new Map<string, Record<Lane, Stream>>();
  readonly errors: string[] = [];
  readonly hellos: { epoch: string; firstHeld: Record<Lane, number>; protocols: readonly string[] }[] = [];
  /** false: no network; sockets close before they open. */
  reachable = true;
  /** false: the database is away. */
  storing = true;
  /** false: items are stored, acks are lost. */
  acking = true;
  status: 'available' | 'dispatched' | 'en_route' | 'on_scene' = 'available';
  #socket: HubSocket | undefined;

  readonly open: OpenSocket = (_url, protocols, events) => {
    const socket = new HubSocket(this, protocols, events);
    queueMicrotask(() => {
      if (socket.gone) return;
      if (!this.reachable) return socket.end(1006);
      this.#socket?.fail('fenced');
      this.#socket = socket;
      events.opened();
    });
    return socket;
  };

  streamsOf(epoch: string): Record<Lane, Stream> {
    let streams = this.streams.get(epoch);
    if (streams === undefined) {
      const empty = (): Stream => ({ durable: 0, stored: [] });
      streams = { live: empty(), backlog: empty(), alarm: empty() };
      this.streams.set(epoch, streams);
    }
    return streams;
  }

  /** Everything stored in a lane, of all epochs. */
  stored(lane: Lane): HeldItem[] {
    return [...this.streams.values()].flatMap((streams) => streams[lane].stored.map(({ item }) => item));
  }

  seqs(lane: Lane): number[] {
    return [...this.streams.values()].flatMap((streams) => streams[lane].stored.map(({ seq }) => seq));
  }

  say(message: HubMessage): void {
    this.#socket?.say(message);
  }

  /** Says from where to send; again, on an open connection, as after an outage. */
  resume(): void {
    this.#socket?.resume();
  }

  /** The network fails. */
  drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.end(1006);
  }

  /** Another connection of this device. */
  fence(): void {
    this.#socket?.fail('fenced');
  }

  /** The database goes away under the open connection. */
  suspend(): void {
    this.storing = false;
    this.#socket?.suspend();
  }

  left(socket: HubSocket): void {
    if (this.#socket === socket) this.#socket = undefined;
  }
}

class HubSocket implements SocketLike {
  readonly bufferedAmount = 0;
  readonly #hub: MemoryHub;
  readonly #protocols: readonly string[];
  readonly #events: SocketEvents;
  gone = false;
  #epoch: string | undefined;
  #firstHeld: Record<Lane, number> = { live: 1, backlog: 1, alarm: 1 };
  #expected: Record<Lane, number> | undefined;
  readonly #rewinding = new Set<Lane>();

  constructor(hub: MemoryHub, protocols: readonly string[], events: SocketEvents) {
    this.#hub = hub;
    this.#protocols = protocols;
    this.#events = events;
  }

  send(text: string): void {
    if (this.gone) return;
    const message = JSON.parse(text) as ItemFrame | { type: 'hello'; epoch: string; firstHeld: Record<Lane, number> };
    // the wire takes its time; what is sent in one go arrives in order
    queueMicrotask(() => {
      if (this.gone) return;
      if (message.type === 'hello') this.#greet(message.epoch, message.firstHeld);
      else this.#take(message, text.length);
    });
  }

  close(): void {
    this.gone = true;
    this.#hub.left(this);
  }

  end(code: number): void {
    if (this.gone) return;
    this.gone = true;
    this.#hub.left(this);
    this.#events.closed(code);
  }

  say(message: HubMessage): void {
    if (!this.gone) this.#events.heard(JSON.stringify(message));
  }

  fail(code: keyof typeof CLOSE_CODES): void {
    this.#hub.errors.push(code);
    this.say({ type: 'error', code, detail: 'the memory hub says so' });
    this.end(CLOSE_CODES[code]);
  }

  suspend(): void {
    this.#expected = undefined;
  }

  #greet(epoch: string, firstHeld: Record<Lane, number>): void {
    this.#epoch = epoch;
    this.#firstHeld = firstHeld;
    this.#hub.hellos.push({ epoch, firstHeld, protocols: this.#protocols });
    this.say({
      type: 'hello',
      version: 1,
      serverTime: Date.now(),
      unit: { id: '019b76da-a800-7cc3-98c4-dc0c0c073991', callsign: 'R-101', status: this.#hub.status },
      config: { reportIntervalS: 10 },
      limits: LIMITS,
    });
    if (this.#hub.storing) this.resume();
  }

  resume(): void {
    if (this.#epoch === undefined) return;
    const streams = this.#hub.streamsOf(this.#epoch);
    const durable = Object.fromEntries(LANES.map((lane) => [lane, streams[lane].durable])) as Record<Lane, number>;
    this.#expected = { live: 1, backlog: 1, alarm: 1 };
    for (const lane of LANES) {
      this.#expected[lane] = Math.max(durable[lane] + 1, this.#firstHeld[lane]);
      this.#rewinding.add(lane);
    }
    this.say({ type: 'resume', durable });
  }

  #take({ lane, seq, items, type }: ItemFrame, bytes: number): void {
    if (bytes > LIMITS.frameBytes) return this.fail('frame_too_large');
    if ((lane === 'alarm') !== (type === 'events')) return this.fail('frame_malformed');
    if (this.#expected === undefined) return;
    const expected = this.#expected[lane];
    if (seq > expected && this.#rewinding.has(lane)) return;
    this.#rewinding.delete(lane);
    if (seq > expected) return this.fail('seq_gap');
    const stream = this.#hub.streamsOf(this.#epoch!)[lane];
    items.forEach((item, i) => {
      if (seq + i >= expected) stream.stored.push({ seq: seq + i, item });
    });
    this.#expected[lane] = Math.max(expected, seq + items.length);
    stream.durable = this.#expected[lane] - 1;
    if (this.#hub.acking) this.say({ type: 'ack', durable: { [lane]: stream.durable } });
  }
}
