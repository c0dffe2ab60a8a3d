import { type FormEvent, useRef } from 'react';
import { TEXT_UNITS } from '../protocol-client/wire.js';
import { useCrew, useSession, useWords } from './context.js';
import { PressStateLine } from './press-list.js';

export function Messages() {
  const words = useWords();
  const { model } = useSession();
  const { presses, texts } = useCrew();
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget).get('text') ?? '').trim();
    if (text === '') return;
    model.say(text);
    form.current?.reset();
  };
  const all = [
    ...texts.map((row) => ({ kind: 'hub' as const, at: row.text.at, row })),
    ...presses.flatMap((press) =>
      press.event.kind === 'message'
        ? [{ kind: 'own' as const, at: press.event.time, press, said: press.event.text }]
        : [],
    ),
  ].sort((a, b) => b.at - a.at);
  return (
    <section className="messages" aria-labelledby="messages-title">
      <h2 id="messages-title">{words.text('messages.title')}</h2>
      <form ref={form} onSubmit={submit}>
        <label htmlFor="message">{words.text('messages.label')}</label>
        <textarea id="message" name="text" rows={3} maxLength={TEXT_UNITS} />
        <button type="submit" className="big primary">
          {words.text('messages.send')}
        </button>
      </form>
      {all.length === 0 && <p className="faint">{words.text('messages.none')}</p>}
      <ol aria-live="polite">
        {all.map((each) => (
          <li key={each.kind === 'hub' ? each.row.text.id : each.press.order} className={each.kind}>
            <p className="small faint">
              <strong>{each.kind === 'hub' ? each.row.text.from : words.text('messages.you')}</strong>{' '}
              {words.time(each.at)}
            </p>
            <p className="said">{each.kind === 'hub' ? each.row.text.text : each.said}</p>
            {each.kind === 'own' && <PressStateLine press={each.press} />}
          </li>
        ))}
      </ol>
    </section>
  );
}
