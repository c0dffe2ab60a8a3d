import { describe, expect, it } from 'vitest';
import { LatencyRecorder, merged } from './latency.js';
import { ArrivalSchedule } from './open-loop.js';

describe('ArrivalSchedule', () => {
  it('deals arrivals out in turn, evenly spaced', () => {
    const schedule = new ArrivalSchedule(1000, 100, 4); // one every 10 ms, each sender every 40
    expect(schedule.intervalMs).toBe(40);
    expect([0, 1, 2, 3].map((sender) => schedule.dueAt(sender, 0))).toEqual([1000, 1010, 1020, 1030]);
    expect(schedule.dueAt(1, 2)).toBe(1090);
    expect([999, 1000, 1009, 1010, 1999].map((now) => schedule.dueBy(now))).toEqual([0, 1, 1, 2, 100]);
  });

  it('refuses a rate of nothing', () => {
    expect(() => new ArrivalSchedule(0, 0, 1)).toThrow(RangeError);
  });

  it('counts a stall against everything that was due in it, not once', () => {
    // 1000 a second for ten seconds; each is answered at once, but from second 4 to 5 the server stands still
    const schedule = new ArrivalSchedule(0, 1000, 10);
    const open = new LatencyRecorder();
    const closed = new LatencyRecorder();
    for (let i = 0; i < 10_000; i++) {
      const dueAt = schedule.dueAt(i % 10, Math.floor(i / 10));
      open.record(dueAt >= 4000 && dueAt < 5000 ? 5000 - dueAt : 1);
      if (dueAt <= 4000 || dueAt >= 5000) closed.record(dueAt === 4000 ? 1000 : 1); // what a closed loop would have seen
    }
    expect(closed.at(99)).toBeCloseTo(1, 1);
    expect(open.at(99)).toBeGreaterThan(880); // a tenth of all waited, half a second on average
    expect(open.at(90)).toBeLessThan(20);
  });
});

describe('LatencyRecorder', () => {
  it('keeps three digits from a microsecond to minutes', () => {
    for (const ms of [0.001, 0.25, 7.77, 1234, 300_000]) {
      const one = new LatencyRecorder();
      one.record(ms);
      expect(Math.abs(one.at(50) / ms - 1), `${ms} ms`).toBeLessThan(0.001);
    }
  });

  it('takes less than nothing for nothing, and too long for the longest', () => {
    const recorder = new LatencyRecorder();
    recorder.record(-3);
    recorder.record(1e9);
    expect(recorder.summary.count).toBe(2);
    expect(recorder.at(1)).toBe(0);
    expect(recorder.summary.max).toBeGreaterThan(599_000);
  });

  it('merges what several processes saw', () => {
    const parts = [0, 1, 2, 3].map((part) => {
      const recorder = new LatencyRecorder();
      for (let i = 1; i <= 250; i++) recorder.record(part * 250 + i);
      return recorder.encoded();
    });
    const all = merged([...parts, new LatencyRecorder().encoded()]);
    expect(all.summary.count).toBe(1000);
    for (const p of [50, 90, 99]) expect(Math.abs(all.at(p) / (p * 10) - 1)).toBeLessThan(0.002);
  });

  it('is 0 of nothing', () => {
    expect(new LatencyRecorder().summary).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  });
});
