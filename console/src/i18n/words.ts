import { en } from './en.js';
import { lv } from './lv.js';
import type { Language, TextKey, Texts } from './texts.js';

const TEXTS: Readonly<Record<Language, Texts>> = { lv, en };
const TIME_ZONE = 'Europe/Riga';
const LOCALE: Readonly<Record<Language, string>> = { lv: 'lv-LV', en: 'en-GB' };

type Given = Readonly<Record<string, string | number>>;
type Countable = 'units' | 'veks' | 'rest' | 'shortLines' | 'proposals' | 'preemptions';

function fill(text: string, given: Given): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
}

/** One language's texts and formats: times of Europe/Riga, numbers and plurals as the language writes them. */
export class Words {
  readonly language: Language;
  readonly #texts: Texts;
  readonly #plural: Intl.PluralRules;
  readonly #number: Intl.NumberFormat;
  readonly #oneDigit: Intl.NumberFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #dateClock: Intl.DateTimeFormat;
  readonly #collator: Intl.Collator;

  constructor(language: Language) {
    const locale = LOCALE[language];
    this.language = language;
    this.#texts = TEXTS[language];
    this.#plural = new Intl.PluralRules(language);
    this.#number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.#oneDigit = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
    this.#clock = new Intl.DateTimeFormat(locale, { ...clock, timeZone: TIME_ZONE });
    this.#dateClock = new Intl.DateTimeFormat(locale, {
      ...clock,
      timeZone: TIME_ZONE,
      day: '2-digit',
      month: '2-digit',
      year: 'numeric',
    });
    this.#collator = new Intl.Collator(locale, { numeric: true });
  }

  text(key: TextKey, given: Given = {}): string {
    return fill(this.#texts[key], given);
  }

  /** A text whose key's end comes from outside: the word itself when there is no text for it. */
  label(group: string, word: string, given: Given = {}): string {
    const text = this.#texts[`${group}.${word}` as TextKey] as string | undefined;
    return text === undefined ? word.replaceAll('_', ' ') : fill(text, given);
  }

  /** “1 vienība”, “11 vienību”, “21 vienība”. */
  count(what: Countable, n: number): string {
    const form = this.#plural.select(n);
    const key = `plural.${what}.${form === 'zero' || form === 'one' ? form : 'other'}` as const;
    return this.text(key, { n: this.#number.format(n) });
  }

  number(value: number): string {
    return this.#number.format(value);
  }

  /** “0,5”, “2,0”. */
  decimal(value: number): string {
    return this.#oneDigit.format(value);
  }

  /** HH:MM:SS in Europe/Riga. */
  time(at: number): string {
    return this.#clock.format(at);
  }

  /** With the date when it is not of the last 20 hours. */
  timeNear(at: number, now: number): string {
    return Math.abs(now - at) < 20 * 3_600_000 ? this.#clock.format(at) : this.#dateClock.format(at);
  }

  dateTime(at: number): string {
    return this.#dateClock.format(at);
  }

  /** A duration of ms as the greatest fitting unit: “45 s”, “12 min”, “3 h”. A negative one is “0 s”. */
  age(ms: number): string {
    const s = Math.max(0, Math.floor(ms / 1000));
    if (s < 120) return this.text('age.seconds', { n: s });
    if (s < 7200) return this.text('age.minutes', { n: Math.floor(s / 60) });
    if (s < 172_800) return this.text('age.hours', { n: Math.floor(s / 3600) });
    return this.text('age.days', { n: Math.floor(s / 86_400) });
  }

  ago(ms: number): string {
    return this.text('age.ago', { age: this.age(ms) });
  }

  /** A travel time in whole minutes, rounded up so that nothing is promised earlier: “1 min”, “1 h 05 min”. */
  minutes(ms: number): string {
    const minutes = Math.ceil(ms / 60_000);
    const rest = this.text('age.minutes', { n: minutes < 60 ? minutes : String(minutes % 60).padStart(2, '0') });
    return minutes < 60 ? rest : `${this.text('age.hours', { n: Math.floor(minutes / 60) })} ${rest}`;
  }

  /** A time that may be anything between two, in whole minutes outwards: “6–9 min”, “6 min” when both are the same. */
  minutesBetween([leastMs, greatestMs]: readonly [number, number]): string {
    const least = Math.floor(leastMs / 60_000);
    const greatest = Math.ceil(greatestMs / 60_000);
    if (greatest < 60 && least < greatest) return this.text('age.minutes', { n: `${least}–${greatest}` });
    const [from, to] = [this.minutes(least * 60_000), this.minutes(greatest * 60_000)];
    return from === to ? to : `${from} – ${to}`;
  }

  /** “850 m”, “12,4 km”. */
  distance(metres: number): string {
    if (metres < 995) return `${this.#number.format(Math.round(metres / 10) * 10)} m`;
    return `${metres < 100_000 ? this.#oneDigit.format(metres / 1000) : this.#number.format(metres / 1000)} km`;
  }

  compare(a: string, b: string): number {
    return this.#collator.compare(a, b);
  }
}

/** For comparing in a search: lower case, without diacritics. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
