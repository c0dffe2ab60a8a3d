import { setImmediate as nextTurn } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import type { Database } from '../store/database.js';
import { DecisionLog, type GivenDecision } from './decision-log.js';

function createDecision(written: GivenDecision['written']): GivenDecision {
  const given = { id: uuidv7(), agencyId: uuidv7(), askedBy: 'desk', vekId: null, cardId: null, at: 0 };
  written.catch(() => {});
  return { ...given, written };
}

describe('the log of decisions', () => {
  it('D53 one that cannot be recorded is told of and counted, and the others are stored', async () => {
    const stored: unknown[] = [];
    const told: unknown[] = [];
    const database = { query: async (_sql: string, [id]: unknown[]) => stored.push(id) } as unknown as Database;
    const log = new DecisionLog(database, (_text, error) => told.push(error));
    const wrong = new RangeError('speedMps is NaN, not a finite number');
    const record = { format: 3, input: '{}', output: '{}', inputSha256: '', outputSha256: '' };
    const written = { record, expected: [] };
    const [first, bad, last] = [Promise.resolve(written), Promise.reject(wrong), Promise.resolve(written)].map(
      createDecision,
    ) as [GivenDecision, GivenDecision, GivenDecision];
    for (const one of [first, bad, last]) {
      expect(log.nextIs).toBe('queued');
      log.keep(one);
    }
    while (log.waiting > 0) await nextTurn();
    expect(stored).toEqual([first.id, last.id]);
    expect([told, log.notKept]).toEqual([[wrong], 1]);
    await log.stop();
  });
});
