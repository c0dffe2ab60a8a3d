import type { ExpectedFree } from '../state/api.js';
import { eventTypeLabel } from '../state/event-types.js';
import type {
  AvailableUnit,
  Basis,
  Card,
  ChosenUnit,
  IncidentAnswer,
  LineAnswer,
  OwnRequirement,
  Proof,
  Reason,
  Requirement,
} from '../state/recommendation.js';
import type { Words } from './words.js';

/** Names of what reasons point at by id; undefined for what this desk does not know. */
export interface DispatchNames {
  callsign(unitId: string): string | undefined;
  vekNumber(vekId: string): number | undefined;
}

/** “dzēšana: 2”, with what every unit must bring in brackets. */
export function requirementText(asked: Requirement | OwnRequirement, quantity: number, words: Words): string {
  const notes: string[] = [];
  let what: string;
  switch (asked.kind) {
    case 'capability':
      what = words.label('capability', asked.capability);
      if ('each' in asked) {
        // counted units bring one each at least: only more is worth telling
        if (asked.each !== null && asked.each > 1)
          notes.push(words.text('line.each', { quantity: words.number(asked.each) }));
        if (asked.minCrew !== null) notes.push(words.text('line.minCrew', { quantity: words.number(asked.minCrew) }));
        for (const { equipment, quantity: pieces } of asked.onBoard)
          notes.push(`${words.label('equipment', equipment)} ≥ ${words.number(pieces)}`);
      }
      break;
    case 'crew':
      what =
        asked.qualification === null ? words.text('line.people') : words.label('qualification', asked.qualification);
      break;
    case 'equipment':
      what = words.label('equipment', asked.equipment);
  }
  return `${what}: ${words.number(quantity)}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

/** What a line asks for in all, however many lines of the card are alike. */
export function lineText({ requirements }: LineAnswer, asked: readonly Requirement[], words: Words): string {
  const first = asked[requirements[0]!.line]!;
  const wanted = requirements.reduce((sum, requirement) => sum + requirement.wanted, 0);
  return `${requirementText(first, wanted, words)} · ${first.service}`;
}

/**
 * What speaks for a unit that goes, and what is not known of it; the norm apart, which is shown by itself.
 * @param sinceMs how old the answer is: the age of a fix has grown by so much
 */
export function whyTexts(
  { why }: ChosenUnit,
  asked: readonly Requirement[],
  sinceMs: number,
  words: Words,
): readonly string[] {
  return why.flatMap((reason): string | readonly string[] => {
    const penalty = words.age(Number(reason.penaltyMs));
    switch (reason.code) {
      case 'serves':
        return servesText(reason, why, asked, words);
      case 'nearest': // told with what it serves
      case 'norm':
        return [];
      case 'fix_age':
        return words.text('why.fix_age', { age: words.ago(Number(reason.ageS) * 1000 + sinceMs) });
      case 'soon_free':
        return words.text('why.soon_free', { time: words.time(Number(reason.freeAt)) });
      case 'from_free_place': // told with its minutes
        return [];
      default:
        return words.label('why', reason.code, { penalty });
    }
  });
}

/** Where a unit frees up, by its name or its coordinates. */
export function freePlaceText({ lon, lat, name }: NonNullable<ExpectedFree['place']>, words: Words): string {
  return name ?? words.text('free.unnamed', { lat: lat.toFixed(4), lon: lon.toFixed(4) });
}

/** “brīva pēc 12 min: Gaiļezers”, of a unit that is counted from where it will be free; undefined: it is counted from its fix. */
export function countedFromText(
  { from, response }: Pick<AvailableUnit, 'from' | 'response'>,
  words: Words,
): string | undefined {
  if (from.kind === 'fix') return undefined;
  const place = freePlaceText(from, words);
  const waitMs = response?.waitMs ?? 0;
  return waitMs === 0
    ? words.text('why.from_free_place', { place })
    : words.text('free.inAt', { time: words.minutes(waitMs), place });
}

function servesText(serves: Reason, why: readonly Reason[], asked: readonly Requirement[], words: Words): string {
  const { line, amount, standsInWith, penaltyMs } = serves;
  const rank = why.find(({ code, line: of }) => code === 'nearest' && of === line)?.rank;
  const told = requirementText({ ...asked[Number(line)]!, ...BARE }, Number(amount), words);
  const notes = typeof rank === 'number' ? [words.text('why.nearest', { rank })] : [];
  if (typeof standsInWith === 'string')
    notes.push(
      words.text('why.instead', {
        capability: words.label('capability', standsInWith),
        penalty: words.age(Number(penaltyMs)),
      }),
    );
  return notes.length === 0 ? told : `${told} (${notes.join('; ')})`;
}

/** Of what a unit brings, the conditions that it has passed are not told again. */
const BARE = { each: null, minCrew: null, onBoard: [] } as const;

/** `within` only if even the latest arrival keeps the norm. */
export interface NormVerdict {
  readonly verdict: 'within' | 'uncertain' | 'late';
  readonly text: string;
}

/** How a unit stands to the norm of its service; undefined: there is none. */
export function normVerdict({ why }: ChosenUnit, words: Words): NormVerdict | undefined {
  const norm = why.find(({ code }) => code === 'norm');
  if (norm === undefined) return undefined;
  const verdict = norm.verdict as NormVerdict['verdict'];
  return { verdict, text: words.label('norm', verdict, { target: words.minutes(Number(norm.targetMs)) }) };
}

type Detail = (reason: Reason, words: Words, names: DispatchNames) => string | undefined;

const hasOfWanted: Detail = ({ has, wanted }, words) =>
  words.text('reasonDetail.of', { has: words.number(Number(has)), wanted: words.number(Number(wanted)) });

/** The figures behind a reason, for the codes that have any. */
const DETAILS: Readonly<Record<string, Detail>> = {
  status_not_dispatchable: ({ status }, words) => words.label('status', String(status)),
  preemption_forbidden: ({ status }, words) => words.label('status', String(status)),
  fix_too_old: ({ ageS }, words) => words.age(Number(ageS) * 1000),
  service_not_asked: ({ service }) => String(service),
  capability_missing: ({ capability }, words) => words.label('capability', String(capability)),
  capability_short: (reason, words, names) =>
    `${words.label('capability', String(reason.capability))}: ${hasOfWanted(reason, words, names)}`,
  equipment_missing: (reason, words, names) =>
    `${words.label('equipment', String(reason.equipment))}: ${hasOfWanted(reason, words, names)}`,
  end_of_shift: ({ leftS }, words) => words.text('reasonDetail.left', { time: words.age(Number(leftS) * 1000) }),
  reserved: ({ vekId, from }, words, names) => {
    const number = names.vekNumber(String(vekId));
    return `${number === undefined ? '' : `${words.text('vek.number', { number })}, `}${words.time(Number(from))}`;
  },
  crew_shared: ({ unitId }, _words, names) => names.callsign(String(unitId)),
  skipped_by_dispatcher: ({ reason }) => String(reason),
  crew_too_small: (reason, words, names) =>
    reason.has === null
      ? words.text('reasonDetail.unknown', { wanted: words.number(Number(reason.wanted)) })
      : hasOfWanted(reason, words, names),
  crew_missing: ({ qualification }, words) =>
    typeof qualification === 'string' ? words.label('qualification', qualification) : undefined,
  too_far: ({ limitMs }, words) => words.text('reasonDetail.limit', { time: words.minutes(Number(limitMs)) }),
  farther: ({ byMs }, words) => `+${words.age(Number(byMs))}`,
  costs_more: ({ byMs }, words) => `+${words.age(Number(byMs))}`,
};

/** Why a unit does not go, with the figures behind it. */
export function reasonText(reason: Reason, words: Words, names: DispatchNames): string {
  const detail = DETAILS[reason.code]?.(reason, words, names);
  const text = words.label('reason', reason.code);
  return detail === undefined || detail === '' ? text : `${text} (${detail})`;
}

/** How many there are of each reason, the commonest first: “aizņemta – 12, cits dienests – 4”. */
export function countsText(counts: Readonly<Record<string, number>>, words: Words): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${words.label('reason', code)} – ${words.number(count)}`)
    .join(', ');
}

