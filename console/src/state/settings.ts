import { LANGUAGES, type Language } from '../i18n/texts.js';
import type { Theme } from './store.js';

const TOKEN = 'vanags.token';
const LANGUAGE = 'vanags.language';
const THEME = 'vanags.theme';

/** A browser may refuse storage; the console then forgets, and works. */
function read(storage: 'localStorage' | 'sessionStorage', key: string): string | null {
  try {
    return window[storage].getItem(key);
  } catch {
    return null;
  }
}

function write(storage: 'localStorage' | 'sessionStorage', key: string, value: string | null): void {
  try {
    if (value === null) window[storage].removeItem(key);
    else window[storage].setItem(key, value);
  } catch {
    // see above
  }
}

/** The token lives as long as the tab. */
export const readToken = () => read('sessionStorage', TOKEN);
export const keepToken = (token: string | null) => write('sessionStorage', TOKEN, token);

export function readLanguage(): Language {
  const asked = new URLSearchParams(location.search).get('lang') ?? read('localStorage', LANGUAGE);
  return LANGUAGES.find((language) => language === asked) ?? 'lv';
}
export const keepLanguage = (language: Language) => write('localStorage', LANGUAGE, language);

export function readTheme(): Theme {
  const asked = new URLSearchParams(location.search).get('theme') ?? read('localStorage', THEME);
  return asked === 'light' ? 'light' : 'dark';
}
export const keepTheme = (theme: Theme) => write('localStorage', THEME, theme);

/** A MapLibre style of the agency's own, instead of the built-in map. */
export const readStyleUrl = () => new URLSearchParams(location.search).get('style');
