import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { QuestionTurns } from './question-turns.js';

/** Counts how often the loop has gone round. */
function countTurns(): { count: number; stop: () => void } {
  const counted = { count: 0, stop: () => clearImmediate(next) };
  const tick = () => {
    counted.count++;
    next = setImmediate(tick);
  };
  let next = setImmediate(tick);
  return counted;
}

describe('turns of questions', () => {
  it('D60 a question that nobody is before waits for nothing', async () => {
    const turns = new QuestionTurns();
    const loop = countTurns();
    await turns.take('desk');
    expect(loop.count).toBe(0);
    await nextTurn();
    await nextTurn();
    const before = loop.count;
    await turns.take('desk');
    expect(loop.count).toBe(before);
    loop.stop();
  });

  it('D60 of questions that come together one is answered each time the loop goes round, in their order', async () => {
    const turns = new QuestionTurns();
    const loop = countTurns();
    const at: number[] = [];
    const order: number[] = [];
    const ask = async (no: number) => {
      await turns.take(`desk ${no}`);
      order.push(no);
      at.push(loop.count);
    };
    await Promise.all([0, 1, 2, 3, 4].map(ask));
    loop.stop();
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(at).size).toBe(5);
  });

  it('D60 who asks twenty questions at once does not keep the others waiting for all of them', async () => {
    const turns = new QuestionTurns();
    const order: string[] = [];
    const ask = async (asker: string) => {
      await turns.take(asker);
      order.push(asker);
    };
    await Promise.all([...Array.from({ length: 20 }, () => ask('busy')), ask('a'), ask('b'), ask('a')]);
    expect(order.slice(0, 6)).toEqual(['busy', 'busy', 'a', 'b', 'busy', 'a']);
    expect(order.filter((asker) => asker === 'busy')).toHaveLength(20);
  });
});
