import type { Outbox } from '../outbox/outbox.js';
import { FrameBudget } from './frame-budget.js';
import {
  CLOSE_CODES,
  CREW_PROTOCOL_VERSION,
  type DurableSeqs,
  type Fix,
  fittingItems,
  type HubMessage,
  type ItemFrame,
  LANES,
  type Lane,
  LIMITS,
  readHubMessage,
} from './wire.js';

const SUBPROTOCOL = 'vanags.crew.v1';
/** Share of the window that fixes leave free, so that an alarm never waits for their acks. */
const ALARM_SHARE = 0.05;
/** The backlog goes at this pace, so that it stands in nobody's way (tracker/PROTOCOL.md, "What to send first"). */
const BACKLOG = { frameItems: 200, everyMs: 250, maxUnacked: 2000 } as const;
/** Bytes that the browser has not sent yet, above which nothing is added: a thin mobile link. */
const FULL_SOCKET_BYTES = 256 * 1024;
const WATCH_MS = 1000;
/** From connecting to the hub's hello. */
const GREET_LIMIT_MS = 15_000;
/** An event sent and not acknowledged for so long: the connection may be dead, and nothing but a new one tells. */
const ALARM_ACK_LIMIT_MS = 8000;
/**
 * A browser can neither ping nor see the hub's pings. After so long without a word the page says hello anew: that proves the
 * connection, and brings the unit's status as the hub has it.
 */
const SILENCE_LIMIT_MS = 45_000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;

/** What a socket tells; nothing after it was closed counts. */
export interface SocketEvents {
  opened(): void;
  heard(data: unknown): void;
  closed(code: number): void;
}

/** What the connection needs of a browser's WebSocket. */
export interface SocketLike {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number): void;
}

export type OpenSocket = (url: string, protocols: string[], events: SocketEvents) => SocketLike;

/** A browser's own. */
export const openWebSocket: OpenSocket = (url, protocols, events) => {
  const socket = new WebSocket(url, protocols);
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }) => events.heard(data);
  socket.onclose = ({ code }) => events.closed(code);
  return socket;
};

/** Why the connection has stopped for good; a person must do something. */
export type StopReason = 'fenced' | 'device_revoked' | 'version_unsupported';

/**
 * `waiting`: it is tried again by itself; `greeted`: the hub answers and shows fixes live, but stores nothing (yet);
 * `resumed`: what is sent is stored.
 */
export type ConnectionPhase = 'off' | 'connecting' | 'greeted' | 'resumed' | 'waiting' | 'stopped';

export interface ConnectionListener {
  /** Phase, seqs or held items have changed. */
  changed(): void;
  /** Anything the hub says besides `resume`, `ack` and `error`. */
  heard(message: Exclude<HubMessage, { type: 'resume' | 'ack' | 'error' }>): void;
}

export interface CrewConnectionOptions {
  /** `ws(s)://HOST/crew`. */
  readonly url: string;
  readonly token: string;
  readonly outbox: Outbox;
  readonly listener: ConnectionListener;
  readonly openSocket: OpenSocket;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Steady clock, milliseconds. */
  readonly steadyNow?: () => number;
}

/** One socket: what is true of it ends with it. */
interface Session {
  readonly socket: SocketLike;
  limits: { readonly [K in keyof typeof LIMITS]: number };
  greeted: boolean;
  resumed: boolean;
  /** Last seq of each lane sent on this socket, or known to be durable. */
  readonly sent: Record<Lane, number>;
  budget: FrameBudget;
  readonly openedAt: number;
  heardAt: number;
  /** When the oldest unacknowledged event was sent on this socket; undefined: none is. */
  alarmSentAt: number | undefined;
}

type Timer = ReturnType<typeof setTimeout>;

/** Speaks tracker/PROTOCOL.md for one outbox: nothing it holds is lost, nothing arrives twice, whatever the network does. */
export class CrewConnection {
  readonly #options: Required<CrewConnectionOptions>;
  #session: Session | undefined;
  #phase: ConnectionPhase = 'off';
  #stopReason: StopReason | undefined;
  #lastError: string | undefined;
  #attempts = 0;
  #retryTimer: Timer | undefined;
  #watchTimer: ReturnType<typeof setInterval> | undefined;
  #pumpTimer: Timer | undefined;
  #backlogTimer: Timer | undefined;
  #numbering = false;

  constructor(options: CrewConnectionOptions) {
    this.#options = { now: Date.now, steadyNow: () => performance.now(), ...options };
    options.outbox.onRestart = () => this.again();
  }

