/** The register's page: entries of one's own agency, found, read, and those made by hand entered and changed. */
import { html } from 'hono/html';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Database } from '../../src/store/database.js';
import { type ModuleApi, ModuleProblem } from '../module-api.js';
import { accessed } from '../module-callers.js';
import {
  type Answer,
  type Html,
  type Language,
  ModulePage,
  type PageSettings,
  type Text,
  type Visit,
} from '../module-page.js';
import { rigaInstant, rigaLocal, rigaText } from '../riga-time.js';
import { camel, type Entry, EntrySchema } from './entry.js';
import { EntryFieldsSchema } from './hand-api.js';
import { type RegisterAgencies, selectEntries } from './register-api.js';
import { changeByHand, enterByHand, type HandFields, type PoliceAgency } from './register-entries.js';
import { registerSql as sql } from './register-sql.js';

const SHOWN = 100;
const WORDS = {
  title: { lv: 'Notikumu reģistrs', en: 'Register of events' },
  entries: { lv: 'Ieraksti', en: 'Entries' },
  enter: { lv: 'Jauns ieraksts', en: 'New entry' },
  search: { lv: 'Meklēt (numurs, adreses vai apraksta vārdi)', en: 'Find (number, words of address or summary)' },
  find: { lv: 'Atrast', en: 'Find' },
  none: { lv: 'Neviena ieraksta.', en: 'No entries.' },
  number: { lv: 'Numurs', en: 'Number' },
  type: { lv: 'Veids', en: 'Type' },
  priority: { lv: 'Prioritāte', en: 'Priority' },
  received: { lv: 'Saņemts', en: 'Received' },
  dispatched: { lv: 'Nosūtīts', en: 'Dispatched' },
  onScene: { lv: 'Notikuma vietā', en: 'On scene' },
  closed: { lv: 'Pabeigts', en: 'Closed' },
  address: { lv: 'Adrese', en: 'Address' },
  place: { lv: 'Vieta: platums, garums (56.95, 24.11)', en: 'Place: latitude, longitude (56.95, 24.11)' },
  accuracy: { lv: 'Precizitāte, m', en: 'Accuracy, m' },
  summary: { lv: 'Apraksts', en: 'Summary' },
  outcome: { lv: 'Iznākums', en: 'Outcome' },
  save: { lv: 'Saglabāt', en: 'Save' },
  ofVek: { lv: 'Pēc VEK', en: 'Follows VEK' },
  byHand: { lv: 'Ievadīja', en: 'Entered by' },
  open: { lv: 'nav pabeigts', en: 'open' },
  fields: { lv: 'Nav derīgs lauks', en: 'Not a valid field' },
  code_unknown: { lv: 'Tāda koda klasifikatorā nav.', en: 'There is no such code.' },
  code_retired: { lv: 'Kods tajā dienā vairs nebija lietojams.', en: 'The code could not be used on that day.' },
  times_inverted: { lv: 'Laiki neseko viens otram.', en: 'The times do not follow each other.' },
  version_conflict: {
    lv: 'Kāds pa to laiku ierakstu mainīja; tagad redzams jaunākais.',
    en: 'Somebody has changed the entry meanwhile; this is the newest.',
  },
  follows_vek: { lv: 'Ieraksts seko VEK un mainās kopā ar to.', en: 'The entry follows its VEK.' },
} as const satisfies Record<string, Text>;
type Word = keyof typeof WORDS;

const PRIORITIES = ['P1', 'P2', 'P3', 'P4'];
const TIMES = ['receivedAt', 'dispatchedAt', 'onSceneAt', 'closedAt'] as const;
const TIME_WORDS = {
  receivedAt: 'received',
  dispatchedAt: 'dispatched',
  onSceneAt: 'onScene',
  closedAt: 'closed',
} as const;

interface Code {
  readonly code: string;
  readonly labelLv: string;
  readonly labelEn: string;
  readonly validTo: string | null;
}

