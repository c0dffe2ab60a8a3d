/** The page of who takes calls: conversations in writing and the latest calls, and one call with its caller, its history and what was written. */
import { html } from 'hono/html';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Database } from '../../src/store/database.js';
import { type ModuleApi, ModuleProblem } from '../module-api.js';
import type { Asker } from '../module-callers.js';
import { type Html, type Language, ModulePage, type PageSettings, type Text } from '../module-page.js';
import { rigaText } from '../riga-time.js';
import { CALL_READERS } from './call-schema.js';
import { latestCalls, type readCall } from './calls-api.js';
import type { Conversations } from './conversations.js';
import { latestConversations, messagesOf } from './conversations-api.js';

const WORDS = {
  title: { lv: 'Zvani', en: 'Calls' },
  conversations: { lv: 'Sarakstes', en: 'In writing' },
  calls: { lv: 'Pēdējie zvani', en: 'Latest calls' },
  none: { lv: 'Nav neviena.', en: 'None.' },
  channel: { lv: 'Kanāls', en: 'Channel' },
  received: { lv: 'Saņemts', en: 'Received' },
  vek: { lv: 'VEK', en: 'VEK' },
  waits: { lv: 'Gaida atbildi kopš', en: 'Waits for an answer since' },
  answered: { lv: 'atbildēts', en: 'answered' },
  messages: { lv: 'Ziņas', en: 'Messages' },
  needs: { lv: 'Vajadzības', en: 'Needs' },
  open: { lv: 'Atvērt', en: 'Open' },
  caller: { lv: 'Zvanītājs', en: 'Caller' },
  phone: { lv: 'Tālrunis', en: 'Phone' },
  words: { lv: 'Teiktais', en: 'Words' },
  place: { lv: 'Vieta', en: 'Place' },
  unknown: { lv: 'nav zināms', en: 'not known' },
  history: { lv: 'Citi zvani no šī tālruņa', en: 'Other calls of this phone' },
  duplicates: { lv: 'Varbūt tas pats notikums', en: 'Perhaps the same incident' },
  talk: { lv: 'Sarakste', en: 'Conversation' },
  answer: { lv: 'Atbilde', en: 'Answer' },
  send: { lv: 'Sūtīt', en: 'Send' },
  desk: { lv: '112', en: '112' },
  sent: { lv: 'rakstīts', en: 'written' },
  away: { lv: 'Nav savienojuma. ', en: 'No connection. ' },
  cannot_hear: { lv: 'nedzird', en: 'cannot hear' },
  cannot_speak: { lv: 'nevar runāt', en: 'cannot speak' },
  voice: { lv: 'balss', en: 'voice' },
  sms: { lv: 'īsziņa', en: 'SMS' },
  app: { lv: 'lietotne', en: 'app' },
  transfer: { lv: 'nodots', en: 'transfer' },
  ecall_auto: { lv: 'eCall, automātisks', en: 'eCall, automatic' },
  ecall_manual: { lv: 'eCall, manuāls', en: 'eCall, manual' },
  waiting: { lv: 'gaida nosūtīšanu', en: 'waits to be sent' },
  handed_over: { lv: 'nosūtīta', en: 'sent' },
  delivered: { lv: 'piegādāta', en: 'delivered' },
  read: { lv: 'izlasīta', en: 'read' },
  failed: { lv: 'nav piegādāta', en: 'not delivered' },
  new: { lv: 'jauns', en: 'new' },
  recommended: { lv: 'ieteikts', en: 'recommended' },
  assigned: { lv: 'norīkots', en: 'assigned' },
  in_progress: { lv: 'norisinās', en: 'in progress' },
  resolved: { lv: 'atrisināts', en: 'resolved' },
  closed: { lv: 'slēgts', en: 'closed' },
  cancelled: { lv: 'atcelts', en: 'cancelled' },
  transferred: { lv: 'nodots', en: 'transferred' },
  merged: { lv: 'apvienots', en: 'merged' },
} as const satisfies Record<string, Text>;

/** A clock of the sender's that differs by less is not worth a line. */
const SAME_TIME_MS = 60_000;
/**
 * What is shown anew by itself, so that nobody has to ask whether the caller has written. To a conversation only what is new is added, so that
 * nothing is read out twice; elsewhere what had the focus has it again.
 */
