import { describe, expect, it } from 'vitest';
import { createRunCards } from '../../../fixtures/world/run-cards.js';
import { createRandom, pick } from '../../test/random.js';
import type { RunCardProblemCode } from '../errors.js';
import type { RunCardImport } from './check-cards.js';
import { type RunCard, RunCardSchema } from './run-card.js';
import { runCardsFromCsv, runCardsToCsv } from './run-card-csv.js';
import { runCardsFromJson, runCardsToJson } from './run-card-json.js';

function createCard(random: () => number, i: number): RunCard {
  const maybe = <T>(value: T): T | null => (random() < 0.4 ? value : null);
  const kinds = [
    () => ({
      capability: pick(random, ['pump', 'ladder']),
      each: random() < 0.5 ? 20 : null,
      minCrew: maybe(3),
      onBoard:
        random() < 0.3
          ? [
              { equipment: 'foam', quantity: 200 },
              { equipment: 'hose', quantity: 4 },
            ]
          : [],
    }),
    () => ({ capability: 'water', substitutes: [{ capability: 'bulk', service: maybe('PP'), penaltyS: 60 }] }),
    () => ({
      capability: 'ladder',
      each: 30,
      substitutes: [
        { capability: 'platform', each: 20, penaltyS: 0 },
        { capability: 'mast', service: 'VP', penaltyS: 9 },
      ],
    }),
    () => ({ kind: 'crew', qualification: maybe('diver') }),
    () => ({ kind: 'equipment', equipment: 'sorbent' }),
  ];
  return RunCardSchema.parse({
    code: pick(random, [`card ${i}`, `"${i}", with; signs ā`, undefined]),
    version: 1 + i,
    eventType: pick(random, ['*', 'fire', 'fire.grass']),
    priority: maybe('P2'),
    territory: maybe('0001000'),
    object: maybe('osta-1'),
    window: random() < 0.3 ? { weekdays: [1, 6, 7], from: '22:00', to: pick(random, ['06:00', '24:00']) } : null,
    validFrom: '2026-01-01',
    validTo: maybe('2026-12-31'),
    requirements: Array.from({ length: 1 + Math.floor(random() * 4) }, () => ({
      ...pick(random, kinds)(),
      quantity: 1 + Math.floor(random() * 6000),
      service: pick(random, ['VUGD', 'VP']),
      need: pick(random, ['must', 'should']),
      level: pick(random, [1, 1, 2]),
    })),
  });
}

function problemsOf(read: RunCardImport): [code: RunCardProblemCode, line: number, column: number][] {
  if (read.kind === 'cards') return [];
  return read.problems.map(({ code, line, column }) => [code, line, column]);
}

/** One good card as JSON, with line 3 replaced. */
const json = (...lines: string[]) => lines.join('\n');
const HEAD = 'card,event_type,valid_from,need,service,code,quantity,substitutes';

