import { en } from './en.js';
import { lv } from './lv.js';
import type { Language, TextKey, Texts } from './texts.js';

const TEXTS: Readonly<Record<Language, Texts>> = { lv, en };
const LOCALE: Readonly<Record<Language, string>> = { lv: 'lv-LV', en: 'en-GB' };
type Given = Readonly<Record<string, string | number>>;

/** One language's texts and formats. Times are those of Europe/Riga, whatever the phone is set to. */
export class Words {
  readonly language: Language;
  readonly #clock: Intl.DateTimeFormat;
  readonly #dayClock: Intl.DateTimeFormat;
  readonly #number: Intl.NumberFormat;
  readonly #oneDigit: Intl.NumberFormat;

  constructor(language: Language) {
    this.language = language;
    const locale = LOCALE[language];
    const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
    const timeZone = 'Europe/Riga';
    this.#clock = new Intl.DateTimeFormat(locale, { ...clock, timeZone });
    this.#dayClock = new Intl.DateTimeFormat(locale, { ...clock, timeZone, day: '2-digit', month: '2-digit' });
    this.#number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.#oneDigit = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }

  text(key: TextKey, given: Given = {}): string {
    return TEXTS[this.language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
  }

  /** A text whose key's end comes from outside; undefined when there is none for it. */
  label(group: string, word: string): string | undefined {
    return TEXTS[this.language][`${group}.${word}` as TextKey] as string | undefined;
  }

  status(status: string): string {
    return this.label('status', status) ?? status;
  }

  /** HH:MM:SS, with day and month when it is not of the last 20 hours. */
  time(at: number, now = Date.now()): string {
    return (Math.abs(now - at) < 20 * 3_600_000 ? this.#clock : this.#dayClock).format(at);
  }

  number(value: number): string {
    return this.#number.format(value);
  }

  /** “850 m”, “12,4 km”. */
  distance(metres: number): string {
    if (metres < 995) return `${this.#number.format(Math.round(metres / 10) * 10)} m`;
    return `${(metres < 100_000 ? this.#oneDigit : this.#number).format(metres / 1000)} km`;
  }
}
