import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { MemoryReport } from '../../test/search-memory-child.js';

/** Bytes a question that may be left over: less than the smallest object, more than what the runtime itself does meanwhile. */
const MOST_BYTES_A_QUESTION = 1;

it('G56 however many questions were asked, no more memory is held', async () => {
  const child = fork(new URL('../../test/search-memory-child.ts', import.meta.url), {
    execArgv: ['--expose-gc', '--import', import.meta.resolve('tsx')],
  });
  const [{ questions, beforeBytes, afterBytes, sum }] = (await once(child, 'message')) as [MemoryReport];
  expect(questions).toBe(200_000);
  expect(sum).toBeGreaterThan(questions);
  const grownBy = (afterBytes - beforeBytes) / questions;
  expect(grownBy, `bytes a question; ${beforeBytes} before, ${afterBytes} after`).toBeLessThan(MOST_BYTES_A_QUESTION);
});
