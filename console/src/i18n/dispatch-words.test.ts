import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ChosenUnit, LineAnswer, Proof, Reason, Requirement } from '../state/recommendation.js';
import {
  basisTexts,
  cardTexts,
  countedFromText,
  countsText,
  type DispatchNames,
  doubtText,
  lineText,
  normVerdict,
  peopleText,
  proofText,
  reasonText,
  requirementText,
  whyTexts,
} from './dispatch-words.js';
import { en } from './en.js';
import { lv } from './lv.js';
import { Words } from './words.js';

const latvian = new Words('lv');
const english = new Words('en');
const names: DispatchNames = {
  callsign: (id) => (id === 'u1' ? 'Rīga AC-1' : undefined),
  vekNumber: (id) => (id === 'v1' ? 7 : undefined),
};

function createLine(change: Partial<Extract<Requirement, { kind: 'capability' }>> = {}): Requirement {
  return {
    kind: 'capability',
    capability: 'extinguish',
    quantity: 2,
    service: 'VUGD',
    need: 'must',
    level: 1,
    each: null,
    minCrew: null,
    onBoard: [],
    ...change,
  };
}

function createUnit(...why: readonly Reason[]): ChosenUnit {
  return {
    unitId: 'u1',
    callsign: 'Rīga AC-1',
    agencyId: 'a',
    service: 'VUGD',
    lon: 24,
    lat: 57,
    need: 'must',
    status: 'available',
    profile: 'heavy',
    response: { responseMs: 300_000, waitMs: 0, intervalMs: [280_000, 330_000] },
    from: { kind: 'fix' },
    why,
  };
}

/** Codes of a list in the geo-engine's source: the console must not import it. */
function codesOf(list: string): string[] {
  const source = readFileSync(new URL('../../../geo-engine/src/errors.ts', import.meta.url), 'utf8');
  const body = new RegExp(`export const ${list} = \\[([^\\]]*)\\]`).exec(source)?.[1];
  if (body === undefined) throw new Error(`no ${list} in geo-engine/src/errors.ts`);
  return [...body.matchAll(/'(\w+)'/g)].map(([, code]) => code!);
}

