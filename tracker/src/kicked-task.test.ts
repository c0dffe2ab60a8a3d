import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KickedTask } from './kicked-task.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('the first kick begins a run at once; those of the rest after it are one run, when the rest is over', async () => {
  const begunAt: number[] = [];
  const task = new KickedTask(async () => void begunAt.push(performance.now() - startedAt), 10_000, 20);
  const startedAt = performance.now();
  task.kick();
  for (let i = 0; i < 15; i++) {
    await vi.advanceTimersByTimeAsync(3);
    task.kick();
  }
  await vi.advanceTimersByTimeAsync(100);
  expect(begunAt).toEqual([0, 20, 40, 60]);
  await task.stop();
});

it('a kick during a run makes one more run, no sooner than the rest allows; none begins after the stop', async () => {
  let runs = 0;
  const task = new KickedTask(
    async () => {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    10_000,
    20,
  );
  task.kick();
  task.kick();
  task.kick();
  await vi.advanceTimersByTimeAsync(19);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
  task.kick();
  const stopped = task.stop();
  await vi.advanceTimersByTimeAsync(100);
  await stopped;
  expect(runs).toBe(2);
});
