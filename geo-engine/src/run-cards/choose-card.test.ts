import { describe, expect, it } from 'vitest';
import { type CardQuestion, chooseCard } from './choose-card.js';
import { rigaClock } from './riga-clock.js';
import { type RunCard, RunCardSchema } from './run-card.js';

/** Tuesday, 12 May 2026, 15:00 in Rīga. */
const AT = Date.UTC(2026, 4, 12, 12);

function card(changes: object): RunCard {
  return RunCardSchema.parse({
    eventType: 'fire.grass',
    priority: 'P2',
    requirements: [{ capability: 'pump', quantity: 1, service: 'VUGD', need: 'must' }],
    validFrom: '2026-01-01',
    ...changes,
  });
}

function question(changes: Partial<CardQuestion> = {}): CardQuestion {
  return {
    eventType: 'fire.grass',
    priority: 'P2',
    territories: ['LV', 'RIGA'],
    objects: ['port'],
    at: AT,
    ...changes,
  };
}

describe('chooseCard', () => {
  it('G76 the most specific wins: object, type, priority, territory (the narrowest), hours', () => {
    const hours = { weekdays: [2], from: '08:00', to: '20:00' };
    const inOrder = [
      card({ code: 'a', object: 'port', eventType: '*', priority: null }),
      card({ code: 'b', priority: null }),
      card({ code: 'c', eventType: 'fire' }),
      card({ code: 'd', eventType: 'fire', priority: null, territory: 'RIGA' }),
      card({ code: 'e', eventType: 'fire', priority: null, territory: 'LV', window: hours }),
      card({ code: 'f', eventType: 'fire', priority: null, territory: 'LV' }),
      card({ code: 'g', eventType: 'fire', priority: null }),
      card({ code: 'h', eventType: '*', priority: null }),
    ];
    for (let from = 0; from < inOrder.length; from++) {
      const rest = inOrder.slice(from);
      expect(chooseCard(rest.toReversed(), question()).card?.code).toBe(inOrder[from]!.code);
    }
  });

  it('G76 among equals the newest version, then the latest first day, then the code', () => {
    const cards = [
      card({ code: 'b', version: 2, validFrom: '2026-02-01' }),
      card({ code: 'a', version: 2, validFrom: '2026-02-01' }),
      card({ code: 'c', version: 2 }),
      card({ code: 'd', version: 1, validFrom: '2026-05-01' }),
    ];
    const choice = chooseCard(cards, question());
    expect(choice.card?.code).toBe('a');
    expect(choice.notChosen.map(({ card: { code }, reason }) => [code, reason])).toEqual([
      ['b', { code: 'comes_after', by: 'code' }],
      ['c', { code: 'comes_after', by: 'valid_from' }],
      ['d', { code: 'comes_after', by: 'version' }],
    ]);
  });

  it.each<[object, Partial<CardQuestion>, string]>([
    [{ priority: 'P1' }, {}, 'other_priority'],
    [{ territory: 'CESIS' }, {}, 'other_territory'],
    [{ object: 'refinery' }, {}, 'other_object'],
    [{ validFrom: '2026-05-13' }, {}, 'not_yet_valid'],
    [{ validTo: '2026-05-12' }, {}, 'no_longer_valid'],
    [{ window: { weekdays: [1, 3], from: '00:00', to: '24:00' } }, {}, 'other_hours'],
  ])('G76 says why a card does not hold: %o', (changes, asked, code) => {
    const choice = chooseCard([card(changes)], question(asked));
    expect(choice.card).toBeNull();
    expect(choice.notChosen).toMatchObject([{ reason: { code } }]);
  });

  it('G76 a card for a type holds for types below it, not for those that only begin alike', () => {
    const fire = card({ eventType: 'fire' });
    expect(chooseCard([fire], question({ eventType: 'fire.building.high_hazard' })).card).toBe(fire);
    const choice = chooseCard([fire], question({ eventType: 'fireworks' }));
    expect(choice).toEqual({ card: null, notChosen: [], otherTypes: 1 });
  });

  it('G77 validity counts days of the clock in Rīga', () => {
    const may = card({ validFrom: '2026-05-01', validTo: '2026-06-01' });
    const holds = (at: number) => chooseCard([may], question({ at })).card !== null;
    // midnight in Rīga is 21:00 UTC in summer
    expect(holds(Date.UTC(2026, 3, 30, 20, 59))).toBe(false);
    expect(holds(Date.UTC(2026, 3, 30, 21, 0))).toBe(true);
    expect(holds(Date.UTC(2026, 4, 31, 20, 59))).toBe(true);
    expect(holds(Date.UTC(2026, 4, 31, 21, 0))).toBe(false);
  });

  it('G77 a window past midnight belongs to the day on which it begins', () => {
    const weekendNights = card({ window: { weekdays: [5, 6], from: '22:00', to: '06:00' } });
    const holds = (day: number, hour: number) =>
      chooseCard([weekendNights], question({ at: Date.UTC(2026, 4, day, hour - 3) })).card !== null;
    expect(holds(15, 21)).toBe(false); // Friday 15 May
    expect(holds(15, 22)).toBe(true);
    expect(holds(16, 5)).toBe(true); // Saturday morning is Friday's night
    expect(holds(16, 6)).toBe(false);
    expect(holds(17, 5)).toBe(true); // Sunday morning is Saturday's
    expect(holds(17, 22)).toBe(false);
    expect(holds(15, 5)).toBe(false); // Friday morning would be Thursday's
  });

  it('G77 follows the clock through both changes', () => {
    expect(rigaClock(Date.UTC(2026, 2, 29, 0, 59))).toEqual({ day: '2026-03-29', weekday: 7, minute: 2 * 60 + 59 });
    expect(rigaClock(Date.UTC(2026, 2, 29, 1, 0))).toEqual({ day: '2026-03-29', weekday: 7, minute: 4 * 60 });
    expect(rigaClock(Date.UTC(2026, 9, 25, 0, 30))).toEqual({ day: '2026-10-25', weekday: 7, minute: 3 * 60 + 30 });
    expect(rigaClock(Date.UTC(2026, 9, 25, 1, 30))).toEqual({ day: '2026-10-25', weekday: 7, minute: 3 * 60 + 30 });
  });
});
