import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeRouter } from '../../test/fake-router.js';
import type { RouterError } from '../errors.js';
import { lonLat } from '../geo/lon-lat.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { FallbackRouter } from './fallback-router.js';
import { OsrmRouter } from './osrm-router.js';
import type { Router } from './router.js';

const QUESTION = { from: { at: lonLat(24.1, 56.9) }, to: { at: lonLat(24.2, 56.95) }, profile: 'car' };
const TABLE = { sources: [QUESTION.from], targets: [QUESTION.to], profile: 'car' };
/** For tests of being late; the others wait as long as a busy machine needs. */
const SHORT_WAIT_MS = 150;
const LONG_WAIT_MS = 20_000;

/** The built-in network as the fallback sees it: it answers, and counts how often. */
function createBuiltIn(): Router & { asked: number } {
  const end = { at: [24.1, 56.9] as [number, number], offRoadM: 0, offRoadMs: 0, snappedElsewhere: false };
  const origin = { source: 'built-in', closures: 'in_force' } as const;
  return {
    asked: 0,
    async route() {
      this.asked++;
      return {
        ...origin,
        kind: 'route',
        travelMs: 7,
        distanceM: 1,
        start: end,
        end,
        line: [end.at, end.at],
        steps: [],
      };
    },
    async table() {
      this.asked++;
      return {
        ...origin,
        kind: 'table',
        travelMs: Uint32Array.of(7),
        starts: [end],
        ends: [end],
        elsewhere: new Map(),
      };
    },
  };
}

describe('FallbackRouter', () => {
  let fake: FakeRouter;
  let clock: { ms: number };
  let failures: string[];
  let closed: boolean;
  beforeEach(async () => {
    fake = await FakeRouter.start();
    clock = { ms: 0 };
    failures = [];
    closed = false;
  });
  afterEach(() => fake.stop());

  function create(builtIn = createBuiltIn(), waitMs = LONG_WAIT_MS): FallbackRouter {
    return new FallbackRouter({
      outside: new OsrmRouter({ url: fake.url, profiles: { car: 'driving' }, waitMs: LONG_WAIT_MS }),
      builtIn,
      waitMs,
      breaker: new CircuitBreaker({ failures: 3, pauseMs: 1000, longestPauseMs: 4000 }, () => clock.ms),
      closuresInForce: () => closed,
      onFailure: ({ code }: RouterError) => failures.push(code),
    });
  }

  it('G72 the outside router answers while it can, and the built-in network is not asked', async () => {
    const builtIn = createBuiltIn();
    const router = create(builtIn);
    const route = await router.route(QUESTION);
    expect(route).toMatchObject({ kind: 'route', source: 'osrm' });
    expect(route).not.toHaveProperty('fallback');
    expect(await router.table(TABLE)).toMatchObject({ kind: 'table', source: 'osrm' });
    expect(builtIn.asked).toBe(0);
  });

  it.each([
    ['never', 'router_timeout'],
    ['reset', 'router_connection'],
    ['half', 'router_connection'],
    ['html', 'router_not_json'],
    ['error', 'router_status'],
  ] as const)(
    'G72 when it answers "%s", the built-in network does, and the answer says why',
    async (manner, fallback) => {
      fake.manner = manner;
      const router = create(createBuiltIn(), manner === 'never' ? SHORT_WAIT_MS : LONG_WAIT_MS);
      expect(await router.route(QUESTION)).toMatchObject({ kind: 'route', source: 'built-in', fallback, travelMs: 7 });
      expect(await router.table(TABLE)).toMatchObject({ kind: 'table', source: 'built-in', fallback });
      expect(failures).toEqual([fallback, fallback]);
    },
  );

  it('G72 a refusal is answered by the built-in network and is no failure', async () => {
    fake.manner = { json: { code: 'NoRoute' }, status: 400 };
    const router = create();
    for (let i = 0; i < 5; i++) {
      expect(await router.route(QUESTION)).toMatchObject({ source: 'built-in', fallback: 'router_refused' });
    }
    expect(router.breaker.state).toBe('closed');
    expect(failures).toEqual([]);
  });

  it('G72 it is left alone after three failures, tried once after the pause, and trusted again when it answers', async () => {
    fake.manner = 'reset';
    const router = create();
    for (let i = 0; i < 3; i++) await router.route(QUESTION);
    expect(fake.asked).toHaveLength(3);
    expect(await router.route(QUESTION)).toMatchObject({ source: 'built-in', fallback: 'router_paused' });
    expect(fake.asked).toHaveLength(3);

    clock.ms = 1000;
    fake.manner = 'slow';
    const [tried, beside] = await Promise.all([router.route(QUESTION), router.route(QUESTION)]);
    expect([tried.source, beside.source, beside.fallback]).toEqual(['osrm', 'built-in', 'router_paused']);
    expect(await router.route(QUESTION)).toMatchObject({ source: 'osrm' });
  });

  it('G72 a table in many parts waits no longer than any other question', async () => {
    fake.manner = 'slow';
    fake.slowMs = 0.7 * SHORT_WAIT_MS; // each part is in time, all of them are not
    const many = Array.from({ length: 600 }, () => QUESTION.from);
    const answer = await create(createBuiltIn(), SHORT_WAIT_MS).table({
      sources: many,
      targets: [QUESTION.to],
      profile: 'car',
    });
    expect(answer).toMatchObject({ source: 'built-in', fallback: 'router_timeout' });
  });

  it('G72 while closures are in force it is not asked, for it does not know them', async () => {
    closed = true;
    const router = create();
    expect(await router.route(QUESTION)).toMatchObject({ source: 'built-in', fallback: 'router_not_asked' });
    expect(fake.asked).toEqual([]);
    closed = false;
    expect(await router.route(QUESTION)).toMatchObject({ source: 'osrm' });
  });
});