const SCRIPT = `for (const live of document.querySelectorAll('[data-live]')) {
  let shown = '';
  setInterval(async () => {
    const answer = await fetch(live.dataset.live).catch(() => undefined);
    const isHere = answer !== undefined && answer.ok && !answer.redirected;
    live.toggleAttribute('data-stale', !isHere);
    const text = isHere ? await answer.text() : shown;
    if (text === shown) return;
    shown = text;
    const fresh = document.createElement('div');
    fresh.innerHTML = text;
    const [known, now] = [live, fresh].map((each) => each.querySelector('.talk'));
    if (known !== null && now !== null) {
      for (const [i, line] of [...now.children].entries())
        if (known.children[i] === undefined) known.append(line);
        else if (known.children[i].outerHTML !== line.outerHTML) known.children[i].replaceWith(line);
      return;
    }
    const focused = live.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    live.replaceChildren(...fresh.childNodes);
    if (focused !== null) [...live.querySelectorAll('a')].find((link) => link.getAttribute('href') === focused)?.focus();
  }, 2000);
}
`;

export interface CallsPageParts {
  readonly database: Database;
  readonly conversations: Conversations;
  readonly mustBeOurs: (caller: Asker) => void;
  readonly readCall: (id: string, by: Asker) => ReturnType<typeof readCall>;
}

export function callsPage(
  api: ModuleApi,
  { database, conversations, mustBeOurs, readCall: read }: CallsPageParts,
  settings: Pick<PageSettings, 'trackerUrl' | 'demoAgencies'>,
): void {
  const page = new ModulePage(api, { ...settings, name: 'calls', title: WORDS.title, roles: CALL_READERS });
  api.hono.get('/page.js', (c) => c.body(SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));

  page.get('/', async ({ asker, language }) => {
    mustBeOurs(asker);
    const main = html`${live('/lists', language, false, await lists(database, language))}<script src="/page.js" defer></script>`;
    return { title: WORDS.title[language], main };
  });
  page.get('/lists', async ({ asker, language }) => {
    mustBeOurs(asker);
    return { part: await lists(database, language) };
  });

  page.get('/calls/:id', async ({ c, asker, language }) => {
    mustBeOurs(asker);
    const id = idOf(c.req.param('id'));
    const { call, history, duplicates } = await read(id, asker);
    const say = (word: keyof typeof WORDS) => WORDS[word][language];
    const isWritten = call.channel === 'sms' || call.channel === 'app';
    const talk = isWritten ? await talkOf(database, id, asker, language) : '';
    const main = html`<h1>${named(call.channel, language)}, ${rigaText(call.receivedAt)} · ${vekOf(call, language)}</h1>
<table>
  <tr><th scope="row">${say('phone')}</th><td>${call.phone ?? say('unknown')} ${call.callerName ?? ''}</td></tr>
  <tr><th scope="row">${say('needs')}</th><td><strong>${needsOf(call.needs, language)}</strong></td></tr>
  <tr><th scope="row">${say('words')}</th><td>${call.words ?? ''}</td></tr>
  <tr><th scope="row">${say('place')}</th><td>${call.lon === null ? say('unknown') : `${call.lat}, ${call.lon}${call.accuracyM === null ? '' : ` ± ${Math.round(call.accuracyM)} m`}`}</td></tr>
</table>
${
  isWritten
    ? html`<h2>${say('talk')}</h2>
${live(`/calls/${id}/talk`, language, true, talk)}
<form method="post">
  <input type="hidden" name="id" value="${uuidv7()}">
  <label>${say('answer')} <textarea name="words" rows="2" maxlength="1000" required autofocus accesskey="a"></textarea></label>
  <button class="first" accesskey="s">${say('send')}</button>
</form>
<script src="/page.js" defer></script>`
    : ''
}
<h2>${say('history')}</h2>
${
  history.length === 0
    ? html`<p>${say('none')}</p>`
    : html`<ul>${history.map(
        (each) =>
          html`<li><a href="/calls/${each.id}">${rigaText(each.receivedAt)}, ${named(each.channel, language)}</a> ${vekOf(each, language)}</li>`,
      )}</ul>`
}
<h2>${say('duplicates')}</h2>
${
  duplicates === null || duplicates.length === 0
    ? html`<p>${say('none')}</p>`
    : html`<ul>${duplicates.map(({ number, status }) => html`<li>VEK ${String(number)} (${named(String(status), language)})</li>`)}</ul>`
}`;
    return { title: named(call.channel, language), main };
  });
  page.get('/calls/:id/talk', async ({ c, asker, language }) => {
    mustBeOurs(asker);
    return { part: await talkOf(database, idOf(c.req.param('id')), asker, language) };
  });

  page.post('/calls/:id', async ({ c, asker, form }) => {
    mustBeOurs(asker);
    const id = idOf(c.req.param('id'));
    const words = form.words?.trim().slice(0, 1000) ?? '';
    // a form that was sent twice is one message
    if (words !== '') await conversations.answer(id, { id: idOf(form.id), words }, asker);
    return { to: `/calls/${id}` };
  });
}

