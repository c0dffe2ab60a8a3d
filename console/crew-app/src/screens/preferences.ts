import type { Language } from '../i18n/texts.js';

export interface Preferences {
  readonly language: Language;
  readonly theme: 'night' | 'day';
  readonly share: boolean;
  readonly awake: boolean;
}

const KEY = 'vanags.crew.preferences';
const FIRST: Preferences = { language: 'lv', theme: 'night', share: true, awake: true };

export function readPreferences(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Preferences>;
    return {
      language: kept.language === 'en' ? 'en' : 'lv',
      theme: kept.theme === 'day' ? 'day' : 'night',
      share: kept.share !== false,
      awake: kept.awake !== false,
    };
  } catch {
    return FIRST;
  }
}

export function keepPreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // they hold until the page is closed
  }
}
