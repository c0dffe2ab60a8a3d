import uWS, { type us_listen_socket, type WebSocket } from 'uWebSockets.js';

const FIX_HEAD_BYTES = 8;
const MAX_PAYLOAD_BYTES = 256 * 1024;
/** As the tracker has it: a crew is acknowledged this often, ms, and sooner once so many items wait. */
const PACE: Pace = { ms: 250, items: 8 };
/** How often those that wait are looked at, ms. */
const LOOK_MS = 25;

/** What a hub of the bench does with a frame besides acknowledging it. */
export type OnFrame = (frame: DataView) => void;

export interface Pace {
  readonly ms: number;
  readonly items: number;
}

/** What one crew is owed: the ack of its one lane. */
interface Debt {
  socket: WebSocket<Debt> | undefined; // from its opening on
  lane: number;
  durable: number;
  items: number;
  paidAt: number; // epoch ms
  isWaiting: boolean;
}

/**
 * A hub that does nothing: it greets, says `resume`, and acknowledges what comes at the pace at which the tracker does. What the load generator
 * shows against it is the cost of the harness itself, and the floor of any latency. With onFrame it is the crew's side of the naive hubs.
 */
export class NullHub {
  readonly app: uWS.TemplatedApp;
  /** While it does not, it only receives; what comes in then is acknowledged with what comes next. */
  acknowledges = true;
  readonly #pace: Pace;
  readonly #ack = new DataView(new ArrayBuffer(FIX_HEAD_BYTES));
  #waiting: Debt[] = [];

  constructor(onFrame?: OnFrame, pace = PACE) {
    this.#pace = pace;
    this.#ack.setUint8(0, 0x81);
    this.app = uWS.App().ws<Debt>('/crew', {
      maxPayloadLength: MAX_PAYLOAD_BYTES,
      idleTimeout: 60,
      upgrade: (res, req, context) => {
        const key = req.getHeader('sec-websocket-key');
        const protocol = req.getHeader('sec-websocket-protocol');
        const debt: Debt = { socket: undefined, lane: 0, durable: 0, items: 0, paidAt: 0, isWaiting: false };
        res.upgrade(debt, key, protocol, req.getHeader('sec-websocket-extensions'), context);
      },
      open: (ws) => {
        ws.getUserData().socket = ws;
      },
      message: (ws, message, isBinary) => {
        if (!isBinary) return greet(ws, message);
        const frame = new DataView(message);
        onFrame?.(frame);
        if (this.acknowledges) this.#owe(ws.getUserData(), frame);
      },
      close: (ws) => {
        ws.getUserData().socket = undefined;
      },
    });
  }

  #owe(debt: Debt, frame: DataView): void {
    const items = frame.getUint16(2, true);
    debt.lane = frame.getUint8(1);
    debt.durable = frame.getUint32(4, true) + items - 1;
    debt.items += items;
    const now = Date.now();
    if (this.#isDue(debt, now)) this.#pay(debt, now);
    else if (!debt.isWaiting) {
      debt.isWaiting = true;
      if (this.#waiting.push(debt) === 1) setTimeout(() => this.#lookAtWaiting(), LOOK_MS);
    }
  }

  #isDue({ items, paidAt }: Debt, now: number): boolean {
    return items >= this.#pace.items || now - paidAt >= this.#pace.ms;
  }

  #pay(debt: Debt, now: number): void {
    this.#ack.setUint8(1, debt.lane);
    this.#ack.setUint32(4, debt.durable, true);
    debt.items = 0;
    debt.paidAt = now;
    debt.socket?.send(this.#ack.buffer, true);
  }

  #lookAtWaiting(): void {
    const now = Date.now();
    this.#waiting = this.#waiting.filter((debt) => {
      debt.isWaiting = debt.items > 0 && !this.#isDue(debt, now);
      if (!debt.isWaiting && debt.items > 0) this.#pay(debt, now);
      return debt.isWaiting;
    });
    if (this.#waiting.length > 0) setTimeout(() => this.#lookAtWaiting(), LOOK_MS);
  }
}

function greet(ws: WebSocket<Debt>, message: ArrayBuffer): void {
  const { firstHeld = {} } = JSON.parse(Buffer.from(message).toString('utf8')) as { firstHeld?: { live?: number } };
  const limits = {
    frameBytes: 65_536,
    frameItems: 1000,
    framesPerS: 20,
    frameBurst: 200,
    window: 20_000,
    helloMs: 10_000,
    idleS: 60,
  };
  ws.send(
    JSON.stringify({
      type: 'hello',
      version: 1,
      serverTime: Date.now(),
      unit: null,
      config: { reportIntervalS: 1 },
      limits,
    }),
  );
  ws.send(JSON.stringify({ type: 'resume', durable: { live: (firstHeld.live ?? 1) - 1, backlog: 0, alarm: 0 } }));
}

/** Listens on a free port of 127.0.0.1 and returns it. */
export function listen(app: uWS.TemplatedApp): Promise<number> {
  return new Promise((resolve, reject) => {
    app.listen('127.0.0.1', 0, (socket: us_listen_socket | false) => {
      if (socket) resolve(uWS.us_socket_local_port(socket));
      else reject(new Error('no port to listen on'));
    });
  });
}