/** @param settings as who may sign in; only registrars enter */
export function registerPage(
  api: ModuleApi,
  database: Database,
  agencies: RegisterAgencies,
  settings: Pick<PageSettings, 'trackerUrl' | 'demoAgencies'>,
): void {
  const page = new ModulePage(api, { ...settings, name: 'register', title: WORDS.title, roles: ['registrar'] });
  /** @throws ModuleProblem 403 `agency_not_allowed` */
  const ownAgency = ({ asker }: Visit): PoliceAgency => {
    const agency = agencies.police.get(asker.agencyId);
    if (agency === undefined)
      throw new ModuleProblem(403, 'agency_not_allowed', `no entries of ${asker.agencyCode} are kept here`);
    return agency;
  };
  const codesOf = async (kind: 'type' | 'outcome') =>
    (await database.query(sql.codes, [kind])).rows.map((row) => camel<Code>(row));
  /** @throws ModuleProblem 404 `not_found` */
  const entryOf = async (visit: Visit): Promise<Entry> => {
    const id = visit.c.req.param('id')!;
    const row = (await database.query(sql.entry, [id, ownAgency(visit).id])).rows[0];
    if (row === undefined) throw new ModuleProblem(404, 'not_found', 'no entry here');
    await database.query(sql.log_read, accessed(visit.asker, 'read_entry', Number(id)));
    return EntrySchema.parse(camel(row));
  };

  async function list(visit: Visit): Promise<Answer> {
    const { language, asker, form } = visit;
    const { id } = ownAgency(visit);
    const q = form.q?.trim();
    await database.query(sql.log_read, accessed(asker, 'list_entries', null));
    const asked = { open: '0', limit: SHOWN, ...(q ? { q } : {}) } as const;
    const [{ entries }, types] = await Promise.all([selectEntries(database, id, asked), codesOf('type')]);
    const say = (word: Word) => WORDS[word][language];
    const main = html`<h1>${say('entries')}</h1>
<p><a href="/new" accesskey="n">${say('enter')}</a></p>
<form method="post" action="/search" class="row" role="search">
  <label>${say('search')} <input name="q" type="search" maxlength="200" value="${q ?? ''}" accesskey="s" autofocus></label>
  <button>${say('find')}</button>
</form>
${
  entries.length === 0
    ? html`<p>${say('none')}</p>`
    : html`<table>
  <thead><tr>${(['number', 'received', 'type', 'priority', 'address', 'closed'] as const).map((word) => html`<th scope="col">${say(word)}</th>`)}</tr></thead>
  <tbody>${entries.map(
    (entry) => html`<tr>
    <th scope="row"><a href="/entries/${entry.id}">${entry.number}</a></th>
    <td>${rigaText(entry.receivedAt)}</td>
    <td>${label(entry.typeCode, types, language)}</td>
    <td>${entry.priority ?? ''}</td>
    <td>${entry.address ?? ''}<br><small>${entry.summary ?? ''}</small></td>
    <td>${entry.closedAt === null ? say('open') : rigaText(entry.closedAt)}</td>
  </tr>`,
  )}</tbody>
</table>`
}`;
    return { title: say('entries'), main };
  }
  page.get('/', list);
  page.post('/search', list);

  const form = async (
    visit: Visit,
    action: string,
    typed: Visit['form'],
    isNew: boolean,
    problem?: string,
  ): Promise<Html> => {
    const { language } = visit;
    const [types, outcomes] = await Promise.all([codesOf('type'), codesOf('outcome')]);
    const say = (word: Word) => WORDS[word][language];
    const value = (name: string) => typed[name] ?? '';
    return html`${problem === undefined ? '' : html`<p class="problem" role="alert">${problem}</p>`}
<form method="post" action="${action}">
  <input type="hidden" name="${isNew ? 'id' : 'version'}" value="${value(isNew ? 'id' : 'version')}">
  ${codeField('typeCode', say('type'), types, value('typeCode'), language, true)}
  <label>${say('priority')} <select name="priority"><option></option>${PRIORITIES.map(
    (each) => html`<option ${each === value('priority') ? 'selected' : ''}>${each}</option>`,
  )}</select></label>
  <label>${say('address')} <input class="wide" name="address" maxlength="500" value="${value('address')}"></label>
  <div class="row">
    <label>${say('place')} <input name="place" value="${value('place')}" inputmode="decimal"></label>
    <label>${say('accuracy')} <input name="accuracyM" value="${value('accuracyM')}" inputmode="numeric" size="6"></label>
  </div>
  <label>${say('summary')} <textarea name="summary" rows="4" maxlength="4000">${value('summary')}</textarea></label>
  <div class="row">${TIMES.map(
    (name) =>
      html`<label>${say(TIME_WORDS[name])} <input type="datetime-local" name="${name}" value="${value(name)}" ${name === 'receivedAt' ? (isNew ? 'required' : 'readonly') : ''}></label>`,
  )}</div>
  ${codeField('outcomeCode', say('outcome'), outcomes, value('outcomeCode'), language, false)}
  <p><button class="first" accesskey="s">${say('save')}</button></p>
</form>`;
  };
  /** What is wrong with what was typed, in words; anything else is no fault of whoever typed it. */
  const explain = (error: unknown, language: Language): string => {
    if (error instanceof ModuleProblem && error.status !== 404 && error.code in WORDS)
      return WORDS[error.code as Word][language];
    if (error instanceof ModuleProblem && error.code === 'request_malformed')
      return `${WORDS.fields[language]}: ${error.message}`;
    throw error;
  };

  page.get('/new', async (visit) => {
    ownAgency(visit);
    const { language } = visit;
    const main = await form(visit, '/new', { id: uuidv7(), receivedAt: rigaLocal(Date.now()) }, true);
    return { title: WORDS.enter[language], main: html`<h1>${WORDS.enter[language]}</h1>${main}` };
  });

  page.post('/new', async (visit) => {
    const { asker, language, form: typed } = visit;
    const agency = ownAgency(visit);
    const id = z.uuid().safeParse(typed.id);
    if (!id.success) throw new ModuleProblem(404, 'not_found', 'no form has such an id');
    try {
      const fields = fieldsOf(typed);
      const { entry } = await database.transaction((tx) => enterByHand(tx, agency, id.data, fields, asker));
      return { to: `/entries/${entry.id}` };
    } catch (error) {
      const problem = explain(error, language);
      const main = html`<h1>${WORDS.enter[language]}</h1>${await form(visit, '/new', typed, true, problem)}`;
      return { title: WORDS.enter[language], main, status: 422 };
    }
  });

  page.get('/entries/:id{[0-9]{1,15}}', async (visit) => {
    const entry = await entryOf(visit);
    return { title: entry.number, main: await one(visit, entry) };
  });

  page.post('/entries/:id{[0-9]{1,15}}', async (visit) => {
    const { asker, language, form: typed } = visit;
    const agency = ownAgency(visit);
    const entry = await entryOf(visit);
    try {
      const before = typedOf(entry);
      const { receivedAt: _fixed, ...fields } = fieldsOf({ ...typed, receivedAt: before.receivedAt! });
      // what was not touched keeps its seconds
      for (const name of ['dispatchedAt', 'onSceneAt', 'closedAt'] as const)
        if (typed[name] === before[name]) fields[name] = entry[name];
      await database.transaction((tx) => changeByHand(tx, agency, entry.id, Number(typed.version), fields, asker));
      return { to: `/entries/${entry.id}` };
    } catch (error) {
      const problem = explain(error, language);
      const isOvertaken = error instanceof ModuleProblem && error.status === 409;
      const shown = isOvertaken ? typedOf(entry) : { ...typedOf(entry), ...typed };
      return { title: entry.number, main: await one(visit, entry, shown, problem), status: isOvertaken ? 409 : 422 };
    }
  });

  async function one(visit: Visit, entry: Entry, typed = typedOf(entry), problem?: string): Promise<Html> {
    const { language } = visit;
    const say = (word: Word) => WORDS[word][language];
    if (entry.enteredBy !== null)
      return html`<h1>${entry.number}</h1><p class="faint">${say('byHand')} ${entry.enteredBy}, ${rigaText(entry.registeredAt)}</p>
${await form(visit, `/entries/${entry.id}`, typed, false, problem)}`;
    const [types, outcomes] = await Promise.all([codesOf('type'), codesOf('outcome')]);
    const rows: readonly (readonly [Word, string])[] = [
      ['type', label(entry.typeCode, types, language)],
      ['priority', entry.priority ?? ''],
      ['address', entry.address ?? ''],
      ['summary', entry.summary ?? ''],
      ...TIMES.map((name) => [TIME_WORDS[name], entry[name] === null ? '' : rigaText(entry[name])] as const),
      ['outcome', label(entry.outcomeCode, outcomes, language)],
    ];
    return html`<h1>${entry.number}</h1><p class="faint">${say('ofVek')} ${entry.vekNumber}: ${say('follows_vek')}</p>
${problem === undefined ? '' : html`<p class="problem" role="alert">${problem}</p>`}
<table>${rows.map(([word, text]) => html`<tr><th scope="row">${say(word)}</th><td>${text}</td></tr>`)}</table>`;
  }
}