  get phase(): ConnectionPhase {
    return this.#phase;
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  /** The hub's last error code since it last resumed. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Attempts since it last resumed that came to nothing. */
  get attempts(): number {
    return this.#attempts;
  }

  /** True when the item went out on the present socket, to be stored. */
  hasSent(lane: Lane, seq: number): boolean {
    return this.#session?.resumed === true && this.#session.sent[lane] >= seq;
  }

  /** Connects, and stays connected until `stop`. After `stopped` only a person may ask for it. */
  start(): void {
    if (this.#session !== undefined) return;
    clearTimeout(this.#retryTimer);
    this.#stopReason = undefined;
    this.#attempts = 0;
    this.#connect();
  }

  stop(): void {
    this.#leave(1000);
    clearTimeout(this.#retryTimer);
    this.#setPhase('off');
  }

  /** The network may be back: does not wait for the next attempt. */
  hurry(): void {
    if (this.#phase !== 'waiting') return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  }

  /** Leaves this socket and says hello on another, at once if this one worked. */
  again(): void {
    if (this.#session === undefined) return;
    const worked = this.#session.resumed;
    this.#leave();
    if (worked) this.#connect();
    else this.#comeBack();
  }

  /** The network is known to be gone. */
  networkLost(): void {
    if (this.#session === undefined) return;
    this.#leave();
    this.#comeBack();
  }

  /** A fix of the sensor: live while the hub listens, else backlog. Resolves when it is kept. */
  async reportFix(fix: Fix): Promise<void> {
    const gap = await this.#options.outbox.addFix(fix, () => (this.#session?.greeted ? 'live' : 'backlog'));
    if (gap)
      this.again(); // the hub learns from the next hello that they will not come
    else this.pump();
    this.#options.listener.changed();
  }

  // the socket

  #connect(): void {
    const { url, token, outbox, openSocket, steadyNow } = this.#options;
    this.#setPhase('connecting');
    const current = () => this.#session === session;
    const socket = openSocket(url, [SUBPROTOCOL, `bearer.${token}`], {
      opened: () => {
        if (current()) this.#greet(session);
      },
      heard: (data) => {
        if (!current()) return;
        session.heardAt = steadyNow();
        const message = typeof data === 'string' ? readHubMessage(data) : undefined;
        if (message !== undefined) this.#take(session, message);
      },
      closed: (code) => {
        if (!current()) return;
        this.#leave();
        const known = (['fenced', 'device_revoked', 'version_unsupported'] as const).find(
          (reason) => CLOSE_CODES[reason] === code,
        );
        if (known === undefined) this.#comeBack();
        else this.#stopFor(known);
      },
    });
    const now = steadyNow();
    const session: Session = {
      socket,
      limits: LIMITS,
      greeted: false,
      resumed: false,
      sent: {
        live: outbox.firstHeld('live') - 1,
        backlog: outbox.firstHeld('backlog') - 1,
        alarm: outbox.firstHeld('alarm') - 1,
      },
      budget: new FrameBudget(LIMITS, now),
      openedAt: now,
      heardAt: now,
      alarmSentAt: undefined,
    };
    this.#session = session;
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_MS);
  }

  #greet({ socket }: Session): void {
    const { outbox } = this.#options;
    const { epoch } = outbox;
    const firstHeld = Object.fromEntries(LANES.map((lane) => [lane, outbox.firstHeld(lane)]));
    socket.send(JSON.stringify({ type: 'hello', version: CREW_PROTOCOL_VERSION, epoch, encoding: 'json', firstHeld }));
  }

  #leave(code?: number): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    clearInterval(this.#watchTimer);
    clearTimeout(this.#pumpTimer);
    clearTimeout(this.#backlogTimer);
    this.#pumpTimer = this.#backlogTimer = undefined;
    this.#options.outbox.waitInBacklog();
    session.socket.close(code);
  }

  #comeBack(): void {
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#attempts++, 20));
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#connect(), waitMs * (0.5 + Math.random() / 2));
    this.#setPhase('waiting');
  }

  /** A device that is fenced, revoked or too old must not come back by itself. */
  #stopFor(reason: StopReason): void {
    this.#leave(1000);
    clearTimeout(this.#retryTimer);
    this.#stopReason = reason;
    this.#setPhase('stopped');
  }

  #watch(): void {
    const session = this.#session;
    if (session === undefined) return;
    const now = this.#options.steadyNow();
    const late = session.alarmSentAt !== undefined && now - session.alarmSentAt > ALARM_ACK_LIMIT_MS;
    const silent = now - session.heardAt > SILENCE_LIMIT_MS;
    const unanswered = !session.greeted && now - session.openedAt > GREET_LIMIT_MS;
    if (late || silent || unanswered) this.again();
  }

  #setPhase(phase: ConnectionPhase): void {
    this.#phase = phase;
    this.#options.listener.changed();
  }

  // what the hub says

  #take(session: Session, message: HubMessage): void {
    const { outbox, listener, steadyNow } = this.#options;
    switch (message.type) {
      case 'hello':
        session.greeted = true;
        session.limits = message.limits;
        session.budget = new FrameBudget(message.limits, steadyNow());
        outbox.newestFirst();
        // until the hub says from where to send again, only what is new goes, for the live picture
        session.sent.live = outbox.nextSeq('live') - 1;
        this.#setPhase('greeted');
        listener.heard(message);
        return this.pump();
      case 'resume':
        return this.#resume(session, message.durable);
      case 'ack':
        for (const lane of LANES) {
          const seq = message.durable[lane];
          if (seq !== undefined) this.#acked(session, lane, seq);
        }
        return;
      case 'error':
        this.#lastError = message.code;
        if (message.code === 'fenced' || message.code === 'device_revoked' || message.code === 'version_unsupported')
          return this.#stopFor(message.code);
        return listener.changed();
      default:
        listener.heard(message);
    }
  }

  #resume(session: Session, durable: DurableSeqs): void {
    const { outbox } = this.#options;
    if (LANES.some((lane) => durable[lane] >= outbox.nextSeq(lane))) {
      // the hub has seqs that this outbox has not used: under its epoch new items would be taken for old ones
      this.#leave();
      void outbox.restart().then(() => this.#comeBack());
      return;
    }
    this.#attempts = 0;
    this.#lastError = undefined;
    session.resumed = true;
    session.alarmSentAt = undefined;
    for (const lane of LANES) {
      session.sent[lane] = Math.max(durable[lane], outbox.firstHeld(lane) - 1);
      this.#release(lane, durable[lane]);
    }
    this.#setPhase('resumed');
    this.pump();
  }

  #acked(session: Session, lane: Lane, seq: number): void {
    // of nothing that was sent, or before we know that its streams are ours
    if (!session.resumed || seq >= this.#options.outbox.nextSeq(lane)) return;
    if (session.sent[lane] < seq) session.sent[lane] = seq; // it came for what was about to be sent again
    if (lane === 'alarm') session.alarmSentAt = session.sent.alarm > seq ? this.#options.steadyNow() : undefined;
    this.#release(lane, seq);
  }

  #release(lane: Lane, seq: number): void {
    const { outbox, listener, now } = this.#options;
    if (seq < outbox.firstHeld(lane)) return;
    void outbox.release(lane, seq, now()).then(() => {
      listener.changed();
      this.pump();
    });
  }

  // sending

  /** Sends all that may go now: alarms, then live fixes; the backlog follows at its own pace. */
  pump(): void {
    const session = this.#session;
    if (session === undefined || !session.greeted) return;
    const { outbox } = this.#options;
    if (session.resumed) this.#sendLane(session, 'alarm');
    this.#sendLane(session, 'live');
    if (outbox.waiting.live > 0) {
      const room = Math.floor(session.limits.window * (1 - ALARM_SHARE)) - outbox.held;
      if (room > 0) this.#number('live', room);
    }
    const hasBacklog = outbox.waiting.backlog > 0 || session.sent.backlog < outbox.nextSeq('backlog') - 1;
    if (session.resumed && hasBacklog) this.#backlogTimer ??= setTimeout(() => this.#drain(), BACKLOG.everyMs);
    this.#options.listener.changed();
  }

  #number(lane: 'live' | 'backlog', max: number): void {
    if (this.#numbering) return;
    this.#numbering = true;
    void this.#options.outbox.number(lane, max).then(() => {
      this.#numbering = false;
      this.pump();
    });
  }

  #drain(): void {
    this.#backlogTimer = undefined;
    const session = this.#session;
    if (session === undefined || !session.resumed) return;
    const { outbox } = this.#options;
    if (session.sent.backlog < outbox.nextSeq('backlog') - 1) this.#sendFrame(session, 'backlog', BACKLOG.frameItems);
    else {
      const room = Math.min(BACKLOG.frameItems, BACKLOG.maxUnacked - outbox.held);
      if (room > 0) this.#number('backlog', room);
    }
    this.pump();
  }

  #sendLane(session: Session, lane: Lane): void {
    while (session.sent[lane] < this.#options.outbox.nextSeq(lane) - 1) {
      if (!this.#sendFrame(session, lane, session.limits.frameItems)) return;
    }
  }

  /** Sends the lane's next items, at most max, in one frame. Returns false if nothing may go now; it is tried again by itself. */
  #sendFrame(session: Session, lane: Lane, max: number): boolean {
    const { outbox, steadyNow } = this.#options;
    const { socket, sent, limits, budget } = session;
    const seq = Math.max(sent[lane] + 1, outbox.firstHeld(lane));
    const room = limits.window - (seq - outbox.firstHeld(lane));
    if (room <= 0) return false; // the next ack makes room
    if (socket.bufferedAmount > FULL_SOCKET_BYTES) return this.#pumpIn(100);
    const now = steadyNow();
    if (!budget.take(now)) return this.#pumpIn(budget.waitMs);
    const items = outbox.read(lane, seq, Math.min(max, room));
    const fitting = items.slice(0, fittingItems(items, limits.frameBytes));
    const frame: ItemFrame = { type: lane === 'alarm' ? 'events' : 'fixes', lane, seq, items: fitting };
    socket.send(JSON.stringify(frame));
    sent[lane] = seq + fitting.length - 1;
    if (lane === 'alarm') session.alarmSentAt ??= now;
    return true;
  }

  #pumpIn(waitMs: number): false {
    this.#pumpTimer ??= setTimeout(() => {
      this.#pumpTimer = undefined;
      this.pump();
    }, waitMs);
    return false;
  }
}
