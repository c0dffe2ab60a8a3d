import { describe, expect, it } from 'vitest';
import { ON_BOARD } from '../../../fixtures/world/equipment.js';
import { createRunCards } from '../../../fixtures/world/run-cards.js';
import { CAPABILITY_UNITS, UNIT_KINDS } from '../../../fixtures/world/unit-kinds.js';
import { describeRunCard } from './describe-run-card.js';
import { isMeasured } from './phrase-book.js';
import { PHRASES_EN } from './phrases-en.js';
import { PHRASES_LV } from './phrases-lv.js';
import { RunCardSchema } from './run-card.js';

const card = (requirements: readonly object[], changes: object = {}) =>
  RunCardSchema.parse({
    eventType: 'fire.building',
    priority: 'P1',
    validFrom: '2026-01-01',
    requirements: requirements.map((line) => ({ service: 'VUGD', need: 'must', ...line })),
    ...changes,
  });
const told = (requirements: readonly object[], language: 'lv' | 'en') =>
  describeRunCard(card(requirements), language).split('\n').slice(1).join('\n');

describe('describeRunCard', () => {
  it('G81 tells what must and what should be there, in both languages', () => {
    const lines = [
      { capability: 'extinguish', quantity: 2 },
      { capability: 'height_rescue', quantity: 1 },
      { kind: 'crew', quantity: 9 },
      { capability: 'water', quantity: 14_000, need: 'should' },
      { capability: 'medical', quantity: 1, service: 'NMPD', need: 'should' },
    ];
    expect(told(lines, 'lv')).toBe(
      'Jābūt: VUGD – divas autocisternas, vienas autokāpnes, 9 ugunsdzēsēji.\n' +
        'Vēlams: VUGD – 14\u00a0000 l ūdens; NMPD – viena neatliekamās palīdzības brigāde.',
    );
    expect(told(lines, 'en')).toBe(
      'Must: VUGD – two tankers, one ladder, 9 firefighters.\n' +
        'Should: VUGD – 14,000 l of water; NMPD – one ambulance team.',
    );
  });

  it.each<[number, string, string]>([
    [1, 'viena autocisterna', '1 ugunsdzēsējs'],
    [3, 'trīs autocisternas', '3 ugunsdzēsēji'],
    [9, 'deviņas autocisternas', '9 ugunsdzēsēji'],
    [10, '10 autocisternu', '10 ugunsdzēsēju'],
    [11, '11 autocisternu', '11 ugunsdzēsēju'],
    [20, '20 autocisternu', '20 ugunsdzēsēju'],
    [21, '21 autocisterna', '21 ugunsdzēsējs'],
    [22, '22 autocisternas', '22 ugunsdzēsēji'],
    [111, '111 autocisternu', '111 ugunsdzēsēju'],
  ])('G81 counts in Latvian: %d', (quantity, tankers, people) => {
    const lines = [
      { capability: 'extinguish', quantity },
      { kind: 'crew', quantity },
    ];
    expect(told(lines, 'lv')).toBe(`Jābūt: VUGD – ${tankers}, ${people}.`);
  });

  it('G81 numerals agree with the word: masculine, feminine, plural only', () => {
    const lines = [
      { capability: 'command', quantity: 2 },
      { capability: 'dive', quantity: 4 },
      { capability: 'height_rescue', quantity: 4 },
      { capability: 'dog', quantity: 1 },
    ];
    expect(told(lines, 'lv')).toBe(
      'Jābūt: VUGD – divi operatīvās vadības automobiļi, četras ūdenslīdēju grupas, četras autokāpnes, viens kinologs ar suni.',
    );
  });

  it('G81 tells conditions, substitutes, stocks and the levels that add', () => {
    const lines = [
      {
        capability: 'height_rescue',
        quantity: 2,
        each: 30,
        minCrew: 2,
        onBoard: [{ equipment: 'generator', quantity: 1 }],
        substitutes: [
          { capability: 'heavy_rescue', penaltyS: 120 },
          { capability: 'basic_rescue', service: 'PP', penaltyS: 45 },
        ],
      },
      { capability: 'water', quantity: 2, each: 3000 },
      { kind: 'equipment', equipment: 'foam', quantity: 500, level: 2 },
      { kind: 'crew', qualification: 'diver', quantity: 2, level: 2, need: 'should' },
    ];
    expect(told(lines, 'lv')).toBe(
      'Jābūt: VUGD – divas autokāpnes (katrā vienībā vismaz 30; apkalpē vismaz 2 cilvēki; aprīkojumā 1 elektroģenerators; ' +
        'vietā der smagais glābšanas automobilis +2 min vai glābšanas vienība (PP) +45 s), ' +
        'divas vienības (katrā vienībā vismaz 3000 l ūdens).\n' +
        '2. trauksmes līmenis pievieno. Jābūt: VUGD – 500 l putu koncentrāta. Vēlams: VUGD – 2 ūdenslīdēji.',
    );
    expect(told(lines, 'en')).toBe(
      'Must: VUGD – two ladders (each with at least 30; crewed by at least 2 people; carrying 1 generator; ' +
        'or instead heavy rescue tender +2 min or rescue unit (PP) +45 s), two units (each with at least 3,000 l of water).\n' +
        'Alarm level 2 adds. Must: VUGD – 500 l of foam concentrate. Should: VUGD – 2 divers.',
    );
  });

  it('G81 the first line says what the card is for, with names where they are known', () => {
    const night = card([{ capability: 'pump', quantity: 3 }], {
      priority: null,
      territory: '0001000',
      object: 'osta',
      window: { weekdays: [6, 7], from: '22:00', to: '06:00' },
      validTo: '2027-01-01',
    });
    const names = (what: string, code: string) => (what === 'territory' && code === '0001000' ? 'Rīga' : undefined);
    expect(describeRunCard(night, 'lv', names).split('\n')).toEqual([
      'fire.building, visas prioritātes, teritorija Rīga, objekts osta, sestdienās, svētdienās 22:00–06:00 ' +
        '(1. versija, no 01.01.2026., līdz 01.01.2027. (neieskaitot))',
      'Jābūt: VUGD – 3 × pump.', // a code that has no word is shown as it is
    ]);
    expect(describeRunCard(night, 'en', names).split('\n')[0]).toBe(
      'fire.building, every priority, territory Rīga, object osta, Saturdays, Sundays 22:00–06:00 ' +
        '(version 1, from 2026-01-01, until before 2027-01-01)',
    );
  });

  it('G81 every capability, qualification and piece of equipment of the fixture world has its words, with all forms', () => {
    for (const book of [PHRASES_LV, PHRASES_EN]) {
      for (const [code, unit] of Object.entries(CAPABILITY_UNITS)) {
        const phrase = book.capabilities[code];
        expect(phrase, `${book.locale} ${code}`).toBeDefined();
        expect(isMeasured(phrase!), `${book.locale} ${code}`).toBe(unit === 'litres');
      }
      for (const { qualifications } of Object.values(UNIT_KINDS)) {
        for (const code of Object.keys(qualifications)) expect(book.qualifications[code], code).toBeDefined();
      }
      for (const code of Object.values(ON_BOARD).flatMap(Object.keys)) expect(book.equipment[code], code).toBeDefined();
    }
    for (const card of createRunCards()) {
      for (const language of ['lv', 'en'] as const) {
        expect(describeRunCard(RunCardSchema.parse(card), language)).not.toMatch(/×|undefined/);
      }
    }
  });
});