describe('words about who goes', () => {
  it('C2 every reason of the geo-engine has a text in both languages', () => {
    const reasons = [...codesOf('REFUSAL_CODES'), ...codesOf('INELIGIBLE_CODES'), ...codesOf('LEFT_OUT_CODES')];
    // told with what a unit serves, by its norm, or with what is asked
    const toldElsewhere = new Set(['serves', 'norm', 'kind_not_allowed']);
    const missing = [
      ...reasons.map((code) => `reason.${code}`),
      ...codesOf('DISPATCH_WHY_CODES').map((code) => `why.${code}`),
    ].filter((key) => !toldElsewhere.has(key.split('.')[1]!) && !(key in lv && key in en));
    expect(reasons.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });

  it('tells a line with what every unit must bring', () => {
    expect(requirementText(createLine(), 2, latvian)).toBe('dzēšana: 2');
    const strict = createLine({ each: 3000, minCrew: 4, onBoard: [{ equipment: 'foam', quantity: 200 }] });
    expect(requirementText(strict, 1, english)).toBe(
      'firefighting: 1 (each with at least 3,000; crew of at least 4; foam concentrate, l ≥ 200)',
    );
    const people: Requirement = {
      kind: 'crew',
      qualification: null,
      quantity: 9,
      service: 'VUGD',
      need: 'must',
      level: 1,
    };
    expect(requirementText(people, 9, latvian)).toBe('cilvēki: 9');
  });

  it('tells lines that are alike as one, with what they ask for together', () => {
    const answer: LineAnswer = {
      requirements: [
        { line: 0, wanted: 2, met: 2 },
        { line: 1, wanted: 1, met: 0 },
      ],
      need: 'must',
      served: [],
      notChosen: [],
      restByReason: {},
      shortfall: null,
    };
    expect(lineText(answer, [createLine(), createLine({ level: 2 })], latvian)).toBe('dzēšana: 3 · VUGD');
  });

  it('C3 the age of a fix grows with the age of the answer', () => {
    const unit = createUnit({ code: 'fix_age', ageS: 12, limitS: 1800 });
    expect(whyTexts(unit, [], 0, latvian)).toEqual(['pozīcija pirms 12 s']);
    expect(whyTexts(unit, [], 30_000, latvian)).toEqual(['pozīcija pirms 42 s']);
  });

  it('C33 tells from where a unit is counted that will be free elsewhere, and when', () => {
    const { response } = createUnit();
    const waiting = { ...response, waitMs: 700_000 };
    const from = { kind: 'free_place', lon: 24.1, lat: 56.95, name: 'Gaiļezers' } as const;
    expect(countedFromText({ from, response: waiting }, latvian)).toBe('brīva pēc 12 min: Gaiļezers');
    expect(countedFromText({ from, response: waiting }, english)).toBe('free in 12 min: Gaiļezers');
    expect(countedFromText({ from: { ...from, name: null }, response: waiting }, latvian)).toBe(
      'brīva pēc 12 min: 56.9500, 24.1000',
    );
    expect(countedFromText({ from, response: null }, latvian)).toBe('skaitīta no vietas, kur atbrīvosies: Gaiļezers');
    expect(countedFromText({ from: { kind: 'fix' }, response }, latvian)).toBeUndefined();
    expect(whyTexts(createUnit({ code: 'from_free_place', ...from }), [], 0, latvian)).toEqual([]);
  });

  it('tells what a unit serves with its rank and what stands in; behind the nearest it has no rank', () => {
    const serves = { code: 'serves', line: 0, amount: 1, standsInWith: null, penaltyMs: 0 };
    const near = createUnit(serves, { code: 'nearest', line: 0, rank: 1 });
    expect(whyTexts(near, [createLine({ each: 3000 })], 0, latvian)).toEqual(['dzēšana: 1 (1. tuvākā)']);
    const substitute = createUnit(
      { ...serves, standsInWith: 'water', penaltyMs: 90_000 },
      { code: 'nearest', line: 0, rank: null },
      { code: 'crew_rests', penaltyMs: 300_000 },
    );
    expect(whyTexts(substitute, [createLine()], 0, english)).toEqual([
      'firefighting: 1 (with water, l, +90 s)',
      'crew at rest, +5 min',
    ]);
  });

  it('tells the norm by itself, and nothing where there is none', () => {
    const late = createUnit({ code: 'norm', targetMs: 480_000, verdict: 'late' });
    expect(normVerdict(late, latvian)).toEqual({ verdict: 'late', text: 'norma 8 min: nokavē' });
    expect(whyTexts(late, [], 0, latvian)).toEqual([]);
    expect(normVerdict(createUnit(), latvian)).toBeUndefined();
  });

  it('tells why a unit does not go with the figures behind it', () => {
    const tell = (reason: Reason) => reasonText(reason, latvian, names);
    expect(tell({ code: 'status_not_dispatchable', status: 'on_scene' })).toBe('aizņemta (notikuma vietā)');
    expect(tell({ code: 'farther', byMs: 38_000 })).toBe('tālāk (+38 s)');
    expect(tell({ code: 'capability_short', capability: 'water', wanted: 3000, has: 500 })).toBe(
      'spēju par maz (ūdens, l: 500 no 3000)',
    );
    expect(tell({ code: 'crew_too_small', wanted: 3, has: null })).toBe(
      'ekipāža par mazu (skaits nav zināms, vajag 3)',
    );
    expect(tell({ code: 'crew_shared', unitId: 'u1' })).toBe('ekipāža ir ar citu auto (Rīga AC-1)');
    expect(tell({ code: 'crew_shared', unitId: 'unknown' })).toBe('ekipāža ir ar citu auto');
    expect(tell({ code: 'skipped_by_dispatcher', reason: 'riepa' })).toBe('izlaista (riepa)');
    expect(tell({ code: 'less_together' })).toBe('kopā ar citām iznāk vēlāk');
  });

  it('counts the rest by reason, the commonest first', () => {
    expect(countsText({ held: 1, farther: 3 }, english)).toBe('farther away – 3, held by another desk – 1');
  });

  it('names the type of event and the territory of a card, and leaves any other beginning', () => {
    const card = {
      code: 'c',
      textLv: 'fire.building, P1, teritorija 0001000 (1. versija)\nJābūt: …\nVēlams: …',
      textEn: 'every event, P1\nMust: …',
    };
    const riga = { code: '0001000', nameLv: 'Rīga', nameEn: 'Riga', approximate: false };
    expect(cardTexts(card, [riga], latvian)).toEqual({
      scope: 'ēkas ugunsgrēks, P1, teritorija Rīga (1. versija)',
      asked: 'Jābūt: …\nVēlams: …',
    });
    expect(cardTexts(card, [], english)).toEqual({ scope: 'every event, P1', asked: 'Must: …' });
  });

  it('says of crews that are not known that they are not, and not that nobody comes', () => {
    expect(peopleText(9, 0, latvian)).toBe('cilvēki: 9');
    expect(peopleText(0, 2, latvian)).toBe('ekipāža nav zināma: 2 vienības');
    expect(peopleText(4, 1, english)).toBe('people: 4; crew not known: 1 unit');
  });

  it('says how far from the best a choice may be when it is not proven', () => {
    const proven: Proof = { short: 0, costMs: 100, proven: true, leastShort: 0, leastCostMs: 100 };
    expect(proofText([proven, proven], english)).toBe('proven best');
    const stopped = { ...proven, proven: false, costMs: 70_000, leastCostMs: 40_000 };
    expect(proofText([proven, stopped], english)).toBe('found in time; at most 30 s in all from the best');
    expect(proofText([{ ...stopped, short: 0.5 }], english)).toBe('found in time; a better one might be less short');
  });

  it('warns of what weakens an answer', () => {
    const sound = {
      travel: 'roads',
      networkGenerated: false,
      closures: 'in_force',
      state: 'current',
      correction: 'none',
    } as const;
    expect(basisTexts(sound, english)).toEqual({
      told: ['times by road', 'no learnt correction', 'closures heeded'],
      weak: [],
    });
    const weak = basisTexts(
      { ...sound, travel: 'straight_line', networkGenerated: true, closures: 'pending', state: 'last_known' },
      english,
    ).weak;
    expect(weak).toHaveLength(4);
  });
});

describe('an uncertain place', () => {
  const doubt = { radiusM: 4000, worst: { lon: 24, lat: 57 }, changes: true, joins: [], leaves: [], latestMs: 600_000 };

  it('is told whatever it changes: nobody else but later, others, or more that is missing', () => {
    const told = (change: object) => doubtText({ ...doubt, moreShort: 0, ...change }, (id) => id, english);
    expect(told({})).toBe('the same would go · the last would arrive in 10 min');
    expect(told({ joins: ['A', 'B'], leaves: ['C'] })).toBe(
      'A, B would join; C would not go · the last would arrive in 10 min',
    );
    expect(told({ leaves: ['C'], moreShort: 0.5 })).toBe(
      'C would not go · more of what must be there would be missing · the last would arrive in 10 min',
    );
  });
});