/** @throws ModuleProblem 404 `not_found` for what is no id */
function idOf(told: string | undefined): string {
  const id = z.uuid().safeParse(told);
  if (!id.success) throw new ModuleProblem(404, 'not_found', 'nothing has such an id');
  return id.data;
}

/** @param isLog what is added is read out */
function live(url: string, language: Language, isLog: boolean, content: Html | ''): Html {
  const role = isLog ? 'log' : 'region';
  return html`<div data-live="${url}" data-away="${WORDS.away[language]}" role="${role}" aria-label="${WORDS[isLog ? 'talk' : 'calls'][language]}">${content}</div>`;
}

const named = (code: string, language: Language): string =>
  code in WORDS ? WORDS[code as keyof typeof WORDS][language] : code;
const needsOf = (needs: readonly string[], language: Language) => needs.map((need) => named(need, language)).join(', ');
const vekOf = (
  { vekNumber, vekStatus }: { readonly vekNumber: number | null; readonly vekStatus: string | null },
  language: Language,
) => (vekNumber === null ? WORDS.unknown[language] : `VEK ${vekNumber} (${named(vekStatus ?? 'new', language)})`);

async function lists(database: Database, language: Language): Promise<Awaited<Html>> {
  const [written, spoken] = await Promise.all([latestConversations(database), latestCalls(database)]);
  const say = (word: keyof typeof WORDS) => WORDS[word][language];
  return html`<h1>${say('conversations')}</h1>
${
  written.length === 0
    ? html`<p>${say('none')}</p>`
    : html`<table>
  <thead><tr>${(['waits', 'channel', 'needs', 'messages', 'vek'] as const).map((word) => html`<th scope="col">${say(word)}</th>`)}</tr></thead>
  <tbody>${written.map(
    (each) => html`<tr>
    <th scope="row"><a href="/calls/${each.id}">${each.unansweredSince === null ? say('answered') : rigaText(each.unansweredSince)}</a></th>
    <td>${named(each.channel, language)}</td><td>${needsOf(each.needs, language)}</td><td>${each.messages}</td><td>${vekOf(each, language)}</td>
  </tr>`,
  )}</tbody>
</table>`
}
<h2>${say('calls')}</h2>
${
  spoken.length === 0
    ? html`<p>${say('none')}</p>`
    : html`<table>
  <thead><tr>${(['received', 'channel', 'vek'] as const).map((word) => html`<th scope="col">${say(word)}</th>`)}</tr></thead>
  <tbody>${spoken.map(
    (each) => html`<tr>
    <th scope="row"><a href="/calls/${each.id}">${rigaText(each.receivedAt)}</a></th>
    <td>${named(each.channel, language)}</td><td>${vekOf(each, language)}</td>
  </tr>`,
  )}</tbody>
</table>`
}`;
}

async function talkOf(database: Database, callId: string, by: Asker, language: Language): Promise<Awaited<Html>> {
  const lines = await messagesOf(database, callId, 0, by);
  return html`<ol class="talk">${lines.map(
    ({ direction, words, receivedAt, sentAt, writtenBy, state }) => html`<li class="${direction}"><small>${
      direction === 'from_caller' ? WORDS.caller[language] : `${WORDS.desk[language]}, ${writtenBy}`
    }, ${rigaText(receivedAt)}${
      receivedAt - sentAt > SAME_TIME_MS ? ` (${WORDS.sent[language]} ${rigaText(sentAt)})` : ''
    }${state === null ? '' : ` · ${named(state, language)}`}</small>
${words}</li>`,
  )}</ol>`;
}
