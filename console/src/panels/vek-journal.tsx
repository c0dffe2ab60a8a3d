import { useState } from 'react';
import { changeText } from '../i18n/change-words.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

/** What people wrote on the incident, and a field for more. */
export function Comments({ vekId }: { readonly vekId: string }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow(5000);
  const journal = usePart((state) => state.journal);
  const agencies = usePart((state) => state.session!.agencies);
  const [text, setText] = useState('');
  const { busy, problem, run } = useCommand();
  const send = async () => {
    const written = text.trim();
    if (written !== '' && (await run('comment', () => desk.cardLife.comment(vekId, written)))) setText('');
  };
  return (
    <section>
      <h3>{words.text('comments.title')}</h3>
      <ul className="comments">
        {journal?.comments.map(({ id, at, agencyId, by, text: written }) => (
          <li key={id} data-comment={written}>
            <small>
              <time dateTime={new Date(at).toISOString()}>{words.timeNear(at, now)}</time> {by} (
              {agencies.get(agencyId)?.code ?? '?'})
            </small>
            <p>{written}</p>
          </li>
        ))}
      </ul>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <input
          id="comment"
          aria-label={words.text('comments.write')}
          placeholder={`${words.text('comments.write')}  (o)`}
          value={text}
          maxLength={4000}
          onFocus={() => desk.attendance.edits(true)}
          onBlur={() => desk.attendance.edits(false)}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" disabled={busy !== undefined || text.trim() === ''}>
          {words.text('comments.send')}
        </button>
      </form>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

/** Who changed what and when, the latest first; of merged incidents both histories. */
export function History({ vekId }: { readonly vekId: string }) {
  const words = useWords();
  const now = useNow(5000);
  const journal = usePart((state) => state.journal);
  const agencies = usePart((state) => state.session!.agencies);
  const veks = usePart((state) => state.veks);
  const names = { agency: (id: string) => agencies.get(id)?.code };
  return (
    <details className="history">
      <summary>{words.text('history.title')}</summary>
      <ol className="timeline">
        {journal?.history.toReversed().map(({ seq, vekId: on, what, agencyId, by, changes, at }) => (
          <li key={seq}>
            <time dateTime={new Date(at).toISOString()}>{words.timeNear(at, now)}</time>
            <span>
              <b>{words.label('history', what)}</b>
              {on !== vekId && ` (${words.text('vek.number', { number: veks.get(on)?.number ?? '?' })})`}
              {changes.map((change) => ` · ${changeText(change, words, names)}`)}
              <small>
                {' '}
                {words.label('source', by)}
                {agencyId !== null && ` (${agencies.get(agencyId)?.code ?? '?'})`}
              </small>
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
