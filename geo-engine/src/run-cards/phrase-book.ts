/** A thing that is counted, in the forms a number can ask for (CLDR plural categories of Latvian and English). */
export interface Noun {
  /** 1, 21, 31 … In English 1. */
  readonly one: string;
  /** Latvian 0, 10 to 20, 30, 40 …: genitive plural. Absent where a language has no such form. */
  readonly zero?: string;
  readonly other: string;
  /** Latvian numerals agree: feminine, masculine; a plural-only word takes the plural of "one". */
  readonly gender?: 'f' | 'm';
  readonly pluralOnly?: true;
}

/** What a code is called: counted, or measured (`l ūdens`, said after the figure). */
export type Phrase = Noun | { readonly measure: string };

/** The words in which cards are told. Codes without a word are shown as they are. */
export interface PhraseBook {
  readonly locale: string;
  /** Numerals from one up, in which whole units are counted; larger numbers are figures. */
  numeral(count: number, noun: Noun): string;
  readonly capabilities: Readonly<Record<string, Phrase>>;
  readonly equipment: Readonly<Record<string, Phrase>>;
  readonly qualifications: Readonly<Record<string, Noun>>;
  /** What the people of a service are called when no qualification is asked. */
  readonly people: Readonly<Record<string, Noun>>;
  readonly anybody: Noun;
  readonly unit: Noun;
  readonly weekdays: readonly string[];
  day(isoDay: string): string;
  readonly everyType: string;
  readonly everyPriority: string;
  territory(name: string): string;
  object(name: string): string;
  version(version: number): string;
  from(day: string): string;
  until(day: string): string;
  readonly must: string;
  readonly should: string;
  level(level: number): string;
  each(measure: string): string;
  crew(people: string): string;
  onBoard(list: string): string;
  instead(list: string): string;
  readonly or: string;
}

export function isMeasured(phrase: Phrase): phrase is { readonly measure: string } {
  return 'measure' in phrase;
}
