import type { CrewSnapshot, Press } from '../crew/crew-model.js';
import type { Words } from '../i18n/words.js';
import { useCrew, useWords } from './context.js';
import { Sign, type SignName } from './signs.js';

const SHOWN = 6;
const REFUSED = new Set([
  'status_not_allowed',
  'assignment_unknown',
  'assignment_ended',
  'unit_unknown',
  'item_malformed',
]);

export function outcomeText(press: Press, words: Words): string | undefined {
  const { outcome, allowed } = press;
  if (outcome === undefined) return undefined;
  const text =
    words.label(`outcome.${press.event.kind}`, outcome) ??
    words.label('outcome', outcome) ??
    words.text('outcome.other', { code: outcome });
  if (allowed === undefined || allowed.length === 0) return text;
  return `${text}. ${words.text('outcome.allowed', { list: allowed.map((status) => words.status(status)).join(', ') })}`;
}

/** Where a press is, in words and a shape; nothing is called done before the hub has said so. */
export function PressStateLine({ press }: { readonly press: Press }) {
  const words = useWords();
  const { state, outcome } = press;
  const refused = outcome !== undefined && REFUSED.has(outcome);
  const sign: SignName = refused ? 'refused' : outcome !== undefined ? 'done' : state;
  return (
    <span className={`state ${refused ? 'refused' : outcome === undefined ? state : 'done'}`} data-state={state}>
      <Sign name={sign} />
      <span>
        {words.text(`press.${state}`)}
        {outcome !== undefined && <> – {outcomeText(press, words)}</>}
      </span>
    </span>
  );
}

function pressTitle({ event }: Press, texts: CrewSnapshot['texts'], words: Words): string {
  switch (event.kind) {
    case 'status':
      return words.status(event.status);
    case 'receipt':
      return words.text(texts.some(({ text }) => text.id === event.assignmentId) ? 'press.read' : 'press.receipt');
    case 'sos':
      return words.text('press.sos');
    case 'message':
      return `${words.text('press.message')}: ${event.text}`;
  }
}

export function PressList() {
  const words = useWords();
  const { presses, texts } = useCrew();
  // what the hub does not have is shown however many there are
  const shown = presses.filter((press, i) => i < SHOWN || press.state !== 'acked');
  return (
    <section className="presses" aria-labelledby="presses-title">
      <h2 id="presses-title">{words.text('press.title')}</h2>
      {shown.length === 0 && <p className="faint">{words.text('press.none')}</p>}
      <ol aria-live="polite" aria-relevant="additions text">
        {shown.map((press) => (
          <li key={press.order} data-kind={press.event.kind}>
            <p>
              <strong>{pressTitle(press, texts, words)}</strong>
              <time dateTime={new Date(press.event.time).toISOString()}>{words.time(press.event.time)}</time>
            </p>
            <PressStateLine press={press} />
          </li>
        ))}
      </ol>
    </section>
  );
}