/** People of the crews whose strength is known, and of how many units it is not. */
export function peopleText(known: number, unitsOfUnknownCrew: number, words: Words): string {
  const told =
    known > 0 || unitsOfUnknownCrew === 0 ? [words.text('sums.people', { people: words.number(known) })] : [];
  if (unitsOfUnknownCrew > 0)
    told.push(words.text('sums.unknownCrew', { units: words.count('units', unitsOfUnknownCrew) }));
  return told.join('; ');
}

/** A run card as text: what it is for, with its codes by name where they are known here, and what it asks for. */
export function cardTexts(
  { textLv, textEn }: Card,
  territories: IncidentAnswer['territories'],
  { language }: Words,
): { readonly scope: string; readonly asked: string } {
  const [headline, ...asked] = (language === 'lv' ? textLv : textEn).split('\n');
  let scope = headline!.replace(/^\S+(?=,)/, (code) => eventTypeLabel(code, language) ?? code);
  for (const { code, nameLv, nameEn } of territories)
    scope = scope.replace(` ${code} `, ` ${language === 'lv' ? nameLv : nameEn} `);
  return { scope, asked: asked.join('\n') };
}

/** How near to the best possible the choices are known to be, all of them together. */
export function proofText(proofs: readonly Proof[], words: Words): string {
  const open = proofs.filter(({ proven }) => !proven);
  if (open.length === 0) return words.text('proof.proven');
  const shortBy = open.reduce((sum, { short, leastShort }) => sum + short - leastShort, 0);
  if (shortBy > SHORT_EPSILON) return words.text('proof.shorter');
  const byMs = open.reduce((sum, { costMs, leastCostMs }) => sum + costMs - leastCostMs, 0);
  return words.text('proof.within', { time: words.age(byMs) });
}

