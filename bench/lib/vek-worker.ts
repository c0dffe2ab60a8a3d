/** A process of desks and of readers of the feed: started by name, told what to do by vek.bench.ts. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { createRandom } from '../../fixtures/world/seeded-random.js';
import { townPlaces } from './fleet.js';
import { HttpApi } from './http-api.js';
import { LatencyRecorder } from './latency.js';
import { saturation } from './saturation.js';
import { SocketIoClient } from './socket-io-client.js';
import type { RushResult, SteadyResult, VekOrder, VekRecord } from './vek-messages.js';

const TURN_MS = 2;
/** For what was due to be answered and told of. */
const DRAIN_MS = 20_000;
const AGAIN_MS = 200;
const STATUSES = ['out_of_service', 'available'] as const;

const clock = () => performance.timeOrigin + performance.now();
const answered = new LatencyRecorder();
const told = new LatencyRecorder();
const exchanged = new LatencyRecorder();
/** How late a command was given. */
const lag = new LatencyRecorder();
const veks: string[] = [];
const faults = new Set<string>();
let ended = 0;
let refused = 0;
/** Reports come from where people live, so that few of them lie close together. */
const places = townPlaces(createRandom(112, 'cards'), 10_000);
let api: HttpApi;
let units: readonly string[] = [];
let readers = 0;
let isStuck = false;
/** When what an event tells of was due, by its card, or by its unit and status; and how many readers have been told of it. */
const due = new Map<string, number>();
let received = 0;

interface Event {
  readonly type: string;
  readonly data: { readonly vekId?: string | null; readonly unitId?: string; readonly to?: string };
}

/** Which of what was due an event tells of. */
const keyOf = ({ type, data }: Event) =>
  type === 'lv.vanags.vek.created.v1' ? data.vekId! : `${data.unitId}/${data.to}`;

/** How many of the readers are timed. */
const counted = () => (readers > 1 ? readers - 1 : readers);

/** A reader that comes again when it is sent away; a stuck one never acknowledges, and is sent away again and again. */
async function read(no: number, url: string, token: string, types: readonly string[], started: () => void) {
  for (;;) {
    await new Promise<void>((resolve) => {
      const opening = SocketIoClient.connect(
        url,
        '/feed',
        { token },
        {
          event: (name, args, acknowledge) => {
            if (name !== 'events' || (no === 0 && isStuck)) return;
            acknowledge?.();
            if (no < readers - counted()) return;
            const now = clock();
            for (const event of args[0] as Event[]) {
              const dueAt = due.get(keyOf(event));
              if (dueAt === undefined) continue;
              told.record(now - dueAt);
              received++;
            }
          },
          bytes: () => {},
          closed: () => resolve(),
        },
      );
      opening
        .then((socket) => socket.ask<{ ok: boolean; code?: string }>('start', { types }))
        .then(({ ok, code }) => (ok ? started() : faults.add(`a reader was refused: ${code}`)))
        .catch(() => resolve());
    });
    await sleep(AGAIN_MS);
  }
}

async function open(order: Extract<VekOrder, { type: 'open' }>): Promise<void> {
  api = new HttpApi(order.url, order.token);
  ({ units, readers } = order);
  const started = Array.from(
    { length: readers },
    (_, no) => new Promise<void>((resolve) => void read(no, order.url, order.readerToken, order.types, resolve)),
  );
  await Promise.all(started);
}

/** Gives a command that must go through; again where the tracker has no connection to spare, as its client should. Returns the answer's body. */
async function command(method: string, path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const sentAt = clock();
    const answer = await api.exchange(method, path, body);
    exchanged.record(clock() - sentAt);
    if (answer.status === 503) {
      refused++;
      await sleep(AGAIN_MS);
      continue;
    }
    if (answer.status >= 300)
      faults.add(`${method} ${path.replaceAll(/[0-9a-f-]{36}/g, '…')}: ${answer.status} ${answer.body.code}`);
    return answer.body;
  }
}

async function take(id: string): Promise<void> {
  await command('POST', '/api/v1/veks', {
    id,
    channel: 'voice',
    priority: 'P4',
    ...places[veks.length % places.length],
  });
  veks.push(id);
}

async function rush({ seconds, underWay }: Extract<VekOrder, { type: 'rush' }>): Promise<RushResult> {
  const startedAt = clock();
  const until = startedAt + seconds * 1000;
  const refusedBefore = refused;
  const utilization = performance.eventLoopUtilization();
  exchanged.reset();
  let commands = 0;
  await Promise.all(
    Array.from({ length: underWay }, async () => {
      while (clock() < until) {
        const id = uuidv7();
        await take(id);
        const { version } = await command('PATCH', `/api/v1/veks/${id}`, { version: 1, summary: 'seen from the road' });
        await command('POST', `/api/v1/veks/${id}/close`, { version });
        ended++;
        commands += 3;
      }
    }),
  );
  return {
    commands,
    seconds: (clock() - startedAt) / 1000,
    exchanged: exchanged.encoded(),
    refused: refused - refusedBefore,
    saturated: saturation(performance.eventLoopUtilization(utilization).utilization, 0),
  };
}

async function steady(order: Extract<VekOrder, { type: 'steady' }>): Promise<SteadyResult> {
  const { seconds, perSecond, what } = order;
  ({ isStuck } = order);
  answered.reset();
  told.reset();
  lag.reset();
  due.clear();
  received = 0;
  const utilization = performance.eventLoopUtilization();
  const gapMs = 1000 / perSecond;
  const startAt = clock() + 50;
  const total = Math.floor(seconds * perSecond);
  const underWay: Promise<void>[] = [];
  for (let next = 0; next < total; ) {
    for (; next < total && clock() >= startAt + next * gapMs; next++) {
      const dueAt = startAt + next * gapMs;
      lag.record(clock() - dueAt);
      const one =
        what === 'cards'
          ? takeDue(dueAt)
          : tell(units[next % units.length]!, STATUSES[Math.floor(next / units.length) % 2]!, dueAt);
      underWay.push(one.then(() => answered.record(clock() - dueAt)));
    }
    await sleep(TURN_MS);
  }
  const { utilization: busy } = performance.eventLoopUtilization(utilization);
  await Promise.all(underWay);
  const expected = order.isRead ? total * counted() : 0;
  const until = clock() + DRAIN_MS;
  while (received < expected && clock() < until) await sleep(TURN_MS);
  const saturated = saturation(busy, lag.at(99));
  return { answered: answered.encoded(), told: told.encoded(), expected, received, saturated };
}

function takeDue(dueAt: number): Promise<void> {
  const id = uuidv7();
  due.set(id, dueAt);
  return take(id);
}

async function tell(unitId: string, status: string, dueAt: number): Promise<void> {
  due.set(`${unitId}/${status}`, dueAt);
  await command('POST', `/api/v1/units/${unitId}/status`, { status, overrideReason: 'bench' });
}

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', async (order: VekOrder) => {
  switch (order.type) {
    case 'open':
      await open(order);
      return process.send?.({});
    case 'rush':
      return process.send?.(await rush(order));
    case 'steady':
      return process.send?.(await steady(order));
    case 'record':
      return process.send?.({ veks, ended, refused, faults: [...faults] } satisfies VekRecord);
  }
});
