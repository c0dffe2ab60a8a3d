import { afterEach, expect, it } from 'vitest';
import { CrewSocket } from './crew-socket.js';
import { clientFrame, FIX_BYTES, HEAD_BYTES, writeHead } from './fix-encoder.js';
import { listen, NullHub, type Pace } from './null-hub.js';

const BINARY = 2;
const LIVE = 0;

let hub: NullHub;
let crew: CrewSocket;
afterEach(() => {
  crew.destroy();
  hub.app.close();
});

/**
 * Sends a frame of so many fixes each, all in one write, and resolves with the acks once everything is acknowledged. For the first `silentFrames`
 * the hub does not acknowledge.
 */
async function acksOf(frames: readonly number[], pace?: Pace, silentFrames = 0): Promise<number[]> {
  let received = 0;
  hub = new NullHub(() => {
    hub.acknowledges = ++received > silentFrames;
  }, pace);
  const port = await listen(hub.app);
  const total = frames.reduce((sum, fixes) => sum + fixes, 0);
  return new Promise((resolve, reject) => {
    const acks: number[] = [];
    crew = new CrewSocket(new URL(`ws://127.0.0.1:${port}/crew`), 'token', 0, {
      opened: () => crew.sendText(JSON.stringify({ type: 'hello', version: 1, firstHeld: { live: 1 } })),
      text: (message) => {
        if (JSON.parse(message).type === 'resume') crew.send(written(frames));
      },
      binary: (payload) => {
        for (let at = 0; at < payload.length; at += 8) acks.push(payload.readUInt32LE(at + 4));
        if (acks.at(-1) === total) resolve(acks);
      },
      closed: (reason) => reject(new Error(reason)),
    });
  });
}

function written(frames: readonly number[]): Buffer {
  let seq = 1;
  return Buffer.concat(
    frames.map((fixes) => {
      const { frame, payloadAt } = clientFrame(BINARY, HEAD_BYTES + fixes * FIX_BYTES);
      writeHead(frame, payloadAt, LIVE, fixes, seq);
      seq += fixes;
      return frame;
    }),
  );
}

it('a crew that sends fast has one ack for several frames, and in the end for all', async () => {
  expect(await acksOf(Array(10).fill(1), { ms: 500, items: 8 })).toEqual([1, 9, 10]);
});

it('frames of many fixes have an ack each', async () => {
  expect(await acksOf([10, 10, 10])).toEqual([10, 20, 30]);
});

it('what comes while it does not acknowledge is acknowledged with what comes next', async () => {
  expect(await acksOf([1, 10, 1, 10], undefined, 3)).toEqual([22]);
});
