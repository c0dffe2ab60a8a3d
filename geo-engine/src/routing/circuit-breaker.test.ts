import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

const LIMITS = { failures: 3, pauseMs: 1000, longestPauseMs: 3000 };

function createBreaker() {
  const clock = { ms: 0 };
  return { clock, breaker: new CircuitBreaker(LIMITS, () => clock.ms) };
}

function fail(breaker: CircuitBreaker, times: number) {
  for (let i = 0; i < times; i++) {
    expect(breaker.admits()).toBe(true);
    breaker.failed();
  }
}

describe('CircuitBreaker', () => {
  it('G72 opens after so many failures in a row, not before, and not when a success lies between', () => {
    const { breaker } = createBreaker();
    fail(breaker, 2);
    breaker.succeeded();
    fail(breaker, 2);
    expect(breaker.state).toBe('closed');
    fail(breaker, 1);
    expect(breaker.state).toBe('open');
    expect(breaker.admits()).toBe(false);
  });

  it('G72 lets one try after the pause, and nobody beside it', () => {
    const { breaker, clock } = createBreaker();
    fail(breaker, 3);
    clock.ms = 999;
    expect(breaker.admits()).toBe(false);
    clock.ms = 1000;
    expect(breaker.state).toBe('half_open');
    expect([breaker.admits(), breaker.admits(), breaker.admits()]).toEqual([true, false, false]);
    breaker.succeeded();
    expect(breaker.state).toBe('closed');
    expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
  });

  it('G72 waits twice as long after every failed trial, up to a limit', () => {
    const { breaker, clock } = createBreaker();
    fail(breaker, 3);
    for (const pauseMs of [1000, 2000, 3000, 3000]) {
      clock.ms += pauseMs - 1;
      expect(breaker.admits(), `${pauseMs} ms`).toBe(false);
      clock.ms += 1;
      expect(breaker.admits(), `${pauseMs} ms`).toBe(true);
      breaker.failed();
    }
    // healed, it begins anew
    clock.ms += 3000;
    expect(breaker.admits()).toBe(true);
    breaker.succeeded();
    fail(breaker, 3);
    clock.ms += 1000;
    expect(breaker.admits()).toBe(true);
  });

  it('G72 heeds no late word of those admitted before it opened', () => {
    const { breaker, clock } = createBreaker();
    expect(breaker.admits()).toBe(true); // this one takes its time
    fail(breaker, 3);
    breaker.succeeded();
    expect(breaker.state).toBe('open');
    breaker.failed();
    clock.ms = 1000;
    expect(breaker.admits()).toBe(true);
  });
});