function label(code: string | null, codes: readonly Code[], language: Language): string {
  const known = codes.find((each) => each.code === code);
  return known === undefined ? (code ?? '') : language === 'lv' ? known.labelLv : known.labelEn;
}

/** A code is chosen where there are codes, and typed where none were ever imported. */
function codeField(
  name: string,
  word: string,
  codes: readonly Code[],
  value: string,
  language: Language,
  isFirst: boolean,
): Html {
  const attributes = isFirst ? 'required autofocus' : '';
  if (codes.length === 0)
    return html`<label>${word} <input name="${name}" value="${value}" pattern="[a-z0-9_.\\-]{1,64}" ${attributes}></label>`;
  const usable = codes.filter(({ code, validTo }) => validTo === null || code === value);
  return html`<label>${word} <select name="${name}" ${attributes}><option value=""></option>${usable.map(
    ({ code }) =>
      html`<option value="${code}" ${code === value ? 'selected' : ''}>${label(code, codes, language)}</option>`,
  )}</select></label>`;
}

/** An entry as its form shows it. */
function typedOf(entry: Entry): Record<string, string> {
  const { lon, lat, accuracyM, version } = entry;
  return {
    version: String(version),
    typeCode: entry.typeCode ?? '',
    priority: entry.priority ?? '',
    address: entry.address ?? '',
    place: lon === null ? '' : `${lat}, ${lon}`,
    accuracyM: accuracyM === null ? '' : String(accuracyM),
    summary: entry.summary ?? '',
    outcomeCode: entry.outcomeCode ?? '',
    ...Object.fromEntries(TIMES.map((name) => [name, entry[name] === null ? '' : rigaLocal(entry[name])])),
  };
}

/** What a form says, checked as the API's bodies are. @throws ModuleProblem 400 `request_malformed` naming the field */
function fieldsOf(typed: Visit['form']): HandFields {
  const said = (name: string) => typed[name]?.trim() || null;
  const number = (text: string | null) => (text === null ? null : Number(text.replace(',', '.')));
  const [lat = null, lon = null] =
    said('place')
      ?.split(/\s*[,;]\s+|\s+/)
      .map((text) => Number(text.replace(',', '.'))) ?? [];
  const times = TIMES.map((name) => {
    const text = said(name);
    const atMs = text === null ? undefined : rigaInstant(text);
    return [name, text === null ? null : atMs === undefined ? text : new Date(atMs).toISOString()];
  });
  const parsed = EntryFieldsSchema.safeParse({
    typeCode: said('typeCode'),
    priority: said('priority'),
    lon,
    lat,
    accuracyM: number(said('accuracyM')),
    address: said('address'),
    summary: said('summary'),
    outcomeCode: said('outcomeCode'),
    ...Object.fromEntries(times),
  });
  if (parsed.success) return parsed.data;
  throw new ModuleProblem(400, 'request_malformed', String(parsed.error.issues[0]!.path[0] ?? 'place'));
}