describe('files of run cards', () => {
  it.each(Array.from({ length: 30 }, (_, i) => i + 1))(
    'G79 JSON and CSV give the same cards back (seed %d)',
    (seed) => {
      const random = createRandom(seed);
      const cards = Array.from({ length: 8 }, (_, i) => createCard(random, i));
      expect(runCardsFromJson(runCardsToJson(cards)), `seed ${seed}`).toEqual({ kind: 'cards', cards });
      expect(runCardsFromCsv(runCardsToCsv(cards)), `seed ${seed}`).toEqual({ kind: 'cards', cards });
    },
  );

  it('G79 the cards of the fixture world go through both', () => {
    const cards = createRunCards().map((card) => RunCardSchema.parse(card));
    expect(runCardsFromJson(JSON.stringify({ runCards: createRunCards() }))).toEqual({ kind: 'cards', cards });
    expect(runCardsFromJson(JSON.stringify(createRunCards()))).toEqual({ kind: 'cards', cards });
    expect(runCardsFromCsv(runCardsToCsv(cards))).toEqual({ kind: 'cards', cards });
  });

  it('G79 reads what spreadsheets write: semicolons, a byte order mark, CR LF, empty lines, quoted line ends', () => {
    const table = `\ufeff${HEAD.replaceAll(',', ';')}\r\n"two\r\nlines";fire;2026-01-01;must;VUGD;pump;2;\r\n\r\n`;
    // a line end inside a code is refused, at the cell where it stands
    expect(problemsOf(runCardsFromCsv(table))).toEqual([['bad_format', 2, 1]]);
    const good = runCardsFromCsv(table.replace('two\r\nlines', 'one ""line""'));
    expect(good).toMatchObject({ kind: 'cards', cards: [{ code: 'one "line"', requirements: [{ quantity: 2 }] }] });
  });

  it.each<[string, string, [RunCardProblemCode, number, number][]]>([
    ['a missing comma', json('{', '  "runCards" [', ']}'), [['json_syntax', 2, 14]]],
    ['nothing', '', [['json_syntax', 1, 1]]],
    ['more after the end', '[] x', [['json_syntax', 1, 4]]],
    ['a number with a zero before it', '[01]', [['json_syntax', 1, 3]]],
    ['a line end in a string', '["a\n"]', [['json_syntax', 1, 2]]],
    ['a key twice', json('[{', '  "priority": "P1",', '  "priority": "P2"}]'), [['duplicate_key', 3, 3]]],
    ['no list', '{"cards": []}', [['wrong_type', 1, 1]]],
    [
      'wrong values, told all at once where they stand',
      json(
        '{ "runCards": [',
        '  { "eventType": "fire", "priority": "P9",',
        '    "validFrom": "2026-02-30", "colour": 1,',
        '    "requirements": [',
        '      { "capability": "pump", "quantity": 0, "need": "must" },',
        '      { "capability": 7, "quantity": "2", "service": "VUGD", "need": "must" }] } ] }',
      ),
      [
        ['not_allowed', 2, 38],
        ['bad_format', 3, 18],
        ['unknown_field', 3, 42],
        ['missing_field', 5, 7],
        ['out_of_range', 5, 43],
        ['wrong_type', 6, 23],
        ['wrong_type', 6, 38],
      ],
    ],
    [
      'one card twice',
      json(
        '[{"code":"a","eventType":"fire","validFrom":"2026-01-01","requirements":[{"kind":"crew","quantity":1,"service":"VP","need":"must"}]},',
        ' {"code":"a","eventType":"fire","validFrom":"2026-01-01","requirements":[{"kind":"crew","quantity":2,"service":"VP","need":"must"}]}]',
      ),
      [['duplicate_card', 2, 2]],
    ],
    [
      'a card that ends before it begins',
      json(
        '[{"eventType":"fire","validFrom":"2026-02-01","validTo":"2026-02-01",',
        '"requirements":[{"kind":"crew","quantity":1,"service":"VP","need":"must"}]}]',
      ),
      [['empty_validity', 1, 57]],
    ],
    [
      'what no database would take: a NUL, half of a sign, a version that is too great, a day of the year 0',
      json(
        '[{"eventType":"fire","code":"a\\u0000","validFrom":"2026-01-01","requirements":[{"kind":"crew","quantity":1,"service":"VP","need":"must"}]},',
        ' {"eventType":"fire","code":"a\\ud800","validFrom":"2026-01-01","requirements":[{"kind":"crew","quantity":1,"service":"VP","need":"must"}]},',
        ' {"eventType":"fire","version":3e9,"validFrom":"0000-01-01","requirements":[{"kind":"crew","quantity":1,"service":"VP","need":"must"}]}]',
      ),
      [
        ['bad_format', 1, 29],
        ['bad_format', 2, 29],
        ['out_of_range', 3, 32],
        ['bad_format', 3, 48],
      ],
    ],
  ])('G80 JSON: %s', (_what, text, problems) => {
    expect(problemsOf(runCardsFromJson(text))).toEqual(problems);
  });

  it.each<[string, string[], [RunCardProblemCode, number, number][]]>([
    ['a quote that is never closed', [HEAD, 'a,fire,2026-01-01,must,VUGD,"pump,2,'], [['csv_syntax', 2, 29]]],
    ['a quote inside a cell', [HEAD, 'a,fi"re,2026-01-01,must,VUGD,pump,2,'], [['csv_syntax', 2, 3]]],
    ['text after a quote', [HEAD, '"a"b,fire,2026-01-01,must,VUGD,pump,2,'], [['csv_syntax', 2, 1]]],
    [
      'a column nobody knows',
      [`${HEAD},colour`, 'a,fire,2026-01-01,must,VUGD,pump,2,,red'],
      [['unknown_column', 1, 67]],
    ],
    ['a column twice', [`${HEAD},need`, 'a,fire,2026-01-01,must,VUGD,pump,2,,must'], [['duplicate_key', 1, 67]]],
    [
      'a column that is not there',
      [HEAD.replace('need,', ''), 'a,fire,2026-01-01,VUGD,pump,2,'],
      [['missing_column', 1, 1]],
    ],
    ['too few cells', [HEAD, 'a,fire,2026-01-01,must,VUGD,pump'], [['wrong_cell_count', 2, 1]]],
    [
      'wrong values, told all at once where they stand',
      [
        HEAD,
        'a,fire,2026-01-01,must,VUGD,pump,two,',
        'a,fire,2026-01-01,may,VUGD,,1,boat',
        'b,fire,01.02.2026,must,,pump,1,',
      ],
      [
        ['wrong_type', 2, 34],
        ['not_allowed', 3, 19],
        ['bad_format', 3, 28],
        ['wrong_type', 3, 31],
        ['bad_format', 4, 8],
        ['bad_format', 4, 24],
      ],
    ],
    [
      'rows of a card that do not stand together',
      [
        HEAD,
        'a,fire,2026-01-01,must,VUGD,pump,1,',
        'b,fire,2026-01-01,must,VUGD,pump,1,',
        'a,fire,2026-01-01,must,VUGD,boat,1,',
      ],
      [['duplicate_card', 4, 1]],
    ],
  ])('G80 CSV: %s', (_what, lines, problems) => {
    expect(problemsOf(runCardsFromCsv(lines.join('\n')))).toEqual(problems);
  });

  it('G80 a thousand lines that are wrong are each named where they are, whatever ends a line', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => `c${i},fire,01.02.2026,must,VUGD,pump,1,`);
    const ends = ['\n', '\r\n', '\r'];
    const table = [HEAD, ...rows].map((row, i) => row + ends[i % 3]!).join('');
    expect(problemsOf(runCardsFromCsv(table))).toEqual(
      rows.map((row, i) => ['bad_format', i + 2, row.indexOf('01.02') + 1]),
    );
  });

  it('G80 never throws, whatever the text', () => {
    const random = createRandom(1);
    const cards = [createCard(random, 0), createCard(random, 1)];
    for (const [read, text] of [
      [runCardsFromJson, runCardsToJson(cards)],
      [runCardsFromCsv, runCardsToCsv(cards)],
    ] as const) {
      for (let i = 0; i < 300; i++) {
        const at = Math.floor(random() * text.length);
        const broken = text.slice(0, at) + pick(random, ['"', ',', '{', '\n', '', 'x', '\u0000']) + text.slice(at + 1);
        const answer = read(broken);
        if (answer.kind === 'cards') continue;
        expect(answer.problems.length).toBeGreaterThan(0);
        const lines = broken.split(/\r\n|\n|\r/);
        for (const { line, column } of answer.problems) {
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
        }
      }
    }
  });
});
