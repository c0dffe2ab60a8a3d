import uWS, { type us_listen_socket, type WebSocket } from 'uWebSockets.js';

const FIX_HEAD_BYTES = 8;
const MAX_PAYLOAD_BYTES = 256 * 1024;

/** What a hub of the bench does with a frame besides acknowledging it. */
export type OnFrame = (frame: DataView) => void;

/**
 * A hub that does nothing: it greets, says `resume`, and acknowledges each frame as soon as it is there. What the load generator shows against
 * it is the cost of the harness itself, and the floor of any latency. With onFrame it is the crew's side of the naive hubs.
 */
export function nullHub(onFrame?: OnFrame): uWS.TemplatedApp {
  return uWS.App().ws<object>('/crew', {
    maxPayloadLength: MAX_PAYLOAD_BYTES,
    idleTimeout: 60,
    upgrade: (res, req, context) => {
      const key = req.getHeader('sec-websocket-key');
      const protocol = req.getHeader('sec-websocket-protocol');
      res.upgrade({}, key, protocol, req.getHeader('sec-websocket-extensions'), context);
    },
    message: (ws, message, isBinary) => {
      if (!isBinary) return greet(ws, message);
      const frame = new DataView(message);
      onFrame?.(frame);
      const ack = new DataView(new ArrayBuffer(FIX_HEAD_BYTES));
      ack.setUint8(0, 0x81);
      ack.setUint8(1, frame.getUint8(1));
      ack.setUint32(4, frame.getUint32(4, true) + frame.getUint16(2, true) - 1, true);
      ws.send(ack.buffer, true);
    },
  });
}

function greet(ws: WebSocket<object>, message: ArrayBuffer): void {
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
