import type uWS from 'uWebSockets.js';
import { Server } from 'socket.io';
import { NullHub } from './null-hub.js';

const HEAD_BYTES = 8;
const FIX_BYTES = 24;
const TICK_MS = 250;

/**
 * What somebody writes in an afternoon, on the same sockets: fixes come in as ever, are not stored, and go to all consoles as JSON.
 * - `each`: one socket.io message a fix, to everybody
 * - `tick`: four times a second one message with all that moved, to everybody
 */
export function naiveHub(kind: 'each' | 'tick'): uWS.TemplatedApp {
  const io = new Server({ transports: ['websocket'], serveClient: false });
  const consoles = io.of('/console');
  const moved = new Map<number, object>();
  const { app } = new NullHub((frame) => {
    const items = frame.getUint16(2, true);
    for (let i = 0, at = HEAD_BYTES; i < items; i++, at += FIX_BYTES) {
      const unit = {
        id: frame.getInt32(at + 6, true) ^ frame.getInt32(at + 10, true), // the frame does not say who; any number will do
        lon: frame.getInt32(at + 6, true) / 1e7,
        lat: frame.getInt32(at + 10, true) / 1e7,
        speedMps: frame.getUint16(at + 14, true) / 100,
        headingDeg: frame.getUint16(at + 16, true) / 100,
        fixTime: frame.getUint32(at, true) + frame.getUint16(at + 4, true) * 0x1_0000_0000,
        status: 'available',
      };
      if (kind === 'each') consoles.emit('unit', unit);
      else moved.set(unit.id, unit);
    }
  });
  if (kind === 'tick') {
    setInterval(() => {
      if (moved.size > 0) consoles.emit('units', [...moved.values()]);
      moved.clear();
    }, TICK_MS);
  }
  io.attachApp(app);
  return app;
}
