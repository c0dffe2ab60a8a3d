import { isMeasured, type Noun, type Phrase, type PhraseBook } from './phrase-book.js';
import { PHRASES_EN } from './phrases-en.js';
import { PHRASES_LV } from './phrases-lv.js';
import type { CapabilityRequirement, Requirement } from './requirement.js';
import { highestLevel, linesOfLevel, type RunCard } from './run-card.js';

/** Names of codes for people, where the caller knows them; undefined leaves the code. */
export type CardNames = (what: 'event_type' | 'territory' | 'object' | 'service', code: string) => string | undefined;

interface Speech {
  readonly phrases: PhraseBook;
  readonly names: CardNames;
}

const BOOKS = { lv: PHRASES_LV, en: PHRASES_EN } as const;

/**
 * Tells a card as text: one line for what it is for, then what must be there, what should, and what each alarm level
 * adds. Whole units are counted in words up to nine (`divas autocisternas, vienas autokāpnes`), people and measures in
 * figures (`9 ugunsdzēsēji`, `6000 l ūdens`).
 */
export function describeRunCard(card: RunCard, language: 'lv' | 'en', names: CardNames = () => undefined): string {
  const speech = { phrases: BOOKS[language], names };
  const paragraphs = [headline(card, speech)];
  for (let level = 1; level <= highestLevel(card); level++) {
    const lines = linesOfLevel(card, level);
    if (lines.length === 0) continue;
    const demands = tellDemands(lines, speech);
    paragraphs.push(level === 1 ? demands.join('\n') : `${speech.phrases.level(level)}. ${demands.join(' ')}`);
  }
  return paragraphs.join('\n');
}

function headline(card: RunCard, { phrases, names }: Speech): string {
  const { eventType, priority, territory, object, window, version, validFrom, validTo } = card;
  const scope = [
    eventType === '*' ? phrases.everyType : (names('event_type', eventType) ?? eventType),
    priority ?? phrases.everyPriority,
  ];
  if (territory !== null) scope.push(phrases.territory(names('territory', territory) ?? territory));
  if (object !== null) scope.push(phrases.object(names('object', object) ?? object));
  if (window !== null) {
    const days = window.weekdays.map((day) => phrases.weekdays[day - 1]).join(', ');
    scope.push(`${days} ${window.from}–${window.to}`);
  }
  const validity = [phrases.version(version), phrases.from(phrases.day(validFrom))];
  if (validTo !== null) validity.push(phrases.until(phrases.day(validTo)));
  return `${scope.join(', ')} (${validity.join(', ')})`;
}

/** One sentence for what must be there, one for what should. */
function tellDemands(lines: readonly Requirement[], speech: Speech): string[] {
  const { phrases } = speech;
  return (['must', 'should'] as const).flatMap((need) => {
    const asked = lines.filter((line) => line.need === need);
    if (asked.length === 0) return [];
    return [`${need === 'must' ? phrases.must : phrases.should}: ${tellByService(asked, speech)}.`];
  });
}

function tellByService(lines: readonly Requirement[], speech: Speech): string {
  const byService = new Map<string, string[]>();
  for (const line of lines) {
    byService.set(line.service, [...(byService.get(line.service) ?? []), tellLine(line, speech.phrases)]);
  }
  return [...byService]
    .map(([service, told]) => `${speech.names('service', service) ?? service} – ${told.join(', ')}`)
    .join('; ');
}

function tellLine(line: Requirement, phrases: PhraseBook): string {
  switch (line.kind) {
    case 'capability':
      return tellCapability(line, phrases);
    case 'crew': {
      const people =
        line.qualification === null ? phrases.people[line.service] : phrases.qualifications[line.qualification];
      const unknown = line.qualification === null ? phrases.anybody : undefined;
      return inFigures(line.quantity, people ?? unknown, line.qualification ?? '', phrases);
    }
    case 'equipment':
      return inFigures(line.quantity, phrases.equipment[line.equipment], line.equipment, phrases);
  }
}

function tellCapability(line: CapabilityRequirement, phrases: PhraseBook): string {
  const { capability, quantity, each, minCrew, onBoard, substitutes } = line;
  const phrase = phrases.capabilities[capability];
  const notes: string[] = [];
  let told: string;
  if (each === null) {
    told =
      phrase && !isMeasured(phrase)
        ? inWords(quantity, phrase, phrases)
        : inFigures(quantity, phrase, capability, phrases);
  } else {
    // units are counted; a measured thing has no word for its carrier
    told = inWords(quantity, phrase && !isMeasured(phrase) ? phrase : phrases.unit, phrases);
    const isNamed = phrase !== undefined && !isMeasured(phrase);
    // "two tankers" says already that each is one
    if (!isNamed || each > 1)
      notes.push(phrases.each(isNamed ? figure(each, phrases) : inFigures(each, phrase, capability, phrases)));
  }
  if (minCrew !== null) notes.push(phrases.crew(inFigures(minCrew, phrases.anybody, '', phrases)));
  if (onBoard.length > 0) {
    const list = onBoard.map((one) =>
      inFigures(one.quantity, phrases.equipment[one.equipment], one.equipment, phrases),
    );
    notes.push(phrases.onBoard(list.join(', ')));
  }
  if (substitutes.length > 0) {
    const list = substitutes.map((one) => {
      const standIn = phrases.capabilities[one.capability];
      const word = standIn === undefined ? one.capability : isMeasured(standIn) ? standIn.measure : standIn.one;
      const from = one.service === null ? '' : ` (${one.service})`;
      return `${word}${from}${one.penaltyS === 0 ? '' : ` +${penalty(one.penaltyS, phrases)}`}`;
    });
    notes.push(phrases.instead(list.join(` ${phrases.or} `)));
  }
  return notes.length === 0 ? told : `${told} (${notes.join('; ')})`;
}

/** `divas autocisternas`; from ten on `12 autocisternu`. */
function inWords(count: number, noun: Noun, phrases: PhraseBook): string {
  const numeral = phrases.numeral(count, noun);
  return `${numeral === String(count) ? figure(count, phrases) : numeral} ${formOf(count, noun, phrases)}`;
}

/** `9 ugunsdzēsēji`, `6000 l ūdens`, `3 × foo`. */
function inFigures(count: number, phrase: Phrase | undefined, code: string, phrases: PhraseBook): string {
  if (phrase === undefined) return `${figure(count, phrases)} × ${code}`;
  const word = isMeasured(phrase) ? phrase.measure : formOf(count, phrase, phrases);
  return `${figure(count, phrases)} ${word}`;
}

function formOf(count: number, noun: Noun, phrases: PhraseBook): string {
  const category = new Intl.PluralRules(phrases.locale).select(count);
  if (category === 'one') return noun.one;
  return (category === 'zero' ? noun.zero : undefined) ?? noun.other;
}

function figure(count: number, { locale }: PhraseBook): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** Whole minutes as such, anything else in seconds; both abbreviations are the same in both languages. */
function penalty(seconds: number, phrases: PhraseBook): string {
  return seconds % 60 === 0 ? `${figure(seconds / 60, phrases)} min` : `${figure(seconds, phrases)} s`;
}
