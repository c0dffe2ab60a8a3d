import { describe, expect, it } from 'vitest';
import { createRunCards } from '../../../fixtures/world/run-cards.js';
import { compileDemand, entangledLine, MAX_BLOCK_LINES } from './demand.js';
import { RequirementSchema } from './requirement.js';
import { highestLevel, linesOfLevel, linesUpToLevel, RunCardSchema } from './run-card.js';

const LINE = { capability: 'pump', quantity: 1, service: 'VUGD', need: 'must' };
const line = (changes: object) => RequirementSchema.parse({ ...LINE, ...changes });

describe('run cards', () => {
  it('G75 the cards of the fixture world are cards as they stand', () => {
    const cards = createRunCards().map((card) => RunCardSchema.parse(card));
    expect(cards.length).toBeGreaterThan(150);
    expect(cards[0]).toMatchObject({ code: 'fire.building P1', version: 1, object: null, window: null });
    expect(cards[0]!.requirements[0]).toMatchObject({ kind: 'capability', level: 1, each: null, substitutes: [] });
  });

  it('G75 a line without a kind asks for a capability; people and stocks are lines of their own', () => {
    expect(line({}).kind).toBe('capability');
    const crew = RequirementSchema.parse({ kind: 'crew', quantity: 9, service: 'VUGD', need: 'must' });
    expect(crew).toMatchObject({ kind: 'crew', qualification: null });
    expect(RequirementSchema.safeParse({ ...LINE, kind: 'crew' }).success).toBe(false);
  });

  it.each([
    [{ quantity: 0 }],
    [{ quantity: 1.5 }],
    [{ need: 'may' }],
    [{ level: 0 }],
    [{ service: 'two words' }],
    [{ colour: 'red' }],
    [{ substitutes: [{ capability: 'boat' }] }],
  ])('G75 refuses a line with %o', (changes) => {
    expect(RequirementSchema.safeParse({ ...LINE, ...changes }).success).toBe(false);
  });

  it('G78 escalation adds the lines of its level and nothing of the levels before', () => {
    const card = RunCardSchema.parse({
      eventType: 'fire',
      validFrom: '2026-01-01',
      requirements: [LINE, { ...LINE, level: 2, quantity: 2 }, { ...LINE, capability: 'ladder', level: 3 }],
    });
    expect(linesOfLevel(card, 2)).toEqual([card.requirements[1]]);
    expect(linesUpToLevel(card, 2)).toEqual(card.requirements.slice(0, 2));
    expect(highestLevel(card)).toBe(3);
    // together the levels ask for the sum
    expect(compileDemand(linesUpToLevel(card, 2)).lines).toMatchObject([{ quantity: 3, members: [0, 1] }]);
  });

  it('G88 lines compete when one quantity could serve both, and only then', () => {
    const lines = [
      line({ need: 'should' }),
      line({ minCrew: 3 }), // the same capability under another condition
      line({ service: 'VP' }), // other units
      line({ each: 2 }), // counts units, does not sum
      line({ capability: 'ladder', substitutes: [{ capability: 'pump', penaltyS: 60 }] }),
    ];
    const demand = compileDemand(lines);
    expect(demand.lines.map(({ members }) => members)).toEqual([[1], [2], [3], [4], [0]]); // must lines first
    expect(demand.blocks).toEqual([[0, 3, 4], [1], [2]]);
  });

  it('G75 refuses more competing lines than can be counted exactly', () => {
    const many = Array.from({ length: MAX_BLOCK_LINES + 1 }, (_, i) => ({ ...LINE, minCrew: i + 1 }));
    const lines = many.map((one) => line(one));
    expect(entangledLine(lines)).toBe(MAX_BLOCK_LINES);
    expect(() => compileDemand(lines)).toThrow(RangeError);
    const card = RunCardSchema.safeParse({ eventType: 'fire', validFrom: '2026-01-01', requirements: many });
    expect(card.error?.issues).toMatchObject([
      { path: ['requirements', MAX_BLOCK_LINES], params: { code: 'too_entangled' } },
    ]);
    expect(entangledLine(lines.slice(1))).toBeUndefined();
  });
});
