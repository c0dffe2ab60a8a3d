/**
 * A consumer of the feed as a process of its own, to be killed (mortal-consumer.ts): what it reads and the cursor after it go into its file in one
 * write, so that it goes on where it was. FEED_WAY is how it reads: by long poll, or by socket.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpApi } from './http-api.js';
import { SocketIoClient } from './socket-io-client.js';

const { FEED_URL, FEED_TOKEN, FEED_WAY, FEED_AFTER, FEED_TYPES, OUTPUT } = process.env as Record<string, string>;
const BATCH = 500;
const WAIT_S = 5;
const AGAIN_MS = 200;

interface Event {
  readonly id: string;
}

let cursor = FEED_AFTER!;
if (existsSync(OUTPUT!)) {
  const text = readFileSync(OUTPUT!, 'utf8');
  // a line that was not finished was not handled
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(OUTPUT!, Buffer.byteLength(whole));
  const last = whole.trimEnd().split('\n').at(-1)!;
  if (last !== '') cursor = (JSON.parse(last) as [string])[0];
}

function handle(events: readonly Event[], upTo: string): void {
  cursor = upTo;
  if (events.length > 0) appendFileSync(OUTPUT!, `${JSON.stringify([upTo, ...events.map(({ id }) => id)])}\n`);
}

async function poll(): Promise<never> {
  const api = new HttpApi(FEED_URL!, FEED_TOKEN!);
  for (;;) {
    const query = `after=${cursor}&limit=${BATCH}&wait=${WAIT_S}&types=${FEED_TYPES}`;
    const answer = await api.exchange('GET', `/api/v1/feed?${query}`).catch(() => undefined);
    if (answer?.status === 200) handle(answer.body.events as Event[], answer.body.cursor as string);
    else {
      if (answer !== undefined && answer.status < 500) process.stdout.write(`${answer.body.code}\n`);
      await sleep(AGAIN_MS);
    }
  }
}

async function listen(): Promise<never> {
  for (;;) {
    let over = (_: unknown) => {};
    const ended = new Promise((resolve) => {
      over = resolve;
    });
    try {
      const socket = await SocketIoClient.connect(
        FEED_URL!,
        '/feed',
        { token: FEED_TOKEN },
        {
          event: (name, args, acknowledge) => {
            if (name === 'problem') process.stdout.write(`${(args[0] as { code: string }).code}\n`);
            if (name !== 'events') return;
            handle(args[0] as Event[], args[1] as string);
            acknowledge?.();
          },
          bytes: () => {},
          closed: over,
        },
      );
      const started = socket.ask<{ ok: boolean; code?: string }>('start', {
        after: cursor,
        types: FEED_TYPES!.split(','),
      });
      const answer = await Promise.race([started, ended]);
      if (typeof answer === 'object' && 'code' in answer!) process.stdout.write(`${answer.code}\n`);
      await ended;
    } catch {
      // the hub is away
    }
    await sleep(AGAIN_MS);
  }
}

process.on('disconnect', () => process.exit());
await (FEED_WAY === 'poll' ? poll() : listen());
