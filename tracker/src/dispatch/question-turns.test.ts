import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { QuestionTurns } from './question-turns.js';

describe('turns of questions', () => {
  it('D60 no more than two are with the engine at a time, and they are let through in their order', async () => {
    const turns = new QuestionTurns();
    const order: number[] = [];
    let asked = 0;
    let most = 0;
    const ask = (no: number) =>
      turns.ask(`desk ${no}`, async () => {
        order.push(no);
        most = Math.max(most, ++asked);
        await nextTurn();
        asked--;
      });
    await Promise.all([0, 1, 2, 3, 4].map(ask));
    expect([order, most, asked]).toEqual([[0, 1, 2, 3, 4], 2, 0]);
  });

  it('D60 who asks twenty questions at once does not keep the others waiting for all of them', async () => {
    const turns = new QuestionTurns();
    const order: string[] = [];
    const ask = (asker: string) =>
      turns.ask(asker, async () => {
        order.push(asker);
        await nextTurn();
      });
    await Promise.all([...Array.from({ length: 20 }, () => ask('busy')), ask('a'), ask('b'), ask('a')]);
    expect(order.slice(0, 7)).toEqual(['busy', 'busy', 'busy', 'a', 'b', 'busy', 'a']);
    expect(order.filter((asker) => asker === 'busy')).toHaveLength(20);
  });

  it('D60 a question that fails lets the next one through', async () => {
    const turns = new QuestionTurns();
    const fails = () => turns.ask('desk', () => Promise.reject(new Error('no answer')));
    await Promise.all(Array.from({ length: 5 }, () => expect(fails()).rejects.toThrow('no answer')));
    expect(await turns.ask('desk', async () => 'answered')).toBe('answered');
  });
});
