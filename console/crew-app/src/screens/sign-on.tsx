import { type FormEvent, useState } from 'react';
import { readToken } from '../crew/sign-on.js';
import { useWords } from './context.js';
import type { Preferences } from './preferences.js';
import { Choice } from './switches.js';

interface Props {
  readonly onToken: (token: string) => void;
  readonly preferences: Preferences;
  readonly onChange: (changed: Partial<Preferences>) => void;
}

export function SignOn({ onToken, preferences, onChange }: Props) {
  const words = useWords();
  const [wrong, setWrong] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = readToken(String(new FormData(event.currentTarget).get('token') ?? ''));
    if (token === undefined) setWrong(true);
    else onToken(token);
  };
  return (
    <main className="plain">
      <p className="brand">Vanags</p>
      <h1>{words.text('signOn.title')}</h1>
      <p>{words.text('signOn.lead')}</p>
      <form onSubmit={submit}>
        <label htmlFor="token">{words.text('signOn.label')}</label>
        <input
          id="token"
          name="token"
          type="password"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-invalid={wrong}
          aria-describedby="token-note"
        />
        <p id="token-note" role={wrong ? 'alert' : undefined} className={wrong ? 'wrong' : 'faint'}>
          {words.text(wrong ? 'signOn.wrong' : 'signOn.kept')}
        </p>
        <button type="submit" className="big primary">
          {words.text('signOn.button')}
        </button>
      </form>
      <Choice
        label={words.text('device.language')}
        value={preferences.language}
        options={[
          ['lv', 'Latviešu'],
          ['en', 'English'],
        ]}
        onChange={(language) => onChange({ language })}
      />
    </main>
  );
}
