import { useDesk, usePart, useWords } from './use-desk.js';

export function LanguageSwitch() {
  const desk = useDesk();
  const words = useWords();
  return (
    <fieldset className="switch" aria-label={words.text('settings.language')}>
      {(['lv', 'en'] as const).map((language) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={words.language === language}
          onClick={() => desk.setLanguage(language)}
        >
          {language.toUpperCase()}
        </button>
      ))}
    </fieldset>
  );
}

export function ThemeSwitch() {
  const desk = useDesk();
  const words = useWords();
  const theme = usePart((state) => state.theme);
  return (
    <fieldset className="switch" aria-label={words.text('settings.theme')}>
      {(['dark', 'light'] as const).map((each) => (
        <button key={each} type="button" aria-pressed={theme === each} onClick={() => desk.setTheme(each)}>
          {words.text(`settings.${each}`)}
        </button>
      ))}
    </fieldset>
  );
}