/** Shares of lines are fractions: what is less than this is their rounding. */
const SHORT_EPSILON = 1e-6;

/** What an answer rests on, and what weakens it: the latter apart, so that it can be shown as a warning. */
export function basisTexts(basis: Basis, words: Words): { readonly told: string[]; readonly weak: string[] } {
  const { travel, networkGenerated, closures, state, correction } = basis;
  const told = [words.label('travel', travel), words.text(`correction.${correction}`)];
  const weak: string[] = [];
  if (travel === 'straight_line') weak.push(words.text('basis.straight'));
  if (networkGenerated === true) weak.push(words.text('route.generated'));
  if (closures === 'in_force' || closures === 'checked') told.push(words.label('basisClosures', closures));
  else weak.push(words.label('basisClosures', closures));
  if (state === 'last_known') weak.push(words.text('basis.lastKnown'));
  return { told, weak };
}

/** What the worst point of an uncertain place would change: who goes, what is missing, and when the last one is there. */
export function doubtText(
  { joins, leaves, moreShort, latestMs }: NonNullable<IncidentAnswer['uncertainty']>,
  callsignOf: (unitId: string) => string,
  words: Words,
): string {
  const changed = (
    [
      ['doubt.joins', joins],
      ['doubt.leaves', leaves],
    ] as const
  ).flatMap(([key, ids]) => (ids.length === 0 ? [] : words.text(key, { units: ids.map(callsignOf).join(', ') })));
  return [
    changed.length === 0 ? words.text('doubt.same') : changed.join('; '),
    ...(moreShort > 0 ? [words.text('doubt.short')] : []),
    words.text('doubt.latest', { time: words.minutes(latestMs) }),
  ].join(' · ');
}
