/** A client that means harm, in a process of its own: it does one thing as hard as it can, and comes back at once whenever it is sent away. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrewSocket } from './crew-socket.js';
import { clientFrame, FIX_BYTES, HEAD_BYTES, UNKNOWN, UNKNOWN_ALTITUDE, writeFix, writeHead } from './fix-encoder.js';
import type { Attack, AttackOrder, AttackReport } from './hostile-messages.js';

const BINARY = 2;
const LIVE = 0;
const FRAMES_PER_S = 100_000;
const HUGE_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
const TURN_MS = 5;
/** 15 frames a second. */
const NEVER_READING_EVERY = 13;
/** Refused, it tries again after this: as often as a loop without a pause could. */
const AGAIN_MS = 2;

const closes: Record<string, number> = {};
const told = { connections: 0, refused: 0, bytes: 0, frames: 0 };

/** A frame of rubbish behind a good WebSocket head, ready-made. */
function rubbish(): Buffer {
  const bytes = randomBytes(200 + Math.floor(Math.random() * 2000));
  const { frame, payloadAt } = clientFrame(BINARY, bytes.length);
  bytes.copy(frame, payloadAt);
  return frame;
}

/** The smallest frame in which nothing is wrong: a fix that the hub has, or will have after the first. */
function smallFrame(): Buffer {
  const { frame, payloadAt } = clientFrame(BINARY, HEAD_BYTES + FIX_BYTES);
  writeHead(frame, payloadAt, LIVE, 1, 1);
  writeFix(frame, payloadAt + HEAD_BYTES, {
    timeMs: Date.now(),
    lonE7: 241_000_000,
    latE7: 569_500_000,
    speedCmps: UNKNOWN,
    headingCdeg: UNKNOWN,
    accuracyDm: UNKNOWN,
    altitudeM: UNKNOWN_ALTITUDE,
    flags: 0,
  });
  return frame;
}

const small = smallFrame();
const manySmall = Buffer.concat(Array.from({ length: (FRAMES_PER_S * TURN_MS) / 1000 }, () => small));
const hello = (epoch: string) => JSON.stringify({ type: 'hello', version: 1, epoch, encoding: 'json', firstHeld: {} });
/** The head of one frame that says that it is 64 MiB long, with a mask of zeros. */
const hugeHead = Buffer.from([0x82, 0xff, 0, 0, 0, 0, (HUGE_BYTES >>> 24) & 255, 0, 0, 0, 0, 0, 0, 0]);

/** What is written in one turn of the attack; undefined: nothing now. */
function turnOf(attack: Attack, turn: number): { bytes: Buffer; frames: number } | undefined {
  switch (attack) {
    case 'rubbish':
      return { bytes: rubbish(), frames: 1 };
    case 'slow_bytes': // of a frame that never ends
      return { bytes: turn === 0 ? Buffer.from([0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0]) : Buffer.from([0]), frames: 0 };
    case 'huge_frames':
      return turn % (HUGE_BYTES / CHUNK_BYTES + 1) === 0
        ? { bytes: hugeHead, frames: 1 }
        : { bytes: Buffer.alloc(CHUNK_BYTES), frames: 0 };
    case 'flood':
      return { bytes: manySmall, frames: manySmall.length / small.length };
    case 'never_reading': // each is answered, and no answer is taken; within the limits, so that it may stay
      return turn % NEVER_READING_EVERY === 0 ? { bytes: small, frames: 1 } : undefined;
  }
}

async function run({ attack, url, token, seconds }: AttackOrder): Promise<AttackReport> {
  const endAt = performance.now() + seconds * 1000;
  const epoch = randomBytes(8).toString('hex');
  while (performance.now() < endAt) {
    let open = false;
    let over = false;
    const socket = new CrewSocket(new URL(url), token, 0, {
      opened() {
        open = true;
        told.connections++;
        if (attack !== 'rubbish') socket.sendText(hello(epoch));
        if (attack === 'never_reading') socket.pause();
      },
      text() {},
      binary() {},
      closed(reason) {
        over = true;
        if (open) closes[reason] = (closes[reason] ?? 0) + 1;
        else told.refused++;
      },
    });
    for (let turn = 0; !over && performance.now() < endAt; ) {
      await sleep(open ? TURN_MS : 1);
      if (!open || over || socket.waiting > 4 * CHUNK_BYTES) continue;
      const written = turnOf(attack, turn++);
      if (written === undefined) continue;
      socket.send(written.bytes);
      told.bytes += written.bytes.length;
      told.frames += written.frames;
    }
    socket.destroy();
    await sleep(AGAIN_MS);
  }
  return { ...told, closes: { ...closes } };
}

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {}); // Ctrl-C reaches the whole group; the bench ends us
process.on('message', async (order: AttackOrder) => {
  for (const key of Object.keys(closes)) delete closes[key];
  told.connections = told.refused = told.bytes = told.frames = 0;
  process.send?.(await run(order));
});
