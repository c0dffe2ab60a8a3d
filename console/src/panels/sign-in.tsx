import { type FormEvent, useEffect, useState } from 'react';
import type { DemoUser } from '../state/api.js';
import { LanguageSwitch, ThemeSwitch } from './switches.js';
import { useDesk, usePart, useWords } from './use-desk.js';

const RETRY_MS = 2000;

export function SignIn() {
  const desk = useDesk();
  const words = useWords();
  const problem = usePart((state) => state.signInProblem);
  const [users, setUsers] = useState<readonly DemoUser[]>([]);
  const [token, setToken] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const ask = () => {
      desk.demoUsers().then(setUsers, (error: { status?: number }) => {
        if (error.status === 0) timer = setTimeout(ask, RETRY_MS); // the server is starting
      });
    };
    ask();
    return () => clearTimeout(timer);
  }, [desk]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== '') void desk.signIn(token.trim());
  };
  return (
    <div className="sign-in">
      <div className="sign-in-switches">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
      <main>
        <h1>
          <Mark /> {words.text('app.name')}
        </h1>
        <p className="tagline">{words.text('app.tagline')}</p>
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problem === 'unreachable'
              ? words.text('signin.unreachable')
              : problem === 'role_not_allowed'
                ? words.text('signin.role')
                : words.text('signin.refused', { code: problem })}
          </p>
        )}
        {users.length > 0 && (
          <section aria-labelledby="demo-title">
            <h2 id="demo-title">{words.text('signin.demo')}</h2>
            <ul className="demo-users">
              {users.map(({ user, name, agency, roles }) => (
                <li key={user}>
                  <button type="button" data-user={user} onClick={() => void desk.signInAs(user)}>
                    <strong>{name}</strong>
                    <span>
                      {agency} · {roles.join(', ')}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        )}
        <form onSubmit={submit}>
          <label htmlFor="token">{words.text('signin.token')}</label>
          <div className="row">
            <input
              id="token"
              type="password"
              autoComplete="off"
              spellCheck={false}
              value={token}
              onChange={(event) => setToken(event.target.value)}
            />
            <button type="submit" className="primary">
              {words.text('signin.enter')}
            </button>
          </div>
        </form>
      </main>
    </div>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#9e1b32" />
      <path d="M4 11c5 0 9 2 12 7 3-5 7-7 12-7-4 3-6 6-7 10l-5 5-5-5c-1-4-3-7-7-10z" fill="#fff" />
    </svg>
  );
}
