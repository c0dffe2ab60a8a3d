import { useEffect, useMemo, useState } from 'react';
import { holdTab } from '../crew/one-tab.js';
import { openSession, type Session } from '../crew/session.js';
import { forgetToken, keepToken, storeName } from '../crew/sign-on.js';
import { Words } from '../i18n/words.js';
import { SessionContext, WordsContext } from './context.js';
import { keepPreferences, type Preferences, readPreferences } from './preferences.js';
import { SignOn } from './sign-on.js';
import { SignedOn } from './signed-on.js';

type Tab = { readonly kind: 'opening' | 'waiting' } | { readonly kind: 'open'; readonly session: Session };

export function App({ firstToken }: { readonly firstToken: string | undefined }) {
  const [token, setToken] = useState(firstToken);
  const [tab, setTab] = useState<Tab>({ kind: 'opening' });
  const [preferences, setPreferences] = useState(readPreferences);
  const words = useMemo(() => new Words(preferences.language), [preferences.language]);

  useEffect(() => {
    document.documentElement.lang = preferences.language;
    document.documentElement.dataset.theme = preferences.theme;
    document.title = words.text('app.title');
  }, [preferences.language, preferences.theme, words]);

  useEffect(() => {
    if (token === undefined) return;
    let gone = false;
    let session: Session | undefined;
    const giveUp = holdTab(
      storeName(token),
      () => {
        void openSession(token).then((opened) => {
          session = opened;
          if (gone) opened.close();
          else setTab({ kind: 'open', session: opened });
        });
      },
      () => setTab({ kind: 'waiting' }),
    );
    return () => {
      gone = true;
      session?.close();
      giveUp();
      setTab({ kind: 'opening' });
    };
  }, [token]);

  const change = (changed: Partial<Preferences>) => {
    const next = { ...preferences, ...changed };
    keepPreferences(next);
    setPreferences(next);
  };
  const signOn = (given: string) => {
    keepToken(given);
    setToken(given);
  };
  const signOff = (session: Session) => {
    forgetToken();
    void session.signOff().then(() => setToken(undefined));
  };

  return (
    <WordsContext value={words}>
      {token === undefined ? (
        <SignOn onToken={signOn} preferences={preferences} onChange={change} />
      ) : tab.kind === 'open' ? (
        <SessionContext value={tab.session}>
          <SignedOn preferences={preferences} onChange={change} onSignOff={() => signOff(tab.session)} />
        </SessionContext>
      ) : (
        <main className="plain" aria-live="polite">
          {tab.kind === 'opening' ? (
            <p>{words.text('app.loading')}</p>
          ) : (
            <>
              <h1>{words.text('tab.title')}</h1>
              <p>{words.text('tab.text')}</p>
            </>
          )}
        </main>
      )}
    </WordsContext>
  );
}
