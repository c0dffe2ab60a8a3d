import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { type ModuleApi, type ModuleContext, ModuleProblem } from './module-api.js';
import type { Asker } from './module-callers.js';
import { PAGE_STYLE } from './page-style.js';
import { demoToken } from './token-source.js';
import { TrackerAway } from './tracker-client.js';

/** People read Latvian first. */
export const LANGUAGES = ['lv', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
/** One text in each language. */
export type Text = Readonly<Record<Language, string>>;

const LANGUAGE_COOKIE = 'vanags-language';
const SHIFT_S = 12 * 3600;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;
/** Nothing but what the module itself serves; in no frame. */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const WORDS = {
  signIn: { lv: 'Pieteikties', en: 'Sign in' },
  signOut: { lv: 'Iziet', en: 'Sign out' },
  token: { lv: 'Pilnvara', en: 'Token' },
  demo: { lv: 'Demonstrācijas lietotāji', en: 'People of the demonstration' },
  away: {
    lv: 'Vanags neatbild. Pamēģiniet vēlreiz pēc brīža.',
    en: 'The tracker does not answer. Try again in a moment.',
  },
  missing: { lv: 'Šeit nekā nav.', en: 'There is nothing here.' },
  foreign: { lv: 'Veidlapa nāk no citas lapas.', en: 'The form comes from another page.' },
  refused: { lv: 'Nav atļauts', en: 'Not allowed' },
} as const satisfies Record<string, Text>;

/** Somebody who looks at a page. */
export interface Visit {
  readonly c: ModuleContext;
  readonly asker: Asker;
  readonly language: Language;
  /** What a form says; of a GET nothing. */
  readonly form: Readonly<Record<string, string>>;
}

/** What a visit leads to: a page with its title, a part of one that is shown anew, or another page. */
export type Answer =
  | { readonly title: string; readonly main: Html; readonly status?: 200 | 409 | 422 }
  | { readonly part: Html }
  | { readonly to: string };

export interface PageSettings {
  /** Of the module: two on one host have cookies of their own. */
  readonly name: string;
  readonly title: Text;
  /** Whose page it is. */
  readonly roles: readonly string[];
  readonly trackerUrl: string;
  /** Codes of a demonstration's agencies, as whose people one may sign in. */
  readonly demoAgencies: readonly string[];
}

/**
 * A module's own small page, made here: forms and links that work without a script, by keyboard and screen reader. People sign in with the token
 * they have; it lives in a cookie that no script reads and no other site sends, and stands in no URL.
 */
export class ModulePage {
  readonly #api: ModuleApi;
  readonly #settings: PageSettings;
  readonly #cookie: string;

  constructor(api: ModuleApi, settings: PageSettings) {
    this.#api = api;
    this.#settings = settings;
    this.#cookie = `vanags-${settings.name}`;
    api.hono.get('/page.css', (c) => c.body(PAGE_STYLE, 200, { 'content-type': 'text/css; charset=utf-8' }));
    api.hono.get('/sign-in', (c) => this.#signInPage(c, languageOf(c), 200));
    api.hono.post('/sign-in', (c) => this.#signIn(c));
    api.hono.post('/sign-out', (c) => {
      deleteCookie(c, this.#cookie);
      return c.redirect('/sign-in', 303);
    });
  }

  get(path: string, handler: (visit: Visit) => Promise<Answer>): void {
    this.#api.hono.get(path, (c) => this.#answer(c, {}, handler));
  }

  post(path: string, handler: (visit: Visit) => Promise<Answer>): void {
    this.#api.hono.post(path, async (c) => {
      const language = languageOf(c);
      if (!isOfThisPage(c)) return this.#problem(c, language, 403, WORDS.foreign[language]);
      return this.#answer(c, await formOf(c), handler);
    });
  }

  async #answer(c: ModuleContext, form: Visit['form'], handler: (visit: Visit) => Promise<Answer>): Promise<Response> {
    const language = languageOf(c);
    try {
      const asker = await this.#api.asker(c, getCookie(c, this.#cookie), 'the page', this.#settings.roles);
      const answer = await handler({ c, asker, language, form });
      if ('to' in answer) return c.redirect(answer.to, 303);
      if ('part' in answer) return c.html(answer.part, 200, { 'cache-control': 'no-store' });
      return this.#page(c, language, answer.title, answer.main, answer.status ?? 200, asker);
    } catch (error) {
      if (error instanceof TrackerAway) return this.#problem(c, language, 503, WORDS.away[language]);
      if (!(error instanceof ModuleProblem)) throw error;
      if (error.status === 401) return c.redirect('/sign-in', 303);
      if (error.status === 404) return this.#problem(c, language, 404, WORDS.missing[language]);
      return this.#signInPage(c, language, 403, `${WORDS.refused[language]}: ${error.code}`);
    }
  }

  async #signIn(c: ModuleContext): Promise<Response> {
    const language = languageOf(c);
    if (!isOfThisPage(c)) return this.#problem(c, language, 403, WORDS.foreign[language]);
    const { token: given, agency = '' } = await formOf(c);
    const { demoAgencies, roles, trackerUrl } = this.#settings;
    try {
      const person = { agency, roles: roles.slice(0, 1), subject: `${agency}-${roles[0]}` };
      const token = demoAgencies.includes(agency) ? await demoToken(trackerUrl, person) : given?.trim();
      await this.#api.asker(c, token, 'the page', roles);
      setCookie(c, this.#cookie, token!, {
        httpOnly: true,
        sameSite: 'Strict',
        path: '/',
        maxAge: SHIFT_S,
        secure: !LOOPBACK.test(c.req.header('host') ?? ''),
      });
      return c.redirect('/', 303);
    } catch (error) {
      if (error instanceof ModuleProblem)
        return this.#signInPage(c, language, 403, `${WORDS.refused[language]}: ${error.code}`);
      return this.#signInPage(c, language, 503, WORDS.away[language]);
    }
  }

  #signInPage(
    c: ModuleContext,
    language: Language,
    status: 200 | 403 | 503,
    problem?: string,
  ): Response | Promise<Response> {
    const { demoAgencies } = this.#settings;
    const main = html`<h1>${WORDS.signIn[language]}</h1>
      ${problem === undefined ? '' : html`<p class="problem" role="alert">${problem}</p>`}
      <form method="post" action="/sign-in">
        <label>${WORDS.token[language]} <input name="token" type="password" autocomplete="off" required autofocus></label>
        <button>${WORDS.signIn[language]}</button>
      </form>
      ${
        demoAgencies.length === 0
          ? ''
          : html`<h2>${WORDS.demo[language]}</h2>
      <form method="post" action="/sign-in" class="row">${demoAgencies.map(
        (agency) => html`<button name="agency" value="${agency}">${agency}</button> `,
      )}</form>`
      }`;
    return this.#page(c, language, WORDS.signIn[language], main, status);
  }

  #problem(c: ModuleContext, language: Language, status: 403 | 404 | 503, text: string): Response | Promise<Response> {
    const main = html`<p class="problem" role="alert">${text}</p><p><a href="/">${this.#settings.title[language]}</a></p>`;
    return this.#page(c, language, text, main, status);
  }

  #page(
    c: ModuleContext,
    language: Language,
    title: string,
    main: Html,
    status: 200 | 403 | 404 | 409 | 422 | 503,
    asker?: Asker,
  ): Response | Promise<Response> {
    c.header('content-security-policy', POLICY);
    c.header('cache-control', 'no-store');
    c.header('referrer-policy', 'same-origin');
    c.header('x-content-type-options', 'nosniff');
    return c.html(
      html`<!doctype html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <title>${title} · ${this.#settings.title[language]}</title>
  <link rel="stylesheet" href="/page.css">
</head>
<body>
  <header>
    <a href="/">${this.#settings.title[language]}</a>
    <nav>${LANGUAGES.map((other) =>
      other === language
        ? ''
        : html`<a href="?lang=${other}" lang="${other}" hreflang="${other}">${other.toUpperCase()}</a>`,
    )}
    ${asker === undefined ? '' : html`<form method="post" action="/sign-out"><button>${WORDS.signOut[language]} (${asker.subject})</button></form>`}
    </nav>
  </header>
  <main>${main}</main>
</body>
</html>`,
      status,
    );
  }
}

/** A script that may not be read by us must not speak for those who signed in. */
function isOfThisPage(c: ModuleContext): boolean {
  const origin = c.req.header('origin');
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === c.req.header('host');
}

function languageOf(c: ModuleContext): Language {
  const isOurs = (text: string | undefined): text is Language => LANGUAGES.some((language) => language === text);
  const asked = c.req.query('lang');
  if (isOurs(asked)) {
    setCookie(c, LANGUAGE_COOKIE, asked, { path: '/', sameSite: 'Lax', httpOnly: true });
    return asked;
  }
  const kept = getCookie(c, LANGUAGE_COOKIE);
  return isOurs(kept) ? kept : 'lv';
}

async function formOf(c: ModuleContext): Promise<Record<string, string>> {
  const fields = await c.req.parseBody();
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === 'string'),
  );
}
